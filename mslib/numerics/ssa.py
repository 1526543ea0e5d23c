"""Reaction networks and their exact simulation by the stochastic simulation algorithm."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .streams import replicate

TERM = re.compile(r"\s*(\d*)\s*([^\W\d]\w*)?\s*")


def _molecules(side, reaction):
    """Return how many of each species one side of a reaction names: '2 A + B' gives {'A': 2, 'B': 1}."""
    found = {}
    for term in side.split("+"):
        amount, name = (TERM.fullmatch(term) or TERM.fullmatch("")).groups()
        if name is None and amount != "0":
            raise ValueError(f"reaction {reaction!r}: {term.strip()!r} is not a species, such as 'A', '2 A' or '0'")
        if name is not None:
            found[name] = found.get(name, 0) + int(amount or 1)
    return found


def _sides(reaction):
    if reaction.count("->") != 1:
        raise ValueError(f"reaction {reaction!r} must have one arrow, as in 'A + B -> C'")
    return [_molecules(side, reaction) for side in reaction.split("->")]


@dataclass(frozen=True)
class MassAction:
    """Propensities of mass action: rate constant times the number of ways to pick the reactants.

    Attributes
    ----------
    rates : tuple of float
        Stochastic rate constant of each reaction.
    needs : tuple of tuple of (int, int)
        For each reaction, index and number of molecules of each reactant.
    """

    rates: tuple
    needs: tuple

    def __call__(self, counts):
        """Return the propensities, shape (reactions, …), of counts of shape (species, …)."""
        rates = np.empty((len(self.rates), *counts.shape[1:]))
        for row, rate, needs in zip(rates, self.rates, self.needs, strict=True):
            row[...] = rate
            for species, amount in needs:
                row *= counts[species]
                for taken in range(1, amount):
                    row *= (counts[species] - taken) / (taken + 1)
        return rates


@dataclass(frozen=True)
class Network:
    """A reaction network: its species, what each reaction changes, and how likely each reaction is.

    Attributes
    ----------
    species : tuple of str
        Names of the species.
    change : numpy.ndarray of int, shape (reactions, species)
        Molecules that a firing of each reaction adds or removes.
    propensities : callable
        Takes counts of shape (species, …) and returns the probability per time of each reaction, with shape
        (reactions, …); any vectorised function will do. To be shared between processes it must be picklable.

    Examples
    --------
    >>> import numpy as np
    >>> switch = Network(("p",), np.array([[1], [-1]]),
    ...                  lambda n: np.array([1 + 9 * n[0] ** 2 / (25 + n[0] ** 2), 0.5 * n[0]]))
    >>> switch.propensities(np.array([[0.0, 5.0]]))
    array([[1. , 5.5],
           [0. , 2.5]])
    """

    species: tuple
    change: np.ndarray
    propensities: Callable

    def __post_init__(self):
        if np.ndim(self.change) != 2 or np.shape(self.change)[1] != len(self.species):
            raise ValueError(f"change must have a column for each of {self.species}, got {self.change!r}")

    @classmethod
    def mass_action(cls, reactions):
        """Build a network from reactions with mass-action kinetics.

        Parameters
        ----------
        reactions : dict of str to float
            Stochastic rate constant by reaction, such as ``{"0 -> A": 10.0, "2 A -> B": 0.1}``; ``0`` stands
            for nothing. The propensity of ``2 A -> B`` is the constant times the n(n − 1)/2 pairs.

        Returns
        -------
        Network
            With its species in the order in which they appear.

        Raises
        ------
        ValueError
            If a reaction cannot be read, or a rate constant is negative or not finite.

        Examples
        --------
        >>> gene = Network.mass_action({"0 -> m": 0.5, "m -> 0": 0.1, "m -> m + p": 2.0, "p -> 0": 0.01})
        >>> gene.species, gene.change.tolist()
        (('m', 'p'), [[1, 0], [-1, 0], [0, 1], [0, -1]])
        """
        for reaction, rate in reactions.items():
            if not np.isfinite(rate) or rate < 0:
                raise ValueError(f"rate constant of {reaction!r} must be zero or positive, got {rate!r}")
        sides = [_sides(reaction) for reaction in reactions]
        species = tuple(dict.fromkeys(name for both in sides for side in both for name in side))
        change = np.array([[after.get(s, 0) - before.get(s, 0) for s in species] for before, after in sides])
        needs = tuple(tuple((species.index(s), n) for s, n in before.items()) for before, _ in sides)
        return cls(species, change, MassAction(tuple(float(rate) for rate in reactions.values()), needs))

    def counts(self, start):
        """Return counts as a vector from a mapping by name; species that are not named are absent.

        Parameters
        ----------
        start : dict of str to int
            Molecules by species.

        Returns
        -------
        numpy.ndarray of int, shape (species,)
            Counts in the order of `species`.

        Raises
        ------
        ValueError
            If a species is unknown, or a count is not a whole number of at least zero.

        Examples
        --------
        >>> Network.mass_action({"A -> B": 1.0}).counts({"B": 3})
        array([0, 3])
        """
        for name, value in start.items():
            if name not in self.species:
                raise ValueError(f"unknown species {name!r}; the network has {', '.join(self.species)}")
            if value != int(value) or value < 0:
                raise ValueError(f"count of {name!r} must be a whole number of at least zero, got {value!r}")
        return np.array([int(start.get(name, 0)) for name in self.species])


def increasing_times(times):
    """Return times as an array if they are finite, not negative, and increase; else raise a ValueError.

    Parameters
    ----------
    times : array_like, shape (T,)
        Times, T ≥ 1.

    Returns
    -------
    numpy.ndarray, shape (T,)
        The times.

    Raises
    ------
    ValueError
        If they do not increase strictly.

    Examples
    --------
    >>> increasing_times([0, 1, 2.5])
    array([0. , 1. , 2.5])
    """
    array = np.asarray(times, float)
    steps = np.diff(array, prepend=-np.finfo(float).tiny) if array.ndim == 1 and array.size else np.array([np.nan])
    if not np.all(np.isfinite(array)) or not np.all(steps > 0):
        raise ValueError(f"times must be finite, not negative and increasing, got {times!r}")
    return array


@dataclass(frozen=True)
class _DirectMethod:
    """Gillespie's direct method in lock-step: each pass fires one event in every trajectory."""

    network: Network
    start: np.ndarray
    times: np.ndarray

    def __call__(self, size, rng):
        counts = np.repeat(self.start.astype(float)[:, None], size, axis=1)
        record = _Record(size, self.times, len(self.network.species))
        clock, change = np.zeros(size), np.ascontiguousarray(self.network.change.T, float)
        while record.live.size:
            ladder = np.cumsum(self.network.propensities(counts), axis=0)
            if not np.min(ladder[-1]) >= 0:
                raise ValueError("a propensity became negative or is not a number")
            with np.errstate(divide="ignore"):
                clock = clock + rng.standard_exponential(clock.size) / ladder[-1]
            rung = rng.random(clock.size) * ladder[-1]
            going = record.passes(clock, counts)
            fired = (rung >= ladder[:-1]).sum(axis=0)
            counts += change[:, fired]
            if going is not None:
                counts, clock = counts[:, going], clock[going]
        return record.filled()


