"""Cells on a field, crowds on a lattice, and densities, against published and analytic numbers."""

import numpy as np
import pytest

from mslib.principles.hybrid import (
    CheckList,
    ClumpedGrowth,
    Coupling,
    Crowd,
    CrowdFilm,
    HybridTissue,
    KellerSegel,
    PersistentWalk,
    TissueFilm,
    clumping,
    tell_band,
    tell_cells,
    tell_coupling,
    tell_crowd,
    tell_window,
)


def orders(errors):
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


def test_the_chemotactic_band():
    """C25, Keller & Segel 1970, doi:10.1016/0022-5193(70)90092-5: all coefficients one, χ = 4."""
    band = KellerSegel(n0=1.0, a=1.0, k=1.0, Dc=1.0, D=1.0, chi=4.0)
    assert band.chi_crit == pytest.approx(1.0, rel=1e-12)
    assert band.q_max == pytest.approx(1.7320508075688772, rel=1e-12)
    assert band.q_star == pytest.approx(0.9682458528244687, rel=1e-7)  # the case's own search ends eight digits in
    assert band.q_star == pytest.approx(np.sqrt(15.0) / 4.0, rel=1e-12)
    assert band.fastest_growth == pytest.approx(0.5625, rel=1e-12)


def test_the_default_is_the_same_band_in_units_of_ten_micrometres():
    band = KellerSegel()
    found = band.chi_crit / 100, band.q_max * 10, band.q_star * 10, band.fastest_growth
    assert found == pytest.approx((1.0, np.sqrt(3.0), np.sqrt(15.0) / 4.0, 0.5625), rel=1e-12)


@pytest.mark.parametrize("changes", [{"Dc": 30.0}, {"Dc": 5000.0, "k": 0.3}, {"D": 900.0, "chi": 1800.0}])
def test_the_top_of_the_band_is_its_top(changes):
    band = KellerSegel().replace(**changes)
    q = np.linspace(0.0, band.q_max, 20_001)
    growth = band.growth(q)
    assert growth.max() == pytest.approx(band.fastest_growth, rel=1e-6)
    assert q[np.argmax(growth)] == pytest.approx(band.q_star, rel=1e-3)
    assert np.all(growth[1:-1] > 0) and band.growth(1.01 * band.q_max) < 0


def test_below_the_threshold_every_ripple_fades():
    band = KellerSegel(chi=99.0)
    assert (band.q_max, band.q_star, band.fastest_growth, band.wavelength) == (0.0, 0.0, 0.0, np.inf)
    assert np.all(band.growth(np.linspace(1e-3, 1.0, 50)) < 0)
    assert KellerSegel(chi=100.1).q_max > 0


def test_simulated_densities_grow_as_the_theory_says_with_second_order():
    band = KellerSegel()
    for q in (0.04, band.q_star, 0.15):
        assert band.measured_growth(q, cells=64) == pytest.approx(band.growth(q), rel=4e-3)
    errors = [abs(band.measured_growth(0.15, cells=cells) / band.growth(0.15) - 1) for cells in (16, 32, 64)]
    assert np.all(orders(errors) > 1.8)
    assert band.measured_growth(1.1 * band.q_max, cells=64) < 0


def test_single_cells_grow_heaps_at_the_rate_of_the_density():
    """C25 from agents: σ* = 0.5625 within four standard errors of sixteen rings."""
    band = KellerSegel()
    n = band.simulate(16, 3000, [1.0, 2.5], step=0.125, voxels=32, rng=1)
    x = (np.arange(32) + 0.5) * band.wavelength / 32
    rates = np.log((n[:, 1] @ np.cos(band.q_star * x)) / (n[:, 0] @ np.cos(band.q_star * x))) / 1.5
    error = rates.std(ddof=1) / 4.0
    assert error < 0.06 and abs(rates.mean() - 0.5625) < 4 * error


def test_agents_approach_the_density_as_one_over_root_n():
    band = KellerSegel()
    _, n = band.densities(band.q_star, [0.4], amplitude=0.1, cells=32)
    gaps = []
    for cells in (400, 6400):
        found = band.simulate(12, cells, [0.4], step=0.1, voxels=32, rng=2)
        gaps.append(np.sqrt(np.mean((found - n) ** 2)) / band.n0)
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.2)
    assert gaps[1] == pytest.approx(np.sqrt(32 / 6400), rel=0.2), "counting noise of 200 agents a bin"


