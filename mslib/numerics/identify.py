"""What data can tell about parameters: sensitivities, Fisher information, profiles, and the exact structural test."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.stats import chi2

from .integrate import integrate
from .streams import generator, replicate

COMPLEX_STEP = 1e-30
SINGULAR = 1e-11
SMALL_STEP = 1e-9
CRITERIA = ("D", "A")


class IdentifiabilityError(RuntimeError):
    """The data do not determine what was asked for; the message says which combination of parameters is free."""


def _parameters(parameters):
    parameters = np.atleast_1d(np.asarray(parameters, dtype=float))
    if parameters.ndim != 1 or not np.all(np.isfinite(parameters)):
        raise ValueError(f"parameters must be one row of finite numbers, got {parameters!r}")
    return parameters


def sensitivities(predict, parameters, *, method="complex"):
    """Return how each observation changes with each parameter.

    Parameters
    ----------
    predict : callable
        ``predict(parameters)`` returns the observations; for ``"complex"`` an analytic function that takes complex
        parameters.
    parameters : array_like, shape (parameters,)
        Where to differentiate.
    method : str
        "complex": complex steps, exact to rounding. "difference": central differences of order four, with a
        relative error of about 1e-10 where `predict` is exact to rounding.

    Returns
    -------
    numpy.ndarray, shape (observations, parameters)
        The derivatives.

    Raises
    ------
    ValueError
        If `predict` drops the imaginary part, or returns numbers that are not finite.

    References
    ----------
    Squire, W. & Trapp, G. (1998) Using complex variables to estimate derivatives of real functions.
    SIAM Rev. 40, 110-112. https://doi.org/10.1137/S003614459631241X

    Examples
    --------
    >>> times = np.array([0.0, 2.0])
    >>> sensitivities(lambda p: p[0] * np.exp(-p[1] * times), [1.0, 0.5]).round(3).tolist()
    [[1.0, 0.0], [0.368, -0.736]]
    """
    parameters = _parameters(parameters)
    if method not in ("complex", "difference"):
        raise ValueError(f"method must be 'complex' or 'difference', got {method!r}")
    column = _by_complex_step if method == "complex" else _by_difference
    found = np.stack([column(predict, parameters, j) for j in range(len(parameters))], axis=1)
    if not np.all(np.isfinite(found)):
        j = int(np.argwhere(~np.isfinite(found))[0][1])
        raise ValueError(f"the derivative by parameter {j} is not finite at {parameters[j]:g}: "
                         "predict must be smooth there")  # fmt: skip
    return found


def _by_complex_step(predict, parameters, j):
    moved = parameters.astype(complex)
    moved[j] += 1j * COMPLEX_STEP
    values = np.ravel(predict(moved))
    if not np.iscomplexobj(values):
        raise ValueError("predict returned real numbers for complex parameters, so that a complex step sees no "
                         "derivative: keep the imaginary part, or use method='difference'")  # fmt: skip
    return values.imag / COMPLEX_STEP


def _by_difference(predict, parameters, j):
    step = 1e-3 * (abs(parameters[j]) or 1.0)

    def at(times):
        moved = parameters.copy()
        moved[j] += times * step
        return np.ravel(predict(moved))

    return (8.0 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12.0 * step)


def ode_sensitivities(rates, start, times, parameters, *, rtol=1e-8):
    """Integrate an ordinary differential equation together with its sensitivities.

    The forward sensitivity equations dS/dt = (∂f/∂y) S + ∂f/∂p are integrated beside dy/dt = f(t, y, p); the
    derivatives of f are complex steps, exact to rounding, so that the error is that of the integration.

    Parameters
    ----------
    rates : callable
        ``rates(t, y, parameters)``, analytic in y and parameters.
    start : array_like, shape (variables,), or callable
        State at ``times[0]``, or ``start(parameters)``.
    times : array_like, shape (times,)
        Increasing times; the first is the initial time.
    parameters : array_like, shape (parameters,)
        Parameters.
    rtol : float
        Relative tolerance of the integration.

    Returns
    -------
    y : numpy.ndarray, shape (variables, times)
        The solution.
    slopes : numpy.ndarray, shape (variables, times, parameters)
        Its derivatives.

    References
    ----------
    Dickinson, R. P. & Gelinas, R. J. (1976) Sensitivity analysis of ordinary differential equation systems.
    J. Comput. Phys. 21, 123-143. https://doi.org/10.1016/0021-9991(76)90007-3

    Examples
    --------
    >>> y, slopes = ode_sensitivities(lambda t, y, p: -p[0] * y, [1.0], [0.0, 2.0], [0.5])
    >>> round(float(slopes[0, 1, 0]), 5)
    -0.73576
    """
    parameters = _parameters(parameters)
    begin = start if callable(start) else lambda p: np.asarray(start, float) + 0.0 * p[0]
    first = np.real(begin(parameters.astype(complex)))
    size, count = len(first), len(parameters)

    def both(t, z):
        y, slopes = z[:, 0], z[:, 1:]
        along = np.empty((size, count))
        for j in range(count):
            moved = parameters.astype(complex)
            moved[j] += 1j * COMPLEX_STEP
            along[:, j] = np.imag(rates(t, y + 1j * COMPLEX_STEP * slopes[:, j], moved)) / COMPLEX_STEP
        return np.column_stack([np.real(rates(t, y, parameters)), along])

    origin = np.column_stack([first, sensitivities(begin, parameters)])
    run = integrate(both, origin, times, rtol=rtol)
    return run.y[:, 0], np.moveaxis(run.y[:, 1:], 1, 2)


def _whiten(noise, count):
    """Return a function that turns residuals, shape (count, …), into ones of unit variance without correlation."""
    noise = np.asarray(noise, dtype=float)
    if not np.all(np.isfinite(noise)):
        raise ValueError(f"noise must be finite, got {noise!r}")
    if noise.ndim < 2:
        if noise.ndim == 1 and len(noise) != count:
            raise ValueError(f"noise has {len(noise)} standard deviations for {count} observations")
        if np.any(noise <= 0):
            raise ValueError(f"noise must be a positive standard deviation, got {noise.min():g}")
        deviations = np.broadcast_to(noise, (count,))
        return lambda values: (np.asarray(values).T / deviations).T
    if noise.shape != (count, count):
        raise ValueError(f"noise has shape {noise.shape}, but the covariance of {count} observations is square")
    try:
        root = cholesky(noise, lower=True)
    except np.linalg.LinAlgError:
        raise ValueError("noise is no covariance matrix: it must be symmetric and positive definite") from None
    return lambda values: solve_triangular(root, values, lower=True)


@dataclass(frozen=True)
class Information:
    """Fisher information of some parameters: how well data can determine them at best.

    Attributes
    ----------
    matrix : numpy.ndarray, shape (parameters, parameters)
        The information.
    names : tuple of str
        Names of the parameters, for messages.
    """

    matrix: np.ndarray
    names: tuple

    @cached_property
    def _spectrum(self):
        """Eigenvalues and vectors after scaling each parameter to unit information, so that units do not matter."""
        size = np.sqrt(np.diag(self.matrix))
        scale = np.where(size > 0, size, 1.0)
        values, vectors = np.linalg.eigh(self.matrix / np.outer(scale, scale))
        return values, vectors, scale

    @property
    def rank(self):
        """Number of combinations of parameters that the data determine."""
        values, _, _ = self._spectrum
        return int(np.sum(values > SINGULAR * len(values)))

    @property
    def null_space(self):
        """Directions in which parameters can move without changing any observation, shape (directions, parameters)."""
        values, vectors, scale = self._spectrum
        free = (vectors[:, values <= SINGULAR * len(values)] / scale[:, None]).T
        sign = np.sign(np.take_along_axis(free, np.abs(free).argmax(axis=1)[:, None], axis=1))
        return sign * free / np.linalg.norm(free, axis=1, keepdims=True)

    @property
    def covariance(self):
        """Inverse of the information, the Cramér–Rao bound; an IdentifiabilityError if there is none."""
        if self.rank < len(self.names):
            direction = self.null_space[0] / np.abs(self.null_space[0]).max()
            free = " ".join(f"{weight:+.3g} {name}" for weight, name in zip(direction, self.names, strict=True)
                            if abs(weight) > 1e-6)  # fmt: skip
            raise IdentifiabilityError(
                f"the information has rank {self.rank} for {len(self.names)} parameters: the data do not change along "
                f"({free}); fix one of these parameters, estimate their combination, or observe something else"
            )
        values, vectors, scale = self._spectrum
        return (vectors / values) @ vectors.T / np.outer(scale, scale)

    @property
    def bounds(self):
        """Cramér–Rao bound of each standard deviation, shape (parameters,); infinite if it is not identifiable."""
        values, vectors, scale = self._spectrum
        kept = values > SINGULAR * len(values)
        variance = ((vectors[:, kept] ** 2) / values[kept]).sum(axis=1) / scale**2
        free = np.abs(vectors[:, ~kept]).max(axis=1, initial=0.0) > 1e-5
        return np.where(free, np.inf, np.sqrt(variance))

    @property
    def correlation(self):
        """Correlations of the estimates, shape (parameters, parameters)."""
        covariance = self.covariance
        spread = np.sqrt(np.diag(covariance))
        return covariance / np.outer(spread, spread)

    @property
    def condition(self):
        """Ratio of the largest to the smallest eigenvalue of the matrix; infinite if it is singular."""
        values = np.linalg.eigvalsh(self.matrix)
        return float(values[-1] / values[0]) if self.rank == len(values) else np.inf

    def ellipse(self, centre, *, level=0.95, points=100):
        """Return the ellipse that holds two estimates with probability `level`.

        Parameters
        ----------
        centre : array_like, shape (2,)
            The estimates.
        level : float
            Probability.
        points : int
            Points on the ellipse.

        Returns
        -------
        numpy.ndarray, shape (2, points)
            The curve.
        """
        if len(self.names) != 2:
            raise ValueError(f"an ellipse needs two parameters, got {len(self.names)}")
        turn = np.linspace(0.0, 2.0 * np.pi, points)
        reach = np.sqrt(chi2.ppf(level, 2)) * cholesky(self.covariance, lower=True)
        return np.asarray(centre)[:, None] + reach @ np.array([np.cos(turn), np.sin(turn)])


def fisher(slopes, noise, names=None):
    """Return the Fisher information Jᵀ S⁻¹ J of observations with Gaussian noise.

    Parameters
    ----------
    slopes : array_like, shape (observations, parameters)
        Derivatives J of the observations.
    noise : float or array_like
        Standard deviation of all observations, of each, or their covariance S.
    names : sequence of str, optional
        Names of the parameters.

    Returns
    -------
    Information
        The information, with bounds, correlation and null space.

    Raises
    ------
    ValueError
        If noise is not positive, or shapes contradict each other.

    References
    ----------
    Rao, C. R. (1945) Information and the accuracy attainable in the estimation of statistical parameters.
    Bull. Calcutta Math. Soc. 37, 81-91; reprinted https://doi.org/10.1007/978-1-4612-0919-5_16

    Examples
    --------
    >>> times = np.array([0.0, 1.0, 2.0, 4.0, 8.0])
    >>> slopes = sensitivities(lambda p: p[0] * np.exp(-p[1] * times), [1.0, 0.5])
    >>> fisher(slopes, 0.05).bounds.round(4).tolist()
    [0.0476, 0.0531]
    """
    slopes = np.asarray(slopes, dtype=float)
    if slopes.ndim != 2 or 0 in slopes.shape:
        raise ValueError(f"slopes need shape (observations, parameters), got {slopes.shape}")
    names = tuple(names) if names is not None else tuple(f"parameter {j}" for j in range(slopes.shape[1]))
    if len(names) != slopes.shape[1]:
        raise ValueError(f"names has {len(names)} entries for {slopes.shape[1]} parameters")
    white = _whiten(noise, len(slopes))(slopes)
    return Information(white.T @ white, names)


@dataclass(frozen=True)
class Fit:
    """Parameters that suit data best.

    Attributes
    ----------
    parameters : numpy.ndarray, shape (parameters,)
        The estimates.
    chi2 : float
        Sum of the squared residuals in units of the noise.
    """

    parameters: np.ndarray
    chi2: float


class _Residuals:
    """Weighted residuals and their derivatives, in logarithms of the parameters if asked, some of them fixed."""

    def __init__(self, predict, data, noise, log):
        self.predict, self.data, self.log = predict, np.ravel(np.asarray(data, float)), log
        if not np.all(np.isfinite(self.data)):
            raise ValueError("data must be finite")
        self.white = _whiten(noise, len(self.data))

    def inside(self, parameters):
        if self.log and np.any(np.asarray(parameters) <= 0):
            raise ValueError(f"log=True needs positive parameters, got {np.min(parameters):g}")
        return np.log(parameters) if self.log else np.asarray(parameters, float)

    def outside(self, inner):
        return np.exp(inner) if self.log else inner

    def minimise(self, start, fixed=None, value=None):
        """Return parameters and χ² at the minimum from `start`, with one parameter fixed at a value if asked."""
        free = np.array([j for j in range(len(start)) if j != fixed], dtype=np.intp)
        full = self.inside(start).copy()
        if fixed is not None:
            full[fixed] = self.inside(np.array([value]))[0]

        def whole(inner):
            both = full.astype(inner.dtype)
            both[free] = inner
            return self.outside(both)

        def residuals(inner):
            values = np.ravel(self.predict(whole(inner)))
            if values.shape != self.data.shape:
                raise ValueError(f"predict returned {values.size} observations, but there are {self.data.size} data")
            return self.white(np.real(values) - self.data)

        def slopes(inner):
            return self.white(sensitivities(lambda p: self.predict(whole(p)), inner))

        if not len(free):
            return self.outside(full), float(np.sum(residuals(full[free]) ** 2))
        inner, cost = _levenberg(residuals, slopes, full[free])
        return whole(inner), cost


def _levenberg(residuals, slopes, start):
    """Minimise the sum of squares by Levenberg–Marquardt steps; steps are measured in units of the noise."""
    place, damping = start.copy(), 1e-3
    rest = residuals(place)
    for _ in range(1000):
        rows = slopes(place)
        size = np.linalg.norm(rows, axis=0)
        size[size == 0] = 1.0
        rows = np.vstack([rows / size, np.sqrt(damping) * np.eye(len(place))])
        step = np.linalg.lstsq(rows, np.r_[-rest, np.zeros(len(place))], rcond=None)[0]
        with np.errstate(all="ignore"):
            other = residuals(place + step / size)
        if np.all(np.isfinite(other)) and other @ other <= rest @ rest:
            place, rest, damping = place + step / size, other, max(0.1 * damping, 1e-14)
            if np.linalg.norm(step) < SMALL_STEP:
                break
        elif damping > 1e12:
            break
        else:
            damping *= 10.0
    else:
        raise IdentifiabilityError("the fit has not settled after 1000 steps: start nearer to the answer, search in "
                                   "logarithms, or fix a parameter that the data do not determine")  # fmt: skip
    return place, float(rest @ rest)


def fit(predict, data, noise, start, *, log=False):
    """Fit parameters by weighted least squares, the maximum likelihood for Gaussian noise.

    Levenberg–Marquardt steps with derivatives by complex steps, until a step is smaller than 10⁻⁹ standard errors.

    Parameters
    ----------
    predict : callable
        ``predict(parameters)``, analytic in the parameters.
    data : array_like
        Observations.
    noise : float or array_like
        Standard deviation of all observations, of each, or their covariance.
    start : array_like, shape (parameters,)
        First guess.
    log : bool
        Whether to search in the logarithms of positive parameters.

    Returns
    -------
    Fit
        Estimates and χ².

    Raises
    ------
    ValueError
        If data, noise and predictions do not fit together.
    IdentifiabilityError
        If the search does not come to rest.

    Examples
    --------
    >>> times = np.array([0.0, 1.0, 2.0])
    >>> fit(lambda p: np.exp(-p[0] * times), np.exp(-0.5 * times), 0.1, [1.0]).parameters.round(6).tolist()
    [0.5]
    """
    parameters, cost = _Residuals(predict, data, noise, log).minimise(_parameters(start))
    return Fit(parameters, cost)


@dataclass(frozen=True)
class Profile:
    """Profile likelihood of one parameter.

    Attributes
    ----------
    values : numpy.ndarray, shape (values,)
        Values at which the parameter was held, in increasing order.
    excess : numpy.ndarray, shape (values,)
        χ² of the best fit with the parameter held there, above that of the best fit of all.
    paths : numpy.ndarray, shape (values, parameters)
        The other parameters along the profile.
    best : float
        The estimate.
    """

    values: np.ndarray
    excess: np.ndarray
    paths: np.ndarray
    best: float

    def interval(self, level=0.95):
        """Return the ends of the confidence interval; an end that the values do not reach is infinite.

        Parameters
        ----------
        level : float
            Confidence; the threshold is the quantile of χ² with one degree of freedom.

        Returns
        -------
        tuple of float
            Lower and upper end; −∞ and ∞ where the profile stays below the threshold.
        """
        limit = np.sqrt(chi2.ppf(level, 1))
        root = np.sqrt(np.maximum(self.excess, 0.0))
        below, above = self.values < self.best, self.values > self.best
        return (
            -self._crossing(-self.values[below][::-1], root[below][::-1], limit, -self.best),
            self._crossing(self.values[above], root[above], limit, self.best),
        )

    @staticmethod
    def _crossing(values, root, limit, best):
        values, root = np.r_[best, values], np.r_[0.0, root]
        over = np.flatnonzero(root >= limit)
        if not over.size:
            return np.inf
        i = over[0]
        share = (limit - root[i - 1]) / (root[i] - root[i - 1])
        return float(values[i - 1] + share * (values[i] - values[i - 1]))


def profile(predict, data, noise, best, index, values, *, log=False):
    """Return the profile likelihood of one parameter: all others are fitted anew for each of its values.

    The fits start from the estimate and go outward, each from the last.

    Parameters
    ----------
    predict, data, noise, log
        As in `fit`.
    best : Fit
        The best fit.
    index : int
        Which parameter.
    values : array_like
        Increasing values to hold it at, on both sides of the estimate.

    Returns
    -------
    Profile
        χ² above its minimum, and the path of the other parameters.

    Raises
    ------
    ValueError
        If there is no such parameter, or values do not increase.

    References
    ----------
    Raue, A. et al. (2009) Structural and practical identifiability analysis of partially observed dynamical
    models by exploiting the profile likelihood. Bioinformatics 25, 1923-1929.
    https://doi.org/10.1093/bioinformatics/btp358

    Examples
    --------
    >>> times = np.array([0.0, 1.0, 2.0])
    >>> line = lambda p: p[0] + p[1] * times
    >>> best = fit(line, [0.0, 1.1, 1.9], 0.1, [0.0, 1.0])
    >>> low, high = profile(line, [0.0, 1.1, 1.9], 0.1, best, 1, np.linspace(0.5, 1.5, 21)).interval()
    >>> bool(round(high - low, 4) == round(2 * 1.959964 * 0.1 / np.sqrt(2.0), 4))
    True
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or not np.all(np.isfinite(values)) or np.any(np.diff(values) <= 0):
        raise ValueError("values must be finite and increase")
    if not 0 <= index < len(best.parameters):
        raise ValueError(f"index must be 0 to {len(best.parameters) - 1}, got {index!r}")
    problem, middle = _Residuals(predict, data, noise, log), best.parameters[index]
    cost, paths = np.empty(len(values)), np.empty((len(values), len(best.parameters)))
    for side in (np.flatnonzero(values >= middle), np.flatnonzero(values < middle)[::-1]):
        last = best.parameters
        for i in side:
            last, cost[i] = problem.minimise(last, index, values[i])
            paths[i] = last
    return Profile(values, cost - best.chi2, paths, float(middle))


