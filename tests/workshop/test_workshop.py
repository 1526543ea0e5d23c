"""Chapters run in the reader's own browser, and its Python says what the book says.

`make test` opens two chapters, `make workshop-test` (which sets MSLIB_WORKSHOP=all) every page with a notebook.
"""

import os
import time

import nbformat
import pytest

from tests.notebooks.conftest import CHAPTERS, ROOT

EVERY = os.environ.get("MSLIB_WORKSHOP") == "all"
PRACTICE = sorted((ROOT / "chapters" / "practice").glob("*.ipynb"))
OPENED = [*CHAPTERS, *PRACTICE] if EVERY else [p for p in CHAPTERS if p.stem in ("morphogen", "stem_cells")]
PATIENCE = 240_000
RUN_ALL = "() => document.getElementById('lab').contentWindow.jupyterapp.commands.execute('notebook:run-all-cells')"
NOTEBOOK = "() => document.getElementById('lab').contentWindow.jupyterapp.shell.currentWidget.content.model.toJSON()"


def name(path):
    """Return what the workshop calls a notebook."""
    return f"{path.parent.name}/{path.stem}"


def printed(cell):
    """Return the text that a cell has put out, streams and results, without pictures and widgets."""
    parts = []
    for output in cell["outputs"]:
        assert output["output_type"] != "error", output
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        parts.append("".join(text))
    return "".join(parts).strip()


def open_chapter(visit, path):
    """Start the workshop with a notebook as a reader does; return the page, with Python ready."""
    tab = visit(f"workshop.html?open={name(path)}").page
    tab.get_by_role("button", name="Start", exact=True).click()
    tab.locator("#state", has_text="is ready").wait_for(timeout=PATIENCE)
    return tab


@pytest.mark.parametrize("path", OPENED, ids=name)
def test_a_chapter_runs_and_prints_what_the_book_prints(visit, path, record_property):
    began = time.perf_counter()
    tab = open_chapter(visit, path)
    record_property("boot", time.perf_counter() - began)
    tab.set_default_timeout(PATIENCE)
    tab.evaluate(RUN_ALL)
    got = tab.evaluate(NOTEBOOK)
    expected = nbformat.read(path, as_version=4)
    for cell, reference in zip(got["cells"], expected.cells, strict=True):
        if reference.cell_type == "code" and "nbval-ignore-output" not in reference.metadata.get("tags", []):
            assert printed(cell) == printed(reference), reference.source
    move_the_sliders(tab, path)


def move_the_sliders(tab, path):
    """Move the first slider of every explorer by a key; its picture has to change."""
    frame = tab.frame_locator("#lab")
    boxes = frame.locator(".widget-vbox:has(.widget-image)")
    explorers = sum(
        "Explorer(" in cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    )
    assert boxes.count() == explorers
    for box in boxes.all():
        picture, handle = box.locator("img").first, box.locator(".noUi-handle").first
        before = picture.get_attribute("src")
        handle.scroll_into_view_if_needed()
        handle.press("ArrowRight")
        frame.locator("body").page.wait_for_timeout(0)
        end = time.perf_counter() + 60
        while picture.get_attribute("src") == before:
            assert time.perf_counter() < end, "the slider does not change the picture"
            tab.wait_for_timeout(20)
