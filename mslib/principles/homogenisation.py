"""Homogenisation: the microstructure of a tissue gives it an effective diffusivity."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from .. import palette
from ..model import Model, derived, param
from ..numerics import homogenise as engine
from ..numerics.streams import replicate

CELLS = 48
PATTERNS = {1: "layers across", 2: "layers along", 3: "checkerboard", 4: "discs", 5: "blobs"}
BLOB = 0.12
CONTRASTS = (0.1, 0.14, 0.2, 0.32, 0.5, 0.7, 1.0)
SHARPEST = 0.05
BANDS = 12
NO_ERROR = 1e-9
WHITE = "#fefefe"


@dataclass(frozen=True)
class _TwoMedia(Model):
    """A tissue of two media in which a substance diffuses fast and slowly."""

    D1: float = param(10.0, "µm²/s", "diffusion coefficient in the fast medium", low=10.0, high=1000.0, log=True,
                      symbol="D₁", scale="cell", source="illustrative")  # fmt: skip
    D2: float = param(1.0, "µm²/s", "diffusion coefficient in the slow medium", low=0.1, high=10.0, log=True,
                      symbol="D₂", domain="non-negative", scale="cell", source="illustrative")  # fmt: skip


@dataclass(frozen=True)
class LayeredTissue(_TwoMedia):
    """Effective diffusivities of alternating layers that may also dissolve a substance differently.

    Across the layers the resistances 1/(D K) add, along them the conductances D K; both are divided by the mean
    storage ⟨K⟩. If the slow layers let nothing through (D₂ = 0), nothing passes across.

    References
    ----------
    Bensoussan, Lions & Papanicolaou (1978), Asymptotic Analysis for Periodic Structures, North-Holland.

    Examples
    --------
    >>> tissue = LayeredTissue(D1=10, D2=1)
    >>> round(tissue.across, 5), tissue.along
    (1.81818, 5.5)
    """

    f: float = param(0.5, "", "share of the slow medium", low=0.1, high=0.9, domain="fraction", scale="cell",
                     source="illustrative")  # fmt: skip
    K: float = param(1.0, "", "partition coefficient, slow medium over fast", low=0.2, high=5.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip

    def _layers(self):
        return [self.D1, self.D2], [1.0 - self.f, self.f], [1.0, self.K]

    @derived("µm²/s", "effective diffusivity across the layers", scale="tissue", symbol="D⊥")
    def across(self):
        """Harmonic mean of D K over the mean of K; zero if a layer is impermeable."""
        return engine.layered(*self._layers())[0]

    @derived("µm²/s", "effective diffusivity along the layers", scale="tissue", symbol="D∥")
    def along(self):
        """Mean of D K over the mean of K."""
        return engine.layered(*self._layers())[1]

    @derived("", "anisotropy", scale="tissue", symbol="D∥/D⊥")
    def anisotropy(self):
        """Diffusivity along the layers over that across; infinite if nothing passes across."""
        return self.along / self.across if self.across > 0 else np.inf

    def staircase(self, periods=4):
        """Return the steady concentration across some periods between 1 on the left and 0 in equilibrium on the right.

        Parameters
        ----------
        periods : int
            Number of periods, each a fast layer followed by a slow one.

        Returns
        -------
        x, c : numpy.ndarray, shape (4·periods,)
            Ends of the layers, as shares of the whole width, and concentrations there (in units of that on the left).

        Examples
        --------
        >>> x, c = LayeredTissue().staircase(1)
        >>> c.round(3)
        array([1.   , 0.909, 0.909, 0.   ])
        """
        widths = np.tile([1.0 - self.f, self.f], periods) / periods
        K = np.tile([1.0, self.K], periods)
        D = np.tile([self.D1, self.D2] if self.D2 > 0 else [np.inf, 1.0], periods)
        resistance = widths / (K * D)
        drop = np.r_[0.0, np.cumsum(resistance)] / resistance.sum()
        ends = np.r_[0.0, np.cumsum(widths)]
        return np.repeat(ends, 2)[1:-1], (K[:, None] * (1.0 - np.column_stack([drop[:-1], drop[1:]]))).ravel()


def _blobs(cells, seed=1):
    return engine.blobs(cells, 0.5, size=BLOB, rng=seed)


@lru_cache(maxsize=512)
def _solved(pattern, ratio, cells):
    """Return the mask of the slow half, and the cell problem solved for D₁ = 1, D₂ = ratio and a gradient along x."""
    image = {
        1: lambda: engine.stripes(cells).T,
        2: lambda: engine.stripes(cells),
        3: lambda: engine.checkerboard(cells),
        4: lambda: engine.disc(cells, 0.5),
        5: lambda: _blobs(cells),
    }[pattern]()
    return image, engine.homogenise(np.where(image, ratio, 1.0), directions=[1])


def _effective(pattern, ratio):
    """Return the effective diffusivity over D₁: √(D₂/D₁), Rayleigh's series for the discs, or that of the mesh."""
    if pattern == 3:
        return np.sqrt(ratio)
    return engine.rayleigh(ratio, 1.0, 0.5) if pattern == 4 else _solved(pattern, ratio, CELLS)[1].tensor[0, 0]


