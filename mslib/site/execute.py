"""Notebooks executed before the book is read: in parallel, and again only if their code or what it imports changed."""

import hashlib
import json
import os
import platform
import re
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from sphinx.errors import ExtensionError
from sphinx.util import logging
from tqdm import tqdm

from ..explore.fingerprint import fingerprint, imported

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
SECONDS_A_CELL = 300
logger = logging.getLogger(__name__)


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("builder-inited", execute_book, priority=900)
    app.connect("env-get-outdated", reread_executed)
    app.connect("build-finished", remember_shown)


def execute_book(app):
    """Execute the notebooks of the table of contents that need it."""
    os.environ["MSLIB_BAKE"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"
    build = Path(app.outdir).parent
    os.environ.setdefault("MSLIB_BAKE_CACHE", str(build / ".baked"))
    notebooks = {}
    if app.env.mystnb_config.execution_mode == "cache":
        notebooks = notebooks_of(app.config.external_site_map, Path(app.srcdir))
    cache = app.env.mystnb_config.execution_cache_path
    execute(notebooks, Path(cache), build / "execution.json")


def reread_executed(app, env, added, changed, removed):
    """Tell Sphinx to read a page again if its notebook was executed since the page was last written."""
    shown = read_json(shown_file(app))
    executed = {name: done["key"] for name, done in read_json(shown_file(app).parent / "execution.json").items()}
    return sorted({name for name in executed if executed[name] != shown.get(name)} & env.found_docs)


def remember_shown(app, error):
    """Remember which execution of each notebook the pages show, once all of them are written."""
    if not error:
        executed = read_json(shown_file(app).parent / "execution.json")
        shown_file(app).write_text(json.dumps({name: done["key"] for name, done in executed.items()}, indent=1))


def shown_file(app):
    """Return the file that keeps, by page, the key of the execution that it shows."""
    return Path(app.outdir).parent / f"shown-{app.builder.name}.json"


def read_json(path):
    """Return what a JSON file holds, or an empty dict if there is no such file."""
    return json.loads(path.read_text()) if path.is_file() else {}


def notebooks_of(names, folder):
    """Return the notebooks among the entries of a table of contents.

    Parameters
    ----------
    names : iterable of str
        Entries, with or without suffix.
    folder : pathlib.Path
        Folder of the book.

    Returns
    -------
    dict of str to pathlib.Path
        Files by name without suffix.
    """
    stems = (name.removesuffix(".ipynb") for name in names)
    return {stem: folder / f"{stem}.ipynb" for stem in stems if (folder / f"{stem}.ipynb").is_file()}


def execute(notebooks, cache_folder, record_file, jobs=None):
    """Bring the cache of executed notebooks up to date.

    Parameters
    ----------
    notebooks : dict of str to pathlib.Path
        Notebooks by name.
    cache_folder : pathlib.Path
        Where `jupyter-cache` keeps them for myst-nb.
    record_file : pathlib.Path
        JSON file that keeps, by name, the key of the last execution and the seconds it took.
    jobs : int, optional
        How many kernels may run at a time; by default one a processor.

    Returns
    -------
    list of str
        Names of the notebooks executed now.

    Raises
    ------
    ExtensionError
        If a notebook fails: with its cell and the traceback, after the others have been executed and kept.
    """
    cache = get_cache(cache_folder)
    record = read_json(record_file)
    loaded = {name: nbformat.read(path, as_version=4) for name, path in notebooks.items()}
    keys = {name: key(notebook) for name, notebook in loaded.items()}
    stale = [name for name in loaded if record.get(name, {}).get("key") != keys[name] or not kept(cache, loaded[name])]
    stale.sort(key=lambda name: -record.get(name, {}).get("seconds", 0))
    failures = []
    for name, outcome in run_all({name: (loaded[name], notebooks[name]) for name in stale}, jobs):
        if isinstance(outcome, str):
            failures.append(outcome)
            continue
        data = {"execution_seconds": outcome}
        bundle = CacheBundleIn(loaded[name], str(notebooks[name]), data=data)
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        record[name] = {"key": keys[name], "seconds": round(outcome, 2)}
        record_file.write_text(json.dumps(record, indent=1, sort_keys=True))
    if failures:
        raise ExtensionError("\n\n".join(failures))
    return stale


def key(notebook):
    """Return what the outputs of a notebook depend on, as a digest.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook.

    Returns
    -------
    str
        Digest of its code, the modules of mslib that it imports, the requirements and the version of Python.

    Examples
    --------
    >>> cells = [nbformat.v4.new_code_cell("1 + 1")]
    >>> book = nbformat.v4.new_notebook(cells=cells)
    >>> cells[0].source = "1 + 2"
    >>> key(book) == key(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]))
    False
    """
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    required = REQUIREMENTS.read_text() if REQUIREMENTS.is_file() else ""
    parts = [language, platform.python_version(), required, fingerprint(*modules(code)), *code]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def modules(code):
    """Return the names that code cells import.

    Parameters
    ----------
    code : list of str
        Sources of cells; IPython's own syntax is allowed.

    Returns
    -------
    list of str
        Names, sorted.

    Examples
    --------
    >>> modules(["%matplotlib inline", "import numpy", "from mslib import model"])
    ['mslib', 'mslib.model', 'numpy']
    """
    from IPython.core.inputtransformer2 import TransformerManager

    transform = TransformerManager().transform_cell
    found = set()
    for source in code:
        try:
            found.update(imported(transform(source)))
        except SyntaxError:
            continue  # the kernel will say what is wrong, and where
    return sorted(found)


def kept(cache, notebook):
    """Return whether the cache holds a notebook with this code and these cells' metadata."""
    try:
        return bool(cache.match_cache_notebook(notebook))
    except KeyError:
        return False


def run_all(notebooks, jobs=None):
    """Execute notebooks, several kernels at a time, and show how far it is.

    One process starts all kernels (each is a process of its own), so that no two of them are given the same port.

    Parameters
    ----------
    notebooks : dict of str to tuple
        Notebook and its file, by name; the notebooks receive their outputs.
    jobs : int, optional
        How many kernels may run at a time.

    Yields
    ------
    tuple
        Name, and the seconds it took, or what went wrong in words.
    """
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        running = {pool.submit(run, name, *both): name for name, both in notebooks.items()}
        bar = tqdm(as_completed(running), total=len(running), unit="notebook", disable=None if running else True)
        for done in bar:
            outcome = done.result()
            said = "failed" if isinstance(outcome, str) else f"{outcome:.1f} s"
            bar.set_postfix_str(f"{running[done]}: {said}")
            logger.info("executed %s: %s", running[done], said)
            yield running[done], outcome


def run(name, notebook, path):
    """Execute one notebook in its own folder.

    Parameters
    ----------
    name : str
        Its name, for the message if it fails.
    notebook : nbformat.NotebookNode
        The notebook; it receives its outputs.
    path : pathlib.Path
        Its file.

    Returns
    -------
    float or str
        Seconds, or what went wrong in words.
    """
    resources = {"metadata": {"path": str(path.parent)}}
    options = {"timeout": SECONDS_A_CELL, "kernel_name": "python3", "resources": resources}
    client = NotebookClient(notebook, store_widget_state=False, record_timing=False, **options)
    start = time.perf_counter()
    try:
        client.execute()
    except CellExecutionError as error:
        return f"{name}.ipynb: a cell failed\n{plain(str(error))}"
    except Exception as error:
        return f"{name}.ipynb: could not be executed: {type(error).__name__}: {plain(str(error))}"
    return complaint(name, notebook) or time.perf_counter() - start


def complaint(name, notebook):
    """Return what a notebook wrote to its error stream, as the message of a failure, or nothing."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                return f"{name}.ipynb: a cell wrote to the error stream\n{cell.source}\n---\n{plain(output.text)}"
    return ""


def plain(text):
    """Return text without the escape sequences of terminals.

    Parameters
    ----------
    text : str
        Text such as IPython's tracebacks.

    Returns
    -------
    str
        The text alone.
    """
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
