"""Branching processes: families of particles that multiply and die, simulated exactly and all at once."""

from typing import NamedTuple

import numpy as np

from .streams import generator


class BirthDeathLaw(NamedTuple):
    """The law of a family of one founder: P(n) = survival · success · (1 − success)ⁿ⁻¹ for n ≥ 1.

    Attributes
    ----------
    survival : float or numpy.ndarray
        Probability that the family is not extinct.
    success : float or numpy.ndarray
        One over the mean size of the families that are not extinct, whose sizes are geometric.
    """

    survival: float
    success: float


def _refuse(name, value, allowed):
    raise ValueError(f"{name} must be {allowed}, got {value!r}")


def _rates(**rates):
    for name, value in rates.items():
        value = np.asarray(value)
        if not (value.min(initial=0.0) >= 0.0 and value.max(initial=0.0) < np.inf):
            _refuse(name, value, "zero or positive, and finite")


def _counts(name, start):
    start = np.asarray(start)
    if start.ndim != 1 or not start.size or np.any(start < 0) or np.any(start != np.floor(start)):
        _refuse(name, start, "a vector of whole numbers, none negative")
    return start.astype(np.int64)


def _times(times):
    times = np.asarray(times, float)
    steps = np.diff(times, prepend=0.0) if times.ndim == 1 and times.size else [np.nan]
    if not np.all(np.isfinite(times)) or not np.all(np.asarray(steps) >= 0):
        _refuse("times", times, "an increasing vector of finite times, none negative")
    return times


def _offspring(offspring):
    offspring = np.asarray(offspring, float)
    total = offspring.sum(axis=-1)
    if not np.all(np.isfinite(offspring)) or np.any(offspring < 0) or np.any(np.abs(total - 1.0) > 1e-9):
        _refuse("offspring", offspring, "probabilities that add up to one")
    return offspring / total[..., None]


