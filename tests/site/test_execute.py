"""Notebooks are executed when what they depend on has changed, and not otherwise."""

import shutil
import time

import nbformat
import pytest
from jupyter_cache import get_cache
from sphinx.errors import ExtensionError

from mslib.explore import fingerprint
from mslib.site.execute import execute, key, modules, notebooks_of


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A folder with a package of two models and two notebooks, each of which imports one."""
    package = tmp_path / "mslib"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "shared.py").write_text("FACTOR = 2\n")
    (package / "wing.py").write_text("from .shared import FACTOR\nwidth = 10 * FACTOR\n")
    (package / "nerve.py").write_text("delay = 3\n")
    monkeypatch.setattr(fingerprint, "PACKAGE", package)
    write(tmp_path / "wing.ipynb", "from mslib.wing import width\nwidth")
    write(tmp_path / "nerve.ipynb", "from mslib import nerve\nnerve.delay")
    return tmp_path


def write(path, *sources, **metadata):
    cells = [nbformat.v4.new_code_cell(source, metadata=metadata) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def build(book):
    notebooks = notebooks_of(sorted(path.name for path in book.glob("*.ipynb")), book)
    return execute(notebooks, book / "cache", book / "execution.json")


def shown(book, name):
    notebook = nbformat.read(book / name, as_version=4)
    return get_cache(book / "cache").merge_match_into_notebook(notebook)[1].cells[0]


def test_only_what_changed_is_executed(book):
    assert sorted(build(book)) == ["nerve", "wing"]
    start = time.perf_counter()
    assert build(book) == []
    assert time.perf_counter() - start < 1
    (book / "mslib" / "shared.py").write_text("FACTOR = 5\n")
    assert build(book) == ["wing"]
    assert shown(book, "wing.ipynb").outputs[0].data["text/plain"] == "50"
    write(book / "nerve.ipynb", "from mslib import nerve\nnerve.delay + 1")
    assert build(book) == ["nerve"]
    assert shown(book, "nerve.ipynb").outputs[0].data["text/plain"] == "4"


def test_a_lost_cache_is_filled_again(book):
    build(book)
    shutil.rmtree(book / "cache")
    assert sorted(build(book)) == ["nerve", "wing"]


def test_tags_of_cells_reach_the_page(book):
    build(book)
    write(book / "wing.ipynb", "from mslib.wing import width\nwidth", tags=["hide-input"])
    build(book)
    assert shown(book, "wing.ipynb").metadata == {"tags": ["hide-input"]}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("width = 1\nwidth / 0", "ZeroDivisionError"),
        ("import sys\nprint('careful', file=sys.stderr)", "careful"),
        ("def half(:", "SyntaxError"),
        ("import os\nos._exit(1)", "died"),
    ],
)
def test_a_failure_names_notebook_and_cell_and_keeps_the_rest(book, source, said):
    write(book / "wing.ipynb", source)
    with pytest.raises(ExtensionError) as caught:
        build(book)
    assert "wing.ipynb" in str(caught.value)
    assert said.lower() in str(caught.value).lower()
    assert "\x1b" not in str(caught.value)
    with pytest.raises(ExtensionError, match=r"wing\.ipynb"):
        build(book)
    write(book / "wing.ipynb", "2 + 2")
    assert build(book) == ["wing"]


def test_key_follows_code_language_and_nothing_else():
    def notebook(source, **metadata):
        cells = [nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell(source)]
        return nbformat.v4.new_notebook(cells=cells, metadata=metadata)

    assert key(notebook("1")) == key(notebook("1", minutes=3))
    assert key(notebook("1")) != key(notebook("2"))
    assert key(notebook("1")) != key(notebook("1", kernelspec={"name": "ir", "display_name": "R", "language": "R"}))


def test_modules_are_found_in_the_syntax_of_notebooks():
    code = ["!ls", "%timeit 1", "help?", "def f():\n    from mslib.model import Model", "broken ("]
    assert modules(code) == ["mslib.model", "mslib.model.Model"]
