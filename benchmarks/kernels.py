"""Kernels and redraws beside what a reader would use instead: interleaved rounds, medians of ratios, equal answers."""

import io
import statistics
import time

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mslib.explore.render import STYLE, Stage
from mslib.principles.expression import TwoStage
from mslib.principles.morphogen import Gradient, draw_vein

ROUNDS = 7


def ratio(ours, theirs, rounds=ROUNDS):
    """Return the median seconds of two callables, run in turn, and the median of their ratios."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return (*(statistics.median(side) for side in zip(*pairs, strict=True)), statistics.median(a / b for a, b in pairs))


def seconds(call):
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def redraw():
    """Return the retained figure of a live explorer beside a new inline figure for every move."""
    stage, models = Stage(draw_vein), [Gradient(D=d) for d in (0.05, 0.2)]
    stage.show(models[0])

    def retained():
        for model in models:
            stage.show(model)
            stage.png()

    def inline():
        for model in models:
            with matplotlib.rc_context(STYLE):
                figure = Figure(figsize=stage.figure.get_size_inches())
                FigureCanvasAgg(figure)
                draw_vein(figure, model)
                figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")

    return "redraw of two states: retained figure / new inline figure", ratio(retained, inline)


def stationary_law():
    """Return the exact stationary protein law beside an ensemble of 1,000 stochastic simulations."""
    gene = TwoStage.suggested()
    times = np.linspace(0.0, 100.0, 101)

    def exact():
        return gene.law()

    def ensemble():
        return gene.simulate(cells=1000, times=times, rng=1)

    return "two-stage gene: exact law / 1,000 simulated cells", ratio(exact, ensemble, rounds=5)


def report():
    """Return the table of ratios as Markdown."""
    rows = ["## Kernels", "", "| what | ours / ms | other / ms | ratio |", "| --- | --- | --- | --- |"]
    for name, (ours, theirs, share) in (redraw(), stationary_law()):
        rows.append(f"| {name} | {ours * 1e3:.2f} | {theirs * 1e3:.2f} | {share:.3f} |")
    return "\n".join(rows)
