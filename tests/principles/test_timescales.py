"""Time scales against published and analytic numbers, full systems against reduced ones."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from mslib.principles.timescales import Enzyme, Inhibition, Receptor, Slaved, tell_enzyme, tell_inhibition

ENZYME = Enzyme(k1=10.0, k_1=1.0, k2=1.0, E0=0.1, S0=1.0)
GROWTH = Inhibition(g=0.03, K_I=0.25, k_on=1.0, k_off=1.0, s=0.5, k=1.0, N0=1.0, T=100.0)


def test_product_of_the_full_and_of_the_reduced_enzyme():
    """Case D01 and problem HP1-4: at t = 10 the product is 0.71123, or 0.73466 in quasi-steady state, 3.294 % more."""
    full, reduced = ENZYME.course([10.0])[3, 0], ENZYME.reduced([10.0])[0]
    assert (round(full, 5), round(reduced, 5)) == (0.71123, 0.73466)
    assert 100 * (reduced / full - 1) == pytest.approx(3.29407, rel=1e-5)
    assert pytest.approx(0.0833333, rel=1e-5) == ENZYME.eps
    assert ENZYME.replace(E0=1.0).eps == pytest.approx(0.833333, rel=1e-5)


def test_the_loop_of_the_hint_finds_the_answer():
    S, C, P, R, dt = 1.0, 0.0, 0.0, 1.0, 1e-4
    for _ in range(100_000):
        bind, turn = 10.0 * (0.1 - C) * S - C, C
        S, C, P = S - dt * bind, C + dt * (bind - turn), P + dt * turn
        R -= dt * 0.1 * R / (0.2 + R)
    assert pytest.approx(3.29407, rel=3e-3) == 100 * ((1.0 - R) / P - 1)


def test_more_ligand_moves_the_line_of_errors_down():
    errors = [[GROWTH.replace(s=s, eps=e).error for e in (0.1, 1.0)] for s in (0.05, 0.5, 5.0)]
    assert np.all(np.diff(errors, axis=0) < 0)
    assert np.diff(np.log10(errors), axis=1) == pytest.approx(1.0, abs=0.02)


def test_the_full_enzyme_against_another_solver_and_its_balances():
    times = np.linspace(0.0, 30.0, 13)
    E, S, C, P = ENZYME.course(times)
    other = solve_ivp(lambda t, y: [-10 * (0.1 - y[1]) * y[0] + y[1], 10 * (0.1 - y[1]) * y[0] - 2 * y[1]],
                      (0, 30), [1.0, 0.0], method="Radau", t_eval=times, rtol=1e-10, atol=1e-13)  # fmt: skip
    assert np.allclose([S, C], other.y, atol=1e-8)
    assert np.allclose(E + C, 0.1, atol=1e-12) and np.allclose(S + C + P, 1.0, atol=1e-12)


def test_the_closed_solution_of_the_reduced_enzyme_solves_its_equation():
    times = np.linspace(0.0, 40.0, 21)
    other = solve_ivp(lambda t, s: -0.1 * s / (0.2 + s), (0, 40), [1.0], t_eval=times, rtol=1e-11, atol=1e-14)
    assert np.allclose(1.0 - ENZYME.reduced(times), other.y[0], atol=1e-9)
    late = ENZYME.replace(E0=3.0, k1=1000.0).reduced([1e5])
    assert late == pytest.approx([1.0], abs=1e-12), "no overflow long after the substrate is gone"


def test_error_falls_with_slope_one_in_segel_and_slemrods_number():
    """Case D02: the quasi-steady state is good for E₀ = 0.1 and bad for E₀ = 1; E₀/(S₀ + K_M) decides."""
    models = [ENZYME.replace(E0=e) for e in (0.03, 0.01, 0.003, 0.001)]
    slopes = np.diff(np.log([m.error for m in models])) / np.diff(np.log([m.eps for m in models]))
    assert slopes == pytest.approx(1.0, abs=0.02)
    assert ENZYME.replace(E0=1.0).error > 0.25 and ENZYME.replace(E0=0.1).error < 0.03


def test_fast_binding_alone_does_not_help():
    errors = [ENZYME.replace(E0=1.0, k1=10.0 * f, k_1=1.0 * f).error for f in (1.0, 10.0, 100.0, 1000.0)]
    assert min(errors) > 0.25 and np.all(np.diff(errors) > 0)
    assert ENZYME.replace(E0=1.0, S0=100.0).error < 0.01
    alone = [ENZYME.replace(E0=1.0, k_1=2.0, k1=k1) for k1 in (10.0, 1000.0)]
    assert [m.error for m in alone] == pytest.approx([0.2503, 0.3639], abs=1e-4), "k₋₁ stays, and the error rises"
    assert alone[0].eps < alone[1].eps < 1.0


@pytest.mark.parametrize(
    ("E0", "k1", "S0", "error"),
    [(0.1, 10.0, 30.0, 0.00108103), (0.1, 100.0, 30.0, 0.00113371), (0.1, 1000.0, 30.0, 0.00120053),
     (0.1, 1000.0, 10.0, 0.00360110), (0.01, 1000.0, 1.0, 0.00339611), (0.01, 1000.0, 3.0, 0.00113371),
     (1.0, 1000.0, 30.0, 0.0122202), (3.0, 1000.0, 30.0, 0.0367366)],
)  # fmt: skip
def test_the_sharp_peak_of_the_error_at_the_end_of_the_substrate_is_found(E0, k1, S0, error):
    """The product differs most while the substrate falls through K_M, which may take a thousandth of the slow time."""
    model = Enzyme(k1=k1, k_1=2.0, E0=E0, S0=S0)
    assert model.error == pytest.approx(error, rel=2e-5)
    near = np.linspace(0.9, 1.1, 20_001) * model.slow
    assert np.abs(model.course(near)[3] - model.reduced(near)).max() / S0 == pytest.approx(model.error, rel=1e-4)


def test_the_small_number_of_the_total_quasi_steady_state():
    """Borghans et al.: k₂E₀/(k₁(E₀ + S₀ + K_M)²), for E₀ = S₀ ≫ K_M a quarter of k₂/(k₁S₀); the error follows it."""
    models = [Enzyme(k1=10.0 * f, k_1=2.0 * f, E0=1.0) for f in (10.0, 100.0)]
    small = [m.k2 * m.E0 / (m.k1 * (m.E0 + m.S0 + m.michaelis) ** 2) for m in models]
    assert [m.error_total / e for m, e in zip(models, small, strict=True)] == pytest.approx([2.4, 2.6], abs=0.1)
    tight = Enzyme(k1=1e6, k_1=2.0, E0=1.0)
    share = tight.k2 * tight.E0 / (tight.k1 * (2.0 + tight.michaelis) ** 2) / (tight.k2 / tight.k1)
    assert share == pytest.approx(0.25, rel=1e-5)


def test_fast_binding_helps_when_the_total_substrate_is_the_slow_variable():
    """Total quasi-steady state of Borghans, de Boer & Segel (1996), doi:10.1007/BF02458281: error of order 1/speed."""
    errors = [ENZYME.replace(E0=1.0, k1=10.0 * f, k_1=1.0 * f).error_total for f in (1.0, 10.0, 100.0)]
    assert errors == pytest.approx([0.043, 0.0069, 0.00075], rel=0.03)
    model, times = ENZYME.replace(E0=1.0), np.linspace(0.0, 10.0, 11)

    def turnover(t, total):
        sum_ = 1.2 + total
        return -(sum_ - np.sqrt(sum_**2 - 4.0 * total)) / 2.0

    other = solve_ivp(turnover, (0, 10), [1.0], t_eval=times, rtol=1e-11, atol=1e-13)
    assert np.allclose(1.0 - model.reduced_total(times), other.y[0], atol=1e-8)


def test_much_substrate_protects_the_product_but_not_what_is_left_of_the_substrate():
    much = ENZYME.replace(E0=1.0, S0=100.0)
    left = much.S0 - much.reduced([100.0])[0]
    assert much.error == pytest.approx(0.003318, rel=1e-4)
    assert left / much.course([100.0])[1, 0] == pytest.approx(2.25, rel=0.01)


@pytest.mark.parametrize(
    ("eps", "cells"), [(0.01, 2.87716771957848), (1.0, 2.929711638039012), (10.0, 3.4365102770530105)]
)
def test_inhibited_growth_in_full(eps, cells):
    """Case D03: N(100 h) = 2.87717, 2.92971 and 3.43651 for ε = 0.01, 1 and 10, by LSODA."""
    assert GROWTH.replace(eps=eps).cells == pytest.approx(cells, rel=1e-6)


def test_inhibited_growth_reduced():
    """Case D03: N(100 h) = 2.87664 with y = L/(L + 1), L = sN; and the error scales with ε."""
    assert GROWTH.cells_reduced == pytest.approx(2.876640321771383, rel=1e-8)
    small, large = GROWTH.replace(eps=0.01), GROWTH.replace(eps=1.0)
    ratio = (small.cells - small.cells_reduced) / (large.cells - large.cells_reduced)
    assert ratio == pytest.approx(0.01, rel=0.02)
    assert large.ratio == pytest.approx(0.05, rel=1e-12), "the small number is τg, a twentieth of ε"
    assert [GROWTH.replace(eps=e).error for e in (1.0, 10.0, 30.0)] == pytest.approx([0.0181, 0.163, 0.390], rel=0.01)
    assert GROWTH.reduced([0.0, 50.0])[0] == GROWTH.N0


def test_the_sum_of_the_fast_times_sets_the_error():
    """κ, g and the binding stay; only the ligand becomes ten times as fast or slow: binding alone tells nothing."""
    models = [GROWTH.replace(eps=0.1, k=k, s=0.5 * k) for k in (10.0, 1.0, 0.1)]
    assert [m.half for m in models] == pytest.approx([2.0] * 3, rel=1e-12)
    assert [100 * m.error for m in models] == pytest.approx([0.0823, 0.1831, 1.025], rel=0.002)
    assert 5.0 < models[2].error / models[1].error < 6.0
    assert [m.error / m.ratio for m in models] == pytest.approx([0.36, 0.37, 0.32], abs=0.006)
    head = GROWTH.replace(k_on=1e3, k_off=1e3)
    assert head.ratio == pytest.approx(0.03, rel=1e-3), "binding at once leaves the time of the ligand, ε/k"


def test_a_long_initial_layer_and_then_the_lag():
    """At ε = 10 occupancy is 0.135 after 10 h, 0.391 on the manifold there; after 100 h 0.603, 0.632, 0.605."""
    tangled = GROWTH.replace(eps=10.0)
    N, y, _ = tangled.course([10.0, 100.0])
    assert y == pytest.approx([0.13537, 0.60312], abs=1e-5)
    assert tangled.manifold(N) == pytest.approx([0.39147, 0.63212], abs=1e-5)
    assert tangled.manifold(N, 1)[1] == pytest.approx(0.60507, abs=1e-5)
    for eps, left in ((10.0, 0.01188), (30.0, 0.06811)):
        model = GROWTH.replace(eps=eps)
        assert abs(model.corrected([100.0])[0] / model.cells - 1) == pytest.approx(left, rel=1e-3)


def test_order_one_without_and_order_two_with_both_corrections():
    eps = np.array([0.03, 0.1, 0.3])
    plain, corrected = GROWTH.errors(eps), GROWTH.errors(eps, corrected=True)
    assert np.diff(np.log(plain)) / np.diff(np.log(eps)) == pytest.approx(1.0, abs=0.01)
    assert np.diff(np.log(corrected)) / np.diff(np.log(eps)) == pytest.approx(2.0, abs=0.02)
    assert np.all(corrected < 0.01 * plain)


def test_the_corrected_manifold_is_nearer_to_the_course():
    times = np.linspace(30.0, 100.0, 8)
    for eps, better in ((0.3, 15.0), (0.03, 150.0)):
        model = GROWTH.replace(eps=eps)
        N, y, _ = model.course(times)
        off = [np.abs(y - model.manifold(N, order)).max() for order in (0, 1)]
        assert off[1] < off[0] / better


def test_constant_ligand():
    """Case D04: L = 2 K_d gives y = 2/3, growth 0.0081818 1/h, doubling in 84.718 h, relaxation in 333.3 s."""
    receptor = Receptor(k_on=1e-3, k_off=1e-3, L=2.0, g=0.03, K_I=0.25)
    assert receptor.occupancy == pytest.approx(0.6666666666666666, rel=1e-12)
    assert receptor.growth == pytest.approx(0.008181818181818182, rel=1e-12)
    assert receptor.doubling == pytest.approx(84.71798873510441, rel=1e-12)
    assert receptor.relaxation == pytest.approx(333.3333333333333, rel=1e-12)
    assert Receptor(L=0.0).occupancy == 0.0 and Receptor(L=0.0).growth == Receptor().g


def test_fenichels_correction():
    """Case D05: ε = 0.1 from (1, 1): at t = 5 x = 0.161565, y = 0.164313; x + ε x² gives 0.164176."""
    model = Slaved(eps=0.1, x0=1.0, y0=1.0)
    x, y = model.course([5.0])[:, 0]
    assert (x, y) == pytest.approx((0.16156540716670398, 0.16431287080538604), rel=1e-7)
    assert model.manifold(x, 0) == x
    assert model.manifold(x, 1) == pytest.approx(0.16417574524599826, rel=1e-7)


def test_the_corrected_manifold_is_off_by_the_square_of_eps():
    off = []
    for eps in (0.05, 0.025):
        x, y = Slaved(eps=eps).course([5.0])[:, 0]
        off.append(y - Slaved(eps=eps).manifold(x))
    assert np.log2(off[0] / off[1]) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("eps", "gain", "error"), [(0.3, 2.0, 0.5), (1.0, 7.0, 1.8), (3.0, 27.0, 5.3)])
def test_where_the_path_cuts_the_corner(eps, gain, error):
    """Growth in per cent until the receptors are within a twentieth of the manifold, and the error after 100 h."""
    tangled = GROWTH.replace(eps=eps)
    cells, bound, _ = tangled.course(np.linspace(0.01, 30.0, 3000))
    near = np.argmax(bound > 0.95 * tangled.manifold(cells))
    assert 100 * (cells[near] - 1) == pytest.approx(gain, abs=0.5)
    assert 100 * tangled.error == pytest.approx(error, abs=0.05)


def test_sentences_say_what_is_drawn():
    assert "slides along" in tell_enzyme(ENZYME) and "misses" in tell_enzyme(ENZYME.replace(E0=1.0))
    assert "2.88" in tell_inhibition(GROWTH.replace(eps=0.01))


@pytest.mark.parametrize("bad", [[1.0, 1.0], [-1.0], [np.nan], 3.0])
def test_bad_times_and_orders_are_refused(bad):
    for model in (ENZYME, GROWTH, Slaved()):
        with pytest.raises(ValueError, match="times must"):
            model.course(bad)
    with pytest.raises(ValueError, match="order must be 0 or 1"):
        GROWTH.manifold(1.0, 2)
