"""Gradients, fronts and patterns against published numbers, analytic limits and the full equations."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from mslib.numerics.evolve import evolve
from mslib.numerics.grids import Grid, Held
from mslib.principles.reaction_diffusion import (
    Front,
    Graft,
    Pattern,
    SaturatedGraft,
    advance,
    bramson_speed,
    cut_speeds,
    dominant_wavelength,
    draw_pattern,
    grid_speed,
    lag,
    space_errors,
    splitting_errors,
    spot_distance,
    tell_front,
    tell_graft,
    tell_pattern,
)

TURING = Pattern(a=0.1, b=0.9, d=40.0, D=1.0, k=1.0, L=100.0)


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.9), (0.2, 1.3)])
def test_the_jacobian_is_that_of_the_equations_on_the_page(a, b):
    pattern, u, w = Pattern(a=a, b=b), a + b, b / (a + b) ** 2
    assert a - u + u**2 * w == pytest.approx(0.0, abs=1e-15) and b - u**2 * w == pytest.approx(0.0, abs=1e-15)
    written = np.array([[-1.0 + 2.0 * u * w, u**2], [-2.0 * u * w, -(u**2)]])
    assert np.allclose(pattern.jacobian, written, rtol=1e-12)
    (fu, fw), (gu, gw) = written
    root = np.sqrt(pattern.critical_ratio)
    assert fu * root**2 - 2.0 * np.sqrt(fu * gw - fw * gu) * root + gw == pytest.approx(0.0, abs=1e-12)


def test_the_bar_of_the_explorer_is_the_fastest_wave_and_is_missing_where_none_grows():
    bars = []
    for model in (Pattern(), Pattern(d=5.0)):
        figure = Figure()
        draw_pattern(figure, model)
        bars.append([line.get_xdata()[1] for line in figure.axes[0].lines if line.get_linewidth() == 5.0])
    assert bars == [[pytest.approx(149.41, rel=1e-4)], []]


def test_graft_of_the_problem():
    """Problem HP1-3: k = 1e-3 1/s, D = 1e-9 m²/s, 1 mm: λ = 1 mm, Da = 1, sealed face 0.648054."""
    graft = Graft(D=1000.0, k=1e-3, L=1000.0)
    assert graft.length == pytest.approx(1000.0)
    assert graft.damkohler == pytest.approx(1.0)
    assert graft.edge == pytest.approx(0.648054, rel=1e-6)


@pytest.mark.parametrize("Da", [1e-12, 0.01, 1.0, 25.0, 1e6])
def test_effectiveness_is_the_tanh_law(Da):
    """Case C07: η = tanh(√Da)/√Da; also the mean of the profile, and its limits."""
    graft = Graft(D=1000.0, k=Da * 1e-3, L=1000.0)
    exact = np.tanh(np.sqrt(Da)) / np.sqrt(Da)
    assert graft.effectiveness == pytest.approx(exact, rel=1e-9)
    assert graft.concentration([graft.L])[0] == pytest.approx(graft.edge, rel=1e-9)
    if Da <= 25.0:
        assert graft.computed(800)[2] == pytest.approx(exact, rel=1e-4)


def test_the_slab_converges_with_second_order():
    errors = space_errors()
    assert np.all(np.abs(np.log2(errors[:-1] / errors[1:]) - 2) < 0.05)


def test_the_thickest_graft_keeps_just_the_need():
    graft = Graft(need=0.3)
    assert graft.replace(L=graft.thickest).edge == pytest.approx(0.3)
    for need in (0.0, 1.0):
        with pytest.raises(ValueError, match="need must lie between 0 and 1"):
            Graft(need=need)
    with pytest.raises(ValueError, match="x must lie between"):
        graft.concentration([graft.L * 1.1])
    assert "live" not in tell_graft(graft) and "starve" in tell_graft(graft.replace(L=2000.0, k=4e-3))


def test_michaelis_menten_slab():
    """Case C08: Da = 1, K = 0.1: share 0.568368 at the sealed face, flux 0.873852."""
    slab = SaturatedGraft(D=1000.0, V=1e-3, L=1000.0, K=0.1)
    assert slab.edge == pytest.approx(0.5683683745269084, rel=1e-4)
    assert slab.flux == pytest.approx(0.8738524219054854, rel=1e-4)


def test_saturation_has_the_linear_and_the_parabolic_limit():
    loose = SaturatedGraft(D=1000.0, V=0.1, L=1000.0, K=100.0)
    assert loose.edge == pytest.approx(loose.linear_edge, rel=5e-3)
    tight = SaturatedGraft(D=1000.0, V=1e-3, L=1000.0, K=1e-4)
    assert tight.edge == pytest.approx(0.5, abs=2e-3), "1 − Da/2 while nothing is used up"
    starved = SaturatedGraft(D=1000.0, V=8e-3, L=1000.0, K=1e-4)
    x, u = starved.profile
    assert np.all(u > -1e-12) and np.all(u[x > np.sqrt(2 / 8) + 0.05] < 2e-3), "nothing beyond the depth √(2D/V)"


def test_speed_of_a_glioma():
    """Case C14: D = 0.13 mm²/d, r = 0.012 1/d: 28.8327 mm a year."""
    assert Front(D=0.13, r=0.012).speed_per_year == pytest.approx(28.83268978087199, rel=1e-12)


def test_the_front_obeys_bramson():
    """Case C13: speed 2√(rD), Bramson's 3/(2t), and the next term of Ebert & van Saarloos (2000)."""
    t, missing = lag(120.0)
    assert missing[-1] == pytest.approx(1.5 / t[-1], rel=0.08)
    beyond = missing - (2.0 - bramson_speed(t))
    late = t > 30
    order = np.polyfit(np.log(t[late]), np.log(beyond[late]), 1)[0]
    assert -2.2 < order < -1.6
    assert grid_speed(0.01, 0.001) == pytest.approx(2.0, abs=1e-4)


