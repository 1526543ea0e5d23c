"""Homogenisation of periodic media: cell problems in one, two or three dimensions, bounds, and the resolved medium."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.fft import irfftn, rfftn
from scipy.integrate import quad
from scipy.linalg import solve_banded
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import splu

from .streams import generator

FEWEST = 4


def _refuse(name, value, allowed):
    raise ValueError(f"{name} must be {allowed}, got {value!r}")


def _diffusivities(a, fewest=FEWEST):
    a = np.asarray(a, float)
    if a.ndim not in (1, 2, 3) or min(a.shape, default=0) < fewest:
        _refuse("a", a.shape, f"an array of 1, 2 or 3 axes with at least {fewest} cells each (refine the image)")
    if not np.all(np.isfinite(a)) or np.any(a < 0):
        worst = a[~(a >= 0) | ~np.isfinite(a)][0]
        _refuse("a", float(worst), "finite and not negative everywhere (zero where nothing passes)")
    if not np.any(a > 0):
        _refuse("a", 0.0, "positive somewhere")
    return a


def _weights(shares, count):
    weights = np.full(count, 1.0) if shares is None else np.asarray(shares, float)
    if weights.shape != (count,) or not np.all(np.isfinite(weights)) or np.any(weights < 0) or weights.sum() <= 0:
        _refuse("shares", weights.tolist(), f"{count} numbers, none negative, with a positive sum")
    return weights / weights.sum()


def layered(a, shares=None, partition=None):
    """Return the effective diffusivities of a stack of layers, across them and along them, in closed form.

    At equilibrium a layer holds `partition` times the concentration of a reference. Layers in series add their
    resistances, so that the flux coefficient across is the harmonic mean of a·K; side by side they add their
    conductances. Both are divided by the mean storage ⟨K⟩, which makes them coefficients of ∂c/∂t = D ∂²c/∂x² for
    the mean concentration.

    Parameters
    ----------
    a : array_like, shape (n,)
        Diffusivities of the layers, not negative; zero in one layer of positive width stops the flux across.
    shares : array_like, shape (n,), optional
        Relative widths; equal if left out.
    partition : array_like, shape (n,), optional
        Partition coefficients K, positive; one if left out.

    Returns
    -------
    across, along : float
        Effective diffusivities.

    Raises
    ------
    ValueError
        If a diffusivity or width is negative, or a partition coefficient is not positive.

    Examples
    --------
    >>> across, along = layered([10.0, 1.0])
    >>> round(across, 5), along
    (1.81818, 5.5)
    >>> layered([10.0, 0.0])
    (0.0, 5.0)
    """
    a = _diffusivities(a, 1)
    if a.ndim != 1:
        _refuse("a", a.shape, "a list of layers")
    weights = _weights(shares, len(a))
    K = np.ones(len(a)) if partition is None else np.asarray(partition, float)
    if K.shape != a.shape or not np.all(np.isfinite(K)) or np.any(K <= 0):
        _refuse("partition", K.tolist(), f"{len(a)} positive numbers")
    present = weights > 0
    a, K, weights = a[present], K[present], weights[present]
    storage = weights @ K
    across = 0.0 if np.any(a == 0) else 1.0 / (weights @ (1.0 / (a * K)))
    return float(across / storage), float(weights @ (a * K) / storage)


def harmonic(a, *, jumps=(), rtol=1e-10):
    """Return the effective diffusivity 1/∫₀¹ dy/a(y) of a medium that varies in one direction, by quadrature.

    This is the exact solution of the cell problem (a(1 + χ′))′ = 0 with χ of period one.

    Parameters
    ----------
    a : callable
        ``a(y)`` returns the diffusivity at 0 ≤ y ≤ 1, positive.
    jumps : sequence of float
        Places between 0 and 1 where `a` jumps.
    rtol : float
        Relative tolerance of the adaptive quadrature.

    Returns
    -------
    float
        Effective diffusivity.

    Raises
    ------
    ValueError
        If `a` is not positive and finite somewhere, or the quadrature does not reach `rtol` (name its jumps).

    References
    ----------
    Bensoussan, Lions & Papanicolaou (1978), Asymptotic Analysis for Periodic Structures, North-Holland.

    Examples
    --------
    >>> round(harmonic(lambda y: 1.0 / (2.0 + np.cos(2.0 * np.pi * y))), 9)
    0.5
    """

    def resistance(y):
        value = float(a(y))
        if not np.isfinite(value) or value <= 0:
            _refuse(f"a({y:.6g})", value, "positive and finite")
        return 1.0 / value

    ends = [0.0, *sorted(jumps), 1.0]
    parts = [quad(resistance, u, v, epsrel=rtol, epsabs=0.0, limit=200, full_output=1)
             for u, v in pairwise(ends)]  # fmt: skip
    total, error = sum(part[0] for part in parts), sum(part[1] for part in parts)
    if error > 10.0 * rtol * total:
        raise ValueError(f"quadrature of 1/a reaches {error / total:.1e}, not rtol = {rtol:g}: name the jumps of a, "
                         "or ask for less")  # fmt: skip
    return 1.0 / total


def wiener(a):
    """Return the harmonic and the arithmetic mean of an image, between which every effective diffusivity lies.

    Parameters
    ----------
    a : array_like
        Diffusivities of equal cells, not negative.

    Returns
    -------
    lower, upper : float
        Wiener's bounds; the lower one is zero if a cell lets nothing through.

    Examples
    --------
    >>> wiener([2.0, 8.0])
    (3.2, 5.0)
    """
    a = _diffusivities(a, 1)
    return float(1.0 / np.mean(1.0 / a)) if np.all(a > 0) else 0.0, float(a.mean())


def hashin_shtrikman(slow, fast, share, dimensions=2):
    """Return the bounds on the effective diffusivity of any isotropic mixture of two media.

    Parameters
    ----------
    slow, fast : float
        Diffusivities with 0 ≤ slow ≤ fast and fast positive.
    share : float
        Volume share of the fast medium, from 0 to 1.
    dimensions : int
        Dimensions of space, 1 to 3.

    Returns
    -------
    lower, upper : float
        The Hashin–Shtrikman bounds; in one dimension both are the harmonic mean.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Hashin & Shtrikman (1962), J. Appl. Phys. 33, 3125–3131, doi:10.1063/1.1728579.

    Examples
    --------
    >>> lower, upper = hashin_shtrikman(1.0, 10.0, 0.5)
    >>> round(lower, 4), round(upper, 4)
    (2.3846, 4.1935)
    """
    if not (np.isfinite(slow) and np.isfinite(fast)) or not 0 <= slow <= fast or fast == 0:
        raise ValueError(f"slow and fast must be finite with 0 <= slow <= fast and fast > 0, got {slow!r} and {fast!r}")
    if not 0 <= share <= 1:
        _refuse("share", share, "from 0 to 1")
    if dimensions not in (1, 2, 3):
        _refuse("dimensions", dimensions, "1, 2 or 3")
    gap, d = fast - slow, dimensions
    bottom = d * slow + (1.0 - share) * gap
    lower = slow + share * gap * d * slow / bottom if bottom else fast
    top = d * fast - share * gap
    upper = fast - (1.0 - share) * gap * d * fast / top if top else slow
    return float(lower), float(upper)


def maxwell(inclusion, matrix, fraction, dimensions=2):
    """Return Maxwell's estimate of the effective diffusivity of a matrix with few round inclusions.

    Parameters
    ----------
    inclusion, matrix : float
        Diffusivities inside and outside the discs (two dimensions) or spheres (three).
    fraction : float
        Volume share of the inclusions, from 0 to 1; the estimate is exact to first order in it.
    dimensions : int
        2 or 3.

    Returns
    -------
    float
        Effective diffusivity.

    References
    ----------
    Maxwell (1873), A Treatise on Electricity and Magnetism, article 314, Clarendon Press.

    Examples
    --------
    >>> round(maxwell(0.0, 1.0, 0.3), 5)
    0.53846
    """
    _inclusions(inclusion, matrix, fraction)
    if dimensions not in (2, 3):
        _refuse("dimensions", dimensions, "2 or 3")
    d = dimensions
    polarity = (inclusion - matrix) / (inclusion + (d - 1) * matrix)
    return matrix * (1.0 + (d - 1) * fraction * polarity) / (1.0 - fraction * polarity)


def _inclusions(inclusion, matrix, fraction, most=1.0):
    if not np.isfinite(matrix) or matrix <= 0:
        _refuse("matrix", matrix, "positive and finite")
    if not np.isfinite(inclusion) or inclusion < 0:
        _refuse("inclusion", inclusion, "zero or positive, and finite")
    if not 0 <= fraction <= most:
        _refuse("fraction", fraction, f"from 0 to {most:.6g}")


def rayleigh(inclusion, matrix, fraction):
    """Return Rayleigh's effective diffusivity of a square array of discs, with Perrins's coefficients.

    The series holds to order twelve in the radius; beyond a fraction of about 0.7 and for extreme contrast the discs
    nearly touch (at π/4) and more terms are needed.

    Parameters
    ----------
    inclusion, matrix : float
        Diffusivities inside and outside the discs.
    fraction : float
        Area share of the discs, from 0 to π/4.

    Returns
    -------
    float
        Effective diffusivity.

    References
    ----------
    Rayleigh (1892), Phil. Mag. 34, 481–502, doi:10.1080/14786449208620364.
    Perrins, McKenzie & McPhedran (1979), Proc. R. Soc. A 369, 207–225, doi:10.1098/rspa.1979.0160.

    Examples
    --------
    >>> round(rayleigh(0.0, 1.0, 0.3), 5)
    0.53758
    """
    _inclusions(inclusion, matrix, fraction, np.pi / 4)
    T = (matrix - inclusion) / (matrix + inclusion)
    f4, f8 = fraction**4, fraction**8
    bottom = 1.0 + T * fraction - T**2 * (0.305827 * f4 / (1.0 - 1.402958 * T**2 * f8) + 0.013362 * f8)
    return matrix * (1.0 - 2.0 * T * fraction / bottom)


def stripes(n, share=0.5):
    """Return an n × n image that is True in a layer of the given share, across axis 0.

    Examples
    --------
    >>> int(stripes(8, 0.25).sum())
    16
    """
    width = _pixels(n, share, "share")
    return np.broadcast_to((np.arange(n) < width)[:, None], (n, n)).copy()


def checkerboard(n):
    """Return an n × n image of one period of a checkerboard, True on half of its four squares.

    Examples
    --------
    >>> checkerboard(4).astype(int)[0]
    array([1, 1, 0, 0])
    """
    half = np.arange(n) < _pixels(n, 0.5, "share")
    return half[:, None] == half[None, :]


def disc(n, share, *, touching=False):
    """Return an n × n image of a disc in the middle, True where the centre of the cell lies in it.

    Parameters
    ----------
    n : int
        Cells a side.
    share : float
        Area share; discs of neighbouring periods touch at π/4.
    touching : bool
        Allow a disc whose gap to its neighbours is narrower than two cells.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Raises
    ------
    ValueError
        If the mesh does not resolve the disc or the gap.

    Examples
    --------
    >>> round(float(disc(256, 0.3).mean()), 3)
    0.3
    """
    if not 0 <= share <= 1:
        _refuse("share", share, "from 0 to 1")
    radius = np.sqrt(share / np.pi)
    if 0 < radius * n < 2:
        need = int(np.ceil(2 / radius))
        _refuse("n", n, f"at least {need}, to resolve a disc of share {share:g} by two cells a radius")
    gap = 1.0 - 2.0 * radius
    if not touching and gap * n < 2:
        need = f"at least {int(np.ceil(2 / gap))}, " if gap > 0 else "replaced by a smaller share: "
        _refuse("n", n, need + f"for the gap between discs of share {share:g} to be two cells wide (or touching=True)")
    y = (np.arange(n) + 0.5) / n - 0.5
    return y[:, None] ** 2 + y[None, :] ** 2 < radius**2


def block(n, side, dimensions=2):
    """Return an image of a square (or cube) of `side` cells in a periodic cell of `n` cells a side.

    Parameters
    ----------
    n : int
        Cells a side.
    side : int
        Cells a side of the block; the gap between neighbouring blocks, n − side, must be none or at least two cells.
    dimensions : int
        2 or 3.

    Returns
    -------
    numpy.ndarray of bool, shape (n,) * dimensions

    Examples
    --------
    >>> float(block(10, 8).mean())
    0.64
    """
    if dimensions not in (2, 3):
        _refuse("dimensions", dimensions, "2 or 3")
    if side != int(side) or not 0 <= side <= n or n - side == 1:
        _refuse("side", side, f"a whole number from 0 to {n - 2}, or {n}: a gap of one cell is not resolved")
    inside = np.arange(n) < side
    return np.logical_and.reduce(np.meshgrid(*(inside,) * dimensions, indexing="ij"))


def blobs(n, share=0.5, *, size=0.12, rng=0):
    """Return an n × n periodic image of irregular blobs: a smoothed random field above a threshold.

    Parameters
    ----------
    n : int
        Cells a side.
    share : float
        Area share that is True.
    size : float
        Correlation length as a share of the side; it must span at least three cells. The same seed gives the same
        blobs on every mesh.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)

    Examples
    --------
    >>> float(blobs(48, 0.25, rng=1).mean())
    0.25
    """
    if not 0 <= share <= 1:
        _refuse("share", share, "from 0 to 1")
    if not np.isfinite(size) or size * n < 3:
        _refuse("size", size, f"at least {3 / n:.3g}, to span three cells of {n}")
    most = int(np.ceil(1.0 / size))
    if 2 * most + 1 > n:
        _refuse("n", n, f"at least {2 * most + 1}, to hold the waves of blobs of size {size:g}")
    waves = np.arange(-most, most + 1)
    draws = generator(rng).normal(size=(2 * most + 1, 2 * most + 1, 2)) @ [1.0, 1.0j]
    amplitudes = np.zeros((n, n), complex)
    damped = np.exp(-0.5 * (np.pi * size) ** 2 * (waves[:, None] ** 2 + waves[None, :] ** 2))
    amplitudes[np.ix_(waves, waves)] = draws * damped
    field = np.fft.ifft2(amplitudes).real
    image = np.zeros(n * n, bool)
    image[np.argsort(field, axis=None, kind="stable")[: round(share * n * n)]] = True
    return image.reshape(n, n)


def _pixels(n, share, name):
    if n != int(n) or n < FEWEST:
        _refuse("n", n, f"a whole number of at least {FEWEST}")
    width = round(share * n)
    if not 0 <= share <= 1 or abs(width - share * n) > 1e-9:
        _refuse(name, share, f"a multiple of 1/{n} from 0 to 1, so that borders fall between cells (or change n)")
    return width


def _faces(a, lengths):
    """Return for each axis the conductance of the face between a cell and its next one, over the spacing squared."""
    faces = []
    for axis, length in enumerate(lengths):
        there = np.roll(a, -1, axis)
        total = a + there
        mean = np.divide(2.0 * a * there, total, out=np.zeros_like(a), where=total > 0)
        faces.append(mean * (a.shape[axis] / length) ** 2)
    return faces


def _links(faces):
    """Return the links of the periodic graph whose conductance is positive: from, to, conductance, axis, crossing."""
    shape = faces[0].shape
    index = np.arange(faces[0].size, dtype=np.intp).reshape(shape)
    parts = []
    for axis, face in enumerate(faces):
        seam = np.zeros(shape, bool)
        seam[(slice(None),) * axis + (-1,)] = True
        keep = face > 0
        columns = (index, np.roll(index, -1, axis), face, np.full(shape, axis, np.intp), seam)
        parts.append([column[keep] for column in columns])
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def percolates(a):
    """Return for each axis whether a connected path of positive diffusivity winds round the periodic cell along it.

    A spanning tree of the graph of cells is unrolled into the plane; a link that joins two cells at different
    distances from where the tree puts them closes a loop round the torus. Exact for loops of any winding.

    Parameters
    ----------
    a : array_like
        Diffusivities of equal cells on one to three axes; zero where nothing passes.

    Returns
    -------
    tuple of bool
        One for each axis.

    Examples
    --------
    >>> percolates(1.0 - stripes(8, 0.5))
    (False, True)
    """
    a = _diffusivities(a)
    if np.all(a > 0):
        return (True,) * a.ndim
    return tuple(bool(np.any(wound)) for wound in _winding(a)[1])


def _winding(a):
    """Return the component of each cell, and for each axis whether each component winds round it."""
    start, end, _, axes, seam = _links(_faces(a, (1.0,) * a.ndim))
    size = a.size
    graph = coo_array((np.ones(len(start), np.int8), (start, end)), (size, size)).tocsr()
    count, component = connected_components(graph, directed=False)
    first = np.zeros(count, np.intp)
    first[component[::-1]] = np.arange(size, dtype=np.intp)[::-1]
    parent = _tree(start, end, first, size)
    wound = []
    for axis in range(a.ndim):
        place = _unrolled(parent, start, end, (seam & (axes == axis)).astype(np.intp))
        loose = place[end] - place[start] != (seam & (axes == axis))
        wound.append(np.bincount(component[start[loose]], minlength=count) > 0)
    return component, wound


def _tree(start, end, first, size):
    """Return the parent of each cell in a spanning forest; roots are their own parents."""
    rows, columns = np.r_[start, np.full(len(first), size)], np.r_[end, first]
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), (size + 1, size + 1)).tocsr()
    parent = breadth_first_order(graph, size, directed=False)[1][:size].astype(np.intp)
    roots = parent == size
    parent[roots] = np.nonzero(roots)[0]
    return parent


def _unrolled(parent, start, end, crossing):
    """Return how often the way from the root to each cell crosses the seam, by doubling of pointers."""
    step = np.zeros(len(parent), np.intp)
    for child, other, sign in ((end, start, 1), (start, end, -1)):
        used = parent[child] == other
        if np.any(used):
            step[child[used]] = sign * crossing[used]
    step[parent == np.arange(len(parent))] = 0
    while True:
        step, above = step + step[parent], parent[parent]
        if np.array_equal(above, parent):
            return step
        parent = above


@dataclass(frozen=True)
class Homogenised:
    """What a periodic medium looks like from afar.

    Attributes
    ----------
    a : numpy.ndarray
        The diffusivities of the cell, as given.
    lengths : tuple of float
        Edges of the cell.
    directions : tuple of int
        Axes along which a mean gradient was applied.
    correctors : numpy.ndarray, shape (len(directions), \\*a.shape)
        χ for each direction, in units of length, with mean zero on each connected piece; y + χ is the concentration
        under a mean gradient of one. Where nothing passes, χ has no meaning and is zero.
    tensor : numpy.ndarray, shape (len(directions), len(directions))
        Effective diffusivities: mean flux (over the whole cell) for a unit mean gradient; symmetric.
    method : str
        ``"direct"`` or ``"cg"``.
    iterations : tuple of int
        Steps of conjugate gradients for each direction; zeros for a direct solve.
    residual : float
        Largest relative residual.
    """

    a: np.ndarray
    lengths: tuple
    directions: tuple
    correctors: np.ndarray
    tensor: np.ndarray
    method: str
    iterations: tuple
    residual: float

    @cached_property
    def bounds(self):
        """Wiener's bounds, the harmonic and the arithmetic mean."""
        return wiener(self.a)

    def flux(self, direction=0):
        """Return the flux a(∇χ + e) through the faces between each cell and its next one, one array for each axis.

        Parameters
        ----------
        direction : int
            Axis of the mean gradient, one of `directions`.

        Returns
        -------
        list of numpy.ndarray, each of the shape of `a`
            Counted positive along the gradient.

        Raises
        ------
        ValueError
            If that direction was not solved.
        """
        if direction not in self.directions:
            _refuse("direction", direction, f"one of {self.directions}")
        faces = _faces(self.a, self.lengths)
        return _flux(faces, self.correctors[self.directions.index(direction)], self.lengths, direction)


