"""Pyodide, the Python of the browser: its files, from the release or a copy of it, each checked."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from mslib.site import assets

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STORE = ROOT / "_build" / "workshop"
CORE = r"pyodide(\.asm)?\.(mjs|js|wasm)|python_stdlib\.zip|pyodide-lock\.json"
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{name}"
BASIS = ("numpy", "scipy", "matplotlib", "micropip")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


class Runtime(NamedTuple):
    """A release of Pyodide.

    Attributes
    ----------
    alias : str
        Its name in `package.json`; npm's lock holds the digest of the package, which holds those of all other files.
    version : str
        Its version.
    copy : str
        A Python package that redistributes its files, for networks in which only package registries can be reached.
    """

    alias: str
    version: str
    copy: str


NEWEST = Runtime("pyodide-newest", "314.0.3", "open-webui==0.12.4")
OLDEST = Runtime("pyodide-oldest", "0.27.7", "open-webui==0.6.20")


class RuntimeFileError(RuntimeError):
    """A file that could not be had, or is not the file that the lock names."""


def digest(path):
    """Return the SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def needed(packages, names):
    """Return the names of packages and of all that they depend on.

    Parameters
    ----------
    packages : dict of str to dict
        Entries of a lock file, by name.
    names : iterable of str
        What is wanted; dependencies that the lock does not hold are passed over.

    Returns
    -------
    list of str
        Sorted names.

    Examples
    --------
    >>> needed({"a": {"depends": ["b"]}, "b": {"depends": []}, "c": {"depends": []}}, ["a"])
    ['a', 'b']
    """
    found, waiting = set(), [name for name in names if name in packages]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in packages[name]["depends"] if other in packages]
    return sorted(found)


def core(runtime, folder):
    """Copy the interpreter into a folder, as npm's lock file pins it; return the lock of its packages."""
    source = _from_npm() / runtime.alias
    found = json.loads((source / "package.json").read_text(encoding="utf-8"))["version"]
    if found != runtime.version:
        raise RuntimeFileError(
            f"package.json pins Pyodide {found} as {runtime.alias}, but {runtime.version} is expected"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if re.fullmatch(CORE, path.name):
            shutil.copyfile(path, folder / path.name)
    return json.loads((source / "pyodide-lock.json").read_text(encoding="utf-8"))


def _from_npm():
    root = STORE / "npm"
    root.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, root / name)
    return assets.install(root)


def fetch(runtime, entries, folder):
    """Put the files of some entries of a lock into a folder: from the release, else from the copy.

    Parameters
    ----------
    runtime : Runtime
        The release.
    entries : list of dict
        Entries with `file_name` and `sha256`.
    folder : pathlib.Path
        Files that lie there already and have the right digest are kept.

    Raises
    ------
    RuntimeFileError
        If a file is nowhere to be had, or has another digest than the lock says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [entry for entry in entries if not _right(folder / entry["file_name"], entry["sha256"])]
    try:
        for entry in missing:
            _download(RELEASE.format(version=runtime.version, name=entry["file_name"]), folder / entry["file_name"])
    except (URLError, OSError) as error:
        print(f"  Pyodide's release cannot be reached ({error}): taking the copy in {runtime.copy}", flush=True)
        _unpack(runtime, [entry["file_name"] for entry in missing], folder)
    wrong = [entry["file_name"] for entry in missing if not _right(folder / entry["file_name"], entry["sha256"])]
    if wrong:
        raise RuntimeFileError(f"{wrong[0]} is not the file of Pyodide {runtime.version}: its SHA-256 differs")


def _right(path, sha256):
    return path.is_file() and digest(path) == sha256


def _download(address, path):
    with urlopen(address, timeout=30) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file)


def _unpack(runtime, names, folder):
    wheels = STORE / "copies"
    name, version = runtime.copy.split("==")
    if not list(wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl")):
        download([runtime.copy, "--python-version", "3.12"], wheels)
    (wheel,) = wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {Path(member).name: member for member in archive.namelist() if "/pyodide/" in member}
        for file_name in names:
            if file_name not in inside:
                raise RuntimeFileError(f"neither Pyodide's release nor {runtime.copy} gives {file_name}")
            (folder / file_name).write_bytes(archive.read(inside[file_name]))


def download(what, folder):
    """Let pip download wheels, without what they depend on.

    Parameters
    ----------
    what : list of str
        Requirements and options of `pip download`.
    folder : pathlib.Path
        Where to put them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--no-deps", "--only-binary=:all:", "--dest", str(folder))
    done = subprocess.run([*PIP, "download", *options, *what], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeFileError(f"pip could not download {what[0]}:\n{done.stderr}")