def test_forty_cells_fill_the_sheet():
    """K03 in minutes: 13 976.1158 molecules after one, 20 000 in the end, wherever the cells walk."""
    tissue = HybridTissue(N=40, a=600.0, k=1.2, u=0.0, D=50.0, chi=300.0)
    assert tissue.content(1.0) == pytest.approx(13976.115761755957, rel=1e-12)
    assert tissue.final_content == pytest.approx(20000.0, rel=1e-12)
    _, fields, account = tissue.simulate(2, [1.0, 30.0], step=0.25, rng=1)
    assert np.allclose(account[:, 0, 1], 13976.115761755957, rtol=1e-12)
    assert np.allclose(account[:, 1, 1], 20000.0, rtol=1e-12)
    assert np.allclose(fields.sum(axis=(2, 3)) * (200.0 / 32) ** 2, account[..., 1], rtol=1e-12)


@pytest.mark.parametrize("order", [1, 2])
def test_the_account_closes_with_uptake(order):
    tissue = HybridTissue(N=80, u=900.0, chi=400.0)
    _, _, account = tissue.simulate(2, [1.0, 6.0], step=0.2, order=order, rng=3)
    assert np.allclose(account[..., 0], account[..., 1:].sum(axis=-1), rtol=1e-12)
    assert np.all(account[..., 3] > 0.1 * account[..., 0])


def test_evenly_spread_cells_take_up_as_a_density_would():
    tissue = HybridTissue(N=400, L=100.0, u=100.0, Dc=6000.0, D=250.0)
    _, _, account = tissue.simulate(3, [4.0], step=0.05, rng=1)
    assert account[:, 0, 1].mean() == pytest.approx(tissue.final_content, rel=0.05)
    assert tissue.loss == pytest.approx(1.2 + 100.0 * 0.04)


def test_cells_gather_above_the_threshold_only():
    """The scatter of the counts in 16 squares against that of evenly spread cells (Poisson: 20 a square)."""
    found = []
    for chi in (0.0, 400.0):
        tissue = HybridTissue(N=320, chi=chi)
        places = tissue.simulate(1, [8.0], step=0.2, cells=24, rng=2)[0][0, 0]
        counts = np.histogram2d(*places.T, bins=4, range=[[0, 200]] * 2)[0]
        found.append(counts.var() / counts.mean())
    assert found[0] < 2.5 < 6.0 < found[1]
    assert HybridTissue(N=320, chi=400.0).gathering == pytest.approx(400 * 0.008 * 600 / (50 * 1.2))


def test_uptake_weakens_the_pull():
    assert HybridTissue(chi=400.0, u=1200.0).gathering == pytest.approx(HybridTissue(chi=400.0).gathering / 4.0)
    assert HybridTissue(chi=400.0, D=0.0).gathering == np.inf and HybridTissue(D=0.0).gathering == 0.0


def test_the_reach_of_a_signal_among_consumers():
    """Screening length √(D_c/(k + u n₀))."""
    assert HybridTissue(N=40, L=200.0, u=1200.0).reach == pytest.approx(np.sqrt(600.0 / 2.4))


def test_strang_is_second_order_in_the_coupling_step_and_lie_first():
    lie, strang = Coupling(u=50.0).errors()
    assert np.all(np.abs(orders(lie[2::-1]) - 1.0) < 0.2)
    assert np.all(np.abs(orders(strang[2::-1]) - 2.0) < 0.2)
    assert strang[0] < 0.1 * lie[0]


def test_persistent_cells_wander_in_the_long_run():
    """C26: S = 5, P = 1 in the plane: D = 12.5; ⟨r²⟩ = 4D(t − P(1 − e^{−t/P}))."""
    walk = PersistentWalk(S=5.0, P=1.0)
    assert walk.D == 12.5
    times = np.array([0.2, 1.0, 8.0])
    assert np.allclose(walk.mean_square(times), 50.0 * (times - 1 + np.exp(-times)), rtol=1e-12)
    squares = walk.simulate(20_000, times, rng=5)
    assert np.all(np.abs(squares.mean(axis=0) - walk.mean_square(times)) < 4 * squares.std(axis=0) / np.sqrt(20_000))
    assert walk.mean_square(1e-4) == pytest.approx(25e-8, rel=1e-4)


