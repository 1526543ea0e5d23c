"""Reaction and diffusion: a number that decides over gradients, fronts that advance, patterns that make themselves."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from .. import palette
from ..model import Model, derived, param
from ..numerics.evolve import evolve, rest
from ..numerics.fields import Diffusion, steady
from ..numerics.grids import Grid, Held, boundary_inflow

DEPTH = 2000.0
SHOWN_DAYS = 1000.0


def _effectiveness(Da):
    """Return tanh(√Da)/√Da, which is 1 where Da is zero."""
    root = np.sqrt(np.asarray(Da, float))
    return np.where(root < 1e-4, 1.0 - root**2 / 3.0, np.tanh(root) / np.where(root == 0.0, 1.0, root))


def _sealed(Da):
    """Return 1/cosh√Da without overflow."""
    fallen = np.exp(-np.sqrt(Da))
    return 2.0 * fallen / (1.0 + fallen**2)


@dataclass(frozen=True)
class Graft(Model):
    """Slab of tissue that is supplied at one face, sealed at the other, and uses the nutrient at a rate k c.

    Steady diffusion D c″ = k c with c(0) = c₀ and c′(L) = 0 gives c/c₀ = cosh((L − x)/λ)/cosh(L/λ), λ = √(D/k).
    All of it hangs on one number, Da = k L²/D: the sealed face keeps 1/cosh√Da of the supply, and the whole slab takes
    up the share tanh(√Da)/√Da of what it would if the nutrient were everywhere as at the supplied face.

    References
    ----------
    Thiele (1939), Ind. Eng. Chem. 31, 916–920, doi:10.1021/ie50355a027.

    Examples
    --------
    >>> graft = Graft(D=1000, k=1e-3, L=1000)
    >>> round(graft.damkohler, 6), round(graft.edge, 6)
    (1.0, 0.648054)
    """

    D: float = param(1000.0, "µm²/s", "diffusion coefficient", low=250.0, high=4000.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    k: float = param(1e-3, "1/s", "uptake rate constant", low=2.5e-4, high=1.6e-2, log=True,
                     scale="cell", source="illustrative")  # fmt: skip
    L: float = param(1000.0, "µm", "thickness of the tissue", low=125.0, high=DEPTH, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip
    need: float = param(0.2, "", "share of the supply that a cell needs", low=0.05, high=0.9, domain="fraction",
                        symbol="s", scale="cell", source="illustrative")  # fmt: skip

    def check(self):
        """Refuse a need of nothing or of the whole supply."""
        if not 0.0 < self.need < 1.0:
            raise ValueError(f"need must lie between 0 and 1, got {self.need!r}: at 1 only the supplied face can live")

    @derived("µm", "characteristic length", scale="tissue", symbol="λ")
    def length(self):
        """Distance √(D/k) that a molecule wanders before it is taken up."""
        return np.sqrt(self.D / self.k)

    @derived("", "Damköhler number", scale="tissue", symbol="Da")
    def damkohler(self):
        """Time L²/D to cross the tissue over the time 1/k to be taken up."""
        return self.k * self.L**2 / self.D

    @derived("", "share of the supply at the sealed face", scale="tissue", symbol="c(L)/c₀")
    def edge(self):
        """Concentration at the sealed face over that at the supplied face, 1/cosh√Da."""
        return _sealed(self.damkohler)

    @derived("", "effectiveness", scale="tissue", symbol="η")
    def effectiveness(self):
        """Uptake of the tissue over its uptake without any gradient, tanh(√Da)/√Da."""
        return _effectiveness(self.damkohler)

    @derived("µm", "thickest tissue whose cells all live", scale="tissue", symbol="L_max")
    def thickest(self):
        """Thickness λ arccosh(1/s) at which the sealed face keeps just the share s that a cell needs."""
        return self.length * np.arccosh(1.0 / self.need)

    def concentration(self, x):
        """Return the steady concentration as a share of the supply.

        Parameters
        ----------
        x : array_like
            Depths below the supplied face, in µm, from 0 to L.

        Returns
        -------
        numpy.ndarray
            Shares of the supply.

        Raises
        ------
        ValueError
            If a depth lies outside the tissue.

        Examples
        --------
        >>> Graft().concentration([0.0])
        array([1.])
        """
        x = np.asarray(x, float)
        if not np.all((x >= 0) & (x <= self.L)):
            raise ValueError(f"x must lie between 0 and L = {self.L} µm, got {x!r}")
        near, far = np.exp(-x / self.length), np.exp((x - 2.0 * self.L) / self.length)
        return (near + far) / (1.0 + np.exp(-2.0 * self.L / self.length))

    def computed(self, cells=100):
        """Return the profile by finite volumes, without the formula.

        Parameters
        ----------
        cells : int
            Number of finite volumes.

        Returns
        -------
        x, c : numpy.ndarray, shape (cells,)
            Depths of the cell centres in µm, and shares of the supply.
        uptake : float
            Effectiveness of the computed profile.

        Examples
        --------
        >>> round(float(Graft().computed(200)[2]), 4)
        0.7616
        """
        grid = Grid(cells, self.L, (Held(1.0), "no-flux"))
        c = steady(grid, self.D, decay=self.k)
        return grid.centres[0], c, c.mean()


@dataclass(frozen=True)
class SaturatedGraft(Model):
    """Slab whose cells take up no more than they can use: V c/(K + c) instead of k c, all relative to the supply.

    Where c ≫ K the uptake no longer falls with c, and the nutrient ends at a finite depth instead of fading. The
    profile comes from Newton's method on finite volumes.

    References
    ----------
    Johnson & Goody (2011), Biochemistry 50, 8264–8269, doi:10.1021/bi201284u (the paper of Michaelis and Menten, 1913).

    Examples
    --------
    >>> slab = SaturatedGraft(D=1000, V=1e-3, L=1000, K=0.1)
    >>> round(slab.edge, 4), round(slab.flux, 4)
    (0.5684, 0.8739)
    """

    D: float = param(1000.0, "µm²/s", "diffusion coefficient", low=250.0, high=4000.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    V: float = param(1e-3, "1/s", "largest uptake, as a share of the supply per time", low=2.5e-4, high=4e-3, log=True,
                     scale="cell", source="illustrative")  # fmt: skip
    K: float = param(0.1, "", "concentration at half the largest uptake, as a share of the supply", low=0.01,
                     high=100.0, log=True, scale="cell", source="illustrative")  # fmt: skip
    L: float = param(1000.0, "µm", "thickness of the tissue", low=125.0, high=DEPTH, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip

    @derived("", "Damköhler number at full uptake", scale="tissue", symbol="VL²/D")
    def damkohler(self):
        """Time L²/D to cross the tissue over the time 1/V to use up the supply."""
        return self.V * self.L**2 / self.D

    @derived("", "share of the supply at the sealed face", scale="tissue", symbol="c(L)/c₀")
    def edge(self):
        """Concentration at the sealed face over that at the supplied face."""
        return self.profile[1][-1]

    @derived("", "flux into the tissue, in units of D c₀/L", scale="tissue", symbol="J")
    def flux(self):
        """What the whole slab takes up."""
        grid = Grid(len(self.profile[1]), 1.0, (Held(1.0), "no-flux"))
        return boundary_inflow(grid, 1.0, self.profile[1])

    @derived("", "share at the sealed face by the linear law", scale="tissue", symbol="1/cosh√Da")
    def linear_edge(self):
        """What uptake in proportion to c, the same at the supplied face, would leave at the sealed face."""
        return _sealed(self.damkohler / (1.0 + self.K))

    @cached_property
    def profile(self):
        """Depths over L and shares of the supply, on 400 finite volumes."""
        grid = Grid(400, 1.0, (Held(1.0), "no-flux"))
        guess = _sealed(self.damkohler / (1.0 + self.K) * grid.centres[0] ** 2)
        return grid.centres[0], rest(_michaelis, guess, grid, 1.0, parameters=(self.damkohler, self.K), most=200)


def _michaelis(u, p):
    Da, K = p
    return -Da * u / (K + np.abs(u))


@dataclass(frozen=True)
class Front(Model):
    """Cells that wander with D and multiply with r until the tissue is full: a front that advances at 2√(rD).

    c_t = D c_xx + r c (1 − c). The front is pulled by its thinnest edge, where c is small and grows as exp(r t); the
    speed does not depend on what happens behind. It is reached slowly: after a time t a front that began as a step lags
    behind 2√(rD) t by (3/2) √(D/r) ln(r t) and a constant; the logarithm does not depend on the details.

    References
    ----------
    Fisher (1937), Annals of Eugenics 7, 355–369, doi:10.1111/j.1469-1809.1937.tb02153.x.
    Bramson (1983), Mem. Amer. Math. Soc. 44(285), doi:10.1090/memo/0285.
    Swanson, Alvord & Murray (2000), Cell Prolif. 33, 317–329, doi:10.1046/j.1365-2184.2000.00177.x.

    Examples
    --------
    >>> round(Front(D=0.13, r=0.012).speed_per_year, 4)
    28.8327
    """

    D: float = param(0.13, "mm²/d", "motility", low=0.0325, high=0.52, log=True, scale="cell", source="swanson2000")
    r: float = param(0.012, "1/d", "growth rate", low=0.003, high=0.048, log=True, scale="cell", source="swanson2000")
    t: float = param(365.0, "d", "time since the start", low=30.0, high=SHOWN_DAYS, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip
    days_per_year: float = param(365.0, "d/yr", "days in a year", symbol="d/yr", constant=True, scale="organism",
                                 source="illustrative")  # fmt: skip

    @derived("mm/d", "final speed", scale="tissue", symbol="v*")
    def speed(self):
        """Speed 2√(rD) that the front approaches."""
        return 2.0 * np.sqrt(self.r * self.D)

    @derived("mm/yr", "final speed in a year", scale="organism", symbol="v_yr")
    def speed_per_year(self):
        """The same in mm per year."""
        return self.speed * self.days_per_year

    @derived("mm", "width of the front", scale="tissue", symbol="ℓ")
    def width(self):
        """Distance √(D/r) that a cell wanders between divisions, the unit of length of the front."""
        return np.sqrt(self.D / self.r)

    @derived("mm", "smallest patch that can live", scale="tissue", symbol="L_c")
    def smallest_patch(self):
        """Width π√(D/r) of a patch with deadly surroundings below which cells leave faster than they multiply."""
        return np.pi * self.width

    @derived("", "age in growth times", scale="tissue", symbol="rt")
    def age(self):
        """Time t in units of 1/r."""
        return self.r * self.t

    @derived("mm", "way of the front", scale="tissue", symbol="X(t)")
    def way(self):
        """Distance of the place where the tissue is half full from the edge of the region that was full at first."""
        clock, places, _ = advance(LONGEST)
        later = _bramson_way(max(self.age, LONGEST)) - _bramson_way(LONGEST)
        return self.width * (np.interp(self.age, clock, places) + later)

    @derived("mm/d", "speed now", scale="tissue", symbol="v(t)")
    def speed_now(self):
        """Speed of the place where the tissue is half full, computed up to rt = 60, and by Bramson's law later."""
        clock, places, _ = advance(LONGEST)
        if self.age > LONGEST:
            return self.width * self.r * float(bramson_speed(self.age))
        return self.width * self.r * np.interp(self.age, clock, np.gradient(places, clock))

    @derived("", "share of the final speed", scale="tissue", symbol="v/v*")
    def share(self):
        """Speed now over the final speed 2√(rD)."""
        return self.speed_now / self.speed

    def profile(self, x):
        """Return how full the tissue is at the model's time.

        Parameters
        ----------
        x : array_like
            Distances in mm from the edge of the region that was full at the start.

        Returns
        -------
        numpy.ndarray
            Shares of the tissue's capacity.

        Examples
        --------
        >>> front = Front(t=365.0)
        >>> front.profile([-50.0, front.way, 80.0]).round(3)
        array([1. , 0.5, 0. ])
        """
        clock, _, shapes = advance(LONGEST)
        ahead = (np.asarray(x, float) - self.way) / self.width
        n = min(max(int(np.searchsorted(clock, self.age)), 1), len(clock) - 1)
        weight = (self.age - clock[n - 1]) / (clock[n] - clock[n - 1])
        early, late = (np.interp(ahead, OFFSETS, shape, left=1.0, right=0.0) for shape in shapes[n - 1 : n + 1])
        return (1.0 - weight) * early + weight * late


