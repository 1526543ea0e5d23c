"""Chapter 9, infection: from the bursting of single cells to a patient's viral load and its peak."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

import numpy as np
from scipy.special import exprel, lambertw

from .. import palette
from ..model import Model, derived, param
from ..numerics.integrate import Event, integrate
from ..numerics.streams import replicate
from ..units import format_number

HIGHEST_WALK = 0.996193
"""Mean maximum of W(t) − t²/2 over all t, for a Brownian motion W with W(0) = 0 (Janson et al. 2010)."""


def _chain(t, a, b):
    """Return (e^(−at) − e^(−bt)) / (b − a), which is t e^(−at) where a = b; symmetric in a and b."""
    return np.exp(-np.minimum(a, b) * t) * t * exprel(-np.abs(b - a) * t)


def _remainder(z):
    """Return (e^z − 1 − z) / z² for small z from its series, 1/2 at z = 0."""
    total = np.ones_like(z)
    for n in range(16, 2, -1):
        total = 1.0 + total * z / n
    return total / 2.0


def _chain_twice(t, a, b):
    """Return ∫₀ᵗ e^(−b(t−s)) (e^(−as) − e^(−bs)) / (b − a) ds, which is t² e^(−at) / 2 where a = b."""
    t = np.asarray(t, dtype=float)
    z = (b - a) * t
    near = np.abs(z) < 0.5
    close = t**2 * np.exp(-b * t) * _remainder(np.where(near, z, 0.0))
    far = (np.exp(-a * t) - (1.0 + z) * np.exp(-b * t)) / ((b - a) or 1.0) ** 2
    return np.where(near, close, far)


@dataclass(frozen=True)
class Infection(Model):
    """One round of infection: cells burst at rate k_L, each frees B virions, virions are cleared at rate k_C.

    dI/dt = −k_L I and dV/dt = B k_L I − k_C V, so with g = k_C − k_L

    V(t) = V₀ e^(−k_C t) + B k_L I₀ (e^(−k_L t) − e^(−k_C t)) / g.

    If V₀ < V* = B k_L I₀ / k_C the load rises to its peak at t = ln(1 + (1 − V₀/V*) g/k_L) / g, otherwise it
    only falls and the peak time is 0. Where k_L = k_C, both formulas pass smoothly to V₀ e^(−k t) + B k I₀ t
    e^(−k t) and t = (1 − V₀/V*) / k. No cell is infected anew.

    References
    ----------
    .. [1] Perelson, A. S. (2002) Modelling viral and immune system dynamics. Nat. Rev. Immunol. 2, 28-36.
       https://doi.org/10.1038/nri700
    .. [2] Pearson, J. E., Krapivsky, P. & Perelson, A. S. (2011) Stochastic theory of early viral infection.
       PLoS Comput. Biol. 7, e1001058. https://doi.org/10.1371/journal.pcbi.1001058

    Examples
    --------
    >>> patient = Infection(kL=1.0, kC=3.0, B=500, I0=10_000)
    >>> round(patient.peak_time, 4), round(patient.peak_load)
    (0.5493, 962250)
    """

    kL: float = param(
        1.0, "1/d", "lysis rate constant of infected cells", symbol="k_L",
        low=0.1, high=10.0, log=True, scale="cell", source="illustrative",
    )  # fmt: skip
    kC: float = param(
        3.0, "1/d", "clearance rate constant of virions", symbol="k_C",
        low=0.1, high=30.0, log=True, scale="organism", source="illustrative",
    )  # fmt: skip
    B: int = param(
        500, "", "burst size: virions freed by one cell", integer=True,
        low=10, high=10_000, log=True, scale="cell", source="illustrative",
    )  # fmt: skip
    I0: int = param(
        10_000, "", "infected cells at the start", symbol="I₀", integer=True,
        low=1, high=1_000_000, log=True, scale="tissue", source="illustrative",
    )  # fmt: skip
    V0: float = param(
        0.0, "", "free virions at the start", symbol="V₀",
        low=0.0, high=4e6, scale="organism", source="illustrative", domain="non-negative",
    )  # fmt: skip

    suggested_inputs: ClassVar[dict] = {"times": (0.25, 0.5, 1.0, 2.0), "patients": 30}

    @derived("", "starting load above which there is no peak", scale="organism", symbol="V*")
    def threshold_load(self):
        """Load at which clearance balances the first lyses, B k_L I₀ / k_C."""
        return self.B * self.kL * self.I0 / self.kC

    @derived("d", "time of the peak viral load", scale="organism", symbol="t_peak")
    def peak_time(self):
        """Time at which production and clearance balance; 0 if the load only falls."""
        rise = (1.0 - self.V0 / self.threshold_load) / self.kL
        apart = self.kC - self.kL
        if rise <= 0:
            return 0.0
        return float(np.log1p(apart * rise) / apart) if apart else rise

    @derived("", "peak viral load", scale="organism", symbol="V_peak")
    def peak_load(self):
        """Largest number of free virions; V₀ if the load only falls."""
        return float(self.virus(self.peak_time))

    @derived("d", "half-life of the load long after the peak", scale="organism", symbol="t½")
    def late_half_life(self):
        """Half-life of the slower of the two steps, which is all that the late slope shows."""
        return float(np.log(2.0) / min(self.kL, self.kC))

    @derived("d", "virion-days suffered in all", scale="organism", symbol="∫V dt")
    def exposure(self):
        """Area under the viral load, (V₀ + B I₀) / k_C."""
        return (self.V0 + self.B * self.I0) / self.kC

    @derived("", "scatter of the load at the peak (CV)", scale="organism", symbol="CV")
    def peak_scatter(self):
        """Standard deviation over mean of the load at the peak time, among patients of equal parameters."""
        return float(self.spread(self.peak_time) / self.virus(self.peak_time)) if self.peak_load else 0.0

    def infected(self, t):
        """Return the number of infected cells at time `t` (d), in the mean over patients.

        Parameters
        ----------
        t : float or array_like
            Time since the start, d.

        Returns
        -------
        numpy.ndarray
            Infected cells, with the shape of `t`.

        Examples
        --------
        >>> float(Infection(kL=1.0).infected(np.log(2)))
        5000.0
        """
        return self.I0 * np.exp(-self.kL * np.asarray(t, dtype=float))

    def virus(self, t):
        """Return the number of free virions at time `t` (d), in the mean over patients.

        Parameters
        ----------
        t : float or array_like
            Time since the start, d.

        Returns
        -------
        numpy.ndarray
            Free virions, with the shape of `t`.

        Examples
        --------
        >>> float(Infection(kL=2.0, kC=2.0, B=100, I0=1000).virus(0.5).round(3))
        36787.944
        """
        t = np.asarray(t, dtype=float)
        return self.V0 * np.exp(-self.kC * t) + self.B * self.kL * self.I0 * _chain(t, self.kL, self.kC)

    def spread(self, t):
        """Return the standard deviation of the number of free virions at time `t` (d) among patients.

        Cells burst independently, so the variance is that of one cell's yield times I₀; each virion that is
        there at time zero survives independently too.

        Parameters
        ----------
        t : float or array_like
            Time since the start, d.

        Returns
        -------
        numpy.ndarray
            Standard deviation, with the shape of `t`.

        Examples
        --------
        >>> few, many = Infection(I0=10), Infection(I0=1000)
        >>> float((few.spread(1.0) / few.virus(1.0)) / (many.spread(1.0) / many.virus(1.0))).__round__(6)
        10.0
        """
        t = np.asarray(t, dtype=float)
        mean = self.B * self.kL * _chain(t, self.kL, self.kC)
        pairs = self.B * (self.B - 1) * self.kL * _chain(t, self.kL, 2.0 * self.kC)
        alive = np.exp(-self.kC * t)
        one_cell = np.maximum(pairs + mean - mean**2, 0.0)
        return np.sqrt(self.I0 * one_cell + self.V0 * alive * (1.0 - alive))

    def rates(self, t, state):
        """Return the rates of change of infected cells and free virions, for `numerics.integrate`.

        Parameters
        ----------
        t : float
            Time, d (the rates do not depend on it).
        state : array_like, shape (2, ...)
            Infected cells and free virions.

        Returns
        -------
        numpy.ndarray, shape (2, ...)
            dI/dt and dV/dt, 1/d.

        Examples
        --------
        >>> Infection(kL=1.0, kC=3.0, B=500).rates(0.0, [10.0, 100.0]).tolist()
        [-10.0, 4700.0]
        """
        infected, virus = state
        lysed = self.kL * np.asarray(infected, dtype=float)
        return np.array([-lysed, self.B * lysed - self.kC * virus])

    def simulate(self, times, patients, rng, *, executor=None, progress=False):
        """Simulate patients in whom each cell bursts, and each virion is cleared, at its own random moment.

        Exact at the sampled times: between two of them the cells that burst are a binomial draw, their
        moments follow the truncated exponential law, and the survivors of each burst are a binomial draw of
        B.

        Parameters
        ----------
        times : array_like, shape (times,)
            Increasing times at which to count, d; none negative.
        patients : int
            Number of patients.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of patients; the answer does not depend on it.
        progress : bool
            Show a progress bar.

        Returns
        -------
        infected, virus : numpy.ndarray of int, shape (patients, times)
            Infected cells and free virions; V₀ is rounded to a whole number.

        Raises
        ------
        ValueError
            If the times do not increase or start before zero.

        Examples
        --------
        >>> infected, virus = Infection(I0=5, B=100).simulate([0.0, 1.0], patients=3, rng=1)
        >>> infected[:, 0].tolist(), virus.shape
        ([5, 5, 5], (3, 2))
        """
        times = np.atleast_1d(np.asarray(times, dtype=float))
        if not np.all(np.isfinite(times)) or times[0] < 0 or np.any(np.diff(times) <= 0):
            raise ValueError(f"times must increase from zero or later, got {times}")
        block = int(np.clip(2_000_000 // self.I0, 1, 1000))
        paths = partial(self._paths, times)
        return replicate(paths, patients, rng, block=block, executor=executor, progress=progress)

    def peaks(self, patients, rng, *, executor=None, progress=False):
        """Return when and how high each simulated patient's own load peaks.

        Exact: the load is followed from burst to burst, with a binomial share of survivors in between, and it
        can only peak right after a burst or at the start. The work grows with I₀, so use it for up to 10⁴
        cells.

        Parameters
        ----------
        patients : int
            Number of patients.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor, progress
            As in `simulate`.

        Returns
        -------
        times, loads : numpy.ndarray, shape (patients,)
            Time (d) and number of virions at the peak.

        Examples
        --------
        >>> times, loads = Infection(I0=1, B=700).peaks(2, rng=1)
        >>> loads.tolist()
        [700, 700]
        """
        block = int(np.clip(2_000_000 // self.I0, 1, 1000))
        return replicate(self._own_peaks, patients, rng, block=block, executor=executor, progress=progress)

    def _own_peaks(self, patients, rng):
        virus = top = np.full(patients, round(self.V0))
        now, when = np.zeros(patients), np.zeros(patients)
        for burst in np.sort(rng.exponential(1.0 / self.kL, (patients, self.I0)), axis=1).T:
            virus = rng.binomial(virus, np.exp(-self.kC * (burst - now))) + self.B
            now, higher = burst, virus > top
            top, when = np.where(higher, virus, top), np.where(higher, burst, when)
        return when, top

    def peak_excess(self):
        """Return by what fraction the mean of the patients' own peaks exceeds the peak of the mean, if I₀ is
        large.

        Near its peak the mean is a parabola, V_peak (1 − k_L k_C t²/2), and bursts make the load of one
        patient walk about it at random, with the variance B k_C V_peak per time. The largest value of such a
        walk exceeds the parabola's by 0.996 (k_C/k_L) I(t_peak)^(−2/3) on average [1]_, to leading order in
        1/I₀; 0 if there is no peak.

        Returns
        -------
        float
            Mean own peak over peak of the mean, less one.

        References
        ----------
        .. [1] Janson, S., Louchard, G. & Martin-Löf, A. (2010) The maximum of Brownian motion with parabolic
           drift. Electron. J. Probab. 15, 1893-1929. https://doi.org/10.1214/EJP.v15-830

        Examples
        --------
        >>> round(Infection(I0=1000).peak_excess() / Infection(I0=8000).peak_excess(), 6)
        4.0
        """
        left = self.infected(self.peak_time)
        return float(HIGHEST_WALK * self.kC / self.kL * left ** (-2.0 / 3.0)) if self.peak_time else 0.0

    def _paths(self, times, patients, rng):
        infected, virus = np.full(patients, self.I0), np.full(patients, round(self.V0))
        counts = np.empty((2, patients, len(times)), dtype=np.int64)
        for i, step in enumerate(np.diff(times, prepend=0.0)):
            infected, virus = self._step(infected, virus, step, rng)
            counts[:, :, i] = infected, virus
        return counts[0], counts[1]

    def _step(self, infected, virus, step, rng):
        chance = -np.expm1(-self.kL * step)
        burst = rng.binomial(infected, chance)
        patient = np.repeat(np.arange(len(infected)), burst)
        moment = -np.log1p(-chance * rng.random(len(patient))) / self.kL
        survivors = rng.binomial(self.B, np.exp(-self.kC * np.maximum(step - moment, 0.0)))
        fresh = np.bincount(patient, weights=survivors, minlength=len(infected)).astype(np.int64)
        return infected - burst, rng.binomial(virus, np.exp(-self.kC * step)) + fresh


@dataclass(frozen=True)
class Treatment(Model):
    """HIV under a perfect protease inhibitor: virions made from now on cannot infect, those already there
    still can.

    Before treatment production balances clearance. Afterwards infectious virions V_I only decay, but still
    infect cells; those cells, and the ones infected earlier, go on making non-infectious virions V_N until
    they die. With φ(t) = (e^(−k_L t) − e^(−k_C t)) / (k_C − k_L):

    V_I = V₀ e^(−k_C t),   I/I₀ = e^(−k_L t) + k_L φ(t),   dV_N/dt = k_C V₀ I/I₀ − k_C V_N.

    The load has a shoulder of order 1/k_C and then falls with the slower of the two rates. All formulas pass
    smoothly through k_L = k_C. Defaults: patient 105 of [1]_, in RNA copies; a virion carries two.

    References
    ----------
    .. [1] Perelson, A. S. et al. (1996) HIV-1 dynamics in vivo: virion clearance rate, infected cell
       life-span, and viral generation time. Science 271, 1582-1586.
       https://doi.org/10.1126/science.271.5255.1582

    Examples
    --------
    >>> patient = Treatment(kL=0.5, kC=3.0, V0=1e5)
    >>> patient.virus([0.0, 7.0]).round().tolist()
    [100000.0, 4348.0]
    """

    kL: float = param(
        0.53, "1/d", "loss rate constant of infected cells", symbol="k_L",
        low=0.1, high=5.0, log=True, scale="cell", source="perelson1996",
    )  # fmt: skip
    kC: float = param(
        2.06, "1/d", "clearance rate constant of virions", symbol="k_C",
        low=0.1, high=30.0, log=True, scale="organism", source="perelson1996",
    )  # fmt: skip
    V0: float = param(
        1.86e6, "1/mL", "viral load before treatment, RNA copies", symbol="V₀",
        low=1e3, high=1e7, log=True, scale="organism", source="perelson1996",
    )  # fmt: skip
    fluid: float = param(
        15_000.0, "mL", "extracellular fluid", low=5e3, high=2e4, scale="organism", source="illustrative",
    )  # fmt: skip
    copies: int = param(
        2, "", "RNA copies in a virion", scale="molecule", source="perelson1996", integer=True, constant=True,
    )  # fmt: skip

    @derived("1/d", "virions made in a day before treatment", scale="organism", symbol="P")
    def production(self):
        """Daily production that clearance balances, k_C V₀ × fluid / copies."""
        return self.kC * self.V0 * self.fluid / self.copies

    @derived("d", "mean life of a virion", scale="molecule", symbol="1/k_C")
    def virion_life(self):
        """Mean time a virion stays in the fluid."""
        return 1.0 / self.kC

    @derived("d", "mean life of an infected cell", scale="cell", symbol="1/k_L")
    def cell_life(self):
        """Mean time from infection to death of a cell."""
        return 1.0 / self.kL

    @derived("d", "half-life of the load late in treatment", scale="organism", symbol="t½")
    def late_half_life(self):
        """Half-life of the slower step; if that is clearance, it is approached slowly, as t e^(−k_C t)."""
        return float(np.log(2.0) / min(self.kL, self.kC))

    def infectious(self, t):
        """Return the infectious virions at time `t` (d) of treatment.

        Parameters
        ----------
        t : float or array_like
            Time since the drug took effect, d.

        Returns
        -------
        numpy.ndarray
            RNA copies in infectious virions, 1/mL.

        Examples
        --------
        >>> float(Treatment(kC=1.0, V0=1e4).infectious(np.log(2)).round(6))
        5000.0
        """
        return self.V0 * np.exp(-self.kC * np.asarray(t, dtype=float))

    def virus(self, t):
        """Return the viral load at time `t` (d) of treatment, infectious or not.

        Parameters
        ----------
        t : float or array_like
            Time since the drug took effect, d.

        Returns
        -------
        numpy.ndarray
            RNA copies, 1/mL.

        Examples
        --------
        >>> Treatment(kL=1.0, kC=1.0, V0=1e4).virus([0.0, 1.0]).round(3).tolist()
        [10000.0, 9196.986]
        """
        t = np.asarray(t, dtype=float)
        made = _chain(t, self.kL, self.kC) + self.kL * _chain_twice(t, self.kL, self.kC)
        return self.infectious(t) + self.kC * self.V0 * made

    def rates(self, t, state):
        """Return the rates of change of infectious virus, infected cells (share) and non-infectious virus.

        Parameters
        ----------
        t : float
            Time, d (the rates do not depend on it).
        state : array_like, shape (3, ...)
            Infectious virus (1/mL), infected cells as a share of those before treatment, non-infectious virus
            (1/mL).

        Returns
        -------
        numpy.ndarray, shape (3, ...)
            Rates of change, per day.

        Examples
        --------
        >>> Treatment(kL=0.5, kC=2.0, V0=100.0).rates(0.0, [100.0, 1.0, 0.0]).tolist()
        [-200.0, 0.0, 200.0]
        """
        infectious, cells, harmless = state
        return np.array(
            [
                -self.kC * infectious,
                self.kL * (infectious / self.V0 - cells),
                self.kC * (self.V0 * cells - harmless),
            ]
        )


@dataclass(frozen=True)
class TargetCells(Model):
    """Influenza limited by its targets: free virus infects cells, which make virus until they die or no cell
    is left.

    dT/dt = −β T V,  dI/dt = β T V − δ I,  dV/dt = p I − c V,  with I(0) = 0. Virus is counted in infectious
    doses (TCID₅₀) per millilitre of nasal wash. One infected cell infects R₀ = β p T₀ / (c δ) others at
    first. Where R₀ ≤ 1, or the inoculum exceeds every later titre, the titre only falls from V₀: peak time 0.
    The share f of targets that is spared solves ln f = −R₀ (1 − f) − β V₀ / c.

    References
    ----------
    .. [1] Baccam, P. et al. (2006) Kinetics of influenza A virus infection in humans. J. Virol. 80,
       7590-7599. https://doi.org/10.1128/JVI.01623-05

    Examples
    --------
    >>> flu = TargetCells()
    >>> round(flu.R0, 1), round(flu.peak_time, 3), round(flu.peak_titre, -2)
    (10.8, 2.321, 422600.0)
    """

    beta: float = param(
        2.7e-5, "mL/d", "infection rate constant", symbol="β",
        low=1e-7, high=1e-3, log=True, scale="cell", source="baccam2006",
    )  # fmt: skip
    delta: float = param(
        4.0, "1/d", "death rate constant of infected cells", symbol="δ",
        low=0.5, high=20.0, log=True, scale="cell", source="baccam2006",
    )  # fmt: skip
    p: float = param(
        0.012, "1/mL/d", "infectious virus made by one cell, TCID₅₀",
        low=1e-4, high=1.0, log=True, scale="cell", source="baccam2006",
    )  # fmt: skip
    c: float = param(
        3.0, "1/d", "clearance rate constant of virus",
        low=0.5, high=20.0, log=True, scale="organism", source="baccam2006",
    )  # fmt: skip
    T0: float = param(
        4e8, "", "target cells at the start", symbol="T₀",
        low=1e6, high=1e10, log=True, scale="tissue", source="baccam2006",
    )  # fmt: skip
    V0: float = param(
        0.093, "1/mL", "inoculum, TCID₅₀", symbol="V₀",
        low=1e-3, high=1e4, log=True, scale="organism", source="baccam2006",
    )  # fmt: skip

    @derived("", "cells infected by one infected cell at first", scale="tissue", symbol="R₀")
    def R0(self):
        """Basic reproductive number, β p T₀ / (c δ)."""
        return self.beta * self.p * self.T0 / (self.c * self.delta)

    @derived("1/d", "early growth rate of the infection", scale="organism", symbol="r")
    def growth_rate(self):
        """Larger root of (r + c)(r + δ) = β p T₀; negative where R₀ < 1."""
        half, excess = 0.5 * (self.c + self.delta), (self.R0 - 1.0) * self.c * self.delta
        return float(excess / (half + np.sqrt(half**2 + excess)))

    @derived("", "share of target cells spared", scale="tissue", symbol="f")
    def spared(self):
        """Share of target cells never infected, from the final-size relation."""
        inoculum = self.beta * self.V0 / self.c
        return float(-lambertw(-self.R0 * np.exp(-self.R0 - inoculum)).real / self.R0)

    @cached_property
    def _peak(self):
        """Time and titre of the peak; the solver stops there."""
        if self.R0 <= 1.0:
            return 0.0, self.V0
        growth = self.growth_rate
        largest = self.p * self.T0 / self.c
        horizon = (20.0 + np.log1p(largest / self.V0)) / growth + 20.0 / min(self.c, self.delta)
        turn = Event(lambda t, y: self.p * y[1] - self.c * y[2], direction=-1, stop=True)
        run = self._run((0.0, horizon), events={"peak": turn}, rtol=1e-10)
        if run.stopped is None or run.states["peak"][2, -1] <= self.V0:
            return 0.0, self.V0
        return float(run.events["peak"][-1]), float(run.states["peak"][2, -1])

    @derived("d", "time of the peak titre", scale="organism", symbol="t_peak")
    def peak_time(self):
        """Time from inoculation to the largest titre; 0 if the titre never exceeds the inoculum."""
        return self._peak[0]

    @derived("1/mL", "peak titre, TCID₅₀", scale="organism", symbol="V_peak")
    def peak_titre(self):
        """Largest titre; the inoculum if the titre never exceeds it."""
        return self._peak[1]

    def rates(self, t, state):
        """Return the rates of change of target cells, infected cells and virus.

        Parameters
        ----------
        t : float
            Time, d (the rates do not depend on it).
        state : array_like, shape (3, ...)
            Target cells, infected cells, titre (1/mL).

        Returns
        -------
        numpy.ndarray, shape (3, ...)
            Rates of change, per day.

        Examples
        --------
        >>> TargetCells(beta=1e-5, delta=2.0, p=0.01, c=3.0).rates(0.0, [1e6, 100.0, 1.0]).tolist()
        [-10.0, -190.0, -2.0]
        """
        targets, infected, virus = state
        caught = self.beta * np.asarray(targets, dtype=float) * virus
        return np.array([-caught, caught - self.delta * infected, self.p * infected - self.c * virus])

    def _run(self, times, **options):
        scale = np.array([self.T0, self.V0 * self.delta / self.p, self.V0])
        start, names = [self.T0, 0.0, self.V0], ("target cells", "infected cells", "virus")
        options = {"rtol": 1e-8, "atol": 1e-12 * scale} | options
        return integrate(self.rates, start, times, names=names, **options)

    def course(self, times):
        """Return target cells, infected cells and titre at `times`.

        Integrated with `mslib.numerics.integrate` at a relative tolerance of 10⁻⁸.

        Parameters
        ----------
        times : array_like, shape (times,)
            Increasing times since inoculation, d; the first is 0.

        Returns
        -------
        targets, infected, virus : numpy.ndarray, shape (times,)
            Cells, cells, and titre in TCID₅₀ per mL.

        Examples
        --------
        >>> targets, infected, virus = TargetCells().course([0.0, 2.0, 20.0])
        >>> float(targets[-1] / targets[0]).__round__(7), bool(infected[1] > infected[2])
        (2.04e-05, True)
        """
        return tuple(self._run(times).y)


def influenza_titres():
    """Return the nasal titres of six volunteers after inoculation with influenza A/Hong Kong/123/77 (H1N1).

    Returns
    -------
    days : numpy.ndarray, shape (7,)
        Days after inoculation.
    titres : numpy.ndarray, shape (6, 7)
        log₁₀ TCID₅₀ per mL of nasal wash; not a number where no virus was found.

    References
    ----------
    .. [1] Baccam, P. et al. (2006) Kinetics of influenza A virus infection in humans. J. Virol. 80,
       7590-7599, Table 1. https://doi.org/10.1128/JVI.01623-05

    Examples
    --------
    >>> days, titres = influenza_titres()
    >>> float(np.nanmax(titres)), int(np.isnan(titres).sum())
    (7.5, 7)
    """
    none = np.nan
    titres = [
        [2.0, 5.5, 4.0, 5.5, 3.0, none, none],
        [1.0, 6.0, 3.0, 1.5, 3.5, 1.3, none],
        [2.5, 5.0, 5.0, 3.0, 5.5, 3.5, none],
        [3.5, 5.5, 6.5, 5.5, 3.5, 4.0, none],
        [2.5, 3.0, 6.5, 6.5, 2.0, 0.8, none],
        [4.0, 5.0, 5.5, 7.5, 5.5, 1.3, none],
    ]
    return np.arange(1.0, 8.0), np.array(titres)


def hiv_decay():
    """Return the plasma viral load of patient 105 after the first dose of a protease inhibitor (ritonavir).

    Returns
    -------
    days : numpy.ndarray, shape (16,)
        Days after the dose; the drug took effect after 0.25 d.
    copies : numpy.ndarray, shape (16,)
        RNA copies per mL of plasma.

    References
    ----------
    .. [1] Perelson, A. S. et al. (1996) HIV-1 dynamics in vivo. Science 271, 1582-1586, Fig. 1B.
       https://doi.org/10.1126/science.271.5255.1582

    Examples
    --------
    >>> days, copies = hiv_decay()
    >>> float(days[-1]), float(copies[-1])
    (7.0, 89000.0)
    """
    days = [0, 0.083, 0.166, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 3, 4, 5, 6, 7]
    copies = [1022, 1079, 2148, 1043, 2170, 1538, 3098, 2262, 1315, 1200, 980, 710, 500, 280, 170, 89]
    return np.array(days, dtype=float), 1e3 * np.array(copies, dtype=float)


def hiv_patients():
    """Return the rates fitted to five patients under a protease inhibitor, and their loads before it.

    Returns
    -------
    kC, kL : numpy.ndarray, shape (5,)
        Clearance rate constant of virions and loss rate constant of infected cells, 1/d, of patients 102,
        103, 104, 105 and 107.
    V0 : numpy.ndarray, shape (5,)
        RNA copies per mL of plasma before treatment, two for each virion that the table reports.

    References
    ----------
    .. [1] Perelson, A. S. et al. (1996) HIV-1 dynamics in vivo. Science 271, 1582-1586, Table 1.
       https://doi.org/10.1126/science.271.5255.1582

    Examples
    --------
    >>> kC, kL, V0 = hiv_patients()
    >>> float(kC.mean().round(2)), float(kL.mean().round(2))
    (3.07, 0.49)
    """
    kC, kL = np.array([3.81, 2.73, 3.68, 2.06, 3.09]), np.array([0.26, 0.68, 0.50, 0.53, 0.50])
    return kC, kL, 2.0 * np.array([294e3, 12e3, 52e3, 643e3, 77e3])


def _frame(ax, x, y, xlim, ylim, *, log=False):
    ax.set(xlabel=x, ylabel=y, xlim=xlim, ylim=ylim, yscale="log" if log else "linear")
    ax.grid(True, color=palette.GRID, linewidth=0.6)


def draw_volunteers(ax, days, titres):
    """Draw measured titres over time, one line a person; where nothing was found the line stops.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Empty axes.
    days : array_like, shape (days,)
        Days after inoculation.
    titres : array_like, shape (people, days)
        log₁₀ TCID₅₀ per mL.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots(); draw_volunteers(ax, *influenza_titres()); len(ax.lines)
    6
    """
    marks = zip(titres, palette.CYCLE, "os^Dv*", strict=False)
    for i, (titre, colour, mark) in enumerate(marks, 1):
        ax.plot(days, 10.0**titre, marker=mark, color=colour, label=f"volunteer {i}")
    _frame(ax, "time since inoculation, t / d", "titre, V / TCID₅₀ mL⁻¹", (0.0, 8.0), (1.0, 1e9), log=True)
    ax.legend(loc="upper right", ncols=3, frameon=False)


def draw_excess(ax, patients, excess):
    """Draw how far the patients' own peaks exceed the peak of the mean, with the law for many cells.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Empty axes.
    patients : sequence of Infection
        Models with increasing numbers of infected cells at the start.
    excess : array_like, shape (patients,)
        Mean of the own peak over the peak of the mean, less one, in simulations of each.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> draw_excess(ax, [Infection(I0=1), Infection(I0=9)], [4.2, 0.8])
    >>> len(ax.lines)
    2
    """
    cells = [patient.I0 for patient in patients]
    law = [patient.peak_excess() for patient in patients]
    ax.plot(cells, excess, "o", color=palette.BLUE, label="simulated patients")
    ax.plot(cells, law, "--", color=palette.INK, label="law for many cells, slope −2/3")
    _frame(ax, "infected cells at the start, I₀", "excess of the own peak", (0.8, 5e3), (1e-2, 10), log=True)
    ax.set_xscale("log")
    ax.legend(loc="upper right", frameon=False)


def draw_load(fig, model):
    """Draw cells and virions on a logarithmic axis, and the load relative to its peak on a linear one.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Empty figure.
    model : Infection
        Parameters.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> fig = Figure(); draw_load(fig, Infection()); len(fig.axes)
    2
    """
    t = 5.0 * np.linspace(0.0, 1.0, 65) ** 1.5
    counts, shape = fig.subplots(1, 2)
    floor, virus = 1.0, model.virus(t)
    counts.plot(t, np.maximum(virus, floor), color=palette.BLUE, label="free virions V")
    counts.plot(t, np.maximum(model.infected(t), floor), "--", color=palette.ORANGE, label="infected cells I")
    counts.plot([model.peak_time], [model.peak_load], "o", color=palette.INK)
    _frame(counts, "time, t / d", "number in the body", (0.0, 5.0), (floor, 1e9), log=True)
    counts.legend(loc="upper right", frameon=False)
    shape.plot(t, virus / model.peak_load, color=palette.BLUE)
    shape.plot([model.peak_time] * 2, [0.0, 1.0], ":", color=palette.INK)
    shape.text(0.97, 0.95, f"peak at {format_number(model.peak_time, 3)} d", transform=shape.transAxes, ha="right")
    _frame(shape, "time, t / d", "load relative to its peak", (0.0, 5.0), (0.0, 1.1))


def draw_scatter(fig, model):
    """Draw the loads of twelve simulated patients round the mean, and the scatter against the number of
    cells.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Empty figure.
    model : Infection
        Parameters.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> fig = Figure(); draw_scatter(fig, Infection(I0=10)); len(fig.axes[0].lines)
    13
    """
    t, cells = np.linspace(0.0, 4.0, 41), (1, 10, 100, 1000, 10_000)
    paths, law = fig.subplots(1, 2)
    _, virus = model.simulate(t, 12, rng=9)
    mean, spread = model.virus(t) / model.peak_load, 2.0 * model.spread(t) / model.peak_load
    paths.plot(t, (virus / model.peak_load).T, color=palette.SKY, linewidth=0.8)
    paths.plot(t, mean, color=palette.INK, linewidth=2)
    paths.fill_between(t, np.maximum(mean - spread, 0.0), mean + spread, color=palette.GRID, zorder=0)
    _frame(paths, "time, t / d", "load relative to the peak of the mean", (0.0, 4.0), (0.0, 3.0))
    law.plot(cells, [model.replace(I0=n).peak_scatter for n in cells], color=palette.BLUE)
    law.plot([model.I0], [model.peak_scatter], "o", color=palette.INK)
    _frame(law, "infected cells at the start, I₀", "scatter at the peak, CV", (1, 1e4), (1e-3, 10), log=True)
    law.set_xscale("log")


def draw_treatment(fig, model):
    """Draw the decay of the load under treatment beside the patient's, and its two parts.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Empty figure.
    model : Treatment
        Parameters.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> fig = Figure(); draw_treatment(fig, Treatment()); fig.axes[0].get_yscale()
    'log'
    """
    t = np.linspace(0.0, 8.0, 81)
    days, copies = hiv_decay()
    ax = fig.subplots()
    ax.plot(t, model.virus(t), color=palette.BLUE, label="all virions")
    ax.plot(t, model.infectious(t), "--", color=palette.ORANGE, label="infectious virions")
    ax.plot(t, model.V0 * 2.0 ** (-t / model.late_half_life), ":", color=palette.GREY, label="slower rate alone")
    ax.plot(days[3:] - days[3], copies[3:], "o", color=palette.INK, label="patient 105")
    _frame(
        ax,
        "time since the drug took effect, t / d",
        "viral load, V / mL⁻¹",
        (0.0, 8.0),
        (1e4, 1e7),
        log=True,
    )
    ax.legend(loc="upper right", frameon=False, ncols=2)


def draw_influenza(fig, model):
    """Draw the titre beside six volunteers' and the fate of the target cells.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Empty figure.
    model : TargetCells
        Parameters.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> fig = Figure(); draw_influenza(fig, TargetCells()); fig.axes[1].get_xlabel()
    'time, t / d'
    """
    t = np.linspace(0.0, 8.0, 81)
    targets, infected, virus = model.course(t)
    days, titres = influenza_titres()
    load, cells = fig.subplots(1, 2)
    load.plot(t, np.maximum(virus, 1e-3), color=palette.BLUE)
    load.plot(np.tile(days, 6), 10.0 ** titres.ravel(), "o", color=palette.INK, markersize=4, alpha=0.6)
    _frame(load, "time, t / d", "titre, V / TCID₅₀ mL⁻¹", (0.0, 8.0), (1e-2, 1e9), log=True)
    cells.plot(t, targets / model.T0, color=palette.GREEN, label="never infected")
    cells.plot(t, infected / model.T0, "--", color=palette.ORANGE, label="infected")
    _frame(cells, "time, t / d", "share of target cells", (0.0, 8.0), (0.0, 1.05))
    cells.legend(loc="center right", frameon=False)
