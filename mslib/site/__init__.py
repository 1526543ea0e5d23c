"""The Sphinx extension of this book: executes notebooks, renders mathematics, and trims and mends the theme's pages."""

import hashlib
from pathlib import Path

from . import api, assets, execute, gallery, header, icons, map, mathematics, notation, pages, sample, tables, workshop


def setup(app):
    """Connect the parts of the extension to Sphinx.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application that builds the book.

    Returns
    -------
    dict
        What Sphinx wants to know about an extension.
    """
    parts = (assets, icons, mathematics, execute, header, workshop, map, tables, notation, gallery, sample, api, pages)
    for part in parts:
        part.setup(app)
    return {"version": "1", "env_version": digest(), "parallel_read_safe": True, "parallel_write_safe": False}


def digest():
    """Return a digest of this extension's sources: when they change, Sphinx reads every page anew.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
