"""Networks in which every molecule goes its own way, simulated exactly without a loop over events."""

from dataclasses import dataclass, field

import numpy as np

BIRTH_LIMIT = 50_000_000


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
    other species, trajectory and sampling time.

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
        self.jumps = np.zeros((species, size, columns + 1), np.int64)
        self.arrivals = np.zeros((species, size, columns), np.int64)
        self.means = {s: np.zeros((size, columns)) for s in sampler.leaves}
        with np.errstate(invalid="ignore"):
            held = [np.where(g > 0, -np.expm1(-g * self.steps) / g, self.steps) for g in sampler.loss]
        self.held = np.array(held)
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
                f"more than {BIRTH_LIMIT} molecules in one block: choose a smaller block or a shorter time"
            )
        loss, end = self.sampler.loss[species], self.grid[-1]
        died = born + self.rng.standard_exponential(at.size) / loss if loss > 0 else np.full(at.size, np.inf)
        gone = np.flatnonzero(died < end)
        thinned = [c for c in self.by_parent[species] if not c.fatal and self._thins(c)]
        for sign, who, when in ((1, at, born), (-1, at[gone], died[gone])):
            column = np.searchsorted(self.sampler.times, when, side="left")
            flat = who * (self.steps.size + 1) + column
            self.jumps[species] += sign * np.bincount(flat, minlength=self.jumps[species].size).reshape(
                self.jumps[0].shape
            )
            for channel in thinned:
                self._expose(channel, sign, who, when, column)
        for channel in self.by_parent[species]:
            if not channel.fatal and not self._thins(channel):
                span = np.minimum(died, end) - born
                number = self.rng.poisson(channel.rate * span)
                self.bear(channel.products, np.repeat(at, number), np.repeat(born, number) + np.repeat(span, number)
                          * self.rng.random(number.sum()))  # fmt: skip
        self._divide(species, at[gone], died[gone])

    def _expose(self, channel, sign, who, when, column):
        """Add what a parent's birth or death changes in the mean number of children seen at the next sample."""
        leaf = channel.products[0][0]
        gamma, rest = self.sampler.loss[leaf], self.sampler.times[column] - when
        weight = -np.expm1(-gamma * rest) / gamma if gamma > 0 else rest
        flat = np.bincount(who * self.steps.size + column, sign * channel.rate * weight, self.size * self.steps.size)
        self.means[leaf] += flat.reshape(self.size, -1)

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
            column = np.searchsorted(self.sampler.times, when, side="left")
            stays = np.exp(-self.sampler.loss[species] * (self.sampler.times[column] - when))
            seen = self.rng.binomial(amount, stays)
            flat = np.bincount(at * self.steps.size + column, seen, self.size * self.steps.size)
            self.arrivals[species] += flat.reshape(self.size, -1).astype(np.int64)

    def counted(self):
        """Return the counts of all species at the sampling times."""
        found = np.empty((self.size, self.steps.size, self.leaf.size), np.int64)
        for species in np.flatnonzero(~self.leaf):
            found[:, :, species] = np.cumsum(self.jumps[species][:, :-1], axis=1)
        for species in self.sampler.leaves:
            found[:, :, species] = self._leaf(species, found)
        return found

    def _leaf(self, species, found):
        """Return the counts of a species that bears nothing: survivors, and the Poisson number of new ones."""
        means, gamma = self.means[species], self.sampler.loss[species]
        for channel in self.sampler.channels:
            if (
                channel.species is not None
                and not channel.fatal
                and self._thins(channel)
                and channel.products[0][0] == species
            ):
                before = np.zeros_like(means)
                before[:, 1:] = found[:, :-1, channel.species]
                means = means + channel.rate * self.held[species] * before
        fresh = self.rng.poisson(np.maximum(means, 0.0)) + self.arrivals[species]
        here = np.full(self.size, self.sampler.start[species])
        counts, stays = np.empty_like(fresh), np.exp(-gamma * self.steps)
        for column in range(fresh.shape[1]):
            here = fresh[:, column] + (self.rng.binomial(here, stays[column]) if gamma > 0 else here)
            counts[:, column] = here
        return counts
