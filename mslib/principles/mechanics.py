"""Mechanics of an active strip: a chemical signal makes a tissue shorten, or pull."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from .. import palette
from ..model import Model, derived, param
from ..numerics.diffusion import diffuse_decay
from ..numerics.elements import bar, field, mesh

ELEMENTS = 100
HELD, FREE = ("displacement", 0.0), ("traction", 0.0)


@dataclass(frozen=True)
class _Strip(Model):
    """A strip whose material pulls by itself where a signal tells it to: σ = E ε + α c, tension positive."""

    alpha: float = param(2.0, "kPa/µM", "active stress per concentration", low=0.5, high=5.0, log=True, symbol="α",
                         scale="cell", source="illustrative")  # fmt: skip
    E: float = param(10.0, "kPa", "stiffness", low=5.0, high=100.0, log=True, scale="tissue",
                     source="discher2005")  # fmt: skip
    c0: float = param(1.0, "µM", "concentration at the left end", low=0.1, high=2.0, log=True, symbol="c₀",
                      scale="cell", source="illustrative")  # fmt: skip
    lam: float = param(200.0, "µm", "length of the signal", low=50.0, high=2000.0, log=True, symbol="λ",
                       scale="tissue", source="illustrative")  # fmt: skip
    L: float = param(1000.0, "µm", "length of the strip", low=200.0, high=2000.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip

    def signal(self, x):
        """Return the concentration c₀ exp(−x/λ) in µM at places `x` in µm."""
        return self.c0 * np.exp(-self._places(x) / self.lam)

    def _places(self, x):
        x = np.asarray(x, float)
        if not np.all((x >= 0) & (x <= self.L)):
            raise ValueError(f"x must lie between 0 and L = {self.L:g} µm, got {x!r}")
        return x

    def _reached(self, x):
        """Return the integral of the signal from 0 to x over c₀, in µm."""
        return -self.lam * np.expm1(-self._places(x) / self.lam)

    @derived("kPa", "mean active stress", scale="tissue", symbol="α⟨c⟩")
    def mean_active(self):
        """Active stress averaged over the strip."""
        return self.alpha * self.c0 * self._reached(self.L) / self.L


@dataclass(frozen=True)
class ActiveStrip(_Strip):
    """The two extremes of an active strip: free, it shortens and bears no force; held, it pulls and keeps still.

    Without other forces the stress is the same everywhere. Free, σ = 0: each piece has the strain −α c/E, and
    ΔL = −(α c₀ λ/E)(1 − e^(−L/λ)). Held, ∫ε = 0: σ = α⟨c⟩.

    References
    ----------
    Odell, Oster, Alberch & Burnside (1981), Dev. Biol. 85, 446–462, doi:10.1016/0012-1606(81)90276-1.
    Nash & Panfilov (2004), Prog. Biophys. Mol. Biol. 85, 501–522, doi:10.1016/j.pbiomolbio.2004.01.016.

    Examples
    --------
    >>> strip = ActiveStrip()
    >>> round(strip.change, 4), round(strip.isometric, 6)
    (-39.7305, 0.397305)
    """

    @derived("µm", "change of length, one end free", scale="tissue", symbol="ΔL")
    def change(self):
        """∫ −α c/E dx: negative, the strip shortens."""
        return -self.mean_active * self.L / self.E

    @derived("kPa", "stress, both ends held", scale="tissue", symbol="σ")
    def isometric(self):
        """Mean active stress α⟨c⟩: positive, the strip pulls at its ends."""
        return self.mean_active

    @derived("", "strain at the left end, one end free", scale="cell", symbol="ε(0)")
    def strain(self):
        """−α c₀/E."""
        return -self.alpha * self.c0 / self.E

    def displacement(self, x, held=False):
        """Return the displacement (µm) of places `x` (µm), with the left end fixed.

        Parameters
        ----------
        x : array_like
            Places from 0 to L.
        held : bool
            Whether the right end is fixed, too.

        Returns
        -------
        numpy.ndarray
            Displacements, positive to the right.

        Raises
        ------
        ValueError
            If a place lies outside the strip.

        Examples
        --------
        >>> round(float(ActiveStrip().displacement(500.0)), 5)
        -36.7166
        """
        x = self._places(x)
        pulled = -self.alpha * self.c0 * self._reached(x) / self.E
        return pulled + x * self.isometric / self.E if held else pulled


@dataclass(frozen=True)
class TetheredStrip(_Strip):
    """An active strip whose left end is fixed and whose right end pulls at a spring, such as an elastic post.

    The spring answers a shortening s with the stress σ = k_s s, so that s = α⟨c⟩ L/(E + k_s L). Shortening over its
    free value plus stress over its held value is always one.

    References
    ----------
    Legant et al. (2009), PNAS 106, 10097–10102, doi:10.1073/pnas.0900174106.

    Examples
    --------
    >>> strip = TetheredStrip(k_s=0.01)
    >>> round(strip.shortening, 3), round(strip.stress, 4)
    (19.865, 0.1987)
    """

    k_s: float = param(0.01, "kPa/µm", "stiffness of the spring", low=1e-4, high=10.0, log=True,
                       domain="non-negative", scale="tissue", source="illustrative")  # fmt: skip

    @derived("µm", "shortening", scale="tissue", symbol="s")
    def shortening(self):
        """By how much the strip becomes shorter."""
        return self.mean_active * self.L / (self.E + self.k_s * self.L)

    @derived("kPa", "stress", scale="tissue", symbol="σ")
    def stress(self):
        """Stress in the strip and in the spring."""
        return self.k_s * self.shortening

    @derived("", "share of the free shortening", scale="tissue", symbol="s/s_free")
    def share(self):
        """Shortening over that of a free strip."""
        return 1.0 / (1.0 + self.k_s * self.L / self.E)

    def strain(self, x):
        """Return the strain (σ − α c)/E at places `x` in µm."""
        return (self.stress - self.alpha * self.signal(x)) / self.E

    def displacement(self, x):
        """Return the displacement (µm) of places `x` (µm), with the left end fixed."""
        x = self._places(x)
        return (self.stress * x - self.alpha * self.c0 * self._reached(x)) / self.E


@dataclass(frozen=True)
class TwoStiffnesses(_Strip):
    """An active strip whose left half has the stiffness E and whose right half has E₂.

    Free, each half shortens by its own ∫α c/E. Held, the stress is that sum over ∫1/E, and the border between the
    halves moves towards the one that pulls harder.

    Examples
    --------
    >>> same = TwoStiffnesses(E2=10.0)
    >>> round(same.change, 4), round(same.isometric, 6)
    (-39.7305, 0.397305)
    """

    E2: float = param(40.0, "kPa", "stiffness of the right half", low=5.0, high=500.0, log=True, symbol="E₂",
                      scale="tissue", source="illustrative")  # fmt: skip

    @derived("µm", "change of length, one end free", scale="tissue", symbol="ΔL")
    def change(self):
        """Sum of both halves' changes."""
        half = self._reached(self.L / 2)
        return -self.alpha * self.c0 * (half / self.E + (self._reached(self.L) - half) / self.E2)

    @derived("kPa", "effective stiffness", scale="tissue", symbol="E_eff")
    def effective(self):
        """Harmonic mean of both stiffnesses, which an outer pull feels."""
        return 2.0 / (1.0 / self.E + 1.0 / self.E2)

    @derived("kPa", "stress, both ends held", scale="tissue", symbol="σ")
    def isometric(self):
        """−ΔL E_eff/L."""
        return -self.change * self.effective / self.L

    @derived("µm", "displacement of the border, both ends held", scale="tissue", symbol="u_b")
    def border(self):
        """Where the border between the halves goes; negative to the left."""
        return (self.isometric * self.L / 2 - self.alpha * self.c0 * self._reached(self.L / 2)) / self.E


