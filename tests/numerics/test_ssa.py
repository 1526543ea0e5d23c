"""The stochastic simulation algorithm against exact laws."""

import importlib.util
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import binom, chisquare, expon, kstest, poisson

from mslib import numerics
from mslib.numerics import _counts, _direct, cme, linear, ssa
from mslib.numerics.linear import is_first_order
from mslib.numerics.moments import transient_moments
from mslib.numerics.network import Event, Network
from mslib.numerics.ssa import METHODS, increasing_times, simulate

WORD = np.uint64(0x9E3779B97F4A7C15)
BIRTH_DEATH = Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5})
GENE = Network.mass_action({"0 -> m": 0.5, "m -> 0": 0.1, "m -> m + p": 2.0, "p -> 0": 0.01})


EVERY = pytest.mark.parametrize("method", ["compiled", "lockstep", "exact-linear"])
ANY_NETWORK = pytest.mark.parametrize("method", ["compiled", "lockstep"])


@EVERY
def test_birth_and_death_within_four_standard_errors_and_poisson(method):
    """Case B13 with the law of B01: mean within 4 standard errors over 1000 runs, chi-square above 1e-4."""
    counts = simulate(BIRTH_DEATH, [2.0], 1000, rng=13, method=method)[:, 0, 0]
    mean = 20.0 * (1.0 - np.exp(-1.0))
    assert mean == pytest.approx(12.642411176571153, rel=1e-6)
    assert abs(counts.mean() - mean) < 4.0 * np.sqrt(mean / 1000)
    edges = np.arange(7, 20)
    observed = np.bincount(np.clip(counts, 6, 19), minlength=20)[6:]
    expected = np.diff(np.concatenate([[0.0], poisson.cdf(edges - 1, mean), [1.0]])) * 1000
    assert chisquare(observed, expected).pvalue > 1e-4


@EVERY
def test_pure_death_is_binomial_at_every_time(method):
    times = np.array([0.0, 0.5, 1.0, 3.0])
    counts = simulate(Network.mass_action({"A -> 0": 1.0}), times, 4000, rng=2, start={"A": 30}, method=method)
    counts = counts[:, :, 0]
    assert np.all(counts[:, 0] == 30)
    assert np.all(np.diff(counts, axis=1) <= 0)
    for column, time in enumerate(times[1:], start=1):
        law = binom(30, np.exp(-time))
        assert abs(counts[:, column].mean() - law.mean()) < 4.0 * law.std() / np.sqrt(4000)
        assert abs(counts[:, column].var() / law.var() - 1.0) < 4.0 * np.sqrt(2.0 / 4000)


@EVERY
def test_waiting_time_of_a_single_event_is_exponential(method):
    """Fine sampling of one decay recovers its exponential waiting time, although samples outnumber events."""
    times = np.linspace(0.0, 8.0, 801)
    alive = simulate(Network.mass_action({"A -> 0": 1.0}), times, 3000, rng=3, start={"A": 1}, method=method)
    alive = alive[:, :, 0]
    died = times[alive.sum(axis=1) - 1]
    assert kstest(died[died < 8.0] + 0.005, expon.cdf).pvalue > 1e-3


@ANY_NETWORK
def test_dimerisation_reaches_its_exact_stationary_law(method):
    """A + A ⇌ B with 12 units of A: stationary weights are multinomial, K^B/(A! B!) for 2B + A = 12."""
    network = Network.mass_action({"2 A -> B": 0.2, "B -> 2 A": 1.0})
    counts = simulate(network, [60.0], 4000, rng=4, start={"A": 12}, method=method)[:, 0]
    assert np.all(counts @ [1, 2] == 12)
    dimers = np.arange(7)
    factorial = np.cumprod(np.concatenate([[1.0], np.arange(1.0, 13.0)]))
    law = 0.1**dimers / factorial[12 - 2 * dimers] / factorial[dimers]
    law /= law.sum()
    error = np.sqrt((law @ dimers**2 - (law @ dimers) ** 2) / 4000)
    assert abs(counts[:, 1].mean() - law @ dimers) < 4.0 * error


