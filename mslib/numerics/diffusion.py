"""Diffusion with linear decay on a line that is fed at one end: conservative finite volumes, Crank–Nicolson in time."""

import numpy as np

from .fields import Diffusion
from .grids import NO_FLUX, Grid, Held, Inflow, refusal

SMOOTHED = 2


def _fed_line(length, cells, held, flux):
    if (held is None) == (flux is None):
        raise ValueError("give exactly one of held (concentration at x = 0) and flux (influx at x = 0)")
    return Grid(cells, length, (Held(held) if flux is None else Inflow(flux), NO_FLUX))


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
    if not np.isfinite(k) or k < 0:
        raise refusal("k", k, "zero or positive, and finite")
    times = np.asarray(times, float)
    if times.ndim != 1 or not len(times) or not np.all(np.isfinite(times)) or np.any(np.diff([0.0, *times]) <= 0):
        raise refusal("times", times.tolist(), "positive, finite and increasing")
    grid = _fed_line(length, cells, held, flux)
    c, profiles = grid.field(initial), []
    for start, end in zip([0.0, *times[:-1]], times, strict=True):
        count = max(1, round(steps * (end - start) / times[-1]))
        dt, smooth = (end - start) / count, min(SMOOTHED, count) if start == 0.0 else 0
        c = Diffusion(grid, D, dt / 2, decay=k, method="backward-euler").run(c, 2 * smooth)
        c = Diffusion(grid, D, dt, decay=k, method="crank-nicolson").run(c, count - smooth)
        profiles.append(c)
    return grid.centres[0], np.array(profiles)
