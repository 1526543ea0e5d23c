"""Every explorer of the book as a live kernel shows it: the model's and the picture's time at each stop of a slider."""

import ast
import io
import statistics
from pathlib import Path

import matplotlib
import nbformat
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mslib.explore.render import STYLE, Stage

from .kernels import seconds

CHAPTERS = Path("chapters")


def explorers(path):
    """Yield the explorers of a notebook; what its cells import, define and assign runs before them, nothing else."""
    names = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        for node in ast.parse(cell.source).body:
            if not isinstance(node, ast.Expr):
                exec(compile(ast.Module([node], []), path.name, "exec"), names)
            elif ast.unparse(node).startswith("Explorer("):
                yield eval(compile(ast.Expression(node.value), path.name, "eval"), names)


def inline(explorer, model):
    """Draw a state as an inline backend would: a new figure and a new PNG for each move."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=explorer.size)
        FigureCanvasAgg(figure)
        explorer.draw(figure.subplots() if Stage(explorer.draw).on_axes else figure, model)
        figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")


def measured(explorer):
    """Return the median milliseconds of a move, of its redraw alone, and of a new inline figure."""
    stage = Stage(explorer.draw, explorer.size)
    stage.show(explorer.start)
    stage.png()
    stops = [(slider.name, stop) for slider in explorer.sliders for stop in slider.stops]
    moves, pictures, figures = [], [], []
    for name, stop in stops[:: max(1, len(stops) // 12)]:
        try:
            model = explorer.model(**{name: stop})
        except ValueError:
            continue
        moves.append(seconds(lambda model=model: stage.show(model)))
        pictures.append(seconds(stage.png))
        figures.append(seconds(lambda model=model: inline(explorer, model)))
    drawn = [1e3 * statistics.median(column) for column in (moves, pictures, figures)]
    return drawn[0] + drawn[1], drawn[1], drawn[2]


def report():
    """Return the table as Markdown."""
    rows = [
        "## Explorers in a live kernel", "",
        "Medians over the stops, in ms: model and picture, the picture alone, model and a new inline figure.", "",
        "| explorer | a move | picture | new inline figure | move / new figure |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for path in sorted(CHAPTERS.rglob("*.ipynb")):
        print(f"  {path.stem}", flush=True)
        for explorer in explorers(path):
            move, picture, figure = measured(explorer)
            rows.append(f"| {explorer.name} | {move:.0f} | {picture:.0f} | {figure:.0f} | {move / figure:.2f} |")
    return "\n".join(rows)