def test_the_first_term_alone_happens_to_be_nearer_for_long():
    t, missing = lag(150.0)
    assert np.all(np.abs(missing - 1.5 / t) < np.abs(missing - (2.0 - bramson_speed(t))))
    old = Front(D=0.13, r=0.012, t=730.0)
    assert (100 * (1 - old.share), 75 / old.age) == pytest.approx((10.58, 8.56), rel=0.01)


def test_a_window_that_moves_changes_nothing():
    """The same front on a grid that stands still."""
    clock, way, shapes = advance(20.0)
    grid = Grid(500, 100.0)
    step = grid.field(lambda x: np.clip(0.5 + (30.0 - x) / 0.2, 0.0, 1.0))
    still = evolve(
        lambda u, p: u * (1 - u), step, grid, 1.0, [20.0], dt=0.05, diffusion="crank-nicolson",
        flow=lambda u, p, dt: u / (u + (1 - u) * np.exp(-dt)),
    )[0]  # fmt: skip
    assert np.interp(-0.5, -still, grid.centres[0]) - 30.0 == pytest.approx(way[-1], abs=0.02)
    assert np.all(np.diff(way) > 0) and shapes.shape == (len(clock), 161)


def test_front_now_and_later():
    assert np.all(np.diff([Front(t=t).way for t in (30.0, 100.0, 365.0, 1000.0, 1e4)]) > 0)
    joint = Front(t=60.0 / 0.012)
    after = joint.replace(t=joint.t * 1.001)
    assert after.way - joint.way == pytest.approx(joint.speed_now * 0.001 * joint.t, rel=0.03)
    assert Front(t=1e6).speed_now == pytest.approx(Front().speed, rel=1e-3)
    assert "millimetres" in tell_front(joint)
    assert Front(t=1e6).share == pytest.approx(1.0, rel=1e-3) and Front(t=30.0).share < 0.5


