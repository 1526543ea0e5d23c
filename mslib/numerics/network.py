"""Reaction networks: one description, from which propensities, rate equations and conservation laws are derived."""

import ast
import math
import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from keyword import iskeyword

import numpy as np

from . import _intervals, formula

TERM = re.compile(r"\s*(\d*)\s*([^\W\d]\w*)?\s*")
KINETICS = ("mass action", "propensity")


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
class Reaction:
    """What a reaction uses up, what it makes, and how likely it is.

    Attributes
    ----------
    reactants, products : tuple of (str, int)
        Species and how many molecules of each, all at least one.
    rate : float or str
        For mass action the rate constant, as a number or a formula of parameters; for a propensity a formula of
        species, parameters, rules, ``volume`` and the time ``t`` that gives the probability per time.
    kinetics : str
        "mass action" or "propensity".
    name : str
        A name for messages and tables.

    Examples
    --------
    >>> Reaction.read("2 A -> B", "k").reactants
    (('A', 2),)
    """

    reactants: tuple
    products: tuple
    rate: float | str
    kinetics: str = "mass action"
    name: str = ""

    def __post_init__(self):
        if self.kinetics not in KINETICS:
            raise ValueError(f"kinetics of {self} must be one of {', '.join(KINETICS)}, got {self.kinetics!r}")
        for species, amount in (*self.reactants, *self.products):
            if amount != int(amount) or amount < 1:
                raise ValueError(
                    f"reaction {self}: stoichiometry of {species!r} must be a whole number, got {amount!r}"
                )
        if isinstance(self.rate, str):
            formula.parse(self.rate)
        elif not np.isfinite(self.rate) or self.rate < 0:
            raise ValueError(f"rate constant of {str(self)!r} must be zero or positive, got {self.rate!r}")

    @classmethod
    def read(cls, equation, rate, kinetics="mass action", name=""):
        """Build a reaction from its equation.

        Parameters
        ----------
        equation : str
            Such as ``"2 A + B -> C"``; ``0`` stands for nothing.
        rate : float or str
            Rate constant or formula, as in the attributes.
        kinetics : str
            "mass action" or "propensity".
        name : str
            A name.

        Returns
        -------
        Reaction
            The reaction.

        Raises
        ------
        ValueError
            If the equation or the rate cannot be read.

        Examples
        --------
        >>> str(Reaction.read("0 -> A", 2.0))
        '0 -> A'
        """
        before, after = _sides(equation)
        return cls(tuple(before.items()), tuple(after.items()), rate, kinetics, name)

    def __str__(self):
        return " -> ".join(
            " + ".join(f"{n} {s}" if n > 1 else s for s, n in side) or "0" for side in (self.reactants, self.products)
        )

    @property
    def order(self):
        """Number of molecules that have to meet."""
        return sum(amount for _, amount in self.reactants)


@dataclass(frozen=True)
class Event:
    """A sudden change of counts at the moment when a condition becomes true.

    Attributes
    ----------
    when : str
        Condition such as ``"t >= 25"`` or ``"P2 > 30"``; it fires each time it turns from false to true.
    assign : tuple of (str, str)
        Species and the formula of its new count; all are evaluated before any is assigned.
    initially : bool
        What the condition counts as just before time zero; with False, one that is true at the start fires then.
    name : str
        A name for messages and tables.

    Examples
    --------
    >>> Event("t >= 25", {"X": 50}).assign
    (('X', '50'),)
    """

    when: str
    assign: tuple
    initially: bool = True
    name: str = ""

    def __post_init__(self):
        pairs = self.assign.items() if hasattr(self.assign, "items") else self.assign
        object.__setattr__(self, "assign", tuple((name, str(value)) for name, value in pairs))
        tree = formula.parse(self.when)
        if not isinstance(tree, ast.Compare | ast.BoolOp | ast.Constant) and not (
            isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
        ):
            raise ValueError(f"event {self.when!r} must be a condition, such as 't >= 25' or 'A > 30'")