def blob_tensor(ratio, seed=1):
    """Return the effective diffusivities, over D₁, of a random sample of blobs: along x and along y.

    Parameters
    ----------
    ratio : float
        D₂ over D₁.
    seed : int
        Number of the sample; the explorer shows number one.

    Returns
    -------
    along_x, along_y : float

    Examples
    --------
    >>> along_x, along_y = blob_tensor(0.1)
    >>> bool(abs(along_x / along_y - 1) < 0.05)
    True
    """
    tensor = engine.homogenise(np.where(_blobs(CELLS, seed), ratio, 1.0)).tensor
    return float(tensor[1, 1]), float(tensor[0, 0])


@dataclass(frozen=True)
class Medium(_TwoMedia):
    """A tissue that is half fast and half slow, in one of five patterns, with diffusion from left to right.

    The patterns are 1 layers across the gradient, 2 layers along it, 3 a checkerboard, 4 slow discs in a square
    array, 5 irregular blobs. The cell problem is solved by finite volumes on 48 × 48 cells; the effective diffusivity
    of the checkerboard, whose corners converge slowly, is the exact one, √(D₁D₂), and that of the discs, which have
    stepped rims on the mesh, is Rayleigh's.

    References
    ----------
    Keller (1964), J. Math. Phys. 5, 548–549, doi:10.1063/1.1704146.

    Examples
    --------
    >>> medium = Medium(pattern=1)
    >>> round(medium.effective, 4), round(medium.lower, 4), medium.upper
    (1.8182, 1.8182, 5.5)
    """

    D2: float = param(1.0, "µm²/s", "diffusion coefficient in the slow medium", low=1.0, high=10.0, log=True,
                      symbol="D₂", scale="cell", source="illustrative")  # fmt: skip
    pattern: int = param(3, "", "number of the pattern", low=1, high=5, integer=True, symbol="no.", scale="cell",
                         source="illustrative")  # fmt: skip

    def check(self):
        """Refuse an unknown pattern, and a contrast whose corners the mesh does not resolve."""
        if self.pattern not in PATTERNS:
            known = ", ".join(f"{n} ({name})" for n, name in PATTERNS.items())
            raise ValueError(f"Medium.pattern must be one of {known}, got {self.pattern}")
        ratio = min(self.D1, self.D2) / max(self.D1, self.D2)
        if self.pattern == 3 and ratio < SHARPEST:
            raise ValueError(
                f"Medium.D2/D1 must lie between 1/20 and 20 for a checkerboard, got {self.D2 / self.D1:.3g}: "
                f"{CELLS} cells a side do not resolve the flux through its corners"
            )

    @property
    def name(self):
        """Name of the pattern."""
        return PATTERNS[self.pattern]

    def solved(self, cells=CELLS):
        """Return the mask of the slow medium and the solved cell problem with D₁ = 1 on cells × cells."""
        return _solved(self.pattern, self.D2 / self.D1, cells)

    @derived("µm²/s", "effective diffusivity", scale="tissue", symbol="D_eff")
    def effective(self):
        """Flux along the mean gradient divided by it; exact for the checkerboard, Rayleigh's for the discs."""
        return self.D1 * _effective(self.pattern, self.D2 / self.D1)

    @derived("µm²/s", "harmonic mean, the lower bound", scale="tissue", symbol="D_h")
    def lower(self):
        """Harmonic mean of both halves."""
        return engine.wiener([self.D1, self.D2])[0]

    @derived("µm²/s", "geometric mean", scale="tissue", symbol="D_g")
    def geometric(self):
        """Geometric mean of both halves, exact for a checkerboard."""
        return np.sqrt(self.D1 * self.D2)

    @derived("µm²/s", "arithmetic mean, the upper bound", scale="tissue", symbol="D_a")
    def upper(self):
        """Arithmetic mean of both halves."""
        return engine.wiener([self.D1, self.D2])[1]

    def concentration(self, cells=CELLS):
        """Return the concentration y + χ in one period under a mean gradient of one, shape (cells, cells)."""
        corrector = self.solved(cells)[1].correctors[0]
        return (np.arange(cells) + 0.5) / cells + corrector


