"""Replicative senescence: shortening telomeres stop lineages one by one, and the culture ages."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import betainc, erfcx, expit, log_ndtr, ndtr, ndtri
from scipy.stats import binom

from .. import palette
from ..model import Model, derived, param
from ..numerics.streams import generator, replicate

ROUNDS = 160
LARGEST_DISH = 400_000_000
REACH = 8.0


def _divisions(values):
    values = np.asarray(values, float)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise ValueError(f"divisions must be finite and not negative, got {values!r}")
    return values


def _log_mills(x):
    """Return the logarithm of Mills' ratio (1 − Φ(x))/φ(x), which never overflows."""
    right = 0.5 * np.log(np.pi / 2.0) + np.log(erfcx(np.maximum(x, 0.0) / np.sqrt(2.0)))
    left = log_ndtr(-x) + x**2 / 2.0 + 0.5 * np.log(2.0 * np.pi)
    return np.where(x >= 0, right, left)


def share_of_cells(stopped):
    """Return the stopped share of the cells present, when all dividing cells divide in step.

    A line of descent that takes either daughter with probability ½ stops by division D with probability F(D).
    It meets each of the 2^k possible cells of generation k equally often, so a founder leaves on average 2^k
    (F(k) − F(k−1)) cells that stopped at generation k, and 2^D (1 − F(D)) that still divide, however the
    fates of sisters are correlated.

    Parameters
    ----------
    stopped : array_like, shape (D + 1,)
        F: stopped fraction of the lines of descent after 0, 1, … D divisions.

    Returns
    -------
    numpy.ndarray, shape (D + 1,)
        Ratio of the expected number of stopped cells to the expected number of cells, after each division.

    Raises
    ------
    ValueError
        If `stopped` falls, or leaves the interval from 0 to 1.

    Examples
    --------
    Half of the founders stop after one division, the others after two: 2 of 4 cells, then all 6.

    >>> share_of_cells([0.0, 0.5, 1.0])
    array([0. , 0.5, 1. ])
    """
    stopped = np.asarray(stopped, float)
    if stopped.ndim != 1 or not len(stopped) or not np.all(np.diff([0.0, *stopped, 1.0]) >= -1e-12):
        raise ValueError(f"stopped must rise from at least 0 to at most 1, got {stopped!r}")
    stopped = np.maximum.accumulate(stopped)
    resting, shares = 0.0, []
    for new, dividing in zip(np.diff(stopped, prepend=0.0), 1.0 - stopped, strict=True):
        resting = resting / 2.0 + new
        shares.append(resting / (resting + dividing) if dividing else 1.0)
    return np.array(shares)


