"""The chemical master equation of a reaction network, solved on a box of states: finite state projection."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack, solve, solve_continuous_lyapunov
from scipy.sparse import dia_array, eye_array
from scipy.sparse.linalg import splu
from scipy.special import gammaln, xlogy
from tqdm.auto import tqdm

from .ssa import increasing_times

BAND_LIMIT = 2e7


@dataclass(frozen=True)
class Law:
    """A probability law over the counts of the species of a network.

    Attributes
    ----------
    probability : numpy.ndarray, shape (n₁ + 1, n₂ + 1, …)
        Probability of each state of the box, with one axis for each species.
    lost : float
        What the box cannot hold. For a law at a given time: the probability that has left the box by then,
        which is also a bound on the total variation distance to the exact law. For a stationary law: the
        share of all reaction events that the wall of the box had to forbid.
    """

    probability: np.ndarray
    lost: float

    def marginal(self, axis):
        """Return the law of one species, shape (n + 1,).

        Parameters
        ----------
        axis : int
            Index of the species.

        Returns
        -------
        numpy.ndarray
            Probabilities of the counts 0, 1, … of that species.
        """
        axis = range(self.probability.ndim)[axis]
        return self.probability.sum(axis=tuple(k for k in range(self.probability.ndim) if k != axis))

    def moments(self):
        """Return mean and covariance of the counts, given that the state is in the box.

        Returns
        -------
        mean : numpy.ndarray, shape (species,)
        covariance : numpy.ndarray, shape (species, species)
        """
        states = np.indices(self.probability.shape).reshape(self.probability.ndim, -1)
        weights = self.probability.ravel() / self.probability.sum()
        mean = states @ weights
        return mean, (states * weights) @ states.T - np.outer(mean, mean)


class _Box:
    """The states 0 … upper of every species, numbered with the smallest axis last to keep reactions short."""

    def __init__(self, network, upper):
        if set(upper) != set(network.species):
            raise ValueError(f"the box needs an upper end for each of {', '.join(network.species)}, got {upper}")
        self.upper = network.counts(upper).astype(np.intp)
        self.order = np.argsort(-self.upper, kind="stable")
        self.shape = tuple(self.upper[self.order] + 1)
        self.back = np.argsort(self.order)
        self.strides = np.cumprod((1, *self.shape[:0:-1]), dtype=np.intp)[::-1][self.back]
        self.states = np.indices(self.shape).reshape(len(upper), -1)[self.back]

    def holds(self, change):
        """Say from which states a change of counts leads neither below zero, nor past the upper ends."""
        after = self.states + change[:, None]
        return np.all(after >= 0, axis=0), np.all(after <= self.upper[:, None], axis=0)

    def law(self, vector, lost):
        """Return the law whose probabilities `vector` lists in the order of the states."""
        return Law(np.transpose(vector.reshape(self.shape), self.back), float(lost))


def _flows(network, box):
    """Yield for each reaction its step in state number, and its rates inside the box and across the wall."""
    rates = network.propensities(box.states.astype(float))
    for change, rate in zip(network.change, rates, strict=True):
        possible, inside = box.holds(change)
        if not np.all(rate >= 0) or np.any(rate[~possible] > 0):
            raise ValueError("a propensity is negative, undefined, or leads to negative counts")
        yield int(change @ box.strides), np.where(possible & inside, rate, 0.0), np.where(inside, 0.0, rate)


def _generator(network, box):
    """Return the generator of the process that stays in the box, and the outflow that its wall blocks."""
    size = box.states.shape[1]
    diagonals, blocked = {0: np.zeros(size)}, np.zeros(size)
    for step, inside, across in _flows(network, box):
        diagonals[-step] = diagonals.get(-step, 0.0) + inside
        diagonals[0] = diagonals[0] - inside
        blocked += across
    return dia_array((np.array(list(diagonals.values())), list(diagonals)), shape=(size, size)), blocked


def _factorised(matrix):
    """Return a solver for a matrix given by its diagonals: banded LU, or SuperLU if they lie wide."""
    width, size = int(np.max(np.abs(matrix.offsets))), matrix.shape[0]
    if (3 * width + 1) * size > BAND_LIMIT:
        return splu(matrix.tocsc()).solve
    band = np.zeros((3 * width + 1, size))
    for offset, diagonal in zip(matrix.offsets, matrix.data, strict=True):
        band[2 * width - offset] = diagonal
    factors, pivots, _ = lapack.dgbtrf(band, width, width, overwrite_ab=True)
    return lambda right: lapack.dgbtrs(factors, width, width, right, pivots)[0]


def stationary(network, upper):
    """Return the stationary law of a network on a box of states whose wall lets nothing through.

    The null vector of the generator is found by inverse iteration with one direct LU factorisation. The only
    error beyond round-off is the box; enlarge it until `Law.lost` times the number of events in a relaxation
    time is small.

    Parameters
    ----------
    network : Network
        The reactions; from every state of the box every other must be reachable.
    upper : dict of str to int
        Largest count of each species in the box.

    Returns
    -------
    Law
        The stationary law, which adds up to one, and the share of events that the wall forbade.

    Raises
    ------
    ValueError
        If a propensity is negative or the box is malformed.

    References
    ----------
    Munsky & Khammash (2006), J. Chem. Phys. 124, 044104, doi:10.1063/1.2145882.

    Examples
    --------
    >>> from mslib.numerics.ssa import Network
    >>> law = stationary(Network.mass_action({"0 -> n": 4.0, "n -> 0": 1.0}), {"n": 40})
    >>> print([round(float(p), 6) for p in law.probability[:3]], law.lost < 1e-20)
    [0.018316, 0.073263, 0.146525] True
    """
    box = _Box(network, upper)
    generator, blocked = _generator(network, box)
    leaving = -generator.diagonal()
    shift = 1e-14 * max(leaving.max(), np.finfo(float).tiny)
    solved = _factorised(dia_array(generator - shift * eye_array(leaving.size, format="dia")))
    vector = np.full(leaving.size, 1.0 / leaving.size)
    for _ in range(3):
        vector = solved(vector)
        vector /= vector.sum()
    return box.law(vector, vector @ blocked / max(vector @ (leaving + blocked), np.finfo(float).tiny))


def _poisson_weights(means, tolerance):
    """Return the Poisson law of each mean, cut by Chernoff's bound where at most `tolerance` remains."""
    nats = -np.log(tolerance)
    steps = int(means[-1] + nats / 3.0 + np.sqrt(nats**2 / 9.0 + 2.0 * nats * means[-1])) + 2
    k = np.arange(steps)
    return np.exp(xlogy(k, means[:, None]) - means[:, None] - gammaln(k + 1))


