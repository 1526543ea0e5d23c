"""Reacting and diffusing fields in time (splitting, IMEX, explicit, adaptive) and at rest (Newton)."""

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack, solve_banded
from scipy.sparse.linalg import splu

from .fields import Diffusion
from .grids import PERIODIC, operator, refusal, tridiagonal
from .stencils import Stencil, compiled_line, longest_step

METHODS = ("strang", "imex", "explicit")
ROUND_OFF = 1e-16
TOLERATED = 1e-6
MOST_HALVINGS = 20


def evolve(
    rates, fields, grid, D, times, *, parameters=(), dt=None, method="strang", diffusion="auto", spectrum="stencil",
    flow=None, into=None, tolerance=None, compiled=False,
):  # fmt: skip
    """Return fields that react and diffuse, ∂c/∂t = ∇·(D∇c) + R(c), at given times.

    ``"strang"``: half a step of reaction, a step of diffusion, half a step of reaction (neighbouring halves are
    joined); second order, and each part as exact as its own solver: `Diffusion` for the one, a given flow or the
    classical Runge–Kutta step of fourth order for the other. With `tolerance` the step adapts: two half steps are
    compared with a whole one.
    ``"imex"``: two-step backward differentiation, diffusion implicit, reaction extrapolated (SBDF2); second order. Its
    state of rest is that of the equations, whereas splitting shifts a state of rest by an amount of order Δt².
    ``"explicit"``: Euler steps of `Stencil`; first order, bound by Δx².

    Parameters
    ----------
    rates : callable
        ``rates(u, p)`` or ``rates(u, v, …, p)`` returns the rates of the species (a tuple, if there are several).
    fields : array_like, shape (species, \\*grid.shape)
        Concentrations at t = 0; for one species the leading axis may be left out.
    grid : Grid
        Line or rectangle with its sides; they hold for every species that diffuses.
    D : float or sequence
        Diffusivity of each species: a number, an array of the grid's shape, or 0 for a species that stays.
    times : array_like, shape (T,)
        Increasing output times, not negative; each is hit exactly.
    parameters : sequence of float
        Handed to `rates` as the tuple `p`.
    dt : float, optional
        Longest step; needed unless `tolerance` is given.
    method, diffusion, spectrum : str
        Stepper, and for strang the `method` and `spectrum` of `Diffusion`.
    flow : callable, optional
        ``flow(*fields, p, dt)`` returns the species (a tuple, if several) after reacting alone for a time dt, exactly.
    into : callable, optional
        ``into(out, fields, work, p)`` as in `Stencil`: the reaction of strang then takes steps of Heun's method of
        third order in place, without new arrays, twice as fast on large grids.
    tolerance : float, optional
        Largest error of a step, relative to the largest value of the species.
    compiled : bool
        Have numba compile the steps; for strang with a given flow and crank-nicolson, one species on a line without
        periodic ends.

    Returns
    -------
    numpy.ndarray, shape (T, species, \\*grid.shape)
        Without the species axis if the given fields had none.

    Raises
    ------
    ValueError
        If an input is out of range, a field stops being finite, or transforms are asked to carry a pulled front for so
        long that round-off ahead of it, which grows as exp(r t), would exceed 1e-6.

    References
    ----------
    Strang (1968), SIAM Journal on Numerical Analysis 5, 506–517, doi:10.1137/0705041.
    Ascher, Ruuth & Wetton (1995), SIAM Journal on Numerical Analysis 32, 797–823, doi:10.1137/0732037.

    Examples
    --------
    >>> from mslib.numerics.grids import Grid
    >>> grid = Grid(64, 1.0)
    >>> c = evolve(lambda u, p: -p[0] * u, grid.field(1.0), grid, 0.1, [1.0], parameters=[2.0], dt=0.1)
    >>> round(float(c[0, 0]), 5)
    0.13534
    """
    fields, single = _checked_fields(fields, grid)
    D = _per_species(D, len(fields), single)
    times = _checked_times(times)
    p = tuple(float(value) for value in parameters)
    if method not in METHODS:
        raise refusal("method", method, f"one of {', '.join(METHODS)}")
    if dt is None and (tolerance is None or method != "strang"):
        raise refusal("dt", dt, "given", "or give a tolerance to method 'strang'")
    if dt is not None and not (np.isfinite(dt) and dt > 0):
        raise refusal("dt", dt, "positive and finite")
    if tolerance is not None and not 0 < tolerance < 1:
        raise refusal("tolerance", tolerance, "between 0 and 1")
    stepper = _Stepper(rates, grid, D, p, diffusion, spectrum, flow, into)
    if method != "explicit":
        stepper.refuse_pulled_front(fields, times[-1])
    if compiled:
        stepper.refuse_to_compile(method, tolerance)
    advance = {
        "strang": stepper.line if compiled else stepper.strang,
        "imex": stepper.imex,
        "explicit": stepper.explicit,
    }[method]
    if tolerance is not None and method == "strang":
        advance = stepper.adaptive(tolerance)
    found, now = [], 0.0
    for t in times:
        if t > now:
            fields, now = _finite(advance(fields, t - now, dt), dt), t
        found.append(fields)
    found = np.array(found)
    return found[:, 0] if single else found