def _growth_factors(r, t):
    """Return r/(eʳᵗ − 1) and r/(1 − e⁻ʳᵗ), both 1/t at r = 0, without overflow or cancellation."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        forward = np.where(r == 0, 1.0 / t, r / np.expm1(r * t))
        backward = np.where(r == 0, 1.0 / t, -r / np.expm1(-r * t))
    return forward, backward


def birth_death_law(birth, death, t):
    """Return the exact law at time t of the family of one particle that splits and dies at constant rates.

    A family is extinct by time t with probability death · g/(1 + birth · g), where g = (eʳᵗ − 1)/r and
    r = birth − death; the sizes of the others are geometric with mean 1 + birth · g. At r = 0, g = t.

    Parameters
    ----------
    birth, death : array_like
        Rates at which a particle splits in two, and dies.
    t : array_like
        Time, zero or positive; infinity gives the ultimate law.

    Returns
    -------
    BirthDeathLaw
        Probability of survival and parameter of the geometric law, of the broadcast shape.

    Raises
    ------
    ValueError
        If a rate is negative or not finite, or a time is negative.

    References
    ----------
    Kendall (1948), Ann. Math. Stat. 19, 1–15, doi:10.1214/aoms/1177730285.

    Examples
    --------
    >>> law = birth_death_law(1.0, 1.0, 3.0)
    >>> float(law.survival), float(law.success)
    (0.25, 0.25)
    """
    birth, death, t = (np.asarray(value, float) for value in (birth, death, t))
    _rates(birth=birth, death=death)
    if not t.min(initial=0.0) >= 0.0:
        _refuse("t", t, "zero or positive")
    forward, backward = _growth_factors(birth - death, t)
    with np.errstate(invalid="ignore"):
        survival = np.where(np.isinf(backward), 1.0, backward / (birth + forward))
        success = np.where(np.isinf(forward), 1.0, forward / (birth + forward))
    idle = (birth == 0) & (forward == 0)
    return BirthDeathLaw(np.where(idle, 1.0, survival)[()], np.where(idle | (birth == 0), 1.0, success)[()])


def _step(n, law, rng):
    """Draw the descendants of n particles: who survives is binomial, what they add is negative binomial."""
    survivors = rng.binomial(n, np.minimum(law.survival, 1.0))
    grown = (survivors > 0) & (law.success < 1.0)
    parents, success = survivors[grown], law.success[grown] if np.ndim(law.success) else law.success
    if (parents > 1e17 * success).any():
        raise OverflowError("a family grows beyond 10¹⁷ particles: end the times earlier, or use the mean")
    survivors[grown] += rng.negative_binomial(parents, success)
    return survivors


def birth_death(start, birth, death, times, rng):
    """Draw the sizes, at given times, of families whose particles split and die independently.

    With constant rates the draw is exact, whatever the spacing of the times: no event is simulated, each step
    draws from the closed law. Rates that depend on the size are held fixed from one time to the next; the
    error of means and variances then falls in proportion to the spacing.

    Parameters
    ----------
    start : array_like of int, shape (families,)
        Particles at time zero.
    birth, death : float or callable
        Rates per particle; a callable takes the sizes (families,) and returns rates of the same shape.
    times : array_like, shape (times,)
        Increasing times.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray of int, shape (families, times)
        Sizes of the families.

    Raises
    ------
    ValueError
        If sizes, rates or times are not possible.
    OverflowError
        If a family grows beyond 10¹⁷ particles.

    Examples
    --------
    >>> sizes = birth_death(np.ones(20000, int), 1.0, 1.0, [3.0], rng=1)
    >>> bool(abs((sizes == 0).mean() - 0.75) < 0.01)
    True
    """
    n, times, rng = _counts("start", start), _times(times), generator(rng)
    sizes, gaps = np.empty((n.size, times.size), np.int64), np.diff(times, prepend=0.0)
    varying = callable(birth) or callable(death)
    laws = None if varying else zip(*birth_death_law(birth, death, gaps), strict=True)
    for i, gap in enumerate(gaps):
        if varying:
            law = birth_death_law(*(rate(n) if callable(rate) else rate for rate in (birth, death)), gap)
        else:
            law = BirthDeathLaw(*next(laws))
        n = _step(n, law, rng) if gap > 0 else n
        sizes[:, i] = n
    return sizes


def jump_chain(start, up, down, times, rng, *, budget=2_000_000):
    """Simulate chains that go one up or one down at rates that depend on where they are, event by event.

    Exact. All chains advance in lock-step, each on its own clock, until each has passed the last time.

    Parameters
    ----------
    start : array_like of int, shape (chains,)
        Values at time zero.
    up, down : callable
        Total rates of going up and down: take values (some chains,) and return rates of the same shape.
    times : array_like, shape (times,)
        Increasing times.
    rng : int or numpy.random.Generator
        Seed or generator.
    budget : int
        Events a chain after which to give up.

    Returns
    -------
    numpy.ndarray of int, shape (chains, times)
        Values at the times.

    Raises
    ------
    ValueError
        If values, rates or times are not possible, or a chain could go below zero.
    RuntimeError
        If a chain needs more events than the budget.

    References
    ----------
    Gillespie (1977), J. Phys. Chem. 81, 2340–2361, doi:10.1021/j100540a008.

    Examples
    --------
    >>> pool = jump_chain(np.full(2000, 5), lambda n: 10.0 + 0 * n, lambda n: 1.0 * n, [8.0], rng=1)
    >>> bool(abs(pool.mean() - 10) < 0.3)
    True
    """
    n, times, rng = _counts("start", start), _times(times), generator(rng)
    seen = np.full((n.size, times.size), -1, np.int64)
    chain, clock, following = np.arange(n.size), np.zeros(n.size), np.zeros(n.size, np.int64)
    for _ in range(budget):
        rise, total = _jump_rates(n, up, down)
        with np.errstate(divide="ignore"):
            clock = clock + rng.standard_exponential(n.size) / total
        reached = np.searchsorted(times, clock, side="left")
        passed = reached > following
        seen[chain[passed], following[passed]] = n[passed]
        n = n + np.where(rng.random(n.size) * total < rise, 1, -1)
        going = reached < times.size
        n, chain, clock, following = n[going], chain[going], clock[going], reached[going]
        if not n.size:
            return _fill_forward(seen)
    raise RuntimeError(f"a chain needs more than {budget} events: end the times earlier or raise the budget")


def _jump_rates(n, up, down):
    rise, fall = np.asarray(up(n), float), np.asarray(down(n), float)
    _rates(up=rise, down=fall)
    if np.any(fall[n == 0] > 0):
        raise ValueError("down must be zero at zero, or a chain falls below it")
    return rise, rise + fall


def _fill_forward(seen):
    """Replace every −1 by the last value before it: nothing happened in between."""
    last = np.maximum.accumulate(np.where(seen >= 0, np.arange(seen.shape[1]), 0), axis=1)
    return np.take_along_axis(seen, last, axis=1)


def branching(families, lifetime, offspring, times, rng, *, budget=20_000_000):
    """Simulate families whose particles live for a random time and then leave a random number of offspring.

    Exact for any law of lifetimes (the Bellman–Harris process): one pass a generation draws all particles of
    all families at once, so the work grows with the particles, and the passes only with their generations.

    Parameters
    ----------
    families : int
        Number of families, each founded by one new-born particle at time zero.
    lifetime : float or callable
        Rate of an exponential law, or ``lifetime(size, rng)`` that returns lifetimes of shape (size,).
    offspring : array_like, shape (k + 1,)
        Probabilities of leaving 0, 1, … k offspring.
    times : array_like, shape (times,)
        Increasing times.
    rng : int or numpy.random.Generator
        Seed or generator.
    budget : int
        Particles after which to give up.

    Returns
    -------
    numpy.ndarray of int, shape (families, times)
        Sizes of the families.

    Raises
    ------
    ValueError
        If families, offspring or times are not possible.
    RuntimeError
        If more particles are born than the budget.

    References
    ----------
    Bellman & Harris (1952), Ann. Math. 55, 280–295, doi:10.2307/1969779.

    Examples
    --------
    >>> branching(3, lambda size, rng: np.ones(size), [0, 0, 1], [0.0, 0.5, 1.5, 2.5], rng=1)[0].tolist()
    [1, 1, 2, 4]
    """
    if families != int(families) or families < 1:
        _refuse("families", families, "a positive whole number")
    times, offspring, rng = _times(times), np.cumsum(_offspring(offspring)), generator(rng)
    lives = lifetime if callable(lifetime) else lambda size, rng: rng.standard_exponential(size) / lifetime
    change = np.zeros(families * (times.size + 1), np.int64)
    family, born, particles = np.arange(families), np.zeros(families), 0
    while family.size:
        particles += family.size
        if particles > budget:
            raise RuntimeError(f"more than {budget} particles: end the times earlier, or raise the budget")
        dies = born + lives(family.size, rng)
        for moment, sign in ((born, 1), (dies, -1)):
            place = family * (times.size + 1) + np.searchsorted(times, moment, side="left")
            change += sign * np.bincount(place, minlength=change.size)
        children = np.searchsorted(offspring[:-1], rng.random(family.size), side="right")
        children[dies > times[-1]] = 0
        family, born = np.repeat(family, children), np.repeat(dies, children)
    return change.reshape(families, -1).cumsum(axis=1)[:, :-1]


def galton_watson(start, offspring, rounds, rng):
    """Draw the sizes of families whose particles leave their offspring all at once, round after round.

    Exact: the numbers of particles with 0, 1, … k offspring are multinomial, so that a round costs the same
    for ten particles and for ten thousand million.

    Parameters
    ----------
    start : array_like of int, shape (families,)
        Particles before the first round.
    offspring : array_like, shape (k + 1,), or callable
        Probabilities of leaving 0, 1, … k offspring; a callable takes the sizes (families,) and returns
        probabilities of shape (families, k + 1).
    rounds : int
        Number of rounds.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray of int, shape (families, rounds + 1)
        Sizes before the first round and after each.

    Raises
    ------
    ValueError
        If sizes, probabilities or rounds are not possible.

    References
    ----------
    Athreya & Ney (1972), Branching Processes, Springer, chapter I, doi:10.1007/978-3-642-65371-1.

    Examples
    --------
    >>> galton_watson([1, 4], [0, 0, 1], 3, rng=1).tolist()
    [[1, 2, 4, 8], [4, 8, 16, 32]]
    """
    if rounds != int(rounds) or rounds < 0:
        _refuse("rounds", rounds, "zero or a positive whole number")
    n, rng = _counts("start", start), generator(rng)
    sizes = np.empty((n.size, int(rounds) + 1), np.int64)
    sizes[:, 0] = n
    for i in range(1, int(rounds) + 1):
        chances = _offspring(offspring(n) if callable(offspring) else offspring)
        n = rng.multinomial(n, chances) @ np.arange(chances.shape[-1])
        sizes[:, i] = n
    return sizes


def extinct_by(offspring, rounds):
    """Return the probability that the family of one particle is extinct after 0, 1, … rounds.

    The generating function f(s) of the offspring, applied again and again to zero.

    Parameters
    ----------
    offspring : array_like, shape (k + 1,)
        Probabilities of leaving 0, 1, … k offspring.
    rounds : int
        Number of rounds.

    Returns
    -------
    numpy.ndarray, shape (rounds + 1,)
        Probabilities, not decreasing.

    Examples
    --------
    >>> extinct_by([0.5, 0.0, 0.5], 2).tolist()
    [0.0, 0.5, 0.625]
    """
    polynomial = np.polynomial.Polynomial(_offspring(offspring))
    chances = np.zeros(int(rounds) + 1)
    for i in range(1, chances.size):
        chances[i] = polynomial(chances[i - 1])
    return chances


def ultimate_extinction(offspring):
    """Return the probability that the family of one particle ever dies out: the smallest root of f(s) = s.

    Newton's method from s = 0, which climbs to the root without passing it because f is convex.

    Parameters
    ----------
    offspring : array_like, shape (k + 1,)
        Probabilities of leaving 0, 1, … k offspring.

    Returns
    -------
    float
        One if the mean offspring is at most one, unless every particle leaves exactly one.

    Examples
    --------
    >>> round(ultimate_extinction([0.25, 0.0, 0.75]), 12)
    0.333333333333
    """
    offspring = _offspring(offspring)
    if offspring[0] == 0.0:
        return 0.0
    if offspring @ np.arange(offspring.size) <= 1.0:
        return 1.0
    f = np.polynomial.Polynomial(offspring)
    slope, s = f.deriv(), 0.0
    for _ in range(200):
        better = s + (f(s) - s) / (1.0 - slope(s))
        if better <= s:
            break
        s = better
    return float(min(s, 1.0))


def moran(size, rate, times, rng):
    """Follow the founders' families in a pool of constant size: another's split makes good each loss.

    Exact. Each particle is lost at the given rate, and replaced at once by a copy of another, chosen evenly.

    Parameters
    ----------
    size : int
        Particles in the pool, at least two; each is a founder at time zero.
    rate : float
        Rate at which a particle is lost.
    times : array_like, shape (times,)
        Increasing times.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray of int, shape (times, size)
        The founder from whom each particle descends.

    Raises
    ------
    ValueError
        If size, rate or times are not possible.

    References
    ----------
    Moran (1958), Math. Proc. Camb. Philos. Soc. 54, 60–71, doi:10.1017/S0305004100033193.

    Examples
    --------
    >>> len(set(moran(50, 1.0, [500.0], rng=1)[0].tolist()))
    1
    """
    if size != int(size) or size < 2:
        _refuse("size", size, "a whole number of at least 2")
    _rates(rate=rate)
    times, rng = _times(times), generator(rng)
    founder, seen = list(range(int(size))), np.empty((times.size, int(size)), np.int64)
    for i, gap in enumerate(np.diff(times, prepend=0.0)):
        events = rng.poisson(rate * size * gap)
        lost = rng.integers(size, size=events)
        parent = (lost + rng.integers(1, size, size=events)) % size
        for gone, copied in zip(lost.tolist(), parent.tolist(), strict=True):
            founder[gone] = founder[copied]
        seen[i] = founder
    return seen


def moran_founders(size, rate, t):
    """Return the mean number of founders with descendants in a Moran pool at time t, exactly.

    Looking back, the pool's ancestors merge pairwise at rate 2 · rate/(size − 1) a pair, which is Kingman's
    coalescent; the sum has positive terms only.

    Parameters
    ----------
    size : int
        Particles in the pool, at least two.
    rate : float
        Rate at which a particle is lost.
    t : array_like
        Times, zero or positive.

    Returns
    -------
    numpy.ndarray or float
        Mean number of founders, of the shape of `t`.

    Raises
    ------
    ValueError
        If size, rate or times are not possible.

    References
    ----------
    Tavaré (1984), Theor. Popul. Biol. 26, 119–164, doi:10.1016/0040-5809(84)90027-3.

    Examples
    --------
    >>> float(moran_founders(2, 1.0, 0.0)), round(float(moran_founders(2, 1.0, 1.0)), 6)
    (2.0, 1.135335)
    """
    if size != int(size) or size < 2:
        _refuse("size", size, "a whole number of at least 2")
    _rates(rate=rate, t=t)
    k = np.arange(1.0, size + 1)
    weights = (2.0 * k - 1.0) * np.exp(np.cumsum(np.log((size - k + 1.0) / (size + k - 1.0))))
    merging = np.multiply.outer(2.0 * rate * np.asarray(t, float) / (size - 1.0), k * (k - 1.0) / 2.0)
    return (np.exp(-merging) @ weights)[()]