@dataclass(frozen=True)
class _Refit:
    predict: object
    noise: object
    parameters: tuple
    log: bool

    def __call__(self, size, rng):
        truth = np.array(self.parameters)
        mean = np.ravel(self.predict(truth))
        root = np.asarray(self.noise, float)
        spread = cholesky(root, lower=True) if root.ndim == 2 else np.diag(np.broadcast_to(root, mean.shape))
        samples = mean + rng.normal(size=(size, len(mean))) @ spread.T
        return np.array([_Residuals(self.predict, data, self.noise, self.log).minimise(truth)[0] for data in samples])


def bootstrap(predict, noise, parameters, count, *, rng, log=False, executor=None, progress=False):
    """Fit data that the model itself makes again and again, and return the estimates: parametric bootstrap.

    Parameters
    ----------
    predict, noise, log
        As in `fit`.
    parameters : array_like, shape (parameters,)
        Parameters from which data are made.
    count : int
        Number of sets of data.
    rng : int or numpy.random.Generator
        Seed or generator.
    executor, progress
        As in `mslib.numerics.streams.replicate`.

    Returns
    -------
    numpy.ndarray, shape (count, parameters)
        The estimates.

    References
    ----------
    Efron, B. (1979) Bootstrap methods: another look at the jackknife. Ann. Stat. 7, 1-26.
    https://doi.org/10.1214/aos/1176344552

    Examples
    --------
    >>> times = np.array([0.0, 1.0, 2.0])
    >>> found = bootstrap(lambda p: p[0] + 0 * times, 0.1, [1.0], 400, rng=1)
    >>> bool(abs(found.std() * np.sqrt(3.0) / 0.1 - 1.0) < 0.1)
    True
    """
    parameters = _parameters(parameters)
    _whiten(noise, np.ravel(predict(parameters)).size)
    work = _Refit(predict, noise, tuple(parameters), log)
    return replicate(work, count, rng, block=100, executor=executor, progress=progress)