class _Record:
    """The states seen at the sampling times, written when the clock of a trajectory passes them."""

    def __init__(self, size, times, species):
        self.times = np.append(times, np.inf)
        self.live = np.arange(size)
        self.due = np.full(size, times[0])
        self.states = np.zeros((size, len(times), species), dtype=np.int64)
        self.written = np.zeros((size, len(times)), dtype=bool)

    def passes(self, clock, counts):
        """Note the states whose next event lies past a sampling time; say who goes on, if not all."""
        late = np.flatnonzero(clock > self.due)
        if not late.size:
            return None
        seen = np.searchsorted(self.times, clock[late])
        rows = self.live[late]
        self.states[rows, seen - 1] = counts[:, late].T
        self.written[rows, seen - 1] = True
        self.due[late] = self.times[seen]
        going = np.isfinite(self.due)
        if going.all():
            return None
        self.live, self.due = self.live[going], self.due[going]
        return going

    def filled(self):
        """Return the states, shape (size, times, species); a state holds back to the sample before."""
        columns = np.arange(self.written.shape[1])
        holder = np.where(self.written, columns, columns[-1])
        holder = np.minimum.accumulate(holder[:, ::-1], axis=1)[:, ::-1]
        return np.take_along_axis(self.states, holder[:, :, None], axis=1)


def simulate(network, times, count, rng, *, start=None, block=2000, executor=None, progress=False):
    """Simulate a network exactly and return its counts at given times.

    Gillespie's direct method, with the trajectories of a block advanced together: one pass of the loop fires
    one event in every trajectory that has not reached the last time. There is no step size and no error but
    sampling.

    Parameters
    ----------
    network : Network
        The reactions.
    times : array_like, shape (T,)
        Increasing sampling times; the simulation begins at time zero.
    count : int
        Number of trajectories.
    rng : int or numpy.random.Generator
        Seed or generator; the answer does not depend on the number of workers.
    start : dict of str to int, optional
        Molecules at time zero by species; none if left out.
    block : int
        Trajectories that advance together; part of what fixes the random streams.
    executor : concurrent.futures.Executor, optional
        Runs the blocks in parallel.
    progress : bool
        Show a progress bar.

    Returns
    -------
    numpy.ndarray of int, shape (count, T, species)
        Counts at the sampling times.

    Raises
    ------
    ValueError
        If times do not increase, a species is unknown, or the propensities are negative, undefined, or let a
        count become negative.

    References
    ----------
    Gillespie (1977), J. Phys. Chem. 81, 2340–2361, doi:10.1021/j100540a008.

    Examples
    --------
    >>> death = Network.mass_action({"A -> 0": 1.0})
    >>> simulate(death, [0.0, 50.0], 2, rng=1, start={"A": 20})[:, :, 0]
    array([[20,  0],
           [20,  0]])
    """
    run = _DirectMethod(network, network.counts(start or {}), increasing_times(times))
    found = replicate(run, count, rng, block=block, executor=executor, progress=progress)
    if np.any(found < 0):
        raise ValueError("a count became negative: a propensity must vanish where its reactants are missing")
    return found
