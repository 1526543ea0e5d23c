"""Which sources a result depends on: the modules of mslib that a name imports, directly or not, and their digest."""

import ast
import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def module_closure(names):
    """Return the files of mslib that some modules need, found from their import statements.

    Parameters
    ----------
    names : iterable of str
        Module names such as ``"mslib.principles.morphogen"``; names outside mslib are passed over.

    Returns
    -------
    list of pathlib.Path
        Source files, sorted.

    Examples
    --------
    >>> [path.name for path in module_closure(["mslib.units"])]
    ['__init__.py', 'units.py']
    """
    found, waiting = {}, list(names)
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if path and path not in found:
            found[path] = name
            waiting += [name.rpartition(".")[0], *imported(path.read_text(encoding="utf-8"), name, path)]
    return sorted(found)


def fingerprint(*names):
    """Return a digest of the sources of modules and of all that they import within mslib.

    Parameters
    ----------
    *names : str
        Module names.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    Examples
    --------
    >>> fingerprint("mslib.units") == fingerprint("mslib.units")
    True
    """
    digest = hashlib.sha256()
    for path in module_closure(names):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def imported(source, name="", path=None):
    """Return the names that the import statements of a source may refer to.

    Parameters
    ----------
    source : str
        Python source.
    name : str
        Name of the module that holds it, to resolve relative imports.
    path : pathlib.Path, optional
        Its file.

    Returns
    -------
    list of str
        Candidate module names; some name objects inside modules.

    Examples
    --------
    >>> imported("from mslib.model import Model")
    ['mslib.model', 'mslib.model.Model']
    """
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, name, path)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def _base(node, name, path):
    if not node.level:
        return node.module or ""
    parts = name.split(".")
    kept = len(parts) - node.level + (path is not None and path.name == "__init__.py")
    return ".".join([*parts[:kept], *([node.module] if node.module else [])])


def _file(name):
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return None
    place = PACKAGE.joinpath(*parts[1:])
    candidates = (place.with_suffix(".py"), place / "__init__.py") if parts[1:] else (place / "__init__.py",)
    return next((path for path in candidates if path.is_file()), None)
