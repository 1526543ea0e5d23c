"""Stem cells: the fate of one division decides the pool, its clones, and the blood of the whole body."""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar

import numpy as np

from .. import palette
from ..model import Model, derived, param
from ..numerics.branching import (
    birth_death,
    birth_death_law,
    extinct_by,
    galton_watson,
    jump_chain,
    moran,
    moran_founders,
)
from ..numerics.integrate import integrate
from ..numerics.streams import replicate

ROUND_OFF = 1e-12
HORIZON = 60.0


def _years(years):
    years = np.atleast_1d(np.asarray(years, float))
    if not np.all(np.isfinite(years)) or np.any(years < 0) or np.any(np.diff(years) < 0):
        raise ValueError(f"years must be finite, increasing and not negative, got {years!r}")
    return years


def _interval(default):
    return param(default, "week", "mean time between divisions", low=5.0, high=80.0, log=True, scale="cell",
                 source="catlin2011")  # fmt: skip


def _calendar():
    return param(365.25 / 7.0, "week/yr", "weeks in a year", symbol="week/yr", constant=True,
                 scale="organism", source="illustrative")  # fmt: skip


def _follow_up(default):
    return param(default, "yr", "time of follow-up", low=1.0, high=HORIZON, domain="non-negative",
                 scale="organism", source="illustrative")  # fmt: skip


class _Dividing:
    """What models whose cells divide at random moments share."""

    @property
    def _per_year(self):
        """Divisions of a cell a year."""
        return self.weeks_per_year / self.T


@dataclass(frozen=True)
class Fates(Model):
    """What one division leaves: two stem cells (pₛ), one (pₐ) or none (p_d = 1 − pₛ − pₐ).

    The pool keeps its size on average if a division leaves one stem cell on average, m = 2pₛ + pₐ = 1.

    Examples
    --------
    >>> round(Fates(p_s=0.25, p_a=0.60).renewal, 12)
    1.1
    """

    p_s: float = param(0.15, "", "probability of symmetric self-renewal", low=0.02, high=0.25,
                       symbol="pₛ", domain="fraction", scale="cell", source="illustrative")  # fmt: skip
    p_a: float = param(0.70, "", "probability of asymmetric division", low=0.0, high=0.75, symbol="pₐ",
                       domain="fraction", scale="cell", source="illustrative")  # fmt: skip

    def check(self):
        """Refuse fates whose probabilities exceed one together."""
        if self.p_s + self.p_a > 1.0 + ROUND_OFF:
            raise ValueError(f"{type(self).__name__}: p_s + p_a must not exceed 1, got {self.p_s} and {self.p_a}")

    @derived("", "probability of symmetric differentiation", scale="cell", symbol="p_d")
    def p_d(self):
        """What the other two fates leave, 1 − pₛ − pₐ."""
        rest = 1.0 - self.p_s - self.p_a
        return rest if rest > ROUND_OFF else 0.0

    @derived("", "stem daughters a division", scale="cell", symbol="m")
    def renewal(self):
        """Mean number of stem cells that a division leaves, 2pₛ + pₐ; one keeps the pool."""
        return 1.0 + self.imbalance

    @derived("", "imbalance of the fates", scale="cell", symbol="Δ")
    def imbalance(self):
        """Surplus of self-renewal over loss, pₛ − p_d; zero keeps the pool on average."""
        surplus = 2.0 * self.p_s + self.p_a - 1.0
        return surplus if abs(surplus) > ROUND_OFF else 0.0

    @derived("", "self-renewal that balances the pool", scale="cell", symbol="pₛ*")
    def balanced_p_s(self):
        """The pₛ at which 2pₛ + pₐ = 1 for this pₐ."""
        return (1.0 - self.p_a) / 2.0

    @property
    def _offspring(self):
        return np.array([self.p_d, self.p_a, 1.0 - self.p_a - self.p_d])


