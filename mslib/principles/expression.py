"""Gene expression: single molecules, made and lost by chance, tell genetically identical cells apart."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, pdtr, xlogy

from .. import palette
from ..model import Model, derived, param
from ..numerics import cme, ssa
from ..numerics.streams import generator, replicate

LIFETIMES_OF_HISTORY = 30.0
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
    >>> split_noise([8, 12, 10, 10], [8, 12, 10, 10])
    (0.0, 0.02)
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
    return np.searchsorted(np.sort(births), times, "right") - np.searchsorted(np.sort(deaths), times, "right")


def _arrivals(rate, span, rng):
    """Return arrival times in (0, span) of a Poisson process; a higher rate squeezes the same random sequence."""
    if rate * span == 0:
        return np.empty(0)
    expected = rate * span
    ticks = np.cumsum(rng.standard_exponential(int(expected + 10.0 * np.sqrt(expected) + 50.0))) / rate
    return ticks[: np.searchsorted(ticks, span)]


@dataclass(frozen=True)
class BirthDeath(Model):
    """Molecules that are made one at a time at a constant rate, and each lost at random: counts are Poisson.

    With production k and loss γ the mean is µ = k/γ and so is the variance: the Fano factor (variance over mean) is
    one and the coefficient of variation 1/√µ. From an empty cell the law is Poisson at every time, with mean
    µ(1 − e^(−γt)). Without production the count is zero and the CV, a ratio to a mean of zero, infinite.

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
        return float(pdtr(np.floor(self.mean / 2.0), self.mean))

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

        Examples
        --------
        >>> round(float(BirthDeath(k=10, gamma=0.5).law(10, time=2.0)), 7)
        0.0928981
        """
        return poisson_law(n, self.mean * -np.expm1(-self.gamma * time))

    def network(self):
        """Return the two reactions as a network.

        Returns
        -------
        mslib.numerics.ssa.Network
            With one species, n.
        """
        return ssa.Network.mass_action({"0 -> n": self.k, "n -> 0": self.gamma})

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


@dataclass(frozen=True)
class TwoStage(Model):
    """A gene that is always on: transcripts are made and lost, and each is translated until it is lost.

    ∅ → m at rate kₘ, m → ∅ at γₘ, m → m + p at kₚ, p → ∅ at γₚ. A transcript yields b = kₚ/γₘ proteins on average,
    so that proteins come in bursts, and their Fano factor is 1 + b/(1 + η) with η = γₚ/γₘ: Poisson only if b ≪ 1.
    The mean is the product of four rates, the noise is not: the same mean comes with very different noise. Without
    transcription or translation no protein is made and the CV is infinite.

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
    gamma_m: float = param(0.1, "1/min", "loss rate constant of the mRNA", low=0.02, high=0.5, log=True, symbol="γₘ",
                           scale="molecule", source="selinger2003")  # fmt: skip
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
        mslib.numerics.ssa.Network
            With the species m and p.
        """
        return ssa.Network.mass_action(
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
        {'m': 31, 'p': 2270}
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

        Given the life of every transcript the proteins are independent, so that the generating function is
        ln G(z) = kₘ ∫₀^∞ e^(−γₘτ) (e^((z−1)B(τ)) − 1)/(1 − e^(−γₚτ)) dτ with B(τ) = kₚ(1 − e^(−γₚτ))/γₚ. The integral
        is taken by the double-exponential rule on the unit circle, the probabilities by the fast Fourier transform;
        both errors are near round-off where `size` holds the law.

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
        probes = np.geomspace(1e-6, np.pi, 200)
        large = self._log_generating(np.expm1(1j * probes)).real > np.log(floor)
        return probes[min(np.flatnonzero(large)[-1] + 1, probes.size - 1)] if large.any() else probes[0]

    def _log_generating(self, shift):
        """Return ln G(1 + shift) for complex shifts, by the double-exponential rule for an exponential tail."""
        v, step = np.linspace(-4.5, 4.0, NODES, retstep=True)
        lives = np.exp(v - np.exp(-v))
        yields = self.burst * -np.expm1(-self.eta * lives) / self.eta
        weights = step * lives * (1.0 + np.exp(-v)) * np.exp(-lives) / -np.expm1(-self.eta * lives)
        return self.mrna_mean * (np.expm1(np.multiply.outer(shift, yields)) @ weights)

    def burst_law(self, n):
        """Return the law of the coarser model in which each transcript acts at once: negative binomial.

        Bursts of geometric size with mean b arrive kₘ/γₚ times in a protein's life. The exact law tends to this one
        as η → 0 with b and kₘ/γₚ held fixed.

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

    def snapshot(self, cells, rng, executor=None, progress=False):
        """Return protein counts of cells in the steady state, without simulating how they got there.

        Given the lives of its transcripts, a cell's protein count is Poisson: each transcript adds to its mean what
        it made and what is left of it. Transcripts older than 30 lifetimes of the slower molecule are left out,
        which changes the mean by a factor of e⁻³⁰.

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
        numpy.ndarray of int, shape (cells,)
            Protein counts.

        Examples
        --------
        >>> counts = TwoStage().snapshot(4000, rng=1)
        >>> bool(abs(counts.std() / counts.mean() / TwoStage().cv - 1) < 0.05)
        True
        """
        return replicate(_Snapshot(self, 0.0, 1), cells, rng, executor=executor, progress=progress)[:, 0]

    def trace(self, times, rng):
        """Return mRNA and protein counts of one cell in the steady state, from the lives of all its molecules.

        Every molecule is drawn with its birth and its death; the counts are who is alive. The same seed with other
        rates stretches the same random sequence, so that a slider changes the cell and not its luck.

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
class DualReporter(TwoStage):
    """Two identical genes in each cell, whose transcription varies from cell to cell by a factor that they share.

    If the shared factor has mean one and coefficient of variation s, the law of total variance gives
    CV² = F/⟨p⟩ + s² for each gene: the first part, intrinsic, falls as the mean grows; the second, extrinsic, is a
    floor. The factor is gamma distributed and fixed for long against the lifetimes.

    References
    ----------
    Elowitz, Levine, Siggia & Swain (2002), Science 297, 1183–1186, doi:10.1126/science.1070919.
    Taniguchi et al. (2010), Science 329, 533–538, doi:10.1126/science.1188308.

    Examples
    --------
    >>> round(DualReporter(spread=0.3).total_noise, 6)
    0.109182
    """

    spread: float = param(0.316, "", "cell-to-cell CV of transcription", low=0.02, high=1.0, log=True,
                          domain="non-negative", symbol="s", scale="cell", source="taniguchi2010")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 100}

    @derived("", "intrinsic noise", scale="cell", symbol="CV²ᵢₙₜ")
    def intrinsic_noise(self):
        """Squared CV F/⟨p⟩ between the two genes of a cell."""
        return self.own_noise + self.mrna_noise

    @derived("", "total noise", scale="cell", symbol="CV²")
    def total_noise(self):
        """Squared CV F/⟨p⟩ + s² of one gene over all cells."""
        return self.intrinsic_noise + self.spread**2

    @derived("", "mean at which the floor takes over", scale="cell", symbol="⟨p⟩*")
    def crossover(self):
        """Mean count F/s² above which most noise is extrinsic; infinite without a spread."""
        return self.fano / self.spread**2 if self.spread else np.inf

    def simulate(self, cells, rng, executor=None, progress=False):
        """Return the counts of both reporters in the steady state; see `TwoStage.snapshot`.

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
        >>> pairs = DualReporter(spread=0.3).simulate(20000, rng=1)
        >>> intrinsic, extrinsic = split_noise(*pairs.T)
        >>> bool(abs(intrinsic / 0.0192 - 1) < 0.05), bool(abs(extrinsic / 0.09 - 1) < 0.05)
        (True, True)
        """
        return replicate(_Snapshot(self, self.spread, 2), cells, rng, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Snapshot:
    """Draws steady protein counts of some genes in each cell, by the lives of the transcripts."""

    gene: TwoStage
    spread: float
    genes: int

    def __call__(self, size, rng):
        factor = rng.gamma(self.spread**-2, self.spread**2, size) if self.spread else np.ones(size)
        return np.stack([self.proteins(factor, rng) for _ in range(self.genes)], axis=1)

    def proteins(self, factor, rng):
        gene = self.gene
        past = LIFETIMES_OF_HISTORY / min(gene.gamma_m, gene.gamma_p)
        transcripts = rng.poisson(gene.k_m * past * factor)
        cell = np.repeat(np.arange(factor.size, dtype=np.intp), transcripts)
        age = rng.random(cell.size) * past
        worked = np.minimum(rng.standard_exponential(cell.size) / gene.gamma_m, age)
        left = np.exp(-gene.gamma_p * (age - worked)) * -np.expm1(-gene.gamma_p * worked)
        means = np.bincount(cell, left, factor.size) * gene.k_p / gene.gamma_p
        return rng.poisson(means)