@dataclass(frozen=True)
class Obstacles(Model):
    """Diffusion in the space between impermeable round cells in a square array.

    The flux through the tissue defines D_eff; a molecule meets only the free space 1 − φ, so that it spreads with
    D* = D_eff/(1 − φ). Tortuosity is √(D/D*). D_eff is Rayleigh's, within 0.03 % of the exact values of Perrins et al.
    up to φ = 0.6 and within 0.7 % at 0.7. Concentrations are solved by finite volumes on 64 × 64 cells, whose stepped
    rims cost 2 to 5 % of the flux there. Cells touch at φ = π/4.

    References
    ----------
    Maxwell (1873), A Treatise on Electricity and Magnetism, Clarendon Press (for spheres).
    Rayleigh (1892), Phil. Mag. 34, 481–502, doi:10.1080/14786449208620364.
    Perrins, McKenzie & McPhedran (1979), Proc. R. Soc. A 369, 207–225, doi:10.1098/rspa.1979.0160.
    Nicholson & Syková (1998), Trends Neurosci. 21, 207–215, doi:10.1016/S0166-2236(98)01261-2.

    Examples
    --------
    >>> tissue = Obstacles(phi=0.3)
    >>> round(tissue.flux_coefficient / tissue.D, 4)
    0.5376
    """

    D: float = param(1000.0, "µm²/s", "free diffusion coefficient", low=10.0, high=2000.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    phi: float = param(0.3, "", "share of the tissue inside cells", low=0.0, high=0.7, symbol="φ", domain="fraction",
                       scale="cell", source="illustrative")  # fmt: skip

    def check(self):
        """Refuse cells that touch, or almost."""
        if self.phi > 0.73:
            raise ValueError(f"Obstacles.phi must be at most 0.73: round cells in a square array touch at π/4 = 0.785, "
                             f"and 64 cells a side do not resolve the gap at {self.phi:g}")  # fmt: skip

    def solved(self):
        """Return the mask of the cell and the solved cell problem for D = 1."""
        return _around(self.phi)

    @derived("µm²/s", "effective diffusivity of the flux", scale="tissue", symbol="D_eff")
    def flux_coefficient(self):
        """Flux per area of tissue for a unit gradient of the concentration between the cells, after Rayleigh."""
        return engine.rayleigh(0.0, self.D, self.phi)

    @derived("µm²/s", "diffusion coefficient between the cells", scale="tissue", symbol="D*")
    def apparent(self):
        """What a spreading cloud of molecules shows, D_eff/(1 − φ)."""
        return self.flux_coefficient / (1.0 - self.phi)

    @derived("", "tortuosity", scale="tissue", symbol="Λ")
    def tortuosity(self):
        """√(D/D*), the factor by which obstacles seem to lengthen every way."""
        return np.sqrt(self.D / self.apparent)

    @derived("µm²/s", "Maxwell's estimate", scale="tissue", symbol="D_M")
    def maxwell(self):
        """D (1 − φ)/(1 + φ), for few round obstacles in two dimensions."""
        return engine.maxwell(0.0, self.D, self.phi)


@lru_cache(maxsize=128)
def _around(phi, cells=64):
    image = engine.disc(cells, phi)
    return image, engine.homogenise(np.where(image, 0.0, 1.0), directions=[1])


@dataclass(frozen=True)
class ExtracellularSpace(Model):
    """Diffusion between the cells of a brain, from its measured free share and tortuosity.

    Examples
    --------
    >>> space = ExtracellularSpace()
    >>> round(space.hindrance, 2)
    0.39
    """

    D: float = param(1000.0, "µm²/s", "free diffusion coefficient", low=10.0, high=2000.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    alpha: float = param(0.2, "", "share of the space between cells", low=0.05, high=0.5, symbol="α",
                         domain="fraction", scale="tissue", source="nicholson1998")  # fmt: skip
    tortuosity: float = param(1.6, "", "tortuosity", low=1.0, high=2.5, symbol="Λ", scale="tissue",
                              source="nicholson1998")  # fmt: skip

    def check(self):
        """Refuse a tortuosity below one."""
        if self.tortuosity < 1:
            raise ValueError(f"ExtracellularSpace.tortuosity must be at least 1, got {self.tortuosity:g}: "
                             "obstacles shorten no way")  # fmt: skip

    @derived("", "diffusion in the tissue over free diffusion", scale="tissue", symbol="D*/D")
    def hindrance(self):
        """1/Λ²."""
        return self.tortuosity**-2

    @derived("µm²/s", "diffusion coefficient between the cells", scale="tissue", symbol="D*")
    def apparent(self):
        """D/Λ², by which a cloud of molecules spreads."""
        return self.D * self.hindrance

    @derived("µm²/s", "effective diffusivity of the flux", scale="tissue", symbol="D_eff")
    def flux_coefficient(self):
        """α D*: the flux is carried by the free share only."""
        return self.alpha * self.apparent


def packed(gap, cells, dimensions):
    """Return the free share and the tortuosity of a tissue of square or cubic cells separated by straight gaps.

    Parameters
    ----------
    gap, cells : int
        Width of the gap and of the period, in cells of the mesh.
    dimensions : int
        2 for squares, 3 for cubes.

    Returns
    -------
    alpha, tortuosity : float
        Share of the space between the cells, and √(D/D*).

    Examples
    --------
    >>> alpha, tortuosity = packed(4, 38, 2)
    >>> round(alpha, 2), round(tortuosity, 2)
    (0.2, 1.36)
    """
    inside = engine.block(cells, cells - gap, dimensions)
    alpha = 1.0 - float(inside.mean())
    flux = engine.homogenise(np.where(inside, 0.0, 1.0), directions=[0]).tensor[0, 0]
    return alpha, float(np.sqrt(alpha / flux))


@dataclass(frozen=True)
class ResolvedTissue(_TwoMedia):
    """A gradient in a tissue of alternating layers, resolved layer by layer, beside its homogenised description.

    A substance is held at C₀ at x = 0, diffuses through n periods of a fast and a slow layer of equal width, and
    decays with rate constant k; the far end is sealed. The coarse model has one diffusivity, the harmonic mean. The
    small parameter is ε = ℓ/λ, the width of a period over the length √(D_eff/k) of the gradient.

    Examples
    --------
    >>> coarse, fine = ResolvedTissue(n=8).error, ResolvedTissue(n=16).error
    >>> 1.7 < coarse / fine < 2.3
    True
    """

    k: float = param(1e-3, "1/s", "degradation rate constant", low=1e-4, high=1e-2, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    L: float = param(200.0, "µm", "length of the tissue", low=100.0, high=400.0, scale="tissue",
                     source="illustrative")  # fmt: skip
    n: int = param(8, "", "periods in the tissue", low=1, high=64, log=True, integer=True, scale="cell",
                   source="illustrative")  # fmt: skip
    refine: ClassVar[int] = 12

    def check(self):
        """Refuse an impermeable layer: nothing would pass it."""
        if self.D2 == 0:
            raise ValueError("ResolvedTissue.D2 must be positive, got 0.0: nothing passes an impermeable layer")

    @derived("µm²/s", "effective diffusivity", scale="tissue", symbol="D_eff")
    def effective(self):
        """Harmonic mean of both layers."""
        return engine.layered([self.D1, self.D2])[0]

    @derived("µm", "characteristic length", scale="tissue", symbol="λ")
    def length(self):
        """Distance √(D_eff/k) over which the gradient changes."""
        return np.sqrt(self.effective / self.k)

    @derived("µm", "width of a period", scale="cell", symbol="ℓ")
    def period(self):
        """Length of the tissue over the number of periods."""
        return self.L / self.n

    @derived("", "small parameter", scale="tissue", symbol="ε")
    def epsilon(self):
        """Width of a period over the characteristic length."""
        return self.period / self.length

    @derived("", "largest error of the coarse gradient, over C₀", scale="tissue", symbol="e")
    def error(self):
        """Largest distance between the resolved and the homogenised gradient; none if both layers are alike."""
        if self.D1 == self.D2:
            return 0.0
        x, c = self.resolved()
        return np.abs(c - self.coarse(x)).max()

    def resolved(self):
        """Return places (µm) and concentrations (in units of C₀) of the tissue resolved layer by layer.

        The places are the ends of slices, so that all borders of layers, where the gradient has its kinks, are among
        them. At an end the concentration follows from those in the middle of both slices and from their common flux.

        Examples
        --------
        >>> x, c = ResolvedTissue(n=2).resolved()
        >>> x[::48].round(6).tolist(), float(c[0])
        ([0.0, 50.0, 100.0, 150.0, 200.0], 1.0)
        """
        half = max(self.refine, 96 // self.n, int(np.ceil(0.7 * self.period * np.sqrt(self.k / self.D2))))
        a = np.repeat([self.D1, self.D2], half)
        c = engine.steady_layers(a, self.n, self.L, self.k)[1]
        a = np.tile(a, self.n)
        ends = (a[:-1] * c[:-1] + a[1:] * c[1:]) / (a[:-1] + a[1:])
        return np.linspace(0.0, self.L, len(c) + 1), np.r_[1.0, ends, c[-1]]

    def coarse(self, x):
        """Return the homogenised concentration cosh((L − x)/λ)/cosh(L/λ) at places `x` (µm), in units of C₀."""
        near, far = np.exp(-x / self.length), np.exp((x - 2.0 * self.L) / self.length)
        return (near + far) / (1.0 + np.exp(-2.0 * self.L / self.length))

    def corrected(self, x):
        """Return the homogenised concentration with its first corrector, C + ℓ χ(x/ℓ) C′, in units of C₀.

        χ is zero at x = 0, so that the corrected concentration keeps the value held there. (With a χ of mean zero it
        would miss that value by an error of first order.)

        Parameters
        ----------
        x : array_like
            Places in µm.

        Returns
        -------
        numpy.ndarray
            Concentrations; their error falls with the square of ε, but for a rest of ε (1 − D_eff/D₁) C(L)/4 that
            the sealed end leaves.
        """
        x = np.asarray(x, float)
        y = x / self.period % 1.0
        slopes = self.effective / self.D1 - 1.0, self.effective / self.D2 - 1.0
        chi = np.where(y < 0.5, slopes[0] * y, 0.5 * slopes[0] + slopes[1] * (y - 0.5))
        near, far = np.exp(-x / self.length), np.exp((x - 2.0 * self.L) / self.length)
        slope = (far - near) / self.length / (1.0 + np.exp(-2.0 * self.L / self.length))
        return self.coarse(x) + self.period * chi * slope


def blocked_lattices(share, samples, rng, *, sites=40, executor=None, progress=False):
    """Return effective diffusivities, over the free one, of square lattices with randomly blocked sites.

    A molecule hops between free neighbouring sites; blocked sites let nothing through. Samples that no free path
    crosses have diffusivity zero.

    Parameters
    ----------
    share : float
        Probability that a site is blocked.
    samples : int
        Number of random lattices.
    rng : int or numpy.random.Generator
        Seed or generator.
    sites : int
        Sites a side of each periodic lattice.
    executor : concurrent.futures.Executor, optional
        Solves blocks of samples in parallel.
    progress : bool
        Show a progress bar.

    Returns
    -------
    numpy.ndarray, shape (samples,)
        Effective diffusivities from left to right.

    Examples
    --------
    >>> found = blocked_lattices(0.1, 4, rng=1, sites=24)
    >>> bool(np.all((found > 0.6) & (found < 0.8)))
    True
    """
    return replicate(_Lattices(share, sites), samples, rng, block=4, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Lattices:
    share: float
    sites: int

    def __call__(self, size, rng):
        blocked = rng.random((size, self.sites, self.sites)) < self.share
        return np.array([self._effective(np.where(image, 0.0, 1.0)) for image in blocked])

    @staticmethod
    def _effective(a):
        if not np.any(a) or not engine.percolates(a)[1]:
            return 0.0
        return engine.homogenise(a, directions=[1]).tensor[0, 0]


def _decades(ax, axis, ticks):
    getattr(ax, f"set_{axis}ticks")(ticks, [f"{tick:g}" for tick in ticks])


def draw_layers(fig, model):
    """Draw the steady concentration across four periods, and both effective diffusivities against D₂."""
    left, right = fig.subplots(1, 2)
    x, c = model.staircase(4)
    for start in range(4):
        left.axvspan((start + 1.0 - model.f) / 4, (start + 1.0) / 4, color=palette.GREY, alpha=0.25, lw=0)
    left.plot(x, c, color=palette.BLUE, lw=2, label="concentration")
    left.plot([0, 1], [1, 0], color=palette.ORANGE, ls="--", lw=1.5, label="in equilibrium, smoothed")
    left.set(xlim=(0, 1), ylim=(0, 1.05 * max(model.K, 1.0)))
    left.set(xlabel="place, x / width", ylabel="concentration, C / C₀")
    left.set_title("steady flux", fontsize=10)
    right.set_title("spreading cloud", fontsize=10)
    D2 = np.geomspace(0.1, 10.0, 21)
    tissues = [model.replace(D2=d) for d in D2]
    right.plot(D2, [t.along for t in tissues], color=palette.GREEN, lw=2, ls="-.", label="along")
    right.plot(D2, [t.across for t in tissues], color=palette.BLUE, lw=2, label="across")
    right.plot([model.D2], [model.along], "s", color=palette.GREEN, ms=7)
    right.plot([model.D2], [model.across], "o", color=palette.BLUE, ms=7)
    right.set(xscale="log", yscale="log", xlim=(0.09, 11), ylim=(0.09, 14))
    right.set(xlabel="slow layers, D₂ / µm² s⁻¹", ylabel="effective diffusivity / µm² s⁻¹")
    _decades(right, "x", [0.1, 1, 10])
    _decades(right, "y", [0.1, 1, 10])
    right.legend(loc="lower right")


def tell_layers(model):
    """Say in a sentence what `draw_layers` shows."""
    return (
        "The concentration falls in steps, steeply in the slow layers; the tissue conducts "
        f"{model.anisotropy:.3g} times as well along the layers as across them."
    )


def _border(mask):
    """Return the border between the two media of an image as steps along its cells, with gaps between them."""
    rows, columns = np.nonzero(mask[1:] != mask[:-1])
    flat = columns + np.array([[0], [1], [0]]), rows + np.array([[1.0], [1.0], [np.nan]])
    rows, columns = np.nonzero(mask[:, 1:] != mask[:, :-1])
    steep = columns + np.array([[1], [1], [1]]), rows + np.array([[0.0], [1.0], [np.nan]])
    return [np.concatenate([a.T.ravel(), b.T.ravel()]) / len(mask) for a, b in zip(flat, steep, strict=True)]


def draw_medium(fig, model):
    """Draw bands of equal steps of concentration in one period, and the effective diffusivity against the contrast."""
    left, right = fig.subplots(1, 2)
    slow = model.solved()[0]
    bands = np.floor(BANDS * np.clip(model.concentration(), -0.2, 1.2)) / BANDS
    left.imshow(bands, origin="lower", extent=(0, 1, 0, 1), vmin=-0.2, vmax=1.2, interpolation="none")
    left.imshow(np.ma.masked_equal(slow.astype(float), 0.0), origin="lower", extent=(0, 1, 0, 1), cmap="Greys", vmin=0,
                vmax=1, alpha=0.45, interpolation="none")  # fmt: skip
    left.plot(*_border(slow), color=WHITE, lw=1.5)
    left.grid(False)
    left.set(xlabel="place, x / period", ylabel="place, y / period")
    ratios = np.array(CONTRASTS)
    means = np.array([[*engine.wiener([1.0, r]), *engine.hashin_shtrikman(r, 1.0, 0.5)] for r in ratios])
    right.fill_between(ratios, means[:, 2], means[:, 3], color=palette.SKY, alpha=0.3, lw=0, label="isotropic, 2-D")
    right.plot(ratios, means[:, 1], color=palette.GREY, ls="-.", lw=1.5, label="arithmetic")
    right.plot(ratios, np.sqrt(ratios), color=palette.GREY, ls=":", lw=1.5, label="geometric")
    right.plot(ratios, means[:, 0], color=palette.GREY, ls="--", lw=1.5, label="harmonic")
    shown = [_effective(model.pattern, r) for r in CONTRASTS]
    right.plot(ratios, shown, color=palette.BLUE, lw=2)
    right.plot([model.D2 / model.D1], [model.effective / model.D1], "o", color=palette.ORANGE, ms=8)
    right.text(0.03, 0.97, model.name, color=palette.BLUE, va="top", transform=right.transAxes)
    right.legend(loc="lower right", fontsize=9)
    right.set(xscale="log", yscale="log", xlim=(0.095, 1.08), ylim=(0.1, 1.1))
    right.set(xlabel="slow over fast, D₂/D₁", ylabel="effective over fast diffusivity")
    _decades(right, "x", [0.1, 0.2, 0.5, 1])
    _decades(right, "y", [0.1, 0.2, 0.5, 1])
    right.minorticks_off()


def tell_medium(model):
    """Say in a sentence what `draw_medium` shows."""
    return (
        f"Pattern {model.pattern}, {model.name}: bands of concentration crowd in the slow half, and the effective "
        f"diffusivity {model.effective:.3g} lies between {model.lower:.3g} and {model.upper:.3g} µm²/s."
    )


def draw_obstacles(fig, model):
    """Draw bands of concentration round one cell, and the effective diffusivity against the share of cells."""
    left, right = fig.subplots(1, 2)
    inside, medium = model.solved()
    n = len(inside)
    field = (np.arange(n) + 0.5) / n + medium.correctors[0]
    bands = np.ma.masked_array(np.floor(BANDS * np.clip(field, -0.2, 1.2)) / BANDS, inside)
    left.imshow(bands, origin="lower", extent=(0, 1, 0, 1), vmin=-0.2, vmax=1.2, interpolation="none")
    left.grid(False)
    left.set(xlabel="place, x / period", ylabel="place, y / period")
    phi = np.linspace(0.0, 0.78, 79)
    right.plot(phi, [engine.maxwell(0.0, 1.0, p) for p in phi], color=palette.GREEN, ls="--", lw=1.5, label="Maxwell")
    right.plot(phi, [engine.rayleigh(0.0, 1.0, p) for p in phi], color=palette.BLUE, lw=2, label="Rayleigh")
    right.plot(phi, 1.0 - phi, color=palette.GREY, ls=":", lw=1.5, label="free share")
    right.axvline(np.pi / 4, color=palette.RED, ls="-.", lw=1.5)
    right.text(np.pi / 4 - 0.01, 0.97, "cells touch", color=palette.RED, ha="right", va="top", fontsize=9)
    right.plot([model.phi], [model.flux_coefficient / model.D], "o", color=palette.ORANGE, ms=8)
    right.set(xlim=(0, 0.8), ylim=(0, 1.02))
    right.set(xlabel="share of the tissue inside cells, φ", ylabel="effective over free diffusivity")
    right.legend(loc="lower left")


def tell_obstacles(model):
    """Say in a sentence what `draw_obstacles` shows."""
    return (
        f"Bands of concentration bend round an impermeable cell; the flux is {model.flux_coefficient / model.D:.3g} of "
        f"the free one, and the tortuosity is {model.tortuosity:.3g}."
    )


def draw_scale(fig, model):
    """Draw the gradient resolved layer by layer over the homogenised one, and the error against ε."""
    left, right = fig.subplots(1, 2)
    x, c = model.resolved()
    layers = 2 * model.n
    shown = np.round(np.linspace(0, len(x) - 1, layers * max(160 // layers, 1) + 1)).astype(int)
    left.plot(x[shown], c[shown], color=palette.BLUE, lw=2, label="layer by layer")
    smooth = np.linspace(0, model.L, 80)
    left.plot(smooth, model.coarse(smooth), color=palette.ORANGE, ls="--", lw=2, label="homogenised")
    left.set(xlim=(0, 200), ylim=(0, 1.02), xlabel="place, x / µm", ylabel="concentration, C / C₀")
    left.legend(loc="upper right")
    finer = [model.replace(n=n) for n in (1, 2, 4, 8, 16, 32, 64)]
    errors = [max(m.error, NO_ERROR) for m in finer]
    right.plot([m.epsilon for m in finer], errors, color=palette.BLUE, lw=2, label="largest error")
    right.plot([0.02, 10], [0.004, 2], color=palette.GREY, ls=":", lw=1.5, label="slope one")
    right.plot([model.epsilon], [max(model.error, NO_ERROR)], "o", color=palette.ORANGE, ms=8)
    right.set(xscale="log", yscale="log", xlim=(0.02, 12), ylim=(0.001, 1))
    right.set(xlabel="period over length of the gradient, ε", ylabel="largest error / C₀")
    _decades(right, "x", [0.1, 1, 10])
    _decades(right, "y", [0.001, 0.01, 0.1, 1])
    right.legend(loc="upper left")


def tell_scale(model):
    """Say in a sentence what `draw_scale` shows."""
    periods = "1 period" if model.n == 1 else f"{model.n} periods"
    return (
        f"With {periods} the small parameter is {model.epsilon:.2g}, and the homogenised gradient errs by at most "
        f"{model.error:.2g} of the concentration at the source."
    )


def draw_convergence(ax, sizes, checkerboard, disc):
    """Draw relative errors of the cell problem against the mesh, for a checkerboard and for permeable discs."""
    ax.plot(sizes, checkerboard, "o-", color=palette.BLUE, label="checkerboard, against √(D₁D₂)")
    ax.plot(sizes, disc, "s--", color=palette.ORANGE, label="smooth, against the exact mean")
    ax.set(xscale="log", yscale="log", xlabel="cells a side", ylabel="relative error")
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.minorticks_off()
    ax.legend(loc="lower left")


def draw_tortuosity(ax, computed, measured):
    """Draw computed tortuosities of packed cells as lines and measured ones as marks against the free share.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    computed, measured : dict of str to (sequence, sequence)
        For each name the shares of free space and the tortuosities.
    """
    looks = zip(palette.CYCLE, palette.LINE_STYLES, strict=False)
    for (name, (alpha, values)), (colour, style) in zip(computed.items(), looks, strict=False):
        ax.plot(alpha, values, color=colour, ls=style, label=name)
    for (name, (alpha, values)), marker in zip(measured.items(), "osD", strict=False):
        ax.plot(alpha, values, marker, color=palette.RED, ms=7, label=name)
    ax.set(xlim=(0, 0.5), ylim=(1, 2), xlabel="share of the space between cells, α", ylabel="tortuosity, Λ")
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2)


def draw_sites(ax, shares, samples):
    """Draw the effective diffusivities of random lattices, their means, and the percolation threshold."""
    for share, values in zip(shares, samples, strict=True):
        ax.plot(np.full(len(values), share), values, "o", color=palette.SKY, ms=4, alpha=0.6)
    ax.plot(shares, [np.mean(values) for values in samples], color=palette.BLUE, label="mean of the samples")
    few = np.array([0.0, 1.0 / np.pi])
    ax.plot(few, 1.0 - np.pi * few, color=palette.GREY, ls=":", label="few obstacles, 1 − πφ")
    ax.axvline(0.4073, color=palette.RED, ls="-.", lw=1.5, label="percolation threshold")
    ax.set(xlim=(0, 0.5), ylim=(0, 1), xlabel="share of blocked sites, φ", ylabel="effective over free diffusivity")
    ax.legend(loc="upper center")
