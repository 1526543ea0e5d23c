"""What the chapters say about themselves: the metadata of the book's notebooks, in the order of its contents."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sphinx.errors import ExtensionError

from ..model import SCALES

REQUIRED = ("slug", "joins", "objectives", "prerequisites", "minutes", "mathematics", "summary")
MATHEMATICS = (
    "exponentials and logarithms",
    "derivatives",
    "integrals",
    "series",
    "probability",
    "distributions",
    "linear algebra",
    "ordinary differential equations",
    "partial differential equations",
)


@dataclass(frozen=True)
class Chapter:
    """One chapter, as its notebook describes it.

    Attributes
    ----------
    page : str
        Name of its page, without suffix.
    part, title : str
        Part of the book that it belongs to, and its first heading.
    about : dict
        The metadata: slug, joins, objectives, prerequisites, minutes, mathematics, summary.
    """

    page: str
    part: str
    title: str
    about: dict

    @property
    def short(self):
        """The title up to its colon."""
        return self.title.partition(":")[0]


def read(path, page="", part=""):
    """Return what a notebook says about itself.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    page, part : str
        Name of its page and part of the book.

    Returns
    -------
    Chapter or None
        None if the notebook has no metadata of ours: then it is no chapter.

    Raises
    ------
    ExtensionError
        If the metadata are incomplete or name something unknown.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    about = notebook["metadata"].get("mslib")
    if about is None:
        return None
    missing = [word for word in REQUIRED if word not in about]
    if missing:
        raise ExtensionError(f"{path.name}: the notebook's metadata lack mslib.{missing[0]}")
    if not about["joins"] or not set(about["joins"]) <= set(SCALES):
        raise ExtensionError(f"{path.name}: mslib.joins must be some of {', '.join(SCALES)}, not {about['joins']}")
    unknown = sorted(set(about["mathematics"]) - set(MATHEMATICS))
    if unknown:
        known = ", ".join(MATHEMATICS)
        raise ExtensionError(f"{path.name}: mslib.mathematics must be some of {known}, not {unknown[0]}")
    return Chapter(page, part, title_of(notebook, path.name), about)


def title_of(notebook, name):
    """Return the first heading of a notebook.

    Parameters
    ----------
    notebook : dict
        The notebook.
    name : str
        Its name, for the message if there is none.

    Returns
    -------
    str
        Text after the first ``#``.
    """
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    found = re.search(r"^# +(.+?) *$", text, re.MULTILINE)
    if not found:
        raise ExtensionError(f"{name}: a chapter begins with its title as a heading")
    return found[1]


def pages(site_map):
    """Return the pages of the book in reading order.

    Parameters
    ----------
    site_map : sphinx_external_toc.api.SiteMap
        The table of contents.

    Returns
    -------
    list of tuple of str
        Page and part.
    """
    found = []

    def walk(page, part):
        found.append((re.sub(r"\.(ipynb|md)$", "", page), part))
        if page in site_map:
            for tree in site_map[page].subtrees:
                for item in tree.items:
                    walk(str(item), tree.caption or part)

    walk(site_map.root.docname, "")
    return found


def all_chapters(app):
    """Return the chapters of the book.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    list of Chapter
        In reading order.

    Raises
    ------
    ExtensionError
        If two have one slug, or a prerequisite is no chapter.
    """
    found = []
    for page, part in pages(app.config.external_site_map):
        path = Path(app.srcdir) / f"{page}.ipynb"
        chapter = read(path, page, part) if path.is_file() else None
        if chapter:
            found.append(chapter)
    slugs = [chapter.about["slug"] for chapter in found]
    for chapter in found:
        if slugs.count(chapter.about["slug"]) > 1:
            raise ExtensionError(f"two chapters have the slug {chapter.about['slug']!r}")
        for slug in set(chapter.about["prerequisites"]) - set(slugs):
            raise ExtensionError(f"{chapter.page}: the prerequisite {slug!r} is no chapter of the contents")
    return found


def by_slug(app):
    """Return the chapters of the book by their slugs."""
    return {chapter.about["slug"]: chapter for chapter in all_chapters(app)}
