"""Stiff ordinary differential equations, many systems at once, by a Rosenbrock method of order five."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

GAMMA = 0.21193756319429014
STEP_A = np.array([
    [0, 0, 0, 0, 0, 0, 0, 0],
    [3.0, 0, 0, 0, 0, 0, 0, 0],
    [2.849394379747939, 0.45842242204463923, 0, 0, 0, 0, 0, 0],
    [-6.954028509809101, 2.489845061869568, -10.358996098473584, 0, 0, 0, 0, 0],
    [2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641, 0, 0, 0, 0],
    [-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946, 0, 0, 0],
    [-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946, 1, 0, 0],
    [-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946, 1, 1, 0],
])  # fmt: skip
STEP_C = np.array([
    [0, 0, 0, 0, 0, 0, 0, 0],
    [-14.155112264123755, 0, 0, 0, 0, 0, 0, 0],
    [-17.97296035885952, -2.859693295451294, 0, 0, 0, 0, 0, 0],
    [147.12150275711716, -1.41221402718213, 71.68940251302358, 0, 0, 0, 0, 0],
    [165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306, 0, 0, 0, 0],
    [24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471, 0, 0, 0],
    [30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
     -28.087943162872662, 0, 0],
    [37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
     -54.66780262877968, -9.48861652309627, 0],
])  # fmt: skip
NODES = np.array([0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1, 1, 1])
DRIFT = np.array([GAMMA, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0, 0, 0])
DENSE = np.array([
    [25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073,
     1.1241088310450404, 0.4272876194431874, -0.17202221070155493],
    [-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044,
     15.98066361424651, -6.789040303419874, -6.710236069923372],
    [11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643, -52.072871366152654,
     -59.78993625266729, -0.15582684282751913, 4.883087185713722],
])  # fmt: skip
METHODS = ("compiled", "numpy")
TERM = re.compile(r"\s*(\d*)\s*([^\W\d]\w*)?\s*")
COMPLEX_STEP = 1e-30


class StiffError(RuntimeError):
    """A system could not be integrated to the last time; the message says which, where and what to change."""


@dataclass(frozen=True)
class Runs:
    """What a stiff integration returns.

    Attributes
    ----------
    t : numpy.ndarray, shape (times,)
        The times asked for.
    y : numpy.ndarray, shape (variables, times) or (variables, systems, times)
        The variables at those times; the axis of systems is there if more than one was asked for.
    steps, rejected : numpy.ndarray of int, shape (systems,)
        Accepted and rejected steps of each system.
    """

    t: np.ndarray
    y: np.ndarray
    steps: np.ndarray
    rejected: np.ndarray


@dataclass(frozen=True)
class Kinetics:
    """Mass-action kinetics as index arrays: the flow of reaction r is k_r times the product of its reactants.

    Attributes
    ----------
    species : tuple of str
        Names of the variables.
    reactants : tuple of tuple of int
        For each reaction the indices of its reactants, one for each molecule: ``(0, 0)`` stands for 2 A.
    change : numpy.ndarray, shape (reactions, species)
        What one event of each reaction adds to each species.

    Raises
    ------
    ValueError
        If a reactant does not exist, or the shapes contradict each other.

    Examples
    --------
    >>> binding = Kinetics.of("E + S -> C", "C -> E + S", "C -> E + P")
    >>> binding.species
    ('E', 'S', 'C', 'P')
    >>> binding.speeds(np.array([0.1, 1.0, 0.0, 0.0]), np.array([10.0, 1.0, 1.0])).tolist()
    [-1.0, -1.0, 1.0, 0.0]
    """

    species: tuple
    reactants: tuple
    change: np.ndarray

    def __post_init__(self):
        change = np.array(self.change, dtype=float)
        object.__setattr__(self, "change", change)
        object.__setattr__(self, "reactants", tuple(tuple(int(i) for i in side) for side in self.reactants))
        if change.shape != (len(self.reactants), len(self.species)):
            raise ValueError(
                f"change has shape {change.shape}, but there are {len(self.reactants)} reactions and "
                f"{len(self.species)} species: it needs shape {(len(self.reactants), len(self.species))}"
            )
        if not np.all(np.isfinite(change)):
            raise ValueError(f"change must be finite, got {change[~np.isfinite(change)][0]}")
        for r, side in enumerate(self.reactants):
            for i in side:
                if not 0 <= i < len(self.species):
                    raise ValueError(
                        f"reaction {r} uses species {i}, but there are species 0 to {len(self.species) - 1}"
                    )

    @classmethod
    def of(cls, *reactions, species=()):
        """Return the kinetics of reactions such as ``"2 A + B -> C"``; ``0`` stands for nothing.

        Parameters
        ----------
        *reactions : str
            Reactions with one arrow each; the order is that of their rate constants.
        species : sequence of str
            Names that come first, in this order; others follow as they appear.

        Returns
        -------
        Kinetics
            The network.

        Raises
        ------
        ValueError
            If a reaction cannot be read.

        Examples
        --------
        >>> Kinetics.of("2 A -> B").reactants
        ((0, 0),)
        """
        sides = [_sides(reaction) for reaction in reactions]
        names = list(dict.fromkeys([*species, *(name for pair in sides for side in pair for name in side)]))
        change = np.zeros((len(sides), len(names)))
        for row, (left, right) in zip(change, sides, strict=True):
            for name in left:
                row[names.index(name)] -= 1.0
            for name in right:
                row[names.index(name)] += 1.0
        return cls(tuple(names), tuple(tuple(names.index(n) for n in left) for left, _ in sides), change)

    @classmethod
    def from_network(cls, network):
        """Return the kinetics of a `mslib.numerics.network.Network` and its rate constants for amounts.

        Parameters
        ----------
        network : mslib.numerics.network.Network
            A network of mass action without events.

        Returns
        -------
        kinetics : Kinetics
            The same reactions.
        constants : numpy.ndarray, shape (reactions,)
            Rate constants k of the deterministic rates k ∏ nˢ.

        Raises
        ------
        ValueError
            If a reaction is not of mass action, or the network has events.

        Examples
        --------
        >>> from mslib.numerics.network import Network
        >>> kinetics, constants = Kinetics.from_network(Network.mass_action({"2 A -> B": 3.0}))
        >>> kinetics.reactants, constants.tolist()
        (((0, 0),), [1.5])
        """
        if not network.is_mass_action or network.events:
            raise ValueError("Kinetics needs a network of mass action without events: use solve_systems with its "
                             "derivative and jacobian, or integrate")  # fmt: skip
        sides = [[network.species.index(name) for name, amount in reaction.reactants for _ in range(amount)]
                 for reaction in network.reactions]  # fmt: skip
        return cls(network.species, tuple(map(tuple, sides)), network.change), network.rates(
            np.ones(len(network.species))
        )

    def speeds(self, y, k):
        """Return dy/dt, shape (species, …), for concentrations (species, …) and constants (reactions, …).

        Examples
        --------
        >>> Kinetics.of("A -> 0").speeds(np.array([2.0]), np.array([3.0])).tolist()
        [-6.0]
        """
        table, _, _ = self._tables
        return np.tensordot(self.change.T, _times(k, _with_ones(y)[table].prod(axis=1)), axes=1)

    def jacobian(self, y, k):
        """Return the derivatives of `speeds`, shape (species, species, …): row i, column j holds ∂(dyᵢ/dt)/∂yⱼ.

        Examples
        --------
        >>> Kinetics.of("2 A -> 0").jacobian(np.array([3.0]), np.array([1.0])).tolist()
        [[-12.0]]
        """
        _, others, scatter = self._tables
        reaction = np.repeat(np.arange(len(self.reactants)), [len(side) for side in self.reactants])
        slopes = _times(np.asarray(k)[reaction], _with_ones(y)[others].prod(axis=1))
        size = len(self.species)
        flat = scatter @ slopes.reshape(len(slopes), -1)
        return flat.reshape(size, size, *y.shape[1:])

    @cached_property
    def _tables(self):
        """Reactants of each reaction, the others of each slot (padded by a species that is one), and the scatter."""
        size, width = len(self.species), max([len(side) for side in self.reactants] or [0]) or 1
        table = [[*side, *[size] * (width - len(side))] for side in self.reactants]
        slots = [(r, slot) for r, side in enumerate(self.reactants) for slot in range(len(side))]
        others = [[i if other != slot else size for other, i in enumerate(table[r])] for r, slot in slots]
        scatter = np.zeros((size, size, len(slots)))
        for column, (r, slot) in enumerate(slots):
            scatter[:, self.reactants[r][slot], column] = self.change[r]
        wide = (len(slots), width)
        return (
            np.array(table, np.intp),
            np.array(others, np.intp).reshape(wide),
            csr_array(scatter.reshape(size**2, -1)),
        )

    @cached_property
    def plan(self):
        """The order of elimination and the lists of operations by which the compiled loop factorises I/(hγ) − J."""
        return _plan(self)


def _with_ones(y):
    return np.concatenate([y, np.ones((1, *np.shape(y)[1:]))])


def _times(k, values):
    """Multiply rows by constants, one a row or one a row and system."""
    return np.reshape(k, (*np.shape(k), *[1] * (values.ndim - np.ndim(k)))) * values


def _sides(reaction):
    if reaction.count("->") != 1:
        raise ValueError(f"reaction {reaction!r} must have one arrow, as in 'A + B -> C'")
    return [_molecules(side, reaction) for side in reaction.split("->")]


def _molecules(side, reaction):
    found = []
    for term in side.split("+"):
        amount, name = (TERM.fullmatch(term) or TERM.fullmatch("")).groups()
        if name is None and amount != "0":
            raise ValueError(f"reaction {reaction!r}: {term.strip()!r} is not a species, such as 'A', '2 A' or '0'")
        found += [name] * int(amount or 1) if name else []
    return found


def _pattern(kinetics):
    """Return which entries of the Jacobian can differ from zero; the diagonal always counts."""
    pattern = np.eye(len(kinetics.species), dtype=bool)
    for side, change in zip(kinetics.reactants, kinetics.change, strict=True):
        for j in side:
            pattern[np.flatnonzero(change), j] = True
    return pattern


def _elimination(pattern):
    """Return an order of pivots that makes few new entries (Markowitz), and the pattern with those entries."""
    left, filled = set(range(len(pattern))), pattern.copy()
    order = []
    while left:
        rest = sorted(left)
        cost = {p: (filled[rest, p].sum() - 1) * (filled[p, rest].sum() - 1) for p in rest}
        pivot = min(rest, key=cost.get)
        left.discard(pivot)
        order.append(pivot)
        rows = [i for i in left if filled[i, pivot]]
        columns = [j for j in left if filled[pivot, j]]
        filled[np.ix_(rows, columns)] = True
    return np.array(order, dtype=np.intp), filled


def _lists(groups):
    """Return a list of lists as offsets and one flat array of each member of its tuples."""
    offsets = np.cumsum([0, *(len(group) for group in groups)]).astype(np.intp)
    flat = [member for group in groups for member in group]
    width = len(flat[0]) if flat else 2
    columns = [np.array([member[c] for member in flat]) for c in range(width)]
    return offsets, columns


def _whole(array):
    return np.asarray(array, dtype=np.intp)


def _plan(kinetics):
    order, filled = _elimination(_pattern(kinetics))
    rank = np.argsort(order)
    filled = filled[np.ix_(order, order)]
    rows, columns = np.nonzero(filled)
    at = {(i, j): number for number, (i, j) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True))}
    size = len(order)
    change = kinetics.change[:, order]
    sides = [[int(rank[i]) for i in side] for side in kinetics.reactants]
    of_reaction, (reactant, _) = _lists([[(i, 0) for i in side] for side in sides])
    by_reaction, (changed, amount) = _lists([[(int(i), row[i]) for i in np.flatnonzero(row)] for row in change])
    by_slot, (place, weight) = _lists(
        [[(at[int(i), j], row[i]) for i in np.flatnonzero(row)] for row, side in zip(change, sides, strict=True)
         for j in side])  # fmt: skip
    diagonal = _whole([at[i, i] for i in range(size)])
    network = (of_reaction, _whole(reactant), by_reaction, _whole(changed), np.asarray(amount, float))
    jacobian = (by_slot, _whole(place), np.asarray(weight, float), diagonal)
    return order, network, jacobian, _program(filled, at), _triangles(filled, at)


def _program(filled, at):
    """Return the list of operations of a Gaussian elimination without pivoting on a sparse pattern."""
    size, factors, operations = len(filled), [], []
    for p in range(size):
        later = np.arange(p + 1, size)
        below, right = later[filled[p + 1 :, p]].tolist(), later[filled[p, p + 1 :]].tolist()
        factors.append([(at[i, p], p) for i in below])
        operations += [[(at[i, j], at[p, j]) for j in right] for i in below]
    by_column, (below, pivot_of) = _lists(factors)
    by_factor, (target, source) = _lists(operations)
    entries = np.array([len(at)], dtype=np.intp)
    return entries, by_column, _whole(below), _whole(pivot_of), by_factor, _whole(target), _whole(source)


def _triangles(filled, at):
    """Return the entries below and above the diagonal by column: offsets, rows and places."""
    size = len(filled)
    low, (low_row, low_at) = _lists([[(i, at[i, j]) for i in range(j + 1, size) if filled[i, j]] for j in range(size)])
    high, (high_row, high_at) = _lists([[(i, at[i, j]) for i in range(j) if filled[i, j]] for j in range(size)])
    return _whole(low_row), _whole(low_at), low, _whole(high_row), _whole(high_at), high


def solve_network(kinetics, start, constants, times, *, rtol=1e-6, atol=None, most=100_000, method=None, executor=None):
    """Integrate mass-action networks, one for each set of rate constants, and return the variables at `times`.

    Rodas5P: a Rosenbrock–Wanner method of order five with eight stages, L-stable and stiffly accurate, with an
    embedded method of order four that sets the step, and an interpolant of order four for the `times`. The
    estimated error of each step stays below ``rtol |y| + atol``. The compiled loop factorises the matrix along a
    list of operations prepared once for the pattern of the network, without pivoting; rate constants are data,
    so that a change of them never compiles anything.

    Parameters
    ----------
    kinetics : Kinetics
        The network.
    start : array_like, shape (species,) or (species, systems)
        Concentrations at ``times[0]``.
    constants : array_like, shape (reactions,) or (reactions, systems)
        Rate constants, not negative.
    times : array_like, shape (times,)
        Increasing times; the first is the initial time.
    rtol : float
        Relative tolerance.
    atol : float or array_like, shape (species,), optional
        Absolute tolerance; by default 10⁻³ `rtol` times the largest start value.
    most : int
        Steps after which to give up.
    method : str, optional
        "compiled" or "numpy"; by default compiled if numba is installed.
    executor : concurrent.futures.Executor, optional
        Threads that share the systems; the compiled loop releases the interpreter's lock.

    Returns
    -------
    Runs
        Times, variables, and the number of steps.

    Raises
    ------
    ValueError
        If an argument contradicts the others; the message names it.
    StiffError
        If a system cannot be integrated; the message says which one, where, and what to change.

    References
    ----------
    Steinebach, G. (2023) Construction of Rosenbrock–Wanner method Rodas5P and numerical benchmarks within
    the Julia Differential Equations package. BIT Numer. Math. 63, 27. https://doi.org/10.1007/s10543-023-00967-x
    Sandu, A. et al. (1997) Benchmarking stiff ODE solvers for atmospheric chemistry problems II: Rosenbrock
    solvers. Atmos. Environ. 31, 3459-3472. https://doi.org/10.1016/S1352-2310(97)83212-8
    Markowitz, H. M. (1957) The elimination form of the inverse and its application to linear programming.
    Manage. Sci. 3, 255-269. https://doi.org/10.1287/mnsc.3.3.255

    Examples
    --------
    >>> run = solve_network(Kinetics.of("A -> B"), [1.0, 0.0], [[0.5, 2.0]], [0.0, 1.0])
    >>> bool(np.allclose(run.y[0, :, 1], np.exp([-0.5, -2.0]), rtol=1e-5))
    True
    """
    start, constants, single = _checked_sets(kinetics, start, constants)
    times = _checked_times(times)
    rtol, atol = _checked_tolerances(rtol, atol, start, kinetics.species)
    method = _checked_method(method)
    if method == "numpy":
        runs = solve_systems(lambda t, y, k: kinetics.speeds(y, k), start, times, constants, rtol=rtol, atol=atol,
                             jacobian=lambda t, y, k: kinetics.jacobian(y, k), names=kinetics.species, most=most,
                             autonomous=True)  # fmt: skip
    else:
        runs = _compiled(kinetics, start, constants, times, rtol, atol, most, executor)
    return Runs(runs.t, runs.y[:, 0], runs.steps, runs.rejected) if single else runs


def _checked_method(method):
    if method not in (None, *METHODS):
        raise ValueError(f"method must be 'compiled' or 'numpy', got {method!r}")
    if method != "numpy":
        try:
            from . import _stiff_kernels  # noqa: F401
        except ImportError:
            if method == "compiled":
                raise ValueError("method='compiled' needs numba: install it, or use method='numpy'") from None
            return "numpy"
    return method or "compiled"


def _finite(name, values, labels):
    values = np.array(values, dtype=float)
    if not np.all(np.isfinite(values)):
        bad = tuple(np.argwhere(~np.isfinite(values))[0])
        system = f" of system {bad[1]}" if len(bad) > 1 else ""
        raise ValueError(f"{name} of {labels[bad[0]]}{system} must be a finite number, got {values[bad]}")
    return values


def _checked_sets(kinetics, start, constants):
    """Return start and constants with one column a system, and whether there is one system only."""
    start, constants = np.asarray(start, float), np.asarray(constants, float)
    for name, values, length, what in (
        ("start", start, len(kinetics.species), "species"),
        ("constants", constants, len(kinetics.reactants), "reactions"),
    ):  # fmt: skip
        if values.ndim not in (1, 2) or len(values) != length:
            raise ValueError(f"{name} has shape {values.shape}, but the network has {length} {what}: "
                             f"it needs shape ({length},) or ({length}, systems)")  # fmt: skip
    start = _finite("start", start, kinetics.species)
    constants = _finite("constants", constants, [f"reaction {r}" for r in range(len(constants))])
    if np.any(constants < 0):
        bad = tuple(np.argwhere(constants < 0)[0])
        raise ValueError(f"the rate constant of reaction {bad[0]} must not be negative, got {constants[bad]:g}")
    sizes = {values.shape[1] for values in (start, constants) if values.ndim == 2}
    if len(sizes) > 1:
        raise ValueError(f"start has {start.shape[1]} systems, but constants has {constants.shape[1]}")
    systems = sizes.pop() if sizes else 1
    single = start.ndim == constants.ndim == 1
    spread = [np.repeat(v[:, None], systems, axis=1) if v.ndim == 1 else v for v in (start, constants)]
    return *spread, single


def _checked_times(times):
    times = np.array(times, dtype=float)
    if times.ndim != 1 or len(times) < 2 or not np.all(np.isfinite(times)):
        raise ValueError(f"times must be at least two finite times, got {times!r}")
    late = np.flatnonzero(np.diff(times) <= 0)
    if late.size:
        raise ValueError(f"times must increase, but times[{late[0] + 1}] = {times[late[0] + 1]:g} "
                         f"follows {times[late[0]]:g}")  # fmt: skip
    return times


def _checked_tolerances(rtol, atol, start, names):
    if not 1e-12 <= rtol <= 0.1:
        raise ValueError(f"rtol must lie between 1e-12 and 0.1, got {rtol!r}")
    if atol is None:
        atol = 1e-3 * rtol * (np.abs(start).max() or 1.0)
    atol = np.array(np.broadcast_to(np.asarray(atol, float), (len(start),)))
    if not np.all(np.isfinite(atol)) or np.any(atol <= 0):
        bad = int(np.flatnonzero(~(atol > 0) | ~np.isfinite(atol))[0])
        raise ValueError(f"atol of {names[bad]} must be a positive number, got {atol[bad]}")
    return float(rtol), atol


def _compiled(kinetics, start, constants, times, rtol, atol, most, executor):
    from ._stiff_kernels import run_all

    order, network, jacobian, program, lists = kinetics.plan
    tableau = (STEP_A, STEP_C, DENSE, GAMMA)
    first, k = np.ascontiguousarray(start[order].T), np.ascontiguousarray(constants.T)
    out = np.full((len(first), len(times), len(order)), np.nan)
    reports, ends = np.zeros((len(first), 3)), np.zeros(len(first), dtype=np.intp)
    steps = _first_steps(start, kinetics.speeds(start, constants), rtol, atol[:, None], times[-1] - times[0])
    blocks = np.array_split(np.arange(len(first)), min(len(first), 16)) if executor else [np.arange(len(first))]

    def work(block):
        part = slice(block[0], block[-1] + 1)
        run_all(first[part], k[part], steps[part], times, rtol, atol[order], most, network, jacobian, program, lists,
                tableau, out[part], reports[part], ends[part])  # fmt: skip

    list((executor.map if executor else map)(work, blocks))
    y = np.empty((len(order), len(first), len(times)))
    y[order] = np.moveaxis(out, 2, 0)
    if ends.any():
        s = int(np.flatnonzero(ends)[0])
        _give_up(int(ends[s]), s, len(first), reports[s, 2], most, times)
    return Runs(times, y, reports[:, 0].astype(np.intp), reports[:, 1].astype(np.intp))


def _give_up(why, system, systems, t, most, times):
    who = f"system {system} of {systems}" if systems > 1 else "the system"
    if why == 1:
        raise StiffError(
            f"{who}: the step became too small at t = {t:.6g}: the solution may blow up or jump there, or the rates "
            f"are not finite; end the times before it (they end at {times[-1]:g}), or look at this system's constants"
        )
    raise StiffError(
        f"{who}: more than {most} steps, and only at t = {t:.6g}: loosen rtol or atol, end the times earlier "
        f"(they end at {times[-1]:g}), or allow more steps"
    )


class _Slopes:
    """The user's rates and their derivatives on a batch of systems, every answer checked."""

    def __init__(self, rates, jacobian, start, times, parameters, names, autonomous):
        self.rates, self.given, self.names, self.autonomous = rates, jacobian, names, autonomous
        size, systems = start.shape
        t = np.full(systems, times[0])
        slope = self.slope(t, start, parameters)
        if slope.shape != start.shape:
            raise ValueError(f"rates returned shape {slope.shape}, but start has shape {start.shape}")
        self._refuse("the rate of change", slope, t)
        if jacobian is None:
            self._check_analytic(t, start, parameters, slope)
        elif np.shape(jacobian(t, start, parameters)) != (size, size, systems):
            shape = np.shape(jacobian(t, start, parameters))
            raise ValueError(f"jacobian returned shape {shape}; it needs shape {(size, size, systems)}")

    def slope(self, t, y, p):
        with np.errstate(all="ignore"):
            return np.asarray(self.rates(t, y, p))

    def _refuse(self, what, values, t):
        if not np.all(np.isfinite(values)):
            i, s = np.argwhere(~np.isfinite(values))[0]
            raise StiffError(f"system {s}: {what} of {self.names[i]} is {values[i, s]} at t = {t[s]:.6g}: look for a "
                             "division by zero, or a root or logarithm of a negative number")  # fmt: skip

    def derivatives(self, t, y, p, h):
        """Return the Jacobian, shape (variables, variables, systems), and the derivative by time."""
        if self.given is not None:
            with np.errstate(all="ignore"):
                return np.asarray(self.given(t, y, p), float), self._by_time(t, y, p, h)
        size, systems = y.shape
        shifts = np.zeros((size + 1, size + 1, systems), complex)
        shifts[np.arange(size + 1), np.arange(size + 1)] = 1j * COMPLEX_STEP
        states = (np.concatenate([y, t[None]])[:, None, :] + shifts).reshape(size + 1, -1)
        every = None if p is None else np.tile(p, size + 1)
        slopes = self.slope(states[-1], states[:-1], every).imag / COMPLEX_STEP
        slopes = slopes.reshape(size, size + 1, systems)
        return slopes[:, :-1], slopes[:, -1]

    def _by_time(self, t, y, p, h):
        if self.autonomous:
            return np.zeros_like(y)
        small = 1e-3 * h
        return (self.slope(t + small, y, p) - self.slope(t - small, y, p)) / (2.0 * small)

    def _check_analytic(self, t, y, p, slope):
        """Refuse rates whose complex step does not see what a finite difference sees."""
        advice = "give a jacobian, or write the rates without abs, max, comparisons and casts to real numbers"
        try:
            exact, _ = self.derivatives(t, y, p, None)
        except TypeError as error:
            raise ValueError(f"rates do not take complex numbers ({error}): {advice}") from error
        for j in range(len(y)):
            step = 1e-6 * np.maximum(np.abs(y[j]), 1e-3 * np.abs(y).max(axis=0) + 1e-30)
            moved = y.copy()
            moved[j] += step
            rough, size = (self.slope(t, moved, p) - slope) / step, np.abs(exact[:, j]) + np.abs(slope) / (step * 1e8)
            if np.any(np.abs(rough - exact[:, j]) > 1e-2 * size + 1e-6 * np.abs(exact).max()):
                raise ValueError(f"rates are not analytic in {self.names[j]} near the start: {advice}")


