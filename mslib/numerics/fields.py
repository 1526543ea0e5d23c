"""Fields that diffuse, decay and are fed on a grid: implicit, alternating and exact steps, and steady states."""

import numpy as np
import scipy.fft
import scipy.sparse as sp
from scipy.linalg import lapack
from scipy.sparse.linalg import splu

from .grids import (
    PERIODIC,
    Grid,
    Held,
    Inflow,
    decay_rate,
    diffusivity,
    laplacian_spectrum,
    operator,
    refusal,
    tridiagonal,
)  # fmt: skip

__all__ = ["Diffusion", "diffuse", "factorised", "steady"]
METHODS = ("auto", "transform", "transform-euler", "crank-nicolson", "sdirk2", "backward-euler", "adi")
GAMMA = 1.0 - np.sqrt(0.5)


class Diffusion:
    """One time step of ∂c/∂t = ∇·(D∇c) − k c + s, prepared once and taken many times.

    Parameters
    ----------
    grid : Grid
        Grid with its boundaries.
    D : float or array_like, shape grid.shape
        Diffusivity.
    dt : float
        Time step, positive.
    decay : float or array_like, shape grid.shape
        Rate constant k of decay, not negative.
    method : str
        ``"transform"``: exact in time for a source that is constant during the step, by cosine transforms (no-flux
        and inflow sides) and Fourier transforms (periodic axes); needs uniform D and decay and no held side.
        ``"transform-euler"``: backward Euler solved by the same transforms.
        ``"crank-nicolson"``: second order, A-stable. ``"sdirk2"``: second order, L-stable (Alexander 1977).
        ``"backward-euler"``: first order, L-stable, positive. These factorise once: LAPACK pttrf on a line that is
        not periodic, else sparse LU. ``"adi"``: Peaceman–Rachford alternating directions, second order, on a
        rectangle with uniform D and no periodic axis. ``"auto"``: the transform where it applies, else sdirk2.
    spectrum : str
        For the transform: ``"stencil"`` has the eigenvalues of the finite-volume operator (positive fields stay
        positive up to round-off), ``"exact"`` those of the continuum (spectral accuracy for smooth fields).

    Raises
    ------
    ValueError
        If a parameter is out of range, the grid does not resolve √(D/k), or a method does not apply.

    Notes
    -----
    Without decay, sources and held sides every method conserves the amount to round-off: the transform and the
    alternating directions to 1e-14 over any number of steps tried, sparse LU to a few 1e-15 a step.
    **Not the transform for a pulled front** (a wave into an unstable state, such as Fisher's): round-off of the
    transform, relative to the largest value of the field, lies ahead of the front and grows as exp(r t). Use a
    tridiagonal method there; `evolve.evolve` refuses the combination.

    References
    ----------
    Alexander (1977), SIAM Journal on Numerical Analysis 14, 1006–1021, doi:10.1137/0714068.
    Peaceman & Rachford (1955), J. SIAM 3, 28–41, doi:10.1137/0103003.

    Examples
    --------
    >>> grid = Grid((32, 32), (1.0, 1.0))
    >>> spike = grid.field()
    >>> spike[3, 4] = 1.0
    >>> later = Diffusion(grid, 0.1, dt=0.2).step(spike)
    >>> bool(abs(later.sum() - 1.0) < 1e-14), bool(later.min() > 0.0)
    (True, True)
    """

    def __init__(self, grid, D, dt, *, decay=0.0, method="auto", spectrum="stencil"):
        if not np.isfinite(dt) or dt <= 0:
            raise refusal("dt", dt, "positive and finite")
        self.grid, self.D, self.dt = grid, diffusivity(grid, D), float(dt)
        self.decay = decay_rate(grid, decay, self.D)
        self.method = self._chosen(method)
        if spectrum not in ("stencil", "exact"):
            raise refusal("spectrum", spectrum, "'stencil' or 'exact'")
        self._advance = self._prepared(spectrum)

    def _uniform(self):
        return self.D.ndim == 0 and self.decay.ndim == 0

    def _chosen(self, method):
        if method not in METHODS:
            raise refusal("method", method, f"one of {', '.join(METHODS)}")
        fits = self._uniform() and not self.grid.has(Held)
        if method in ("transform", "transform-euler") and not fits:
            raise refusal("method", method, "used with uniform D and decay and without a held side", "take 'sdirk2'")
        if method == "adi" and (not self._uniform() or len(self.grid.shape) == 1 or self.grid.has(PERIODIC)):
            raise refusal("method", method, "used on a rectangle with uniform D and no periodic axis", "take 'sdirk2'")
        return ("transform" if fits else "sdirk2") if method == "auto" else method

    def _prepared(self, spectrum):
        if self.method in ("transform", "transform-euler"):
            exact = self.method == "transform"
            return _Transform(self.grid, float(self.D), float(self.decay), self.dt, spectrum, exact)
        if self.method == "adi":
            return _Alternating(self.grid, float(self.D), float(self.decay), self.dt)
        return _Implicit(self.grid, self.D, self.decay, self.dt, self.method)

    def step(self, field, source=None):
        """Return the field one step later.

        Parameters
        ----------
        field : array_like, shape grid.shape
            Concentrations; float32 stays float32 with the transform.
        source : float or array_like, shape grid.shape, optional
            Amount produced per volume and time during the step; negative values consume.

        Returns
        -------
        numpy.ndarray
            A new array.

        Raises
        ------
        ValueError
            If a shape does not fit, or the result is not finite.
        """
        field = np.asarray(field)
        if field.shape != self.grid.shape:
            raise refusal("field", f"an array of shape {field.shape}", f"of the grid's shape {self.grid.shape}")
        if source is not None:
            source = np.broadcast_to(np.asarray(source, field.dtype if field.dtype.kind == "f" else float), field.shape)
        after = self._advance(field, source)
        if not np.isfinite(after.sum()):
            raise refusal(
                "field", "a value that is not finite", "finite in every cell", "look for NaN in field or source"
            )
        return after

    def run(self, field, steps, source=None):
        """Return the field after a number of steps with the same source."""
        for _ in range(int(steps)):
            field = self.step(field, source)
        return field


