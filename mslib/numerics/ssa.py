"""Exact simulation of reaction networks by the stochastic simulation algorithm."""

import math
from dataclasses import dataclass

import numpy as np

from .linear import EASY_BLOCK, LinearSampler, is_first_order
from .network import function_of
from .streams import replicate

METHODS = ("auto", "compiled", "lockstep", "exact-linear")
DENSE_LIMIT = 2500
AHEAD = 16
FAULTS = {
    1: "a propensity became negative or is not a number",
    2: "a count became negative: a propensity must vanish where its reactants are missing",
    3: "an event assigned a count that is negative or not whole",
    4: "events set each other off without end",
    5: "a rate law that depends on time has no finite bound: write it so that it stays finite",
}


def increasing_times(times):
    """Return times as an array if they are finite, not negative, and increase; else raise a ValueError.

    Parameters
    ----------
    times : array_like, shape (T,)
        Times, T ≥ 1.

    Returns
    -------
    numpy.ndarray, shape (T,)
        The times.

    Raises
    ------
    ValueError
        If they do not increase strictly.

    Examples
    --------
    >>> increasing_times([0, 1, 2.5])
    array([0. , 1. , 2.5])
    """
    array = np.asarray(times, float)
    steps = np.diff(array, prepend=-np.finfo(float).tiny) if array.ndim == 1 and array.size else np.array([np.nan])
    if not np.all(np.isfinite(array)) or not np.all(steps > 0):
        raise ValueError(f"times must be finite, not negative and increasing, got {times!r}")
    return array


def _fault(status):
    if status:
        raise ValueError(FAULTS[int(status)])


def reactant_tables(network):
    """Return the reactants of mass-action reactions as index arrays, for loops that serve every network.

    Parameters
    ----------
    network : Network
        Reactions with mass-action kinetics.

    Returns
    -------
    dict of str to numpy.ndarray
        Whether each reaction is `simple`, with propensity c n (n' − d') (n″ − d″), where c is its entry of `constants`,
        the n are the counts of its column of `picked` (one past the last species stands for 1) and the d its column of
        `less`; for the others `ends`, `needed` and `amounts` list the species that they need. Constants are divided by
        the number of orders in which like molecules can be picked.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> tables = reactant_tables(Network.mass_action({"2 A -> B": 3.0, "B -> 0": 1.0}))
    >>> tables["constants"], tables["picked"].tolist(), tables["less"].tolist()
    (array([1.5, 1. ]), [[0, 1], [0, 2], [2, 2]], [[1.0, 0.0], [0.0, 0.0]])
    """
    index, none = {name: i for i, name in enumerate(network.species)}, len(network.species)
    sides = [[(index[name], int(amount)) for name, amount in r.reactants] for r in network.reactions]
    flat = [[s for s, amount in side for _ in range(amount)] for side in sides]
    picked = [(*f, none, none, none)[:3] for f in flat]
    less = [[f[:k].count(f[k]) if len(f) > k else 0 for k in (1, 2)] for f in flat]
    orderings = [math.prod(math.factorial(amount) for _, amount in side) for side in sides]
    listed = [pair for side in sides for pair in side] or [(0, 0)]
    needed, amounts = np.array(listed, np.intp).T
    return {
        "constants": network.constants / orderings,
        "simple": np.array([len(f) < 4 for f in flat]),
        "picked": np.ascontiguousarray(np.array(picked, np.intp).reshape(-1, 3).T),
        "less": np.ascontiguousarray(np.array(less, float).reshape(-1, 2).T),
        "ends": np.cumsum([0, *map(len, sides)]).astype(np.intp),
        "needed": np.ascontiguousarray(needed),
        "amounts": np.ascontiguousarray(amounts),
    }


def _ragged(lists, dtype=np.intp):
    return np.cumsum([0, *map(len, lists)]).astype(np.intp), np.array([v for row in lists for v in row], dtype)