class Chain(NamedTuple):
    """What a Markov chain visited.

    Attributes
    ----------
    samples : numpy.ndarray, shape (parameters, walkers, steps)
        The visited parameters after the warm-up.
    acceptance : float
        Share of proposals that were accepted.
    reduction : numpy.ndarray, shape (parameters,)
        Potential scale reduction of Gelman and Rubin; near one if the walkers agree.
    """

    samples: np.ndarray
    acceptance: float
    reduction: np.ndarray


def metropolis(log_density, start, steps, *, rng, warm_up=None):
    """Sample a density by many Metropolis walkers at once, with a step learnt during the warm-up.

    During the warm-up the covariance of the steps is (2.38²/d) times that of all walkers together, renewed every
    50 steps; afterwards it stays fixed, so that the chain is Markov and its density exact.

    Parameters
    ----------
    log_density : callable
        ``log_density(parameters)`` of shape (walkers,) for parameters of shape (parameters, walkers); −∞ where
        impossible.
    start : array_like, shape (parameters, walkers)
        Where the walkers begin, spread out.
    steps : int
        Steps to keep.
    rng : int or numpy.random.Generator
        Seed or generator.
    warm_up : int, optional
        Steps to learn from and forget; as many as `steps` by default.

    Returns
    -------
    Chain
        Samples, acceptance and potential scale reduction.

    Raises
    ------
    ValueError
        If a walker begins where the density is zero, or there are fewer than two walkers a parameter.

    References
    ----------
    Haario, H., Saksman, E. & Tamminen, J. (2001) An adaptive Metropolis algorithm. Bernoulli 7, 223-242.
    https://doi.org/10.2307/3318737
    Gelman, A. & Rubin, D. B. (1992) Inference from iterative simulation using multiple sequences.
    Stat. Sci. 7, 457-472. https://doi.org/10.1214/ss/1177011136

    Examples
    --------
    >>> begin = np.random.default_rng(0).normal(size=(1, 50))
    >>> chain = metropolis(lambda p: -0.5 * p[0] ** 2, begin, 400, rng=1)
    >>> bool(abs(chain.samples.std() - 1.0) < 0.05)
    True
    """
    place, rng = np.array(start, dtype=float), generator(rng)
    if place.ndim != 2 or place.shape[1] < 2 * len(place):
        raise ValueError(f"start needs shape (parameters, walkers) with two walkers a parameter, got {place.shape}")
    height = np.asarray(log_density(place), float)
    if not np.all(np.isfinite(height)):
        raise ValueError(f"walker {int(np.flatnonzero(~np.isfinite(height))[0])} begins where the density is zero")
    warm_up, accepted = steps if warm_up is None else warm_up, 0
    samples, root = np.empty((*place.shape, steps)), None
    for step in range(-warm_up, steps):
        if root is None or (step < 0 and (step + warm_up) % 50 == 0):
            spread = np.cov(place).reshape(len(place), len(place))
            root = np.linalg.cholesky(2.38**2 / len(place) * spread + 1e-300 * np.eye(len(place)))
        proposal = place + root @ rng.normal(size=place.shape)
        with np.errstate(all="ignore"):
            other = np.nan_to_num(np.asarray(log_density(proposal), float), nan=-np.inf)
        taken = np.log(rng.random(place.shape[1])) < other - height
        place, height = np.where(taken, proposal, place), np.where(taken, other, height)
        if step >= 0:
            samples[:, :, step], accepted = place, accepted + taken.mean()
    return Chain(samples, accepted / steps, _reduction(samples))


