"""Accumulation to a threshold: a neuron charged by its channels, and bacteria that wait for a quorum.

Both systems fill with a constant inflow while they lose a constant fraction per time. What decides is one
number, the loss at the threshold divided by the inflow: see `delay_factor`.
"""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.integrate import quad
from scipy.linalg import expm
from scipy.optimize import brentq

from .. import palette
from ..model import Model, derived, param
from ..numerics.streams import generator, replicate


def delay_factor(loss):
    """Return how many times longer it takes to reach a threshold because some of the inflow is lost.

    Parameters
    ----------
    loss : array_like
        Loss rate at the threshold divided by the inflow, at least 0.

    Returns
    -------
    float or numpy.ndarray
        ``-ln(1 - x)/x``: one without loss, infinite (never) from x = 1.

    Examples
    --------
    >>> print(round(float(delay_factor(150 / 240)), 4), delay_factor(0.0), delay_factor(1.2))
    1.5693 1.0 inf
    """
    x = np.asarray(loss, float)
    inside = np.clip(x, 1e-300, 1 - 2**-53)
    return np.where(x >= 1, np.inf, np.where(x > 0, -np.log1p(-inside) / inside, 1.0))[()]


def fill_factor(x):
    """Return the level after a time x (in lifetimes) divided by the level that a lossless store would have.

    Parameters
    ----------
    x : array_like
        Time multiplied by the loss rate constant; any sign.

    Returns
    -------
    float or numpy.ndarray
        ``(1 - exp(-x))/x``, one at x = 0.

    Examples
    --------
    >>> print(fill_factor(0.0), round(float(fill_factor(1.0)), 4))
    1.0 0.6321
    """
    x = np.asarray(x, float)
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, -np.expm1(-safe) / safe)[()]


def _ratio(a, b):
    """Divide, with a positive number over zero being infinite."""
    return a / b if b else np.inf


class _Membrane:
    """Emergent quantities of any membrane with capacitance C, leak g, rise ΔV and mean current I."""

    @derived("fC", "threshold charge", scale="cell", symbol="Q")
    def charge(self):
        """Charge C ΔV that lifts the membrane to its threshold."""
        return self.C * self.rise

    @derived("ms", "time to fire without leak", scale="cell", symbol="t₀")
    def ideal_time(self):
        """Threshold charge over current."""
        return self.charge / self.current

    @derived("ms", "membrane time constant", scale="cell", symbol="τ")
    def tau(self):
        """C/g, infinite without leak."""
        return _ratio(self.C, self.g)

    @derived("pA", "rheobase", scale="cell", symbol="I_rh")
    def rheobase(self):
        """The current g ΔV that the leak carries away at threshold: anything less never fires."""
        return self.g * self.rise

    @derived("mV", "plateau of the potential", scale="cell", symbol="V∞")
    def plateau(self):
        """Rise I/g at which leak and current balance, infinite without leak."""
        return _ratio(self.current, self.g)

    @derived("ms", "time to fire", scale="cell", symbol="t")
    def time(self):
        """Time to threshold with the leak, infinite at or below the rheobase."""
        return self.ideal_time * delay_factor(self.rheobase / self.current)

    def voltage(self, t):
        """Return the mean rise of potential above rest, as if no threshold cut it short.

        Parameters
        ----------
        t : array_like
            Time since the current began, in ms.

        Returns
        -------
        float or numpy.ndarray
            In mV.

        Examples
        --------
        >>> round(float(Neuron().voltage(1.9616585)), 4)
        15.0
        """
        t = np.asarray(t, float)
        return self.current / self.C * t * fill_factor(t * self.g / self.C)