ARRAY_SCOPE = {name: getattr(np, name) for name in (*formula.CALLS, *formula.VECTOR.values(), "where")}
ARRAY_SCOPE |= {name: getattr(np, name) for name in ("logical_and", "logical_or", "logical_not")}
ARRAY_SCOPE |= {"add": np.add, "multiply": np.multiply, "copyto": np.copyto, **_intervals.FUNCTIONS}


@lru_cache(maxsize=512)
def function_of(lines):
    """Return the function of arrays whose body is given; formulas are checked long before they get here.

    Parameters
    ----------
    lines : tuple of str
        Statements that use counts ``n``, time ``t``, parameters ``p``, constants ``c``, and fill ``out``.

    Returns
    -------
    callable
        ``function(n, t, p, c, out, later)``; ``later`` ends the interval of time for bounds.

    Examples
    --------
    >>> out = np.empty(1)
    >>> function_of(("out[0] = exp(-p[0] * t)",))(None, 0.0, [0.0], None, out)
    >>> out
    array([1.])
    """
    text = "def function(n, t, p, c, out, later=None):\n    T = (t, later)\n" + "".join(
        f"    {line}\n" for line in (*lines, "return None")
    )
    scope = dict(ARRAY_SCOPE)
    exec(compile(text, "<network>", "exec"), scope)
    return scope["function"]


def _rows(texts):
    return function_of(tuple(f"out[{row}] = {text}" for row, text in enumerate(texts)))


