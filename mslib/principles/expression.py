"""Gene expression: single molecules, made and lost by chance, tell genetically identical cells apart."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, pdtr, xlogy

from .. import palette
from ..model import Model, derived, param
from ..numerics import cme, ssa
from ..numerics.network import Network
from ..numerics.streams import generator, replicate
from ..units import format_number

LIFETIMES_OF_HISTORY = 10.0
NODES = 120


def poisson_law(n, mean):
    """Return the Poisson probabilities of the counts `n`.

    Parameters
    ----------
    n : array_like of int
        Counts.
    mean : float
        Mean of the law, zero or positive.

    Returns
    -------
    numpy.ndarray
        Probabilities, of the shape of `n`.

    Examples
    --------
    >>> poisson_law([0, 1], 0.0)
    array([1., 0.])
    """
    n = np.asarray(n, float)
    return np.exp(xlogy(n, mean) - mean - gammaln(n + 1.0))


def split_noise(first, second):
    """Split the noise of two identical reporters in the same cells into its intrinsic and extrinsic parts.

    What differs within a cell is intrinsic, ⟨(a − b)²⟩/(2⟨a⟩⟨b⟩); what the two share is extrinsic,
    (⟨ab⟩ − ⟨a⟩⟨b⟩)/(⟨a⟩⟨b⟩).

    Parameters
    ----------
    first, second : array_like, shape (cells,)
        Counts of the two reporters.

    Returns
    -------
    intrinsic, extrinsic : float
        Squared coefficients of variation.

    Raises
    ------
    ValueError
        If a reporter is absent from every cell, so that there is no relative noise.

    References
    ----------
    Elowitz, Levine, Siggia & Swain (2002), Science 297, 1183–1186, doi:10.1126/science.1070919.

    Examples
    --------
    >>> print([round(part, 6) for part in split_noise([8, 12, 10, 10], [8, 12, 10, 10])])
    [0.0, 0.02]
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    scale = first.mean() * second.mean()
    if scale == 0:
        raise ValueError("both reporters must be present in some cell")
    difference = first - second
    return float(np.mean(difference**2) / (2.0 * scale)), float(np.mean(first * second) / scale - 1.0)


def _cv(fano, mean):
    return np.sqrt(fano / mean) if mean > 0 else np.inf


def _living(births, deaths, times):
    """Count at each time the molecules that are born and not yet dead."""
    born, died = (np.searchsorted(times, events) for events in (births, deaths))
    changes = np.bincount(born, minlength=times.size + 1) - np.bincount(died, minlength=times.size + 1)
    return np.cumsum(changes)[: times.size]


def _arrivals(rate, span, rng):
    """Return times of a Poisson process in (0, span); a higher rate squeezes the same random sequence."""
    if rate * span == 0:
        return np.empty(0)
    expected = rate * span
    ticks = np.cumsum(rng.standard_exponential(int(expected + 10.0 * np.sqrt(expected) + 50.0))) / rate
    return ticks[: np.searchsorted(ticks, span)]