def _checked_fields(fields, grid):
    fields = np.array(fields, float)
    single = fields.shape == grid.shape
    fields = fields[None] if single else fields
    if fields.shape[1:] != grid.shape:
        raise refusal(
            "fields", f"an array of shape {fields.shape}", f"of the grid's shape {grid.shape} for each species"
        )
    return _finite(fields, None), single


def _finite(fields, dt):
    if not np.all(np.isfinite(fields)):
        if dt is None:
            raise refusal("fields", "a value that is not finite", "finite in every cell")
        raise refusal("dt", dt, "short enough for the reaction", "a field is no longer finite: shorten the step")
    return fields


def _per_species(D, species, single):
    D = [D] if single and not isinstance(D, list | tuple) else list(D)
    if len(D) != species:
        raise refusal("D", D, f"one entry for each of the {species} species")
    for value in D:
        if not np.all(np.isfinite(value)) or np.any(np.asarray(value) < 0):
            raise refusal("D", value, "finite and not negative")
    return D


def _checked_times(times):
    times = np.atleast_1d(np.asarray(times, float))
    if times.ndim != 1 or not times.size or not np.all(np.isfinite(times)):
        raise refusal("times", times, "a sequence of finite times")
    if times[0] < 0 or np.any(np.diff(times) <= 0):
        raise refusal("times", times, "increasing and not negative")
    return times