@dataclass(frozen=True)
class StemCells(_Dividing, Fates):
    """A pool of stem cells that choose their fate independently, and the blood that it feeds.

    A division yields two stem cells (pₛ), one stem and one differentiating cell (pₐ), or two
    differentiating cells (p_d). The pool is a birth–death process with rates pₛ/T and p_d/T: its mean is N
    exp(Δ t/T) with Δ = pₛ − p_d, and at balance a clone is lost by time t with probability x/(1 + x), x =
    pₛ t/T, while the clones that are left grow to 1 + x cells on average. The doubling time of a pool that
    does not grow is infinite, and so is the number of doublings that the blood needs if nothing
    differentiates.

    References
    ----------
    Catlin et al. (2011), Blood 117, 4460–4466, doi:10.1182/blood-2010-08-303537.
    Kendall (1948), Ann. Math. Stat. 19, 1–15, doi:10.1214/aoms/1177730285.

    Examples
    --------
    >>> pool = StemCells(p_s=0.15, p_a=0.70, t=10)
    >>> round(pool.lost, 4), round(pool.differentiating, 2)
    (0.6618, 39.29)
    """

    T: float = _interval(40.0)
    N: int = param(11_000, "", "stem cells in the pool", low=100, high=200_000, log=True, integer=True,
                   scale="tissue", source="abkowitz2002")  # fmt: skip
    t: float = _follow_up(10.0)
    demand: float = param(2e11, "1/d", "red cells made each day", low=1e10, high=1e12, log=True, symbol="P",
                          scale="organism", source="sender2021")  # fmt: skip
    weeks_per_year: float = _calendar()
    days_per_week: float = param(7.0, "d/week", "days in a week", symbol="d/week", constant=True,
                                 scale="organism", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"clones": 10_000, "years": (2.0, 10.0)}

    @derived("d", "mean time between divisions in days", scale="cell", symbol="T")
    def days(self):
        """The mean time between divisions, in days."""
        return self.T * self.days_per_week

    @derived("1/yr", "growth rate of the mean pool", scale="tissue", symbol="Δ/T")
    def rate(self):
        """Imbalance of the fates times divisions a year."""
        return self.imbalance * self._per_year

    @derived("yr", "doubling time of the mean pool", scale="tissue", symbol="t₂")
    def doubling(self):
        """ln 2 over the growth rate; never (infinite) if the mean does not grow."""
        return np.log(2.0) / self.rate if self.rate > 0 else np.inf

    @derived("", "mean pool after the follow-up", scale="tissue", symbol="⟨N(t)⟩")
    def mean_pool(self):
        """Mean number of stem cells at time t."""
        return float(self.mean(self.t))

    @derived("", "standard deviation of the pool after the follow-up", scale="tissue", symbol="σ_N")
    def scatter(self):
        """Standard deviation of the pool at time t; at balance √(2 N pₛ t/T)."""
        return float(self.deviation(self.t))

    @derived("", "share of clones lost", scale="tissue", symbol="q(t)")
    def lost(self):
        """Probability that the descendants of one stem cell have all left the pool by time t."""
        return float(1.0 - self.law(self.t).survival)

    @derived("", "mean size of the clones left", scale="tissue", symbol="n̄")
    def clone_size(self):
        """Mean number of stem cells of the clones that are left at time t."""
        success = self.law(self.t).success
        return float(1.0 / success) if success > 0 else np.inf

    @derived("1/d", "differentiating cells made each day", scale="tissue", symbol="F")
    def differentiating(self):
        """Differentiating daughters, pₐ + 2p_d a division, of all divisions of a day."""
        return (self.p_a + 2.0 * self.p_d) * self.N / self.days

    @derived("", "doublings from differentiating cell to blood", scale="organism", symbol="g")
    def doublings(self):
        """Divisions that each differentiating cell must still go through to meet the demand, log₂(P/F)."""
        return np.log2(self.demand / self.differentiating) if self.differentiating > 0 else np.inf

    def law(self, years):
        """Return the law of one clone at given times.

        Parameters
        ----------
        years : array_like
            Times in years, not negative; infinity is allowed.

        Returns
        -------
        mslib.numerics.branching.BirthDeathLaw
            Survival, and parameter of the geometric law of the sizes.

        Examples
        --------
        >>> round(float(StemCells(p_s=0.15, p_a=0.7).law(10.0).survival), 4)
        0.3382
        """
        return birth_death_law(*self._rates, years)

    @property
    def _rates(self):
        """Gains and losses of a stem cell a year."""
        return (self.p_d + self.imbalance) * self._per_year, self.p_d * self._per_year

    def mean(self, years):
        """Return the mean pool at given times in years (array_like), of the same shape."""
        return self.N * np.exp(self.rate * np.asarray(years, float))

    def deviation(self, years):
        """Return the standard deviation of the pool at given times in years (array_like), shape kept."""
        years = np.asarray(years, float)
        added = years if self.rate == 0 else np.expm1(self.rate * years) / self.rate
        return np.sqrt(self.mean(years) * sum(self._rates) * added)

    def simulate(self, clones, years, *, rng, executor=None, progress=False):
        """Return the sizes of clones founded by one stem cell each, drawn exactly.

        Parameters
        ----------
        clones : int
            Number of clones.
        years : array_like, shape (times,)
            Increasing times in years.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of clones in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (clones, times)
            Stem cells of each clone.

        Examples
        --------
        >>> sizes = StemCells(p_s=0.15, p_a=0.7).simulate(10_000, [10.0], rng=1)
        >>> bool(abs((sizes == 0).mean() - 0.6618) < 0.015)
        True
        """
        draw = partial(_independent, self, 1, _years(years))
        return replicate(draw, clones, rng, executor=executor, progress=progress)

    def pools(self, count, years, *, rng):
        """Return whole pools that all began with N cells, drawn exactly.

        Parameters
        ----------
        count : int
            Number of pools.
        years : array_like, shape (times,)
            Increasing times in years.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray of int, shape (count, times)
            Stem cells of each pool.

        Examples
        --------
        >>> StemCells(N=500).pools(3, [0.0, 1.0], rng=1).shape
        (3, 2)
        """
        return replicate(partial(_independent, self, self.N, _years(years)), count, rng)