def _between(a, b):
    """Return (exp(−a) − exp(−b))/(b − a) for non-negative a and b, also where they are equal or far apart."""
    low, gap = np.minimum(a, b), np.abs(np.subtract(b, a))
    safe = np.where(gap > 0, gap, 1.0)
    return np.exp(-low) * np.where(gap > 0, -np.expm1(-safe) / safe, 1.0)


@dataclass(frozen=True)
class AnchoredStrip(_Strip):
    """An active strip that adheres to an elastic ground along its whole length, with both ends free.

    E u″ + α c′ = (E/ℓ_g²) u: the ground pulls each place back to where it was, within the length ℓ_g. Closed form by
    Green's function, valid for ℓ_g = λ and for any ratio.

    References
    ----------
    Edwards & Schwarz (2011), Phys. Rev. Lett. 107, 128101, doi:10.1103/PhysRevLett.107.128101.

    Examples
    --------
    >>> strip = AnchoredStrip()
    >>> round(strip.left, 4), round(strip.right, 4), round(strip.shortening, 4)
    (23.9008, -2.6197, 26.5205)
    """

    ell: float = param(300.0, "µm", "length over which the ground lets the strip move", low=30.0, high=3000.0, log=True,
                       symbol="ℓ_g", scale="tissue", source="illustrative")  # fmt: skip

    def displacement(self, x):
        """Return the displacement (µm) of places `x` (µm)."""
        x = self._places(x)
        p, q, rest = 1.0 / self.lam, 1.0 / self.ell, self.L - x
        down = np.exp(-2.0 * q * np.array([x, rest])) + 1.0
        before = x * (_between(q * x, p * x) - _between(q * x, (p + 2.0 * q) * x))
        far = p * self.L + q * rest
        after = rest * (_between(p * x, far) - _between(p * x + 2.0 * q * rest, far))
        pull = self.alpha * self.c0 / self.E / 2.0 / -np.expm1(-2.0 * q * self.L)
        return pull * (down[0] * after - down[1] * before)

    def loose(self, x):
        """Return the displacement (µm) without ground, of mean zero: the limit of an extremely soft one."""
        mean = self.lam * (1.0 - self._reached(self.L) / self.L)
        return self.alpha * self.c0 / self.E * (mean - self._reached(x))

    @derived("µm", "displacement of the left end", scale="tissue", symbol="u(0)")
    def left(self):
        """How far the left end moves inwards."""
        return self.displacement(0.0)

    @derived("µm", "displacement of the right end", scale="tissue", symbol="u(L)")
    def right(self):
        """How far the right end moves; negative is inwards."""
        return self.displacement(self.L)

    @derived("µm", "shortening", scale="tissue", symbol="s")
    def shortening(self):
        """u(0) − u(L)."""
        return self.left - self.right

    def bar(self, elements=ELEMENTS, order=1):
        """Return the same strip solved by finite elements."""
        return bar(mesh(self.L, elements), self.E, active=lambda x: self.alpha * self.signal(x),
                   foundation=self.E / self.ell**2, left=FREE, right=FREE, order=order)  # fmt: skip


