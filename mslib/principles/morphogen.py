"""Morphogen gradients: molecules that diffuse and decay draw the borders of a tissue."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfc, erfcx

from .. import palette
from ..model import Model, derived, param
from ..numerics.diffusion import diffuse_decay
from ..numerics.streams import replicate

REACH = 120.0
WIDE = 250.0


def _not_negative(name, values):
    values = np.asarray(values, float)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise ValueError(f"{name} must be finite and not negative, got {values!r}")
    return values


@dataclass(frozen=True)
class _Profile(Model):
    """What every steady gradient of a diffusing and decaying morphogen shares, whatever feeds it."""

    D: float = param(0.1, "µm²/s", "diffusion coefficient", low=0.02, high=2.0, log=True,
                     scale="molecule", source="kicheva2007")  # fmt: skip
    k: float = param(2.52e-4, "1/s", "degradation rate constant", low=5e-5, high=5e-3, log=True,
                     scale="molecule", source="kicheva2007")  # fmt: skip
    threshold: float = param(20.0, "nM", "threshold of the vein fate", low=2.0, high=200.0, log=True, symbol="C_T",
                             scale="cell", source="illustrative")  # fmt: skip
    cv: float = param(0.1, "", "variation of the source between animals", low=0.01, high=0.5, log=True,
                      domain="non-negative", symbol="CV", scale="organism", source="illustrative")  # fmt: skip
    seconds_per_hour: float = param(3600.0, "s/h", "seconds in an hour", symbol="s/h", constant=True,
                                    scale="organism", source="illustrative")  # fmt: skip

    @derived("µm", "characteristic length", scale="tissue", symbol="λ")
    def length(self):
        """Distance √(D/k) over which the concentration falls by the factor e."""
        return np.sqrt(self.D / self.k)

    @derived("µm", "width of the vein", scale="tissue", symbol="x*")
    def width(self):
        """Distance from the source at which the steady concentration falls to the threshold."""
        return self.length * max(np.log(self.source_concentration / self.threshold), 0.0)

    @derived("µm", "scatter of the border between animals", scale="organism", symbol="σ_x")
    def scatter(self):
        """Standard deviation λ·CV of the border when the source varies by a small CV; zero if there is no vein."""
        return self.length * self.cv if self.width > 0.0 else 0.0

    def exact_scatter(self):
        """Return the standard deviation λ√ln(1 + CV²) of the border (µm) for sources that differ lognormally.

        Examples
        --------
        >>> round(float(Gradient(cv=0.4).exact_scatter() / Gradient(cv=0.4).scatter), 4)
        0.9631
        """
        return self.length * np.sqrt(np.log1p(self.cv**2))

    def concentration(self, x):
        """Return the steady concentration.

        Parameters
        ----------
        x : array_like
            Distances from the source, in µm, not negative.

        Returns
        -------
        numpy.ndarray
            Concentrations in nM, of the shape of `x`.

        Raises
        ------
        ValueError
            If a distance is negative or not finite.

        Examples
        --------
        >>> Gradient(D=1, k=1, C0=50, threshold=20).concentration([0.0])
        array([50.])
        """
        return self.source_concentration * np.exp(-_not_negative("x", x) / self.length)

    def _waves(self, x, t):
        """Return exp(−x/λ) erfc(z₋) and exp(x/λ) erfc(z₊), the second without overflow."""
        x = _not_negative("x", x)
        if not np.isfinite(t) or t <= 0:
            raise ValueError(f"t must be a positive time in s, got {t!r}")
        spread, decay = x / (2.0 * np.sqrt(self.D * t)), np.sqrt(self.k * t)
        inward = np.exp(-x / self.length) * erfc(spread - decay)
        return inward, np.exp(-(spread**2) - decay**2) * erfcx(spread + decay)

    def simulate_profiles(self, times, *, reach=None, cells=400):
        """Return profiles computed by finite volumes and Crank–Nicolson steps on a long, sealed tissue.

        Parameters
        ----------
        times : array_like, shape (T,)
            Increasing times in s.
        reach : float, optional
            Length of the tissue in µm; ten characteristic lengths if left out.
        cells : int
            Number of finite volumes.

        Returns
        -------
        x : numpy.ndarray, shape (cells,)
            Distances from the source in µm.
        c : numpy.ndarray, shape (T, cells)
            Concentrations in nM.

        Raises
        ------
        ValueError
            If times do not increase, or the cells do not resolve λ.

        Examples
        --------
        >>> x, c = Gradient().simulate_profiles([3600.0])
        >>> bool(np.allclose(c[0], Gradient().concentration_at(x, 3600.0), atol=0.05))
        True
        """
        reach = 10.0 * self.length if reach is None else reach
        return diffuse_decay(self.D, self.k, reach, times, cells=cells, **self._feed())

    def borders(self, animals, rng):
        """Return the border x* of animals whose sources differ, lognormally, with coefficient of variation CV.

        Parameters
        ----------
        animals : int
            Number of animals.
        rng : int or numpy.random.Generator
            Seed or generator.

        Returns
        -------
        numpy.ndarray, shape (animals,)
            Borders in µm; zero where the source stays below the threshold.

        Examples
        --------
        >>> borders = Gradient(cv=0.05).borders(4000, rng=1)
        >>> bool(abs(borders.std() / Gradient(cv=0.05).scatter - 1) < 0.05)
        True
        """
        spread = np.sqrt(np.log1p(self.cv**2))
        shifts = replicate(lambda size, g: g.normal(-(spread**2) / 2, spread, size), animals, rng)
        return np.maximum(self.length * (np.log(self.source_concentration / self.threshold) + shifts), 0.0)


@dataclass(frozen=True)
class Gradient(_Profile):
    """Steady gradient of a morphogen that is held at C₀ at its source, diffuses and decays.

    On a long tissue D C″ = k C gives C(x) = C₀ exp(−x/λ) with λ = √(D/k); cells where C exceeds the threshold
    become vein, out to x* = λ ln(C₀/C_T). The vein vanishes if the threshold is at least C₀.

    References
    ----------
    Wolpert (1969), J. Theor. Biol. 25, 1–47, doi:10.1016/S0022-5193(69)80016-0.
    Kicheva et al. (2007), Science 315, 521–525, doi:10.1126/science.1135774.

    Examples
    --------
    >>> round(Gradient(D=0.1, k=2.52e-4, C0=100, threshold=20).width, 3)
    32.061
    """

    C0: float = param(100.0, "nM", "concentration held at the source", low=20.0, high=500.0, log=True, symbol="C₀",
                      scale="tissue", source="illustrative")  # fmt: skip

    @derived("nM", "concentration at the source", scale="tissue", symbol="C(0)")
    def source_concentration(self):
        """Steady concentration at x = 0."""
        return self.C0

    @derived("h", "accumulation time at the border", scale="tissue", symbol="τ")
    def accumulation_time(self):
        """Mean time to build up the steady concentration at x*, x*/(2λk) for a held source."""
        return self.width / (2.0 * self.length * self.k) / self.seconds_per_hour

    def concentration_at(self, x, t):
        """Return the exact concentration at time `t` after the source was switched on over an empty tissue.

        Parameters
        ----------
        x : array_like
            Distances from the source, in µm, not negative.
        t : float
            Time in s, positive.

        Returns
        -------
        numpy.ndarray
            Concentrations in nM, of the shape of `x`.

        Raises
        ------
        ValueError
            If a distance is negative, or the time is not positive.

        References
        ----------
        Crank (1975), The Mathematics of Diffusion, 2nd ed., Oxford University Press, section 14.2.

        Examples
        --------
        >>> round(float(Gradient(D=0.1, k=2.52e-4, C0=100).concentration_at(20.0, 3600.0)), 3)
        31.58
        """
        inward, outward = self._waves(x, t)
        return 0.5 * self.source_concentration * (inward + outward)

    def _feed(self):
        return {"held": self.C0}


@dataclass(frozen=True)
class FluxGradient(_Profile):
    """Steady gradient whose source releases molecules at a fixed rate j instead of holding a concentration.

    The source concentration is now an outcome, C(0) = j/√(Dk): faster diffusion stretches the profile and thins it.

    References
    ----------
    Berezhkovskii, Sample & Shvartsman (2010), Biophys. J. 99, L59–L61, doi:10.1016/j.bpj.2010.07.045.

    Examples
    --------
    >>> gradient = FluxGradient()
    >>> round(gradient.source_concentration, 3)
    99.602
    """

    j: float = param(0.5, "nM*µm/s", "flux released by the source", low=0.1, high=2.0, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"molecules": 2000}

    @derived("nM", "concentration at the source", scale="tissue", symbol="C(0)")
    def source_concentration(self):
        """Steady concentration j/√(Dk) at x = 0."""
        return self.j / np.sqrt(self.D * self.k)

    @derived("h", "accumulation time at the border", scale="tissue", symbol="τ")
    def accumulation_time(self):
        """Mean time to build up the steady concentration at x*, (1 + x*/λ)/(2k) for a released flux."""
        return (1.0 + self.width / self.length) / (2.0 * self.k) / self.seconds_per_hour

    def concentration_at(self, x, t):
        """Return the exact concentration at time `t`; see `Gradient.concentration_at`."""
        inward, outward = self._waves(x, t)
        return 0.5 * self.source_concentration * (inward - outward)

    def _feed(self):
        return {"flux": self.j}

    def simulate(self, molecules, *, steps=50, rng, executor=None, progress=False):
        """Return where the molecules of the steady state are, each after a random walk of its own.

        A molecule alive now was released an exponentially distributed age ago and has walked since, turned back by
        the edge at x = 0. Gaussian steps on the mirrored line make the walk exact whatever the number of steps.

        Parameters
        ----------
        molecules : int
            Number of molecules.
        steps : int
            Steps a walk.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of molecules in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (molecules,)
            Distances from the source in µm.

        Examples
        --------
        >>> x = FluxGradient().simulate(20000, rng=1)
        >>> bool(abs(x.mean() / FluxGradient().length - 1) < 0.03)
        True
        """
        walk = _Walk(self.D, self.k, steps)
        return replicate(walk, molecules, rng, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Walk:
    D: float
    k: float
    steps: int

    def __call__(self, size, rng):
        age = rng.exponential(1.0 / self.k, size)
        steps = rng.normal(size=(self.steps, size)) * np.sqrt(2.0 * self.D * age / self.steps)
        return np.abs(steps.sum(axis=0))


@dataclass(frozen=True)
class SealedGradient(Gradient):
    """Steady gradient in a tissue of finite length whose far edge lets nothing through.

    C(x) = C₀ cosh((L − x)/λ)/cosh(L/λ). If even the far edge stays above the threshold, the whole tissue is vein.

    Examples
    --------
    >>> SealedGradient(L=10.0).width
    10.0
    """

    L: float = param(60.0, "µm", "length of the tissue", low=5.0, high=REACH, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip

    @derived("µm", "width of the vein", scale="tissue", symbol="x*")
    def width(self):
        """Distance from the source to the threshold, at most the length of the tissue."""
        if self.threshold >= self.C0:
            return 0.0
        at_edge = self.concentration(self.L)
        if at_edge >= self.threshold:
            return self.L
        return self.L - self.length * np.arccosh(self.threshold / at_edge)

    def concentration(self, x):
        """Return the steady concentration (nM) at distances `x` (µm, from 0 to L)."""
        x = _not_negative("x", x)
        if np.any(x > self.L):
            raise ValueError(f"x must not exceed the length of the tissue, {self.L} µm, got {x!r}")
        near, far = np.exp(-x / self.length), np.exp((x - 2.0 * self.L) / self.length)
        return self.C0 * (near + far) / (1.0 + np.exp(-2.0 * self.L / self.length))


@dataclass(frozen=True)
class GrowingGradient(Gradient):
    """The gradient of a held source some time after it was switched on over an empty tissue.

    Examples
    --------
    >>> bool(GrowingGradient(t=24.0).border < GrowingGradient(t=24.0).width)
    True
    """

    t: float = param(1.0, "h", "time since the source was switched on", low=0.05, high=8.0, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip

    @derived("µm", "border of the vein now", scale="tissue", symbol="x*(t)")
    def border(self):
        """Distance at which the concentration at time t equals the threshold."""
        if self.width == 0.0:
            return 0.0
        return brentq(lambda x: self.now(x) - self.threshold, 0.0, self.width, xtol=1e-12 * self.length)

    @derived("", "share of the final width reached", scale="tissue", symbol="x*(t)/x*")
    def share(self):
        """Border now over border at steady state."""
        return self.border / self.width if self.width else 1.0

    def now(self, x):
        """Return the concentration (nM) at distances `x` (µm) at the model's own time."""
        return self.concentration_at(x, self.t * self.seconds_per_hour)