@dataclass(frozen=True)
class Network:
    """A reaction network: species, reactions with rate laws, parameters, rules and events.

    Everything else is derived from this one description: vectorised and compiled propensities, the
    deterministic rate equations with their exact Jacobian, linearity, and conservation laws. A mass-action
    reaction has propensity c ∏ C(n, s), its stochastic constant times the number of ways to pick its reactants:
    ``2 A -> B`` proceeds with c n(n − 1)/2. Its deterministic rate is the limit of many molecules, c ∏ nˢ/s!,
    here c n²/2: a textbook constant k with rate k n² is c/2. With a `volume` Ω the constants are those for
    concentrations n/Ω, so that c = k Ω^(1 − order); formulas of propensities are taken as they are and may use
    the name ``volume``.

    Attributes
    ----------
    species : tuple of str
        Names of the species, in the order of every vector.
    reactions : tuple of Reaction
        The reactions.
    parameters : dict of str to float
        Values by name; to change them use `with_parameters`, which never compiles anything anew.
    initial : dict of str to int
        Molecules at time zero; species that are not named are absent.
    rules : dict of str to str
        Quantities that formulas may use and that `observe` returns, such as ``{"total": "X + 2*Y"}``.
    events : tuple of Event
        Sudden changes.
    volume : float
        Volume Ω of the system.
    conserved : tuple of dict of str to float
        Weights of sums that the reactions promise to keep, such as ``({"E": 1, "ES": 1},)``.

    Raises
    ------
    ValueError
        If a name is unknown or used twice, a formula is refused, a value is impossible, or a reaction breaks a
        promised conservation law.

    References
    ----------
    Gillespie (1992), Physica A 188, 404–425, doi:10.1016/0378-4371(92)90283-V.

    Examples
    --------
    >>> import numpy as np
    >>> switch = Network.propensity({"0 -> p": "1 + 9*p**2/(K**2 + p**2)", "p -> 0": "0.5*p"}, parameters={"K": 5})
    >>> switch.propensities(np.array([[0.0, 5.0]]))
    array([[1. , 5.5],
           [0. , 2.5]])
    >>> switch.with_parameters(K=10).propensities(np.array([5.0]))
    array([2.8, 2.5])
    """

    species: tuple
    reactions: tuple
    parameters: dict = field(default_factory=dict)
    initial: dict = field(default_factory=dict)
    rules: dict = field(default_factory=dict)
    events: tuple = ()
    volume: float = 1.0
    conserved: tuple = ()

    def __post_init__(self):
        for name in ("species", "reactions", "events", "conserved"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("parameters", "initial", "rules"):
            object.__setattr__(self, name, dict(getattr(self, name) or {}))
        self._check_names()
        self._check_values()
        self._check_formulas()
        for weights in self.conserved:
            self.check_conserved(weights)

    def _check_names(self):
        used = [*self.species, *self.parameters, *self.rules]
        for name in used:
            if not str(name).isidentifier() or iskeyword(name) or name in formula.WORDS or name == "volume":
                raise ValueError(f"{name!r} cannot name a species, parameter or rule: choose another identifier")
            if used.count(name) > 1:
                raise ValueError(f"the name {name!r} is used twice; species, parameters and rules must differ")

    def _check_values(self):
        for name, value in self.parameters.items():
            if not np.isfinite(value):
                raise ValueError(f"parameter {name!r} must be finite, got {value!r}")
        if not (np.isfinite(self.volume) and self.volume > 0):
            raise ValueError(f"volume must be positive and finite, got {self.volume!r}")
        self.counts(self.initial)

    def _check_formulas(self):
        everywhere = {*self.species, *self.parameters, *self.rules, "volume", "t"}
        for name, rule in self.rules.items():
            self._known(rule, everywhere, f"rule {name!r}")
        for reaction in self.reactions:
            for name, _ in (*reaction.reactants, *reaction.products):
                if name not in self.species:
                    raise ValueError(f"reaction {str(reaction)!r}: unknown species {name!r}")
            mass = reaction.kinetics == "mass action"
            self._known(
                reaction.rate, {*self.parameters, "volume"} if mass else everywhere, f"rate of {str(reaction)!r}"
            )
        for event in self.events:
            self._known(event.when, everywhere, f"event {event.when!r}")
            for name, value in event.assign:
                if name not in self.species:
                    raise ValueError(f"event {event.when!r} assigns to {name!r}, which is not a species")
                self._known(value, everywhere, f"event {event.when!r}")
        self.constants  # noqa: B018

    def _known(self, text, allowed, where):
        unknown = formula.names(formula.parse(text)) - allowed
        if unknown:
            raise ValueError(f"{where}: unknown name {min(unknown)!r}; allowed are {', '.join(sorted(allowed))}")

    def __getstate__(self):
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    def __setstate__(self, state):
        self.__dict__.update(state)

    @classmethod
    def mass_action(cls, reactions, **more):
        """Build a network from reactions with mass-action kinetics.

        Parameters
        ----------
        reactions : dict of str to (float or str)
            Rate constant by reaction, such as ``{"0 -> A": 10.0, "2 A -> B": "k"}``, as a number or a formula of
            parameters; ``0`` stands for nothing. The propensity of ``2 A -> B`` is the constant times the
            n(n − 1)/2 pairs.
        **more
            Other attributes: parameters, initial, rules, events, volume, conserved.

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
        return cls._read(reactions, "mass action", more)

    @classmethod
    def propensity(cls, reactions, **more):
        """Build a network from reactions whose propensities are given as formulas.

        Parameters
        ----------
        reactions : dict of str to str
            Formula of the propensity by reaction, such as ``{"A -> 0": "V*A/(K + A)"}``.
        **more
            Other attributes: parameters, initial, rules, events, volume, conserved.

        Returns
        -------
        Network
            With its species in the order in which they appear.

        Examples
        --------
        >>> Network.propensity({"A -> 0": "V*A/(K + A)"}, parameters={"V": 2, "K": 3}).species
        ('A',)
        """
        return cls._read(reactions, "propensity", more)

    @classmethod
    def _read(cls, reactions, kinetics, more):
        read = [Reaction.read(equation, rate, kinetics) for equation, rate in reactions.items()]
        named = [name for r in read for name, _ in (*r.reactants, *r.products)]
        named += [name for event in more.get("events", ()) for name, _ in event.assign]
        return cls(tuple(dict.fromkeys(named)), tuple(read), **more)

    def with_parameters(self, **values):
        """Return the network with other values of some parameters; nothing is compiled anew.

        Parameters
        ----------
        **values : float
            New values by name.

        Returns
        -------
        Network
            The changed network.

        Raises
        ------
        ValueError
            If a parameter is unknown or not finite.

        Examples
        --------
        >>> Network.mass_action({"A -> 0": "k"}, parameters={"k": 1.0}).with_parameters(k=3.0).parameters
        {'k': 3.0}
        """
        for name in values:
            if name not in self.parameters:
                raise ValueError(f"unknown parameter {name!r}; the network has {', '.join(self.parameters) or 'none'}")
        return replace(self, parameters={**self.parameters, **values})

    def counts(self, start=None):
        """Return counts as a vector from a mapping by name; species that are not named are absent.

        Parameters
        ----------
        start : dict of str to int, optional
            Molecules by species; the initial state of the network if left out.

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
        start = self.initial if start is None else start
        for name, value in start.items():
            if name not in self.species:
                raise ValueError(f"unknown species {name!r}; the network has {', '.join(self.species)}")
            if not np.isfinite(value) or value != int(value) or value < 0:
                raise ValueError(f"count of {name!r} must be a whole number of at least zero, got {value!r}")
        return np.array([int(start.get(name, 0)) for name in self.species])

    @cached_property
    def change(self):
        """Molecules that a firing of each reaction adds or removes, shape (reactions, species)."""
        change = np.zeros((len(self.reactions), len(self.species)), np.int64)
        for row, reaction in zip(change, self.reactions, strict=True):
            for sign, side in ((-1, reaction.reactants), (1, reaction.products)):
                for name, amount in side:
                    row[self.species.index(name)] += sign * int(amount)
        return change

    @cached_property
    def constants(self):
        """Stochastic rate constants of the mass-action reactions, one where a formula gives the propensity."""
        values = np.ones(len(self.reactions))
        place = {name: f"p[{i}]" for i, name in enumerate([*self.parameters, "volume"])}
        for index, reaction in enumerate(self.reactions):
            if reaction.kinetics == "mass action":
                text = formula.source(formula.parse(reaction.rate), place, vectorised=True)
                function_of((f"out[0] = {text}",))(None, None, self.values, None, values[index:])
                values[index] *= self.volume ** (1 - reaction.order)
                if not np.isfinite(values[index]) or values[index] < 0:
                    raise ValueError(
                        f"rate constant of {str(reaction)!r} must be zero or positive, got {values[index]}"
                    )
        return values

    @cached_property
    def values(self):
        """Values of the parameters, and the volume last."""
        return np.array([*self.parameters.values(), self.volume], float)

    @property
    def is_mass_action(self):
        """Whether every reaction has mass-action kinetics."""
        return all(reaction.kinetics == "mass action" for reaction in self.reactions)

    @cached_property
    def _rules(self):
        """Rules with the rules that they use put in."""
        found = {}

        def resolve(name, above=()):
            if name in above:
                raise ValueError(f"rule {name!r} depends on itself through {', '.join(above)}")
            if name not in found:
                tree = formula.parse(self.rules[name])
                used = formula.names(tree) & set(self.rules)
                found[name] = formula.substitute(tree, {other: resolve(other, (*above, name)) for other in used})
            return found[name]

        for name in self.rules:
            resolve(name)
        return found

    def tree(self, text):
        """Return a formula as a tree in which the rules are written out.

        Parameters
        ----------
        text : str or float
            Formula of species, parameters, rules, ``volume`` and ``t``.

        Returns
        -------
        ast.expr
            Formula of species, parameters, ``volume`` and ``t`` alone.
        """
        return formula.substitute(formula.parse(text), self._rules)

    @cached_property
    def _places(self):
        """Where the source of a function finds each name: counts n, parameters p, time t."""
        found = {name: f"n[{i}]" for i, name in enumerate(self.species)}
        found |= {name: f"p[{i}]" for i, name in enumerate([*self.parameters, "volume"])}
        return found | {"t": "t"}

    def _ways(self, index, macroscopic):
        """Return the propensity (or its macroscopic limit) of a reaction as a tree; C‹index› is its constant."""
        reaction = self.reactions[index]
        if reaction.kinetics == "propensity":
            return self.tree(reaction.rate)
        found = ast.Name(f"C{index}'")
        for name, amount in reaction.reactants:
            n, amount = ast.Name(name), int(amount)
            taken = [n if macroscopic or not j else formula.subtract(n, formula.number(j)) for j in range(amount)]
            for factor in taken:
                found = formula.multiply(found, factor)
            found = formula.divide(found, formula.number(math.factorial(amount)))
        return found

    def propensity_source(self, vectorised=False, macroscopic=False):
        """Return source of each propensity with counts ``n``, time ``t``, parameters ``p`` and constants ``c``.

        Parameters
        ----------
        vectorised : bool
            Whether for whole arrays.
        macroscopic : bool
            Whether of the deterministic rates.

        Returns
        -------
        list of str
            Source by reaction.
        """
        places = self._places | {f"C{r}'": f"c[{r}]" for r in range(len(self.reactions))}
        trees = [self._ways(r, macroscopic) for r in range(len(self.reactions))]
        return [formula.source(tree, places, vectorised) for tree in trees]

    def _evaluate(self, function, rows, counts, time):
        """Return what a function writes into so many rows."""
        counts = np.asarray(counts, float)
        shape = counts.shape[1:] if isinstance(time, float) else np.broadcast_shapes(counts.shape[1:], np.shape(time))
        found = np.empty((rows, *shape))
        with np.errstate(all="ignore"):
            function(counts, time, self.values, self.constants, found)
        return found

    @cached_property
    def _propensity_function(self):
        return _rows(self.propensity_source(vectorised=True))

    @cached_property
    def _rate_function(self):
        return _rows(self.propensity_source(vectorised=True, macroscopic=True))

    def propensities(self, counts, t=0.0):
        """Return the probability per time of each reaction.

        Parameters
        ----------
        counts : array_like, shape (species, …)
            Counts of molecules.
        t : float or array_like
            Time, for rate laws that depend on it.

        Returns
        -------
        numpy.ndarray, shape (reactions, …)
            Propensities.

        Examples
        --------
        >>> Network.mass_action({"2 A -> B": 3.0}).propensities([4, 0])
        array([18.])
        """
        return self._evaluate(self._propensity_function, len(self.reactions), counts, t)

    def rates(self, amounts, t=0.0):
        """Return the deterministic rate of each reaction, in molecules per time.

        Parameters
        ----------
        amounts : array_like, shape (species, …)
            Amounts of molecules, whole or not.
        t : float or array_like
            Time.

        Returns
        -------
        numpy.ndarray, shape (reactions, …)
            Rates: those of mass action for many molecules, else the formula of the propensity.

        Examples
        --------
        >>> Network.mass_action({"2 A -> B": 3.0}).rates([4, 0])
        array([24.])
        """
        return self._evaluate(self._rate_function, len(self.reactions), amounts, t)

    def derivative(self, t, amounts):
        """Return the right-hand side of the rate equations, in the order of arguments that ODE solvers expect.

        Parameters
        ----------
        t : float
            Time.
        amounts : array_like, shape (species, …)
            Amounts of molecules.

        Returns
        -------
        numpy.ndarray, shape (species, …)
            Change per time.

        Examples
        --------
        >>> Network.mass_action({"2 A -> B": 3.0}).derivative(0.0, [4, 0])
        array([-48.,  24.])
        """
        return np.tensordot(self.change.T.astype(float), self.rates(amounts, t), axes=1)

    @cached_property
    def _jacobian_texts(self):
        places = self._places | {f"C{r}'": f"c[{r}]" for r in range(len(self.reactions))}
        trees = [self._ways(r, macroscopic=True) for r in range(len(self.reactions))]
        slopes = {
            (r, s): formula.derivative(tree, name)
            for r, tree in enumerate(trees)
            for s, name in enumerate(self.species)
        }
        texts = {key: formula.source(tree, places, vectorised=True) for key, tree in slopes.items()}
        return {key: text for key, text in texts.items() if text != "0.0"}

    def jacobian(self, t, amounts):
        """Return the exact Jacobian of `derivative`, from the derivatives of the formulas.

        Parameters
        ----------
        t : float
            Time.
        amounts : array_like, shape (species, …)
            Amounts of molecules.

        Returns
        -------
        numpy.ndarray, shape (species, species, …)
            Slope of the change of each species (first axis) with the amount of each (second axis).

        Examples
        --------
        >>> Network.mass_action({"2 A -> B": 3.0}).jacobian(0.0, [4, 0])
        array([[-24.,   0.],
               [ 12.,   0.]])
        """
        texts = self._jacobian_texts
        values = self._evaluate(_rows(texts.values()), len(texts), amounts, t)
        slopes = np.zeros((len(self.reactions), len(self.species), *values.shape[1:]))
        for (r, s), value in zip(texts, values, strict=True):
            slopes[r, s] = value
        return np.tensordot(self.change.T.astype(float), slopes, axes=1)

    def holds(self, condition, counts):
        """Say for which counts a condition on species and parameters holds.

        Parameters
        ----------
        condition : str
            Such as ``"X >= 250"``.
        counts : array_like, shape (species, …)
            Counts of molecules.

        Returns
        -------
        numpy.ndarray of bool
            One for each state.

        Examples
        --------
        >>> Network.mass_action({"X -> 0": 1.0}).holds("X > 2", [[1, 2, 3]])
        array([False, False,  True])
        """
        self._known(condition, {*self.species, *self.parameters, *self.rules, "volume"}, f"condition {condition!r}")
        text = formula.source(self.tree(condition), self._places, vectorised=True)
        return self._evaluate(_rows([text]), 1, counts, 0.0)[0] > 0

    def observe(self, counts, t=0.0):
        """Return the values of the rules.

        Parameters
        ----------
        counts : array_like, shape (species, …)
            Counts of molecules; transpose what `simulate` returns with ``np.moveaxis(found, -1, 0)``.
        t : float or array_like
            Time.

        Returns
        -------
        dict of str to numpy.ndarray
            Value by name of the rule.

        Examples
        --------
        >>> network = Network.mass_action({"2 X -> Y": 1.0}, rules={"total": "X + 2*Y"})
        >>> network.observe([[4, 2], [0, 1]])
        {'total': array([4., 4.])}
        """
        texts = [formula.source(tree, self._places, vectorised=True) for tree in self._rules.values()]
        return dict(zip(self._rules, self._evaluate(_rows(texts), len(texts), counts, t), strict=True))

    @cached_property
    def conservation_laws(self):
        """Weights of independent sums of counts that no reaction changes, in whole numbers, shape (laws, species).

        A basis of the left null space of the stoichiometry by exact elimination. Events may break them.
        """
        return _null_space(self.change)

    def check_conserved(self, weights):
        """Raise an error that names the reaction if one changes a weighted sum of counts.

        Parameters
        ----------
        weights : dict of str to float
            Weight by species; species that are not named do not count.

        Raises
        ------
        ValueError
            If a species is unknown or a reaction changes the sum.

        Examples
        --------
        >>> Network.mass_action({"2 A -> B": 1.0}).check_conserved({"A": 1, "B": 2})
        """
        for name in weights:
            if name not in self.species:
                raise ValueError(f"unknown species {name!r}; the network has {', '.join(self.species)}")
        vector = np.array([weights.get(name, 0) for name in self.species], float)
        total = " + ".join(f"{weight:g} {name}" for name, weight in weights.items())
        for reaction, gained in zip(self.reactions, self.change @ vector, strict=True):
            if abs(gained) > 1e-12 * np.abs(vector).max(initial=0.0):
                raise ValueError(
                    f"reaction {str(reaction)!r} changes {total} by {gained:g}, which was promised to be kept"
                )

    @cached_property
    def is_timeless(self):
        """Whether no rate law depends on time and there are no events."""
        return not self.events and not any("t" in formula.names(tree) for tree in self._trees)

    @cached_property
    def _trees(self):
        return [self._ways(r, macroscopic=False) for r in range(len(self.reactions))]

    def names_of(self, reaction):
        """Return the species and other names on which the propensity of a reaction depends.

        Parameters
        ----------
        reaction : int
            Index of the reaction.

        Returns
        -------
        set of str
            Names, with rules written out.
        """
        return formula.names(self._trees[reaction])

    @cached_property
    def breaks(self):
        """Times at which conditions on time change, in rate laws and events, each with the next number above it."""
        conditions = [self.tree(event.when) for event in self.events]
        found = [
            time
            for tree in (*self._trees, *conditions)
            for time in formula.crossings(tree, {*self.parameters, "volume"})
        ]
        place = {name: text for name, text in self._places.items() if text.startswith("p")}
        values = np.empty(len(found))
        lines = tuple(f"out[{i}] = {formula.source(tree, place, True)}" for i, tree in enumerate(found))
        function_of(lines)(None, None, self.values, None, values)
        values = values[np.isfinite(values) & (values >= 0)]
        return np.unique(np.concatenate([values, np.nextafter(values, np.inf)]))

    @cached_property
    def is_smooth(self):
        """Whether some rate law changes with time between the `breaks`, so that simulation needs thinning."""
        return any(formula.depends_smoothly_on_time(tree) for tree in self._trees)

    def program(self, vectorised):
        """Return statements that evaluate propensities, bounds, conditions and assignments, by name of the part.

        Parameters
        ----------
        vectorised : bool
            Whether for whole arrays.

        Returns
        -------
        dict of str to (tuple of str)
            "propensities" and "bounds" (reactions), "conditions" (events), "assignments" (by event).
        """
        places = self._places | {f"C{r}'": f"c[{r}]" for r in range(len(self.reactions))}

        def write(tree):
            return formula.source(tree, places, vectorised)

        conditions = [write(self.tree(event.when)) for event in self.events]
        return {
            "propensities": tuple(f"out[{r}] = {write(tree)}" for r, tree in enumerate(self._trees)),
            "bounds": tuple(
                f"out[{r}] = {formula.interval_source(tree, places, vectorised)}[1]"
                for r, tree in enumerate(self._trees if self.is_smooth else ())
            ),
            "conditions": tuple(
                f"out[{e}] = {text}" if vectorised else f"out[{e}] = 1.0 if {text} else 0.0"
                for e, text in enumerate(conditions)
            ),
            "assignments": tuple(
                tuple(f"out[{self.species.index(name)}] = {write(self.tree(value))}" for name, value in event.assign)
                for event in self.events
            ),
        }

    @cached_property
    def linear(self):
        """Constant c and slopes L of propensities c + L n that are linear in the counts, or None.

        None too if a propensity depends on time or if there are events.
        """
        if not self.is_timeless or not all(formula.is_linear(tree, self.species) for tree in self._trees):
            return None
        count = len(self.species)
        rates = self.propensities(np.column_stack([np.zeros(count), np.eye(count)]))
        return rates[:, 0], rates[:, 1:] - rates[:, :1]


def _null_space(change):
    """Return whole-number vectors w with change @ w = 0 that span all of them."""
    rows = [[Fraction(int(value)) for value in row] for row in change]
    pivots, count = [], change.shape[1]
    for column in range(count):
        at = next((i for i in range(len(pivots), len(rows)) if rows[i][column]), None)
        if at is None:
            continue
        here = len(pivots)
        rows[here], rows[at] = rows[at], rows[here]
        rows[here] = [value / rows[here][column] for value in rows[here]]
        for i in range(len(rows)):
            if i != here and rows[i][column]:
                rows[i] = [a - rows[i][column] * b for a, b in zip(rows[i], rows[here], strict=True)]
        pivots.append(column)
    laws = []
    for free in sorted(set(range(count)) - set(pivots)):
        law = [Fraction(int(column == free)) for column in range(count)]
        for row, pivot in zip(rows, pivots, strict=False):
            law[pivot] = -row[free]
        scale = math.lcm(*(value.denominator for value in law))
        laws.append([int(value * scale) for value in law])
    return np.array(laws, np.int64).reshape(-1, count)
