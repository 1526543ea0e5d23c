"""The judges of set B's open lab: what a good, a weak and a wrong hybrid model get, without a kernel."""

import json

import numpy as np
import pytest

from mslib.course import report
from mslib.course.labs.hybrid import LABS
from mslib.course.submission import grade_id
from tests.exercises.conftest import read_sources

NAMES = [name.removeprefix("lab-hybrid-") for name in LABS]


@pytest.fixture(scope="module")
def parts():
    """Return the names that the instructor's solution cell defines."""
    names = {"np": np}
    for cell in read_sources("set_b")["open_lab"].cells:
        if grade_id(cell) == "lab-hybrid-code":
            exec(cell.source, names)
    return names


@pytest.fixture(scope="module")
def solved(parts):
    return parts["hybrid"]


def verdict(name, function, seed=1):
    """Judge a function as the grader does: inputs and outputs pass through JSON."""
    lab = LABS[f"lab-hybrid-{name}"]
    inputs = json.loads(json.dumps(lab.draw(np.random.default_rng(seed))))
    returned = [report.plain(function(**report.arrays(one))) for one in inputs]
    return lab.judge(inputs, json.loads(json.dumps({"returned": returned})))


def fails(function, *names, seed=1):
    return {name for name in names or NAMES if not verdict(name, function, seed).right}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_instructors_solution_has_every_behaviour(solved, name, seed):
    found = verdict(name, solved, seed)
    assert found.right, found.says


def simple(cells, signal, L, a, k, Dc, u, D, chi, times, dt, seed):
    """A weaker but honest solution: nearest voxels, explicit Euler steps, one process after the other."""
    rng, m = np.random.default_rng(seed), len(signal)
    h, now, rows, account = L / m, 0.0, [], np.zeros(3)
    for t in times:
        short = min(dt, 0.2 * h**2 / Dc, 0.02 / k if k else dt)
        steps = int(np.ceil((t - now) / short - 1e-9))
        tau, now = (t - now) / steps, t
        for _ in range(steps):
            row, column = np.minimum((cells / h).astype(int), m - 1).T
            number = np.zeros((m, m))
            np.add.at(number, (row, column), 1.0)
            padded = np.pad(signal, 1, mode="edge")
            climb = np.stack([padded[2:, 1:-1] - padded[:-2, 1:-1], padded[1:-1, 2:] - padded[1:-1, :-2]], axis=-1)
            cells = (
                cells + tau * chi * climb[row, column] / (2 * h) + rng.normal(size=cells.shape) * np.sqrt(2 * D * tau)
            )
            cells = L - abs(L - cells % (2 * L))
            drunk = signal * (1 - np.exp(-u * number * tau / h**2))
            signal = signal - drunk
            fade = k * tau * signal
            padded = np.pad(signal, 1, mode="edge")
            around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2] - 4 * signal
            signal = signal - fade + Dc * tau / h**2 * around + a * number * tau / h**2
            account = account + np.array([a * len(cells) * tau, fade.sum() * h**2, drunk.sum() * h**2])
        rows.append((cells, signal, account))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def test_a_weaker_solution_has_them_too():
    assert fails(simple, *(name for name in NAMES if name != "walk")) == set()


def changed(solve, **changes):
    """Return a solution that is given other inputs than it should."""

    def hybrid(**one):
        return solve(**(one | {name: change(one) for name, change in changes.items()}))

    return hybrid


def spoilt(solve, spoil):
    """Return a solution whose answer is spoilt in the end: ``spoil(one, cells, signal, account)``."""

    def hybrid(**one):
        return spoil(one, *solve(**one))

    return hybrid


