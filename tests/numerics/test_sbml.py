"""SBML in and out: nothing is lost on the way there and back, and what cannot be carried is refused by name."""

import re
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslib.numerics.network import Event, Network
from mslib.numerics.sbml import UnsupportedSBML, read_sbml, write_sbml

libsbml = pytest.importorskip("libsbml")

KITCHEN = Network.propensity(
    {
        "0 -> A": "k*(1 + sin(2*pi*t/24))/2",
        "A -> B": "V*A/(K + A)",
        "2 A + B -> C": "k*total if A > 3 and not B >= 7 else min(A, B, 2.5)",
        "B -> 0": "max(B - 1, 0)*exp(-t) + log10(A + 10) - log(1.0) + abs(-B) + sqrt(A) + floor(B/2) + ceil(B/3)",
        "C -> 0": "piecewise(1e-12, t < 5 or C == 2, 3.25e8, C != 4, tanh(C)*cos(C))*C**2",
    },
    parameters={"k": 0.5, "V": 3, "K": 40.0},
    initial={"A": 10, "C": 2},
    rules={"total": "A + 2*share", "share": "B/(1 + C)"},
    events=(Event("t >= 25", {"A": "50", "B": "A + 1"}), Event("A > 30", {"C": "0"}, initially=False)),
    volume=2.5,
)


def same_process(one, other):
    counts = np.random.default_rng(1).integers(0, 60, (len(one.species), 40))
    for t in (0.0, 4.0, 30.0):
        assert np.allclose(one.propensities(counts, t), other.propensities(counts, t), rtol=1e-12)
        for name, values in one.observe(counts, t).items():
            assert np.allclose(values, other.observe(counts, t)[name], rtol=1e-12)
    assert one.species == other.species and np.array_equal(one.change, other.change)
    assert np.array_equal(one.counts(), other.counts()) and one.volume == other.volume
    assert other.parameters == pytest.approx(one.parameters, rel=1e-14)


def test_a_network_with_everything_comes_back():
    again = read_sbml(write_sbml(KITCHEN))
    same_process(KITCHEN, again)
    assert [event.initially for event in again.events] == [True, False]
    assert [event.assign for event in again.events] == [(("A", "50"), ("B", "A + 1")), (("C", "0"),)]
    assert again.events[0].when == "t >= 25"


SIDES = st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 3), max_size=3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(SIDES, SIDES, st.just(0.0) | st.floats(1e-9, 1e6)), min_size=1, max_size=4),
    st.sampled_from([1.0, 0.25, 3.7]),
    st.booleans(),
)
def test_mass_action_stays_mass_action(sides, volume, named):
    def write(side):
        return " + ".join(f"{amount} {name}" for name, amount in side.items()) or "0"

    reactions = {f"{write(a)} -> {write(b)}": rate for a, b, rate in sides}
    parameters = {f"k{i}": rate for i, rate in enumerate(reactions.values())} if named else {}
    rates = parameters if named else reactions.values()
    network = Network.mass_action(dict(zip(reactions, rates, strict=True)), parameters=parameters, volume=volume)
    again = read_sbml(write_sbml(network))
    same_process(network, again)
    assert again.is_mass_action
    if named:
        assert [r.rate for r in again.reactions] == [r.rate for r in network.reactions]


def test_the_macroscopic_laws_are_the_rate_equations():
    reactions = {"2 A + B -> C": "k", "C -> 0": 0.5, "0 -> A": 3.0}
    network = Network.mass_action(reactions, parameters={"k": 2.0}, volume=4.0)
    coarse = read_sbml(write_sbml(network, macroscopic=True))
    amounts = np.array([[3.5, 20.0], [2.0, 7.0], [1.0, 0.0]])
    assert np.allclose(coarse.propensities(amounts), network.rates(amounts), rtol=1e-12)


@pytest.mark.parametrize("network", [KITCHEN, Network.mass_action({"2 A -> B": 1.0})], ids=["everything", "simple"])
def test_what_is_written_is_valid(network):
    document = libsbml.readSBMLFromString(write_sbml(network, name="model1"))
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    assert document.checkConsistency() == 0, document.getErrorLog().toString()
    assert document.getModel().getId() == "model1" and (document.getLevel(), document.getVersion()) == (3, 1)


def test_names_that_sbml_does_not_know_are_refused():
    with pytest.raises(ValueError, match="'γ' is no SBML identifier"):
        write_sbml(Network.mass_action({"A -> 0": "γ"}, parameters={"γ": 1.0}))
    with pytest.raises(ValueError, match="'my model' is no SBML identifier"):
        write_sbml(Network.mass_action({"A -> 0": 1.0}), name="my model")


