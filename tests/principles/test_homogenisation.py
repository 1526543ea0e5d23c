"""Tests of homogenised tissues: closed forms, published numbers, bounds, and the error of the coarse gradient."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from mslib.numerics.homogenise import hashin_shtrikman, homogenise, rayleigh
from mslib.principles.homogenisation import (
    LayeredTissue,
    Medium,
    Obstacles,
    ResolvedTissue,
    blob_tensor,
    blocked_lattices,
    draw_medium,
    packed,
)

EQUAL = LayeredTissue(D1=10.0, D2=1.0)


def test_equal_layers():
    """Harmonic 1.81818 across, arithmetic 5.5 along, nothing through impermeable layers (case C01, problem HP1-2)."""
    assert EQUAL.across == pytest.approx(1.81818, rel=1e-5)
    assert EQUAL.along == 5.5
    assert EQUAL.anisotropy == pytest.approx(3.025)
    blocked = EQUAL.replace(D2=0.0)
    assert (blocked.across, blocked.along, blocked.anisotropy) == (0.0, 5.0, np.inf)


def test_partition():
    """Resistances 1/(D K) in series over the mean storage (case C02); K = D1/D2 makes layers of equal conductance."""
    assert EQUAL.replace(K=4.0).across == pytest.approx(2.0 / (0.1 + 0.25) / 2.5)
    matched = EQUAL.replace(K=10.0)
    assert matched.across == pytest.approx(matched.along) == pytest.approx(10.0 / 5.5)


def test_the_two_directions_become_equal_where_the_slow_layers_hold_as_much_more():
    """K = 5 and D2 = 2 make D2 K = D1."""
    tissue = LayeredTissue(D1=10.0, D2=2.0, K=5.0)
    assert tissue.across == pytest.approx(tissue.along) == pytest.approx(10.0 / 3.0)


def borders(tissue):
    """Return places and exact concentrations at the borders of layers: flux and concentration, from the sealed end."""
    h, c, flux, found = tissue.period / 2, 1.0, 0.0, [1.0]
    for D in [tissue.D2, tissue.D1] * tissue.n:
        q = np.sqrt(tissue.k / D)
        rise, fall = np.cosh(q * h), np.sinh(q * h)
        c, flux = c * rise + flux / (D * q) * fall, flux * rise + c * D * q * fall
        found.append(c)
    return np.arange(2 * tissue.n + 1) * h, np.array(found[::-1]) / c


def test_the_error_is_taken_at_the_borders_too_where_the_kinks_are():
    """Transfer matrices: 0.2012, 0.1099, 0.0574 and 0.0293 for 8 to 64 periods; |D_eff/D1 − 1| ε/2 for many."""
    for n, error in ((8, 0.2012), (16, 0.1099), (32, 0.0574), (64, 0.0293)):
        tissue = ResolvedTissue(n=n)
        x, c = borders(tissue)
        assert np.abs(c - tissue.coarse(x)).max() == pytest.approx(error, abs=6e-5)
        assert tissue.error == pytest.approx(error, abs=6e-5)
        assert np.interp(x, *tissue.resolved()) == pytest.approx(c, abs=2e-5)
    assert tissue.error == pytest.approx(abs(tissue.effective / tissue.D1 - 1) * tissue.epsilon / 2, rel=0.03)


def test_the_sealed_end_leaves_an_error_of_first_order():
    """ε (1 − D_eff/D1) C(L)/4, small where little gets to the end; it is the largest for D2 = 3 and many periods."""
    for n in (32, 64):
        tissue = ResolvedTissue(D2=3.0, n=n)
        x, c = tissue.resolved()
        rest = (1 - tissue.effective / tissue.D1) / 4 * tissue.epsilon * tissue.coarse(tissue.L)
        assert np.abs(c - tissue.corrected(x)).max() == pytest.approx(rest, rel=0.05)


def test_across_a_stack_no_layer_has_a_small_parameter_above_that_of_the_tissue():
    """Reaction in the slow share f alone: h√(k2/D2) ≤ ε across; along the layers it may exceed ε."""
    for f in (0.1, 0.5, 0.9):
        for D2 in (0.1, 1.0, 10.0):
            tissue = LayeredTissue(f=f, D2=D2)
            own = f / np.sqrt(D2)
            assert own <= (1 + 1e-12) * np.sqrt(f / tissue.across)
    tissue = LayeredTissue(f=0.5, D2=0.1)
    assert 0.5 / np.sqrt(0.1) > 3 * np.sqrt(0.5 / tissue.along)


def test_the_blobs_lie_within_the_bounds_of_isotropic_tissues_and_layers_far_outside():
    for D2 in (1.0, 2.0, 5.0):
        low, high = hashin_shtrikman(D2, 10.0, 0.5)
        assert Medium(pattern=1, D2=D2).effective < 0.96 * low and Medium(pattern=2, D2=D2).effective > 1.04 * high
        assert all(low < 10.0 * value < high for value in blob_tensor(D2 / 10.0))
        assert all(low < Medium(pattern=k, D2=D2).effective < high for k in (3, 4, 5))


def test_the_blobs_conduct_nearly_as_the_geometric_mean_and_nearly_alike_in_both_directions():
    """Dykhne's law holds for large random images; of twelve small ones, one is 35 % better in one direction."""
    along_x, along_y = blob_tensor(0.1)
    assert 10.0 * along_x == pytest.approx(Medium(pattern=5).effective, rel=1e-6)
    assert along_y / along_x == pytest.approx(1.045, abs=5e-4)
    assert np.sqrt(along_x * along_y) == pytest.approx(np.sqrt(0.1), rel=0.02)
    ratios = [max(pair) / min(pair) for pair in (blob_tensor(0.1, seed) for seed in range(12))]
    assert max(ratios) == pytest.approx(1.346, abs=5e-4)


