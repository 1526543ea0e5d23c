"""A figure of a chapter: a picture for the reader, and its data in words for the tests."""

import hashlib
from html import escape

import numpy as np

from .render import SIZE, Stage


def digest(values, digits=6):
    """Return a short digest of an array, rounded so that it is the same on every platform.

    Parameters
    ----------
    values : array_like
        Numbers; each is rounded to `digits` significant digits, and to zero below 1e-9 of the largest.
    digits : int
        Significant digits.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> digest([0.1 + 0.2, 1.0]) == digest([0.3, 1.0])
    True
    >>> digest([1.0]) == digest([1.0001])
    False
    """
    flat = np.ravel(np.ma.filled(np.ma.asarray(values, float), np.nan))
    finite = np.abs(flat[np.isfinite(flat)])
    floor = 1e-9 * finite.max() if finite.size else 0.0
    written = (f"{0.0 if abs(v) <= floor else v:.{digits - 1}e}" for v in flat)
    return hashlib.sha256(",".join(written).encode()).hexdigest()[:12]


def _limits(low, high):
    return f"{low + 0.0:.4g} to {high + 0.0:.4g}"


def summary(figure):
    """Return what a figure shows, in words and digests that a test can compare.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A drawn figure.

    Returns
    -------
    str
        For each axes its labels and limits, and for each curve, bar, image and cloud of points a digest of its data.
    """
    lines = []
    for index, ax in enumerate(figure.axes, 1):
        lines.append(f"  panel {index}: x = {ax.get_xlabel()!r} {_limits(*ax.get_xlim())}, "
                     f"y = {ax.get_ylabel()!r} {_limits(*ax.get_ylim())}")  # fmt: skip
        for line in ax.lines:
            lines.append(f"    {_name(line, 'line')}, {len(line.get_xdata())} points, {digest(line.get_xydata())}")
        for patch in ax.patches:
            outline = patch.get_path().transformed(patch.get_patch_transform()).vertices
            lines.append(f"    {_name(patch, 'patch')}, {digest(outline)}")
        for cloud in ax.collections:
            data = cloud.get_offsets() if len(cloud.get_offsets()) > 1 else _outline(cloud)
            lines.append(f"    {_name(cloud, 'collection')}, {len(data)} points, {digest(data)}")
        for image in ax.images:
            lines.append(f"    {_name(image, 'image')}, {image.get_array().shape}, {digest(image.get_array())}")
    return "\n".join(lines)


def _name(artist, kind):
    label = str(artist.get_label())
    return kind if label.startswith("_") or not label else f"{kind} {label!r}"


def _outline(collection):
    paths = collection.get_paths()
    return np.concatenate([path.vertices for path in paths]) if paths else np.empty((0, 2))


class Figure:
    """A static figure: drawn once, themed in the book, with a text alternative and a digest that tests compare.

    Parameters
    ----------
    draw : callable
        ``draw(ax, *subject)`` or ``draw(fig, *subject)``: an ordinary matplotlib function.
    *subject
        What to draw.
    alt : str
        What the picture shows, for a reader who cannot see it.
    caption : str
        Caption.
    size : tuple of float
        Width and height in inches.

    Raises
    ------
    ValueError
        If there is no text alternative, or the figure has an empty panel or an axis without a label.

    Examples
    --------
    >>> def draw(ax):
    ...     ax.plot([0, 1], [0, 2])
    ...     ax.set(xlabel="time, t / s", ylabel="distance, x / m")
    >>> print(str(Figure(draw, alt="A straight line.")).splitlines()[0])
    Figure: A straight line.
    """

    def __init__(self, draw, *subject, alt, caption="", size=SIZE):
        if not alt or not alt.strip():
            raise ValueError("alt must say what the picture shows, got nothing")
        self.alt, self.caption = alt, caption
        self.stage = Stage(draw, size)
        check_panels(self.stage.show(*subject))

    def __str__(self):
        return f"Figure: {self.alt}\n{summary(self.stage.figure)}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        from .explorer import baking

        if not baking():
            return {"text/plain": str(self), "image/png": self.stage.png()}, {"image/png": {"alt": self.alt}}
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        html = f'<figure class="ms-figure"><div class="ms-view">{self.stage.svg(self.alt)}</div>{caption}</figure>'
        return {"text/plain": str(self), "text/html": html}


def check_panels(figure):
    """Raise a ValueError if a panel of the figure is empty or an axis has no label."""
    for index, ax in enumerate(figure.axes, 1):
        if not ax.axison:
            continue
        if not (ax.lines or ax.patches or ax.collections or ax.images):
            raise ValueError(f"panel {index} of the figure is empty")
        if not ax.get_xlabel() or not ax.get_ylabel():
            raise ValueError(f"panel {index} of the figure needs a label with unit on each axis")
