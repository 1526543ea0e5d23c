"""Agents on a field: they move, release, take up and climb, and not a particle is lost between them and the grid.

Positions are arrays with one row an agent and one column an axis of a `Grid` whose axes are sealed ("no-flux") or
periodic. What agents give to the grid and what they read from it pass through the same bilinear kernel
(cloud-in-cell), so that giving conserves the amount and reading is its adjoint.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import wrightomega

from .branching import birth_death
from .fields import Diffusion
from .grids import NO_FLUX, PERIODIC, Grid
from .streams import generator


def refuse(name, value, allowed, change=""):
    """Raise a ValueError that names a parameter, its value, what is allowed and what to change."""
    raise ValueError(f"{name} must be {allowed}, got {value!r}{'; ' + change if change else ''}")


@cache
def kernels():
    """Return the module of compiled loops, or None where numba is not installed."""
    try:
        from . import _agents_kernels
    except ImportError:
        return None
    return _agents_kernels


def _agents(grid, positions):
    """Return positions as an array after checking that the grid suits agents and holds all of them."""
    if any(side not in (NO_FLUX, PERIODIC) for pair in grid.boundary for side in pair):
        refuse("boundary", grid.boundary, "'no-flux' or 'periodic' on every side", "agents know no other walls")
    positions = np.asarray(positions, float)
    if positions.ndim != 2 or positions.shape[1] != len(grid.shape):
        refuse("positions", f"an array of shape {positions.shape}", f"of shape (agents, {len(grid.shape)})")
    if not _inside(positions, np.array(grid.lengths)):
        refuse("positions", positions, f"finite and inside the box {grid.lengths}", "use `fold` after each move")
    return positions


def _inside(positions, lengths):
    if kernels():
        return kernels().inside(positions, lengths)
    return bool(np.all(positions >= 0.0) and np.all(positions <= lengths))


def _each(name, value, positions, least=0.0):
    """Return a number, or one number an agent, as an array with one entry an agent."""
    values = np.asarray(value, float)
    if values.ndim > 1 or values.size not in (1, len(positions)):
        refuse(name, f"an array of shape {values.shape}", f"one number, or one for each of {len(positions)} agents")
    if not np.all(np.isfinite(values)) or np.any(values < least):
        refuse(name, value, "finite" if least == -np.inf else f"finite and at least {least:g}")
    return np.broadcast_to(values, len(positions))


def _span(dt):
    if not np.isfinite(dt) or dt < 0:
        refuse("dt", dt, "finite and not negative")
    return float(dt)


def _field(grid, field):
    field = np.asarray(field, float)
    if field.shape != grid.shape:
        refuse("field", f"an array of shape {field.shape}", f"of the grid's shape {grid.shape}")
    return field


def _periodic(grid):
    return np.array([pair[0] == PERIODIC for pair in grid.boundary])


def _cloud(grid, positions):
    """Return index and share of the cells under each agent's kernel, both of shape (2 ** axes, agents)."""
    index, share = np.zeros((1, len(positions)), np.intp), np.ones((1, len(positions)))
    for axis, (cells, width, wraps) in enumerate(zip(grid.shape, grid.spacing, _periodic(grid), strict=True)):
        s = positions[:, axis] / width - 0.5
        low = np.floor(s)
        upper, both = s - low, low.astype(np.intp) + np.array([[0], [1]])
        both = both % cells if wraps else np.minimum(np.maximum(both, 0), cells - 1)
        index = (index[:, None] * cells + both).reshape(-1, len(positions))
        share = (share[:, None] * np.array([1.0 - upper, upper])).reshape(-1, len(positions))
    return index, share


def _planar(grid, positions, *arrays):
    """Return what the compiled loops take: positions, fields, widths and periodicity in two dimensions."""
    flat = len(grid.shape) == 1
    widths, wraps = np.array([*grid.spacing, 1.0][:2]), np.append(_periodic(grid), False)[:2]
    if flat:
        positions = np.column_stack([positions, np.full(len(positions), 0.5)])
    return np.ascontiguousarray(positions), *(a[:, None] if flat else a for a in arrays), widths, wraps


