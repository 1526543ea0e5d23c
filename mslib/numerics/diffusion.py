"""Diffusion with linear decay in one dimension: conservative finite volumes, Crank–Nicolson in time."""

import numpy as np
from scipy.linalg import solve_banded


def _refuse(name, value, allowed):
    raise ValueError(f"{name} must be {allowed}, got {value!r}")


def _laplacian(cells, dx, D, held):
    """Return the three bands of D ∂²/∂x² on cell centres; the right end is sealed, the left end held or sealed."""
    rate = D / dx**2
    lower = np.full(cells, rate)
    upper = np.full(cells, rate)
    middle = np.full(cells, -2.0 * rate)
    middle[-1] = -rate
    middle[0] = -3.0 * rate if held else -rate
    lower[0] = upper[-1] = 0.0
    return lower, middle, upper


def _solve(lower, middle, upper, right):
    bands = np.zeros((3, len(middle)))
    bands[0, 1:], bands[1], bands[2, :-1] = upper[:-1], middle, lower[1:]
    return solve_banded((1, 1), bands, right)


def _check(D, k, length, cells):
    for name, value in (("D", D), ("length", length)):
        if not np.isfinite(value) or value <= 0:
            _refuse(name, value, "positive and finite")
    if not np.isfinite(k) or k < 0:
        _refuse("k", k, "zero or positive, and finite")
    if cells != int(cells) or cells < 3:
        _refuse("cells", cells, "a whole number of at least 3")
    if k > 0 and length / cells > np.sqrt(D / k):
        _refuse("cells", cells, f"at least {int(np.ceil(length / np.sqrt(D / k)))}, to resolve √(D/k)")


def _source(held, flux, dx, D):
    if (held is None) == (flux is None):
        raise ValueError("give exactly one of held (concentration at x = 0) and flux (influx at x = 0)")
    return 2.0 * D / dx**2 * held if held is not None else flux / dx


def steady_decay(D, k, length, *, held=None, flux=None, cells=400):
    """Return the steady profile of D c'' − k c = 0 on a line that is fed at x = 0 and sealed at x = length.

    One tridiagonal solve on cell centres; second order in the cell width.

    Parameters
    ----------
    D, k : float
        Diffusion coefficient (length²/time) and decay rate constant (1/time), both positive.
    length : float
        Length of the line.
    held, flux : float, optional
        Exactly one of: concentration held at x = 0; influx (amount per area and time) at x = 0.
    cells : int
        Number of finite volumes.

    Returns
    -------
    x, c : numpy.ndarray, shape (cells,)
        Cell centres and concentrations.

    Raises
    ------
    ValueError
        If a parameter is out of range, k is zero, or the cells do not resolve √(D/k).

    Examples
    --------
    >>> x, c = steady_decay(1.0, 1.0, 20.0, held=1.0, cells=2000)
    >>> bool(np.allclose(c, np.exp(-x), atol=1e-5))
    True
    """
    _check(D, k, length, cells)
    if k == 0:
        _refuse("k", k, "positive for a steady state on a sealed line")
    dx = length / cells
    lower, middle, upper = _laplacian(cells, dx, D, held is not None)
    right = np.zeros(cells)
    right[0] = -_source(held, flux, dx, D)
    return (np.arange(cells) + 0.5) * dx, _solve(lower, middle - k, upper, right)


def diffuse_decay(D, k, length, times, *, held=None, flux=None, initial=0.0, cells=400, steps=400):
    """Return profiles of ∂c/∂t = D ∂²c/∂x² − k c on a line fed at x = 0 and sealed at x = length.

    Finite volumes in space (second order), Crank–Nicolson in time (second order) after four half-size
    backward Euler steps that damp the jump at the source (Rannacher start-up).

    Parameters
    ----------
    D, k : float
        Diffusion coefficient (length²/time), positive, and decay rate constant (1/time), not negative.
    length : float
        Length of the line.
    times : array_like, shape (T,)
        Increasing, positive output times.
    held, flux : float, optional
        Exactly one of: concentration held at x = 0; influx (amount per area and time) at x = 0.
    initial : float or array_like, shape (cells,)
        Concentration at t = 0.
    cells, steps : int
        Finite volumes, and time steps between 0 and the last time (each output time is hit exactly).

    Returns
    -------
    x : numpy.ndarray, shape (cells,)
        Cell centres.
    c : numpy.ndarray, shape (T, cells)
        Concentrations at the output times.

    Raises
    ------
    ValueError
        If a parameter is out of range, times do not increase, or the cells do not resolve √(D/k).

    References
    ----------
    Rannacher (1984), Numerische Mathematik 43, 309–327, doi:10.1007/BF01390130.

    Examples
    --------
    >>> from scipy.special import erfc
    >>> x, c = diffuse_decay(1.0, 0.0, 30.0, [4.0], held=1.0, cells=1200)
    >>> bool(np.allclose(c[0], erfc(x / 4.0), atol=2e-5))
    True
    """
    _check(D, k, length, cells)
    times = np.asarray(times, float)
    if times.ndim != 1 or not len(times) or not np.all(np.isfinite(times)) or np.any(np.diff([0.0, *times]) <= 0):
        _refuse("times", times.tolist(), "positive, finite and increasing")
    dx = length / cells
    bands = _laplacian(cells, dx, D, held is not None)
    operator = (bands[0], bands[1] - k, bands[2])
    feed = np.zeros(cells)
    feed[0] = _source(held, flux, dx, D)
    c = np.broadcast_to(np.asarray(initial, float), (cells,)).copy()
    profiles = []
    for start, end in zip([0.0, *times[:-1]], times, strict=True):
        count = max(1, round(steps * (end - start) / times[-1]))
        c = _march(c, operator, feed, (end - start) / count, count, smooth=start == 0.0)
        profiles.append(c)
    return (np.arange(cells) + 0.5) * dx, np.array(profiles)


def _march(c, operator, feed, dt, count, smooth):
    for n in range(count):
        if smooth and n < 2:
            c = _theta_step(_theta_step(c, operator, feed, dt / 2, 1.0), operator, feed, dt / 2, 1.0)
        else:
            c = _theta_step(c, operator, feed, dt, 0.5)
    return c


def _theta_step(c, operator, feed, dt, theta):
    lower, middle, upper = operator
    explicit = (1.0 - theta) * dt
    right = c + dt * feed + explicit * middle * c
    right[1:] += explicit * lower[1:] * c[:-1]
    right[:-1] += explicit * upper[:-1] * c[1:]
    return _solve(-theta * dt * lower, 1.0 - theta * dt * middle, -theta * dt * upper, right)