def test_sampling_error_falls_as_the_root_of_the_number_of_runs():
    mean = 12.642411176571153
    for runs in (100, 10_000):
        error = simulate(BIRTH_DEATH, [2.0], runs, rng=5).mean() - mean
        assert abs(error) < 4.0 * np.sqrt(mean / runs)


@ANY_NETWORK
def test_a_formula_and_mass_action_of_the_same_meaning_agree_in_law(method):
    formula = Network.propensity({"0 -> n": "k", "n -> 0": "g * n"}, parameters={"k": 2.0, "g": 0.1})
    counts = simulate(formula, [5.0, 9.0], 3000, rng=6, method=method)[:, :, 0]
    for column, time in enumerate((5.0, 9.0)):
        law = poisson(20.0 * -np.expm1(-0.1 * time))
        assert abs(counts[:, column].mean() - law.mean()) < 4.0 * law.std() / np.sqrt(3000)


def test_a_network_in_which_nothing_can_happen_stays_as_it_is():
    network = Network.mass_action({"A -> 0": 1.0})
    assert np.all(simulate(network, [1.0, 2.0], 5, rng=1) == 0)


def test_workers_and_blocks():
    alone = simulate(GENE, [1.0, 20.0], 30, rng=9, block=10)
    assert np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=np.random.default_rng(9), block=10))
    with ProcessPoolExecutor(2) as executor:
        assert np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=9, block=10, executor=executor))
    assert not np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=10, block=10))


@ANY_NETWORK
def test_adding_sampling_times_does_not_change_the_trajectories(method):
    coarse = simulate(GENE, [10.0, 30.0], 20, rng=8, method=method)
    fine = simulate(GENE, [5.0, 10.0, 20.0, 25.0, 30.0], 20, rng=8, method=method)
    assert np.array_equal(coarse, fine[:, [1, 4]])


@pytest.mark.parametrize("times", [[], [1.0, 1.0], [2.0, 1.0], [-1.0], [np.nan], [np.inf], [[1.0]]])
def test_refuses_times_that_do_not_increase(times):
    with pytest.raises(ValueError, match="times"):
        increasing_times(times)


@pytest.mark.parametrize("start", [{"q": 1}, {"n": -1}, {"n": 0.5}])
def test_refuses_an_impossible_start(start):
    with pytest.raises(ValueError, match=repr(next(iter(start)))):
        simulate(BIRTH_DEATH, [1.0], 2, rng=1, start=start)


@ANY_NETWORK
def test_refuses_propensities_that_make_no_sense(method):
    for rate in ("log(-1 - n)", "-5"):
        with pytest.raises(ValueError, match="propensity became negative or is not a number"):
            simulate(Network.propensity({"0 -> n": rate}), [1.0], 2, rng=1, method=method)
    robs_the_empty = Network.propensity({"0 -> n": "0", "n -> 0": "1"})
    with pytest.raises(ValueError, match="count became negative"):
        simulate(robs_the_empty, [5.0], 2, rng=1, method=method)


def test_refuses_a_method_that_does_not_exist_or_does_not_suit():
    with pytest.raises(ValueError, match="method must be one of auto, compiled, lockstep, exact-linear, got 'euler'"):
        simulate(BIRTH_DEATH, [1.0], 2, rng=1, method="euler")
    with pytest.raises(ValueError, match=r"go their own way|linear in the counts"):
        simulate(Network.mass_action({"2 A -> B": 1.0}), [1.0], 2, rng=1, method="exact-linear")


TANGLED = Network.mass_action(
    {"0 -> A": 3.0, "A -> B + 2 C": 0.7, "A -> 0": 0.3, "B -> B + 3 C": 0.5, "B -> A": 0.4, "C -> 0": 0.2,
     "B -> 2 B": 0.2, "0 -> 2 C": 1.0, "A -> A + D": 0.6},
    initial={"A": 3, "C": 10},
)  # fmt: skip


