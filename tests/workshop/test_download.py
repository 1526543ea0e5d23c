"""A notebook downloaded from the site runs on a fresh machine, after what the line at its top says."""

import subprocess
import sys

import nbformat
import pytest

from tests.notebooks.conftest import ROOT
from tests.site.conftest import SITE
from tests.workshop.test_workshop import EVERY, printed
from tools.workshop import wheels

EXTRAS = ("live", "units")
NOTEBOOK = SITE / "_sources" / "chapters" / "principles" / "morphogen.ipynb"
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""


@pytest.mark.skipif(not EVERY, reason="it installs a second Python environment: make workshop-test")
def test_a_downloaded_notebook_runs_where_only_its_first_line_was_followed(lite, tmp_path):
    line = nbformat.read(NOTEBOOK, as_version=4).cells[0].source.splitlines()[0]
    assert f"mslib[{','.join(EXTRAS)}] @" in line and line.endswith(" jupyterlab")
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
    packages = [f"{wheels.book()}[{','.join(EXTRAS)}]", "ipykernel", "nbclient"]  # what JupyterLab runs notebooks with
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    copy = tmp_path / "morphogen.ipynb"
    copy.write_bytes(NOTEBOOK.read_bytes())
    subprocess.run([str(python), "-c", RUN, str(copy)], check=True, cwd=tmp_path)
    stored = nbformat.read(ROOT / "chapters" / "principles" / "morphogen.ipynb", as_version=4)
    for cell, reference in zip(nbformat.read(copy, as_version=4).cells, stored.cells, strict=True):
        if reference.cell_type == "code":
            assert printed(cell) == printed(reference)
