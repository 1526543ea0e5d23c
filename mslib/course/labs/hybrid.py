"""The lab of set B: a hybrid model of the student's own, cells on a field, held against balance, orders and limits."""

from itertools import pairwise

import numpy as np
from scipy.special import k0

from mslib.principles.hybrid import KellerSegel

from .base import Lab, insist, numbers

SMALL = 1e-6
RIPPLE = 0.4
ACCOUNT = ("released", "decayed", "taken")


def _round(value):
    return float(f"{value:.4g}")


def _sheet(rng, *, N=40, m=20, **changes):
    """Return inputs of ``hybrid``: cells strewn over a sheet with a smooth signal."""
    L = _round(rng.uniform(150.0, 250.0))
    wave = np.cos(np.pi * (np.arange(m) + 0.5) / m)
    about = {
        "cells": (rng.random((N, 2)) * L).round(4).tolist(),
        "signal": (_round(rng.uniform(0.5, 2.0)) * (1.0 + 0.4 * wave[:, None] * wave)).round(6).tolist(),
        "L": L,
        "a": _round(rng.uniform(200.0, 1000.0)),
        "k": _round(rng.uniform(0.5, 1.5)),
        "Dc": _round(rng.uniform(300.0, 900.0)),
        "u": _round(rng.uniform(100.0, 400.0)),
        "D": _round(rng.uniform(20.0, 80.0)),
        "chi": _round(rng.uniform(50.0, 200.0)),
        "times": [0.5, 1.5],
        "dt": 0.05,
        "seed": int(rng.integers(2**31)),
    }
    return about | changes


def _runs(inputs, returned):
    """Yield inputs, cells, signal and account of each call of ``hybrid``, with what the sheet held at the start."""
    for one, value in zip(inputs, returned, strict=True):
        insist(isinstance(value, list) and len(value) == 3, "hybrid must return three things: cells, signal, account.")
        T, N, m = len(one["times"]), len(one["cells"]), len(one["signal"])
        cells = numbers(value[0], (T, N, 2), "cells")
        insist(cells.min() > -SMALL and cells.max() < one["L"] * (1 + SMALL), "A cell has left the sheet.")
        signal = numbers(value[1], (T, m, m), "signal")
        account = dict(zip(ACCOUNT, numbers(value[2], (T, 3), "account").T, strict=True))
        yield one, cells, signal, account


def _content(one, signal):
    """Return the molecules on the sheet at each moment."""
    m = len(one["signal"])
    return np.asarray(signal).sum(axis=(-2, -1)) * (one["L"] / m) ** 2


def _expected(one):
    """Return the molecules on the sheet without uptake, exact wherever the cells are."""
    t, k = np.array(one["times"]), one["k"]
    start, made = _content(one, one["signal"]), one["a"] * len(one["cells"])
    return start * np.exp(-k * t) + made * (-np.expm1(-k * t) / k if k else t)


def _near(found, wanted, share, scale=None):
    scale = np.max(np.abs(wanted)) if scale is None else scale
    return np.all(np.abs(np.asarray(found) - wanted) <= share * scale)


def _draw_balance(rng):
    return [_sheet(rng), _sheet(rng, u=0.0), _sheet(rng, a=0.0, u=5000.0, times=[0.25, 2.0])]


def _test_balance(inputs, returned):
    for one, _, signal, account in _runs(inputs, returned):
        start, t = _content(one, one["signal"]), np.array(one["times"])
        ever = start + one["a"] * len(one["cells"]) * t
        insist(_near(account["released"] + start, ever, SMALL), "Released must be a molecules per cell and minute.")
        held = _content(one, signal) + account["decayed"] + account["taken"]
        insist(
            _near(held, ever, 2e-6),
            "What was there and what was released must be on the sheet, decayed or taken up: "
            f"{np.max(np.abs(held / ever - 1)):.1e} of it is missing or too much.",
        )
        for name in ("decayed", "taken"):
            insist(account[name].min() >= -SMALL * ever.max(), f"The amount {name} cannot be negative.")
            insist(np.all(np.diff(account[name]) >= -SMALL * ever.max()), f"The amount {name} cannot fall.")
        told = np.all(account["taken"] > SMALL * ever) if one["u"] else np.all(account["taken"] <= SMALL * ever)
        insist(told, "Cells with a clearance u take up, cells without it do not.")
    return "Not a molecule is lost between the cells and the field."


def _draw_content(rng):
    return [_sheet(rng, u=0.0), _sheet(rng, u=0.0, k=0.0), _sheet(rng, u=0.0, D=0.0, chi=0.0, times=[0.2, 4.0])]


