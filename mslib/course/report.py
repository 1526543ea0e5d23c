"""What a graded cell does in the student's kernel: it reports data, and judges nothing."""

import json
import os
from pathlib import Path

MIME = "application/vnd.mslib.answer+json"


def _display(content):
    from IPython.display import display

    display({MIME: content, "text/plain": "reported"}, raw=True)


def answer(value):
    """Report an answer as text; whether it is right is decided elsewhere.

    Parameters
    ----------
    value : object
        A number, a text with a unit, or a quantity.
    """
    _display({"answer": str(value)})


def calls(function, key):
    """Report what a function returns for the inputs that the grader has laid ready.

    Outside the grader there are none, and nothing happens.

    Parameters
    ----------
    function : callable
        The student's.
    key : str
        Name of the graded cell.
    """
    folder = os.environ.get("MSLIB_TRIES")
    if folder:
        tries = json.loads((Path(folder) / f"{key}.json").read_text(encoding="utf-8"))
        _display({"returned": [plain(function(**arrays(one))) for one in tries]})


def arrays(inputs):
    """Return keyword arguments with their lists as NumPy arrays.

    Examples
    --------
    >>> arrays({"D": 1.0, "times": [1.0, 2.0]})["times"].shape
    (2,)
    """
    import numpy as np

    return {name: np.array(value, float) if isinstance(value, list) else value for name, value in inputs.items()}


def plain(value):
    """Return numbers and arrays as JSON can carry them, eight digits each; other things as text.

    Examples
    --------
    >>> import numpy as np
    >>> plain((np.array([1.0, 2.0]), 3))
    [[1.0, 2.0], 3.0]
    """
    import numpy as np

    if isinstance(value, tuple | dict | set):
        return [plain(one) for one in (value.values() if isinstance(value, dict) else value)]
    try:
        numbers = np.asarray(value, float)
    except (TypeError, ValueError):
        return [plain(one) for one in value] if isinstance(value, list) else str(value)[:100]
    if not np.all(np.isfinite(numbers)):
        return "not a finite number"
    return _rounded(numbers.tolist())


def _rounded(value):
    return [_rounded(one) for one in value] if isinstance(value, list) else float(f"{value:.8g}")
