"""The one description of a network: what is read, what is derived from it, and what is refused."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslib.numerics import formula
from mslib.numerics.network import Event, Network, Reaction, _null_space, function_of
from mslib.numerics.ssa import simulate

MIXED = Network(
    ("A", "B"),
    [
        Reaction.read("A -> B", "k*A/(K + total) * (1 if t < 5 else 2)", "propensity"),
        Reaction.read("2 B -> A", "kd*volume"),
        Reaction.read("0 -> B", "min(A, 3) + max(B, exp(-B)) + abs(A - B) + A**1.5*log(1 + B) + tanh(A)", "propensity"),
    ],
    parameters={"k": 1.0, "K": 2.0, "kd": 0.5}, rules={"double": "2*total", "total": "A + B"}, volume=2.0,
)  # fmt: skip


def test_mass_action_counts_the_ways_to_pick_reactants():
    network = Network.mass_action({"2 A + B -> C": 3.0, "C -> 0": 1.0, "3 A -> A": 2.0})
    assert network.species == ("A", "B", "C")
    assert network.change.tolist() == [[-2, -1, 1], [0, 0, -1], [-2, 0, 0]]
    rates = network.propensities(np.array([[4.0, 1.0], [5.0, 5.0], [2.0, 2.0]]))
    assert rates.tolist() == [[3.0 * 6 * 5, 0.0], [2.0, 2.0], [2.0 * 4, 0.0]]


@pytest.mark.parametrize("reaction", ["A", "A -> B -> C", "A + -> B", "-> A", "2 -> A", "A! -> B", "-1 A -> B"])
def test_a_reaction_that_cannot_be_read_is_named(reaction):
    with pytest.raises(ValueError, match="reaction"):
        Network.mass_action({reaction: 1.0})


@pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf, "k"])
def test_refuses_impossible_rate_constants(rate):
    with pytest.raises(ValueError, match="A -> B"):
        Network.mass_action({"A -> B": rate}, parameters={"k": -1.0})


def test_the_deterministic_rate_is_the_limit_of_many_molecules_at_fixed_concentration():
    """Macroscopic k n²/2 against stochastic k n(n − 1)/2: they differ by 1/n, and volume turns one into the other."""
    for volume in (10.0, 100.0, 1000.0):
        network = Network.mass_action({"2 A -> B": 3.0, "A + B -> 0": 2.0, "0 -> A": 5.0}, volume=volume)
        counts = np.array([4.0, 2.0]) * volume
        assert network.rates(counts) / volume == pytest.approx([3.0 * 16 / 2, 2.0 * 8, 5.0], rel=1e-12)
        ratio = network.propensities(counts) / network.rates(counts)
        assert ratio == pytest.approx([1.0 - 1.0 / (4.0 * volume), 1.0, 1.0], rel=1e-12)


def test_rules_parameters_time_and_volume_enter_formulas():
    assert MIXED.propensities([3.0, 4.0])[:2] == pytest.approx([1.0 * 3 / 9, 0.5 * 2 / 2 * 6])
    assert MIXED.propensities([3.0, 4.0], 7.0)[0] == pytest.approx(2.0 * 3 / 9)
    assert MIXED.with_parameters(k=3.0).propensities([3.0, 4.0])[0] == pytest.approx(1.0)
    assert MIXED.observe(np.array([[3.0, 1.0], [4.0, 0.0]]))["double"].tolist() == [14.0, 2.0]
    assert MIXED.is_timeless is False
    assert MIXED.is_smooth is False
    assert MIXED.breaks == pytest.approx([5.0, 5.0], abs=1e-12)
    assert np.diff(MIXED.breaks)[0] > 0


def test_the_exact_jacobian_agrees_with_central_differences():
    rng = np.random.default_rng(1)
    for x in rng.uniform(0.5, 20.0, (20, 2)):
        steps = 1e-6 * np.eye(2)
        slopes = [(MIXED.derivative(1.0, x + h) - MIXED.derivative(1.0, x - h)) / 2e-6 for h in steps]
        assert MIXED.jacobian(1.0, x) == pytest.approx(np.column_stack(slopes), rel=1e-6, abs=1e-6)
    many = MIXED.jacobian(1.0, rng.uniform(1.0, 5.0, (2, 7)))
    assert many.shape == (2, 2, 7)


NUMBERS = st.floats(0.1, 5.0).map(lambda x: f"{x:.3g}")
FORMULAS = st.recursive(
    NUMBERS | st.sampled_from(["x", "y"]),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from("+-*/"), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        st.tuples(st.sampled_from(["exp", "sin", "cos", "tanh", "abs"]), part).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(part, st.sampled_from(["2", "3"])).map(lambda p: f"({p[0]})**{p[1]}"),
        st.tuples(st.sampled_from(["min", "max"]), part, part).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(FORMULAS, st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_derivatives_of_any_formula_agree_with_differences_where_it_is_smooth(text, x, y):
    scope = {name: getattr(np, name) for name in formula.CALLS} | {"min": min, "max": max}
    slope = formula.source(formula.derivative(formula.parse(text), "x"), {"x": "x", "y": "y"}, vectorised=False)

    def value(x):
        return eval(text, scope | {"x": x, "y": y})

    with np.errstate(all="ignore"):
        exact, h = eval(slope, scope | {"x": np.float64(x), "y": np.float64(y)}), 1e-5
        one, two = (value(np.float64(x + s)) - value(np.float64(x)) for s in (h, -h))
    if np.isfinite(exact) and abs(exact) < 1e3 and abs(one + two) < 1e-6:
        assert (one - two) / (2 * h) == pytest.approx(exact, rel=1e-3, abs=1e-3)


@settings(max_examples=80, deadline=None)
@given(
    FORMULAS.map(lambda text: text.replace("y", "t")), st.floats(0.3, 3.0), st.floats(0.0, 2.0), st.floats(0.01, 2.0)
)
def test_interval_bounds_hold_for_any_formula(text, x, begin, span):
    tree = formula.parse(text)
    network = Network.propensity({"0 -> x": text})
    program = network.program(vectorised=True)["bounds"]
    if not network.is_smooth:
        assert program == ()
        return
    bound, times = np.empty((1, 1)), np.linspace(begin, begin + span, 41)
    with np.errstate(all="ignore"):
        function_of(program)(
            np.array([[x]]), np.array([begin]), network.values, network.constants, bound, np.array([begin + span])
        )
        values = network.propensities(np.full((1, 41), x), times)[0]
    assert "t" in formula.names(tree)
    if np.isfinite(bound[0, 0]):
        assert np.all(values[np.isfinite(values)] <= bound[0, 0] + 1e-9 * abs(bound[0, 0]))


@pytest.mark.parametrize("exponent", ["2", "2.0", "3.0", "4.0", "0.5", "2.5"])
def test_powers_mean_the_same_however_the_exponent_is_written(exponent):
    written = formula.source(formula.parse(f"A**{exponent}"), {"A": "A"}, vectorised=False)
    assert eval(written, {"A": 1.7}) == pytest.approx(1.7 ** float(exponent), rel=1e-15)


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "a.b", "A[0]", "lambda: 1", "[A]", "'A'", "exp(A, 2)", "t +* 3", "1e999", "A if", "(yield)",
     "A := 3", "f'{A}'", "exp", "piecewise(A, t > 1)", "A % 2", "A // 2", "A @ A", "A is 3", "print(A)", "pow(A)"],
)  # fmt: skip
def test_formulas_outside_the_safe_subset_are_refused(text):
    with pytest.raises(ValueError, match=r"formula|unknown name"):
        Network.propensity({"A -> 0": text})


def test_messages_name_what_is_unknown():
    with pytest.raises(ValueError, match="unknown name 'q'"):
        Network.propensity({"A -> 0": "q*A"})
    with pytest.raises(ValueError, match="unknown name 'A'"):
        Network.mass_action({"A -> 0": "2*A"})
    with pytest.raises(ValueError, match="unknown parameter 'q'; the network has k"):
        Network.mass_action({"A -> 0": "k"}, parameters={"k": 1}).with_parameters(q=2)
    with pytest.raises(ValueError, match="used twice"):
        Network.mass_action({"A -> 0": "k"}, parameters={"k": 1, "A": 2})
    with pytest.raises(ValueError, match="'t' cannot name"):
        Network.mass_action({"t -> 0": 1.0})
    with pytest.raises(ValueError, match="depends on itself"):
        Network.mass_action({"A -> 0": 1.0}, rules={"x": "y + A", "y": "x"}).observe([1])
    with pytest.raises(ValueError, match="is not a species"):
        Network(("A",), [], events=[Event("t > 1", {"B": 2})])
    with pytest.raises(ValueError, match="must be a condition"):
        Event("t + 1", {"A": 1})
    with pytest.raises(ValueError, match="volume"):
        Network.mass_action({"A -> 0": 1.0}, volume=0.0)
    with pytest.raises(ValueError, match="'A' must be a whole number"):
        Network.mass_action({"A -> 0": 1.0}, initial={"A": 0.5})
    with pytest.raises(ValueError, match="compare t by"):
        simulate(Network.propensity({"A -> 0": "A if t > A else 0"}), [1.0], 1, rng=1)


def test_conservation_laws_span_the_left_null_space_and_promises_are_held():
    enzyme = {"E + S -> ES": 1.0, "ES -> E + S": 1.0, "ES -> E + P": 1.0}
    network = Network.mass_action(enzyme, conserved=[{"E": 1, "ES": 1}, {"S": 1, "ES": 1, "P": 1}])
    laws = network.conservation_laws
    assert laws.shape == (2, 4)
    assert np.all(network.change @ laws.T == 0)
    assert Network.mass_action({"0 -> A": 1.0}).conservation_laws.shape == (0, 1)
    with pytest.raises(ValueError, match=r"'ES -> E' changes .* by -1, which was promised to be kept"):
        Network.mass_action(enzyme | {"ES -> E": 0.1}, conserved=[{"S": 1, "ES": 1, "P": 1}])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=5))
def test_null_space_has_full_dimension_in_exact_arithmetic(rows):
    change = np.array(rows)
    laws = _null_space(change)
    assert np.all(change @ laws.T == 0)
    assert laws.shape[0] == 4 - np.linalg.matrix_rank(change)


def test_linear_networks_are_recognised_by_their_formulas():
    gene = Network.mass_action({"0 -> m": 0.5, "m -> 0": 0.1, "m -> m + p": 2.0, "p -> 0": 0.01})
    constant, slopes = gene.linear
    assert constant.tolist() == [0.5, 0.0, 0.0, 0.0]
    assert slopes.tolist() == [[0.0, 0.0], [0.1, 0.0], [2.0, 0.0], [0.0, 0.01]]
    assert Network.propensity({"A -> 0": "A*(3 + B)", "B -> 0": "B"}).linear is None
    assert Network.propensity({"A -> 0": "A if A > 3 else 0"}).linear is None
    assert Network.propensity({"0 -> A": "exp(-t)"}).linear is None
    assert Network.mass_action({"0 -> A": 1.0}, events=[Event("t > 1", {"A": 3})]).linear is None


def test_networks_travel_between_processes():
    MIXED.propensities([3.0, 4.0])
    again = pickle.loads(pickle.dumps(MIXED))
    assert again == MIXED
    assert again.propensities([3.0, 4.0]) == pytest.approx(MIXED.propensities([3.0, 4.0]))