def _test_content(inputs, returned):
    for one, _, signal, account in _runs(inputs, returned):
        found, wanted = _content(one, signal), _expected(one)
        if not one["k"]:
            insist(_near(found, wanted, 2e-6), "With k = u = 0 all that was ever there must still be on the sheet.")
            insist(_near(account["decayed"], 0.0, SMALL, wanted.max()), "With k = 0 nothing decays.")
        insist(
            _near(found / wanted, 1.0, 0.02),
            "Without uptake the amount on the sheet is known exactly, wherever the cells go: "
            "it starts at M₀ and tends to N a/k with the rate constant k. Yours is more than 2 % off.",
        )
    return "The sheet fills and fades as it must."


def _draw_uptake(rng):
    m = 12
    even = _sheet(rng, m=m, a=0.0, D=0.0, chi=0.0, k=0.3)
    h = even["L"] / m
    centres = (np.arange(m) + 0.5) * h
    even["cells"] = np.stack(np.meshgrid(centres, centres, indexing="ij"), axis=-1).reshape(-1, 2).round(6).tolist()
    even |= {"signal": np.full((m, m), _round(rng.uniform(0.5, 2.0))).tolist(), "u": _round(0.7 * h**2)}
    hungry = _sheet(rng, N=12, a=0.0, u=1e6, D=0.0, chi=0.0, k=0.0, times=[0.01, 0.1, 1.0])
    return [even, hungry]


def _test_uptake(inputs, returned):
    (one, _, signal, account), (two, _, left, eaten) = _runs(inputs, returned)
    start, t = _content(one, one["signal"]), np.array(one["times"])
    rate = one["u"] * len(one["cells"]) / one["L"] ** 2
    wanted = start * np.exp(-(one["k"] + rate) * t)
    insist(
        _near(_content(one, signal) / wanted, 1.0, 0.03),
        "Evenly spread cells with the density n take up like a decay with the rate constant u n. Yours do not.",
    )
    insist(
        _near(account["taken"], (start - wanted) * rate / (one["k"] + rate), 0.03),
        "Of what is lost, the share u n/(k + u n) belongs to the cells.",
    )
    insist(np.min(left) > -SMALL * np.max(two["signal"]), "The signal became negative: cells took more than there was.")
    insist(np.all(eaten["taken"] <= _content(two, two["signal"]) * (1 + SMALL)), "Cells took more than there ever was.")
    insist(
        eaten["taken"][-1] > 0.1 * _content(two, two["signal"]), "Very hungry cells must take what diffuses to them."
    )
    return "Cells take their share, and never more than there is."


def _draw_climb(rng):
    calls = []
    for _ in range(2):
        one = _sheet(rng, N=20, m=40, a=0.0, u=0.0, D=0.0, dt=0.02)
        fade = one["k"] + one["Dc"] * (np.pi / one["L"]) ** 2
        height = _round(rng.uniform(0.5, 2.0))
        wave = np.cos(np.pi * (np.arange(40) + 0.5) / 40)
        signal = height * (2.0 + np.broadcast_to(wave[:, None], (40, 40)))
        pull = height * (np.pi / one["L"]) ** 2 / fade
        times = [_round(0.4 / fade), _round(2.0 / fade)]
        calls.append(
            one | {"signal": signal.round(8).tolist(), "chi": _round(rng.uniform(0.8, 1.4) / pull), "times": times}
        )
    return calls


def _test_climb(inputs, returned):
    for one, cells, _, _ in _runs(inputs, returned):
        start, q, t = np.array(one["cells"]), np.pi / one["L"], np.array(one["times"])
        fade = one["k"] + one["Dc"] * q**2
        height = (one["signal"][0][0] - one["signal"][-1][0]) / 2.0 / np.cos(0.5 * np.pi / len(one["signal"]))
        gone = one["chi"] * height * q**2 * -np.expm1(-fade * t) / fade
        wanted = 2.0 / q * np.arctan(np.tan(0.5 * q * start[:, 0]) * np.exp(-gone)[:, None])
        insist(
            _near(cells[:, :, 1], start[:, 1], 2e-3, one["L"]),
            "On a signal that varies along the first axis only, no cell has a reason to move along the second.",
        )
        insist(
            _near(cells[:, :, 0], wanted, 0.02, one["L"]),
            "On a hill that sinks while they climb it, the cells are more than 2 % of L from where χ∇c carries them.",
        )
    return "The cells climb as fast as the gradient says."


def _draw_walk(rng):
    L, N = 200.0, 1000
    quiet = {"L": L, "signal": np.zeros((4, 4)).tolist(), "a": 0.0, "k": 0.0, "u": 0.0, "chi": 0.0}
    one = _sheet(rng, **quiet, cells=np.full((N, 2), L / 2).tolist())
    one["times"] = [_round(share * L**2 / one["D"]) for share in (1e-3, 4e-3)]
    one["dt"] = one["times"][0] / 4.0
    corner = one | {"cells": np.full((N, 2), 1.0).tolist(), "times": [_round(1.5 * L**2 / one["D"])]}
    corner["dt"] = corner["times"][0] / 60.0
    return [one, one | {"seed": int(rng.integers(2**31))}, one, corner]


