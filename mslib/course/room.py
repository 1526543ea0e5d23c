"""Running an untrusted notebook: a fresh folder, a closed room, a deadline, and outputs that are taken with tongs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat

from . import report

KEPT = ("text/plain", "text/markdown", "text/latex", "image/png", report.MIME)
MIBI = 1 << 20
SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/proc", "/sys/devices/system/cpu"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts", "/etc/nsswitch.conf"),
    *("/etc/passwd", "/etc/group"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
FOLDERS = (
    *("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR", "IPYTHONDIR", "NUMBA_CACHE_DIR"),
    *("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
INSIDE = ("__init__.py", "sheets.py", "report.py", "runner.py")
OUTSIDE = ("problems", "principles", "applications", "numerics", "explore")
ABSENT = 'raise ImportError("while a notebook is graded, nothing of this book\'s package is there but sheet()")\n'


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Attributes
    ----------
    cell_seconds, seconds : float
        Time for one cell, and for a whole notebook.
    memory : int
        MiB of address space for each process.
    result : int
        MiB of output, and of any file that is written.
    """

    cell_seconds: float = 30.0
    seconds: float = 150.0
    memory: int = 3072
    result: int = 32


def execute(notebook, *, student, sheets=None, tries=None, limits=Limits()):
    """Run a submitted notebook apart from everything else.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook whose cells are trusted in number and order, not in what they do.
    student : str
        Whose it is.
    sheets : dict of str to Sheet, optional
        The student's numbers by problem key.
    tries : dict of str to list of dict, optional
        Inputs for the student's functions, by graded cell.
    limits : Limits
        Time and memory.

    Returns
    -------
    outputs : list of list
        For each cell its outputs, reduced to plain text, Markdown, pictures and reports.
    reason : str
        Why the run did not come to its end; empty if it did.

    Examples
    --------
    >>> cell = nbformat.v4.new_code_cell("print(6 * 7)")
    >>> outputs, reason = execute(nbformat.v4.new_notebook(cells=[cell]), student="ada")
    >>> outputs[0][0]["text"], reason
    ('42\\n', '')
    """
    with tempfile.TemporaryDirectory(prefix="room-", ignore_cleanup_errors=True) as folder:
        room = Path(folder)
        _furnish(room, notebook, student, sheets or {}, tries or {}, limits)
        with tempfile.TemporaryFile() as result:
            reason = _spawn(room, student, limits, result)
            result.seek(0)
            return _received(result.read(limits.result * MIBI + 1), len(notebook.cells), reason)


def _furnish(room, notebook, student, sheets, tries, limits):
    """Lay out the room: what a notebook needs of this package, the student's numbers, the inputs, and the job."""
    _lend_library(room / "library" / "mslib")
    for name in ("desk", "tries", "home"):
        (room / name).mkdir()
    for key, inputs in tries.items():
        (room / "tries" / f"{key}.json").write_text(json.dumps(inputs))
    known = {key: vars(one) for key, one in sheets.items()}
    (room / "sheets.json").write_text(json.dumps({"student": student, "sheets": known}))
    job = {
        "notebook": notebook,
        "cell_seconds": limits.cell_seconds,
        "seconds": limits.seconds,
        "sockets": str(room / "s"),
        "before": f"STUDENT = {student!r}",
    }
    (room / "job.json").write_text(json.dumps(job))
    _lend_fonts(room / "home")


def _lend_library(library):
    """Copy the few modules that a graded notebook needs; models and problems would answer for the student."""
    here = Path(__file__).resolve().parent
    for name in ("course", *OUTSIDE):
        (library / name).mkdir(parents=True)
        (library / name / "__init__.py").write_text(ABSENT)
    (library / "__init__.py").touch()
    for source in INSIDE:
        shutil.copy(here / source, library / "course" / source)


def _lend_fonts(home):
    """Copy matplotlib's list of fonts, which takes seconds to make."""
    try:
        import matplotlib

        for found in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
            shutil.copy(found, home / found.name)
    except (ImportError, OSError):
        return


def _spawn(room, student, limits, result):
    """Run the room's job under a warden and return why it failed, if it did."""
    plan = {
        "command": [sys.executable, "-m", "mslib.course.runner", str(room / "job.json")],
        "desk": str(room / "desk"),
        "readable": [*SYSTEM, sys.prefix, sys.base_prefix, os.path.realpath(sys.executable)],
        "writable": [str(room), *DEVICES],
        "memory": limits.memory * MIBI,
        "file_size": limits.result * MIBI,
        "seconds": limits.seconds + 30.0,
        "environment": _environment(room, student),
    }
    warden = [sys.executable, "-I", str(Path(__file__).with_name("warden.py"))]
    try:
        done = subprocess.run(
            warden,
            input=json.dumps(plan).encode(),
            stdout=result,
            stderr=subprocess.PIPE,
            timeout=limits.seconds + 60.0,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return "the run did not end in time"
    return "" if done.returncode == 0 else "the run broke off"


def _environment(room, student):
    home = str(room / "home")
    folders = dict.fromkeys(FOLDERS, home)
    threads = dict.fromkeys(THREADS, "1")
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    return {
        **folders,
        **threads,
        "PATH": path,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(room / "library"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MSLIB_STUDENT": student,
        "MSLIB_SHEETS": str(room / "sheets.json"),
        "MSLIB_TRIES": str(room / "tries"),
    }


def _received(raw, cells, reason):
    """Read what came out of the room; it may be anything."""
    try:
        result = json.loads(raw)
        outputs = [[kept for out in list(cell)[:200] if (kept := _kept(out))] for cell in result["outputs"]]
        if len(outputs) == cells:
            return outputs, reason or str(result["reason"])[:300]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return [[] for _ in range(cells)], reason or "the run left nothing readable"


def _kept(out):
    """Return an output rebuilt from the few kinds that are let through, or None."""
    kind = out.get("output_type")
    if kind == "stream" and out.get("name") in ("stdout", "stderr"):
        return nbformat.v4.new_output("stream", name=out["name"], text=str(out.get("text", ""))[:50_000])
    if kind == "error":
        traceback = [str(line)[:5_000] for line in list(out.get("traceback", []))[:60]]
        name, value = str(out.get("ename", ""))[:100], str(out.get("evalue", ""))[:500]
        return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=traceback)
    if kind in ("display_data", "execute_result"):
        data = {
            mime: value
            for mime, value in dict(out.get("data", {})).items()
            if mime == report.MIME or (mime in KEPT and isinstance(value, str))
        }
        return nbformat.v4.new_output("display_data", data=data) if data else None
    return None
