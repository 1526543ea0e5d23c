"""Growth: a cell's cycle and its chance of death decide when a tumour is seen; populations rise and fall."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from scipy.optimize import least_squares
from scipy.special import lambertw

from .. import palette
from ..model import Model, derived, param
from ..numerics.branching import birth_death, birth_death_law, branching
from ..numerics.integrate import integrate
from ..numerics.streams import replicate

MANY_CELLS = 1e5
SPANS = (100.0, 400.0, 1600.0)


def _days(days):
    days = np.atleast_1d(np.asarray(days, float))
    if not np.all(np.isfinite(days)) or np.any(days < 0) or np.any(np.diff(days) < 0):
        raise ValueError(f"days must be finite, increasing and not negative, got {days!r}")
    return days


def _day():
    return param(24.0, "h/d", "hours in a day", symbol="h/d", constant=True, scale="organism",
                 source="illustrative")  # fmt: skip


def _loss(default):
    return param(default, "", "cell loss factor", low=0.0, high=0.95, symbol="φ", domain="fraction",
                 scale="tissue", source="illustrative")  # fmt: skip


def _detectable(default):
    return param(default, "", "cells that can be detected", low=1e6, high=1e10, log=True, symbol="N_det",
                 scale="organ", source="delmonte2009")  # fmt: skip


@dataclass(frozen=True)
class TumourGrowth(Model):
    """A tumour that doubles without limit from one cell, slowed only by cells that die.

    Without loss the population doubles every T. If for each cell born φ cells are lost, it doubles every
    T/(1 − φ) only, and N(t) = 2^(t (1 − φ)/T). At φ = 1 births only replace losses and no size is ever
    reached.

    References
    ----------
    Steel (1967), Eur. J. Cancer 3, 381–387.
    Del Monte (2009), Cell Cycle 8, 505–506, doi:10.4161/cc.8.3.7608.

    Examples
    --------
    >>> round(TumourGrowth(T=20, phi=0).detection, 3), round(TumourGrowth(T=18, phi=0.7).detection, 3)
    (24.914, 74.743)
    """

    T: float = param(20.0, "h", "doubling time without loss", low=12.0, high=72.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    phi: float = _loss(0.0)
    N_det: float = _detectable(1e9)
    N_screen: float = param(1e7, "", "cells that a better screen detects", low=1e3, high=1e9, log=True,
                            symbol="N_scr", scale="organ", source="illustrative")  # fmt: skip
    N_end: float = param(1e12, "", "cells at the end of life", low=1e11, high=1e13, log=True, symbol="N_end",
                         scale="organism", source="illustrative")  # fmt: skip
    hours_per_day: float = _day()

    def check(self):
        """Refuse sizes that are not in the order 1 ≤ screened ≤ detected ≤ end."""
        if not 1.0 <= self.N_screen <= self.N_det <= self.N_end:
            raise ValueError(
                f"{type(self).__name__}: needs 1 <= N_screen <= N_det <= N_end, "
                f"got {self.N_screen:g}, {self.N_det:g}, {self.N_end:g}"
            )

    @derived("h", "doubling time with loss", scale="tissue", symbol="T_eff")
    def doubling(self):
        """T/(1 − φ); never (infinite) at φ = 1."""
        return self.T / (1.0 - self.phi) if self.phi < 1.0 else np.inf

    @derived("", "doublings until detection", scale="tissue", symbol="n")
    def doublings(self):
        """How often one cell must double to reach the detectable size, log₂ N_det."""
        return np.log2(self.N_det)

    @derived("d", "time until detection", scale="organ", symbol="t_det")
    def detection(self):
        """Time from the first cell to the detectable size."""
        return self.time_to(self.N_det)

    @derived("d", "time from detection to the end", scale="organism", symbol="Δt_end")
    def remaining(self):
        """Time from the detectable to the last size."""
        return self.time_to(self.N_end) - self.detection if self.phi < 1.0 else np.inf

    @derived("d", "time gained by the better screen", scale="organism", symbol="Δt_scr")
    def gained(self):
        """How much earlier the better screen detects the tumour."""
        return self.detection - self.time_to(self.N_screen) if self.phi < 1.0 else np.inf

    @derived("", "share of the life unseen", scale="organism", symbol="s")
    def unseen(self):
        """Time until detection over time until the end; zero if the end is never reached."""
        end = self.time_to(self.N_end)
        return self.detection / end if np.isfinite(end) else self._unseen_limit()

    def _unseen_limit(self):
        return np.log(self.N_det) / np.log(self.N_end)

    def size(self, days):
        """Return the number of cells at given times.

        Parameters
        ----------
        days : array_like
            Times in days since the first cell.

        Returns
        -------
        numpy.ndarray
            Cells, of the shape of `days`.

        Examples
        --------
        >>> TumourGrowth(T=24, phi=0).size([0.0, 10.0]).tolist()
        [1.0, 1024.0]
        """
        return np.exp2(np.asarray(days, float) * self.hours_per_day / self.doubling)

    def time_to(self, cells):
        """Return the time in days until one cell has become a given number."""
        return float(np.log2(cells) * self.doubling / self.hours_per_day) if cells > 1.0 else 0.0


@dataclass(frozen=True)
class SlowingGrowth(TumourGrowth):
    """A tumour that doubles like `TumourGrowth` as one cell, and ever more slowly towards a capacity.

    Gompertz's law: the growth rate falls in proportion to ln(K/N), so that N(t) = K^(1 − exp(−βt)) with β =
    r/ln K and r the rate of the first cell. A size of at least K is never reached; as K grows without limit
    the growth becomes exponential.

    References
    ----------
    Laird (1964), Br. J. Cancer 18, 490–502, doi:10.1038/bjc.1964.55.

    Examples
    --------
    >>> tumour = SlowingGrowth(T=20, phi=0, K=1e13)
    >>> round(tumour.detection, 2), round(tumour.doubling_then, 2)
    (42.42, 2.71)
    """

    K: float = param(1e13, "", "capacity", low=1e11, high=1e16, log=True, scale="organism",
                     source="illustrative")  # fmt: skip

    def check(self):
        """Refuse sizes out of order, and a capacity below the detectable size."""
        super().check()
        if self.N_det >= self.K:
            raise ValueError(f"{type(self).__name__}: needs N_det < K, got {self.N_det:g} and {self.K:g}")

    @derived("d", "doubling time at detection", scale="organ", symbol="T_det")
    def doubling_then(self):
        """Doubling time that a growth curve shows when the tumour is found."""
        return float(self.doubling_at(self.N_det)) / self.hours_per_day

    @derived("", "share of the life unseen (0: no end)", scale="organism", symbol="s")
    def unseen(self):
        """Time until detection over time until the end; zero if the end lies beyond the capacity."""
        return super().unseen

    @derived("d", "time from detection to the end", scale="organism", symbol="Δt_end")
    def remaining(self):
        """Time from the detectable to the last size; infinite if the capacity is below the last size."""
        end = self.time_to(self.N_end)
        return end - self.detection if np.isfinite(end) else np.inf

    def _unseen_limit(self):
        if self.N_end >= self.K:
            return 0.0
        return np.log1p(-np.log(self.N_det) / np.log(self.K)) / np.log1p(-np.log(self.N_end) / np.log(self.K))

    def size(self, days):
        """Return the number of cells at given times in days (array_like)."""
        slowing = np.log(2.0) / np.log(self.K) * np.asarray(days, float) * self.hours_per_day / self.doubling
        return np.exp(-np.log(self.K) * np.expm1(-slowing))

    def time_to(self, cells):
        """Return the time in days until one cell has become a given number; infinite from K on."""
        if cells >= self.K:
            return np.inf
        folds = -np.log1p(-np.log(cells) / np.log(self.K)) * np.log2(self.K)
        return float(folds * self.doubling / self.hours_per_day) if cells > 1.0 else 0.0

    def doubling_at(self, cells):
        """Return the momentary doubling time (ln 2 over growth rate) in h at given sizes (array_like)."""
        with np.errstate(divide="ignore"):
            return self.doubling * np.log(self.K) / np.maximum(np.log(self.K / np.asarray(cells, float)), 0.0)


@dataclass(frozen=True)
class YoungClones(Model):
    """Tumours while they are small: each cell divides and dies at random, and most founders leave nothing.

    Cells divide at rate b = ln 2/T and die at rate φ b. A founder's clone dies out with probability φ (with
    certainty at φ = 1). The others are on average 1/(1 − φ) times ahead of the mean, and their early luck
    stays for good as a shift in time: the moment of detection scatters with standard deviation π/(√6 r), r
    = b(1 − φ).

    References
    ----------
    Kendall (1948), Ann. Math. Stat. 19, 1–15, doi:10.1214/aoms/1177730285.
    Durrett (2015), Branching Process Models of Cancer, Springer, doi:10.1007/978-3-319-16065-8.

    Examples
    --------
    >>> clones = YoungClones(T=18, phi=0.7)
    >>> round(clones.extinct, 3), round(clones.detection, 2), round(clones.scatter, 2)
    (0.7, 72.48, 4.63)
    """

    T: float = param(20.0, "h", "doubling time without loss", low=12.0, high=72.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    phi: float = _loss(0.7)
    t: float = param(10.0, "d", "time since the first cell", low=1.0, high=40.0, domain="non-negative",
                     scale="tissue", source="illustrative")  # fmt: skip
    N_det: float = _detectable(1e9)
    hours_per_day: float = _day()
    suggested_inputs: ClassVar[dict] = {"clones": 2000, "days": (1.0, 5.0, 10.0)}

    def check(self):
        """Refuse a detectable size below a thousand cells, where luck has not yet had its say."""
        if self.N_det < 1000.0:
            raise ValueError(f"{type(self).__name__}: N_det must be at least 1000, got {self.N_det:g}")

    @derived("1/d", "division rate of a cell", scale="cell", symbol="b")
    def birth(self):
        """Rate ln 2/T at which a cell divides."""
        return np.log(2.0) * self.hours_per_day / self.T

    @derived("1/d", "death rate of a cell", scale="cell", symbol="d")
    def death(self):
        """Rate φ b at which a cell dies."""
        return self.phi * self.birth

    @derived("1/d", "growth rate", scale="tissue", symbol="r")
    def rate(self):
        """Birth less death."""
        return self.birth - self.death

    @derived("", "chance that a clone ever dies out", scale="tissue", symbol="q∞")
    def extinct(self):
        """Death over birth, φ."""
        return self.phi

    @derived("", "chance that a clone has died out by now", scale="tissue", symbol="q(t)")
    def lost(self):
        """Probability that the first cell has no descendants at time t."""
        return float(self.phi * (1.0 - self.law(self.t).success))

    @derived("", "mean size over all clones", scale="tissue", symbol="⟨N⟩")
    def mean(self):
        """Mean number of cells at time t, extinct clones included."""
        return float(np.exp(self.rate * self.t))

    @derived("", "mean size of the clones left", scale="tissue", symbol="⟨N | N > 0⟩")
    def mean_left(self):
        """Mean number of cells at time t of the clones that are not extinct."""
        return float(1.0 / self.law(self.t).success)

    @derived("d", "mean time until detection of the clones that live", scale="organ", symbol="⟨t_det⟩")
    def detection(self):
        """(ln N_det + ln(1 − φ) + γ)/r, with Euler's γ; infinite at φ = 1."""
        if self.phi >= 1.0:
            return np.inf
        return float((np.log(self.N_det) + np.log1p(-self.phi) + np.euler_gamma) / self.rate)

    @derived("d", "scatter of the time until detection", scale="organ", symbol="σ_t")
    def scatter(self):
        """Standard deviation π/(√6 r) of the moment of detection, all cells being alike."""
        return float(np.pi / np.sqrt(6.0) / self.rate) if self.phi < 1.0 else np.inf

    def law(self, days):
        """Return the law of a clone's size at given times in days (array_like)."""
        return birth_death_law(self.birth, self.death, days)

    def simulate(self, clones, days, *, rng, executor=None, progress=False):
        """Return the sizes of clones that began as one cell, drawn exactly.

        Parameters
        ----------
        clones : int
            Number of clones.
        days : array_like, shape (times,)
            Increasing times in days.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of clones in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (clones, times)
            Cells of each clone.

        Examples
        --------
        >>> sizes = YoungClones(phi=0.7).simulate(20_000, [60.0], rng=1)
        >>> bool(abs((sizes == 0).mean() - 0.7) < 0.02)
        True
        """
        draw = partial(_young_clones, self, _days(days))
        return replicate(draw, clones, rng, executor=executor, progress=progress)

    def paths(self, clones, days, *, rng):
        """Return sizes as `simulate` does, but growing smoothly once a thousand million cells are the mean."""
        days = _days(days)
        exact = self.rate * days < np.log(1e9)
        sizes = self.simulate(clones, days[exact], rng=rng)
        return np.hstack([sizes, sizes[:, -1:] * np.exp(self.rate * (days[~exact] - days[exact][-1]))])

    def detections(self, clones, rng):
        """Return when clones are detected: exact while they are small, exponential once luck has had its say.

        Parameters
        ----------
        clones : int
            Number of clones.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray, shape (clones,)
            Times in days; infinite for clones that die out.

        Raises
        ------
        ValueError
            If φ = 1, where no clone is ever detected.

        Examples
        --------
        >>> times = YoungClones(phi=0.7).detections(4000, rng=1)
        >>> bool(abs(np.isinf(times).mean() - 0.7) < 0.03)
        True
        """
        if self.phi >= 1.0:
            raise ValueError("YoungClones: no clone is ever detected at phi = 1")
        handover = np.log(min(MANY_CELLS, self.N_det)) / self.rate
        cells = self.simulate(clones, [handover], rng=rng)[:, 0]
        with np.errstate(divide="ignore"):
            return handover + np.log(self.N_det / cells) / self.rate


