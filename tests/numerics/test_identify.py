"""What data can tell: analytic information, exact structure, and estimates of simulated data."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslib.numerics.identify import (
    IdentifiabilityError,
    best_times,
    bootstrap,
    fisher,
    fit,
    metropolis,
    ode_sensitivities,
    profile,
    sensitivities,
    structure,
)

TIMES = np.array([0.0, 1.0, 2.0, 4.0, 8.0])


def decay(p, t=TIMES):
    return p[0] * np.exp(-p[1] * t)


def binding(p, t=TIMES):
    """Occupancy at equilibrium: depends on the ratio of two rates only."""
    return 2.0 * p[0] / (2.0 * p[0] + p[1]) + 0.0 * t


def test_information_of_an_exponential_decay():
    """Reference case D09: A = 1, k = 0.5, noise 0.05, times 0, 1, 2, 4, 8; analytic."""
    found = fisher(sensitivities(decay, [1.0, 0.5]), 0.05)
    assert found.matrix[0, 0] == pytest.approx(608.7463303698765, rel=1e-12)
    assert found.matrix[0, 1] == pytest.approx(-285.7985056891298, rel=1e-12)
    assert found.matrix[1, 1] == pytest.approx(489.4961618093602, rel=1e-12)
    assert found.bounds == pytest.approx([0.047571646862822926, 0.05305077332788318], rel=1e-12)
    assert found.correlation[0, 1] == pytest.approx(0.5235608091382647, rel=1e-12)
    assert found.condition == pytest.approx(3.2705038096978862, rel=1e-10)
    hundred = fisher(np.tile(sensitivities(decay, [1.0, 0.5]), (100, 1)), 0.05)
    assert hundred.bounds == pytest.approx(found.bounds / 10.0, rel=1e-12)


def test_the_best_time_for_a_decay_is_its_time_constant():
    """Reference case D10: t = 1/k; the information there is 25.2143 times that at 4/k."""
    one = best_times(lambda p, t: np.exp(-p[0] * t), [0.5], np.linspace(0.0, 20.0, 34), 1, noise=0.05)
    assert one == pytest.approx([2.0], rel=1e-6)
    slopes = sensitivities(lambda p: np.exp(-p[0] * np.array([2.0, 8.0])), [0.5])[:, 0]
    assert (slopes[0] / slopes[1]) ** 2 == pytest.approx(25.21429959329595, rel=1e-10)


def test_the_best_pair_of_times_is_the_start_and_the_time_constant():
    """For A exp(−kt) the determinant is A² t² exp(−2kt) with one sample at 0: largest at t = 1/k."""
    candidates = np.linspace(0.0, 12.0, 25)
    assert best_times(decay, [1.0, 0.5], candidates, 2, noise=0.05) == pytest.approx([0.0, 2.0], abs=1e-5)
    four = best_times(decay, [1.0, 0.5], candidates, 4, noise=0.05)
    assert four == pytest.approx([0.0, 0.0, 2.0, 2.0], abs=1e-5)
    for_rate = best_times(decay, [1.0, 0.5], candidates, 4, noise=0.05, criterion=1)
    bounds = [fisher(sensitivities(lambda p, t=t: decay(p, t), [1.0, 0.5]), 0.05).bounds for t in (four, for_rate)]
    assert bounds[1][1] < bounds[0][1]


def test_only_the_ratio_of_two_rates_is_seen_at_equilibrium():
    """Reference case D11: the information on k_on and k_off is singular; along equal relative changes nothing moves."""
    found = fisher(sensitivities(binding, [0.3, 0.6]), 0.05, names=["k_on", "k_off"])
    assert found.rank == 1 and np.all(np.isinf(found.bounds)) and np.isinf(found.condition)
    direction = found.null_space[0] / np.array([0.3, 0.6])
    assert direction[0] == pytest.approx(direction[1], rel=1e-6)
    with pytest.raises(IdentifiabilityError, match=r"rank 1 for 2 parameters.*k_on.*k_off.*fix one"):
        _ = found.covariance


def test_bounds_stay_finite_for_what_a_singular_design_does_determine():
    slopes = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 4.0]])
    bounds = fisher(slopes, 0.2).bounds
    assert np.isinf(bounds[:2]).all() and bounds[2] == pytest.approx(0.05)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(0.05, 3.0), st.floats(1e-3, 1e3))
def test_complex_steps_differences_and_the_forward_equations_agree(amplitude, rate, unit):
    parameters = np.array([amplitude * unit, rate])
    exact = np.stack([np.exp(-rate * TIMES), -amplitude * unit * TIMES * np.exp(-rate * TIMES)], axis=1)
    assert np.allclose(sensitivities(decay, parameters), exact, rtol=1e-13)
    size = np.abs(exact).max(axis=0)
    assert np.all(np.abs(sensitivities(decay, parameters, method="difference") - exact) < 1e-8 * size)
    y, slopes = ode_sensitivities(lambda t, y, p: -p[1] * y, lambda p: [p[0]], TIMES, parameters)
    assert np.allclose(y[0], decay(parameters), rtol=1e-5)
    assert np.all(np.abs(slopes[0] - exact) < 1e-5 * size)


def test_differences_are_of_order_four():
    """Halving the relative step by hand: the error of the formula falls sixteenfold."""
    errors = []
    for scale in (1.0, 2.0):
        moved = sensitivities(lambda p, s=scale: np.exp(1j.imag * s * 300 * p), [1.0], method="difference")[0, 0]
        errors.append(abs(moved / (300 * scale * np.exp(300 * scale)) - 1))
    assert np.log2(errors[1] / errors[0]) == pytest.approx(4.0, abs=0.2)


def test_correlated_noise_is_weighted_by_its_covariance():
    slopes, rng = sensitivities(decay, [1.0, 0.5]), np.random.default_rng(3)
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T + np.eye(5)
    expected = slopes.T @ np.linalg.solve(covariance, slopes)
    assert np.allclose(fisher(slopes, covariance).matrix, expected, rtol=1e-10)
    assert np.allclose(fisher(slopes, np.diag([0.04] * 5)).matrix, fisher(slopes, 0.2).matrix, rtol=1e-12)


def test_ellipse_holds_its_share_of_the_estimates():
    truth = np.array([1.0, 0.5])
    found = fisher(sensitivities(decay, truth), 0.01)
    estimates = bootstrap(decay, 0.01, truth, 600, rng=5)
    apart = estimates - truth
    inside = np.mean(np.einsum("si,ij,sj->s", apart, found.matrix, apart) < 5.991464547)
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 600)
    ring = found.ellipse(truth) - truth[:, None]
    assert np.allclose(np.einsum("is,ij,js->s", ring, found.matrix, ring), 5.991464547, rtol=1e-8)


def test_the_bound_is_reached_when_the_noise_is_small():
    """The bootstrap's spread is the Cramér–Rao bound for small noise, within the error of 600 samples."""
    found = bootstrap(decay, 0.005, [1.0, 0.5], 600, rng=7)
    bound = fisher(sensitivities(decay, [1.0, 0.5]), 0.005).bounds
    assert found.std(axis=0) == pytest.approx(bound, rel=4 / np.sqrt(2 * 600))


