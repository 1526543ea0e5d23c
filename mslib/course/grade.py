"""The command that grades a folder of submissions: ``python -m mslib.course.grade SUBMISSIONS``."""

import argparse
import contextlib
import csv
import json
import os
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade
from traitlets.config import PyFileConfigLoader

from . import confine, judge, room, submission

FAILED = "The grader could not finish this notebook; please tell your instructor."


@dataclass(frozen=True)
class Row:
    """One line of ``grades.csv``: what a student got for one graded cell, and why."""

    student: str
    notebook: str
    part: str
    points: float
    maximum: float
    kind: str
    feedback: str


class Course:
    """A course folder and what nbgrader is asked to do in it.

    Parameters
    ----------
    folder : path-like
        The folder with ``source/`` and ``nbgrader_config.py``.
    assignment : str
        Name of a folder in ``source/``.

    Raises
    ------
    ValueError
        If there is no such assignment.
    """

    def __init__(self, folder, assignment):
        self.folder, self.assignment = Path(folder).resolve(), assignment
        if not list((self.folder / "source" / assignment).glob("*.ipynb")):
            raise ValueError(f"{self.folder} has no notebooks in source/{assignment}")
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(self.folder)).load_config()
        self.config.CourseDirectory.root = str(self.folder)
        self.config.NbGraderAPI.log_level = "CRITICAL"

    def sources(self):
        """Return the instructor's notebooks by name."""
        paths = sorted((self.folder / "source" / self.assignment).glob("*.ipynb"))
        return {path.stem: nbformat.read(path, 4) for path in paths}

    def limits(self):
        """Return the limits that ``nbgrader_config.py`` sets."""
        about = judge.Judge(config=self.config)
        return room.Limits(about.cell_seconds, about.seconds, about.memory)

    def nbgrader(self, runs=""):
        """Return nbgrader's own interface to this course."""
        config = self.config.copy()
        config.Judge.runs = str(runs)
        return NbGraderAPI(CourseDirectory(config=config), config=config)

    def gradebook(self):
        """Return nbgrader's gradebook, to be opened by ``with``."""
        return Gradebook(CourseDirectory(config=self.config).db_url)

    @staticmethod
    def failure(done):
        """Return why nbgrader failed, from its log; empty if it did not."""
        if done["success"]:
            return ""
        log = str(done.get("error") or done.get("log") or "").strip()
        return log.splitlines()[-1] if log else "nbgrader gave no reason"

    def release(self):
        """Write the students' notebooks to ``release/`` and enter their cells and points in the gradebook.

        Raises
        ------
        RuntimeError
            With nbgrader's log, if it fails.
        """
        why = self.failure(self.nbgrader().generate_assignment(self.assignment, force=True, create=True))
        if why:
            raise RuntimeError(f"nbgrader could not make the release: {why}")


def grade(submissions, course, *, jobs=2, say=print):
    """Grade every submission of an assignment; nothing that one student hands in can stop another's grade.

    Parameters
    ----------
    submissions : path-like
        ``<student>/<notebook>.ipynb`` or ``<student>/<assignment>/<notebook>.ipynb``.
    course : Course
        The course; ``feedback/``, ``grades.csv`` and ``totals.csv`` are written to its folder.
    jobs : int
        Notebooks run at a time.
    say : callable
        Told how far it is.

    Returns
    -------
    list of Row
        One for each student and graded cell.
    """
    course.release()
    taken, strangers = submission.collect(Path(submissions), course.folder, course.assignment)
    for name in strangers:
        say(f"left out: {name!r} is no student's id")
    students = sorted({one.student for one in taken})
    say(f"{len(students)} students, {len(taken)} notebooks; {confine.describe()}")
    with tempfile.TemporaryDirectory(prefix="runs-") as runs:
        _run_all(course, taken, Path(runs), jobs)
        rows = []
        for student in students:
            reasons = {one.notebook: one.reason for one in taken if one.student == student}
            rows += _graded(course, student, runs, reasons, say)
            say(f"{student}: {sum(row.points for row in rows if row.student == student):g} points")
    _write(course.folder / "grades.csv", [asdict(row) for row in rows], list(Row.__dataclass_fields__))
    _write(course.folder / "totals.csv", totals(rows), ["student", "points", "maximum"])
    return rows