def _young_clones(model, days, size, rng):
    return birth_death(np.ones(size, int), model.birth, model.death, days, rng)


@dataclass(frozen=True)
class PacedClones(Model):
    """Clones whose cells keep time: the cycle has k equal stages, and at its end a cell divides or dies.

    The more stages, the more regular the cycle (coefficient of variation 1/√k). With death probability q_c
    the population grows at r = (k/T_c) ((2(1 − q_c))^(1/k) − 1): a clockwork cycle without death doubles
    every T_c, a memoryless one every T_c ln 2. The chance of dying out, q_c/(1 − q_c), does not depend on the
    clock. From q_c = ½ on, every clone dies out and none doubles.

    References
    ----------
    Bellman & Harris (1952), Ann. Math. 55, 280–295, doi:10.2307/1969779.
    Powell (1956), J. Gen. Microbiol. 15, 492–511, doi:10.1099/00221287-15-3-492.

    Examples
    --------
    >>> round(PacedClones(T_c=20, k=1, q_c=0).doubling, 3), round(PacedClones(T_c=20, k=1000, q_c=0).doubling, 2)
    (13.863, 19.99)
    """

    T_c: float = param(20.0, "h", "mean cell cycle", low=12.0, high=72.0, log=True, scale="cell",
                       source="illustrative")  # fmt: skip
    k: int = param(20, "", "stages of the cycle", low=1, high=100, log=True, integer=True, scale="cell",
                   source="illustrative")  # fmt: skip
    q_c: float = param(0.1, "", "probability that a cycle ends in death", low=0.0, high=0.5, domain="fraction",
                       scale="cell", source="illustrative")  # fmt: skip
    hours_per_day: float = _day()
    suggested_inputs: ClassVar[dict] = {"clones": 500, "days": (1.0, 5.0)}

    @derived("", "variation of the cycle", scale="cell", symbol="CV")
    def cv(self):
        """Coefficient of variation of the cycle, 1/√k."""
        return 1.0 / np.sqrt(self.k)

    @derived("1/d", "growth rate", scale="tissue", symbol="r")
    def rate(self):
        """Rate at which the mean grows in the long run; −∞ if every cycle ends in death."""
        if self.q_c >= 1.0:
            return -np.inf
        return self.k * np.expm1(np.log(2.0 * (1.0 - self.q_c)) / self.k) * self.hours_per_day / self.T_c

    @derived("h", "doubling time", scale="tissue", symbol="T₂")
    def doubling(self):
        """ln 2/r; never (infinite) from q_c = ½ on."""
        return np.log(2.0) * self.hours_per_day / self.rate if self.q_c < 0.5 else np.inf

    @derived("", "chance that a clone dies out", scale="tissue", symbol="q∞")
    def extinct(self):
        """q_c/(1 − q_c), at most one: deaths over births."""
        return min(self.q_c / (1.0 - self.q_c), 1.0) if self.q_c < 1.0 else 1.0

    def simulate(self, clones, days, *, rng, executor=None, progress=False):
        """Return the sizes of clones that began as one new-born cell, simulated exactly by generations.

        Parameters
        ----------
        clones : int
            Number of clones.
        days : array_like, shape (times,)
            Increasing times in days.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of clones in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (clones, times)
            Cells of each clone.

        Examples
        --------
        >>> PacedClones(k=100, q_c=0.0, T_c=24.0).simulate(2, [0.5, 1.5, 2.5], rng=1).tolist()
        [[1, 2, 4], [1, 2, 4]]
        """
        draw = partial(_paced_clones, self, _days(days))
        return replicate(draw, clones, rng, executor=executor, progress=progress)