@dataclass(frozen=True)
class BirthDeath(Model):
    """Molecules that are made one at a time at a constant rate, and each lost at random: counts are Poisson.

    With production k and loss γ the mean is µ = k/γ and so is the variance: the Fano factor (variance over
    mean) is one and the coefficient of variation 1/√µ. From an empty cell the law is Poisson at every time,
    with mean µ(1 − e^(−γt)). Without production the count is zero and the CV, a ratio to a mean of zero,
    infinite.

    References
    ----------
    Thattai & van Oudenaarden (2001), Proc. Natl. Acad. Sci. USA 98, 8614–8619, doi:10.1073/pnas.151588598.

    Examples
    --------
    >>> BirthDeath(k=1.6, gamma=0.1).cv
    0.25
    """

    k: float = param(1.0, "1/min", "production rate", low=0.04, high=64.0, log=True, domain="non-negative",
                     scale="molecule", source="illustrative")  # fmt: skip
    gamma: float = param(0.04, "1/min", "loss rate constant", low=0.01, high=1.0, log=True, symbol="γ",
                         scale="molecule", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 50, "times": (0.0, 50.0, 100.0)}

    @derived("", "mean count", scale="cell", symbol="µ")
    def mean(self):
        """Mean number of molecules in the steady state, k/γ."""
        return self.k / self.gamma

    @derived("", "coefficient of variation", scale="cell", symbol="CV")
    def cv(self):
        """Standard deviation over mean, 1/√µ."""
        return _cv(1.0, self.mean)

    @derived("min", "response time", scale="cell", symbol="t½")
    def response_time(self):
        """Time ln 2/γ to reach half the steady mean from an empty cell, whatever the production rate."""
        return np.log(2.0) / self.gamma

    @derived("", "share of cells with half the mean or less", scale="cell", symbol="P(n ≤ µ/2)")
    def share_below_half(self):
        """Exact Poisson probability of at most µ/2 molecules."""
        return float(pdtr(np.floor(self.mean / 2.0 * (1.0 + 1e-12)), self.mean))

    def law(self, n, time=np.inf):
        """Return the exact probability of `n` molecules a while after the cell was empty.

        Parameters
        ----------
        n : array_like of int
            Counts.
        time : float
            Minutes since the cell was empty; the steady state if left out.

        Returns
        -------
        numpy.ndarray
            Probabilities, of the shape of `n`.

        Raises
        ------
        ValueError
            If the time is negative.

        Examples
        --------
        >>> round(float(BirthDeath(k=10, gamma=0.5).law(10, time=2.0)), 7)
        0.0928981
        """
        if not time >= 0:
            raise ValueError(f"time must be zero or positive, in min, got {time!r}")
        return poisson_law(n, self.mean * -np.expm1(-self.gamma * time))

    def network(self):
        """Return the two reactions as a network.

        Returns
        -------
        mslib.numerics.network.Network
            With one species, n.
        """
        return Network.mass_action({"0 -> n": self.k, "n -> 0": self.gamma})

    def simulate(self, cells, times, rng, executor=None, progress=False):
        """Return molecule counts of cells that start empty, by exact stochastic simulation.

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

        Returns
        -------
        numpy.ndarray of int, shape (cells, T)
            Counts.

        Examples
        --------
        >>> counts = BirthDeath().simulate(2000, [200.0], rng=1)
        >>> bool(abs(counts.var() / counts.mean() - 1) < 0.1)
        True
        """
        found = ssa.simulate(self.network(), times, cells, rng, executor=executor, progress=progress)
        return found[:, :, 0]

    def trace(self, times, rng):
        """Return the count of one cell in the steady state, from the births and deaths of all its molecules.

        Parameters
        ----------
        times : array_like, shape (T,)
            Times in min, from zero.
        rng : int or numpy.random.Generator
            Seed or generator; the same seed with other rates stretches the same random sequence.

        Returns
        -------
        numpy.ndarray of int, shape (T,)
            Counts.

        Examples
        --------
        >>> trace = BirthDeath().trace(np.linspace(0, 1e5, 2001), rng=1)
        >>> bool(abs(trace.mean() / 25 - 1) < 0.03), bool(abs(trace.var() / trace.mean() - 1) < 0.1)
        (True, True)
        """
        times = np.asarray(times, float)
        begin = times[0] - LIFETIMES_OF_HISTORY / self.gamma
        arrival, life = generator(rng).spawn(2)
        born = begin + _arrivals(self.k, times[-1] - begin, arrival)
        return _living(born, born + life.standard_exponential(born.size) / self.gamma, times)