def _dependency_tables(network):
    """Return which counts each reaction moves, by how much, and which propensities that touches."""
    moved = [np.flatnonzero(row) for row in network.change]
    names = [{network.species.index(name) for name, _ in r.reactants} for r in network.reactions]
    touched = [[r for r, needs in enumerate(names) if needs & set(species.tolist())] for species in moved]
    steps = [row[at] for row, at in zip(network.change, moved, strict=True)]
    moves, species = _ragged(moved)
    return moves, species, _ragged(steps, float)[1], *_ragged(touched)


@dataclass(frozen=True)
class _CompiledDirect:
    """Gillespie's direct method, one trajectory after the other."""

    network: object
    start: np.ndarray
    times: np.ndarray

    def __call__(self, size, rng):
        from . import _direct

        network, state = self.network, rng.integers(1, 2**64, 4, dtype=np.uint64)
        found = np.empty((size, self.times.size, len(network.species)), np.int64)
        start, constants = self.start.astype(float), network.constants
        if network.is_mass_action and network.is_timeless:
            self._mass_action(_direct, (start, self.times, found, state))
            return found
        initially = np.array([float(event.initially) for event in network.events])
        laws = _direct.evaluator(**network.program(vectorised=False))
        change, smooth = network.change.astype(float), network.is_smooth
        with np.errstate(all="ignore"):
            _fault(
                _direct.general(
                    laws,
                    start,
                    self.times,
                    found,
                    state,
                    network.values,
                    constants,
                    change,
                    network.breaks,
                    initially,
                    smooth,
                )
            )
        return found

    def _mass_action(self, direct, given):
        """Fill the counts by one of the two loops that serve every network."""
        tables = reactant_tables(self.network)
        if tables["simple"].all() and self.network.change.size <= DENSE_LIMIT:
            parts = ("constants", "picked", "less")
            direct.dense(*given, *(tables[part] for part in parts), self.network.change.astype(float))
        else:
            direct.sparse(*given, *tables.values(), *_dependency_tables(self.network))


def _ladder_program(network):
    """Return a function that writes the running sum of the propensities of arrays of states into given rows."""
    lines = []
    for row, (reaction, line) in enumerate(zip(network.reactions, network.program(True)["propensities"], strict=True)):
        text = line.partition(" = ")[2]
        line = f"copyto(out[{row}], {text})"
        if reaction.kinetics == "mass action" and reaction.order == 1:
            line = f"multiply(n[{network.species.index(reaction.reactants[0][0])}], c[{row}], out[{row}])"
        lines += [line, f"add(out[{row}], out[{row - 1}], out[{row}])"] if row else [line]
    return function_of(tuple(lines))


class _Lanes:
    """The trajectories of a block that run side by side, with room for what a pass computes."""

    def __init__(self, counts, clock, reactions):
        self.counts, self.clock, self.width = counts, clock, clock.size
        self.ladder, self.beyond = np.empty((reactions, self.width)), np.ones((reactions, self.width))
        self.step, self.rows, self.rungs = np.empty_like(counts), tuple(counts), tuple(self.ladder)
        self.total, self.lower, self.above = self.ladder[-1], self.ladder[:-1], self.beyond[:-1]
        self.draws = np.empty((2, AHEAD, self.width))
        self.drawn = AHEAD

    def kept(self, rows):
        """Return the given trajectories alone."""
        return _Lanes(np.ascontiguousarray(self.counts[:, rows]), self.clock[rows], self.ladder.shape[0])

    def draw(self, rng):
        """Return the random numbers of one pass: waiting times of rate one, and numbers in [0, 1)."""
        if self.drawn == AHEAD:
            rng.standard_exponential(out=self.draws[0])
            rng.random(out=self.draws[1])
            self.drawn = 0
        self.drawn += 1
        return self.draws[:, self.drawn - 1]


