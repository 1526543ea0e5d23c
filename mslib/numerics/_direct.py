"""Loops of the direct method, compiled by numba where it is installed and run as plain Python where it is not."""

import math
from functools import lru_cache

import numpy as np

from . import _intervals

try:
    from numba import cfunc, float64, njit, types, void
except ImportError:
    cfunc = None

FASTMATH = {"nsz", "arcp", "contract", "afn", "reassoc"}
STATUS_FINE, STATUS_PROPENSITY, STATUS_NEGATIVE, STATUS_ASSIGNED, STATUS_ENDLESS, STATUS_BOUND = range(6)
PROPENSITIES, BOUNDS, TRIGGERS, ASSIGNMENTS = 0.0, 1.0, 2.0, 3.0
CASCADE_LIMIT = 1000
MATHEMATICS = ("exp", "log", "log10", "sqrt", "floor", "ceil", "sin", "cos", "tanh")


def compiled(function):
    """Return a function compiled without Python where numba is installed, with infinity and NaN respected."""
    return njit(fastmath=FASTMATH, error_model="numpy", cache=True)(function) if cfunc else function


@compiled
def draw(s0, s1, s2, s3):
    """Return a number strictly between 0 and 1 from the generator xoshiro256++, and its next state of four words."""
    total, shifted = s0 + s3, s1 << np.uint64(17)
    word = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s0
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << np.uint64(45)) | (s3 >> np.uint64(19))
    return (np.float64(word >> np.uint64(12)) + 0.5) * 2.220446049250313e-16, s0, s1, s2, s3


@compiled
def pick(ladder, target):
    """Return the reaction on whose rung of the running sum of propensities a target below the last one falls."""
    fired = 0
    for r in range(ladder.size - 1):
        fired += target >= ladder[r]
    return fired


@compiled
def dense(start, times, found, state, constants, picked, less, change):
    """Fill `found` (size, times, species) by the direct method, for few reactions of at most three molecules.

    Every propensity is c n (n' − d') (n″ − d″), with n = 1 in a column of its own for what is missing, so that there
    is no branch that the processor could mistake.
    """
    species, reactions = start.size, constants.size
    counts, ladder = np.ones(species + 1), np.empty(reactions)
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for run in range(found.shape[0]):
        counts[:species] = start
        clock, due = 0.0, 0
        while due < times.size:
            total = 0.0
            for r in range(reactions):
                rate = constants[r] * counts[picked[0, r]] * (counts[picked[1, r]] - less[0, r])
                total += rate * (counts[picked[2, r]] - less[1, r])
                ladder[r] = total
            u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
            clock = clock - math.log(u) / total if total > 0.0 else np.inf
            while due < times.size and times[due] < clock:
                for s in range(species):
                    found[run, due, s] = np.int64(counts[s])
                due += 1
            u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
            fired = pick(ladder, u * total)
            for s in range(species):
                counts[s] += change[fired, s]


@compiled
def mass_action_rate(r, counts, constants, simple, picked, less, ends, needed, amounts):
    """Return the propensity of one mass-action reaction from its table of reactants."""
    if simple[r]:
        rate = constants[r] * counts[picked[0, r]] * (counts[picked[1, r]] - less[0, r])
        return rate * (counts[picked[2, r]] - less[1, r])
    rate = constants[r]
    for at in range(ends[r], ends[r + 1]):
        for taken in range(amounts[at]):
            rate *= counts[needed[at]] - taken
    return rate


@compiled
def sparse(
    start,
    times,
    found,
    state,
    constants,
    simple,
    picked,
    less,
    ends,
    needed,
    amounts,
    moves,
    moved,
    steps,
    feeds,
    fed,
):
    """Fill `found` (size, times, species) by the direct method, updating only propensities that have changed."""
    species, reactions = start.size, constants.size
    counts, rates, ladder = np.ones(species + 1), np.empty(reactions), np.empty(reactions)
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for run in range(found.shape[0]):
        counts[:species] = start
        for r in range(reactions):
            rates[r] = mass_action_rate(r, counts, constants, simple, picked, less, ends, needed, amounts)
        clock, due = 0.0, 0
        while due < times.size:
            total = 0.0
            for r in range(reactions):
                total += rates[r]
                ladder[r] = total
            u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
            clock = clock - math.log(u) / total if total > 0.0 else np.inf
            while due < times.size and times[due] < clock:
                for s in range(species):
                    found[run, due, s] = np.int64(counts[s])
                due += 1
            if due == times.size:
                break
            u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
            fired = pick(ladder, u * total)
            for at in range(moves[fired], moves[fired + 1]):
                counts[moved[at]] += steps[at]
            for at in range(feeds[fired], feeds[fired + 1]):
                r = fed[at]
                rates[r] = mass_action_rate(r, counts, constants, simple, picked, less, ends, needed, amounts)


@compiled
def _climb(rates, ladder):
    """Write the running sum of propensities and return the last, or minus one if one of them is impossible."""
    total = 0.0
    for r in range(rates.size):
        if not rates[r] >= 0.0:
            return -1.0
        total += rates[r]
        ladder[r] = total
    return total


