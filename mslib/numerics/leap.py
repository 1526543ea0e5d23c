"""Approximate simulation of reaction networks: tau-leaping with error control, and the chemical Langevin equation."""

from dataclasses import dataclass

import numpy as np

from .ssa import increasing_times
from .streams import replicate

CRITICAL = 10
EXACT_BELOW, EXACT_STEPS = 10.0, 100


def _orders(network):
    """Return for each species the highest order of a reaction that needs it, and how many of it that one takes."""
    order, taken = np.zeros(len(network.species)), np.zeros(len(network.species))
    for reaction in network.reactions:
        for name, amount in reaction.reactants:
            at = network.species.index(name)
            own = (3, 3) if reaction.kinetics == "propensity" else (reaction.order, amount)
            if own > (order[at], taken[at]):
                order[at], taken[at] = own
    for at, name in enumerate(network.species):
        uses = any(name in network.names_of(r) for r in range(len(network.reactions)))
        if uses and not order[at]:
            order[at], taken[at] = 3, 3
    return order, taken


def _sensitivity(order, taken, counts):
    """Return g, by which the relative change of a propensity may exceed that of a count."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = np.where(counts > 1, 1.0 / (counts - 1.0), 1.0), np.where(counts > 2, 2.0 / (counts - 2.0), 1.0)
    order, taken = order[:, None], taken[:, None]
    twice = np.where(order == 2, 2.0 + one, 1.5 * (2.0 + one))
    return np.where(taken >= 3, 3.0 + one + two, np.where(taken == 2, twice, np.maximum(order, 1.0)))


def _timeless(network, method):
    if not network.is_timeless:
        raise ValueError(f"{method} needs rate laws without time and no events; use ssa.simulate")


@dataclass(frozen=True)
class _Leap:
    """Trajectories of a block, each with its own step, side by side."""

    network: object
    start: np.ndarray
    times: np.ndarray
    epsilon: float

    def __call__(self, size, rng):
        counts = np.repeat(self.start.astype(float)[:, None], size, axis=1)
        found = np.empty((size, self.times.size, counts.shape[0]), np.int64)
        clock, orders = np.zeros(size), _orders(self.network)
        change = self.network.change.T.astype(float)
        for column, time in enumerate(self.times):
            going = np.flatnonzero(clock < time)
            while going.size:
                rates, critical, leap = self._plan(counts[:, going], *orders, change)
                exact = leap < EXACT_BELOW / np.maximum(rates.sum(axis=0), 1e-300)
                self._walk(going[exact], counts, clock, time, change, rng)
                far = ~exact
                if far.any():
                    self._jump(
                        going[far], counts, clock, time, (rates[:, far], critical[:, far], leap[far]), change, rng
                    )
                going = going[clock[going] < time]
            found[:, column] = counts.T
        return found

    def _plan(self, counts, order, taken, change):
        """Return the propensities, which reactions are critical, and the largest leap of each trajectory."""
        rates = self.network.propensities(counts)
        if not rates.min(initial=0.0) >= 0:
            raise ValueError("a propensity became negative or is not a number")
        critical = self._critical(rates, counts, change)
        return rates, critical, self._largest(rates * ~critical, counts, order, taken, change)

    def _walk(self, rows, counts, clock, time, change, rng):
        """Let up to a hundred single events happen in the given trajectories."""
        for _ in range(EXACT_STEPS if rows.size else 0):
            ladder = np.cumsum(self.network.propensities(counts[:, rows]), axis=0)
            with np.errstate(divide="ignore"):
                clock[rows] += rng.standard_exponential(rows.size) / ladder[-1]
            rung = rng.random(rows.size) * ladder[-1]
            going = clock[rows] < time
            clock[rows[~going]] = time
            rows, fired = rows[going], (rung >= ladder[:-1]).sum(axis=0)[going]
            counts[:, rows] += change[:, fired]

    def _jump(self, rows, counts, clock, time, plan, change, rng):
        """Let many reactions fire at once in the given trajectories, but of the critical ones at most one."""
        (rates, critical, leap), left = plan, time - clock[rows]
        with np.errstate(divide="ignore"):
            wait = rng.standard_exponential(rows.size) / (rates * critical).sum(axis=0)
        one = (wait <= leap) & (wait < left)
        span = np.minimum(np.where(wait <= leap, wait, leap), left)
        span, fired = self._fire(rates, critical, one, span, counts[:, rows], change, rng)
        after = counts[:, rows] + change @ fired
        fine = after.min(axis=0) >= 0
        counts[:, rows[fine]] = after[:, fine]
        clock[rows[fine]] = np.where(span < left, clock[rows] + span, time)[fine]

    def _fire(self, rates, critical, one, span, counts, change, rng):
        """Return how often each reaction fires; a leap that would lead below zero is halved."""
        fired = rng.poisson(np.where(critical, 0.0, rates) * span).astype(float)
        for _ in range(60):
            bad = np.flatnonzero((counts + change @ fired).min(axis=0) < 0)
            if not bad.size:
                break
            span[bad] *= 0.5
            one[bad] = False
            fired[:, bad] = rng.poisson(np.where(critical[:, bad], 0.0, rates[:, bad]) * span[bad])
        ladder = np.cumsum(np.where(critical, rates, 0.0), axis=0)
        which = (rng.random(span.size) * ladder[-1] >= ladder[:-1]).sum(axis=0)
        rows = np.flatnonzero(one)
        fired[which[rows], rows] += 1.0
        return span, fired

    def _critical(self, rates, counts, change):
        """Say which reactions may fire but would soon use up a reactant."""
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(change[:, :, None] < 0, counts[:, None, :] // np.abs(change)[:, :, None], np.inf)
        return (room.min(axis=0) < CRITICAL) & (rates > 0)

    def _largest(self, rates, counts, order, taken, change):
        """Return the largest step over which no propensity is expected to change by more than its share."""
        allowed = np.maximum(self.epsilon * counts / _sensitivity(order, taken, counts), 1.0)
        with np.errstate(divide="ignore"):
            drift, spread = allowed / np.abs(change @ rates), allowed**2 / (change**2 @ rates)
        return np.where((order > 0)[:, None], np.minimum(drift, spread), np.inf).min(axis=0)


def tau_leap(network, times, count, rng, *, start=None, epsilon=0.03, block=1000, executor=None, progress=False):
    """Simulate a network by leaps in which many reactions fire at once, and return its counts at given times.

    The step is chosen so that no propensity is expected to change by more than the share `epsilon` of itself, in
    mean or in standard deviation. Reactions within ten firings of using up a reactant are kept exact, and where a
    leap would hold fewer than ten events the exact direct method takes over. Weak order one in the step: where a
    decay with rate constant k balances a gain, only fluctuations limit the step τ, and the variance of explicit leaps
    is too large by the factor 1/(1 − kτ/2). Halve `epsilon` to see how much that matters.

    Parameters
    ----------
    network : mslib.numerics.network.Network
        The reactions, without events and time-dependent rates.
    times : array_like, shape (T,)
        Increasing sampling times, at which leaps end.
    count : int
        Number of trajectories.
    rng : int or numpy.random.Generator
        Seed or generator; the answer does not depend on the number of workers.
    start : dict of str to int, optional
        Molecules at time zero; the network's own initial state if left out.
    epsilon : float
        Allowed relative change of propensities in a leap, between 0 and 1.
    block : int
        Trajectories that advance together.
    executor : concurrent.futures.Executor, optional
        Runs the blocks in parallel.
    progress : bool
        Show a progress bar.

    Returns
    -------
    numpy.ndarray of int, shape (count, T, species)
        Counts at the sampling times.

    Raises
    ------
    ValueError
        If epsilon is not between 0 and 1, times do not increase, or the network depends on time.

    References
    ----------
    Cao, Gillespie & Petzold (2006), J. Chem. Phys. 124, 044109, doi:10.1063/1.2159468.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> counts = tau_leap(Network.mass_action({"0 -> n": 1000.0, "n -> 0": 1.0}), [8.0], 400, rng=1)
    >>> bool(abs(counts.mean() / 999.66 - 1) < 0.01)
    True
    """
    _timeless(network, "tau-leaping")
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon must lie between 0 and 1, such as 0.03, got {epsilon!r}")
    run = _Leap(network, network.counts(start), increasing_times(times), float(epsilon))
    return replicate(run, count, rng, block=block, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Langevin:
    network: object
    start: np.ndarray
    times: np.ndarray
    step: float
    boundary: str

    def __call__(self, size, rng):
        amounts = np.repeat(self.start[:, None], size, axis=1)
        found = np.empty((size, self.times.size, amounts.shape[0]))
        change, now = self.network.change.T.astype(float), 0.0
        for column, time in enumerate(self.times):
            steps = int(np.ceil((time - now) / self.step - 1e-9))
            for _ in range(steps):
                rates = self.network.rates(amounts) * ((time - now) / steps)
                firings = rates + np.sqrt(rates) * rng.standard_normal(rates.shape)
                amounts = self._inside(amounts + change @ firings)
            found[:, column], now = amounts.T, time
        return found

    def _inside(self, amounts):
        if self.boundary == "reflect":
            return np.abs(amounts)
        if not amounts.min() >= 0:
            raise ValueError(
                "the Langevin equation led to a negative amount: with so few molecules use ssa.simulate, "
                "a smaller step, or boundary='reflect'"
            )
        return amounts


def langevin(
    network, times, count, rng, *, step, start=None, boundary="error", block=1000, executor=None, progress=False
):
    """Simulate the chemical Langevin equation of a network and return its amounts at given times.

    Each reaction fires a dt + √(a dt) N(0, 1) times in a step dt, its macroscopic rate plus Gaussian noise: the limit
    of leaps with many firings. Euler–Maruyama, of weak order one and strong order one half in the step.
    Where only few molecules are left the equation itself fails, which is an error unless they are reflected at zero.

    Parameters
    ----------
    network : mslib.numerics.network.Network
        The reactions, without events and time-dependent rates.
    times : array_like, shape (T,)
        Increasing sampling times.
    count : int
        Number of trajectories.
    rng : int or numpy.random.Generator
        Seed or generator; the answer does not depend on the number of workers.
    step : float
        Largest step of time.
    start : dict of str to float, optional
        Amounts at time zero; the network's own initial state if left out.
    boundary : str
        "error" to refuse negative amounts, "reflect" to turn their sign.
    block : int
        Trajectories that advance together.
    executor : concurrent.futures.Executor, optional
        Runs the blocks in parallel.
    progress : bool
        Show a progress bar.

    Returns
    -------
    numpy.ndarray, shape (count, T, species)
        Amounts, not whole numbers, at the sampling times.

    Raises
    ------
    ValueError
        If the step is not positive, the boundary unknown, the network depends on time, or an amount becomes negative.

    References
    ----------
    Gillespie (2000), J. Chem. Phys. 113, 297–306, doi:10.1063/1.481811.

    Examples
    --------
    >>> from mslib.numerics.network import Network
    >>> amounts = langevin(Network.mass_action({"0 -> n": 1000.0, "n -> 0": 1.0}), [8.0], 400, rng=1, step=0.05)
    >>> bool(abs(amounts.mean() / 999.66 - 1) < 0.01)
    True
    """
    _timeless(network, "the Langevin equation")
    if not (np.isfinite(step) and step > 0):
        raise ValueError(f"step must be positive and finite, got {step!r}")
    if boundary not in ("error", "reflect"):
        raise ValueError(f"boundary must be 'error' or 'reflect', got {boundary!r}")
    first = network.counts(start).astype(float)
    run = _Langevin(network, first, increasing_times(times), float(step), boundary)
    return replicate(run, count, rng, block=block, executor=executor, progress=progress)
