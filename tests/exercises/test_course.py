"""The course as an instructor uses it: release, the instructor's own solution, the empty release, regrading."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from mslib.course import grade, report
from mslib.course.judge import graded_cells, problems_of, verdict_outputs
from mslib.course.sheets import Sheet, of_problem, sheet
from mslib.course.submission import grade_id, graft, is_solution
from mslib.problems import all_problems
from mslib.problems.principles.morphogen import vein_width
from tests.exercises.conftest import read_sources

PROBLEMS = {
    "set_a": {
        "vein-width",
        "slow-reflex",
        "lone-bacterium",
        "rare-transporter",
        "waiting-for-vesicles",
        "balance-the-pool",
        "palpable-tumour",
        "viral-peak",
        "ageing-culture",
    },
    "set_b": {
        "pick-the-lens",
        "layered-tissue",
        "graft-thickness",
        "trust-qssa",
        "bursts-from-noise",
        "quiet-tissue",
        "contracting-strip",
        "one-sample",
    },
}
SOURCES = {assignment: read_sources(assignment) for assignment in PROBLEMS}
SHEETS = [(assignment, name) for assignment, found in SOURCES.items() for name in found if name != "open_lab"]
STUDENTS = ["ada", "grace", "alan", "rosalind"]


@pytest.mark.parametrize("assignment", PROBLEMS)
def test_an_assignment_holds_its_problems_with_all_their_parts_and_a_lab(assignment):
    found = SOURCES[assignment]
    asked = {name for source in found.values() for name in graded_cells(source)}
    parts = {f"{key}-{part.key}" for key in PROBLEMS[assignment] for part in all_problems()[key].parts}
    assert "open_lab" in found
    assert asked - set(graded_cells(found["open_lab"])) == parts


@pytest.mark.parametrize("student", ["ada", "Student 17", "x" * 40])
@pytest.mark.parametrize(("assignment", "name"), SHEETS)
def test_the_instructors_solution_is_right_for_any_student(assignment, name, student):
    source, names, reports = SOURCES[assignment][name], {"STUDENT": student}, {}
    variants = {key: problem.variant(student) for key, problem in problems_of(source).items()}
    for cell in source.cells:
        if grade_id(cell) in graded_cells(source):
            variable = cell.source.split()[1]
            reports[grade_id(cell)] = names[variable]
        elif cell.cell_type == "code" and grade_id(cell):
            exec(cell.source, names)
    for cell, value in reports.items():
        key, part = cell.rsplit("-", 1)
        assert variants[key].check(part, str(value)).right, cell


@pytest.mark.parametrize("assignment", PROBLEMS)
def test_a_solution_computes_from_what_the_student_is_told(assignment):
    for name, source in SOURCES[assignment].items():
        for cell in source.cells:
            if grade_id(cell) and is_solution(cell):
                assert "mslib" not in cell.source and "check" not in cell.source, name


def test_the_notebooks_are_what_the_tool_writes(sources, exercises):
    sys.path.insert(0, str(exercises.parent / "tools"))
    try:
        import assignment
    finally:
        sys.path.pop(0)
    made = assignment.notebook("morphogen", ["vein-width"], "A morphogen draws a vein", {})
    assert [grade_id(cell) for cell in made.cells] == [grade_id(cell) for cell in sources["morphogen"].cells]
    for new, old in zip(made.cells, sources["morphogen"].cells, strict=True):
        if not grade_id(new) or not is_solution(new):
            assert new.source == old.source and new.metadata == old.metadata


@pytest.fixture(scope="module")
def batch(new_course, sources, tmp_path_factory):
    """Grade the instructor's own notebooks, and a problem and the lab as they are released, in kernels."""
    course = grade.Course(new_course(*sources), "set_a")
    folder = tmp_path_factory.mktemp("submissions")
    shutil.copytree(course.folder / "source" / "set_a", folder / "instructor")
    course.release()
    (folder / "nobody").mkdir()
    for name in ("morphogen", "open_lab"):
        shutil.copy(course.folder / "release" / "set_a" / f"{name}.ipynb", folder / "nobody")
    return course, folder, grade.grade(folder, course, jobs=2, say=lambda line: None)


