"""Run the SBML discrete stochastic model test suite: ``python tools/dsmts.py`` writes results and the reference page.

Each case is built as SBML, read by `mslib.numerics.sbml`, simulated exactly, and compared with the means and standard
deviations that the suite publishes, by the suite's own statistics and bands. A case that leaves a band is run again
with ten times as many trajectories, and if need be with a hundred times, and has to stay inside; all seeds are fixed
beforehand.
"""

import csv
import json
import math
from functools import cache
from pathlib import Path

import numpy as np

from mslib.numerics import ssa
from mslib.numerics.sbml import read_sbml

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "numerics" / "dsmts"
PAGE = ROOT / "chapters" / "reference" / "stochastic-test-suite.md"
TIMES = np.arange(51.0)
TRAJECTORIES = (10_000, 100_000, 1_000_000)
SEED, CHUNK = 20_080_000, 10_000
MEAN_BAND, SD_BAND = 3.0, 5.0
SKEWED = "00003"
COLUMNS = ("case", "dsmts", "tests", "trajectories", "mean", "sd", "status")
BEGIN, END = "% results, made by tools/dsmts.py", "% end of the results"
PASSED, SPREAD = "passes", "passes, with the spread tested by its true error"


@cache
def models():
    """Return the 39 models of the suite by case, as data."""
    return json.loads((DATA / "models.json").read_text(encoding="utf-8"))


