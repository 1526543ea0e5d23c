"""The stochastic simulation algorithm against exact laws."""

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from scipy.stats import binom, chisquare, expon, kstest, poisson

from mslib.numerics.ssa import Network, increasing_times, simulate

BIRTH_DEATH = Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5})
GENE = Network.mass_action({"0 -> m": 0.5, "m -> 0": 0.1, "m -> m + p": 2.0, "p -> 0": 0.01})


def test_mass_action_counts_the_ways_to_pick_reactants():
    network = Network.mass_action({"2 A + B -> C": 3.0, "C -> 0": 1.0, "3 A -> A": 2.0})
    assert network.species == ("A", "B", "C")
    assert network.change.tolist() == [[-2, -1, 1], [0, 0, -1], [-2, 0, 0]]
    rates = network.propensities(np.array([[4.0, 1.0], [5.0, 5.0], [2.0, 2.0]]))
    assert rates.tolist() == [[3.0 * 6 * 5, 0.0], [2.0, 2.0], [2.0 * 4, 0.0]]


@pytest.mark.parametrize("reaction", ["A", "A -> B -> C", "A + -> B", "-> A", "2 -> A", "A! -> B", "-1 A -> B"])
def test_a_reaction_that_cannot_be_read_is_named(reaction):
    with pytest.raises(ValueError, match="reaction"):
        Network.mass_action({reaction: 1.0})


@pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf])
def test_refuses_impossible_rate_constants(rate):
    with pytest.raises(ValueError, match="A -> B"):
        Network.mass_action({"A -> B": rate})


def test_refuses_changes_of_another_shape():
    with pytest.raises(ValueError, match="column"):
        Network(("A", "B"), np.array([[1]]), lambda n: n)


def test_birth_and_death_within_four_standard_errors_and_poisson():
    """Case B13 with the law of B01: mean within 4 standard errors over 1000 runs, chi-square above 1e-4."""
    counts = simulate(BIRTH_DEATH, [2.0], 1000, rng=13)[:, 0, 0]
    mean = 20.0 * (1.0 - np.exp(-1.0))
    assert mean == pytest.approx(12.642411176571153, rel=1e-6)
    assert abs(counts.mean() - mean) < 4.0 * np.sqrt(mean / 1000)
    edges = np.arange(7, 20)
    observed = np.bincount(np.clip(counts, 6, 19), minlength=20)[6:]
    expected = np.diff(np.concatenate([[0.0], poisson.cdf(edges - 1, mean), [1.0]])) * 1000
    assert chisquare(observed, expected).pvalue > 1e-4


def test_pure_death_is_binomial_at_every_time():
    times = np.array([0.0, 0.5, 1.0, 3.0])
    counts = simulate(Network.mass_action({"A -> 0": 1.0}), times, 4000, rng=2, start={"A": 30})[:, :, 0]
    assert np.all(counts[:, 0] == 30)
    assert np.all(np.diff(counts, axis=1) <= 0)
    for column, time in enumerate(times[1:], start=1):
        law = binom(30, np.exp(-time))
        assert abs(counts[:, column].mean() - law.mean()) < 4.0 * law.std() / np.sqrt(4000)
        assert abs(counts[:, column].var() / law.var() - 1.0) < 4.0 * np.sqrt(2.0 / 4000)


def test_waiting_time_of_a_single_event_is_exponential():
    """Fine sampling of one decay recovers its exponential waiting time, although samples outnumber events."""
    times = np.linspace(0.0, 8.0, 801)
    alive = simulate(Network.mass_action({"A -> 0": 1.0}), times, 3000, rng=3, start={"A": 1})[:, :, 0]
    died = times[alive.sum(axis=1) - 1]
    assert kstest(died[died < 8.0] + 0.005, expon.cdf).pvalue > 1e-3


def test_dimerisation_reaches_its_exact_stationary_law():
    """A + A ⇌ B with 12 units of A: stationary weights are multinomial, K^B/(A! B!) for 2B + A = 12."""
    network = Network.mass_action({"2 A -> B": 0.2, "B -> 2 A": 1.0})
    counts = simulate(network, [60.0], 4000, rng=4, start={"A": 12})[:, 0]
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


def test_an_arbitrary_propensity_with_memory_of_nothing_else():
    network = Network(("n",), np.array([[1], [-1]]), lambda n: np.array([2.0 + 0.0 * n[0], 0.1 * n[0]]))
    again = Network.mass_action({"0 -> n": 2.0, "n -> 0": 0.1})
    assert np.array_equal(simulate(network, [5.0, 9.0], 50, rng=6), simulate(again, [5.0, 9.0], 50, rng=6))


def test_a_network_in_which_nothing_can_happen_stays_as_it_is():
    network = Network.mass_action({"A -> 0": 1.0})
    assert np.all(simulate(network, [1.0, 2.0], 5, rng=1) == 0)


def test_workers_and_blocks():
    alone = simulate(GENE, [1.0, 20.0], 30, rng=9, block=10)
    assert np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=np.random.default_rng(9), block=10))
    with ProcessPoolExecutor(2) as executor:
        assert np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=9, block=10, executor=executor))
    assert not np.array_equal(alone, simulate(GENE, [1.0, 20.0], 30, rng=10, block=10))


def test_adding_sampling_times_does_not_change_the_trajectories():
    coarse = simulate(GENE, [10.0, 30.0], 20, rng=8)
    fine = simulate(GENE, [5.0, 10.0, 20.0, 25.0, 30.0], 20, rng=8)
    assert np.array_equal(coarse, fine[:, [1, 4]])


@pytest.mark.parametrize("times", [[], [1.0, 1.0], [2.0, 1.0], [-1.0], [np.nan], [np.inf], [[1.0]]])
def test_refuses_times_that_do_not_increase(times):
    with pytest.raises(ValueError, match="times"):
        increasing_times(times)


@pytest.mark.parametrize("start", [{"q": 1}, {"n": -1}, {"n": 0.5}])
def test_refuses_an_impossible_start(start):
    with pytest.raises(ValueError, match=repr(next(iter(start)))):
        simulate(BIRTH_DEATH, [1.0], 2, rng=1, start=start)


def test_refuses_propensities_that_make_no_sense():
    change = np.array([[1], [-1]])
    for rate in (np.nan, -5.0):
        broken = Network(("n",), change, lambda n, rate=rate: np.array([rate + 0 * n[0], 0 * n[0]]))
        with pytest.raises(ValueError, match="propensity"):
            simulate(broken, [1.0], 2, rng=1)
    robs_the_empty = Network(("n",), change, lambda n: np.array([0 * n[0], 1.0 + 0 * n[0]]))
    with pytest.raises(ValueError, match="negative"):
        simulate(robs_the_empty, [5.0], 2, rng=1)