def _independent(model, founders, years, size, rng):
    return birth_death(np.full(size, founders), *model._rates, years, rng)


@dataclass(frozen=True)
class SynchronousPool(Fates):
    """A pool whose cells all divide at the same moment, round after round.

    The mean grows by the factor m = 2pₛ + pₐ a round, so that it is N mʳ after r rounds; the chance that
    one cell's clone is lost follows from the generating function p_d + pₐ s + pₛ s², applied r times to
    zero.

    References
    ----------
    Athreya & Ney (1972), Branching Processes, Springer, doi:10.1007/978-3-642-65371-1.

    Examples
    --------
    >>> round(SynchronousPool(p_s=0.25, p_a=0.6, rounds=10).ratio, 5)
    2.59374
    """

    N: int = param(10_000, "", "stem cells before the first round", low=100, high=200_000, log=True,
                   integer=True, scale="tissue", source="illustrative")  # fmt: skip
    rounds: int = param(10, "", "rounds of division", low=1, high=40, integer=True, symbol="r", scale="cell",
                        domain="non-negative", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"pools": 1000}

    @derived("", "pool relative to its start", scale="tissue", symbol="⟨N_r⟩/N")
    def ratio(self):
        """Mean pool after all rounds over the pool at the start, mʳ."""
        return self.renewal**self.rounds

    @derived("", "share of clones lost", scale="tissue", symbol="q(t)")
    def lost(self):
        """Probability that the descendants of one stem cell have all left the pool after the last round."""
        return float(extinct_by(self._offspring, self.rounds)[-1])

    def simulate(self, pools, *, rng, executor=None, progress=False):
        """Return the size of whole pools before the first round and after each, drawn exactly.

        Parameters
        ----------
        pools : int
            Number of pools.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of pools in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (pools, rounds + 1)
            Stem cells.

        Examples
        --------
        >>> SynchronousPool(p_s=0.25, p_a=0.75, N=100, rounds=2).simulate(3, rng=1).shape
        (3, 3)
        """
        return replicate(partial(_rounds, self), pools, rng, executor=executor, progress=progress)