def deposit(grid, positions, amounts, *, compiled=True):
    """Return the density of what agents release: each amount is shared between the cell centres around its agent.

    The kernel is bilinear (cloud-in-cell); at a sealed wall the share of the missing cell goes to its neighbour. The
    amount on the grid is the amount released to round-off, wherever the agents are.

    Parameters
    ----------
    grid : Grid
        Grid whose sides are ``"no-flux"`` or ``"periodic"``.
    positions : array_like, shape (agents, axes)
        Places of the agents inside the grid.
    amounts : float or array_like, shape (agents,)
        What each agent gives; negative amounts take.
    compiled : bool
        Use the compiled loop if numba is installed; without it the answer is the same to round-off.

    Returns
    -------
    numpy.ndarray, shape grid.shape
        Amount per volume.

    Raises
    ------
    ValueError
        If agents are outside the grid, amounts are not finite, or a side is neither sealed nor periodic.

    References
    ----------
    Hockney & Eastwood (1988), Computer Simulation Using Particles, doi:10.1201/9780367806934.

    Examples
    --------
    >>> grid = Grid((4, 4), (4.0, 4.0))
    >>> deposit(grid, [[1.0, 1.5]], 8.0)[:, 1]
    array([4., 4., 0., 0.])
    """
    positions = _agents(grid, positions)
    amounts = _each("amounts", amounts, positions, -np.inf)
    if compiled and kernels():
        out = np.zeros(grid.shape)
        where, view, widths, wraps = _planar(grid, positions, out)
        kernels().deposit(where, amounts, widths, wraps, view)
    else:
        index, share = _cloud(grid, positions)
        out = np.bincount(index.ravel(), (share * amounts).ravel(), int(np.prod(grid.shape))).reshape(grid.shape)
    out /= grid.volume
    return out


def gather(grid, field, positions, *, compiled=True):
    """Return a field at the places of agents, interpolated between cell centres; second order in the cell width.

    The adjoint of `deposit`: Σ amounts · gather(field) = Σ deposit(amounts) · field · volume.

    Parameters
    ----------
    grid : Grid
        Grid whose sides are ``"no-flux"`` or ``"periodic"``.
    field : array_like, shape grid.shape
        Values at cell centres.
    positions : array_like, shape (agents, axes)
        Places of the agents.
    compiled : bool
        As for `deposit`.

    Returns
    -------
    numpy.ndarray, shape (agents,)
        Values.

    Raises
    ------
    ValueError
        As for `deposit`, or if the field has another shape than the grid.

    Examples
    --------
    >>> grid = Grid(4, 4.0)
    >>> gather(grid, [0.0, 1.0, 2.0, 3.0], [[1.5], [2.25], [0.1]])
    array([1.  , 1.75, 0.  ])
    """
    positions, field = _agents(grid, positions), _field(grid, field)
    if compiled and kernels():
        out = np.empty(len(positions))
        where, view, widths, wraps = _planar(grid, positions, field)
        kernels().gather(where, view, widths, wraps, out)
        return out
    index, share = _cloud(grid, positions)
    return (field.ravel()[index] * share).sum(axis=0)


def slope(grid, field, positions, *, compiled=True):
    """Return the gradient of a field at the places of agents; second order in the cell width.

    Central differences at cell centres (a sealed wall mirrors the field), interpolated as by `gather`.

    Parameters
    ----------
    grid, field, positions, compiled
        As for `gather`.

    Returns
    -------
    numpy.ndarray, shape (agents, axes)
        Derivatives along the axes.

    Raises
    ------
    ValueError
        As for `gather`.

    Examples
    --------
    >>> slope(Grid(5, 5.0, "periodic"), [0.0, 1.0, 2.0, 3.0, 4.0], [[2.2]])
    array([[1.]])
    """
    positions, field = _agents(grid, positions), _field(grid, field)
    if compiled and kernels():
        out = np.empty((len(positions), 2))
        where, view, widths, wraps = _planar(grid, positions, field)
        kernels().slope(where, view, widths, wraps, out)
        return out[:, : len(grid.shape)]
    index, share = _cloud(grid, positions)
    parts = [(d.ravel()[index] * share).sum(axis=0) for d in _differences(grid, field)]
    return np.stack(parts, axis=1)


