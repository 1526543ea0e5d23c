"""Separation of time scales: fast binding is enslaved by slow growth, and what a small number promises."""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import wrightomega

from .. import palette
from ..model import Model, derived, param
from ..numerics.integrate import integrate
from ..numerics.stiff import Kinetics, solve_network, solve_systems

CATALYSIS = Kinetics.of("E + S -> C", "C -> E + S", "C -> E + P")
FINE, NEAT = 1e-9, 1e-7


def _hours(name, times):
    times = np.asarray(times, float)
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(times < 0) or np.any(np.diff(times) <= 0):
        raise ValueError(f"{name} must be finite, not negative, and increase, got {times!r}")
    return times


def _from_zero(solve, times):
    """Solve from t = 0 for times that need not begin there."""
    grid = times if times[0] == 0 else np.r_[0.0, times]
    if len(grid) == 1:
        grid = np.array([0.0, 1.0])
    return solve(grid)[..., -len(times) :] if times[0] > 0 else solve(grid)[..., : len(times)]


@dataclass(frozen=True)
class Receptor(Model):
    """Receptors in ligand of constant concentration, and cells whose growth the bound receptors inhibit.

    Occupancy relaxes to y = L/(L + K_d) at the rate k_on L + k_off, and cells grow at g/(1 + y/K_I).

    Examples
    --------
    >>> round(Receptor().relaxation, 2), round(Receptor().doubling, 3)
    (333.33, 84.718)
    """

    k_on: float = param(1e-3, "1/nM/s", "binding rate constant", low=1e-4, high=1e-2, log=True, symbol="k_on",
                        scale="molecule", source="illustrative")  # fmt: skip
    k_off: float = param(1e-3, "1/s", "unbinding rate constant", low=1e-4, high=1.0, log=True, symbol="k_off",
                         scale="molecule", source="illustrative")  # fmt: skip
    L: float = param(2.0, "nM", "ligand concentration", low=0.02, high=200.0, log=True, domain="non-negative",
                     scale="tissue", source="illustrative")  # fmt: skip
    g: float = param(0.03, "1/h", "growth rate without ligand", low=0.005, high=0.1, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    K_I: float = param(0.25, "", "occupancy that halves the growth rate", low=0.02, high=2.0, log=True, symbol="K_I",
                       scale="cell", source="illustrative")  # fmt: skip
    seconds_per_hour: float = param(3600.0, "s/h", "seconds in an hour", symbol="s/h", constant=True,
                                    scale="organism", source="illustrative")  # fmt: skip

    @derived("nM", "dissociation constant", scale="molecule", symbol="K_d")
    def dissociation(self):
        """Ligand that fills half of the receptors, k_off/k_on."""
        return self.k_off / self.k_on

    @derived("", "occupancy", scale="cell", symbol="y")
    def occupancy(self):
        """Share of bound receptors in the end, L/(L + K_d)."""
        return self.L / (self.L + self.dissociation)

    @derived("s", "relaxation time of binding", scale="molecule", symbol="τ")
    def relaxation(self):
        """Time in which occupancy covers all but 1/e of its way, 1/(k_on L + k_off)."""
        return 1.0 / (self.k_on * self.L + self.k_off)

    @derived("1/h", "growth rate", scale="cell", symbol="μ")
    def growth(self):
        """Growth rate at this occupancy, g/(1 + y/K_I)."""
        return self.g / (1.0 + self.occupancy / self.K_I)

    @derived("h", "doubling time", scale="tissue", symbol="T₂")
    def doubling(self):
        """Time in which the cells double, ln 2 over the growth rate."""
        return np.log(2.0) / self.growth

    @derived("", "ratio of the time scales", scale="tissue", symbol="τg")
    def ratio(self):
        """Relaxation time of binding in units of 1/g, the fast over the slow time."""
        return self.relaxation * self.g / self.seconds_per_hour


@dataclass(frozen=True)
class Slaved(Model):
    """The smallest fast–slow system: dx/dt = −x y, ε dy/dt = x − y, in units of the slow time.

    The fast y follows x along the invariant manifold y = x + ε x² + O(ε²).

    References
    ----------
    Fenichel (1979), J. Differ. Equ. 31, 53–98, doi:10.1016/0022-0396(79)90152-9.

    Examples
    --------
    >>> Slaved().course([5.0])[:, 0].round(5).tolist()
    [0.16157, 0.16431]
    """

    eps: float = param(0.1, "", "ratio of the time scales", low=0.001, high=10.0, log=True, symbol="ε",
                       scale="molecule", source="illustrative")  # fmt: skip
    x0: float = param(1.0, "", "slow variable at the start", low=0.1, high=5.0, symbol="x₀", scale="cell",
                      source="illustrative")  # fmt: skip
    y0: float = param(1.0, "", "fast variable at the start", low=0.0, high=5.0, domain="non-negative", symbol="y₀",
                      scale="molecule", source="illustrative")  # fmt: skip

    def course(self, times):
        """Return x and y, shape (2, times), at increasing times (in units of the slow time)."""
        times = _hours("times", times)

        def rates(t, y, eps):
            return np.array([-y[0] * y[1], (y[0] - y[1]) / eps])

        start = np.array([[self.x0], [self.y0]])
        return _from_zero(
            lambda grid: solve_systems(rates, start, grid, np.array([self.eps]), rtol=FINE).y[:, 0], times
        )

    def manifold(self, x, order=1):
        """Return y on the slow manifold, to order zero (y = x) or one (y = x + ε x²)."""
        if order not in (0, 1):
            raise ValueError(f"order must be 0 or 1, got {order!r}")
        x = np.asarray(x, float)
        return x + (self.eps * x**2 if order else 0.0)


@dataclass(frozen=True)
class Enzyme(Model):
    """An enzyme that binds its substrate and converts it, in full and with the complex in quasi-steady state.

    Full: E + S ⇌ C → E + P. Reduced: dS/dt = −k₂E₀S/(K_M + S), with K_M = (k₋₁ + k₂)/k₁. Its error, as a share of S₀,
    is small when E₀/(S₀ + K_M) is, whatever the speed of binding. With the total S + C in the place of S the
    quasi-steady state holds for fast binding, too.

    References
    ----------
    Segel & Slemrod (1989), SIAM Rev. 31, 446–477, doi:10.1137/1031091.
    Schnell & Mendoza (1997), J. Theor. Biol. 187, 207–212, doi:10.1006/jtbi.1997.0425.
    Borghans, de Boer & Segel (1996), Bull. Math. Biol. 58, 43–63, doi:10.1007/BF02458281.

    Examples
    --------
    >>> enzyme = Enzyme()
    >>> round(float(enzyme.course([10.0])[3, 0]), 5), round(float(enzyme.reduced([10.0])[0]), 5)
    (0.71123, 0.73466)
    """

    k1: float = param(10.0, "1/µM/s", "binding rate constant", low=1.0, high=1000.0, log=True, symbol="k₁",
                      scale="molecule", source="illustrative")  # fmt: skip
    k_1: float = param(1.0, "1/s", "unbinding rate constant", low=0.01, high=100.0, log=True, symbol="k₋₁",
                       domain="non-negative", scale="molecule", source="illustrative")  # fmt: skip
    k2: float = param(1.0, "1/s", "turnover number", low=0.01, high=100.0, log=True, symbol="k₂",
                      scale="molecule", source="illustrative")  # fmt: skip
    E0: float = param(0.1, "µM", "total enzyme", low=0.01, high=3.0, log=True, symbol="E₀", scale="cell",
                      source="illustrative")  # fmt: skip
    S0: float = param(1.0, "µM", "substrate at the start", low=0.1, high=30.0, log=True, symbol="S₀", scale="cell",
                      source="illustrative")  # fmt: skip

    @derived("µM", "Michaelis constant", scale="molecule", symbol="K_M")
    def michaelis(self):
        """Substrate that occupies half of the enzyme, (k₋₁ + k₂)/k₁."""
        return (self.k_1 + self.k2) / self.k1

    @derived("", "Segel and Slemrod's number", scale="cell", symbol="ε_S")
    def eps(self):
        """Share of the substrate that binding can hide, E₀/(S₀ + K_M)."""
        return self.E0 / (self.S0 + self.michaelis)

    @derived("s", "time to fill the enzyme", scale="molecule", symbol="t_fast")
    def fast(self):
        """Duration of the initial layer, 1/(k₁(S₀ + K_M))."""
        return 1.0 / (self.k1 * (self.S0 + self.michaelis))

    @derived("s", "time to use up the substrate", scale="cell", symbol="t_slow")
    def slow(self):
        """Duration of the reaction, (S₀ + K_M)/(k₂E₀)."""
        return (self.S0 + self.michaelis) / (self.k2 * self.E0)

    @derived("", "largest error of the reduced model", scale="cell", symbol="δ")
    def error(self):
        """Largest difference of the product over four slow times, as a share of the substrate."""
        return self._largest_miss(self.reduced)

    @property
    def error_total(self):
        """The same for the model in which the total of free and bound substrate is the slow variable."""
        return self._largest_miss(self.reduced_total)

    def _largest_miss(self, coarse):
        """Return the largest difference of the product from `coarse`, looked for anew around the first finding."""

        def misses(times):
            return np.abs(self.course(times)[3] - coarse(times)) / self.S0

        times = self._moments()
        peak = int(misses(times).argmax())
        return misses(np.linspace(times[max(peak - 1, 0)], times[min(peak + 1, len(times) - 1)], 41)).max()

    def _moments(self):
        """Return times (s) up to four slow ones, dense early and where the reduced substrate falls through K_M."""
        left = np.geomspace(self.S0, 1e-3 * min(self.S0, self.michaelis), 120)
        passed = (self.S0 - left + self.michaelis * np.log(self.S0 / left)) / (self.k2 * self.E0)
        last = 4.0 * self.slow
        return np.unique(np.r_[0.0, np.geomspace(0.0025, 1.0, 80) * last, passed[passed < last]])

    def course(self, times):
        """Return free enzyme, substrate, complex and product of the full model.

        Parameters
        ----------
        times : array_like, shape (times,)
            Increasing times in s.

        Returns
        -------
        numpy.ndarray, shape (4, times)
            Concentrations in µM.
        """
        times, scale = _hours("times", times), max(self.E0, self.S0)
        start, constants = [self.E0, self.S0, 0.0, 0.0], [self.k1, self.k_1, self.k2]

        def solve(grid):
            return solve_network(CATALYSIS, start, constants, grid, rtol=FINE, atol=FINE * scale).y

        return _from_zero(solve, times)

    def reduced(self, times):
        """Return the product (µM) of the reduced model by its closed solution; see `course`.

        The substrate is K_M W(S₀/K_M exp((S₀ − k₂E₀t)/K_M)) with Lambert's function W.
        """
        times = _hours("times", times)
        argument = np.log(self.S0 / self.michaelis) + (self.S0 - self.k2 * self.E0 * times) / self.michaelis
        return self.S0 - self.michaelis * np.real(wrightomega(argument))

    def reduced_total(self, times):
        """Return the product (µM) of the total quasi-steady state, with S_tot = S + C slow; see `course`.

        dS_tot/dt = −k₂C, where C is the smaller root of (E₀ − C)(S_tot − C) = K_M C.
        """
        times, lost = _hours("times", times), self.michaelis + self.E0

        def rates(t, total, p):
            half = 0.5 * (lost + total)
            return -self.k2 * self.E0 * total / (half + np.sqrt(half**2 - self.E0 * total))

        def solve(grid):
            return solve_systems(rates, np.array([[self.S0]]), grid, rtol=FINE, atol=FINE * self.S0).y[0, 0]

        return self.S0 - _from_zero(solve, times)

    def bound(self, substrate):
        """Return the complex (µM) on the slow manifold, E₀S/(K_M + S), to leading order."""
        substrate = np.asarray(substrate, float)
        return self.E0 * substrate / (self.michaelis + substrate)


@dataclass(frozen=True)
class Inhibition(Model):
    """Cells that secrete a ligand which, bound to their receptors, inhibits their own growth.

    dN/dt = gN/(1 + y/K_I) is slow; ε dy/dt = k_on L(1 − y) − k_off y and ε dL/dt = sN − kL are fast. Setting ε = 0
    leaves y = h(N) = N/(N + κ) with κ = k K_d/s, and one equation for N. The small number is not ε itself but τg, the
    times of ligand and binding together in units of 1/g.

    References
    ----------
    Fenichel (1979), J. Differ. Equ. 31, 53–98, doi:10.1016/0022-0396(79)90152-9.

    Examples
    --------
    >>> model = Inhibition(eps=0.01)
    >>> round(model.cells, 5), round(model.cells_reduced, 5)
    (2.87717, 2.87664)
    """

    eps: float = param(1.0, "", "slowness of binding and ligand", low=0.003, high=10.0, log=True, symbol="ε",
                       scale="molecule", source="illustrative")  # fmt: skip
    k_on: float = param(1.0, "1/nM/h", "binding rate constant at ε = 1", low=0.1, high=10.0, log=True, symbol="k_on",
                        scale="molecule", source="illustrative")  # fmt: skip
    k_off: float = param(1.0, "1/h", "unbinding rate constant at ε = 1", low=0.1, high=10.0, log=True, symbol="k_off",
                         scale="molecule", source="illustrative")  # fmt: skip
    s: float = param(0.5, "nM/h", "secretion by one unit of cells (at ε = 1)", low=0.05, high=5.0, log=True,
                     scale="cell", source="illustrative")  # fmt: skip
    k: float = param(1.0, "1/h", "clearance rate constant of the ligand at ε = 1", low=0.1, high=10.0, log=True,
                     scale="tissue", source="illustrative")  # fmt: skip
    g: float = param(0.03, "1/h", "growth rate without ligand", low=0.005, high=0.1, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    K_I: float = param(0.25, "", "occupancy that halves the growth rate", low=0.02, high=2.0, log=True, symbol="K_I",
                       scale="cell", source="illustrative")  # fmt: skip
    N0: float = param(1.0, "", "cells at the start, in units of that number", low=0.1, high=10.0, log=True,
                      symbol="N₀", scale="tissue", source="illustrative")  # fmt: skip
    T: float = param(100.0, "h", "time of observation", low=10.0, high=500.0, log=True, symbol="t_end",
                     scale="tissue", source="illustrative")  # fmt: skip
    START: ClassVar[tuple] = ("N", "y", "L")

    @derived("", "cells whose ligand fills half of the receptors", scale="tissue", symbol="κ")
    def half(self):
        """Number of cells k K_d/s at which y = 1/2 on the slow manifold."""
        return self.k * self.k_off / self.k_on / self.s

    @derived("", "times of ligand and binding in units of 1/g", scale="tissue", symbol="τg")
    def ratio(self):
        """Fast over slow time, τg with τ = ε/k + ε/(k_on L + k_off) and the ligand L = sN₀/k of the start."""
        return self.eps * self.g * (1.0 / self.k + 1.0 / (self.k_on * self.s * self.N0 / self.k + self.k_off))

    @derived("", "cells in the end", scale="tissue", symbol="N(t_end)")
    def cells(self):
        """Cells after T by the full model."""
        return self.course([self.T])[0, 0]

    @derived("", "cells in the end, reduced", scale="tissue", symbol="N_red(t_end)")
    def cells_reduced(self):
        """Cells after T by the reduced model."""
        return self.reduced([self.T])[0]

    @derived("", "error of the reduced model", scale="tissue", symbol="δ")
    def error(self):
        """Relative error of the reduced model after T."""
        return abs(self.cells - self.cells_reduced) / self.cells

    def speed(self, N, y):
        """Return dN/dt (1/h) for cells N at occupancy y."""
        return self.g * N / (1.0 + y / self.K_I)

    def _fast(self, N, y, L):
        """Return ε dy/dt and ε dL/dt."""
        return self.k_on * L * (1.0 - y) - self.k_off * y, self.s * N - self.k * L

    def _rates(self, t, state, eps):
        """Return the rates of change of N, y and L."""
        N, y, L = state
        binding, ligand = self._fast(N, y, L)
        return np.array([self.speed(N, y), binding / eps, ligand / eps])

    def _sizes(self):
        """Return the sizes of N, y and L at the start, for tolerances."""
        return np.array([self.N0, 1.0, self.s * self.N0 / self.k])

    def _courses(self, eps, times, rtol):
        """Return N, y and L, shape (3, systems, times), of the full model for many ε side by side."""
        start = np.repeat([[self.N0], [0.0], [0.0]], len(eps), axis=1)
        return solve_systems(self._rates, start, times, eps, names=self.START, rtol=rtol, atol=rtol * self._sizes()).y

    def course(self, times):
        """Return cells, occupancy and ligand (nM) of the full model.

        Parameters
        ----------
        times : array_like, shape (times,)
            Increasing times in h.

        Returns
        -------
        numpy.ndarray, shape (3, times)
            N, y and L; at t = 0 there is no ligand yet.
        """

        def solve(grid):
            rates = partial(self._rates, eps=self.eps)
            atol = FINE * self._sizes()
            return integrate(rates, [self.N0, 0.0, 0.0], grid, names=self.START, rtol=FINE, atol=atol).y

        return _from_zero(solve, _hours("times", times))

    def manifold(self, N, order=0):
        """Return the occupancy on the slow manifold.

        Parameters
        ----------
        N : array_like
            Cells.
        order : int
            0 for h(N) = N/(N + κ), 1 with Fenichel's correction, the lag ε h₁(N).

        Returns
        -------
        numpy.ndarray
            Occupancy.
        """
        if order not in (0, 1):
            raise ValueError(f"order must be 0 or 1, got {order!r}")
        N = np.asarray(N, float)
        plain = N / (N + self.half)
        if order == 0:
            return plain
        growth = self.speed(N, plain)
        ligand, rising = self.s * N / self.k, self.half / (N + self.half) ** 2 * growth
        lag = (-self.k_on * self.s * growth / self.k**2 * (1.0 - plain) - rising) / (self.k_on * ligand + self.k_off)
        return plain + self.eps * lag

    def reduced(self, times):
        """Return the cells of the reduced model at times (h), from ln N + ln(N + κ)/K_I = gt + const."""
        times, kappa = _hours("times", times), self.half

        def sum_of_logs(x):
            return x + np.logaddexp(x, np.log(kappa)) / self.K_I

        first = np.log(self.N0)
        ends = [first if t == 0 else brentq(lambda x, t=t: sum_of_logs(x) - sum_of_logs(first) - self.g * t,
                                            first, first + self.g * t + 1e-9, xtol=1e-14) for t in times]  # fmt: skip
        return np.exp(ends)

    def head_start(self):
        """Return ln N that the cells gain, per ε, because at first no receptor is bound: the initial layer."""

        def rates(t, z, p):
            y, L, _ = z
            binding, ligand = self._fast(self.N0, y, L)
            return np.array([binding, ligand, self.speed(1.0, y) - self.speed(1.0, settled)])

        settled = float(self.manifold(self.N0))
        long = 60.0 / min(self.k, self.k_off)
        return float(solve_systems(rates, np.zeros((3, 1)), [0.0, long], rtol=FINE).y[2, 0, -1])

    def corrected(self, times):
        """Return the cells of the reduced model with both corrections of order ε: lag, and initial layer."""
        times = _hours("times", times)

        def rates(t, z, p):
            N = z[0]
            plain = N / (N + self.half)
            slope = self.g * N / (1.0 + plain / self.K_I)
            rising = self.half / (N + self.half) ** 2 * slope
            lost = self.k_on * self.s * slope / self.k**2 * (1.0 - plain) + rising
            lag = -self.eps * lost / (self.k_on * self.s * N / self.k + self.k_off)
            return np.array([self.g * N / (1.0 + plain / self.K_I) * (1.0 - lag / (self.K_I + plain))])

        start = np.array([[self.N0 * (1.0 + self.eps * self.head_start())]])
        return _from_zero(lambda grid: solve_systems(rates, start, grid, rtol=FINE).y[0, 0], times)

    def errors(self, eps, *, corrected=False, rtol=FINE):
        """Return the relative errors of the reduced, or of the corrected, model at T for many ε, shape (eps,)."""
        full = self._courses(np.asarray(eps, float), np.array([0.0, self.T]), rtol)[0, :, -1]
        coarse = [self.replace(eps=e).corrected([self.T])[0] for e in eps] if corrected else self.cells_reduced
        return np.abs(full - coarse) / full


@lru_cache(maxsize=64)
def _error_curve(model, low, high, count):
    eps = np.geomspace(low, high, count)
    return eps, model.errors(eps, rtol=NEAT)


def draw_receptor(fig, model):
    """Draw the occupancy against the logarithm of time, with the growth of cells on the same axis of time."""
    ax = fig.subplots()
    t = np.geomspace(1.0, 1e6, 120)
    ax.plot(t, model.occupancy * -np.expm1(-t / model.relaxation), color=palette.BLUE, label="receptors bound, y")
    ax.plot(t, np.exp(model.growth * t / model.seconds_per_hour) - 1.0, color=palette.GREEN, ls="--",
            label="cells gained, N/N₀ − 1")  # fmt: skip
    ax.set(xscale="log", xlim=(1, 1e6), ylim=(0, 1.05), xlabel="time, t / s", ylabel="share")
    ax.legend(loc="upper left")


def draw_enzyme(fig, model):
    """Draw the phase plane of substrate and complex with the slow manifold, and the product in time."""
    left, right = fig.subplots(1, 2)
    early, late = np.geomspace(1e-4, 0.5, 41), np.r_[np.linspace(0.5, 1.5, 41)[1:], np.linspace(1.5, 6.0, 13)[1:]]
    times = np.r_[0.0, early, late] * model.slow
    full = model.course(times)
    substrate = np.linspace(0.0, 1.0, 60)
    left.plot(substrate, model.bound(substrate * model.S0) / model.E0, color=palette.ORANGE, ls="--",
              label="slow manifold")  # fmt: skip
    left.plot(full[1] / model.S0, full[2] / model.E0, color=palette.BLUE, label="full")
    left.plot([1.0], [0.0], "o", color=palette.BLUE, ms=6)
    left.set(xlim=(0, 1.05), ylim=(0, 1.2), xlabel="substrate, S/S₀", ylabel="occupied enzyme, C/E₀")
    left.legend(loc="upper center", ncols=2, fontsize=9)
    grid = np.linspace(0.0, 4.0, 80) * model.slow
    right.plot(grid / model.slow, model.course(grid)[3] / model.S0, color=palette.BLUE, label="full")
    right.plot(grid / model.slow, model.reduced(grid) / model.S0, color=palette.ORANGE, ls="--", label="reduced")
    right.set(xlim=(0, 4), ylim=(0, 1.05), xlabel="time, in units of the slow time", ylabel="product, P/S₀")
    right.legend(loc="lower right")


def tell_enzyme(model):
    """Say in a sentence what `draw_enzyme` shows."""
    hugs = "runs up to the slow manifold and slides along it" if model.eps < 0.2 else "misses the slow manifold"
    return f"The full course {hugs}; the reduced product is wrong by up to {model.error:.2g} of the substrate."


def draw_inhibition(fig, model):
    """Draw occupancy against cells with the slow manifold, and the error of the reduced model against ε."""
    left, right = fig.subplots(1, 2)
    times = np.r_[0.0, np.geomspace(1e-3, 1.0, 90)] * model.T
    N, y, _ = model.course(times)
    error = abs(N[-1] - model.cells_reduced) / N[-1]
    cells = np.geomspace(1.0, 25.0, 50) * model.N0
    left.plot(cells / model.N0, model.manifold(cells), color=palette.ORANGE, ls="--", label="slow manifold")
    left.plot(N / model.N0, y, color=palette.BLUE, label="full")
    left.plot([N[-1] / model.N0], [y[-1]], "o", color=palette.BLUE, ms=6)
    left.set(xscale="log", xlim=(0.95, 25), ylim=(0, 1.2), xlabel="cells, N/N₀", ylabel="receptors bound, y")
    left.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    left.minorticks_off()
    left.legend(loc="upper center", ncols=2, fontsize=9)
    eps, errors = _error_curve(model.replace(eps=1.0), 0.003, 10.0, 10)
    _, first = _error_curve(type(model)(eps=1.0), 0.003, 10.0, 10)
    right.plot(eps, first, color=palette.GREY, lw=1.0, label="first settings")
    right.plot(eps, errors, color=palette.BLUE, label="error")
    right.plot(eps, errors[0] * eps / eps[0], color=palette.GREY, ls=":", label="slope one")
    right.plot([model.eps], [error], "o", color=palette.ORANGE, ms=7)
    right.set(xscale="log", yscale="log", xlim=(0.003, 12), ylim=(1e-5, 2))
    right.set(xlabel="slowness of ligand and binding, ε", ylabel="relative error of N in the end")
    right.legend(loc="upper left")


def tell_inhibition(model):
    """Say in a sentence what `draw_inhibition` shows."""
    return (f"The full model ends with {model.cells:.3g} times the cells of the start, the reduced one with "
            f"{model.cells_reduced:.3g}; their difference grows in proportion to epsilon.")  # fmt: skip


def draw_orders(ax, small, plain, corrected):
    """Draw the errors of the reduced and of the corrected model against τg, above lines of slopes one and two."""
    ax.plot(small, plain, "o-", color=palette.BLUE, label="reduced")
    ax.plot(small, corrected, "s--", color=palette.GREEN, label="corrected by lag and layer")
    ax.plot(small, plain[0] * small / small[0] / 3.0, color=palette.GREY, ls=":", lw=1.5)
    ax.plot(small, corrected[-1] * (small / small[-1]) ** 2 / 3.0, color=palette.GREY, ls=":", lw=1.5)
    ax.set(xscale="log", yscale="log", xlabel="fast over slow time, τg", ylabel="relative error of N in the end")
    ax.legend(loc="upper left")


def draw_conditions(ax, ratios, speeds, by_ratio, by_speed, by_total):
    """Draw the error against E₀/(S₀ + K_M), and, with S or S + C slow, against how slow binding is."""
    ax.plot(ratios, by_ratio, "o-", color=palette.BLUE, label="less enzyme: E₀/(S₀ + Kₘ)")
    ax.plot(speeds, by_speed, "s--", color=palette.RED, label="faster binding: k₂/(k₁S₀)")
    ax.plot(speeds, by_total, "^-.", color=palette.GREEN, label="the same, with S + C slow")
    ax.set(xscale="log", yscale="log", xlabel="number made small", ylabel="largest error of the product, δ")
    ax.legend(loc="lower right")


def draw_layer(ax, models, hours):
    """Draw cells gained over the reduced model during the first hours, for several ε."""
    t = np.linspace(0.0, hours, 121)
    for model, colour, style in zip(models, palette.CYCLE, palette.LINE_STYLES, strict=False):
        N = model.course(t)[0]
        ax.plot(t, 100.0 * (N / model.reduced(t) - 1.0), color=colour, ls=style, label=f"ε = {model.eps:g}")
    ax.set(xlim=(0, hours), xlabel="time, t / h", ylabel="cells ahead of the reduced model / %")
    ax.legend(loc="upper left")
