"""JupyterLite with the book's notebooks and its Python, written beside the pages of the built book."""

import json
import shutil
import subprocess

import nbformat

from .runtime import NEWEST, ROOT, STORE
from .wheels import python

SITE = ROOT / "_build" / "html"
BUILDER = ROOT / ".venv-lite" / "bin" / "jupyter"
APPS = ("lab", "notebooks")
PARTS = ("principles", "practice")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
PRELOADED = ("mslib", "ipywidgets", "ipython", "comm")
WHEEL_INDEX = "extensions/@jupyterlite/pyodide-kernel-extension/static/pypi"


class WorkshopError(RuntimeError):
    """The workshop could not be built; the message says why."""


def settings(packages):
    """Return JupyterLite's configuration: one kernel, served from here, that knows the book's packages."""
    options = {"packages": [name for name in PRELOADED if name in packages]}
    kernel = {"pyodideUrl": "./static/pyodide/pyodide.mjs", "disablePyPIFallback": True, "loadPyodideOptions": options}
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Across the Scales: workshop",
            "exposeAppInBrowser": True,
            "disabledExtensions": ["@jupyterlite/javascript-kernel-extension"],
            "litePluginSettings": {KERNEL: kernel},
        },
    }


def contents(folder):
    """Copy the notebooks that the workshop opens; as its editor wants it, the text of a cell is one string."""
    for part in PARTS:
        (folder / part).mkdir(parents=True)
        for path in sorted((ROOT / "chapters" / part).glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            (folder / part / path.name).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def build():
    """Write the workshop into the built book; return the folder.

    Raises
    ------
    WorkshopError
        If the book is not built, or JupyterLite's builder fails.
    """
    if not (SITE / "genindex.html").is_file():
        raise WorkshopError("the book is not built: run make book")
    folder, packages = python(NEWEST)
    work, out = STORE / "site", SITE / "lite"
    shutil.rmtree(work, ignore_errors=True)
    contents(work / "contents")
    (work / "jupyter-lite.json").write_text(json.dumps(settings(packages), indent=1), encoding="utf-8")
    _jupyter_lite(work, out)
    shutil.copytree(folder, out / "static" / "pyodide")
    for useless in out.rglob("*.map"):
        useless.unlink()
    write_costs(out, packages)
    return out


def _jupyter_lite(work, out):
    shutil.rmtree(out, ignore_errors=True)
    apps = [word for app in APPS for word in ("--apps", app)]
    command = [str(BUILDER), "lite", "build", *apps, "--lite-dir", str(work), "--contents", str(work / "contents"),
               "--output-dir", str(out), "--no-unused-shared-packages", "--no-libarchive"]  # fmt: skip
    done = subprocess.run(command, cwd=work, capture_output=True, text=True)
    if done.returncode:
        raise WorkshopError(f"JupyterLite could not be built:\n{done.stdout}{done.stderr}")


def write_costs(out, packages):
    """Write what a reader's browser loads before the first cell runs: addresses and bytes."""
    lock = json.loads((out / "static" / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
    names = [lock["packages"][name]["file_name"] for name in packages]
    files = [out / "static" / "pyodide" / name for name in (*_interpreter(), *names)]
    listed = [[path.relative_to(out).as_posix(), path.stat().st_size] for path in files]
    told = {"python": lock["info"]["python"], "pyodide": NEWEST.version, "files": listed}
    (out / "workshop.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _interpreter():
    return "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"