def _paced_clones(model, days, size, rng):
    stage = model.T_c / (model.k * model.hours_per_day)
    cycles = partial(_cycles, model.k, stage)
    return branching(size, cycles, [model.q_c, 0.0, 1.0 - model.q_c], days, rng)


def _cycles(stages, stage, size, rng):
    return rng.gamma(stages, stage, size)


@dataclass(frozen=True)
class Gompertz(Model):
    """Growth that slows from the start: N(t) = K exp(ln(N₀/K) exp(−βt)).

    The growth rate β ln(K/N) is largest for the first cell; growth in absolute numbers is fastest at K/e.
    From N₀ = K on nothing grows and the doubling time is infinite.

    References
    ----------
    Laird (1964), Br. J. Cancer 18, 490–502, doi:10.1038/bjc.1964.55.
    Norton (1988), Cancer Res. 48, 7067–7071.

    Examples
    --------
    >>> tumour = Gompertz(N0=1e9, K=1e12, beta=0.01, t=100)
    >>> round(tumour.now / 1e10, 4), round(tumour.doubling, 3)
    (7.877, 10.034)
    """

    N0: float = param(1e9, "", "cells at the start", low=1e6, high=1e11, log=True, symbol="N₀", scale="organ",
                      source="illustrative")  # fmt: skip
    K: float = param(1e12, "", "capacity", low=1e10, high=1e14, log=True, scale="organism",
                     source="illustrative")  # fmt: skip
    beta: float = param(0.01, "1/d", "rate at which growth slows", low=1e-3, high=0.1, log=True, symbol="β",
                        scale="tissue", source="illustrative")  # fmt: skip
    t: float = param(100.0, "d", "time", low=1.0, high=1000.0, log=True, domain="non-negative", scale="organ",
                     source="illustrative")  # fmt: skip

    @derived("1/d", "growth rate at the start", scale="tissue", symbol="r₀")
    def rate(self):
        """β ln(K/N₀)."""
        return self.beta * np.log(self.K / self.N0)

    @derived("d", "doubling time at the start", scale="tissue", symbol="T₂")
    def doubling(self):
        """ln 2 over the growth rate at the start; infinite if nothing grows."""
        return np.log(2.0) / self.rate if self.rate > 0 else np.inf

    @derived("", "cells at time t", scale="organ", symbol="N(t)")
    def now(self):
        """Size at time t."""
        return float(self.size(self.t))

    @derived("d", "doubling time at time t", scale="organ", symbol="T₂(t)")
    def doubling_then(self):
        """ln 2 over the growth rate at time t; infinite if nothing grows."""
        rate = self.rate * np.exp(-self.beta * self.t)
        return np.log(2.0) / rate if rate > 0 else np.inf

    @derived("", "size at which most cells are added", scale="organ", symbol="K/e")
    def fastest(self):
        """Size of the inflection, K/e."""
        return self.K / np.e

    def size(self, days):
        """Return the number of cells at given times in days (array_like)."""
        return self.K * np.exp(np.log(self.N0 / self.K) * np.exp(-self.beta * np.asarray(days, float)))

    def time_to(self, cells):
        """Return the time in days until a given size between N₀ and K; infinite if it is never reached."""
        start, goal = np.log(self.N0 / self.K), np.log(cells / self.K)
        if start == goal:
            return 0.0
        ahead = goal * start > 0.0 and abs(goal) < abs(start)
        return float(np.log(start / goal) / self.beta) if ahead else np.inf

    @classmethod
    def fit(cls, days, cells):
        """Return the Gompertz curve nearest to measured sizes, by least squares of their logarithms.

        Parameters
        ----------
        days : array_like, shape (times,)
            At least three times in days.
        cells : array_like, shape (times,)
            Measured numbers of cells, positive.

        Returns
        -------
        Gompertz
            The fitted model.

        Raises
        ------
        ValueError
            If there are fewer than three measurements, or one is not positive.

        Examples
        --------
        >>> true, days = Gompertz(N0=1e8, K=1e11, beta=0.02), np.arange(0.0, 200.0, 20.0)
        >>> round(Gompertz.fit(days, true.size(days)).beta, 6)
        0.02
        """
        days, cells = np.asarray(days, float), np.asarray(cells, float)
        if days.shape != cells.shape or days.size < 3 or not np.all(cells > 0):
            raise ValueError(f"needs at least three times, each with a positive size, got {days!r} and {cells!r}")
        logs = np.log(cells)
        rate = max(np.polyfit(days, logs, 1)[0], 1e-6)
        start = [logs[0], np.log(np.e * rate), np.log(2.0 / np.ptp(days))]
        log_n0, log_rate, log_b = least_squares(_misfit, start, x_scale="jac", xtol=1e-14, ftol=1e-14,
                                                gtol=1e-14, args=(days, logs)).x  # fmt: skip
        return cls(N0=np.exp(log_n0), K=np.exp(log_n0 + np.exp(log_rate - log_b)), beta=np.exp(log_b))