def test_the_logistic_law():
    """K01: 0.5139 after 300 steps of P_p = 0.01 from 5 %."""
    assert Crowd().logistic(300) == pytest.approx(0.5138866830116854, rel=1e-12)
    assert Crowd().logistic(Crowd().half_time) == pytest.approx(0.5)
    assert Crowd(c0=0.0).logistic(300) == 0.0 and Crowd(c0=0.0).half_time == np.inf
    assert Crowd(c0=1.0).logistic(5) == 1.0 and Crowd(c0=1.0).half_time == 0.0
    assert (Crowd(P_m=0.0).ratio, Crowd(P_m=0.0, P_p=0.0).ratio, Crowd(P_m=0.5).ratio) == (np.inf, 0.0, 0.02)


@pytest.mark.parametrize(("P_m", "published"), [(1.0, 0.5030833333333333), (0.0, 0.29031666666666667)])
def test_crowds_against_the_logistic_law(P_m, published):
    """K01, after Baker & Simpson 2010, doi:10.1103/PhysRevE.82.041905: means of 12 lattices, within 4 %."""
    shares, lattices = Crowd(P_m=P_m).simulate(12, 300, rng=1)
    assert shares[:, -1].mean() == pytest.approx(published, rel=0.04)
    assert np.array_equal(shares[:, -1], lattices.mean(axis=(1, 2)))


def test_the_gap_to_the_logistic_law_grows_with_divisions_per_hop_and_so_does_clumping():
    gaps, clumps = [], []
    for P_m in (1.0, 0.1, 0.01):
        shares, lattices = Crowd(P_m=P_m).simulate(4, 300, rng=3)
        gaps.append(Crowd().logistic(300) - shares[:, -1].mean())
        clumps.append(clumping(lattices))
    assert gaps[0] < 0.04 and np.all(np.diff(gaps) > 0.03) and np.all(np.diff(clumps) > 0.1)


def test_chance_starts_the_heaps_and_the_equations_alone_do_nothing():
    """From an even start the scatter 1/√N grows at the rate σ* and reaches n₀ after about ln √N/σ*, in any phase."""
    band, x = KellerSegel(), 2 * np.pi * (np.arange(32) + 0.5) / 32
    found = band.simulate(24, 500, [1.0, 3.0, 5.5], amplitude=0.0, step=0.125, voxels=32, rng=3) / band.n0
    waves = found @ np.exp(1j * x) / 16
    heights = np.sqrt(np.mean(np.abs(waves) ** 2, axis=0))
    assert np.log(heights[1] / heights[0]) / 2 == pytest.approx(band.fastest_growth, rel=0.15)
    assert np.log(np.sqrt(500)) / band.fastest_growth == pytest.approx(5.52, abs=0.01) and 0.5 < heights[2] < 2.0
    assert np.all(np.abs(waves.mean(axis=0)) < 0.5 * heights), "no place is preferred"
    alone = band.densities(band.q_star, [7.0], amplitude=0.0, cells=32)[1]
    assert np.ptp(alone) < 1e-9 * band.n0


def test_a_heap_at_a_sealed_edge_needs_half_the_cells():
    """N_c = 8πDD_c/(χa) = 6.3 in the middle, 3.1 at an edge: the images of a mirror make whole heaps of halves."""
    critical = 8 * np.pi * 50 * 600 / (200 * 600)
    assert [critical, critical / 2] == pytest.approx([6.28, 3.14], abs=0.005)


def test_the_excess_of_neighbours_is_in_proportion_to_divisions_per_hop():
    excess = [clumping(Crowd(P_m=P_m).simulate(16, 300, rng=3)[1]) - 1 for P_m in (1.0, 0.1)]
    assert excess[1] / excess[0] == pytest.approx(10.0, rel=0.15)


@pytest.mark.parametrize(
    ("P_m", "c0", "gap"), [(0.2, 0.05, 0.053), (0.03, 0.05, 0.162), (0.0, 0.05, 0.372), (0.0, 0.2, 0.126)]
)
def test_twenty_hops_per_division_keep_within_a_tenth_of_the_law(P_m, c0, gap):
    film = CrowdFilm(P_m=P_m, c0=c0)
    assert np.max(film.logistic(np.arange(601)) - film.film()[0]) == pytest.approx(gap, rel=0.02)


