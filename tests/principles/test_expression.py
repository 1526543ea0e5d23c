"""Gene expression: published numbers, exact laws, limits, and where the coarse models fail."""

import numpy as np
import pytest
from scipy.stats import kstest, poisson

from mslib.numerics import cme, ssa
from mslib.numerics.moments import linear_moments
from mslib.principles.expression import BirthDeath, TwoReporters, TwoStage, poisson_law, split_noise

B02 = TwoStage(k_m=0.5, gamma_m=0.1, k_p=2.0, gamma_p=0.01)
SMALL = TwoStage(k_m=0.2, gamma_m=0.2, k_p=1.0, gamma_p=0.02)


def moments(law):
    n = np.arange(law.size)
    mean = law @ n
    return mean, law @ (n - mean) ** 2


def total_variation(p, q):
    size = max(p.size, q.size)
    return 0.5 * np.abs(np.pad(p, (0, size - p.size)) - np.pad(q, (0, size - q.size))).sum()


# Row S0-04: one-step production and loss


@pytest.mark.parametrize(("mean", "cv"), [(16.0, 0.25), (6400.0, 0.0125), (64.0, 0.125), (1.0, 1.0)])
def test_noise_is_one_over_the_root_of_the_mean(mean, cv):
    """Problem 1449745 and case A10."""
    assert BirthDeath(k=mean * 0.04, gamma=0.04).cv == pytest.approx(cv, rel=1e-12)


@pytest.mark.parametrize(
    ("mean", "share"), [(4, 0.23810330555354436), (16, 0.021987253549058734), (64, 7.442982446412253e-06)]
)
def test_share_of_cells_below_half_the_mean(mean, share):
    """Case A11."""
    for gamma in (0.1, 0.04, 0.3):
        assert BirthDeath(k=mean * gamma, gamma=gamma).share_below_half == pytest.approx(share, rel=1e-5)


def test_law_is_poisson_at_every_time_by_projection():
    """Case B01, by the closed form and by the master equation."""
    cell = BirthDeath(k=10.0, gamma=0.5)
    assert cell.law(10, time=2.0) == pytest.approx(0.09289806446582798, rel=1e-6)
    laws = cme.transient(cell.network(), {"n": 60}, [0.3, 2.0, 20.0])
    for law, time in zip(laws, (0.3, 2.0, 20.0), strict=True):
        assert total_variation(law.probability, cell.law(np.arange(61), time)) < 1e-9
    assert cell.law(np.arange(100)).sum() == pytest.approx(1.0, rel=1e-12)


def test_response_time_is_that_of_the_mean_and_ignores_production():
    cell = BirthDeath(k=3.0, gamma=0.2)
    n = np.arange(200)
    assert cell.law(n, cell.response_time) @ n == pytest.approx(cell.mean / 2.0, rel=1e-10)
    assert cell.replace(k=9.0).response_time == cell.response_time


def test_simulated_cells_are_poisson():
    counts = BirthDeath(k=0.64, gamma=0.04).simulate(3000, [150.0], rng=4)[:, 0]
    mean = 16.0 * (1.0 - np.exp(-6.0))
    assert abs(counts.mean() - mean) < 4.0 * np.sqrt(mean / 3000)
    assert abs(counts.var() / counts.mean() - 1.0) < 4.0 * np.sqrt(2.0 / 3000)


def test_without_production_the_cell_is_empty():
    cell = BirthDeath(k=0.0)
    assert cell.mean == 0.0
    assert cell.cv == np.inf
    assert cell.share_below_half == 1.0
    assert cell.law([0, 1, 2]).tolist() == [1.0, 0.0, 0.0]
    assert cell.trace([0.0, 10.0], rng=1).tolist() == [0, 0]
    assert not cell.simulate(5, [10.0], rng=1).any()


def test_refuses_a_time_before_the_start():
    for time in (-1.0, np.nan):
        with pytest.raises(ValueError, match="time"):
            BirthDeath().law(1, time=time)


