"""Generic tests of every model, found by introspection: a new model is tested by existing."""

import functools
import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mslib.principles
from mslib.model import all_models
from mslib.units import registry

MODELS = all_models(mslib.principles)
FIELDS = [(model, name) for model in MODELS for name in model.params()]
DERIVED = [(model, name) for model in MODELS for name in model.derived()]
STOCHASTIC = [model for model in MODELS if hasattr(model, "simulate")]
ROOT = Path(__file__).parents[1]
BASE_FACTORS = {
    "[length]": 2.0, "[time]": 3.0, "[mass]": 5.0, "[current]": 7.0, "[substance]": 11.0,
    "[temperature]": 13.0, "[base_pair]": 17.0,
}  # fmt: skip


def ids(pairs):
    return [f"{model.__name__}.{name}" for model, name in pairs]


@functools.cache
def factor(unit):
    """How much larger a number in `unit` becomes when the base units shrink by BASE_FACTORS."""
    dimensions = registry().get_dimensionality(registry().parse_units(unit or "dimensionless"))
    return math.prod(BASE_FACTORS[base] ** float(power) for base, power in dimensions.items())


def bibliography():
    return set(re.findall(r"@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=ids(FIELDS))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "ten", None, [1.0, 2.0]], ids=repr)
def test_refuses_what_is_no_finite_number(model, name, bad):
    with pytest.raises(ValueError, match=re.escape(f"{model.__name__}.{name}")) as caught:
        model.suggested().replace(**{name: bad})
    about = model.params()[name]
    assert about.label in str(caught.value)
    assert about.unit in str(caught.value)
    assert repr(bad) in str(caught.value)


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=ids(FIELDS))
@settings(max_examples=10, deadline=None)
@given(size=st.floats(1e-6, 1e6))
def test_refuses_the_wrong_sign(model, name, size):
    about = model.params()[name]
    if about.domain == "any":
        model.suggested().replace(**{name: getattr(model.suggested(), name)})
        return
    with pytest.raises(ValueError, match=re.escape(f"{model.__name__}.{name}")):
        model.suggested().replace(**{name: -size})


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=ids(FIELDS))
def test_converts_quantities_and_refuses_wrong_dimensions(model, name):
    about, value = model.params()[name], getattr(model.suggested(), name)
    quantity = registry().Quantity(value, about.unit or "dimensionless")
    assert getattr(model.suggested().replace(**{name: quantity}), name) == pytest.approx(value)
    with pytest.raises(ValueError, match=re.escape(f"{model.__name__}.{name}")):
        model.suggested().replace(**{name: quantity * registry().kelvin})


@pytest.mark.parametrize(("model", "name"), DERIVED, ids=ids(DERIVED))
def test_derived_quantities_obey_a_change_of_units(model, name):
    before = model.suggested()
    scaled = {n: getattr(before, n) * factor(p.unit) for n, p in model.params().items() if factor(p.unit) != 1}
    after = before.replace(**scaled)
    expected = getattr(before, name) * factor(model.derived()[name].unit)
    assert getattr(after, name) == pytest.approx(expected, rel=1e-6), f"{model.__name__}.{name} has a wrong unit"


@pytest.mark.parametrize(("model", "name"), DERIVED, ids=ids(DERIVED))
def test_derived_quantities_are_defined_over_the_whole_range(model, name):
    start = model.suggested()
    for parameter, about in model.params().items():
        for end in (about.low, about.high):
            try:
                there = start.replace(**{parameter: end})
            except ValueError:
                continue
            value = getattr(there, name)
            assert isinstance(value, int | float | np.floating | np.integer), f"{name} is {type(value)}"
            assert not math.isnan(value), f"{name} is not a number at {parameter} = {end}"


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=ids(FIELDS))
def test_parameters_have_unit_range_and_source(model, name):
    about = model.params()[name]
    registry().parse_units(about.unit or "dimensionless")
    assert about.low < about.high or about.constant
    assert not about.log or about.low > 0
    assert about.source == "illustrative" or about.source in bibliography(), f"no {about.source} in references.bib"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_models_are_documented(model):
    assert model.__doc__ and not model.__doc__.startswith(f"{model.__name__}(")
    for name, quantity in model.derived().items():
        registry().parse_units(quantity.unit or "dimensionless")
        assert quantity.__doc__, f"{model.__name__}.{name} has no docstring"


def flat(result):
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else [result]
    return [np.asarray(part) for part in parts]


@pytest.mark.parametrize("model", STOCHASTIC, ids=lambda m: m.__name__)
def test_one_worker_or_four_give_the_same_answer(model):
    start = time.perf_counter()
    alone = flat(model.suggested().simulate(**model.suggested_inputs, rng=7))
    again = flat(model.suggested().simulate(**model.suggested_inputs, rng=7))
    with ThreadPoolExecutor(4) as executor:
        shared = flat(model.suggested().simulate(**model.suggested_inputs, rng=7, executor=executor))
    other = flat(model.suggested().simulate(**model.suggested_inputs, rng=8))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(alone, again, strict=True))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(alone, shared, strict=True))
    assert not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(alone, other, strict=True))
    assert time.perf_counter() - start < 60, "suggested inputs must be small"


def test_there_is_a_model_to_test():
    assert MODELS
