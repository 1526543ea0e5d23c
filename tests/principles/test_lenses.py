"""Lenses: published numbers, and each coarse description beside the finer one that it replaces."""

import numpy as np
import pytest
from scipy.stats import kstest

from mslib.numerics import cme
from mslib.numerics.leap import langevin
from mslib.principles.lenses import (
    GeneSwitch,
    Grains,
    Pairs,
    PointSource,
    Replicator,
    Schloegl,
    Turnover,
    total_variation,
)
from mslib.problems.principles.lenses import response_time

# Row S1-01: the gene switch


def test_gene_switch_has_its_published_numbers_by_three_methods():
    """Case B04 and problem HP1-1: mean 2, Fano factor 5, P(0) = 0.544312."""
    gene = GeneSwitch(k_on=0.2, k_off=0.8, r=10.0, gamma=1.0)
    assert gene.fano / gene.mean == pytest.approx(1 / gene.mean + 0.8 / 0.2 * 1.0 / (0.2 + 0.8 + 1.0), rel=1e-12)
    assert (gene.mean, gene.fano) == pytest.approx((2.0, 5.0), rel=1e-12)
    assert gene.empty == pytest.approx(0.544312, abs=5e-7)
    n = np.arange(61)
    assert total_variation(gene.law(n), gene.joint_law(60).marginal(2)) < 1e-12
    counts = gene.simulate(10_000, [30.0], rng=1)[:, 0]
    assert abs(np.mean(counts == 0) - gene.empty) < 4.0 * np.sqrt(gene.empty * (1 - gene.empty) / 10_000)
    assert abs(counts.mean() - 2.0) < 4.0 * np.sqrt(10.0 / 10_000)


@pytest.mark.parametrize("rates", [(0.0125, 0.05, 160.0), (3.2, 12.8, 2.5), (12.8, 0.0125, 40.0), (1.0, 1.0, 0.0)])
def test_closed_law_agrees_with_the_master_equation_at_the_ends_of_the_sliders(rates):
    gene = GeneSwitch(*rates)
    most = int(1.9 * gene.plateau + 60)
    n = np.arange(most + 1)
    assert total_variation(gene.law(n), gene.joint_law(most).marginal(2)) < 1e-9


def test_a_slow_gene_has_two_modes_at_any_mean_and_a_fast_one_has_one():
    def modes(gene):
        law = np.concatenate([[0.0], gene.law(np.arange(int(2 * gene.plateau + 60)))])
        return np.sum((law[1:-1] > law[:-2]) & (law[1:-1] >= law[2:]))

    for r in (20.0, 80.0, 320.0):
        assert modes(GeneSwitch(k_on=0.2, k_off=0.2, r=r)) == 2
        assert modes(GeneSwitch(k_on=20.0, k_off=20.0, r=r)) == 1


def test_relative_noise_of_a_slow_gene_does_not_vanish_with_the_copy_number():
    cvs = [np.sqrt(g.fano / g.mean) for g in (GeneSwitch(r=r) for r in (1e1, 1e3, 1e5))]
    assert cvs[-1] == pytest.approx(np.sqrt(0.8 / 0.2 / 2.0), rel=1e-3)
    assert cvs[0] > cvs[1] > cvs[2]


def test_the_share_of_empty_cells_falls_slowly_as_a_power_of_the_transcription_rate():
    """P(0) = 0.544, 0.411, 0.311 at r = 10, 40, 160; slower still at the explorer's start."""
    fast, slow = ([GeneSwitch(k, 4 * k, r).empty for r in (10.0, 40.0, 160.0)] for k in (0.2, 0.05))
    assert fast == pytest.approx([0.544, 0.411, 0.311], abs=6e-4)
    assert fast[2] / fast[0] == pytest.approx(16**-0.2, rel=0.01) and fast[2] > 0.5 * fast[0]
    assert slow == pytest.approx([0.707, 0.657, 0.613], abs=6e-4)


