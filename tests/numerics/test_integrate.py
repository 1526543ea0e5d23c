"""Integration of ordinary differential equations: convergence, events, shapes, errors that explain."""

import numpy as np
import pytest

from mslib.numerics.integrate import METHODS, Event, IntegrationError, integrate

RTOLS = (1e-4, 1e-6, 1e-8, 1e-10)
DECAYS = np.geomspace(0.01, 100.0, 40)


def decay_error(rtol, method="LSODA"):
    """Largest error of forty independent decays, relative to the start, over dense output."""
    t = np.linspace(0.0, 3.0, 61)
    run = integrate(lambda t, y: -DECAYS * y, np.ones(40), t, rtol=rtol, atol=rtol, method=method)
    return np.abs(run.y - np.exp(-np.outer(DECAYS, t))).max(), run.evaluations


def stiff_error(rtol, method="LSODA"):
    """Error for a slow forcing that a rate of a million per unit of time holds on cos t."""
    t = np.linspace(0.0, 6.0, 50)
    run = integrate(lambda t, y: -1e6 * (y - np.cos(t)) - np.sin(t), [1.0], t, rtol=rtol, atol=rtol, method=method)
    return np.abs(run.y[0] - np.cos(t)).max(), run.evaluations


def orbit_error(rtol, method="LSODA"):
    """Error of position and speed after ten turns of a harmonic oscillator."""
    t = np.linspace(0.0, 20.0 * np.pi, 7)
    run = integrate(lambda t, y: np.array([y[1], -y[0]]), [1.0, 0.0], t, rtol=rtol, atol=rtol, method=method)
    return np.abs(run.y - [np.cos(t), -np.sin(t)]).max(), run.evaluations


@pytest.mark.parametrize(("problem", "factor"), [(decay_error, 100), (stiff_error, 100), (orbit_error, 3000)])
def test_error_follows_the_tolerance_and_work_grows_slowly(problem, factor):
    errors, work = np.transpose([problem(rtol) for rtol in RTOLS])
    assert np.all(errors < factor * np.array(RTOLS))
    assert np.all(np.diff(np.log10(errors)) < -0.5)
    assert np.all(np.diff(work) > 0)
    assert work[-1] < 10 * work[0]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_reaches_its_tolerance(method):
    error, _ = orbit_error(1e-7, method)
    assert error < 3000 * 1e-7


def test_the_stiff_methods_need_no_small_steps():
    for method in ("LSODA", "BDF", "Radau"):
        _, evaluations = stiff_error(1e-6, method)
        assert evaluations < 3000
    with pytest.raises(IntegrationError, match=r"more than 5000 evaluations.*use method='LSODA' or 'BDF'"):
        integrate(lambda t, y: -1e6 * (y - np.cos(t)), [1.0], [0.0, 6.0], method="RK45", budget=5000)


def test_times_are_met_exactly_and_the_start_is_kept():
    t = np.array([1.0, 1.1, 5.0])
    run = integrate(lambda t, y: -y, [2.0], t)
    assert np.array_equal(run.t, t)
    assert run.y[0, 0] == 2.0
    assert run.y[0] == pytest.approx(2.0 * np.exp(-(t - 1.0)), rel=1e-7)


def test_many_cells_at_once_keep_their_shape():
    start = np.arange(1.0, 7.0).reshape(2, 3)
    run = integrate(lambda t, y: np.array([-y[0], 0.5 * y[1]]), start, [0.0, 1.0, 2.0], method="DOP853")
    assert run.y.shape == (2, 3, 3)
    assert run.y[0, :, 2] == pytest.approx(start[0] * np.exp(-2.0), rel=1e-7)
    assert run.y[1, :, 1] == pytest.approx(start[1] * np.exp(0.5), rel=1e-7)


def test_default_tolerance_does_not_depend_on_the_unit():
    def peak(unit):
        run = integrate(lambda t, y: np.array([-y[0], y[0] - 3.0 * y[1]]), [unit, 0.0], np.linspace(0, 4, 9), rtol=1e-6)
        return run.y[1] / unit

    assert np.array_equal(peak(2.0**-40), peak(1.0))
    assert np.array_equal(peak(2.0**40), peak(1.0))


def test_a_system_that_starts_at_zero_is_resolved():
    run = integrate(lambda t, y: 1e-12 - y, [0.0], [0.0, 1.0, 3.0])
    assert run.y[0] == pytest.approx(1e-12 * -np.expm1(-run.t), rel=1e-6)


def test_jacobian_saves_evaluations_and_changes_nothing():
    def rates(t, y):
        return -DECAYS * y

    plain = integrate(rates, np.ones(40), [0.0, 3.0], method="BDF")
    helped = integrate(rates, np.ones(40), [0.0, 3.0], method="BDF", jacobian=lambda t, y: -np.diag(DECAYS))
    assert helped.evaluations < plain.evaluations
    assert helped.y == pytest.approx(plain.y, abs=1e-7)
    with pytest.raises(ValueError, match="jacobian needs a start of one axis"):
        integrate(rates, np.ones((40, 1)), [0.0, 3.0], jacobian=lambda t, y: -np.diag(DECAYS))