class _Stepper:
    """The parts of a reaction–diffusion problem, with prepared diffusion steps kept by their length."""

    def __init__(self, rates, grid, D, p, diffusion, spectrum, flow=None, into=None):
        self.given, self.grid, self.D, self.p = rates, grid, D, p
        self.diffusion, self.spectrum, self.flow, self.into = diffusion, spectrum, flow, into
        self.kept, self.arrays = {}, None

    def rates(self, fields):
        found = self.given(*fields, self.p)
        return np.array(found) if isinstance(found, tuple | list) else np.asarray(found)[None]

    def _steps(self, dt, method):
        key = (dt, method)
        if key not in self.kept:
            if len(self.kept) > 2 * MOST_HALVINGS:
                self.kept.clear()
            self.kept[key] = [self._step(d, dt, method) for d in self.D]
        return self.kept[key]

    def _step(self, D, dt, method):
        if not np.any(np.asarray(D) > 0):
            return None
        return Diffusion(self.grid, D, dt, method=method, spectrum=self.spectrum)

    def diffuse(self, fields, dt, method=None):
        """Return the fields after a step of diffusion, which overwrites them."""
        steps = self._steps(dt, method or self.diffusion)
        for c, step in zip(fields, steps, strict=True):
            if step is not None:
                c[...] = step._advance(c, None)
        return fields

    def react(self, fields, dt):
        if self.flow is not None:
            found = self.flow(*fields, self.p, dt)
            return np.array(found) if isinstance(found, tuple) else found[None]
        if self.into is not None:
            return self._in_place(fields, dt)
        a = self.rates(fields)
        b = self.rates(fields + 0.5 * dt * a)
        c = self.rates(fields + 0.5 * dt * b)
        d = self.rates(fields + dt * c)
        return fields + dt / 6.0 * (a + 2.0 * b + 2.0 * c + d)

    def _in_place(self, fields, dt):
        """Return the fields after a step of Heun's method of third order, which overwrites them."""
        flat = fields.reshape(len(fields), -1)
        if self.arrays is None:
            self.arrays = *(np.empty_like(flat) for _ in range(3)), np.empty((3, flat.shape[1]))
        first, slope, trial, work = self.arrays
        self.into(first, flat, work, self.p)
        np.multiply(first, dt / 3.0, out=trial)
        trial += flat
        self.into(slope, trial, work, self.p)
        np.multiply(slope, dt * (2.0 / 3.0), out=trial)
        trial += flat
        self.into(slope, trial, work, self.p)
        slope *= 3.0
        slope += first
        slope *= 0.25 * dt
        flat += slope
        return fields

    def strang(self, fields, span, dt):
        steps = max(int(np.ceil(span / dt - 1e-9)), 1)
        h = span / steps
        fields = self.react(fields.copy(), 0.5 * h)
        for n in range(steps):
            fields = self.react(self.diffuse(fields, h), h if n < steps - 1 else 0.5 * h)
        return fields

    def refuse_to_compile(self, method, tolerance):
        """Raise a ValueError unless these are steps that numba can take."""
        line = len(self.D) == len(self.grid.shape) == 1 and not self.grid.has(PERIODIC) and np.any(self.D[0])
        splits = method == "strang" and self.diffusion == "crank-nicolson" and self.flow is not None
        if not line or not splits or tolerance is not None:
            allowed = "used with a flow, a fixed step, strang and crank-nicolson, for one species on a line"
            raise refusal("compiled", True, allowed, "leave it out")

    def line(self, fields, span, dt):
        """Return the field after compiled steps; see `compiled_line`."""
        steps = max(int(np.ceil(span / dt - 1e-9)), 1)
        h = span / steps
        main, side, b = tridiagonal(self.grid, self.D[0])
        d, e, _ = lapack.dpttrf(1.0 - 0.5 * h * main, -0.5 * h * side)
        c = fields[0].copy()
        compiled_line(self.flow)(c, d, e, 0.5 * h * b, self.p, h, steps)
        return c[None]

    def adaptive(self, tolerance):
        """Return a stepper that halves the span until two half steps agree with a whole one."""
        depth = [4]

        def advance(fields, span, _):
            place, level = 0.0, depth[0]
            while place < 1.0:
                h = span * 0.5**level
                fine = self.strang(fields, h, 0.5 * h)
                error = _distance(fine, self.strang(fields, h, h)) / 3.0
                if not error <= tolerance:
                    level += 1
                    if level > MOST_HALVINGS:
                        raise refusal(
                            "tolerance", tolerance, f"reached with steps of span/2^{MOST_HALVINGS}", "loosen it"
                        )
                    continue
                fields, place = fine, place + 0.5**level
                even = (place * 2 ** (level - 1)) % 1.0 == 0.0
                if error < tolerance / 16.0 and level > 0 and even:
                    level -= 1
            depth[0] = level
            return fields

        return advance

    def imex(self, fields, span, dt):
        steps = max(int(np.ceil(span / dt - 1e-9)), 2)
        h = span / steps
        before, fields = fields, self.strang(fields, h, h)
        old = self.rates(before)
        for _ in range(steps - 1):
            new = self.rates(fields)
            known = (4.0 * fields - before + 2.0 * h * (2.0 * new - old)) / 3.0
            before, old, fields = fields, new, self._backward(known, 2.0 * h / 3.0)
        return fields

    def _backward(self, known, h):
        return self.diffuse(known, h, "transform-euler" if self._all_by_transform() else "backward-euler")

    def _all_by_transform(self):
        moving = [step for step in self._steps(1.0, self.diffusion) if step is not None]
        return all(step.method == "transform" for step in moving)

    def explicit(self, fields, span, dt):
        moving = [float(np.max(d)) for d in self.D]
        if any(np.ndim(d) for d in self.D):
            raise refusal("D", "an array", "uniform for method 'explicit'", "take 'strang'")
        steps = max(int(np.ceil(span / dt - 1e-9)), 1)
        longest = longest_step(self.grid, moving) if any(moving) else np.inf
        if span / steps > longest:
            raise refusal("dt", dt, f"at most {longest:.4g} for method 'explicit'", "shorten the step")
        loop = Stencil(self.given, self.grid, moving, span / steps, self.p, compiled=False)
        return loop.run(fields, steps)

    def refuse_pulled_front(self, fields, duration):
        """Raise a ValueError if a transform would carry a wave into an unstable empty state for long."""
        if self.diffusion not in ("auto", "transform") or not self._by_transform():
            return
        growth = self._growth_of_emptiness(fields)
        if growth * duration > np.log(TOLERATED / ROUND_OFF):
            raise refusal(
                "diffusion", self.diffusion,
                f"a tridiagonal or sparse method for a pulled front over {duration:.4g} units of time, because "
                f"round-off ahead of it grows as exp({growth:.3g} t)", "take 'sdirk2' or 'crank-nicolson'",
            )  # fmt: skip

    def _by_transform(self):
        steps = self._steps(1.0, self.diffusion)
        return any(step is not None and step.method == "transform" for step in steps)

    def _growth_of_emptiness(self, fields):
        """Return the largest rate at which a trace of a diffusing species grows where there is next to none of it."""
        growth = 0.0
        for i, d in enumerate(self.D):
            largest = np.abs(fields[i]).max()
            empty = np.abs(fields[i]) <= 1e-9 * largest
            if not np.any(np.asarray(d) > 0) or not empty.any() or largest == 0.0:
                continue
            trace, none = fields.copy(), fields.copy()
            trace[i], none[i] = np.where(empty, 1e-9 * largest, trace[i]), np.where(empty, 0.0, none[i])
            gain = (self.rates(trace)[i] - self.rates(none)[i])[empty]
            growth = max(growth, float(gain.max()) / (1e-9 * largest))
        return growth