def test_profile_of_a_line_is_the_parabola_and_that_of_a_decay_leans():
    data = decay([1.0, 0.5]) + 0.05 * np.array([0.3, -0.8, 0.5, 0.9, -0.4])
    best = fit(decay, data, 0.05, [1.0, 1.0])
    assert np.allclose(sensitivities(decay, best.parameters).T @ (decay(best.parameters) - data), 0.0, atol=1e-8)
    grid = best.parameters[1] * np.geomspace(0.5, 2.0, 41)
    found = profile(decay, data, 0.05, best, 1, grid)
    low, high = found.interval()
    bound = fisher(sensitivities(decay, best.parameters), 0.05).bounds[1]
    assert high - best.parameters[1] > 1.96 * bound > best.parameters[1] - low
    assert np.all(found.excess >= -1e-9) and found.paths.shape == (41, 2)
    assert np.allclose(found.paths[:, 1], grid)
    tight = fit(decay, decay([1.0, 0.5]), 1e-4, [1.0, 0.5])
    grid = 0.5 + np.linspace(-4, 4, 33) * 1.1e-4
    low, high = profile(decay, decay([1.0, 0.5]), 1e-4, tight, 1, grid).interval()
    assert (high - low) / 2 == pytest.approx(1.959964 * 0.05305077332788318 / 500, rel=1e-3)


