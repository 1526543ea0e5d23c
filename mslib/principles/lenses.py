"""Lenses: the same molecules as counts, as probabilities and as concentrations, and when each description holds."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, hyp1f1, i0e, i1e, k0, pdtrik, xlogy

from .. import palette
from ..model import Model, derived, param
from ..numerics import cme, ssa
from ..numerics.network import Network
from ..numerics.streams import generator, replicate
from ..units import format_number

LIFETIMES_OF_HISTORY = 10.0


def total_variation(p, q):
    """Return the total variation distance of two laws on 0, 1, …: the largest difference of any probability.

    Parameters
    ----------
    p, q : array_like
        Probabilities; the shorter one is continued by zeros.

    Returns
    -------
    float
        A number between 0 and 1.

    Examples
    --------
    >>> total_variation([0.5, 0.5], [0.5, 0.25, 0.25])
    0.25
    """
    size = max(len(p), len(q))
    p, q = (np.pad(np.asarray(law, float), (0, size - len(law))) for law in (p, q))
    return 0.5 * float(np.abs(p - q).sum())


@dataclass(frozen=True)
class GeneSwitch(Model):
    """A gene that is switched on and off by chance, transcribes while it is on, and whose transcripts are lost.

    off → on at k_on, on → off at k_off, on → on + m at r, m → ∅ at γ. The gene is on for the share p = k_on/(k_on +
    k_off) of the time; the mean is p r/γ and the Fano factor 1 + (r/γ) (1 − p) γ/(k_on + k_off + γ). The exact law is a
    Poisson law whose mean is itself random, r/γ times a beta variable with parameters k_on/γ and k_off/γ; if both lie
    below one the gene is slow and the law has two modes, whatever the mean. A gene that is never transcribed leaves no
    molecules.

    References
    ----------
    Peccoud & Ycart (1995), Theor. Popul. Biol. 48, 222–234, doi:10.1006/tpbi.1995.1027.

    Examples
    --------
    >>> gene = GeneSwitch(k_on=0.2, k_off=0.8, r=10.0, gamma=1.0)
    >>> round(gene.mean, 9), round(gene.fano, 9), round(gene.empty, 6)
    (2.0, 5.0, 0.544312)
    """

    k_on: float = param(0.2, "1/min", "switching-on rate", low=0.0125, high=12.8, log=True, symbol="k_on",
                        scale="molecule", source="illustrative")  # fmt: skip
    k_off: float = param(0.8, "1/min", "switching-off rate", low=0.0125, high=12.8, log=True, symbol="k_off",
                         scale="molecule", source="illustrative")  # fmt: skip
    r: float = param(10.0, "1/min", "transcription rate while on", low=2.5, high=160.0, log=True,
                     domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    gamma: float = param(1.0, "1/min", "loss rate constant", low=0.1, high=10.0, log=True, symbol="γ",
                         scale="molecule", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 50, "times": (0.0, 5.0, 10.0)}

    @derived("", "share of time on", scale="molecule", symbol="p")
    def share_on(self):
        """Share k_on/(k_on + k_off) of the time in which the gene is on."""
        return self.k_on / (self.k_on + self.k_off)

    @derived("", "count while on for long", scale="cell", symbol="r/γ")
    def plateau(self):
        """Mean number of molecules in a cell whose gene has been on for long."""
        return self.r / self.gamma

    @derived("", "mean count", scale="cell", symbol="⟨m⟩")
    def mean(self):
        """Mean number of molecules, p r/γ: also what the rate equation says."""
        return self.share_on * self.plateau

    @derived("", "Fano factor", scale="cell", symbol="F")
    def fano(self):
        """Variance over mean, 1 + (r/γ)(1 − p) γ/(k_on + k_off + γ)."""
        slowness = self.gamma / (self.k_on + self.k_off + self.gamma)
        return 1.0 + self.plateau * (1.0 - self.share_on) * slowness

    @derived("", "share of empty cells", scale="cell", symbol="P₀")
    def empty(self):
        """Exact probability of no molecule at all."""
        return self.law([0])[0]

    def law(self, n):
        """Return the exact stationary probability of `n` molecules.

        Parameters
        ----------
        n : array_like of int
            Counts.

        Returns
        -------
        numpy.ndarray
            Probabilities, of the shape of `n`.

        Examples
        --------
        >>> law = GeneSwitch().law(np.arange(80))
        >>> round(float(law.sum()), 9), round(float(law @ np.arange(80)), 9)
        (1.0, 2.0)
        """
        n, a, b, top = np.asarray(n, float), self.k_on / self.gamma, self.k_off / self.gamma, self.plateau
        ways = xlogy(n, top) - gammaln(n + 1.0) + gammaln(a + n) - gammaln(a) + gammaln(a + b) - gammaln(a + b + n)
        return np.exp(ways - top + np.log(hyp1f1(b, a + b + n, top)))

    def network(self):
        """Return the four reactions as a network that starts with the gene off.

        Returns
        -------
        mslib.numerics.network.Network
            With the species off, on and m, of which off + on = 1.
        """
        return Network.mass_action(
            {"off -> on": "k_on", "on -> off": "k_off", "on -> on + m": "r", "m -> 0": "gamma"},
            parameters={"k_on": self.k_on, "k_off": self.k_off, "r": self.r, "gamma": self.gamma},
            initial={"off": 1}, conserved=({"off": 1, "on": 1},),
        )  # fmt: skip

    def joint_law(self, most=None):
        """Return the stationary law of gene and molecules from the master equation, by finite state projection.

        Parameters
        ----------
        most : int, optional
            Largest number of molecules in the box; found by itself if left out.

        Returns
        -------
        mslib.numerics.cme.Law
            With axes off, on and m.

        Examples
        --------
        >>> round(float(GeneSwitch().joint_law(60).marginal(2)[0]), 6)
        0.544312
        """
        return cme.stationary(self.network(), {"off": 1, "on": 1, "m": most} if most else None)

    def simulate(self, cells, times, rng, executor=None, progress=False, method="auto"):
        """Return molecule counts of cells that start empty with the gene off, by exact stochastic simulation.

        Parameters
        ----------
        cells : int
            Number of cells.
        times : array_like, shape (T,)
            Increasing times in min.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of cells in parallel.
        progress : bool
            Show a progress bar.
        method : str
            As in `mslib.numerics.ssa.simulate`.

        Returns
        -------
        numpy.ndarray of int, shape (cells, T)
            Counts.

        Examples
        --------
        >>> counts = GeneSwitch().simulate(4000, [20.0], rng=1)
        >>> bool(abs(counts.mean() - 2.0) < 0.2), bool(abs(np.mean(counts == 0) - 0.544) < 0.04)
        (True, True)
        """
        options = {"method": method, "executor": executor, "progress": progress}
        return ssa.simulate(self.network(), times, cells, rng, **options)[:, :, 2]

    def trace(self, times, rng):
        """Return the count of one cell in the steady state, from the lives of its molecules.

        The same seed with other rates stretches the same random sequence, so that a slider changes the cell and not
        its luck.

        Parameters
        ----------
        times : array_like, shape (T,)
            Times in min, from zero.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray of int, shape (T,)
            Counts.

        Examples
        --------
        >>> trace = GeneSwitch().trace(np.linspace(0, 1e5, 2001), rng=1)
        >>> bool(abs(trace.mean() - 2.0) < 0.4)
        True
        """
        times = np.asarray(times, float)
        begin = times[0] - LIFETIMES_OF_HISTORY / self.gamma
        switching, coin, transcription, life = generator(rng).spawn(4)
        begun, ended = self._episodes(begin, times[-1], switching, coin)
        worked = np.concatenate([[0.0], np.cumsum(ended - begun)])
        ticks = np.cumsum(transcription.standard_exponential(int(worked[-1] * self.r * 1.2 + 200.0)))
        moments = ticks[ticks < worked[-1] * self.r] / max(self.r, np.finfo(float).tiny)
        episode = np.searchsorted(worked, moments, "right") - 1
        born = begun[episode] + moments - worked[episode]
        died = born + life.standard_exponential(born.size) / self.gamma
        return np.searchsorted(np.sort(born), times, "right") - np.searchsorted(np.sort(died), times, "right")

    def _episodes(self, begin, end, switching, coin):
        """Return when the gene is switched on and off between two times; a coin says whether it is on at the first."""
        cycles = int((end - begin) * self.k_on * self.share_off * 1.5 + 60.0)
        rates = np.tile([self.k_off, self.k_on] if coin.random() < self.share_on else [self.k_on, self.k_off], cycles)
        turns = begin + np.concatenate([[0.0], np.cumsum(switching.standard_exponential(rates.size) / rates)])
        first = 0 if rates[0] == self.k_off else 1
        begun, ended = turns[first:-1:2], turns[first + 1 :: 2]
        within = begun[: ended.size] < end
        return begun[: ended.size][within], np.minimum(ended[within], end)

    @property
    def share_off(self):
        """Share of the time in which the gene is off."""
        return 1.0 - self.share_on


@dataclass(frozen=True)
class Turnover(Model):
    """An abundant enzyme that is made at a constant rate and lost by chance, when its production is suddenly changed.

    dE/dt = s − δE: the level is s/δ, and after production has changed by a factor it approaches the new level with the
    rate constant of loss alone. Half of the change takes ln 2/δ whatever the production; 95 % take ln 20/δ.

    References
    ----------
    Rosenfeld, Elowitz & Alon (2002), J. Mol. Biol. 323, 785–793, doi:10.1016/S0022-2836(02)00994-4.

    Examples
    --------
    >>> round(Turnover(delta=0.0231).response_time, 4)
    30.0064
    """

    s: float = param(23100.0, "1/h", "production rate", low=0.231, high=1e6, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    delta: float = param(0.0231, "1/h", "loss rate constant", low=0.005, high=1.0, log=True, symbol="δ",
                         scale="molecule", source="illustrative")  # fmt: skip
    fold: float = param(2.0, "", "factor by which production changes", low=0.25, high=4.0, log=True, symbol="f",
                        domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 10, "times": (0.0, 30.0, 60.0)}

    @derived("", "level before the change", scale="cell", symbol="E₀")
    def level(self):
        """Copies in a cell at rest, s/δ."""
        return self.s / self.delta

    @derived("", "level in the end", scale="cell", symbol="E∞")
    def new_level(self):
        """Copies in a cell long after the change."""
        return self.fold * self.level

    @derived("h", "response time", scale="cell", symbol="t½")
    def response_time(self):
        """Time ln 2/δ to reach half of the change."""
        return np.log(2.0) / self.delta

    @derived("h", "time to reach 95 % of the change", scale="cell", symbol="t₉₅")
    def time95(self):
        """Time ln 20/δ."""
        return np.log(20.0) / self.delta

    @derived("", "coefficient of variation before the change", scale="cell", symbol="CV")
    def cv(self):
        """One over the root of the level, since the counts are Poisson."""
        return 1.0 / np.sqrt(self.level)

    def at(self, t):
        """Return the level a while after the change of production.

        Parameters
        ----------
        t : array_like
            Hours since the change, zero or positive.

        Returns
        -------
        numpy.ndarray or float
            Copies in a cell, by the rate equation.

        Examples
        --------
        >>> enzyme = Turnover(fold=3.0)
        >>> round(float(enzyme.at(enzyme.response_time) / enzyme.level), 9)
        2.0
        """
        return self.level * (self.fold + (1.0 - self.fold) * np.exp(-self.delta * np.asarray(t, float)))

    def simulate(self, cells, times, rng, executor=None, progress=False):
        """Return the copies in cells whose production changes at time zero, by exact stochastic simulation.

        Before the change the cells are at rest, where their counts are Poisson. From one time to the next each copy
        survives with the chance exp(−δ Δt), and those made since that are still there are Poisson.

        Parameters
        ----------
        cells : int
            Number of cells.
        times : array_like, shape (T,)
            Increasing times in h.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of cells in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (cells, T)
            Counts.

        Examples
        --------
        >>> enzyme = Turnover()
        >>> counts = enzyme.simulate(100, [30.0], rng=1)
        >>> bool(abs(counts.mean() / enzyme.at(30.0) - 1) < 1e-3)
        True
        """
        run = _Turning(self.level, self.new_level, self.delta, ssa.increasing_times(times))
        return replicate(run, cells, rng, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Turning:
    level: float
    new_level: float
    delta: float
    times: np.ndarray

    def __call__(self, size, rng):
        count, seen = rng.poisson(self.level, size), []
        for survive in np.exp(-self.delta * np.diff(self.times, prepend=0.0)):
            count = rng.binomial(count, survive) + rng.poisson(self.new_level * (1.0 - survive), size)
            seen.append(count)
        return np.array(seen).T


@dataclass(frozen=True)
class Pairs(Model):
    """Molecules that are made one at a time and disappear two at a time, in a vessel of a given volume.

    ∅ → X at kΩ and 2 X → ∅ at c/Ω for each pair. The rate equation dx/dt = k − c x² for the concentration x rests at
    √(k/c), which makes N = Ω√(k/c) molecules. The exact mean is N I₀(4N)/I₁(4N), with modified Bessel functions:
    larger than N by about one part in 8N, because a lone molecule cannot disappear.

    References
    ----------
    Gardiner (2009), Stochastic Methods, 4th edition, Springer, ISBN 978-3-540-70712-7, chapter 11.

    Examples
    --------
    >>> print(Pairs(Omega=1.0, k=1.0, c=1.0).by_rate_equation, round(Pairs(Omega=1.0, k=1.0, c=1.0).mean, 5))
    1.0 1.15805
    """

    Omega: float = param(1.0, "fL", "volume", low=0.25, high=64.0, log=True, symbol="Ω", scale="cell",
                         source="illustrative")  # fmt: skip
    k: float = param(1.0, "1/(fL*s)", "production rate in a unit of volume", low=0.1, high=10.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    c: float = param(1.0, "fL/s", "rate constant of a pair", low=0.1, high=10.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip

    @derived("1/fL", "concentration by the rate equation", scale="cell", symbol="x*")
    def concentration(self):
        """Concentration √(k/c) at which the rate equation rests."""
        return np.sqrt(self.k / self.c)

    @derived("", "count by the rate equation", scale="cell", symbol="N")
    def by_rate_equation(self):
        """Number of molecules N = Ω√(k/c) at which the rate equation rests."""
        return self.Omega * self.concentration

    @derived("", "exact mean count", scale="cell", symbol="⟨n⟩")
    def mean(self):
        """Exact mean N I₀(4N)/I₁(4N)."""
        return self.by_rate_equation * i0e(4.0 * self.by_rate_equation) / i1e(4.0 * self.by_rate_equation)

    @derived("", "relative error of the rate equation", scale="cell", symbol="⟨n⟩/N − 1")
    def error(self):
        """By how much the exact mean exceeds that of the rate equation, about 1/(8N)."""
        return self.mean / self.by_rate_equation - 1.0

    @derived("", "coefficient of variation", scale="cell", symbol="CV")
    def cv(self):
        """Standard deviation over mean; exactly, ⟨n(n − 1)⟩ = N²."""
        return np.sqrt(self.by_rate_equation**2 + self.mean - self.mean**2) / self.mean

    def network(self):
        """Return the two reactions as a network.

        Returns
        -------
        mslib.numerics.network.Network
            With one species, X, and the volume.
        """
        return Network.mass_action({"0 -> X": self.k, "2 X -> 0": self.c}, volume=self.Omega)

    def law(self):
        """Return the exact stationary law from the master equation.

        Returns
        -------
        numpy.ndarray
            Probabilities of 0, 1, … molecules.

        Examples
        --------
        >>> law = Pairs().law()
        >>> round(float(law @ np.arange(law.size)), 5)
        1.15805
        """
        most = int(self.by_rate_equation + 12.0 * np.sqrt(self.by_rate_equation) + 20.0)
        return cme.stationary(self.network(), {"X": most}).probability


@dataclass(frozen=True)
class Schloegl(Model):
    """A network that makes more of a substance the more there is of it, and rests in two states.

    2 X → 3 X, 3 X → 2 X, ∅ → X, X → ∅. Its rate equation has two stable states for the suggested rates; the exact law
    has two modes, and a cell wanders from one to the other after a time that grows exponentially with the size Ω of
    the system (all counts, and with them all rates at a given concentration, grow with Ω). With rates that have one
    state only, both modes are that state and switching takes no time.

    References
    ----------
    Schlögl (1972), Z. Phys. 253, 147–161, doi:10.1007/BF01379769.
    Cao & Petzold (2006), J. Comput. Phys. 212, 6–24, doi:10.1016/j.jcp.2005.06.012 (the rates).

    Examples
    --------
    >>> vessel = Schloegl()
    >>> vessel.low, vessel.high, round(vessel.share_low, 4), round(vessel.time_up)
    (82, 563, 0.2203, 50308)
    """

    Omega: float = param(1.0, "", "size of the system", low=0.4, high=1.4, symbol="Ω", scale="cell",
                         source="illustrative")  # fmt: skip
    c1: float = param(0.03, "1/s", "rate constant of 2 X → 3 X for each pair", low=0.028, high=0.032, symbol="c₁",
                      scale="molecule", source="caopetzold2006")  # fmt: skip
    c2: float = param(1e-4, "1/s", "rate constant of 3 X → 2 X for each triple", low=9e-5, high=1.1e-4,
                      symbol="c₂", scale="molecule", source="caopetzold2006")  # fmt: skip
    c3: float = param(200.0, "1/s", "inflow", low=170.0, high=230.0, symbol="c₃", scale="molecule",
                      source="caopetzold2006")  # fmt: skip
    c4: float = param(3.5, "1/s", "rate constant of outflow", low=3.3, high=3.7, symbol="c₄", scale="molecule",
                      source="caopetzold2006")  # fmt: skip

    def network(self):
        """Return the four reactions as a network.

        Returns
        -------
        mslib.numerics.network.Network
            With one species, X, and the size as its volume.
        """
        rates = {"2 X -> 3 X": "c1", "3 X -> 2 X": "c2", "0 -> X": "c3", "X -> 0": "c4"}
        values = {name: getattr(self, name) for name in ("c1", "c2", "c3", "c4")}
        return Network.mass_action(rates, parameters=values, volume=self.Omega)

    def rest(self):
        """Return the states in which the rate equation rests, as counts in increasing order.

        Returns
        -------
        numpy.ndarray
            One state, or three of which the middle one is unstable.

        Examples
        --------
        >>> Schloegl().rest().round(1)
        array([ 85.5, 247.6, 566.9])
        """
        roots = np.roots([-self.c2 / 6.0, self.c1 / 2.0, -self.c4, self.c3])
        return self.Omega * np.sort(roots.real[np.abs(roots.imag) < 1e-9 * np.abs(roots)])

    def _rates(self, n):
        """Return the rates at which n molecules become one more and one fewer."""
        up = self.c1 / self.Omega * n * (n - 1.0) / 2.0 + self.c3 * self.Omega
        return up, self.c2 / self.Omega**2 * n * (n - 1.0) * (n - 2.0) / 6.0 + self.c4 * n

    def law(self):
        """Return the exact stationary law: what climbs from n to n + 1 balances what falls.

        Returns
        -------
        numpy.ndarray
            Probabilities of 0, 1, … molecules.

        Examples
        --------
        >>> law = Schloegl().law()
        >>> round(float(law.sum()), 9)
        1.0
        """
        n = np.arange(int(1.6 * self.rest()[-1] + 12.0 * np.sqrt(self.rest()[-1]) + 40.0))
        up, down = self._rates(n[:-1].astype(float))[0], self._rates(n[1:].astype(float))[1]
        heights = np.concatenate([[0.0], np.cumsum(np.log(up / down))])
        law = np.exp(heights - heights.max())
        return law / law.sum()

    def _modes(self):
        law = np.concatenate([[-1.0], self.law(), [-1.0]])
        return np.flatnonzero((law[1:-1] > law[:-2]) & (law[1:-1] >= law[2:]))

    @derived("", "lower mode", scale="cell", symbol="n₁")
    def low(self):
        """Most probable count of the lower state."""
        return int(self._modes()[0])

    @derived("", "upper mode", scale="cell", symbol="n₂")
    def high(self):
        """Most probable count of the upper state."""
        return int(self._modes()[-1])

    @derived("", "least probable count between", scale="cell", symbol="n₀")
    def valley(self):
        """Count of least probability between the modes."""
        return self.low + int(np.argmin(self.law()[self.low : self.high + 1]))

    @derived("", "share of time in the lower state", scale="cell", symbol="P_low")
    def share_low(self):
        """Probability of fewer molecules than at the valley."""
        return self.law()[: self.valley].sum()

    @derived("s", "mean time from the lower to the upper mode", scale="cell", symbol="T₁₂")
    def time_up(self):
        """Mean first-passage time by the sum Σ 1/(w⁺ P) Σ P that is exact for steps of one."""
        law, steps = self.law(), np.arange(self.low, self.high)
        up = self._rates(steps.astype(float))[0]
        return float(np.sum(np.cumsum(law)[steps] / (up * law[steps])))

    @derived("s", "mean time from the upper to the lower mode", scale="cell", symbol="T₂₁")
    def time_down(self):
        """Mean first-passage time by the same sum from above."""
        law, steps = self.law(), np.arange(self.low + 1, self.high + 1)
        down = self._rates(steps.astype(float))[1]
        above = np.cumsum(law[::-1])[::-1]
        return float(np.sum(above[steps] / (down * law[steps])))


@dataclass(frozen=True)
class Grains(Model):
    """Molecules of a dissolved signal in a small cube: how many, and by how much their number varies.

    A concentration C in a cube of edge ℓ is N = C ℓ³ molecules on average. Molecules that move on their own are Poisson
    distributed, so that the number varies by 1/√N from one moment to another. An empty solution varies infinitely.

    References
    ----------
    Berg & Purcell (1977), Biophys. J. 20, 193–219, doi:10.1016/S0006-3495(77)85544-6.

    Examples
    --------
    >>> cube = Grains(C=10.0, edge=10.0)
    >>> round(cube.count, 4), round(cube.cv, 4), round(cube.edge_of_one_percent, 2)
    (6.0221, 0.4075, 118.42)
    """

    C: float = param(10.0, "pM", "concentration", low=1.0, high=1000.0, log=True, domain="non-negative", scale="tissue",
                     source="illustrative")  # fmt: skip
    edge: float = param(10.0, "µm", "edge of the cube", low=2.0, high=128.0, log=True, symbol="ℓ", scale="cell",
                        source="illustrative")  # fmt: skip
    per_volume: float = param(6.02214076e-4, "1/(pM*µm**3)", "molecules in a cubic micrometre at one picomolar",
                              symbol="N_A", scale="molecule", source="tiesinga2021", constant=True)  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"moments": 100}

    @derived("", "mean number of molecules in the cube", scale="cell", symbol="N")
    def count(self):
        """Mean number of molecules, C ℓ³."""
        return self.C * self.per_volume * self.edge**3

    @derived("", "coefficient of variation of their number", scale="cell", symbol="CV")
    def cv(self):
        """Standard deviation over mean, 1/√N."""
        return 1.0 / np.sqrt(self.count) if self.count else np.inf

    @derived("µm", "edge at which the number varies by 1 %", scale="tissue", symbol="ℓ₁")
    def edge_of_one_percent(self):
        """Edge of a cube with 10⁴ molecules on average."""
        return (1e4 / (self.C * self.per_volume)) ** (1.0 / 3.0) if self.C else np.inf

    def simulate(self, moments, rng, executor=None, progress=False):
        """Return the number of molecules in the cube at moments far apart.

        Parameters
        ----------
        moments : int
            How many.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (moments,)
            Counts.

        Examples
        --------
        >>> counts = Grains().simulate(20000, rng=1)
        >>> bool(abs(counts.std() / counts.mean() / 0.4075 - 1) < 0.03)
        True
        """
        return replicate(self._counts, moments, rng, executor=executor, progress=progress)

    def _counts(self, size, rng):
        return rng.poisson(self.count, size)


@dataclass(frozen=True)
class PointSource(Model):
    """A cell that secretes a signal into tissue, in which it diffuses and is taken up by other cells.

    In three dimensions the steady concentration at the distance ρ is C = S/(4πDρ) e^(−ρ/λ) with λ = √(D/k); in a layer
    of height h it is C = S/(2πDh) K₀(ρ/λ), with a modified Bessel function. The number of molecules on the way is S/k
    in both. Each molecule lives for an exponentially distributed time and wanders as Brownian motion, so that those
    alive at a moment can be drawn exactly.

    References
    ----------
    Crank (1975), The Mathematics of Diffusion, 2nd edition, Oxford University Press.
    Oyler-Yaniv et al. (2017), Immunity 46, 609–620, doi:10.1016/j.immuni.2017.03.011.

    Examples
    --------
    >>> cell = PointSource(S=10.0, D=100.0, k=0.01)
    >>> cell.length, cell.alive
    (100.0, 1000.0)
    """

    S: float = param(10.0, "1/s", "secretion rate", low=1.0, high=1000.0, log=True, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    D: float = param(100.0, "µm²/s", "diffusion coefficient", low=10.0, high=200.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    k: float = param(0.01, "1/s", "uptake rate constant", low=0.001, high=0.1, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    h: float = param(10.0, "µm", "height of the layer", low=5.0, high=100.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    per_volume: float = param(6.02214076e-4, "1/(pM*µm**3)", "molecules in a cubic micrometre at one picomolar",
                              symbol="N_A", scale="molecule", source="tiesinga2021", constant=True)  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"molecules": 1000}

    @derived("µm", "reach of the signal", scale="tissue", symbol="λ")
    def length(self):
        """Distance √(D/k) that a molecule wanders in its life."""
        return np.sqrt(self.D / self.k)

    @derived("", "molecules on the way", scale="tissue", symbol="S/k")
    def alive(self):
        """Mean number of molecules that have been secreted and not yet taken up."""
        return self.S / self.k

    def concentration(self, distance):
        """Return the steady concentration in three dimensions.

        Parameters
        ----------
        distance : array_like
            Distance from the source in µm, positive.

        Returns
        -------
        numpy.ndarray or float
            Concentration in pM.

        Examples
        --------
        >>> round(float(PointSource().concentration(50.0)), 2)
        0.16
        """
        distance = np.asarray(distance, float)
        return self.S / (4.0 * np.pi * self.D * distance) * np.exp(-distance / self.length) / self.per_volume

    def concentration_in_layer(self, distance):
        """Return the steady concentration in a thin layer.

        Parameters
        ----------
        distance : array_like
            Distance from the source in µm, positive.

        Returns
        -------
        numpy.ndarray or float
            Concentration in pM.

        Examples
        --------
        >>> round(float(PointSource().concentration_in_layer(50.0)), 2)
        2.44
        """
        distance = np.asarray(distance, float)
        return self.S / (2.0 * np.pi * self.D * self.h) * k0(distance / self.length) / self.per_volume

    def simulate(self, molecules, rng, dimensions=3, executor=None, progress=False):
        """Return the distances from the source of molecules that are on the way.

        Parameters
        ----------
        molecules : int
            How many.
        rng : int or numpy.random.Generator
            Seed or generator.
        dimensions : int
            Three for a volume, two for a layer.
        executor : concurrent.futures.Executor, optional
            Runs blocks in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (molecules,)
            Distances in µm.

        Examples
        --------
        >>> distances = PointSource().simulate(20000, rng=1)
        >>> bool(abs(distances.mean() / 200.0 - 1) < 0.02)
        True
        """
        run = _Wander(self.D, self.k, dimensions)
        return replicate(run, molecules, rng, block=10_000, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Wander:
    """Draws how far molecules of exponentially distributed age have come."""

    D: float
    k: float
    dimensions: int

    def __call__(self, size, rng):
        ages = rng.standard_exponential(size) / self.k
        steps = rng.standard_normal((size, self.dimensions)) * np.sqrt(2.0 * self.D * ages)[:, None]
        return np.sqrt(np.sum(steps**2, axis=1))


@dataclass(frozen=True)
class Replicator(Model):
    """A molecule that is copied or destroyed, each at random: few of them may die out although the mean grows.

    A → 2 A at b and A → ∅ at d, for each molecule. The mean n₀ e^((b − d)t) is what the rate equation says. The line of
    one molecule is extinct at time t with probability d(e^((b−d)t) − 1)/(b e^((b−d)t) − d), and in the end with d/b or
    with certainty if d ≥ b. Without any loss nothing dies out.

    References
    ----------
    Kendall (1948), Ann. Math. Stat. 19, 1–15, doi:10.1214/aoms/1177730285.

    Examples
    --------
    >>> virus = Replicator(b=1.0, d=0.5, n0=1, t=3.0)
    >>> round(virus.mean, 4), round(virus.extinct, 6), virus.extinct_in_the_end
    (4.4817, 0.437213, 0.5)
    """

    b: float = param(1.0, "1/h", "copying rate", low=0.2, high=4.0, log=True, scale="molecule", source="illustrative")
    d: float = param(0.5, "1/h", "destruction rate", low=0.05, high=3.0, log=True, domain="non-negative",
                     scale="molecule", source="illustrative")  # fmt: skip
    n0: int = param(1, "", "molecules at the start", low=1, high=20, symbol="n₀", integer=True, scale="molecule",
                    source="illustrative")  # fmt: skip
    t: float = param(3.0, "h", "time", low=0.5, high=12.0, domain="non-negative", scale="cell", source="illustrative")

    @derived("", "mean count", scale="cell", symbol="⟨n⟩")
    def mean(self):
        """Mean number of molecules, also what the rate equation says."""
        return self.n0 * np.exp((self.b - self.d) * self.t)

    @derived("", "probability of being extinct by then", scale="cell", symbol="P₀(t)")
    def extinct(self):
        """Probability that nothing is left at time t."""
        growth = (self.b - self.d) * self.t
        if growth == 0:
            return (self.b * self.t / (1.0 + self.b * self.t)) ** self.n0
        if growth < 0:
            grown = np.expm1(growth)
            return (self.d * grown / (self.b * grown + self.b - self.d)) ** self.n0
        shrunk = -np.expm1(-growth)
        return (self.d * shrunk / (self.b - self.d * np.exp(-growth))) ** self.n0

    @derived("", "probability of extinction in the end", scale="cell", symbol="P₀(∞)")
    def extinct_in_the_end(self):
        """Probability min(1, d/b) to the power of n₀."""
        return min(1.0, self.d / self.b) ** self.n0


def draw_switch(fig, model):
    """Draw the count of one cell over an hour beside the exact law of many cells and the rate equation."""
    left, right = fig.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    times, top = np.linspace(0.0, 60.0, 181), model.plateau
    left.step(times, model.trace(times, rng=12) / top, color=palette.BLUE, lw=1.4, where="post")
    edges = np.linspace(-0.05, 2.25, 24)
    bins = np.searchsorted(edges, np.arange(int(2.25 * top) + 1) / top + 1e-9) - 1
    shares = np.bincount(bins, model.law(np.arange(bins.size)), minlength=23)[:23]
    right.stairs(shares, edges, orientation="horizontal", baseline=0.0, fill=True, color=palette.SKY, alpha=0.6)
    for ax in (left, right):
        ax.axhline(model.share_on, color=palette.ORANGE, ls="--", lw=2)
    left.set(xlim=(0, 60), xticks=range(0, 61, 15), xlabel="time, t / min", ylabel="molecules / (r/γ)")
    left.set(ylim=(-0.08, 2.2), yticks=[0, 0.5, 1, 1.5, 2])
    right.set(xlim=(0, 1), xticks=[0, 0.5, 1], xlabel="share of cells")
    right.tick_params(labelleft=True)
    right.set_ylabel("molecules / (r/γ)")


def draw_pairs(fig, model):
    """Draw the law of the concentration with the rate equation, and error and noise against the count."""
    left, right = fig.subplots(1, 2)
    reach = 10.0 if model.by_rate_equation < 1.0 else 3.0
    n = np.unique(np.linspace(0, (reach + 0.2) * model.by_rate_equation + 2, 80).round().astype(int))
    law = np.pad(model.law(), (0, n[-1]))
    left.plot(n / model.by_rate_equation, law[n] / law.max(), color=palette.BLUE, lw=1.5, marker="o", ms=3)
    left.axvline(1.0, color=palette.ORANGE, ls="--", lw=2)
    left.axvline(model.mean / model.by_rate_equation, color=palette.GREEN, ls=":", lw=2)
    left.set(xlim=(0, reach), ylim=(0, 1.1), xlabel="concentration / that of the rate equation")
    left.set_ylabel("probability (peak = 1)")
    counts = np.geomspace(0.2, 160.0, 40)
    curves = [Pairs(Omega=N, k=1.0, c=1.0) for N in counts]
    right.plot(counts, [m.cv for m in curves], color=palette.GREY, ls="-.", lw=1.5, label="noise, CV")
    right.plot(counts, [m.error for m in curves], color=palette.BLUE, lw=2, label="error of the mean")
    right.plot([model.by_rate_equation], [model.error], "o", color=palette.BLUE, ms=8)
    right.plot([model.by_rate_equation], [model.cv], "s", color=palette.GREY, ms=7)
    right.set(xscale="log", yscale="log", xlim=(0.2, 160), ylim=(5e-4, 4), xlabel="molecules by the rate equation, N")
    right.set_ylabel("relative size")
    right.legend(loc="lower left")


def draw_two_states(fig, model):
    """Draw the exact law of Schlögl's network with the states of its rate equation, and the time to switch."""
    left, right = fig.subplots(1, 2)
    law, rest = model.law(), model.rest()
    n = np.unique(np.linspace(0, min(law.size - 1, int(800 * model.Omega)), 160).round().astype(int))
    left.plot(n / model.Omega, law[n] / law.max(), color=palette.BLUE, lw=2)
    for state in (rest[0], rest[-1]):
        left.axvline(state / model.Omega, color=palette.ORANGE, ls="--", lw=1.5)
    left.set(
        xlim=(0, 800), ylim=(0, 1.1), xlabel="molecules for each unit of size, n/Ω", ylabel="probability (peak = 1)"
    )
    sizes = np.array([0.4, 0.6, 0.8, 1.0, 1.2, 1.4])
    others = [model.replace(Omega=size) for size in sizes]
    right.plot(sizes, [m.time_up for m in others], color=palette.BLUE, lw=1.5, marker="o", ms=4, label="up")
    right.plot(
        sizes, [m.time_down for m in others], color=palette.GREEN, ls="-.", lw=1.5, marker="s", ms=4, label="down"
    )
    right.plot([model.Omega], [model.time_up], "o", color=palette.BLUE, ms=9)
    right.plot([model.Omega], [model.time_down], "s", color=palette.GREEN, ms=8)
    right.set(
        yscale="log", xlim=(0.35, 1.45), ylim=(10, 1e11), xlabel="size of the system, Ω", ylabel="time to switch, T / s"
    )
    right.legend(loc="upper left")


