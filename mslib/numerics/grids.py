"""Grids of one or two dimensions: boundaries, and the conservative finite-volume operator of diffusion."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
import scipy.sparse as sp

NO_FLUX, PERIODIC = "no-flux", "periodic"


def refusal(name, value, allowed, change=""):
    """Return a ValueError that names a parameter, its value, what is allowed and what to change."""
    return ValueError(f"{name} must be {allowed}, got {value!r}{'; ' + change if change else ''}")


@dataclass(frozen=True)
class Held:
    """A side of a grid at which the concentration is held (Dirichlet).

    Attributes
    ----------
    value : float
        Concentration on the side.
    """

    value: float


@dataclass(frozen=True)
class Inflow:
    """A side of a grid through which a given flux enters (Neumann); a negative flux leaves.

    Attributes
    ----------
    flux : float
        Amount per area and time, positive inward.
    """

    flux: float


@dataclass(frozen=True)
class Grid:
    """A line or a rectangle cut into equal cells; fields are arrays of values at cell centres.

    Parameters
    ----------
    shape : int or tuple of int
        Cells along each axis, at least 3.
    lengths : float or tuple of float
        Lengths of the axes, in the order of `shape`.
    boundary : str, Held, Inflow or sequence
        ``"no-flux"`` or ``"periodic"`` for all axes, or one entry an axis: such a word, or a pair of sides (lower,
        upper), each ``"no-flux"``, `Held` or `Inflow`. On a line the pair itself will do.

    Raises
    ------
    ValueError
        If a number or a boundary is not one of these.

    Examples
    --------
    >>> grid = Grid((4, 5), (2.0, 5.0), boundary=["periodic", (Held(1.0), "no-flux")])
    >>> grid.spacing, grid.volume
    ((0.5, 1.0), 0.5)
    """

    shape: tuple
    lengths: tuple
    boundary: tuple = NO_FLUX

    def __post_init__(self):
        shape = tuple(np.atleast_1d(self.shape).tolist())
        lengths = tuple(np.atleast_1d(self.lengths).astype(float).tolist())
        if len(shape) not in (1, 2):
            raise refusal("shape", self.shape, "one or two numbers of cells")
        if any(n != int(n) or n < 3 for n in shape):
            raise refusal("shape", self.shape, "whole numbers of at least 3 cells")
        if len(lengths) != len(shape) or not all(np.isfinite(L) and L > 0 for L in lengths):
            raise refusal("lengths", self.lengths, f"{len(shape)} positive length(s), one for each axis")
        for name, value in (("shape", tuple(map(int, shape))), ("lengths", lengths), ("boundary", self._sides(shape))):
            object.__setattr__(self, name, value)

    def _sides(self, shape):
        given = self.boundary
        if isinstance(given, str | Held | Inflow):
            given = [given] * len(shape)
        elif len(shape) == 1 and len(given) == 2:
            given = [given]
        if len(given) != len(shape):
            raise refusal("boundary", self.boundary, f"one entry for each of the {len(shape)} axes")
        return tuple(_pair(entry) for entry in given)

    @cached_property
    def spacing(self):
        """Width of a cell along each axis."""
        return tuple(L / n for L, n in zip(self.lengths, self.shape, strict=True))

    @cached_property
    def volume(self):
        """Volume of a cell (its length on a line, its area on a rectangle)."""
        return float(np.prod(self.spacing))

    @cached_property
    def centres(self):
        """Coordinates of the cell centres, one array an axis."""
        return tuple((np.arange(n) + 0.5) * dx for n, dx in zip(self.shape, self.spacing, strict=True))

    def mesh(self):
        """Return the coordinates of all cell centres, one array of the grid's shape an axis."""
        return np.meshgrid(*self.centres, indexing="ij")

    def total(self, field):
        """Return the amount that a field holds: its sum over cells times the volume of a cell."""
        return np.sum(field, axis=tuple(range(-len(self.shape), 0))) * self.volume

    def field(self, value=0.0):
        """Return a field of one value, or of an array or a function of the coordinates.

        Parameters
        ----------
        value : float, array_like or callable
            ``value(x)`` or ``value(y, x)`` is evaluated at the cell centres, coordinates in the order of the axes.

        Returns
        -------
        numpy.ndarray, shape `shape`
            A new array.
        """
        values = value(*self.mesh()) if callable(value) else value
        values = np.array(np.broadcast_to(values, self.shape), float)
        if not np.all(np.isfinite(values)):
            raise refusal("field", value, "finite everywhere")
        return values

    def has(self, kind):
        """Return whether a side is `Held` or `Inflow`, or an axis ``"periodic"``."""
        test = (lambda s: s == kind) if isinstance(kind, str) else (lambda s: isinstance(s, kind))
        return any(test(side) for pair in self.boundary for side in pair)