def document(body="", *, species="", law="<ci>k</ci>", attributes="", reaction="", model="", head="", compartment=""):
    """Return a small SBML model with some part of it changed: one reaction A → B in a compartment of size 2."""
    return f"""<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1" {head}>
    <model {model}><listOfCompartments>
      <compartment id="cell" spatialDimensions="3" size="2" constant="true" {attributes}/>{compartment}
    </listOfCompartments><listOfSpecies>
      <species id="A" compartment="cell" initialConcentration="5" hasOnlySubstanceUnits="false"
               boundaryCondition="false" constant="false" {species}/>
      <species id="B" compartment="cell" initialAmount="0" hasOnlySubstanceUnits="true" boundaryCondition="false"
               constant="false"/>
    </listOfSpecies><listOfParameters><parameter id="k" value="3" constant="false"/>
      <parameter id="t" value="2" constant="true"/><parameter id="lambda" value="7" constant="true"/></listOfParameters>
    {body}
    <listOfReactions><reaction id="r" reversible="false" fast="false" {reaction}>
      <listOfReactants><speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
      <listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/></listOfProducts>
      <kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">{law}</math></kineticLaw>
    </reaction></listOfReactions></model></sbml>"""


def math(inner):
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{inner}</math>'


def times(*names):
    return f"<apply><times/>{''.join(f'<ci>{name}</ci>' for name in names)}</apply>"


def event(inside="", variable="B"):
    when = math("<apply><gt/><ci>A</ci><cn>3</cn></apply>")
    return f"""<listOfEvents><event id="e" useValuesFromTriggerTime="true">
      <trigger initialValue="true" persistent="true">{when}</trigger>{inside}
      <listOfEventAssignments><eventAssignment variable="{variable}">{math("<cn>1</cn>")}</eventAssignment>
      </listOfEventAssignments></event></listOfEvents>"""


def rules(inside):
    return f"<listOfRules>{inside}</listOfRules>"


UNKNOWN = "http://www.sbml.org/sbml/level3/version1/zzz/version1"
REFUSED = {
    "rate rule for 'k'": document(rules(f'<rateRule variable="k">{math("<cn>1</cn>")}</rateRule>')),
    "algebraic rule": document(rules(f"<algebraicRule>{math('<ci>k</ci>')}</algebraicRule>")),
    "compartment 'cell'": document(
        rules(f'<assignmentRule variable="cell">{math("<cn>1</cn>")}</assignmentRule>')
    ).replace('size="2" constant="true"', 'size="2" constant="false"'),
    "constraint": document(f"<listOfConstraints><constraint>{math('<true/>')}</constraint></listOfConstraints>"),
    "conversion factor": document(model='conversionFactor="t"'),
    "delay of event 'e'": document(event(f"<delay>{math('<cn>1</cn>')}</delay>")),
    "priority of event 'e'": document(event(f"<priority>{math('<cn>1</cn>')}</priority>")),
    "event 'e' to 'k'": document(event(variable="k")),
    "fast reaction 'r'": document().replace('fast="false"', 'fast="true"'),
    "stoichiometry of 'A' in reaction 'r'": document().replace('"A" stoichiometry="1"', '"A" stoichiometry="1.5"'),
    "package 'distrib'": document(
        head='xmlns:distrib="http://www.sbml.org/sbml/level3/version1/distrib/version1" distrib:required="true"'
    ),
    "package 'zz'": document(head=f'xmlns:zz="{UNKNOWN}" zz:required="true"'),
    "the mathematics 'asin": document(law="<apply><arcsin/><ci>k</ci></apply>"),
    "the mathematics 'delay": document(
        law='<apply><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/delay">d</csymbol>'
        "<ci>k</ci><cn>1</cn></apply>"
    ),
    "the number inf": document(law="<infinity/>"),
    "piecewise formula without 'otherwise'": document(law="<piecewise><piece><ci>k</ci><true/></piece></piecewise>"),
    "measured in mole": document(model='substanceUnits="mole"'),
}


@pytest.mark.parametrize("says", REFUSED)
def test_what_a_network_cannot_express_is_refused_by_name(says):
    with pytest.raises(UnsupportedSBML, match=says):
        read_sbml(REFUSED[says])


WRONG = {
    "not valid SBML": "<sbml><model>",
    "holds no model": '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"/>',
    "no kinetic law": re.sub("<kineticLaw>.*</kineticLaw>", "", document(), flags=re.DOTALL),
    "'A' has no initial amount": document().replace('initialConcentration="5"', ""),
    "parameter 'k' has no value": document().replace('id="k" value="3"', 'id="k"'),
    "'A' begins with 2.5 molecules": document().replace('"5"', '"1.25"'),
    "needs a size": document().replace('size="2"', ""),
}


@pytest.mark.parametrize("says", WRONG)
def test_what_is_wrong_or_missing_is_named(says):
    with pytest.raises(ValueError, match=says):
        read_sbml(WRONG[says])


def test_a_package_that_changes_no_mathematics_is_passed_over():
    plain = read_sbml(document(law=times("k", "A")))
    assert read_sbml(document(law=times("k", "A"), head=f'xmlns:zz="{UNKNOWN}" zz:required="false"')) == plain


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(ImportError, match=r"pip install 'mslib\[sbml\]'"):
        read_sbml(document())