def _differences(grid, field):
    for axis, (width, wraps) in enumerate(zip(grid.spacing, _periodic(grid), strict=True)):
        ends = [(1, 1) if a == axis else (0, 0) for a in range(field.ndim)]
        padded = np.pad(field, ends, mode="wrap" if wraps else "edge")
        up, down = (np.take(padded, range(at, at + grid.shape[axis]), axis) for at in (2, 0))
        yield (up - down) / (2.0 * width)


def fold(grid, positions, velocities=None):
    """Return places brought back into the box: carried round if the axis is periodic, mirrored at sealed walls.

    Parameters
    ----------
    grid : Grid
        Grid whose sides are ``"no-flux"`` or ``"periodic"``.
    positions : array_like, shape (agents, axes)
        Places, anywhere.
    velocities : array_like, shape (agents, axes), optional
        Velocities; a component is turned round as often as its agent met a wall.

    Returns
    -------
    numpy.ndarray, or a pair of them if velocities are given
        Places inside the box, and velocities.

    Raises
    ------
    ValueError
        If a place is not finite.

    Examples
    --------
    >>> fold(Grid((3, 3), (3.0, 3.0), ["periodic", "no-flux"]), [[3.5, 3.5], [-1.0, -1.0]])
    array([[0.5, 2.5],
           [2. , 1. ]])
    """
    positions = np.array(positions, float)
    if not np.isfinite(positions.sum()):
        refuse("positions", positions, "finite", "take a shorter step")
    turned = None if velocities is None else np.array(velocities, float)
    for axis, (length, wraps) in enumerate(zip(grid.lengths, _periodic(grid), strict=True)):
        x = positions[:, axis]
        if wraps:
            x %= length
            continue
        x %= 2.0 * length
        if turned is not None:
            turned[x > length, axis] *= -1.0
        np.subtract(length, np.abs(x - length), out=x)
    return positions if velocities is None else (positions, turned)


def scatter(grid, count, rng):
    """Return places drawn evenly from the whole box.

    Parameters
    ----------
    grid : Grid
        The box.
    count : int
        Agents.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray, shape (count, axes)
        Places.

    Examples
    --------
    >>> scatter(Grid((3, 3), (3.0, 9.0)), 100, rng=1).max(axis=0).round(1)
    array([3. , 8.9])
    """
    if count != int(count) or count < 0:
        refuse("count", count, "a whole number, not negative")
    return generator(rng).random((int(count), len(grid.shape))) * grid.lengths


def wander(grid, positions, D, dt, rng):
    """Return places after Brownian motion for a time; exact in law for any step, walls included.

    Parameters
    ----------
    grid : Grid
        The box.
    positions : array_like, shape (agents, axes)
        Places.
    D : float or array_like, shape (agents,)
        Diffusion coefficient (length²/time).
    dt : float
        Time.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray, shape (agents, axes)
        Places.

    Raises
    ------
    ValueError
        If D or dt is negative or not finite.

    Examples
    --------
    >>> grid = Grid((3, 3), (1e3, 1e3))
    >>> moved = wander(grid, np.full((20000, 2), 500.0), 2.0, 3.0, rng=1) - 500.0
    >>> bool(abs((moved**2).sum(axis=1).mean() / (4 * 2.0 * 3.0) - 1) < 0.03)
    True
    """
    positions = _agents(grid, positions)
    moved = positions + _shake(positions, D, dt, rng)
    if kernels():
        kernels().fold(moved, np.array(grid.lengths), _periodic(grid))
        return moved
    return fold(grid, moved)