def test_the_step_that_keeps_strangs_error_below_two_per_cent():
    """A half of a minute at u = 50, an eighth at u = 800."""
    for u, step in ((50.0, 0.5), (800.0, 0.125)):
        strang = Coupling(u=u).errors()[1]
        assert max(s for s, error in zip(Coupling.STEPS, strang, strict=True) if error < 0.02) == step


def test_clumping_explains_the_growth_that_is_seen():
    """dc/dt = P_p c (1 − F c) holds step by step, with F counted on the lattices."""
    now, then = [], []
    for seed in range(6):
        _, lattices = Crowd(P_m=0.0).simulate(1, 200, rng=seed)
        now.append(lattices.mean() * (1 - clumping(lattices) * lattices.mean()))
        shares, _ = Crowd(P_m=0.0).simulate(1, 210, rng=seed)
        then.append((shares[0, 210] - shares[0, 200]) / 10 / 0.01)
    assert np.mean(then) == pytest.approx(np.mean(now), rel=0.1)
    assert np.mean(now) < 0.75 * np.mean([lattices.mean() * (1 - lattices.mean())])


def test_growth_of_clumps():
    clumped = ClumpedGrowth(P_p=0.02, c=0.2, F=2.5)
    assert (clumped.blocked, clumped.growth, clumped.slowing) == pytest.approx((0.5, 0.01, 0.625))
    assert ClumpedGrowth(F=1.0).slowing == 1.0 and ClumpedGrowth(c=1.0, F=1.0).slowing == 1.0
    with pytest.raises(ValueError, match=r"F·θ"):
        ClumpedGrowth(c=0.5, F=3.0)


def test_the_check_list():
    """L03: 10⁻³ cells/µm², 10 µm cells, 300 µm gradient, 60 µm patch: no admissible patch."""
    check = CheckList(n=1e-3, d=10.0, ell=300.0, w=60.0)
    assert check.separation == pytest.approx(0.03333333333333333, rel=1e-12)
    assert check.cells_per_patch == pytest.approx(3.6, rel=1e-12)
    assert check.cv == pytest.approx(0.5270462766947299, rel=1e-12)
    assert check.bias == pytest.approx(0.001666666666666667, rel=1e-12)
    assert check.smallest_patch == pytest.approx(316.22776601683796, rel=1e-12)
    assert check.largest_patch == pytest.approx(100.0, rel=1e-12) and check.admissible == 0.0
    assert check.replace(ell=1000.0).admissible == 1.0
    closed = check.replace(n=1e-4, ell=3000.0)
    assert closed.window == pytest.approx(1.0) and closed.admissible == 0.0, "a window without width is none"
    assert "at least 1000 and at most 1000 micrometres wide: no square" in tell_window(closed)


@pytest.mark.parametrize("w", [60.0, 400.0])
def test_counted_patches_have_the_scatter_and_the_bias(w):
    check = CheckList(w=w)
    counts = check.simulate(6000, rng=1)
    expected = check.cells_per_patch * (1 + check.exact_bias())
    assert abs(counts.mean() - expected) < 4 * np.sqrt(expected / 6000)
    assert counts.std() / counts.mean() == pytest.approx(1 / np.sqrt(expected), rel=0.04)
    assert check.exact_bias() == pytest.approx(check.bias, rel=0.03)


def test_bias_is_fourth_order_beyond_its_leading_term():
    gaps = [abs(CheckList(w=w).exact_bias() - CheckList(w=w).bias) for w in (400.0, 200.0, 100.0)]
    assert np.all(orders(gaps) > 3.8)


def test_films_are_the_same_at_every_moment():
    assert np.array_equal(TissueFilm(t=2.0).film()[0], TissueFilm(t=8.0).film()[0])
    assert np.array_equal(CrowdFilm(t=0).film()[0], CrowdFilm(t=300).film()[0])
    assert CrowdFilm(t=600).lattice().mean() > CrowdFilm(t=100).lattice().mean()


def test_figures_say_what_they_show():
    assert "add up to one" in tell_cells(TissueFilm())
    assert "logistic" in tell_crowd(CrowdFilm())
    assert "Strang" in tell_coupling(Coupling())
    assert "fades" in tell_band(KellerSegel(chi=60.0)) and "64.9" in tell_band(KellerSegel())
    assert "no square patch" in tell_window(CheckList()) and "some" in tell_window(CheckList(ell=3000.0))