def test_concentrations_become_counts_and_one_compartment_the_volume():
    network = read_sbml(document(law=times("k", "A", "cell")))
    assert network.volume == 2.0 and network.initial == {"A": 10, "B": 0}
    assert network.propensities([10, 0]).tolist() == [30.0]
    assert network.is_mass_action and network.reactions[0].rate == "k"
    assert read_sbml(document(law=times("k", "A"))).propensities([10, 0]).tolist() == [15.0]


@pytest.mark.parametrize(
    ("law", "rate"),
    [
        ("k*P*(P - 1)/2", "k"), ("(P - 1)*P*k", "k * 2"), ("P*(P - 1)/4*k", "k / 2"), ("k/2*P*(P - 1.0)", "k"),
        ("k*P*P", None), ("k*P*(P - 1)*Q", None), ("k*P*(P - 1)*t", None), ("k*P", None),
    ],
)  # fmt: skip
def test_mass_action_is_recognised_however_it_is_written(law, rate):
    network = Network.propensity({"2 P -> Q": law}, parameters={"k": 3.0}, volume=1.0)
    again = read_sbml(write_sbml(network))
    same_process(network, again)
    assert again.is_mass_action == (rate is not None)
    assert rate is None or again.reactions[0].rate == rate


def test_names_that_formulas_need_get_an_underscore():
    network = read_sbml(document(law=times("t", "lambda", "k")))
    assert network.parameters == {"k": 3.0, "t_": 2.0, "lambda_": 7.0}
    assert network.propensities([10, 0]).tolist() == [42.0]


def test_several_compartments_become_parameters():
    second = '<compartment id="nucleus" spatialDimensions="3" size="0.5" constant="true"/>'
    network = read_sbml(document(law=times("k", "A", "nucleus"), compartment=second))
    assert (network.volume, network.parameters["cell"], network.parameters["nucleus"]) == (1.0, 2.0, 0.5)
    assert network.propensities([10, 0]).tolist() == [7.5]


def test_a_boundary_species_is_read_but_not_changed():
    network = read_sbml(document(law=times("k", "A")).replace('boundaryCondition="false"', 'boundaryCondition="true"'))
    assert network.change.tolist() == [[0, 0]] and network.species == ("A", "B")


def test_rules_and_events_count_molecules():
    rule = rules(f'<assignmentRule variable="k">{math(times("A", "t"))}</assignmentRule>')
    network = read_sbml(document(rule + event(variable="A"), law="<ci>k</ci>"))
    assert network.observe([[10], [0]])["k"].tolist() == [10.0]
    assert network.propensities([10, 0]).tolist() == [10.0]
    assert network.reactions[0].kinetics == "propensity"
    (what,) = network.events
    assert what.when == "A / volume > 3" and what.assign == (("A", "1 * volume"),)


def test_functions_initial_assignments_and_local_parameters_are_written_out():
    body = f"""<listOfInitialAssignments><initialAssignment symbol="k">{math(times("t", "lambda"))}</initialAssignment>
      </listOfInitialAssignments>"""
    text = document(body, law="<apply><ci>f</ci><ci>k</ci><ci>A</ci></apply>")
    ratio = "<apply><divide/><ci>x</ci><ci>y</ci></apply>"
    function = f"<lambda><bvar><ci>x</ci></bvar><bvar><ci>y</ci></bvar>{ratio}</lambda>"
    functions = f'<listOfFunctionDefinitions><functionDefinition id="f">{math(function)}</functionDefinition>'
    text = text.replace("<model >", f"<model >{functions}</listOfFunctionDefinitions>")
    local = '<listOfLocalParameters><localParameter id="A" value="4"/></listOfLocalParameters></kineticLaw>'
    network = read_sbml(text.replace("</kineticLaw>", local))
    assert network.parameters["k"] == 14.0 and network.parameters["r_A"] == 4.0
    assert network.propensities([10, 0]).tolist() == [3.5]


def test_amounts_in_mole_are_counted_when_told_how():
    nano = 6.02214076e14
    text = document(model='substanceUnits="mole"', law=times("k", "A", "A"))
    text = text.replace('initialConcentration="5"', 'initialAmount="1e-13"')
    network = read_sbml(text, molecules=nano)
    assert network.initial["A"] == 60 and network.volume == 2.0
    concentration = 60 / nano / 2.0
    assert network.propensities([60, 0]) == pytest.approx(nano * 3.0 * concentration**2, rel=1e-12)
    for bad in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="molecules must be a positive number"):
            read_sbml(text, molecules=bad)


def test_a_file_is_read_as_its_text_is(tmp_path):
    path = tmp_path / "network.xml"
    path.write_text(write_sbml(KITCHEN), encoding="utf-8")
    same_process(KITCHEN, read_sbml(path))
    same_process(KITCHEN, read_sbml(str(path)))