@EVERY
def test_every_method_has_the_exact_moments_of_a_tangled_linear_network(method):
    """Conversion in a circle, branching, bursts, catalysis, a species that is never lost; joint moments in time."""
    times, runs = [0.5, 1.0, 3.0], 6000
    counts = simulate(TANGLED, times, runs, rng=11, method=method).astype(float)
    mean, covariance = transient_moments(TANGLED, times)
    assert is_first_order(TANGLED)
    for column in range(3):
        deviations = counts[:, column] - mean[column]
        error = np.sqrt(np.diag(covariance[column]) / runs)
        assert np.all(np.abs(deviations.mean(axis=0)) < 4.0 * error)
        products = deviations[:, :, None] * deviations[:, None, :]
        assert np.all(np.abs(products.mean(axis=0) - covariance[column]) < 4.5 * products.std(axis=0) / np.sqrt(runs))


@EVERY
def test_two_times_are_correlated_as_they_should_be(method):
    """In the steady state of birth and death the covariance of two counts is the mean times e^(−γτ)."""
    network = Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5})
    counts = simulate(network, [12.0, 13.0], 6000, rng=12, method=method, start={"n": 20})[:, :, 0].astype(float)
    products = np.prod(counts - counts.mean(axis=0), axis=1)
    assert abs(products.mean() - 20.0 * np.exp(-0.5)) < 4.0 * products.std() / np.sqrt(6000)


@ANY_NETWORK
def test_reactions_of_fourth_order_and_many_reactions(method):
    """A closed chain of 30 species with four that join: atoms are kept, and means agree with another method."""
    reactions = {f"S{i} -> S{i + 1}": 1.0 + 0.1 * i for i in range(29)} | {
        "S29 -> S0": 2.0,
        "4 S0 -> T": 0.02,
        "T -> 4 S0": 1,
    }
    network = Network.mass_action(reactions, conserved=[{**{f"S{i}": 1 for i in range(30)}, "T": 4}])
    counts = simulate(network, [1.0, 2.0], 1500, rng=3, method=method, start={"S0": 30})
    weights = [4 if name == "T" else 1 for name in network.species]
    assert np.all(counts @ weights == 30)
    other = simulate(network, [1.0, 2.0], 1500, rng=4, method="lockstep", start={"S0": 30})
    error = np.sqrt((counts.var(axis=0) + other.var(axis=0)) / 1500 + 1e-9)
    assert np.all(np.abs(counts.mean(axis=0) - other.mean(axis=0)) < 4.5 * error)


@ANY_NETWORK
def test_reactions_of_third_order_have_the_law_of_the_master_equation(method):
    network = Network.mass_action({"0 -> A": 6.0, "3 A -> A": 0.05, "2 A + B -> 0": 0.1, "A -> B": 0.3, "B -> 0": 0.5})
    law = cme.transient(network, {"A": 25, "B": 20}, [2.0])[0]
    counts = simulate(network, [2.0], 8000, rng=8, method=method)[:, 0]
    for species in range(2):
        share = law.marginal(species)[:6]
        found = np.array([np.mean(counts[:, species] == n) for n in range(6)])
        assert np.all(np.abs(found - share) < 4.5 * np.sqrt(share * (1 - share) / 8000))


RESET = Network.mass_action(
    {"0 -> X": "k", "X -> 0": "g"}, parameters={"k": 5.0, "g": 0.2, "T": 2.0},
    events=[Event("t >= T", {"X": 50}), Event("t > 4", {"X": "2*X"}), Event("X < 1 and t >= 6", {"X": 7})],
)  # fmt: skip


@ANY_NETWORK
def test_events_happen_at_their_time_and_before_a_sample_at_the_same_time(method):
    counts = simulate(RESET, [1.0, 2.0, 4.0, 4.0 + 1e-9], 2000, rng=5, method=method)[:, :, 0]
    assert np.all(counts[:, 1] == 50)
    assert np.all(counts[:, 3] == 2 * counts[:, 2])
    mean = 25.0 + 25.0 * np.exp(-0.4)
    variance = 50 * np.exp(-0.4) * -np.expm1(-0.4) + 25.0 * -np.expm1(-0.4)
    assert abs(counts[:, 2].mean() - mean) < 4.0 * np.sqrt(variance / 2000)
    later = simulate(RESET.with_parameters(T=3.0), [2.0, 3.0], 50, rng=5, method=method)[:, :, 0]
    assert np.all(later[:, 1] == 50)
    assert later[:, 0].std() > 0