def draw_grains(fig, model):
    """Draw the number in the cube at sixty moments over its mean, and the noise of cubes against their edge."""
    left, right = fig.subplots(1, 2)
    chances = generator(4).random(60)
    counts = np.ceil(pdtrik(chances, model.count)) / model.count
    left.plot(np.arange(1, 61), np.minimum(np.maximum(counts, 0.0), 5.0), color=palette.BLUE, lw=1, marker="o", ms=3)
    left.axhline(1.0, color=palette.ORANGE, ls="--", lw=2)
    left.set(xlim=(0, 61), ylim=(-0.15, 5.2), xlabel="moment", ylabel="number in the cube / mean")
    edges = np.geomspace(2.0, 128.0, 40)
    curve = [model.replace(edge=edge).cv for edge in edges]
    right.plot(edges, curve, color=palette.BLUE, lw=2)
    right.plot([model.edge], [model.cv], "o", color=palette.BLUE, ms=8)
    right.axhline(0.1, color=palette.GREY, ls="--", lw=1.2)
    right.text(2.2, 0.075, "10 %", color=palette.GREY, va="top")
    right.set(xscale="log", yscale="log", xlim=(2, 128), ylim=(1e-3, 100), xlabel="edge of the cube, ℓ / µm")
    right.set_xticks([2, 8, 32, 128], ["2", "8", "32", "128"])
    right.minorticks_off()
    right.set_ylabel("noise of the number, CV")


