"""Begin the graded notebook of a subject: ``python tools/assignment.py set_b cables slow-cable leaky-cable``.

Writes ``exercises/source/<assignment>/<subject>.ipynb`` for problems that stand in the bank, with everything but the
solutions. Fill these in between ``### BEGIN SOLUTION`` and ``### END SOLUTION``, by formulas of your own.
"""

import argparse
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mslib.course.sheets import find, of_problem

KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
INTRO = """# {title}

Put your id in the course list between the quotes of the first cell: it decides which numbers you get.
Then replace each `raise NotImplementedError()` by your own computation, and save.

An answer is a number in the unit that is asked for, or a text with a unit of your choice such as `"0.0277 mm"`.
Cells of your own are welcome anywhere.
Whoever grades runs the notebook from top to bottom with your numbers, and with NumPy, SciPy and Matplotlib.
The models and problems of the book are not there, so keep them out of the cells that compute an answer."""
STUDENT = (
    'import os\n\nSTUDENT = os.environ.get("MSLIB_STUDENT", "")  # instead: STUDENT = "your id in the course list"'
)
SHEET = 'from mslib.course import sheet\n\n{name} = sheet("{subject}", "{key}", STUDENT)\n{name}'
SOLUTION = "# ({part}) {asked}\n### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
TEST = """assert {answer} is not None and len(str({answer})) < 60, "{answer}: a number, or a text with a unit"
### BEGIN HIDDEN TESTS
from mslib.course import report

report.answer({answer})
### END HIDDEN TESTS"""


def cell(source, grade_id, *, grade=False, solution=False, points=0.0):
    """Return a code cell with nbgrader's metadata."""
    about = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        "cell_type": "code",
    }
    return new_code_cell(source, metadata={"nbgrader": about | ({"points": points} if grade else {})})


def problem_cells(subject, key, given, solutions):
    """Return the cells of one problem: the sheet, and for each part a solution cell and a graded one."""
    problem = find(subject, key)
    yield new_markdown_cell(f"## {problem.title}")
    yield cell(SHEET.format(name=given, subject=subject, key=key), f"{key}-sheet")
    for part in problem.parts:
        answer = f"{given}_{part.key}".replace("given", "answer")
        asked = f"in {part.unit}" if part.unit else "a pure number"
        solution = solutions.get(f"{key}-{part.key}", f"{answer} = None")
        text = SOLUTION.format(part=part.key, asked=f"{answer}: {asked}", solution=solution)
        yield cell(text, f"{key}-{part.key}-answer", solution=True)
        yield cell(TEST.format(answer=answer), f"{key}-{part.key}", grade=True, points=1.0)


def notebook(subject, keys, title, solutions):
    """Return the source notebook of a subject.

    Parameters
    ----------
    subject : str
        Name of the modules in ``mslib`` and ``mslib.problems``.
    keys : sequence of str
        Its problems.
    title : str
        Heading.
    solutions : dict of str to str
        Code by ``<problem>-<part>``; what is left out becomes None.

    Returns
    -------
    nbformat.NotebookNode
        With nbgrader's metadata.
    """
    cells = [new_markdown_cell(INTRO.format(title=title)), new_code_cell(STUDENT)]
    for number, key in enumerate(keys):
        cells += problem_cells(subject, key, "given" if number == 0 else f"given_{number + 1}", solutions)
    for number, one in enumerate(cells):
        one["id"] = f"{subject.replace('_', '-')}-{number:02d}"
    return new_notebook(cells=cells, metadata=KERNEL)


def main():
    """Write one notebook, unless it exists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment")
    parser.add_argument("subject")
    parser.add_argument("problems", nargs="+")
    asked = parser.parse_args()
    target = Path("exercises/source") / asked.assignment / f"{asked.subject}.ipynb"
    if target.exists():
        parser.error(f"{target} exists; edit it in JupyterLab")
    sheets = [of_problem(find(asked.subject, key), "anyone") for key in asked.problems]
    title = " and ".join(find(asked.subject, one.key).title for one in sheets)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(asked.subject, asked.problems, title, {}), target)
    print(f"{target}: now write the solutions")


if __name__ == "__main__":
    main()