@pytest.mark.parametrize("gene", [GeneSwitch(), GeneSwitch(3.2, 0.2, 40.0), GeneSwitch(0.05, 12.8, 160.0)])
def test_traces_of_one_cell_have_the_law_of_many(gene):
    """One long trace, sampled at times far apart, against the exact law, by its mean and its empty share."""
    gap = 5.0 / min(gene.k_on + gene.k_off, gene.gamma)
    trace = gene.trace(np.arange(4000) * gap, rng=3)
    assert abs(trace.mean() - gene.mean) < 4.5 * np.sqrt(gene.fano * gene.mean / 4000)
    assert abs(np.mean(trace == 0) - gene.empty) < 4.5 * np.sqrt(gene.empty * (1 - gene.empty) / 4000) + 1e-3


def test_distance_of_simulation_from_the_law_falls_as_the_root_of_the_number_of_cells():
    gene = GeneSwitch()
    exact, counts = gene.law(np.arange(80)), gene.simulate(40_000, [30.0], rng=5)[:, 0]
    runs = np.array([400, 2500, 40_000])
    found = [total_variation(np.bincount(counts[:n], minlength=80) / n, exact) for n in runs]
    assert -0.65 < np.polyfit(np.log(runs), np.log(found), 1)[0] < -0.35


# Row S1-01: where the rate equation errs


def test_pairs_have_the_mean_of_the_master_equation_and_not_of_the_rate_equation():
    """Case B07: mean 1.15805 where the rate equation rests at 1."""
    assert Pairs().mean == pytest.approx(1.15805, abs=5e-6)
    for volume in (0.25, 1.0, 8.0, 64.0):
        pairs = Pairs(Omega=volume, k=2.0, c=0.5)
        law = pairs.law()
        n = np.arange(law.size)
        assert law @ n == pytest.approx(pairs.mean, rel=1e-9)
        assert np.sqrt(law @ (n - pairs.mean) ** 2) / pairs.mean == pytest.approx(pairs.cv, rel=1e-8)


def test_noise_of_pairs_tends_to_three_quarters_over_the_count():
    assert [n * Pairs(Omega=n).cv ** 2 for n in (16.0, 64.0)] == pytest.approx([0.75, 0.75], rel=0.011)


def test_error_of_the_rate_equation_falls_in_proportion_to_one_over_the_count():
    counts = np.array([4.0, 16.0, 64.0, 256.0])
    errors = [Pairs(Omega=N).error for N in counts]
    assert np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(-1.0, abs=0.02)
    assert errors[-1] * 8 * 256 == pytest.approx(1.0, rel=2e-3)


def test_sixteen_times_the_vessel_leaves_a_quarter_of_the_noise_and_a_sixteenth_of_the_error():
    small, large = Pairs(Omega=4.0), Pairs(Omega=64.0)
    assert small.cv / large.cv == pytest.approx(4.0, rel=0.03)
    assert small.error / large.error == pytest.approx(16.0, rel=0.06)


def test_schloegl_has_its_published_modes_valley_share_and_switching_time():
    """Case B08: modes 82 and 563, valley 256, P_low 0.2203, mean first-passage time 5.031e4."""
    vessel = Schloegl()
    assert (vessel.low, vessel.valley, vessel.high) == (82, 256, 563)
    assert vessel.share_low == pytest.approx(0.2203, abs=5e-5)
    assert vessel.time_up == pytest.approx(5.031e4, rel=1e-4)


@pytest.mark.parametrize("size", [0.6, 1.0])
def test_schloegl_by_its_closed_form_and_by_projection(size):
    vessel = Schloegl(Omega=size)
    law = vessel.law()
    upper = {"X": law.size - 1}
    # round-off over the slow rate of switching leaves about 1e-8
    assert total_variation(law, cme.stationary(vessel.network(), upper).probability) < 1e-7
    up = cme.first_passage(vessel.network(), upper, f"X >= {vessel.high}", start={"X": vessel.low})
    down = cme.first_passage(vessel.network(), upper, f"X <= {vessel.low}", start={"X": vessel.high})
    assert (up.mean, down.mean) == pytest.approx((vessel.time_up, vessel.time_down), rel=1e-6)
    assert np.all(np.abs(vessel.network().derivative(0.0, vessel.rest()[None])) < 1e-9 * vessel.c3)