def _profile_axes(ax, top, reach=REACH):
    ax.set(
        xlim=(0, reach),
        ylim=(0, top),
        xlabel="distance from the source, x / µm",
        ylabel="concentration, C / nM",
    )


def _mark_threshold(ax, model, reach=REACH):
    ax.axhline(model.threshold, color=palette.ORANGE, ls="--", lw=1.5)
    ax.text(reach * 0.98, model.threshold, "threshold", color=palette.ORANGE, ha="right", va="bottom")


def _mark_vein(ax, model, width, reach=REACH):
    _mark_threshold(ax, model, reach)
    ax.axvspan(0, min(width, reach), color=palette.SKY, alpha=0.22, lw=0)
    ax.plot([width], [model.threshold], "o", color=palette.ORANGE, ms=7)


def draw_vein(fig, model):
    """Draw the steady profile with its vein, and the width of the vein against D with the √ law."""
    left, right = fig.subplots(1, 2)
    x = np.linspace(0, WIDE, 126)
    left.plot(x, model.concentration(x), color=palette.BLUE, lw=2, label="C(x)")
    _mark_vein(left, model, model.width, WIDE)
    _profile_axes(left, 112, WIDE)
    D = np.geomspace(0.02, 2.0, 30)
    shown = [max(model.replace(D=d).width, 0.1) for d in D]
    right.plot(D, shown, color=palette.BLUE, lw=2, label="width")
    right.plot([model.D], [max(model.width, 0.1)], "o", color=palette.ORANGE, ms=7)
    right.set(xscale="log", yscale="log", xlim=(0.02, 2), ylim=(1, 500))
    right.set(xlabel="diffusion coefficient, D / µm² s⁻¹", ylabel="width of the vein, x* / µm")


