"""Summation of chances: how many unreliable synaptic releases make a neuron fire, and when."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.integrate import quad
from scipy.signal import lfilter
from scipy.sparse import csr_array
from scipy.special import erfcx
from scipy.stats import nbinom

from .. import palette
from ..model import Model, derived, param
from ..numerics.streams import generator, replicate

TIE = 1e-12


class Passage(NamedTuple):
    """Law of the number of impulses until the threshold is reached.

    Attributes
    ----------
    chances : numpy.ndarray, shape (K + 1,)
        Probability to fire exactly at impulse 0, 1, … K.
    survival : float
        Probability not to have fired by impulse K.
    hazard : float
        Probability to fire at each impulse after K, given that it has not fired before: constant by then.
    """

    chances: np.ndarray
    survival: float
    hazard: float

    def by(self, spikes):
        """Return the probability to have fired by each number of impulses, an array of whole numbers."""
        spikes = np.asarray(spikes)
        last = len(self.chances) - 1
        late = self.survival * -np.expm1(np.maximum(spikes - last, 0) * np.log1p(-min(self.hazard, 1 - TIE)))
        return np.cumsum(self.chances)[np.clip(spikes, 0, last)] + late

    def mean(self):
        """Return the mean number of impulses, infinite if it may never fire."""
        if self.survival > 0 and self.hazard == 0:
            return np.inf
        k = np.arange(len(self.chances))
        tail = (len(k) - 1) + 1 / self.hazard if self.survival > 0 else 0.0
        return float(k @ self.chances + self.survival * tail)

    def sd(self):
        """Return the standard deviation of the number of impulses, infinite if it may never fire."""
        mean = self.mean()
        if np.isinf(mean):
            return np.inf
        k, h = np.arange(len(self.chances)) - mean, self.hazard
        centre = k[-1] + 1 / h if self.survival > 0 else 0.0
        tail = centre**2 + (1 - h) / h**2 if self.survival > 0 else 0.0
        return float(np.sqrt(k**2 @ self.chances + self.survival * tail))


def first_passage(decay, jump, chance, level, *, nodes=1000, rounding="nearest", patience=10**6):
    """Return the law of the first time that ``v ← decay v + (jump or nothing)`` reaches a level, from v = 0.

    The potential moves on a lattice of `nodes` points a level on which jumps are exact; a decay that ends between
    two points is shared out between them so that its mean is kept, and a point near the level stands for the cell
    about it. Exact without decay; otherwise of second order in the spacing once many jumps have smoothed the law
    (the mean is right to 0.1 % unless firing takes rare luck: six standard deviations of the potential away it needs
    8000 nodes for that), and within half an impulse where nearly every impulse jumps.
    Iterates until the law has either run out or become geometric. Rounded always down or always up, the lattice
    gives rigorous bounds on the probability to have fired.

    Parameters
    ----------
    decay : float
        Factor from one impulse to the next, above 0, at most 1.
    jump, level : float
        Size of a jump, and the level to reach, in the same unit; a level met exactly is reached.
    chance : float
        Probability of a jump.
    nodes : int
        Lattice points from zero to the level, about.
    rounding : str
        ``"nearest"`` shares mass between neighbours; ``"down"`` and ``"up"`` give bounds.
    patience : int
        Most impulses to follow.

    Returns
    -------
    Passage
        The law; the hazard is zero if the level cannot be reached.

    Raises
    ------
    ValueError
        If `rounding` is none of the three.

    Examples
    --------
    >>> law = first_passage(1.0, 0.5, 0.3, 15.0)
    >>> print(round(law.mean(), 6), round(law.sd(), 6))
    100.0 15.275252
    """
    if rounding not in ("nearest", "down", "up"):
        raise ValueError(f"rounding must be 'nearest', 'down' or 'up', got {rounding!r}")
    if chance == 0 or not _reachable(decay, jump, level):
        return Passage(np.zeros(1), 1.0, 0.0)
    if chance == 1:
        chances = np.zeros(_sure_spikes(decay, jump, level) + 1)
        chances[-1] = 1.0
        return Passage(chances, 0.0, 1.0)
    move, fire = _transfer(decay, jump, chance, level, nodes, rounding)
    mass = np.zeros(len(fire))
    mass[0] = 1.0
    chances, left = [0.0], 1.0
    for _ in range(patience):
        chances.append(float(fire @ mass))
        new = move @ mass
        total = new.sum()
        if total < 1e-15:
            return Passage(np.array(chances), 0.0, 1.0)
        settled = np.abs(new / total - mass / left).sum() < 1e-13 * len(mass) ** 0.5
        mass, left = new, total
        if settled and chances[-1] > 0:
            break
    return Passage(np.array(chances), float(left), float(fire @ mass / left))


def _reachable(decay, jump, level):
    return jump > level * (1 - decay) if decay < 1 else True


def _sure_spikes(decay, jump, level):
    """Return how many jumps, one at every impulse, reach a level that they can reach."""
    if decay == 1:
        return int(np.ceil(level / jump * (1 - TIE)))
    return int(np.ceil(np.log1p(-level * (1 - decay) / jump) / np.log(decay) * (1 - TIE)))


def _transfer(decay, jump, chance, level, nodes, rounding):
    """Return the matrix of one impulse among the nodes below the level, and the chance to fire from each node."""
    fine = int(np.ceil(nodes * jump / level))
    limit = level / jump * fine * (1 - TIE)
    start = np.arange(int(np.ceil(limit)))
    fire, entries = np.zeros(len(start)), []
    for shift, weight in ((0, 1 - chance), (fine, chance)):
        place = decay * start + shift
        gone = _crossed(place, limit, decay if rounding == "nearest" else 1.0)
        for node, share in _shared(place, rounding):
            out = np.where((rounding == "up") & (node >= len(start)), 1.0, gone)
            fire += weight * share * out
            entries.append((weight * share * (1 - out), np.minimum(node, start[-1]), start))
    values, rows, columns = (np.concatenate(column) for column in zip(*entries, strict=True))
    return csr_array((values, (rows, columns)), shape=(len(start), len(start))), fire


def _crossed(place, limit, width):
    """Return the share of a cell of this width about each place that lies beyond the limit; all or none at width 1."""
    if width == 1:
        return (place >= limit).astype(float)
    return np.clip((place - limit) / width + 0.5, 0, 1)


def _shared(place, rounding):
    """Return the nodes below and above each place, with the shares of the mass that they get."""
    below = np.floor(place + 1e-9).astype(int)
    part = np.clip(place - below, 0, 1)
    if rounding != "nearest":
        part = np.where(part > 1e-9, float(rounding == "up"), 0.0)
    return (below, 1 - part), (below + 1, part)


def _fire(decay, jump, chance, level, spikes, trials, rng):
    """Return the number of the impulse at which each trial fires, infinite if it does not within `spikes`."""
    fired, waiting, volts = np.full(trials, np.inf), np.arange(trials), np.zeros(trials)
    for spike in range(1, spikes + 1):
        volts = decay * volts + jump * (rng.random(len(waiting)) < chance)
        over = volts >= level * (1 - TIE)
        fired[waiting[over]] = spike
        waiting, volts = waiting[~over], volts[~over]
        if not len(waiting):
            break
    return fired


@dataclass(frozen=True)
class Synapse(Model):
    """A synapse that releases a vesicle at each impulse with probability p, onto a cell without leak.

    The cell fires at the N-th release, N = ⌈(V_th − V_rest)/ΔV⌉, a whole number. The number of impulses until
    then has the negative binomial law: mean N/p, standard deviation √(N(1 − p))/p. With p = 0 the cell never
    fires (infinite); with p = 1 it fires at impulse N for sure.

    References
    ----------
    del Castillo & Katz (1954), J. Physiol. 124, 560–573, doi:10.1113/jphysiol.1954.sp005129.

    Examples
    --------
    >>> synapse = Synapse(V_rest=-70, V_th=-55, dV=0.5, p=0.3, dt=5)
    >>> print(synapse.N, synapse.mean_time, round(synapse.sd_time, 4), synapse.shortest)
    30 500.0 76.3763 150.0
    """

    V_rest: float = param(-70.0, "mV", "resting potential", symbol="V_rest", low=-90.0, high=-60.0,
                          domain="any", scale="cell", source="illustrative")  # fmt: skip
    V_th: float = param(-55.0, "mV", "threshold potential", symbol="V_th", low=-58.0, high=-40.0,
                        domain="any", scale="cell", source="illustrative")  # fmt: skip
    dV: float = param(0.5, "mV", "rise caused by one vesicle", symbol="ΔV", low=0.1, high=2.0, log=True,
                      scale="cell", source="illustrative")  # fmt: skip
    p: float = param(0.3, "", "probability that an impulse releases a vesicle", low=0.05, high=1.0,
                     domain="fraction", scale="molecule", source="illustrative")  # fmt: skip
    dt: float = param(5.0, "ms", "interval between impulses", symbol="Δt", low=0.2, high=20.0, log=True,
                      scale="cell", source="illustrative")  # fmt: skip

    suggested_inputs: ClassVar[dict] = {"trials": 500, "spikes": 400}

    def check(self):
        """Refuse a threshold that is not above rest."""
        if self.V_th <= self.V_rest:
            raise ValueError(f"V_th = {self.V_th} mV must be above V_rest = {self.V_rest} mV")

    @property
    def decay(self):
        """Factor by which a rise shrinks from one impulse to the next."""
        return 1.0

    @derived("mV", "rise from rest to threshold", scale="cell", symbol="V_th − V_rest")
    def rise(self):
        """Rise of potential that makes the cell fire."""
        return self.V_th - self.V_rest

    @derived("", "releases needed", scale="cell", symbol="N")
    def N(self):
        """Whole number of vesicles that together reach the threshold, if nothing leaks away."""
        return int(np.ceil(self.rise / self.dV * (1 - TIE)))

    @derived("ms", "shortest time to fire", scale="cell", symbol="T_min")
    def shortest(self):
        """Time to fire if every impulse released a vesicle."""
        return self.N * self.dt

    @derived("ms", "mean time by the continuous formula", scale="cell", symbol="T₀")
    def formula_time(self):
        """(V_th − V_rest) Δt/(p ΔV), which forgets that vesicles are whole; infinite if p = 0."""
        return self.rise * self.dt / (self.p * self.dV) if self.p else np.inf

    @derived("ms", "mean time to fire", scale="cell", symbol="⟨T⟩")
    def mean_time(self):
        """Mean of the negative binomial law, infinite if p = 0."""
        return self.N * self.dt / self.p if self.p else np.inf

    @derived("ms", "standard deviation of the time to fire", scale="cell", symbol="σ_T")
    def sd_time(self):
        """Scatter of the negative binomial law, infinite if p = 0."""
        return float(np.sqrt(self.N * (1 - self.p)) * self.dt / self.p) if self.p else np.inf

    def fired_by(self, t):
        """Return the probability to have fired by a time.

        Parameters
        ----------
        t : array_like
            Time since the first interval began, in ms; the k-th impulse comes at k Δt.

        Returns
        -------
        float or numpy.ndarray
            From 0 to 1.

        Examples
        --------
        >>> print(Synapse().fired_by(149.0), round(float(Synapse().fired_by(635.0)), 3))
        0.0 0.955
        """
        failures = self._spikes(t) - self.N
        return nbinom.cdf(failures, self.N, self.p) if self.p else np.zeros(np.shape(failures))[()]

    def _spikes(self, t):
        return np.floor(np.asarray(t, float) / self.dt * (1 + TIE)).astype(int)

    def quantile(self, share):
        """Return the time by which a share of many trials has fired.

        Parameters
        ----------
        share : float
            From 0 to 1, not 1 itself.

        Returns
        -------
        float
            In ms, a whole number of intervals; infinite if p = 0.

        Examples
        --------
        >>> Synapse().quantile(0.95)
        635.0
        """
        if not 0 <= share < 1:
            raise ValueError(f"share must be at least 0 and below 1, got {share!r}")
        return float(nbinom.ppf(share, self.N, self.p) + self.N) * self.dt if self.p else np.inf

    def simulate(self, trials, spikes, *, rng, executor=None, progress=False):
        """Simulate release after release and return when each trial fires.

        Parameters
        ----------
        trials : int
            Number of independent trials.
        spikes : int
            Presynaptic impulses after which to stop.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of trials in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (trials,)
            Firing times in ms, infinite where the cell does not fire.

        Examples
        --------
        >>> times = Synapse().simulate(20000, 400, rng=1)
        >>> print(bool(abs(times.mean() - 500) < 2), times.min() >= 150)
        True True
        """
        run = partial(_fire, self.decay, self.dV, self.p, self.rise, spikes)
        return replicate(run, trials, rng, block=20000, executor=executor, progress=progress) * self.dt


@dataclass(frozen=True)
class LeakySynapse(Synapse):
    """The same synapse onto a membrane whose potential decays between the impulses with time constant τ.

    Just after an impulse the mean rise tends to p ΔV/(1 − q), q = exp(−Δt/τ). Below the threshold only luck
    fires the cell, and where even a release at every impulse, ΔV/(1 − q), does not exceed it, nothing ever does
    (infinite times). The law of the firing time is computed by `first_passage`. In the limit of a slow leak
    it becomes that of `Synapse`, save that the least leak spoils a threshold met exactly by N vesicles. In the
    limit of many small vesicles the potential becomes an Ornstein–Uhlenbeck process, see `diffusion_time`.

    References
    ----------
    Stein (1965), Biophys. J. 5, 173–194, doi:10.1016/S0006-3495(65)86709-1.
    Siegert (1951), Phys. Rev. 81, 617–623, doi:10.1103/PhysRev.81.617.

    Examples
    --------
    >>> synapse = LeakySynapse(dV=0.5, p=0.3, dt=5, tau=20)
    >>> print(round(synapse.plateau, 4), round(synapse.summit, 4), synapse.mean_time)
    0.6781 2.2604 inf
    """

    p: float = param(0.7, "", "probability that an impulse releases a vesicle", low=0.05, high=1.0,
                     domain="fraction", scale="molecule", source="illustrative")  # fmt: skip
    dt: float = param(0.5, "ms", "interval between impulses", symbol="Δt", low=0.2, high=20.0, log=True,
                      scale="cell", source="illustrative")  # fmt: skip
    tau: float = param(20.0, "ms", "membrane time constant", symbol="τ", low=5.0, high=1000.0, log=True,
                       scale="cell", source="illustrative")  # fmt: skip

    @property
    def decay(self):
        """Factor exp(−Δt/τ) by which a rise shrinks from one impulse to the next."""
        return float(np.exp(-self.dt / self.tau))

    @derived("", "releases needed, one at every impulse", scale="cell", symbol="N")
    def N(self):
        """⌈ln(1 − (1 − q)(V_th − V_rest)/ΔV)/ln q⌉, infinite if even these never add up to the threshold."""
        return _sure_spikes(self.decay, self.dV, self.rise) if self.summit > self.rise else np.inf

    @derived("ms", "mean time by the continuous formula, without leak", scale="cell", symbol="T₀")
    def formula_time(self):
        """(V_th − V_rest) Δt/(p ΔV), as if nothing leaked away; infinite if p = 0."""
        return self.rise * self.dt / (self.p * self.dV) if self.p else np.inf

    @derived("mV", "mean rise after many impulses", scale="cell", symbol="V∞")
    def plateau(self):
        """Mean rise just after an impulse, p ΔV/(1 − exp(−Δt/τ)), if no threshold cuts it short."""
        return self.p * self.summit

    @derived("mV", "rise if every impulse released", scale="cell", symbol="V_max")
    def summit(self):
        """Rise ΔV/(1 − exp(−Δt/τ)) that nothing can exceed."""
        return float(self.dV / -np.expm1(-self.dt / self.tau))

    @derived("", "release probability whose plateau meets the threshold", scale="molecule", symbol="p*")
    def least_release(self):
        """Threshold over summit, infinite where that exceeds one: no release probability suffices on average."""
        return self.rise / self.summit if self.rise <= self.summit else np.inf

    @derived("ms", "shortest time to fire", scale="cell", symbol="T_min")
    def shortest(self):
        """Time to fire if every impulse released a vesicle, infinite if that does not reach the threshold."""
        return self.N * self.dt

    @derived("ms", "time of the mean path", scale="cell", symbol="T_path")
    def path_time(self):
        """Time at which the mean rise meets the threshold, infinite if its plateau does not exceed it."""
        if self.plateau <= self.rise:
            return np.inf
        return _sure_spikes(self.decay, self.p * self.dV, self.rise) * self.dt

    @derived("ms", "mean time to fire", scale="cell", symbol="⟨T⟩")
    def mean_time(self):
        """Mean of the exact law, infinite if the threshold is out of reach."""
        return self.law.mean() * self.dt

    @derived("ms", "standard deviation of the time to fire", scale="cell", symbol="σ_T")
    def sd_time(self):
        """Scatter of the exact law, infinite if the threshold is out of reach."""
        return self.law.sd() * self.dt

    @property
    def noise(self):
        """Standard deviation of the rise after many impulses, in mV: √(ΔV² p(1 − p)/(1 − q²))."""
        return float(self.dV * np.sqrt(self.p * (1 - self.p) / (1 - self.decay**2)))

    @property
    def diffusion_time(self):
        """Mean time to fire in ms, if steps were many and small: Siegert's integral.

        The Ornstein–Uhlenbeck process with the same plateau V∞, scatter s and time constant τ, from rest, takes
        τ√π ∫ exp(u²)(1 + erf u) du from −V∞/(s√2) to (V_th − V_rest − V∞)/(s√2). With s = 0 it is infinite.
        """
        if self.noise == 0:
            return np.inf
        ends = (np.array([0.0, self.rise]) - self.plateau) / self.noise / np.sqrt(2)
        return self.tau * np.sqrt(np.pi) * quad(lambda u: erfcx(-u), *ends, epsrel=1e-9)[0]

    def at_gap(self, gap):
        """Return the same synapse with the threshold this many standard deviations above the plateau.

        Parameters
        ----------
        gap : float
            Distance of the threshold from the plateau, over `noise`.

        Returns
        -------
        LeakySynapse
            With another `V_th`.

        Examples
        --------
        >>> cell = LeakySynapse(p=0.7).at_gap(1.0)
        >>> print(round((cell.rise - cell.plateau) / cell.noise, 9))
        1.0
        """
        return self.replace(V_th=self.V_rest + self.plateau + gap * self.noise)

    @cached_property
    def law(self):
        """The `Passage` of this synapse: how probable it is to fire at each impulse."""
        return first_passage(self.decay, self.dV, self.p, self.rise)

    def fired_by(self, t):
        """Return the probability to have fired by the times `t` (ms), see `Synapse.fired_by`."""
        return self.law.by(self._spikes(t))

    def quantile(self, share):
        """Return the time (ms) by which a share of many trials has fired, see `Synapse.quantile`."""
        if not 0 <= share < 1:
            raise ValueError(f"share must be at least 0 and below 1, got {share!r}")
        fired = np.cumsum(self.law.chances)
        if share <= fired[-1] or self.law.survival == 0:
            return float(min(np.searchsorted(fired, share * (1 - TIE)), len(fired) - 1)) * self.dt
        if self.law.hazard == 0:
            return np.inf
        more = np.log((1 - share) / self.law.survival) / np.log1p(-self.law.hazard)
        return (len(fired) - 1 + float(np.ceil(more))) * self.dt

    def path(self, spikes):
        """Return the mean rise just after each impulse, as if no threshold cut it short.

        Parameters
        ----------
        spikes : array_like of int
            Numbers of impulses, from 0.

        Returns
        -------
        numpy.ndarray
            In mV.

        Examples
        --------
        >>> LeakySynapse(p=0.5, dV=2).path([0, 1])
        array([0., 1.])
        """
        return self.plateau * (1 - np.exp(-np.asarray(spikes) * self.dt / self.tau))


@dataclass(frozen=True)
class VesiclePool(Model):
    """A terminal of M release sites that run out: a site that has released stays empty until it is refilled.

    At an impulse each filled site releases with probability p; between impulses an empty site is refilled with
    probability 1 − exp(−Δt/τ_rec). Sites are independent, so that the count released at the k-th impulse is
    exactly binomial, with the mean m_k = M p x_k of the rate equations of short-term depression; only its
    mean falls, from Katz's quantal content m = M p towards a plateau that no rate of impulses lifts above M
    refills per τ_rec.

    References
    ----------
    del Castillo & Katz (1954), J. Physiol. 124, 560–573, doi:10.1113/jphysiol.1954.sp005129.
    Tsodyks & Markram (1997), Proc. Natl Acad. Sci. USA 94, 719–723, doi:10.1073/pnas.94.2.719.

    Examples
    --------
    >>> pool = VesiclePool(M=10, p=0.5, dt=20, tau_rec=800)
    >>> print(pool.content, round(pool.steady_content, 4), round(pool.failures, 6))
    5.0 0.241 0.000977
    """

    M: int = param(10, "", "release sites", low=1, high=200, log=True, integer=True, scale="molecule",
                   source="illustrative")  # fmt: skip
    p: float = param(0.5, "", "release probability of a filled site", low=0.05, high=0.95, domain="fraction",
                     scale="molecule", source="tsodyks2000")  # fmt: skip
    dt: float = param(20.0, "ms", "interval between impulses", symbol="Δt", low=2.0, high=2000.0, log=True,
                      scale="cell", source="illustrative")  # fmt: skip
    tau_rec: float = param(800.0, "ms", "refilling time of a site", symbol="τ_rec", low=50.0, high=5000.0,
                           log=True, scale="molecule", source="tsodyks2000")  # fmt: skip
    dV: float = param(0.5, "mV", "rise caused by one vesicle", symbol="ΔV", low=0.1, high=2.0, log=True,
                      scale="cell", source="illustrative")  # fmt: skip
    tau: float = param(20.0, "ms", "membrane time constant", symbol="τ", low=5.0, high=1000.0, log=True,
                       scale="cell", source="illustrative")  # fmt: skip

    suggested_inputs: ClassVar[dict] = {"trials": 200, "spikes": 30}

    @derived("", "quantal content at rest", scale="cell", symbol="m")
    def content(self):
        """Mean number of vesicles M p that the first impulse releases."""
        return self.M * self.p

    @derived("", "share of first impulses that fail", scale="cell", symbol="P₀")
    def failures(self):
        """Probability (1 − p)^M that no site releases."""
        return (1 - self.p) ** self.M

    @derived("", "share that fails by Poisson's law", scale="cell", symbol="e^−m")
    def poisson_failures(self):
        """Failures exp(−m) if there were many sites of low probability."""
        return float(np.exp(-self.content))

    @derived("", "filled share of the sites in a long train", scale="molecule", symbol="x∞")
    def steady_filling(self):
        """Mean filled share just before an impulse, after many impulses."""
        refilled = -np.expm1(-self.dt / self.tau_rec)
        return float(refilled / (refilled + self.p * np.exp(-self.dt / self.tau_rec)))

    @derived("", "quantal content in a long train", scale="cell", symbol="m∞")
    def steady_content(self):
        """Mean number of vesicles an impulse, after many impulses."""
        return self.content * self.steady_filling

    @derived("1/ms", "greatest release rate", scale="cell", symbol="M/τ_rec")
    def greatest_rate(self):
        """Vesicles per time that refilling can supply, whatever the rate of impulses."""
        return self.M / self.tau_rec

    @derived("mV", "highest mean rise", scale="cell", symbol="V_peak")
    def peak(self):
        """Maximum over time of the mean rise just after an impulse: an early overshoot, or the plateau."""
        count = int(min(np.ceil(40 / -np.expm1(-self.dt / self.tau)), 40000))
        return float(self.mean_rise(count).max())

    @derived("mV", "mean rise in a long train", scale="cell", symbol="V∞")
    def plateau(self):
        """Mean rise just after an impulse, after many impulses."""
        return float(self.steady_content * self.dV / -np.expm1(-self.dt / self.tau))

    def filling(self, spikes):
        """Return the mean filled share of the sites just before each of the first impulses.

        Parameters
        ----------
        spikes : int
            Number of impulses.

        Returns
        -------
        numpy.ndarray, shape (impulses,)
            From 1 down to `steady_filling`.

        Examples
        --------
        >>> print(VesiclePool(p=0.5).filling(2).round(4))
        [1.     0.5123]
        """
        kept = (1 - self.p) * np.exp(-self.dt / self.tau_rec)
        return self.steady_filling + (1 - self.steady_filling) * kept ** np.arange(spikes)

    def mean_rise(self, spikes):
        """Return the mean rise of potential just after each of the first impulses.

        Parameters
        ----------
        spikes : int
            Number of impulses.

        Returns
        -------
        numpy.ndarray, shape (impulses,)
            In mV.

        Examples
        --------
        >>> print(VesiclePool(M=10, p=0.5, dV=0.5).mean_rise(1))
        [2.5]
        """
        return self.rises(self.content * self.filling(spikes))

    def simulate(self, trials, spikes, *, rng, executor=None, progress=False):
        """Simulate the sites and return how many vesicles each impulse releases.

        Parameters
        ----------
        trials : int
            Number of independent terminals, all sites filled at first.
        spikes : int
            Impulses in the train.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of trials in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (trials, spikes)
            Vesicles released.

        Examples
        --------
        >>> released = VesiclePool(M=10, p=1.0, dt=1e5).simulate(3, 2, rng=1)
        >>> released.tolist()
        [[10, 10], [10, 10], [10, 10]]
        """
        run = partial(_releases, self, spikes)
        return replicate(run, trials, rng, executor=executor, progress=progress)

    def rises(self, released):
        """Return the rise of potential just after each impulse.

        Parameters
        ----------
        released : array_like, shape (..., spikes)
            Vesicles released by each impulse.

        Returns
        -------
        numpy.ndarray, shape (..., spikes)
            In mV.

        Examples
        --------
        >>> VesiclePool(dV=0.5).rises([4, 0])[0]
        np.float64(2.0)
        """
        return lfilter([1.0], [1.0, -np.exp(-self.dt / self.tau)], self.dV * np.asarray(released, float))


def _releases(pool, spikes, trials, rng):
    filled, released = np.full(trials, pool.M), np.empty((trials, spikes), int)
    refilled = -np.expm1(-pool.dt / pool.tau_rec)
    for spike in range(spikes):
        released[:, spike] = rng.binomial(filled, pool.p)
        filled = filled - released[:, spike]
        filled = filled + rng.binomial(pool.M - filled, refilled)
    return released


def _legend_above(ax):
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, columnspacing=1, handlelength=1.6)


def draw_waiting(fig, model):
    """Draw one path of the potential with its mean, and how probable it is to have fired by each time."""
    left, right = fig.subplots(1, 2)
    count = np.arange(int(100 / model.dt) + 1)
    released = generator(3).random(501)[: len(count)] < model.p
    released[0] = False
    trial = lfilter([model.dV], [1.0, -model.decay], released)
    left.plot(count * model.dt, trial, color=palette.BLUE, lw=1.2, label="one trial")
    left.plot(count * model.dt, model.path(count), color=palette.GREEN, ls="--", lw=2, label="mean")
    left.axhline(model.rise, color=palette.ORANGE, ls=":", lw=1.5)
    ground = {"facecolor": palette.PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1}
    left.text(2, model.rise + 0.7, "threshold", color=palette.ORANGE, bbox=ground)
    left.set(xlim=(0, 100), ylim=(0, 30), xlabel="time, t / ms", ylabel="rise above rest, V / mV")
    _legend_above(left)
    t, ideal = np.geomspace(5, 1e5, 100), Synapse(model.V_rest, model.V_th, model.dV, model.p, model.dt)
    right.plot(t, model.fired_by(t), color=palette.BLUE, lw=2, label="leak")
    right.plot(t, ideal.fired_by(t), color=palette.GREY, ls="--", lw=1.5, label="no leak")
    mean = min(model.mean_time, 1e9)
    right.plot([mean], [model.fired_by(mean)], "o", color=palette.BLUE, ms=7)
    right.set(xscale="log", xlim=(5, 1e5), ylim=(-0.02, 1.02))
    right.set(xlabel="time, t / ms", ylabel="probability to have fired")
    _legend_above(right)


def draw_pool(fig, model):
    """Draw the vesicles released along a train, and the steady content against the rate of impulses."""
    left, right = fig.subplots(1, 2)
    number = np.arange(1, 21)
    mean = model.content * model.filling(20)
    spread = np.sqrt(mean * (1 - mean / model.M))
    left.fill_between(number, np.maximum(mean - spread, 0), mean + spread, color=palette.SKY, alpha=0.25, lw=0)
    left.plot(number, mean, color=palette.BLUE, lw=2, label="mean ± sd")
    left.plot(number, model.simulate(1, 20, rng=4)[0], ".", color=palette.ORANGE, ms=7, label="one train")
    left.set(xlim=(0, 21), ylim=(-0.03 * model.M, 1.1 * model.M))
    left.set(xlabel="impulse in the train, k", ylabel="vesicles released")
    _legend_above(left)
    rate = np.geomspace(0.5, 500, 60)
    content = [model.replace(dt=1e3 / f).steady_content for f in rate]
    right.plot(rate, content, color=palette.BLUE, lw=2, label="exact mean")
    right.plot(rate, model.greatest_rate * 1e3 / rate, color=palette.GREY, ls="--", lw=1.5, label="refilling alone")
    right.plot([1e3 / model.dt], [model.steady_content], "o", color=palette.BLUE, ms=7)
    right.set(xscale="log", yscale="log", xlim=(0.5, 500), ylim=(0.01, 100))
    right.set(xlabel="rate of impulses, f / s⁻¹", ylabel="vesicles per impulse, m∞")
    _legend_above(right)


def draw_law(ax, synapse, times):
    """Draw the histogram of simulated firing times over the exact law of the number of impulses."""
    top = synapse.mean_time + 4 * synapse.sd_time
    spikes = np.arange(synapse.N, int(top / synapse.dt) + 1)
    edges = np.arange(synapse.shortest, top, 4 * synapse.dt) - synapse.dt / 2
    counts, _ = np.histogram(times, edges)
    ax.stairs(counts / len(times) / 4, edges, fill=True, color=palette.SKY, alpha=0.5, label="simulated trials")
    exact = nbinom.pmf(spikes - synapse.N, synapse.N, synapse.p)
    ax.plot(spikes * synapse.dt, exact, color=palette.BLUE, lw=2, label="negative binomial law")
    ax.axvline(synapse.mean_time, color=palette.ORANGE, ls="--", lw=1.5, label="mean")
    ax.set(xlim=(synapse.shortest, top), ylim=(0, 1.3 * exact.max()))
    ax.set(xlabel="time to fire, T / ms", ylabel="probability of an impulse to be the one")
    ax.legend(loc="upper right")


def draw_whole(ax, synapse, sizes):
    """Draw by how much the formula without rounding falls short, against the size of one vesicle."""
    share = np.asarray(sizes) / synapse.rise
    lost = [1 - s.formula_time / s.mean_time for s in (synapse.replace(dV=dV) for dV in sizes)]
    ax.plot(share, 100 * np.array(lost), color=palette.BLUE, lw=1.2, label="formula too short by")
    ax.plot(share, 100 * share / (1 + share), color=palette.ORANGE, ls="--", lw=1.5, label="at most x/(1 + x)")
    ticks = [0.05, 0.1, 0.2, 0.5, 1.0]
    ax.set(xscale="log", xlim=(share.min(), share.max()), ylim=(0, 55))
    ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set(xlabel="one vesicle over the rise needed, x = ΔV/rise", ylabel="error of the mean time / %")
    ax.legend(loc="upper left")


def draw_diffusion(ax, sizes, errors):
    """Draw by how much Siegert's integral falls short, against the size of a vesicle, for several gaps."""
    styles = zip(errors.items(), (palette.BLUE, palette.ORANGE, palette.GREEN), "osD", strict=False)
    for (gap, values), colour, marker in styles:
        name = f"threshold {gap:g} sd above the plateau" if gap else "threshold at the plateau"
        ax.plot(sizes[gap], 100 * np.asarray(values), marker, color=colour, ms=6, label=name)
        law = np.sqrt(np.asarray(sizes[gap]) / sizes[gap][-1]) * values[-1]
        ax.plot(sizes[gap], 100 * law, color=colour, ls="--", lw=1.2)
    ax.set(xscale="log", yscale="log", xlim=(0.006, 0.08), ylim=(1, 100))
    ax.set_xticks([0.01, 0.02, 0.05], labels=["0.01", "0.02", "0.05"])
    ax.set_xticks([], minor=True)
    ax.set_yticks([1, 10, 100], labels=["1", "10", "100"])
    ax.set(xlabel="one vesicle over the rise needed, ΔV/rise", ylabel="too short by / %")
    ax.legend(loc="upper left", ncols=1)


def draw_train(ax, pool, rises, level):
    """Draw the mean rise along simulated trains over its exact course, with a threshold and the plateau."""
    number = np.arange(1, rises.shape[1] + 1)
    ax.fill_between(number, *np.quantile(rises, [0.1, 0.9], axis=0), color=palette.SKY, alpha=0.3, lw=0)
    ax.plot(number, pool.mean_rise(len(number)), color=palette.BLUE, lw=2, label="rate equations")
    ax.plot(number[::3], rises.mean(axis=0)[::3], "o", color=palette.ORANGE, ms=5, label="mean of simulated sites")
    ax.axhline(level, color=palette.RED, ls=":", lw=1.5, label="threshold")
    ax.axhline(pool.plateau, color=palette.GREY, ls="--", lw=1.5, label="plateau")
    ax.set(
        xlim=(0, number[-1]),
        ylim=(0, 1.6 * level),
        xlabel="impulse in the train, k",
        ylabel="rise above rest, V / mV",
    )
    ax.legend(loc="upper right")
