"""What is taken from a submission, and what is not."""

import json

import nbformat
import pytest

from mslib.course import submission, verdict
from mslib.course.judge import graded_cells, problems_of, verdict_outputs
from mslib.course.report import MIME
from mslib.course.submission import collect, grade_id, graft, read, released, take
from mslib.problems import Verdict
from mslib.problems.principles.morphogen import vein_width


def ids(notebook):
    return [grade_id(cell) for cell in notebook.cells if grade_id(cell)]


def test_the_graded_notebook_has_the_courses_cells_whatever_comes(sources):
    source = sources["morphogen"]
    for submitted in (nbformat.v4.new_notebook(), source, {"cells": source.cells[::-1]}, {}):
        graded = graft(source, submitted)
        nbformat.validate(graded)
        assert ids(graded) == ids(source)
        assert graded.metadata == source.metadata
        for cell in graded.cells:
            name = grade_id(cell)
            known = next((one for one in source.cells if grade_id(one) == name), None) if name else None
            if known and not submission.is_solution(known):
                assert cell.source == known.source
                assert cell.metadata == known.metadata


def test_cells_of_the_students_own_stay_in_front_of_what_follows_them(sources):
    student = graft(sources["morphogen"], nbformat.v4.new_notebook())
    place = [grade_id(cell) for cell in student.cells].index("vein-width-b-answer")
    student.cells.insert(place, nbformat.v4.new_code_cell("helper = 1"))
    graded = graft(sources["morphogen"], student)
    texts = [cell.source for cell in graded.cells]
    at = texts.index("helper = 1")
    assert grade_id(graded.cells[at + 1]) == "vein-width-b-answer"


def test_the_last_of_several_solution_cells_counts(sources):
    student = graft(sources["morphogen"], nbformat.v4.new_notebook())
    for text in ("first = 1", "last = 2"):
        about = {"nbgrader": {"grade_id": "vein-width-a-answer"}}
        student.cells.append(nbformat.v4.new_code_cell(text, metadata=about))
    graded = graft(sources["morphogen"], student)
    texts = [cell.source for cell in graded.cells]
    solution = next(cell for cell in graded.cells if grade_id(cell) == "vein-width-a-answer")
    assert solution.source == "last = 2"
    assert texts.index("first = 1") < texts.index("last = 2")


def test_no_solution_is_in_what_is_released(sources):
    for source in sources.values():
        for cell in source.cells:
            if grade_id(cell) and submission.is_solution(cell):
                assert "SOLUTION" not in released(cell)
                assert "YOUR CODE" in released(cell) or "YOUR ANSWER" in released(cell)


def test_a_file_must_lie_in_the_students_own_folder(tmp_path, sources):
    (tmp_path / "ada").mkdir()
    (tmp_path / "other.ipynb").write_text(nbformat.writes(sources["morphogen"]), encoding="utf-8")
    link = tmp_path / "ada" / "morphogen.ipynb"
    link.symlink_to(tmp_path / "other.ipynb")
    with pytest.raises(submission.Unreadable, match="your own"):
        read(link, tmp_path / "ada")
    assert "could not be read" in take(sources["morphogen"], link, tmp_path / "ada")[1]
    assert "nothing was handed in" in take(sources["morphogen"], tmp_path / "ada" / "growth.ipynb", tmp_path / "ada")[1]


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch, sources):
    monkeypatch.setattr(submission, "MOST_BYTES", 1000)
    (tmp_path / "morphogen.ipynb").write_text(nbformat.writes(sources["morphogen"]), encoding="utf-8")
    with pytest.raises(submission.Unreadable, match="larger"):
        read(tmp_path / "morphogen.ipynb", tmp_path)


def test_what_students_hand_in_is_never_overwritten(tmp_path):
    (tmp_path / "source" / "set_a").mkdir(parents=True)
    (tmp_path / "submitted" / "ada").mkdir(parents=True)
    with pytest.raises(ValueError, match="elsewhere"):
        collect(tmp_path / "submitted", tmp_path, "set_a")


