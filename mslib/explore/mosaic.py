"""Turn an embedded bitmap into vector rectangles, so that a picture holds no data address that a page may forbid."""

import base64
import io
import itertools
import re

import numpy as np
from PIL import Image

MOST_COLOURS = 64
BITMAP = re.compile(r"<image [^>]*?/>")


def without_bitmaps(svg):
    """Return an SVG text with every embedded PNG drawn as rectangles of one colour.

    Neighbouring pixels of one colour become one rectangle, and all rectangles of one colour one path.
    A bitmap of more than 64 colours is reduced to 64.

    Parameters
    ----------
    svg : str
        SVG as Matplotlib writes it.

    Returns
    -------
    str
        The same picture without ``<image>`` elements.

    Examples
    --------
    >>> without_bitmaps('<svg><g/></svg>')
    '<svg><g/></svg>'
    """
    return BITMAP.sub(lambda found: _vectors(found[0]), svg)


def _vectors(element):
    told = dict(re.findall(r'([\w:-]+)="([^"]*)"', element))
    encoded = told.get("xlink:href", told.get("href")).partition("base64,")[2]
    pixels = _few_colours(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA"))
    height, width = pixels.shape[:2]
    place = " ".join(filter(None, [
        told.get("transform"),
        f"translate({told.get('x', 0)} {told.get('y', 0)})",
        f"scale({float(told['width']) / width:.6g} {float(told['height']) / height:.6g})",
    ]))  # fmt: skip
    paths = "".join(_path(colour, boxes) for colour, boxes in sorted(rectangles(pixels).items()))
    faint = f' opacity="{told["opacity"]}"' if "opacity" in told else ""
    return f'<g transform="{place}"{faint} shape-rendering="crispEdges">{paths}</g>'


def _few_colours(picture):
    pixels = np.asarray(picture)
    if len(np.unique(pixels.reshape(-1, 4), axis=0)) > MOST_COLOURS:
        pixels = np.asarray(picture.quantize(MOST_COLOURS, method=Image.Quantize.FASTOCTREE).convert("RGBA"))
    return pixels


def rectangles(pixels):
    """Return for each colour the rectangles that cover its pixels.

    Parameters
    ----------
    pixels : numpy.ndarray of uint8, shape (height, width, 4)
        Red, green, blue and opacity.

    Returns
    -------
    dict
        For each colour that can be seen, a tuple of four numbers, the list of its rectangles ``[x, y, width, height]``.

    Examples
    --------
    >>> blue = (0, 0, 255, 255)
    >>> rectangles(np.array([[blue, blue], [blue, blue]], np.uint8))
    {(0, 0, 255, 255): [[0, 0, 2, 2]]}
    """
    found, above = {}, {}
    for y, row in enumerate(pixels):
        edges = [0, *(np.flatnonzero(np.any(row[1:] != row[:-1], axis=1)) + 1), len(row)]
        runs = {}
        for left, right in itertools.pairwise(edges):
            colour = tuple(row[left].tolist())
            run = (int(left), int(right), colour)
            if run in above:
                above[run][3] += 1
                runs[run] = above[run]
            elif colour[3]:
                runs[run] = [run[0], y, run[1] - run[0], 1]
                found.setdefault(colour, []).append(runs[run])
        above = runs
    return found


def _path(colour, boxes):
    red, green, blue, opacity = colour
    seen = f' fill-opacity="{opacity / 255:.3g}"' if opacity < 255 else ""
    drawn = "".join(f"M{x} {y}h{width}v{height}h-{width}z" for x, y, width, height in boxes)
    return f'<path fill="#{red:02x}{green:02x}{blue:02x}"{seen} d="{drawn}"/>'
