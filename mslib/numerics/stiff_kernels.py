"""Compiled loops of `mslib.numerics.stiff`; importing this module needs numba."""

import numpy as np
from numba import njit

SAFE = {"nsz", "arcp", "contract", "afn", "reassoc"}
OPTIONS = {"fastmath": SAFE, "error_model": "numpy", "cache": True, "nogil": True}
DONE, TOO_SMALL, TOO_MANY = 0, 1, 2


@njit(**OPTIONS)
def speeds(y, k, of_reaction, reactant, by_reaction, changed, amount, out):
    """Write dy/dt of a mass-action network into `out`."""
    out[:] = 0.0
    for r in range(len(k)):
        flow = k[r]
        for slot in range(of_reaction[r], of_reaction[r + 1]):
            flow *= y[reactant[slot]]
        for entry in range(by_reaction[r], by_reaction[r + 1]):
            out[changed[entry]] += amount[entry] * flow


@njit(**OPTIONS)
def shifted(y, k, of_reaction, reactant, by_slot, place, weight, diagonal, shift, lu):
    """Write the non-zeros of shift·I − J into `lu`."""
    lu[:] = 0.0
    for row in range(len(diagonal)):
        lu[diagonal[row]] = shift
    for r in range(len(k)):
        first, last = of_reaction[r], of_reaction[r + 1]
        for slot in range(first, last):
            slope = k[r]
            for other in range(first, last):
                if other != slot:
                    slope *= y[reactant[other]]
            for entry in range(by_slot[slot], by_slot[slot + 1]):
                lu[place[entry]] -= weight[entry] * slope


@njit(**OPTIONS)
def factorise(lu, inverse, diagonal, by_column, below, pivot_of, by_factor, target, source):
    """Eliminate in place along the prepared list of operations; return whether every pivot is usable."""
    for column in range(len(diagonal)):
        pivot = lu[diagonal[column]]
        if pivot == 0.0 or not np.isfinite(pivot):
            return False
        inverse[column] = 1.0 / pivot
        for f in range(by_column[column], by_column[column + 1]):
            factor = lu[below[f]] * inverse[pivot_of[f]]
            lu[below[f]] = factor
            for operation in range(by_factor[f], by_factor[f + 1]):
                lu[target[operation]] -= factor * lu[source[operation]]
    return True


@njit(**OPTIONS)
def substitute(lu, inverse, low_row, low_at, low_by, high_row, high_at, high_by, x):
    """Solve L U x = b in place; entries are listed by column."""
    size = len(inverse)
    for column in range(size):
        value = x[column]
        for entry in range(low_by[column], low_by[column + 1]):
            x[low_row[entry]] -= lu[low_at[entry]] * value
    for column in range(size - 1, -1, -1):
        value = x[column] * inverse[column]
        x[column] = value
        for entry in range(high_by[column], high_by[column + 1]):
            x[high_row[entry]] -= lu[high_at[entry]] * value


@njit(**OPTIONS)
def first_step(y, slope, rtol, atol, span):
    """Return a step over which the fastest variable changes by about a hundredth of its weight or value."""
    size, speed = 0.0, 0.0
    for i in range(len(y)):
        weight = atol[i] + rtol * abs(y[i])
        size += (y[i] / weight) ** 2
        speed += (slope[i] / weight) ** 2
    if size == 0.0 or speed == 0.0:
        return 1e-6 * span
    return min(0.01 * np.sqrt(size / speed), span)


@njit(**OPTIONS)
def stages(y, h, k, network, lists, lu, inverse, a, c, u, stage):
    """Compute the eight increments of one step into the rows of `u`, and the new state into `stage`."""
    of_reaction, reactant, by_reaction, changed, amount = network
    size = len(y)
    for s in range(8):
        stage[:] = y
        for j in range(s):
            for i in range(size):
                stage[i] += a[s, j] * u[j, i]
        speeds(stage, k, of_reaction, reactant, by_reaction, changed, amount, u[s])
        for j in range(s):
            share = c[s, j] / h
            for i in range(size):
                u[s, i] += share * u[j, i]
        substitute(lu, inverse, *lists, u[s])
    for i in range(size):
        stage[i] += u[7, i]