def transient(network, upper, times, *, start=None, tolerance=1e-12, progress=False):
    """Return the laws of a network at given times; what leaves the box of states is lost, and counted.

    Uniformisation: a clock ticks at the largest total rate Λ of the box, and at each tick a reaction may or
    may not fire, so that the law is a Poisson mixture of powers of one sparse matrix with no negative entry.
    The series is cut where less than `tolerance` remains. The cost grows as Λ times the last time.

    Parameters
    ----------
    network : Network
        The reactions.
    upper : dict of str to int
        Largest count of each species in the box.
    times : array_like, shape (T,)
        Increasing times.
    start : dict of str to int, optional
        Molecules at time zero by species; none if left out.
    tolerance : float
        Probability that the series may leave out.
    progress : bool
        Show a progress bar.

    Returns
    -------
    list of Law
        One a time; each probability is too low by at most what is lost, and never too high.

    Raises
    ------
    ValueError
        If times do not increase, a propensity is negative, or the start is outside the box.

    References
    ----------
    Munsky & Khammash (2006), J. Chem. Phys. 124, 044104, doi:10.1063/1.2145882.
    Jensen (1953), Scand. Actuar. J. 1953, 87–91, doi:10.1080/03461238.1953.10419459.

    Examples
    --------
    >>> from mslib.numerics.ssa import Network
    >>> law, = transient(Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5}), {"n": 60}, [2.0])
    >>> round(float(law.probability[10]), 7), law.lost < 1e-9
    (0.0928981, True)
    """
    box, times = _Box(network, upper), increasing_times(times)
    vector = _indicator(box, network.counts(start or {}))
    generator, blocked = _generator(network, box)
    generator.setdiag(generator.diagonal() - blocked)
    tick = max(-generator.diagonal().min(), np.finfo(float).tiny)
    weights = _poisson_weights(tick * times, tolerance)
    steps = weights.shape[1]
    laws, chain = np.zeros((times.size, vector.size)), (generator / tick + eye_array(vector.size)).todia()
    for step in tqdm(range(steps), disable=not progress, leave=False):
        used = np.flatnonzero(weights[:, step] > tolerance / steps)
        laws[used] += weights[used, step, None] * vector
        vector = chain @ vector
    return [box.law(law, max(1.0 - law.sum(), 0.0)) for law in laws]


def _indicator(box, counts):
    if np.any(counts > box.upper):
        raise ValueError(f"the start {counts.tolist()} lies outside the box, which ends at {box.upper.tolist()}")
    vector = np.zeros(box.states.shape[1])
    vector[counts @ box.strides] = 1.0
    return vector


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
    >>> from mslib.numerics.ssa import Network
    >>> mean, covariance = linear_moments(Network.mass_action({"0 -> n": 8.0, "n -> 0": 2.0}))
    >>> round(float(mean[0]), 9), round(float(covariance[0, 0]), 9)
    (4.0, 4.0)
    """
    count = len(network.species)
    probes = np.column_stack([np.zeros(count), np.eye(count), np.full(count, 7.0)])
    rates = network.propensities(probes)
    constant, slopes = rates[:, 0], rates[:, 1:-1] - rates[:, :1]
    if not np.allclose(rates[:, -1], constant + 7.0 * slopes.sum(axis=1)):
        raise ValueError("the propensities are not linear in the counts: the moments do not close")
    jacobian = network.change.T @ slopes
    if np.max(np.linalg.eigvals(jacobian).real) >= 0:
        raise ValueError("the network has no stationary state: some species is not lost")
    mean = solve(jacobian, -network.change.T @ constant)
    noise = (network.change.T * (constant + slopes @ mean)) @ network.change
    return mean, solve_continuous_lyapunov(jacobian, -noise)