# Row S1-14: transcripts between gene and protein


def test_fano_factor_of_two_stages():
    """Case B02: burst size 20, η = 0.1, mean 1000."""
    assert B02.fano == pytest.approx(19.181818181818183, rel=1e-6)
    assert (B02.burst, B02.eta, B02.mrna_mean) == pytest.approx((20.0, 0.1, 5.0))
    assert B02.mean == pytest.approx(1000.0)


def test_noise_is_the_sum_of_its_sources():
    """Case B03."""
    assert B02.own_noise == pytest.approx(0.001, rel=1e-6)
    assert B02.mrna_noise == pytest.approx(0.01818181818181818, rel=1e-6)
    assert B02.cv**2 == pytest.approx(0.01918181818181818, rel=1e-6)
    assert B02.cv**2 == pytest.approx(B02.own_noise + B02.mrna_noise, rel=1e-12)


def test_moments_solve_the_lyapunov_equation():
    for gene in (B02, SMALL, B02.replace(gamma_p=0.3)):
        mean, covariance = linear_moments(gene.network())
        assert mean == pytest.approx([gene.mrna_mean, gene.mean], rel=1e-10)
        assert covariance[0, 0] == pytest.approx(gene.mrna_mean, rel=1e-10)
        assert covariance[1, 1] == pytest.approx(gene.mean * gene.fano, rel=1e-10)
        assert covariance[0, 1] == pytest.approx(gene.mean / (1.0 + 1.0 / gene.eta), rel=1e-10)


GENES = [
    B02,
    SMALL,
    B02.replace(gamma_p=0.5),
    TwoStage(k_m=0.03125, gamma_m=0.1, k_p=8.0, gamma_p=0.1),
    TwoStage(k_m=2.0, gamma_m=0.5, k_p=0.125, gamma_p=0.002),
]


@pytest.mark.parametrize("gene", GENES, ids=lambda gene: f"b={gene.burst:.4g},eta={gene.eta:.3g}")
def test_generating_function_and_projection_give_one_law(gene):
    """Two exact routes without common code: a contour integral, and the null vector of the master equation."""
    law = gene.law()
    assert total_variation(law, gene.joint_law(gene.box(11.0)).marginal(1)) < 1e-9
    mean, variance = moments(law)
    assert mean == pytest.approx(gene.mean, rel=1e-9)
    assert variance == pytest.approx(gene.mean * gene.fano, rel=1e-7)
    assert law.sum() == pytest.approx(1.0, abs=1e-12)
    assert law.min() >= 0


def test_law_of_a_mammalian_gene_with_tens_of_thousands_of_proteins():
    gene = TwoStage(k_m=17 * 0.02, gamma_m=0.02, k_p=30.0, gamma_p=0.01)
    mean, variance = moments(gene.law())
    assert mean == pytest.approx(51000.0, rel=1e-9)
    assert variance == pytest.approx(gene.mean * gene.fano, rel=1e-7)


def test_simulated_cells_have_the_exact_moments():
    """From empty cells the mean follows the rate equations; after ten protein lifetimes the noise is steady."""
    counts = SMALL.simulate(2000, [10.0, 500.0], rng=11)
    m, p = counts[:, 0].T
    gm, gp = SMALL.gamma_m, SMALL.gamma_p
    rise = 1.0 - (gm * np.exp(-gp * 10.0) - gp * np.exp(-gm * 10.0)) / (gm - gp)
    assert abs(m.mean() - SMALL.mrna_mean * -np.expm1(-gm * 10.0)) < 4.0 * m.std() / np.sqrt(2000)
    assert abs(p.mean() - SMALL.mean * rise) < 4.0 * p.std() / np.sqrt(2000)
    steady = counts[:, 1, 1]
    assert abs(steady.mean() - SMALL.mean) < 4.0 * np.sqrt(SMALL.mean * SMALL.fano / 2000)
    law = SMALL.law()
    n = np.arange(law.size)
    fourth = law @ (n - SMALL.mean) ** 4 / (SMALL.mean * SMALL.fano) ** 2
    assert abs(steady.var() / steady.mean() / SMALL.fano - 1.0) < 4.0 * np.sqrt((fourth - 1.0) / 2000)