def test_without_separation_of_scales_the_order_of_the_layers_matters():
    """Errors 0.46 and 0.18 with two periods, fast or slow layer first; 0.43 with one."""
    assert ResolvedTissue(n=2).error == pytest.approx(0.46, abs=5e-3)
    assert ResolvedTissue(D1=1.0, D2=10.0, n=2).error == pytest.approx(0.18, abs=5e-3)
    assert ResolvedTissue(n=1).error == pytest.approx(0.43, abs=5e-3)


@pytest.mark.parametrize("K", [0.2, 1.0, 5.0])
def test_the_staircase_carries_one_flux(K):
    tissue = LayeredTissue(K=K, f=0.3)
    x, c = tissue.staircase(3)
    drops, widths = -np.diff(c)[::2], np.diff(x)[::2]
    flux = np.tile([tissue.D1, tissue.D2], 3) * drops / widths
    assert flux == pytest.approx(np.full(6, flux[0]))
    assert flux[0] == pytest.approx(tissue.across * (0.7 + 0.3 * K))
    assert c[0] == 1.0 and c[-1] == pytest.approx(0.0, abs=1e-12)


def test_patterns_lie_between_the_means():
    across, along, *others = (Medium(pattern=p) for p in (1, 2, 3, 4, 5))
    assert across.effective == pytest.approx(across.lower, rel=1e-6)
    assert along.effective == pytest.approx(along.upper, rel=1e-6)
    for medium in others:
        assert medium.lower < medium.effective < medium.upper
    for D2, series in ((1.0, 4.140), (2.0, 4.968), (5.0, 7.138)):
        discs = Medium(pattern=4, D2=D2)
        assert discs.effective == pytest.approx(10.0 * rayleigh(D2 / 10.0, 1.0, 0.5)) == pytest.approx(series, abs=5e-4)
        assert 10.0 * discs.solved()[1].tensor[0, 0] == pytest.approx(series, rel=0.03)


@pytest.mark.parametrize(("pattern", "length"), [(1, 1.0), (2, 1.0), (3, 2.0)])
def test_the_border_of_the_slow_half_is_drawn_once(pattern, length):
    figure = Figure()
    draw_medium(figure, Medium(pattern=pattern))
    x, y = figure.axes[0].lines[0].get_data()
    steps = np.hypot(np.diff(x), np.diff(y))
    assert np.nansum(steps) == pytest.approx(length)
    middle = np.column_stack([x, y])[~np.isnan(x + y)]
    assert np.all(np.any(middle == 0.5, axis=1))


def test_checkerboard_approaches_the_geometric_mean():
    """√10 exactly (Dykhne 1971; case C04): the mesh is 5.4 % short on 48², 2.6 % on 128², where 3 % is accepted."""
    medium = Medium(pattern=3)
    assert medium.effective == pytest.approx(medium.geometric) == pytest.approx(np.sqrt(10.0))
    assert 10.0 * medium.solved()[1].tensor[0, 0] == pytest.approx(medium.geometric, rel=0.06)
    assert 10.0 * medium.solved(128)[1].tensor[0, 0] == pytest.approx(3.081674, rel=1e-5)


def test_the_concentration_rises_by_one_across_a_period():
    field = Medium(pattern=1).concentration()
    slopes = np.diff(field[0]) * 48
    assert slopes.min() == pytest.approx(1.8181818 / 10.0, rel=1e-6)
    assert slopes.max() == pytest.approx(1.8181818, rel=1e-6)
    assert np.ptp(field, axis=0).max() < 1e-6


