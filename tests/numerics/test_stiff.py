"""Stiff systems side by side: published numbers, convergence, both paths against each other, errors that explain."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mslib.numerics.network import Network
from mslib.numerics.stiff import METHODS, Kinetics, StiffError, solve_network, solve_systems

ROBERTSON = Kinetics.of("A -> B", "2 B -> B + C", "B + C -> A + C")
LOGISTIC = Kinetics.of("A -> 2 A", "2 A -> A")
RTOLS = 10.0 ** -np.arange(3, 9)


def cascade():
    """Return the MAP kinase cascade of Huang & Ferrell (1996): kinetics, start (µM), constants (1/µM/s or 1/s)."""
    steps = [
        ("E1", "K3", "K3p"), ("E2", "K3p", "K3"), ("K3p", "K2", "K2p"), ("P2", "K2p", "K2"),
        ("K3p", "K2p", "K2pp"), ("P2", "K2pp", "K2p"), ("K2pp", "K1", "K1p"), ("P1", "K1p", "K1"),
        ("K2pp", "K1p", "K1pp"), ("P1", "K1pp", "K1p"),
    ]  # fmt: skip
    lines = []
    for enzyme, substrate, product in steps:
        bound = f"{enzyme}_{substrate}"
        lines += [f"{enzyme} + {substrate} -> {bound}", f"{bound} -> {enzyme} + {substrate}"]
        lines += [f"{bound} -> {enzyme} + {product}"]
    kinetics = Kinetics.of(*lines)
    present = {"E1": 3e-5, "E2": 3e-4, "K3": 3e-3, "K2": 1.2, "P2": 3e-4, "K1": 1.2, "P1": 0.12}
    start = np.array([present.get(name, 0.0) for name in kinetics.species])
    return kinetics, start, np.tile([1000.0, 150.0, 150.0], 10)


def slope(solve, exact):
    """Return the order: minus the slope of log error against log steps."""
    runs = [solve(rtol) for rtol in RTOLS]
    errors = [np.abs(run.y - exact).max() for run in runs]
    return -np.polyfit(np.log([run.steps.max() for run in runs]), np.log(errors), 1)[0]


@pytest.mark.parametrize("method", METHODS)
def test_robertson_over_eleven_decades(method):
    """Test Set for IVP Solvers (Mazzia & Magherini 2008), problem ROBER: the state at t = 1e11."""
    run = solve_network(ROBERTSON, [1.0, 0.0, 0.0], [0.04, 3e7, 1e4], [0.0, 40.0, 1e11], rtol=1e-8,
                        atol=[1e-11, 1e-17, 1e-11], method=method)  # fmt: skip
    expected = [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]
    assert run.y[:, -1] == pytest.approx(expected, rel=1e-5)
    assert np.abs(run.y.sum(axis=0) - 1.0).max() < 1e-12
    assert run.steps[0] < 1500


def test_the_map_kinase_cascade_ends_where_the_published_model_does():
    """Huang & Ferrell 1996, doi:10.1073/pnas.93.19.10078, E1 = 3e-5 µM: 0.981208 µM of MAPK-PP after 1000 s."""
    kinetics, start, constants = cascade()
    assert (len(kinetics.species), len(kinetics.reactants)) == (22, 30)
    run = solve_network(kinetics, start, constants, np.linspace(0.0, 1000.0, 5), rtol=1e-7, atol=1e-10)
    assert run.y[kinetics.species.index("K1pp"), -1] == pytest.approx(0.981208, abs=1e-6)


def test_the_compiled_and_the_plain_path_take_the_same_steps():
    kinetics, start, constants = cascade()
    sets = constants[:, None] * np.exp(0.2 * np.random.default_rng(1).normal(size=(30, 5)))
    times = np.linspace(0.0, 100.0, 31)
    compiled, plain = (solve_network(kinetics, start, sets, times, rtol=1e-4, method=method) for method in METHODS)
    assert np.array_equal(compiled.steps, plain.steps) and np.array_equal(compiled.rejected, plain.rejected)
    assert np.abs(compiled.y - plain.y).max() < 1e-10


def test_every_system_is_solved_as_if_alone_by_one_worker_or_four():
    kinetics, start, constants = cascade()
    sets = constants[:, None] * np.exp(0.2 * np.random.default_rng(2).normal(size=(30, 40)))
    times = np.linspace(0.0, 50.0, 6)
    together = solve_network(kinetics, start, sets, times)
    with ThreadPoolExecutor(4) as executor:
        shared = solve_network(kinetics, start, sets, times, executor=executor)
    alone = solve_network(kinetics, start, sets[:, 17], times)
    assert np.array_equal(together.y, shared.y) and np.array_equal(together.y[:, 17], alone.y)


def test_error_at_plotting_accuracy():
    kinetics, start, constants = cascade()
    sets = constants[:, None] * np.exp(0.2 * np.random.default_rng(1).normal(size=(30, 25)))
    times = np.linspace(0.0, 100.0, 101)
    fine = solve_network(kinetics, start, sets, times, rtol=1e-9, atol=1e-12)
    for rtol, bound in ((1e-3, 3e-3), (1e-4, 2e-4), (1e-5, 2e-5)):
        assert np.abs(solve_network(kinetics, start, sets, times, rtol=rtol).y - fine.y).max() < bound


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [2, 201])
def test_order_five_at_steps_and_between_them(method, count):
    times = np.linspace(0.0, 10.0, count)
    exact = 1.0 / (1.0 + 99.0 * np.exp(-times))
    found = slope(
        lambda r: solve_network(LOGISTIC, [0.01], [1.0, 1.0], times, rtol=r, atol=r / 100, method=method), exact
    )
    assert 4.6 < found < 6.0


@pytest.mark.parametrize("stiffness", [1.0, 1e2, 1e6])
def test_a_forced_stiff_system_converges_between_steps_too(stiffness):
    """Prothero & Robinson 1974: dy/dt = −λ(y − cos t) − sin t keeps y = cos t; order drops to no less than four."""
    times = np.linspace(0.0, 10.0, 301)

    def rates(t, y, p):
        return -stiffness * (y - np.cos(t)) - np.sin(t)

    errors = [
        np.abs(solve_systems(rates, np.ones((1, 1)), times, rtol=r, atol=r).y - np.cos(times)).max() for r in RTOLS
    ]
    assert np.all(np.array(errors) < 5 * RTOLS)
    assert slope(lambda r: solve_systems(rates, np.ones((1, 1)), times, rtol=r, atol=r), np.cos(times)) > 4.0


def test_a_jacobian_and_a_complex_step_give_the_same():
    def rates(t, y, k):
        return np.array([-k * y[0] * y[1] + np.sin(t), k * y[0] * y[1] - y[1] ** 2])

    def jacobian(t, y, k):
        return np.array([[-k * y[1], -k * y[0]], [k * y[1], k * y[0] - 2 * y[1]]])

    start, times, k = np.ones((2, 3)), np.linspace(0, 5, 4), np.array([1.0, 10.0, 1e4])
    one = solve_systems(rates, start, times, k, rtol=1e-6)
    two = solve_systems(rates, start, times, k, rtol=1e-6, jacobian=jacobian)
    assert np.allclose(one.y, two.y, rtol=1e-6, atol=1e-10)


def test_jacobian_of_the_kinetics_is_the_derivative_of_its_speeds():
    kinetics = Kinetics.of("2 A + B -> C", "C -> 0", "0 -> A", "A + B -> 3 B")
    y, k = np.array([0.7, 1.3, 0.2]), np.array([1.5, 0.3, 2.0, 0.8])
    exact = np.stack([kinetics.speeds(y + 1e-30j * column, k).imag / 1e-30 for column in np.eye(3)], axis=1)
    assert np.allclose(kinetics.jacobian(y, k), exact, rtol=1e-14)


def test_a_network_brings_its_own_constants():
    network = Network.mass_action(
        {"A + B -> C": "a", "C -> A + B": 2.0, "2 C -> 0": 0.5}, parameters={"a": 3.0}, volume=2.0
    )
    kinetics, constants = Kinetics.from_network(network)
    amounts = np.array([4.0, 3.0, 5.0])
    assert np.allclose(kinetics.speeds(amounts, constants), network.derivative(0.0, amounts), rtol=1e-14)
    with pytest.raises(ValueError, match="mass action"):
        Kinetics.from_network(Network.propensity({"A -> 0": "A/(1 + A)"}))


def test_nothing_is_given_up_silently():
    with pytest.raises(StiffError, match=r"system 1 of 2: the step became too small at t = (1|0\.99)"):
        solve_network(Kinetics.of("2 A -> 3 A"), [1.0], [[0.1, 1.0]], [0.0, 2.0])
    with pytest.raises(StiffError, match=r"system 1 of 2: the step became too small at t = (1|0\.99)"):
        solve_network(Kinetics.of("2 A -> 3 A"), [1.0], [[0.1, 1.0]], [0.0, 2.0], method="numpy")
    for method in METHODS:
        with pytest.raises(StiffError, match="more than 5 steps"):
            solve_network(ROBERTSON, [1.0, 0.0, 0.0], [0.04, 3e7, 1e4], [0.0, 1e6], most=5, method=method)
    with pytest.raises(StiffError, match="system 1: the rate of change of x is"):
        solve_systems(lambda t, y, p: p / y, np.array([[1.0, 0.0]]), [0.0, 1.0], np.ones(2), names=["x"])


@pytest.mark.parametrize(("change", "says"), [
    ({"start": [1.0, 0.0]}, r"start has shape \(2,\), but the network has 3 species"),
    ({"start": [1.0, np.nan, 0.0]}, "start of B must be a finite number, got nan"),
    ({"constants": [0.04, -1.0, 1.0]}, "rate constant of reaction 1 must not be negative, got -1"),
    ({"constants": np.ones((3, 2)), "start": np.ones((3, 4))}, "start has 4 systems, but constants has 2"),
    ({"times": [0.0, 1.0, 1.0]}, r"times must increase, but times\[2\] = 1 follows 1"),
    ({"times": [0.0]}, "at least two finite times"),
    ({"rtol": 1.0}, "rtol must lie between"),
    ({"atol": [1e-6, 0.0, 1e-6]}, "atol of B must be a positive number"),
    ({"method": "fast"}, "method must be 'compiled' or 'numpy'"),
])  # fmt: skip
def test_bad_input_is_named(change, says):
    good = {"start": [1.0, 0.0, 0.0], "constants": [0.04, 3e7, 1e4], "times": [0.0, 1.0]}
    with pytest.raises(ValueError, match=says):
        solve_network(ROBERTSON, **(good | change))


def test_bad_networks_and_rates_are_named():
    with pytest.raises(ValueError, match="one arrow"):
        Kinetics.of("A + B")
    with pytest.raises(ValueError, match="'A!' is not a species"):
        Kinetics.of("A! -> B")
    with pytest.raises(ValueError, match="reaction 0 uses species 2"):
        Kinetics(("A",), ((2,),), [[-1]])
    with pytest.raises(ValueError, match="change has shape"):
        Kinetics(("A",), ((0,),), [[-1, 1]])
    with pytest.raises(ValueError, match="not analytic in variable 0"):
        solve_systems(lambda t, y, p: -np.abs(y), np.ones((1, 1)), [0.0, 1.0])
    with pytest.raises(ValueError, match="rates returned shape"):
        solve_systems(lambda t, y, p: y[0], np.ones((1, 2)), [0.0, 1.0])
    with pytest.raises(ValueError, match="its last axis must count the 2 systems"):
        solve_systems(lambda t, y, p: -y, np.ones((1, 2)), [0.0, 1.0], np.ones(3))


def test_without_numba_the_plain_path_answers():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from mslib.numerics.stiff import Kinetics, solve_network\n"
        "run = solve_network(Kinetics.of('A -> 0'), [1.0], [1.0], [0.0, 1.0])\n"
        "assert abs(run.y[0, 1] - 0.36787944) < 1e-5\n"
        "try: solve_network(Kinetics.of('A -> 0'), [1.0], [1.0], [0.0, 1.0], method='compiled')\n"
        "except ValueError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "needs numba" in said