@dataclass(frozen=True)
class _LockStep:
    """Gillespie's direct method in lock-step: each pass fires one event in every trajectory."""

    network: object
    start: np.ndarray
    times: np.ndarray

    def __call__(self, size, rng):
        network = self.network
        record = _Record(size, self.times, len(network.species))
        lanes = _Lanes(
            np.repeat(self.start.astype(float)[:, None], size, axis=1), np.zeros(size), len(network.reactions)
        )
        program, constants = _ladder_program(network), network.constants.tolist()
        values, stairs = network.values.tolist(), self._stairs()
        share = 0.8 if network.is_mass_action else 1.0
        with np.errstate(all="ignore"):
            while record.running:
                program(lanes.rows, 0.0, values, constants, lanes.rungs)
                self._pass(lanes, record, rng, stairs)
                if record.running < share * lanes.width:
                    lanes = lanes.kept(record.compact())
        return record.filled()

    def _stairs(self):
        """Return what each reaction changes beyond the one before it; in the last column, the change by the first."""
        change = self.network.change.T.astype(float)
        return np.column_stack([np.diff(change, axis=1), change[:, 0]])

    def _pass(self, lanes, record, rng, stairs):
        total = lanes.total
        if not self.network.is_mass_action and not total.min() >= 0:
            _fault(1)
        wait, rung = lanes.draw(rng)
        np.divide(wait, total, wait)
        np.add(lanes.clock, wait, lanes.clock)
        np.multiply(rung, total, rung)
        record.passes(lanes.clock, lanes.counts)
        np.greater_equal(rung, lanes.lower, out=lanes.above)
        np.dot(stairs, lanes.beyond, out=lanes.step)
        np.add(lanes.counts, lanes.step, lanes.counts)


class _Record:
    """The states seen at the sampling times, written when the clock of a trajectory passes them."""

    def __init__(self, size, times, species):
        self.times = np.append(times, np.inf)
        self.live, self.running = np.arange(size), size
        self.due = np.full(size, times[0])
        self.states = np.zeros((size, len(times), species), dtype=np.int64)
        self.written = np.zeros((size, len(times)), dtype=bool)
        self.flat = self.states.reshape(-1, species)

    def passes(self, clock, counts):
        """Note the states whose next event lies past a sampling time."""
        late = (clock > self.due).nonzero()[0]
        if late.size:
            seen = self.times.searchsorted(clock[late])
            cells = self.live[late] * self.written.shape[1] + seen - 1
            self.flat[cells] = counts.take(late, axis=1).T
            self.written.ravel()[cells] = True
            self.due[late] = due = self.times[seen]
            self.running -= late.size - np.count_nonzero(due < np.inf)

    def compact(self):
        """Forget the trajectories that have reached the end, and return the rows of the others."""
        rows = np.flatnonzero(self.due < np.inf)
        self.live, self.due = self.live[rows], self.due[rows]
        return rows

    def filled(self):
        """Return the states, shape (size, times, species); a state holds back to the sample before."""
        columns = np.arange(self.written.shape[1])
        holder = np.where(self.written, columns, columns[-1])
        holder = np.minimum.accumulate(holder[:, ::-1], axis=1)[:, ::-1]
        return np.take_along_axis(self.states, holder[:, :, None], axis=1)


