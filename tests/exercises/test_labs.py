"""The judges of set A's open lab: what a good, a weak and a wrong simulation get, without a kernel."""

import json

import numpy as np
import pytest
from scipy.linalg import solve_banded

from mslib.course import report
from mslib.course.labs import LABS as ALL
from mslib.course.labs import Lab
from mslib.course.labs.gradient import LABS
from mslib.course.submission import grade_id

SIMULATE = [name for name in LABS if name.split("-")[-1] not in ("vein", "walk", "noise")]
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def solved(sources):
    """Return the names that the instructor's solution cells define."""
    names = {"np": np}
    for cell in sources["open_lab"].cells:
        if (grade_id(cell) or "").endswith(("simulate-code", "vein-code", "walk-code")):
            exec(cell.source, names)
    return names


def verdict(name, function, seed):
    """Judge a function as the grader does: inputs and outputs pass through JSON."""
    inputs = json.loads(json.dumps(LABS[name].draw(np.random.default_rng(seed))))
    returned = [report.plain(function(**report.arrays(one))) for one in inputs]
    return LABS[name].judge(inputs, json.loads(json.dumps({"returned": returned})))


def fails(function, names=SIMULATE, seed=1):
    return {name.removeprefix("lab-gradient-") for name in names if not verdict(name, function, seed).right}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LABS)
def test_the_instructors_solution_has_every_behaviour(solved, name, seed):
    function = solved["simulate" if name in SIMULATE else "vein" if name.endswith("vein") else "walk"]
    found = verdict(name, function, seed)
    assert found.right, found.says


def explicit(D, k, C0, length, cells, times):
    """A weaker but honest solution: explicit Euler steps."""
    dx = length / cells
    dt = 0.4 * dx**2 / D
    c, now, rows = np.zeros(cells), 0.0, []
    for t in times:
        steps = max(1, int(np.ceil((t - now) / dt)))
        h = (t - now) / steps
        for _ in range(steps):
            padded = np.concatenate(([2 * C0 - c[0]], c, [c[-1]]))
            c = c + h * (D * np.diff(padded, 2) / dx**2 - k * c)
        rows.append(c)
        now = t
    return (np.arange(cells) + 0.5) * dx, np.array(rows)


def test_a_weaker_solution_has_them_too():
    assert fails(explicit, [name for name in SIMULATE if "published" not in name]) == set()


def steady_only(D, k, C0, length, cells, times):
    x = (np.arange(cells) + 0.5) * length / cells
    reach = np.sqrt(D / max(k, 1e-30))
    return x, np.tile(C0 * np.cosh((length - x) / reach) / np.cosh(length / reach), (len(times), 1))


def one_step(end, start=None, theta=1.0):
    """Return an implicit solution in 400 steps, with chosen faults at the two ends."""

    def simulate(D, k, C0, length, cells, times):
        x, hop = (np.arange(cells) + 0.5) * length / cells, D / (length / cells) ** 2
        first = 2 * hop if start is None else start * hop
        diagonal = np.full(cells, -2 * hop - k)
        diagonal[0], diagonal[-1] = -first - hop - k, -hop - k - end * hop
        c, rows, now = np.zeros(cells), [], 0.0
        for t in times:
            h = (t - now) / 400
            for _ in range(400):
                rate = diagonal * c + hop * (np.append(c[1:], 0) + np.append(0, c[:-1]))
                right = c + h * (1 - theta) * rate
                right[0] += h * first * C0
                bands = np.array(
                    [
                        np.append(0, np.full(cells - 1, -h * theta * hop)),
                        1 - h * theta * diagonal,
                        np.append(np.full(cells - 1, -h * theta * hop), 0),
                    ]
                )
                c = solve_banded((1, 1), bands, right)
            rows.append(c)
            now = t
        return x, np.array(rows)

    return simulate


def scaled(simulate, **factors):
    def changed(**inputs):
        return simulate(**(inputs | {name: change(inputs) for name, change in factors.items()}))

    return changed


