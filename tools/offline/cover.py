"""The cover of the printed copies: gradients of the wing, drawn with the book's own colours."""

import io

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from mslib import palette

SCALES = ("molecule", "cell", "tissue", "organ", "organism", "population")
LENGTHS = np.geomspace(0.06, 0.75, 12)


def cover(book, size):
    """Return the cover as a figure.

    Parameters
    ----------
    book : Book
        Title, authors and version.
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The cover.
    """
    figure = Figure(figsize=size, dpi=200, facecolor=palette.INK)
    ax = figure.add_axes((0, 0, 1, 0.62))
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")
    place = np.linspace(0, 1, 400)
    for number, length in enumerate(reversed(LENGTHS)):
        share = number / (len(LENGTHS) - 1)
        ax.fill_between(place, 0, 0.96 * np.exp(-place / length), color=_between(palette.BLUE, palette.ORANGE, share),
                        alpha=0.34, linewidth=0)  # fmt: skip
    write(figure, book, size[0] / 8)
    return figure


def write(figure, book, unit):
    """Write title, authors and scales on the cover; `unit` enlarges the letters with the page."""
    title, *rest = book.subtitle.split(". ")
    text = {"color": palette.PAPER, "fontfamily": "DejaVu Sans"}
    figure.text(0.09, 0.905, book.title.replace("the ", "the\n"), fontsize=54 * unit, fontweight="bold", va="top",
                linespacing=1.05, **text)  # fmt: skip
    figure.text(0.09, 0.715, "\n".join([title, *rest]), fontsize=16 * unit, va="top", linespacing=1.6, **text)
    figure.text(0.09, 0.09, book.authors, fontsize=13 * unit, **text)
    figure.text(0.09, 0.06, f"Version {book.version}", fontsize=11 * unit, **text)
    for number, scale in enumerate(SCALES):
        figure.text(0.93, 0.30 + 0.042 * number, scale, fontsize=13 * unit, ha="right", **text)


def _between(one, other, share):
    one, other = (np.array(matplotlib.colors.to_rgb(colour)) for colour in (one, other))
    return tuple((1 - share) * one + share * other)


def png(book):
    """Return the cover as PNG bytes, 1200 pixels wide."""
    with io.BytesIO() as stream:
        FigureCanvasAgg(cover(book, (6, 9))).print_png(stream, metadata={"Software": None})
        return stream.getvalue()


def svg(book):
    """Return the cover of an A4 page as an SVG element."""
    with io.StringIO() as stream, matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "cover"}):
        FigureCanvasSVG(cover(book, (8.27, 11.69))).print_svg(stream, metadata={"Date": None})
        text = stream.getvalue()
    return text[text.index("<svg") :]
