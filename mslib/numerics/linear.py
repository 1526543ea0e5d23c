"""Networks in which every molecule goes its own way, simulated exactly without a loop over events."""

from dataclasses import dataclass, field
from importlib.util import find_spec

import numpy as np
from scipy.linalg import expm

BIRTH_LIMIT = 50_000_000
EASY_BLOCK = 5_000_000


@dataclass(frozen=True)
class _Channel:
    """What one molecule of a species (or nothing, species None) brings about at a constant rate."""

    species: int | None
    rate: float
    products: tuple
    fatal: bool


def _channels(network):
    """Return the channels of a first-order network; raise a ValueError if it is none."""
    if network.linear is None:
        raise ValueError("exact-linear needs propensities that are linear in the counts, without time and events")
    found = []
    for reaction, change, constant, slopes in zip(network.reactions, network.change, *network.linear, strict=True):
        for species, rate in ((None, constant), *enumerate(slopes)):
            if rate == 0:
                continue
            fatal = species is not None and change[species] == -1
            gain = change + (np.arange(change.size) == species) * fatal
            if rate < 0 or gain.min() < 0:
                raise ValueError(
                    f"exact-linear needs molecules that go their own way, but {str(reaction)!r} is not of that kind; "
                    "use method='auto'"
                )
            products = tuple((s, int(gain[s])) for s in np.flatnonzero(gain))
            found.append(_Channel(species, float(rate), products, bool(fatal)))
    return found


def is_first_order(network):
    """Say whether every molecule of a network goes its own way, so that it has an exact sampler.

    Parameters
    ----------
    network : Network
        The reactions.

    Returns
    -------
    bool
        True for propensities of order zero and one such as ``0 -> m``, ``m -> m + p``, ``A -> B``, ``A -> 2 A``.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> is_first_order(Network.mass_action({"m -> m + p": 1.0})), is_first_order(Network.mass_action({"2 A -> B": 1.0}))
    (True, False)
    """
    try:
        _channels(network)
    except ValueError:
        return False
    return True


@dataclass
class LinearSampler:
    """Exact sampler of first-order networks: lifetimes for parents, thinning for children.

    Molecules do not meet, so that each has its own exponential life, its children come as a Poisson process, and
    nobody else matters. Species that bear nothing are never simulated one by one: given their parents, those born
    between two sampling times and still there at the second are Poisson with a mean that is an integral over the
    parents' path, and those that were there before survive with probability e^(−γΔ). The joint law of all species at
    all sampling times is exact. The cost is that of the molecules that bear others, plus two random numbers for each
    other species, trajectory and sampling time, which are drawn in a compiled loop where numba is installed.

    Attributes
    ----------
    network : Network
        The reactions, all of order zero or one.
    start : numpy.ndarray of int, shape (species,)
        Counts at time zero.
    times : numpy.ndarray, shape (T,)
        Increasing sampling times.

    Raises
    ------
    ValueError
        If the network is not of first order, or the molecules become too many to follow.

    References
    ----------
    Kingman (1993), Poisson Processes, Oxford University Press (thinning and marking).
    Hörmann (1993), Insur. Math. Econ. 12, 39–45, doi:10.1016/0167-6687(93)90997-4 (Poisson numbers).
    Hörmann (1993), J. Stat. Comput. Simul. 46, 101–110, doi:10.1080/00949659308811496 (binomial numbers).

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> gene = Network.mass_action({"0 -> m": 1.0, "m -> 0": 0.5, "m -> m + p": 3.0, "p -> 0": 0.1})
    >>> found = LinearSampler(gene, np.zeros(2, int), np.array([200.0]))(2000, np.random.default_rng(1))
    >>> bool(abs(found[:, 0, 1].mean() / 60 - 1) < 0.03)
    True
    """

    network: object
    start: np.ndarray
    times: np.ndarray
    channels: list = field(init=False)

    def __post_init__(self):
        self.channels = _channels(self.network)
        self.loss = np.zeros(len(self.network.species))
        for channel in self.channels:
            if channel.fatal:
                self.loss[channel.species] += channel.rate
        bearing = {channel.species for channel in self.channels if channel.products}
        self.leaves = [s for s in range(self.loss.size) if s not in bearing]

    def lives(self):
        """Return how many molecules that bear others one trajectory is expected to follow.

        Returns
        -------
        float
            Those at time zero and those born until the last sampling time; infinite if they are beyond counting.

        Examples
        --------
        >>> from mslib.numerics.network import Network
        >>> gene = Network.mass_action({"0 -> m": 1.0, "m -> 0": 0.5, "m -> m + p": 3.0, "p -> 0": 0.1})
        >>> round(LinearSampler(gene, np.array([5, 0]), np.array([200.0])).lives(), 6)
        205.0
        """
        total, source = self.loss.size, self.loss.size + 1
        followed = np.append(~np.isin(np.arange(total), self.leaves), [False, False])
        flow = np.zeros((total + 2, total + 2))
        for channel in self.channels:
            parent = source if channel.species is None else channel.species
            if channel.fatal:
                flow[parent, parent] -= channel.rate
            for product, amount in channel.products:
                flow[product, parent] += channel.rate * amount
                flow[total, parent] += channel.rate * amount * followed[product]
        begun = np.concatenate([self.start, [self.start[followed[:total]].sum(), 1.0]])
        with np.errstate(over="ignore", invalid="ignore"):
            number = expm(flow * self.times[-1])[total] @ begun
        return float(number) if np.isfinite(number) else np.inf

    def __call__(self, size, rng):
        """Return counts at the sampling times.

        Parameters
        ----------
        size : int
            Number of trajectories.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        numpy.ndarray of int, shape (size, T, species)
            Counts.
        """
        run = _Run(self, size, rng)
        run.begin()
        while run.pending:
            run.live(*run.pending.pop())
        return run.counted()