def _shake(positions, D, dt, rng):
    length = np.sqrt(2.0 * np.asarray(_each("D", D, positions)) * _span(dt))
    steps = generator(rng).standard_normal(positions.shape)
    steps *= length[0] if np.size(D) == 1 and len(length) else length[:, None]
    return steps


def persist(grid, positions, velocities, speed, persistence, dt, rng):
    """Return places and velocities after a persistent random walk for a time; exact in law for any step.

    Each velocity component is an Ornstein–Uhlenbeck process with memory P, and places are its integral; both are
    drawn together from their joint Gaussian law, and walls mirror the path. In n dimensions and far from walls
    ⟨r²⟩ = 2 S² P (t − P(1 − e^{−t/P})), so the motion turns into diffusion with D = S² P/n once t ≫ P.

    Parameters
    ----------
    grid : Grid
        The box.
    positions, velocities : array_like, shape (agents, axes)
        Places, and velocities (see `headings`).
    speed : float
        Root mean square speed S.
    persistence : float
        Persistence time P.
    dt : float
        Time.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    positions, velocities : numpy.ndarray, shape (agents, axes)
        A moment dt later.

    Raises
    ------
    ValueError
        If speed is negative, or persistence not positive.

    References
    ----------
    Uhlenbeck & Ornstein (1930), Phys. Rev. 36, 823–841, doi:10.1103/PhysRev.36.823.
    Gillespie (1996), Phys. Rev. E 54, 2084–2091, doi:10.1103/PhysRevE.54.2084.

    Examples
    --------
    >>> grid, rng = Grid((3, 3), (1e4, 1e4)), np.random.default_rng(1)
    >>> start, v = np.full((20000, 2), 5e3), headings(20000, 2, 5.0, rng)
    >>> moved, v = persist(grid, start, v, 5.0, 1.0, 100.0, rng)
    >>> bool(abs(((moved - start) ** 2).sum(axis=1).mean() / (4 * 12.5 * 99.0) - 1) < 0.03)
    True
    """
    positions, rng, t = _agents(grid, positions), generator(rng), _span(dt)
    velocities = np.asarray(velocities, float)
    if velocities.shape != positions.shape:
        refuse("velocities", f"an array of shape {velocities.shape}", f"of the positions' shape {positions.shape}")
    if not np.isfinite(speed) or speed < 0:
        refuse("speed", speed, "finite and not negative")
    if not np.isfinite(persistence) or persistence <= 0:
        refuse("persistence", persistence, "finite and positive", "use `wander` for motion without memory")
    P, per_axis = float(persistence), speed**2 / positions.shape[1]
    lost, half = -np.expm1(-t / P), -np.expm1(-2.0 * t / P)
    spread = 2.0 * per_axis * P**2 * _memory_spread(t / P)
    joint, var = per_axis * P * lost**2, per_axis * half
    first, second = rng.standard_normal((2, *positions.shape))
    moved = positions + P * lost * velocities + np.sqrt(spread) * first
    slant = joint / np.sqrt(spread) if spread > 0 else 0.0
    velocities = (1.0 - lost) * velocities + slant * first + np.sqrt(max(var - slant**2, 0.0)) * second
    return fold(grid, moved, velocities)


def _memory_spread(z):
    """Return z − 2(1 − e⁻ᶻ) + (1 − e⁻²ᶻ)/2, which is z³/3 for small z, without cancellation."""
    if z < 0.02:
        return z**3 * (1.0 / 3.0 - z / 4.0 + 7.0 * z**2 / 60.0 - z**3 / 24.0)
    return z + 2.0 * np.expm1(-z) - 0.5 * np.expm1(-2.0 * z)