def _distance(a, b):
    """Return the largest difference, relative to the largest value of each species."""
    axes = tuple(range(1, a.ndim))
    size = np.maximum(np.abs(a).max(axis=axes), np.finfo(float).tiny)
    return float((np.abs(a - b).max(axis=axes) / size).max())


def rest(rates, guess, grid, D, *, parameters=(), tolerance=1e-10, most=50):
    """Return a steady state of ∂c/∂t = ∇·(D∇c) + R(c) by Newton's method.

    The reaction is local, so its Jacobian is found by one central difference a species; steps that do not lessen the
    residual are halved. Banded LAPACK for one species on a line, else sparse LU. Second order in the cell width.

    Parameters
    ----------
    rates : callable
        As in `evolve`.
    guess : array_like, shape (species, \\*grid.shape)
        Where to start; for one species the leading axis may be left out.
    grid : Grid
        Line or rectangle with its sides.
    D : float or sequence
        Diffusivity of each species.
    parameters : sequence of float
        Handed to `rates` as the tuple `p`.
    tolerance : float
        Largest relative Newton correction at the end.
    most : int
        Most iterations.

    Returns
    -------
    numpy.ndarray, shape of `guess`
        The steady fields.

    Raises
    ------
    ValueError
        If the Jacobian is singular, or the iterations do not converge (start nearer, or let `evolve` come near).

    Examples
    --------
    >>> from mslib.numerics.grids import Grid, Held
    >>> grid = Grid(400, 1.0, (Held(1.0), "no-flux"))
    >>> u = rest(lambda u, p: -p[0] * u / (p[1] + u), grid.field(1.0), grid, 1.0, parameters=[1.0, 0.1])
    >>> round(float(u[-1]), 5)
    0.56837
    """
    fields, single = _checked_fields(guess, grid)
    D = _per_species(D, len(fields), single)
    stepper = _Stepper(rates, grid, D, tuple(float(v) for v in parameters), "auto", "stencil")
    parts = [operator(grid, d) if np.any(np.asarray(d) > 0) else None for d in D]
    residual = _residual(stepper, parts, fields)
    for _ in range(int(most)):
        fields, residual, change = _newton(stepper, parts, fields, residual)
        if change <= tolerance:
            return fields[0] if single else fields
    raise refusal("most", most, f"enough iterations to bring the correction from {change:.2g} below {tolerance:g}",
           "start from a better guess")  # fmt: skip


