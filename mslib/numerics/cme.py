"""The chemical master equation of a reaction network, solved on a box of states: finite state projection."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_array, dia_array, eye_array, vstack
from scipy.sparse.linalg import splu
from scipy.special import gammaln, xlogy

from .ssa import increasing_times
from .streams import watched

BAND_LIMIT = 2e7
STATE_LIMIT = 2e6
SETTLED = 1e-9


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

    def reachable(self, network, counts):
        """Return the indices of the states that share the conserved sums of a state."""
        laws = network.conservation_laws
        if np.any(counts > self.upper):
            raise ValueError(f"the start {counts.tolist()} lies outside the box, which ends at {self.upper.tolist()}")
        return np.flatnonzero(np.all(laws @ self.states == (laws @ counts)[:, None], axis=0))

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
    band = np.zeros((size, 3 * width + 1))
    for offset, diagonal in zip(matrix.offsets, matrix.data, strict=True):
        band[:, 2 * width - offset] = diagonal
    factors, pivots, _ = lapack.dgbtrf(band.T, width, width, overwrite_ab=True)
    return lambda right: lapack.dgbtrs(factors, width, width, right, pivots)[0]


def stationary(network, upper=None, *, start=None, tolerance=1e-9):
    """Return the stationary law of a network on a box of states whose wall lets nothing through.

    The null vector of the generator is found by inverse iteration with one direct LU factorisation. The only
    error beyond round-off is the box; enlarge it until `Law.lost` times the number of events in a relaxation
    time is small. Without a box one is grown until the law has vanished towards its wall.

    Parameters
    ----------
    network : Network
        The reactions, without time and events; from every state of the box every other must be reachable, save for
        sums that the reactions conserve, which are held at their values in the start.
    upper : dict of str to int, optional
        Largest count of each species in the box; found by itself if left out.
    start : dict of str to int, optional
        A state that has the conserved sums; the network's own initial state if left out.
    tolerance : float
        For a box that grows: probability that may lie in the outermost tenth of any side.

    Returns
    -------
    Law
        The stationary law, which adds up to one, and the share of events that the wall forbade.

    Raises
    ------
    ValueError
        If a propensity is negative, the box is malformed or would grow beyond all memory.

    References
    ----------
    Munsky & Khammash (2006), J. Chem. Phys. 124, 044104, doi:10.1063/1.2145882.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> law = stationary(Network.mass_action({"0 -> n": 4.0, "n -> 0": 1.0}), {"n": 40})
    >>> print([round(float(p), 6) for p in law.probability[:3]], law.lost < 1e-20)
    [0.018316, 0.073263, 0.146525] True
    """
    _timeless(network)
    if upper is None:
        return _grown(network, start, tolerance)
    box = _Box(network, upper)
    generator, blocked = _generator(network, box)
    if network.conservation_laws.size:
        rows = box.reachable(network, network.counts(start))
        vector = np.zeros(blocked.size)
        generator, blocked = generator.tocsc()[rows][:, rows], blocked[rows]
        found, lost = _null_vector(generator, blocked)
        vector[rows] = found
        return box.law(vector, lost)
    return box.law(*_null_vector(generator, blocked))


def _timeless(network):
    if not network.is_timeless:
        raise ValueError("the master equation needs rate laws without time and no events; use ssa.simulate")


def _null_vector(generator, blocked):
    """Return the stationary vector of a generator, and the share of events that were blocked."""
    leaving = -generator.diagonal()
    shift = 1e-14 * max(leaving.max(), np.finfo(float).tiny)
    if isinstance(generator, dia_array):
        diagonals = generator.data - shift * (generator.offsets == 0)[:, None]
        solved = _factorised(dia_array((diagonals, generator.offsets), shape=generator.shape))
    else:
        solved = splu((generator - shift * eye_array(leaving.size)).tocsc()).solve
    vector = np.full(leaving.size, 1.0 / leaving.size)
    for _ in range(5):
        before, vector = vector, solved(vector)
        vector /= vector.sum()
        if np.abs(vector - before).sum() < SETTLED:
            break
    return vector, vector @ blocked / max(vector @ (leaving + blocked), np.finfo(float).tiny)


def _grown(network, start, tolerance):
    """Return the stationary law on a box whose sides have grown until little lies near the wall."""
    first, laws = network.counts(start), network.conservation_laws
    upper, held = np.maximum(2 * first, 15), np.full(first.size, False)
    for law in laws[np.all(laws >= 0, axis=1)]:
        used = law > 0
        upper[used] = np.where(held[used], np.minimum(upper[used], law @ first // law[used]), law @ first // law[used])
        held |= used
    while np.prod(upper + 1.0) < STATE_LIMIT:
        law = stationary(network, dict(zip(network.species, upper.tolist(), strict=True)), start=start)
        ends = [law.marginal(s)[-max(int(n) // 10, 2) :].sum() for s, n in enumerate(upper)]
        narrow = (np.array(ends) > tolerance) & ~held
        if not narrow.any():
            return law
        upper = np.where(narrow, upper * 8 // 5, upper)
    raise ValueError(
        f"a box up to {upper.tolist()} of {', '.join(network.species)} would be too large: give `upper`, or simulate"
    )


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
    >>> from mslib.numerics.network import Network
    >>> law, = transient(Network.mass_action({"0 -> n": 10.0, "n -> 0": 0.5}), {"n": 60}, [2.0])
    >>> round(float(law.probability[10]), 7), law.lost < 1e-9
    (0.0928981, True)
    """
    _timeless(network)
    box, times = _Box(network, upper), increasing_times(times)
    vector = _indicator(box, network.counts(start))
    generator, blocked = _generator(network, box)
    generator.setdiag(generator.diagonal() - blocked)
    laws = _uniformised(generator, vector, times, tolerance, progress)
    return [box.law(law, max(1.0 - law.sum(), 0.0)) for law in laws]


