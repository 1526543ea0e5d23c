"""Judging, outside the student's kernel, what a graded cell reported."""

import hashlib
import hmac
import re

import numpy as np

from mslib.problems import Verdict

from . import report
from .labs import LABS

LONGEST = 60
RAISED = re.compile(r"([⁺⁻]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
POWER = re.compile(r"\*\*|\^")
HARMLESS_POWER = re.compile(r"(?:[^\W\d_]|[×x*·]\s*10)\s*(?:\*\*|\^)\s*[-+−]?\d{1,3}(?!\s*(?:\d|\*\*|\^))")


def reported(outputs):
    """Return the one report among a cell's outputs.

    Parameters
    ----------
    outputs : list of dict
        The cell's outputs.

    Returns
    -------
    dict or None
        What was reported; None if there is not exactly one report.
    Verdict or None
        Why there is none.

    Examples
    --------
    >>> reported([])[1].kind
    'missing'
    """
    reports = [out["data"][report.MIME] for out in outputs if report.MIME in out.get("data", {})]
    if len(reports) == 1 and isinstance(reports[0], dict):
        return reports[0], None
    if reports:
        return None, Verdict(False, "tampered", "The graded cell put out more than its one report.")
    errors = [out for out in outputs if out["output_type"] == "error"]
    why = f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else "the cell did not run"
    return None, Verdict(False, "missing", f"There is no answer to judge ({why[:300]}).")


def judge_answer(problem, part, given):
    """Return the verdict on a reported answer to one part of a problem.

    Parameters
    ----------
    problem : mslib.problems.Problem
        The student's own variant.
    part : str
        Key of the part.
    given : dict
        What was reported.

    Returns
    -------
    Verdict
        Of kind ``"number"`` if the text cannot be an answer at all.

    Examples
    --------
    >>> from mslib.problems.principles.morphogen import vein_width
    >>> [judge_answer(vein_width, "a", {"answer": text}).kind for text in ("27.73", "9**9**9")]
    ['right', 'number']
    """
    text = given.get("answer")
    if not isinstance(text, str) or len(text) > LONGEST or not text.strip():
        return Verdict(False, "number", 'The answer must be a number, or a short text such as "27.7 µm".')
    if _is_formula(text):
        return Verdict(False, "number", "The answer must be a number that is worked out, not a formula.")
    return problem.check(part, text)


def _is_formula(text):
    """Return whether a text raises anything but a unit or a ten to a power, which might take for ever to work out."""
    plain = RAISED.sub(lambda match: "**" + "1" * len(match[2]), text)
    return len(POWER.findall(plain)) != len(HARMLESS_POWER.findall(plain))


def seed(secret, *names):
    """Return the seed of a student's hidden inputs: the same on every run, unknown without the secret.

    Examples
    --------
    >>> seed(b"s", "set_a", "ada") == seed(b"s", "set_a", "ada") != seed(b"t", "set_a", "ada")
    True
    """
    digest = hmac.new(secret, "/".join(names).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")


def hidden_inputs(cells, secret, *names):
    """Return what the student's functions will be called with, by graded cell.

    Parameters
    ----------
    cells : iterable of str
        Names of graded cells; those of no lab are passed over.
    secret : bytes
        The course's secret.
    *names : str
        Assignment and student.

    Returns
    -------
    dict of str to list of dict
        Keyword arguments, call by call.

    Examples
    --------
    >>> list(hidden_inputs(["lab-gradient-steady", "vein-width-a"], b"secret", "set_a", "ada"))
    ['lab-gradient-steady']
    """
    return {cell: LABS[cell].draw(np.random.default_rng(seed(secret, *names, cell))) for cell in cells if cell in LABS}


def judge(cell, outputs, problems, inputs):
    """Return the verdict on a graded cell; whatever was reported, there is one.

    Parameters
    ----------
    cell : str
        Name of the graded cell: a lab's, or ``<problem>-<part>``.
    outputs : list of dict
        Its outputs.
    problems : dict of str to Problem
        The student's own variants.
    inputs : dict of str to list of dict
        What the student's functions were called with.

    Returns
    -------
    Verdict
        Right, or why not.

    Raises
    ------
    KeyError
        If the course asks for what neither the bank nor the labs know.
    """
    lab = LABS.get(cell)
    key, part = cell.rsplit("-", 1)
    problem = None if lab else problems[key]
    given, missing = reported(outputs)
    if missing:
        return missing
    try:
        return lab.judge(inputs[cell], given) if lab else judge_answer(problem, part, given)
    except Exception as error:
        why = f"{type(error).__name__}: {str(error)[:200]}"
        return Verdict(False, "shape", f"What was reported cannot be judged ({why}).")