def _residual(stepper, parts, fields):
    total = stepper.rates(fields)
    for i, part in enumerate(parts):
        if part is not None:
            total[i] += (part[0] @ fields[i].ravel()).reshape(fields[i].shape) + part[1]
    return total


def _newton(stepper, parts, fields, residual):
    """Return fields, residual and relative correction after one step, halved until the residual lessens."""
    correction = _solve(stepper.grid, parts, _local_jacobian(stepper, fields), residual)
    largest, size = np.abs(correction).max(), np.linalg.norm(residual)
    change = largest / max(np.abs(fields).max(), np.finfo(float).tiny)
    for halvings in range(12):
        candidate = fields - 0.5**halvings * correction
        after = _residual(stepper, parts, candidate)
        if np.linalg.norm(after) < size or change < 1e-8:
            return candidate, after, change
    raise refusal("guess", "a start from which no Newton step lessens the residual", "nearer to the steady state",
           "let evolve come near first")  # fmt: skip


def _local_jacobian(stepper, fields):
    """Return ∂R_i/∂c_j in every cell, shape (species, species, \\*grid.shape)."""
    columns = []
    for j in range(len(fields)):
        h = 1e-6 * np.maximum(np.abs(fields[j]), np.abs(fields[j]).max() * 1e-3 + 1e-30)
        up, down = fields.copy(), fields.copy()
        up[j] += h
        down[j] -= h
        columns.append((stepper.rates(up) - stepper.rates(down)) / (2.0 * h))
    return np.stack(columns, axis=1)


def _solve(grid, parts, local, right):
    species = len(parts)
    if species == 1 and len(grid.shape) == 1 and not grid.has(PERIODIC) and parts[0] is not None:
        A = parts[0][0]
        bands = np.zeros((3, grid.shape[0]))
        bands[0, 1:], bands[1], bands[2, :-1] = A.diagonal(1), A.diagonal() + local[0, 0], A.diagonal(-1)
        return _regular(lambda: solve_banded((1, 1), bands, right[0]))[None]
    blocks = [[sp.diags_array(local[i, j].ravel()) for j in range(species)] for i in range(species)]
    for i, part in enumerate(parts):
        blocks[i][i] = blocks[i][i] + part[0] if part is not None else blocks[i][i]
    return _regular(lambda: splu(sp.csc_array(sp.block_array(blocks))).solve(right.ravel())).reshape(right.shape)


def _regular(solve):
    try:
        return solve()
    except (RuntimeError, np.linalg.LinAlgError):
        raise refusal("guess", "a state with a singular Jacobian", "a regular one", "start elsewhere") from None
