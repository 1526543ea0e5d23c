"""The lab of set A: a morphogen gradient, once as an equation and once as walking molecules."""

import numpy as np

from mslib.principles.morphogen import Gradient

from .base import Lab, insist, numbers

PUBLISHED = {"Dpp": (0.10, 2.52e-4, 20.2), "Wg": (0.05, 1.40e-3, 5.8)}


def _profiles(inputs, returned):
    """Yield inputs, cell centres and profiles of each call of ``simulate``."""
    for one, value in zip(inputs, returned, strict=True):
        insist(isinstance(value, list) and len(value) == 2, "simulate must return two things: x and c.")
        x = numbers(value[0], (one["cells"],), "x")
        centres = (np.arange(one["cells"]) + 0.5) * one["length"] / one["cells"]
        fits = np.allclose(x, centres, atol=1e-4 * one["length"])
        insist(fits, "x must be the centres of equal cells that fill the length.")
        yield one, x, numbers(value[1], (len(one["times"]), one["cells"]), "c")


def _tissue(rng, **changes):
    """Return inputs of ``simulate``: a tissue of some characteristic lengths, watched for some lifetimes."""
    D, k = float(f"{rng.uniform(0.05, 2.0):.3g}"), float(f"{np.exp(rng.uniform(np.log(1e-4), np.log(3e-3))):.3g}")
    about = {
        "D": D,
        "k": k,
        "C0": float(f"{rng.uniform(50, 200):.3g}"),
        "length": float(f"{6.0 * np.sqrt(D / k):.5g}"),
        "cells": 120,
        "times": [0.3 / k, 1.0 / k],
    }
    return about | changes


def _error(one, c, exact):
    return float(np.max(np.abs(c - exact))) / one["C0"]


def _exact(one, x, t):
    """Return the exact profile on a long tissue; the sealed end is too far away to matter."""
    return Gradient(D=one["D"], k=one["k"], C0=one["C0"]).concentration_at(x, t)


def _draw_steady(rng):
    one = _tissue(rng, length=0.0)
    reach = np.sqrt(one["D"] / one["k"])
    spans, late = (rng.uniform(1, 2), 6.0), [15.0 / one["k"]]
    return [one | {"length": float(f"{reach * span:.5g}"), "times": late} for span in spans]


def _test_steady(inputs, returned):
    for one, x, c in _profiles(inputs, returned):
        reach = np.sqrt(one["D"] / one["k"])
        exact = one["C0"] * np.cosh((one["length"] - x) / reach) / np.cosh(one["length"] / reach)
        insist(
            _error(one, c[-1], exact) < 0.02,
            "After fifteen lifetimes the profile should stand still, as an exponential with λ = √(D/k) that a "
            "sealed end bends up. Yours is another curve.",
        )
    return "The limit t → ∞ is right, on a long tissue and on a short one."


def _draw_transient(rng):
    return [_tissue(rng), _tissue(rng, cells=150)]


def _test_transient(inputs, returned):
    for one, x, c in _profiles(inputs, returned):
        for t, profile in zip(one["times"], c, strict=True):
            insist(
                _error(one, profile, _exact(one, x, t)) < 0.02,
                f"After {t * one['k']:.1f} lifetimes the profile is more than 2 % of C₀ off the exact one.",
            )
    return "The gradient builds up as fast as it should."


def _draw_balance(rng):
    one = _tissue(rng)
    time = one["length"] ** 2 / one["D"]
    return [one | {"k": 0.0, "cells": 80, "times": [0.01 * time, 0.04 * time, 3.0 * time]}]


def _test_balance(inputs, returned):
    for one, _, c in _profiles(inputs, returned):
        amount = c.sum(axis=1) * one["length"] / one["cells"]
        entered = 2.0 * one["C0"] * np.sqrt(one["D"] * np.array(one["times"][:2]) / np.pi)
        insist(
            np.allclose(amount[:2], entered, rtol=0.05),
            "With k = 0 nothing is lost: the tissue must hold what has entered, 2C₀√(Dt/π) at first.",
        )
        insist(
            np.allclose(c[-1], one["C0"], rtol=0.01),
            "With k = 0 a sealed tissue fills up to C₀. In yours something leaks or is made.",
        )
    return "Nothing is lost and nothing is made."


def _draw_convergence(rng):
    one = _tissue(rng)
    return [one | {"cells": cells, "times": [0.5 / one["k"]]} for cells in (20, 40, 80, 160)]


def _test_convergence(inputs, returned):
    errors = [_error(one, c[0], _exact(one, x, one["times"][0])) for one, x, c in _profiles(inputs, returned)]
    order = np.log2(errors[0] / max(errors[-1], 1e-12)) / (len(errors) - 1)
    insist(
        order > 0.8 or max(errors) < 5e-4,
        f"Twice the cells should at least halve the error; yours falls as the width to the power {order:.2f}.",
    )
    return f"The error falls with the cells (order {order:.1f})."


def _draw_positive(rng):
    one = _tissue(rng)
    return [
        one | {"times": [0.002 / one["k"], 0.02 / one["k"], 3.0 / one["k"]]},
        one | {"times": [0.002 / one["k"], 0.02 / one["k"], 3.0 / one["k"]], "C0": 2.0 * one["C0"]},
    ]


def _test_positive(inputs, returned):
    (one, _, first), (_, _, second) = _profiles(inputs, returned)
    slack = 2e-3 * one["C0"]
    insist(first.min() > -slack, "A concentration became negative.")
    insist(first.max() < one["C0"] + slack, "Somewhere the concentration exceeds that of the source.")
    insist(np.all(np.diff(first, axis=1) < slack), "The concentration rises away from the source.")
    insist(np.all(np.diff(first, axis=0) > -slack), "The concentration falls while the gradient builds up.")
    linear = np.allclose(second, 2.0 * first, atol=2.0 * slack)
    insist(linear, "Twice the source must give twice the concentration everywhere.")
    return "Positive, monotonic and linear."


