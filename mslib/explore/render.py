"""From a model and a drawing function to one themed SVG, the same on every host."""

import inspect
import io
import json
import re
from contextlib import contextmanager
from html import escape

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatter, NullLocator
from PIL import Image

from .. import palette
from ..units import format_number, format_quantity
from .mosaic import without_bitmaps

STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "mslib", "font.family": "DejaVu Sans", "font.size": 10.0,
    "text.color": palette.INK, "axes.labelcolor": palette.INK, "axes.edgecolor": palette.INK,
    "xtick.color": palette.INK, "ytick.color": palette.INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": palette.GRID, "grid.linewidth": 0.7, "axes.axisbelow": True,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "image.cmap": palette.SEQUENTIAL,
    "legend.frameon": False, "axes.prop_cycle": cycler(color=palette.CYCLE), "lines.linewidth": 2.0,
    "axes.formatter.useoffset": False,
}  # fmt: skip
SIZE = (6.8, 3.1)
MOST_FRAMES = 64
PLACES = re.compile(r'(\s(?:d|x|y|width|height|points|transform)=")((?!matrix|scale)[^"]*)')
DECIMALS = re.compile(r"-?\d+\.\d\d+")


class _Figure(Figure):
    """A figure that hands out the axes of the state before, swept clean, when a drawing asks for the same layout."""

    kept = (None, None, [])

    def subplots(self, *args, **kwargs):
        layout = repr((args, kwargs))
        if self.kept[0] != layout:
            axes = super().subplots(*args, **kwargs)
            self.kept = (layout, axes, list(self.axes))
        return self.kept[1]

    def sweep(self):
        """Remove what was drawn; keep the axes if they all came from one call of `subplots`."""
        if self.kept[2] != self.axes:
            self.kept = _Figure.kept
            self.clear()
        for ax in self.axes:
            for artist in ax.get_children():
                if artist in ax._children:
                    artist.remove()
            ax.legend_ = None
            ax.set_prop_cycle(None)
            ax.relim()
            ax.autoscale(True)


class Stage:
    """One retained figure on which every state of a drawing is drawn in turn, each axes always in the same place.

    Parameters
    ----------
    draw : callable
        ``draw(ax, ...)`` or ``draw(fig, ...)``; the name of its first parameter decides.
    size : tuple of float
        Width and height in inches.
    """

    def __init__(self, draw, size=SIZE):
        self.draw = draw
        self.on_axes = next(iter(inspect.signature(draw).parameters)) == "ax"
        with matplotlib.rc_context(STYLE):
            self.figure = _Figure(figsize=size)
            FigureCanvasAgg(self.figure)
        self.places, self.gap, self.frames = None, None, {}

    def show(self, *subject):
        """Draw one state, replacing what was there; return the figure."""
        with matplotlib.rc_context(STYLE):
            self.figure.sweep()
            self.draw(self.figure.subplots() if self.on_axes else self.figure, *subject)
        for ax in self.figure.axes:
            _plain_powers(ax.xaxis)
            _plain_powers(ax.yaxis)
        self._settle()
        return self.figure

    def _settle(self):
        if self.places is None or len(self.places) != len(self.figure.axes):
            self.figure.set_layout_engine("constrained")
            self.figure.draw_without_rendering()
            self.places = [ax.get_position() for ax in self.figure.axes]
            self.figure.set_layout_engine("none")
            self.gap = _gap(self.figure)
        for ax, place in zip(self.figure.axes, self.places, strict=True):
            ax.set_position(place)

    def png(self):
        """Return the figure as PNG bytes on white, quickly (for a live kernel)."""
        axes, data = self._layers(self._raster)
        paper = Image.new("RGBA", axes.size, palette.PAPER)
        picture = Image.alpha_composite(Image.alpha_composite(paper, axes), data)
        with io.BytesIO() as stream:
            picture.convert("RGB").save(stream, "png", compress_level=1)
            return stream.getvalue()

    def svg(self, alt):
        """Return the figure as inline SVG with presentation attributes, theme colours and a text alternative."""
        self._name_series()
        axes, data = self._layers(self._vectors)
        inner = data[data.index(">", data.index("<svg")) + 1 :]
        return _themed(axes.replace("</svg>", "") + inner, alt, _coordinates(self.figure), self.gap)

    def _layers(self, render):
        """Return the axes and the data apart: axes cost four times as much and rarely differ between states."""
        axes = (render.__name__, repr((_coordinates(self.figure), [_ticks(ax) for ax in self.figure.axes])))
        with matplotlib.rc_context(STYLE):
            if axes not in self.frames:
                if len(self.frames) >= MOST_FRAMES:
                    self.frames.pop(next(iter(self.frames)))
                with _hidden(_drawn(self.figure)):
                    self.frames[axes] = render()
            with _axes_off(self.figure):
                return self.frames[axes], render()

    def _raster(self):
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        return Image.fromarray(np.array(canvas.buffer_rgba()))

    def _vectors(self):
        with io.StringIO() as stream:
            FigureCanvasSVG(self.figure).print_svg(stream, metadata={"Date": None})
            return stream.getvalue()

    def _name_series(self):
        for index, ax in enumerate(self.figure.axes):
            for kind, artists in (("curve", ax.lines), ("area", ax.patches), ("points", ax.collections)):
                for number, artist in enumerate(artists, 1):
                    label = str(artist.get_label())
                    named = label if label and not label.startswith("_") else f"{kind} {number}"
                    artist.set_gid(f"series:{index}:{named}")


def _ticks(ax):
    return [(list(axis.get_ticklocs()), axis.get_major_formatter().format_ticks(axis.get_ticklocs()), ax.axison)
            for axis in (ax.xaxis, ax.yaxis)]  # fmt: skip


