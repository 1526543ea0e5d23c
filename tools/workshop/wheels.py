"""What the workshop's Python holds beside Pyodide's own packages: pure wheels, `mslib`, and the lock that names all."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from email.parser import Parser
from pathlib import PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .runtime import BASIS, HERE, PIP, ROOT, STORE, RuntimeFileError, core, digest, download, fetch, needed

BROWSER = {"sys_platform": "emscripten", "platform_system": "Emscripten", "extra": ""}


def book():
    """Build the wheel of `mslib` from this checkout; return its path."""
    folder = STORE / "mslib"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    done = subprocess.run(
        [*PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeFileError(f"the wheel of mslib could not be built:\n{done.stderr}")
    return next(folder.glob("*.whl"))


def entry(wheel):
    """Return what a lock file says about a wheel.

    Parameters
    ----------
    wheel : pathlib.Path
        A pure Python wheel.

    Returns
    -------
    dict
        Name, version, file, digest, the modules that it offers and the packages that it needs in a browser.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (about,) = (name for name in names if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        metadata = Parser().parsestr(archive.read(about).decode())
    tops = {PurePosixPath(name).parts[0].removesuffix(".py") for name in names if name.endswith(".py")}
    wanted = map(Requirement, metadata.get_all("Requires-Dist") or [])
    return {
        "name": canonicalize_name(metadata["Name"]),
        "version": metadata["Version"],
        "file_name": wheel.name,
        "sha256": digest(wheel),
        "install_dir": "site",
        "package_type": "package",
        "imports": sorted(top for top in tops if top.isidentifier()),
        "depends": sorted(
            {canonicalize_name(r.name) for r in wanted if r.marker is None or r.marker.evaluate(BROWSER)}
        ),
        "unvendored_tests": False,
    }


def listed(name):
    """Return the wheels of a list beside this file, each with the digest that it names; they are downloaded once."""
    wanted = (HERE / name).read_text(encoding="utf-8")
    shelf = STORE / "wheels" / hashlib.sha256(wanted.encode()).hexdigest()[:12]
    if not (shelf / "complete").is_file():
        download(["--require-hashes", "-r", str(HERE / name), "--python-version", "3.14"], shelf)
        (shelf / "complete").touch()
    return sorted(shelf.glob("*.whl"))


def python(runtime, *, lists=("wheels.txt",)):
    """Gather the interpreter of a release, its packages, pure wheels and `mslib` in one folder with their lock.

    Parameters
    ----------
    runtime : Runtime
        The release of Pyodide.
    lists : sequence of str
        Lists of pure wheels, pinned with their digests, beside this file.

    Returns
    -------
    folder : pathlib.Path
        Everything that a page or a process needs to start this Python.
    packages : list of str
        The names in its lock.
    """
    folder = STORE / "-".join([runtime.version, *(name.removesuffix(".txt") for name in lists)])
    shutil.rmtree(folder, ignore_errors=True)
    lock, ours = core(runtime, folder), [book(), *(wheel for name in lists for wheel in listed(name))]
    own = {about["name"]: about for about in map(entry, ours)}
    names = sorted({*needed(lock["packages"], BASIS), *own})
    known = lock["packages"] | own
    for name in names:
        known[name]["depends"] = [other for other in known[name]["depends"] if other in names]
    shelf = STORE / "packages" / runtime.version
    fetch(runtime, [known[name] for name in names if name not in own], shelf)
    for wheel in [*ours, *(shelf / known[name]["file_name"] for name in names if name not in own)]:
        shutil.copyfile(wheel, folder / wheel.name)
    lock["packages"] = {name: known[name] for name in names}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1), encoding="utf-8")
    return folder, names
