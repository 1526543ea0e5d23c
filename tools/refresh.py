"""Run notebooks and store their reference outputs as text: what `pytest --nbval` compares.

Usage: python tools/refresh.py chapters/principles/morphogen.ipynb …   (without names: every notebook of the book)
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
KEPT = ("text/", "application/papermill.record/")
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}  # fmt: skip


def text_only(output):
    """Return an output without pictures and widgets, or None if nothing is left of it."""
    if output.output_type == "stream":
        return output
    output.data = {mime: data for mime, data in output.data.items() if mime.startswith(KEPT)}
    if "scrapbook" not in output.metadata:
        output.metadata = {}
    return output if output.data else None


def refresh(path):
    """Execute one notebook in its folder and write it back with text outputs only."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(text_only, cell.outputs) if output]
    notebook.metadata = {**KERNEL, **{key: notebook.metadata[key] for key in ("mslib",) if key in notebook.metadata}}
    nbformat.write(notebook, path)


def main(names):
    """Refresh the named notebooks, or all of the book."""
    for path in [Path(name) for name in names] or sorted((ROOT / "chapters").rglob("*.ipynb")):
        print(f"running {path}", flush=True)
        refresh(path.resolve())


if __name__ == "__main__":
    main(sys.argv[1:])
