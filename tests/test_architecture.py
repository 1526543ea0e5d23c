"""Who may import whom, what importing costs, and that every public name is documented."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mslib"
MODULES = sorted(PACKAGE.rglob("*.py"))
ANY = {"units", "palette"}
MAY_IMPORT = {
    "units": set(),
    "palette": set(),
    "model": {"units"},
    "numerics": set(),
    "principles": {"model", "numerics", *ANY},
    "applications": {"model", "numerics", "principles", *ANY},
    "explore": {"model", *ANY},
    "problems": {"model", "principles", "applications", *ANY},
    "course": {"problems", "principles", "applications", "model", *ANY},
    "site": {"explore", "problems", "model", *ANY},
}
COMPILED = {"numba", "pint", "ipywidgets", "sphinx", "nbgrader", "tqdm.notebook"}


def name(path):
    return path.relative_to(ROOT).as_posix()


def room(path):
    """Return the room of a module: its package below mslib, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Return the absolute names that a module imports."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_imports_upward(path):
    here = room(path)
    for imported in imports(path):
        parts = imported.split(".")
        if parts[0] != "mslib" or here == "__init__" or len(parts) < 2:
            continue
        assert parts[1] == here or parts[1] in MAY_IMPORT[here] or parts[1].startswith("__"), (
            f"{here} imports {imported}"
        )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_matplotlib_stays_in_explore(path):
    if room(path) == "explore":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            assert not any(n.startswith("matplotlib") for n in names), "import it inside the function that draws"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_public_names_are_documented_without_star_imports(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module has no docstring"
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def test_importing_models_needs_nothing_heavy():
    code = "import sys, mslib, mslib.principles.morphogen; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {m for m in loaded if m in COMPILED or m.split(".")[0] in ("matplotlib", "sphinx", "IPython")}


def test_the_suite_passes_the_linter():
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "check", str(ROOT)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:]


def test_code_is_formatted():
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", str(ROOT)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:]