def _reduction(samples):
    within, steps = samples.var(axis=2, ddof=1).mean(axis=1), samples.shape[2]
    between = samples.mean(axis=2).var(axis=1, ddof=1)
    return np.sqrt((steps - 1) / steps + between / within)


def best_times(predict, parameters, candidates, count, *, noise, criterion="D"):
    """Return the sampling times that tell most about the parameters.

    Exchange of one time for another among the candidates until none helps, then refinement of each time between
    its neighbours; a time may be chosen more than once.

    Parameters
    ----------
    predict : callable
        ``predict(parameters, times)``, one observation for each time, analytic in the parameters.
    parameters : array_like, shape (parameters,)
        Where the information is taken.
    candidates : array_like, shape (candidates,)
        Increasing times that are possible.
    count : int
        Number of samples, at least as many as parameters.
    noise : float
        Standard deviation of a sample.
    criterion : str or int
        "D": smallest confidence ellipsoid; "A": smallest sum of variances; a number: smallest variance of that
        parameter.

    Returns
    -------
    numpy.ndarray, shape (count,)
        Times in increasing order.

    Raises
    ------
    ValueError
        If there are fewer samples than parameters, or the criterion is unknown.
    IdentifiabilityError
        If no choice of times determines the parameters.

    References
    ----------
    Fedorov, V. V. (1972) Theory of Optimal Experiments. Academic Press, New York.
    Atkinson, A. C., Donev, A. N. & Tobias, R. D. (2007) Optimum Experimental Designs, with SAS. Oxford
    University Press.

    Examples
    --------
    >>> decay = lambda p, t: np.exp(-p[0] * t)
    >>> best_times(decay, [0.5], np.linspace(0.0, 10.0, 41), 1, noise=0.05).round(4).tolist()
    [2.0]
    """
    parameters, candidates = _parameters(parameters), np.asarray(candidates, float)
    known = criterion in CRITERIA if isinstance(criterion, str) else criterion in range(len(parameters))
    if not known:
        raise ValueError(f"criterion must be 'D', 'A' or the number of a parameter, got {criterion!r}")
    if count < len(parameters):
        raise ValueError(f"count must be at least the number of parameters, {len(parameters)}, got {count}")
    if candidates.ndim != 1 or len(candidates) < 2 or np.any(np.diff(candidates) <= 0):
        raise ValueError("candidates must be at least two increasing times")

    def loss(times):
        return _loss(sensitivities(lambda p: predict(p, np.asarray(times)), parameters) / noise, criterion)

    rows = sensitivities(lambda p: predict(p, candidates), parameters) / noise
    chosen = _exchange(rows, count, criterion)
    if not np.isfinite(_loss(rows[chosen], criterion)):
        raise IdentifiabilityError("no choice of these times determines the parameters: some combination of them "
                                   "changes no observation")  # fmt: skip
    return np.sort(_refined(loss, candidates, chosen))


