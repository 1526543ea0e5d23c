"""The step of nbgrader that runs a submission in its room and puts verdicts in the place of graded cells' outputs."""

import contextlib
import json
import os
import re
import secrets
from pathlib import Path

from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from . import room, sheets, verdict

VERDICT = "application/vnd.mslib.verdict+json"
SHEETS = re.compile(r"""sheet\(["'](\w+)["'],\s*["']([\w-]+)["']""")


def secret_of(course):
    """Return the course's secret, made on first use and readable by its owner only.

    Parameters
    ----------
    course : pathlib.Path
        The course folder.

    Returns
    -------
    bytes
        From which the hidden inputs follow.
    """
    path = Path(course) / ".secret"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_bytes()


def graded_cells(notebook):
    """Return the graded code cells of a notebook by name.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook with nbgrader's metadata.

    Returns
    -------
    dict of str to nbformat.NotebookNode
        Those that are graded by what they report, not read by a person.
    """
    cells = (cell for cell in notebook.cells if cell.cell_type == "code" and utils.is_grade(cell))
    return {cell.metadata.nbgrader["grade_id"]: cell for cell in cells if not utils.is_solution(cell)}


def problems_of(notebook):
    """Return the problems whose numbers a notebook's locked cells ask for, by key.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook whose locked cells are the course's own.

    Returns
    -------
    dict of str to Problem
        In their default variants.
    """
    locked = "\n".join(cell.source for cell in notebook.cells if utils.is_locked(cell))
    return {key: sheets.find(subject, key) for subject, key in SHEETS.findall(locked)}


def run(notebook, student, assignment, secret, limits):
    """Run a submitted notebook in its room.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As `submission.graft` makes it.
    student, assignment : str
        Whose, and of which assignment.
    secret : bytes
        The course's.
    limits : room.Limits
        Time and memory.

    Returns
    -------
    outputs : list of list
        For each cell.
    reason : str
        Why the run broke off; empty if it did not.
    """
    given = {key: sheets.of_problem(problem, student) for key, problem in problems_of(notebook).items()}
    tries = verdict.hidden_inputs(graded_cells(notebook), secret, assignment, student)
    return room.execute(notebook, student=student, sheets=given, tries=tries, limits=limits)


class Judge(NbGraderPreprocessor):
    """Runs the notebook apart and judges, in this process, what its graded cells reported.

    It takes the place of nbgrader's own `Execute`, which runs a submission with the grader's rights.
    """

    cell_seconds = Float(30.0, help="time for one cell").tag(config=True)
    seconds = Float(150.0, help="time for one notebook").tag(config=True)
    memory = Integer(3072, help="MiB of address space for each process").tag(config=True)
    runs = Unicode("", help="folder with runs that were made beforehand").tag(config=True)

    def preprocess(self, nb, resources):
        """Fill in outputs and verdicts; `resources` name assignment and student.

        nbgrader works in the course folder, where the secret lies.
        """
        about = resources["nbgrader"]
        student, assignment = about["student"], about["assignment"]
        secret = secret_of(Path.cwd())
        outputs, reason = self._made(student, assignment, about["notebook"]) or run(
            nb, student, assignment, secret, room.Limits(self.cell_seconds, self.seconds, self.memory)
        )
        cells = graded_cells(nb)
        problems = {key: problem.variant(student) for key, problem in problems_of(nb).items()}
        inputs = verdict.hidden_inputs(cells, secret, assignment, student)
        for cell, out in zip(nb.cells, outputs, strict=True):
            if cell.cell_type == "code":
                cell.outputs = [one for one in map(_shown, out) if one]
        for name, cell in cells.items():
            said = verdict.judge(name, outputs[nb.cells.index(cell)], problems, inputs)
            cell.outputs = verdict_outputs(said, reason)
        return nb, resources

    def _made(self, student, assignment, notebook):
        path = Path(self.runs) / student / assignment / f"{notebook}.json"
        if not self.runs or not path.is_file():
            return None
        made = json.loads(path.read_text(encoding="utf-8"))
        return made["outputs"], made["reason"]


def _shown(out):
    data = {mime: value for mime, value in out.get("data", {}).items() if mime != room.report.MIME}
    if "data" not in out:
        return new_output(**{name: out[name] for name in out if name != "metadata"})
    return new_output("display_data", data=data) if data else None


def verdict_outputs(said, reason=""):
    """Return a graded cell's outputs: the verdict in words, and an error unless it is right.

    nbgrader gives all points to a cell without an error, and none to one with an error.

    Parameters
    ----------
    said : Verdict
        The verdict.
    reason : str
        Why the run broke off, if it did.

    Returns
    -------
    list of nbformat.NotebookNode
        Outputs.

    Examples
    --------
    >>> from mslib.problems import Verdict
    >>> [out["output_type"] for out in verdict_outputs(Verdict(False, "wrong", "Try once more."))]
    ['display_data', 'error']
    """
    says = said.says if said.right or not reason else f"{said.says} While your notebook ran: {reason}."
    words = f"**{'Right' if said.right else 'Not yet'}.** {says}"
    verdict_data = {"right": said.right, "kind": said.kind, "says": says}
    data = {"text/markdown": words, "text/plain": words, VERDICT: verdict_data}
    shown = [new_output("display_data", data=data)]
    return shown if said.right else [*shown, new_output("error", ename="NotYet", evalue=said.kind, traceback=[])]