@dataclass(frozen=True)
class BandedStrip(_Strip):
    """A strip of soft and stiff bands in turn, such as cells and matrix, beside its coarse description.

    The bands are equally wide. The coarse strip has one stiffness, the harmonic mean, because bands in series add
    their compliances. The small parameter is w/λ, the width w of a period over the length of the signal.

    Examples
    --------
    >>> 1.8 < BandedStrip(n=16).error / BandedStrip(n=32).error < 2.2
    True
    """

    E2: float = param(40.0, "kPa", "stiffness of the stiff bands", low=5.0, high=500.0, log=True, symbol="E₂",
                      scale="cell", source="illustrative")  # fmt: skip
    n: int = param(8, "", "periods in the strip", low=1, high=64, log=True, integer=True, scale="cell",
                   source="illustrative")  # fmt: skip

    @derived("kPa", "effective stiffness", scale="tissue", symbol="E_eff")
    def effective(self):
        """Harmonic mean of both stiffnesses."""
        return 2.0 / (1.0 / self.E + 1.0 / self.E2)

    @derived("", "small parameter", scale="tissue", symbol="w/λ")
    def epsilon(self):
        """Width of a period over the length of the signal."""
        return self.L / self.n / self.lam

    @derived("µm", "change of length, band by band", scale="tissue", symbol="ΔL")
    def change(self):
        """Sum of the changes of all bands."""
        ends = np.linspace(0.0, self.L, 2 * self.n + 1)
        stiffness = np.tile([self.E, self.E2], self.n)
        return -self.alpha * self.c0 * (np.diff(self._reached(ends)) / stiffness).sum()

    @derived("µm", "change of length, homogenised", scale="tissue", symbol="ΔL₀")
    def coarse(self):
        """−α⟨c⟩ L/E_eff."""
        return -self.mean_active * self.L / self.effective

    @derived("", "relative error of the coarse strip", scale="tissue", symbol="e")
    def error(self):
        """Distance of both over that of the fine strip."""
        return abs(self.coarse / self.change - 1.0)


