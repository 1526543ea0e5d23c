"""A student's sheet: the statement of a problem with the student's own numbers, and nothing that gives answers away."""

import importlib
import json
import os
from pathlib import Path

ROOMS = ("principles", "applications")


class Sheet:
    """What a student is told: a statement, and the numbers in it as attributes.

    Attributes
    ----------
    key : str
        The problem.
    student : str
        Whose numbers they are.
    statement : str
        Situation and questions, as Markdown.
    numbers : dict of str to float
        Every number of the statement by its name; each is an attribute of its own, too.
    units : dict of str to str
        The unit of each number.

    Examples
    --------
    >>> Sheet("vein-width", "ada", "How wide?", {"D": 0.1}, {"D": "µm²/s"}).D
    0.1
    """

    def __init__(self, key, student, statement, numbers, units):
        self.key, self.student, self.statement = key, student, statement
        self.numbers, self.units = numbers, units

    def __getattr__(self, name):
        if name.startswith("_") or name not in vars(self).get("numbers", {}):
            given = ", ".join(vars(self).get("numbers", {}))
            raise AttributeError(f"the problem does not give {name!r}; it gives {given}")
        return self.numbers[name]

    def __repr__(self):
        given = [f"  {name} = {value!r} {self.units[name]}".rstrip() for name, value in self.numbers.items()]
        return "\n".join([self.statement, "", "Given:", *given])

    def _repr_markdown_(self):
        given = ", ".join(f"`{name}` = {value!r} {self.units[name]}".rstrip() for name, value in self.numbers.items())
        return f"{self.statement}\n\nGiven, as attributes: {given}"


def of_problem(problem, student):
    """Return the sheet that a problem of the bank makes for a student.

    Parameters
    ----------
    problem : mslib.problems.Problem
        The problem, in its default variant.
    student : str
        Name or number of the student.

    Returns
    -------
    Sheet
        The numbers that the texts show, and no others: no answer can be read off it.

    Examples
    --------
    >>> from mslib.problems.principles.morphogen import vein_width
    >>> list(of_problem(vein_width, "ada").numbers)
    ['D', 'k', 'C0', 'threshold']
    """
    from mslib.problems.problem import PLACE

    variant = problem.variant(student)
    numbers, units = {}, {}
    for text, part in [(problem.text, None), *((part.text, part) for part in problem.parts)]:
        for name in PLACE.findall(text):
            numbers[name], units[name] = _value(variant, name, part)
    return Sheet(problem.key, str(student), variant.statement(), numbers, units)


def _value(variant, name, part):
    if part and name in part.let:
        value, unit = part.let[name]
        return float(value(variant.model)), unit
    about = (variant.model.params() | variant.model.derived())[name]
    return getattr(variant.model, name), about.unit


def find(subject, key):
    """Return a problem of the bank by its subject and key.

    Raises
    ------
    ValueError
        If there is no such subject, or no such problem in it.

    Examples
    --------
    >>> find("morphogen", "vein-width").title
    'Width of a wing vein'
    """
    for room in ROOMS:
        name = f"mslib.problems.{room}.{subject}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or "?"):
                raise
            continue
        for thing in vars(module).values():
            if getattr(thing, "key", None) == key and hasattr(thing, "variant"):
                return thing
        raise ValueError(f"the problems on {subject!r} hold no {key!r}")
    raise ValueError(f"there are no problems on {subject!r}")


def sheet(subject, key, student):
    """Return a student's sheet; the numbers are the same every time.

    While a notebook is graded there is no problem bank beside it, and the sheet of the student whose notebook it is
    lies ready; nobody else's can be had.

    Parameters
    ----------
    subject, key : str
        Where the problem stands, and its key.
    student : str
        The student's id in the course list.

    Returns
    -------
    Sheet
        Statement and numbers.

    Raises
    ------
    ValueError
        If the id is empty, or not that of the student whose notebook is graded.

    Examples
    --------
    >>> sheet("morphogen", "vein-width", "ada").numbers == sheet("morphogen", "vein-width", "Ada ").numbers
    True
    """
    if not str(student).strip():
        raise ValueError('put your id in the course list between the quotes: STUDENT = "…"')
    ready = os.environ.get("MSLIB_SHEETS")
    if not ready:
        return of_problem(find(subject, key), student)
    stored = json.loads(Path(ready).read_text(encoding="utf-8"))
    if str(student).strip().lower() != stored["student"].strip().lower():
        raise ValueError(f"STUDENT is {student!r}, but this notebook was handed in by {stored['student']!r}")
    return Sheet(**stored["sheets"][key])