def test_a_patch_smaller_than_critical_dies():
    """Skellam (1951), doi:10.1093/biomet/38.1-2.196: L_c = π√(D/r)."""
    for share, lives in ((0.97, False), (1.03, True)):
        front = Front()
        grid = Grid(100, share * front.smallest_patch, Held(0.0))
        start = grid.field(lambda x, L=grid.lengths[0]: np.sin(np.pi * x / L))
        later = evolve(lambda u, p: p[0] * u, start, grid, front.D, [400.0], parameters=[front.r], dt=4.0)[0]
        assert (later.max() > start.max()) == lives


def test_few_cells_make_slow_fronts():
    """Brunet & Derrida (1997), doi:10.1103/PhysRevE.56.2597: 2 − π²/ln²N."""
    N = np.array([1e3, 1e5])
    assert cut_speeds(N, time=90.0) == pytest.approx(2 - np.pi**2 / np.log(N) ** 2, rel=0.012)


def test_schnakenberg():
    """Case C17: a = 0.1, b = 0.9, d = 40."""
    low, high = TURING.band()
    assert low == pytest.approx(0.18364560312699393, rel=1e-9)
    assert high == pytest.approx(0.8609728755612006, rel=1e-9)
    assert TURING.fastest == pytest.approx(0.42054339659022155, rel=1e-7)
    assert TURING.growth == pytest.approx(0.4110112115775095, rel=1e-9)
    assert TURING.wavelength == pytest.approx(14.940634802790488, rel=1e-7)
    assert TURING.critical_ratio == pytest.approx(8.567627457812105, rel=1e-9)
    for q in (low, high):
        assert TURING.growth_rate(q) == pytest.approx(0.0, abs=1e-12)
    q = np.linspace(0.01, 1, 991)
    assert TURING.fastest == pytest.approx(q[np.argmax(TURING.growth_rate(q))], abs=1e-3)


def test_below_threshold_nothing_grows():
    calm = TURING.replace(d=8.5)
    assert calm.band() == (0.0, 0.0) and calm.growth < 0 and calm.wavelength == np.inf
    assert TURING.replace(d=8.6).growth > 0
    assert TURING.replace(d=1.0).fastest == 0.0
    assert TURING.replace(a=0.3, b=0.25).critical_ratio == np.inf
    assert "even" in tell_pattern(calm) and "stripes" in tell_pattern(TURING)
    with pytest.raises(ValueError, match="cells must be at least 50"):
        TURING.grow(20, 1.0, rng=1)
    with pytest.raises(ValueError, match="q must be such that the wave does not oscillate"):
        TURING.measured_growth(0.05)


def test_small_waves_grow_as_linear_theory_says():
    for share in (0.6, 1.0, 1.9):
        q = share * TURING.fastest
        assert TURING.measured_growth(q) == pytest.approx(float(TURING.growth_rate(q)), rel=4e-3, abs=4e-4)


def test_the_threshold_of_the_full_equations_is_that_of_linear_theory():
    q = (1.0 / TURING.critical_ratio) ** 0.25
    below, above = (TURING.replace(d=d).measured_growth(q) for d in (8.4, 8.7))
    assert below < 0 < above
    assert 8.4 + 0.3 * below / (below - above) == pytest.approx(TURING.critical_ratio, rel=1e-3)


@pytest.mark.parametrize(("length", "waves"), [(600.0, 3.5), (300.0, 2.5)])
def test_a_short_line_holds_a_whole_number_of_half_waves(length, waves):
    """One peak stands at the end of the line; with half a wave over, the other end is a low."""
    stripes = Pattern(L=length).grow(128, 64.0, rng=1, noise=0.02, dt=0.25)
    full = np.r_[stripes[1], stripes, stripes[-2]]
    peaks = np.flatnonzero((full[1:-1] > full[:-2]) & (full[1:-1] > full[2:]) & (stripes > 2.0))
    assert len(peaks) == int(waves) + 1 and peaks[0] < 3 and stripes[-1] < 0.5
    assert np.diff(peaks).mean() * length / 128 == pytest.approx(length / waves, rel=0.02)


def test_waves_left_of_the_kink_swing():
    q = np.array([0.0149, 0.0152])
    bend = np.diff(Pattern().growth_rate(np.add.outer(q, [-1e-4, 1e-4])), axis=1)[:, 0]
    assert bend[0] < 0 < bend[1], "the kink is near 0.015 1/µm"


