"""What every notebook of the book must keep, beyond the comparison of its outputs."""

import ast
import re
import statistics

import pytest
import yaml

from mslib.problems import all_problems
from tests.notebooks.conftest import CHAPTERS, NOTEBOOKS, ROOT, code_cells, name, prose, read

SECTIONS = ["Predict", "The model, from scratch", "Explore", "Does it hold?", "Where it breaks", "Across the scales",
            "Check yourself", "Further reading"]  # fmt: skip
EVERY = pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
EVERY_CHAPTER = pytest.mark.parametrize("path", CHAPTERS, ids=name)
QUIET = {"Import", "ImportFrom", "Assign", "AnnAssign", "AugAssign", "FunctionDef", "Assert", "ClassDef", "While"}
SPELLING = {"modeling": "modelling", "behavior": "behaviour", "colors?\\b": "colour", "center\\b": "centre",
            "fiber": "fibre",
            "tumors?\\b": "tumour", "aging\\b": "ageing"}  # fmt: skip


def test_there_are_chapters():
    assert CHAPTERS


@EVERY
def test_every_code_cell_has_been_run_and_stores_what_it_shows(path):
    for number, cell in enumerate(code_cells(path)):
        assert cell.execution_count, f"cell {number} has never been run: nbval would compare nothing"
        last = ast.parse(cell.source).body[-1]
        silent = type(last).__name__ in QUIET or (isinstance(last, ast.For) and "show(" not in cell.source)
        assert silent or cell.outputs, f"cell {number} ought to have an output and has none stored: {cell.source}"


@EVERY
def test_outputs_are_text(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type in ("stream", "execute_result", "display_data"), cell.source
            assert output.get("name") != "stderr"
            assert all(mime.startswith(("text/", "application/papermill")) for mime in output.get("data", {}))
            text = str(output.get("data", output.get("text")))
            assert not re.search(r"0x[0-9a-f]{6,}|/home/|/tmp/|\d{4}-\d\d-\d\d|Figure size", text), text[:200]


@EVERY
def test_cells_are_short(path):
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_cells(path)]
    assert max(lengths, default=0) <= 15
    assert statistics.median(lengths or [0]) <= 8


@EVERY
def test_random_numbers_have_a_fixed_seed_and_pictures_go_through_the_book(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    assert not re.search(r"default_rng\(\)|np\.random\.(rand|normal|seed)|import random|plt\.|pyplot|%matplotlib", code)
    assert not re.search(r"import \*|urlopen|requests\.", code)


@EVERY_CHAPTER
def test_a_chapter_has_its_sections_in_order(path):
    headings = re.findall(r"^## (.+)$", prose(path), re.M)
    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS
    assert len(re.findall(r"^# ", prose(path), re.M)) == 1
    assert headings[0] not in SECTIONS, "the chapter begins with its question"


@EVERY_CHAPTER
def test_a_chapter_is_long_enough_to_learn_from_and_short_enough_to_read(path):
    words = len(re.findall(r"[\w'’-]+", re.sub(r"\$\$?.*?\$\$?", "", prose(path), flags=re.S)))
    assert 1100 <= words <= 3000, words


@EVERY_CHAPTER
def test_the_header_names_objectives_that_problems_of_this_chapter_meet(path):
    header = read(path).metadata["mslib"]
    assert header["slug"] == path.stem
    assert 3 <= len(header["objectives"]) <= 6
    shown = "\n".join(cell.source for cell in code_cells(path))
    for objective in header["objectives"]:
        problem = all_problems()[objective["problem"]]
        assert re.search(rf"^{problem.key.replace('-', '_')}$", shown, re.M), f"{problem.key} is not on the page"
    for slug in header["prerequisites"]:
        assert (path.parent / f"{slug}.ipynb").exists()
    assert header["minutes"] > 0 and header["summary"] and header["mathematics"] and len(header["joins"]) >= 2


@EVERY_CHAPTER
def test_one_subject_has_one_name_in_every_room(path):
    part, slug = path.parent.name, path.stem
    for room in (f"mslib/{part}/{slug}.py", f"tests/{part}/test_{slug}.py", f"mslib/problems/{part}/{slug}.py"):
        assert (ROOT / room).exists(), room


@EVERY_CHAPTER
def test_a_chapter_has_explorers_figures_problems_and_a_prediction(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    assert "Explorer(" in code and "Figure(" in code and "question=" in code
    assert len(re.findall(r"from mslib\.problems\.\S+ import", code)) >= 4


def test_explorers_have_one_name_each_in_the_whole_book():
    code = "\n".join(cell.source for path in NOTEBOOKS for cell in code_cells(path))
    names = re.findall(r'name="([a-z0-9-]+)"', code)
    assert len(names) == code.count("Explorer(\n") and len(set(names)) == len(names), sorted(names)


@EVERY
def test_citations_and_links_lead_somewhere(path):
    known = set(re.findall(r"@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(encoding="utf-8")))
    for group in re.findall(r"\{cite:\w+\}`([^`]+)`", prose(path)):
        for key in group.split(","):
            assert key.strip() in known, key
    for target in re.findall(r"\]\(([\w./-]+\.(?:ipynb|md))", prose(path)):
        assert (path.parent / target).exists(), target


@EVERY
def test_quoted_numbers_are_computed_on_the_page(path):
    made = set(re.findall(r"(\w+)=", " ".join(re.findall(r"quote\((.*?)\)\n", "\n".join(
        cell.source + "\n" for cell in code_cells(path)), re.S))))  # fmt: skip
    for quoted in re.findall(r"\{glue:text\}`(\w+)`", prose(path)):
        assert quoted in made, f"{quoted} is quoted but not computed here"


@EVERY
def test_spelling_is_british_and_terms_are_the_fields(path):
    text = f" {prose(path).lower()} "
    for wrong, right in SPELLING.items():
        assert not re.search(rf"\b{wrong}", text), f"{wrong!r}: write {right!r}"


@EVERY
def test_a_notebook_says_at_its_top_what_to_install(path):
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    packages = f'"mslib[live,units] @ {repository}/archive/main.zip" jupyterlab'
    first = read(path).cells[0].source.splitlines()
    assert first[0] == f"% To run this notebook with a Python of your own: pip install {packages}"
    assert first[2].startswith("# ")
