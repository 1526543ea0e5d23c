"""Ordinary differential equations: adaptive integration that checks its input and explains its failures."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

IMPLICIT = ("LSODA", "BDF", "Radau")
METHODS = (*IMPLICIT, "RK45", "RK23", "DOP853")


class IntegrationError(RuntimeError):
    """The integration could not reach the last time; the message says where it stopped and what to change."""


class Event(NamedTuple):
    """Something to watch for: the moment when `when(t, y)` passes through zero.

    Attributes
    ----------
    when : callable
        ``when(t, y)`` returns a number; the event happens where its sign changes.
    direction : int
        1 for upward crossings only, -1 for downward ones only, 0 for both.
    stop : bool
        Whether the integration ends there.
    """

    when: callable
    direction: int = 0
    stop: bool = False


@dataclass(frozen=True)
class Run:
    """What an integration returns.

    Attributes
    ----------
    t : numpy.ndarray, shape (times,)
        The times asked for, up to the event that stopped the run, if any.
    y : numpy.ndarray, shape (\\*start.shape, times)
        The variables at those times.
    events : dict of str to numpy.ndarray
        The times at which each event happened.
    states : dict of str to numpy.ndarray
        The variables at each event, shape (\\*start.shape, events).
    stopped : str or None
        The event that ended the run before the last time.
    evaluations : int
        How often the rates were evaluated.
    """

    t: np.ndarray
    y: np.ndarray
    events: dict
    states: dict
    stopped: str | None
    evaluations: int


class _Rates:
    """The user's rates on flat vectors, with every answer checked and counted."""

    def __init__(self, rates, start, names, budget):
        self.rates, self.shape, self.names, self.budget = rates, start.shape, names, budget
        self.calls, self.reached, self.state, self.slope = 0, np.nan, start, np.zeros(start.shape)

    def label(self, flat_index):
        index = np.unravel_index(flat_index, self.shape)
        name = self.names[index[0]] if self.names else f"variable {index[0]}"
        return name + (str(list(map(int, index[1:]))) if len(index) > 1 else "")

    def __call__(self, t, flat):
        state = flat.reshape(self.shape)
        state.flags.writeable = False
        self._refuse(t, flat, "the state", flat)
        with np.errstate(all="ignore"):
            slope = np.asarray(self.rates(t, state), dtype=float)
        if slope.shape != self.shape:
            raise ValueError(f"rates returned shape {slope.shape}, but start has shape {self.shape}")
        self._refuse(t, slope.ravel(), "the rate of change", flat)
        self.calls, self.reached, self.state, self.slope = self.calls + 1, t, state, slope
        if self.calls > self.budget:
            raise IntegrationError(
                f"more than {self.budget} evaluations of the rates, and only at t = {t:.6g}: "
                "use method='LSODA' or 'BDF' if the system is stiff, "
                "or else a looser rtol, a shorter time or a larger budget"
            )
        return slope.ravel()

    def fastest(self):
        return self.label(int(np.argmax(np.abs(self.slope) / (np.abs(self.state) + np.finfo(float).tiny))))

    def _refuse(self, t, values, what, flat):
        if np.all(np.isfinite(values)):
            return
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise IntegrationError(
            f"{what} of {self.label(bad)} became {values[bad]} at t = {t:.6g}, "
            f"where {self.label(bad)} = {flat[bad]:.6g}: "
            "look for a division by zero, a root or logarithm of a negative number, or growth without bound; "
            "end the times earlier, or tighten rtol if the true solution stays finite"
        )


def _checked_start(start, names):
    start = np.array(start, dtype=float, ndmin=1)
    if start.size == 0:
        raise ValueError("start is empty: give one value for each variable")
    if names is not None and len(names) != len(start):
        raise ValueError(f"names has {len(names)} entries, but start has {len(start)} variables")
    if not np.all(np.isfinite(start)):
        bad = np.unravel_index(int(np.flatnonzero(~np.isfinite(start.ravel()))[0]), start.shape)
        who = names[bad[0]] if names is not None else f"variable {bad[0]}"
        raise ValueError(f"start of {who} must be a finite number, got {start[bad]}")
    return start


def _checked_times(times):
    times = np.asarray(times, dtype=float)
    if times.ndim != 1 or len(times) < 2:
        raise ValueError(f"times must be a sequence of at least two times, got shape {times.shape}")
    if not np.all(np.isfinite(times)):
        raise ValueError(f"times must be finite, got {times[~np.isfinite(times)][0]}")
    late = np.flatnonzero(np.diff(times) <= 0)
    if late.size:
        i = int(late[0])
        raise ValueError(f"times must increase, but times[{i + 1}] = {times[i + 1]:g} follows {times[i]:g}")
    return times


def _absolute(atol, rtol, start, first, span):
    """Return the absolute tolerance: small against the smallest size that the problem itself shows."""
    if atol is not None:
        atol = np.broadcast_to(np.asarray(atol, dtype=float), start.shape).ravel()
        if not np.all(np.isfinite(atol)) or np.any(atol < 0):
            raise ValueError(f"atol must be zero or positive, got {atol}")
        return atol
    sizes = np.abs(start[start != 0]) if np.any(start) else np.abs(first[first != 0]) * span
    return 1e-4 * rtol * (sizes.min() if sizes.size else 1.0)


