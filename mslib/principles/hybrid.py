"""Hybrid models: single cells that decide, on a field that spreads; and when a density may stand in for the cells."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from scipy.integrate import solve_ivp

from .. import palette
from ..model import Model, derived, param
from ..numerics.agents import AgentField, headings, persist, scatter
from ..numerics.exclusion import correlation, crowd, sprinkle
from ..numerics.grids import Grid
from ..numerics.streams import generator, replicate

VOXELS = 32


@dataclass(frozen=True)
class PersistentWalk(Model):
    """A crawling cell that keeps its direction for a while: straight at first, a random walk in the long run.

    In the plane ⟨r²⟩ = 2S²P(t − P(1 − e^{−t/P})), which is S²t² for t ≪ P and 4Dt with D = S²P/2 for t ≫ P.

    References
    ----------
    Uhlenbeck & Ornstein (1930), Phys. Rev. 36, 823–841, doi:10.1103/PhysRev.36.823.

    Examples
    --------
    >>> PersistentWalk(S=5.0, P=1.0).D
    12.5
    """

    S: float = param(5.0, "µm/min", "speed of a cell", low=1.0, high=20.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    P: float = param(4.0, "min", "persistence time", low=0.5, high=20.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"cells": 500, "times": [1.0, 10.0]}

    @derived("µm²/min", "motility", scale="tissue", symbol="D")
    def D(self):
        """Diffusion coefficient S²P/2 of the walk in the plane, seen from afar."""
        return 0.5 * self.S**2 * self.P

    @derived("µm", "persistence length", scale="cell", symbol="SP")
    def reach(self):
        """Way that a cell goes before it forgets its direction."""
        return self.S * self.P

    def mean_square(self, t):
        """Return the mean squared distance (µm²) from the start after times `t` (min).

        Examples
        --------
        >>> round(float(PersistentWalk(S=5.0, P=1.0).mean_square(1000.0) / 4 / 12.5), 6)
        999.0
        """
        z = np.asarray(t, float) / self.P
        return 2.0 * self.S**2 * self.P**2 * (z + np.expm1(-z))

    def simulate(self, cells, times, *, rng, executor=None, progress=False):
        """Return the squared distances of cells from their start.

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
        numpy.ndarray, shape (cells, T)
            Squared distances in µm².

        Examples
        --------
        >>> walk = PersistentWalk()
        >>> r2 = walk.simulate(20000, [2.0, 40.0], rng=1).mean(axis=0)
        >>> bool(np.allclose(r2, walk.mean_square([2.0, 40.0]), rtol=0.04))
        True
        """
        return replicate(_Stroll(self, tuple(times)), cells, rng, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Stroll:
    walk: PersistentWalk
    times: tuple

    def __call__(self, size, rng):
        span = 1e3 * self.walk.S * (self.times[-1] + self.walk.P)
        plain, start = Grid((3, 3), (span, span)), np.full((size, 2), 0.5 * span)
        places, v, seen, now = start, headings(size, 2, self.walk.S, rng), [], 0.0
        for t in self.times:
            places, v = persist(plain, places, v, self.walk.S, self.walk.P, t - now, rng)
            seen.append(((places - start) ** 2).sum(axis=1))
            now = t
        return np.array(seen).T


@dataclass(frozen=True)
class HybridTissue(Model):
    """Cells on a sealed square sheet that secrete a signal, take it up, wander and climb it; the signal is a field.

    The field obeys ∂c/∂t = D_c ∇²c − k c, with a source a and a sink u·c(x) at every cell, which acts over a square of
    the grid (at a true point c would be infinite, so with uptake the answer depends on that width); a cell moves by
    dx = χ∇c dt + √(2D) dW. The amount in the field without uptake is exactly M = (N a/k)(1 − e^{−kt}), wherever the
    cells are; with uptake, and cells spread evenly, k becomes k + u n₀.

    References
    ----------
    Walpole, Papin & Peirce (2013), Annu. Rev. Biomed. Eng. 15, 137–154, doi:10.1146/annurev-bioeng-071811-150104.

    Examples
    --------
    >>> print(HybridTissue(N=40, a=600.0, k=1.2, u=0.0).content(1.0).round(4))
    13976.1158
    """

    N: int = param(40, "", "number of cells", low=10, high=400, log=True, integer=True, scale="cell",
                   source="illustrative")  # fmt: skip
    L: float = param(200.0, "µm", "side of the sheet", low=100.0, high=400.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    a: float = param(600.0, "1/min", "molecules secreted by a cell per time", low=60.0, high=6000.0, log=True,
                     scale="cell", source="illustrative")  # fmt: skip
    k: float = param(1.2, "1/min", "decay rate constant of the signal", low=0.3, high=5.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    Dc: float = param(600.0, "µm²/min", "diffusion coefficient of the signal", low=200.0, high=6000.0, log=True,
                      symbol="D_c", scale="molecule", source="illustrative")  # fmt: skip
    u: float = param(0.0, "µm²/min", "clearance by a cell", low=0.0, high=5000.0, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    D: float = param(50.0, "µm²/min", "motility of the cells", low=0.0, high=250.0, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    chi: float = param(0.0, "µm⁴/min", "chemotactic coefficient", low=0.0, high=2000.0, symbol="χ",
                       domain="non-negative", scale="cell", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"runs": 3, "times": [0.5, 1.0]}

    @derived("µm⁻²", "density of the cells", scale="tissue", symbol="n₀")
    def density(self):
        """Cells per area of the sheet."""
        return self.N / self.L**2

    @derived("1/min", "loss rate constant of the signal", scale="tissue", symbol="k + u·n₀")
    def loss(self):
        """Decay and uptake by evenly spread cells together."""
        return self.k + self.u * self.density

    @derived("µm", "reach of a cell's signal", scale="tissue", symbol="λ")
    def reach(self):
        """Screening length √(D_c/(k + u n₀)) of the signal among evenly spread cells."""
        return np.sqrt(self.Dc / self.loss)

    @derived("", "signal in the end, if cells are evenly spread", scale="tissue", symbol="M∞")
    def final_content(self):
        """Molecules N a/(k + u n₀) in the steady state of evenly spread cells."""
        return self.N * self.a / self.loss

    @derived("", "gathering number", scale="tissue", symbol="Γ")
    def gathering(self):
        """Pull over the pull that is just enough, χ n₀ a k/(D (k + u n₀)²): above one cells on a large sheet gather.

        Infinite for cells that climb but do not wander.
        """
        pull = self.chi * self.density * self.a * self.k / self.loss**2
        return pull / self.D if self.D else (np.inf if pull else 0.0)

    def content(self, t):
        """Return the molecules in the field after `t` (min): exact without uptake, else for evenly spread cells."""
        return self.final_content * -np.expm1(-self.loss * np.asarray(t, float))

    def engine(self, *, cells=VOXELS, order=2):
        """Return the numerical model: agents on a grid of `cells` × `cells`, split with the given order."""
        grid = Grid((cells, cells), (self.L, self.L))
        return AgentField(grid, self.Dc, self.k, self.a, self.u, motility=self.D, drift=self.chi, order=order)

    def simulate(self, runs, times, *, step=0.05, cells=VOXELS, order=2, rng, executor=None, progress=False):
        """Return cells, field and account of independent sheets.

        Parameters
        ----------
        runs : int
            Number of sheets.
        times : array_like, shape (T,)
            Increasing times in min.
        step : float
            Longest coupling step in min.
        cells : int
            Grid cells along a side.
        order : int
            1 for Lie, 2 for Strang splitting.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs sheets in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        places : numpy.ndarray, shape (runs, T, N, 2)
            Places of the cells in µm.
        fields : numpy.ndarray, shape (runs, T, cells, cells)
            Molecules per µm².
        account : numpy.ndarray, shape (runs, T, 4)
            Molecules released, in the field, decayed, and taken up since the start.

        Examples
        --------
        >>> _, _, account = HybridTissue(u=800.0).simulate(1, [1.0, 2.0], rng=1)
        >>> bool(np.allclose(account[..., 0], account[..., 1:].sum(axis=-1), rtol=1e-12))
        True
        """
        task = _Sheets(self, tuple(times), step, cells, order)
        return replicate(task, runs, rng, block=1, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Sheets:
    tissue: HybridTissue
    times: tuple
    step: float
    cells: int
    order: int

    def __call__(self, size, rng):
        sheets = [self._one(rng) for _ in range(size)]
        return tuple(np.array(column) for column in zip(*sheets, strict=True))

    def _one(self, rng):
        engine = self.tissue.engine(cells=self.cells, order=self.order)
        state, now, seen = engine.start(scatter(engine.grid, self.tissue.N, rng)), 0.0, []
        for t in self.times:
            steps = max(1, int(np.ceil((t - now) / self.step - 1e-9)))
            state = engine.run(state, (t - now) / steps, steps, rng)
            account = state.released, engine.content(state), state.decayed, state.received.sum()
            seen.append((state.positions, state.field, account))
            now = t
        return tuple(np.array(column) for column in zip(*seen, strict=True))


@dataclass(frozen=True)
class TissueFilm(HybridTissue):
    """A sheet of cells at one moment of its life; the same seed for every moment, so that time can be played.

    Examples
    --------
    >>> TissueFilm(t=2.0).sheet()[0].shape
    (40, 2)
    """

    t: float = param(1.0, "min", "time", low=0.0, high=8.0, domain="non-negative", scale="tissue",
                     source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"runs": 2, "times": [0.5]}
    MOMENTS: ClassVar[tuple] = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)

    def film(self):
        """Return places, fields and accounts at `MOMENTS`; computed once for all moments of a sheet."""
        return _film(self.replace(t=0.0))

    def sheet(self):
        """Return the places and the field at the moment of `MOMENTS` next to the model's time."""
        places, fields, _ = self.film()
        nearest = int(np.argmin(np.abs(np.array(self.MOMENTS) - self.t)))
        return places[nearest], fields[nearest]