def _drawn(figure):
    """Return the visible artists that are no axes: data, legends, titles and texts."""
    found = [*figure.texts, *figure.legends]
    for ax in figure.axes:
        found += [*ax._children, ax.legend_, ax.title]
    return [artist for artist in found if artist is not None and artist.get_visible()]


@contextmanager
def _hidden(artists):
    for artist in artists:
        artist.set_visible(False)
    yield
    for artist in artists:
        artist.set_visible(True)


@contextmanager
def _axes_off(figure):
    shown = [ax for ax in figure.axes if ax.axison]
    for ax in shown:
        ax.set_axis_off()
    yield
    for ax in shown:
        ax.set_axis_on()


def _plain_powers(axis):
    """Label a logarithmic axis in Unicode text, which costs a fifth of mathtext and needs no fonts of its own."""
    if axis.get_scale() == "log" and isinstance(axis.get_major_formatter(), LogFormatter):
        axis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))
        axis.set_minor_locator(NullLocator())


def _coordinates(figure):
    """Return for each axes its box in SVG units and its limits, scales and labels, to read data back from curves."""
    width, height = figure.get_size_inches() * 72
    found = []
    for ax in figure.axes:
        box = ax.get_position()
        left, bottom, right, top = box.x0 * width, (1 - box.y0) * height, box.x1 * width, (1 - box.y1) * height
        found.append({
            "x": [round(left, 2), round(right, 2), *ax.get_xlim(), ax.get_xscale(), ax.get_xlabel()],
            "y": [round(bottom, 2), round(top, 2), *ax.get_ylim(), ax.get_yscale(), ax.get_ylabel()],
        })  # fmt: skip
    return found


def _gap(figure):
    """Return where between two panels side by side a narrow screen may cut the picture, in SVG units."""
    if len(figure.axes) != 2:
        return None
    left, right = (ax.get_tightbbox() for ax in figure.axes)
    return round((left.x1 + right.x0) / 2 * 72 / figure.dpi, 1) if left.x1 <= right.x0 else None


def _themed(raw, alt, coordinates, gap):
    body = raw[raw.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", body, flags=re.S)
    body = re.sub(r'style="([^"]*)"', lambda m: _attributes(m[1]), body)
    body = re.sub(r'<g id="series:([^"]*)"', r'<g data-series="\1"', body)
    body = re.sub(r'<g id="[^"]*"', "<g", body).replace("xlink:href", "href")
    body = PLACES.sub(lambda m: m[1] + DECIMALS.sub(lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), m[2]), body)
    body = without_bitmaps(re.sub(r"\s*\n\s*", " ", body))
    for name, colour in palette.NAMES.items():
        body = body.replace(f'"{colour}"', f'"var(--ms-{name}, {colour})"')
    view = re.search(r'viewBox="[^"]*"', body)[0]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {view} role="img" aria-label="{escape(alt)}"'
    head += f' data-gap="{gap}"' if gap else ""
    return re.sub(r"<svg[^>]*>", lambda _: f'{head} data-axes="{escape(json.dumps(coordinates))}">', body, count=1)


def _attributes(style):
    """Turn a CSS declaration list into presentation attributes, which a strict content policy allows."""
    declared = dict(part.strip().split(":", 1) for part in style.split(";") if ":" in part)
    font = declared.pop("font", None)
    if font:
        declared["font-size"] = re.search(r"([\d.]+)px", font)[1]
        declared |= {"font-weight": "bold"} if re.search(r"\b(bold|700)\b", font) else {}
        declared |= {"font-style": "italic"} if re.search(r"italic|oblique", font) else {}
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, value in declared.items())


def state_text(model, vary, told=None):
    """Return a sentence that tells a state: the varied parameters and what emerges from them.

    Parameters
    ----------
    model : Model
        The state.
    vary : iterable of str
        Names of the parameters that the reader can move.
    told : sequence of str, optional
        Emergent quantities to tell; by default all of the model's.

    Returns
    -------
    str
        Parameters with values, then emergent quantities with values.
    """

    def tell(names, about):
        return ", ".join(f"{about[n].label} {format_quantity(getattr(model, n), about[n].unit)}" for n in names)

    derived = model.derived()
    given, emerging = tell(vary, model.params()), tell(told or derived, derived)
    return f"With {given}: {emerging}." if emerging else f"With {given}."


def symbol_html(symbol):
    """Return a symbol as HTML, what follows an underscore set low.

    Examples
    --------
    >>> symbol_html("σ_x")
    'σ<sub>x</sub>'
    """
    return re.sub(r"_(\w+)", r"<sub>\1</sub>", escape(symbol))


def document(stage, model, vary, alt=None, told=None):
    """Return the HTML of one state: the picture with its text alternative, and the emergent quantities.

    Parameters
    ----------
    stage : Stage
        Where the state is drawn.
    model : Model
        The state.
    vary : sequence of str
        Names of the parameters that the reader can move.
    alt : callable, optional
        ``alt(model)`` says what the picture shows; its sentence comes before `state_text`.
    told : sequence of str, optional
        Emergent quantities to list; by default all of the model's.

    Returns
    -------
    str
        An SVG element and a definition list.
    """
    stage.show(model)
    spoken = " ".join(filter(None, [alt(model) if alt else "", state_text(model, vary, told)]))
    rows = "".join(
        f"<div><dt>{escape(about.label)}, <var>{symbol_html(about.symbol)}</var></dt>"
        f"<dd>{escape(format_quantity(getattr(model, name), about.unit))} <small>{about.scale}</small></dd></div>"
        for name, about in model.derived().items()
        if not told or name in told
    )
    return f'{stage.svg(spoken)}<dl class="ms-derived">{rows}</dl>'