LONGEST, BEHIND = 60.0, 30.0
OFFSETS = np.linspace(-16.0, 16.0, 161)


def logistic(u, p):
    """Return the rate r u (1 − u) of logistic growth; `p` holds r."""
    return p[0] * u * (1.0 - u)


def logistic_flow(u, p, dt):
    """Return u after logistic growth alone for a time dt, exactly."""
    return u / (u + (1.0 - u) * np.exp(-p[0] * dt))


def cut_flow(u, p, dt):
    """Return u after logistic growth that leaves alone what lies below 1/N; `p` holds r and N."""
    return np.where(u < 1.0 / p[1], u, logistic_flow(u, p, dt))


def places(grid, profiles, level=0.5):
    """Return where falling profiles cross a level, in the coordinate of a line.

    Parameters
    ----------
    grid : Grid
        A line.
    profiles : array_like, shape (T, cells)
        Falling profiles.
    level : float
        The level.

    Returns
    -------
    numpy.ndarray, shape (T,)
        Places, by linear interpolation of the logarithm.

    Examples
    --------
    >>> places(Grid(4, 4.0), [[1.0, 0.75, 0.25, 0.0]]).round(3)
    array([1.869])
    """
    tiny = np.finfo(float).tiny
    return np.array([np.interp(-np.log(level), -np.log(np.maximum(c, tiny)), grid.centres[0]) for c in profiles])