def _pair(entry):
    pair = (entry, entry) if isinstance(entry, str | Held | Inflow) else tuple(entry)
    if len(pair) != 2 or not all(side in (NO_FLUX, PERIODIC) or isinstance(side, Held | Inflow) for side in pair):
        raise refusal("boundary", entry, "'no-flux', 'periodic', Held(value) or Inflow(flux), or a pair of them")
    if (pair[0] == PERIODIC) != (pair[1] == PERIODIC):
        raise refusal("boundary", entry, "periodic on both sides of an axis or on neither")
    for side in pair:
        value = getattr(side, "value", getattr(side, "flux", 0.0))
        if not np.isfinite(value):
            raise refusal("boundary", side, "finite")
    return pair


def diffusivity(grid, D):
    """Return a diffusivity as an array, uniform (no dimension) or by cell, after checking it."""
    values = np.asarray(D, float)
    if values.ndim and values.shape != grid.shape:
        raise refusal(
            "D", f"an array of shape {values.shape}", f"a number or an array of the grid's shape {grid.shape}"
        )
    if not np.all(np.isfinite(values)) or np.any(values < 0) or not np.any(values > 0):
        raise refusal("D", D, "finite, not negative, and positive somewhere")
    return values


def decay_rate(grid, decay, D):
    """Return a decay rate constant as an array after checking it and that the grid resolves √(D/k)."""
    values = np.asarray(decay, float)
    if values.ndim and values.shape != grid.shape:
        raise refusal(
            "decay", f"an array of shape {values.shape}", f"a number or an array of the grid's shape {grid.shape}"
        )
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise refusal("decay", decay, "finite and not negative")
    if values.ndim == 0 and np.ndim(D) == 0 and max(grid.spacing) ** 2 * values > D * (1 + 1e-9):
        length = np.sqrt(D / values)
        cells = [int(np.ceil(L / length)) for L in grid.lengths]
        allowed = f"at least {cells} cells, to resolve √(D/k) = {length:.4g}"
        raise refusal("shape", grid.shape, allowed, "refine the grid")
    return values


def face_diffusivity(grid, D, axis):
    """Return the diffusivity of the faces across an axis: harmonic means of the two cells that share a face.

    The harmonic mean is exact for a steady flux through layers that end at faces; a face of an impermeable cell
    (D = 0) is closed.

    Parameters
    ----------
    grid : Grid
        The grid.
    D : float or array_like, shape grid.shape
        Diffusivity of the cells.
    axis : int
        The axis that the faces stand across.

    Returns
    -------
    numpy.ndarray
        As many faces along `axis` as cells if the axis is periodic (the last joins last and first cell), else one less.

    Examples
    --------
    >>> face_diffusivity(Grid(3, 3.0), [1.0, 0.1, 0.1], 0)
    array([0.18181818, 0.1       ])
    """
    cells = np.moveaxis(np.broadcast_to(diffusivity(grid, D), grid.shape), axis, 0)
    upper = np.roll(cells, -1, axis=0)
    both = cells + upper
    faces = np.divide(2.0 * cells * upper, both, out=np.zeros_like(both), where=both > 0)
    return np.moveaxis(faces if grid.boundary[axis][0] == PERIODIC else faces[:-1], 0, axis)


def operator(grid, D):
    """Return the finite-volume operator of ∇·(D∇c) with its boundary terms: dc/dt = A c + b.

    Second order on uniform diffusivity; the columns of A sum to zero but for held sides, so amount is conserved.

    Parameters
    ----------
    grid : Grid
        Grid with its boundaries.
    D : float or array_like, shape grid.shape
        Diffusivity, uniform or by cell (layers, an image).

    Returns
    -------
    A : scipy.sparse.csc_array, shape (cells, cells)
        Symmetric; cells are in the order of ``field.ravel()``.
    b : numpy.ndarray, shape grid.shape
        What held sides and inflows add.

    Raises
    ------
    ValueError
        If D is negative, not finite, zero everywhere, or of another shape.

    References
    ----------
    LeVeque (2002), Finite Volume Methods for Hyperbolic Problems, doi:10.1017/CBO9780511791253.

    Examples
    --------
    >>> A, b = operator(Grid(3, 3.0, (Held(1.0), "no-flux")), 1.0)
    >>> A.toarray()
    array([[-3.,  1.,  0.],
           [ 1., -2.,  1.],
           [ 0.,  1., -1.]])
    >>> b
    array([2., 0., 0.])
    """
    cells, b = np.arange(np.prod(grid.shape), dtype=np.intp).reshape(grid.shape), np.zeros(grid.shape)
    diagonal, entries = np.zeros(grid.shape), []
    for axis in range(len(grid.shape)):
        rate = face_diffusivity(grid, D, axis) / grid.spacing[axis] ** 2
        faces = rate.shape[axis]
        left, right = np.take(cells, range(faces), axis), np.take(np.roll(cells, -1, axis), range(faces), axis)
        entries += [(left, right, rate), (right, left, rate)]
        np.subtract.at(diagonal.reshape(-1), left.ravel(), rate.ravel())
        np.subtract.at(diagonal.reshape(-1), right.ravel(), rate.ravel())
        _add_sides(grid, D, axis, diagonal, b)
    rows, columns, values = (np.concatenate([np.ravel(e[i]) for e in entries]) for i in range(3))
    size = cells.size
    A = sp.csc_array((values, (rows, columns)), shape=(size, size)) + sp.diags_array(diagonal.ravel())
    return sp.csc_array(A), b


