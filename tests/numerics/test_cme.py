"""Finite state projection against exact laws, and its error against the size of the box."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import poisson

from mslib.numerics import cme
from mslib.numerics.moments import linear_moments
from mslib.numerics.network import Event, Network
from mslib.numerics.ssa import simulate

BIRTH_DEATH = Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5})
GENE = Network.mass_action({"0 -> m": 0.1, "m -> 0": 0.2, "m -> m + p": 1.0, "p -> 0": 0.05})
SCHLOEGL_LIKE = Network.propensity({"0 -> n": "1 + 20*n**4/(15**4 + n**4)", "n -> 0": "0.8*n"})
SCHLOEGL = Network.mass_action({"2 X -> 3 X": 0.03, "3 X -> 2 X": 1e-4, "0 -> X": 200.0, "X -> 0": 3.5})


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
    mean, covariance = linear_moments(GENE)
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
    robs_the_empty = Network.propensity({"n -> 0": "1"})
    with pytest.raises(ValueError, match="negative"):
        cme.stationary(robs_the_empty, {"n": 5})
    timed = Network.mass_action({"0 -> n": 1.0, "n -> 0": 1.0}, events=[Event("t > 1", {"n": 3})])
    for solve in (lambda: cme.stationary(timed, {"n": 5}), lambda: cme.transient(timed, {"n": 5}, [1.0])):
        with pytest.raises(ValueError, match="without time and no events"):
            solve()


def test_a_box_that_would_grow_beyond_all_memory_is_refused(monkeypatch):
    monkeypatch.setattr(cme, "STATE_LIMIT", 5000)
    with pytest.raises(ValueError, match="too large"):
        cme.stationary(Network.mass_action({"0 -> n": 2.0, "n -> 0": 1.0, "n -> 2 n": 1.5}))


def test_telegraph_gene_on_the_states_that_can_be_reached():
    """Case B04 (Peccoud & Ycart 1995): k_on 0.2, k_off 0.8, r 10, γ 1: mean 2, Fano factor 5, P(0) = 0.544312."""
    gene = Network.mass_action(
        {"off -> on": 0.2, "on -> off": 0.8, "on -> on + m": 10.0, "m -> 0": 1.0}, initial={"off": 1}
    )
    law = cme.stationary(gene, {"off": 1, "on": 1, "m": 60})
    mean, covariance = law.moments()
    assert mean == pytest.approx([0.8, 0.2, 2.0], rel=1e-9)
    assert covariance[2, 2] / mean[2] == pytest.approx(5.0, rel=1e-9)
    assert law.marginal(2)[0] == pytest.approx(0.544312, abs=5e-7)
    grown = cme.stationary(gene)
    assert grown.probability.shape[:2] == (2, 2)
    assert grown.marginal(2)[:20] == pytest.approx(law.marginal(2)[:20], abs=1e-9)


def test_the_mean_of_a_nonlinear_network_is_not_the_rate_equation():
    """Case B07: ∅ → X at 1, 2 X → ∅ at n(n − 1)/2: the rate equation rests at 1, the mean is 1.15805."""
    network = Network.mass_action({"0 -> X": 1.0, "2 X -> 0": 1.0})
    assert network.derivative(0.0, [1.0]) == pytest.approx([0.0])
    assert cme.stationary(network, {"X": 40}).moments()[0][0] == pytest.approx(1.15805, abs=5e-6)


def test_schloegl_model_has_its_published_modes_and_switching_time():
    """Case B08 with the set of Cao, Gillespie & Petzold: modes 82 and 563, valley 256, P_low 0.2203, MFPT 5.031e4."""
    p = cme.stationary(SCHLOEGL, {"X": 1200}).probability
    inner = p[1:-1]
    assert (np.flatnonzero((inner > p[:-2]) & (inner > p[2:])) + 1).tolist() == [82, 563]
    assert (np.flatnonzero((inner < p[:-2]) & (inner < p[2:])) + 1).tolist() == [256]
    assert p[:256].sum() == pytest.approx(0.2203, abs=5e-5)
    passage = cme.first_passage(SCHLOEGL, {"X": 1200}, "X >= 563", start={"X": 82})
    assert passage.mean == pytest.approx(5.031e4, rel=1e-4)
    assert passage.deviation == pytest.approx(passage.mean, rel=1e-3)
    assert passage.walls < 1e-12


def test_growing_boxes_find_the_law_by_themselves():
    law = cme.stationary(BIRTH_DEATH)
    n = np.arange(law.probability.size)
    assert total_variation(law.probability, poisson.pmf(n, 20.0)) < 1e-8
    gene = cme.stationary(GENE)
    assert gene.moments()[0] == pytest.approx(linear_moments(GENE)[0], rel=1e-6)
    bistable = cme.stationary(SCHLOEGL, start={"X": 400})
    assert bistable.probability[:256].sum() == pytest.approx(0.2203, abs=5e-5)


def test_linear_birth_and_death_dies_out_as_kendall_says():
    """Case B12 (Kendall 1948): b = 1, d = 0.5 from one: gone by t = 3 with 0.437213, ever 0.5, from five 0.03125."""
    network = Network.mass_action({"A -> 2 A": 1.0, "A -> 0": 0.5})
    arrived, lost = cme.passage_law(network, {"A": 150}, "A <= 0", [3.0], start={"A": 1})
    assert arrived[0] == pytest.approx(0.4372125759737503, rel=1e-6)
    assert lost[0] < 1e-8
    for start, ever in ((1, 0.5), (5, 0.03125)):
        arrived, lost = cme.passage_law(network, {"A": 40}, "A <= 0", [40.0], start={"A": start})
        assert arrived[0] == pytest.approx(ever, rel=1e-6)
        assert arrived[0] + lost[0] == pytest.approx(1.0, abs=1e-6)
    assert cme.transient(network, {"A": 150}, [3.0], start={"A": 1})[0].moments()[0][0] == pytest.approx(
        4.4816890703380645, rel=1e-6
    )


def test_first_passage_agrees_with_its_law_with_simulation_and_with_a_closed_form():
    upper, network = {"n": 40}, Network.mass_action({"0 -> n": 3.0, "n -> 0": 0.2})
    passage = cme.first_passage(network, upper, "n >= 12")
    times = np.linspace(0.0, 60.0, 601)
    arrived, _ = cme.passage_law(network, upper, "n >= 12", times)
    assert np.trapezoid(1.0 - arrived, times) == pytest.approx(passage.mean, rel=1e-3)
    rates = np.arange(12)
    exact = sum(np.prod(0.2 * rates[j + 1 : i + 1] / 3.0) / 3.0 for i in rates for j in range(i + 1))
    assert passage.mean == pytest.approx(exact, rel=1e-9)
    counts = simulate(network, times[1:], 600, rng=1, method="lockstep")[:, :, 0]
    first = times[1:][np.argmax(counts >= 12, axis=1)]
    assert abs(first.mean() - passage.mean) < 4.0 * passage.deviation / np.sqrt(600) + 0.2


def test_first_passage_that_may_never_come_is_infinite_and_nonsense_is_refused():
    dying = Network.mass_action({"A -> 2 A": 0.5, "A -> 0": 1.0})
    assert cme.first_passage(dying, {"A": 30}, "A >= 20", start={"A": 5}).mean == np.inf
    for target, message in (
        ("A >= 99", "no state"),
        ("A >= 0", "every state"),
        ("A >= 3", "already"),
        ("q > 1", "unknown name 'q'"),
    ):
        with pytest.raises(ValueError, match=message):
            cme.first_passage(dying, {"A": 30}, target, start={"A": 5})
