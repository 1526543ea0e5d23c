"""Reaction networks beside the compiled tools of the field: the two-stage gene, 1,000 trajectories at 101 times."""

import logging
import os
import sys
import sysconfig

import numpy as np

from mslib.numerics import cme, leap, ssa
from mslib.numerics.network import Network

from .kernels import ratio, seconds

RATES = {"0 -> m": "k_m", "m -> 0": "g_m", "m -> m + p": "k_p", "p -> 0": "g_p"}
VALUES = {"k_m": 0.5, "g_m": 0.1, "k_p": 2.0, "g_p": 0.01}
SMALL = {"k_m": 0.1, "g_m": 0.2, "k_p": 1.0, "g_p": 0.02}
TIMES = np.linspace(0.0, 100.0, 101)
RUNS, ROUNDS = 1000, 7
METHODS = ("exact-linear", "compiled", "lockstep")


def gene(values=VALUES):
    """Return the two-stage gene."""
    return Network.mass_action(RATES, parameters=values)


def ours(method, runs=RUNS):
    """Return a call that simulates the gene by one of our methods."""
    network = gene()
    return lambda: ssa.simulate(network, TIMES, runs, 1, method=method)


def bioscrape():
    """Return a call that simulates the gene with bioscrape, one trajectory after the other."""
    from bioscrape.simulator import ModelCSimInterface, SSASimulator
    from bioscrape.types import Model

    sides = [([], ["m"]), (["m"], []), (["m"], ["m", "p"]), (["p"], [])]
    reactions = [(*side, "massaction", {"k": k}) for side, k in zip(sides, VALUES.values(), strict=True)]
    model = Model(species=["m", "p"], reactions=reactions, initial_condition_dict={"m": 0, "p": 0})
    interface, simulator = ModelCSimInterface(model), SSASimulator()
    assert model.get_species_list() == ["m", "p"]
    return lambda: np.array([simulator.py_simulate(interface, TIMES).py_get_result() for _ in range(RUNS)])


def gillespy2():
    """Return a call that simulates the gene with GillesPy2's compiled solver, compiled beforehand."""
    os.environ["PYTHONPATH"] = sysconfig.get_paths()["purelib"]
    import gillespy2 as peer

    logging.getLogger("GillesPy2").setLevel(logging.ERROR)
    model = peer.Model(name="gene")
    species = {name: peer.Species(name=name, initial_value=0) for name in ("m", "p")}
    model.add_species(list(species.values()))
    model.add_parameter([peer.Parameter(name=name, expression=value) for name, value in VALUES.items()])
    sides = [({}, {"m": 1}), ({"m": 1}, {}), ({"m": 1}, {"m": 1, "p": 1}), ({"p": 1}, {})]
    for (before, after), rate in zip(sides, VALUES, strict=True):
        model.add_reaction(peer.Reaction(name=f"r_{rate}", reactants=before, products=after, rate=rate))
    model.timespan(peer.TimeSpan(TIMES))
    solver = peer.SSACSolver(model=model)

    def call():
        found = model.run(solver=solver, number_of_trajectories=RUNS)
        return np.array([np.column_stack([one["m"], one["p"]]) for one in found])

    return call


def check(name, found):
    """Refuse a call whose means at the last time are not those of the exact moments."""
    exact = np.array([5.0 * -np.expm1(-10.0), _protein()])
    error = np.abs(found[:, -1].mean(axis=0) - exact) / (found[:, -1].std(axis=0) / np.sqrt(len(found)))
    assert np.all(error < 4.5), f"{name}: {found[:, -1].mean(axis=0)} is not {exact}"


def _protein():
    from mslib.numerics.moments import transient_moments

    return transient_moments(gene(), [TIMES[-1]])[0][0, 1]


def simulation():
    """Yield rows of our methods beside the peers that are installed."""
    calls = {method: ours(method) for method in METHODS}
    for name, call in calls.items():
        check(name, call())
    for name, build in (("bioscrape", bioscrape), ("GillesPy2 SSACSolver", gillespy2)):
        try:
            peer = build()
            check(name, peer())
        except ImportError as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
            continue
        for method, call in calls.items():
            yield f"two-stage gene, 1,000 × 101: {method} / {name}", ratio(call, peer, ROUNDS)


def stationary():
    """Yield the stationary master equation beside 1,000 simulated trajectories, and its distance to a larger box."""
    network, box, larger = gene(SMALL), {"m": 14, "p": 500}, {"m": 24, "p": 900}
    exact, small = cme.stationary(network, larger).probability, cme.stationary(network, box).probability
    distance = 0.5 * np.abs(np.pad(small, ((0, 10), (0, 400))) - exact).sum()
    assert distance < 1e-6, distance
    name = f"stationary law, 15 × 501 states (distance {distance:.0e}) / compiled SSA of 1,000 two-stage genes"
    yield name, ratio(lambda: cme.stationary(network, box), ours("compiled"), ROUNDS)


def large():
    """Yield leaps beside exact simulation where there are many molecules."""
    network = Network.mass_action({"0 -> A": 1e4, "A -> B": 1.0, "B -> A": 0.5, "2 B -> 0": 1e-4})
    times, start = [5.0], {"A": 10_000}

    def leaping():
        return leap.tau_leap(network, times, 100, 1, start=start)

    def exact():
        return ssa.simulate(network, times, 100, 1, start=start, method="compiled")

    one, other = leaping()[:, 0], exact()[:, 0]
    assert np.all(np.abs(one.mean(axis=0) / other.mean(axis=0) - 1) < 0.01)
    yield "10⁴ molecules, 100 runs: tau-leaping, NumPy / compiled SSA", ratio(leaping, exact, 5)


def scaling():
    """Return cost against trajectories, and against workers, as Markdown."""
    rows = ["", "| trajectories | " + " | ".join(f"{method} / ms" for method in METHODS) + " |"]
    rows.append("| --- |" + " --- |" * len(METHODS))
    for runs in (100, 300, 1000, 3000, 10_000):
        cells = [f"{1e3 * min(seconds(ours(method, runs)) for _ in range(3)):.1f}" for method in METHODS]
        rows.append(f"| {runs} | " + " | ".join(cells) + " |")
    rows += ["", "| states of the box | stationary law / ms |", "| --- | --- |"]
    for factor in (1, 2, 4, 8):
        box = {"m": 14, "p": 500 * factor}
        cost = min(seconds(lambda box=box: cme.stationary(gene(SMALL), box)) for _ in range(3))
        rows.append(f"| {15 * (500 * factor + 1)} | {1e3 * cost:.1f} |")
    return "\n".join(rows)


def report():
    """Return the table of ratios and the scaling as Markdown."""
    rows = ["## Reaction networks", "", "| what | ours / ms | other / ms | ratio |", "| --- | --- | --- | --- |"]
    for part in (simulation, stationary, large):
        for name, (mine, theirs, share) in part():
            rows.append(f"| {name} | {mine * 1e3:.2f} | {theirs * 1e3:.2f} | {share:.3f} |")
    return "\n".join(rows) + "\n" + scaling()
