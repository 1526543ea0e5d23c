"""Averaging: many noisy cells make a steady tissue, up to what they share and to how they respond."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammainc, gammaln, ndtr, pdtr

from .. import palette
from ..model import Model, derived, param
from ..numerics import ssa
from ..numerics.leap import langevin
from ..numerics.network import Network
from ..numerics.streams import generator, replicate

SLACK = 1e-12
NODES = 240
MODES = 400


def effective_number(N, rho):
    """Return how many independent cells scatter as much in the mean as N cells with pairwise correlation ρ.

    Parameters
    ----------
    N : array_like
        Cells.
    rho : float
        Correlation coefficient of every pair, from 0 to 1.

    Returns
    -------
    numpy.ndarray
        N/(1 + (N − 1)ρ): all of them if ρ = 0, and never more than 1/ρ.

    Examples
    --------
    >>> effective_number([1, 100, 1e9], 0.01).round(3).tolist()
    [1.0, 50.251, 100.0]
    """
    N = np.asarray(N, float)
    return N / (1.0 + (N - 1.0) * rho)


def gamma_rule(shape, nodes=NODES):
    """Return nodes and weights that average a smooth function over a gamma law of unit mean.

    The trapezoidal rule in the logarithm of the variable, where the law is analytic and falls off at both ends:
    its error shrinks exponentially with the number of nodes.

    Parameters
    ----------
    shape : float or numpy.ndarray, shape (m,)
        Shape of the law, the inverse of its squared coefficient of variation; infinite if it does not vary.
    nodes : int
        Least number of nodes; there are more if the law is wide.

    Returns
    -------
    values, weights : numpy.ndarray, shape (nodes,) or (m, nodes)
        Values of the variable, and weights that add up to one.

    Examples
    --------
    >>> x, w = gamma_rule(52.13)
    >>> round(float(w @ x), 9), round(float(w @ (x - 1) ** 2 * 52.13), 9)
    (1.0, 1.0)
    """
    shape = np.asarray(shape, float)[..., None]
    if np.all(np.isinf(shape)):
        return np.ones(shape.shape), np.ones(shape.shape)
    left = 9.0 / np.sqrt(shape) + 40.0 / shape
    width = left + np.log1p(left)
    u = width * np.linspace(0.0, 1.0, max(nodes, int(10.0 * width.max()))) - left
    weights = np.exp(shape * (u + 1.0 - np.exp(u)))
    return np.exp(u), weights / weights.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Tissue(Model):
    """A tissue of N cells whose protein levels vary, partly each for itself and partly all together.

    A level has mean µ and Fano factor F, and any two cells have the correlation coefficient ρ, so that the
    mean over the tissue has CV² = (F/µ)(ρ + (1 − ρ)/N): it falls as 1/N and stops at a floor ρF/µ. A
    tolerance below the floor is met by no number of cells. Levels are gamma distributed, the limit of
    expression in bursts; the part that cells share multiplies the burst frequency of all by one gamma factor.
    With ρ = 1 all cells do the same.

    References
    ----------
    Friedman, Cai & Xie (2006), Phys. Rev. Lett. 97, 168302, doi:10.1103/PhysRevLett.97.168302.
    Zohary, Shadlen & Newsome (1994), Nature 370, 140–143, doi:10.1038/370140a0.

    Examples
    --------
    >>> tissue = Tissue(mean=1000, fano=211 / 11, N=100, rho=0.01, tolerance=0.01)
    >>> round(tissue.cv_cell, 6), round(tissue.floor, 7), tissue.needed
    (0.138498, 0.0138498, inf)
    >>> tissue.replace(rho=0).needed
    192.0
    """

    mean: float = param(1000.0, "", "mean protein level of a cell", low=10.0, high=1e5, log=True, symbol="µ",
                        scale="cell", source="illustrative")  # fmt: skip
    fano: float = param(19.18, "", "Fano factor of the level", low=1.0, high=200.0, log=True, symbol="F",
                        scale="cell", source="illustrative")  # fmt: skip
    N: int = param(100, "", "cells in the tissue", low=1, high=10_000, log=True, integer=True, scale="tissue",
                   source="illustrative")  # fmt: skip
    rho: float = param(0.01, "", "correlation of two cells", low=0.0, high=0.3, domain="fraction", symbol="ρ",
                       scale="tissue", source="illustrative")  # fmt: skip
    tolerance: float = param(0.02, "", "tolerated CV of the tissue mean", low=0.005, high=0.1, log=True,
                             symbol="CV*", scale="tissue", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"tissues": 2500}

    @derived("", "CV of one cell", scale="cell", symbol="CV₁")
    def cv_cell(self):
        """Coefficient of variation √(F/µ) of the level of one cell."""
        return np.sqrt(self.fano / self.mean)

    @derived("", "CV of the tissue mean", scale="tissue", symbol="CV(N)")
    def cv_tissue(self):
        """Coefficient of variation CV₁√(ρ + (1 − ρ)/N) of the mean over the cells."""
        return self.cv_at(self.N)

    @derived("", "floor of the CV", scale="tissue", symbol="CV₁√ρ")
    def floor(self):
        """What is left of the CV however many cells there are."""
        return self.cv_cell * np.sqrt(self.rho)

    @derived("", "effective number of cells", scale="tissue", symbol="N_eff")
    def effective(self):
        """Independent cells that would scatter as much, N/(1 + (N − 1)ρ)."""
        return effective_number(self.N, self.rho)

    @derived("", "cells needed for the tolerance", scale="tissue", symbol="N*")
    def needed(self):
        """Smallest number of cells whose mean meets the tolerance; infinite if none suffices."""
        return cells_needed(self.cv_cell, self.rho, self.tolerance)

    def cv_at(self, N):
        """Return the CV of the mean of `N` cells of this tissue, of the shape of `N`."""
        return self.cv_cell / np.sqrt(effective_number(N, self.rho))

    def _shared_shape(self):
        return np.inf if self.rho == 0 else 1.0 / (self.rho * self.cv_cell**2)

    def _own_shape(self):
        """Shape of the gamma law of one cell's level while the shared factor is one."""
        return np.inf if self.rho == 1 else 1.0 / ((1.0 - self.rho) * self.cv_cell**2)

    def law(self, level, N=None):
        """Return the probability density of the mean level of `N` cells.

        Given the shared factor, the sum of gamma distributed levels is again gamma distributed; the law is the
        mixture of these over the factor. Its error falls exponentially with the number of nodes, which grows with
        the ratio of the shared to the unshared spread.

        Parameters
        ----------
        level : array_like
            Positive levels.
        N : int, optional
            Cells; those of the tissue if left out.

        Returns
        -------
        numpy.ndarray
            Density per unit of level, of the shape of `level`.

        Raises
        ------
        ValueError
            If a level is not positive.

        Examples
        --------
        >>> level = np.linspace(500, 1600, 2001)
        >>> law = Tissue().law(level)
        >>> print(round(float(np.trapezoid(law, level)), 6), round(float(np.trapezoid(law * level, level)), 3))
        1.0 1000.0
        """
        level = np.asarray(level, float) / self.mean
        if not np.all(level > 0):
            raise ValueError(f"level must be positive, got {np.min(level) * self.mean!r}")
        own = self._own_shape() * (self.N if N is None else N)
        if np.isinf(own) or self.rho == 0:
            return _gamma_density(level, min(own, self._shared_shape())) / self.mean
        nodes = int(NODES + 40.0 * np.sqrt(own / self._shared_shape()))
        factor, weight = gamma_rule(self._shared_shape(), nodes)
        return _gamma_density(level[..., None], own * factor, own) @ weight / self.mean

    def simulate(self, tissues, rng, executor=None, progress=False):
        """Return the mean level of each of many tissues, drawn cell by cell.

        Parameters
        ----------
        tissues : int
            Number of tissues.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of tissues in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (tissues,)
            Mean levels.

        Examples
        --------
        >>> tissue = Tissue(N=25, rho=0.1)
        >>> bool(abs(tissue.simulate(20_000, rng=1).std() / (tissue.mean * tissue.cv_tissue) - 1) < 0.02)
        True
        """
        block = max(1, min(1000, 2_000_000 // self.N))
        return replicate(self._means, tissues, rng, block=block, executor=executor, progress=progress)

    def _means(self, size, rng):
        return self.cells(size, rng).mean(axis=1)

    def cells(self, tissues, rng):
        """Return the level of every cell, shape (tissues, N), drawn from one generator or seed.

        Examples
        --------
        >>> Tissue(N=3).cells(2, rng=1).shape
        (2, 3)
        """
        rng, shared, own = generator(rng), self._shared_shape(), self._own_shape()
        factor = np.ones((tissues, 1)) if np.isinf(shared) else rng.gamma(shared, 1.0 / shared, (tissues, 1))
        if np.isinf(own):
            return np.repeat(self.mean * factor, self.N, axis=1)
        return rng.gamma(np.broadcast_to(own * factor, (tissues, self.N)), self.mean / own)


def _gamma_density(x, shape, rate=None):
    """Density at `x` of a gamma law of given shape and rate; of unit mean if there is no rate."""
    rate = shape if rate is None else rate
    return np.exp(shape * np.log(rate) + (shape - 1.0) * np.log(x) - rate * x - gammaln(shape))


def cells_needed(cv, rho, tolerance):
    """Return the smallest number of cells whose mean has at most the tolerated CV; infinite if none suffices.

    Parameters
    ----------
    cv : float
        CV of one cell.
    rho : float
        Correlation of two cells.
    tolerance : float
        Tolerated CV of the mean.

    Returns
    -------
    float
        A whole number of at least one, or infinity.

    Examples
    --------
    >>> cells_needed(1.0, 0.0, 0.02), cells_needed(0.2, 0.01, 0.1), cells_needed(0.2, 0.3, 0.1)
    (2500.0, 5.0, inf)
    """
    if tolerance >= cv:
        return 1.0
    spare = (tolerance / cv) ** 2 - rho
    return float(np.ceil((1.0 - rho) / spare * (1.0 - SLACK))) if spare > 0 else np.inf


@dataclass(frozen=True)
class Response(Tissue):
    """A tissue whose cells respond to their own level by a Hill function, before anything is averaged.

    A small deviation of the level by a fraction δ changes the response H(x) = xʰ/(Kʰ + xʰ) by the fraction gδ
    with the gain g = h(1 − H): the delta method, CV_H ≈ g CV₁. The exact moments are integrals over the gamma
    law. Averaging removes scatter but not bias: the mean response ⟨H(x)⟩ differs from H(⟨x⟩), by about
    µ²H″CV₁²/2, in a tissue of any size.

    References
    ----------
    Paulsson (2004), Nature 427, 415–418, doi:10.1038/nature02257.

    Examples
    --------
    >>> response = Response(fano=211 / 11, K=1000, h=4)
    >>> round(response.cv_delta, 5), round(response.cv_response, 3)
    (0.277, 0.264)
    """

    K: float = param(1000.0, "", "level of half response", low=500.0, high=2000.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip
    h: float = param(4.0, "", "Hill coefficient", low=1.0, high=8.0, log=True, scale="cell",
                     source="illustrative")  # fmt: skip

    @derived("", "response at the mean level", scale="cell", symbol="H(µ)")
    def response_of_mean(self):
        """What a cell without noise would do."""
        return float(self.respond(self.mean))

    @derived("", "gain", scale="cell", symbol="g")
    def gain(self):
        """Relative change of the response over relative change of the level, h(1 − H(µ))."""
        return self.h * (1.0 - self.response_of_mean)

    @derived("", "CV of a cell's response, first order", scale="cell", symbol="g CV₁")
    def cv_delta(self):
        """Delta method: gain times the CV of the level."""
        return self.gain * self.cv_cell

    @derived("", "CV of a cell's response", scale="cell", symbol="CV_H")
    def cv_response(self):
        """Exact coefficient of variation of the response of one cell."""
        return self.response_cv_at(1)

    @derived("", "CV of the tissue's mean response", scale="tissue", symbol="CV_H(N)")
    def cv_tissue_response(self):
        """Exact coefficient of variation of the mean response of all cells."""
        return self.response_cv_at(self.N)

    @derived("", "mean response", scale="tissue", symbol="⟨H⟩")
    def mean_response(self):
        """Exact mean response, to which the tissue converges as it grows if its cells are independent."""
        return self._moments[0]

    @property
    def bias_second_order(self):
        """Relative bias ½µ²H″(µ)CV₁²/H(µ), by the curvature of the response at the mean level."""
        H = self.response_of_mean
        return 0.5 * self.h * (1.0 - H) * (self.h * (1.0 - 2.0 * H) - 1.0) * self.cv_cell**2

    @derived("", "relative bias of the mean response", scale="tissue", symbol="⟨H⟩/H(µ) − 1")
    def bias(self):
        """What averaging cannot remove: the mean response over the response at the mean, less one."""
        return self.mean_response / self.response_of_mean - 1.0

    def respond(self, level):
        """Return the response, from 0 to 1, at a level.

        Parameters
        ----------
        level : array_like
            Levels, not negative.

        Returns
        -------
        numpy.ndarray
            Responses.

        Examples
        --------
        >>> print(Response(K=1000, h=4).respond([0, 1000, 2000]).round(4).tolist())
        [0.0, 0.5, 0.9412]
        """
        relative = (np.asarray(level, float) / self.K) ** self.h
        return relative / (1.0 + relative)

    @property
    def _moments(self):
        """Mean response, variance between cells of one tissue, and variance between large tissues."""
        factor, weight = gamma_rule(self._shared_shape(), 60)
        level, share = gamma_rule(self._own_shape() * factor)
        response = self.respond(self.mean * factor[:, None] * level)
        given = (response * share).sum(axis=1)
        within, mean = (share * (response - given[:, None]) ** 2).sum(axis=1), float(weight @ given)
        return mean, float(weight @ within), float(weight @ (given - mean) ** 2)

    def response_cv_at(self, N):
        """Return the exact CV of the mean response of `N` cells.

        Parameters
        ----------
        N : array_like
            Cells.

        Returns
        -------
        float or numpy.ndarray
            Coefficients of variation.

        Examples
        --------
        >>> response = Response(rho=0.0)
        >>> round(float(response.response_cv_at(1) / response.response_cv_at(100)), 9)
        10.0
        """
        mean, within, between = self._moments
        return np.sqrt(within / np.asarray(N, float) + between) / mean


@dataclass(frozen=True)
class Pool(Model):
    """A well-mixed population of agents that enter at random and each leave at random: the smallest noisy continuum.

    The number n of agents is Poisson with mean Ω. In units of its mean it has the standard deviation 1/√Ω and
    forgets its fluctuations within 1/γ. The chemical Langevin equation
    dx = γ(Ω − x) dt + √(γ(Ω + x)) dW has the same mean, variance and third cumulant; its law is that of a gamma
    variable of shape 4Ω and rate 2, less Ω. It reaches below zero with a probability that vanishes as Ω grows. The
    linear noise approximation replaces the law by a Gaussian one.

    References
    ----------
    van Kampen (1961), Can. J. Phys. 39, 551–567, doi:10.1139/p61-056.
    Gillespie (2000), J. Chem. Phys. 113, 297–306, doi:10.1063/1.481811.

    Examples
    --------
    >>> pool = Pool(Omega=2500, tolerance=0.02)
    >>> pool.sd, pool.needed
    (0.02, 2500.0)
    """

    Omega: float = param(100.0, "", "mean number of agents", low=1.0, high=1e5, log=True, symbol="Ω",
                         scale="tissue", source="illustrative")  # fmt: skip
    gamma: float = param(0.5, "1/h", "turnover rate constant", low=0.05, high=5.0, log=True, symbol="γ",
                         scale="cell", source="illustrative")  # fmt: skip
    tolerance: float = param(0.02, "", "tolerated CV", low=0.005, high=0.2, log=True, symbol="CV*",
                             scale="tissue", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"pools": 2100, "times": (0.0, 1.0, 2.0)}

    @derived("", "standard deviation over mean", scale="tissue", symbol="1/√Ω")
    def sd(self):
        """Standard deviation of the concentration in units of its mean, 1/√Ω."""
        return 1.0 / np.sqrt(self.Omega)

    @derived("h", "correlation time", scale="tissue", symbol="1/γ")
    def memory(self):
        """Time within which a fluctuation falls by the factor e on average."""
        return 1.0 / self.gamma

    @derived("", "agents needed for the tolerance", scale="tissue", symbol="Ω*")
    def needed(self):
        """Smallest mean number of agents that meets the tolerance, 1/CV*² rounded up."""
        return cells_needed(1.0, 0.0, self.tolerance)

    @derived("", "Langevin probability of fewer than none", scale="tissue", symbol="P(x < 0)")
    def below_zero(self):
        """Probability that the stationary Langevin equation gives to negative numbers."""
        return gammainc(4.0 * self.Omega, 2.0 * self.Omega)

    def law(self, n):
        """Return the exact stationary probability of `n` agents, Poisson."""
        return np.exp(np.asarray(n) * np.log(self.Omega) - self.Omega - gammaln(np.asarray(n) + 1.0))

    def langevin_density(self, x):
        """Return the stationary density of the chemical Langevin equation at `x` agents.

        Parameters
        ----------
        x : array_like
            Numbers of agents, at least −Ω, below which the law ends.

        Returns
        -------
        numpy.ndarray
            Densities.

        Examples
        --------
        >>> x = np.linspace(-9.9, 60, 20001)
        >>> density = Pool(Omega=10).langevin_density(x)
        >>> print(np.round([np.trapezoid(density * x**k, x) for k in range(3)], 4).tolist())
        [1.0, 10.0, 110.0]
        """
        return _gamma_density(np.asarray(x, float) + self.Omega, 4.0 * self.Omega, 2.0)

    def gaussian_density(self, x):
        """Return the density of the linear noise approximation at `x` agents: mean and variance Ω."""
        return np.exp(-0.5 * (np.asarray(x, float) - self.Omega) ** 2 / self.Omega) / np.sqrt(2.0 * np.pi * self.Omega)

    def distances(self):
        """Return how far the linear noise approximation and the chemical Langevin equation are from the exact law.

        Returns
        -------
        gaussian, langevin : float
            Largest differences of the distribution functions half-way between the counts (Kolmogorov distance).

        Examples
        --------
        >>> (gaussian, langevin), (g4, l4) = Pool(Omega=100).distances(), Pool(Omega=400).distances()
        >>> print(round(gaussian / g4, 2), round(langevin / l4, 2))
        2.0 4.27
        """
        n = np.arange(int(self.Omega + 9.0 * np.sqrt(self.Omega) + 20.0))
        exact, middle = pdtr(n, self.Omega), n + 0.5
        langevin = gammainc(4.0 * self.Omega, 2.0 * (middle + self.Omega))
        gaussian = ndtr((middle - self.Omega) / np.sqrt(self.Omega))
        return float(np.abs(gaussian - exact).max()), float(np.abs(langevin - exact).max())

    def network(self):
        """Return entry and exit as a network with the species n."""
        return Network.mass_action({"0 -> n": self.gamma * self.Omega, "n -> 0": self.gamma})

    def simulate(self, pools, times, rng, executor=None, progress=False):
        """Return the numbers of agents in many pools that begin at the mean, by exact stochastic simulation.

        Parameters
        ----------
        pools : int
            Number of pools.
        times : array_like, shape (T,)
            Increasing times in h.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of pools in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (pools, T)
            Numbers of agents.

        Examples
        --------
        >>> counts = Pool(Omega=100).simulate(2000, [10.0], rng=1)
        >>> bool(abs(counts.std() / 10 - 1) < 0.05)
        True
        """
        start = {"n": round(self.Omega)}
        found = ssa.simulate(self.network(), times, pools, rng, start=start, executor=executor, progress=progress)
        return found[:, :, 0]

    def simulate_langevin(self, pools, times, rng, *, step=0.02, executor=None, progress=False):
        """Return the numbers of agents in many pools that begin at the mean, by the chemical Langevin equation.

        Euler–Maruyama, of weak order one in `step`; there must be so many agents that no path falls below zero.

        Parameters
        ----------
        pools : int
            Number of pools.
        times : array_like, shape (T,)
            Increasing times in h.
        rng : int or numpy.random.Generator
            Seed or generator.
        step : float
            Largest time step in units of 1/γ.
        executor : concurrent.futures.Executor, optional
            Runs blocks of pools in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (pools, T)
            Numbers of agents, not whole.

        Raises
        ------
        ValueError
            If a path falls below zero, where the equation fails.

        Examples
        --------
        >>> counts = Pool(Omega=100).simulate_langevin(2000, [10.0], rng=1)
        >>> bool(abs(counts.std() / 10 - 1) < 0.05)
        True
        """
        found = langevin(
            self.network(), times, pools, rng, step=step / self.gamma, start={"n": round(self.Omega)},
            executor=executor, progress=progress,
        )  # fmt: skip
        return found[:, :, 0]


@dataclass(frozen=True)
class Strip(Model):
    """N cells that wander along a closed strip of tissue, seen through a window: a fluctuating density.

    The density c obeys ∂c/∂t = ∂/∂x (D ∂c/∂x + √(2Dc) ξ) with white noise ξ in space and time (Dean; Kawasaki). No
    cell is made or lost, so that the number in a window that covers the share p = a/L of the strip is binomial:
    CV² = (1 − p)/(Np). A wave of length L/k relaxes with the rate D(2πk/L)².

    References
    ----------
    Dean (1996), J. Phys. A 29, L613–L617, doi:10.1088/0305-4470/29/24/001.

    Examples
    --------
    >>> strip = Strip(N=1000, L=1000, a=100)
    >>> strip.count, round(strip.cv, 6)
    (100.0, 0.094868)
    """

    N: int = param(1000, "", "cells on the strip", low=50, high=20_000, log=True, integer=True, scale="tissue",
                   source="illustrative")  # fmt: skip
    L: float = param(1000.0, "µm", "length of the strip", low=500.0, high=5000.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    D: float = param(67.0, "µm²/min", "motility of a cell", low=5.0, high=200.0, log=True, scale="cell",
                     source="miller2002")  # fmt: skip
    a: float = param(100.0, "µm", "width of the window", low=10.0, high=500.0, log=True, scale="tissue",
                     source="illustrative")  # fmt: skip
    tolerance: float = param(0.1, "", "tolerated CV of the density", low=0.01, high=0.5, log=True, symbol="CV*",
                             scale="tissue", source="illustrative")  # fmt: skip
    suggested_inputs: ClassVar[dict] = {"strips": 60, "times": (0.0, 10.0)}

    def check(self):
        """Refuse a window wider than the strip."""
        if self.a > self.L:
            raise ValueError(f"the window (a = {self.a:g} µm) must not be wider than the strip (L = {self.L:g} µm)")

    @derived("", "share of the strip in the window", scale="tissue", symbol="p")
    def share(self):
        """Width of the window over length of the strip."""
        return self.a / self.L

    @derived("", "mean number of cells in the window", scale="tissue", symbol="Np")
    def count(self):
        """Cells times share."""
        return self.N * self.share

    @derived("", "CV of the number in the window", scale="tissue", symbol="CV")
    def cv(self):
        """Binomial coefficient of variation √((1 − p)/(Np)); zero if the window shows all."""
        return np.sqrt((1.0 - self.share) / self.count)

    @derived("µm", "window needed for the tolerance", scale="tissue", symbol="a*")
    def window_needed(self):
        """Narrowest window in which the density is known to the tolerance, L/(1 + N CV*²)."""
        return self.L / (1.0 + self.N * self.tolerance**2)

    @derived("min", "life of the longest wave", scale="tissue", symbol="τ₁")
    def slowest(self):
        """Time L²/(4π²D) within which the longest wave of density falls by the factor e."""
        return self.L**2 / (4.0 * np.pi**2 * self.D)

    @derived("min", "time to wander across the window", scale="cell", symbol="a²/2D")
    def crossing(self):
        """Time in which a cell wanders as far as the window is wide."""
        return self.a**2 / (2.0 * self.D)

    def autocorrelation(self, t, boxes=None):
        """Return the correlation of the number in the window with itself a time later.

        Both the wandering cells and the fluctuating density have it: 2/(p(1 − p)) Σ (sin(πkp)/πk)² exp(−D(2πk/L)²t).
        A density in boxes of width d forgets more slowly: its waves decay with the rates 4 (D/d²) sin²(πk/boxes) and
        have the weights (sin(πkp)/sin(πk/boxes))².

        Parameters
        ----------
        t : array_like
            Times in min, not negative.
        boxes : int, optional
            Boxes along the strip, of which the window holds a whole number; the continuum if left out.

        Returns
        -------
        numpy.ndarray
            Correlations, one at once and falling to zero.

        Raises
        ------
        ValueError
            If the window covers the whole strip, where nothing fluctuates, or holds no whole number of boxes.

        Examples
        --------
        >>> print(Strip().autocorrelation([0.0, 100.0]).round(2).tolist())
        [1.0, 0.25]
        >>> print(Strip().autocorrelation([0.0, 20.0], boxes=20).round(3).tolist())
        [1.0, 0.621]
        """
        if self.a == self.L:
            raise ValueError("autocorrelation needs a window narrower than the strip: in all of it nothing fluctuates")
        if boxes is None:
            k = np.arange(1, MODES + 1)
            share = 2.0 * (np.sin(np.pi * k * self.share) / (np.pi * k)) ** 2 / (self.share * (1.0 - self.share))
            rates = self.D * (2.0 * np.pi * k / self.L) ** 2
        else:
            share, rates = self._box_waves(boxes)
        decay = np.exp(-np.multiply.outer(np.asarray(t, float), rates))
        return np.where(np.asarray(t) == 0, 1.0, decay @ share)

    def _box_waves(self, boxes):
        """Return the weights of the waves of a ring of boxes in the window, and the rates at which they decay."""
        if abs(boxes * self.share - round(boxes * self.share)) > 1e-9:
            raise ValueError(f"the window ({self.a:g} of {self.L:g} µm) must hold a whole number of the {boxes} boxes")
        angle = np.pi * np.arange(1, boxes) / boxes
        weight = (np.sin(boxes * self.share * angle) / np.sin(angle)) ** 2
        return weight / weight.sum(), 4.0 * self.D * (boxes / self.L) ** 2 * np.sin(angle) ** 2

    def simulate(self, strips, times, rng, executor=None, progress=False):
        """Return the number of wandering cells in the window of many strips; each walk is exact.

        Parameters
        ----------
        strips : int
            Number of strips.
        times : array_like, shape (T,)
            Increasing times in min.
        rng : int or numpy.random.Generator
            Seed or generator.
        executor : concurrent.futures.Executor, optional
            Runs blocks of strips in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray of int, shape (strips, T)
            Cells in the window.

        Raises
        ------
        ValueError
            If times do not increase.

        Examples
        --------
        >>> counts = Strip(N=200).simulate(2000, [0.0], rng=1)
        >>> bool(abs(counts.std() / (Strip(N=200).count * Strip(N=200).cv) - 1) < 0.05)
        True
        """
        walk = _Wandering(self, ssa.increasing_times(times))
        return replicate(walk, strips, rng, block=50, executor=executor, progress=progress)

    def simulate_density(self, strips, times, rng, *, boxes=20, step=0.01, executor=None, progress=False):
        """Return the number of cells in each box of many strips, by the fluctuating continuum.

        The Dean–Kawasaki equation in finite volumes: between neighbouring boxes of width d flows D/d² times the
        difference of their contents, plus Gaussian noise with D/d² times their sum as variance per time. Steps are
        Euler–Maruyama, of weak order one in `step`; what leaves one box enters the next, so that cells are conserved.

        Parameters
        ----------
        strips : int
            Number of strips.
        times : array_like, shape (T,)
            Increasing times in min.
        rng : int or numpy.random.Generator
            Seed or generator.
        boxes : int
            Boxes along the strip.
        step : float
            Largest time step in units of d²/D, at most 0.25.
        executor : concurrent.futures.Executor, optional
            Runs blocks of strips in parallel.
        progress : bool
            Show a progress bar.

        Returns
        -------
        numpy.ndarray, shape (strips, T, boxes)
            Cells in each box, not whole numbers.

        Raises
        ------
        ValueError
            If times do not increase, the step is unstable, or boxes run empty, where the equation ends.

        Examples
        --------
        >>> density = Strip().simulate_density(2, [0.0, 10.0], rng=1)
        >>> print(density.sum(axis=2).round(6).tolist())
        [[1000.0, 1000.0], [1000.0, 1000.0]]
        """
        if not 0 < step <= 0.25:
            raise ValueError(f"step must be positive and at most 0.25 (stability), got {step!r}")
        run = _Density(self, ssa.increasing_times(times), boxes, step)
        return replicate(run, strips, rng, block=200, executor=executor, progress=progress)


@dataclass(frozen=True)
class _Wandering:
    strip: Strip
    times: np.ndarray

    def __call__(self, size, rng):
        place, counts = rng.uniform(0.0, self.strip.L, (size, self.strip.N)), []
        for step in np.diff(self.times, prepend=self.times[0]):
            place += rng.normal(size=place.shape) * np.sqrt(2.0 * self.strip.D * step)
            counts.append(np.count_nonzero(place % self.strip.L < self.strip.a, axis=1))
        return np.array(counts).T


@dataclass(frozen=True)
class _Density:
    strip: Strip
    times: np.ndarray
    boxes: int
    step: float

    def __call__(self, size, rng):
        content = rng.multinomial(self.strip.N, np.full(self.boxes, 1.0 / self.boxes), size).astype(float)
        hop, seen = self.strip.D * (self.boxes / self.strip.L) ** 2, []
        for span in np.diff(self.times, prepend=self.times[0]):
            steps = int(np.ceil(span * hop / self.step))
            for _ in range(steps):
                content = self._stepped(content, hop * span / steps, rng)
            seen.append(content)
        return np.stack(seen, axis=1)

    def _stepped(self, content, moved, rng):
        following = np.roll(content, -1, axis=1)
        together = content + following
        if np.min(together) <= 0:
            raise ValueError(
                f"two neighbouring boxes ran empty: with {self.strip.N} cells in {self.boxes} boxes the density is no "
                "continuum; use fewer boxes or more cells"
            )
        flow = moved * (content - following) + np.sqrt(moved * together) * rng.normal(size=content.shape)
        return content - flow + np.roll(flow, 1, axis=1)


COUNTS = np.geomspace(1.0, 1e5, 101)


def _log_axes(ax, xlim, ylim, xlabel, ylabel):
    ax.set(xscale="log", yscale="log", xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel)


def draw_averaging(fig, model):
    """Draw the CV of the tissue mean against the number of cells, and the law of the mean beside that of one cell."""
    left, right = fig.subplots(1, 2)
    left.plot(COUNTS, model.cv_cell / np.sqrt(COUNTS), color=palette.GREY, ls="--", lw=1.3, label="independent")
    left.plot(COUNTS, model.cv_at(COUNTS), color=palette.BLUE, lw=2, label="with ρ")
    left.axhline(model.tolerance, color=palette.ORANGE, ls="-.", lw=1.3, label="tolerance")
    left.plot([model.N], [model.cv_tissue], "o", color=palette.BLUE, ms=8)
    _log_axes(left, (1, 1e5), (3e-4, 1), "cells, N", "CV of the tissue mean")
    left.legend(loc="lower left")
    x = np.linspace(0.4, 1.6, 121)
    for N, colour, style, name in ((1, palette.GREY, "--", "one cell"), (model.N, palette.BLUE, "-", "tissue")):
        fine = _refined(x, model.cv_at(N))
        law = model.law(model.mean * fine, N)
        right.plot(fine, law / law.max(), color=colour, ls=style, lw=2, label=name)
    for end in (1.0 - model.tolerance, 1.0 + model.tolerance):
        right.plot([end, end], [0, 1.05], color=palette.ORANGE, ls="-.", lw=1.2)
    right.set(xlim=(0.4, 1.6), ylim=(0, 1.3), yticks=[0, 0.5, 1], xlabel="mean level / µ", ylabel="density (peak = 1)")
    right.legend(loc="upper right", ncols=2)


def _refined(x, width, points=121):
    """Return `x`, with its points drawn together around one if the curve there is narrow."""
    inner = 1.0 + np.linspace(-5.0, 5.0, points - 2) * min(width, 0.11)
    return np.r_[x[0], inner, x[-1]]


def draw_response(fig, model):
    """Draw the response curve over the law of the level, and the CV of the response against that of the level."""
    left, right = fig.subplots(1, 2)
    x = np.linspace(0.01, 2.0, 120)
    law = model.replace(rho=0.0).law(model.mean * x, 1)
    left.fill_between(x, 0.0, 0.45 * law / law.max(), color=palette.SKY, alpha=0.35, lw=0)
    left.plot(x, model.respond(model.mean * x), color=palette.BLUE, lw=2)
    ends, middle = np.array([0.7, 1.3]), model.response_of_mean
    left.plot(ends, middle * (1.0 + model.gain * (ends - 1.0)), color=palette.ORANGE, ls="--", lw=1.8)
    left.plot([1.0], [middle], "o", color=palette.ORANGE, ms=7, label="H(µ)")
    left.plot([1.0], [model.mean_response], "D", color=palette.GREEN, ms=6, label="⟨H⟩")
    left.set(xlim=(0, 2), ylim=(0, 1), xticks=[0, 0.5, 1, 1.5, 2])
    left.set(xlabel="level of a cell / mean, x/µ", ylabel="response, H(x)")
    left.legend(loc="upper left")
    cvs = np.geomspace(0.03, 0.5, 40)
    level, share = gamma_rule(cvs**-2)
    response = model.respond(model.mean * level)
    mean = (response * share).sum(axis=1)
    exact = np.sqrt((share * (response - mean[:, None]) ** 2).sum(axis=1)) / mean
    right.plot(cvs, model.gain * cvs, color=palette.ORANGE, ls="--", lw=1.8, label="first order, g CV₁")
    right.plot(cvs, exact, color=palette.BLUE, lw=2, label="exact")
    right.plot([model.cv_cell], [model.cv_response], "o", color=palette.BLUE, ms=8)
    _log_axes(right, (0.03, 0.5), (0.003, 5), "CV of the level, CV₁", "CV of the response")
    right.set_xticks([0.03, 0.1, 0.3])
    right.legend(loc="upper left")


def draw_pool(fig, model):
    """Draw an exact path and a Langevin path of a pool, beside their laws and the Gaussian one."""
    left, right = fig.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    hours = np.linspace(0.0, 20.0, 161)
    n, smooth = _paths(model, hours)
    left.axhspan(1.0 - model.sd, 1.0 + model.sd, color=palette.GRID, alpha=0.6, lw=0)
    left.step(hours, n, color=palette.BLUE, lw=1.4, where="post", label="exact")
    left.plot(hours, smooth, color=palette.ORANGE, ls="--", lw=1.2, label="Langevin")
    left.set(xlim=(0, 20), ylim=(-0.5, 3), xticks=[0, 5, 10, 15, 20], xlabel="time, t / h", ylabel="agents / mean, n/Ω")
    left.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)
    reach = 6.0 * np.sqrt(model.Omega)
    counts = np.unique(np.linspace(max(0.0, model.Omega - reach), model.Omega + reach + 3.0, 61).round())
    exact = model.law(counts)
    x = model.Omega * (1.0 + np.linspace(-6.0, 6.0, 121) * model.sd)
    x = x[x > -model.Omega]
    right.plot(exact / exact.max(), counts / model.Omega, ls="", marker=".", ms=5, color=palette.BLUE)
    right.plot(model.langevin_density(x) / exact.max(), x / model.Omega, color=palette.ORANGE, ls="--", lw=1.5)
    right.plot(model.gaussian_density(x) / exact.max(), x / model.Omega, color=palette.GREY, ls=":", lw=1.5)
    right.set(xlim=(0, 1.3), xticks=[0, 0.5, 1], xlabel="probability (peak = 1)")
    right.tick_params(labelleft=True)
    right.set_ylabel("agents / mean, n/Ω")


def _paths(model, times):
    """Return an exact path and one of the Langevin equation, in units of the mean, each with luck of its own."""
    lives, arrivals, noise = generator(11).spawn(3)
    span, begin = times[-1], -12.0 / model.gamma
    entries = int(1.3 * model.Omega * model.gamma * (span - begin)) + 100
    born = begin + np.cumsum(arrivals.standard_exponential(entries)) / (model.gamma * model.Omega)
    born = born[born < span]
    died = born + lives.standard_exponential(born.size) / model.gamma
    count = np.searchsorted(born, times, "right") - np.searchsorted(np.sort(died), times, "right")
    step, x, path = 0.25 * model.gamma * times[1], 1.0, []
    for kicks in noise.normal(size=(times.size, 4)):
        path.append(x)
        for kick in kicks:
            x += step * (1.0 - x) + kick * np.sqrt(step * max(1.0 + x, 0.0) / model.Omega)
    return count / model.Omega, np.array(path)


def draw_strip(fig, model):
    """Draw the number of cells in the window over time, and its CV against the width of the window."""
    left, right = fig.subplots(1, 2)
    times = np.linspace(0.0, 480.0, 81)
    counts = model.simulate(1, times, rng=4)[0] / model.count
    left.axhspan(1.0 - model.cv, 1.0 + model.cv, color=palette.GRID, alpha=0.6, lw=0)
    left.axhline(1.0, color=palette.GREY, ls="--", lw=1.2)
    left.plot(times / 60.0, counts, color=palette.BLUE, lw=1.4)
    left.set(xlim=(0, 8), ylim=(0, 2), xticks=[0, 2, 4, 6, 8])
    left.set(xlabel="time, t / h", ylabel="cells in the window / mean")
    widths = np.geomspace(10.0, 0.995 * model.L, 80)
    cvs = [model.replace(a=width).cv for width in widths]
    right.plot(widths, 1.0 / np.sqrt(model.N * widths / model.L), color=palette.GREY, ls="--", lw=1.3, label="Poisson")
    right.plot(widths, cvs, color=palette.BLUE, lw=2, label="binomial")
    right.axhline(model.tolerance, color=palette.ORANGE, ls="-.", lw=1.3, label="tolerance")
    right.plot([model.a], [model.cv], "o", color=palette.BLUE, ms=8)
    _log_axes(right, (10, 1000), (0.003, 2), "width of the window, a / µm", "CV of the number in it")
    right.legend(loc="lower left")


def draw_nuclei(fig, single, pooled, count=40):
    """Draw what transcribing gene loci of an embryo make, and what is left of their differences around the nuclei."""
    rng = generator(2)
    for ax, cv, title in zip(fig.subplots(1, 2, sharey=True), (single, pooled), ("gene locus", "nucleus"), strict=True):
        levels = rng.gamma(cv**-2, cv**2, count)
        ax.bar(np.arange(1, count + 1), levels, width=0.8, color=palette.SKY if cv == single else palette.BLUE)
        ax.axhline(1.0, color=palette.ORANGE, ls="--", lw=1.4)
        ax.set(xlim=(0, count + 1), ylim=(0, 2.6), xlabel=f"{title} (CV {cv:.0%})".replace("%", " %"))
        ax.set_ylabel("level / mean")


def draw_measured(ax, numbers, measured, tissues):
    """Draw measured CVs of the tissue mean against the number of cells, with the law of each tissue."""
    styles = zip(tissues, measured, palette.CYCLE, "os^", ("-", "--", "-."), strict=False)
    for tissue, cvs, colour, marker, line in styles:
        ax.plot(COUNTS, tissue.cv_at(COUNTS), color=colour, ls=line, lw=1.6, label=f"ρ = {tissue.rho:g}")
        ax.plot(numbers, cvs, ls="", marker=marker, ms=6, color=colour)
    _log_axes(ax, (1, 1e4), (8e-4, 0.3), "cells, N", "CV of the tissue mean")
    ax.legend(loc="lower left")


def draw_order(ax, cvs, errors):
    """Draw the relative error of the first-order CV of a response against the CV of the level."""
    ax.plot(cvs, errors, color=palette.BLUE, lw=1.5, marker="o", ms=5, label="error of g CV₁")
    ax.plot(cvs, errors[0] * (cvs / cvs[0]) ** 2, color=palette.GREY, ls="--", lw=1.2, label="slope two")
    _log_axes(ax, (0.008, 0.6), (1e-5, 1), "CV of the level, CV₁", "relative error")
    ax.legend(loc="upper left")


def draw_limits(ax, omegas, gaussian, langevin):
    """Draw how far the two continuum descriptions are from the exact law, against the number of agents."""
    omegas = np.asarray(omegas, float)
    ax.plot(omegas, gaussian, color=palette.GREY, ls="", marker="s", ms=6, label="Gaussian (linear noise)")
    ax.plot(omegas, langevin, color=palette.ORANGE, ls="", marker="o", ms=6, label="chemical Langevin")
    ax.plot(omegas, gaussian[-1] * np.sqrt(omegas[-1] / omegas), color=palette.GREY, ls=":", lw=1.3, label="slope −1/2")
    ax.plot(omegas, langevin[-1] * omegas[-1] / omegas, color=palette.ORANGE, ls="--", lw=1.3, label="slope −1")
    _log_axes(ax, (0.7, 2e4), (1e-7, 1), "mean number of agents, Ω", "distance to the exact law")
    ax.legend(loc="lower left")


def draw_memory(ax, strip, times, cells, density, boxes):
    """Draw how the number in a window forgets: wandering cells and density in boxes, with their exact correlations."""
    fine = np.linspace(0.0, times[-1], 120)
    ax.plot(fine, strip.autocorrelation(fine), color=palette.INK, lw=1.5, label="exact")
    ax.plot(
        fine, strip.autocorrelation(fine, boxes), color=palette.ORANGE, ls="--", lw=1.5, label=f"exact, {boxes} boxes"
    )
    ax.plot(times, cells, ls="", marker="o", ms=6, color=palette.BLUE, label="wandering cells")
    ax.plot(times, density, ls="", marker="^", ms=6, color=palette.ORANGE, label="density in boxes")
    ax.set(xlim=(0, times[-1]), ylim=(0, 1.1), xlabel="time, t / min", ylabel="correlation with the start")
    ax.legend(loc="upper right")


def draw_bias(ax, response, numbers, responses):
    """Draw the mean response of tissues of different sizes, between two limits that averaging does not join."""
    for height, colour, style, words in (
        (response.response_of_mean, palette.GREY, "--", "response to the mean, H(µ)"),
        (response.mean_response, palette.GREEN, "-", "mean of the responses, ⟨H⟩"),
    ):
        ax.axhline(height, color=colour, ls=style, lw=1.6, label=words)
    means, spreads = np.mean(responses, axis=1), np.std(responses, axis=1)
    ax.vlines(numbers, means - spreads, means + spreads, color=palette.BLUE, lw=1.5)
    ax.plot(numbers, means, color=palette.BLUE, ls="", marker="o", ms=6, label="tissues")
    ax.set(xscale="log", xlim=(0.7, 3000), ylim=(0.2, 0.7), xlabel="cells, N", ylabel="response of the tissue")
    ax.legend(loc="upper right")
