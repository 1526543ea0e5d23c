"""Senescence: reference cases, degenerate cases, dishes and trees of cells against the formulas."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betainc, ndtr
from scipy.stats import binom, kstest, norm

from mslib.principles.senescence import (
    Culture,
    Telomeres,
    draw_culture,
    draw_dish,
    draw_telomeres,
    share_of_cells,
)

PUBLISHED = Culture(L0=10_000.0, sigma=1_200.0, loss=75.0, L_crit=5_000.0, D=50.0)
"""The culture of reference cases A22 and A23."""


def test_case_A22():
    assert PUBLISHED.stopped == pytest.approx(0.148783124181752, rel=1e-12)
    assert PUBLISHED.D_half == pytest.approx(66.66666666666667, rel=1e-12)
    assert PUBLISHED.divisions_until(0.95) == pytest.approx(92.98432469789023, rel=1e-12)
    assert PUBLISHED.lineages(0.0) == pytest.approx(1.5454296882295967e-05, rel=1e-10)


def test_case_A23_lineages_against_cells_present():
    assert PUBLISHED.stopped == pytest.approx(0.149, abs=5e-4)
    assert PUBLISHED.stopped_cells == pytest.approx(0.022, abs=5e-4)


def test_problem_1449729():
    culture = Culture(L0=10_000.0, sigma=1_000.0, loss=100.0, L_crit=5_000.0)
    assert culture.lineages(40.0) == pytest.approx(0.158655, abs=5e-7)
    assert culture.D_half == pytest.approx(50.0)
    assert culture.divisions_until(norm.cdf(2.0)) == pytest.approx(70.0)


def share_by_quadrature(culture, D):
    """Cells counted lineage by lineage: 2^min(D, K) with K = (L − L_c)/ΔL, one cell if K < 0."""
    room = norm((culture.L0 - culture.L_crit) / culture.loss, culture.sigma / culture.loss)
    bends = [max(D - 30.0, D / 2)]
    stopped, _ = quad(lambda k: 2.0 ** (k - D) * room.pdf(k), 0.0, D, points=bends, epsabs=0, epsrel=1e-12)
    stopped += room.cdf(0.0) * 2.0**-D
    return stopped / (stopped + room.sf(D))


@pytest.mark.parametrize("D", [0.5, 10.0, 50.0, 100.0, 160.0])
@pytest.mark.parametrize("changes", [{}, {"sigma": 300.0}, {"L0": 4_500.0}, {"loss": 30.0}], ids=repr)
def test_cells_present_against_quadrature(changes, D):
    culture = PUBLISHED.replace(**changes)
    assert culture.cells(D) == pytest.approx(share_by_quadrature(culture, D), rel=1e-9)


def test_at_the_start_lineages_and_cells_are_the_same():
    for changes in ({}, {"sigma": 0.0}, {"L0": 4_500.0}, {"loss": 0.0}):
        culture = PUBLISHED.replace(D=0.0, **changes)
        assert culture.stopped_cells == pytest.approx(culture.stopped, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("sigma", [150.0, 600.0, 1_200.0])
def test_half_of_the_cells_at_the_median_plus_half_tau_squared_log_two(sigma):
    culture = PUBLISHED.replace(sigma=sigma)
    assert culture.D_half_cells == pytest.approx(culture.D_half + (sigma / 75.0) ** 2 * np.log(2.0) / 2.0)
    assert culture.cells(culture.D_half_cells) == pytest.approx(0.5, abs=1e-9)


def test_two_ways_to_count_whole_divisions_bracket_the_smooth_count():
    """A cell stops below L_c (2^K cells), or refuses the division that would lead there (2^(K − 1) cells)."""
    crossing = share_of_cells(PUBLISHED.lineages(np.arange(51)))[-1]
    odds = crossing / (1.0 - crossing) / 2.0
    refusing = odds / (1.0 + odds)
    assert (round(100 * refusing, 1), round(100 * crossing, 1)) == (1.5, 3.0)
    assert refusing < PUBLISHED.stopped_cells < crossing


def test_without_spread_there_is_a_cliff():
    alike = PUBLISHED.replace(sigma=0.0)
    assert alike.lineages([0, 66, 66.6, 66.7, 160]).tolist() == [0, 0, 0, 1, 1]
    assert alike.cells([0, 66, 66.6, 66.7, 160]).tolist() == [0, 0, 0, 1, 1]
    assert alike.D_half == alike.D_95 == alike.D_last == alike.D_half_cells == pytest.approx(200 / 3)
    assert alike.spread == 0.0
    nearly = PUBLISHED.replace(sigma=1e-3)
    assert nearly.cells([66.6, 66.7]) == pytest.approx([0.0, 1.0], abs=1e-12)


def test_exactly_at_the_threshold_a_cell_still_divides():
    assert Culture(sigma=0.0, L0=8_000.0, L_crit=5_000.0, loss=100.0).lineages([30, 30.01]).tolist() == [0, 1]
    telomeres = Telomeres(sigma=0.0, s=0.0, p=1.0, L0=8_000.0, L_crit=5_000.0, loss=100.0)
    assert telomeres.lineages([30, 31]).tolist() == [0, 1]
    assert set(telomeres.simulate(10, rng=1)[0]) == {31.0}


def test_without_loss_nothing_ages():
    still = PUBLISHED.replace(loss=0.0)
    assert still.D_half == still.D_95 == still.D_half_cells == still.D_last == np.inf
    assert still.spread == np.inf
    assert still.lineages([0, 160]) == pytest.approx(PUBLISHED.lineages(0.0))
    start = float(PUBLISHED.lineages(0.0))
    assert still.cells(10.0) == pytest.approx(start / (start + 1024 * (1 - start)), rel=1e-12)
    assert still.replace(sigma=0.0).spread == 0.0
    assert still.replace(sigma=0.0).D_half == np.inf
    assert still.replace(sigma=0.0, L0=5_000.0).D_half == np.inf
    assert still.replace(sigma=0.0, L0=4_000.0).D_half == 0.0


def test_founders_below_the_threshold_are_senescent_from_the_start():
    old = PUBLISHED.replace(L0=4_000.0)
    assert old.D_half == 0.0
    assert old.lineages(0.0) == pytest.approx(ndtr(1 / 1.2))
    assert old.replace(sigma=0.0).cells([0, 5]).tolist() == [1, 1]
    assert old.cells(5.0) < old.cells(0.0), "the founders that still divide outgrow those that do not"


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_divisions_are_checked(bad):
    for method in (PUBLISHED.lineages, PUBLISHED.cells, Telomeres().lineages, Telomeres().cells):
        with pytest.raises(ValueError, match="divisions"):
            method([1.0, bad])


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match="fraction"):
        PUBLISHED.divisions_until(1.0)
    with pytest.raises(ValueError, match="whole"):
        Telomeres().lineages([2.5])
    with pytest.raises(ValueError, match="rise"):
        share_of_cells([0.2, 0.1])
    with pytest.raises(ValueError, match="rise"):
        share_of_cells([0.2, 1.1])
    with pytest.raises(ValueError, match="rounds"):
        PUBLISHED.simulate(1, 0, rng=1)
    with pytest.raises(ValueError, match="count"):
        PUBLISHED.simulate(0, 10, rng=1)
    with pytest.raises(ValueError, match="must be at most"):
        PUBLISHED.replace(N=10**10).simulate(1, 10, rng=1)
    with pytest.raises(ValueError, match=r"Telomeres\.p"):
        Telomeres(p=0.0)
    with pytest.raises(ValueError, match=r"Telomeres\.m .* n = 4 .* got 5"):
        Telomeres(n=4, m=5)


def test_dishes_agree_with_the_expected_share_while_founders_last():
    shares, _ = PUBLISHED.replace(N=100_000).simulate(60, 60, rng=11)
    expected = share_of_cells(PUBLISHED.lineages(np.arange(61)))
    for D in (30, 45, 60):
        error = shares[:, D].std(ddof=1) / np.sqrt(len(shares))
        assert abs(shares[:, D].mean() - expected[D]) < 4 * error


def test_dish_of_equal_cells_stops_all_at_once():
    shares, doublings = PUBLISHED.replace(sigma=0.0, N=1_000).simulate(2, 80, rng=1)
    assert np.all(shares[:, :67] == 0.0) and np.all(shares[:, 67:] == 1.0)
    assert np.all(doublings[:, -1] == 67.0)


def test_dish_that_loses_nothing_grows_for_ever():
    shares, doublings = PUBLISHED.replace(loss=0.0, N=1_000).simulate(3, 50, rng=1)
    assert np.all(shares <= 0.01)
    assert doublings[:, -1] == pytest.approx(50.0, abs=0.1)


def test_dish_is_no_older_than_its_longest_lineage():
    culture = PUBLISHED.replace(N=10_000)
    _, doublings = culture.simulate(40, 220, rng=5)
    assert np.median(doublings[:, -1]) < culture.D_last
    assert np.all(np.diff(doublings, axis=1) >= 0.0)
    assert np.median(doublings[:, -1]) > culture.D_95


def test_longest_lineage_is_the_median_of_the_largest_of_N():
    culture = PUBLISHED.replace(N=1_000)
    rooms = np.random.default_rng(3).normal(200 / 3, 16.0, size=(4_000, 1_000)).max(axis=1)
    below = np.mean(rooms < culture.D_last)
    assert abs(below - 0.5) < 4 * 0.5 / np.sqrt(len(rooms))


SMALL = Telomeres(L0=2_000.0, sigma=250.0, s=300.0, loss=100.0, L_crit=1_000.0, n=6)


def grow_tree(model, generations, rng):
    """Cells of one founder: at each division every end is passed on shortened to one daughter at random."""
    lengths = model._lengths(1, rng)
    resting, counts = 0, []
    for _ in range(generations + 1):
        short = np.sum(lengths < model.L_crit, axis=1) >= model.m
        resting += short.sum()
        counts.append((resting, np.sum(~short)))
        mothers = lengths[~short]
        coin = rng.random(mothers.shape) < 0.5
        lengths = np.concatenate([mothers - model.step * coin, mothers - model.step * ~coin])
    return counts


@pytest.mark.parametrize("m", [1, 3])
def test_whole_trees_of_cells_agree_with_the_line_of_descent(m):
    model, rng = SMALL.replace(m=m), np.random.default_rng(17)
    counts = np.array([grow_tree(model, 9, rng) for _ in range(1_500)], float)
    expected = model.cells(np.arange(10))
    for D in (3, 6, 9):
        resting, every = counts[:, D, 0], counts[:, D].sum(axis=1)
        share = resting.sum() / every.sum()
        error = np.std(resting - share * every) / every.mean() / np.sqrt(len(every))
        assert abs(share - expected[D]) < 4 * error


@pytest.mark.parametrize(
    "changes",
    [{}, {"p": 1.0}, {"p": 0.1}, {"s": 0.0}, {"sigma": 0.0}, {"m": 5}, {"n": 1}, {"p": 0.05, "loss": 20.0}],
    ids=repr,
)
def test_sampled_lineages_follow_the_exact_law(changes):
    model = Telomeres(**changes)
    capacity, _ = model.simulate(6_000, rng=23)
    assert abs(capacity.mean() - model.mean_capacity) < 4 * model.spread / np.sqrt(len(capacity))
    grid = np.unique(np.floor(np.quantile(capacity, [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])))
    observed = np.mean(capacity[:, None] <= grid, axis=0)
    law = model.lineages(grid)
    assert np.all(np.abs(observed - law) < 4 * np.sqrt(law * (1 - law) / len(capacity)) + 1e-9)


def test_one_draw_an_end_equals_losing_division_by_division():
    model = Telomeres(m=2)
    lengths = model.follow(600, 160, rng=31)
    short = np.sum(lengths < model.L_crit, axis=2) >= model.m
    stepwise = np.argmax(short, axis=0)
    assert np.all(short[-1])
    drawn, _ = model.simulate(6_000, rng=32)
    assert kstest(stepwise, drawn).pvalue > 1e-3
    assert lengths[1].mean() - lengths[0].mean() == pytest.approx(-75.0, abs=4 * 75.0 / np.sqrt(600 * 92))


def test_one_sure_end_is_the_model_of_mean_lengths():
    one = Telomeres(n=1, s=0.0, p=1.0, L_crit=5_000.0)
    D = np.arange(0, 161, 10)
    assert one.lineages(D) == pytest.approx(Culture().lineages(D), abs=1e-12)
    scattered = Telomeres(n=1, s=900.0, sigma=np.sqrt(1_200.0**2 - 900.0**2), p=1.0, L_crit=5_000.0)
    assert scattered.lineages(D) == pytest.approx(Culture().lineages(D), abs=1e-9)


@pytest.mark.parametrize("changes", [{}, {"s": 100.0}, {"p": 1.0, "s": 30.0}, {"m": 5, "p": 0.2}], ids=repr)
def test_average_over_founders_has_converged(changes):
    model, D = Telomeres(**changes), 60

    def stopped(z):
        j = np.arange(D + 1)
        room = model.L0 + model.sigma * z - model.L_crit
        q = binom.pmf(j, D, model.p) @ ndtr((room - model.step * j) / model.s)
        return betainc(model.m, model.n - model.m + 1, np.clip(1 - q, 0, 1)) * norm.pdf(z)

    expected = sum(quad(stopped, a, a + 0.5, epsabs=1e-13)[0] for a in np.arange(-8, 8, 0.5))
    assert model.lineages([D])[0] == pytest.approx(expected, abs=1e-9)


def test_a_little_spread_between_ends_joins_on_to_none():
    D = np.arange(0, 161, 5)
    none, little = Telomeres(s=0.0).lineages(D), Telomeres(s=0.5).lineages(D)
    assert little == pytest.approx(none, abs=2e-3)


def test_shortest_of_many_ends_stops_lineages_early_and_more_alike():
    one, many = Telomeres(n=1, sigma=0.0), Telomeres(n=92, sigma=0.0)
    assert many.mean_capacity < 0.6 * one.mean_capacity
    assert many.spread < 0.5 * one.spread
    assert Telomeres(m=5).mean_capacity > Telomeres(m=1).mean_capacity + 10


def test_effective_threshold_makes_the_coarse_model_agree():
    fine = Telomeres()
    coarse = Culture(L_crit=fine.effective_threshold)
    assert coarse.D_half == pytest.approx(fine.mean_capacity - 0.5)
    D = np.arange(0, 161)
    assert np.max(np.abs(coarse.lineages(D) - fine.lineages(D))) < 0.03
    assert np.max(np.abs(Culture(L_crit=fine.L_crit).lineages(D) - fine.lineages(D))) > 0.8


def test_error_of_the_coarse_model_is_half_the_left_out_variance():
    """A variance ε² τ² left out shifts Φ(y) by ½ ε² y φ(y), which is largest, ½ ε² φ(1), at y = 1."""
    inner, D, factors = Telomeres(sigma=0.0, p=1.0).spread, np.arange(300), []
    for sigma in (600.0, 1_200.0, 1_800.0):
        fine = Telomeres(sigma=sigma, p=1.0)
        coarse = Culture(sigma=sigma, L_crit=fine.effective_threshold)
        error = np.max(np.abs(coarse.lineages(D) - fine.lineages(D)))
        factors.append(error * (coarse.spread / inner) ** 2 / (norm.pdf(1.0) / 2.0))
    assert factors == sorted(factors)
    assert factors[-1] == pytest.approx(1.0, abs=0.07)


def test_a_sure_loss_completes_half_a_division_more_than_the_room():
    one = Telomeres(n=1, p=1.0, s=900.0, L_crit=5_000.0)
    assert one.effective_threshold == pytest.approx(5_000.0, abs=0.5)


def test_the_two_ends_of_a_chromosome_may_be_taken_as_independent():
    """In truth a division shortens one end of each chromosome; the shortest of 92 hardly feels it."""
    model, rng = Telomeres(sigma=0.0), np.random.default_rng(41)
    lengths = model._lengths(1_500, rng)
    capacity = np.zeros(len(lengths))
    while np.any(alive := lengths.min(axis=1) >= model.L_crit):
        capacity += alive
        first = rng.random((len(lengths), 46)) < 0.5
        lengths -= model.step * np.concatenate([first, ~first], axis=1)
    error = model.spread / np.sqrt(len(lengths))
    assert abs(capacity.mean() - model.mean_capacity) < 4 * error


def test_capacity_rises_with_length_by_one_over_the_loss():
    """Replication spreads ends further with every division, so longer founders stop at a longer mean length."""
    capacity, length = Telomeres().simulate(20_000, rng=43)
    slope = np.cov(capacity, length)[0, 1] / length.var(ddof=1) * 1_000.0
    assert 0.9 * 1_000.0 / 75.0 < slope < 1_000.0 / 75.0
    assert 0.8 < np.corrcoef(capacity, length)[0, 1] < 0.95
    for p, loss in ((1.0, 75.0), (0.5, 79.3)):
        long, short = (Telomeres(L0=L0, sigma=0.0, p=p).mean_capacity for L0 in (10_500.0, 9_500.0))
        assert 1_000.0 / (long - short) == pytest.approx(loss, rel=1e-3)


@pytest.mark.parametrize(
    ("draw", "model"),
    [
        (draw_culture, Culture()),
        (draw_culture, Culture(sigma=0.0, loss=200.0, D=160.0)),
        (draw_dish, Culture(N=100)),
        (draw_dish, Culture(sigma=0.0)),
        (draw_telomeres, Telomeres(m=10)),
        (draw_telomeres, Telomeres(s=0.0, sigma=0.0, p=1.0)),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_drawings_are_labelled_finite_and_repeatable(draw, model):
    figures = [plt.figure(figsize=(8, 3.6), layout="constrained") for _ in range(2)]
    for figure in figures:
        draw(figure, model)
    for first, second in zip(figures[0].axes, figures[1].axes, strict=True):
        assert first.get_xlabel() and first.get_ylabel()
        for line, again in zip(first.lines, second.lines, strict=True):
            assert np.all(np.isfinite(line.get_xydata().astype(float)))
            assert np.array_equal(line.get_xydata(), again.get_xydata())
    plt.close("all")
