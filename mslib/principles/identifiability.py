"""What data can tell about parameters: binding, decay, growth, and the designs that cure what data cannot."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from scipy.stats import chi2

from .. import palette
from ..model import Model, derived, param
from ..numerics.identify import bootstrap, fisher, fit, profile, sensitivities, structure
from ..numerics.streams import generator

ONE, TWO = float(chi2.ppf(0.95, 1)), float(chi2.ppf(0.95, 2))
DOWN, UP = 50.0, 10.0
LUCK = np.random.default_rng(11).normal(size=60)


def _increasing(name, times):
    times = np.asarray(times, float)
    if times.ndim != 1 or not len(times) or not np.all(np.isfinite(times)) or np.any(times < 0):
        raise ValueError(f"{name} must be a row of finite times that are not negative, got {times!r}")
    return times


def _inner_minimum(predict, data, noise, outer, start):
    """Return χ² minimised over one inner logarithm for each outer one, and where, by damped Gauss–Newton steps."""
    inner = np.full(len(outer), float(start))
    for _ in range(60):
        values = predict(outer, inner + 1e-30j)
        residual, slope = (values.real - data) / noise, values.imag / 1e-30 / noise
        step = (slope * residual).sum(axis=1) / ((slope**2).sum(axis=1) + 1e-12)
        inner = inner - np.clip(step, -0.3, 0.3)
        if np.abs(step).max() < 1e-11:
            break
    return (((predict(outer, inner).real - data) / noise) ** 2).sum(axis=1), inner


@dataclass(frozen=True)
class Decay(Model):
    """A signal A exp(−kt) that is sampled with Gaussian noise.

    Examples
    --------
    >>> round(Decay().best_error, 6), round(Decay(t=8.0).error, 6)
    (0.067957, 0.341238)
    """

    A: float = param(1.0, "", "signal at the start", low=0.2, high=5.0, log=True, scale="cell", source="illustrative")
    k: float = param(0.5, "1/h", "decay rate constant", low=0.05, high=5.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    sigma: float = param(0.05, "", "standard deviation of a measurement", low=0.005, high=0.5, log=True, symbol="σ",
                         scale="cell", source="illustrative")  # fmt: skip
    t: float = param(4.0, "h", "time of the one sample", low=0.1, high=20.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip

    @derived("h", "best time for one sample", scale="cell", symbol="t*")
    def best_time(self):
        """Time 1/k at which one sample tells most about k, if A is known."""
        return 1.0 / self.k

    @derived("1/h", "error of k from one sample at the best time", scale="cell", symbol="σ_k*")
    def best_error(self):
        """Smallest standard deviation e k σ/A of k from one sample."""
        return np.e * self.k * self.sigma / self.A

    @derived("1/h", "error of k from the one sample", scale="cell", symbol="σ_k")
    def error(self):
        """Standard deviation σ/(A t exp(−kt)) of k from one sample at t, if A is known."""
        return self.sigma / self.A * np.exp(self.k * self.t) / self.t

    def predict(self, p, times):
        """Return the signal at times (h) for parameters A and k."""
        return p[0] * np.exp(-p[1] * np.asarray(times))

    def information(self, times):
        """Return the Fisher information of A and k from samples at times (h)."""
        times = _increasing("times", times)
        return fisher(sensitivities(lambda p: self.predict(p, times), [self.A, self.k]), self.sigma, ["A", "k"])


@dataclass(frozen=True)
class Binding(Model):
    """Receptors that bind a ligand of constant concentration, sampled as they fill and, if asked, as they empty.

    The occupancy rises as y = L/(L + K_d)·(1 − exp(−(k_on L + k_off)t)). After the last of n samples the ligand may be
    washed away; then y falls as exp(−k_off t) and m more samples are taken.

    Examples
    --------
    >>> late, early = Binding(first=40.0), Binding(first=1.0)
    >>> bool(late.error_off > 20 * early.error_off)
    True
    """

    k_on: float = param(0.06, "1/nM/min", "binding rate constant", low=0.006, high=0.6, log=True, symbol="k_on",
                        scale="molecule", source="illustrative")  # fmt: skip
    k_off: float = param(0.06, "1/min", "unbinding rate constant", low=0.006, high=0.6, log=True, symbol="k_off",
                         scale="molecule", source="illustrative")  # fmt: skip
    L: float = param(2.0, "nM", "ligand concentration", low=0.1, high=20.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    first: float = param(2.0, "min", "time of the first sample", low=0.2, high=50.0, log=True, symbol="t₁",
                         scale="cell", source="illustrative")  # fmt: skip
    last: float = param(60.0, "min", "time of the last sample before washing", low=55.0, high=200.0, symbol="t_n",
                        scale="cell", source="illustrative")  # fmt: skip
    n: int = param(8, "", "samples before washing", low=2, high=30, integer=True, scale="cell", source="illustrative")
    m: int = param(0, "", "samples after washing", low=0, high=20, integer=True, domain="non-negative", scale="cell",
                   source="illustrative")  # fmt: skip
    sigma: float = param(0.05, "", "standard deviation of a measurement", low=0.005, high=0.2, log=True, symbol="σ",
                         scale="cell", source="illustrative")  # fmt: skip
    NAMES: ClassVar[tuple] = ("k_on", "k_off")

    def check(self):
        """Refuse a first sample that is not before the last."""
        if self.first >= self.last:
            raise ValueError(f"Binding.first must lie before Binding.last, got {self.first} and {self.last} min")

    @derived("nM", "dissociation constant", scale="molecule", symbol="K_d")
    def dissociation(self):
        """Ligand that fills half of the receptors, k_off/k_on."""
        return self.k_off / self.k_on

    @derived("min", "relaxation time of binding", scale="molecule", symbol="τ")
    def relaxation(self):
        """Time in which occupancy covers all but 1/e of its way."""
        return 1.0 / (self.k_on * self.L + self.k_off)

    @derived("", "occupancy in the end", scale="cell", symbol="y∞")
    def occupancy(self):
        """Share of bound receptors at equilibrium, L/(L + K_d)."""
        return self.L / (self.L + self.dissociation)

    @derived("", "standard deviation of ln k_on", scale="molecule", symbol="δ_on")
    def error_on(self):
        """Cramér–Rao bound of the standard deviation of ln k_on; infinite if it is not identifiable."""
        return self.information().bounds[0]

    @derived("", "standard deviation of ln k_off", scale="molecule", symbol="δ_off")
    def error_off(self):
        """Cramér–Rao bound of the standard deviation of ln k_off; infinite if it is not identifiable."""
        return self.information().bounds[1]

    @derived("", "standard deviation of ln K_d", scale="molecule", symbol="δ_Kd")
    def error_ratio(self):
        """Cramér–Rao bound of the standard deviation of ln K_d, with both constants unknown."""
        turned = self.slopes() @ np.array([[1.0, 0.0], [1.0, 1.0]])
        return fisher(turned, self.sigma, ["k_on", "K_d"]).bounds[1]

    @property
    def times(self):
        """Sampling times in min: n of them from the first to the last by ratios, m evenly in as long again."""
        after = self.last * (1.0 + np.arange(1, self.m + 1) / max(self.m, 1))
        return np.r_[np.geomspace(self.first, self.last, self.n), after]

    def predict(self, p, times=None):
        """Return the occupancy for rate constants p = (k_on, k_off).

        Parameters
        ----------
        p : sequence of two numbers or arrays
            Rate constants; arrays broadcast against the times.
        times : array_like, optional
            Times in min; the samples of the design if left out.

        Returns
        -------
        numpy.ndarray
            Occupancy.
        """
        times = self.times if times is None else np.asarray(times, float)
        rate, filling = p[0] * self.L + p[1], np.minimum(times, self.last)
        filled = p[0] * self.L / rate * (1.0 - np.exp(-rate * filling))
        return filled * np.exp(-p[1] * (times - filling))

    def slopes(self):
        """Return the derivatives of the samples by the logarithms of k_on and k_off, shape (samples, 2)."""
        return sensitivities(lambda u: self.predict(np.exp(u)), np.log([self.k_on, self.k_off]))

    def information(self):
        """Return the Fisher information of ln k_on and ln k_off."""
        return fisher(self.slopes(), self.sigma, self.NAMES)

    def data(self, rng):
        """Return noisy samples, shape (n + m,), from a seed or generator."""
        noise = generator(rng).normal(size=self.n + self.m)
        return self.predict((self.k_on, self.k_off)) + self.sigma * noise

    def fit(self, data):
        """Return the best fit of k_on and k_off to samples."""
        return fit(self.predict, data, self.sigma, [self.k_on, self.k_off], log=True)

    def profile(self, data, best, index, values):
        """Return the profile likelihood of k_on (index 0) or k_off (index 1)."""
        return profile(self.predict, data, self.sigma, best, index, values, log=True)

    def bootstrap(self, parameters, count, rng, executor=None):
        """Return estimates from data that the fitted model makes itself, shape (count, 2)."""
        return bootstrap(self.predict, self.sigma, parameters, count, rng=rng, log=True, executor=executor)

    def log_likelihood(self, data, logs):
        """Return the logarithm of the likelihood for ln k_on and ln k_off of shape (2, walkers).

        Values more than a factor of 10,000 from the model's own are refused (−∞), so that a posterior exists.
        """
        rates = np.exp(logs)[:, :, None]
        misfit = ((self.predict(rates) - data) ** 2).sum(axis=1) / self.sigma**2
        far = np.abs(logs - np.log([[self.k_on], [self.k_off]])).max(axis=0) > np.log(1e4)
        return np.where(far, -np.inf, -0.5 * misfit)

    def excess(self, k_on, k_off):
        """Return χ² above its minimum on arrays of rate constants, for data without noise."""
        expected = self.predict((self.k_on, self.k_off))
        off = self.predict((np.asarray(k_on)[..., None], np.asarray(k_off)[..., None])) - expected
        return (off**2).sum(axis=-1) / self.sigma**2

    def expected_profile(self, k_off):
        """Return χ² above its minimum for each k_off, with k_on fitted anew, for data without noise."""
        return self._along(k_off)[0]

    def best_partner(self, k_off):
        """Return the k_on that fits best for each k_off, for data without noise."""
        return np.exp(self._along(k_off)[1])

    def _along(self, k_off):
        """Return χ² above its minimum and the logarithm of the best k_on for each k_off."""
        expected = self.predict((self.k_on, self.k_off))

        def predict(outer, inner):
            return self.predict((np.exp(inner)[:, None], np.exp(outer)[:, None]))

        logs = np.log(np.asarray(k_off, float))
        return _inner_minimum(predict, expected, self.sigma, logs, np.log(self.k_on))

    def expected_ratio_profile(self, K_d):
        """Return χ² above its minimum for each K_d (nM), with k_off fitted anew, for data without noise."""
        expected, logs = self.predict((self.k_on, self.k_off)), np.log(np.asarray(K_d, float))

        def predict(outer, inner):
            return self.predict((np.exp(inner - outer)[:, None], np.exp(inner)[:, None]))

        starts = np.log(self.k_off * np.array([0.1, 1.0, 10.0]))
        return np.min([_inner_minimum(predict, expected, self.sigma, logs, start)[0] for start in starts], axis=0)

    def ratio_interval(self):
        """Return the 95 % interval of K_d (nM) by its profile, open (0 or ∞) if no end lies within a factor of 30.

        Examples
        --------
        >>> [round(end, 2) for end in Binding(first=40.0).ratio_interval()]
        [0.41, 1.17]
        """
        steps, ends = np.linspace(0.0, np.log(30.0), 801), []
        for side, open_end in ((-1.0, 0.0), (1.0, np.inf)):
            heights = np.sqrt(self.expected_ratio_profile(self.dissociation * np.exp(side * steps)))
            over = int((heights > np.sqrt(ONE)).argmax())
            reach = np.interp(np.sqrt(ONE), heights[over - 1 : over + 1], steps[over - 1 : over + 1]) if over else None
            ends.append(float(self.dissociation * np.exp(side * reach)) if over else open_end)
        return tuple(ends)


def binding_structure(washed):
    """Return the structural test of binding: seen at equilibrium only, or in its whole course.

    Parameters
    ----------
    washed : bool
        Whether the course is seen; otherwise only the equilibrium is.

    Returns
    -------
    mslib.numerics.identify.Structure
        Which combinations of k_on and k_off are determined.

    Examples
    --------
    >>> binding_structure(False).combinations
    [{'k_on': 1, 'k_off': -1}]
    """
    if washed:
        return structure(lambda x, p: [2 * p[0] * (1 - x[0]) - p[1] * x[0]], lambda x, p: [x[0]], states=["y"],
                         parameters=Binding.NAMES, start={"y": 0})  # fmt: skip
    return structure(lambda x, p: [0], lambda x, p: [2 * p[0] / (2 * p[0] + p[1])], states=["y"],
                     parameters=Binding.NAMES, start={"y": 0})  # fmt: skip


@dataclass(frozen=True)
class Culture(Model):
    """A culture that grows logistically, counted n times up to the time T, with a known inoculum.

    Examples
    --------
    >>> early, late = Culture(T=5.0), Culture(T=20.0)
    >>> round(early.error_K, 2), round(late.error_K, 3)
    (1.16, 0.034)
    """

    N0: float = param(0.05, "", "cells at the start, in units of the capacity", low=0.005, high=0.3, log=True,
                      symbol="N₀", scale="population", source="illustrative")  # fmt: skip
    r: float = param(0.3, "1/h", "growth rate", low=0.05, high=1.0, log=True, scale="cell", source="illustrative")
    K: float = param(1.0, "", "capacity", low=0.5, high=2.0, log=True, scale="population", source="illustrative")
    T: float = param(10.0, "h", "time of the last count", low=1.0, high=50.0, log=True, scale="population",
                     source="illustrative")  # fmt: skip
    n: int = param(11, "", "counts", low=3, high=50, integer=True, scale="population", source="illustrative")
    sigma: float = param(0.05, "", "relative standard deviation of a count", low=0.005, high=0.3, log=True, symbol="σ",
                         scale="population", source="illustrative")  # fmt: skip

    @derived("", "relative error of the capacity", scale="population", symbol="δ_K")
    def error_K(self):
        """Cramér–Rao bound of the relative standard deviation of K, with r unknown too."""
        return self.information().bounds[0] / self.K

    @derived("", "relative error of the growth rate", scale="cell", symbol="δ_r")
    def error_r(self):
        """Cramér–Rao bound of the relative standard deviation of r, with K unknown too."""
        return self.information().bounds[1] / self.r

    @derived("h", "time at which half of the capacity is reached", scale="population", symbol="t½")
    def midpoint(self):
        """Time ln(K/N₀ − 1)/r of the fastest growth; zero if the start is beyond it."""
        return np.log(max(self.K / self.N0 - 1.0, 1.0)) / self.r

    @property
    def times(self):
        """Times of the counts in h, evenly from 0 to T."""
        return np.linspace(0.0, self.T, self.n)

    def predict(self, p, times=None):
        """Return the cells for capacity and growth rate p = (K, r), at times (h) or at those of the counts."""
        times = self.times if times is None else np.asarray(times, float)
        return p[0] / (1.0 + (p[0] / self.N0 - 1.0) * np.exp(-p[1] * times))

    def information(self, times=None):
        """Return the Fisher information of K and r from counts at times (h), with the noise σN held fixed.

        That the noise depends on K and r, too, would add the share 2σ² to it.
        """
        slopes = sensitivities(lambda p: self.predict(p, times), [self.K, self.r])
        return fisher(slopes, self.sigma * self.predict((self.K, self.r), times), ["K", "r"])

    def expected_profile(self, K):
        """Return χ² above its minimum for each capacity with r fitted anew, for data without noise, and that r."""
        expected = self.predict((self.K, self.r))

        def predict(outer, inner):
            return self.predict((np.exp(outer)[:, None], np.exp(inner)[:, None]))

        logs = np.log(np.asarray(K, float))
        cost, inner = _inner_minimum(predict, expected, self.sigma * expected, logs, np.log(self.r))
        return cost, np.exp(inner)


def _region(model):
    """Return the border of the 95 % region of both rate constants as one line with gaps.

    Heights are taken on a grid along k_off, finer near the estimate, and across it around the k_on that fits best.
    """
    from contourpy import contour_generator

    along = np.r_[np.linspace(-1.05 * np.log(DOWN), -0.7, 36)[:-1], np.linspace(-0.7, 0.7, 43)]
    along = np.r_[along, np.linspace(0.7, 1.05 * np.log(UP), 19)[1:]]
    across = 2.0 * np.sinh(np.linspace(-5.0, 5.0, 61)) / np.sinh(5.0)
    middle = model.best_partner(model.k_off * np.exp(along))
    heights = model.excess(middle * np.exp(across[:, None]), model.k_off * np.exp(along))
    lines = contour_generator(along, across, heights).lines(TWO)
    off, on = np.concatenate([np.r_[line, [[np.nan, np.nan]]] for line in lines] or [np.full((1, 2), np.nan)]).T
    return np.exp(on + np.interp(off, along, np.log(middle))), model.k_off * np.exp(off)


def _rates_axes(ax, model):
    for name, middle, axis in (("x", model.k_on, ax.set_xlim), ("y", model.k_off, ax.set_ylim)):
        ax.set(**{f"{name}scale": "log"})
        axis(middle / DOWN, middle * UP)
    ax.set(xlabel="binding, k_on / nM⁻¹ min⁻¹", ylabel="unbinding, k_off / min⁻¹")


def _up_to_six(heights):
    return np.where(heights <= 6.0, heights, np.nan)


def _misfit_axes(ax, x, label):
    ax.axhline(np.sqrt(ONE), color=palette.GREY, ls=":", lw=1.5, label="95 %")
    ax.set(xscale="log", xlim=(x[0], x[-1]), ylim=(0, 7.4), xlabel=label, ylabel="misfit above the best, √Δχ²")
    ax.set_yticks(range(7))
    ax.legend(loc="upper center", ncols=3, fontsize=8, handlelength=1.5, columnspacing=1.0)


def draw_banana(fig, model):
    """Draw the 95 % region of both rate constants with its ellipse, and the profile of k_off with its parabola."""
    left, right = fig.subplots(1, 2)
    off, heights = _profile(model)
    left.plot(*_region(model), color=palette.BLUE, label="likelihood")
    left.plot(*_log_ellipse(model), color=palette.ORANGE, ls="--", lw=1.5, label="FIM ellipse")
    left.plot([model.k_on], [model.k_off], "o", color=palette.INK, ms=5)
    _rates_axes(left, model)
    left.legend(loc="upper left", fontsize=8)
    right.plot(off, _up_to_six(heights), color=palette.BLUE, label="profile")
    right.plot(
        off,
        _up_to_six(np.abs(np.log(off / model.k_off)) / model.error_off),
        color=palette.ORANGE,
        ls="--",
        lw=1.5,
        label="FIM",
    )
    _misfit_axes(right, off, "unbinding, k_off / min⁻¹")


def _log_ellipse(model):
    if not np.isfinite(model.error_off):
        reach = np.array([0.01, 100.0])
        return model.k_on * reach, model.k_off * reach
    ring = model.information().ellipse(np.zeros(2), points=81)
    ring *= np.minimum(1.0, 300.0 / np.abs(ring).max(axis=0))
    return np.array([[model.k_on], [model.k_off]]) * np.exp(ring)


def _per_cent(share):
    return f"{float(f'{100 * share:.2g}'):.0f}" if share >= 0.1 else f"{100 * share:.2g}"


@lru_cache(maxsize=32)
def _profile(model):
    """Return the values of k_off in the picture, and the root of the profile there."""
    off = model.k_off * np.geomspace(1.0 / DOWN, UP, 81)
    return off, np.sqrt(model.expected_profile(off))


def _ends(model):
    """Return the least and the greatest k_off of the 95 % region by the profile, None where it leaves the picture."""
    off, heights = _profile(model)
    middle, level, logs = int(heights.argmin()), np.sqrt(TWO), np.log(off)
    sides = ((heights[middle::-1], logs[middle::-1]), (heights[middle:], logs[middle:]))
    return [np.exp(np.interp(level, *side)) if side[0][-1] > level else None for side in sides]


def tell_banana(model):
    """Say in a sentence what `draw_banana` shows."""
    c, d = _ends(model)
    over = _profile(model)[1] > np.sqrt(ONE)
    crosses = {(True, True): "on both sides", (True, False): "on the left only", (False, True): "on the right only"}
    line = f"the profile of k_off crosses the line {crosses.get((bool(over[0]), bool(over[-1])), 'nowhere')}"
    right = "the upper right, where both constants grow together and only their ratio is known"
    bottom = "the bottom, where unbinding is too slow to show and only k_on is known"
    if c and d:
        on = _region(model)[0]
        a, b = np.nanmin(on), np.nanmax(on)
        return (f"The region is closed: k_on lies between {a:.2g} and {b:.2g} per nanomolar and minute, k_off between "
                f"{c:.2g} and {d:.2g} per minute; {line}.")  # fmt: skip
    if d:
        return f"The region leaves the picture at {bottom}; k_off has a greatest value of {d:.2g} per minute; {line}."
    rest = f"; k_off has a least value of {c:.2g} per minute" if c else f", and at {bottom}"
    return f"The region is a strip that leaves the picture at {right}{rest}; {line}."


def _capacities(model):
    """Return capacities with their misfit and growth rates, and which are the smallest and the largest that fit."""
    K = model.K * np.geomspace(0.1, 100.0, 121)
    cost, rates = model.expected_profile(K)
    inside = np.flatnonzero(cost <= ONE)
    return K, cost, rates, *((inside[0], inside[-1]) if inside.size else (np.abs(K - model.K).argmin(),) * 2)


def draw_culture(fig, model):
    """Draw counts with the growth curves at both ends of the profile of K, and the profile with its parabola."""
    left, right = fig.subplots(1, 2)
    t = np.linspace(0.0, 30.0, 91)
    K, cost, rates, low, high = _capacities(model)
    counts = model.predict((model.K, model.r)) * (1.0 + model.sigma * LUCK[: model.n])
    left.plot(t, model.predict((model.K, model.r), t), color=palette.INK, lw=1.5, label="truth")
    left.plot(t, model.predict((K[high], rates[high]), t), color=palette.RED, ls="-.", label="largest K")
    left.plot(t, model.predict((K[low], rates[low]), t), color=palette.BLUE, ls="--", label="smallest K")
    left.plot(model.times, counts, "o", color=palette.INK, ms=4)
    left.set(xlim=(0, 30), ylim=(0, 3), xlabel="time, t / h", ylabel="cells, in units of the capacity")
    left.legend(loc="upper left")
    right.plot(K, _up_to_six(np.sqrt(cost)), color=palette.BLUE, label="profile")
    right.plot(
        K, _up_to_six(np.abs(K / model.K - 1.0) / model.error_K), color=palette.ORANGE, ls="--", lw=1.5, label="FIM"
    )
    _misfit_axes(right, K, "capacity, K")


def tell_culture(model):
    """Say in a sentence what `draw_culture` shows."""
    K, _, rates, low, high = _capacities(model)
    bottom, top = (float(model.predict((K[i], rates[i]), 30.0)) for i in (low, high))
    when = "before" if model.midpoint > model.T else "after"
    fate = f"at 30 h the curves that fit lie between {bottom:.2g} and {top:.2g}"
    if top > 3.0:
        fate = "the curve with the largest capacity that fits runs off the picture"
        fate += ", and no capacity of the profile is too large to fit" if high == len(K) - 1 else ""
    elif top - bottom < 0.5:
        fate = "the curves that fit lie close together"
    error = f"The standard error of the capacity is {_per_cent(model.error_K)} per cent."
    return f"{error} The counts end {when} the time of fastest growth; {fate}."


def draw_same_data(ax, model, best, estimates, samples):
    """Draw on one plane bootstrap estimates, posterior samples, likelihood region and ellipse of one set of data."""
    here = model.replace(k_on=best.parameters[0], k_off=best.parameters[1])
    ax.plot(*samples, ".", color=palette.SKY, ms=2, alpha=0.35, label="posterior")
    ax.plot(*estimates.T, "x", color=palette.PURPLE, ms=3, mew=0.8, label="bootstrap")
    ax.plot(*_region(here), color=palette.BLUE, label="likelihood region")
    ax.plot(*_log_ellipse(here), color=palette.ORANGE, ls="--", label="FIM ellipse")
    ax.plot([model.k_on], [model.k_off], "*", color=palette.INK, ms=9, label="truth")
    ax.set(xscale="log", yscale="log", xlim=(0.03, 0.15), ylim=(0.02, 0.25), xlabel="binding, k_on / nM⁻¹ min⁻¹",
           ylabel="unbinding, k_off / min⁻¹")  # fmt: skip
    ax.set_xticks([0.03, 0.05, 0.1, 0.15], ["0.03", "0.05", "0.1", "0.15"])
    ax.set_yticks([0.02, 0.05, 0.1, 0.2], ["0.02", "0.05", "0.1", "0.2"])
    ax.minorticks_off()
    ax.legend(loc="upper left", fontsize=8)


@lru_cache(maxsize=8)
def intervals(model, noises):
    """Return, for each noise, the 95 % interval of k_off by profile and by FIM, as factors of the truth.

    Parameters
    ----------
    model : Binding
        The design.
    noises : tuple of float
        Standard deviations of a measurement.

    Returns
    -------
    numpy.ndarray, shape (noises, 3)
        Lower and upper end of the profile, and half the width of the ellipse's interval, all in ln k_off.
    """
    rows = []
    for noise in noises:
        here = model.replace(sigma=noise)
        half = np.sqrt(ONE) * here.error_off
        logs = np.linspace(-2.0, 2.0, 401) * half
        root = np.sqrt(here.expected_profile(here.k_off * np.exp(logs)))
        low, high = (
            np.interp(np.sqrt(ONE), root[side], np.abs(logs[side])) for side in (slice(200, None, -1), slice(200, None))
        )
        rows.append((-low, high, half))
    return np.array(rows)


def draw_intervals(ax, noises, found):
    """Draw how far the profile's interval leans from the symmetric one of the FIM, against the noise."""
    lean = (found[:, 1] + found[:, 0]) / found[:, 2]
    width = 0.5 * (found[:, 1] - found[:, 0]) / found[:, 2] - 1.0
    ax.plot(noises, np.abs(lean), "o-", color=palette.BLUE, label="lean: upper end against lower end")
    ax.plot(noises, np.abs(width), "s--", color=palette.GREEN, label="width: profile against FIM")
    share = np.asarray(noises) / noises[0]
    ax.plot(noises, 0.6 * np.abs(lean[0]) * share, color=palette.GREY, ls=":", lw=1.5)
    ax.plot(noises, 0.6 * np.abs(width[0]) * share**2, color=palette.GREY, ls=":", lw=1.5)
    ax.set(xscale="log", yscale="log", xlabel="noise of a measurement, σ", ylabel="relative difference from the FIM")
    ax.set_xticks(noises, [f"{noise:g}" for noise in noises])
    ax.minorticks_off()
    ax.legend(loc="lower right")
