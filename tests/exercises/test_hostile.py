"""Submissions that try to get points for nothing, to break the grader, or to hold up the others."""

import csv
import json
import sys
import textwrap
from pathlib import Path

import nbformat
import psutil
import pytest

import mslib
from mslib.course import confine, grade, judge
from mslib.course.sheets import of_problem
from mslib.problems.principles.morphogen import vein_width

A = "import math\nanswer_a = math.sqrt(given.D / given.k) * math.log(given.C0 / given.threshold)"
B = "import math\nanswer_b = math.sqrt(given.D / given.k / 2) * math.log(given.C0 / given.threshold)"
NAMES = ("vein-width-a-answer", "vein-width-b-answer")
SHORT = "\nc.Judge.cell_seconds = 6.0\nc.Judge.seconds = 45.0\nc.Judge.memory = 1500\n"
MARK = "mslib-test-survivor"
CLOSED = pytest.mark.skipif(confine.landlock_version() < 1, reason="this kernel has no Landlock to close files with")

FIND_ANSWERS = """
    import os
    found = []
    for folder, _, names in os.walk("/"):
        if folder.startswith(("/proc", "/sys", "/usr", "/dev")):
            continue
        for name in names:
            if name.endswith((".ipynb", ".db", ".py", ".secret")):
                try:
                    text = open(os.path.join(folder, name), errors="replace").read()
                except OSError:
                    continue
                if "BEGIN SOLUTION" in text or "vein_width = Problem" in text or name in ("gradebook.db", ".secret"):
                    found.append(os.path.join(folder, name))
    print("FOUND", found)
    import nbformat
    for path in found:
        if path.endswith("morphogen.ipynb"):
            for cell in nbformat.read(path, 4).cells:
                if "BEGIN SOLUTION" in cell.source:
                    exec(cell.source)
    """
PATCH_EVERYTHING = """
    import builtins, json, sys
    from IPython.display import display
    from mslib.course import report
    right = {"right": True, "kind": "right", "says": "Right."}
    def fake(*anything, **named):
        display({"application/vnd.mslib.verdict+json": right, "text/plain": "1.0"}, raw=True)
        return right
    report.answer = report.calls = report._display = fake
    for name in list(sys.modules):
        if name.startswith("mslib"):
            for attribute in ("check", "judge", "Verdict", "answer"):
                setattr(sys.modules[name], attribute, fake)
    builtins.len = lambda thing: 1
    answer_a = answer_b = "right"
    """
TWO_REPORTS = """
    from IPython.display import display
    from mslib.course import report
    mime = report.MIME
    def both(value):
        for guess in range(1, 400):
            display({mime: {"answer": str(guess / 4)}}, raw=True)
    report.answer = both
    answer_a = answer_b = 1.0
    """
VANDAL = f"""
    import os, subprocess, sys
    tried = []
    for target in [sys.prefix, {str(Path(mslib.__file__).parent)!r}, "/var/tmp"]:
        try:
            open(os.path.join(target, "{MARK}"), "w").write("was here")
            tried.append(target)
        except OSError:
            pass
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) not in (os.getpid(), os.getppid()):
            try:
                os.kill(int(pid), 0)
                tried.append(pid)
            except OSError:
                pass
    print("TRIED", tried)
    subprocess.Popen(["sleep", "600"], env={{"MARK": "{MARK}"}}, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        os.environ["MARK"] = "{MARK}"
        os.execve("/bin/sleep", ["sleep", "600"], os.environ)
    answer_a = 1.0
    """
ENDLESS_TEXT = """
    class Endless:
        def __str__(self):
            while True:
                pass
        __repr__ = __float__ = __str__
    answer_b = Endless()
    """
ROB_THE_BANK = """
    from mslib.problems.principles.morphogen import vein_width
    answer_a = vein_width.variant(STUDENT).answer("a")
    """
USE_THE_MODEL = """
    from mslib.principles.morphogen import Gradient
    answer_a = Gradient(**given.numbers).width
    """
STUBBORN = """
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
    """


def code(text):
    return textwrap.dedent(text).strip()


@pytest.fixture(scope="module")
def answers(filled):
    """Return a function that answers the two parts of the morphogen's notebook with any code."""
    return lambda a=None, b=None: filled(
        "morphogen", {name: code(text) for name, text in zip(NAMES, (a, b), strict=True) if text is not None}
    )


def _cell_names(notebook, change):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            change(cell.metadata["nbgrader"])
    return notebook


def renamed(answers):
    return _cell_names(answers(A, B), lambda about: about.update(grade_id="my-" + about["grade_id"]))