def tell_vein(model):
    """Say in a sentence what `draw_vein` shows."""
    if model.width == 0.0:
        return "The concentration at the source does not exceed the threshold: there is no vein."
    return f"The concentration falls exponentially; the vein is shaded and {model.width:.3g} micrometres wide."


def draw_source(fig, model):
    """Draw the profiles of a released flux and of a source held at its default concentration, and both widths."""
    left, right = fig.subplots(1, 2)
    held = Gradient(D=model.D, k=model.k, threshold=model.threshold)
    x, D = np.linspace(0, WIDE, 126), np.geomspace(0.02, 4.0, 60)
    for gradient, colour, style, name in (
        (model, palette.BLUE, "-", "flux"),
        (held, palette.PURPLE, "-.", "held"),
    ):
        left.plot(x, gradient.concentration(x), color=colour, ls=style, lw=2, label=name)
        right.plot(D, [gradient.replace(D=d).width for d in D], color=colour, ls=style, lw=2, label=name)
        right.plot([model.D], [gradient.width], "o", color=colour, ms=7)
    _mark_threshold(left, model, WIDE)
    _profile_axes(left, 215, WIDE)
    left.legend(loc="upper right")
    right.set(xscale="log", xlim=(0.02, 4), ylim=(0, 190))
    right.set(xlabel="diffusion coefficient, D / µm² s⁻¹", ylabel="width of the vein, x* / µm")