def _loss(rows, criterion):
    matrix = rows.T @ rows
    sign, log_determinant = np.linalg.slogdet(matrix)
    scale = np.diag(matrix).prod()
    if sign <= 0 or scale <= 0 or log_determinant - np.log(scale) < np.log(SINGULAR):
        return np.inf
    if criterion == "D":
        return -log_determinant
    variances = np.diag(np.linalg.inv(matrix))
    return np.log(variances.sum() if criterion == "A" else variances[criterion])


def _exchange(rows, count, criterion):
    chosen = np.linspace(0, len(rows) - 1, count).round().astype(np.intp)
    best = _loss(rows[chosen], criterion)
    for _ in range(100):
        before = best
        for slot in range(count):
            losses = np.array([_loss(rows[np.r_[np.delete(chosen, slot), i]], criterion) for i in range(len(rows))])
            if losses.min() < best - 1e-12 or not np.isfinite(best):
                chosen[slot], best = int(losses.argmin()), losses.min()
        if not best < before:
            break
    return chosen


def _refined(loss, candidates, chosen):
    times = candidates[chosen].copy()
    for _ in range(3):
        for slot, i in enumerate(chosen):
            low, high = candidates[max(i - 1, 0)], candidates[min(i + 1, len(candidates) - 1)]

            def moved(t, slot=slot):
                return loss(np.r_[times[:slot], t, times[slot + 1 :]])

            found = minimize_scalar(moved, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * (high - low)})
            if found.fun < loss(times):
                times[slot] = found.x
    return times