@lru_cache(maxsize=64)
def _spread(D, k, L, cells, times):
    return diffuse_decay(D, k, L, times, held=1.0, cells=cells, steps=200)


@dataclass(frozen=True)
class SignalledStrip(Model):
    """A strip that shortens while its signal spreads: a reaction–diffusion field drives finite elements.

    The signal is held at c₀ at the left end, diffuses, decays, and cannot leave the right end. Forces balance at
    every moment, since elastic waves are faster by far. The right end is free.

    References
    ----------
    Murray & Oster (1984), IMA J. Math. Appl. Med. Biol. 1, 51–75, doi:10.1093/imammb/1.1.51.

    Examples
    --------
    >>> strip = SignalledStrip(t=100000.0)
    >>> round(strip.shortening / strip.final, 4)
    1.0
    """

    D: float = param(200.0, "µm²/s", "diffusion coefficient of the signal", low=20.0, high=400.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    k: float = param(0.005, "1/s", "removal rate constant of the signal", low=0.001, high=0.05, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    t: float = param(100.0, "s", "time since the signal was switched on", low=5.0, high=2000.0, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip
    alpha: float = param(2.0, "kPa/µM", "active stress per concentration", low=0.5, high=5.0, log=True, symbol="α",
                         scale="cell", source="illustrative")  # fmt: skip
    E: float = param(10.0, "kPa", "stiffness", low=5.0, high=100.0, log=True, scale="tissue",
                     source="discher2005")  # fmt: skip
    c0: float = param(1.0, "µM", "concentration at the left end", low=0.1, high=2.0, log=True, symbol="c₀",
                      scale="cell", source="illustrative")  # fmt: skip
    L: float = param(1000.0, "µm", "length of the strip", low=200.0, high=2000.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip

    @derived("µm", "length of the signal", scale="tissue", symbol="λ")
    def lam(self):
        """√(D/k)."""
        return np.sqrt(self.D / self.k)

    @derived("µm", "final shortening", scale="tissue", symbol="s∞")
    def final(self):
        """(α c₀ λ/E) tanh(L/λ), for the steady signal c₀ cosh((L − x)/λ)/cosh(L/λ)."""
        return self.alpha * self.c0 * self.lam / self.E * np.tanh(self.L / self.lam)

    @derived("µm", "shortening now", scale="tissue", symbol="s")
    def shortening(self):
        """What finite elements make of the signal at time t."""
        return -self.bar().change

    def signal(self, times=None):
        """Return the centres of finite volumes (µm) and the concentrations there (µM) at `times` (s), or now."""
        cells = max(160, int(np.ceil(2.0 * self.L / self.lam)))
        x, c = _spread(self.D, self.k, self.L, cells, (self.t,) if times is None else tuple(times))
        return x, self.c0 * (c[0] if times is None else c)

    def bar(self, values=None):
        """Return the strip in equilibrium with the signal now, or with given concentrations on the finite volumes."""
        x, c = self.signal()
        pull = field(x, self.alpha * (c if values is None else values))
        return bar(mesh(self.L, ELEMENTS), self.E, active=pull, left=HELD, right=FREE)


@dataclass(frozen=True)
class SoftStrip(Model):
    """A uniform strip at finite strain: a neo-Hookean material of stiffness E under the active stress σₐ.

    With the length ratio r the nominal stress, per cross-section at rest, is (E/3)(r − r⁻²) + σₐ. Free, it vanishes.
    To first order r = 1 − σₐ/E; the small parameter is σₐ/E itself.

    References
    ----------
    Rivlin (1948), Phil. Trans. R. Soc. A 241, 379–397, doi:10.1098/rsta.1948.0024.

    Examples
    --------
    >>> strip = SoftStrip(E=10.0, S=2.0)
    >>> round(strip.linear, 3), round(strip.strain, 3)
    (-0.2, -0.165)
    """

    E: float = param(10.0, "kPa", "stiffness", low=5.0, high=100.0, log=True, scale="tissue",
                     source="discher2005")  # fmt: skip
    S: float = param(2.0, "kPa", "active stress", low=0.1, high=20.0, log=True, domain="non-negative", symbol="σₐ",
                     scale="cell", source="illustrative")  # fmt: skip

    @derived("", "strain of the linear law", scale="tissue", symbol="ε₁")
    def linear(self):
        """−σₐ/E."""
        return -self.S / self.E

    @derived("", "strain", scale="tissue", symbol="ε")
    def strain(self):
        """Root of r − r⁻² + 3 σₐ/E = 0, minus one."""
        pull = 3.0 * self.S / self.E
        return brentq(lambda r: r**3 + pull * r**2 - 1.0, 0.0, 1.0, xtol=1e-15) - 1.0

    @derived("", "relative error of the linear law", scale="tissue", symbol="e")
    def error(self):
        """Linear strain over true strain, minus one."""
        return self.linear / self.strain - 1.0 if self.S > 0 else 0.0


@dataclass(frozen=True)
class MuscleFilm(Model):
    """A thin elastic film with a layer of contracting cells on one side: it bends rather than shortens.

    Curvature of two bonded layers after Timoshenko, with the strain −σₐ/E_c that the cells would have alone. The film
    lets them have a small part of it, so that a linear law will do.

    References
    ----------
    Timoshenko (1925), J. Opt. Soc. Am. 11, 233–255, doi:10.1364/JOSA.11.000233.
    Feinberg et al. (2007), Science 317, 1366–1370, doi:10.1126/science.1146885.

    Examples
    --------
    >>> film = MuscleFilm()
    >>> film.deflection > 50 * film.shortening
    True
    """

    S: float = param(10.0, "kPa", "active stress of the cells", low=1.0, high=50.0, log=True, symbol="σₐ",
                     scale="cell", source="illustrative")  # fmt: skip
    E_c: float = param(30.0, "kPa", "stiffness of the cells", low=5.0, high=100.0, log=True, symbol="E_c", scale="cell",
                       source="illustrative")  # fmt: skip
    E_f: float = param(1500.0, "kPa", "stiffness of the film", low=10.0, high=3000.0, log=True, symbol="E_f",
                       scale="tissue", source="illustrative")  # fmt: skip
    h_c: float = param(5.0, "µm", "thickness of the cells", low=2.0, high=20.0, log=True, symbol="h_c", scale="cell",
                       source="illustrative")  # fmt: skip
    h_f: float = param(20.0, "µm", "thickness of the film", low=5.0, high=100.0, log=True, symbol="h_f", scale="tissue",
                       source="illustrative")  # fmt: skip
    L: float = param(1000.0, "µm", "length of the film", low=200.0, high=5000.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip

    @derived("1/µm", "curvature", scale="tissue", symbol="κ")
    def curvature(self):
        """Timoshenko's curvature of two bonded layers."""
        m, n, h = self.h_c / self.h_f, self.E_c / self.E_f, self.h_c + self.h_f
        mismatch = self.S / self.E_c
        return 6.0 * mismatch * (1.0 + m) ** 2 / (h * (3.0 * (1.0 + m) ** 2 + (1.0 + m * n) * (m**2 + 1.0 / (m * n))))

    @derived("", "mean strain of the cells on the film", scale="cell", symbol="ε_c")
    def strain(self):
        """Strain in the middle of the cells: their tension, times half the thickness, bends both layers."""
        tension = self.curvature * (self.E_c * self.h_c**3 + self.E_f * self.h_f**3) / (6.0 * (self.h_c + self.h_f))
        return (tension / self.h_c - self.S) / self.E_c

    @derived("µm", "deflection of the tip", scale="tissue", symbol="d")
    def deflection(self):
        """(1 − cos κL)/κ, how far the tip rises above the base."""
        return (1.0 - np.cos(self.curvature * self.L)) / self.curvature

    @derived("µm", "shortening if bending were prevented", scale="tissue", symbol="s")
    def shortening(self):
        """Force of the cells over the stiffness of both layers, times the length."""
        return self.S * self.h_c / (self.E_c * self.h_c + self.E_f * self.h_f) * self.L


@dataclass(frozen=True)
class FlowingStrip(_Strip):
    """A strip whose material flows: Maxwell's spring and dashpot in series, under a signal that is on since t = 0.

    Both bear the stress σ − α c, and their strains add up: dε/dt = (σ − α c)˙/E + (σ − α c)/(E τ). Free, the strip
    shortens without limit, by 1 + t/τ times its elastic answer. Held, its stress stays α⟨c⟩, while places inside move
    on by the same factor. The elastic law needs a small t/τ.

    References
    ----------
    Forgacs et al. (1998), Biophys. J. 74, 2227–2234, doi:10.1016/S0006-3495(98)77932-9.

    Examples
    --------
    >>> strip = FlowingStrip(tau=10.0, t=20.0)
    >>> round(strip.shortening / strip.elastic, 12), strip.isometric == strip.mean_active
    (3.0, True)
    """

    tau: float = param(10.0, "s", "relaxation time", low=0.1, high=1000.0, log=True, symbol="τ", scale="tissue",
                       source="illustrative")  # fmt: skip
    t: float = param(1.0, "s", "time since the signal was switched on", low=0.01, high=1000.0, log=True,
                     domain="non-negative", scale="tissue", source="illustrative")  # fmt: skip

    @derived("", "small parameter", scale="tissue", symbol="t/τ")
    def ratio(self):
        """Duration of the signal over the relaxation time."""
        return self.t / self.tau

    @derived("µm", "shortening of an elastic strip, free", scale="tissue", symbol="s₀")
    def elastic(self):
        """α⟨c⟩ L/E, at once."""
        return self.mean_active * self.L / self.E

    @derived("µm", "shortening, free", scale="tissue", symbol="s")
    def shortening(self):
        """s₀ (1 + t/τ)."""
        return self.elastic * (1.0 + self.ratio)

    @derived("µm", "shortening that remains if the signal ends now", scale="tissue", symbol="s_r")
    def remaining(self):
        """s₀ t/τ: the spring comes back, the dashpot does not."""
        return self.elastic * self.ratio

    @derived("kPa", "stress, held", scale="tissue", symbol="σ")
    def isometric(self):
        """α⟨c⟩, as in an elastic strip."""
        return self.mean_active

    @derived("", "error of the elastic law over the elastic shortening", scale="tissue", symbol="e")
    def error(self):
        """t/τ."""
        return self.shortening / self.elastic - 1.0

    def displacement(self, x):
        """Return the displacement (µm) of places `x` (µm) in the strip held at both ends."""
        mean = np.asarray(x, float) / self.L * self._reached(self.L)
        return self.alpha * self.c0 / self.E * (mean - self._reached(x)) * (1.0 + self.ratio)


def _strip_rows(ax, x, u, L):
    """Draw a strip at rest (below) and deformed (above) by the places of equally spaced marks."""
    marks = np.linspace(0.0, L, 21)
    moved = marks + np.interp(marks, x, u)
    for places, low, high, colour in ((marks, 0.1, 0.4, palette.GREY), (moved, 0.6, 0.9, palette.BLUE)):
        ax.fill_between([places[0], places[-1]], low, high, color=colour, alpha=0.2, lw=0)
        ax.vlines(places, low, high, color=colour, lw=1.2)
    ax.text(0.0, 0.42, "at rest", color=palette.GREY, fontsize=9, va="bottom")
    ax.text(0.0, 0.92, "with the signal", color=palette.BLUE, fontsize=9, va="bottom")
    ax.set_yticks([])
    ax.grid(False)


def draw_strip(fig, model):
    """Draw the strip at rest and deformed, its stresses, and shortening against stress."""
    left, middle, right = fig.subplots(1, 3)
    x = np.linspace(0.0, model.L, 81)
    _strip_rows(left, x, model.displacement(x), model.L)
    left.set(xlim=(-30, 1030), ylim=(0, 1.1), xlabel="place, x / µm", ylabel="strip")
    active, strain = model.alpha * model.signal(x), model.strain(x)
    middle.plot(x, active, color=palette.ORANGE, ls="--", lw=2, label="active, α c")
    middle.plot(x, model.E * strain, color=palette.GREEN, ls="-.", lw=2, label="elastic, E ε")
    middle.plot(x, np.full_like(x, model.stress), color=palette.BLUE, lw=2, label="sum, σ")
    middle.set(xlim=(0, 1000), ylim=(-6.8, 4.4), xlabel="place, x / µm", ylabel="stress / kPa")
    middle.legend(loc="lower right", fontsize=9)
    right.plot([0, 1], [1, 0], color=palette.GREY, lw=1.5)
    right.plot([model.share], [model.stress / model.mean_active], "o", color=palette.RED, ms=8)
    right.set(xlim=(0, 1.08), ylim=(0, 1.08), xlabel="shortening, s/s_free", ylabel="stress, σ/σ_held")


def tell_strip(model):
    """Say in a sentence what `draw_strip` shows."""
    return (
        f"The strip shortens by {model.shortening:.3g} micrometres, {model.share:.0%} of what it would do free, and "
        f"pulls with {model.stress:.3g} kilopascals; elastic and active stress add up to this value everywhere."
    )


def draw_anchored(fig, model):
    """Draw the displacement of an anchored strip with and without ground, and its stress."""
    left, right = fig.subplots(1, 2)
    x = np.linspace(0.0, model.L, 101)
    u = model.displacement(x)
    loose = model.loose(x)
    left.plot(x, u, color=palette.BLUE, lw=2, label="on the ground")
    left.plot(x, loose, color=palette.GREY, ls="--", lw=1.5, label="loose")
    left.axhline(0.0, color=palette.GREY, lw=0.8)
    left.set(xlim=(0, 1000), ylim=(-85, 85), xlabel="place, x / µm", ylabel="displacement, u / µm")
    left.legend(loc="upper right")
    stress = model.E * np.gradient(u, x) + model.alpha * model.signal(x)
    stress[[0, -1]] = 0.0
    right.plot(x, model.alpha * model.signal(x), color=palette.ORANGE, ls="--", lw=2, label="active, α c")
    right.plot(x, stress, color=palette.BLUE, lw=2, label="sum, σ")
    right.set(xlim=(0, 1000), ylim=(0, 2.1), xlabel="place, x / µm", ylabel="stress / kPa")
    right.legend(loc="upper right")


def tell_anchored(model):
    """Say in a sentence what `draw_anchored` shows."""
    return (
        f"The left end moves inwards by {model.left:.3g} and the right end by {-model.right:.3g} micrometres; stress "
        "builds up away from the free ends and is handed over to the ground."
    )


def draw_bands(fig, model):
    """Draw the strain of soft and stiff bands over the homogenised strain, and the error against w/λ."""
    left, right = fig.subplots(1, 2)
    ends = np.linspace(0.0, model.L, 2 * model.n + 1)
    per_band = max(2, 128 // (2 * model.n) + 1)
    inside = ends[:-1, None] + np.diff(ends)[:, None] * np.linspace(0.0, 1.0, per_band)
    active = model.alpha * model.c0 * np.exp(-inside / model.lam)
    strain = -active / np.tile([model.E, model.E2], model.n)[:, None]
    left.plot(inside.ravel(), 100.0 * strain.ravel(), color=palette.BLUE, lw=1.5, label="band by band")
    x = np.linspace(0.0, model.L, 81)
    left.plot(x, -100.0 * model.alpha * model.signal(x) / model.effective, color=palette.ORANGE, ls="--", lw=2,
              label="homogenised")  # fmt: skip
    left.set(xlim=(0, 1000), ylim=(-22, 2), xlabel="place, x / µm", ylabel="strain, ε / %")
    left.legend(loc="lower right")
    finer = [model.replace(n=n) for n in (1, 2, 4, 8, 16, 32, 64)]
    right.plot(
        [m.epsilon for m in finer], [max(m.error, 1e-9) for m in finer], color=palette.BLUE, lw=2, label="error of ΔL"
    )
    right.plot([0.05, 8], [0.01, 1.6], color=palette.GREY, ls=":", lw=1.5, label="slope one")
    right.plot([model.epsilon], [max(model.error, 1e-9)], "o", color=palette.ORANGE, ms=8)
    right.set(xscale="log", yscale="log", xlim=(0.05, 8), ylim=(0.003, 2))
    right.set(xlabel="period over length of the signal, w/λ", ylabel="relative error of ΔL")
    right.set_xticks([0.1, 1], ["0.1", "1"])
    right.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    right.legend(loc="upper left")


def tell_bands(model):
    """Say in a sentence what `draw_bands` shows."""
    periods = "1 period" if model.n == 1 else f"{model.n} periods"
    return (
        f"Soft bands are strained more than stiff ones; with {periods} the homogenised strip misses the change of "
        f"length by {model.error:.2g} of its value."
    )


def draw_signalled(fig, model):
    """Draw the signal and the strip it deforms now, and the shortening since the signal was switched on."""
    left, right = fig.subplots(1, 2)
    x, c = model.signal()
    strip = model.bar()
    _strip_rows(left, strip.x, strip.u, model.L)
    left.plot(x[::2], 1.15 + 0.8 * c[::2] / model.c0, color=palette.ORANGE, lw=2)
    left.text(model.L, 1.6, "signal, c", color=palette.ORANGE, ha="right", va="bottom", fontsize=9)
    left.set(xlim=(-30, 1030), ylim=(0, 2.0), xlabel="place, x / µm", ylabel="strip and signal")
    times = np.geomspace(5.0, 2000.0, 25)
    course = [-model.bar(values).change for values in model.signal(times)[1]]
    right.plot(times, course, color=palette.BLUE, lw=2)
    right.axhline(model.final, color=palette.GREY, ls="--", lw=1.5)
    right.plot([model.t], [model.shortening], "o", color=palette.ORANGE, ms=8)
    right.set(xscale="log", xlim=(5, 2000), ylim=(0, 110))
    right.set(xlabel="time since switch-on, t / s", ylabel="shortening, s / µm")
    right.set_xticks([10, 100, 1000], ["10", "100", "1000"])


def tell_signalled(model):
    """Say in a sentence what `draw_signalled` shows."""
    return f"The signal has spread from the left, and the strip has shortened by {model.shortening:.3g} micrometres."


def draw_orders(ax, elements, displacement, strain):
    """Draw errors of displacement and strain against the number of elements."""
    ax.plot(elements, displacement, "o-", color=palette.BLUE, label="displacement, µm")
    ax.plot(elements, strain, "s--", color=palette.ORANGE, label="strain, × 1000")
    ax.set(xscale="log", yscale="log", xlabel="elements", ylabel="error (root mean square)")
    ax.set_xticks(elements, [str(n) for n in elements])
    ax.minorticks_off()
    ax.legend(loc="lower left")


def draw_limits(fig, pulls, strips, flowing):
    """Draw the linear law against a finite-strain law, and shortening and stress of a strip that flows over time."""
    left, right = fig.subplots(1, 2)
    left.plot(pulls, [100 * strip.strain for strip in strips], color=palette.BLUE, label="neo-Hookean")
    left.plot(pulls, [100 * strip.linear for strip in strips], color=palette.ORANGE, ls="--", label="linear")
    left.axhline(-100.0, color=palette.RED, ls=":", lw=1.5)
    left.text(0.02, -98, "no length left", color=palette.RED, fontsize=9, va="bottom")
    left.set(xlim=(0, 1.5), ylim=(-150, 0), xlabel="active stress over stiffness, σₐ/E", ylabel="strain, ε / %")
    left.legend(loc="lower left")
    times = [strip.ratio for strip in flowing]
    right.plot(times, [s.shortening / s.elastic for s in flowing], color=palette.BLUE, label="shortening, free")
    right.plot(times, [s.isometric / s.mean_active for s in flowing], color=palette.ORANGE, ls="--",
               label="stress, held")  # fmt: skip
    right.set(xlim=(0, times[-1]), ylim=(0, 1.1 + times[-1]))
    right.set(xlabel="time over relaxation time, t/τ", ylabel="over elastic answer")
    right.legend(loc="upper left")
