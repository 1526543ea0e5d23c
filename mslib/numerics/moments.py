"""Exact means and covariances of reaction networks whose propensities are linear in the counts."""

import numpy as np
from scipy.linalg import expm, solve, solve_continuous_lyapunov


def _laws(network):
    if network.linear is None:
        raise ValueError("the propensities are not linear in the counts: the moments do not close")
    constant, slopes = network.linear
    return constant, slopes, network.change.T @ slopes


def linear_moments(network):
    """Return the exact stationary mean and covariance of a network with propensities linear in the counts.

    With propensities c + L n, the mean solves S(c + L⟨n⟩) = 0 and the covariance the Lyapunov equation
    J C + C Jᵀ + S diag(c + L⟨n⟩) Sᵀ = 0, where S holds the changes and J = S L.

    Parameters
    ----------
    network : Network
        The reactions; every species must be lost in the end.

    Returns
    -------
    mean : numpy.ndarray, shape (species,)
    covariance : numpy.ndarray, shape (species, species)

    Raises
    ------
    ValueError
        If a propensity is not linear, or there is no stationary state.

    References
    ----------
    Paulsson (2004), Nature 427, 415–418, doi:10.1038/nature02257.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> mean, covariance = linear_moments(Network.mass_action({"0 -> n": 8.0, "n -> 0": 2.0}))
    >>> round(float(mean[0]), 9), round(float(covariance[0, 0]), 9)
    (4.0, 4.0)
    """
    constant, slopes, jacobian = _laws(network)
    if np.max(np.linalg.eigvals(jacobian).real) >= -1e-12 * np.abs(jacobian).max(initial=0.0):
        raise ValueError("the network has no stationary state of its own: some species is not lost, or a sum is kept")
    mean = solve(jacobian, -network.change.T @ constant)
    noise = (network.change.T * (constant + slopes @ mean)) @ network.change
    return mean, solve_continuous_lyapunov(jacobian, -noise)


def transient_moments(network, times, *, start=None):
    """Return the exact mean and covariance at given times of a network with propensities linear in the counts.

    The mean and the covariance together obey one linear system of equations, d⟨n⟩/dt = S(c + L⟨n⟩) and
    dC/dt = J C + C Jᵀ + S diag(c + L⟨n⟩) Sᵀ, which is solved by the matrix exponential.

    Parameters
    ----------
    network : Network
        The reactions.
    times : array_like, shape (T,)
        Times, zero or positive.
    start : dict of str to int, optional
        Molecules at time zero; the network's own initial state if left out.

    Returns
    -------
    mean : numpy.ndarray, shape (T, species)
    covariance : numpy.ndarray, shape (T, species, species)

    Raises
    ------
    ValueError
        If a propensity is not linear.

    References
    ----------
    Gardiner (2009), Stochastic Methods, 4th edition, Springer, ISBN 978-3-540-70712-7.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> mean, covariance = transient_moments(Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5}), [2.0])
    >>> round(float(mean[0, 0]), 6), round(float(covariance[0, 0, 0]), 6)
    (12.642411, 12.642411)
    """
    constant, slopes, jacobian = _laws(network)
    count, change = len(network.species), network.change.T.astype(float)
    eye = np.eye(count)
    pairs = np.einsum("ir,jr,rs->ijs", change, change, slopes).reshape(count**2, count)
    system = np.zeros((1 + count + count**2,) * 2)
    system[1 : 1 + count, 0], system[1 : 1 + count, 1 : 1 + count] = change @ constant, jacobian
    system[1 + count :, 0] = np.einsum("ir,jr,r->ij", change, change, constant).ravel()
    system[1 + count :, 1 : 1 + count] = pairs
    system[1 + count :, 1 + count :] = np.kron(jacobian, eye) + np.kron(eye, jacobian)
    first = np.concatenate([[1.0], network.counts(start), np.zeros(count**2)])
    found = np.array([expm(system * time) @ first for time in np.asarray(times, float)])
    return found[:, 1 : 1 + count], found[:, 1 + count :].reshape(-1, count, count)