def _scipy_event(event, start, first, times):
    """Return the event as SciPy wants it; where it is zero at the start, its value just afterwards counts."""
    step = 1e-9 * (times[-1] - times[0])
    after = float(event.when(times[0] + step, start + step * first.reshape(start.shape)))

    def crossing(t, flat):
        value = float(event.when(t, flat.reshape(start.shape)))
        return value if value or t > times[0] else after

    crossing.terminal, crossing.direction = event.stop, event.direction
    return crossing


def _event_states(found, shape):
    states = np.asarray(found, dtype=float).reshape(-1, *shape)
    return np.moveaxis(states, 0, -1)


def integrate(
    rates, start, times, *, names=None, events=None, jacobian=None,
    method="LSODA", rtol=1e-8, atol=None, budget=200_000,
):  # fmt: skip
    """Integrate dy/dt = rates(t, y) from `start` and return the variables at `times`.

    The step is chosen so that the estimated error of each step stays below ``rtol |y| + atol``; the error of
    the result is usually ten to a hundred times larger. The default method switches by itself between Adams
    methods (order up to 12) and backward differentiation (order up to 5) for stiff systems; values between
    steps come from the method's own interpolant, so dense `times` cost next to nothing.

    Parameters
    ----------
    rates : callable
        ``rates(t, y)`` returns dy/dt with the shape of `start`; it cannot write into y.
    start : array_like
        State at ``times[0]``; the first axis counts the variables, further axes may count cells or subjects.
    times : array_like, shape (times,)
        Increasing times; the first is the initial time.
    names : sequence of str, optional
        Names of the variables, for error messages.
    events : dict of str to Event, optional
        What to watch for; a crossing at the initial time itself does not count.
    jacobian : callable, optional
        ``jacobian(t, y)`` for a `start` of one axis: array of shape (variables, variables); spares the
        implicit methods their finite differences.
    method : str
        One of `METHODS`; the explicit ``"DOP853"`` (order 8) suits smooth systems that are not stiff.
    rtol : float
        Relative tolerance.
    atol : float or array_like, optional
        Absolute tolerance in the units of the variables; by default 10⁻⁴ `rtol` times the smallest start
        value that is not zero, so that a change of units changes nothing.
    budget : int
        Evaluations of the rates after which to give up.

    Returns
    -------
    Run
        Times, variables, events and the number of evaluations.

    Raises
    ------
    ValueError
        If an argument contradicts the others; the message names it.
    IntegrationError
        If a variable or its rate stops being finite, or the solver gives up; the message says which, when and
        what to change.

    References
    ----------
    Petzold, L. (1983) Automatic selection of methods for solving stiff and nonstiff systems of
    ordinary differential equations. SIAM J. Sci. Stat. Comput. 4, 136-148. https://doi.org/10.1137/0904010
    Virtanen, P. et al. (2020) SciPy 1.0. Nat. Methods 17, 261-272.
    https://doi.org/10.1038/s41592-019-0686-2

    Examples
    --------
    >>> run = integrate(lambda t, y: -y, [1.0], [0.0, 1.0, 2.0])
    >>> bool(np.allclose(run.y[0], np.exp(-run.t), rtol=1e-7))
    True
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if not 1e-13 <= rtol <= 0.1:
        raise ValueError(f"rtol must lie between 1e-13 and 0.1, got {rtol!r}")
    start, times = _checked_start(start, names), _checked_times(times)
    if jacobian is not None and start.ndim > 1:
        raise ValueError(f"a jacobian needs a start of one axis, got shape {start.shape}")
    watched, checked = events or {}, _Rates(rates, start, names, budget)
    first = checked(times[0], start.ravel())
    options = {"rtol": rtol, "atol": _absolute(atol, rtol, start, first, times[-1] - times[0])}
    if jacobian is not None and method in IMPLICIT:
        options["jac"] = jacobian
    found = [_scipy_event(event, start, first, times) for event in watched.values()]
    answer = solve_ivp(
        checked,
        (times[0], times[-1]),
        start.ravel(),
        method=method,
        t_eval=times,
        events=found or None,
        **options,
    )
    return _run(answer, checked, start, watched)


def _run(answer, checked, start, watched):
    if answer.status < 0:
        raise IntegrationError(
            f"the solver stopped near t = {checked.reached:.6g}, where {checked.fastest()} changes fastest "
            f"({answer.message.rstrip('.').lower()}): the solution may blow up or jump there; "
            "end the times earlier, loosen rtol, or try another method"
        )
    happened = dict(zip(watched, answer.t_events or [], strict=True))
    states = {
        name: _event_states(found, start.shape) for name, found in zip(watched, answer.y_events or [], strict=True)
    }
    ends = [name for name, event in watched.items() if event.stop and happened[name].size]
    stopped = max(ends, key=lambda name: happened[name][-1]) if answer.status == 1 else None
    values = np.asarray(answer.y).reshape(*start.shape, -1)
    return Run(answer.t, values, happened, states, stopped, checked.calls)
