"""The map of the book: each chapter as a bridge between the scales it joins, drawn and as a table."""

from html import escape
from itertools import groupby
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from ..model import SCALES
from .chapters import all_chapters
from .header import parsed, raw
from .outputs import link

WIDTH, LEFT, COLUMN = 840, 290, 90
ROW, PART, TOP = 30, 40, 36


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_directive("learning-map", LearningMap)


def depends_on_chapters(directive, chapters):
    """Have a page read again when the contents of the book or the metadata of a chapter change."""
    folder = Path(directive.env.srcdir)
    for path in ["_toc.yml", *(f"{chapter.page}.ipynb" for chapter in chapters)]:
        directive.env.note_dependency(str(folder / path))


class LearningMap(SphinxDirective):
    """The map as a drawing, and the same as a table; a script adds filters by scale, mathematics and time."""

    def run(self):
        """Return drawing and table."""
        chapters = all_chapters(self.env.app)
        depends_on_chapters(self, chapters)
        drawing = raw(f'<div class="ms-map">{draw(chapters, self.env.docname)}</div>')
        return [nodes.container("", drawing, *parsed(self, table(chapters)), classes=["ms-learning-map"])]


def table(chapters):
    """Return the chapters as a table in Markdown.

    Parameters
    ----------
    chapters : list of Chapter
        In reading order.

    Returns
    -------
    str
        MyST Markdown.
    """
    known = {chapter.about["slug"]: chapter for chapter in chapters}
    rows = ["| chapter | joins | builds on | mathematics | minutes |", "|---|---|---|---|---|"]
    for chapter in chapters:
        needs = ", ".join(to_page(known[slug]) for slug in chapter.about["prerequisites"]) or "–"
        joins, mathematics = (", ".join(chapter.about[word]) for word in ("joins", "mathematics"))
        rows.append(f"| {to_page(chapter)} | {joins} | {needs} | {mathematics} | {chapter.about['minutes']} |")
    return "\n".join(rows)


def to_page(chapter):
    """Return a link to a chapter in Markdown."""
    return f"{{doc}}`{chapter.short} </{chapter.page}>`"


def draw(chapters, page):
    """Return the map as SVG; it is hidden from assistive technology, which reads the table.

    Parameters
    ----------
    chapters : list of Chapter
        In reading order.
    page : str
        Page that shows the map.

    Returns
    -------
    str
        SVG in the colours of the style sheet, each chapter a link.
    """
    shapes, y = [], TOP
    for part, members in groupby(chapters, key=lambda chapter: chapter.part):
        shapes.append(f'<text class="ms-map__part" x="0" y="{y + 22}">{escape(part)}</text>')
        y += PART
        for chapter in members:
            shapes.append(bridge(chapter, link(page, chapter.page), y))
            y += ROW
    columns = "".join(
        f'<line class="ms-map__column" x1="{column(scale)}" x2="{column(scale)}" y1="{TOP - 8}" y2="{y}"/>'
        f'<text class="ms-map__scale" x="{column(scale)}" y="{TOP - 16}" text-anchor="middle">{scale}</text>'
        for scale in SCALES
    )
    return f'<svg viewBox="0 0 {WIDTH} {y + 8}" aria-hidden="true">{columns}{"".join(shapes)}</svg>'


def column(scale):
    """Return the place of a scale across the map."""
    return LEFT + COLUMN // 2 + COLUMN * SCALES.index(scale)


def bridge(chapter, address, y):
    """Return one chapter: its title, and a line between the scales that it joins.

    Parameters
    ----------
    chapter : Chapter
        The chapter.
    address : str
        Where its link leads.
    y : float
        Top of its row.

    Returns
    -------
    str
        SVG.
    """
    at = [column(scale) for scale in chapter.about["joins"]]
    middle = y + ROW // 2
    ends = "".join(f'<circle class="ms-map__end" cx="{x}" cy="{middle}" r="6"/>' for x in at)
    return (
        f'<a href="{escape(address)}" tabindex="-1">'
        f'<rect x="0" y="{y}" width="{WIDTH}" height="{ROW}" fill="transparent"/>'
        f'<text class="ms-map__title" x="0" y="{middle + 5}">{escape(chapter.short)}</text>'
        f'<line class="ms-map__span" x1="{min(at)}" x2="{max(at)}" y1="{middle}" y2="{middle}"/>{ends}</a>'
    )