def tell_source(model):
    """Say in a sentence what `draw_source` shows."""
    gone = (model.j / model.threshold) ** 2 / model.k
    return (
        "The width for a held source grows without end; that for a fixed flux rises, turns and falls to zero "
        f"at D = {gone:.3g} square micrometres per second."
    )


def draw_growing(fig, model):
    """Draw the profile now over the steady profile, and the border's way to its final place."""
    left, right = fig.subplots(1, 2)
    x, t = np.linspace(0, REACH, 90), np.geomspace(0.05, 8.0, 30)
    left.plot(x, model.concentration(x), color=palette.GREY, ls="--", lw=1.5, label="steady")
    left.plot(x, model.now(x), color=palette.BLUE, lw=2, label="now")
    _mark_vein(left, model, model.border)
    _profile_axes(left, 112)
    left.legend(loc="upper right")
    right.plot(t, [model.replace(t=hour).border for hour in t], color=palette.BLUE, lw=2, label="border")
    right.axhline(model.width, color=palette.GREY, ls="--", lw=1.5)
    right.plot([model.t], [model.border], "o", color=palette.ORANGE, ms=7)
    right.set(xscale="log", xlim=(0.05, 8), ylim=(0, 100))
    right.set(xlabel="time since switch-on, t / h", ylabel="border of the vein, x*(t) / µm")


