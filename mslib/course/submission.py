"""Taking in what a student hands in: the course's own notebook with the student's text in the solution cells.

Whatever was deleted, renamed, duplicated or tampered with in a submission, what is graded has exactly the cells, the
kernel and the metadata of the course's source.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat

STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
SOLUTION = re.compile(r"[ \t]*### BEGIN SOLUTION.*?### END SOLUTION[^\n]*", re.S)
NAME = re.compile(r"[A-Za-z0-9][\w.@-]{0,79}")
MOST_BYTES = 10_000_000
MOST_CELLS = 400


class Unreadable(ValueError):
    """A file that is no notebook."""


@dataclass(frozen=True)
class Taken:
    """One notebook of one student as it goes to the grader.

    Attributes
    ----------
    student, notebook : str
        Whose, and which.
    reason : str
        Why nothing could be taken from the submission; empty if it could.
    """

    student: str
    notebook: str
    reason: str


def read(path, within):
    """Return a submitted notebook.

    Parameters
    ----------
    path, within : pathlib.Path
        The file, and the folder that it must lie in when all links are followed.

    Returns
    -------
    nbformat.NotebookNode
        The notebook, not validated.

    Raises
    ------
    Unreadable
        If the file is too large, a link, or not a notebook.
    """
    if not path.is_file() or within.resolve() not in path.resolve().parents:
        raise Unreadable("it is not a file of your own")
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(f"it is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        notebook = nbformat.from_dict(nbformat.reader.reads(path.read_text(encoding="utf-8")))
        return nbformat.convert(notebook, 4)
    except Exception as error:
        raise Unreadable(f"it is not a notebook ({type(error).__name__})") from error


def grade_id(cell):
    """Return the identity that nbgrader knows a cell by, or None; whatever the metadata look like.

    Examples
    --------
    >>> grade_id({"metadata": {"nbgrader": {"grade_id": "vein-width-a"}}}), grade_id({"metadata": 3})
    ('vein-width-a', None)
    """
    try:
        found = cell["metadata"]["nbgrader"]["grade_id"]
    except (KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def is_solution(cell):
    """Return whether a cell of the course's source is the student's to fill."""
    return bool(cell["metadata"]["nbgrader"].get("solution"))


def _text(cell):
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode("utf-8")


def released(cell):
    """Return the text of a source cell as the student gets it, without the solution.

    Examples
    --------
    >>> print(released({"source": "# (a)\\n### BEGIN SOLUTION\\nanswer = 42\\n### END SOLUTION", "cell_type": "code"}))
    # (a)
    # YOUR CODE HERE
    raise NotImplementedError()
    """
    return SOLUTION.sub(STUB, cell["source"]) if cell["cell_type"] == "code" else "YOUR ANSWER HERE"


def graft(source, submitted):
    """Put a student's text into the course's own notebook.

    Cells that nbgrader knows come from the source, in its order; a solution cell takes the student's text, the last
    one if there are several. Cells of the student's own stay in front of the known cell that followed them.

    Parameters
    ----------
    source, submitted : nbformat.NotebookNode
        The instructor's notebook, and the student's.

    Returns
    -------
    nbformat.NotebookNode
        What is graded.
    """
    known = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    texts, loose, waiting = {}, {}, []
    for cell in list(submitted.get("cells", []))[:MOST_CELLS]:
        name = grade_id(cell)
        if name not in known:
            waiting.append(_own(cell))
            continue
        if is_solution(known[name]):
            waiting += [_new("code", texts[name])] if name in texts and known[name].cell_type == "code" else []
            texts[name] = _text(cell)
        loose.setdefault(name, []).extend(waiting)
        waiting = []
    cells = []
    for name, cell in known.items():
        text = texts.get(name, released(cell)) if is_solution(cell) else cell.source
        cells += [*loose.get(name, []), _new(cell.cell_type, text, cell.metadata.nbgrader)]
    return nbformat.v4.new_notebook(cells=[*cells, *waiting], metadata=source.metadata)


def _own(cell):
    kind = cell.get("cell_type")
    return _new(kind if kind in ("code", "markdown") else "raw", _text(cell))


def _new(kind, text, nbgrader=None):
    kinds = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    make = kinds.get(kind, nbformat.v4.new_raw_cell)
    return make(text, metadata={"nbgrader": dict(nbgrader)} if nbgrader else {})


def take(source, path, within):
    """Return what is graded, and why it is only the empty notebook if it is.

    Parameters
    ----------
    source : nbformat.NotebookNode
        The instructor's notebook.
    path, within : pathlib.Path
        The student's file, and the folder that it must lie in.

    Returns
    -------
    notebook : nbformat.NotebookNode
        The course's notebook with the student's text.
    reason : str
        Empty if the submission could be read.
    """
    empty = nbformat.v4.new_notebook()
    if not (path.exists() or path.is_symlink()):
        return graft(source, empty), "nothing was handed in under this name"
    try:
        return graft(source, read(path, within)), ""
    except Unreadable as error:
        return graft(source, empty), f"the file could not be read: {error}"
    except Exception as error:
        return graft(source, empty), f"the file is broken ({type(error).__name__})"


def students(folder):
    """Return the students' folders by name, and the names that no student can have.

    Parameters
    ----------
    folder : pathlib.Path
        Submissions, one folder a student.

    Returns
    -------
    dict of str to pathlib.Path
        Folders by student.
    list of str
        Folders that are left out.
    """
    folders = sorted(path for path in Path(folder).iterdir() if path.is_dir() and not path.name.startswith("."))
    fit = {path.name: path for path in folders if NAME.fullmatch(path.name) and not path.is_symlink()}
    return fit, [path.name for path in folders if path.name not in fit]


def collect(submissions, course, assignment):
    """Lay out every student's notebooks as nbgrader expects them under ``submitted/``.

    Parameters
    ----------
    submissions : pathlib.Path
        ``<student>/<notebook>.ipynb`` or ``<student>/<assignment>/<notebook>.ipynb``.
    course : pathlib.Path
        The course folder.
    assignment : str
        Name of the assignment.

    Returns
    -------
    list of Taken
        One for each student and notebook.
    list of str
        Folders that are no student's.

    Raises
    ------
    ValueError
        If the submissions lie where the grader works, and would be overwritten.
    """
    if (course / "submitted").resolve() in [Path(submissions).resolve(), *Path(submissions).resolve().parents]:
        raise ValueError(f"{submissions} is where the grader works; keep what students hand in elsewhere")
    sources = {path.stem: nbformat.read(path, 4) for path in sorted((course / "source" / assignment).glob("*.ipynb"))}
    found, strangers = students(submissions)
    taken = []
    for student, folder in found.items():
        inner = folder / assignment if (folder / assignment).is_dir() else folder
        target = course / "submitted" / student / assignment
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name, source in sources.items():
            notebook, reason = take(source, inner / f"{name}.ipynb", folder)
            nbformat.write(notebook, target / f"{name}.ipynb")
            taken.append(Taken(student, name, reason))
    return taken, strangers
