"""Text, figures and code cannot drift apart: a default that changes by one per cent makes its chapter fail.

`make test` tries the first parameter of each chapter, `make drift` (which sets MSLIB_DRIFT=all) every one.
"""

import os

import pytest

from tests.notebooks.conftest import CHAPTERS, name
from tests.notebooks.drift import all_parameters, noticed, rewrite, run_with_drift, shown_parameters

EVERY = os.environ.get("MSLIB_DRIFT") == "all"
TRIED = (
    all_parameters() if EVERY else [(path, *shown_parameters(path)[0]) for path in CHAPTERS if shown_parameters(path)]
)


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_every_chapter_shows_a_model(path):
    assert shown_parameters(path)


@pytest.mark.parametrize(("path", "model", "parameter"), TRIED, ids=[f"{p.stem}-{m.__name__}.{n}" for p, m, n in TRIED])
def test_a_changed_default_is_noticed(path, model, parameter, tmp_path):
    run = run_with_drift(path, model, parameter, tmp_path)
    assert noticed(run), f"{path.stem} did not notice another {model.__name__}.{parameter}:\n{run.stdout[-2000:]}"


def test_rewriting_changes_one_default_only():
    source = 'class A:\n    x: float = param(-1.5, "µ")\nclass B:\n    x: float = param(2.0, "µ")\n'
    assert rewrite(source, "B", "x", 2.02) == source.replace("2.0,", "2.02,")
    assert rewrite(source, "A", "x", -1.0) == source.replace("-1.5", "-1.0")