def solve_systems(
    rates, start, times, parameters=None, *, jacobian=None, names=None, rtol=1e-6, atol=None, most=100_000,
    autonomous=False,
):  # fmt: skip
    """Integrate dy/dt = rates(t, y, parameters) for many systems side by side, each with steps of its own.

    The method is that of `solve_network` (Rodas5P, order five); every step is one pass of array operations over
    all systems that are not finished. Without a `jacobian` the derivatives are taken by complex steps, exact to
    rounding.

    Parameters
    ----------
    rates : callable
        ``rates(t, y, parameters)`` with t of shape (systems,), y of shape (variables, systems) and parameters with
        systems as the last axis; returns the shape of y. Systems that are finished are left out of later calls.
    start : array_like, shape (variables, systems)
        State at ``times[0]``.
    times : array_like, shape (times,)
        Increasing times; the first is the initial time.
    parameters : array_like, shape (…, systems), optional
        Handed to `rates` and `jacobian`.
    jacobian : callable, optional
        ``jacobian(t, y, parameters)`` of shape (variables, variables, systems).
    names : sequence of str, optional
        Names of the variables, for messages.
    rtol, atol, most
        As in `solve_network`.
    autonomous : bool
        Whether rates with a `jacobian` are known not to depend on t.

    Returns
    -------
    Runs
        With y of shape (variables, systems, times).

    Raises
    ------
    ValueError
        If an argument contradicts the others, or the rates are not analytic and no jacobian is given.
    StiffError
        If a system cannot be integrated; the message says which one, where, and what to change.

    References
    ----------
    Steinebach, G. (2023) BIT Numer. Math. 63, 27. https://doi.org/10.1007/s10543-023-00967-x
    Squire, W. & Trapp, G. (1998) Using complex variables to estimate derivatives of real functions.
    SIAM Rev. 40, 110-112. https://doi.org/10.1137/S003614459631241X

    Examples
    --------
    >>> def relax(t, y, k):
    ...     return -k * (y - np.cos(t))
    >>> run = solve_systems(relax, np.zeros((1, 2)), [0.0, 2.0], np.array([10.0, 1e6]))
    >>> np.round(run.y[0, 1], 5).tolist()
    [0.0, -0.41615]
    """
    start = np.array(start, dtype=float)
    if start.ndim != 2 or start.size == 0:
        raise ValueError(f"start needs shape (variables, systems), got {start.shape}")
    names = tuple(names) if names is not None else tuple(f"variable {i}" for i in range(len(start)))
    if len(names) != len(start):
        raise ValueError(f"names has {len(names)} entries, but start has {len(start)} variables")
    start, times = _finite("start", start, names), _checked_times(times)
    rtol, atol = _checked_tolerances(rtol, atol, start, names)
    parameters = None if parameters is None else np.asarray(parameters)
    if parameters is not None and (parameters.ndim == 0 or parameters.shape[-1] != start.shape[1]):
        raise ValueError(f"parameters has shape {parameters.shape}: its last axis must count the "
                         f"{start.shape[1]} systems of start")  # fmt: skip
    slopes = _Slopes(rates, jacobian, start, times, parameters, names, autonomous)
    return _Batch(slopes, start, times, parameters, rtol, atol[:, None], most).run()