def _rounds(model, size, rng):
    return galton_watson(np.full(size, model.N), model._offspring, model.rounds, rng)


@dataclass(frozen=True)
class MoranPool(_Dividing, Model):
    """A pool of constant size: when a cell leaves by symmetric differentiation, another makes good the loss.

    Each cell is lost at rate λ = (1 − pₐ)/(2T). Looking back in time, the cells' ancestors merge pairwise
    at rate 2λ/(N − 1); this gives exactly how many founders still have descendants, and the mean time (N −
    1)²/(N λ) until one founder's clone has taken the whole pool. Purely asymmetric division (pₐ = 1) never
    loses a clone.

    References
    ----------
    Moran (1958), Math. Proc. Camb. Philos. Soc. 54, 60–71, doi:10.1017/S0305004100033193.
    Tavaré (1984), Theor. Popul. Biol. 26, 119–164, doi:10.1016/0040-5809(84)90027-3.

    Examples
    --------
    >>> pool = MoranPool(N=100)
    >>> round(pool.founders, 2), round(pool.monoclonal)
    (33.92, 501)
    """

    N: int = param(11_000, "", "stem cells in the pool", low=10, high=20_000, log=True, integer=True,
                   scale="tissue", source="abkowitz2002")  # fmt: skip
    p_a: float = param(0.70, "", "probability of asymmetric division", low=0.0, high=0.95, symbol="pₐ",
                       domain="fraction", scale="cell", source="illustrative")  # fmt: skip
    T: float = _interval(40.0)
    t: float = _follow_up(10.0)
    weeks_per_year: float = _calendar()
    suggested_inputs: ClassVar[dict] = {"pools": 8, "years": (1.0, 10.0)}

    def check(self):
        """Refuse a pool of one cell, in which no other cell can make good a loss."""
        if self.N < 2:
            raise ValueError(f"MoranPool: N must be at least 2, got N = {self.N}")

    @derived("1/yr", "rate at which a cell is lost and replaced", scale="cell", symbol="pₛ/T")
    def turnover(self):
        """Symmetric differentiation, half of the divisions that are not asymmetric."""
        return (1.0 - self.p_a) / 2.0 * self._per_year

    @derived("", "founders left", scale="tissue", symbol="M")
    def founders(self):
        """Mean number of the N founders that still have descendants at time t."""
        return float(self.founders_left(self.t))

    @derived("", "share of clones lost", scale="tissue", symbol="q(t)")
    def lost(self):
        """Mean share of the N founders without descendants at time t."""
        return max(1.0 - self.founders / self.N, 0.0)

    @derived("", "chance that two cells differ in founder", scale="tissue", symbol="H")
    def diversity(self):
        """Probability exp(−2λt/(N − 1)) that two cells drawn at time t descend from different founders."""
        return float(np.exp(-2.0 * self.turnover * self.t / (self.N - 1)))

    @derived("yr", "mean time until one clone is left", scale="organism", symbol="t₁")
    def monoclonal(self):
        """Mean time until all cells descend from one founder; infinite if no cell is ever lost."""
        return (self.N - 1) ** 2 / (self.N * self.turnover) if self.turnover > 0 else np.inf

    def founders_left(self, years):
        """Return the mean number of founders with descendants at given times in years (array_like)."""
        return moran_founders(self.N, self.turnover, years)

    def independent_left(self, years):
        """Return the founders left if clones ignored each other: N times the survival of branching."""
        return self.N * birth_death_law(self.turnover, self.turnover, years).survival

    def simulate(self, pools, years, *, rng, executor=None, progress=False):
        """Return how many founders have descendants in pools that are followed cell by cell.

        Parameters
        ----------
        pools : int
            Number of pools.
        years : array_like, shape (times,)
            Increasing times in years.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs pools in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (pools, times)
            Founders with descendants.

        Examples
        --------
        >>> MoranPool(N=50).simulate(2, [0.0, 5000.0], rng=1).tolist()
        [[50, 1], [50, 1]]
        """
        draw = partial(_surviving_founders, self, _years(years))
        return replicate(draw, pools, rng, block=4, executor=executor, progress=progress)

    def history(self, years, *, rng):
        """Return the founder of each cell of one pool at given times; shape (times, N)."""
        return moran(self.N, self.turnover, _years(years), rng)