def test_both_layouts_of_submissions_are_taken(tmp_path, sources):
    course = tmp_path / "course"
    (course / "source" / "set_a").mkdir(parents=True)
    nbformat.write(sources["morphogen"], course / "source" / "set_a" / "morphogen.ipynb")
    for place in ("flat", "deep/set_a"):
        (tmp_path / "in" / place).mkdir(parents=True)
        nbformat.write(sources["morphogen"], tmp_path / "in" / place / "morphogen.ipynb")
    (tmp_path / "in" / "not a name!").mkdir()
    taken, strangers = collect(tmp_path / "in", course, "set_a")
    assert [(one.student, one.reason) for one in taken] == [("deep", ""), ("flat", "")]
    assert strangers == ["not a name!"]
    assert (course / "submitted" / "deep" / "set_a" / "morphogen.ipynb").is_file()


@pytest.mark.parametrize("name", ["morphogen", "thresholds", "open_lab"])
def test_graded_cells_and_problems_are_found_in_the_sources(sources, name):
    cells = graded_cells(sources[name])
    problems = problems_of(sources[name])
    assert cells and problems
    for cell in cells:
        assert cell in verdict.LABS or cell.rsplit("-", 1)[0] in problems


def report(content):
    return [{"output_type": "display_data", "data": {MIME: content}}]


ENDLESS = ["9**9**9", "3 9^9^9", "3 m**9**9**9", "1 9⁹⁹⁹⁹⁹⁹⁹", "3 (9**9)**9", "3 (m**9)**9", "1" * 61, "", "   "]
USUAL = ["27.726", "27.726 µm", "2.7726e-2 mm", "2.7726×10^-2 mm", "2.7726 × 10⁻⁵ m", "2.7726*10**-5 m", "27,726 um"]
ODD = [3, [1], None, {}, {"answer": 27.7259}, {"answer": ["27.7259"]}, {"right": True}, {"returned": [27.7259]}]
ODD += [{"answer": text} for text in ("inf", "nan", "1e999", "1×10^999", "1×10^99999999", "27.7 parsnips", "never")]


@pytest.mark.parametrize("text", ENDLESS)
def test_an_answer_that_would_take_for_ever_to_read_is_not_read(text):
    found = verdict.judge("vein-width-a", report({"answer": text}), {"vein-width": vein_width}, {})
    assert (found.right, found.kind) == (False, "number")


@pytest.mark.parametrize("text", USUAL)
def test_every_common_way_to_write_an_answer_is_read(text):
    assert verdict.judge("vein-width-a", report({"answer": text}), {"vein-width": vein_width}, {}).right


@pytest.mark.parametrize("content", ODD)
def test_odd_reports_are_judged_and_never_right(content):
    found = verdict.judge("vein-width-a", report(content), {"vein-width": vein_width}, {})
    assert not found.right and found.says


def test_only_one_report_counts():
    both = report({"answer": "27.7259"}) * 2
    assert verdict.judge("vein-width-a", both, {"vein-width": vein_width}, {}).kind == "tampered"
    stream = [{"output_type": "stream", "name": "stdout", "text": json.dumps({MIME: {"answer": "27.7259"}})}]
    assert verdict.judge("vein-width-a", stream, {"vein-width": vein_width}, {}).kind == "missing"


def test_a_course_that_asks_for_an_unknown_problem_says_so():
    with pytest.raises(KeyError, match="no-such"):
        verdict.judge("no-such-a", [], {}, {})


def test_nbgrader_gives_points_for_right_verdicts_only(sources):
    from nbgrader.utils import determine_grade

    cell = graded_cells(sources["morphogen"])["vein-width-a"].copy()
    for right in (True, False):
        cell.outputs = verdict_outputs(Verdict(right, "right" if right else "wrong", "Word."), "")
        assert determine_grade(cell) == (float(right), 1.0)
