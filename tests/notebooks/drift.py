"""Change one default parameter of a model and see whether the chapter that shows it notices."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import mslib.principles
from mslib.model import all_models
from tests.notebooks.conftest import CHAPTERS, ROOT, code_cells

SHARE = 0.01


def shown_parameters(path):
    """Return (model, parameter) for every default that an explorer of a chapter prints and draws."""
    outputs = [output for cell in code_cells(path) for output in cell.outputs]
    texts = [output["data"].get("text/plain", "") for output in outputs if "data" in output]
    module = f"mslib.{path.parent.name}.{path.stem}"
    found = []
    for model in (m for m in all_models(mslib.principles) if m.__module__ == module):
        explored = [text for text in texts if re.search(rf"Sliders:.*?\n{model.__name__}\n", text, re.S)]
        names = [name for name, about in model.params().items() if not about.constant]
        told = model().describe().splitlines()[1 : len(names) + 1]
        found += [(model, name) for name, line in zip(names, told, strict=True)
                  if any(line in text.splitlines() for text in explored)]  # fmt: skip
    return found


def all_parameters():
    """Return (chapter, model, parameter) for the whole book."""
    return [(path, *pair) for path in CHAPTERS for pair in shown_parameters(path)]


def changed(about, value):
    """Return a default that differs by one per cent (by one at least, if it counts), inside the parameter's range."""
    step = max(1, round(SHARE * value)) if about.integer else SHARE * (value or about.high)
    return value + step if about.low <= value + step <= about.high else value - step


def rewrite(source, owner, name, value):
    """Return the source of a module in which the class `owner` declares another default for a parameter."""
    tree = ast.parse(source)
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner)
    default = next(node.value.args[0] for node in body if isinstance(node, ast.AnnAssign) and node.target.id == name)
    lines = source.splitlines(keepends=True)
    line = lines[default.lineno - 1].encode()
    lines[default.lineno - 1] = (
        line[: default.col_offset] + repr(value).encode() + line[default.end_col_offset :]
    ).decode()
    return "".join(lines)


def run_with_drift(path, model, name, folder):
    """Run a chapter against a copy of mslib with one changed default.

    Parameters
    ----------
    path : pathlib.Path
        The chapter's notebook.
    model : type
        The model class.
    name : str
        Its parameter.
    folder : pathlib.Path
        An empty folder for the copy.

    Returns
    -------
    subprocess.CompletedProcess
        Of `pytest --nbval`, with its output.
    """
    shutil.copytree(ROOT / "mslib", folder / "mslib")
    owner = next(base for base in model.__mro__ if name in vars(base).get("__annotations__", {}))
    copied = folder / Path(*owner.__module__.split(".")).with_suffix(".py")
    value = changed(model.params()[name], model.__dataclass_fields__[name].default)
    copied.write_text(rewrite(copied.read_text(encoding="utf-8"), owner.__name__, name, value), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-x", "-q", "-p", "no:cacheprovider",
               "-p", "no:xdist", "--color=no", str(path)]  # fmt: skip
    environment = {key: text for key, text in os.environ.items() if not key.startswith("PYTEST")}
    environment["PYTHONPATH"] = str(folder)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def noticed(run):
    """Return whether a run failed because an output, an assertion or a value differs, and not for another reason."""
    return run.returncode == 1 and "failed" in run.stdout and "errors during collection" not in run.stdout
