"""Compiled loops of `mslib.numerics.stiff`; importing this module needs numba."""

import numpy as np
from numba import njit

SAFE = {"nsz", "arcp", "contract", "afn", "reassoc"}
OPTIONS = {"fastmath": SAFE, "error_model": "numpy", "nogil": True}
INNER = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
TOO_SMALL, TOO_MANY = 1, 2


@njit(**INNER)
def copy(source, target):
    """Copy a row; a slice assignment would compile the text of its error messages as well, for seconds."""
    for i in range(len(source)):
        target[i] = source[i]


@njit(**INNER)
def speeds(y, k, of_reaction, reactant, by_reaction, changed, amount, out):
    """Write dy/dt of a mass-action network into `out`."""
    out[:] = 0.0
    for r in range(len(k)):
        flow = k[r]
        for slot in range(of_reaction[r], of_reaction[r + 1]):
            flow *= y[reactant[slot]]
        for entry in range(by_reaction[r], by_reaction[r + 1]):
            out[changed[entry]] += amount[entry] * flow


@njit(**INNER)
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


@njit(**INNER)
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


@njit(**INNER)
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


@njit(**INNER)
def stages(y, h, k, network, lists, lu, inverse, a, c, u, stage):
    """Compute the eight increments of one step into the rows of `u`, and the new state into `stage`."""
    of_reaction, reactant, by_reaction, changed, amount = network
    size = len(y)
    for s in range(8):
        copy(y, stage)
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


@njit(**INNER)
def mismatch(y, new, error, rtol, atol):
    """Return the weighted root mean square of the embedded error."""
    total = 0.0
    for i in range(len(y)):
        total += (error[i] / (atol[i] + rtol * max(abs(y[i]), abs(new[i])))) ** 2
    return np.sqrt(total / len(y))


@njit(**INNER)
def bend(u, dense, bends):
    """Write the three vectors of the interpolant into `bends`."""
    bends[:] = 0.0
    for m in range(3):
        for s in range(8):
            for i in range(bends.shape[1]):
                bends[m, i] += dense[m, s] * u[s, i]


@njit(**INNER)
def interpolate(y, new, bends, theta, out):
    """Write the state at the share `theta` of a step into `out`."""
    for i in range(len(y)):
        inner = bends[0, i] + theta * (bends[1, i] + theta * bends[2, i])
        out[i] = (1.0 - theta) * y[i] + theta * (new[i] + (1.0 - theta) * inner)


@njit(**INNER)
def strayed(y, new, bends, h, k, network, lists, lu, inverse, spare, residual):
    """Write an estimate of the interpolant's error halfway into `residual`: W⁻¹ times the defect of its slope."""
    of_reaction, reactant, by_reaction, changed, amount = network
    interpolate(y, new, bends, 0.5, spare)
    speeds(spare, k, of_reaction, reactant, by_reaction, changed, amount, residual)
    for i in range(len(y)):
        residual[i] -= (new[i] - y[i] + 0.25 * (bends[1, i] + bends[2, i])) / h
    substitute(lu, inverse, *lists, residual)


@njit(**INNER)
def attempt(y, h, asked, k, network, jacobian, program, lists, tableau, lu, inverse, u, bends, rtol, atol, new, spare):
    """Take one step of length `h` and return its weighted error; infinite if the matrix cannot be factorised.

    The error of the interpolant counts where a time is `asked` for within the step.
    """
    by_slot, place, weight, diagonal = jacobian
    a, c, dense, gamma = tableau
    shifted(y, k, network[0], network[1], by_slot, place, weight, diagonal, 1.0 / (h * gamma), lu)
    if not factorise(lu, inverse, diagonal, *program[1:]):
        return np.inf
    stages(y, h, k, network, lists, lu, inverse, a, c, u, new)
    error = mismatch(y, new, u[7], rtol, atol)
    if error <= 1.0 and asked:
        bend(u, dense, bends)
        strayed(y, new, bends, h, k, network, lists, lu, inverse, spare[0], spare[1])
        error = max(error, mismatch(y, new, spare[1], rtol, atol))
    return error


@njit(**INNER)
def record(y, new, bends, t, h, after, times, row, out):
    """Write the state at the times up to the end of a step; return the next row to write."""
    while row < len(times) and times[row] <= after:
        if times[row] == after:
            copy(new, out[row])
        else:
            interpolate(y, new, bends, (times[row] - t) / h, out[row])
        row += 1
    return row


@njit(cache=True, **OPTIONS)
def run_all(starts, constants, first, times, rtol, atol, most, network, jacobian, program, lists, tableau, out, reports,
            ends):  # fmt: skip
    """Integrate every system; `reports` receives steps, rejected steps and the time reached of each."""
    size, span = starts.shape[1], times[-1] - times[0]
    lu, inverse, u, bends = np.empty(program[0][0]), np.empty(size), np.empty((8, size)), np.empty((3, size))
    y, new, spare = np.empty(size), np.empty(size), np.empty((2, size))
    for s in range(len(starts)):
        copy(starts[s], y)
        copy(y, out[s, 0])
        report, t, row, h, grow = reports[s], times[0], 1, first[s], 6.0
        while row < len(times):
            h = min(h, times[-1] - t)
            if report[0] + report[1] >= most:
                ends[s] = TOO_MANY
                break
            if h <= 1e-15 * abs(t) or h <= 1e-100 * span:
                ends[s] = TOO_SMALL
                break
            error = attempt(y, h, times[row] < t + h, constants[s], network, jacobian, program, lists, tableau, lu,
                            inverse, u, bends, rtol, atol, new, spare)  # fmt: skip
            if not error <= 1.0:
                report[1] += 1
                h, grow = h * (max(min(0.9 * error**-0.2, 0.9), 0.1) if np.isfinite(error) else 0.1), 1.0
                continue
            after = times[-1] if times[-1] - t <= h else t + h
            row = record(y, new, bends, t, h, after, times, row, out[s])
            report[0] += 1
            copy(new, y)
            t, h, grow = after, h * min(0.9 * max(error, 1e-10) ** -0.2, grow), 6.0
        report[2] = t
