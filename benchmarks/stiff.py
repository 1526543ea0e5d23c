"""Stiff networks beside libroadrunner and SciPy: the MAP kinase cascade once, and for a thousand parameter sets."""

import time

import numpy as np
from scipy.integrate import odeint

from mslib.numerics.stiff import Kinetics, solve_network

from .kernels import ratio

TIMES = np.linspace(0.0, 100.0, 101)
SETS = 1000
STEPS = (
    ("E1", "K3", "K3p"), ("E2", "K3p", "K3"), ("K3p", "K2", "K2p"), ("P2", "K2p", "K2"), ("K3p", "K2p", "K2pp"),
    ("P2", "K2pp", "K2p"), ("K2pp", "K1", "K1p"), ("P1", "K1p", "K1"), ("K2pp", "K1p", "K1pp"), ("P1", "K1pp", "K1p"),
)  # fmt: skip
PRESENT = {"E1": 3e-5, "E2": 3e-4, "K3": 3e-3, "K2": 1.2, "P2": 3e-4, "K1": 1.2, "P1": 0.12}


def reactions():
    """Return the thirty reactions of the cascade of Huang & Ferrell (1996)."""
    lines = []
    for enzyme, substrate, product in STEPS:
        bound = f"{enzyme}_{substrate}"
        lines += [f"{enzyme} + {substrate} -> {bound}", f"{bound} -> {enzyme} + {substrate}"]
        lines += [f"{bound} -> {enzyme} + {product}"]
    return lines


def cascade():
    """Return kinetics, start (µM) and rate constants (1/µM/s and 1/s)."""
    kinetics = Kinetics.of(*reactions())
    return kinetics, np.array([PRESENT.get(n, 0.0) for n in kinetics.species]), np.tile([1000.0, 150.0, 150.0], 10)


def roadrunner(kinetics, start, constants):
    """Return a function from rate constants to the time courses, by libroadrunner's CVODE."""
    import antimony
    import roadrunner as peer

    peer.Logger.setLevel(peer.Logger.LOG_ERROR)
    rules = [f"{line}; k{r}*{'*'.join(line.split(' -> ')[0].split(' + '))};" for r, line in enumerate(reactions())]
    values = [f"k{r} = {k};" for r, k in enumerate(constants)]
    values += [f"{n} = {v};" for n, v in zip(kinetics.species, start, strict=True)]
    antimony.loadAntimonyString("\n".join(["model cascade()", *rules, *values, "end"]))
    model = peer.RoadRunner(antimony.getSBMLString("cascade"))
    model.timeCourseSelections = ["time", *kinetics.species]
    model.integrator.relative_tolerance, model.integrator.absolute_tolerance = 1e-6, 1e-9
    names = [f"k{r}" for r in range(len(constants))]

    def simulate(k):
        model.reset()
        for name, value in zip(names, k, strict=True):
            model[name] = value
        return np.array(model.simulate(0, 100, 101))[:, 1:].T

    return simulate


def cases():
    """Yield a name, both callables and the errors of both against a fine solution."""
    kinetics, start, constants = cascade()
    peer = roadrunner(kinetics, start, constants)
    fine = solve_network(kinetics, start, constants, TIMES, rtol=1e-11, atol=1e-14).y

    def error(values, truth=fine):
        return np.abs(values - truth).max()

    def ours(rtol, method=None, k=constants):
        return solve_network(kinetics, start, k, TIMES, rtol=rtol, atol=1e-3 * rtol, method=method).y

    def lsoda():
        return odeint(lambda y, t: kinetics.speeds(y, constants), start, TIMES, rtol=1e-6, atol=1e-9,
                      Dfun=lambda y, t: kinetics.jacobian(y, constants)).T  # fmt: skip

    def once():
        return peer(constants)

    for rtol in (1e-6, 1e-5, 1e-4, 1e-3):
        yield f"one run, compiled, rtol {rtol:g}", lambda r=rtol: ours(r), once, error(ours(rtol)), error(once())
    yield "one run, NumPy, rtol 1e-06", lambda: ours(1e-6, "numpy"), once, error(ours(1e-6, "numpy")), error(once())
    yield "one run, SciPy odeint with our Jacobian", lsoda, once, error(lsoda()), error(once())
    sets = constants[:, None] * np.exp(0.2 * np.random.default_rng(1).normal(size=(30, SETS)))
    truth = solve_network(kinetics, start, sets, TIMES, rtol=1e-9, atol=1e-12).y

    def loop():
        return np.stack([peer(k) for k in sets.T], axis=1)

    theirs = error(loop(), truth)
    for rtol, method in ((1e-3, "compiled"), (1e-5, "compiled"), (1e-3, "numpy")):
        mine = error(ours(rtol, method, sets), truth)
        yield (f"{SETS} sets, {method}, rtol {rtol:g}", lambda r=rtol, m=method: ours(r, m, sets), loop, mine, theirs)


def scaling():
    """Return rows of milliseconds a system against the number of systems."""
    kinetics, start, constants = cascade()
    rows = ["", "| systems | compiled / ms a system | NumPy / ms a system |", "| --- | --- | --- |"]
    for systems in (1, 10, 100, 1000):
        sets = np.repeat(constants[:, None], systems, axis=1)
        spent = []
        for method in ("compiled", "numpy"):
            begin = time.perf_counter()
            solve_network(kinetics, start, sets, TIMES, rtol=1e-3, method=method)
            spent.append((time.perf_counter() - begin) / systems * 1e3)
        rows.append(f"| {systems} | {spent[0]:.2f} | {spent[1]:.2f} |")
    return rows


def report():
    """Return the table of ratios as Markdown."""
    rows = [
        "## Stiff networks",
        "",
        "MAP kinase cascade, 22 species, 30 reactions, 101 times; libroadrunner at rtol 1e-6, atol 1e-9.",
        "",
        "| what | ours / ms | roadrunner / ms | ratio | our error | its error |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, mine, peer, error, other in cases():
        assert error < 3e-3, f"{name}: the answers differ by {error}"
        ours, theirs, share = ratio(mine, peer, rounds=15 if name.startswith("one") else 5)
        rows.append(f"| {name} | {ours * 1e3:.2f} | {theirs * 1e3:.2f} | {share:.3f} | {error:.1e} | {other:.1e} |")
    return "\n".join([*rows, *scaling()])
