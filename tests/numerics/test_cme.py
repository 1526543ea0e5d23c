"""Finite state projection against exact laws, and its error against the size of the box."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import poisson

from mslib.numerics import cme
from mslib.numerics.ssa import Network, simulate

BIRTH_DEATH = Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5})
GENE = Network.mass_action({"0 -> m": 0.1, "m -> 0": 0.2, "m -> m + p": 1.0, "p -> 0": 0.05})
SCHLOEGL_LIKE = Network(
    ("n",),
    np.array([[1], [-1]]),
    lambda n: np.array([1.0 + 20.0 * n[0] ** 4 / (15.0**4 + n[0] ** 4), 0.8 * n[0]]),
)


def total_variation(p, q):
    return 0.5 * np.abs(p - q).sum()


def test_birth_and_death_at_two_seconds():
    """Case B01: Poisson with mean 12.6424, P(10) = 0.0928981, truncation below 1e-6 with 60 states."""
    (law,) = cme.transient(BIRTH_DEATH, {"n": 59}, [2.0])
    assert law.moments()[0][0] == pytest.approx(12.642411176571153, rel=1e-6)
    assert law.probability[10] == pytest.approx(0.09289806446582798, rel=1e-6)
    assert law.probability[0] == pytest.approx(3.231994314058168e-06, rel=1e-6)
    assert 0 <= law.lost < 1e-6


def test_truncation_error_is_bounded_by_what_was_lost_and_vanishes_with_the_box():
    errors = []
    for upper in (14, 18, 22, 26, 30):
        (law,) = cme.transient(BIRTH_DEATH, {"n": upper}, [2.0])
        exact = poisson.pmf(np.arange(upper + 1), 12.642411176571153)
        assert np.all(law.probability <= exact + 1e-12)
        assert np.sum(exact - law.probability) <= law.lost
        errors.append(law.lost)
    assert np.all(np.diff(np.log(errors)) < -1.0)
    assert errors[-1] < 1e-3 * errors[0]


def test_stationary_error_falls_with_the_box_as_the_wall_is_hit_more_rarely():
    errors, lost = [], []
    for upper in (25, 30, 35, 40, 45):
        law = cme.stationary(BIRTH_DEATH, {"n": upper})
        exact = poisson.pmf(np.arange(upper + 1), 20.0)
        errors.append(0.5 * np.abs(law.probability - exact).sum() + 0.5 * (1.0 - exact.sum()))
        lost.append(law.lost)
    assert np.all(np.diff(errors) < 0)
    assert errors[-1] < 1e-6 < errors[0]
    events_in_a_relaxation_time = 2 * 10.0 / 0.5
    assert np.all(np.array(errors) < np.array(lost) * events_in_a_relaxation_time)


def test_stationary_gene_has_exact_moments_and_converges():
    mean, covariance = cme.linear_moments(GENE)
    law = cme.stationary(GENE, {"m": 14, "p": 130})
    found_mean, found_covariance = law.moments()
    assert found_mean == pytest.approx(mean, rel=1e-8)
    assert found_covariance == pytest.approx(covariance, rel=1e-6)
    larger = cme.stationary(GENE, {"m": 18, "p": 170})
    distances = []
    for m, p in ((6, 40), (8, 60), (10, 90), (14, 130)):
        small = cme.stationary(GENE, {"m": m, "p": p}).probability
        padded = np.pad(small, ((0, 18 - m), (0, 170 - p)))
        distances.append(total_variation(padded, larger.probability))
    assert np.all(np.diff(distances) < 0)
    assert distances[-1] < 1e-9
    assert law.marginal(0) == pytest.approx(poisson.pmf(np.arange(15), 0.5), abs=1e-12)


def test_transient_agrees_with_the_matrix_exponential():
    box = cme._Box(GENE, {"m": 4, "p": 12})
    generator, blocked = cme._generator(GENE, box)
    dense = generator.toarray() - np.diag(blocked)
    vector = np.zeros(dense.shape[0])
    vector[0] = 1.0
    laws = cme.transient(GENE, {"m": 4, "p": 12}, [0.0, 1.0, 7.0])
    for time, law in zip((0.0, 1.0, 7.0), laws, strict=True):
        exact = box.law(expm(dense * time) @ vector, 0.0).probability
        assert total_variation(law.probability, exact) < 1e-11
        assert law.lost == pytest.approx(1.0 - exact.sum(), abs=1e-11)


def test_long_transient_reaches_the_stationary_law():
    (law,) = cme.transient(GENE, {"m": 12, "p": 110}, [400.0])
    assert total_variation(law.probability, cme.stationary(GENE, {"m": 12, "p": 110}).probability) < 1e-6


def test_nonlinear_birth_and_death_has_the_law_of_detailed_balance():
    law = cme.stationary(SCHLOEGL_LIKE, {"n": 80})
    n = np.arange(80.0)
    up, down = SCHLOEGL_LIKE.propensities(n[None])[0], SCHLOEGL_LIKE.propensities(n[None] + 1)[1]
    exact = np.exp(np.concatenate([[0.0], np.cumsum(np.log(up / down))]))
    assert total_variation(law.probability, exact / exact.sum()) < 1e-12


def test_wide_boxes_use_the_sparse_solver_with_the_same_answer(monkeypatch):
    banded = cme.stationary(GENE, {"m": 9, "p": 60}).probability
    monkeypatch.setattr(cme, "BAND_LIMIT", 0)
    assert total_variation(cme.stationary(GENE, {"m": 9, "p": 60}).probability, banded) < 1e-12


def test_projection_and_simulation_agree():
    counts = simulate(GENE, [30.0], 4000, rng=21)[:, 0]
    (law,) = cme.transient(GENE, {"m": 12, "p": 110}, [30.0])
    mean, covariance = law.moments()
    assert np.all(np.abs(counts.mean(axis=0) - mean) < 4.0 * np.sqrt(np.diag(covariance) / 4000))


def test_axes_follow_the_species_whatever_the_shape_of_the_box():
    network = Network.mass_action({"0 -> a": 1.0, "a -> 0": 1.0, "0 -> b": 6.0, "b -> 0": 1.0})
    law = cme.stationary(network, {"b": 30, "a": 12})
    assert law.probability.shape == (13, 31)
    assert law.moments()[0] == pytest.approx([1.0, 6.0], rel=1e-8)


def test_three_species_with_a_start():
    chain = Network.mass_action({"A -> B": 1.0, "B -> C": 2.0})
    (law,) = cme.transient(chain, {"A": 2, "B": 2, "C": 2}, [1.0], start={"A": 2})
    assert law.lost < 1e-11
    assert law.moments()[0][0] == pytest.approx(2.0 * np.exp(-1.0), rel=1e-9)
    assert law.moments()[0][1] == pytest.approx(2.0 * (np.exp(-1.0) - np.exp(-2.0)), rel=1e-9)


def test_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="upper end"):
        cme.stationary(GENE, {"m": 5})
    with pytest.raises(ValueError, match="whole number"):
        cme.stationary(GENE, {"m": 5, "p": -1})
    with pytest.raises(ValueError, match="outside the box"):
        cme.transient(BIRTH_DEATH, {"n": 5}, [1.0], start={"n": 6})
    robs_the_empty = Network(("n",), np.array([[-1]]), lambda n: np.array([1.0 + 0 * n[0]]))
    with pytest.raises(ValueError, match="negative"):
        cme.stationary(robs_the_empty, {"n": 5})


def test_moments_close_only_for_linear_networks():
    with pytest.raises(ValueError, match="not linear"):
        cme.linear_moments(Network.mass_action({"0 -> A": 1.0, "2 A -> 0": 1.0}))
    with pytest.raises(ValueError, match="no stationary state"):
        cme.linear_moments(Network.mass_action({"0 -> A": 1.0}))