def _surviving_founders(model, years, size, rng):
    pools = (moran(model.N, model.turnover, years, rng) for _ in range(size))
    return np.array([[np.unique(cells).size for cells in pool] for pool in pools])


@dataclass(frozen=True)
class RegulatedPool(_Dividing, Fates):
    """A pool that steers its own self-renewal: the more cells there are, the fewer symmetric divisions renew.

    A share ρ(N) of the symmetric divisions renews; its odds are pₛ/p_d at the set point N* and fall as
    (N*/N)ʰ. The pool settles where ρ = ½, at N̄ = N* (pₛ/p_d)^(1/h); its standard deviation is √(N̄/h), and
    a small disturbance falls by the factor e in 2T/((1 − pₐ) h). Without feedback (h = 0) a surplus grows
    for ever and a deficit empties the pool; without loss (p_d = 0) the pool has no upper bound; if every
    division is asymmetric nothing changes.

    References
    ----------
    Lander et al. (2009), PLoS Biol. 7, e1000015, doi:10.1371/journal.pbio.1000015.

    Examples
    --------
    >>> pool = RegulatedPool(p_s=0.16, p_a=0.70, N_set=1000, h=4)
    >>> round(pool.steady, 1), round(pool.scatter, 2)
    (1033.9, 16.08)
    """

    T: float = _interval(40.0)
    N_set: int = param(1000, "", "set point of the pool", low=50, high=20_000, log=True, integer=True,
                       symbol="N*", scale="tissue", source="illustrative")  # fmt: skip
    h: float = param(4.0, "", "strength of the feedback", low=0.0, high=16.0, domain="non-negative",
                     scale="tissue", source="illustrative")  # fmt: skip
    weeks_per_year: float = _calendar()
    suggested_inputs: ClassVar[dict] = {"pools": 50, "years": (1.0, 5.0)}

    @derived("", "share of symmetric divisions that renew at the set point", scale="cell", symbol="ρ(N*)")
    def share(self):
        """pₛ/(pₛ + p_d); one half if no division is symmetric."""
        return self.p_s / (self.p_s + self.p_d) if self.imbalance != 0.0 else 0.5

    @derived("", "pool at which the fates balance", scale="tissue", symbol="N̄")
    def steady(self):
        """Pool at which ρ = ½; infinite or zero if no pool balances a surplus or a deficit."""
        if self.imbalance == 0.0:
            return float(self.N_set)
        if self.h == 0.0 or not 0.0 < self.share < 1.0:
            return np.inf if self.imbalance > 0 else 0.0
        with np.errstate(over="ignore"):
            return float(self.N_set * np.exp(np.log(self.share / (1.0 - self.share)) / self.h))

    @derived("", "standard deviation of the pool", scale="tissue", symbol="σ_N")
    def scatter(self):
        """Lasting standard deviation √(N̄/h) for small fluctuations; infinite without feedback."""
        if self.p_a > 1.0 - ROUND_OFF or self.steady == 0.0:
            return 0.0
        return float(np.sqrt(self.steady / self.h)) if self.h > 0 else np.inf

    @derived("yr", "memory of the pool", scale="tissue", symbol="τ")
    def memory(self):
        """Time 2T/((1 − pₐ) h) in which a small disturbance falls by the factor e."""
        pull = (1.0 - self.p_a) * self.h / 2.0 * self._per_year
        return 1.0 / pull if pull > 0 else np.inf

    def renewing(self, n):
        """Return the share of symmetric divisions that renew when the pool holds `n` cells (array_like)."""
        gain, loss = self._odds(n)
        return gain / (gain + loss)

    def _odds(self, n):
        return self.share, (1.0 - self.share) * (np.asarray(n, float) / self.N_set) ** self.h

    def _per_cell(self, n):
        """Return gains and losses of a stem cell a year in a pool of n cells."""
        gain, loss = self._odds(n)
        symmetric = (1.0 - self.p_a) * self._per_year / (gain + loss)
        return symmetric * gain, symmetric * loss

    def mean_path(self, years, *, start=None):
        """Return the pool without noise, from the rate equation dN/dt = (1 − pₐ)(2ρ(N) − 1) N/T.

        Parameters
        ----------
        years : array_like, shape (times,)
            Increasing times in years, the first one zero.
        start : float, optional
            Cells at time zero; the set point if left out.

        Returns
        -------
        numpy.ndarray, shape (times,)
            Stem cells.

        Examples
        --------
        >>> pool = RegulatedPool(p_s=0.16)
        >>> bool(abs(pool.mean_path([0.0, 500.0])[-1] - pool.steady) < 1e-3)
        True
        """

        def growth(_, log_n):
            gain, loss = self._per_cell(np.exp(log_n))
            return gain - loss

        start = self.N_set if start is None else start
        return np.exp(integrate(growth, [np.log(start)], _years(years), names=["ln N"]).y[0])

    def law(self):
        """Return the lasting law of the pool, exactly, while it is not empty.

        A chain that goes one up or down is in detailed balance: P(n + 1)/P(n) = gain(n)/loss(n + 1).

        Returns
        -------
        n : numpy.ndarray of int
            Pools from one cell to far above the set point.
        chance : numpy.ndarray
            Their probabilities.

        Raises
        ------
        ValueError
            If there is no lasting pool: no feedback, or fates that only gain or only lose.

        Examples
        --------
        >>> n, chance = RegulatedPool(N_set=200, h=4).law()
        >>> round(float(chance @ n))
        200
        """
        if not (np.isfinite(self.scatter) and self.scatter > 0):
            raise ValueError(f"no lasting pool with p_s = {self.p_s}, p_a = {self.p_a} and h = {self.h}")
        n = np.arange(1, int(self.steady + 14.0 * self.scatter) + 60)
        gain, loss = self._per_cell(n)
        log_chance = np.append(0.0, np.cumsum(np.log(n[:-1] * gain[:-1]) - np.log(n[1:] * loss[1:])))
        chance = np.exp(log_chance - log_chance.max())
        return n, chance / chance.sum()

    def simulate(self, pools, years, *, rng, executor=None, progress=False):
        """Return pools that began at the set point, simulated exactly, division by division.

        Parameters
        ----------
        pools : int
            Number of pools.
        years : array_like, shape (times,)
            Increasing times in years.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of pools in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (pools, times)
            Stem cells.

        Examples
        --------
        >>> RegulatedPool(N_set=100).simulate(4, [1.0, 2.0], rng=1).shape
        (4, 2)
        """
        draw = partial(_division_by_division, self, _years(years))
        return replicate(draw, pools, rng, block=25, executor=executor, progress=progress)

    def clones_left(self, years, *, rng):
        """Return the share of one pool's founders that still have descendants, with rates held fixed for half a memory.

        Parameters
        ----------
        years : array_like, shape (times,)
            Increasing times in years.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray, shape (times,)
            Clones left over founders, one clone for each cell of the set point.

        Examples
        --------
        >>> left = RegulatedPool(N_set=200).clones_left([0.0, 10.0], rng=1)
        >>> bool(left[0] == 1.0 and abs(left[1] - 0.34) < 0.1)
        True
        """
        steps, fine = self._fine(np.append(0.0, _years(years)), 2.0)
        clones = birth_death(np.ones(self.N_set, int), *self._rates(np.sum), steps, rng)
        return np.count_nonzero(clones, axis=0)[fine::fine] / self.N_set

    def paths(self, pools, years, *, rng):
        """Return pools as `simulate` does, with rates held fixed for an eighth of the memory: for pictures.

        The standard deviation comes out a few per cent too large; without feedback the draw is exact.

        Parameters
        ----------
        pools : int
            Number of pools.
        years : array_like, shape (times,)
            Increasing times in years.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray of int, shape (pools, times)
            Stem cells.

        Examples
        --------
        >>> RegulatedPool(N_set=100).paths(4, [1.0, 2.0], rng=1).shape
        (4, 2)
        """
        steps, fine = self._fine(np.append(0.0, _years(years)), 8.0)
        return birth_death(np.full(pools, self.N_set), *self._rates(np.asarray), steps, rng)[:, fine::fine]

    def _rates(self, pool):
        """Return gains and losses of a stem cell a year: numbers, or with feedback functions of the sizes in a pool."""
        if self.h == 0:
            return self._per_cell(self.N_set)
        return (lambda sizes: self._per_cell(pool(sizes))[0]), (lambda sizes: self._per_cell(pool(sizes))[1])

    def _fine(self, years, steps):
        """Return times with at least so many steps in a memory of the pool, and how many lie between two given ones."""
        fine = max(1, int(np.ceil(steps * np.diff(years).max() / self.memory)))
        return np.interp(np.arange(fine * (years.size - 1) + 1) / fine, np.arange(years.size), years), fine