def draw_build_up(ax, gradient, hours):
    """Draw profiles at some hours: finite volumes as marks, the exact solution as lines, the steady state dashed."""
    x = np.linspace(0, REACH, 200)
    cells, profiles = gradient.simulate_profiles(np.asarray(hours) * gradient.seconds_per_hour)
    for hour, profile, colour in zip(hours, profiles, palette.CYCLE, strict=False):
        exact = gradient.concentration_at(x, hour * gradient.seconds_per_hour)
        ax.plot(x, exact, color=colour, label=f"{hour:g} h")
        shown = (cells < REACH) & (np.arange(len(cells)) % 12 == 0)
        ax.plot(cells[shown], profile[shown], "o", color=colour, ms=4)
    ax.plot(x, gradient.concentration(x), color=palette.GREY, ls="--", label="steady")
    _profile_axes(ax, 105)
    ax.legend(loc="upper right")


def draw_walkers(ax, gradient, positions):
    """Draw the histogram of walking molecules over the density of the continuum, exp(−x/λ)/λ."""
    counts, edges = np.histogram(positions, bins=48, range=(0, REACH), density=False)
    density = counts / len(positions) / np.diff(edges)
    ax.stairs(density, edges, color=palette.SKY, fill=True, alpha=0.5, label="walking molecules")
    x = np.linspace(0, REACH, 200)
    ax.plot(x, np.exp(-x / gradient.length) / gradient.length, color=palette.BLUE, label="continuum")
    ax.set(xlim=(0, REACH), xlabel="distance from the source, x / µm", ylabel="density of molecules / µm⁻¹")
    ax.legend(loc="upper right")


def draw_scatter(ax, gradient, cvs, spreads):
    """Draw the scatter of simulated borders against the variation of the source, with the line λ·CV."""
    ax.plot(cvs, spreads, "o", color=palette.ORANGE, label="simulated animals")
    ax.plot(cvs, gradient.length * np.asarray(cvs), color=palette.BLUE, label="λ·CV")
    ax.set(xscale="log", yscale="log", xlabel="variation of the source between animals, CV",
           ylabel="scatter of the border, σₓ / µm")  # fmt: skip
    ax.set_xticks([0.02, 0.05, 0.1, 0.2, 0.4], ["0.02", "0.05", "0.1", "0.2", "0.4"])
    ax.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.legend(loc="upper left")


def draw_edge(ax, gradient, lengths):
    """Draw the width of the vein against the length of a sealed tissue, with the width in a long one."""
    widths = [SealedGradient(D=gradient.D, k=gradient.k, C0=gradient.C0, threshold=gradient.threshold, L=L).width
              for L in lengths]  # fmt: skip
    ax.plot(lengths, widths, color=palette.BLUE, label="sealed tissue")
    ax.plot(lengths, lengths, color=palette.GREY, ls=":", label="the whole tissue is vein")
    ax.axhline(gradient.width, color=palette.ORANGE, ls="--", label="long tissue")
    ax.set(
        xlabel="length of the tissue, L / µm",
        ylabel="width of the vein, x* / µm",
        xlim=(0, max(lengths)),
        ylim=(0, 60),
    )
    ax.legend(loc="lower right")