@dataclass(frozen=True)
class Culture(Model):
    """Culture whose founders differ in mean telomere length, normally with mean L₀ and standard deviation σ.

    Every division takes ΔL from each lineage, and a lineage is senescent when L − D ΔL < L_c. After D
    divisions the stopped fraction of the founding lineages is f(D) = Φ((L_c + D ΔL − L₀)/σ). The cells
    present are another population, because a lineage that stops keeps its number of cells while the others
    double: a lineage with room for K = (L − L_c)/ΔL divisions counts 2^min(D, K) cells. If σ = 0 all lineages
    stop together; if ΔL = 0 those above L_c never do; founders below L_c are senescent from the start and
    count one cell each.

    References
    ----------
    Hayflick & Moorhead (1961), Exp. Cell Res. 25, 585–621, doi:10.1016/0014-4827(61)90192-6.
    Olovnikov (1973), J. Theor. Biol. 41, 181–190, doi:10.1016/0022-5193(73)90198-7.

    Examples
    --------
    >>> culture = Culture(D=50.0)
    >>> round(100 * culture.stopped, 2), round(100 * culture.stopped_cells, 2)
    (14.88, 2.18)
    """

    L0: float = param(10_000.0, "bp", "mean telomere length of the founders", low=5_000.0, high=15_000.0,
                      symbol="L₀", scale="cell", source="illustrative")  # fmt: skip
    sigma: float = param(1_200.0, "bp", "spread between founders", low=0.0, high=2_000.0, symbol="σ",
                         domain="non-negative", scale="population", source="illustrative")  # fmt: skip
    loss: float = param(75.0, "bp", "loss per division", low=20.0, high=200.0, symbol="ΔL",
                        domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    L_crit: float = param(5_000.0, "bp", "mean length below which a cell is senescent", low=3_000.0,
                          high=7_000.0, symbol="L_c", domain="non-negative", scale="cell",
                          source="illustrative")  # fmt: skip
    D: float = param(50.0, "", "divisions since the culture was founded", low=0.0, high=float(ROUNDS),
                     domain="non-negative", scale="cell", source="illustrative")  # fmt: skip
    N: int = param(1_000_000, "", "cells that found the culture and are kept at each passage", low=100,
                   high=100_000_000, log=True, integer=True, scale="population",
                   source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"dishes": 4, "rounds": 60}

    @derived("", "stopped fraction of the founding lineages", scale="population", symbol="f(D)")
    def stopped(self):
        """Φ((L_c + D ΔL − L₀)/σ)."""
        return float(self.lineages(self.D))

    @derived("", "stopped share of the cells present", scale="population", symbol="g(D)")
    def stopped_cells(self):
        """Expected senescent cells over expected cells; see `cells`."""
        return float(self.cells(self.D))

    @derived("", "divisions until half of the lineages have stopped", scale="population", symbol="D₅₀")
    def D_half(self):
        """(L₀ − L_c)/ΔL, zero if the founders start below L_c, infinite if nothing is lost."""
        return self.divisions_until(0.5)

    @derived("", "divisions until 95 % of the lineages have stopped", scale="population", symbol="D₉₅")
    def D_95(self):
        """(L₀ − L_c + 1.645 σ)/ΔL."""
        return self.divisions_until(0.95)

    @derived("", "spread of the divisions that lineages complete", scale="population", symbol="τ")
    def spread(self):
        """σ/ΔL, infinite if nothing is lost from unequal founders."""
        return self._over_loss(self.sigma)

    @derived("", "divisions until half of the cells present have stopped", scale="population", symbol="D*")
    def D_half_cells(self):
        """D₅₀ + τ² (ln 2)/2 in a culture so large that its rarest lineages are represented."""
        shift = self.spread**2 * np.log(2.0) / 2.0
        return max(self._over_loss(self.L0 - self.L_crit) + shift, 0.0) if self.loss else self.D_half

    @derived("", "divisions of the longest-lived lineage", scale="population", symbol="D_max")
    def D_last(self):
        """Median, over cultures, of the largest number of divisions among N founders."""
        return self.divisions_until(0.5 ** (1.0 / self.N))

    def _over_loss(self, length):
        if self.loss == 0:
            return float(np.inf) if length > 0 else 0.0
        return length / self.loss

    def divisions_until(self, fraction):
        """Return after how many divisions a fraction of the founding lineages has stopped.

        Parameters
        ----------
        fraction : float
            Between 0 and 1, both excluded.

        Returns
        -------
        float
            Divisions; 0 if that many are stopped from the start, infinite if it never comes to that.

        Raises
        ------
        ValueError
            If the fraction is not between 0 and 1.

        Examples
        --------
        >>> round(Culture().divisions_until(0.95), 3)
        92.984
        """
        if not 0.0 < fraction < 1.0:
            raise ValueError(f"fraction must lie between 0 and 1, got {fraction!r}")
        room = self.L0 - self.L_crit + float(ndtri(fraction)) * self.sigma
        if self.loss == 0 and self.sigma == 0 and room == 0:
            return float(np.inf)
        return max(self._over_loss(room), 0.0)

    def lineages(self, D):
        """Return the stopped fraction f(D) of the founding lineages.

        Parameters
        ----------
        D : array_like
            Divisions, not negative.

        Returns
        -------
        numpy.ndarray
            Fractions, of the shape of `D`.

        Raises
        ------
        ValueError
            If a number of divisions is negative or not finite.

        Examples
        --------
        >>> Culture(sigma=0.0).lineages([66, 67])
        array([0., 1.])
        """
        gone = self.L_crit + _divisions(D) * self.loss - self.L0
        return ndtr(gone / self.sigma) if self.sigma else (gone > 0).astype(float)

    def cells(self, D):
        """Return the stopped share g(D) of the cells present.

        With y = (D − D₅₀)/τ, c = τ ln 2, y₀ = −D₅₀/τ and Mills' ratio M, a founder leaves on average 2^D
        [φ(y) M(c − y) − 2^−D φ(y₀) M(c − y₀) + 2^−D Φ(y₀)] stopped and 2^D φ(y) M(y) dividing cells, so that
        g ≈ M(c − y)/(M(c − y) + M(y)) once 2^−D is negligible: one half at y = c/2.

        Parameters
        ----------
        D : array_like
            Divisions, not negative.

        Returns
        -------
        numpy.ndarray
            Shares, of the shape of `D`: expected stopped cells over expected cells.

        Raises
        ------
        ValueError
            If a number of divisions is negative or not finite.

        Examples
        --------
        >>> Culture().cells([25, 50, 100]).round(4)
        array([0.001 , 0.0218, 0.2116])
        """
        D = _divisions(D)
        with np.errstate(divide="ignore"):
            early = np.log(self.lineages(0.0)) - D * np.log(2.0)
            dividing = self._log_dividing(D)
            return expit(np.logaddexp(early, self._log_stopped(D)) - dividing)

    def _log_dividing(self, D):
        gone = self.L_crit + D * self.loss - self.L0
        return log_ndtr(-gone / self.sigma) if self.sigma else np.log((gone <= 0).astype(float))

    def _log_stopped(self, D):
        """Return log ∫₀ᴰ 2^(k − D) ρ(k) dk, with ρ(k) the density of the room K of the founders."""
        if self.loss == 0:
            return np.full(D.shape, -np.inf)
        room = (self.L0 - self.L_crit) / self.loss
        if self.sigma == 0:
            return np.where((room >= 0) & (room < D), (room - D) * np.log(2.0), -np.inf)
        c = self.spread * np.log(2.0)
        now, then = (D - room) / self.spread, -room / self.spread
        late, start = (-(y**2) / 2.0 - 0.5 * np.log(2.0 * np.pi) + _log_mills(c - y) for y in (now, then))
        return late + np.log(-np.expm1(np.minimum(start - D * np.log(2.0) - late, 0.0)))

    def simulate(self, dishes, rounds, *, rng, executor=None, progress=False):
        """Return what happens in dishes of N cells that are split back to N after every round of division.

        Cells with the same number of divisions left are alike, so a dish is the vector of their counts: a
        round doubles those that divide, and the split draws N cells without replacement (multivariate
        hypergeometric). The dishes are exact samples whatever their size.

        Parameters
        ----------
        dishes : int
            Number of independent dishes.
        rounds : int
            Rounds of division.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs dishes in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        stopped : numpy.ndarray, shape (dishes, rounds + 1)
            Share of the cells in the dish that are senescent, after each round.
        doublings : numpy.ndarray, shape (dishes, rounds + 1)
            Population doublings since the culture was founded.

        Raises
        ------
        ValueError
            If the dish is too large to be sampled, or a number is not a positive whole number.

        Examples
        --------
        >>> stopped, doublings = Culture(sigma=150.0, N=10_000).simulate(dishes=2, rounds=80, rng=1)
        >>> stopped[:, [50, 80]]
        array([[0., 1.],
               [0., 1.]])
        """
        if self.N > LARGEST_DISH:
            raise ValueError(f"N must be at most {LARGEST_DISH} for a simulation, got {self.N}")
        if rounds != int(rounds) or rounds < 1:
            raise ValueError(f"rounds must be a positive whole number, got {rounds!r}")
        founding = np.diff(self.lineages(np.arange(rounds + 1)), prepend=0.0, append=1.0)
        dish = _Dish(self.N, tuple(np.maximum(founding, 0.0) / founding.sum()))
        return replicate(dish, dishes, rng, block=1, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Dish:
    """Dishes of N cells; `founding` is the probability that a founder has 0, 1, … divisions left."""

    N: int
    founding: tuple

    def __call__(self, size, rng):
        runs = [self._run(rng) for _ in range(size)]
        return tuple(np.array(column) for column in zip(*runs, strict=True))

    def _run(self, rng):
        left = rng.multinomial(self.N, self.founding)
        stopped, doublings = [left[0] / self.N], [0.0]
        for _ in range(len(left) - 2):
            grown = np.append(2 * left[1:], 0)
            grown[0] += left[0]
            doublings.append(doublings[-1] + np.log2(grown.sum() / self.N))
            left = rng.multivariate_hypergeometric(grown, self.N, method="marginals")
            stopped.append(left[0] / self.N)
        return np.array(stopped), np.array(doublings)


@dataclass(frozen=True)
class Telomeres(Model):
    """Lineages whose cells carry n telomeres each, and stop when m of them are below a critical length.

    A founder's ends scatter by s around its own mean, which scatters by σ around L₀. When a chromosome end is
    copied, one of the two daughters inherits the shorter copy: along a line of descent each end loses ΔL/p
    with probability p at every division, independently of the others (p = ½ for the end-replication problem,
    p = 1 for a loss without chance). Losses only add up, so the law of the divisions that a lineage completes
    is exact. That the two ends of a chromosome share one coin, and that cells also trim the ends that were copied
    in full, is left out.

    References
    ----------
    Hemann et al. (2001), Cell 107, 67–77, doi:10.1016/S0092-8674(01)00504-9 (mice without telomerase).
    Bourgeron et al. (2015), Sci. Rep. 5, 15326, doi:10.1038/srep15326.
    Kaul et al. (2012), EMBO Rep. 13, 52–59, doi:10.1038/embor.2011.227.

    Examples
    --------
    >>> telomeres = Telomeres()
    >>> round(telomeres.mean_capacity, 1), round(telomeres.effective_threshold)
    (67.1, 5006)
    """

    L0: float = param(10_000.0, "bp", "mean telomere length of the founders", low=6_000.0, high=15_000.0,
                      symbol="L₀", scale="cell", source="illustrative")  # fmt: skip
    sigma: float = param(1_200.0, "bp", "spread between founders", low=0.0, high=2_000.0, symbol="σ",
                         domain="non-negative", scale="population", source="illustrative")  # fmt: skip
    s: float = param(1_500.0, "bp", "spread between the ends of one founder", low=0.0, high=3_000.0,
                     domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    loss: float = param(75.0, "bp", "mean loss per division", low=20.0, high=200.0, symbol="ΔL",
                        scale="molecule", source="illustrative")  # fmt: skip
    p: float = param(0.5, "", "probability that a division shortens an end", low=0.05, high=1.0,
                     domain="fraction", scale="molecule", source="bourgeron2015")  # fmt: skip
    L_crit: float = param(1_000.0, "bp", "length below which an end is short", low=0.0, high=4_000.0,
                          symbol="L_c", domain="non-negative", scale="molecule",
                          source="illustrative")  # fmt: skip
    n: int = param(92, "", "chromosome ends in a cell", low=1, high=92, integer=True, scale="cell",
                   source="tjio1956")  # fmt: skip
    m: int = param(1, "", "short ends that stop a cell", low=1, high=10, integer=True, scale="cell",
                   source="hemann2001")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"lineages": 2000}

    def check(self):
        """Refuse p = 0, which leaves the loss undefined, and more short ends than there are ends."""
        if self.p == 0:
            raise ValueError(f"Telomeres.p must be positive when an end loses ΔL = {self.loss} bp on average, got 0")
        if self.m > self.n:
            raise ValueError(f"Telomeres.m (short ends) must not exceed n = {self.n} (ends), got {self.m}")

    @derived("bp", "loss of an end that is shortened", scale="molecule", symbol="ΔL/p")
    def step(self):
        """ΔL/p."""
        return self.loss / self.p

    @derived("", "mean divisions that lineages complete", scale="population", symbol="⟨K⟩")
    def mean_capacity(self):
        """Σ (1 − F(D)) over D = 0, 1, …"""
        return float(np.sum(1.0 - self._law))

    @derived("", "spread of the divisions that lineages complete", scale="population", symbol="σ_K")
    def spread(self):
        """Standard deviation of K, from ⟨K²⟩ = Σ (2D + 1)(1 − F(D))."""
        square = np.sum((2.0 * np.arange(len(self._law)) + 1.0) * (1.0 - self._law))
        return float(np.sqrt(max(square - self.mean_capacity**2, 0.0)))

    @derived("", "divisions until half of the lineages have stopped", scale="population", symbol="D₅₀")
    def D_half(self):
        """Smallest whole D with F(D) ≥ ½."""
        return float(np.searchsorted(self._law, 0.5))

    @derived("bp", "mean length of the ends when the average lineage stops", scale="cell", symbol="L*")
    def effective_threshold(self):
        """L₀ − (⟨K⟩ − ½) ΔL, the L_c that `Culture` needs: whole divisions exceed the room by ½ on average."""
        return self.L0 - (self.mean_capacity - 0.5) * self.loss

    @property
    def _most_losses(self):
        """Return a number of losses that no end survives, but for founders eight deviations off."""
        return max(int((self.L0 - self.L_crit + REACH * (self.sigma + self.s)) / self.step), 0) + 1

    @cached_property
    def _law(self):
        """Return F(0), F(1), … up to the first of a coarse grid that leaves less than 1e-9."""
        last = int((self._most_losses + REACH * np.sqrt(self._most_losses) + 20.0) / self.p)
        coarse = np.unique(np.linspace(0, last, 33).astype(int))
        enough = np.searchsorted(self.lineages(coarse), 1.0 - 1e-9)
        return self.lineages(np.arange(coarse[min(enough, len(coarse) - 1)] + 1))

    def lineages(self, D):
        """Return the fraction F(D) of lineages, followed along one line of descent each, that have stopped.

        Given a founder's mean, ends are independent and an end is still long enough with probability q = Σ_j
        Bin(j; D, p) P(length − j ΔL/p ≥ L_c); a cell has stopped when at least m of n ends are short. The
        average over founders is a trapezoidal sum, or an exact finite sum if s = 0; the error stays below
        1e-9 for s ≥ σ/40 and below 1e-3 for any s.

        Parameters
        ----------
        D : array_like, shape (d,)
            Whole numbers of divisions, not negative.

        Returns
        -------
        numpy.ndarray, shape (d,)
            Fractions.

        Raises
        ------
        ValueError
            If a number of divisions is negative or not whole.

        Examples
        --------
        One end that loses 75 bp at every division is the model of mean lengths.

        >>> one = Telomeres(n=1, s=0.0, p=1.0, L_crit=5_000.0)
        >>> one.lineages([50]).round(4), Culture().lineages([50]).round(4)
        (array([0.1488]), array([0.1488]))
        """
        D = np.atleast_1d(_divisions(D))
        if np.any(np.floor(D) != D):
            raise ValueError(f"divisions must be whole numbers, got {D!r}")
        losses = np.arange(min(self._most_losses, int(D.max())) + 1)
        survives, weights = self._founders(losses)
        q = binom.pmf(losses, D[:, None], self.p) @ survives
        stopped = betainc(self.m, self.n - self.m + 1.0, np.clip(1.0 - q, 0.0, 1.0))
        return np.clip(stopped @ weights, 0.0, 1.0)

    def _founders(self, losses):
        """Return the probability that an end survives `losses`, for a set of founders, and their weights."""
        room = self.L0 - self.L_crit
        if self.s == 0:
            borders = np.arange(len(losses) + 1) * self.step - room
            below = ndtr(borders / self.sigma) if self.sigma else (borders > 0).astype(float)
            return np.triu(np.ones((len(losses), len(losses) + 1)), 1), np.diff(below, prepend=0.0)
        count = int(np.clip(100.0 * self.sigma / self.s, 128, 4096))
        z = np.linspace(-REACH, REACH, count + 1) if self.sigma else np.zeros(1)
        weights = np.exp(-(z**2) / 2.0)
        return ndtr((room + self.sigma * z - self.step * losses[:, None]) / self.s), weights / weights.sum()

    def cells(self, D):
        """Return the stopped share of the cells present after whole numbers of divisions `D`, in step.

        Parameters
        ----------
        D : array_like, shape (d,)
            Whole numbers of divisions, not negative.

        Returns
        -------
        numpy.ndarray, shape (d,)
            Expected stopped cells over expected cells; see `share_of_cells`.

        Raises
        ------
        ValueError
            If a number of divisions is negative or not whole.

        Examples
        --------
        >>> Telomeres().cells([50]).round(3)
        array([0.031])
        """
        D = np.atleast_1d(_divisions(D))
        return share_of_cells(self.lineages(np.arange(D.max() + 1)))[D.astype(int)]

    def simulate(self, lineages, *, rng, executor=None, progress=False):
        """Return how many divisions lineages complete, followed along one random line of descent each.

        An end with room for j − 1 losses meets its j-th at division j + a negative binomial number, so each
        end costs one draw instead of one a division, and the sample is exact.

        Parameters
        ----------
        lineages : int
            Number of founders.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of lineages in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        capacity : numpy.ndarray, shape (lineages,)
            Divisions after which the cell has stopped.
        length : numpy.ndarray, shape (lineages,)
            Mean length of the founder's ends in bp.

        Examples
        --------
        >>> capacity, length = Telomeres().simulate(5000, rng=1)
        >>> bool(abs(capacity.mean() - Telomeres().mean_capacity) < 4 * Telomeres().spread / np.sqrt(5000))
        True
        """
        return replicate(self._sample, lineages, rng, executor=executor, progress=progress)

    def _lengths(self, size, rng):
        """Return the lengths of the ends of `size` founders, in bp."""
        return self.L0 + self.sigma * rng.normal(size=(size, 1)) + self.s * rng.normal(size=(size, self.n))

    def _sample(self, size, rng):
        lengths = self._lengths(size, rng)
        fatal = np.maximum(np.floor((lengths - self.L_crit) / self.step) + 1.0, 0.0)
        spared = rng.negative_binomial(np.maximum(fatal, 1.0), self.p)
        fails = np.where(fatal > 0, fatal + spared, 0.0)
        return np.partition(fails, self.m - 1, axis=1)[:, self.m - 1], lengths.mean(axis=1)

    def follow(self, lineages, divisions, *, rng):
        """Return the lengths of all ends of some lineages, division by division, whether stopped or not.

        Parameters
        ----------
        lineages, divisions : int
            Number of lineages and of divisions.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray, shape (divisions + 1, lineages, n)
            Lengths in bp.

        Examples
        --------
        >>> Telomeres().follow(3, 10, rng=1).shape
        (11, 3, 92)
        """
        rng = generator(rng)
        lengths = self._lengths(lineages, rng)[None]
        lost = rng.random((divisions, lineages, self.n)) < self.p
        return np.concatenate([lengths, lengths - self.step * np.cumsum(lost, axis=0)])


def _ageing_axes(ax):
    ax.set(xlim=(0, ROUNDS), ylim=(-2, 102), xticks=range(0, ROUNDS + 1, 40))
    ax.set(xlabel="divisions, D", ylabel="stopped / %")


def _legend_above(ax):
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, columnspacing=1, handlelength=1.6)


def _draw_founders(ax, model):
    """Draw the founders' lengths and shade those whose lineages have stopped by now."""
    mean, sd = model.L0 / 1e3, max(model.sigma, 20.0) / 1e3
    critical, began = model.L_crit / 1e3, (model.L_crit + model.D * model.loss) / 1e3
    length = mean + sd * np.linspace(-4.0, 4.0, 80)
    short = np.minimum(length, began)
    ax.plot(length, np.exp(-(((length - mean) / sd) ** 2) / 2.0), color=palette.BLUE, lw=2, label="founders")
    ax.fill_between(short, np.exp(-(((short - mean) / sd) ** 2) / 2.0), color=palette.SKY, alpha=0.4, lw=0)
    ax.axvline(critical, color=palette.RED, ls=":", lw=2, label="critical")
    ax.axvline(began, color=palette.RED, lw=2, label="critical + D ΔL")
    ax.set(xlim=(0, 16), ylim=(0, 1.1), yticks=[])
    ax.set(xlabel="length at the founding, L / kb", ylabel="founders (relative)")


def draw_culture(fig, model):
    """Draw the founders' lengths with those that have stopped by D, and both stopped fractions against D."""
    left, right = fig.subplots(1, 2)
    _draw_founders(left, model)
    D = np.linspace(0, ROUNDS, 81)
    for curve, colour, style, name in (
        (model.replace(sigma=0.0).lineages(D), palette.GREY, ":", "all alike"),
        (model.lineages(D), palette.BLUE, "-", "lineages"),
        (model.cells(D), palette.ORANGE, "--", "cells"),
    ):
        right.plot(D, 100 * curve, color=colour, ls=style, lw=2, label=name)
    for now, colour in ((model.stopped, palette.BLUE), (model.stopped_cells, palette.ORANGE)):
        right.plot([model.D], [100 * now], "o", color=colour, ms=7)
    _ageing_axes(right)
    _legend_above(left)
    _legend_above(right)


def draw_dish(fig, model):
    """Draw the stopped share in three dishes of N cells beside the formulas, and their doublings."""
    left, right = fig.subplots(1, 2)
    D = np.arange(ROUNDS + 1)
    lineages = model.lineages(D)
    left.plot(D[::2], 100 * lineages[::2], color=palette.BLUE, lw=2, label="lineages")
    left.plot(D[::2], 100 * share_of_cells(lineages)[::2], color=palette.ORANGE, ls="--", lw=2, label="N → ∞")
    right.plot(D[[0, -1]], D[[0, -1]], color=palette.GREY, ls="--", lw=1, label="all divide")
    right.axvline(model.D_last, color=palette.GREEN, ls=":", lw=2, label="Dₘₐₓ")
    names = ("dishes", "_second", "_third")
    for name, share, doubled in zip(names, *model.simulate(dishes=3, rounds=ROUNDS, rng=1), strict=True):
        left.plot(D[::2], 100 * share[::2], color=palette.PURPLE, lw=1, label=name)
        right.plot(D[::2], doubled[::2], color=palette.PURPLE, lw=1, label=name)
    _ageing_axes(left)
    right.set(xlim=(0, ROUNDS), ylim=(0, ROUNDS), xticks=range(0, ROUNDS + 1, 40))
    right.set(xlabel="rounds of division, D", ylabel="population doublings")
    _legend_above(left)
    _legend_above(right)


def draw_telomeres(fig, model):
    """Draw one lineage's ends as they shorten, and the stopped fraction beside a model of mean lengths."""
    left, right = fig.subplots(1, 2)
    D = np.arange(0, ROUNDS + 1, 4)
    ends = np.sort(model.replace(sigma=0.0).follow(1, ROUNDS, rng=1)[::4, 0] / 1e3, axis=1)
    left.fill_between(D, ends[:, 0], ends[:, -1], color=palette.SKY, alpha=0.3, lw=0, label="all ends")
    left.plot(D, ends.mean(axis=1), color=palette.BLUE, lw=2, label="mean end")
    left.plot(D, ends[:, model.m - 1], color=palette.ORANGE, ls="--", lw=2, label="deciding")
    left.axhline(model.L_crit / 1e3, color=palette.RED, ls=":", lw=2, label="critical")
    left.set(xlim=(0, ROUNDS), ylim=(0, 18), xticks=range(0, ROUNDS + 1, 40))
    left.set(xlabel="divisions, D", ylabel="telomere length, L / kb")
    naive = Culture(L0=model.L0, sigma=model.sigma, loss=model.loss, L_crit=model.L_crit)
    every = model.lineages(np.arange(ROUNDS + 1))
    right.plot(D, 100 * naive.lineages(D), color=palette.GREY, ls=":", lw=2, label="mean decides")
    right.plot(D, 100 * every[::4], color=palette.BLUE, lw=2, label="lineages")
    right.plot(D, 100 * share_of_cells(every)[::4], color=palette.ORANGE, ls="--", lw=2, label="cells")
    _ageing_axes(right)
    _legend_above(left)
    _legend_above(right)


def draw_weights(fig, model):
    """Draw how many divisions the founding lineages, and the cells present after D divisions, had room for."""
    ax = fig.subplots()
    room = np.linspace(model.D_half - 4.0 * model.spread, model.D_half + 4.0 * model.spread, 161)
    lineages = np.exp(-(((room - model.D_half) / model.spread) ** 2) / 2.0)
    cells = lineages * 2.0 ** (np.minimum(room, model.D) - model.D)
    for density, colour, style, name in (
        (lineages, palette.BLUE, "-", "founding lineages"),
        (cells, palette.ORANGE, "--", "cells present"),
    ):
        share = density / density.sum() / (room[1] - room[0])
        ax.plot(room, share, color=colour, ls=style, lw=2, label=name)
        ax.fill_between(room, share, where=room <= model.D, color=colour, alpha=0.25, lw=0)
    ax.axvline(model.D, color=palette.GREY, ls=":", lw=2, label="now")
    ax.set(xlim=(room[0], room[-1]), xlabel="room K / divisions", ylabel="share per division")
    ax.set_ylim(bottom=0)
    ax.legend(loc="upper left")


def draw_errors(fig, sizes, dish_errors, ratios, coarse_errors):
    """Draw the error of the law for dishes of N cells, and of a model of mean lengths without inner chance."""
    left, right = fig.subplots(1, 2)
    sizes, dish_errors, ratios = (np.asarray(values, float) for values in (sizes, dish_errors, ratios))
    left.plot(sizes, 100 * dish_errors, "o", color=palette.PURPLE, ms=7, label="dishes")
    slope = 100 * dish_errors[-1] * np.sqrt(sizes[-1] / sizes)
    left.plot(sizes, slope, color=palette.GREY, ls="--", lw=1.5, label="slope −½")
    left.set(
        xscale="log",
        yscale="log",
        ylim=(0.05, 10),
        xlabel="cells in the dish, N",
        ylabel="error of g / percentage points",
    )
    right.plot(ratios, 100 * np.asarray(coarse_errors), "o", color=palette.BLUE, ms=7, label="mean lengths")
    law = 100 * np.exp(-0.5) / np.sqrt(8.0 * np.pi) * ratios**2
    right.plot(ratios, law, color=palette.GREY, ls="--", lw=1.5, label="ε² φ(1)/2")
    right.set(xscale="log", yscale="log", xlim=(0.3, 2), ylim=(1, 100))
    right.set(xlabel="inner over inherited spread, ε", ylabel="largest error of f / points")
    right.set_xticks([0.3, 0.5, 1.0, 2.0], labels=["0.3", "0.5", "1", "2"])
    right.set_xticks([], minor=True)
    left.legend(loc="upper right")
    right.legend(loc="upper left")