def test_obstacles():
    """Impermeable discs, φ = 0.3: Maxwell 0.53846 and Rayleigh 0.53758 (case C05)."""
    tissue = Obstacles(D=1.0, phi=0.3)
    assert tissue.maxwell == pytest.approx(0.5384615384615384)
    assert tissue.flux_coefficient == pytest.approx(0.53758, rel=1e-5)
    assert tissue.solved()[1].tensor[0, 0] == pytest.approx(0.53758, rel=0.02)
    assert tissue.apparent == pytest.approx(tissue.flux_coefficient / 0.7)
    free = Obstacles(phi=0.0)
    assert (free.flux_coefficient, free.tortuosity) == (free.D, 1.0)


@pytest.mark.parametrize(("phi", "k"), [(0.1, 1.222), (0.3, 1.860), (0.5, 3.080), (0.6, 4.342), (0.7, 7.433)])
def test_obstacles_beside_the_exact_series(phi, k):
    """Perfect conductors in a square array conduct k times as well (Perrins et al. 1979); obstacles, 1/k (Keller)."""
    assert 1.0 / Obstacles(D=1.0, phi=phi).flux_coefficient == pytest.approx(k, rel=0.007 if phi > 0.6 else 5e-4)


def test_isotropic_bounds():
    """Hashin & Shtrikman (1962) for halves of 10 and 1: 2.385 to 4.194 in two dimensions, 2.80 to 4.71 in three."""
    assert hashin_shtrikman(1.0, 10.0, 0.5) == pytest.approx((2.385, 4.194), abs=5e-4)
    assert hashin_shtrikman(1.0, 10.0, 0.5, dimensions=3) == pytest.approx((2.80, 4.706), abs=5e-4)


def test_the_corrector_keeps_the_value_held_at_the_source():
    tissue = ResolvedTissue(n=32)
    assert tissue.corrected(0.0) == pytest.approx(1.0, abs=1e-12)


def test_convex_cells_hinder_less_than_brain_does():
    """α 0.2 and tortuosity 1.6, so D*/D 0.39, are measured (Nicholson & Syková 1998); cubes give at most √1.5."""
    assert pytest.approx(0.39, abs=0.001) == 1.0 / 1.6**2
    alpha, flat = packed(4, 38, 2)
    assert alpha == pytest.approx(0.2, abs=0.002)
    assert 1.3 < flat < np.sqrt(2.0)
    _, cubes = packed(2, 28, 3)
    assert 1.1 < cubes < np.sqrt(1.5)


def test_the_error_of_the_coarse_gradient_has_slope_one_and_the_corrector_two():
    fine = [ResolvedTissue(n=n) for n in (16, 32, 64)]
    epsilon = [tissue.epsilon for tissue in fine]
    errors = [tissue.error for tissue in fine]
    resolved = [tissue.resolved() for tissue in fine]
    corrected = [np.abs(c - tissue.corrected(x)).max() for tissue, (x, c) in zip(fine, resolved, strict=True)]
    assert np.log2(epsilon[0] / epsilon[1]) == pytest.approx(1.0)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(1.0, abs=0.05)
    assert np.log2(corrected[1] / corrected[2]) == pytest.approx(2.0, abs=0.07)


def test_without_contrast_there_is_no_error_but_that_of_the_mesh():
    even = ResolvedTissue(D1=10.0, D2=10.0, n=8)
    assert even.error == 0.0
    x, c = even.resolved()
    assert np.abs(c - even.coarse(x)).max() < 5e-5


def test_random_lattices():
    """One blocked site takes away π times its share; far beyond 0.407 no sample lets anything through."""
    single = np.ones((80, 80))
    single[0, 0] = 0.0
    assert (1.0 - homogenise(single, directions=[1]).tensor[0, 0]) * 80**2 == pytest.approx(np.pi, rel=0.001)
    q = 2.0 * np.pi * (np.arange(1200) + 0.5) / 1200
    apart = np.mean((1.0 - np.cos(2.0 * q))[:, None] / (2.0 - np.cos(q)[:, None] - np.cos(q)))
    assert apart == pytest.approx(2.0 - 4.0 / np.pi, abs=2e-6)
    assert 2.0 / (1.0 - apart / 2.0) == pytest.approx(np.pi, abs=2e-5)
    few = blocked_lattices(0.02, 12, 3)
    assert (1.0 - few.mean()) / 0.02 == pytest.approx(np.pi, abs=4.0 * few.std() / 0.02 / np.sqrt(12))
    assert np.all(blocked_lattices(0.55, 4, 3) == 0.0)
    assert np.array_equal(blocked_lattices(0.3, 6, 5, sites=16), blocked_lattices(0.3, 6, 5, sites=16))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Medium(pattern=6), "Medium.pattern must be one of 1 .layers across."),
        (lambda: Medium(D1=1000.0), "do not resolve the flux"),
        (lambda: Obstacles(phi=0.75), "touch at π/4"),
        (lambda: ResolvedTissue(D2=0.0), "ResolvedTissue.D2"),
    ],
)
def test_contradictions_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