def draw_distance(fig, runs, distances):
    """Draw how far the histogram of simulated cells is from the exact law, against the number of cells."""
    ax = fig.subplots()
    ax.plot(runs, distances, color=palette.BLUE, lw=1.5, marker="o", ms=5, label="simulated")
    ax.plot(runs, distances[0] * np.sqrt(runs[0] / np.asarray(runs)), color=palette.GREY, ls="--", label="slope −1/2")
    ax.set(xscale="log", yscale="log", xlabel="simulated cells", ylabel="distance to the exact law")
    ax.set_yticks([0.005, 0.01, 0.02, 0.05], ["0.005", "0.01", "0.02", "0.05"])
    ax.yaxis.set_minor_formatter("")
    ax.legend(loc="upper right")


def draw_turnover(fig, enzymes, times, counts):
    """Draw single cells (thin) around the rate equation (dashed) after a change of production, for several enzymes."""
    for ax, enzyme, cells in zip(fig.subplots(1, len(enzymes), sharey=True), enzymes, counts, strict=True):
        ax.plot(times, cells.T / enzyme.level, color=palette.SKY, lw=1)
        ax.plot(times, enzyme.at(times) / enzyme.level, color=palette.ORANGE, ls="--", lw=2.5)
        ax.set(xlim=(0, times[-1]), ylim=(0, 3.6), xlabel="time, t / h")
        ax.set_ylabel("copies / copies before", visible=enzyme is enzymes[0])
        ax.text(0.05, 0.94, f"{format_number(enzyme.level)} copies", transform=ax.transAxes, va="top")