class _Jet:
    """A power series in time with exact coefficients, each with its derivatives by the parameters."""

    def __init__(self, terms):
        self.terms = terms

    def _other(self, value):
        if isinstance(value, _Jet):
            return value
        width = len(self.terms[0])
        if not isinstance(value, int | Fraction):
            raise TypeError(f"the exact test takes whole numbers and fractions only, got {value!r}: write 1/2 as "
                            "Fraction(1, 2)")  # fmt: skip
        zero = [Fraction(0)] * width
        return _Jet([[Fraction(value), *zero[1:]], *[list(zero) for _ in self.terms[1:]]])

    def __add__(self, value):
        pairs = zip(self.terms, self._other(value).terms, strict=True)
        return _Jet([[a + b for a, b in zip(x, y, strict=True)] for x, y in pairs])

    def __neg__(self):
        return _Jet([[-a for a in x] for x in self.terms])

    def __sub__(self, value):
        return self + (-self._other(value))

    def __rsub__(self, value):
        return self._other(value) - self

    def __mul__(self, value):
        left, right = self.terms, self._other(value).terms
        return _Jet([_sum(_product(left[i], right[k - i]) for i in range(k + 1)) for k in range(len(left))])

    def __truediv__(self, value):
        value = self._other(value)
        if value.terms[0][0] == 0:
            raise ZeroDivisionError("the rates divide by zero at the point chosen")
        inverse, terms = _reciprocal(value.terms[0]), []
        for k in range(len(self.terms)):
            rest = _sum(_product(terms[i], value.terms[k - i]) for i in range(k)) if k else None
            top = [a - b for a, b in zip(self.terms[k], rest, strict=True)] if rest else self.terms[k]
            terms.append(_product(top, inverse))
        return _Jet(terms)

    def __rtruediv__(self, value):
        return self._other(value) / self

    def __pow__(self, power):
        if not isinstance(power, int):
            raise TypeError(f"the exact test takes whole powers only, got {power!r}")
        if power < 0:
            return 1 / self**-power
        result = self._other(1)
        for _ in range(power):
            result = result * self
        return result

    __radd__, __rmul__ = __add__, __mul__


