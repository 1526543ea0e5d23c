"""A course of its own for the tests, and notebooks filled in as students would."""

import shutil
from pathlib import Path

import nbformat
import pytest

from mslib.course.submission import grade_id, graft

EXERCISES = Path(__file__).parents[2] / "exercises"


@pytest.fixture(scope="session")
def exercises():
    return EXERCISES


def read_sources(assignment):
    """Return the source notebooks of an assignment by subject."""
    return {path.stem: nbformat.read(path, 4) for path in sorted((EXERCISES / "source" / assignment).glob("*.ipynb"))}


@pytest.fixture(scope="session")
def sources():
    return read_sources("set_a")


@pytest.fixture(scope="session")
def new_course(tmp_path_factory):
    """Return a function that copies the course, or some notebooks of it, to a folder of its own."""

    def make(*notebooks, settings="", assignment="set_a"):
        folder = tmp_path_factory.mktemp("course")
        config = (EXERCISES / "nbgrader_config.py").read_text(encoding="utf-8")
        (folder / "nbgrader_config.py").write_text(config + settings, encoding="utf-8")
        (folder / "source" / assignment).mkdir(parents=True)
        for name in notebooks:
            shutil.copy(EXERCISES / "source" / assignment / f"{name}.ipynb", folder / "source" / assignment)
        return folder

    return make


@pytest.fixture(scope="session")
def filled(sources):
    """Return a function that fills in a released notebook: code by the name of the solution cell."""

    def fill(name, texts):
        notebook = graft(sources[name], nbformat.v4.new_notebook())
        for cell in notebook.cells:
            cell.source = texts.get(grade_id(cell), cell.source)
        return notebook

    return fill
