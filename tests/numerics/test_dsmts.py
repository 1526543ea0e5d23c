"""The SBML discrete stochastic models test suite (Evans et al. 2008, doi:10.1093/bioinformatics/btm566).

Every case is built as SBML, read, simulated with 10,000 trajectories or more, and held against the suite's own bands.
Cases that come out as the same process are simulated once.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mslib.numerics.sbml import read_sbml, write_sbml

pytest.importorskip("libsbml")
pytest.importorskip("numba")

ROOT = Path(__file__).parents[2]
FIRST_ORDER = "00023"


def _tool():
    spec = importlib.util.spec_from_file_location("dsmts", ROOT / "tools" / "dsmts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


dsmts = _tool()
CASES = list(dsmts.models())


def process(case):
    """Return what decides a process: species, start, steps, events, rules, and propensities at some states."""
    network = dsmts.read(case)
    counts = np.random.default_rng(1).integers(0, 49, (len(network.species), 30))
    rates = np.round([network.propensities(counts, t) for t in (0.0, 7.0)], 9)
    events = tuple((event.when, event.assign) for event in network.events)
    steps = network.change.tobytes(), network.counts().tobytes()
    return network.species, *steps, events, tuple(network.rules.items()), rates.tobytes()


def distinct():
    """Return the first case of each process, by process."""
    found = {}
    for case in CASES:
        found.setdefault((process(case), tuple(dsmts.expected()[case])), case)
    return found


DISTINCT = distinct()


def test_all_39_cases_are_there_with_their_published_values():
    assert CASES == [f"{number:05d}" for number in range(1, 40)] == list(dsmts.expected())
    assert len({model["dsmts"] for model in dsmts.models().values()}) == 39
    mean = dsmts.expected()["00001"]["X"]["mean"]
    assert mean == pytest.approx(100 * np.exp(-0.01 * dsmts.TIMES), abs=1e-5)


def test_cases_that_differ_in_words_only_are_read_as_the_same_process():
    groups = {}
    for case in CASES:
        groups.setdefault(DISTINCT[process(case), tuple(dsmts.expected()[case])], []).append(case[3:])
    shared = {first[3:]: others for first, others in groups.items() if len(others) > 1}
    assert shared == {
        "01": ["01", "02", "08", "09", "10", "12", "13", "14", "15", "16", "17"],
        "11": ["11", "18"],
        "20": ["20", "27"],
        "24": ["24", "26"],
        "34": ["34", "35", "36"],
    }


@pytest.mark.parametrize("case", CASES)
def test_our_own_sbml_carries_the_same_process(case, monkeypatch):
    there = process(case)
    carried = read_sbml(write_sbml(dsmts.read(case)))
    monkeypatch.setattr(dsmts, "read", lambda case: carried)
    assert process(case) == there


@pytest.mark.parametrize("case", DISTINCT.values())
def test_means_and_spreads_stay_in_the_bands(case):
    row = dsmts.judge(case, method="auto" if case == FIRST_ORDER else "compiled")
    assert int(row["trajectories"]) >= 10_000
    assert row["status"].startswith("passes"), row
    (stored,) = [other for other in dsmts.results() if other["case"] == case]
    assert {name: row[name] for name in ("dsmts", "tests", "status")} == {
        name: stored[name] for name in ("dsmts", "tests", "status")
    }


def test_the_page_shows_the_stored_results():
    assert dsmts.page(dsmts.results()) == dsmts.PAGE.read_text(encoding="utf-8")
    assert all(row["status"].startswith("passes") for row in dsmts.results())


def test_the_bands_are_those_of_the_suite_and_can_be_left(monkeypatch):
    """A simulator that is wrong by 2 % in a rate does not pass."""
    assert (dsmts.MEAN_BAND, dsmts.SD_BAND) == (3.0, 5.0)
    right = dsmts.read
    monkeypatch.setattr(dsmts, "TRAJECTORIES", (10_000,))
    monkeypatch.setattr(dsmts, "read", lambda case: right(case).with_parameters(Mu=0.102))
    assert dsmts.judge("00020")["status"] == "fails"


def test_the_true_error_of_the_spread_follows_from_the_exact_law():
    """The kurtosis of case 001-03 against its sample value, and against 3 for the normal law."""
    kurtosis = dsmts.birth_death_kurtosis()
    assert kurtosis[0] == 3.0 and 3.0 < kurtosis[1] < 3.1 and kurtosis[50] > 90
    counts = dsmts.ssa.simulate(dsmts.read("00003"), [5.0], 40_000, 1, method="compiled")[:, 0, 0]
    away = counts - counts.mean()
    assert (away**4).mean() / (away**2).mean() ** 2 == pytest.approx(kurtosis[5], rel=0.1)