def test_a_sheet_fills_with_spots_near_the_wavelength():
    sheet = TURING.replace(L=6 * TURING.wavelength).grow(64, 60.0, rng=2, dt=0.4, noise=0.02, sheet=True)
    assert sheet.max() > 2.5 and sheet.min() < 0.5
    assert 0.7 < dominant_wavelength(sheet, 6 * TURING.wavelength) / TURING.wavelength < 1.15


def test_a_spectrum_sees_the_rows_of_a_hexagonal_grid_not_the_distance_of_its_spots():
    """Three plane waves of length 1 make spots 2/√3 apart."""
    side, x = 18.0, (np.arange(360) + 0.5) * 18.0 / 360
    angles = 0.3 + np.pi * np.arange(3) * 2 / 3
    grid = sum(np.cos(2 * np.pi * (x[:, None] * np.cos(a) + x * np.sin(a))) for a in angles)
    assert dominant_wavelength(grid, side) == pytest.approx(1.0, rel=0.02)
    assert spot_distance(grid, side) == pytest.approx(2 / np.sqrt(3), rel=0.03)


def test_the_spots_are_less_crowded_than_the_wavelength_of_the_pattern_says():
    """The page: 17 % shorter than the fastest wave, but spots as dense as on a hexagonal grid of 138 µm."""
    skin = Pattern(a=0.1, b=0.9, d=40.0, D=1.0, k=0.01, L=1500.0)
    late = skin.grow(192, 60.0, rng=2, dt=0.4, noise=0.02, sheet=True)
    assert 1 - dominant_wavelength(late, 1500.0) / skin.wavelength == pytest.approx(0.167, abs=2e-3)
    assert spot_distance(late, 1500.0) == pytest.approx(138.2, abs=0.5)
    assert spot_distance(late, 1500.0) * np.sqrt(3) / 2 == pytest.approx(dominant_wavelength(late, 1500.0), rel=0.05)


def test_far_below_threshold_long_waves_fade_more_slowly_than_the_top_of_the_hill():
    """At d = 5 the hill is at −0.0025 1/s, and the even state itself fades, swinging, with 0.0010 1/s."""
    calm = Pattern(d=5.0)
    assert calm.growth == pytest.approx(-0.0025, rel=1e-9)
    assert calm.growth_rate(0.0) == pytest.approx(-0.0010, rel=1e-9)
    assert np.all(calm.growth_rate(calm.fastest * np.array([0.98, 1.02])) < calm.growth)


def test_in_a_ball_the_front_is_later_still():
    """Gärtner (1982): (d + 2)/2 replaces Bramson's 3/2, so 5/(2rt) of √(rD) is missing in three dimensions."""
    grid = Grid(1500, 300.0)
    r, dt = grid.centres[0], 0.02
    start, times = np.where(r < 3.0, r, 0.0), [30.0, 32.0, 60.0, 62.0]
    found = evolve(lambda u, p: u * (1 - u / r), start, Grid(1500, 300.0, (Held(0.0), "no-flux")), 1.0, times, dt=dt,
                   diffusion="crank-nicolson", flow=lambda u, p, h: u / (u / r + (1 - u / r) * np.exp(-h)))  # fmt: skip
    way = np.array([np.interp(-0.5, -(u / r), r) for u in found])
    missing = grid_speed(0.2, dt) - np.diff(way)[::2] / 2.0
    flat = 2.0 - bramson_speed([31.0, 61.0])
    assert missing[1] * 61.0 == pytest.approx(2.5, rel=0.12)
    assert np.all(missing > 1.3 * flat)


def test_the_same_seed_makes_the_same_pattern():
    a, b, c = (TURING.grow(60, 20.0, rng=seed) for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_splitting_has_first_and_second_order():
    one, symmetric = splitting_errors()
    assert np.all(np.abs(np.log2(one[:-1] / one[1:]) - 1) < 0.05)
    assert np.all(np.abs(np.log2(symmetric[:-1] / symmetric[1:]) - 2) < 0.05)