def _regularity(times):
    """Return one over the step of equally spaced times, a little less to be safe from round-off; else zero."""
    steps = np.diff(times)
    if times.size < 3 or np.ptp(steps) > 1e-9 * steps[0]:
        return 0.0
    return (1.0 - 1e-7) / steps.mean()


class _Run:
    """One block of trajectories: who is waiting to live, and what has been counted so far."""

    def __init__(self, sampler, size, rng):
        self.sampler, self.size, self.rng = sampler, size, rng
        self.grid = np.concatenate([[0.0], sampler.times])
        self.steps = np.diff(self.grid)
        species, columns = sampler.loss.size, self.steps.size
        leaf = np.zeros(species, bool)
        leaf[sampler.leaves] = True
        self.leaf, self.pending, self.born = leaf, [], 0
        self.jumps = {s: np.zeros((columns, size)) for s in np.flatnonzero(~leaf)}
        self.arrivals = {s: np.zeros((columns, size)) for s in sampler.leaves}
        self.means = {s: np.zeros((columns, size)) for s in sampler.leaves}
        with np.errstate(invalid="ignore"):
            held = [np.where(g > 0, -np.expm1(-g * self.steps) / g, self.steps) for g in sampler.loss]
        self.held = np.array(held)[:, :, None]
        self.regular = _regularity(sampler.times)
        by_parent = {}
        for channel in sampler.channels:
            by_parent.setdefault(channel.species, []).append(channel)
        self.by_parent = by_parent

    def begin(self):
        """Put in the molecules of time zero, and those that come from nothing."""
        runs, end = np.arange(self.size), self.grid[-1]
        for species, amount in enumerate(self.sampler.start):
            if amount and not self.leaf[species]:
                at = np.repeat(runs, amount)
                self.pending.append((species, at, np.zeros(at.size)))
        for channel in self.by_parent.get(None, ()):
            if self._thins(channel):
                leaf = channel.products[0][0]
                self.means[leaf] += channel.rate * self.held[leaf]
            else:
                at = np.repeat(runs, self.rng.poisson(channel.rate * end, self.size))
                self.bear(channel.products, at, end * self.rng.random(at.size))

    def _thins(self, channel):
        """Say whether children of a channel are single molecules that bear nothing themselves."""
        return len(channel.products) == 1 and channel.products[0][1] == 1 and self.leaf[channel.products[0][0]]

    def live(self, species, at, born):
        """Let molecules that bear others live: note their births and deaths, and bear their children."""
        self.born += at.size
        if self.born > BIRTH_LIMIT:
            raise ValueError(
                f"more than {BIRTH_LIMIT} molecules in one block: choose a smaller block, a shorter time or "
                "method='compiled'"
            )
        loss, end = self.sampler.loss[species], self.grid[-1]
        died = born + self.rng.standard_exponential(at.size) / loss if loss > 0 else np.full(at.size, np.inf)
        gone = np.flatnonzero(died < end)
        thinned = [c for c in self.by_parent[species] if not c.fatal and self._thins(c)]
        for sign, who, when in ((1.0, at, born), (-1.0, at[gone], died[gone])):
            column = self.next_sample(when)
            self.jumps[species] += sign * self.tally(who, column)
            for channel in thinned:
                self._expose(channel, sign, who, when, column)
        for channel in self.by_parent[species]:
            if not channel.fatal and not self._thins(channel):
                span = np.minimum(died, end) - born
                number = self.rng.poisson(channel.rate * span)
                self.bear(channel.products, np.repeat(at, number), np.repeat(born, number) + np.repeat(span, number)
                          * self.rng.random(number.sum()))  # fmt: skip
        self._divide(species, at[gone], died[gone])

    def next_sample(self, when):
        """Return the index of the first sampling time that is not before a moment."""
        times = self.sampler.times
        if not self.regular:
            return np.searchsorted(times, when, side="left")
        near = np.clip((when - times[0]) * self.regular, 0, times.size - 1).astype(np.intp)
        return near + (times[near] < when)

    def _expose(self, channel, sign, who, when, column):
        """Add what a parent's birth or death changes in the mean number of children seen at the next sample."""
        leaf = channel.products[0][0]
        gamma, rest = self.sampler.loss[leaf], self.sampler.times[column] - when
        weight = -np.expm1(-gamma * rest) / gamma if gamma > 0 else rest
        self.means[leaf] += self.tally(who, column, weight * (sign * channel.rate))

    def tally(self, who, column, weight=None):
        """Return how many molecules, or what weight of them, each sampling time and trajectory has."""
        return np.bincount(column * self.size + who, weight, self.size * self.steps.size).reshape(-1, self.size)

    def _divide(self, species, at, when):
        """Let molecules end by one of the reactions that consume them."""
        fatal = [channel for channel in self.by_parent[species] if channel.fatal]
        if not any(channel.products for channel in fatal):
            return
        ladder = np.cumsum([channel.rate for channel in fatal])
        chosen = np.searchsorted(ladder, self.rng.random(at.size) * ladder[-1], side="right")
        for index, channel in enumerate(fatal):
            mine = chosen == index
            self.bear(channel.products, at[mine], when[mine])

    def bear(self, products, at, when):
        """Let products appear: those that bear others wait to live, the others are thinned to the next sample."""
        for species, amount in products:
            if not at.size:
                return
            if not self.leaf[species]:
                self.pending.append((species, np.repeat(at, amount), np.repeat(when, amount)))
                continue
            column = self.next_sample(when)
            stays = np.exp(-self.sampler.loss[species] * (self.sampler.times[column] - when))
            self.arrivals[species] += self.tally(at, column, self.rng.binomial(amount, stays))

    def counted(self):
        """Return the counts of all species at the sampling times."""
        paths = {species: np.cumsum(jumps, axis=0) for species, jumps in self.jumps.items()}
        for species in self.sampler.leaves:
            paths[species] = self._leaf(species, paths)
        found = np.empty((self.size, self.steps.size, self.leaf.size), np.int64)
        for species, path in paths.items():
            found[:, :, species] = path.T
        return found

    def _leaf(self, species, paths):
        """Return the counts of a species that bears nothing: survivors, and the Poisson number of new ones."""
        means, gamma = self.means[species], self.sampler.loss[species]
        for channel in self.sampler.channels:
            thins = channel.species is not None and not channel.fatal and self._thins(channel)
            if thins and channel.products[0][0] == species:
                means[1:] += channel.rate * self.held[species][1:] * paths[channel.species][:-1]
        here, stays = self.sampler.start[species], np.exp(-gamma * self.steps)
        if find_spec("numba"):
            from . import _counts

            state = self.rng.integers(1, 2**64, 4, dtype=np.uint64)
            return _counts.count(means, self.arrivals[species], stays, int(here), state)
        counts = self.rng.poisson(np.maximum(means, 0.0)) + self.arrivals[species].astype(np.int64)
        here = np.full(self.size, here)
        for row, share in zip(counts, stays, strict=True):
            row += self.rng.binomial(here, share) if gamma > 0 else here
            here = row
        return counts