class _Transform:
    """Exact or backward Euler step in the basis of cosines (no-flux axes) and Fourier modes (periodic axes)."""

    def __init__(self, grid, D, decay, dt, spectrum, exact=True):
        ndim = len(grid.shape)
        self.periodic = tuple(a for a in range(ndim) if grid.boundary[a][0] == PERIODIC)
        self.sealed = tuple(a for a in range(ndim) if a not in self.periodic)
        self.shape = tuple(grid.shape[a] for a in self.periodic)
        rate = -decay + D * laplacian_spectrum(grid, spectrum)
        self.factor = np.exp(rate * dt) if exact else 1.0 / (1.0 - rate * dt)
        self.weight = dt * (_phi(rate * dt) if exact else self.factor)
        b = operator(grid, D)[1] if grid.has(Inflow) else None
        self.fed = self.forward(b) * self.weight if b is not None else None
        self.single = None

    def forward(self, field):
        modes = scipy.fft.dctn(field, axes=self.sealed) if self.sealed else field
        return scipy.fft.rfftn(modes, axes=self.periodic) if self.periodic else modes

    def backward(self, modes):
        if self.periodic:
            modes = scipy.fft.irfftn(modes, s=self.shape, axes=self.periodic, overwrite_x=True)
        return scipy.fft.idctn(modes, axes=self.sealed, overwrite_x=True) if self.sealed else modes

    def _factors(self, dtype):
        if dtype != np.float32:
            return self.factor, self.weight
        if self.single is None:
            self.single = self.factor.astype(np.float32), self.weight.astype(np.float32)
        return self.single

    def __call__(self, field, source):
        factor, weight = self._factors(field.dtype)
        modes = self.forward(field)
        modes *= factor
        if source is not None:
            modes += self.forward(source) * weight
        if self.fed is not None:
            modes += self.fed
        return self.backward(modes)


def _phi(z):
    """Return (exp(z) − 1)/z, which is 1 at zero."""
    return np.where(z == 0.0, 1.0, np.expm1(z) / np.where(z == 0.0, 1.0, z))


class _Implicit:
    """Crank–Nicolson, SDIRK2 or backward Euler with one factorisation of I − θ dt (A − k)."""

    def __init__(self, grid, D, decay, dt, method):
        theta = {"crank-nicolson": 0.5, "sdirk2": GAMMA, "backward-euler": 1.0}[method]
        if len(grid.shape) == 1 and not grid.has(PERIODIC):
            main, side, b = tridiagonal(grid, D)
            self.solve = _tridiagonal_solver(1.0 - theta * dt * (main - decay), -theta * dt * side)
        else:
            A, b = operator(grid, D)
            loss = sp.diags_array(np.broadcast_to(decay, grid.shape).ravel())
            self.solve = factorised(grid, sp.eye_array(b.size) - theta * dt * (A - loss))
        self.b, self.dt, self.theta, self.method = b.ravel() if np.any(b) else None, dt, theta, method

    def __call__(self, field, source):
        c, step, fed = field.ravel(), self.theta * self.dt, self._fed(source)
        first = self.solve(c if fed is None else c + step * fed)
        if self.method == "backward-euler":
            after = first
        elif self.method == "crank-nicolson":
            after = 2.0 * first - c
        else:
            later = c + (self.dt - step) / step * (first - c)
            after = self.solve(later if fed is None else later + step * fed)
        return after.reshape(field.shape)

    def _fed(self, source):
        if source is None:
            return self.b
        return source.ravel() if self.b is None else self.b + source.ravel()


def factorised(grid, matrix):
    """Return a function that solves with a symmetric positive definite matrix of a grid.

    Parameters
    ----------
    grid : Grid
        The grid that the matrix belongs to.
    matrix : scipy.sparse array
        Such as I − dt A, with the pattern of `operator`.

    Returns
    -------
    callable
        ``solve(right)``; LAPACK pttrs on a line that is not periodic, else sparse LU.

    Raises
    ------
    ValueError
        If the matrix is singular.
    """
    if len(grid.shape) == 1 and not grid.has(PERIODIC):
        return _tridiagonal_solver(matrix.diagonal(), matrix.diagonal(1))
    try:
        return splu(sp.csc_array(matrix)).solve
    except RuntimeError:
        raise refusal("matrix", "a singular matrix", "regular", "add decay or hold a side") from None