def headings(count, axes, speed, rng):
    """Return velocities of the stationary law of `persist`: Gaussian, with root mean square length `speed`.

    Parameters
    ----------
    count, axes : int
        Agents and dimensions.
    speed : float
        Root mean square speed.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray, shape (count, axes)
        Velocities.

    Examples
    --------
    >>> v = headings(20000, 2, 5.0, rng=1)
    >>> bool(abs((v**2).sum(axis=1).mean() / 25.0 - 1) < 0.03)
    True
    """
    if not np.isfinite(speed) or speed < 0:
        refuse("speed", speed, "finite and not negative")
    return generator(rng).standard_normal((count, axes)) * speed / np.sqrt(axes)


def climb(grid, positions, field, drift, dt, *, shake=None, compiled=True):
    """Return places after agents have followed the gradient of a frozen field for a time, by Heun's method.

    Order two; with Brownian steps `shake` added, order two in the weak sense (Kloeden & Platen 1992, ch. 15).

    Parameters
    ----------
    grid : Grid
        The box.
    positions : array_like, shape (agents, axes)
        Places.
    field : array_like, shape grid.shape
        What they sense.
    drift : float, array_like of shape (agents,), or callable
        Velocity per gradient, negative to flee; or ``drift(value, gradient)``, the velocities, from what each agent
        senses: shapes (agents,) and (agents, axes).
    dt : float
        Time.
    shake : array_like, shape (agents, axes), optional
        Steps that chance adds during this time.
    compiled : bool
        As for `deposit`.

    Returns
    -------
    numpy.ndarray, shape (agents, axes)
        Places.

    Raises
    ------
    ValueError
        If a step carries an agent past half of the box: it would not feel what lies between.

    References
    ----------
    Kloeden & Platen (1992), Numerical Solution of Stochastic Differential Equations, doi:10.1007/978-3-662-12616-5.

    Examples
    --------
    >>> grid = Grid(10, 10.0)
    >>> climb(grid, [[2.0]], grid.centres[0], 0.5, 3.0)
    array([[3.5]])
    """
    positions, field, dt = _agents(grid, positions), _field(grid, field), _span(dt)
    shake = np.zeros((0, len(grid.shape))) if shake is None else np.asarray(shake, float)
    if len(shake) and shake.shape != positions.shape:
        refuse("shake", f"an array of shape {shake.shape}", f"of the positions' shape {positions.shape}")
    if compiled and kernels() and not callable(drift):
        rates = _each("drift", drift, positions, -np.inf)
        where, view, widths, wraps = _planar(grid, positions, field)
        if len(grid.shape) == 1:
            shake = np.column_stack([shake, np.zeros(len(shake))])
        out, lengths = np.empty_like(where), np.array([*grid.lengths, 1.0][:2])
        _within(grid, kernels().climb(where, shake, view, widths, lengths, wraps, rates, dt, out), dt)
        return out[:, : len(grid.shape)]
    goal = positions + shake if len(shake) else positions
    first = _velocity(grid, positions, field, drift, dt, compiled)
    second = _velocity(grid, fold(grid, goal + dt * first), field, drift, dt, compiled)
    return fold(grid, goal + 0.5 * dt * (first + second))


def _velocity(grid, positions, field, drift, dt, compiled):
    gradient = slope(grid, field, positions, compiled=compiled)
    if callable(drift):
        velocity = np.asarray(drift(gather(grid, field, positions, compiled=compiled), gradient), float)
        if velocity.shape != positions.shape:
            refuse("drift", f"velocities of shape {velocity.shape}", f"of the positions' shape {positions.shape}")
    else:
        velocity = _each("drift", drift, positions, -np.inf)[:, None] * gradient
    _within(grid, dt * float(np.abs(velocity).max(initial=0.0)), dt)
    return velocity


def _within(grid, way, dt):
    reach = 0.5 * min(grid.lengths)
    if not way <= reach:
        refuse("dt", dt, f"at most {dt * reach / way:.3g}, so that no agent crosses half of the box",
               "take a shorter step or a smaller drift")  # fmt: skip