@dataclass(frozen=True)
class Neuron(_Membrane, Model):
    """Membrane charged by a constant current through open channels, with a leak: it fires at a threshold.

    The rise of potential above rest obeys C V′ = N i − g V. Without leak the threshold is reached after Q/(N
    i); with leak the time is longer by `delay_factor` of rheobase over current, and infinite if the current
    does not exceed the rheobase. With g = 0 it is the ideal integrator.

    References
    ----------
    Brunel & van Rossum (2007), Biol. Cybern. 97, 337–339, doi:10.1007/s00422-007-0190-0.

    Examples
    --------
    >>> neuron = Neuron(C=20, rise=15, N=120, i=2, g=10)
    >>> print(round(neuron.ideal_time, 3), round(neuron.time, 3), neuron.rheobase)
    1.25 1.962 150.0
    """

    C: float = param(20.0, "pF", "membrane capacitance", low=5.0, high=100.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    rise: float = param(15.0, "mV", "rise from rest to threshold", symbol="ΔV", low=5.0, high=30.0,
                        scale="cell", source="illustrative")  # fmt: skip
    N: int = param(120, "", "number of open channels", low=20, high=400, integer=True, scale="cell",
                   source="illustrative")  # fmt: skip
    i: float = param(2.0, "pA", "current through one open channel", low=0.5, high=4.0, scale="molecule",
                     source="neher1978")  # fmt: skip
    g: float = param(10.0, "nS", "leak conductance", low=0.0, high=30.0, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    e: float = param(1.602176634e-4, "fC", "elementary charge", constant=True, scale="molecule",
                     source="tiesinga2021")  # fmt: skip

    @derived("1/ms", "ions through one open channel", scale="molecule", symbol="i/e")
    def flux(self):
        """Elementary charges per millisecond through one open channel."""
        return self.i / self.e

    @derived("", "ions that reach the threshold", scale="cell", symbol="Q/e")
    def ions(self):
        """Threshold charge in elementary charges."""
        return self.charge / self.e

    @derived("pA", "current", scale="cell", symbol="I")
    def current(self):
        """Current N i of all open channels."""
        return self.N * self.i

    def time_with_drive(self, drive):
        """Return the time to fire if each channel's current falls as the potential rises towards reversal.

        Parameters
        ----------
        drive : float
            Driving force at rest, reversal minus resting potential, in mV; infinite for a constant current.

        Returns
        -------
        float
            In ms. The driving force adds ΔV/drive to the fraction that the leak loses.

        Examples
        --------
        >>> print(round(Neuron(g=0).time_with_drive(70), 4), round(Neuron().time_with_drive(70), 4))
        1.4068 2.7227
        """
        if not drive > 0:
            raise ValueError(f"drive must be a positive number of mV, got {drive!r}")
        return float(self.ideal_time * delay_factor(self.rheobase / self.current + self.rise / drive))


@dataclass(frozen=True)
class GatedNeuron(_Membrane, Model):
    """The same membrane, its mean current shared out among N channels that open and close at random.

    Every channel is a two-state Markov chain of its own, already in equilibrium when a clamp that held the
    membrane at rest lets go at time zero. The emergent quantities of `Neuron` hold for the mean current. The
    variance of the potential is known exactly (`voltage_sd`), so that the scatter of the firing time falls as
    1/√N; a current below the rheobase, where the mean never fires, still fires a cell of few channels.

    References
    ----------
    Colquhoun & Hawkes (1977), Proc. R. Soc. B 199, 231–262, doi:10.1098/rspb.1977.0137.
    Goldwyn & Shea-Brown (2011), PLoS Comput. Biol. 7, e1002247, doi:10.1371/journal.pcbi.1002247.

    Examples
    --------
    >>> neuron = GatedNeuron(I=240, N=240, alpha=1, beta=1, g=0)
    >>> print(neuron.i, neuron.ideal_time, round(neuron.time_cv, 4))
    2.0 1.25 0.0459
    """

    C: float = param(20.0, "pF", "membrane capacitance", low=5.0, high=100.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    rise: float = param(15.0, "mV", "rise from rest to threshold", symbol="ΔV", low=5.0, high=30.0,
                        scale="cell", source="illustrative")  # fmt: skip
    I: float = param(240.0, "pA", "mean current", low=100.0, high=400.0, scale="cell",  # noqa: E741
                     source="illustrative")  # fmt: skip
    N: int = param(240, "", "number of channels", low=20, high=20000, log=True, integer=True, scale="cell",
                   source="illustrative")  # fmt: skip
    alpha: float = param(1.0, "1/ms", "opening rate constant", symbol="α", low=0.1, high=10.0, log=True,
                         scale="molecule", source="illustrative")  # fmt: skip
    beta: float = param(1.0, "1/ms", "closing rate constant", symbol="β", low=0.1, high=10.0, log=True,
                        scale="molecule", source="illustrative")  # fmt: skip
    g: float = param(10.0, "nS", "leak conductance", low=0.0, high=30.0, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip

    suggested_inputs: ClassVar[dict] = {"trials": 200}

    @property
    def current(self):
        """The mean current, under the name that all membranes share."""
        return self.I

    @derived("", "open fraction", scale="molecule", symbol="p")
    def open_fraction(self):
        """Chance α/(α + β) that a channel is open."""
        return self.alpha / (self.alpha + self.beta)

    @derived("ms", "gating time", scale="molecule", symbol="τ_c")
    def relaxation(self):
        """Correlation time 1/(α + β) of one channel's state."""
        return 1 / (self.alpha + self.beta)

    @derived("pA", "current through one open channel", scale="molecule", symbol="i")
    def i(self):
        """Share I/(N p) of one open channel in the mean current."""
        return self.I / (self.N * self.open_fraction)

    @derived("pA", "standard deviation of the current", scale="cell", symbol="σ_I")
    def current_sd(self):
        """Binomial scatter i √(N p (1 − p)) of the current."""
        return self.i * np.sqrt(self.N * self.open_fraction * (1 - self.open_fraction))

    @derived("", "relative scatter of the firing time", scale="cell", symbol="CV_t")
    def time_cv(self):
        """Small-noise estimate: scatter of the potential over its slope at `time`; infinite if never."""
        if not np.isfinite(self.time):
            return np.inf
        slope = (self.current - self.rheobase) / self.C
        return float(self.voltage_sd(self.time) / slope / self.time)

    def voltage_sd(self, t):
        """Return the standard deviation of the potential that the random gating causes, exactly.

        Parameters
        ----------
        t : array_like
            Time since the clamp let go, in ms.

        Returns
        -------
        float or numpy.ndarray
            In mV: the double integral of the current's covariance, one of them done by hand, the other by a
            48-point Gauss rule.

        Examples
        --------
        >>> round(float(GatedNeuron(g=0).voltage_sd(1.25)), 4)
        0.6889
        """
        t = np.asarray(t, float)
        nodes, weights = leggauss(48)
        leak, gate = self.g / self.C, 1 / self.relaxation
        u = t[..., None] * (nodes + 1) / 2
        inner = np.exp(-2 * leak * u) * u * fill_factor((gate - leak) * u)
        return self.current_sd / self.C * np.sqrt(t * (inner @ weights))

    def simulate(self, trials, *, rng, horizon=None, step=None, executor=None, progress=False):
        """Simulate the gates and return when each trial fires.

        The number of open channels has its exact law at every step; the potential is integrated exactly for a
        current that is linear within a step, so that the error is of second order in `step`.

        Parameters
        ----------
        trials : int
            Number of independent neurons.
        rng : int or numpy.random.Generator
            Seed or generator.
        horizon : float, optional
            When to stop, in ms; by default ten times `ideal_time`.
        step : float, optional
            Time step in ms; by default a fiftieth of the gating time, or of `ideal_time` if that is shorter.
        executor : concurrent.futures.Executor, optional
            Runs blocks of trials.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (trials,)
            Firing times in ms, infinite where the threshold is not reached before the horizon.

        Examples
        --------
        >>> times = GatedNeuron().simulate(100, rng=1)
        >>> bool(np.all(times > 0))
        True
        """
        horizon = 10 * self.ideal_time if horizon is None else horizon
        step = min(self.relaxation, self.ideal_time) / 50 if step is None else step
        run = partial(_firing_times, self, horizon, step)
        return replicate(run, trials, rng, executor=executor, progress=progress)

    def paths(self, times, trials, rng):
        """Return potentials of independent neurons at given times, as if no threshold cut them short.

        Parameters
        ----------
        times : array_like, shape (n,)
            Equally spaced times in ms, from zero.
        trials : int
            Number of independent neurons.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        volts : numpy.ndarray, shape (n, trials)
            Rise of potential above rest in mV.
        count : numpy.ndarray of int, shape (n, trials)
            Number of open channels.

        Examples
        --------
        >>> volts, count = GatedNeuron().paths([0, 1, 2], 5, rng=1)
        >>> print(volts.shape, volts[0])
        (3, 5) [0. 0. 0. 0. 0.]
        """
        rng, step = generator(rng), times[1] - times[0]
        decay, early, late = self._kick(step)
        count = np.empty((len(times), trials), int)
        volts = np.zeros((len(times), trials))
        count[0] = rng.binomial(self.N, self.open_fraction, trials)
        for k in range(1, len(times)):
            count[k] = self._gate(count[k - 1], step, rng)
            volts[k] = decay * volts[k - 1] + early * count[k - 1] + late * count[k]
        return volts, count

    def _gate(self, is_open, step, rng):
        changed = -np.expm1(-step / self.relaxation)
        closing = rng.binomial(is_open, (1 - self.open_fraction) * changed)
        return is_open - closing + rng.binomial(self.N - is_open, self.open_fraction * changed)

    def _kick(self, step):
        """Return the decay of the potential in a step, and what the channels open at its ends add."""
        nodes, weights = leggauss(12)
        s, w = (nodes + 1) / 2, weights / 2
        shape = np.exp(-step * self.g / self.C * (1 - s)) * w * self.i * step / self.C
        return np.exp(-step * self.g / self.C), shape @ (1 - s), shape @ s


def _firing_times(neuron, horizon, step, trials, rng):
    decay, early, late = neuron._kick(step)
    times = np.full(trials, np.inf)
    waiting, volts = np.arange(trials), np.zeros(trials)
    count = rng.binomial(neuron.N, neuron.open_fraction, trials)
    for tick in range(int(np.ceil(horizon / step))):
        new = neuron._gate(count, step, rng)
        after = decay * volts + early * count + late * new
        fired = after >= neuron.rise
        part = (neuron.rise - volts[fired]) / (after[fired] - volts[fired])
        times[waiting[fired]] = (tick + part) * step
        waiting, volts, count = waiting[~fired], after[~fired], new[~fired]
        if not len(waiting):
            break
    return np.where(times <= horizon, times, np.inf)


@dataclass(frozen=True)
class Pocket(Model):
    """A lone bacterium that fills a closed pocket with autoinducer and switches at a critical concentration.

    C′ = p/V − k C from C = 0, so that the switch comes at −ln(1 − C*/C∞)/k: the lossless time multiplied by
    `delay_factor`. It never comes (infinite) if the plateau C∞ does not exceed C*; with k = 0 the pocket
    fills at a constant rate and has no plateau.

    References
    ----------
    Fuqua, Winans & Greenberg (1994), J. Bacteriol. 176, 269–275, doi:10.1128/jb.176.2.269-275.1994.

    Examples
    --------
    >>> pocket = Pocket(p=800, V=10, k=0.25, C_crit=400)
    >>> print(round(pocket.plateau, 3), round(pocket.time, 5), round(pocket.least_production, 3))
    531.373 5.58971 602.214
    """

    p: float = param(800.0, "1/min", "molecules made per minute", low=100.0, high=3000.0, log=True,
                     scale="cell", source="illustrative")  # fmt: skip
    V: float = param(10.0, "fL", "volume of the pocket", low=2.0, high=100.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    k: float = param(0.25, "1/min", "degradation rate constant", low=0.0, high=1.0, domain="non-negative",
                     scale="molecule", source="illustrative")  # fmt: skip
    C_crit: float = param(400.0, "nM", "critical concentration", symbol="C*", low=5.0, high=1000.0, log=True,
                          scale="molecule", source="illustrative")  # fmt: skip
    per_nM: float = param(0.602214076, "1/(nM*fL)", "molecules in a femtolitre at one nanomolar",
                          symbol="N_A", constant=True, scale="molecule", source="tiesinga2021")  # fmt: skip

    @derived("", "molecules in the pocket at the switch", scale="molecule", symbol="n*")
    def molecules(self):
        """Number of molecules at the critical concentration."""
        return self.C_crit * self.V * self.per_nM

    @derived("nM", "plateau of the concentration", scale="cell", symbol="C∞")
    def plateau(self):
        """Concentration p/(k V) at which degradation balances production, infinite without degradation."""
        return _ratio(self.p, self.k * self.V * self.per_nM)

    @derived("1/min", "least production that ever switches", scale="cell", symbol="p_min")
    def least_production(self):
        """Production that degradation eats up at the critical concentration."""
        return self.molecules * self.k

    @derived("min", "time to switch without degradation", scale="cell", symbol="t₀")
    def ideal_time(self):
        """Molecules needed over molecules made per minute."""
        return self.molecules / self.p

    @derived("min", "time to switch", scale="cell", symbol="t_on")
    def time(self):
        """Time to the critical concentration, infinite if the plateau does not exceed it."""
        return self.ideal_time * delay_factor(self.least_production / self.p)

    def concentration(self, t):
        """Return the autoinducer concentration.

        Parameters
        ----------
        t : array_like
            Time in minutes.

        Returns
        -------
        float or numpy.ndarray
            In nM.

        Examples
        --------
        >>> round(float(Pocket().concentration(5.589705895)), 3)
        400.0
        """
        t = np.asarray(t, float)
        return self.p * t / (self.V * self.per_nM) * fill_factor(self.k * t)

    def mean_count_time(self):
        """Return the mean time to the switch when molecules are made and lost one at a time, exactly.

        Returns
        -------
        float
            In minutes: the sum of the mean waiting times from each number of molecules to the next. It stays
            finite where the deterministic time is infinite, because luck may carry the count over the
            threshold.

        References
        ----------
        Van Kampen (2007), Stochastic Processes in Physics and Chemistry, 3rd ed., North-Holland, section
        XII.2.

        Examples
        --------
        >>> print(round(Pocket().mean_count_time(), 3), round(Pocket(p=602).mean_count_time(), 1))
        5.583 18.3
        """
        waiting = total = 0.0
        for present in range(int(np.ceil(self.molecules * (1 - 1e-12)))):
            waiting = (1 + self.k * present * waiting) / self.p
            total += waiting
        return float(total)

    def open_concentration(self, D, radius):
        """Return the steady concentration at the surface of the same cell in open water.

        Parameters
        ----------
        D : float
            Diffusion coefficient, in µm²/min.
        radius : float
            Radius of the cell, in µm.

        Returns
        -------
        float
            p/(4πDr) in nM; a cubic micrometre is a femtolitre.

        References
        ----------
        Berg & Purcell (1977), Biophys. J. 20, 193–219, doi:10.1016/S0006-3495(77)85544-6.

        Examples
        --------
        >>> round(Pocket().open_concentration(29400, 0.5), 4)
        0.0072
        """
        return self.p / (4 * np.pi * D * radius) / self.per_nM


@dataclass(frozen=True)
class Quorum(Model):
    """Cells that share one volume and make more autoinducer the more of it they sense: a switch with memory.

    C′ = n a (1 + F H(C))/N_A − k C with H = C^h/(K^h + C^h). Each steady C belongs to one density n(C), which
    turns back where the logarithmic slope of the production is one; with w = (C/K)^h that is the quadratic (1
    + F) w² + (2 + F − F h) w + 1 = 0, so that both folds are exact. If it has no two positive roots (feedback
    too weak) there is no memory and no jump: the off state never ends (its fold and density are infinite),
    the on state has no end either (zero).

    References
    ----------
    Dockery & Keener (2001), Bull. Math. Biol. 63, 95–116, doi:10.1006/bulm.2000.0205.
    Haseltine & Arnold (2008), Appl. Environ. Microbiol. 74, 437–445, doi:10.1128/AEM.01688-07.

    Examples
    --------
    >>> quorum = Quorum(F=8.0, h=2)
    >>> print(quorum.up, quorum.down, len(Quorum(n=3e8, F=50).steady_states()))
    inf 0.0 3
    """

    n: float = param(3e8, "1/mL", "cell density", low=5e7, high=1e9, log=True, scale="population",
                     source="illustrative")  # fmt: skip
    a: float = param(5.0, "1/min", "basal production of one cell", low=0.5, high=50.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    F: float = param(50.0, "", "extra production at full induction, in multiples of basal", low=1.0,
                     high=200.0, log=True, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    K: float = param(5.0, "nM", "concentration of half induction", low=1.0, high=100.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    h: float = param(2.0, "", "Hill coefficient", low=1.0, high=4.0, scale="molecule", source="illustrative")
    k: float = param(0.01, "1/min", "loss rate constant of the autoinducer", low=0.001, high=0.1, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    per_nM: float = param(6.02214076e11, "1/(nM*mL)", "molecules in a millilitre at one nanomolar",
                          symbol="N_A", constant=True, scale="molecule", source="tiesinga2021")  # fmt: skip

    @property
    def loss(self):
        """Rate constant in 1/min of everything that takes autoinducer away."""
        return self.k

    @derived("nM", "concentration without feedback", scale="population", symbol="C₀")
    def basal(self):
        """Steady concentration if no cell were induced."""
        return self.n * self.a / (self.loss * self.per_nM)

    @derived("", "least feedback with memory", scale="cell", symbol="F_min")
    def least_feedback(self):
        """4h/(h − 1)², infinite for h up to 1: no amount of feedback makes a graded response remember."""
        return _ratio(4 * self.h, (self.h - 1) ** 2) if self.h > 1 else np.inf

    @derived("nM", "concentration where the off state ends", scale="population", symbol="C_up")
    def fold_up(self):
        """Lower fold of the steady concentration against density, infinite without memory."""
        return self._folds[0]

    @derived("nM", "concentration where the on state ends", scale="population", symbol="C_down")
    def fold_down(self):
        """Upper fold of the steady concentration against density, zero without memory."""
        return self._folds[1]

    @derived("1/mL", "density that switches the cells on", scale="population", symbol="n_up")
    def up(self):
        """Density at which the off state ends, infinite without memory."""
        return float(self.density(self.fold_up)) if np.isfinite(self.fold_up) else np.inf

    @derived("1/mL", "density that switches the cells off", scale="population", symbol="n_down")
    def down(self):
        """Density at which the on state ends, zero without memory."""
        return float(self.density(self.fold_down)) if self.fold_down > 0 else 0.0

    @property
    def _folds(self):
        middle = self.F * (self.h - 1) - 2
        root = middle**2 - 4 * (1 + self.F)
        if middle <= 0 or root <= 0:
            return np.inf, 0.0
        larger = (middle + np.sqrt(root)) / (2 * (1 + self.F))
        smaller = 1 / ((1 + self.F) * larger)
        return self.K * smaller ** (1 / self.h), self.K * larger ** (1 / self.h)

    def induction(self, C):
        """Return the induced fraction, the Hill function of the concentration.

        Parameters
        ----------
        C : array_like
            Concentration in nM, not negative.

        Returns
        -------
        float or numpy.ndarray
            From 0 to 1.

        Examples
        --------
        >>> float(Quorum(K=5).induction(5.0))
        0.5
        """
        w = (np.asarray(C, float) / self.K) ** self.h
        return w / (1 + w)

    def density(self, C):
        """Return the cell density at which C is a steady concentration.

        Parameters
        ----------
        C : array_like
            Concentration in nM.

        Returns
        -------
        float or numpy.ndarray
            In cells per mL.

        Examples
        --------
        >>> quorum = Quorum()
        >>> bool(np.isclose(quorum.density(quorum.fold_up), quorum.up))
        True
        """
        return self.loss * self.per_nM * np.asarray(C, float) / (self.a * (1 + self.F * self.induction(C)))

    def growth(self, C):
        """Return the net rate of change of the concentration.

        Parameters
        ----------
        C : array_like
            Concentration in nM.

        Returns
        -------
        float or numpy.ndarray
            In nM/min.

        Examples
        --------
        >>> quorum = Quorum()
        >>> [bool(abs(quorum.growth(C)) < 1e-12) for C in quorum.steady_states()]
        [True, True, True]
        """
        return self.loss * (self.basal * (1 + self.F * self.induction(C)) - np.asarray(C, float))

    def steady_states(self):
        """Return every steady concentration, found by bracketing between the folds.

        Returns
        -------
        list of float
            One concentration in nM, or three in increasing order of which the middle one is unstable; exactly
            at a fold the two that merge there are counted or not as rounding decides.

        Examples
        --------
        >>> [round(C, 3) for C in Quorum(n=3e8).steady_states()]
        [0.291, 2.067, 10.345]
        """
        low, high = self.basal, self.basal * (1 + self.F)
        inner = [C for C in (self.fold_up, self.fold_down) if low < C < high]
        edges = [low, *inner, high]
        values = [float(self.growth(C)) for C in edges]
        values[0], values[-1] = abs(values[0]), -abs(values[-1])
        pairs = zip(edges, edges[1:], values, values[1:], strict=False)
        found = [self._root(left, right) for left, right, start, end in pairs if start * end < 0]
        return found or [low]

    def _root(self, left, right):
        if self.growth(left) * self.growth(right) >= 0:
            return left if abs(self.growth(left)) <= abs(self.growth(right)) else right
        return brentq(self.growth, left, right, xtol=1e-13 * right, rtol=1e-13)

    def switch_time(self, C=None, start=0.0):
        """Return the time in which the concentration rises from `start` to C, an integral of 1/C′.

        Parameters
        ----------
        C : float, optional
            Concentration to reach, in nM; by default K.
        start : float
            Concentration at the beginning, in nM.

        Returns
        -------
        float
            In minutes; infinite if a steady state stands in the way.

        Examples
        --------
        >>> print(round(Quorum(n=6e8).switch_time(), 1), Quorum(n=3e8).switch_time())
        500.3 inf
        """
        end = self.K if C is None else C
        if any(start <= steady <= end for steady in self.steady_states()):
            return np.inf
        slowest = [self.fold_up] if start < self.fold_up < end else None
        seconds, _ = quad(lambda c: 1 / self.growth(c), start, end, points=slowest, limit=500)
        return float(seconds)


@dataclass(frozen=True)
class Colony(Quorum):
    """A layer of individual cells with random synthase copies that share a diffusing field of autoinducer.

    Each cell makes its synthase at the rate S δ (1 + F H) given by the concentration where it sits, and loses
    each copy at the rate δ; each copy makes autoinducer, which diffuses through the layer, decays, and leaves
    through the top surface at the speed P (P = 0 is a sealed vessel). `Quorum` with the loss k + 1/(L/P +
    L²/3D) is its mean field: exact in a thin or well mixed layer, and as the copies become many.

    References
    ----------
    Stewart (2003), J. Bacteriol. 185, 1485–1491, doi:10.1128/JB.185.5.1485-1491.2003.
    Fuqua, Winans & Greenberg (1994), J. Bacteriol. 176, 269–275, doi:10.1128/jb.176.2.269-275.1994.

    Examples
    --------
    >>> sealed, leaking = Colony(P=0), Colony(P=1)
    >>> print(sealed.loss, round(leaking.loss, 4), bool(leaking.up > sealed.up))
    0.01 0.02 True
    """

    S: float = param(20.0, "", "mean synthase copies of an uninduced cell", low=1.0, high=200.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    delta: float = param(0.02, "1/min", "turnover rate constant of the synthase", symbol="δ", low=0.005,
                         high=0.1, log=True, scale="molecule", source="illustrative")  # fmt: skip
    cells: int = param(1000, "", "number of cells followed", low=100, high=2000, log=True, integer=True,
                       scale="population", source="illustrative")  # fmt: skip
    L: float = param(100.0, "µm", "thickness of the layer", low=10.0, high=1000.0, log=True,
                     scale="population", source="illustrative")  # fmt: skip
    D: float = param(3e4, "µm²/min", "diffusion coefficient of the autoinducer", low=1e3, high=1e5, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    P: float = param(0.0, "µm/min", "transfer speed through the surface", low=0.0, high=500.0,
                     domain="non-negative", scale="population", source="illustrative")  # fmt: skip

    suggested_inputs: ClassVar[dict] = {"colonies": 3, "times": (0, 100, 200)}

    @property
    def loss(self):
        """Rate constant in 1/min of decay and outflow together, in the mean field."""
        return self.k + self.P / (self.L + self.P * self.L**2 / (3 * self.D))

    def simulate(self, colonies, times, *, rng, on=False, step=2.0, layers=20, executor=None, progress=False):
        """Simulate colonies cell by cell, with the autoinducer's field in thin layers.

        Within a step a cell's synthase has its exact birth-and-death law for the concentration at the step's
        start, and the field moves by its exact propagator for the mean synthase of the step: first order in
        `step`, second order in the layers.

        Parameters
        ----------
        colonies : int
            Number of independent colonies.
        times : array_like, shape (T,)
            Increasing times in min, from 0.
        rng : int or numpy.random.Generator
            Seed or generator.
        on : bool
            Whether the colony begins fully induced.
        step : float
            Longest time step in min.
        layers : int
            Layers of the field.
        executor : concurrent.futures.Executor, optional
            Runs colonies in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (colonies, T, layers)
            Concentration in nM, from the sealed bottom to the surface.

        Raises
        ------
        ValueError
            If times do not increase from zero.

        Examples
        --------
        >>> Colony(cells=200).simulate(2, [0, 50, 100], rng=1).shape
        (2, 3, 20)
        """
        times = np.asarray(times, float)
        if times[0] != 0 or not np.all(np.diff(times) > 0):
            raise ValueError(f"times must increase from 0, got {times.tolist()}")
        run = partial(_colony_fields, self, times, on, step, layers)
        return replicate(run, colonies, rng, block=1, executor=executor, progress=progress)

    def field_operator(self, layers):
        """Return the matrix that moves the field: diffusion between layers, decay, and outflow at the top.

        Parameters
        ----------
        layers : int
            Number of layers.

        Returns
        -------
        numpy.ndarray, shape (layers, layers)
            In 1/min, for concentrations from the bottom to the top.

        Examples
        --------
        >>> bool(np.allclose(Colony(k=0.5).field_operator(4) @ np.ones(4), -0.5))
        True
        """
        dx = self.L / layers
        matrix = np.diag(np.full(layers - 1, self.D / dx**2), 1)
        matrix += matrix.T
        matrix -= np.diag(matrix.sum(axis=1) + self.k)
        matrix[-1, -1] -= self.P / (1 + self.P * dx / (2 * self.D)) / dx
        return matrix


def _colony_fields(colony, times, on, step, layers, size, rng):
    return np.stack([_colony_field(colony, times, on, step, layers, rng) for _ in range(size)])


def _colony_field(colony, times, on, step, layers, rng):
    where = np.arange(colony.cells) * layers // colony.cells
    per_copy = colony.basal * colony.loss / colony.S / np.bincount(where, minlength=layers)
    level = 1 + colony.F * on
    copies = rng.poisson(colony.S * level, colony.cells)
    field = np.full(layers, colony.basal * level * on)
    recorded = [field]
    for span in np.diff(times):
        count = int(np.ceil(span / step))
        move, feed = _propagator(colony.field_operator(layers), span / count)
        for _ in range(count):
            before = np.bincount(where, copies, layers)
            copies = _turn_over(colony, copies, field[where], span / count, rng)
            field = move @ field + feed @ (per_copy * (before + np.bincount(where, copies, layers)) / 2)
        recorded.append(field)
    return np.array(recorded)


def _propagator(operator, span):
    """Return what a step does to a field, and to a constant source."""
    move = expm(operator * span)
    return move, np.linalg.solve(operator, move - np.eye(len(operator)))


def _turn_over(colony, copies, concentration, span, rng):
    lost = -np.expm1(-colony.delta * span)
    made = rng.poisson(colony.S * lost * (1 + colony.F * colony.induction(concentration)))
    return rng.binomial(copies, 1 - lost) + made


def _legend(ax, loc):
    """Put a legend on a ground of its own, where curves may pass below it."""
    ax.legend(loc=loc, frameon=True, facecolor=palette.PAPER, edgecolor="none", framealpha=0.85)


def _when(time, unit):
    return f"after {time:.3g} {unit}" if np.isfinite(time) else "never"


def tell_neuron(model):
    """Say in a sentence what `draw_neuron` shows."""
    limit = f"levels off at {model.plateau:.3g} millivolts" if np.isfinite(model.plateau) else "rises without limit"
    return (
        f"The potential {limit}; the threshold is at {model.rise:.3g}, met {_when(model.time, 'milliseconds')}. "
        f"The time to fire rises without end towards the rheobase of {model.rheobase:.3g} picoamperes."
    )


def tell_gating(model):
    """Say in a sentence what `draw_gating` shows."""
    return (
        f"Potentials of neurons with {model.N} channels scatter about the mean path, which meets the threshold "
        f"{_when(model.time, 'milliseconds')}; the share that has fired grows with time."
    )


def tell_pocket(model):
    """Say in a sentence what `draw_pocket` shows."""
    limit = f"tends to {model.plateau:.3g} nanomolar" if np.isfinite(model.plateau) else "rises without limit"
    return f"The concentration {limit}; the critical {model.C_crit:.3g} are reached {_when(model.time, 'minutes')}."


def tell_quorum(model):
    """Say in a sentence what `draw_quorum` shows."""
    folds = f"folds at {model.down:.3g} and {model.up:.3g} cells per millilitre" if model.down else "no folds"
    return f"The curve of steady states has {folds}; at this density it has {len(model.steady_states())}."


def draw_neuron(fig, model):
    """Draw the potential with and without leak, and the time to fire against the current."""
    left, right = fig.subplots(1, 2)
    ideal, t = model.replace(g=0.0), np.linspace(0, 12, 97)
    left.plot(t, np.minimum(ideal.voltage(t), 45), color=palette.GREY, ls="--", lw=1.5)
    left.plot(t, np.minimum(model.voltage(t), 45), color=palette.BLUE, lw=2)
    left.axhline(model.rise, color=palette.ORANGE, ls=":", lw=1.5)
    left.plot([min(model.time, 99)], [model.rise], "o", color=palette.BLUE, ms=7)
    left.text(11.8, model.rise + 0.5, "threshold", ha="right", color=palette.ORANGE)
    left.set(xlim=(0, 12), ylim=(0, 40), xlabel="time, t / ms", ylabel="rise above rest, V / mV")
    current = np.geomspace(20, 1000, 90)
    slow = model.charge / current * delay_factor(model.rheobase / current)
    right.plot(current, model.charge / current, color=palette.GREY, ls="--", lw=1.5, label="no leak")
    right.plot(current, np.minimum(slow, 1e3), color=palette.BLUE, lw=2, label="leak")
    right.axvline(max(model.rheobase, 1e-3), color=palette.GREEN, ls="-.", lw=1.5, label="rheobase")
    right.plot([model.current], [min(model.time, 1e3)], "o", color=palette.BLUE, ms=7)
    right.set(xscale="log", yscale="log", xlim=(20, 1000), ylim=(0.1, 20))
    right.set_xticks([20, 50, 100, 200, 500, 1000], ["20", "50", "100", "200", "500", "1000"])
    right.minorticks_off()
    right.set(xlabel="current, I / pA", ylabel="time to fire, t / ms")
    _legend(right, "lower left")


def draw_gating(fig, model):
    """Draw potentials of six neurons in their exact two-sigma band, and when 200 of them fire."""
    left, right = fig.subplots(1, 2)
    t = np.linspace(0, 20, 101)
    volts, _ = model.paths(t, 6, rng=3)
    mean, spread = model.voltage(t), 2 * model.voltage_sd(t)
    left.fill_between(t, mean - spread, mean + spread, color=palette.SKY, alpha=0.25, lw=0)
    left.plot(t, volts, color=palette.BLUE, lw=0.8)
    left.plot(t, mean, color=palette.GREY, ls="--", lw=1.5)
    left.axhline(model.rise, color=palette.ORANGE, ls=":", lw=1.5)
    ground = {"facecolor": palette.PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 1}
    left.text(19.6, model.rise + 0.7, "threshold", ha="right", color=palette.ORANGE, bbox=ground)
    left.set(xlim=(0, 20), ylim=(0, 40), xlabel="time, t / ms", ylabel="rise above rest, V / mV")
    fired = np.sort(model.simulate(200, rng=3, horizon=20.0, step=0.05))
    right.plot(t, np.searchsorted(fired, t, side="right") / 200, color=palette.BLUE, lw=2, label="random gates")
    jump = min(model.time, 99.0)
    right.plot([0, jump, jump, 99], [0, 0, 1, 1], color=palette.GREY, ls="--", lw=1.5, label="mean current")
    right.set(xlim=(0, 20), ylim=(-0.02, 1.4), xlabel="time, t / ms", ylabel="fraction that has fired")
    right.set_yticks([0, 0.25, 0.5, 0.75, 1])
    _legend(right, "upper right")


def draw_pocket(fig, model):
    """Draw the filling of the pocket, and the time to switch against the production."""
    left, right = fig.subplots(1, 2)
    t = np.linspace(0, 20, 81)
    left.plot(t, np.minimum(model.p * t / model.V / model.per_nM, 2e3), color=palette.GREY, ls="--", lw=1.5)
    left.plot(t, np.minimum(model.concentration(t), 2e3), color=palette.BLUE, lw=2)
    left.axhline(min(model.plateau, 2e3), color=palette.GREEN, ls="-.", lw=1.5)
    left.axhline(model.C_crit, color=palette.ORANGE, ls=":", lw=1.5)
    left.plot([min(model.time, 99)], [model.C_crit], "o", color=palette.BLUE, ms=7)
    left.text(19.8, model.C_crit + 12, "critical", ha="right", color=palette.ORANGE)
    left.text(0.3, min(model.plateau, 2e3) + 12, "plateau", ha="left", color=palette.GREEN, clip_on=True)
    left.set(xlim=(0, 20), ylim=(0, 1000), xlabel="time, t / min", ylabel="autoinducer, C / nM")
    p = np.geomspace(100, 3000, 90)
    right.plot(p, model.molecules / p, color=palette.GREY, ls="--", lw=1.5, label="no degradation")
    slow = model.molecules / p * delay_factor(model.least_production / p)
    right.plot(p, np.minimum(slow, 1e3), color=palette.BLUE, lw=2, label="degradation")
    right.axvline(max(model.least_production, 1e-3), color=palette.GREEN, ls="-.", lw=1.5, label="least production")
    right.plot([model.p], [min(model.time, 1e3)], "o", color=palette.BLUE, ms=7)
    right.set(xscale="log", yscale="log", xlim=(100, 3000), ylim=(0.3, 100))
    right.set(xlabel="production, p / min⁻¹", ylabel="time to switch, tₒₙ / min")
    _legend(right, "lower left")


def draw_quorum(fig, model):
    """Draw production against loss at this density, and the steady states against density."""
    left, right = fig.subplots(1, 2)
    C = np.geomspace(0.02, 200, 90)
    left.plot(C, model.growth(C) + model.loss * C, color=palette.BLUE, lw=2, label="made")
    left.plot(C, model.loss * C, color=palette.ORANGE, ls="--", lw=2, label="lost")
    states = [*model.steady_states(), 1e6, 1e6][:3]
    left.plot(states[::2], [model.loss * c for c in states[::2]], "o", color=palette.INK, ms=6)
    left.plot(states[1:2], [model.loss * states[1]], "o", mfc=palette.PAPER, color=palette.INK, ms=6)
    left.set(xscale="log", yscale="log", xlim=(0.02, 200), ylim=(1e-4, 3))
    left.set(xlabel="autoinducer, C / nM", ylabel="rate, nM/min")
    left.legend(loc="upper left")
    lower, upper = min(model.fold_up, 1e3), model.fold_down or 1e3
    for low, high, style in ((1e-3, lower, "-"), (lower, upper, "--"), (upper, 1e4, "-")):
        c = np.geomspace(low, high, 60)
        right.plot(model.density(c), c, color=palette.BLUE, ls=style, lw=2 if style == "-" else 1.2)
    right.axvline(model.n, color=palette.GREY, ls=":", lw=1.5)
    right.plot([model.n] * 2, states[::2], "o", color=palette.INK, ms=6)
    right.plot([model.n], states[1:2], "o", mfc=palette.PAPER, color=palette.INK, ms=6)
    right.set(xscale="log", yscale="log", xlim=(5e7, 2e9), ylim=(0.02, 200))
    right.set(xlabel="cell density, n / mL⁻¹", ylabel="steady autoinducer, C / nM")


def draw_channel_scatter(ax, neuron, counts, scatter):
    """Draw the relative scatter of simulated firing times against the number of channels, with the 1/√N law."""
    every = np.geomspace(15, 3e4, 30).round()
    theory = [neuron.replace(N=n).time_cv for n in every]
    ax.plot(every, theory, color=palette.BLUE, lw=2, label="exact variance, small noise")
    ax.plot(counts, scatter, "o", color=palette.ORANGE, ms=7, label="simulated channels")
    ax.set(xscale="log", yscale="log", xlim=(15, 3e4), ylim=(4e-3, 0.6))
    ax.set(xlabel="number of channels, N", ylabel="scatter of the firing time, CVₜ")
    ax.legend(loc="upper right")


def draw_hysteresis(ax, quorum, densities, off, on):
    """Draw concentrations of simulated colonies that started off or on over the steady states of their mean field."""
    for low, high, style in ((1e-3, quorum.fold_up, "-"), (quorum.fold_up, quorum.fold_down, "--"),
                             (quorum.fold_down, 1e4, "-")):  # fmt: skip
        c = np.geomspace(low, high, 60)
        ax.plot(quorum.density(c), c, color=palette.BLUE, ls=style, lw=2 if style == "-" else 1.2)
    ax.plot(densities, off, "^", color=palette.ORANGE, ms=8, label="colonies that start off")
    ax.plot(densities, on, "v", color=palette.GREEN, ms=8, label="colonies that start on")
    ax.set(xscale="log", yscale="log", xlim=(1e8, 1e9), ylim=(0.05, 100))
    ax.set(xlabel="cell density, n / mL⁻¹", ylabel="autoinducer, C / nM")
    ax.legend(loc="upper left")