@ANY_NETWORK
def test_an_event_fires_when_its_condition_turns_true_not_while_it_is(method):
    network = Network.mass_action({"0 -> X": 4.0}, events=[Event("X >= 3", {"X": "X + 10"})])
    counts = simulate(network, [20.0], 300, rng=6, method=method)[:, 0, 0]
    assert abs(counts.mean() - 90.0) < 4.0 * np.sqrt(80.0 / 300)
    at_once = Network.mass_action({"0 -> X": 0.0}, events=[Event("X < 1", {"X": 4}, initially=False)])
    assert np.all(simulate(at_once, [0.0, 1.0], 3, rng=1, method=method) == 4)
    assert np.all(
        simulate(Network.mass_action({"0 -> X": 0.0}, events=[Event("X < 1", {"X": 4})]), [1.0], 3, 1, method=method)
        == 0
    )


@ANY_NETWORK
def test_events_without_end_and_impossible_assignments_are_refused(method):
    endless = Network.mass_action(
        {"0 -> X": 9.0}, events=[Event("X > 2", {"X": 0, "Y": 9}), Event("Y > 2", {"Y": 0, "X": 9})]
    )
    with pytest.raises(ValueError, match="without end"):
        simulate(endless, [5.0], 2, rng=1, method=method)
    half = Network.mass_action({"0 -> X": 9.0}, events=[Event("t >= 1", {"X": "X + 0.5"})])
    with pytest.raises(ValueError, match="not whole"):
        simulate(half, [5.0], 2, rng=1, method=method)


SUNNY = Network.propensity(
    {"0 -> X": "20*(1 + sin(2*t))*exp(-t/3) + (5 if t > 2 else 0)", "X -> 0": "X*(0.5 + t/(1 + t))"}
)


@ANY_NETWORK
def test_rates_that_depend_on_time_have_the_law_of_an_inhomogeneous_poisson_process(method):
    """Immigration k(t) and death from an empty start: Poisson with the mean of the rate equation, at every time."""
    times = [0.5, 2.0, 6.0]
    counts = simulate(SUNNY, times, 1500, rng=7, method=method)[:, :, 0]
    mean = solve_ivp(SUNNY.derivative, (0.0, 6.0), [0.0], t_eval=times, rtol=1e-8, max_step=0.05).y[0]
    for column, mu in enumerate(mean):
        assert abs(counts[:, column].mean() - mu) < 4.0 * np.sqrt(mu / 1500)
        assert abs(counts[:, column].var() / mu - 1.0) < 4.0 * np.sqrt((2.0 + 1.0 / mu) / 1500)


@ANY_NETWORK
def test_a_rate_without_bound_is_refused(method):
    with pytest.raises(ValueError, match="no finite bound"):
        simulate(Network.propensity({"0 -> X": "1/(t - t)"}), [1.0], 2, rng=1, method=method)


@pytest.fixture
def plain(monkeypatch):
    """Return the loops as plain Python, as they run where numba is missing."""
    spec = importlib.util.spec_from_file_location("mslib.numerics._plain", _direct.__file__)
    module = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "numba", None)
        spec.loader.exec_module(module)
    assert module.cfunc is None
    return module


@pytest.mark.parametrize("network", [BIRTH_DEATH, TANGLED, RESET, SUNNY], ids=["dense", "tangled", "events", "smooth"])
def test_plain_python_gives_what_the_compiled_loops_give(plain, monkeypatch, network):
    compiled = simulate(network, [0.5, 2.5], 20, rng=3, method="compiled")
    monkeypatch.setattr(ssa, "DENSE_LIMIT", 0)
    sparse = simulate(network, [0.5, 2.5], 20, rng=3, method="compiled")
    monkeypatch.setattr(numerics, "_direct", plain)
    with np.errstate(over="ignore"):
        assert np.array_equal(sparse, simulate(network, [0.5, 2.5], 20, rng=3, method="compiled"))
        monkeypatch.setattr(ssa, "DENSE_LIMIT", 2500)
        assert np.array_equal(compiled, simulate(network, [0.5, 2.5], 20, rng=3, method="compiled"))


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_counts_for_any_number_of_workers(method):
    alone = simulate(GENE, [1.0, 20.0], 30, rng=9, block=10, method=method)
    with ThreadPoolExecutor(3) as executor:
        assert np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, 9, block=10, method=method, executor=executor))
    assert not np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=10, block=10, method=method))