def _test_walk(inputs, returned):
    found = [cells for _, cells, _, _ in _runs(inputs, returned)]
    one, N = inputs[0], len(inputs[0]["cells"])
    insist(np.allclose(found[0], found[2], atol=1e-4), "The same seed must give the same cells.")
    insist(not np.allclose(found[0], found[1], atol=1e-4), "Another seed must give other cells.")
    for cells in found[:2]:
        squares = ((cells - one["L"] / 2) ** 2).sum(axis=2).mean(axis=1) / (4.0 * one["D"] * np.array(one["times"]))
        insist(
            _near(squares, 1.0, 5.0 / np.sqrt(N)),
            "The mean squared distance of wandering cells should be 4 D t on the plane; "
            f"yours is {squares[0]:.2f} and {squares[1]:.2f} times that.",
        )
        across = np.corrcoef(cells[-1].T)[0, 1]
        insist(
            abs(across) < 5.0 / np.sqrt(N),
            "The two directions of a cell's motion should have nothing to do with each other.",
        )
    far = found[3][0] / one["L"]
    insist(
        _near(far.mean(axis=0), 0.5, 5.0 * 0.2887 / np.sqrt(N)) and _near(far.std(axis=0), 0.2887, 0.08),
        "After a long time wandering cells should be spread evenly over the sheet, up to its edges.",
    )
    return "The cells wander with the motility D, and the edge turns them back."


def _draw_voxels(rng):
    calls = []
    one = _sheet(rng, N=1, u=0.0, D=0.0, chi=0.0)
    one["cells"], one["k"] = [[one["L"] / 2.0, one["L"] / 2.0]], _round(one["Dc"] * (8.0 / one["L"]) ** 2)
    one |= {"times": [_round(7.0 / one["k"])], "dt": 0.1 / one["k"]}
    for m in (11, 21, 41):
        calls.append(one | {"signal": np.zeros((m, m)).tolist()})
    return calls


def _cloud(one, m):
    """Return distances from the one cell, and the exact steady signal there with the mirror images of the walls."""
    L, reach = one["L"], np.sqrt(one["Dc"] / one["k"])
    centres = (np.arange(m) + 0.5) * L / m - L / 2.0
    y, x = np.meshgrid(centres, centres, indexing="ij")
    with np.errstate(invalid="ignore", divide="ignore"):
        total = sum(k0(np.hypot(y - i * L, x - j * L) / reach) for i in (-1, 0, 1) for j in (-1, 0, 1))
    return np.hypot(y, x) / reach, one["a"] / (2.0 * np.pi * one["Dc"]) * total


def _test_voxels(inputs, returned):
    errors = []
    for one, _, signal, _ in _runs(inputs, returned):
        far, exact = _cloud(one, len(one["signal"]))
        ring = (far > 1.0) & (far < 2.0)
        errors.append(float(np.sqrt(np.mean((signal[-1][ring] / exact[ring] - 1.0) ** 2))))
    order = np.log(errors[0] / max(errors[-1], 1e-9)) / np.log(41.0 / 11.0)
    insist(
        errors[-1] < 0.05,
        f"The steady signal around a resting cell, a K₀(r/λ)/(2πD_c), is {100 * errors[-1]:.0f} % off on the finest.",
    )
    insist(
        order > 0.8 or max(errors) < 0.01,
        f"Finer voxels should give a better signal; your error falls as their width to the power {order:.2f}.",
    )
    return f"The signal around a cell is right, and gets better with the voxels (order {order:.1f})."


def _draw_step(rng):
    one = _sheet(rng, N=30, D=0.0, u=200.0, times=[0.8])
    return [one | {"dt": 0.2 / 2**halved} for halved in range(4)]


def _test_step(inputs, returned):
    runs = list(_runs(inputs, returned))
    fields = [signal[-1] for _, _, signal, _ in runs]
    gaps = [float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b**2))) for a, b in pairwise(fields)]
    order = np.log2(max(gaps[0], 1e-12) / max(gaps[2], 1e-12)) / 2.0
    insist(
        gaps[2] < 0.05, f"The signal still changes by {100 * gaps[2]:.0f} % when the finest coupling step is halved."
    )
    insist(
        order > 0.6 or gaps[0] < 2e-3,
        f"Halving the coupling step should at least halve the change; yours falls as dt to the power {order:.2f}.",
    )
    before = _content(inputs[0], inputs[0]["signal"])
    insist(not np.isclose(_content(inputs[0], fields[-1]), before, rtol=1e-3), "Nothing happens on the sheet.")
    return f"The coupling step can be trusted (order {order:.1f})."