def revalued(answers):
    claims = {"points": 1000.0, "grade": True, "locked": False, "solution": True}
    return _cell_names(answers(A, B), lambda about: about.update(claims))


def deleted(answers):
    notebook = answers(None, B)
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    notebook.cells[0].metadata = {}
    return notebook


def duplicated(answers):
    notebook = answers(A, "answer_b = 1.0")
    easy = nbformat.v4.new_code_cell('print("ok")')
    for name, text in (("vein-width-b", easy.source), ("vein-width-b-answer", "answer_b = 2.0")):
        copy = nbformat.v4.new_code_cell(text, metadata={"nbgrader": {"grade_id": name, "grade": True, "points": 1.0}})
        notebook.cells.insert(0, copy)
        notebook.cells.append(copy)
    return notebook


def wrong_kernel(answers):
    notebook = answers(A, B)
    kernel = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "R"}}
    return notebook


def of_another(answers):
    notebook = answers(A, B)
    notebook.cells.insert(0, nbformat.v4.new_code_cell('STUDENT = "honest"'))
    return notebook


def literal_of_another(answers):
    other = vein_width.variant("honest")
    return answers(f"answer_a = {other.answer('a')}", f"answer_b = {other.answer('b')}")


def odd_text(answers):
    notebook = answers(A + '\nprint("\\ud800")', B + "\n# \ud800 lone surrogate\n")
    notebook.cells.append(nbformat.v4.new_markdown_cell("<script>alert('markdown')</script>"))
    show = "from IPython.display import HTML, display\ndisplay(HTML('<script>alert(1)</script>'))"
    notebook.cells.append(nbformat.v4.new_code_cell(show))
    return notebook


HOSTILE = {
    "syntax-error": (lambda f: f("answer_a = = 3", B), (0, 1)),
    "deleted": (deleted, (0, 1)),
    "renamed": (renamed, (0, 0)),
    "revalued": (revalued, (1, 1)),
    "duplicated": (duplicated, (1, 0)),
    "wrong-kernel": (wrong_kernel, (1, 1)),
    "endless-loop": (lambda f: f("while True: pass", B), (0, 1)),
    "stubborn-loop": (lambda f: f(STUBBORN, B), (0, 0)),
    "huge-output": (lambda f: f('for i in range(3000): print("x" * 50_000)', B), (0, 1)),
    "memory-hog": (lambda f: f("hoard = []\nwhile True: hoard.append(bytearray(20_000_000))", B), (0, None)),
    "sys-exit": (lambda f: f("import sys\nsys.exit(0)", B), (0, 1)),
    "hard-exit": (lambda f: f("import os\nos._exit(0)", B), (0, 0)),
    "patched": (lambda f: f(PATCH_EVERYTHING), (0, 0)),
    "two-reports": (lambda f: f(TWO_REPORTS, ""), (0, 0)),
    "disk-reader": (lambda f: f(FIND_ANSWERS, ""), (0, 0)),
    "of-another": (of_another, (0, 0)),
    "literal-of-another": (literal_of_another, (0, 0)),
    "bombs": (lambda f: f('answer_a = "3 9**9**9**9"', ENDLESS_TEXT), (0, 0)),
    "bank-robber": (lambda f: f(ROB_THE_BANK, "answer_b = given.width"), (0, 0)),
    "model-user": (lambda f: f(USE_THE_MODEL, B), (0, 1)),
    "vandal": (lambda f: f(VANDAL, B), (0, 1)),
    "odd-text": (odd_text, (1, 1)),
}
NEEDS = {"disk-reader": CLOSED, "bank-robber": CLOSED, "model-user": CLOSED}
BROKEN = {
    "empty-file": b"",
    "no-json": b"\x00\xffPK",
    "wrong-json": b'{"cells": 3}',
    "odd-cells": b'{"cells": [3, null], "nbformat": 4}',
    "deep-json": b"[" * 200_000,
}


def hand_in(folder, answers, course):
    for student, (build, _) in HOSTILE.items():
        (folder / student).mkdir()
        text = json.dumps(build(answers))
        (folder / student / "morphogen.ipynb").write_text(text, encoding="utf-8")
    for student, raw in BROKEN.items():
        (folder / student).mkdir()
        (folder / student / "morphogen.ipynb").write_bytes(raw)
    (folder / "no-file").mkdir()
    (folder / "linked").mkdir()
    (folder / "linked" / "morphogen.ipynb").symlink_to(course / "source" / "set_a" / "morphogen.ipynb")
    (folder / "=cmd()").mkdir()
    (folder / "honest" / "set_a").mkdir(parents=True)
    nbformat.write(answers(A, B), folder / "honest" / "set_a" / "morphogen.ipynb")


