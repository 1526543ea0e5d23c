"""What the executed notebooks show: where each interactive figure and each problem of the book is."""

import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from .execute import notebooks_of

ELEMENT = re.compile(r'<(mslib-[a-z]+)\s[^>]*?\bid="([^"]+)"')


@dataclass(frozen=True)
class Element:
    """One of our elements on a page: its kind (the tag), id, page, and HTML."""

    kind: str
    id: str
    page: str
    html: str

    def address(self, page):
        """Return the address of the element as a link on another page (or its own) needs it."""
        return link(page, self.page, self.id)


def link(page, target, fragment=""):
    """Return the relative address of a page's element.

    Parameters
    ----------
    page, target : str
        Names of the page that holds the link and of the one it leads to.
    fragment : str
        Id of the element.

    Returns
    -------
    str
        Address in HTML.

    Examples
    --------
    >>> link("chapters/reference/map", "chapters/principles/morphogen", "vein")
    '../principles/morphogen.html#vein'
    """
    anchor = f"#{fragment}" if fragment else ""
    if page == target and anchor:
        return anchor
    return posixpath.relpath(target, posixpath.dirname(page) or ".") + ".html" + anchor


def elements(app):
    """Return our elements in the outputs of the book's notebooks.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application, after execution.

    Returns
    -------
    list of Element
        In the order of pages and cells.
    """
    notebooks = notebooks_of(app.config.external_site_map, Path(app.srcdir))
    record = Path(app.outdir).parent / "execution.json"
    stamp = record.stat().st_mtime_ns if record.is_file() else 0
    return list(_elements(app.env.mystnb_config.execution_cache_path, tuple(notebooks.items()), stamp))


@lru_cache(1)
def _elements(cache_folder, notebooks, stamp):
    cache = get_cache(cache_folder)
    found = []
    for page, path in notebooks:
        try:
            _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            continue
        for html in html_of(notebook):
            found += [Element(kind, name, page, html) for kind, name in ELEMENT.findall(html)]
    return found


def html_of(notebook):
    """Return the HTML and Markdown outputs of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        An executed notebook.

    Returns
    -------
    list of str
        In the order of cells.
    """
    data = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return [one[mime] for one in data for mime in ("text/html", "text/markdown") if mime in one]