def test_wrong_physics_fails_where_it_is_wrong(solved):
    assert {"climb", "gather"} <= fails(changed(solved, chi=lambda one: 0.0), "climb", "gather")
    assert {"gather"} <= fails(changed(solved, chi=lambda one: 2 * one["chi"]), "gather")
    assert {"climb"} <= fails(changed(solved, chi=lambda one: -one["chi"]), "climb")
    assert {"walk"} <= fails(changed(solved, D=lambda one: one["D"] / 2), "walk")
    assert {"content"} <= fails(changed(solved, k=lambda one: 1.2 * one["k"]), "content")
    assert {"voxels"} <= fails(changed(solved, Dc=lambda one: 1.5 * one["Dc"]), "voxels")
    assert {"balance", "content"} <= fails(changed(solved, a=lambda one: 1.1 * one["a"]), "balance", "content")
    assert {"uptake"} <= fails(changed(solved, u=lambda one: 2 * one["u"]), "uptake")
    assert {"balance", "uptake"} <= fails(changed(solved, u=lambda one: 0.0), "balance", "uptake")
    assert {"walk"} <= fails(changed(solved, seed=lambda one: 1), "walk")
    assert {"voxels"} <= fails(changed(solved, cells=lambda one: one["cells"] + 0.06 * one["L"]), "voxels")


def test_an_account_that_is_only_made_to_close_fails(solved):
    def cooked(one, cells, signal, account):
        area = (one["L"] / signal.shape[-1]) ** 2
        signal = 0.9 * signal
        released = one["a"] * len(cells[0]) * np.array(one["times"])
        rest = released + one["signal"].sum() * area - signal.sum(axis=(1, 2)) * area
        return cells, signal, np.stack([released, rest - account[:, 2], account[:, 2]], axis=1)

    found = fails(spoilt(solved, cooked), "balance", "content", "uptake")
    assert {"content", "uptake"} <= found


def test_a_leak_of_one_in_ten_thousand_is_seen(solved):
    leaky = spoilt(solved, lambda one, cells, signal, account: (cells, signal * (1 - 1e-4), account))
    assert {"balance"} <= fails(leaky, "balance")


def test_cells_that_take_more_than_there_is_fail():
    def greedy(cells, signal, L, a, k, Dc, u, D, chi, times, dt, seed):
        area, rows = (L / len(signal)) ** 2, []
        for t in times:
            taken = u * len(cells) * t * signal.mean()
            left = signal - taken / L**2
            rows.append((cells, left, [0.0, 0.0, taken]))
        return tuple(np.array(column) for column in zip(*rows, strict=True)) if area else None

    assert {"uptake"} <= fails(greedy, "uptake")


def test_densities_in_place_of_cells_fail(solved):
    def smooth(one, cells, signal, account):
        return cells, np.broadcast_to(signal.mean(axis=(1, 2))[:, None, None], signal.shape), account

    assert {"voxels", "crowd"} <= fails(spoilt(solved, smooth), "voxels", "crowd")


def test_cells_that_stay_where_they_are_fail(solved):
    def frozen(one, cells, signal, account):
        return np.broadcast_to(one["cells"], cells.shape), signal, account

    assert {"climb", "walk"} <= fails(spoilt(solved, frozen), "climb", "walk")


def test_cells_that_leave_the_sheet_fail(solved):
    def astray(one, cells, signal, account):
        return cells + 0.2 * one["L"], signal, account

    assert {"climb"} <= fails(spoilt(solved, astray), "climb")


def test_an_answer_that_depends_on_the_step_fails(solved):
    def rough(one, cells, signal, account):
        return cells, signal * (1 + 0.1 * np.cos(np.pi * np.log2(one["dt"]))), account

    assert {"step"} <= fails(spoilt(solved, rough), "step")
    assert {"step"} <= fails(lambda **one: (*solved(**one)[:1], one["signal"][None], solved(**one)[2]), "step")


@pytest.mark.parametrize(
    "returned", [None, [], [[1.0]] * 3, [["not a finite number"] * 3] * 3, [{"a": 1}] * 3, [[[[]], [[]], [[]]]] * 3]
)
@pytest.mark.parametrize("name", NAMES)
def test_odd_data_are_told_apart_and_never_right(name, returned):
    lab = LABS[f"lab-hybrid-{name}"]
    inputs = lab.draw(np.random.default_rng(1))
    returned = returned[:1] * len(inputs) if returned else returned
    found = lab.judge(inputs, {"returned": returned})
    assert not found.right and found.kind in ("shape", "wrong") and found.says


def test_hidden_inputs_differ_between_students():
    draws = [LABS["lab-hybrid-content"].draw(np.random.default_rng(seed))[0] for seed in range(30)]
    assert len({one["Dc"] for one in draws}) > 25 and len({one["seed"] for one in draws}) == 30