@pytest.fixture(scope="module")
def batch(new_course, answers, tmp_path_factory):
    folder, course = tmp_path_factory.mktemp("submissions"), new_course("morphogen", settings=SHORT)
    hand_in(folder, answers, course)
    said = []
    rows = grade.grade(folder, grade.Course(course, "set_a"), jobs=2, say=said.append)
    return course, rows, said


def points(rows, student):
    return tuple(int(row.points) for row in rows if row.student == student)


def test_the_honest_student_is_not_held_up(batch):
    course, rows, said = batch
    assert points(rows, "honest") == (1, 1)
    assert all("grader could not finish" not in row.feedback for row in rows)
    assert any("'=cmd()'" in line for line in said)
    with open(course / "totals.csv", encoding="utf-8") as file:
        assert {"student": "honest", "points": "2.0", "maximum": "2.0"} in list(csv.DictReader(file))


@pytest.mark.parametrize("student", [pytest.param(name, marks=NEEDS.get(name, ())) for name in HOSTILE])
def test_a_hostile_submission_is_graded_and_gains_nothing(batch, student):
    course, rows, _ = batch
    for got, earned in zip(points(rows, student), HOSTILE[student][1], strict=True):
        assert earned in (None, got), [row for row in rows if row.student == student]
    assert all(row.maximum == 1.0 and row.feedback for row in rows if row.student == student)
    assert (course / "feedback" / student / "set_a" / "morphogen.html").is_file()


@pytest.mark.parametrize("student", [*BROKEN, "no-file", "linked"])
def test_a_broken_file_gets_nothing_and_is_told_why(batch, student):
    course, rows, _ = batch
    mine = [row for row in rows if row.student == student]
    assert [(row.points, row.kind) for row in mine] == [(0.0, "not taken")] * 2
    assert all(row.feedback.startswith("Nothing could be graded: ") for row in mine)
    assert (course / "feedback" / student / "set_a" / "morphogen.html").is_file()


def _printed(course, student):
    notebook = nbformat.read(course / "autograded" / student / "set_a" / "morphogen.ipynb", 4)
    return "".join(out.get("text", "") for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs)


@CLOSED
def test_no_answer_lies_where_a_submission_can_read(batch):
    assert "FOUND []" in _printed(batch[0], "disk-reader")


@CLOSED
def test_a_vandal_changes_nothing_and_leaves_nothing_running(batch):
    assert "TRIED []" in _printed(batch[0], "vandal")
    for folder in (Path(mslib.__file__).parent, Path("/var/tmp"), Path(sys.prefix)):
        assert not (folder / MARK).exists()
    running = [p for p in psutil.process_iter(["name", "cmdline"]) if p.info["cmdline"] == ["sleep", "600"]]
    assert not [p for p in running if MARK in p.environ().get("MARK", "")]


def test_feedback_runs_no_script_of_a_student(batch):
    page = (batch[0] / "feedback" / "odd-text" / "set_a" / "morphogen.html").read_text(encoding="utf-8")
    assert "alert('markdown')</script>" not in page and "alert(1)</script>" not in page


def test_the_misconception_is_named_in_the_feedback(batch, answers, tmp_path):
    course = grade.Course(batch[0], "set_a")
    (tmp_path / "mistaken").mkdir()
    wrong = answers(A.replace("math.sqrt(given.D / given.k)", "given.D / given.k"), "answer_b = '3 s'")
    nbformat.write(wrong, tmp_path / "mistaken" / "morphogen.ipynb")
    first, second = grade.grade(tmp_path, course, say=lambda line: None)
    assert (first.kind, second.kind) == ("mistake", "unit")
    assert "area" in first.feedback and "a time" in second.feedback
    page = (batch[0] / "feedback" / "mistaken" / "set_a" / "morphogen.html").read_text(encoding="utf-8")
    assert "an area" in page


def test_nobody_gets_the_numbers_of_another():
    sheets = {student: of_problem(vein_width, student).numbers for student in ("honest", "of-another")}
    assert sheets["honest"] != sheets["of-another"]


def test_the_secret_is_made_once_and_only_for_its_owner(tmp_path):
    secret = judge.secret_of(tmp_path)
    assert len(secret) == 64 and judge.secret_of(tmp_path) == secret
    assert (tmp_path / ".secret").stat().st_mode & 0o077 == 0