def _uniformised(generator, vector, times, tolerance, progress):
    """Return the vectors to which a generator takes a first one in the given times."""
    tick = max(-generator.diagonal().min(), np.finfo(float).tiny)
    weights = _poisson_weights(tick * times, tolerance)
    steps = weights.shape[1]
    laws, chain = np.zeros((times.size, vector.size)), generator / tick + eye_array(vector.size)
    chain = chain.todia() if isinstance(generator, dia_array) else chain.tocsr()
    counted = weights > tolerance / steps
    any_counted = counted.any(axis=0).tolist()
    for step in watched(range(steps), progress):
        if any_counted[step]:
            used = np.flatnonzero(counted[:, step])
            laws[used] += weights[used, step, None] * vector
        vector = chain @ vector
    return laws


def _indicator(box, counts):
    if np.any(counts > box.upper):
        raise ValueError(f"the start {counts.tolist()} lies outside the box, which ends at {box.upper.tolist()}")
    vector = np.zeros(box.states.shape[1])
    vector[counts @ box.strides] = 1.0
    return vector


@dataclass(frozen=True)
class Passage:
    """When a network first reaches a set of states.

    Attributes
    ----------
    mean, deviation : float
        Mean and standard deviation of the time; infinite if the set may never be reached.
    walls : float
        Expected number of times that the wall of the box forbids a reaction on the way: far below one, the box
        does not matter.
    """

    mean: float
    deviation: float
    walls: float


def _target(network, box, condition):
    """Return which states of the box fulfil a condition."""
    inside = network.holds(condition, box.states)
    if inside.all() or not inside.any():
        raise ValueError(f"target {condition!r} holds for {'every' if inside.all() else 'no'} state of the box")
    return inside


def _before(network, upper, target, start):
    """Return the box, its free states, the generator among them, what the wall blocks, what arrives, and the start."""
    _timeless(network)
    box, counts = _Box(network, upper), network.counts(start)
    generator, blocked = _generator(network, box)
    arrived = _target(network, box, target)
    first = _indicator(box, counts)
    if first[arrived].any():
        raise ValueError(f"the start {counts.tolist()} already fulfils {target!r}")
    free = np.intersect1d(box.reachable(network, counts), np.flatnonzero(~arrived))
    among = generator.tocsr()[free][:, free]
    arriving = np.asarray(-among.sum(axis=0)).ravel()
    return among, blocked[free], np.where(arriving > 1e-14 * np.abs(among.diagonal()), arriving, 0.0), first[free]