def test_switching_time_grows_exponentially_with_size():
    times = [Schloegl(Omega=size).time_up for size in (0.6, 0.8, 1.0, 1.2)]
    ratios = np.array(times[1:]) / np.array(times[:-1])
    assert np.all(ratios > 3.0)
    assert ratios[1:] == pytest.approx(5.0, rel=0.02)  # what the explorer says of each step of 0.2
    assert ratios.max() / ratios.min() < 1.5


def test_schloegl_with_one_state_only():
    vessel = Schloegl(c3=230.0, c1=0.032, Omega=1.4)
    assert vessel.rest().size in (1, 3)
    alone = Schloegl(c3=400.0)
    assert alone.rest().size == 1
    assert (alone.time_up, alone.time_down) == (0.0, 0.0)
    assert alone.low == alone.high == alone.valley


def test_langevin_agrees_with_the_master_equation_on_schloegl():
    network, start = Schloegl().network(), {"X": 250}
    up = cme.transient(network, {"X": 1000}, [2.0], start=start)[0].probability[257:].sum()
    found = langevin(network, [2.0], 1000, rng=1, start=start, step=0.01)[:, 0, 0]
    assert abs((found > 256.5).mean() - up) < 4.0 * np.sqrt(up * (1 - up) / 1000)


def test_replicators_die_out_as_kendall_says():
    """Case B12: b = 1, d = 0.5: extinct by t = 3 with 0.437213, ever with 0.5, from five 0.03125; mean 4.48169."""
    one = Replicator(b=1.0, d=0.5, n0=1, t=3.0)
    assert one.extinct == pytest.approx(0.4372125759737503, rel=1e-6)
    assert one.mean == pytest.approx(4.4816890703380645, rel=1e-6)
    assert one.extinct_in_the_end == pytest.approx(0.5)
    assert one.replace(n0=5).extinct_in_the_end == pytest.approx(0.03125)
    balanced, near = Replicator(b=1.0, d=1.0), Replicator(b=1.0, d=1.0 - 1e-7)
    assert balanced.extinct == pytest.approx(0.75)
    assert near.extinct == pytest.approx(0.75, rel=1e-6)
    assert Replicator(b=0.2, d=3.0, t=200.0).extinct == pytest.approx(1.0)
    assert Replicator(b=4.0, d=0.05, t=600.0).extinct == pytest.approx(0.0125)
    assert Replicator(d=0.0).extinct == 0.0


# Row S1-02: the enzyme


def test_extinction_obeys_the_separated_equation():
    """(d − b q)/(1 − q) = d exp(−(b − d) t), the solution of problem lost-line, obeys the equation of the page."""
    for virus in (Replicator(1.0, 0.5, 1, 3.0), Replicator(1.7, 0.3, 1, 1.2)):
        left = (virus.d - virus.b * virus.extinct) / (1.0 - virus.extinct)
        assert left == pytest.approx(virus.d * np.exp(-(virus.b - virus.d) * virus.t), rel=1e-9)
        early, late = (virus.replace(t=virus.t + step).extinct for step in (-1e-4, 1e-4))
        q = virus.extinct
        assert (late - early) / 2e-4 == pytest.approx(virus.d - (virus.b + virus.d) * q + virus.b * q**2, rel=1e-6)


def test_enzyme_response_time_is_independent_of_production():
    """Case L01: δ = 0.0231/h: factor 2, half of the change after 30.0064 h, 95 % after 129.685 h."""
    for s in (1.0, 23_100.0):
        enzyme = Turnover(s=s, delta=0.0231, fold=2.0)
        assert enzyme.new_level / enzyme.level == pytest.approx(2.0)
        assert enzyme.response_time == pytest.approx(30.006371452811486, rel=1e-5)
        assert enzyme.time95 == pytest.approx(129.6853798075321, rel=1e-5)
        assert enzyme.at(enzyme.response_time) == pytest.approx(1.5 * enzyme.level)
        assert enzyme.at(enzyme.time95) == pytest.approx(1.95 * enzyme.level)


