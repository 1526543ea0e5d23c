"""The notebooks of the book."""

from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").rglob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.parent.name == "principles"]


def name(path):
    """Return the path of a notebook below the book's folder."""
    return path.relative_to(ROOT).as_posix()


def read(path):
    """Return a notebook."""
    return nbformat.read(path, as_version=4)


def code_cells(path):
    """Return the code cells of a notebook that hold code."""
    return [cell for cell in read(path).cells if cell.cell_type == "code" and cell.source.strip()]


def prose(path):
    """Return the Markdown of a notebook."""
    return "\n\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