@dataclass(frozen=True)
class _LockStepGeneral:
    """The direct method in lock-step with events and with rate laws that depend on time, by thinning."""

    network: object
    start: np.ndarray
    times: np.ndarray

    def __call__(self, size, rng):
        network = self.network
        record = _Record(size, self.times, len(network.species))
        counts = np.repeat(self.start.astype(float)[:, None], size, axis=1)
        initially = np.array([event.initially for event in network.events], bool)
        were = np.repeat(initially[:, None], size, axis=1)
        clock, stop = np.zeros(size), np.zeros(size, np.intp)
        laws = _ArrayLaws(network, self.times[-1] + 1.0)
        laws.settle(clock, counts, were, np.arange(size))
        while record.running:
            limit = laws.breaks[stop]
            span, total, ladder = laws.horizon(clock, counts, limit)
            with np.errstate(divide="ignore"):
                later = clock + rng.standard_exponential(clock.size) / total
            rung = rng.random(clock.size) * total
            reach = np.minimum(clock + span, limit)
            happens = later < reach
            stop += ~happens & (reach >= limit) & (stop < laws.breaks.size - 1)
            clock = np.where(happens, later, reach)
            record.passes(clock, counts)
            if record.running < record.live.size:
                going = record.compact()
                counts, were, clock, stop = counts[:, going], were[:, going], clock[going], stop[going]
                happens, rung, ladder = happens[going], rung[going], ladder[:, going]
            laws.fire(np.flatnonzero(happens), clock, counts, rung, ladder)
            laws.settle(clock, counts, were, np.arange(clock.size))
        return record.filled()


class _ArrayLaws:
    """Rate laws, bounds and events of a network, for arrays of states that each have their own clock."""

    def __init__(self, network, end):
        self.network, self.end = network, end
        self.breaks = np.append(network.breaks, np.inf)
        self.change = np.ascontiguousarray(network.change.T, float)
        program = network.program(vectorised=True)
        self.functions = {part: function_of(program[part]) for part in ("bounds", "conditions")}
        self.assignments = [function_of(lines) for lines in program["assignments"]]

    def evaluate(self, function, rows, clock, counts, span=0.0):
        """Return what a part of the program says of each state."""
        out = np.empty((rows, clock.size))
        with np.errstate(all="ignore"):
            function(counts, clock, self.network.values, self.network.constants, out, clock + span)
        return out

    def horizon(self, clock, counts, limit):
        """Return for each state the span that is looked ahead, the bound of the total rate, and the ladder of rates."""
        if not self.network.is_smooth:
            ladder = np.cumsum(self.network.propensities(counts, clock), axis=0)
            if not np.min(ladder[-1]) >= 0:
                _fault(1)
            return np.full(clock.size, np.inf), ladder[-1], ladder
        span = np.minimum(limit, self.end) - clock
        for _ in range(200):
            bounds = self.evaluate(self.functions["bounds"], len(self.network.reactions), clock, counts, span)
            total = bounds.sum(axis=0)
            wide = ~(total * span <= 2.0)
            if not wide.any():
                return span, total, np.empty((0, clock.size))
            shorter = np.where(
                np.isfinite(total), np.maximum(2.0 / np.maximum(total, 1e-300), 0.25 * span), 0.25 * span
            )
            span = np.where(wide, shorter, span)
        return _fault(5)

    def fire(self, rows, clock, counts, rung, ladder):
        """Let a reaction happen in the given trajectories, or a thinned one not happen."""
        if not rows.size:
            return
        ladder, rung = ladder[:, rows], rung[rows]
        if self.network.is_smooth:
            ladder = np.cumsum(self.network.propensities(counts[:, rows], clock[rows]), axis=0)
            if not np.min(ladder[-1]) >= 0:
                _fault(1)
            kept = rung < ladder[-1]
            ladder, rung, rows = ladder[:, kept], rung[kept], rows[kept]
        counts[:, rows] += self.change[:, (rung >= ladder[:-1]).sum(axis=0)]
        if counts.min(initial=0.0) < 0:
            _fault(2)

    def settle(self, clock, counts, were, rows):
        """Fire the events whose condition has become true, until there is none."""
        for _ in range(1000 if self.network.events else 0):
            now = (
                self.evaluate(self.functions["conditions"], len(self.network.events), clock[rows], counts[:, rows]) > 0
            )
            begun = now & ~were[:, rows]
            were[:, rows] = now
            rows, begun = rows[begun.any(axis=0)], begun[:, begun.any(axis=0)]
            if not rows.size:
                return
            counts[:, rows] = self._assigned(clock[rows], counts[:, rows], begun)
        if self.network.events:
            _fault(4)

    def _assigned(self, clock, counts, begun):
        fresh = counts.copy()
        for event, hit in zip(self.assignments, begun, strict=True):
            trial = fresh.copy()
            with np.errstate(all="ignore"):
                event(counts, clock, self.network.values, self.network.constants, trial, clock)
            fresh = np.where(hit, trial, fresh)
        if not (np.all(np.abs(np.rint(fresh) - fresh) < 1e-9) and np.all(fresh >= 0)):
            _fault(3)
        return np.rint(fresh)