def test_the_instructor_gets_all_points_and_the_empty_release_none(batch):
    course, _, rows = batch
    lost = [row for row in rows if row.student == "instructor" and row.points < row.maximum]
    gained = [row for row in rows if row.student == "nobody" and row.points > 0]
    assert (lost, gained) == ([], [])
    with open(course.folder / "totals.csv", encoding="utf-8") as file:
        totals = list(csv.DictReader(file))
    most = totals[0]["maximum"]
    assert [(one["student"], one["points"]) for one in totals] == [("instructor", most), ("nobody", "0.0")]
    assert float(most) > 40


def test_the_release_has_no_solutions_and_no_hidden_tests(batch):
    for path in (batch[0].folder / "release" / "set_a").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert "SOLUTION" not in text and "HIDDEN" not in text and "report" not in text.split('"metadata"')[0]
        assert "report.answer" not in text and "report.calls" not in text


def test_set_b_is_graded_in_kernels_as_well(new_course, tmp_path):
    course = grade.Course(new_course("timescales", "open_lab", assignment="set_b"), "set_b")
    shutil.copytree(course.folder / "source" / "set_b", tmp_path / "instructor")
    course.release()
    shutil.copytree(course.folder / "release" / "set_b", tmp_path / "nobody")
    rows = grade.grade(tmp_path, course, jobs=2, say=lambda line: None)
    lost = [row for row in rows if row.student == "instructor" and row.points < row.maximum]
    gained = [row for row in rows if row.student == "nobody" and row.points > 0]
    assert (lost, gained) == ([], [])


def test_a_grade_by_hand_stays_when_the_batch_is_graded_again(batch):
    course, folder, _ = batch
    url = f"sqlite:///{course.folder / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.find_grade("vein-width-b", "morphogen", "set_a", "nobody").manual_score = 0.5
        book.db.commit()
    only = folder.parent / "again"
    (only / "nobody").mkdir(parents=True)
    shutil.copy(folder / "nobody" / "morphogen.ipynb", only / "nobody")
    rows = {row.part: row for row in grade.grade(only, course, say=lambda line: None)}
    assert (rows["vein-width-b"].points, rows["vein-width-b"].kind) == (0.5, "by hand")
    assert rows["vein-width-a"].points == 0.0


def test_plain_nbgrader_commands_judge_alike(batch):
    course = batch[0]
    nbgrader = str(Path(sys.executable).with_name("nbgrader"))
    wrong = graft(nbformat.read(course.folder / "source" / "set_a" / "morphogen.ipynb", 4), nbformat.v4.new_notebook())
    target = course.folder / "submitted" / "plain" / "set_a"
    target.mkdir(parents=True)
    nbformat.write(wrong, target / "morphogen.ipynb")
    command = [nbgrader, "autograde", "set_a", "--student", "plain", "--notebook", "morphogen"]
    subprocess.run(command, cwd=course.folder, check=True, capture_output=True)
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}") as book:
        assert book.find_submission_notebook("morphogen", "set_a", "plain").score == 0.0


def test_a_sheet_tells_the_numbers_of_the_statement_and_no_answer():
    told = of_problem(vein_width, "ada")
    assert isinstance(told, Sheet) and told.numbers["D"] == told.D and "nM" in repr(told)
    for name in ("width", "length", "answer", "check", "model"):
        with pytest.raises(AttributeError, match="does not give"):
            getattr(told, name)
    with pytest.raises(ValueError, match="STUDENT"):
        sheet("morphogen", "vein-width", " ")
    for subject, key in (("no_subject", "vein-width"), ("morphogen", "no-problem")):
        with pytest.raises(ValueError, match="no"):
            sheet(subject, key, "ada")


def _told(problem, part, student):
    numbers = of_problem(problem, student).numbers.values()
    return any(problem.variant(student).check(part.key, number).right for number in numbers)


@pytest.mark.parametrize(("assignment", "name"), SHEETS)
def test_no_sheet_tells_an_answer(assignment, name):
    for problem in problems_of(SOURCES[assignment][name]).values():
        for part in problem.parts:
            assert not all(_told(problem, part, student) for student in STUDENTS), (problem.key, part.key)


def test_reports_do_nothing_outside_the_grader(monkeypatch):
    monkeypatch.delenv("MSLIB_TRIES", raising=False)
    assert report.calls(lambda: 1 / 0, "any") is None


def test_an_assignment_that_does_not_exist_is_refused(exercises):
    with pytest.raises(ValueError, match="set_z"):
        grade.Course(exercises, "set_z")


def test_a_right_verdict_is_no_error():
    from mslib.problems import Verdict

    assert [out.output_type for out in verdict_outputs(Verdict(True, "right", "Yes."))] == ["display_data"]