def test_profile_of_a_line_is_exact_where_another_parameter_passes_zero():
    times, data = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.1, 1.9])
    best = fit(lambda p: p[0] + p[1] * times, data, 0.1, [0.0, 1.0])
    found = profile(lambda p: p[0] + p[1] * times, data, 0.1, best, 1, np.linspace(0.5, 1.5, 21))
    assert np.allclose(found.excess, 200.0 * (found.values - 0.95) ** 2, atol=1e-9)


def test_profile_of_what_is_not_identifiable_is_flat_and_open():
    data = binding([0.3, 0.6]) + 0.02 * np.array([1.0, -1.0, 0.5, -0.5, 0.0])
    best = fit(binding, data, 0.05, [0.3, 0.6], log=True)
    found = profile(binding, data, 0.05, best, 0, best.parameters[0] * np.geomspace(0.01, 100.0, 9), log=True)
    assert np.abs(found.excess).max() < 1e-6
    assert found.interval() == (-np.inf, np.inf)


def test_bootstrap_gives_one_answer_for_one_worker_or_four():
    alone = bootstrap(decay, 0.05, [1.0, 0.5], 250, rng=3)
    with ThreadPoolExecutor(4) as executor:
        assert np.array_equal(alone, bootstrap(decay, 0.05, [1.0, 0.5], 250, rng=3, executor=executor))
    assert not np.array_equal(alone, bootstrap(decay, 0.05, [1.0, 0.5], 250, rng=4))


def test_metropolis_finds_mean_and_covariance_of_a_gaussian():
    covariance = np.array([[1.0, 0.9], [0.9, 2.0]])
    inverse = np.linalg.inv(covariance)

    def log_density(p):
        return -0.5 * np.einsum("iw,ij,jw->w", p, inverse, p)

    chain = metropolis(log_density, np.random.default_rng(0).normal(size=(2, 100)), 1500, rng=2)
    flat = chain.samples.reshape(2, -1)
    assert np.allclose(np.cov(flat), covariance, atol=0.06) and np.abs(flat.mean(axis=1)).max() < 0.05
    assert 0.2 < chain.acceptance < 0.6 and np.all(chain.reduction < 1.02)


def receptor(x, p):
    """Free ligand in excess: binding and unbinding."""
    return [p[0] * 2 * (1 - x[0]) - p[1] * x[0]]


def test_structure_tells_a_ratio_from_a_time_course():
    """Reference case D11 without noise: the time course determines both rates, the equilibrium only their ratio."""
    kinetic = structure(receptor, lambda x, p: [x[0]], states=["y"], parameters=["k_on", "k_off"], start={"y": 0})
    assert kinetic.rank == 2 and all(kinetic.identifiable.values()) and kinetic.free == []
    still = structure(lambda x, p: [0], lambda x, p: [2 * p[0] / (2 * p[0] + p[1])], states=["y"],
                      parameters=["k_on", "k_off"], start={"y": 0})  # fmt: skip
    assert still.rank == 1 and still.combinations == [{"k_on": 1, "k_off": -1}]
    assert still.free == [(Fraction(1), Fraction(1))]


def test_structure_of_known_models():
    """Bellman & Åström 1970: of two compartments with one observed, unknown exchange and two losses are too many."""

    def two(x, p):
        return [-(p[0] + p[1]) * x[0] + p[2] * x[1], p[0] * x[0] - (p[2] + p[3]) * x[1]]

    names = ["k12", "k10", "k21", "k20"]
    found = structure(two, lambda x, p: [x[0]], states=["x1", "x2"], parameters=names, start={"x1": 1, "x2": 0})
    assert found.rank == 3 and not any(found.identifiable.values()) and found.combinations is None
    closed = structure(lambda x, p: two(x, [*p, 0]), lambda x, p: [x[0]], states=["x1", "x2"], parameters=names[:3],
                       start={"x1": 1, "x2": 0})  # fmt: skip
    assert closed.rank == 3 and all(closed.identifiable.values())