def uptake(grid, field, positions, rate, dt, *, half=None, compiled=True):
    """Return a field after agents have taken from it for a time, and what each has received; exact for agents at rest.

    Agent i takes rateᵢ · c at its place (first order), or rateᵢ · c/(half + c) cell by cell (Michaelis–Menten), where c
    is weighted with its kernel. Each grid cell is solved exactly over the step: c e^{−r dt} with r the rates that reach
    it, or by the Wright omega function (Schnell & Mendoza 1997). So no cell ever gives more than it has, and what the
    field loses is what the agents receive, to round-off.

    Parameters
    ----------
    grid : Grid
        Grid whose sides are ``"no-flux"`` or ``"periodic"``.
    field : array_like, shape grid.shape
        Concentrations.
    positions : array_like, shape (agents, axes)
        Places.
    rate : float or array_like, shape (agents,)
        First order: clearance (volume per time). Michaelis–Menten: the most an agent takes (amount per time).
    dt : float
        Time.
    half : float, optional
        Concentration at which uptake is half of the most; first order if left out.
    compiled : bool
        As for `deposit`.

    Returns
    -------
    field : numpy.ndarray, shape grid.shape
        Concentrations after the step.
    taken : numpy.ndarray, shape (agents,)
        Amount that each agent received.

    Raises
    ------
    ValueError
        If a rate or time is negative, or half is not positive.

    References
    ----------
    Schnell & Mendoza (1997), J. Theor. Biol. 187, 207–212, doi:10.1006/jtbi.1997.0425.

    Examples
    --------
    >>> grid = Grid(4, 4.0)
    >>> left, taken = uptake(grid, grid.field(2.0), [[1.5], [1.75]], 3.0, dt=100.0)
    >>> left.round(9), float(taken.sum().round(9))
    (array([2., 0., 0., 2.]), 4.0)
    """
    positions, field, dt = _agents(grid, positions), _field(grid, field), _span(dt)
    rate = _each("rate", rate, positions)
    if half is not None and not (np.isfinite(half) and half > 0):
        refuse("half", half, "a positive concentration", "leave it out for uptake of first order")
    pull = deposit(grid, positions, rate, compiled=compiled)
    after, felt = field.copy(), pull > 0
    gone = _emptied(field[felt], pull[felt], dt, half)
    after[felt] -= gone
    share = np.zeros(grid.shape)
    share[felt] = gone / pull[felt]
    return after, rate * gather(grid, share, positions, compiled=compiled)


def _emptied(c, pull, dt, half):
    """Return what cells lose in a time, from the exact solution of dc/dt = −pull · c, or −pull · c/(half + c)."""
    if half is None:
        return -c * np.expm1(-pull * dt)
    held = c > 0
    lost = np.zeros_like(c)
    start = c[held] / half
    left = half * wrightomega(np.log(start) + start - pull[held] * dt / half)
    lost[held] = c[held] - np.minimum(left, c[held])
    return lost


def turnover(count, birth, death, dt, rng):
    """Return who stands where each agent of the next moment stands: births double an index, deaths remove it.

    Every agent splits and dies independently at constant rates; its family at the end of the step is drawn exactly,
    however long the step (see `branching.birth_death`).

    Parameters
    ----------
    count : int
        Agents.
    birth, death : float or array_like, shape (count,)
        Rates, not negative.
    dt : float
        Time.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray of int
        Index of the ancestor of each agent: ``positions[ancestors]`` puts daughters where their mother was.

    Raises
    ------
    ValueError
        If a rate or time is negative or not finite.

    Examples
    --------
    >>> len(turnover(100000, 0.02, 0.01, 10.0, rng=1)) // 1000
    110
    """
    if count != int(count) or count < 0:
        refuse("count", count, "a whole number, not negative")
    if not count:
        return np.zeros(0, np.intp)
    birth, death = (np.broadcast_to(np.asarray(rate, float), int(count)) for rate in (birth, death))
    rates = {"birth": lambda n: birth, "death": lambda n: death}
    families = birth_death(np.ones(int(count), np.int64), times=[_span(dt)], rng=rng, **rates)[:, 0]
    return np.repeat(np.arange(int(count), dtype=np.intp), families)