@njit(**OPTIONS)
def mismatch(y, new, error, rtol, atol):
    """Return the weighted root mean square of the embedded error."""
    total = 0.0
    for i in range(len(y)):
        total += (error[i] / (atol[i] + rtol * max(abs(y[i]), abs(new[i])))) ** 2
    return np.sqrt(total / len(y))


@njit(**OPTIONS)
def bend(u, dense, bends):
    """Write the three vectors of the interpolant into `bends`."""
    bends[:] = 0.0
    for m in range(3):
        for s in range(8):
            for i in range(bends.shape[1]):
                bends[m, i] += dense[m, s] * u[s, i]


@njit(**OPTIONS)
def interpolate(y, new, bends, theta, out):
    """Write the state at the share `theta` of a step into `out`."""
    for i in range(len(y)):
        inner = bends[0, i] + theta * (bends[1, i] + theta * bends[2, i])
        out[i] = (1.0 - theta) * y[i] + theta * (new[i] + (1.0 - theta) * inner)


@njit(**OPTIONS)
def strayed(y, new, bends, h, k, network, lists, lu, inverse, spare, residual):
    """Write an estimate of the interpolant's error halfway into `residual`: W⁻¹ times the defect of its slope."""
    of_reaction, reactant, by_reaction, changed, amount = network
    interpolate(y, new, bends, 0.5, spare)
    speeds(spare, k, of_reaction, reactant, by_reaction, changed, amount, residual)
    for i in range(len(y)):
        residual[i] -= (new[i] - y[i] + 0.25 * (bends[1, i] + bends[2, i])) / h
    substitute(lu, inverse, *lists, residual)


@njit(**OPTIONS)
def run(y, k, times, rtol, atol, most, network, jacobian, program, lists, tableau, out, report):
    """Integrate one system; `report` receives steps, rejected steps and the time reached."""
    of_reaction, reactant, by_reaction, changed, amount = network
    by_slot, place, weight, diagonal = jacobian
    a, c, dense, gamma = tableau
    size, span, t, row = len(y), times[-1] - times[0], times[0], 1
    lu, inverse = np.empty(program[0][0]), np.empty(size)
    u, bends = np.empty((8, size)), np.empty((3, size))
    new, slope, residual = np.empty(size), np.empty(size), np.empty(size)
    out[0] = y
    speeds(y, k, of_reaction, reactant, by_reaction, changed, amount, slope)
    h, grow = first_step(y, slope, rtol, atol, span), 6.0
    while row < len(times):
        report[2] = t
        if report[0] + report[1] >= most:
            return TOO_MANY
        h = min(h, times[-1] - t)
        if h <= 1e-15 * abs(t) or h <= 1e-100 * span:
            return TOO_SMALL
        shifted(y, k, of_reaction, reactant, by_slot, place, weight, diagonal, 1.0 / (h * gamma), lu)
        usable = factorise(lu, inverse, diagonal, *program[1:])
        error = np.inf
        if usable:
            stages(y, h, k, network, lists, lu, inverse, a, c, u, new)
            error = mismatch(y, new, u[7], rtol, atol)
            if error <= 1.0 and times[row] < t + h:
                bend(u, dense, bends)
                strayed(y, new, bends, h, k, network, lists, lu, inverse, slope, residual)
                error = max(error, mismatch(y, new, residual, rtol, atol))
        if not np.isfinite(error):
            report[1] += 1
            h, grow = 0.1 * h, 1.0
            continue
        factor = min(max(0.9 * max(error, 1e-10) ** -0.2, 0.2), 6.0)
        if error > 1.0:
            report[1] += 1
            h, grow = h * min(factor, 0.9), 1.0
            continue
        last = times[-1] - t <= h
        after = times[-1] if last else t + h
        while row < len(times) and times[row] <= after:
            if times[row] == after:
                out[row] = new
            else:
                interpolate(y, new, bends, (times[row] - t) / h, out[row])
            row += 1
        report[0] += 1
        y[:] = new
        t, h, grow = after, h * min(factor, grow), 6.0
    report[2] = t
    return DONE


@njit(**OPTIONS)
def run_all(starts, constants, times, rtol, atol, most, network, jacobian, program, lists, tableau, out, reports, ends):
    """Integrate every system, one after the other."""
    for s in range(len(starts)):
        ends[s] = run(starts[s].copy(), constants[s], times, rtol, atol, most, network, jacobian, program, lists,
                      tableau, out[s], reports[s])  # fmt: skip