@lru_cache(maxsize=64)
def _film(tissue):
    columns = tissue.simulate(1, tissue.MOMENTS, step=0.1, cells=24, rng=3)
    return tuple(column[0] for column in columns)


@dataclass(frozen=True)
class Coupling(HybridTissue):
    """The same sheet with cells that do not wander, so that only the coupling step can spoil the answer.

    Examples
    --------
    >>> lie, strang = Coupling().errors()
    >>> bool(strang[0] < 0.2 * lie[0])
    True
    """

    L: float = param(400.0, "µm", "side of the sheet", low=100.0, high=400.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    u: float = param(200.0, "µm²/min", "clearance by a cell", low=0.0, high=5000.0, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    D: float = param(0.0, "µm²/min", "motility of the cells", low=0.0, high=250.0, domain="non-negative", scale="cell",
                     source="illustrative")  # fmt: skip
    chi: float = param(100.0, "µm⁴/min", "chemotactic coefficient", low=0.0, high=2000.0, symbol="χ",
                       domain="non-negative", scale="cell", source="illustrative")  # fmt: skip
    step: float = param(0.5, "min", "coupling step", low=0.0625, high=2.0, log=True, symbol="Δt", scale="tissue",
                        source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"runs": 2, "times": [0.5]}
    STEPS: ClassVar[tuple] = (0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0)
    SPAN: ClassVar[float] = 2.0

    def errors(self):
        """Return the relative errors of the field after `SPAN`, with Lie and with Strang, for each of `STEPS`."""
        exact = self.course(self.STEPS[0] / 4.0, 2)[1]
        found = [[self.course(step, order)[1] - exact for step in self.STEPS] for order in (1, 2)]
        return np.sqrt(np.mean(np.square(found), axis=(2, 3)) / np.mean(exact**2))

    def course(self, step, order):
        """Return the molecules in the field after each step up to `SPAN`, and the field then; no chance is in it."""
        return _course(self.replace(step=0.5), step, order)


@lru_cache(maxsize=256)
def _course(coupling, step, order):
    engine = coupling.engine(cells=24, order=order)
    state = engine.start(scatter(engine.grid, coupling.N, rng=5))
    state, contents = engine.run(state, step, round(coupling.SPAN / step), 1, watch=engine.content)
    return np.array(contents), state.field


@dataclass(frozen=True)
class KellerSegel(Model):
    """Densities in place of cells: n_t = D∇²n − χ∇·(n∇c), c_t = D_c∇²c + a n − k c (Keller & Segel 1970).

    A ripple of wavenumber q on an even spread grows at the rate σ, the larger root of
    (σ + Dq²)(σ + D_c q² + k) = χ a n₀ q². Long ripples grow if χ a n₀ > D k.

    References
    ----------
    Keller & Segel (1970), J. Theor. Biol. 26, 399–415, doi:10.1016/0022-5193(70)90092-5.

    Examples
    --------
    >>> round(KellerSegel().fastest_growth, 12), KellerSegel().chi_crit
    (0.5625, 100.0)
    """

    n0: float = param(0.01, "µm⁻²", "density of the cells", low=0.001, high=0.02, log=True, symbol="n₀",
                      scale="tissue", source="illustrative")  # fmt: skip
    a: float = param(100.0, "1/min", "molecules secreted by a cell per time", low=10.0, high=1000.0, log=True,
                     scale="cell", source="illustrative")  # fmt: skip
    k: float = param(1.0, "1/min", "decay rate constant of the signal", low=0.1, high=10.0, log=True, scale="molecule",
                     source="illustrative")  # fmt: skip
    Dc: float = param(100.0, "µm²/min", "diffusion coefficient of the signal", low=20.0, high=2e4, log=True,
                      symbol="D_c", scale="molecule", source="illustrative")  # fmt: skip
    D: float = param(100.0, "µm²/min", "motility of the cells", low=10.0, high=1000.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    chi: float = param(400.0, "µm⁴/min", "chemotactic coefficient", low=50.0, high=2000.0, log=True, symbol="χ",
                       scale="cell", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"runs": 2, "cells": 500, "times": [0.5]}

    @property
    def _push(self):
        return self.chi * self.a * self.n0

    @derived("µm⁴/min", "chemotactic coefficient at which cells begin to gather", scale="tissue", symbol="χ_c")
    def chi_crit(self):
        """Value D k/(a n₀) of χ above which an even spread is unstable."""
        return self.D * self.k / (self.a * self.n0)

    @derived("µm⁻¹", "largest wavenumber that grows", scale="tissue", symbol="q_max")
    def q_max(self):
        """Upper end √((χ a n₀/D − k)/D_c) of the band of growing ripples; zero if none grows."""
        return np.sqrt(max(self._push / self.D - self.k, 0.0) / self.Dc)

    @derived("µm⁻¹", "wavenumber that grows fastest", scale="tissue", symbol="q*")
    def q_star(self):
        """Wavenumber at the top of the band, from a quadratic equation for q²; zero if no ripple grows."""
        D, Dc, k, G = self.D, self.Dc, self.k, self._push
        A = G - D * k
        if A <= 0:
            return 0.0
        total, gap = D + Dc, D - Dc
        slope = G * total**2 - gap * (D * (A + k * total) - Dc * A)
        top = A * (A + k * total)
        return np.sqrt(2.0 * top / (slope + np.sqrt(slope**2 + 4.0 * D * Dc * gap**2 * top)))

    @derived("µm", "distance between heaps at their birth", scale="tissue", symbol="2π/q*")
    def wavelength(self):
        """Wavelength that grows fastest; infinite if none grows."""
        return 2.0 * np.pi / self.q_star if self.q_star else np.inf

    @derived("1/min", "fastest growth rate", scale="tissue", symbol="σ*")
    def fastest_growth(self):
        """Growth rate at q*; zero if no ripple grows."""
        return self.growth(self.q_star)

    def growth(self, q):
        """Return the growth rate σ (1/min) of ripples of wavenumber `q` (1/µm); negative if they fade.

        Examples
        --------
        >>> bool(np.abs(KellerSegel().growth([0.0, 0.1 * np.sqrt(3.0)])).max() < 1e-12)
        True
        """
        s = np.asarray(q, float) ** 2
        half = 0.5 * ((self.D + self.Dc) * s + self.k)
        rest = s * (self.D * self.Dc * s + self.D * self.k - self._push)
        sigma = -rest / (half + np.sqrt(half**2 - rest))
        return sigma if np.ndim(q) else float(sigma)

    def ripple(self, q, cells):
        """Return the ring of one wavelength of `q`, and the shape of the growing ripple in n and in c."""
        ring = Grid(cells, 2.0 * np.pi / q, "periodic")
        wave = np.cos(q * ring.centres[0])
        c0 = self.a * self.n0 / self.k
        ratio = self.a * self.n0 / (self.growth(q) + self.Dc * q**2 + self.k)
        return ring, self.n0 * wave, c0, ratio * wave

    def densities(self, q, times, *, amplitude=0.001, cells=128):
        """Return the density of cells on a ring of one wavelength: conservative finite volumes, stiff solver in time.

        Parameters
        ----------
        q : float
            Wavenumber of the ripple at the start, in 1/µm.
        times : array_like, shape (T,)
            Increasing times in min.
        amplitude : float
            Height of the ripple at the start, relative to n₀.
        cells : int
            Finite volumes.

        Returns
        -------
        x : numpy.ndarray, shape (cells,)
            Places in µm.
        n : numpy.ndarray, shape (T, cells)
            Densities in 1/µm².

        Examples
        --------
        >>> x, n = KellerSegel().densities(KellerSegel().q_star, [1.0])
        >>> bool(abs(n.mean() / 0.01 - 1) < 1e-9)
        True
        """
        ring, wave, c0, partner = self.ripple(q, cells)
        dx = ring.spacing[0]

        def rates(_, y):
            n, c = y.reshape(2, -1)
            rise = (np.roll(c, -1) - c) / dx
            flow = self.chi * 0.5 * (n + np.roll(n, -1)) * rise - self.D * (np.roll(n, -1) - n) / dx
            spread = self.Dc * (rise - np.roll(rise, 1)) / dx
            return np.concatenate([-(flow - np.roll(flow, 1)) / dx, spread + self.a * n - self.k * c])

        start = np.concatenate([self.n0 + amplitude * wave, c0 + amplitude * partner])
        answer = solve_ivp(rates, (0.0, times[-1]), start, t_eval=times, method="LSODA", rtol=1e-8, atol=1e-12,
                           lband=None)  # fmt: skip
        return ring.centres[0], answer.y[:cells].T

    def measured_growth(self, q, *, cells=128):
        """Return the growth rate (1/min) of a small ripple in the simulated densities."""
        span = 1.0 / self.k
        x, n = self.densities(q, [0.5 * span, 1.5 * span], cells=cells)
        first, second = (n @ np.cos(q * x)).tolist()
        return np.log(second / first) / span

    def simulate(self, runs, cells, times, *, q=None, amplitude=0.1, voxels=64, step=0.05, rng, executor=None,
                 progress=False):  # fmt: skip
        """Return the density of single cells that secrete and climb, on a ring of one wavelength.

        Parameters
        ----------
        runs, cells : int
            Number of rings, and cells on each; together the cells of a ring stand for n₀ per area.
        times : array_like, shape (T,)
            Increasing times in min.
        q : float, optional
            Wavenumber of the ripple at the start; the fastest one if left out.
        amplitude : float
            Its height relative to n₀.
        voxels : int
            Grid cells of the field.
        step : float
            Longest coupling step in min.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs rings in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (runs, T, voxels)
            Densities in 1/µm², counted in the grid cells.

        Examples
        --------
        >>> n = KellerSegel().simulate(1, 1000, [0.1], rng=1)
        >>> n.shape, bool(abs(n.mean() / 0.01 - 1) < 1e-12)
        ((1, 1, 64), True)
        """
        task = _Ring(self, cells, tuple(times), self.q_star if q is None else q, amplitude, voxels, step)
        return replicate(task, runs, rng, block=1, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Ring:
    band: KellerSegel
    cells: int
    times: tuple
    q: float
    amplitude: float
    voxels: int
    step: float

    def __call__(self, size, rng):
        return np.array([self._one(rng) for _ in range(size)])

    def _one(self, rng):
        ring, _, c0, partner = self.band.ripple(self.q, self.voxels)
        each = self.band.n0 * ring.lengths[0] / self.cells
        engine = AgentField(ring, self.band.Dc, self.band.k, self.band.a * each, motility=self.band.D,
                            drift=self.band.chi)  # fmt: skip
        state, now, seen = engine.start(self._places(ring, rng), c0 + self.amplitude * partner), 0.0, []
        for t in self.times:
            steps = max(1, int(np.ceil((t - now) / self.step - 1e-9)))
            state, now = engine.run(state, (t - now) / steps, steps, rng), t
            counts = np.histogram(state.positions, bins=self.voxels, range=(0.0, ring.lengths[0]))[0]
            seen.append(counts * each / ring.volume)
        return np.array(seen)

    def _places(self, ring, rng):
        """Draw places from the density n₀(1 + amplitude · cos qx) by inverting its distribution function."""
        x = np.linspace(0.0, ring.lengths[0], 2001)
        share = (x + self.amplitude / self.q * np.sin(self.q * x)) / ring.lengths[0]
        return np.interp(rng.random(self.cells), share, x)[:, None]


@dataclass(frozen=True)
class Crowd(Model):
    """Cells on a lattice, one to a site, that hop with probability P_m and divide with P_p per step if there is room.

    If every site were filled independently of its neighbours, the covered share would be logistic,
    θ(t) = θ₀e^{rt}/(1 + θ₀(e^{rt} − 1)) with r = P_p; cells that sit grow in clumps and fall behind.

    References
    ----------
    Baker & Simpson (2010), Phys. Rev. E 82, 041905, doi:10.1103/PhysRevE.82.041905.

    Examples
    --------
    >>> round(Crowd(P_p=0.01, c0=0.05).logistic(300.0), 6)
    0.513887
    """

    P_m: float = param(1.0, "", "chance to hop per step", low=0.0, high=1.0, domain="fraction", scale="cell",
                       source="illustrative")  # fmt: skip
    P_p: float = param(0.01, "", "chance to divide per step", low=0.002, high=0.1, log=True, domain="fraction",
                       scale="cell", source="illustrative")  # fmt: skip
    c0: float = param(0.05, "", "share covered at the start", low=0.01, high=0.5, log=True, symbol="θ₀",
                      domain="fraction", scale="tissue", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"runs": 3, "steps": 60, "side": 30}

    @derived("", "divisions per hop", scale="cell", symbol="P_p/P_m")
    def ratio(self):
        """The small parameter of the logistic law; infinite for cells that sit."""
        if self.P_m:
            return self.P_p / self.P_m
        return np.inf if self.P_p else 0.0

    @derived("", "steps until half is covered, if sites are independent", scale="tissue", symbol="t½")
    def half_time(self):
        """Steps ln((1 − θ₀)/θ₀)/P_p of the logistic law; infinite without cells or divisions."""
        if not self.P_p * self.c0:
            return np.inf
        return max(np.log((1.0 - self.c0) / self.c0), 0.0) / self.P_p if self.c0 < 1.0 else 0.0

    def logistic(self, t):
        """Return the share covered after `t` steps if sites are independent."""
        fade = np.exp(-self.P_p * np.asarray(t, float))
        share = self.c0 / (self.c0 + (1.0 - self.c0) * fade) if self.c0 else 0.0 * fade
        return share if np.ndim(t) else float(share)

    def simulate(self, runs, steps, *, side=100, rng, executor=None, progress=False):
        """Return how lattices fill.

        Parameters
        ----------
        runs, steps : int
            Lattices, and steps of each.
        side : int
            Sites along a side; the edges are joined.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs lattices in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        shares : numpy.ndarray, shape (runs, steps + 1)
            Share covered.
        lattices : numpy.ndarray of bool, shape (runs, side, side)
            The lattices at the end.

        Examples
        --------
        >>> shares, lattices = Crowd(P_m=0.0).simulate(2, 10, side=20, rng=1)
        >>> shares[:, 0].tolist(), bool(np.all(shares[:, -1] == lattices.mean(axis=(1, 2))))
        ([0.05, 0.05], True)
        """
        return replicate(_Lattices(self, steps, side), runs, rng, block=1, executor=executor, progress=progress)


@dataclass(frozen=True)
class CrowdFilm(Crowd):
    """A crowd at one moment; the same seed for every moment, so that time can be played.

    Examples
    --------
    >>> CrowdFilm(t=0).lattice().sum()
    np.int64(125)
    """

    t: int = param(300, "", "steps so far", low=0, high=600, domain="non-negative", integer=True, scale="tissue",
                   source="illustrative")  # fmt: skip
    MOMENTS: ClassVar[tuple] = (0, 100, 200, 300, 450, 600)
    SIDE: ClassVar[int] = 50

    def film(self):
        """Return the share covered after each step, mean of four lattices, and one of them at `MOMENTS`; kept."""
        return _crowd_film(self.replace(t=0))

    def lattice(self):
        """Return the lattice at the moment of `MOMENTS` next to the model's time."""
        return self.film()[1][int(np.argmin(np.abs(np.array(self.MOMENTS) - self.t)))]


@lru_cache(maxsize=64)
def _crowd_film(model):
    films = [_one_crowd(model, rng) for rng in generator(4).spawn(4)]
    return np.mean([shares for shares, _ in films], axis=0), films[0][1]


def _one_crowd(model, rng):
    side = model.SIDE
    lattice = sprinkle(side, side, round(model.c0 * side**2), rng)
    counts, lattices = [[lattice.sum()]], [lattice]
    for gap in np.diff(model.MOMENTS):
        run = crowd(lattice, gap, hop=model.P_m, split=model.P_p, rng=rng)
        lattice = run.occupied
        counts.append(run.counts[1:])
        lattices.append(lattice)
    return np.concatenate(counts) / side**2, lattices


@dataclass(frozen=True)
class _Lattices:
    crowd: Crowd
    steps: int
    side: int

    def __call__(self, size, rng):
        start = round(self.crowd.c0 * self.side**2)
        runs = [crowd(sprinkle(self.side, self.side, start, rng), self.steps, hop=self.crowd.P_m,
                      split=self.crowd.P_p, rng=rng) for _ in range(size)]  # fmt: skip
        return np.array([run.counts for run in runs]) / self.side**2, np.array([run.occupied for run in runs])


@dataclass(frozen=True)
class ClumpedGrowth(Model):
    """How fast a crowd grows whose cells have more neighbours than chance would give them.

    A division succeeds if the chosen neighbouring site is free. Next to a cell a site is covered with probability F·θ,
    where F is the correlation of neighbours, so dθ/dt = P_p θ (1 − F θ); F = 1 gives the logistic law.

    References
    ----------
    Baker & Simpson (2010), Phys. Rev. E 82, 041905, doi:10.1103/PhysRevE.82.041905.

    Examples
    --------
    >>> ClumpedGrowth(P_p=0.01, c=0.25, F=2.0).blocked
    0.5
    """

    P_p: float = param(0.01, "", "chance to divide per step", low=0.002, high=0.1, log=True, domain="fraction",
                       scale="cell", source="illustrative")  # fmt: skip
    c: float = param(0.2, "", "share covered", low=0.01, high=0.5, log=True, symbol="θ", domain="fraction",
                     scale="tissue", source="illustrative")  # fmt: skip
    F: float = param(2.5, "", "correlation of neighbouring sites", low=1.0, high=10.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip

    def check(self):
        """Refuse more neighbours than there are sites."""
        if self.F * self.c > 1.0:
            raise ValueError(
                f"F·θ is the chance that a neighbour is covered and cannot exceed one: F = {self.F}, θ = {self.c}"
            )

    @derived("", "share of divisions that fail", scale="cell", symbol="F·θ")
    def blocked(self):
        """Chance F·θ that the chosen neighbouring site is covered."""
        return self.F * self.c

    @derived("", "growth per cell and step", scale="tissue", symbol="P_p(1 − F·θ)")
    def growth(self):
        """Relative growth of the crowd per step."""
        return self.P_p * (1.0 - self.blocked)

    @derived("", "growth relative to the logistic law", scale="tissue", symbol="(1 − F·θ)/(1 − θ)")
    def slowing(self):
        """Growth over that of uncorrelated cells at the same cover; one on a full lattice."""
        return (1.0 - self.blocked) / (1.0 - self.c) if self.c < 1.0 else 1.0


def clumping(lattices, distance=1):
    """Return how much more often than by chance two sites at a distance are both covered, mean over lattices.

    Parameters
    ----------
    lattices : array_like, shape (runs, side, side)
        Lattices of cells.
    distance : int
        Sites between the two.

    Returns
    -------
    float
        One without correlation.

    Examples
    --------
    >>> clumping([np.ones((4, 4))])
    1.0
    """
    return float(np.mean([correlation(lattice, distance) for lattice in lattices]))


@dataclass(frozen=True)
class CheckList(Model):
    """Whether a density can be defined: a patch must hold many cells and be small beside the gradient.

    A square patch of side w in a sheet of independent cells of density n holds n w² cells, with a coefficient of
    variation 1/√(n w²). If the density falls as e^{−x/ℓ}, averaging over the patch overrates it at its centre by the
    share (w/ℓ)²/24, to leading order.

    Examples
    --------
    >>> check = CheckList()
    >>> round(check.smallest_patch, 4), check.admissible
    (316.2278, 0.0)
    """

    n: float = param(1e-3, "µm⁻²", "density of the cells", low=1e-4, high=5e-3, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    d: float = param(10.0, "µm", "diameter of a cell", low=5.0, high=15.0, scale="cell",
                     source="illustrative")  # fmt: skip
    ell: float = param(300.0, "µm", "length of the gradient", low=50.0, high=5000.0, log=True, symbol="ℓ",
                       scale="tissue", source="illustrative")  # fmt: skip
    w: float = param(60.0, "µm", "side of the patch", low=10.0, high=1000.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    tolerance: float = param(0.1, "", "largest CV allowed", low=0.02, high=0.5, log=True, scale="tissue",
                             source="illustrative", symbol="CV_max")  # fmt: skip
    share: float = param(1 / 3, "", "largest patch, as a share of ℓ", low=0.1, high=1.0, log=True, scale="tissue",
                         source="illustrative", symbol="w_max/ℓ")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"patches": 500}

    @derived("", "cell diameter over gradient length", scale="tissue", symbol="d/ℓ")
    def separation(self):
        """First condition, separation of scales: small."""
        return self.d / self.ell

    @derived("", "cells in the patch", scale="tissue", symbol="n·w²")
    def cells_per_patch(self):
        """Second condition, averaging: many."""
        return self.n * self.w**2

    @derived("", "scatter of the counted density", scale="tissue", symbol="CV")
    def cv(self):
        """Coefficient of variation 1/√(n w²) of the number of independent cells in the patch."""
        return 1.0 / np.sqrt(self.cells_per_patch)

    @derived("", "bias of the patch", scale="tissue", symbol="(w/ℓ)²/24")
    def bias(self):
        """Share by which the mean over the patch exceeds the density at its centre, to leading order."""
        return (self.w / self.ell) ** 2 / 24.0

    @derived("µm", "smallest patch with the CV allowed", scale="tissue", symbol="w_min")
    def smallest_patch(self):
        """Side 1/(CV_max √n) at which the CV falls to what is allowed."""
        return 1.0 / (self.tolerance * np.sqrt(self.n))

    @derived("µm", "largest patch that sees the gradient", scale="tissue", symbol="w_max")
    def largest_patch(self):
        """Allowed share of the gradient length."""
        return self.share * self.ell

    @derived("", "largest over smallest patch (a window above 1)", scale="tissue", symbol="w_max/w_min")
    def window(self):
        """Width of the window of patches that will do, as a ratio; none is open up to one."""
        return self.largest_patch / self.smallest_patch

    @derived("", "some square patch will do (1 yes, 0 no)", scale="tissue", symbol="w_min < w_max")
    def admissible(self):
        """One if the smallest patch is smaller than the largest, by more than rounding, else zero."""
        return float(self.window > 1.0 + 1e-9)

    def exact_bias(self):
        """Return sinh(z)/z − 1 with z = w/2ℓ, the bias for an exponential profile of any steepness."""
        z = 0.5 * self.w / self.ell
        return np.sinh(z) / z - 1.0

    def simulate(self, patches, *, rng, executor=None, progress=False):
        """Return the number of cells counted in patches where the density at the centre is n.

        Parameters
        ----------
        patches : int
            Number of patches, each of another sheet.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of patches in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (patches,)
            Cells found: those of a wider strip that fall into the patch, each placed by itself.

        Examples
        --------
        >>> counts = CheckList(w=100.0).simulate(4000, rng=1)
        >>> bool(abs(counts.std() / counts.mean() * np.sqrt(10) - 1) < 0.05)
        True
        """
        return replicate(_Patches(self), patches, rng, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Patches:
    check: CheckList

    def __call__(self, size, rng):
        w, ell = self.check.w, self.check.ell
        expected = self.check.n * w * 2.0 * ell * np.sinh(w / ell)
        crowd_sizes = rng.poisson(expected, size)
        u = rng.random(crowd_sizes.sum())
        x = w - ell * np.log1p(u * np.expm1(2.0 * w / ell))
        inside = np.abs(x) < 0.5 * w
        return np.bincount(np.repeat(np.arange(size), crowd_sizes), weights=inside, minlength=size).astype(np.int64)


def _square(ax, side):
    ax.set(xlim=(0, side), ylim=(0, side), aspect="equal", xlabel="x / µm", ylabel="y / µm")
    ax.grid(False)


def draw_cells(fig, model):
    """Draw the cells on the field of their signal, and what has become of all that they released."""
    left, right = fig.subplots(1, 2)
    (places, field), account = model.sheet(), model.film()[2]
    mean = model.final_content / model.L**2
    left.imshow(field / mean, origin="lower", extent=(0, model.L, 0, model.L), vmin=0.0, vmax=4.0, interpolation="none")
    left.plot(places[:, 1], places[:, 0], "o", color=palette.ORANGE, mec=palette.PAPER, mew=0.6, ms=4.5)
    _square(left, model.L)
    kinds = (("in the field", palette.BLUE, "-"), ("decayed", palette.PURPLE, "-."), ("taken up", palette.GREEN, "--"))
    for (name, colour, style), amounts in zip(kinds, account.T[1:], strict=True):
        right.plot(model.MOMENTS, amounts / account[:, 0], color=colour, ls=style, label=name)
    right.plot(model.MOMENTS, account[:, 1:].sum(axis=1) / account[:, 0], color=palette.GREY, ls=":", label="all three")
    right.axvline(model.t, color=palette.ORANGE, lw=1.2)
    right.set(
        xscale="log", xlim=(0.5, 8), ylim=(0, 1.45), xlabel="time, t / min", ylabel="share of all that was released"
    )
    right.set_xticks([0.5, 1, 2, 4, 8], ["0.5", "1", "2", "4", "8"])
    right.set_yticks([0, 0.25, 0.5, 0.75, 1])
    right.minorticks_off()
    right.legend(loc="upper right", ncols=2)


def tell_cells(model):
    """Say in a sentence what `draw_cells` shows."""
    _, field = model.sheet()
    peak = field.max() / (model.final_content / model.L**2)
    return (
        f"{model.N} cells on the field of their signal after {model.t:g} minutes; the field's highest point is "
        f"{peak:.2g} times the mean that it has in the end. The three shares add up to one."
    )


def draw_crowd(fig, model):
    """Draw a lattice with its cells, and the share covered beside the logistic law."""
    left, right = fig.subplots(1, 2)
    steps, (shares, _) = np.arange(0, model.MOMENTS[-1] + 1, 15), model.film()
    left.imshow(
        model.lattice(), cmap="cividis", vmin=0, vmax=1, interpolation="none", extent=(0, model.SIDE, 0, model.SIDE)
    )
    left.set(xlabel="site along x", ylabel="site along y")
    left.grid(False)
    right.plot(steps, model.logistic(steps), color=palette.GREY, ls="--", label="logistic law")
    right.plot(steps, shares[steps], color=palette.BLUE, label="cells")
    right.plot([model.t], [shares[model.t]], "o", color=palette.ORANGE, ms=7)
    right.set(xlim=(0, model.MOMENTS[-1]), ylim=(0, 1.02), xlabel="step, t", ylabel="share covered, θ")
    right.legend(loc="lower right")


def tell_crowd(model):
    """Say in a sentence what `draw_crowd` shows."""
    found, law = model.film()[0][model.t], model.logistic(model.t)
    return f"After {model.t} steps the cells cover {found:.2g} of the lattice; the logistic law says {law:.2g}."


def draw_coupling(fig, model):
    """Draw the signal in the field with one coupling step, and the error for every step with both ways of splitting."""
    left, right = fig.subplots(1, 2)
    fine = model.course(model.STEPS[0] / 4.0, 2)[0][::8]
    left.plot(np.linspace(0, model.SPAN, len(fine)), fine / 1e3, color=palette.GREY, label="very short steps")
    lie, strang = model.errors()
    for order, name, colour, mark, errors in (
        (1, "Lie", palette.ORANGE, "s", lie),
        (2, "Strang", palette.BLUE, "o", strang),
    ):
        coarse = model.course(model.step, order)[0]
        left.plot(
            np.linspace(0, model.SPAN, len(coarse)), coarse / 1e3, mark, ls="--", lw=1, color=colour, ms=5, label=name
        )
        right.plot(model.STEPS, errors, mark, ls="-", color=colour, ms=4, label=name)
        here = errors[int(np.argmin(np.abs(np.array(model.STEPS) - model.step)))]
        right.plot([model.step], [here], mark, color=colour, ms=9, mec=palette.INK)
    steps = np.array([0.03125, 1.0])
    right.plot(steps, strang[0] * (steps / 0.03125) ** 2, color=palette.GREY, ls=":", label="slope 2")
    right.axhline(0.02, color=palette.GREEN, ls="--", lw=1.2, label="2 %")
    left.set(xlim=(0, model.SPAN), ylim=(0, 20), xlabel="time, t / min", ylabel="molecules in the field / 1,000")
    left.legend(loc="lower right")
    right.set(xscale="log", yscale="log", xlim=(0.025, 1.25), ylim=(1e-6, 3), xlabel="coupling step, Δt / min",
              ylabel="r.m.s. error of the field, relative")  # fmt: skip
    right.set_xticks([0.03125, 0.125, 0.5, 1], ["1/32", "1/8", "1/2", "1"])
    right.minorticks_off()
    right.legend(loc="lower right")


def tell_coupling(model):
    """Say in a sentence what `draw_coupling` shows."""
    lie, strang = (errors[int(np.argmin(np.abs(np.array(model.STEPS) - model.step)))] for errors in model.errors())
    return (
        f"With steps of {model.step:g} min the field is {lie:.2g} off with Lie's splitting, {strang:.2g} with Strang's."
    )


def draw_band(fig, model):
    """Draw the growth rate of ripples against their wavenumber, and the fastest growth against χ."""
    left, right = fig.subplots(1, 2)
    q, chi = np.linspace(0.0, 0.45, 90), np.geomspace(50.0, 2000.0, 60)
    left.axhline(0.0, color=palette.GREY, lw=1)
    left.plot(q, model.growth(q), color=palette.BLUE)
    left.axvspan(0.0, model.q_max, color=palette.SKY, alpha=0.22, lw=0)
    left.plot([model.q_star], [model.fastest_growth], "o", color=palette.ORANGE, ms=7)
    left.set(xlim=(0, 0.45), ylim=(-2, 4), xlabel="wavenumber of the ripple, q / µm⁻¹", ylabel="growth rate, σ / min⁻¹")
    right.plot(chi, [model.replace(chi=value).fastest_growth for value in chi], color=palette.BLUE)
    right.plot([model.chi], [model.fastest_growth], "o", color=palette.ORANGE, ms=7)
    right.axvline(model.chi_crit, color=palette.GREY, ls="--", lw=1.5)
    right.set(xscale="log", xlim=(50, 2000), ylim=(0, 4), xlabel="chemotactic coefficient, χ / µm⁴ min⁻¹",
              ylabel="fastest growth, σ* / min⁻¹")  # fmt: skip
    right.set_xticks([50, 100, 200, 500, 1000, 2000], ["50", "100", "200", "500", "1000", "2000"])
    right.minorticks_off()


def tell_band(model):
    """Say in a sentence what `draw_band` shows."""
    if not model.q_star:
        return "Every ripple fades: the cells stay evenly spread."
    return (
        f"Ripples longer than {2 * np.pi / model.q_max:.3g} micrometres grow, those of {model.wavelength:.3g} fastest."
    )


def draw_window(fig, model):
    """Draw cells along a gradient with a patch among them, and the errors of a patch against its side."""
    left, right = fig.subplots(1, 2)
    reach = 300.0
    x, y, keep = generator(6).random((3, 900))
    x, y = x * reach, y * reach
    shown = keep < model.n / 0.01 * np.exp((0.5 * reach - x) / model.ell)
    left.plot(x[shown], y[shown], "o", color=palette.BLUE, ms=3)
    half = 0.5 * min(model.w, reach)
    box = 0.5 * reach + half * np.array([[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]])
    left.plot(*box, color=palette.ORANGE)
    _square(left, reach)
    w = np.geomspace(10.0, 1000.0, 60)
    right.plot(w, 1.0 / (w * np.sqrt(model.n)), color=palette.BLUE, label="scatter, CV")
    right.plot(w, (w / model.ell) ** 2 / 24.0, color=palette.PURPLE, ls="-.", label="bias")
    right.axhline(model.tolerance, color=palette.BLUE, ls=":", lw=1.2)
    right.axvline(model.largest_patch, color=palette.PURPLE, ls=":", lw=1.2)
    right.axvspan(
        model.smallest_patch, max(model.smallest_patch, model.largest_patch), color=palette.SKY, alpha=0.3, lw=0
    )
    right.axvline(model.w, color=palette.ORANGE)
    right.set(xscale="log", yscale="log", xlim=(10, 1000), ylim=(1e-4, 10), xlabel="side of the patch, w / µm",
              ylabel="relative error")  # fmt: skip
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def tell_window(model):
    """Say in a sentence what `draw_window` shows."""
    verdict = "some square patches will do" if model.admissible else "no square patch will do"
    return (
        f"A patch of {model.w:g} micrometres holds {model.cells_per_patch:.3g} cells; it must be at least "
        f"{model.smallest_patch:.4g} and at most {model.largest_patch:.4g} micrometres wide: {verdict}."
    )


def draw_ring(fig, x, density, few, many, counts, errors):
    """Draw the density of agents on a ring over that of the equations, and its error against the number of agents."""
    left, right = fig.subplots(1, 2)
    left.step(x, few / density.mean(), where="mid", color=palette.SKY, lw=1.2, label=f"{counts[0]:,} agents")
    left.step(x, many / density.mean(), where="mid", color=palette.ORANGE, lw=1.6, label=f"{counts[-1]:,} agents")
    left.plot(x, density / density.mean(), color=palette.INK, ls="--", label="equations")
    left.set(xlim=(0, x[-1] + x[0]), ylim=(0, 3.4), xlabel="place, x / µm", ylabel="density, n / n₀")
    left.legend(loc="upper center")
    right.plot(counts, errors, "o", color=palette.BLUE, label="agents against equations")
    right.plot(counts, errors[0] * np.sqrt(counts[0] / np.array(counts)), color=palette.GREY, ls="--", label="∝ 1/√N")
    right.set(
        xscale="log", yscale="log", xlabel="number of agents, N", ylabel="error of the density / n₀", ylim=(0.05, 0.5)
    )
    right.set_xticks(counts, [f"{count:,}" for count in counts])
    right.set_yticks([0.05, 0.1, 0.2, 0.4], ["0.05", "0.1", "0.2", "0.4"])
    right.minorticks_off()
    right.legend(loc="upper right")


def draw_motility(ax, ratios, gaps, errors, names):
    """Draw by how much the logistic law overrates the cover, with standard errors, against divisions per hop."""
    ax.axhline(0.0, color=palette.GREY, lw=1)
    ax.errorbar(ratios, gaps, yerr=errors, fmt="o-", color=palette.BLUE, capsize=3)
    for ratio, gap, name in zip(ratios, gaps, names, strict=True):
        ax.annotate(name, (ratio, gap), xytext=(2, 8), textcoords="offset points", ha="right")
    ax.set(xscale="log", xlim=(min(ratios) / 2, max(ratios) * 2), ylim=(-0.02, max(gaps) * 1.3),
           xlabel="divisions per hop, Pₚ/Pₘ", ylabel="logistic law minus lattice, share")  # fmt: skip


def draw_clumps(ax, distances, sitting, moving):
    """Draw how much more often than by chance two sites are both covered, for cells that sit and cells that move."""
    ax.axhline(1.0, color=palette.GREY, lw=1)
    ax.plot(distances, sitting, "s-", color=palette.ORANGE, label="sitting, Pₘ = 0")
    ax.plot(distances, moving, "o-", color=palette.BLUE, label="moving, Pₘ = 1")
    ax.set(
        xlabel="distance of two sites, j", ylabel="correlation, F", ylim=(0.8, None), xlim=(0.5, max(distances) + 0.5)
    )
    ax.legend(loc="upper right")