def _flux(faces, chi, lengths, direction):
    flux = []
    for axis, face in enumerate(faces):
        spacing = lengths[axis] / chi.shape[axis]
        pull = spacing if axis == direction else 0.0
        flux.append(face * spacing * (np.roll(chi, -1, axis) - chi + pull))
    return flux


def homogenise(a, *, lengths=None, directions=None, method="auto", rtol=1e-9, most=2000):
    """Return the effective diffusivity tensor of a periodic medium given as an image.

    Solves the cell problem ∇·(a(y)(∇χ + e)) = 0 with χ periodic, for a unit mean gradient e along each axis, by
    conservative finite volumes with harmonic means on the faces: second order where `a` is smooth or jumps along
    lines of the mesh, slower at the corners of a checkerboard. Cells with a = 0 are impermeable.

    ``"direct"`` factorises the sparse matrix once for all directions. ``"cg"`` runs conjugate gradients
    preconditioned by the fast Fourier transform (the exact inverse for a uniform medium): the number of steps does
    not depend on the size of the image but grows about as √contrast. ``"auto"`` takes the cheaper one.

    Parameters
    ----------
    a : array_like, 1 to 3 axes
        Diffusivities of equal cells, not negative.
    lengths : sequence of float, optional
        Edges of the cell; all one if left out.
    directions : sequence of int, optional
        Axes of the mean gradient; all if left out.
    method : {"auto", "direct", "cg"}
        How to solve.
    rtol : float
        Relative residual at which conjugate gradients stop.
    most : int
        Largest number of their steps.

    Returns
    -------
    Homogenised
        Tensor, correctors and how they were found.

    Raises
    ------
    ValueError
        If the image is too coarse or negative somewhere, if the medium does not percolate along a direction, or if
        conjugate gradients do not converge.

    References
    ----------
    Bensoussan, Lions & Papanicolaou (1978), Asymptotic Analysis for Periodic Structures, North-Holland.
    Moulinec & Suquet (1998), Comput. Methods Appl. Mech. Eng. 157, 69–94, doi:10.1016/S0045-7825(97)00218-1.

    Examples
    --------
    >>> fast = checkerboard(32)
    >>> medium = homogenise(np.where(fast, 10.0, 1.0))
    >>> medium.tensor.round(2)
    array([[2.93, 0.  ],
           [0.  , 2.93]])
    """
    a = _diffusivities(a)
    lengths = _edges(lengths, a.ndim)
    directions = _directions(directions, a.ndim)
    open_ways = percolates(a)
    for direction in directions:
        if not open_ways[direction]:
            raise ValueError(f"a does not percolate along axis {direction}: no connected way round the cell, so the "
                             "effective diffusivity is zero; widen the gaps or choose other directions")  # fmt: skip
    faces = _faces(a, lengths)
    if method == "auto":
        method = "direct" if _rather_direct(a) else "cg"
    if method not in ("direct", "cg"):
        _refuse("method", method, "'auto', 'direct' or 'cg'")
    pulls = [_divergence(faces, lengths, direction) for direction in directions]
    solved = _solve_direct(faces, pulls) if method == "direct" else _solve_cg(faces, pulls, lengths, rtol, most)
    correctors, iterations = solved
    residual = max(_norm(_apply(faces, chi) - b) / (_norm(b) or 1.0) for chi, b in zip(correctors, pulls, strict=True))
    correctors = _centred(correctors, a)
    tensor = _tensor(faces, correctors, lengths, directions)
    return Homogenised(a, lengths, directions, correctors, tensor, method, iterations, residual)