def _add_sides(grid, D, axis, diagonal, b):
    dx = grid.spacing[axis]
    cells = np.broadcast_to(np.asarray(D, float), grid.shape)
    for end, side in zip((0, -1), grid.boundary[axis], strict=True):
        edge = tuple(end if a == axis else slice(None) for a in range(len(grid.shape)))
        if isinstance(side, Held):
            diagonal[edge] -= 2.0 * cells[edge] / dx**2
            b[edge] += 2.0 * cells[edge] / dx**2 * side.value
        elif isinstance(side, Inflow):
            b[edge] += side.flux / dx


def tridiagonal(grid, D):
    """Return `operator` of a line that is not periodic as its two distinct bands and the boundary terms.

    Parameters
    ----------
    grid : Grid
        A line.
    D : float or array_like, shape grid.shape
        Diffusivity.

    Returns
    -------
    main, side, b : numpy.ndarray, shape (cells,), (cells - 1,) and (cells,)
        Diagonal, either diagonal beside it, boundary terms.

    Examples
    --------
    >>> tridiagonal(Grid(3, 3.0, (Held(1.0), "no-flux")), 1.0)[0]
    array([-3., -2., -1.])
    """
    side, main, b = face_diffusivity(grid, D, 0) / grid.spacing[0] ** 2, np.zeros(grid.shape), np.zeros(grid.shape)
    main[:-1] -= side
    main[1:] -= side
    _add_sides(grid, D, 0, main, b)
    return main, side, b


def boundary_inflow(grid, D, field):
    """Return the amount per time that enters through all sides; negative if it leaves.

    Parameters
    ----------
    grid : Grid
        Grid with its boundaries.
    D : float or array_like, shape grid.shape
        Diffusivity.
    field : array_like, shape grid.shape
        Concentrations.

    Returns
    -------
    float
        With the operator of `operator`, the amount in the field changes by exactly this.

    Examples
    --------
    >>> float(boundary_inflow(Grid(4, 1.0, (Held(1.0), "no-flux")), 1.0, np.full(4, 0.5)))
    4.0
    """
    A, b = operator(grid, D)
    return float((A.sum(axis=0) @ np.ravel(field) + b.sum()) * grid.volume)


def laplacian_spectrum(grid, spectrum="stencil"):
    """Return the eigenvalues of ∇² on a grid in the layout of its transform.

    Parameters
    ----------
    grid : Grid
        A grid without held sides.
    spectrum : str
        ``"stencil"`` for the finite-volume operator, ``"exact"`` for the continuum.

    Returns
    -------
    numpy.ndarray
        Non-positive, one for each mode; the last periodic axis holds its non-negative frequencies only.

    Examples
    --------
    >>> laplacian_spectrum(Grid(4, 4.0, "periodic"))
    array([ 0., -2., -4.])
    """
    total, last = 0.0, max((a for a, pair in enumerate(grid.boundary) if pair[0] == PERIODIC), default=None)
    for axis, (n, dx) in enumerate(zip(grid.shape, grid.spacing, strict=True)):
        if grid.boundary[axis][0] == PERIODIC:
            angle = 2.0 * np.pi * (scipy.fft.rfftfreq(n) if axis == last else scipy.fft.fftfreq(n))
        else:
            angle = np.pi * np.arange(n) / n
        square = angle**2 if spectrum == "exact" else 4.0 * np.sin(angle / 2.0) ** 2
        rate = 0.0 - square / dx**2
        total = np.add.outer(total, rate) if axis else rate
    return total