def _product(a, b):
    return [a[0] * b[0], *(a[0] * y + b[0] * x for x, y in zip(a[1:], b[1:], strict=True))]


def _reciprocal(a):
    return [1 / a[0], *(-x / a[0] ** 2 for x in a[1:])]


def _sum(rows):
    return [sum(column, Fraction(0)) for column in zip(*rows, strict=True)]


@dataclass(frozen=True)
class Structure:
    """What perfect observations could tell.

    Attributes
    ----------
    names : tuple of str
        Parameters, and unknown start values as ``"x(0)"``.
    rank : int
        Number of independent combinations that the output determines.
    free : list of tuple of Fraction
        Independent directions, as relative changes of the parameters, that change no output; empty if every
        parameter is identifiable.
    identifiable : dict of str to bool
        Whether each can be determined (locally: up to finitely many alternatives).
    combinations : list of dict of str to int, or None
        Products of powers of the parameters that are not identifiable singly but that the output determines,
        such as ``{"k_on": 1, "k_off": -1}``; None if what is determined is not a product of powers.
    """

    names: tuple
    rank: int
    free: list
    identifiable: dict
    combinations: list | None


def structure(rates, observe, *, states, parameters, start=None, order=None, rng=0):
    """Test, in exact arithmetic, which parameters of a rational model its outputs determine.

    The outputs are expanded in powers of time at a random whole-number point, by Taylor arithmetic in fractions
    together with their derivatives by the parameters and unknown start values. The rank of these derivatives
    tells how many combinations the output determines; as many orders as there are states and parameters
    suffice [2]_, and the random point misleads with a probability that is practically zero. Directions
    that leave the output unchanged at two points alike are symmetries of scale, and give the products of powers
    that are determined.

    Parameters
    ----------
    rates : callable
        ``rates(states, parameters)`` returns a sequence of the rates of change; it may use + − × ÷, whole powers
        and whole numbers or fractions.
    observe : callable
        ``observe(states, parameters)`` returns a sequence of outputs.
    states, parameters : sequence of str
        Names.
    start : dict, optional
        For each state its start: a whole number or fraction if it is known, the name of a parameter, or None (the
        default) if it is unknown and to be determined too.
    order : int, optional
        Highest power of time; by default the number of states and parameters together.
    rng : int or numpy.random.Generator
        Seed of the random point.

    Returns
    -------
    Structure
        Rank, free directions, and identifiable combinations.

    Raises
    ------
    ValueError
        If a start names no parameter.
    TypeError
        If the rates use anything but rational operations.

    References
    ----------
    Bellman, R. & Åström, K. J. (1970) On structural identifiability. Math. Biosci. 7, 329-339.
    https://doi.org/10.1016/0025-5564(70)90132-X
    Sedoglavic, A. (2002) A probabilistic algorithm to test local algebraic observability in polynomial time.
    J. Symb. Comput. 33, 735-755. https://doi.org/10.1006/jsco.2002.0532
    Pohjanpalo, H. (1978) System identifiability based on the power series expansion of the solution.
    Math. Biosci. 41, 21-33. https://doi.org/10.1016/0025-5564(78)90063-9

    Examples
    --------
    >>> found = structure(lambda x, p: [-p[0] * p[1] * x[0]], lambda x, p: [x[0]], states=["x"],
    ...                   parameters=["a", "b"], start={"x": 1})
    >>> found.rank, found.identifiable, found.combinations
    (1, {'a': False, 'b': False}, [{'a': 1, 'b': 1}])
    """
    states, parameters, start = tuple(states), tuple(parameters), dict(start or {})
    for state, value in start.items():
        if state not in states or (isinstance(value, str) and value not in parameters):
            raise ValueError(
                f"start of {state!r} must be a number, None or one of {', '.join(parameters)}, got {value!r}"
            )
    unknown = [s for s in states if start.get(s) is None]
    names = (*parameters, *(f"{s}(0)" for s in unknown))
    order = len(states) + len(parameters) if order is None else order
    rng, spaces = generator(rng), []
    for _ in range(2):
        point = [
            Fraction(int(value)) for value in rng.choice(np.arange(2, 10 + 5 * len(names)), len(names), replace=False)
        ]
        expansion = _Expansion(rates, observe, states, parameters, start, unknown, point, order)
        spaces.append(_null_space(expansion.slopes(), len(names)))
    free = min(spaces, key=len)
    fixed = {name: all(direction[j] == 0 for direction in free) for j, name in enumerate(names)}
    same = all(sorted(space) == sorted(free) for space in spaces)
    combinations = _combinations(free, names, fixed) if same else None
    return Structure(names, len(names) - len(free), free, fixed, combinations)