@dataclass(frozen=True)
class TwoStage(Model):
    """A gene that is always on: transcripts are made and lost, and each is translated until it is lost.

    ∅ → m at rate kₘ, m → ∅ at γₘ, m → m + p at kₚ, p → ∅ at γₚ. A transcript yields b = kₚ/γₘ proteins on
    average, so that proteins come in bursts, and their Fano factor is 1 + b/(1 + η) with η = γₚ/γₘ: Poisson
    only if b ≪ 1. All four rates set the mean, kₘkₚ/(γₘγₚ), but transcription does not enter the Fano factor:
    the same mean comes with very different noise. Without transcription or translation there is no protein
    and the CV is infinite.

    References
    ----------
    Thattai & van Oudenaarden (2001), Proc. Natl. Acad. Sci. USA 98, 8614–8619, doi:10.1073/pnas.151588598.
    Paulsson (2004), Nature 427, 415–418, doi:10.1038/nature02257.

    Examples
    --------
    >>> gene = TwoStage(k_m=0.5, gamma_m=0.1, k_p=2.0, gamma_p=0.01)
    >>> round(gene.mean, 6), round(gene.fano, 6)
    (1000.0, 19.181818)
    """

    k_m: float = param(0.5, "1/min", "transcription rate", low=0.03125, high=8.0, log=True, symbol="kₘ",
                       domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    gamma_m: float = param(0.1, "1/min", "loss rate constant of the mRNA", low=0.02, high=0.5, log=True,
                           symbol="γₘ", scale="molecule", source="selinger2003")  # fmt: skip
    k_p: float = param(2.0, "1/min", "translation rate per mRNA", low=0.125, high=32.0, log=True, symbol="kₚ",
                       domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    gamma_p: float = param(0.01, "1/min", "loss rate constant of the protein", low=0.002, high=0.5, log=True,
                           symbol="γₚ", scale="molecule", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 20, "times": (0.0, 10.0, 20.0)}

    @derived("", "mean count of mRNA", scale="cell", symbol="⟨m⟩")
    def mrna_mean(self):
        """Mean number of transcripts, kₘ/γₘ."""
        return self.k_m / self.gamma_m

    @derived("", "burst size", scale="molecule", symbol="b")
    def burst(self):
        """Mean number of proteins that a transcript yields in its life, kₚ/γₘ."""
        return self.k_p / self.gamma_m

    @derived("", "ratio of the loss rates", scale="molecule", symbol="η")
    def eta(self):
        """Loss of the protein over loss of the mRNA, γₚ/γₘ: small where proteins outlive transcripts."""
        return self.gamma_p / self.gamma_m

    @derived("", "mean count of protein", scale="cell", symbol="⟨p⟩")
    def mean(self):
        """Mean number of proteins, kₘkₚ/(γₘγₚ)."""
        return self.mrna_mean * self.k_p / self.gamma_p

    @derived("", "Fano factor of the protein", scale="cell", symbol="F")
    def fano(self):
        """Variance over mean, 1 + b/(1 + η)."""
        return 1.0 + self.burst / (1.0 + self.eta)

    @derived("", "noise of the protein's own making and loss", scale="cell", symbol="1/⟨p⟩")
    def own_noise(self):
        """The Poisson part 1/⟨p⟩ of CV²."""
        return 1.0 / self.mean if self.mean else np.inf

    @derived("", "noise handed on by the mRNA", scale="cell", symbol="η/((1+η)⟨m⟩)")
    def mrna_noise(self):
        """The part of CV² that comes from fluctuating transcripts, η/(1 + η)/⟨m⟩."""
        return self.eta / (1.0 + self.eta) / self.mrna_mean if self.mrna_mean else np.inf

    @derived("", "coefficient of variation of the protein", scale="cell", symbol="CV")
    def cv(self):
        """Standard deviation over mean, √(F/⟨p⟩)."""
        return _cv(self.fano, self.mean)

    @derived("min", "protein lifetime", scale="molecule", symbol="1/γₚ")
    def memory(self):
        """Mean lifetime of a protein, over which a cell forgets how many it had."""
        return 1.0 / self.gamma_p

    def network(self):
        """Return the four reactions as a network.

        Returns
        -------
        mslib.numerics.network.Network
            With the species m and p.
        """
        return Network.mass_action(
            {"0 -> m": self.k_m, "m -> 0": self.gamma_m, "m -> m + p": self.k_p, "p -> 0": self.gamma_p}
        )

    def box(self, deviations=8.0):
        """Return upper ends of a box of states that holds nearly all of the steady state.

        Parameters
        ----------
        deviations : float
            Standard deviations above the means, beside an allowance for a few more bursts.

        Returns
        -------
        dict of str to int
            Largest counts of m and p.

        Examples
        --------
        >>> TwoStage().box()
        {'m': 30, 'p': 2269}
        """
        m = self.mrna_mean + deviations * (np.sqrt(self.mrna_mean) + 1.0)
        p = self.mean + deviations * (np.sqrt(self.mean * self.fano) + self.fano + 1.0)
        return {"m": int(m), "p": int(p)}

    def joint_law(self, box=None):
        """Return the stationary law of mRNA and protein by finite state projection.

        Parameters
        ----------
        box : dict of str to int, optional
            Largest counts of m and p; `box()` if left out.

        Returns
        -------
        mslib.numerics.cme.Law
            With axes m and p.

        Examples
        --------
        >>> law = TwoStage(k_m=0.1, gamma_m=0.2, k_p=1.0, gamma_p=0.02).joint_law()
        >>> mean, covariance = law.moments()
        >>> round(float(mean[1]), 4), round(float(covariance[1, 1] / mean[1]), 4)
        (25.0, 5.5455)
        """
        return cme.stationary(self.network(), box or self.box())

    def law(self, size=None):
        """Return the exact stationary law of the protein from its generating function.

        Given the life of every transcript the proteins are independent, so that the generating function is ln
        G(z) = kₘ ∫₀^∞ e^(−γₘτ) (e^((z−1)B(τ)) − 1)/(1 − e^(−γₚτ)) dτ with B(τ) = kₚ(1 − e^(−γₚτ))/γₚ. The
        integral is taken by the double-exponential rule on the unit circle, the probabilities by the fast
        Fourier transform; both errors are near round-off where `size` holds the law.

        Parameters
        ----------
        size : int, optional
            How many counts, from zero; what lies above is folded back, so it must be negligible.

        Returns
        -------
        numpy.ndarray, shape (size,)
            Probabilities of 0, 1, … proteins.

        References
        ----------
        Bokes, King, Wood & Loose (2012), J. Math. Biol. 64, 829–854, doi:10.1007/s00285-011-0433-5.

        Examples
        --------
        >>> law = TwoStage().law()
        >>> n = np.arange(law.size)
        >>> round(float(law @ n), 6), round(float(law @ n**2 - (law @ n) ** 2) / 1000, 6)
        (1000.0, 19.181818)
        """
        size = int(size or self.box(12.0)["p"] + 30.0 * self.burst + 2.0)
        angles = 2.0 * np.pi * np.arange(size // 2 + 1) / size
        spectrum = np.zeros(angles.size, complex)
        band = angles <= self._bandwidth()
        spectrum[band] = np.exp(self._log_generating(np.expm1(1j * angles[band])))
        return np.maximum(np.fft.irfft(spectrum.conj(), size), 0.0)

    def _bandwidth(self, floor=1e-17):
        """Return the angle beyond which the generating function on the unit circle is below `floor`."""
        probes = np.append(np.geomspace(1e-6, 3.0, 200), np.inf)
        decay = self._log_generating(np.expm1(1j * np.minimum(probes, np.pi))).real
        return probes[min(np.flatnonzero(decay > np.log(floor))[-1] + 1, probes.size - 1)]

    def _log_generating(self, shift):
        """Return ln G(1 + shift) for complex shifts, by the double-exponential rule."""
        v, step = np.linspace(-4.5, 4.0, NODES, retstep=True)
        lives = np.exp(v - np.exp(-v))
        yields = self.burst * -np.expm1(-self.eta * lives) / self.eta
        weights = step * lives * (1.0 + np.exp(-v)) * np.exp(-lives) / -np.expm1(-self.eta * lives)
        return self.mrna_mean * (np.expm1(np.multiply.outer(shift, yields)) @ weights)

    def burst_law(self, n):
        """Return the law of the coarser model in which each transcript acts at once: negative binomial.

        Bursts of geometric size with mean b arrive kₘ/γₚ times in a protein's life. The exact law tends to
        this one as η → 0 with b and kₘ/γₚ held fixed.

        Parameters
        ----------
        n : array_like of int
            Counts of protein.

        Returns
        -------
        numpy.ndarray
            Probabilities, of the shape of `n`.

        References
        ----------
        Shahrezaei & Swain (2008), Proc. Natl. Acad. Sci. USA 105, 17256–17261, doi:10.1073/pnas.0803850105.

        Examples
        --------
        >>> n = np.arange(5000)
        >>> round(float(TwoStage().burst_law(n) @ n), 6)
        1000.0
        """
        n, bursts = np.asarray(n, float), self.k_m / self.gamma_p
        if bursts == 0 or self.burst == 0:
            return np.where(n == 0, 1.0, 0.0)
        ways = gammaln(bursts + n) - gammaln(n + 1.0) - gammaln(bursts)
        return np.exp(ways + n * np.log(self.burst) - (n + bursts) * np.log1p(self.burst))

    def simulate(self, cells, times, rng, executor=None, progress=False):
        """Return counts of mRNA and protein in cells that start empty, by exact stochastic simulation.

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

        Returns
        -------
        numpy.ndarray of int, shape (cells, T, 2)
            Counts of mRNA and of protein.

        Examples
        --------
        >>> counts = TwoStage().simulate(3, [0.0, 30.0], rng=1)
        >>> counts.shape, counts[:, 0].tolist()
        ((3, 2, 2), [[0, 0], [0, 0], [0, 0]])
        """
        return ssa.simulate(self.network(), times, cells, rng, executor=executor, progress=progress)

    def trace(self, times, rng):
        """Return mRNA and protein counts of one cell in the steady state, from the lives of its molecules.

        Every molecule made in the last ten lifetimes is drawn with its birth and its death; the counts
        are who is alive. The same seed with other rates stretches the same random sequence, so that a slider
        changes the cell and not its luck.

        Parameters
        ----------
        times : array_like, shape (T,)
            Times in min, from zero.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        mrna, protein : numpy.ndarray of int, shape (T,)
            Counts.

        Examples
        --------
        >>> mrna, protein = TwoStage().trace(np.linspace(0, 1e6, 2001), rng=2)
        >>> bool(abs(mrna.mean() - 5) < 0.2), bool(abs(protein.mean() / 1000 - 1) < 0.02)
        (True, True)
        """
        times = np.asarray(times, float)
        begin = times[0] - LIFETIMES_OF_HISTORY / min(self.gamma_m, self.gamma_p)
        arrival, mrna_life, translation, protein_life = generator(rng).spawn(4)
        born = begin + _arrivals(self.k_m, times[-1] - begin, arrival)
        lives = mrna_life.standard_exponential(born.size) / self.gamma_m
        worked = np.concatenate([[0.0], np.cumsum(lives)])
        moments = _arrivals(self.k_p, worked[-1], translation)
        maker = np.searchsorted(worked, moments, "right") - 1
        made = born[maker] + moments - worked[maker]
        lost = made + protein_life.standard_exponential(made.size) / self.gamma_p
        return _living(born, born + lives, times), _living(made, lost, times)


@dataclass(frozen=True)
class TwoReporters(Model):
    """Two identical genes in each cell, whose burst frequency varies between cells by a shared factor.

    Given the cell, each count is negative binomial with bursts of mean size b. If the shared factor has mean
    one and coefficient of variation s, the law of total variance gives CV² = (1 + b)/µ + s² for each gene:
    the first part, intrinsic, falls as the mean grows; the second, extrinsic, is a floor. The factor is gamma
    distributed and slow against the lifetimes. A gene that is never made has infinite noise.

    References
    ----------
    Elowitz, Levine, Siggia & Swain (2002), Science 297, 1183–1186, doi:10.1126/science.1070919.
    Taniguchi et al. (2010), Science 329, 533–538, doi:10.1126/science.1188308.

    Examples
    --------
    >>> round(TwoReporters(mean=100, b=4, s=0.3).total, 6)
    0.14
    """

    mean: float = param(100.0, "", "mean count", low=1.0, high=1e5, log=True, domain="non-negative",
                        symbol="µ", scale="cell", source="illustrative")  # fmt: skip
    b: float = param(4.0, "", "burst size", low=0.1, high=1000.0, log=True, domain="non-negative",
                     scale="molecule", source="illustrative")  # fmt: skip
    s: float = param(0.3, "", "CV of what the genes of a cell share", low=0.02, high=1.0, log=True,
                     domain="non-negative", scale="cell", source="taniguchi2010")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 100}

    @derived("", "intrinsic noise", scale="molecule", symbol="(1+b)/µ")
    def intrinsic(self):
        """Squared CV (1 + b)/µ that the two genes of a cell do not share."""
        return (1.0 + self.b) / self.mean if self.mean else np.inf

    @derived("", "total noise", scale="cell", symbol="CV²")
    def total(self):
        """Squared CV (1 + b)/µ + s² of one gene over all cells."""
        return self.intrinsic + self.s**2

    @derived("", "mean at which the floor takes over", scale="cell", symbol="µ*")
    def crossover(self):
        """Mean count (1 + b)/s² above which most noise is extrinsic; infinite if cells do not differ."""
        return (1.0 + self.b) / self.s**2 if self.s else np.inf

    def simulate(self, cells, rng, executor=None, progress=False):
        """Return the counts of both genes in cells drawn from the population.

        Parameters
        ----------
        cells : int
            Number of cells.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of cells in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (cells, 2)
            Protein counts of the two genes.

        Examples
        --------
        >>> pairs = TwoReporters(mean=100, b=4, s=0.3).simulate(20000, rng=1)
        >>> intrinsic, extrinsic = split_noise(*pairs.T)
        >>> bool(abs(intrinsic / 0.05 - 1) < 0.05), bool(abs(extrinsic / 0.09 - 1) < 0.05)
        (True, True)
        """
        return replicate(self._pairs, cells, rng, executor=executor, progress=progress)

    def _pairs(self, size, rng):
        shared = rng.gamma(self.s**-2, self.s**2, (size, 1)) if self.s else np.ones((size, 1))
        means = np.broadcast_to(self.mean * shared, (size, 2))
        return rng.poisson(self.b * rng.gamma(means / self.b) if self.b else means)


TALLEST = 3.2


def _count_axis(ax, mean):
    """Scale a count axis to the mean, or to one molecule if that is more, with four ticks whatever it is."""
    unit = max(mean, 1.0)
    ax.set(ylim=(0, TALLEST * unit), yticks=[0, unit, 2 * unit, 3 * unit])
    ax.set_yticklabels([format_number(k * unit) for k in range(4)])


def _law_points(mean, sd, points=81):
    low, high = max(mean - 6.0 * sd, 0.0), min(max(mean + 8.0 * sd, 4.0), TALLEST * max(mean, 1.0))
    return np.unique(np.linspace(low, high, points).round().astype(int))


def _draw_law(ax, n, probability, **style):
    half = np.where(np.diff(n, append=n[-1] + 1) == 1, 0.5, 0.0)
    ax.plot(np.repeat(probability / probability.max(), 2), np.ravel([n - half, n + half], "F"), **style)
    ax.set(xlim=(0, 1.15), xticks=[0, 0.5, 1], xlabel="share of cells (peak = 1)")
    ax.set_ylabel("molecules in the cell", visible=False)


def draw_count(fig, model):
    """Draw the count of one cell over time beside the Poisson law that the counts of many cells follow."""
    left, right = fig.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    times = np.linspace(0.0, 200.0, 101)
    left.step(times, model.trace(times, rng=9), color=palette.BLUE, lw=1.5, where="post")
    left.axhline(model.mean, color=palette.GREY, ls="--", lw=1.2)
    left.set(xlim=(0, 200), xlabel="time, t / min", ylabel="molecules in the cell, n")
    n = _law_points(model.mean, np.sqrt(model.mean))
    _draw_law(right, n, model.law(n), color=palette.BLUE, lw=2)
    right.axhline(model.mean, color=palette.GREY, ls="--", lw=1.2)
    _count_axis(left, model.mean)
    height = 0.92 * TALLEST * max(model.mean, 1.0)
    left.plot([8.0, 8.0 + 1.0 / model.gamma], [height, height], color=palette.INK, lw=4, solid_capstyle="butt")
    left.text(14.0 + 1.0 / model.gamma, height, "memory, 1/γ", va="center")


def draw_expression(fig, model):
    """Draw the protein of two cells over time, beside the exact law and the Poisson law of the same mean."""
    left, right = fig.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    times = np.linspace(0.0, 600.0, 121)
    for seed, colour, style in ((3, palette.BLUE, "-"), (8, palette.GREEN, "-.")):
        left.plot(times, model.trace(times, rng=seed)[1], color=colour, ls=style, lw=1.5, label=f"cell {seed}")
    left.set(xlim=(0, 600), xlabel="time, t / min", ylabel="proteins in the cell, p")
    n, few = _law_points(model.mean, model.mean * model.cv), _law_points(model.mean, np.sqrt(model.mean), 41)
    law = model.law()
    _draw_law(right, n, law[np.minimum(n, law.size - 1)], color=palette.BLUE, lw=2, label="two stages")
    _draw_law(right, few, poisson_law(few, model.mean), color=palette.ORANGE, ls="--", lw=1.5, label="Poisson")
    right.legend(loc="upper right")
    _count_axis(left, model.mean)


def _noise_axes(ax):
    ax.set(xscale="log", yscale="log", xlim=(1, 1e6), ylim=(1e-4, 1e2))
    ax.set(xlabel="mean count of protein, ⟨p⟩", ylabel="noise, CV²")
    means = np.array([1.0, 1e6])
    ax.plot(means, 1.0 / means, color=palette.GREY, ls="--", lw=1.5, label="Poisson, 1/⟨p⟩")
    return means


def draw_map(fig, model):
    """Draw the gene on the plane of its rates, with lines of equal mean and Fano factor, and its noise."""
    left, right = fig.subplots(1, 2)
    reach, loss = np.array([0.03125, 8.0]), model.gamma_m * model.gamma_p
    for mean in (10.0, 100.0, 1e3, 1e4, 1e5):
        left.plot(reach, mean * loss / reach, color=palette.GREY, lw=1)
    for fano in (5.0, 20.0, 80.0):
        height = (fano - 1.0) * (model.gamma_m + model.gamma_p)
        left.plot(reach, [height, height], color=palette.ORANGE, ls="--", lw=1.5)
        patch = {"facecolor": palette.PAPER, "edgecolor": "none", "pad": 1.0}
        left.text(0.05, height, f"F = {fano:.0f}", color=palette.ORANGE, va="center", clip_on=True, bbox=patch)
    left.plot(reach, model.mean * loss / reach, color=palette.BLUE, lw=2)
    left.plot([model.k_m], [model.k_p], "o", color=palette.BLUE, ms=8)
    left.set(xscale="log", yscale="log", xlim=reach, ylim=(0.125, 32))
    left.set(xlabel="transcription rate, kₘ / min⁻¹", ylabel="translation rate, kₚ / min⁻¹")
    means = _noise_axes(right)
    right.plot(means, model.fano / means, color=palette.ORANGE, ls="-.", lw=1.5, label="this F, F/⟨p⟩")
    right.plot([model.mean], [model.cv**2], "o", color=palette.BLUE, ms=8)
    right.legend(loc="upper right")


def draw_floor(fig, model):
    """Draw the genes of 150 cells against each other (above four means on the edge), and noise against mean."""
    left, right = fig.subplots(1, 2)
    pairs = np.minimum(model.simulate(150, rng=5) / max(model.mean, 1.0), 4.0)
    left.plot([0, 4], [0, 4], color=palette.GREY, ls="--", lw=1)
    left.plot(*pairs.T, ls="", marker="o", ms=3, color=palette.BLUE)
    left.set(xlim=(0, 4), ylim=(0, 4), xticks=range(5), yticks=range(5), aspect="equal")
    left.set(xlabel="gene A, count / mean", ylabel="gene B, count / mean")
    means = _noise_axes(right)
    curve = np.geomspace(*means, 60)
    right.plot(curve, [model.replace(mean=mean).total for mean in curve], color=palette.BLUE, lw=2, label="total")
    right.plot(means, [model.s**2, model.s**2], color=palette.ORANGE, ls="-.", lw=1.5, label="floor, s²")
    right.plot([model.mean], [model.total], "o", color=palette.BLUE, ms=8)
    right.legend(loc="upper right")


def draw_puzzle(fig, gene):
    """Draw how many cells hold how many proteins: bursts, and Poisson with the same mean."""
    ax = fig.subplots()
    n = np.arange(16)
    edges, laws = np.arange(17) - 0.5, (gene.burst_law(n), poisson_law(n, gene.mean))
    ax.stairs(laws[0], edges, baseline=1e-9, fill=True, color=palette.SKY, alpha=0.6, label="bursts")
    ax.stairs(laws[1], edges, baseline=1e-9, color=palette.ORANGE, ls="--", lw=2, label="Poisson")
    ax.set(yscale="log", xlim=(-0.5, 15.5), ylim=(1e-6, 1), xticks=np.arange(0, 16, 3))
    ax.set(xlabel="molecules in the cell, n", ylabel="share of cells, P(n)")
    ax.legend(loc="upper right")


def draw_cells(fig, gene, counts):
    """Draw the histogram of simulated protein counts with the exact law and the Poisson law of the same mean."""
    ax = fig.subplots()
    law = gene.law()
    n = np.arange(int(np.max(counts)) + 5)
    edges = np.arange(0, n[-1] + 4, 4) - 0.5
    shares = np.histogram(counts, edges, density=True)[0]
    ax.stairs(shares, edges, fill=True, color=palette.SKY, alpha=0.4, label="simulated cells")
    ax.plot(n, law[: n.size], color=palette.BLUE, lw=2, label="exact law")
    ax.plot(n, poisson_law(n, gene.mean), color=palette.ORANGE, ls="--", lw=1.5, label="Poisson")
    ax.set(xlim=(0, n[-1]), ylim=(0, None), xlabel="proteins in the cell, p", ylabel="share of cells, P(p)")
    ax.legend(loc="upper right")


def draw_limits(fig, etas, to_bursts, bursts, to_poisson):
    """Draw how far the exact law is from its two coarse models, against the small parameter of each."""
    labels = (("ratio of the loss rates, η", "bursts"), ("burst size, b", "Poisson"))
    data = ((etas, to_bursts), (bursts, to_poisson))
    for ax, (small, distance), (label, coarse) in zip(fig.subplots(1, 2), data, labels, strict=True):
        ax.plot(small, distance, color=palette.BLUE, lw=1.5, marker="o", ms=5, label="distance")
        ax.plot(small, distance[-1] * small / small[-1], color=palette.GREY, ls="--", lw=1.2, label="slope one")
        ax.set(xscale="log", yscale="log", ylim=(1e-3, 1), xlabel=label)
        ax.set(ylabel=f"distance, exact law to {coarse}")
        ax.legend(loc="upper left")
