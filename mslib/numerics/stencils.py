"""Loops over steps of reaction and diffusion: one reaction, compiled by numba or stepped in place by NumPy."""

from functools import lru_cache

import numpy as np

from .grids import NO_FLUX, PERIODIC, Held, refusal

OPTIONS = {"fastmath": True, "error_model": "numpy"}


def have_numba():
    """Return whether numba can be imported."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def longest_step(grid, D):
    """Return the longest stable step of explicit diffusion, 1/(2 Σ D/Δx²), for the largest diffusivity.

    Parameters
    ----------
    grid : Grid
        The grid.
    D : sequence of float
        Diffusivity of each species.

    Returns
    -------
    float
        Above it the checkerboard mode grows.

    Examples
    --------
    >>> from mslib.numerics.grids import Grid
    >>> longest_step(Grid((10, 10), (10.0, 10.0)), [1.0, 0.5])
    0.25
    """
    return float(1.0 / (2.0 * max(D) * sum(1.0 / dx**2 for dx in grid.spacing)))


class Stencil:
    """Explicit Euler steps of ∂c/∂t = D ∇²c + R(c) with the five-point stencil, prepared once and run many times.

    First order in time, second in space, conservative. One description of the reaction serves twice: compiled by numba,
    cell by cell, or evaluated by NumPy on whole fields. Parameters are arguments of the compiled loop: a new value
    compiles nothing. The loop is compiled once a process and reaction; numba cannot keep loops around a given
    function on disk.

    Parameters
    ----------
    rates : callable
        ``rates(u, p)`` returns du/dt, ``rates(u, v, p)`` returns (du/dt, dv/dt), written with arithmetic that numbers
        and arrays share; `p` is a tuple of floats. A numba function is taken as it is.
    grid : Grid
        Line or rectangle; every kind of side is allowed.
    D : sequence of float
        Diffusivity of each of one or two species; 0 for a species that stays in its cell.
    dt : float
        Time step, at most `longest_step`.
    parameters : sequence of float
        The values of `p`.
    compiled : bool, optional
        Whether to use numba; by default if it is installed.
    dtype : type
        ``np.float64`` or ``np.float32``; single precision doubles the speed of the NumPy path.
    into : callable, optional
        For NumPy only: ``into(out, fields, work, p)`` writes the rates of all species into `out` without new arrays
        (`fields`, `out` and `work` are lists of arrays of one shape, `work` holds three).

    Raises
    ------
    ValueError
        If a parameter is out of range or the step is unstable.

    References
    ----------
    Hundsdorfer & Verwer (2003), Numerical Solution of Time-Dependent Advection-Diffusion-Reaction Equations,
    doi:10.1007/978-3-662-09017-6.

    Examples
    --------
    >>> from mslib.numerics.grids import Grid
    >>> grid = Grid(50, 10.0)
    >>> heat = Stencil(lambda u, p: -p[0] * u, grid, [1.0], 0.01, [0.5], compiled=False)
    >>> start = np.cos(np.pi * grid.centres[0] / 10.0)[None]
    >>> exact = np.exp(-(0.5 + (np.pi / 10.0) ** 2)) * start
    >>> bool(np.allclose(heat.run(start, 100), exact, atol=5e-3))
    True
    """

    def __init__(self, rates, grid, D, dt, parameters=(), *, compiled=None, dtype=np.float64, into=None):
        D = [float(d) for d in np.atleast_1d(D)]
        if len(D) not in (1, 2):
            raise refusal("D", D, "one or two numbers", "with more species take evolve.evolve")
        if not all(np.isfinite(d) and d >= 0 for d in D) or not any(D):
            raise refusal("D", D, "finite, not negative, and positive for one species at least")
        limit = longest_step(grid, D)
        if not np.isfinite(dt) or not 0 < dt <= limit * (1 + 1e-12):
            raise refusal(
                "dt", dt, f"positive and at most {limit:.4g}, or explicit diffusion is unstable", "shorten the step"
            )
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise refusal("dtype", dtype, "np.float64 or np.float32")
        self.grid, self.D, self.dt, self.rates, self.into = grid, D, float(dt), rates, into
        self.parameters = tuple(float(value) for value in parameters)
        self.compiled = have_numba() and into is None if compiled is None else compiled
        self.shape = grid.shape if len(grid.shape) == 2 else (1, *grid.shape)
        self.weights = [dt / dx**2 for dx in grid.spacing]
        self.weights = self.weights if len(grid.shape) == 2 else [0.0, *self.weights]

    def run(self, fields, steps):
        """Return the fields after a number of steps.

        Parameters
        ----------
        fields : array_like, shape (species, \\*grid.shape)
            Concentrations at the start.
        steps : int
            Number of steps.

        Returns
        -------
        numpy.ndarray, shape (species, \\*grid.shape)
            A new array of the chosen precision.

        Raises
        ------
        ValueError
            If the shape does not fit, or a value stops being finite.
        """
        fields = np.asarray(fields, self.dtype)
        if fields.shape != (len(self.D), *self.grid.shape):
            raise refusal("fields", f"an array of shape {fields.shape}", f"of shape {(len(self.D), *self.grid.shape)}")
        if steps != int(steps) or steps < 0:
            raise refusal("steps", steps, "a whole number, not negative")
        padded = np.zeros((len(self.D), self.shape[0] + 2, self.shape[1] + 2), self.dtype)
        padded[:, 1:-1, 1:-1] = fields.reshape(len(self.D), *self.shape)
        after = (self._run_compiled if self.compiled else self._run_numpy)(padded, int(steps))
        after = np.ascontiguousarray(after[:, 1:-1, 1:-1]).reshape(fields.shape)
        if not np.isfinite(after.sum()):
            raise refusal(
                "dt", self.dt, "short enough for the reaction", "a field is no longer finite: shorten the step"
            )
        return after

    def _run_compiled(self, padded, steps):
        loop = compiled_loop(self.rates, tuple(d > 0 for d in self.D))
        kind = self.dtype.type
        weights = tuple(kind(w * d) for d in self.D for w in self.weights)
        ghosts = np.array([ghost_weights(self.grid, d) for d in self.D], self.dtype)
        fields = list(padded)
        spare = [np.empty_like(field) for field in fields]
        loop(*fields, *spare, tuple(kind(v) for v in self.parameters), kind(self.dt), weights, ghosts, steps)
        return np.stack(fields if steps % 2 == 0 else spare)

    def _run_numpy(self, padded, steps):
        """Step on flat views of whole padded rows, which NumPy passes over much faster than over their inner parts."""
        width = padded.shape[2]
        flat = [field.reshape(-1) for field in padded]
        inner = [field[width:-width] for field in flat]
        change = [np.empty_like(field) for field in inner]
        work = [np.empty_like(inner[0]) for _ in range(3)]
        ghosts = [ghost_weights(self.grid, d) for d in self.D]
        for field, weights in zip(padded, ghosts, strict=True):
            fill_ghosts(field, weights)
        with np.errstate(all="ignore"):
            for _ in range(steps):
                self._react(change, inner, work)
                for i, d in enumerate(self.D):
                    change[i] *= self.dt
                    if d > 0:
                        self._diffuse(flat[i], width, change[i], d, work)
                    inner[i] += change[i]
                    fill_ghosts(padded[i], ghosts[i])
        return padded

    def _react(self, change, inner, work):
        if self.into is not None:
            self.into(change, inner, work, self.parameters)
            return
        rates = self.rates(*inner, self.parameters)
        for out, rate in zip(change, rates if isinstance(rates, tuple | list) else (rates,), strict=True):
            out[...] = rate

    def _diffuse(self, field, width, change, d, work):
        """Add the inflow from the neighbours to the change, and take the outflow from the field."""
        total, pair = work[0], work[1]
        wy, wx = (w * d for w in self.weights)
        np.add(field[width - 1 : -width - 1], field[width + 1 : len(field) - width + 1], out=total)
        if wy == wx:
            total += field[: -2 * width]
            total += field[2 * width :]
        elif wy:
            np.add(field[: -2 * width], field[2 * width :], out=pair)
            pair *= wy / wx
            total += pair
        total *= wx
        change += total
        field[width:-width] *= 1.0 - 2.0 * (wx + wy)


def ghost_weights(grid, D):
    """Return what fills the ghost cells beyond each side: weights of the edge cell, of the far edge cell, a constant.

    Parameters
    ----------
    grid : Grid
        The grid.
    D : float
        Diffusivity.

    Returns
    -------
    numpy.ndarray, shape (4, 3)
        Rows for lower and upper side of both axes; a line has no-flux sides along its missing axis.

    Examples
    --------
    >>> from mslib.numerics.grids import Grid, Held
    >>> ghost_weights(Grid(4, 1.0, (Held(2.0), "no-flux")), 1.0)[2:]
    array([[-1.,  0.,  4.],
           [ 1.,  0.,  0.]])
    """
    sides = [(side, dx) for pair, dx in zip(grid.boundary, grid.spacing, strict=True) for side in pair]
    sides = sides if len(sides) == 4 else [(NO_FLUX, 1.0)] * 2 + sides
    return np.array([_ghost(side, dx, D) for side, dx in sides])


def _ghost(side, dx, D):
    if side == NO_FLUX:
        return 1.0, 0.0, 0.0
    if side == PERIODIC:
        return 0.0, 1.0, 0.0
    if isinstance(side, Held):
        return -1.0, 0.0, 2.0 * side.value
    return 1.0, 0.0, side.flux * dx / D if D > 0 else 0.0


def fill_ghosts(field, weights):
    """Fill the ghost cells of a padded field; see `ghost_weights`."""
    for lines, (lower, upper) in ((field, weights[:2]), (field.T, weights[2:])):
        for ghost, edge, far, (same, opposite, constant) in ((0, 1, -2, lower), (-1, -2, 1, upper)):
            if constant == 0.0 and same + opposite == 1.0:
                lines[ghost] = lines[edge if same else far]
            else:
                lines[ghost] = same * lines[edge] + constant


@lru_cache(maxsize=64)
def compiled_loop(rates, moving):
    """Return the loop over steps, compiled for one reaction.

    Parameters
    ----------
    rates : callable
        The reaction; see `Stencil`.
    moving : tuple of bool
        Whether each species diffuses; a species that stays costs no neighbours.

    Returns
    -------
    callable
        ``loop(*fields, *spare, p, dt, weights, ghosts, steps)``; after an odd number of steps the result is in `spare`.

    Raises
    ------
    ValueError
        If numba is not installed.
    """
    if not have_numba():
        raise refusal("compiled", True, "False where numba is not installed", "install mslib[fast]")
    from numba import njit

    rate = rates if hasattr(rates, "py_func") else njit(**OPTIONS)(rates)
    ghosts = njit(**OPTIONS)(_fill)
    return _one(njit, rate, ghosts) if len(moving) == 1 else _two(njit, rate, ghosts, *moving)


def _fill(field, w):
    rows, columns = field.shape
    for j in range(columns):
        field[0, j] = w[0, 0] * field[1, j] + w[0, 1] * field[rows - 2, j] + w[0, 2]
        field[rows - 1, j] = w[1, 0] * field[rows - 2, j] + w[1, 1] * field[1, j] + w[1, 2]
    for i in range(rows):
        field[i, 0] = w[2, 0] * field[i, 1] + w[2, 1] * field[i, columns - 2] + w[2, 2]
        field[i, columns - 1] = w[3, 0] * field[i, columns - 2] + w[3, 1] * field[i, 1] + w[3, 2]


def _one(njit, rate, fill):
    @njit(**OPTIONS)
    def loop(u, u2, p, dt, weights, ghosts, steps):
        wy, wx = weights
        rows, columns = u.shape
        for _ in range(steps):
            fill(u, ghosts[0])
            for i in range(1, rows - 1):
                for j in range(1, columns - 1):
                    c = u[i, j]
                    change = wy * (u[i - 1, j] + u[i + 1, j] - 2 * c) + wx * (u[i, j - 1] + u[i, j + 1] - 2 * c)
                    u2[i, j] = c + dt * rate(c, p) + change
            u, u2 = u2, u

    return loop


def _two(njit, rate, fill, first, second):
    @njit(**OPTIONS)
    def loop(u, v, u2, v2, p, dt, weights, ghosts, steps):
        uy, ux, vy, vx = weights
        rows, columns = u.shape
        for _ in range(steps):
            if first:
                fill(u, ghosts[0])
            if second:
                fill(v, ghosts[1])
            for i in range(1, rows - 1):
                for j in range(1, columns - 1):
                    a, b = u[i, j], v[i, j]
                    da, db = rate(a, b, p)
                    da, db = a + dt * da, b + dt * db
                    if first:
                        da += uy * (u[i - 1, j] + u[i + 1, j] - 2 * a) + ux * (u[i, j - 1] + u[i, j + 1] - 2 * a)
                    if second:
                        db += vy * (v[i - 1, j] + v[i + 1, j] - 2 * b) + vx * (v[i, j - 1] + v[i, j + 1] - 2 * b)
                    u2[i, j], v2[i, j] = da, db
            u, u2, v, v2 = u2, u, v2, v

    return loop


@lru_cache(maxsize=64)
def compiled_line(flow):
    """Return a loop of Strang splitting on a line, compiled for one exact flow of a reaction.

    Parameters
    ----------
    flow : callable
        ``flow(u, p, dt)``, written with arithmetic and NumPy functions that numbers and arrays share.

    Returns
    -------
    callable
        ``loop(c, d, e, fed, p, dt, steps)`` changes `c`: half a step of reaction, Crank–Nicolson diffusion with the
        factors `d`, `e` (LAPACK pttrf) of I − dt/2 A and `fed` = dt/2 b, half a step of reaction.

    Raises
    ------
    ValueError
        If numba is not installed.
    """
    if not have_numba():
        raise refusal("compiled", True, "False where numba is not installed", "install mslib[fast]")
    from numba import njit

    react = flow if hasattr(flow, "py_func") else njit(**OPTIONS)(flow)

    @njit(**OPTIONS)
    def loop(c, d, e, fed, p, dt, steps):
        inverse, z = 1.0 / d, np.empty_like(c)
        for i in range(c.size):
            c[i] = react(c[i], p, 0.5 * dt)
        for n in range(steps):
            z[0] = c[0] + fed[0]
            for i in range(1, c.size):
                z[i] = c[i] + fed[i] - e[i - 1] * z[i - 1]
            z[-1] *= inverse[-1]
            for i in range(c.size - 2, -1, -1):
                z[i] = z[i] * inverse[i] - e[i] * z[i + 1]
            share = dt if n < steps - 1 else 0.5 * dt
            for i in range(c.size):
                c[i] = react(2.0 * z[i] - c[i], p, share)

    return loop