def compose(flows, state, dt, order):
    """Return a state after one step of several processes in turn (operator splitting).

    Parameters
    ----------
    flows : sequence of callable
        ``flow(state, dt)`` returns the state after one process alone has acted for a time.
    state : object
        The state.
    dt : float
        Time step.
    order : int
        1: each in turn for the whole step (Lie). 2: all but the last for half a step, the last for a whole one, the
        others once more backwards (Strang); needs flows that are themselves of order two.

    Returns
    -------
    object
        The state a step later; the error of a run falls as dt to the power `order`.

    Raises
    ------
    ValueError
        If the order is neither 1 nor 2.

    References
    ----------
    Strang (1968), SIAM J. Numer. Anal. 5, 506–517, doi:10.1137/0705041.

    Examples
    --------
    >>> compose([lambda x, dt: x + dt, lambda x, dt: x * 2.0], 1.0, 0.5, order=2)
    2.75
    """
    if order not in (1, 2):
        refuse("order", order, "1 (Lie) or 2 (Strang)")
    if order == 1:
        for flow in flows:
            state = flow(state, dt)
        return state
    *outer, inner = flows
    for flow in outer:
        state = flow(state, 0.5 * dt)
    state = inner(state, dt)
    for flow in reversed(outer):
        state = flow(state, 0.5 * dt)
    return state


class State(NamedTuple):
    """Agents and field at one moment, and the account of what went where since the start.

    Attributes
    ----------
    positions : numpy.ndarray, shape (agents, axes)
        Places.
    field : numpy.ndarray, shape grid.shape
        Concentrations.
    received : numpy.ndarray, shape (agents,)
        What each agent has taken up.
    initial, released, decayed : float
        What the field held at first, what agents have released into it, and what has decayed.
    """

    positions: np.ndarray
    field: np.ndarray
    received: np.ndarray
    initial: float
    released: float
    decayed: float


