"""Agents on a lattice that exclude each other: they hop, split and die, one agent to a site."""

from typing import NamedTuple

import numpy as np

from .agents import kernels, refuse
from .streams import generator


class Occupancy(NamedTuple):
    """What became of a lattice.

    Attributes
    ----------
    counts : numpy.ndarray of int, shape (steps + 1,)
        Agents at the start and after each step.
    occupied : numpy.ndarray of bool, shape (rows, columns)
        The lattice at the end.
    """

    counts: np.ndarray
    occupied: np.ndarray


def _probability(name, value):
    if not 0.0 <= value <= 1.0:
        refuse(name, value, "a probability from 0 to 1")
    return float(value)


def _lattice(occupied):
    occupied = np.array(occupied)
    if occupied.ndim != 2 or min(occupied.shape) < 3 or not np.isin(occupied, (0, 1)).all():
        refuse("occupied", f"an array of shape {occupied.shape}", "a lattice of zeros and ones, 3 × 3 or larger")
    return np.ascontiguousarray(occupied.astype(bool))


def sprinkle(rows, columns, count, rng):
    """Return a lattice with a number of agents on different sites, each choice of sites equally likely.

    Parameters
    ----------
    rows, columns : int
        Size of the lattice.
    count : int
        Agents.
    rng : int or numpy.random.Generator
        Seed or generator.

    Returns
    -------
    numpy.ndarray of bool, shape (rows, columns)
        Where agents are.

    Raises
    ------
    ValueError
        If there are more agents than sites.

    Examples
    --------
    >>> int(sprinkle(10, 10, 7, rng=1).sum())
    7
    """
    if count != int(count) or not 0 <= count <= rows * columns:
        refuse("count", count, f"a whole number from 0 to the {rows * columns} sites")
    flat = np.zeros(rows * columns, bool)
    flat[generator(rng).choice(rows * columns, int(count), replace=False)] = True
    return flat.reshape(rows, columns)


def crowd(occupied, steps, *, hop=1.0, split=0.0, death=0.0, rng, compiled=True):
    """Return how a crowd fills a lattice with periodic edges: random sequential updates with exclusion.

    In each step of N agents, N times an agent is picked at random and tries to hop with probability `hop`; then N times
    one is picked and tries to split with probability `split`. Both choose one of four neighbouring sites and are
    given up if it is taken. At last each agent dies with probability `death`. How many tries there are is drawn
    from the binomial law that N picks have.

    Parameters
    ----------
    occupied : array_like, shape (rows, columns)
        Lattice of zeros and ones.
    steps : int
        Number of steps.
    hop, split, death : float
        Probabilities per agent and step.
    rng : int or numpy.random.Generator
        Seed or generator.
    compiled : bool
        Use the compiled loop if numba is installed; without it the answer is the same, agent by agent.

    Returns
    -------
    Occupancy
        Number of agents step by step, and the lattice at the end.

    Raises
    ------
    ValueError
        If the lattice is none, or a probability is not between 0 and 1.

    References
    ----------
    Baker & Simpson (2010), Phys. Rev. E 82, 041905, doi:10.1103/PhysRevE.82.041905.

    Examples
    --------
    >>> run = crowd(sprinkle(30, 30, 45, rng=1), 100, hop=1.0, split=0.05, rng=2)
    >>> run.counts[[0, -1]].tolist() == [45, run.occupied.sum()] and run.counts[-1] > 600
    np.True_
    """
    lattice, rng = _lattice(occupied), generator(rng)
    hop, split, death = (_probability(*pair) for pair in (("hop", hop), ("split", split), ("death", death)))
    if steps != int(steps) or steps < 0:
        refuse("steps", steps, "a whole number, not negative")
    loops = kernels() if compiled else None
    hops, places = (loops.hop, loops.place) if loops else (_hop, _place)
    sites = np.zeros(lattice.size + 4, np.int64)
    count = int(lattice.sum())
    sites[:count] = np.flatnonzero(lattice)
    counts = np.empty(int(steps) + 1, np.int64)
    counts[0] = count
    for step in range(1, int(steps) + 1):
        hops(lattice, sites, rng.integers(0, 4 * count or 1, rng.binomial(count, hop)))
        count = int(places(lattice, sites, count, rng.integers(0, 4 * count or 1, rng.binomial(count, split))))
        count = _cull(lattice, sites, count, death, rng)
        counts[step] = count
    return Occupancy(counts, lattice)


def _cull(lattice, sites, count, death, rng):
    if not death or not count:
        return count
    stays = rng.random(count) >= death
    lattice.reshape(-1)[sites[:count][~stays]] = False
    left = sites[:count][stays]
    sites[: len(left)] = left
    return len(left)


def _next(site, way, rows, columns):
    row, column = divmod(site, columns)
    if way < 2:
        return (row + (1, -1)[way]) % rows * columns + column
    return row * columns + (column + (1, -1)[way - 2]) % columns


def _hop(lattice, sites, picks):
    taken, (rows, columns) = lattice.reshape(-1), lattice.shape
    for pick in picks.tolist():
        site = int(sites[pick >> 2])
        there = _next(site, pick & 3, rows, columns)
        if not taken[there]:
            taken[site], taken[there], sites[pick >> 2] = False, True, there


def _place(lattice, sites, count, picks):
    taken, (rows, columns) = lattice.reshape(-1), lattice.shape
    for pick in picks.tolist():
        there = _next(int(sites[pick >> 2]), pick & 3, rows, columns)
        if not taken[there]:
            taken[there], sites[count] = True, there
            count += 1
    return count


def correlation(occupied, distance=1):
    """Return how much more often than by chance two sites at a distance along the lattice are both taken.

    Parameters
    ----------
    occupied : array_like, shape (rows, columns)
        Lattice of zeros and ones with periodic edges.
    distance : int
        Sites between the two.

    Returns
    -------
    float
        ⟨both⟩/⟨one⟩²: one without correlation, more in clusters; undefined (nan) on an empty lattice.

    References
    ----------
    Baker & Simpson (2010), Phys. Rev. E 82, 041905, doi:10.1103/PhysRevE.82.041905.

    Examples
    --------
    >>> stripes = np.tile([True, False], (4, 2))
    >>> correlation(stripes, 1), correlation(stripes, 2)
    (1.0, 2.0)
    """
    lattice = _lattice(occupied)
    if distance != int(distance) or not 1 <= distance <= min(lattice.shape) // 2:
        refuse("distance", distance, f"a whole number from 1 to {min(lattice.shape) // 2}")
    mean = lattice.mean()
    both = np.mean([(lattice & np.roll(lattice, int(distance), axis)).mean() for axis in (0, 1)])
    return float(both / mean**2) if mean else float("nan")