def draw_lenses(fig, law, samples):
    """Draw one law by the master equation (line) and its histograms by other methods."""
    for ax, (name, values) in zip(fig.subplots(1, len(samples), sharey=True), samples.items(), strict=True):
        edges = np.arange(0, 801, 40)
        shares = np.histogram(values, edges)[0] / len(values)
        exact = np.add.reduceat(law[: edges[-1]], edges[:-1])
        ax.stairs(shares, edges, fill=True, color=palette.SKY, alpha=0.5)
        ax.stairs(exact, edges, color=palette.BLUE, lw=1.8)
        ax.set(xlim=(0, 800), ylim=(0, 0.4), xticks=[0, 400, 800], xlabel="molecules, n")
        ax.set_ylabel("share of vessels", visible=ax.get_subplotspec().is_first_col())
        ax.text(0.95, 0.95, name, transform=ax.transAxes, va="top", ha="right")


def draw_source(fig, source, distances, flat):
    """Draw the profile of a point source in a volume and in a layer: formula (lines), wandering molecules (marks)."""
    ax = fig.subplots()
    edges = np.geomspace(10.0, 500.0, 15)
    middles, r = np.sqrt(edges[1:] * edges[:-1]), np.geomspace(10.0, 500.0, 80)
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    rings = np.pi * np.diff(edges**2) * source.h
    for values, volumes, colour, style, marker, name in (
        (distances, shells, palette.BLUE, "-", "o", "in a volume"),
        (flat, rings, palette.GREEN, "-.", "s", "in a layer"),
    ):
        found = np.histogram(values, edges)[0] / values.size * source.alive / volumes / source.per_volume
        ax.plot(middles, found, ls="", marker=marker, ms=5, color=colour)
        profile = source.concentration(r) if volumes is shells else source.concentration_in_layer(r)
        ax.plot(r, profile, color=colour, ls=style, lw=1.8, label=name)
    ax.set(xscale="log", yscale="log", xlim=(10, 500), ylim=(1e-4, 20), xlabel="distance from the cell, ρ / µm")
    ax.set_xticks([10, 30, 100, 300], ["10", "30", "100", "300"])
    ax.set_ylabel("concentration, C / pM")
    ax.legend(loc="lower left")