def _draw_published(rng):
    calls = []
    for D, k, _ in rng.permutation(list(PUBLISHED.values())).tolist():
        top = float(f"{rng.uniform(50, 200):.3g}")
        calls.append({"D": D, "k": k, "C0": top, "length": 150.0, "cells": 300, "times": [12.0 / k]})
    return calls


def _test_published(inputs, returned):
    for one, x, c in _profiles(inputs, returned):
        name, measured = next((name, about[2]) for name, about in PUBLISHED.items() if about[0] == one["D"])
        inside = (c[-1] > 0.05 * one["C0"]) & (c[-1] < 0.9 * one["C0"])
        insist(inside.sum() > 3, f"The steady profile of {name} has no slope to measure.")
        length = -1.0 / np.polyfit(x[inside], np.log(c[-1][inside]), 1)[0]
        insist(
            abs(length / measured - 1.0) < 0.06,
            f"The decay length of {name} comes out as {length:.1f} µm; measured were {measured} µm.",
        )
    return "The decay lengths of Dpp and Wg agree with those that were measured."


def _draw_vein(rng):
    calls = []
    for share in (*rng.uniform(0.1, 0.7, 3), 1.5):
        reach, top = rng.uniform(8.0, 40.0), float(f"{rng.uniform(50, 200):.3g}")
        x = (np.arange(80) + 0.5) * reach / 10.0
        c = top * np.exp(-x / reach)
        threshold = float(f"{share * top:.4g}")
        calls.append({"x": np.round(x, 6).tolist(), "c": np.round(c, 6).tolist(), "threshold": threshold})
    return calls


def _test_vein(inputs, returned):
    for one, value in zip(inputs, returned, strict=True):
        width = float(numbers(value, (), "vein"))
        x, c = np.array(one["x"]), np.array(one["c"])
        reach = (x[-1] - x[0]) / np.log(c[0] / c[-1])
        exact = max(x[0] + reach * np.log(c[0] / one["threshold"]), 0.0)
        says = "look between the cells, not only at their centres." if exact else "it is 0 below the threshold."
        insist(abs(width - exact) < 0.06 * (x[1] - x[0]), f"vein is off: {says}")
    return "The border is found between the cells, and there is none where there should be none."


def _draw_walk(rng):
    one = _tissue(rng)
    first, *others = (int(seed) for seed in rng.choice(2**31, 3, replace=False))
    return [{"D": one["D"], "k": one["k"], "molecules": 4000, "seed": seed} for seed in (first, *others, first)]


def _distances(inputs, returned):
    """Yield characteristic length and distances of each call of ``walk``."""
    for one, value in zip(inputs, returned, strict=True):
        yield np.sqrt(one["D"] / one["k"]), numbers(value, (one["molecules"],), "walk")


def _test_walk(inputs, returned):
    found = [distances / length for length, distances in _distances(inputs, returned)]
    insist(all(one.min() >= 0 for one in found), "A molecule left the tissue: the edge at x = 0 turns it back.")
    insist(not np.allclose(found[0], found[1]), "Another seed must give other molecules.")
    insist(np.allclose(found[0], found.pop()), "The same seed must give the same molecules.")
    pooled = np.concatenate(found)
    n = len(pooled)
    insist(abs(pooled.mean() - 1.0) < 5.0 / np.sqrt(n), "The mean distance of the molecules should be λ.")
    insist(
        abs(np.exp(-pooled).mean() - 0.5) < 5.0 * np.sqrt(1.0 / 12.0 / n),
        "The mean distance fits, but the molecules are not spread as the steady profile is.",
    )
    insist(abs((pooled**2).mean() - 2.0) < 5.0 * np.sqrt(20.0 / n), "The far end of the molecules' spread is wrong.")
    return "Molecules that know nothing of the tissue spread as its profile does."


def _draw_noise(rng):
    one = _tissue(rng)
    seeds = rng.choice(2**31, 120, replace=False)
    crowds = [50] * 60 + [800] * 60
    return [{"D": one["D"], "k": one["k"], "molecules": n, "seed": int(s)} for n, s in zip(crowds, seeds, strict=True)]


def _test_noise(inputs, returned):
    means = np.array([distances.mean() / length for length, distances in _distances(inputs, returned)])
    few, many = (float(np.sqrt(np.mean((part - 1.0) ** 2))) for part in (means[:60], means[60:]))
    insist(many > 0, "Chance has gone: every crowd has exactly the same mean.")
    insist(
        2.4 < few / many < 6.6,
        f"Sixteen times the molecules should scatter a quarter as much; yours scatter {many / few:.2f} of it.",
    )
    insist(0.65 < few * np.sqrt(50.0) < 1.5, "The scatter of the mean should be λ/√n. Are the molecules independent?")
    return "What one molecule leaves to chance, a crowd makes certain, as 1/√n."


LABS = {
    "lab-gradient-steady": Lab(_draw_steady, _test_steady),
    "lab-gradient-transient": Lab(_draw_transient, _test_transient),
    "lab-gradient-balance": Lab(_draw_balance, _test_balance),
    "lab-gradient-convergence": Lab(_draw_convergence, _test_convergence),
    "lab-gradient-positive": Lab(_draw_positive, _test_positive),
    "lab-gradient-published": Lab(_draw_published, _test_published),
    "lab-gradient-vein": Lab(_draw_vein, _test_vein),
    "lab-gradient-walk": Lab(_draw_walk, _test_walk),
    "lab-gradient-noise": Lab(_draw_noise, _test_noise),
}