def _misfit(parameters, days, logs):
    log_n0, log_rate, log_b = parameters
    return log_n0 - np.exp(log_rate - log_b) * np.expm1(-np.exp(log_b) * days) - logs


@dataclass(frozen=True)
class Logistic(Model):
    """Growth whose rate falls in proportion to the room left: N(t) = K/(1 + (K/N₀ − 1) exp(−rt)).

    Half of the capacity is reached after ln(K/N₀ − 1)/r; at once if the start is beyond it.

    References
    ----------
    Verhulst (1838), Corresp. Math. Phys. 10, 113–121.

    Examples
    --------
    >>> round(Logistic(N0=1e6, K=1e9, r=0.05).half_time, 3)
    138.135
    """

    N0: float = param(1e6, "", "cells at the start", low=1e3, high=1e8, log=True, symbol="N₀", scale="organ",
                      source="illustrative")  # fmt: skip
    K: float = param(1e9, "", "capacity", low=1e8, high=1e12, log=True, scale="organism",
                     source="illustrative")  # fmt: skip
    r: float = param(0.05, "1/d", "growth rate of the first cell", low=0.005, high=1.0, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip

    @derived("d", "time to half the capacity", scale="organ", symbol="t½")
    def half_time(self):
        """ln(K/N₀ − 1)/r, or zero if the start is beyond half the capacity."""
        return float(np.log(max(self.K / self.N0 - 1.0, 1.0)) / self.r)

    def size(self, days):
        """Return the number of cells at given times in days (array_like)."""
        return self.K / (1.0 + (self.K / self.N0 - 1.0) * np.exp(-self.r * np.asarray(days, float)))


@dataclass(frozen=True)
class PredatorPrey(Model):
    """Prey that grow and are eaten, predators that starve and eat: dx/dt = (a − by) x, dy/dt = (dx − c) y.

    Populations circle round the rest point (c/d, a/b) on a curve that never changes, because
    H = dx − c ln(x d/c) + by − a ln(y b/a) is conserved. Small circles take 2π/√(ac), larger ones longer.

    References
    ----------
    Lotka (1920), Proc. Natl. Acad. Sci. USA 6, 410–415, doi:10.1073/pnas.6.7.410.
    Volterra (1926), Nature 118, 558–560, doi:10.1038/118558a0.

    Examples
    --------
    >>> pair = PredatorPrey(a=1.0, b=0.1, c=1.5, d=0.075)
    >>> round(pair.prey_rest, 6), round(pair.predators_rest, 6), round(pair.small_period, 4)
    (20.0, 10.0, 5.1302)
    """

    a: float = param(1.0, "1/yr", "growth rate of the prey", low=0.2, high=3.0, scale="population",
                     source="illustrative")  # fmt: skip
    b: float = param(0.1, "1/yr", "prey's loss rate for each predator", low=0.03, high=0.5, log=True,
                     scale="population", source="illustrative")  # fmt: skip
    c: float = param(1.5, "1/yr", "death rate of the predators", low=0.2, high=3.0, scale="population",
                     source="illustrative")  # fmt: skip
    d: float = param(0.075, "1/yr", "predators' growth rate for each prey", low=0.03, high=0.5, log=True,
                     scale="population", source="illustrative")  # fmt: skip
    x0: float = param(40.0, "", "prey at the start", low=2.0, high=100.0, log=True, symbol="x₀",
                      scale="population", source="illustrative")  # fmt: skip
    y0: float = param(10.0, "", "predators at the start", low=1.0, high=50.0, log=True, symbol="y₀",
                      scale="population", source="illustrative")  # fmt: skip

    @derived("", "prey at rest", scale="population", symbol="x*")
    def prey_rest(self):
        """Prey at which the predators neither grow nor fall, c/d."""
        return self.c / self.d

    @derived("", "predators at rest", scale="population", symbol="y*")
    def predators_rest(self):
        """Predators at which the prey neither grow nor fall, a/b."""
        return self.a / self.b

    @derived("yr", "period of small circles", scale="population", symbol="2π/√(ac)")
    def small_period(self):
        """Period near the rest point."""
        return 2.0 * np.pi / np.sqrt(self.a * self.c)

    @derived("1/yr", "conserved quantity above its least value", scale="population", symbol="H − H*")
    def excess(self):
        """How far H lies above its value at the rest point; zero at rest."""
        return float(self.conserved(self.x0, self.y0) - self.a - self.c)

    @derived("", "most prey of the cycle", scale="population", symbol="x_max")
    def prey_most(self):
        """Largest number of prey on the curve, from Lambert's W."""
        return float(self.prey_rest * (1.0 + _swing(self.excess / self.c, 1)))

    @derived("", "fewest prey of the cycle", scale="population", symbol="x_min")
    def prey_fewest(self):
        """Smallest number of prey on the curve, from Lambert's W."""
        depth = self.excess / self.c
        return float(self.prey_rest * np.exp(_swing(depth, -1) - depth))

    @derived("yr", "period", scale="population", symbol="P")
    def period(self):
        """Time round the curve: the midpoint rule over the angle at which c f(x/x*) and a f(y/y*) share H − H*."""
        period = 0.0
        for n in 2 ** np.arange(5, 18):
            angle = (np.arange(n) + 0.5) * np.pi / (2 * n)
            prey = _slowness(self.excess / self.c * np.cos(angle) ** 2)
            predators = _slowness(self.excess / self.a * np.sin(angle) ** 2)
            coarser, period = period, float(np.pi / n * (prey @ predators) / np.sqrt(self.a * self.c))
            if abs(period - coarser) < 1e-13 * period:
                break
        return period

    def _pace(self, top):
        """Return the rates of ln(x/x*) and ln(y/y*) in time measured by √(ac), held finite in rejected steps."""
        ratio = np.sqrt(self.a / self.c)

        def rates(_, z):
            prey, predators = np.expm1(np.minimum(z, top))
            return np.array([-ratio * predators, prey / ratio])

        return rates

    def conserved(self, prey, predators):
        """Return H at given numbers of prey and predators (array_like), in 1/yr."""
        x, y = np.asarray(prey, float) / self.prey_rest, np.asarray(predators, float) / self.predators_rest
        return self.c * (x - np.log(x)) + self.a * (y - np.log(y))

    def orbit(self, years, *, rtol=1e-10):
        """Return prey and predators at given times, integrated in logarithms by a method of order 8.

        Parameters
        ----------
        years : array_like, shape (times,)
            Increasing times in years, the first one zero.
        rtol : float
            Relative tolerance of a step.

        Returns
        -------
        prey, predators : numpy.ndarray, shape (times,)
            Numbers.

        Examples
        --------
        >>> pair = PredatorPrey()
        >>> prey, predators = pair.orbit([0.0, pair.period])
        >>> bool(abs(prey[-1] - pair.x0) < 1e-6)
        True
        """
        rest, pace = np.array([self.prey_rest, self.predators_rest]), np.sqrt(self.a * self.c)
        start, times = np.log(np.array([self.x0, self.y0]) / rest), np.asarray(years, float) * pace
        top = 1.0 + np.log1p([_swing(self.excess / rate, 1) for rate in (self.c, self.a)])
        run = integrate(self._pace(top), start, times, method="DOP853", rtol=rtol, atol=rtol)
        return tuple(rest[:, None] * np.exp(run.y))


def _swing(depth, side):
    """Solve w − ln(1 + w) = depth for the w of the given sign: by its series, Lambert's W, or iteration."""
    depth = np.maximum(np.asarray(depth, float), 0.0)
    q = side * np.sqrt(2.0 * depth)
    near = q + q**2 / 3.0 + q**3 / 36.0 - q**4 / 270.0 + q**5 / 4320.0
    middle = -lambertw(-np.exp(-1.0 - np.clip(depth, 1e-6, 600.0)), -1 if side > 0 else 0).real - 1.0
    far = depth + 1.0
    for _ in range(6):
        far = depth + np.log1p(far)
    return np.where(depth < 1e-3, near, np.where((depth > 600.0) & (side > 0), far, middle))


def _slowness(depth):
    """Return √depth/|w| summed over both signs of w, √2 at depth zero."""
    with np.errstate(invalid="ignore"):
        both = sum(np.sqrt(depth) / np.abs(_swing(depth, side)) for side in (-1, 1))
    return np.where(depth > 0, both, np.sqrt(2.0))


def draw_growth(fig, model):
    """Draw size against time with and without slowing, and the doubling time that each size would show."""
    left, right = fig.subplots(1, 2)
    span = next(span for span in SPANS if span >= 1.1 * model.detection or span == SPANS[-1])
    days = np.linspace(0.0, span, 90)
    cells = np.append(np.geomspace(1.0, model.K / 10, 50), model.K * (1.0 - np.geomspace(0.8, 1e-5, 40)))
    unlimited = np.minimum(TumourGrowth.size(model, days), 1e18)
    left.plot(days, unlimited, color=palette.GREY, lw=1.5, ls="--", label="no slowing")
    left.plot(days, model.size(days), color=palette.BLUE, lw=2, label="slowing")
    for level in (model.N_det, model.N_end):
        left.axhline(level, color=palette.ORANGE, lw=1, ls=":")
    left.plot([min(model.detection, 2 * span)], [model.N_det], "o", color=palette.ORANGE, ms=7)
    left.set(yscale="log", xlim=(0, span), ylim=(1, 1e14))
    left.set(xlabel="time since the first cell, t / d", ylabel="cells, N")
    left.legend(loc="lower right")
    _draw_doubling(right, model, cells)


def _draw_doubling(ax, model, cells):
    doubling, first, then = (
        np.minimum(hours / model.hours_per_day, 1e6)
        for hours in (model.doubling_at(cells), model.doubling, model.doubling_at(model.N_det))
    )
    ax.plot(cells, doubling, color=palette.BLUE, lw=2)
    ax.axhline(first, color=palette.GREY, lw=1.5, ls="--")
    ax.plot([model.N_det], [then], "o", color=palette.ORANGE, ms=7)
    ax.set(xscale="log", yscale="log", xlim=(1, 1e13), ylim=(0.3, 1000))
    ax.set(xlabel="cells, N", ylabel="doubling time / d")


def draw_clones(fig, model):
    """Draw thirty clones from one cell each with their means, and the chance of having died out."""
    left, right = fig.subplots(1, 2)
    days = np.linspace(0.0, 40.0, 61)
    sizes = model.paths(30, days, rng=10)
    mean, mean_left = np.exp(model.rate * days), 1.0 / model.law(days).success
    left.plot(days, np.where(sizes > 0, np.minimum(sizes, 1e9), np.nan).T, color=palette.SKY, lw=0.8)
    left.plot(days, np.minimum(mean, 1e9), color=palette.INK, lw=1.5, ls="--", label="mean, all")
    left.plot(days, np.minimum(mean_left, 1e9), color=palette.BLUE, lw=2, label="mean, those left")
    left.axvline(model.t, color=palette.ORANGE, lw=1, ls=":")
    left.set(yscale="log", xlim=(0, 40), ylim=(0.8, 1e6))
    left.set(xlabel="time since the first cell, t / d", ylabel="cells, N")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2)
    right.plot(days, model.phi * (1.0 - model.law(days).success), color=palette.BLUE, lw=2)
    right.axhline(model.extinct, color=palette.ORANGE, lw=1.5, ls=":")
    right.plot([model.t], [model.lost], "o", color=palette.INK, ms=6)
    right.set(xlim=(0, 40), ylim=(0, 1))
    right.set(xlabel="time since the first cell, t / d", ylabel="chance of having died out")