@lru_cache(maxsize=16)
def advance(time, cells_per_site=None, spacing=0.2, dt=0.05):
    """Return the front that grows from a step, in units of 1/r and √(D/r), in a window that moves with it.

    Strang splitting of exact growth and tridiagonal Crank–Nicolson diffusion; never transforms, whose round-off ahead
    of the front would grow as exp(t).

    Parameters
    ----------
    time : float
        Duration.
    cells_per_site : float, optional
        If given, growth stops below one cell in so many.
    spacing, dt : float
        Width of the finite volumes and time step.

    Returns
    -------
    clock : numpy.ndarray, shape (T,)
        Times, four a unit up to 4, then one a unit.
    way : numpy.ndarray, shape (T,)
        Way of the place where the profile is one half.
    shapes : numpy.ndarray, shape (T, len(OFFSETS))
        Profiles at `OFFSETS` from that place.

    Examples
    --------
    >>> clock, way, _ = advance(20.0)
    >>> bool(1.9 < way[-1] - way[-2] < 1.93)
    True
    """
    grid = Grid(round(220.0 / spacing), 220.0)
    p = (1.0,) if cells_per_site is None else (1.0, cells_per_site)
    flow = logistic_flow if cells_per_site is None else cut_flow
    c = grid.field(lambda x: np.clip(0.5 + (BEHIND - x) / spacing, 0.0, 1.0))
    step, gone = Diffusion(grid, 1.0, dt, method="crank-nicolson"), 0.0
    clock, way, shapes = [0.0], [0.0], [np.where(OFFSETS < 0, 1.0, 0.0)]
    c, unit = flow(c, p, dt / 2.0), round(1.0 / dt)
    for n in range(1, round(time / dt) + 1):
        c = flow(step.step(c), p, dt)
        if n % unit == 0 or (n < 4 * unit and n % (unit // 4) == 0):
            now = flow(c, p, -dt / 2.0)
            place = places(grid, [now])[0]
            clock.append(n * dt)
            way.append(place + gone - BEHIND)
            shapes.append(np.interp(place + OFFSETS, grid.centres[0], now))
            ahead = max(int((place - BEHIND) / spacing), 0)
            c, gone = np.r_[c[ahead:], np.zeros(ahead)], gone + ahead * spacing
    return tuple(np.array(column) for column in (clock, way, shapes))


def grid_speed(spacing=0.2, dt=0.05):
    """Return the speed that the computed front approaches: 2 but for the errors of its grid and steps.

    A tail exp(−m x) grows on the grid at a rate s(m) and so moves at s(m)/m; the front takes the slowest of these.

    Parameters
    ----------
    spacing, dt : float
        Width of the finite volumes and time step, in units of √(D/r) and 1/r.

    Returns
    -------
    float
        Speed in units of √(rD).

    Examples
    --------
    >>> round(float(grid_speed(0.2, 0.05)), 4)
    2.0035
    """
    m = np.linspace(0.8, 1.2, 4001)
    spread = 2.0 * (np.cosh(m * spacing) - 1.0) / spacing**2
    return (((np.log1p(dt / 2 * spread) - np.log1p(-dt / 2 * spread)) / dt + 1.0) / m).min()


def bramson_speed(t):
    """Return the speed of a front begun as a step, 2 − 3/(2t) + (3√π/2) t^(−3/2), in units of √(rD) and 1/r.

    Parameters
    ----------
    t : array_like
        Times in units of 1/r.

    Returns
    -------
    numpy.ndarray
        Speeds; the next term is of order t⁻² ln t.

    References
    ----------
    Ebert & van Saarloos (2000), Physica D 146, 1–99, doi:10.1016/S0167-2789(00)00068-3.

    Examples
    --------
    >>> round(float(bramson_speed(40.0)), 4)
    1.973
    """
    t = np.asarray(t, float)
    return 2.0 - 1.5 / t + 1.5 * np.sqrt(np.pi) * t**-1.5


def _bramson_way(t):
    return 2.0 * t - 1.5 * np.log(t) - 3.0 * np.sqrt(np.pi / t)


@dataclass(frozen=True)
class Pattern(Model):
    """Two substances that keep each other at rest where they are mixed, and make stripes where they diffuse apart.

    Schnakenberg's reaction in units of the activator's turnover k: u′ = a − u + u²w, w′ = b − u²w, with u diffusing as
    D and w as d D. The even state u = a + b, w = b/(a + b)² is stable without diffusion if b − a < (a + b)³, and loses
    its stability to waves once d exceeds a critical ratio. Below it nothing grows: growth is negative, the wavelength
    infinite.

    References
    ----------
    Turing (1952), Phil. Trans. R. Soc. B 237, 37–72, doi:10.1098/rstb.1952.0012.
    Schnakenberg (1979), J. Theor. Biol. 81, 389–400, doi:10.1016/0022-5193(79)90042-0.

    Examples
    --------
    >>> pattern = Pattern(a=0.1, b=0.9, d=40, D=1.0, k=1.0, L=100.0)
    >>> round(pattern.critical_ratio, 4), round(pattern.wavelength, 3)
    (8.5676, 14.941)
    """

    a: float = param(0.1, "", "supply of the activator", low=0.05, high=0.3, scale="cell", source="schnakenberg1979")
    b: float = param(0.9, "", "supply of the substrate", low=0.7, high=2.0, scale="cell", source="schnakenberg1979")
    d: float = param(40.0, "", "ratio of the diffusion coefficients", low=2.0, high=100.0, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    D: float = param(1.0, "µm²/s", "diffusion coefficient of the activator", low=0.1, high=10.0, log=True,
                     scale="molecule", source="muller2012")  # fmt: skip
    k: float = param(0.01, "1/s", "turnover of the activator", low=0.001, high=0.1, log=True,
                     scale="molecule", source="illustrative")  # fmt: skip
    L: float = param(600.0, "µm", "length of the tissue", low=150.0, high=1200.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip

    @property
    def jacobian(self):
        """Rates of change around the even state, ((f_u, f_w), (g_u, g_w)), in units of k."""
        total = self.a + self.b
        made = 2.0 * self.b / total
        return np.array([[made - 1.0, total**2], [-made, -(total**2)]])

    @derived("", "critical ratio of diffusion coefficients", scale="molecule", symbol="d_c")
    def critical_ratio(self):
        """Ratio above which waves grow, ((√Δ + √(Δ − f_u g_w))/f_u)²; infinite if the activator does not activate."""
        (fu, fw), (gu, gw) = self.jacobian
        det = fu * gw - fw * gu
        return ((np.sqrt(det) + np.sqrt(det - fu * gw)) / fu) ** 2 if fu > 0 else np.inf

    @derived("1/µm", "wavenumber at the top of the hill", scale="tissue", symbol="q*")
    def fastest(self):
        """Wavenumber at which the growth rate of waves that do not swing is largest; zero if there is none."""
        (fu, fw), (gu, gw) = self.jacobian
        if self.d <= 1.0:
            return 0.0
        square = ((self.d + 1.0) * np.sqrt(-fw * gu / self.d) - fu + gw) / (self.d - 1.0)
        return np.sqrt(max(square, 0.0) * self.k / self.D)

    @derived("1/s", "growth rate at the top of the hill", scale="tissue", symbol="σ*")
    def growth(self):
        """Growth rate there; negative if all waves die out (long ones, which swing, then perhaps more slowly)."""
        return float(self.growth_rate(self.fastest))

    @derived("µm", "wavelength that grows fastest (∞: none grows)", scale="tissue", symbol="2π/q*")
    def wavelength(self):
        """Wavelength 2π/q* of the fastest wave; infinite if none grows."""
        return 2.0 * np.pi / self.fastest if self.fastest > 0.0 and self.growth > 0.0 else np.inf

    def growth_rate(self, q):
        """Return the growth rates of waves around the even state.

        Parameters
        ----------
        q : array_like
            Wavenumbers in 1/µm.

        Returns
        -------
        numpy.ndarray
            Real parts of the larger eigenvalue, in 1/s.

        Examples
        --------
        >>> round(float(Pattern(D=1.0, k=1.0).growth_rate(0.4205434)), 6)
        0.411011
        """
        (fu, fw), (gu, gw) = self.jacobian
        square = np.asarray(q, float) ** 2 * self.D / self.k
        trace = fu + gw - (1.0 + self.d) * square
        det = (fu - square) * (gw - self.d * square) - fw * gu
        return self.k * (trace / 2.0 + np.sqrt((trace**2 / 4.0 - det).astype(complex))).real

    def band(self):
        """Return the ends of the band of wavenumbers that grow, in 1/µm; both are zero if none grows.

        Examples
        --------
        >>> tuple(round(q, 6) for q in Pattern(D=1.0, k=1.0).band())
        (0.183646, 0.860973)
        """
        (fu, fw), (gu, gw) = self.jacobian
        half, det = (self.d * fu + gw) / (2.0 * self.d), (fu * gw - fw * gu) / self.d
        if half <= 0.0 or half**2 <= det:
            return 0.0, 0.0
        root = np.sqrt(half**2 - det)
        return tuple(float(np.sqrt((half + sign * root) * self.k / self.D)) for sign in (-1, 1))

    def grow(self, cells, time, *, rng, dt=0.2, noise=0.01, sheet=False):
        """Return the activator that has grown from small noise on a line of length L or a square of side L.

        Two-step IMEX with cosine transforms; its state of rest is exact.

        Parameters
        ----------
        cells : int
            Cells along a side.
        time : float
            Duration in units of 1/k.
        rng : int or numpy.random.Generator
            Seed or generator of the noise.
        dt : float
            Time step in units of 1/k.
        noise : float
            Standard deviation of the noise relative to the even state.
        sheet : bool
            Whether to use a square instead of a line.

        Returns
        -------
        numpy.ndarray, shape (cells,) or (cells, cells)
            Activator concentrations.

        Raises
        ------
        ValueError
            If the cells do not resolve √(D/k).

        Examples
        --------
        >>> stripes = Pattern().grow(80, 100.0, rng=1)
        >>> bool(np.ptp(stripes) > 1.0), bool(np.ptp(Pattern(d=5.0).grow(80, 100.0, rng=1)) < 0.01)
        (True, True)
        """
        from ..numerics.streams import generator

        side = self.L / np.sqrt(self.D / self.k)
        if side > 2.0 * cells:
            raise ValueError(f"cells must be at least {int(np.ceil(side / 2.0))} to resolve √(D/k), got {cells}")
        grid = Grid((cells, cells), (side, side)) if sheet else Grid(cells, side)
        even = np.array([self.a + self.b, self.b / (self.a + self.b) ** 2])
        start = even.reshape(2, *[1] * len(grid.shape)) * (1 + noise * generator(rng).normal(size=(2, *grid.shape)))
        return self._run(grid, start, [time], dt)[0, 0]

    def _run(self, grid, start, times, dt):
        return evolve(
            _schnakenberg, start, grid, [1.0, self.d], times, parameters=(self.a, self.b), dt=dt, method="imex"
        )

    def measured_growth(self, q, *, cells=64, span=0.5, dt=0.002):
        """Return the growth rate of a small wave in the full equations, to set beside `growth_rate`.

        A cosine of half a wavelength is put along the faster of its two linear modes, with an amplitude of a
        millionth, and followed.

        Parameters
        ----------
        q : float
            Wavenumber in 1/µm.
        cells : int
            Cells in half a wavelength.
        span, dt : float
            Duration and time step in units of 1/k.

        Returns
        -------
        float
            Growth rate in 1/s.

        Raises
        ------
        ValueError
            If the wave oscillates as it decays.

        Examples
        --------
        >>> pattern = Pattern()
        >>> bool(abs(pattern.measured_growth(pattern.fastest) / pattern.growth - 1) < 2e-3)
        True
        """
        (fu, fw), (gu, gw) = self.jacobian
        square = q**2 * self.D / self.k
        values, vectors = np.linalg.eig(np.array([[fu - square, fw], [gu, gw - self.d * square]]))
        if np.iscomplexobj(values):
            raise ValueError(f"q must be such that the wave does not oscillate, got {q!r} 1/µm; take a larger one")
        mode = vectors[:, np.argmax(values)]
        grid = Grid(cells, np.pi / np.sqrt(square))
        wave = np.cos(np.pi * grid.centres[0] / grid.lengths[0])
        even = np.array([self.a + self.b, self.b / (self.a + self.b) ** 2])
        start = even[:, None] + 1e-6 * mode[:, None] * wave
        after = self._run(grid, start, [span], dt)[0]
        size = [float((c[0] - even[0]) @ wave) for c in (start, after)]
        return self.k * np.log(size[1] / size[0]) / span


def _schnakenberg(u, w, p):
    a, b = p
    made = u * u * w
    return a - u + made, b - made


def dominant_wavelength(sheet, side):
    """Return the wavelength of the strongest ring of the spectrum of a square field.

    Parameters
    ----------
    sheet : array_like, shape (n, n)
        The field.
    side : float
        Side of the square.

    Returns
    -------
    float
        Power-weighted mean over the wavenumbers within a factor 1.5 of the peak.

    Examples
    --------
    >>> x = (np.arange(64) + 0.5) / 64
    >>> round(float(dominant_wavelength(np.cos(8 * np.pi * x)[None] + 0 * x[:, None], 1.0)), 3)
    0.25
    """
    import scipy.fft

    power = scipy.fft.dctn(np.asarray(sheet) - np.mean(sheet)) ** 2
    index = np.arange(len(power))
    q = np.pi / side * np.hypot(index[:, None], index)
    rings = np.round(q * side / np.pi).astype(np.intp)
    strength = np.bincount(rings.ravel(), power.ravel())
    near = np.abs(np.log(np.maximum(rings, 1) / np.argmax(strength))) < np.log(1.5)
    return 2.0 * np.pi / (power[near] @ q[near] / power[near].sum())


def spot_distance(sheet, side):
    """Return how far apart the spots of a square field would stand on a hexagonal grid as dense as they are.

    A spot is the largest value within a quarter of a wavelength, so that one about to divide counts once; one at a
    sealed edge counts half, as its mirror image has the other half. The rows of the grid, which a spectrum
    sees, are √3/2 of this distance apart.

    Parameters
    ----------
    sheet : array_like, shape (n, n)
        The field.
    side : float
        Side of the square.

    Returns
    -------
    float
        Distance √(2/√3) over the root of the number of spots per area.

    Examples
    --------
    >>> wave = -np.cos(16 * np.pi * (np.arange(88) + 0.5) / 88)
    >>> round(float(spot_distance(wave[None] + wave[:, None], 1.0)), 4)  # 64 spots
    0.1343
    """
    from scipy.ndimage import maximum_filter

    sheet = np.asarray(sheet, float)
    reach = max(round(0.25 * dominant_wavelength(sheet, side) / side * len(sheet)), 1)
    top = (sheet == maximum_filter(sheet, 2 * reach + 1, mode="reflect")) & (sheet > sheet.mean())
    place = np.argwhere(top)
    at_edge = np.minimum(place, len(sheet) - 1 - place) <= 1
    return np.sqrt(2.0 / np.sqrt(3.0) * side**2 / np.sum(0.5 ** at_edge.sum(axis=1)))


def space_errors(cells=(25, 50, 100, 200), Da=4.0):
    """Return the largest error of the computed slab profile for several numbers of cells."""
    graft = Graft(D=1000.0, k=Da * 1e-3, L=1000.0)
    found = [graft.computed(n) for n in cells]
    return np.array([np.abs(c - graft.concentration(x)).max() for x, c, _ in found])


def splitting_errors(steps=(10, 20, 40, 80), time=4.0):
    """Return errors of Fisher's equation after splitting, once each way: growth then diffusion, and symmetrically.

    Parameters
    ----------
    steps : sequence of int
        Numbers of time steps.
    time : float
        Duration in units of 1/r.

    Returns
    -------
    one_after_the_other, symmetric : numpy.ndarray
        Largest differences from a run with 64 times the last number of steps.

    Examples
    --------
    >>> one, symmetric = splitting_errors((10, 20))
    >>> bool(np.log2(one[0] / one[1]) < 1.2), bool(np.log2(symmetric[0] / symmetric[1]) > 1.8)
    (True, True)
    """
    grid = Grid(200, 40.0)
    start = grid.field(lambda x: 0.5 * (1.0 - np.tanh((x - 12.0) / 4.0)))

    def symmetric(count):
        return evolve(logistic, start, grid, 1.0, [time], parameters=(1.0,), dt=time / count,
                      diffusion="crank-nicolson", flow=logistic_flow)[0]  # fmt: skip

    def one_by_one(count):
        c, step = start, Diffusion(grid, 1.0, time / count, method="crank-nicolson")
        for _ in range(count):
            c = step.step(logistic_flow(c, (1.0,), time / count))
        return c

    exact = symmetric(64 * steps[-1])
    return tuple(np.array([np.abs(run(n) - exact).max() for n in steps]) for run in (one_by_one, symmetric))


def lag(time, spacing=0.1, dt=0.025):
    """Return times and how far the speed of the computed front still is below its final value, in units of √(rD).

    Parameters
    ----------
    time : float
        Duration in units of 1/r.
    spacing, dt : float
        See `advance`.

    Returns
    -------
    t, missing : numpy.ndarray
        From t = 4 on; `grid_speed` minus the speed.
    """
    clock, way, _ = advance(time, spacing=spacing, dt=dt)
    late = clock >= 4.0
    t, way = clock[late], way[late]
    return t[1:-1], grid_speed(spacing, dt) - (way[2:] - way[:-2]) / (t[2:] - t[:-2])


def cut_speeds(capacities, time=120.0):
    """Return the speeds of fronts whose growth stops below one cell in N, in units of √(rD).

    Parameters
    ----------
    capacities : sequence of float
        Values of N.
    time : float
        Duration; the speed is that of its last third.

    Returns
    -------
    numpy.ndarray
        Speeds; the law is 2 − π²/ln²N (Brunet & Derrida 1997, doi:10.1103/PhysRevE.56.2597).
    """
    speeds = []
    for N in capacities:
        clock, way, _ = advance(time, cells_per_site=float(N))
        late = clock > 2.0 * time / 3.0
        speeds.append(np.polyfit(clock[late], way[late], 1)[0])
    return np.array(speeds)


def draw_graft(fig, model):
    """Draw the profile in the slab with the share that cells need, and effectiveness and edge against Da."""
    left, right = fig.subplots(1, 2)
    x = np.linspace(0, model.L, 81)
    left.plot(x, model.concentration(x), color=palette.BLUE, label="c/c₀")
    left.plot([model.L, model.L], [0, 1.1], color=palette.GREY, ls="--", lw=1.5, label="sealed face")
    left.axhline(model.need, color=palette.ORANGE, ls=":", lw=1.5)
    left.plot([model.L], [model.edge], "o", color=palette.PURPLE, ms=7)
    left.text(0.005 * DEPTH, model.need + 0.015, "need", color=palette.ORANGE, va="bottom")
    left.set(xlim=(0, DEPTH), ylim=(0, 1.1), xlabel="depth, x / µm", ylabel="share of the supply, c/c₀")
    Da = np.geomspace(1e-3, 1e3, 61)
    right.plot(Da, _effectiveness(Da), color=palette.BLUE, label="effectiveness")
    right.plot(Da, 1 / np.cosh(np.sqrt(Da)), color=palette.PURPLE, ls="--", label="sealed face")
    right.plot([model.damkohler], [model.effectiveness], "o", color=palette.BLUE, ms=7)
    right.plot([model.damkohler], [model.edge], "o", color=palette.PURPLE, ms=7)
    right.set(xscale="log", xlim=(1e-3, 1e3), ylim=(0, 1.1), xlabel="Damköhler number, Da = kL²/D", ylabel="share")
    right.legend(loc="lower left")


def tell_graft(model):
    """Say in a sentence what `draw_graft` shows."""
    state = "all cells get what they need" if model.edge >= model.need else "the deepest cells starve"
    return f"The concentration falls to {model.edge:.2g} of the supply at the sealed face: {state}."


def draw_front(fig, model):
    """Draw the profile now over the start, and the speed of the front against time with its final value."""
    left, right = fig.subplots(1, 2)
    x = np.linspace(-20, 180, 161)
    left.plot(x, np.where(x < 0, 1.0, 0.0), color=palette.GREY, ls="--", lw=1.5, label="start")
    left.plot(x, model.profile(x), color=palette.BLUE, label="now")
    left.plot([model.way], [0.5], "o", color=palette.ORANGE, ms=7)
    left.set(xlim=(-20, 180), ylim=(0, 1.35), xlabel="distance, x / mm", ylabel="share of the capacity")
    left.legend(loc="upper right")
    t = np.geomspace(30, SHOWN_DAYS, 40)
    right.plot(t, [model.replace(t=day).speed_now for day in t], color=palette.BLUE, label="speed")
    right.axhline(model.speed, color=palette.GREY, ls="--", lw=1.5)
    right.text(30, model.speed, " 2√(rD)", color=palette.GREY, va="bottom")
    right.plot([model.t], [model.speed_now], "o", color=palette.ORANGE, ms=7)
    right.set(xscale="log", xlim=(30, SHOWN_DAYS), ylim=(0, 0.25), xlabel="time, t / d", ylabel="speed, v / mm d⁻¹")


def tell_front(model):
    """Say in a sentence what `draw_front` shows."""
    return f"The front has come {model.way:.3g} millimetres and moves at {model.speed_now / model.speed:.2g} of 2√(rD)."


@lru_cache(maxsize=128)
def _stripes(a, b, d, side):
    pattern = Pattern(a=a, b=b, d=d, D=1.0, k=1.0, L=side)
    saturated = 40.0 + 10.0 / pattern.growth if pattern.growth > 0.05 else 40.0
    return pattern.grow(128, saturated, rng=1, noise=0.02, dt=0.25)


def draw_pattern(fig, model):
    """Draw the pattern that has grown from noise, and the growth rate of waves against their wavenumber."""
    left, right = fig.subplots(1, 2)
    side = model.L / np.sqrt(model.D / model.k)
    stripes = _stripes(model.a, model.b, model.d, float(f"{side:.10g}"))
    x = (np.arange(len(stripes)) + 0.5) * model.L / len(stripes)
    left.axhline(model.a + model.b, color=palette.GREY, ls="--", lw=1.5)
    left.plot(x, stripes, color=palette.BLUE, label="activator")
    if np.isfinite(model.wavelength):
        left.plot([0, model.wavelength], [4.6, 4.6], color=palette.RED, lw=5, solid_capstyle="butt",
                  label="one wavelength of linear theory")  # fmt: skip
        left.text(model.wavelength + 25, 4.6, "fastest wave", color=palette.RED, va="center")
    left.set(xlim=(0, 1200), ylim=(0, 5), xlabel="place, x / µm", ylabel="activator, u")
    q = np.linspace(0, 0.12, 100)
    right.plot(q, 1e3 * model.growth_rate(q), color=palette.BLUE, label="growth rate")
    right.axhline(0, color=palette.GREY, ls="--", lw=1.5)
    right.plot([model.fastest], [1e3 * model.growth], "o", color=palette.ORANGE, ms=7)
    right.set(xlim=(0, 0.12), ylim=(-8, 6), xlabel="wavenumber, q / µm⁻¹", ylabel="growth rate, σ / 10⁻³ s⁻¹")


def tell_pattern(model):
    """Say in a sentence what `draw_pattern` shows."""
    if model.growth <= 0:
        return "No wave grows: the tissue stays even."
    return f"Waves of about {model.wavelength:.3g} micrometres grow fastest and fill the tissue with stripes."


def draw_sheet(fig, sheet, side, wavelength):
    """Draw a patterned sheet beside a ruler of one wavelength, and its profile along the middle."""
    left, right = fig.subplots(1, 2)
    left.imshow(np.round(sheet, 1), extent=(0, side, 0, side), origin="lower", interpolation="none", vmin=0, vmax=4)
    left.plot([0, wavelength], [0.04 * side] * 2, color=palette.RED, lw=5, label="one wavelength of linear theory")
    left.grid(False)
    left.set(xlabel="x / µm", ylabel="y / µm")
    middle = sheet[len(sheet) // 2]
    right.plot(
        (np.arange(len(middle)) + 0.5) * side / len(middle), np.round(middle, 3), color=palette.BLUE, label="activator"
    )
    right.set(xlim=(0, side), ylim=(0, 4.5), xlabel="x / µm", ylabel="activator along the middle, u")


def draw_lumped(ax, Da):
    """Draw the error of a tissue thought to be well mixed against Da, with the line Da/3."""
    Da = np.asarray(Da, float)
    ax.plot(Da, 1.0 / _effectiveness(Da) - 1.0, "o", color=palette.ORANGE, label="well mixed beside resolved")
    ax.plot(Da, Da / 3.0, color=palette.BLUE, label="Da/3")
    ax.set(xscale="log", yscale="log", xlabel="Damköhler number, Da", ylabel="relative error of the uptake")
    ax.legend(loc="upper left")


def draw_lag(ax, t, missing):
    """Draw how much the computed front is too slow against time, with Bramson's law and its next term."""
    late = np.geomspace(t[0], t[-1], 60)
    shown = np.unique(np.round(np.geomspace(1, len(t), 25)).astype(int)) - 1
    ax.plot(t[shown], missing[shown], "o", color=palette.ORANGE, ms=5, label="computed front")
    ax.plot(late, 1.5 / late, color=palette.BLUE, label="3/(2rt)")
    ax.plot(late, np.where(late > 10, 2.0 - bramson_speed(late), np.nan), color=palette.GREEN, ls="--",
            label="with the next term")  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="time, rt", ylabel="missing speed, 2 − v/√(rD)")
    ax.legend(loc="upper right")


def draw_growth(ax, pattern, q, measured):
    """Draw growth rates of small waves in the full equations over those of linear theory."""
    fine = np.linspace(0, max(q) * 1.05, 200)
    ax.plot(fine, 1e3 * pattern.growth_rate(fine), color=palette.BLUE, label="linear theory")
    ax.plot(q, 1e3 * np.asarray(measured), "o", color=palette.ORANGE, label="full equations")
    ax.axhline(0, color=palette.GREY, ls="--", lw=1.5)
    ax.set(xlim=(0, fine[-1]), xlabel="wavenumber, q / µm⁻¹", ylabel="growth rate, σ / 10⁻³ s⁻¹")
    ax.legend(loc="lower center")


def draw_orders(fig, slices, in_space, steps, one_by_one, symmetric):
    """Draw errors against slices and against steps, with lines of slope one and two."""
    left, right = fig.subplots(1, 2)
    slices, steps = np.asarray(slices, float), np.asarray(steps, float)
    left.plot(slices, in_space, "o", color=palette.BLUE, label="slab, finite volumes")
    left.plot(slices, in_space[0] * (slices[0] / slices) ** 2, color=palette.GREY, ls="--", label="slope 2")
    left.set(xlabel="slices across the slab", ylabel="largest error, c/c₀")
    right.plot(steps, one_by_one, "s", color=palette.ORANGE, label="one after the other")
    right.plot(steps, symmetric, "o", color=palette.BLUE, label="symmetric")
    right.plot(steps, one_by_one[0] * steps[0] / steps, color=palette.GREY, ls=":", label="slope 1")
    right.plot(steps, symmetric[0] * (steps[0] / steps) ** 2, color=palette.GREY, ls="--", label="slope 2")
    right.set(xlabel="time steps", ylabel="largest error of the front")
    right.set_ylim(1e-9, 0.05)
    for ax, ticks in ((left, slices), (right, steps)):
        ax.set(xscale="log", yscale="log")
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.legend(loc="lower left")


def draw_saturation(fig, slabs):
    """Draw profiles of slabs with saturating uptake over linear ones, and the share at the sealed face against Da."""
    left, right = fig.subplots(1, 2)
    for slab, colour, style in zip(slabs, palette.CYCLE, palette.LINE_STYLES, strict=False):
        left.plot(*slab.profile, color=colour, ls=style, label=f"K = {slab.K:g}")
        L = np.geomspace(125.0, 2000.0, 30)
        family = [slab.replace(L=length) for length in L]
        right.plot(
            [m.damkohler for m in family], [m.edge for m in family], color=colour, ls=style, label=f"K = {slab.K:g}"
        )
    left.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="depth, x/L", ylabel="share of the supply, c/c₀")
    right.set(xscale="log", ylim=(0, 1.05), xlabel="Damköhler number, VL²/D", ylabel="share at the sealed face")
    right.legend(loc="lower left")


def draw_cut(ax, capacities, speeds):
    """Draw speeds of fronts of N cells a site, with the law 2 − π²/ln²N."""
    N = np.geomspace(min(capacities), max(capacities), 100)
    ax.plot(capacities, np.round(speeds, 4), "o", color=palette.ORANGE, label="growth cut off below one cell")
    ax.plot(N, 2.0 - np.pi**2 / np.log(N) ** 2, color=palette.BLUE, label="2 − π²/ln²N")
    ax.axhline(2.0, color=palette.GREY, ls="--", lw=1.5, label="continuum")
    ax.set(xscale="log", ylim=(1.0, 2.1), xlabel="cells a site, N", ylabel="speed, v/√(rD)")
    ax.legend(loc="lower right")