def _mixed(weights, increments):
    """Return weighted sums over the first axis; much quicker than a tensor product for small arrays."""
    shape = (*weights.shape[:-1], *increments.shape[1:])
    return (weights @ increments.reshape(len(increments), -1)).reshape(shape)


def _first_steps(y, slope, rtol, atol, span):
    """Return steps over which the fastest variable changes by about a hundredth of its weight or value."""
    weight = atol + rtol * np.abs(y)
    size, speed = _size(y / weight), _size(slope / weight)
    plain = 0.01 * size / np.where(speed > 0, speed, 1.0)
    return np.minimum(np.where((size > 0) & (speed > 0), plain, 1e-6 * span), span)


def _size(weighted):
    """Return the root mean square over the variables of each system."""
    return np.sqrt(np.mean(weighted**2, axis=0))


class _Batch:
    """The state of an integration of many systems; systems that have arrived drop out."""

    def __init__(self, slopes, start, times, parameters, rtol, atol, most):
        self.slopes, self.times, self.p, self.rtol, self.atol, self.most = slopes, times, parameters, rtol, atol, most
        self.systems, self.y = start.shape[1], start
        self.t = np.full(self.systems, times[0])
        slope = slopes.slope(self.t, start, parameters)
        self.h = _first_steps(start, slope, rtol, atol, times[-1] - times[0])
        self.row, self.grow = np.ones(self.systems, np.intp), np.full(self.systems, 6.0)
        self.who = np.arange(self.systems)
        self.out = np.empty((*start.shape, len(times)))
        self.out[:, :, 0] = start
        self.steps, self.rejected = np.zeros((2, self.systems), np.intp)

    def run(self):
        while len(self.who):
            self._guard()
            new, error, u = self._attempt()
            good = np.isfinite(error) & (error <= 1.0)
            with np.errstate(all="ignore"):
                factor = np.clip(0.9 * np.maximum(np.nan_to_num(error, nan=np.inf), 1e-10) ** -0.2, 0.1, 6.0)
            self._record(good, new, u)
            self.t = np.where(good, self._after(), self.t)
            self.y = np.where(good, new, self.y)
            self.h = self.h * np.where(good, np.minimum(factor, self.grow), np.minimum(factor, 0.9))
            self.grow = np.where(good, 6.0, 1.0)
            np.add.at(self.steps, self.who[good], 1)
            np.add.at(self.rejected, self.who[~good], 1)
            self._drop()
        return Runs(self.times, self.out, self.steps, self.rejected)

    def _guard(self):
        end, span = self.times[-1], self.times[-1] - self.times[0]
        self.h = np.minimum(self.h, end - self.t)
        tiny = (self.h <= 1e-15 * np.abs(self.t)) | (self.h <= 1e-100 * span)
        many = self.steps[self.who] + self.rejected[self.who] >= self.most
        for why, bad in ((1, tiny), (2, many)):
            if bad.any():
                s = int(np.flatnonzero(bad)[0])
                _give_up(why, int(self.who[s]), self.systems, self.t[s], self.most, self.times)

    def _after(self):
        last = self.times[-1] - self.t <= self.h
        return np.where(last, self.times[-1], self.t + self.h)

    def _attempt(self):
        """Return new states, weighted errors and the eight increments of one step of every system."""
        jacobian, drift = self.slopes.derivatives(self.t, self.y, self.p, self.h)
        shifted = -np.moveaxis(jacobian, 2, 0)
        shifted[:, np.arange(len(self.y)), np.arange(len(self.y))] += (1.0 / (GAMMA * self.h))[:, None]
        bad = ~np.all(np.isfinite(shifted), axis=(1, 2))
        shifted[bad] = np.eye(len(self.y))
        inverse = np.linalg.inv(shifted)
        u = np.zeros((8, *self.y.shape))
        for s in range(8):
            stage = self.y + _mixed(STEP_A[s, :s], u[:s]) if s else self.y
            right = self.slopes.slope(self.t + NODES[s] * self.h, stage, self.p)
            right = right + DRIFT[s] * self.h * drift
            right = right + _mixed(STEP_C[s, :s], u[:s]) / self.h if s else right
            u[s] = np.matmul(inverse, right.T[:, :, None])[:, :, 0].T
        new = stage + u[7]
        weight = self.atol + self.rtol * np.maximum(np.abs(self.y), np.abs(new))
        error = np.maximum(_size(u[7] / weight), _size(self._strayed(new, u, inverse) / weight))
        return new, np.where(bad, np.inf, error), u

    def _strayed(self, new, u, inverse):
        """Return an estimate of the interpolant's error halfway, where a time is asked for within the step."""
        bend = _mixed(DENSE, u)
        middle = 0.5 * (self.y + new + 0.5 * (bend[0] + 0.5 * (bend[1] + 0.5 * bend[2])))
        slope = (new - self.y + 0.25 * (bend[1] + bend[2])) / self.h
        defect = self.slopes.slope(self.t + 0.5 * self.h, middle, self.p) - slope
        inside = self.times[self.row] < self.t + self.h
        return np.where(inside, np.matmul(inverse, defect.T[:, :, None])[:, :, 0].T, 0.0)

    def _record(self, good, new, u):
        """Write the times that lie within the accepted steps, by the interpolant of order four."""
        upto = np.where(good, np.searchsorted(self.times, self._after(), side="right"), self.row)
        counts = upto - self.row
        which = np.repeat(np.arange(len(self.who), dtype=np.intp), counts)
        if which.size:
            first = np.cumsum(counts) - counts
            rows = np.arange(len(which)) - np.repeat(first, counts) + np.repeat(self.row, counts)
            theta = (self.times[rows] - self.t[which]) / self.h[which]
            bend = _mixed(DENSE, u[:, :, which])
            inner = bend[0] + theta * (bend[1] + theta * bend[2])
            values = (1 - theta) * self.y[:, which] + theta * (new[:, which] + (1 - theta) * inner)
            at_end = self.times[rows] == self._after()[which]
            self.out[:, self.who[which], rows] = np.where(at_end, new[:, which], values)
        self.row = upto

    def _drop(self):
        kept = self.row < len(self.times)
        if not kept.all():
            self.t, self.h, self.row, self.grow, self.who = (
                v[kept] for v in (self.t, self.h, self.row, self.grow, self.who)
            )
            self.y = self.y[:, kept]
            self.p = None if self.p is None else self.p[..., kept]