def draw_predators(fig, model):
    """Draw prey and predators against time, and the closed curve on which they circle."""
    left, right = fig.subplots(1, 2)
    years = np.linspace(0.0, 20.0, 161)
    prey, predators = model.orbit(years, rtol=1e-7)
    left.plot(years, prey, color=palette.BLUE, lw=2, label="prey")
    left.plot(years, predators, color=palette.ORANGE, lw=2, ls="--", label="predators")
    left.set(yscale="log", xlim=(0, 20), ylim=(0.2, 200), xlabel="time, t / yr", ylabel="number")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2)
    prey, predators = model.orbit(np.linspace(0.0, 1.0, 121) * model.period, rtol=1e-7)
    right.plot(prey, predators, color=palette.GREEN, lw=2)
    right.plot([model.prey_rest], [model.predators_rest], "+", color=palette.INK, ms=10)
    right.plot([model.x0], [model.y0], "o", color=palette.ORANGE, ms=7)
    right.set(
        xscale="log",
        yscale="log",
        xlim=(0.2, 200),
        ylim=(0.2, 200),
        xlabel="prey, x",
        ylabel="predators, y",
    )


def draw_clocks(ax, days, means):
    """Draw the mean size of clones with clocks of different regularity; `means` maps stages to sizes."""
    for (stages, sizes), colour, style in zip(means.items(), palette.CYCLE, palette.LINE_STYLES, strict=False):
        ax.plot(days, sizes, color=colour, ls=style, label=f"{stages} stage" + "s" * (stages > 1))
    ax.set(
        yscale="log",
        xlim=(0, days[-1]),
        xlabel="time since the first cell, t / d",
        ylabel="mean number of cells",
    )
    ax.legend(loc="upper left")


