"""Finite elements on a line: an elastic bar with active stress, an elastic foundation, loads and springs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import LinAlgError, solveh_banded

GAUSS, WEIGHTS = np.polynomial.legendre.leggauss(3)
PLACES, WEIGHTS = 0.5 * (GAUSS + 1.0), 0.5 * WEIGHTS
ENDS = ("displacement", "traction", "spring")


def _refuse(name, value, allowed):
    raise ValueError(f"{name} must be {allowed}, got {value!r}")


def _shapes(order, places):
    """Return values and slopes (per element length) of the shape functions, each of shape (order + 1, places)."""
    s = np.asarray(places, float)
    if order == 1:
        return np.array([1.0 - s, s]), np.array([-np.ones_like(s), np.ones_like(s)])
    values = np.array([(1.0 - s) * (1.0 - 2.0 * s), 4.0 * s * (1.0 - s), s * (2.0 * s - 1.0)])
    return values, np.array([4.0 * s - 3.0, 4.0 - 8.0 * s, 4.0 * s - 1.0])


def mesh(length, elements, *, breaks=()):
    """Return the ends of elements on a line, with an end at every break.

    Parameters
    ----------
    length : float
        Length of the line.
    elements : int
        Number of elements, shared among the pieces in proportion to their length, at least one each.
    breaks : sequence of float
        Places between 0 and `length` where a coefficient jumps or a force acts.

    Returns
    -------
    numpy.ndarray
        Increasing places from 0 to `length`.

    Raises
    ------
    ValueError
        If the length is not positive, the elements are too few, or a break lies outside.

    Examples
    --------
    >>> mesh(1.0, 4, breaks=[0.3])
    array([0.        , 0.3       , 0.53333333, 0.76666667, 1.        ])
    """
    if not np.isfinite(length) or length <= 0:
        _refuse("length", length, "positive and finite")
    ends = np.unique([0.0, *breaks, length])
    if not np.all(np.isfinite(ends)) or ends[0] < 0 or ends[-1] > length:
        _refuse("breaks", list(breaks), f"places between 0 and {length:g}")
    if elements != int(elements) or elements < len(ends) - 1:
        _refuse("elements", elements, f"a whole number of at least {len(ends) - 1}, one for each piece")
    counts = np.maximum(1, np.round(elements * np.diff(ends) / length)).astype(int)
    pieces = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(ends[:-1], ends[1:], counts, strict=True)]
    return np.concatenate([*pieces, [length]])


def field(x, values):
    """Return a function that interpolates a field, given at places such as cell centres, for use as a coefficient.

    Between the places it is linear; outside it is continued along the last two, but by no more than one spacing.

    Parameters
    ----------
    x : array_like, shape (n,)
        Increasing places.
    values : array_like, shape (n,)
        Values of the field there.

    Returns
    -------
    callable
        ``f(places)``; it raises a ValueError for places farther out.

    Raises
    ------
    ValueError
        If the places do not increase, or a value is not finite.

    Examples
    --------
    >>> field([0.5, 1.5], [1.0, 3.0])([0.0, 1.0])
    array([0., 2.])
    """
    x, values = np.asarray(x, float), np.asarray(values, float)
    if x.ndim != 1 or len(x) < 2 or not np.all(np.isfinite(x)) or np.any(np.diff(x) <= 0):
        _refuse("x", x.tolist(), "at least two increasing places")
    if values.shape != x.shape or not np.all(np.isfinite(values)):
        _refuse("values", values.tolist(), f"{len(x)} finite numbers, one for each place")

    def interpolate(places):
        places = np.asarray(places, float)
        if np.any(places < 2 * x[0] - x[1]) or np.any(places > 2 * x[-1] - x[-2]):
            _refuse("places", [float(places.min()), float(places.max())],
                    f"within a spacing of the field's, {x[0]:g} to {x[-1]:g}")  # fmt: skip
        at = np.clip(np.searchsorted(x, places) - 1, 0, len(x) - 2)
        return values[at] + (places - x[at]) * (values[at + 1] - values[at]) / (x[at + 1] - x[at])

    return interpolate


@dataclass(frozen=True)
class Bar:
    """A deformed bar.

    Attributes
    ----------
    ends : numpy.ndarray, shape (elements + 1,)
        Ends of the elements before deformation.
    order : int
        1 (linear elements) or 2 (quadratic ones, with a node in the middle).
    x, u : numpy.ndarray, shape (order·elements + 1,)
        Nodes and their displacements.
    E, active : numpy.ndarray, shape (elements, 3)
        Stiffness and active stress at the Gauss points of each element.
    reactions : tuple of float
        Stress that each end's support exerts on the bar along x: at the left end −σ(0), at the right end σ(L).
    """

    ends: np.ndarray
    order: int
    x: np.ndarray
    u: np.ndarray
    E: np.ndarray
    active: np.ndarray
    reactions: tuple

    @cached_property
    def change(self):
        """Change of length, u(L) − u(0); negative if the bar shortens."""
        return float(self.u[-1] - self.u[0])

    @cached_property
    def points(self):
        """Gauss points, shape (elements, 3), where strain and stress are given."""
        return _points(self.ends)

    @cached_property
    def strain(self):
        """Strain u′ at the Gauss points, shape (elements, 3)."""
        return self._strain(PLACES)

    @cached_property
    def stress(self):
        """Stress E u′ + active stress at the Gauss points, shape (elements, 3)."""
        return self.E * self.strain + self.active

    @cached_property
    def mean_stress(self):
        """Mean stress of each element, shape (elements,): more exact than the values at the Gauss points."""
        return self.stress @ WEIGHTS

    def _strain(self, places):
        slopes = _shapes(self.order, places)[1]
        return self.u[_nodes(len(self.ends) - 1, self.order)] @ slopes / np.diff(self.ends)[:, None]

    def displacement(self, places):
        """Return the displacement anywhere on the bar, by the shape functions of its elements.

        Parameters
        ----------
        places : array_like
            Places from 0 to the length of the undeformed bar.

        Returns
        -------
        numpy.ndarray
            Displacements, of the shape of `places`.

        Raises
        ------
        ValueError
            If a place lies outside the bar.
        """
        places = np.asarray(places, float)
        if not np.all((places >= self.ends[0]) & (places <= self.ends[-1])):
            _refuse("places", places.tolist(), f"between {self.ends[0]:g} and {self.ends[-1]:g}")
        element = np.clip(np.searchsorted(self.ends, places, side="right") - 1, 0, len(self.ends) - 2)
        local = (places - self.ends[element]) / np.diff(self.ends)[element]
        nodes = self.u[_nodes(len(self.ends) - 1, self.order)[element]]
        return np.einsum("...n,n...->...", nodes, _shapes(self.order, local)[0])


def _nodes(elements, order):
    return order * np.arange(elements, dtype=np.intp)[:, None] + np.arange(order + 1, dtype=np.intp)


def _points(ends):
    return ends[:-1, None] + np.diff(ends)[:, None] * PLACES


def bar(
    ends, E, *, active=0.0, foundation=0.0, load=0.0, points=(), left=("displacement", 0.0), right=("traction", 0.0),
    order=1,
):  # fmt: skip
    """Return the equilibrium of an elastic bar whose material also pulls by itself.

    Finds u with σ′ = k u − f, where the stress is σ = E u′ + s: passive elasticity (E), active stress (s, positive
    if it pulls the material together), an elastic foundation (k) that drags the bar back to where it was, and a load
    (f) along the bar. Linear or quadratic elements with three Gauss points; one banded Cholesky solve. The error of
    u falls with order 2 (3 for quadratic elements) in the size of the elements, that of the strain with order 1 (2).
    Without a foundation and with piecewise constant E the displacements at the ends of elements are exact, but for
    the quadrature of s.

    Parameters
    ----------
    ends : array_like, shape (elements + 1,)
        Ends of the elements; see `mesh`. Coefficients that jump should jump at an end.
    E, active, foundation, load : float, array_like of shape (elements,), or callable
        Coefficients: a number, one for each element, or a function of the place. E is positive, the foundation is
        not negative.
    points : sequence of (place, force)
        Forces along x, each at an end of an element.
    left, right : (str, float)
        ``("displacement", u)``, ``("traction", t)`` with the stress t that pulls at this end outwards, or
        ``("spring", K)`` for an elastic tether that pulls back with K times the displacement.
    order : int
        1 or 2.

    Returns
    -------
    Bar
        Displacements, strain, stress and the forces of the supports.

    Raises
    ------
    ValueError
        If a coefficient or end condition is out of range, if nothing holds the bar in place, or if the elements do
        not resolve the length √(E/k) of the foundation.

    References
    ----------
    Strang & Fix (1973), An Analysis of the Finite Element Method, Prentice-Hall, chapter 1.
    Nash & Panfilov (2004), Prog. Biophys. Mol. Biol. 85, 501–522, doi:10.1016/j.pbiomolbio.2004.01.016.

    Examples
    --------
    >>> strip = bar(mesh(1.0, 50), 10.0, active=2.0)
    >>> round(strip.change, 12), bool(abs(strip.stress).max() < 1e-12)
    (-0.2, True)
    >>> held = bar(mesh(1.0, 50), 10.0, active=2.0, right=("displacement", 0.0))
    >>> held.change, round(float(held.stress[0, 0]), 12)
    (0.0, 2.0)
    """
    ends = _checked_ends(ends)
    if order not in (1, 2):
        _refuse("order", order, "1 or 2")
    E, active, k, load = (_coefficient(name, value, ends) for name, value in
                          (("E", E), ("active", active), ("foundation", foundation), ("load", load)))  # fmt: skip
    _check(ends, E, k, left, right, points)
    bands, right_side = _assemble(ends, E, active, k, load, order)
    for place, force in points:
        right_side[order * _at_end(ends, place)] += force
    plain, raw = bands.copy(), right_side.copy()
    _support(bands, right_side, 0, order, *left)
    _support(bands, right_side, -1, order, *right)
    u = _solve(bands, right_side)
    reactions = tuple(float(_row(plain, u, node) - raw[node]) for node in (0, -1))
    nodes = np.unique(np.concatenate([ends, 0.5 * (ends[1:] + ends[:-1])])) if order == 2 else ends
    return Bar(ends, order, nodes, u, E, active, reactions)


def _checked_ends(ends):
    ends = np.asarray(ends, float)
    if ends.ndim != 1 or len(ends) < 2 or not np.all(np.isfinite(ends)) or np.any(np.diff(ends) <= 0):
        _refuse("ends", ends.tolist(), "at least two increasing places")
    return ends


def _coefficient(name, value, ends):
    points = _points(ends)
    if callable(value):
        values = np.asarray(value(points), float)
    else:
        values = np.asarray(value, float)
        values = values[:, None] if values.ndim == 1 else values
    try:
        values = np.broadcast_to(values, points.shape)
    except ValueError:
        _refuse(name, np.shape(value), f"a number, {len(points)} numbers (one for each element) or a function of x")
    if not np.all(np.isfinite(values)):
        _refuse(name, float(values[~np.isfinite(values)][0]), "finite everywhere on the bar")
    return values


def _check(ends, E, k, left, right, points):
    if np.any(E <= 0):
        _refuse("E", float(E.min()), "positive everywhere")
    if np.any(k < 0):
        _refuse("foundation", float(k.min()), "zero or positive everywhere")
    for name, condition in (("left", left), ("right", right)):
        if len(condition) != 2 or condition[0] not in ENDS or not np.isfinite(condition[1]):
            _refuse(name, condition, f"(kind, finite number) with kind one of {', '.join(ENDS)}")
        if condition[0] == "spring" and condition[1] < 0:
            _refuse(name, condition, "a spring of zero or positive stiffness")
    holds = [kind == "displacement" or (kind == "spring" and value > 0) for kind, value in (left, right)]
    if not any(holds) and not np.any(k > 0):
        raise ValueError(f"nothing holds the bar in place: left = {left!r}, right = {right!r}, foundation = 0; "
                         "give one end a displacement or a spring, or a foundation")  # fmt: skip
    for place, force in points:
        if not np.isfinite(force):
            _refuse(f"points at {place!r}", force, "a finite force")
    size, reach = np.diff(ends)[:, None], np.sqrt(E / np.maximum(k, 1e-300))
    if np.any(size > reach):
        worst = float((size / reach).max())
        raise ValueError(
            f"the elements do not resolve the foundation's length √(E/k) = {float(reach.min()):.3g}: "
            f"one is {worst:.3g} times as long; use {int(np.ceil(worst * len(size)))} elements"
        )


def _at_end(ends, place):
    at = int(np.argmin(np.abs(ends - place)))
    if abs(ends[at] - place) > 1e-9 * (ends[-1] - ends[0]):
        _refuse("points", place, f"an end of an element (the nearest is {ends[at]:g}); name it in mesh(breaks=…)")
    return at


def _assemble(ends, E, active, k, load, order):
    """Return the upper bands of the stiffness matrix and the right side, for free ends."""
    h = np.diff(ends)[:, None]
    values, slopes = _shapes(order, PLACES)
    nodes = _nodes(len(h), order)
    size = order * len(h) + 1
    bands, right = np.zeros((order + 1, size)), np.zeros(size)
    for i in range(order + 1):
        pull = (load * values[i] * h - active * slopes[i]) @ WEIGHTS
        right += np.bincount(nodes[:, i], pull, size)
        for j in range(i, order + 1):
            entry = (E * slopes[i] * slopes[j] / h + k * values[i] * values[j] * h) @ WEIGHTS
            bands[order - (j - i)] += np.bincount(nodes[:, j], entry, size)
    return bands, right


def _support(bands, right, node, order, kind, value):
    """Apply the condition at the first or last node."""
    if kind == "traction":
        right[node] += value
    elif kind == "spring":
        bands[order, node] += value
    else:
        for distance in range(1, order + 1):
            row = distance if node == 0 else -1 - distance
            entry = (order - distance, distance if node == 0 else -1)
            right[row] -= bands[entry] * value
            bands[entry] = 0.0
        bands[order, node] = 1.0
        right[node] = value


def _solve(bands, right):
    try:
        return solveh_banded(bands, right)
    except LinAlgError as error:
        raise ValueError("the stiffness matrix is singular: E, foundation and springs differ by too many orders of "
                         "magnitude, or nothing holds the bar") from error  # fmt: skip


def _row(bands, u, node):
    """Return the product of the first or last row of the symmetric band matrix with u."""
    order = len(bands) - 1
    total = bands[order, node] * u[node]
    for distance in range(1, order + 1):
        row, column = (distance, distance) if node == 0 else (-1 - distance, -1)
        total += bands[order - distance, column] * u[row]
    return total