class _Expansion:
    """Power series of states and outputs at one point."""

    def __init__(self, rates, observe, states, parameters, start, unknown, point, order):
        self.point, self.order, width = point, order, len(point) + 1
        self.observe = observe

        def unit(j):
            return [point[j], *(Fraction(int(i == j)) for i in range(width - 1))]

        def first(state):
            value = start.get(state)
            if value is None:
                return unit(len(parameters) + unknown.index(state))
            return (
                unit(parameters.index(value))
                if isinstance(value, str)
                else [Fraction(value), *[Fraction(0)] * (width - 1)]
            )

        self.known, self.zero = [[first(state)] for state in states], [Fraction(0)] * width
        self.firsts = [unit(j) for j in range(len(parameters))]
        for k in range(order):
            change = rates(self._jets(), self._constants(k + 1))
            for series, rate in zip(self.known, change, strict=True):
                term = rate.terms[k] if isinstance(rate, _Jet) else [Fraction(rate if k == 0 else 0), *self.zero[1:]]
                series.append([a / (k + 1) for a in term])

    def _jets(self):
        return [_Jet([list(term) for term in series]) for series in self.known]

    def _constants(self, length):
        return [_Jet([row, *[list(self.zero) for _ in range(length - 1)]]) for row in self.firsts]

    def slopes(self):
        """Return the derivatives of all coefficients of the outputs by relative changes of the unknowns."""
        outputs = self.observe(self._jets(), self._constants(self.order + 1))
        return [[slope * value for slope, value in zip(term[1:], self.point, strict=True)]
                for output in outputs for term in output.terms]  # fmt: skip


def _reduced(rows):
    """Return the reduced row echelon form of exact rows, without empty rows, and the columns of its pivots."""
    rows, done, pivots = [list(row) for row in rows], [], []
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows if row[column] != 0), None)
        if pivot is None:
            continue
        rows = [row for row in rows if row is not pivot]
        pivot = [value / pivot[column] for value in pivot]
        rows, done = (
            [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in group] for group in (rows, done)
        )
        done.append(pivot)
        pivots.append(column)
    return done, pivots


def _null_space(rows, width):
    done, pivots = _reduced(rows)
    free = [j for j in range(width) if j not in pivots]
    directions = []
    for j in free:
        direction = [Fraction(int(i == j)) for i in range(width)]
        for row, pivot in zip(done, pivots, strict=True):
            direction[pivot] = -row[j]
        directions.append(tuple(direction))
    return directions


def _combinations(free, names, fixed):
    """Return the products of powers that no free direction changes, over the names that are not fixed."""
    loose = [j for j, name in enumerate(names) if not fixed[name]]
    if not loose:
        return []
    kept = _null_space([[direction[j] for j in loose[::-1]] for direction in free], len(loose))
    found = []
    for powers in kept:
        powers = powers[::-1]
        scale = np.lcm.reduce([power.denominator for power in powers])
        whole = [int(power * int(scale)) for power in powers]
        sign = 1 if next(power for power in whole if power) > 0 else -1
        found.append({names[j]: sign * power for j, power in zip(loose, whole, strict=True) if power})
    return found[::-1]