def _run_all(course, taken, runs, jobs):
    secret, limits = judge.secret_of(course.folder), course.limits()

    def one(item):
        folder = course.folder / "submitted" / item.student / course.assignment
        target = runs / item.student / course.assignment
        target.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(folder / f"{item.notebook}.ipynb", 4)
        try:
            outputs, reason = _none(notebook, item.reason)
            if not item.reason:
                outputs, reason = judge.run(notebook, item.student, course.assignment, secret, limits)
        except Exception as error:
            outputs, reason = _none(notebook, f"it could not be run ({type(error).__name__})")
        made = {"outputs": outputs, "reason": reason}
        (target / f"{item.notebook}.json").write_text(json.dumps(made), encoding="utf-8")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, taken))


def _none(notebook, reason):
    return [[] for _ in notebook.cells], reason


def _graded(course, student, runs, reasons, say):
    """Let nbgrader judge, record and give feedback on one student; return the rows whatever happens."""
    try:
        api = course.nbgrader(runs)
        failure = course.failure(api.autograde(course.assignment, student, force=True, create=True))
        failure = failure or course.failure(api.generate_feedback(course.assignment, student, force=True))
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
    if failure:
        say(f"{student}: {failure}")
    return [
        _row(course, student, name, cell, failure, reasons.get(name, ""))
        for name, source in course.sources().items()
        for cell in source.cells
        if is_grade(cell)
    ]


def _row(course, student, notebook, cell, failure, reason):
    part, points = cell.metadata.nbgrader["grade_id"], float(cell.metadata.nbgrader["points"])
    if failure:
        return Row(student, notebook, part, 0.0, points, "failed", FAILED)
    score, by_hand = _score(course, student, notebook, part)
    kind, says = _said(course, student, notebook, part)
    if cell.metadata.nbgrader.get("solution"):
        kind, says = "read", "A person reads this."
    elif reason and not by_hand:
        kind, says = "not taken", f"Nothing could be graded: {reason}."
    return Row(student, notebook, part, score, points, "by hand" if by_hand else kind, says)


def _score(course, student, notebook, part):
    """Return the score that the gradebook holds, and whether a person gave it."""
    with course.gradebook() as book:
        try:
            entry = book.find_grade(part, notebook, course.assignment, student)
        except MissingEntry:
            return 0.0, False
        return float(entry.score or 0.0), entry.manual_score is not None


def _said(course, student, notebook, part):
    """Return kind and words of a verdict from the autograded notebook."""
    path = course.folder / "autograded" / student / course.assignment / f"{notebook}.ipynb"
    with contextlib.suppress(OSError, KeyError, IndexError):
        found = judge.graded_cells(nbformat.read(path, 4))[part].outputs[0]["data"][judge.VERDICT]
        return found["kind"], found["says"]
    return "failed", FAILED


def totals(rows):
    """Return the sum of each student's points.

    Examples
    --------
    >>> totals([Row("ada", "morphogen", "a", 1.0, 2.0, "", ""), Row("ada", "morphogen", "b", 0.5, 1.0, "", "")])
    [{'student': 'ada', 'points': 1.5, 'maximum': 3.0}]
    """
    sums = {}
    for row in rows:
        one = sums.setdefault(row.student, {"student": row.student, "points": 0.0, "maximum": 0.0})
        one["points"] += row.points
        one["maximum"] += row.maximum
    return list(sums.values())


def _write(path, rows, names):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def main(arguments=None):
    """Grade from the command line; without a folder of submissions, only make the release."""
    parser = argparse.ArgumentParser(prog="python -m mslib.course.grade", description=__doc__)
    parser.add_argument("submissions", nargs="?", help="one folder a student; without it, only release/ is made")
    parser.add_argument("--course", default="exercises", help="course folder (default: %(default)s)")
    parser.add_argument("--assignment", default="set_a", help="assignment (default: %(default)s)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="notebooks at a time (default: %(default)s)"
    )
    asked = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", module="nbgrader")
    course = Course(asked.course, asked.assignment)
    if asked.submissions is None:
        course.release()
        print(f"The students' notebooks are in {course.folder / 'release' / asked.assignment}")
        return
    grade(asked.submissions, course, jobs=asked.jobs)
    print(f"Grades: {course.folder / 'grades.csv'} and totals.csv; feedback: {course.folder / 'feedback'}")


if __name__ == "__main__":
    main()