def _tridiagonal_solver(main, side):
    d, e, info = lapack.dpttrf(main, side)
    if info:
        raise refusal("matrix", "a singular matrix", "regular", "add decay or hold a side")
    return lambda right: lapack.dpttrs(d, e, right)[0]


class _Alternating:
    """Peaceman–Rachford: half a step implicit along one axis, half a step along the other."""

    def __init__(self, grid, D, decay, dt):
        self.half, self.axes = dt / 2.0, []
        self.b = operator(grid, D)[1]
        for n, length, pair in zip(grid.shape, grid.lengths, grid.boundary, strict=True):
            main, side, _ = tridiagonal(Grid(n, length, (pair,)), D)
            main -= decay / 2.0
            d, e, _ = lapack.dpttrf(1.0 - self.half * main, -self.half * side)
            self.axes.append((main, side, d, e))

    def __call__(self, field, source):
        fed = self.half * (self.b if source is None else self.b + source)
        first = self._solve(0, field + self.half * self._apply(1, field) + fed)
        return self._solve(1, first + self.half * self._apply(0, first) + fed)

    def _apply(self, axis, field):
        main, side = self.axes[axis][:2]
        c = field if axis == 0 else field.T
        out = main[:, None] * c
        out[1:] += side[:, None] * c[:-1]
        out[:-1] += side[:, None] * c[1:]
        return out if axis == 0 else out.T

    def _solve(self, axis, right):
        d, e = self.axes[axis][2:]
        if axis == 0:
            return lapack.dpttrs(d, e, np.asfortranarray(right))[0]
        return lapack.dpttrs(d, e, np.asfortranarray(right.T))[0].T


def diffuse(field, grid, D, dt, *, decay=0.0, source=None, method="auto"):
    """Return a field after one time step of diffusion, decay and production; see `Diffusion`, which is prepared once.

    Parameters
    ----------
    field : array_like, shape grid.shape
        Concentrations.
    grid : Grid
        Grid with its boundaries.
    D, dt : float
        Diffusivity (or an array of the grid's shape) and time step.
    decay : float
        Rate constant of decay.
    source : float or array_like, optional
        Amount produced per volume and time.
    method : str
        See `Diffusion`.

    Returns
    -------
    numpy.ndarray, shape grid.shape
        The field at the end of the step.

    Examples
    --------
    >>> grid = Grid((8, 8), (1.0, 1.0), "periodic")
    >>> float(grid.total(diffuse(grid.field(2.0), grid, 1.0, 0.5, decay=0.0, source=3.0)))
    3.5
    """
    return Diffusion(grid, D, dt, decay=decay, method=method).step(field, source)


def steady(grid, D, *, decay=0.0, source=0.0):
    """Return the steady field of ∇·(D∇c) − k c + s = 0 by one direct solve.

    Transforms where D and decay are uniform and no side is held, LAPACK pttrs on a line, else sparse LU.
    Second order in the cell width.

    Parameters
    ----------
    grid : Grid
        Grid with its boundaries.
    D, decay, source : float or array_like, shape grid.shape
        Diffusivity, rate constant of decay, amount produced per volume and time.

    Returns
    -------
    numpy.ndarray, shape grid.shape
        The steady field.

    Raises
    ------
    ValueError
        If there is neither decay nor a held side (then no steady state, or many), or the grid does not resolve √(D/k).

    Examples
    --------
    >>> grid = Grid(2000, 20.0, (Held(1.0), "no-flux"))
    >>> bool(np.allclose(steady(grid, 1.0, decay=1.0), np.exp(-grid.centres[0]), atol=1e-5))
    True
    """
    D = diffusivity(grid, D)
    decay = decay_rate(grid, decay, D)
    if not np.any(decay > 0) and not grid.has(Held):
        raise refusal("decay", decay.tolist(), "positive somewhere if no side is held", "add decay or hold a side")
    source = np.broadcast_to(np.asarray(source, float), grid.shape)
    if not np.all(np.isfinite(source)):
        raise refusal("source", source, "finite")
    if D.ndim == 0 and decay.ndim == 0 and not grid.has(Held):
        move = _Transform(grid, float(D), float(decay), 1.0, "stencil")
        fed = source + operator(grid, D)[1] if grid.has(Inflow) else source
        return move.backward(move.forward(fed) / (decay - D * laplacian_spectrum(grid)))
    if len(grid.shape) == 1 and not grid.has(PERIODIC):
        main, side, b = tridiagonal(grid, D)
        return _tridiagonal_solver(decay - main, -side)(b + source)
    A, b = operator(grid, D)
    matrix = sp.diags_array(np.broadcast_to(decay, grid.shape).ravel()) - A
    return factorised(grid, matrix)((b + source).ravel()).reshape(grid.shape)