def _ring(rng, strength):
    """Return cells with a ripple along the first axis, on the growing (or slowest fading) shape of it."""
    band = KellerSegel(chi=400.0)
    L, m, N, height = _round(np.pi / band.q_star), 16, 3000, RIPPLE
    q = np.pi / L
    weak = band.replace(chi=400.0 * strength)
    x = np.linspace(0.0, L, 4001)
    share = (x + height / q * np.sin(q * x)) / L
    place = np.interp((np.arange(N) + 0.5) / N, share, x)
    cells = np.stack([place, rng.permutation((np.arange(N) + 0.5) / N) * L], axis=1)
    ratio = band.a * band.n0 / (weak.growth(q) + band.Dc * q**2 + band.k)
    wave = np.cos(np.pi * (np.arange(m) + 0.5) / m)
    signal = band.a * band.n0 / band.k + height * ratio * np.broadcast_to(wave[:, None], (m, m))
    about = {
        "L": L,
        "a": band.a * band.n0 * L**2 / N,
        "k": band.k,
        "Dc": band.Dc,
        "D": band.D,
        "chi": weak.chi,
        "u": 0.0,
    }
    about = {name: float(f"{value:.8g}") for name, value in about.items()}
    lists = {"cells": cells.round(5).tolist(), "signal": signal.round(8).tolist()}
    return about | lists | {"times": [1.6], "dt": 0.05, "seed": int(rng.integers(2**31))}


def _draw_gather(rng):
    return [_ring(rng, 1.0), _ring(rng, 0.1)]


def _height(place, q):
    return 2.0 * np.cos(q * np.asarray(place)[:, 0]).mean()


def _change(one, q):
    """Return by which factor a ripple of the density changes, from the equations of Keller and Segel."""
    weak = KellerSegel(
        n0=len(one["cells"]) / one["L"] ** 2, a=one["a"], k=one["k"], Dc=one["Dc"], D=one["D"], chi=one["chi"]
    )
    x, n = weak.densities(q, one["times"], amplitude=RIPPLE, cells=64)
    return float((n[-1] / weak.n0) @ np.cos(q * x)) * 2.0 / len(x) / RIPPLE


def _test_gather(inputs, returned):
    for one, cells, _, _ in _runs(inputs, returned):
        q = np.pi / one["L"]
        found, wanted = _height(cells[-1], q) / _height(one["cells"], q), _change(one, q)
        insist(
            abs(found - wanted) < (0.6 if wanted > 1.0 else 0.3),
            f"With {len(cells[-1])} cells the equations of Keller and Segel should hold: the ripple should become "
            f"{wanted:.2f} times as high as it was, yours became {found:.2f} times as high.",
        )
    return "Many cells gather above the threshold, and only there, as densities do."


def _draw_crowd(rng):
    calls, one = [], _sheet(rng, u=0.0, chi=0.0, m=12)
    one |= {"signal": np.zeros((12, 12)).tolist(), "times": [_round(3.0 / one["k"])], "dt": 0.1 / one["k"]}
    for N in (40,) * 6 + (640,) * 6:
        cells = (rng.random((N, 2)) * one["L"]).round(4).tolist()
        calls.append(one | {"cells": cells, "a": 1000.0 / N, "seed": int(rng.integers(2**31))})
    return calls


def _test_crowd(inputs, returned):
    spread = {40: [], 640: []}
    for one, cells, signal, _ in _runs(inputs, returned):
        mean = _expected(one)[-1] / one["L"] ** 2
        spread[len(cells[-1])].append(np.mean((signal[-1] / mean - 1.0) ** 2))
    few, many = (float(np.sqrt(np.mean(values))) for values in spread.values())
    insist(many > 0, "Chance has gone: the signal of single cells cannot be perfectly even.")
    insist(
        2.6 < few / many < 6.0,
        f"Sixteen times the cells should leave a quarter of the unevenness; yours leave {many / few:.2f} of it.",
    )
    return "The field of many cells approaches that of a density, as 1/√N."


LABS = {
    "lab-hybrid-balance": Lab(_draw_balance, _test_balance),
    "lab-hybrid-content": Lab(_draw_content, _test_content),
    "lab-hybrid-uptake": Lab(_draw_uptake, _test_uptake),
    "lab-hybrid-climb": Lab(_draw_climb, _test_climb),
    "lab-hybrid-walk": Lab(_draw_walk, _test_walk),
    "lab-hybrid-voxels": Lab(_draw_voxels, _test_voxels),
    "lab-hybrid-step": Lab(_draw_step, _test_step),
    "lab-hybrid-gather": Lab(_draw_gather, _test_gather),
    "lab-hybrid-crowd": Lab(_draw_crowd, _test_crowd),
}