def test_wrong_simulations_fail_where_they_are_wrong(solved):
    right = solved["simulate"]
    assert fails(one_step(end=0.0)) == set()
    assert {"transient", "balance"} <= fails(steady_only)
    assert {"steady", "balance"} <= fails(one_step(end=2.0)), "the far end leaks"
    assert {"transient", "published", "steady"} <= fails(scaled(right, k=lambda one: 2 * one["k"]))
    assert {"transient", "balance", "published"} <= fails(scaled(right, D=lambda one: one["D"] / 2))
    assert {"balance"} <= fails(scaled(right, k=lambda one: one["k"] or 0.03 * one["D"] / one["length"] ** 2))
    assert {"convergence"} <= fails(scaled(right, cells=lambda one: 20)), "cells are ignored"
    assert {"positive"} <= fails(lambda **one: (right(**one)[0], right(**one)[1] - 0.01 * one["C0"]))
    assert {"positive"} <= fails(lambda **one: (right(**one)[0], np.sqrt(abs(right(**one)[1]) / one["C0"]) * 100.0))


def test_an_error_that_stays_is_no_convergence(solved):
    def crude(**one):
        x, c = solved["simulate"](**one)
        return x, np.round(c / one["C0"], 1) * one["C0"]

    assert "convergence" in fails(crude)


def test_wrong_borders_fail():
    name = "lab-gradient-vein"
    for wrong in (
        lambda x, c, threshold: x[np.argmin(abs(c - threshold))],
        lambda x, c, threshold: x[-1],
        lambda x, c, threshold: (x[1] - x[0]) / np.log(c[0] / c[1]),
        lambda x, c, threshold: x[0] + (x[1] - x[0]) / np.log(c[0] / c[1]) * np.log(c[0] / threshold),
    ):
        assert not verdict(name, wrong, 1).right


def walker(change):
    def walk(D, k, molecules, seed):
        rng = np.random.default_rng(seed)
        return change(rng, D, k, molecules)

    return walk


WRONG_WALKS = {
    "not turned back": lambda rng, D, k, n: rng.normal(0, np.sqrt(2 * D * rng.exponential(1 / k, n))),
    "one life for all": lambda rng, D, k, n: abs(rng.normal(0, np.sqrt(2 * D / k), n)),
    "half the steps": lambda rng, D, k, n: abs(rng.normal(0, np.sqrt(D * rng.exponential(1 / k, n)))),
    "right mean, wrong spread": lambda rng, D, k, n: rng.uniform(0, 2, n) * np.sqrt(D / k),
    "one molecule for all": lambda rng, D, k, n: np.full(n, rng.exponential(np.sqrt(D / k))),
    "another seed each time": lambda rng, D, k, n: np.random.default_rng().exponential(np.sqrt(D / k), n),
    "no chance at all": lambda rng, D, k, n: -np.sqrt(D / k) * np.log((np.arange(n) + 0.5) / n),
}


@pytest.mark.parametrize("fault", WRONG_WALKS)
def test_wrong_walks_fail(fault):
    names = ["lab-gradient-walk", "lab-gradient-noise"]
    assert fails(walker(WRONG_WALKS[fault]), names), fault


def test_molecules_that_stick_together_scatter_too_much():
    together = walker(lambda rng, D, k, n: np.repeat(rng.exponential(np.sqrt(D / k), n // 10), 10))
    assert "noise" in fails(together, ["lab-gradient-noise"])


@pytest.mark.parametrize(
    "returned",
    [
        None,
        [],
        [[1.0, 2.0]],
        [[[1.0], "text"]] * 2,
        [["not a finite number", [[0.0]]]] * 2,
        [{"a": 1}] * 2,
        [[[None], [None]]] * 2,
    ],
)
def test_odd_data_are_told_apart_and_never_right(returned):
    lab = LABS["lab-gradient-steady"]
    found = lab.judge(lab.draw(np.random.default_rng(1)), {"returned": returned})
    assert not found.right and found.kind in ("shape", "wrong") and found.says


def test_hidden_inputs_differ_between_students_and_are_within_reach():
    draws = [LABS["lab-gradient-transient"].draw(np.random.default_rng(seed))[0] for seed in range(50)]
    assert len({one["D"] for one in draws}) > 40
    for one in draws:
        assert one["length"] / np.sqrt(one["D"] / one["k"]) == pytest.approx(6.0, rel=1e-3)
        assert one["length"] / one["cells"] < 0.1 * np.sqrt(one["D"] / one["k"])


def test_a_lab_is_two_functions():
    assert all(isinstance(lab, Lab) for lab in ALL.values())
    assert set(LABS) < set(ALL)