def test_new_parameters_compile_nothing():
    network = Network.propensity({"0 -> X": "V/(K + X)", "X -> 0": "X"}, parameters={"V": 9.0, "K": 2.0})
    simulate(network, [1.0], 2, rng=1, method="compiled")
    before = _direct.evaluator.cache_info().misses
    counts = simulate(network.with_parameters(V=900.0), [9.0], 50, rng=1, method="compiled")
    assert _direct.evaluator.cache_info().misses == before
    assert abs(counts.mean() - 29.0) < 2.0


@pytest.mark.parametrize("mean", [0.3, 7.0, 19.9, 20.1, 400.0])
def test_compiled_poisson_numbers_follow_their_law(mean):
    counts = _counts.count(
        np.full((1, 20_000), mean), np.zeros((1, 20_000)), np.ones(1), 0, np.arange(3, 7, dtype=np.uint64) * WORD
    )
    assert _fits(counts[0], poisson(mean))


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.5), (30, 0.2), (300, 0.99), (5000, 0.01), (90, 0.5), (2000, 0.3), (2000, 0.7)]
)
def test_compiled_binomial_numbers_follow_their_law(n, p):
    none = np.zeros((1, 20_000))
    counts = _counts.count(none, none, np.array([p]), n, np.arange(5, 9, dtype=np.uint64) * WORD)
    assert _fits(counts[0], binom(n, p))


def _fits(counts, law):
    """Say whether counts follow a law, by the chi-square of about twenty classes."""
    edges = np.unique(law.ppf(np.linspace(0.02, 0.98, 20)))
    expected = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]])) * counts.size
    observed = np.bincount(np.searchsorted(edges, counts), minlength=edges.size + 1)
    kept = expected > 0
    assert observed[~kept].sum() == 0
    return chisquare(observed[kept], expected[kept] * counts.size / expected.sum()).pvalue > 1e-4


def test_the_linear_sampler_without_numba_has_the_same_law(monkeypatch):
    monkeypatch.setattr(linear, "find_spec", lambda name: None)
    counts = simulate(TANGLED, [0.5, 3.0], 4000, rng=11, method="exact-linear").astype(float)
    mean, covariance = transient_moments(TANGLED, [0.5, 3.0])
    for column in range(2):
        error = np.sqrt(np.diag(covariance[column]) / 4000)
        assert np.all(np.abs(counts[:, column].mean(axis=0) - mean[column]) < 4.0 * error)
        assert np.all(np.abs(counts[:, column].var(axis=0) / np.diag(covariance[column]) - 1.0) < 0.25)


def test_a_crowd_too_large_to_follow_one_by_one_goes_to_the_direct_method():
    crowd = Network.mass_action({"A -> 2 A": 0.1, "A -> 0": 0.11})
    assert linear.LinearSampler(crowd, np.array([10_000]), np.array([50.0])).lives() == pytest.approx(
        10_000 + 0.1 * 10_000 * (1 - np.exp(-0.5)) / 0.01
    )
    runs = {start: simulate(crowd, [0.5], 4, rng=1, start={"A": start}) for start in (1_000, 10_000)}
    exact = {start: simulate(crowd, [0.5], 4, rng=1, start={"A": start}, method="exact-linear") for start in runs}
    assert np.array_equal(runs[1_000], exact[1_000])
    assert not np.array_equal(runs[10_000], exact[10_000])


@pytest.mark.filterwarnings("error")
def test_growth_without_bound_is_beyond_counting():
    growth = Network.mass_action({"A -> 2 A": 1.0})
    assert linear.LinearSampler(growth, np.array([1]), np.array([2000.0])).lives() == np.inf