def _runner(network, method, start, times, block):
    """Return what runs the method, for 'auto' the fastest that is exact for the network."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if method == "exact-linear" or (method == "auto" and is_first_order(network)):
        linear = LinearSampler(network, start, times)
        if method == "exact-linear" or linear.lives() * block < EASY_BLOCK:
            return linear
    if method == "compiled" or (method == "auto" and _numba_is_installed()):
        return _CompiledDirect(network, start, times)
    return (_LockStep if network.is_timeless else _LockStepGeneral)(network, start, times)


def _numba_is_installed():
    from importlib.util import find_spec

    return find_spec("numba") is not None


def simulate(network, times, count, rng, *, start=None, method="auto", block=2000, executor=None, progress=False):
    """Simulate a network exactly and return its counts at given times.

    All methods draw from the same law, without a step size and with no error but sampling; they differ in speed,
    and in the random numbers that they use.

    * "exact-linear": for networks in which every molecule goes its own way (propensities of order zero and one).
      No event loop: molecules have lifetimes, children are thinned to those that are seen (`linear.LinearSampler`).
    * "compiled": Gillespie's direct method, one trajectory after the other, compiled by numba. Mass action shares
      one loop that is compiled once and for all; rate laws given as formulas are compiled once for each structure.
      Without numba the same source runs as plain Python, slowly.
    * "lockstep": the direct method in NumPy; one pass fires one event in every trajectory of a block.
    * "auto": the first that is possible of "exact-linear" (unless a block would have to follow more than five million
      molecules), "compiled" (if numba is installed) and "lockstep".

    Events and rate laws that depend on time are exact too: clocks stop where a condition on time changes, and rates
    that vary smoothly are thinned from bounds by interval arithmetic.

    Parameters
    ----------
    network : mslib.numerics.network.Network
        The reactions.
    times : array_like, shape (T,)
        Increasing sampling times; the simulation begins at time zero.
    count : int
        Number of trajectories.
    rng : int or numpy.random.Generator
        Seed or generator; the answer does not depend on the number of workers.
    start : dict of str to int, optional
        Molecules at time zero by species; the network's own initial state if left out.
    method : str
        As above.
    block : int
        Trajectories that advance together; part of what fixes the random streams.
    executor : concurrent.futures.Executor, optional
        Runs the blocks in parallel.
    progress : bool
        Show a progress bar.

    Returns
    -------
    numpy.ndarray of int, shape (count, T, species)
        Counts at the sampling times.

    Raises
    ------
    ValueError
        If times do not increase, a species or the method is unknown or the method does not suit the network, or if
        propensities are negative, undefined, unbounded in time, or let a count become negative.

    References
    ----------
    Gillespie (1977), J. Phys. Chem. 81, 2340–2361, doi:10.1021/j100540a008.
    Lewis & Shedler (1979), Nav. Res. Logist. Q. 26, 403–413, doi:10.1002/nav.3800260304.
    Blackman & Vigna (2021), ACM Trans. Math. Softw. 47, 36, doi:10.1145/3460772.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> death = Network.mass_action({"A -> 0": 1.0})
    >>> simulate(death, [0.0, 50.0], 2, rng=1, start={"A": 20})[:, :, 0]
    array([[20,  0],
           [20,  0]])
    """
    run = _runner(network, method, network.counts(start), increasing_times(times), block)
    found = replicate(run, count, rng, block=block, executor=executor, progress=progress)
    if np.any(found < 0):
        _fault(2)
    return found