def _edges(lengths, axes):
    lengths = (1.0,) * axes if lengths is None else tuple(float(length) for length in lengths)
    if len(lengths) != axes or not all(np.isfinite(length) and length > 0 for length in lengths):
        _refuse("lengths", lengths, f"{axes} positive numbers")
    return lengths


def _directions(directions, axes):
    directions = tuple(range(axes)) if directions is None else tuple(directions)
    if not directions or len(set(directions)) < len(directions) or not set(directions) <= set(range(axes)):
        _refuse("directions", directions, f"different axes from 0 to {axes - 1}")
    return directions


def _rather_direct(a):
    passing = a[a > 0]
    contrast = passing.max() / passing.min()
    return a.ndim == 1 or (a.ndim == 2 and (a.size <= 16**2 or (contrast > 1e4 and a.size <= 512**2)))


def _divergence(faces, lengths, direction):
    """Return the right side b of A χ = b for a unit mean gradient, with A = −∇·a∇."""
    pull = faces[direction] * (lengths[direction] / faces[direction].shape[direction])
    return pull - np.roll(pull, 1, direction)


def _apply(faces, chi):
    """Return −∇·(a∇χ) for the face conductances `faces`."""
    total = np.zeros_like(chi)
    for axis, face in enumerate(faces):
        flow = face * (np.roll(chi, -1, axis) - chi)
        total += np.roll(flow, 1, axis) - flow
    return total