def test_structure_finds_scales_of_hidden_substances():
    """A Michaelis–Menten reaction seen through an unknown gain: V, K and the start are known up to one scale."""
    found = structure(lambda x, p: [-p[0] * x[0] / (p[1] + x[0])], lambda x, p: [p[2] * x[0]], states=["s"],
                      parameters=["V", "K", "gain"])  # fmt: skip
    assert found.names == ("V", "K", "gain", "s(0)") and found.rank == 3
    assert found.free == [(Fraction(-1), Fraction(-1), Fraction(1), Fraction(-1))] or len(found.free) == 1
    powers = found.combinations
    assert len(powers) == 3 and all(sum(-w if n == "gain" else w for n, w in c.items()) == 0 for c in powers)


def test_a_steady_gradient_tells_the_ratio_of_diffusion_and_decay_only():
    """Reference cases A01 and L17: λ = √(D/k) is all that a profile C″ = (k/D) C holds."""
    found = structure(lambda c, p: [c[1], p[1] * c[0] / p[0]], lambda c, p: [c[0]], states=["C", "slope"],
                      parameters=["D", "k"])  # fmt: skip
    assert found.combinations == [{"D": 1, "k": -1}]
    assert found.identifiable["slope(0)"] and found.identifiable["C(0)"]


def test_exact_rank_agrees_with_numbers():
    """SIR with an unknown share reported: rank of the exact test against singular values of the sensitivities."""

    def sir(x, p):
        return [-p[0] * x[0] * x[1], p[0] * x[0] * x[1] - p[1] * x[1]]

    exact = structure(sir, lambda x, p: [p[2] * x[1]], states=["S", "I"], parameters=["beta", "gamma", "share"])

    def predict(p):
        y = p[3:5]
        found = []
        for _ in range(40):
            for _ in range(10):
                y = y + 0.01 * np.array(sir(y, p))
            found.append(p[2] * y[1])
        return np.array(found)

    point = np.array([1.3, 0.4, 0.5, 0.9, 0.1])
    slopes = sensitivities(predict, point) * point
    values = np.linalg.svd(slopes, compute_uv=False)
    assert exact.rank == np.sum(values > 1e-9 * values[0]) == 4


@pytest.mark.parametrize(("call", "says"), [
    (lambda: sensitivities(decay, [1.0, np.nan]), "parameters must be one row of finite numbers"),
    (lambda: sensitivities(lambda p: np.real(p), [1.0]), "keep the imaginary part"),
    (lambda: sensitivities(decay, [1.0, 0.5], method="adjoint"), "method must be 'complex' or 'difference'"),
    (lambda: fisher([[1.0]], 0.0), "noise must be a positive standard deviation, got 0"),
    (lambda: fisher([[1.0], [1.0]], [0.1]), "1 standard deviations for 2 observations"),
    (lambda: fisher([[1.0], [1.0]], [[1.0, 2.0], [2.0, 1.0]]), "no covariance matrix"),
    (lambda: fisher([1.0], 0.1), "slopes need shape"),
    (lambda: fit(decay, [1.0, 2.0], 0.1, [1.0, 1.0]), "predict returned 5 observations, but there are 2 data"),
    (lambda: fit(decay, np.ones(5), 0.1, [-1.0, 1.0], log=True), "log=True needs positive parameters, got -1"),
    (lambda: best_times(decay, [1.0, 0.5], [0.0, 1.0], 1, noise=1.0), "count must be at least"),
    (lambda: best_times(decay, [1.0, 0.5], [0.0, 1.0], 2, noise=1.0, criterion="E"), "criterion must be 'D', 'A'"),
    (lambda: metropolis(lambda p: -np.inf * p[0], np.ones((1, 4)), 5, rng=1), "walker 0 begins where"),
    (lambda: structure(receptor, lambda x, p: x, states=["y"], parameters=["a", "b"], start={"z": 1}), "start of 'z'"),
])  # fmt: skip
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_what_is_not_rational_is_refused():
    with pytest.raises(TypeError, match="whole numbers and fractions only"):
        structure(lambda x, p: [-0.5 * p[0] * x[0]], lambda x, p: x, states=["x"], parameters=["k"])
    with pytest.raises(TypeError, match="whole powers only"):
        structure(lambda x, p: [-p[0] * x[0] ** 0.5], lambda x, p: x, states=["x"], parameters=["k"])
    with pytest.raises(IdentifiabilityError, match="no choice of these times"):
        best_times(binding, [0.3, 0.6], TIMES, 3, noise=0.1)
