"""The package's own tests inside Pyodide, the Python of the browser: its newest and its oldest release.

`make test` runs a part of them, `make workshop-test` all that need neither numba nor threads nor the site.
"""

import json
import subprocess

import pytest

from mslib.site.assets import node
from tests.notebooks.conftest import ROOT
from tests.workshop.test_workshop import EVERY
from tools.workshop import runtime, wheels

LISTS = ("wheels.txt", "testing.txt")
SOME = ["tests/numerics/test_branching.py", "tests/numerics/test_diffusion.py", "tests/numerics/test_moments.py",
        "tests/principles/test_morphogen.py"]  # fmt: skip
WORDS = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--capture=sys"]
LOADED = "mslib,pytest,hypothesis,iniconfig,pluggy,sortedcontainers,tqdm"
RUNTIMES = pytest.mark.parametrize("python", [runtime.NEWEST, runtime.OLDEST], ids=lambda python: python.version)


def inside(python, what, *, timeout):
    """Run pytest in a release of Pyodide; return the finished process."""
    folder, _ = wheels.python(python, lists=LISTS)
    runner = ROOT / "tools" / "workshop" / "under_node.mjs"
    command = [*node(), str(runner), str(folder), str(ROOT), LOADED, *WORDS, *what]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


@RUNTIMES
def test_the_packages_tests_pass_in_the_browsers_python(python):
    what = ["tests/numerics", "tests/principles", "tests/test_models.py"] if EVERY else SOME
    done = inside(python, what, timeout=3600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


TIMED = """
import json, sys, time
import numpy
began = time.perf_counter()
import mslib
json.dumps([time.perf_counter() - began, "matplotlib" in sys.modules, "scipy" in sys.modules])
"""


def test_importing_the_package_loads_neither_pictures_nor_solvers():
    script = (
        "import {pathToFileURL} from 'node:url';"
        "const {loadPyodide} = await import(pathToFileURL(process.argv[1] + '/pyodide.mjs'));"
        "const python = await loadPyodide({indexURL: process.argv[1] + '/', packages: ['mslib']});"
        "console.log('told ' + python.runPython(process.argv[2]));"
    )
    folder, _ = wheels.python(runtime.NEWEST, lists=LISTS)
    done = subprocess.run([*node(), "--input-type=module", "-e", script, str(folder), TIMED],
                          capture_output=True, text=True, check=True)  # fmt: skip
    _, pictures, solvers = json.loads(done.stdout.rpartition("told ")[2])
    assert not pictures and not solvers