def _norm(values):
    return float(np.sqrt(np.vdot(values, values)))


def _solve_direct(faces, pulls):
    start, end, g, _, _ = _links(faces)
    size = faces[0].size
    off = coo_array((np.r_[-g, -g], (np.r_[start, end], np.r_[end, start])), (size, size)).tocsr()
    component = connected_components(off, directed=False)[1]
    ground = np.unique(component, return_index=True)[1]
    diagonal = np.bincount(start, g, size) + np.bincount(end, g, size)
    diagonal[ground] += np.where(diagonal[ground] > 0, diagonal[ground], 1.0)
    matrix = (off + coo_array((diagonal, (np.arange(size), np.arange(size))), (size, size))).tocsc()
    factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return [factors.solve(b.ravel()).reshape(b.shape) for b in pulls], (0,) * len(pulls)


def _solve_cg(faces, pulls, lengths, rtol, most):
    if not 0 < rtol < 1:
        _refuse("rtol", rtol, "between 0 and 1")
    inverse = _inverse_laplacian(faces[0].shape, lengths)
    solved = [_conjugate_gradients(faces, b, inverse, rtol, most) for b in pulls]
    return [chi for chi, _ in solved], tuple(steps for _, steps in solved)


def _inverse_laplacian(shape, lengths):
    """Return the Fourier symbol of the inverse of −∇² on the mesh, zero for the mean."""
    symbol = np.zeros(())
    for axis, (n, length) in enumerate(zip(shape, lengths, strict=True)):
        waves = np.arange(n // 2 + 1 if axis == len(shape) - 1 else n)
        part = 2.0 * (n / length) ** 2 * (1.0 - np.cos(2.0 * np.pi * waves / n))
        symbol = np.add.outer(symbol, part)
    symbol.flat[0] = np.inf
    return 1.0 / symbol


def _conjugate_gradients(faces, b, inverse, rtol, most):
    goal, chi, rest = rtol * _norm(b), np.zeros_like(b), b.copy()
    way, power = np.zeros_like(b), 1.0
    for step in range(most):
        if _norm(rest) <= goal:
            return chi, step
        smooth = irfftn(rfftn(rest) * inverse, s=b.shape)
        power, before = np.vdot(rest, smooth), power
        way = smooth + (power / before if step else 0.0) * way
        pushed = _apply(faces, way)
        length = power / np.vdot(way, pushed)
        chi += length * way
        rest -= length * pushed
    raise ValueError(f"conjugate gradients did not reach rtol = {rtol:g} in most = {most} steps: "
                     "the contrast of a is extreme; use method='direct', or raise most")  # fmt: skip


def _centred(correctors, a):
    if np.all(a > 0):
        return np.array([chi - chi.mean() for chi in correctors])
    piece = _winding(a)[0]
    count = np.bincount(piece)
    means = [np.bincount(piece, chi.ravel()) / count for chi in correctors]
    return np.array([np.where(a > 0, chi - mean[piece].reshape(a.shape), 0.0)
                     for chi, mean in zip(correctors, means, strict=True)])  # fmt: skip


def _tensor(faces, correctors, lengths, directions):
    fluxes = [_flux(faces, chi, lengths, d) for chi, d in zip(correctors, directions, strict=True)]
    tensor = np.array([[flux[axis].mean() for axis in directions] for flux in fluxes])
    return 0.5 * (tensor + tensor.T)


def steady_layers(a, periods, length, k, *, held=1.0, storage: Sequence | None = None, refine=1):
    """Return the steady profile in a resolved periodic medium, held at x = 0 and sealed at the end.

    Solves (a(x/ε) c′)′ = k s(x/ε) c by one tridiagonal solve on cell centres with harmonic means on the faces,
    second order in the cell width. With `storage` s = K and `a` = D·K the unknown is the concentration in
    equilibrium with the reference medium.

    Parameters
    ----------
    a : array_like, shape (m,)
        Diffusivities of the cells of one period, positive.
    periods : int
        Number of periods, so that ε = length/periods.
    length : float
        Length of the medium.
    k : float
        Rate constant of decay, positive.
    held : float
        Concentration held at x = 0.
    storage : array_like, shape (m,), optional
        Share held per concentration, positive; one if left out.
    refine : int
        Cells for each value of `a`.

    Returns
    -------
    x, c : numpy.ndarray, shape (m·refine·periods,)
        Cell centres and concentrations.

    Raises
    ------
    ValueError
        If a parameter is out of range, or the cells do not resolve √(a/k).

    Examples
    --------
    >>> x, c = steady_layers(np.ones(8), 40, 20.0, 1.0)
    >>> bool(np.allclose(c, np.exp(-x), atol=5e-4))
    True
    """
    a = _diffusivities(a, 2)
    storage = np.ones(len(a)) if storage is None else np.asarray(storage, float)
    if a.ndim != 1 or np.any(a == 0):
        _refuse("a", a.tolist(), "one positive diffusivity for each cell of a period")
    if storage.shape != a.shape or not np.all(np.isfinite(storage)) or np.any(storage <= 0):
        _refuse("storage", storage.tolist(), f"{len(a)} positive numbers")
    for name, value in (("periods", periods), ("refine", refine)):
        if value != int(value) or value < 1:
            _refuse(name, value, "a whole number of at least 1")
    for name, value in (("length", length), ("k", k)):
        if not np.isfinite(value) or value <= 0:
            _refuse(name, value, "positive and finite")
    dx = length / (len(a) * periods * refine)
    shortest = np.sqrt((a / storage).min() / k)
    if dx > shortest:
        need = int(np.ceil(refine * dx / shortest))
        _refuse("refine", refine, f"at least {need}, to resolve √(a/k) = {shortest:.3g}")
    a, storage = (np.tile(np.repeat(values, refine), periods) for values in (a, storage))
    faces = np.r_[2.0 * a[0], 2.0 * a[:-1] * a[1:] / (a[:-1] + a[1:]), 0.0] / dx**2
    bands = np.zeros((3, len(a)))
    bands[0, 1:] = bands[2, :-1] = -faces[1:-1]
    bands[1] = faces[:-1] + faces[1:] + k * storage
    right = np.zeros(len(a))
    right[0] = faces[0] * held
    return (np.arange(len(a)) + 0.5) * dx, solve_banded((1, 1), bands, right)