def _division_by_division(model, years, size, rng):
    def gain(n):
        return n * model._per_cell(n)[0]

    def loss(n):
        return n * model._per_cell(n)[1]

    return jump_chain(np.full(size, model.N_set), gain, loss, years, rng)


def draw_pool(fig, model):
    """Draw the mean pool with its spread and three pools, and the fate of its clones."""
    left, right = fig.subplots(1, 2)
    years = np.linspace(0.0, HORIZON, 61)
    mean, spread = model.mean(years) / model.N, 2.0 * model.deviation(years) / model.N
    left.fill_between(years, np.maximum(mean - spread, 1e-9), mean + spread, color=palette.SKY, alpha=0.25, lw=0)
    for pool in model.pools(3, years, rng=3) / model.N:
        left.plot(years, np.maximum(pool, 1e-9), color=palette.GREY, lw=0.8)
    left.plot(years, mean, color=palette.BLUE, lw=2)
    left.set(yscale="log", xlim=(0, HORIZON), ylim=(0.05, 20))
    left.set(xlabel="time, t / yr", ylabel="pool relative to its start, N(t)/N")
    law = model.law(years)
    right.plot(years, law.survival, color=palette.ORANGE, lw=2, label="share left")
    right.plot(years, 1.0 / law.success, color=palette.BLUE, lw=2, ls="--", label="mean size")
    right.plot([model.t, model.t], [1.0 - model.lost, model.clone_size], "o", color=palette.INK, ms=6)
    right.set(yscale="log", xlim=(0, HORIZON), ylim=(0.01, 100))
    right.set(xlabel="time, t / yr", ylabel="clones of one founder each")
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2)


