"""Leaps and the Langevin equation against exact laws, and how their error falls with the step."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mslib.numerics import cme
from mslib.numerics.leap import langevin, tau_leap
from mslib.numerics.network import Event, Network

BIRTH_DEATH = Network.mass_action({"0 -> n": 1000.0, "n -> 0": 1.0})
DECAY = Network.mass_action({"A -> 0": 1.0}, initial={"A": 20_000})
SCHLOEGL = Network.mass_action(
    {"2 X -> 3 X": 0.03, "3 X -> 2 X": 1e-4, "0 -> X": 200.0, "X -> 0": 3.5}, initial={"X": 250}
)


def test_mean_and_variance_of_birth_and_death_with_the_known_bias_of_explicit_leaps():
    """At rest only fluctuations limit the step, τ = (ε n)²/(2 k) = 0.05, and the variance is 1/(1 − τ/2) too large."""
    counts = tau_leap(BIRTH_DEATH, [6.0], 3000, rng=1, epsilon=0.01)[:, 0, 0]
    mean, tau = 1000.0 * -np.expm1(-6.0), 0.01**2 * 1000 / 2
    assert abs(counts.mean() - mean) < 4.0 * np.sqrt(mean / 3000)
    assert abs(counts.var() / mean - 1.0 / (1.0 - tau / 2)) < 4.0 * np.sqrt(2.0 / 3000)
    coarse = tau_leap(BIRTH_DEATH, [8.0], 2000, rng=1, epsilon=0.03)[:, 0, 0]
    assert abs(coarse.var() / mean * (1.0 - 0.45 / 2) - 1.0) < 4.0 * np.sqrt(2.0 / 2000) + 0.02


def test_the_bias_of_leaps_falls_in_proportion_to_epsilon():
    """Pure decay by explicit leaps runs too fast by half a step: the mean is too low, in proportion to the step."""
    epsilons, biases = np.array([0.24, 0.12, 0.06]), []
    for epsilon in epsilons:
        counts = tau_leap(DECAY, [1.0], 4000, rng=2, epsilon=epsilon)[:, 0, 0]
        biases.append(20_000 * np.exp(-1.0) - counts.mean())
    order = np.polyfit(np.log(epsilons), np.log(biases), 1)[0]
    assert 0.85 < order < 1.15


def test_leaps_are_exact_where_molecules_are_few():
    network = Network.mass_action({"0 -> n": 3.0, "n -> 0": 1.0, "2 n -> 0": 0.1})
    law = cme.transient(network, {"n": 30}, [2.0])[0].probability
    counts = tau_leap(network, [2.0], 8000, rng=3)[:, 0, 0]
    expected = 8000 * law[:9]
    observed = np.bincount(counts, minlength=31)[:9]
    assert np.all(np.abs(observed - expected) < 4.5 * np.sqrt(expected) + 1)


def test_counts_never_become_negative_and_atoms_are_kept():
    network = Network.mass_action({"2 A -> B": 0.5, "B -> 2 A": 0.2, "A + B -> C": 0.3}, initial={"A": 400})
    counts = tau_leap(network, [0.01, 0.1, 1.0, 10.0], 300, rng=4, epsilon=0.1)
    assert counts.min() >= 0
    assert np.all(counts @ [1, 2, 3] == 400)


def test_bistable_network_splits_as_exactly_as_simulation_does():
    """Schlögl's model from 250 molecules: the share that has gone up by t = 2 is that of the master equation."""
    law = cme.transient(SCHLOEGL, {"X": 1000}, [2.0])[0].probability
    up = law[257:].sum()
    runs = ((lambda *a, **k: tau_leap(*a, epsilon=0.1, **k), 200), (lambda *a, **k: langevin(*a, step=0.01, **k), 1000))
    for run, count in runs:
        amounts = run(SCHLOEGL, [2.0], count, rng=5)[:, 0, 0]
        assert abs((amounts > 256.5).mean() - up) < 4.0 * np.sqrt(up * (1 - up) / count)


def test_langevin_has_the_exact_moments_of_a_linear_network():
    amounts = langevin(BIRTH_DEATH, [3.0], 4000, rng=6, step=0.01, start={"n": 1000})[:, 0, 0]
    assert abs(amounts.mean() - 1000.0) < 4.0 * np.sqrt(1000.0 / 4000)
    assert abs(amounts.var() / 1000.0 - 1.0) < 4.0 * np.sqrt(2.0 / 4000) + 0.01


def test_weak_order_of_langevin_is_one():
    """Mean of a decay in Euler steps, (1 − h)ⁿ against e⁻¹; the noise is averaged out by very many molecules."""
    network = Network.mass_action({"A -> 0": 1.0}, initial={"A": 10**10})
    steps = np.array([0.2, 0.1, 0.05, 0.025])
    errors = [np.exp(-1.0) - langevin(network, [1.0], 50, rng=7, step=h).mean() / 1e10 for h in steps]
    assert 0.9 < np.polyfit(np.log(steps), np.log(errors), 1)[0] < 1.15


def test_langevin_refuses_to_leave_its_range_or_reflects():
    few = Network.mass_action({"0 -> n": 1.0, "n -> 0": 1.0})
    with pytest.raises(ValueError, match="negative amount"):
        langevin(few, [5.0], 100, rng=8, step=0.01)
    assert langevin(few, [5.0], 100, rng=8, step=0.01, boundary="reflect").min() >= 0


def test_the_same_seed_gives_the_same_for_any_number_of_workers():
    with ThreadPoolExecutor(3) as executor:
        for run in (tau_leap, lambda *a, **k: langevin(*a, step=0.1, **k)):
            alone = run(BIRTH_DEATH, [1.0], 30, rng=9, block=10, start={"n": 900})
            assert np.array_equal(
                alone, run(BIRTH_DEATH, [1.0], 30, rng=9, block=10, start={"n": 900}, executor=executor)
            )


def test_refuses_what_makes_no_sense():
    for epsilon in (0.0, 1.0, -0.1, np.nan):
        with pytest.raises(ValueError, match="epsilon"):
            tau_leap(DECAY, [1.0], 2, rng=1, epsilon=epsilon)
    for step in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="step"):
            langevin(DECAY, [1.0], 2, rng=1, step=step)
    with pytest.raises(ValueError, match="boundary"):
        langevin(DECAY, [1.0], 2, rng=1, step=0.1, boundary="clip")
    timed = Network.mass_action({"A -> 0": 1.0}, events=[Event("t > 1", {"A": 3})])
    for run in (tau_leap, lambda *a, **k: langevin(*a, step=0.1, **k)):
        with pytest.raises(ValueError, match="no events"):
            run(timed, [1.0], 2, rng=1)