@compiled
def _settle(f, clock, counts, parameters, constants, were, are, fresh):
    """Fire events whose condition has become true until none is left; return a status."""
    for _ in range(CASCADE_LIMIT):
        f(TRIGGERS, counts, clock, 0.0, parameters, constants, are)
        any_fired = False
        fresh[:] = counts
        for e in range(are.size):
            if are[e] > 0.0 and not were[e] > 0.0:
                any_fired = True
                f(ASSIGNMENTS, counts, clock, float(e), parameters, constants, fresh)
        were[:] = are
        if not any_fired:
            return STATUS_FINE
        for s in range(counts.size):
            counts[s] = np.rint(fresh[s])
            if not abs(counts[s] - fresh[s]) < 1e-9 or counts[s] < 0.0:
                return STATUS_ASSIGNED
    return STATUS_ENDLESS


@compiled
def _window(f, clock, span, counts, parameters, constants, bound):
    """Return a span of time and a bound of the total propensity over it, such that few events are expected."""
    for _ in range(200):
        f(BOUNDS, counts, clock, span, parameters, constants, bound)
        total = 0.0
        for r in range(bound.size):
            total += np.inf if np.isnan(bound[r]) else bound[r]
        if total * span <= 2.0:
            return span, total
        span = max(2.0 / total, 0.25 * span) if np.isfinite(total) else 0.25 * span
    return span, -1.0


@compiled
def general(f, start, times, found, state, parameters, constants, change, breaks, initially, smooth):
    """Fill `found` for any rate laws and events; `f` evaluates rate laws, bounds, conditions and assignments."""
    counts, rates, bound, ladder = (
        start.copy(),
        np.empty(constants.size),
        np.zeros(constants.size),
        np.zeros(constants.size),
    )
    were, are, fresh = initially.copy(), initially.copy(), start.copy()
    end, stops = times[times.size - 1], breaks.size
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for run in range(found.shape[0]):
        counts[:] = start
        were[:] = initially
        clock, due, stop = 0.0, 0, 0
        status = _settle(f, clock, counts, parameters, constants, were, are, fresh)
        if status != STATUS_FINE:
            return status
        while due < times.size:
            limit = breaks[stop] if stop < stops else np.inf
            at_stop = stop < stops
            if smooth:
                span, total = _window(f, clock, min(limit, end + 1.0) - clock, counts, parameters, constants, bound)
                at_stop = clock + span >= limit
                limit = min(limit, clock + span)
            else:
                f(PROPENSITIES, counts, clock, 0.0, parameters, constants, rates)
                total = _climb(rates, ladder)
            if total < 0.0:
                return STATUS_BOUND if smooth else STATUS_PROPENSITY
            u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
            later = clock - math.log(u) / total if total > 0.0 else np.inf
            happens = later < limit
            clock = later if happens else limit
            while due < times.size and times[due] < clock:
                for s in range(start.size):
                    found[run, due, s] = np.int64(counts[s])
                due += 1
            if due == times.size:
                break
            if happens:
                u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
                target = u * total
                if smooth:
                    f(PROPENSITIES, counts, clock, 0.0, parameters, constants, rates)
                    exact = _climb(rates, ladder)
                    if exact < 0.0 or exact > total * (1.0 + 1e-9):
                        return STATUS_BOUND if exact > 0.0 else STATUS_PROPENSITY
                    if target >= exact:
                        continue
                fired = pick(ladder, target)
                for s in range(start.size):
                    counts[s] += change[fired, s]
                    if counts[s] < 0.0:
                        return STATUS_NEGATIVE
            elif at_stop:
                stop += 1
            if were.size:
                status = _settle(f, clock, counts, parameters, constants, were, are, fresh)
                if status != STATUS_FINE:
                    return status
    return STATUS_FINE


def _body(program):
    """Return the lines of one function that serves all parts of a program, chosen by `mode`."""
    for mode, part in ((PROPENSITIES, "propensities"), (BOUNDS, "bounds"), (TRIGGERS, "conditions")):
        yield f"if mode == {mode}:"
        yield from (f"    {line}" for line in program[part])
        yield "    pass"
    for event, lines in enumerate(program["assignments"]):
        yield f"if mode == {ASSIGNMENTS} and u == {event}.0:"
        yield from (f"    {line}" for line in lines)


@lru_cache(maxsize=256)
def evaluator(propensities, bounds, conditions, assignments):
    """Return one function for rate laws, bounds, conditions and assignments, compiled where numba is installed.

    It is compiled once for each structure; parameters and constants are arguments.
    """
    program = {"propensities": propensities, "bounds": bounds, "conditions": conditions, "assignments": assignments}
    text = "def function(mode, n, t, u, p, c, out):\n    T = (t, t + u)\n"
    text += "".join(f"    {line}\n" for line in _body(program))
    scope = {name: getattr(math, name) for name in MATHEMATICS}
    scope |= {name: compiled(function) for name, function in _intervals.FUNCTIONS.items() if name in text}
    exec(compile(text, "<network>", "exec"), scope)
    if cfunc is None:
        return scope["function"]
    row = types.Array(float64, 1, "C")
    signature = void(float64, row, float64, float64, row, row, row)
    return cfunc(signature, fastmath=FASTMATH, error_model="numpy")(scope["function"])