def draw_clones(fig, model):
    """Draw one pool's make-up by six groups of founders, and how many founders are left."""
    left, right = fig.subplots(1, 2)
    years = np.linspace(0.0, HORIZON, 61)
    group = model.history(years, rng=3) * 6 // model.N
    shares = [(group == g).mean(axis=1) for g in range(6)]
    left.stackplot(years, shares, colors=palette.CYCLE[:6], alpha=0.75, edgecolor=palette.PAPER, lw=0.6)
    left.set(xlim=(0, HORIZON), ylim=(0, 1))
    left.set(xlabel="time, t / yr", ylabel="share of the pool")
    times = np.geomspace(0.1, 1e4, 61)
    right.plot(times, model.founders_left(times), color=palette.BLUE, lw=2, label="constant pool")
    right.plot(times, model.independent_left(times), color=palette.ORANGE, lw=2, ls="--", label="independent clones")
    right.axvspan(HORIZON, 1e4, color=palette.GREY, alpha=0.12, lw=0)
    right.set(xscale="log", yscale="log", xlim=(0.1, 1e4), ylim=(0.1, 1e4))
    right.set(xlabel="time, t / yr", ylabel="founders with descendants")
    right.legend(loc="upper right")


@lru_cache(maxsize=64)
def _histories(model, years, count):
    times = np.linspace(0.0, years, count)
    return model.paths(4, times, rng=2), model.clones_left(times, rng=2)