@cache
def expected():
    """Return by case and variable the published means and standard deviations at the times 0, 1, …, 50."""
    found = {}
    with (DATA / "expected.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = np.array([float(row[str(int(t))]) for t in TIMES])
            found.setdefault(row["case"], {}).setdefault(row["variable"], {})[row["statistic"]] = values
    return found


def sbml(model):
    """Return a model of the suite as SBML Level 3, built through libSBML alone, not by this book's writer."""
    import libsbml

    document = libsbml.SBMLDocument(3, 1)
    made = document.createModel()
    made.setSubstanceUnits("item")
    made.setExtentUnits("item")
    cell = made.createCompartment()
    cell.setId("Cell")
    cell.setConstant(True)
    if "size" in model:
        cell.setSize(float(model["size"]))
    for name, amount in model["species"].items():
        _add_species(made, name, amount, model)
    for name, value in model["parameters"].items():
        _add_parameter(made.createParameter(), name, value)
    for name, text in model.get("rules", {}).items():
        _add_species(made, name, 0, model)
        rule = made.createAssignmentRule()
        rule.setVariable(name)
        rule.setMath(libsbml.parseL3Formula(text))
    for index, (equation, law) in enumerate(model["reactions"]):
        local = model["local"][index] if "local" in model else {}
        _add_reaction(made, f"r{index}", equation, law, local)
    for when, assign in model.get("events", []):
        _add_event(made, when, assign)
    return libsbml.writeSBMLToString(document)


def _add_species(made, name, amount, model):
    species = made.createSpecies()
    species.setId(name)
    species.setCompartment("Cell")
    species.setInitialAmount(float(amount))
    species.setHasOnlySubstanceUnits(name not in model.get("concentration", []))
    species.setBoundaryCondition(name in model.get("boundary", []))
    species.setConstant(name in model.get("constant", []))


def _add_parameter(parameter, name, value):
    parameter.setId(name)
    parameter.setValue(float(value))
    if hasattr(parameter, "setConstant"):
        parameter.setConstant(True)


def _add_reaction(made, name, equation, law, local):
    import libsbml

    reaction = made.createReaction()
    reaction.setId(name)
    reaction.setReversible(False)
    reaction.setFast(False)
    for side, create in zip(equation.split("->"), (reaction.createReactant, reaction.createProduct), strict=True):
        for term in side.replace("+", " ").split("  "):
            amount, _, species = term.strip().rpartition(" ")
            if species not in ("", "0"):
                reference = create()
                reference.setSpecies(species)
                reference.setStoichiometry(float(amount or 1))
                reference.setConstant(True)
    kinetic = reaction.createKineticLaw()
    kinetic.setMath(libsbml.parseL3Formula(law))
    for parameter, value in local.items():
        _add_parameter(kinetic.createLocalParameter(), parameter, value)


def _add_event(made, when, assign):
    import libsbml

    event = made.createEvent()
    event.setUseValuesFromTriggerTime(True)
    trigger = event.createTrigger()
    trigger.setInitialValue(False)
    trigger.setPersistent(True)
    trigger.setMath(libsbml.parseL3Formula(when.replace("t >", "time >")))
    for name, value in assign.items():
        assignment = event.createEventAssignment()
        assignment.setVariable(name)
        assignment.setMath(libsbml.parseL3Formula(value))


def read(case):
    """Return the network of a case, read from its SBML."""
    return read_sbml(sbml(models()[case]))


def sample(case, trajectories, seed, method):
    """Return by variable the sample mean and the mean squared deviation from the published mean, at each time."""
    network, known = read(case), expected()[case]
    totals = {name: np.zeros((2, TIMES.size)) for name in known}
    for rng in np.random.default_rng(seed).spawn(trajectories // CHUNK):
        counts = np.moveaxis(ssa.simulate(network, TIMES, CHUNK, rng, method=method), -1, 0)
        values = dict(zip(network.species, counts, strict=True)) | network.observe(counts)
        for name, total in totals.items():
            away = values[name] - known[name]["mean"]
            total += away.sum(axis=0), (away**2).sum(axis=0)
    return {
        name: (known[name]["mean"] + away / trajectories, square / trajectories)
        for name, (away, square) in totals.items()
    }


def statistics(case, trajectories, seed, method="compiled"):
    """Return the suite's statistics Z of the means and Y of the spreads, over all variables and times.

    Where nothing is to vary, nothing may: there a deviation counts as infinite.
    """
    found = {"mean": [], "sd": []}
    for name, (mean, square) in sample(case, trajectories, seed, method).items():
        known = expected()[case][name]
        sd, fixed = np.where(known["sd"] > 0, known["sd"], 1.0), known["sd"] == 0
        strays = np.where((np.abs(mean - known["mean"]) > 1e-9) | (square > 1e-9), np.inf, 0.0)
        z = math.sqrt(trajectories) * (mean - known["mean"]) / sd
        y = math.sqrt(trajectories / 2.0) * (square / sd**2 - 1.0)
        if case == SKEWED:
            y /= np.sqrt((birth_death_kurtosis() - 1.0) / 2.0)
        found["mean"].append(np.where(fixed, strays, z))
        found["sd"].append(np.where(fixed, strays, y))
    return {kind: np.abs(np.array(parts)) for kind, parts in found.items()}


def birth_death_kurtosis():
    """Return the exact kurtosis of case 001-03 at each time, three where nothing has happened yet.

    The suite takes it to be three, that of a normal law, in the error of the spread, and warns that this fails here:
    most populations have died out, and a few are large. A founder's descendants are none with probability a, else
    geometric with ratio b (Kendall 1948, doi:10.1214/aoms/1177730285); founders are independent.
    """
    born, dies, founders = 1.0, 1.1, 100
    growth = np.exp((born - dies) * TIMES[1:])
    a, b = dies * (growth - 1.0) / (born * growth - dies), born * (growth - 1.0) / (born * growth - dies)
    n = np.arange(4000.0)
    law = np.where(n == 0, a[:, None], (1.0 - a[:, None]) * (1.0 - b[:, None]) * b[:, None] ** np.maximum(n - 1.0, 0.0))
    away = n - (law @ n)[:, None]
    variance, fourth = (law * away**2).sum(axis=1), (law * away**4).sum(axis=1)
    return np.append(3.0, 3.0 + (fourth / variance**2 - 3.0) / founders)


def judge(case, method="compiled"):
    """Return the row of one case: worst statistics, whether they stay in the bands, and with how many trajectories."""
    for stage, trajectories in enumerate(TRAJECTORIES):
        seed = SEED + 1000 * stage + int(case)
        worst = {kind: float(values.max()) for kind, values in statistics(case, trajectories, seed, method).items()}
        inside = worst["mean"] < MEAN_BAND and worst["sd"] < SD_BAND
        if inside:
            break
    status = (SPREAD if case == SKEWED else PASSED) if inside else "fails"
    model, z, y = models()[case], f"{worst['mean']:.2f}", f"{worst['sd']:.2f}"
    written = (case, model["dsmts"], model["tests"], str(trajectories), z, y, status)
    return dict(zip(COLUMNS, written, strict=True))


def results():
    """Return the stored rows."""
    with (DATA / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(rows):
    """Return the lines of the page that results decide."""
    passed = sum(row["status"].startswith("passes") for row in rows)
    yield f"This book's engine passes **{passed} of the {len(rows)}** cases in which reactions are simulated."
    yield ""
    yield "| case | suite's name | what it tests | trajectories | largest \\|Z\\| | largest \\|Y\\| | result |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        tests, trajectories = row["tests"].replace("*", "\\*"), f"{int(row['trajectories']):,}"
        cells = (row["case"], row["dsmts"], tests, trajectories, row["mean"], row["sd"], row["status"])
        yield f"| {' | '.join(cells)} |"
    yield "| 00040–00100 | | random numbers drawn in events | | | | refused |"


def page(rows):
    """Return the reference page with the lines between its two marks made anew."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    return "\n".join([before + BEGIN, *table(rows), END + after])


def main():
    """Run all cases and write results and page."""
    rows = []
    for case in models():
        rows.append(judge(case))
        print(" ".join(rows[-1].values()), flush=True)
    with (DATA / "results.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