def test_two_thousand_cells_of_the_published_gene_match_its_fano_factor():
    """B02 by simulation: a coarse run of 4e5 min gave 18.6; here independent cells, started at the mean."""
    start = {"m": 5, "p": 1000}
    counts = ssa.simulate(B02.network(), [400.0], 2000, rng=12, start=start)[:, 0, 1]
    settled = 1.0 - np.exp(-8.0)
    assert abs(counts.mean() - 1000.0) < 4.0 * np.sqrt(19181.8 / 2000)
    assert abs(counts.var() / counts.mean() / (19.1818 * settled) - 1.0) < 4.0 * np.sqrt(2.1 / 2000)


def test_a_traced_cell_follows_the_steady_law_and_forgets_over_a_lifetime():
    times = np.arange(0.0, 60_000.0, 25.0)
    mrna, protein = SMALL.trace(times, rng=6)
    lifetimes = times[-1] * SMALL.gamma_p
    assert abs(mrna.mean() - SMALL.mrna_mean) < 4.0 * np.sqrt(2.0 * SMALL.mrna_mean / (times[-1] * SMALL.gamma_m))
    assert abs(protein.mean() - SMALL.mean) < 4.0 * np.sqrt(2.2 * SMALL.mean * SMALL.fano / lifetimes)
    apart = times[:: int(8 / SMALL.gamma_p / 25)].size
    spaced = protein[:: protein.size // apart]
    jittered = spaced + np.random.default_rng(1).random(spaced.size)
    law = np.concatenate([[0.0], np.cumsum(SMALL.law())])
    assert kstest(jittered, lambda x: np.interp(x, np.arange(law.size), law)).pvalue > 1e-3
    gm, gp = SMALL.gamma_m, SMALL.gamma_p
    own, handed = SMALL.own_noise, SMALL.mrna_noise
    decay = np.exp(-gp * 25.0)
    passed = (gm * decay - gp * np.exp(-gm * 25.0)) / (gm - gp)
    expected = (own * decay + handed * passed) / (own + handed)
    assert np.corrcoef(protein[1:], protein[:-1])[0, 1] == pytest.approx(expected, abs=0.03)


def test_the_same_seed_changes_the_cell_and_not_its_luck():
    times = np.linspace(0.0, 300.0, 61)
    mrna, protein = B02.trace(times, rng=3)
    faster_time = B02.replace(k_m=1.0, gamma_m=0.2, k_p=4.0, gamma_p=0.02)
    again = faster_time.trace(times / 2.0, rng=3)
    assert np.array_equal(again[0], mrna)
    assert np.array_equal(again[1], protein)


def test_the_burst_model_is_the_limit_of_short_lived_transcripts_with_an_error_of_first_order():
    """Hold b = 10 and kₘ/γₚ = 5; let η fall: the distance to the negative binomial falls in proportion."""
    distances = []
    for eta in (0.2, 0.1, 0.05, 0.025, 0.0125):
        gene = TwoStage(k_m=0.05, gamma_m=0.01 / eta, k_p=0.1 / eta, gamma_p=0.01)
        assert (gene.burst, gene.k_m / gene.gamma_p) == pytest.approx((10.0, 5.0))
        law = gene.law()
        distances.append(total_variation(law, gene.burst_law(np.arange(law.size))))
    slopes = np.diff(np.log(distances)) / np.log(0.5)
    assert np.all(np.diff(distances) < 0)
    assert slopes[-1] == pytest.approx(1.0, abs=0.05)


def test_small_bursts_make_the_protein_poisson():
    distances = []
    for burst in (0.1, 0.01, 0.001):
        gene = TwoStage(k_m=2.0 / burst, gamma_m=1.0, k_p=burst, gamma_p=0.1)
        distances.append(total_variation(gene.law(), poisson_law(np.arange(gene.law().size), 20.0)))
    assert np.all(np.diff(distances) < 0)
    assert distances[-1] < 1e-3
    assert B02.replace(k_p=2.0).fano > 19.0 > 1.2 > TwoStage(k_m=2.0, gamma_m=1.0, k_p=0.1).fano


def test_same_mean_very_different_noise():
    quiet, loud = B02.replace(k_m=8.0, k_p=0.125), B02.replace(k_m=0.03125, k_p=32.0)
    assert quiet.mean == pytest.approx(loud.mean)
    assert loud.fano / quiet.fano > 100
    shift = total_variation(quiet.law(), loud.law())
    assert shift > 0.5


def test_burst_law_has_the_moments_of_bursts():
    n = np.arange(6000)
    law = B02.burst_law(n)
    mean, variance = moments(law)
    assert mean == pytest.approx(1000.0, rel=1e-9)
    assert variance / mean == pytest.approx(21.0, rel=1e-6)


@pytest.mark.parametrize("silent", [{"k_m": 0.0}, {"k_p": 0.0}])
def test_a_silent_gene_makes_no_protein(silent):
    gene = SMALL.replace(**silent)
    assert gene.mean == 0.0
    assert gene.cv == np.inf
    assert gene.own_noise == np.inf
    assert gene.law()[0] == pytest.approx(1.0, abs=1e-9)
    assert gene.burst_law([0, 1]).tolist() == [1.0, 0.0]
    assert not gene.trace(np.linspace(0, 100, 11), rng=1)[1].any()
    assert not gene.simulate(5, [20.0], rng=1)[:, :, 1].any()


def test_mrna_is_poisson_though_protein_is_not():
    law = SMALL.joint_law()
    assert total_variation(law.marginal(0), poisson.pmf(np.arange(law.probability.shape[0]), 1.0)) < 1e-10
    assert moments(law.marginal(1))[1] > 5.0 * moments(law.marginal(1))[0]


# Where it breaks: what cells do not share


def test_noise_floor_of_bacteria():
    """Taniguchi et al. 2010: CV² levels off near 0.1 for abundant proteins; 1/µ would go on falling."""
    cells = TwoReporters(mean=1e4, b=4.0, s=np.sqrt(0.1))
    assert cells.total == pytest.approx(0.1005)
    assert cells.intrinsic == pytest.approx(5e-4)
    assert cells.crossover == pytest.approx(50.0)
    at_crossover = cells.replace(mean=cells.crossover)
    assert at_crossover.intrinsic == pytest.approx(at_crossover.s**2)


def test_two_reporters_split_the_noise_of_simulated_cells():
    cells = TwoReporters(mean=200.0, b=9.0, s=0.3)
    intrinsic, extrinsic = split_noise(*cells.simulate(40_000, rng=3).T)
    assert intrinsic == pytest.approx(0.05, rel=0.05)
    assert extrinsic == pytest.approx(0.09, rel=0.05)
    assert cells.total == pytest.approx(0.14)


def test_reporters_without_bursts_or_spread_are_poisson_and_independent():
    pairs = TwoReporters(mean=25.0, b=0.0, s=0.0).simulate(20_000, rng=4)
    intrinsic, extrinsic = split_noise(*pairs.T)
    assert intrinsic == pytest.approx(0.04, rel=0.05)
    assert abs(extrinsic) < 4.0 * 0.04 / np.sqrt(20_000)
    assert TwoReporters(s=0.0).crossover == np.inf


def test_reporters_that_are_never_made():
    cells = TwoReporters(mean=0.0)
    assert cells.intrinsic == cells.total == np.inf
    assert not cells.simulate(10, rng=1).any()
    with pytest.raises(ValueError, match="present"):
        split_noise([0, 0], [0, 0])