def draw_feedback(fig, model):
    """Draw four pools with feedback and four without, and the share of the founders' clones that are left."""
    left, right = fig.subplots(1, 2)
    years = np.linspace(0.0, 20.0, 41)
    styles = {"no feedback": (0.0, palette.GREY, "--"), "feedback": (model.h, palette.BLUE, "-")}
    for name, (h, colour, style) in styles.items():
        pools, clones = _histories(model.replace(h=h), years[-1], years.size)
        left.plot(years, pools.T / model.N_set, color=colour, lw=0.9, ls=style, label=[name, None, None, None])
        right.plot(years, clones, color=colour, lw=2, ls=style, label=name)
    left.axhline(min(model.steady / model.N_set, 9.0), color=palette.ORANGE, lw=1.5, ls=":")
    left.set(xlim=(0, 20), ylim=(0, 2.5), xlabel="time, t / yr", ylabel="pool over set point, N/N*")
    left.legend(loc="upper right")
    right.set(xlim=(0, 20), ylim=(0, 1), xlabel="time, t / yr", ylabel="share of the clones left")
    right.legend(loc="upper right")


def draw_sizes(ax, model, sizes):
    """Draw the sizes of simulated clones that are left at the model's time, with the geometric law."""
    n, law = np.arange(1, 16), model.law(model.t)
    left = sizes[sizes > 0]
    ax.bar(n, [(left == k).mean() for k in n], color=palette.SKY, alpha=0.6, label="simulated clones")
    ax.plot(n, law.success * (1.0 - law.success) ** (n - 1), "o-", color=palette.BLUE, ms=4, label="geometric law")
    ax.set(xlim=(0.3, 15.7), xlabel="stem cells of a clone, n", ylabel="share of the clones left")
    ax.legend(loc="upper right")


def draw_errors(ax, sizes, years):
    """Draw how far independent clones mislead about a constant pool, against the size of the pool."""
    for t, colour, style, mark in zip(years, palette.CYCLE, palette.LINE_STYLES, "osD^", strict=False):
        pools = [MoranPool(N=n) for n in sizes]
        errors = [1.0 - float(pool.independent_left(t)) / float(pool.founders_left(t)) for pool in pools]
        ax.plot(sizes, errors, color=colour, ls=style, marker=mark, ms=5, label=f"after {t:g} yr")
    ax.set(xscale="log", yscale="log", xlabel="stem cells in the pool, N", ylabel="relative error of branching")
    ax.legend(loc="upper right")


def draw_law(ax, model, pools):
    """Draw simulated regulated pools, their exact law, and the normal law of small fluctuations."""
    n, chance = model.law()
    width = max(1, round(model.scatter / 3))
    edges = np.arange(int(model.steady - 4 * model.scatter), model.steady + 4 * model.scatter, width) + 0.5
    counts, _ = np.histogram(pools, bins=edges)
    ax.stairs(
        counts / len(pools) / np.diff(edges),
        edges,
        color=palette.SKY,
        fill=True,
        alpha=0.5,
        label="simulated",
    )
    ax.plot(n, chance, color=palette.BLUE, label="exact law")
    normal = np.exp(-(((n - model.steady) / model.scatter) ** 2) / 2) / (model.scatter * np.sqrt(2 * np.pi))
    ax.plot(n, normal, color=palette.ORANGE, ls="--", label="small fluctuations")
    ax.set(xlim=(edges[0], edges[-1]), xlabel="stem cells in the pool, N", ylabel="probability of each N")
    ax.legend(loc="upper right")