def draw_detections(ax, model, times):
    """Draw when the clones that live are detected, with the Gumbel law, and when one without luck would be."""
    seen = times[np.isfinite(times)]
    edges = np.linspace(model.detection - 4 * model.scatter, model.detection + 5 * model.scatter, 46)
    counts, _ = np.histogram(seen, bins=edges)
    ax.stairs(
        counts / len(seen) / np.diff(edges),
        edges,
        color=palette.SKY,
        fill=True,
        alpha=0.5,
        label="clones that live",
    )
    t = np.linspace(edges[0], edges[-1], 160)
    place = model.rate * t - np.log(model.N_det * (1.0 - model.phi))
    ax.plot(t, model.rate * np.exp(-place - np.exp(-place)), color=palette.BLUE, label="Gumbel law")
    ax.axvline(np.log(model.N_det) / model.rate, color=palette.ORANGE, ls="--", label="law of doubling")
    ax.set(xlim=(edges[0], edges[-1]), xlabel="time until detection / d", ylabel="probability density / d⁻¹")
    ax.legend(loc="upper right")


def draw_fits(ax, true, days, cells, fits):
    """Draw measured sizes, the curve behind them, and Gompertz curves fitted to parts of them by name."""
    t = np.linspace(0.0, days[-1] * 1.3, 160)
    ax.plot(t, true.size(t), color=palette.INK, lw=1.2, label="true growth")
    ax.plot(days, cells, "o", color=palette.SKY, ms=5, label="measured")
    looks = ((palette.ORANGE, "--"), (palette.PURPLE, "-."), (palette.RED, ":"))
    for (name, fit), (colour, style) in zip(fits.items(), looks, strict=False):
        ax.plot(t, fit.size(t), color=colour, ls=style, label=name)
    ax.set(yscale="log", xlim=(0, t[-1]), xlabel="time, t / d", ylabel="cells, N")
    ax.legend(loc="lower right")