def test_cells_scatter_around_the_rate_equation_by_one_over_the_root_of_the_copies():
    assert response_time.check("c", "0.1 %").right and response_time.check("c", 0.1).right
    for level in (100.0, 1e6):
        enzyme = Turnover(s=0.0231 * level)
        cells = enzyme.simulate(2000, [30.0, 400.0], rng=2)
        for column, time in enumerate((30.0, 400.0)):
            mean = enzyme.at(time)
            assert abs(cells[:, column].mean() - mean) < 4.0 * np.sqrt(mean / 2000)
        assert cells[:, 1].std() / cells[:, 1].mean() == pytest.approx(1.0 / np.sqrt(2 * level), rel=0.08)


def test_cells_are_poisson_before_during_and_after_the_change():
    """Poisson at rest and with Poisson production: one over the root of the count at all times, 17 % for 20 copies."""
    times = np.linspace(0.0, 144.0, 73)
    for level, error, near in ((20.0, 0.1737, 0.012), (1e6, 7.769e-4, 5e-5)):
        enzyme = Turnover(s=0.0231 * level)
        assert np.sqrt(np.mean(1 / enzyme.at(times))) == pytest.approx(error, rel=2e-3)
        cells = enzyme.simulate(300, times, rng=3)
        assert np.sqrt(np.mean((cells / enzyme.at(times) - 1) ** 2)) == pytest.approx(error, abs=near)
    cells = Turnover(s=0.0231 * 20).simulate(20_000, [0.0, 30.0, 60.0], rng=4)
    mean = Turnover(s=0.0231 * 20).at(np.array([0.0, 30.0, 60.0]))
    assert np.all(np.abs(cells.mean(axis=0) - mean) < 4 * np.sqrt(mean / 20_000))
    assert cells.var(axis=0) == pytest.approx(mean, rel=0.05)
    kept = np.cov(cells[:, 0], cells[:, 2])[0, 1]
    assert kept == pytest.approx(20 * np.exp(-0.0231 * 60), rel=0.2), "of the first copies, these are still there"


# Row S1-03: the cytokine


def test_a_cytokine_is_granular():
    """Case L02: 10 pM in 10 µm: 6.022 molecules, CV 0.4075; 1 nM: 602.2; 1 % needs an edge of 118.418 µm."""
    cube = Grains(C=10.0, edge=10.0)
    assert cube.count == pytest.approx(6.022140759999999, rel=1e-4)
    assert cube.cv == pytest.approx(0.40749712479646366, rel=1e-4)
    assert cube.replace(C=1000.0).count == pytest.approx(602.214076, rel=1e-4)
    assert cube.edge_of_one_percent == pytest.approx(118.41763026451821, rel=1e-4)
    assert Grains(C=0.0).cv == np.inf
    assert Grains(C=0.0).edge_of_one_percent == np.inf


def test_molecules_from_a_point_source_lie_where_the_formulas_say():
    """Row S1-03 (case C12): e^(−ρ/λ)/ρ in a volume and K₀(ρ/λ) in a layer, against wandering molecules."""
    source = PointSource()
    r = np.linspace(1e-3, 3000.0, 400_001)
    middles, step = (r[1:] + r[:-1]) / 2, r[1] - r[0]
    for dimensions, size, profile in (
        (3, 4 * np.pi * middles**2, source.concentration),
        (2, 2 * np.pi * middles * source.h, source.concentration_in_layer),
    ):
        density = profile(middles) * source.per_volume * size * step
        assert density.sum() == pytest.approx(source.alive, rel=1e-4)
        cumulative = np.cumsum(density) / density.sum()
        distances = source.simulate(20_000, rng=6, dimensions=dimensions)
        assert kstest(distances, lambda x, c=cumulative: np.interp(x, r[1:], c)).pvalue > 1e-3


def test_profile_solves_the_steady_equation():
    source = PointSource()
    r, h = np.array([30.0, 80.0, 200.0]), 1e-2
    c = source.concentration
    laplace = (c(r + h) * (r + h) - 2 * c(r) * r + c(r - h) * (r - h)) / h**2 / r
    assert source.D * laplace == pytest.approx(source.k * c(r), rel=1e-4)
    f = source.concentration_in_layer
    flat = (f(r + h) - 2 * f(r) + f(r - h)) / h**2 + (f(r + h) - f(r - h)) / (2 * h) / r
    assert source.D * flat == pytest.approx(source.k * f(r), rel=1e-4)