def test_events_are_found_where_they_are():
    turn = Event(lambda t, y: y[1], direction=-1)
    zero = Event(lambda t, y: y[0])
    run = integrate(
        lambda t, y: np.array([y[1], -y[0]]),
        [0.0, 1.0],
        [0.0, 4.0 * np.pi - 0.5],
        events={"top": turn, "zero": zero},
    )
    assert run.events["top"] == pytest.approx(np.pi * np.array([0.5, 2.5]), abs=1e-6)
    assert run.states["top"][0] == pytest.approx([1.0, 1.0], abs=1e-6)
    assert run.events["zero"] == pytest.approx(np.pi * np.array([1.0, 2.0, 3.0]), abs=1e-6)
    assert run.stopped is None


def test_an_event_at_the_very_start_does_not_count():
    for direction in (0, 1, -1):
        back = Event(lambda t, y: y[0] - 1.0, direction=direction, stop=True)
        run = integrate(lambda t, y: np.array([y[1], -y[0]]), [1.0, 1.0], [0.0, 6.0], events={"back": back})
        expected = {0: 0.5 * np.pi, 1: None, -1: 0.5 * np.pi}[direction]
        assert run.events["back"] == pytest.approx([expected] if expected else [], abs=1e-6)


def test_a_stopping_event_ends_the_run_and_is_named():
    half = Event(lambda t, y: y[0] - 0.5, stop=True)
    never = Event(lambda t, y: y[0] + 1.0, stop=True)
    run = integrate(lambda t, y: -y, [1.0], [0.0, 0.5, 1.0, 2.0], events={"never": never, "half": half})
    assert run.stopped == "half"
    assert run.events["half"] == pytest.approx([np.log(2.0)], rel=1e-7)
    assert run.events["never"].size == 0
    assert run.states["never"].shape == (1, 0)
    assert run.t.tolist() == [0.0, 0.5]


def test_rates_cannot_spoil_the_state():
    def rates(t, y):
        y[0] = 0.0
        return -y

    with pytest.raises(ValueError, match="read-only"):
        integrate(rates, [1.0], [0.0, 1.0])


def blows_up(method):
    return lambda: integrate(lambda t, y: y**2, [1.0], [0.0, 2.0], names=["virus"], method=method)


def undefined():
    return integrate(lambda t, y: np.array([-1.0, -np.sqrt(y[1])]), [1.0, 1.0], [0.0, 9.0], names=["I", "V"])


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("method", METHODS)
def test_a_blow_up_is_named_with_its_time(method):
    with pytest.raises(IntegrationError, match=r"virus.*t = 1|t = 1.*virus") as caught:
        blows_up(method)()
    assert "end the times earlier" in str(caught.value)


def test_an_undefined_rate_names_variable_time_and_cure():
    with pytest.raises(IntegrationError, match=r"rate of change of V became nan at t = 2\..*V = -") as caught:
        undefined()
    assert "negative number" in str(caught.value)


def test_one_cell_of_many_is_named_by_its_index():
    def rates(t, y):
        slope = -y
        slope[1, 2] = np.nan if t > 0.5 else 0.0
        return slope

    with pytest.raises(IntegrationError, match=r"rate of change of variable 1\[2\] became nan"):
        integrate(rates, np.ones((2, 3)), [0.0, 1.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": []}, "start is empty"),
        ({"start": [1.0, np.nan]}, r"start of V must be a finite number, got nan"),
        ({"start": [1.0]}, r"names has 2 entries, but start has 1"),
        ({"times": [0.0]}, "at least two times"),
        ({"times": [[0.0, 1.0]]}, "at least two times"),
        ({"times": [0.0, np.inf]}, "times must be finite, got inf"),
        ({"times": [0.0, 2.0, 1.0]}, r"times must increase, but times\[2\] = 1 follows 2"),
        ({"times": [0.0, 0.0]}, r"times\[1\] = 0 follows 0"),
        ({"method": "Euler"}, "method must be one of LSODA"),
        ({"rtol": 0.0}, "rtol must lie between"),
        ({"rtol": np.nan}, "rtol must lie between"),
        ({"atol": -1.0}, "atol must be zero or positive"),
        ({"rates": lambda t, y: [1.0, 2.0, 3.0]}, r"rates returned shape \(3,\), but start has shape \(2,\)"),
        ({"rates": lambda t, y: None}, r"rates returned shape \(\)"),
    ],
)
def test_bad_arguments_are_named(change, message):
    good = {"rates": lambda t, y: -y, "start": [1.0, 2.0], "times": [0.0, 1.0], "names": ["I", "V"]}
    with pytest.raises(ValueError, match=message):
        integrate(**(good | change))