def first_passage(network, upper, target, *, start=None):
    """Return mean and standard deviation of the time until a network first fulfils a condition.

    The mean times τ from all states solve Qᵀ τ = −1, where Q is the generator among the states that do not fulfil
    the condition, by one sparse LU factorisation; the second moments follow from Qᵀ τ₂ = −2 τ. The wall of the box
    lets nothing through, and how often it matters is reported.

    Parameters
    ----------
    network : Network
        The reactions, without time and events.
    upper : dict of str to int
        Largest count of each species in the box.
    target : str
        Condition on species and parameters, such as ``"X >= 250"``.
    start : dict of str to int, optional
        Molecules at time zero; the network's own initial state if left out.

    Returns
    -------
    Passage
        Mean, standard deviation, and how often the wall of the box mattered.

    Raises
    ------
    ValueError
        If the condition is unknown, holds already, or for no state of the box.

    References
    ----------
    van Kampen (2007), Stochastic Processes in Physics and Chemistry, 3rd edition, chapter XII, North-Holland.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> clock = Network.mass_action({"0 -> n": 2.0})
    >>> passage = first_passage(clock, {"n": 10}, "n >= 8")
    >>> round(passage.mean, 9), round(passage.deviation**2, 9), passage.walls
    (4.0, 2.0, 0.0)
    """
    among, blocked, arriving, first = _before(network, upper, target, start)
    if not _always_arrives(among, arriving, first):
        return Passage(np.inf, np.inf, np.inf)
    solve = splu(among.T.tocsc()).solve
    once = solve(-np.ones(first.size))
    twice, walls = solve(-2.0 * once), solve(-blocked)
    mean = float(first @ once)
    return Passage(mean, float(np.sqrt(max(first @ twice - mean**2, 0.0))), float(first @ walls))


def _always_arrives(among, arriving, first):
    """Say whether from every state that can be reached the target can be reached."""
    flow = csr_array(among.T)
    flow.setdiag(0.0)
    forward = _closure(flow.T.tocsr(), first > 0)
    back = _closure(flow, arriving > 0)
    return bool(np.all(back[forward]))


def _closure(matrix, seen):
    """Return the set that a set grows to along the entries of a matrix."""
    matrix = (matrix != 0).astype(float)
    while True:
        more = seen | (matrix @ seen.astype(float) > 0)
        if more.sum() == seen.sum():
            return more
        seen = more


def passage_law(network, upper, target, times, *, start=None, tolerance=1e-12, progress=False):
    """Return the probability that a network has fulfilled a condition by given times.

    Parameters
    ----------
    network : Network
        The reactions, without time and events.
    upper : dict of str to int
        Largest count of each species in the box.
    target : str
        Condition on species and parameters, such as ``"X >= 250"``.
    times : array_like, shape (T,)
        Increasing times.
    start : dict of str to int, optional
        Molecules at time zero; the network's own initial state if left out.
    tolerance : float
        Probability that the series of uniformisation may leave out.
    progress : bool
        Show a progress bar.

    Returns
    -------
    arrived : numpy.ndarray, shape (T,)
        Probability of having arrived, too low by at most what is lost.
    lost : numpy.ndarray, shape (T,)
        Probability of having left the box before.

    Raises
    ------
    ValueError
        As `first_passage`.

    References
    ----------
    Munsky & Khammash (2006), J. Chem. Phys. 124, 044104, doi:10.1063/1.2145882.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> arrived, lost = passage_law(Network.mass_action({"0 -> n": 2.0}), {"n": 10}, "n >= 1", [0.5])
    >>> round(float(arrived[0]), 9), round(float(lost[0]), 9)
    (0.632120559, 0.0)
    """
    among, blocked, arriving, first = _before(network, upper, target, start)
    times = increasing_times(times)
    leak = vstack([among, csr_array(arriving[None]), csr_array(blocked[None])]).tocsr()
    leak.resize((first.size + 2, first.size + 2))
    leak.setdiag(np.concatenate([among.diagonal() - blocked, [0.0, 0.0]]))
    found = _uniformised(leak, np.concatenate([first, [0.0, 0.0]]), times, tolerance, progress)
    return found[:, -2], found[:, -1]