@dataclass(frozen=True)
class AgentField:
    """Agents that release into a field, take from it, wander and climb it, while it diffuses and decays.

    Three processes are composed by operator splitting (`compose`): motion over the frozen field (`climb`, `wander`),
    uptake (`uptake`, exact), and the field with its sources (`Diffusion`, exact in time by transforms). Second order in
    the width of a grid cell; first or second order in the step, in the weak sense where agents wander.

    Attributes
    ----------
    grid : Grid
        Grid whose sides are ``"no-flux"`` or ``"periodic"``.
    diffusion, decay : float
        Of the field: diffusion coefficient and rate constant.
    release : float or array_like
        Amount that an agent releases per time.
    rate : float or array_like
        Uptake of an agent, see `uptake`.
    half : float, optional
        Concentration of half uptake; first order if left out.
    motility : float or array_like
        Diffusion coefficient of the agents.
    drift : float, array_like or callable
        Velocity per gradient, see `climb`.
    order : int
        Order of the splitting, 1 or 2.
    compiled : bool
        As for `deposit`.

    Examples
    --------
    >>> model = AgentField(Grid((16, 16), (100.0, 100.0)), diffusion=50.0, decay=0.02, release=10.0, motility=1.0)
    >>> state = model.run(model.start(scatter(model.grid, 40, rng=1)), dt=1.0, steps=60, rng=2)
    >>> round(model.content(state), 6), bool(abs(model.imbalance(state)) < 1e-12)
    (13976.115762, True)
    """

    grid: Grid
    diffusion: float
    decay: float = 0.0
    release: float = 0.0
    rate: float = 0.0
    half: float | None = None
    motility: float = 0.0
    drift: float | Callable = 0.0
    order: int = 2
    compiled: bool = True

    def __post_init__(self):
        if self.order not in (1, 2):
            refuse("order", self.order, "1 (Lie) or 2 (Strang)")
        for name in ("release", "rate", "motility"):
            value = np.asarray(getattr(self, name), float)
            if not np.all(np.isfinite(value)) or np.any(value < 0):
                refuse(name, getattr(self, name), "finite and not negative")
        self._step_of_field(1.0)

    def start(self, positions, field=0.0):
        """Return the state at the beginning.

        Parameters
        ----------
        positions : array_like, shape (agents, axes)
            Places.
        field : float or array_like, shape grid.shape
            Concentrations, not negative.

        Returns
        -------
        State
            With an empty account.
        """
        positions, field = _agents(self.grid, positions), self.grid.field(field)
        if np.any(field < 0):
            refuse("field", field.min(), "not negative")
        return State(positions, field, np.zeros(len(positions)), float(self.grid.total(field)), 0.0, 0.0)

    def content(self, state):
        """Return the amount in the field."""
        return float(self.grid.total(state.field))

    def imbalance(self, state):
        """Return what is missing from the account, as a share of all that there ever was; round-off if all is well."""
        gone = state.decayed + state.received.sum()
        ever = state.initial + state.released
        return (ever - gone - self.content(state)) / (ever or 1.0)

    def step(self, state, dt, rng):
        """Return the state one step later.

        Parameters
        ----------
        state : State
            The state.
        dt : float
            Coupling step: how long each process acts before the others hear of it.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        State
            A new state.
        """
        rng = generator(rng)
        flows = [lambda s, t: self._move(s, t, rng), self._take, self._spread]
        return compose([flow for flow in flows if self._acts(flow)], state, dt, self.order)

    def run(self, state, dt, steps, rng, *, watch=None):
        """Return the state after a number of steps.

        Parameters
        ----------
        state, dt, rng
            As for `step`.
        steps : int
            Number of steps.
        watch : callable, optional
            ``watch(state)`` is called at the start and after each step.

        Returns
        -------
        State or (State, list)
            The last state, with what was watched if anything was.
        """
        if steps != int(steps) or steps < 0:
            refuse("steps", steps, "a whole number, not negative")
        rng, seen = generator(rng), [watch(state)] if watch else None
        for _ in range(int(steps)):
            state = self.step(state, dt, rng)
            if watch:
                seen.append(watch(state))
        return (state, seen) if watch else state

    def _acts(self, flow):
        return flow != self._take or np.any(np.asarray(self.rate) > 0)

    def _drifts(self):
        return callable(self.drift) or np.any(np.asarray(self.drift) != 0)

    def _move(self, state, dt, rng):
        shake = None
        if np.any(np.asarray(self.motility) > 0):
            if not self._drifts():
                return state._replace(positions=wander(self.grid, state.positions, self.motility, dt, rng))
            shake = _shake(state.positions, self.motility, dt, rng)
        if not self._drifts():
            return state
        places = climb(self.grid, state.positions, state.field, self.drift, dt, shake=shake, compiled=self.compiled)
        return state._replace(positions=places)

    def _take(self, state, dt):
        field, taken = uptake(
            self.grid, state.field, state.positions, self.rate, dt, half=self.half, compiled=self.compiled
        )
        return state._replace(field=field, received=state.received + taken)

    def _spread(self, state, dt):
        given = _each("release", self.release, state.positions)
        source = deposit(self.grid, state.positions, given, compiled=self.compiled)
        field = self._step_of_field(dt).step(state.field, source)
        made, before = float(given.sum()), self.content(state)
        faded, lost = -np.expm1(-self.decay * dt), 0.0
        if self.decay:
            lost = before * faded + made * (dt - faded / self.decay)
        return state._replace(field=field, released=state.released + made * dt, decayed=state.decayed + lost)

    def _step_of_field(self, dt):
        return _prepared(self.grid, float(self.diffusion), float(self.decay), float(dt))


@lru_cache(maxsize=32)
def _prepared(grid, diffusion, decay, dt):
    return Diffusion(grid, diffusion, dt, decay=decay, method="transform")
