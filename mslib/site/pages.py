"""Pages as they leave the build: lighter than the theme makes them, and without its faults of accessibility."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from .mathematics import SCROLLABLE

FONT_ICONS = r'(?:\.fa-[a-z0-9-]+:{1,2}before,?)+\{content:"[^"]*"\}|@font-face\{[^}]*Awesome[^}]*\}'
UNUSED = ("**/*.map", "scripts/fontawesome.js*", "vendor/fontawesome/webfonts/*")
NEEDED_BY = {
    "togglebutton": r'class="[^"]*\b(toggle|dropdown)\b',
    "design-tabs": r'class="[^"]*\bsd-tab-set\b',
    "sphinx-design": r'class="[^"]*\bsd-',
    "clipboard": "<pre",
    "copybutton": "<pre",
    "mystnb": 'class="[^"]*cell',
    "katex": 'class="katex',
    "explorer": '<mslib-explorer|class="ms-figure',
    "learning-map": 'class="ms-learning-map',
    "problem": "<mslib-(problem|question|progress)",
}
REPAIRS = {
    ' aria-label="Toggle hidden content"': "",
    'role="doc-biblioentry"': 'role="listitem"',
    'class="ms-view"': f'class="ms-view {SCROLLABLE}"',
}
TOGGLE = '<summary><span class="toctree-toggle"'
NAMED_TOGGLE = TOGGLE.replace("<span", '<span class="visually-hidden">Pages below</span><span')
EARLY = ("documentation_options.js",)
PAGE_NAME = "DOCUMENTATION_OPTIONS.pagename"  # a script of its own on every page, which no policy could list
PLAIN_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{head}
<title>{title}</title>
<style>
:root {{ background: #fff; color: #1d2733 }}
a {{ color: #0b4f8a }}
@media (prefers-color-scheme: dark) {{ :root {{ background: #14181e; color: #dfe5eb }} a {{ color: #86bdf2 }} }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("html-page-context", mend_page, priority=900)
    app.connect("build-finished", finish, priority=900)


def mend_page(app, pagename, templatename, context, doctree):
    """Leave out styles and scripts that a page does not need, defer the others, and mend its text."""
    body = context.get("body", "")
    tree = context.get("generate_toctree_html")
    if tree:
        context["generate_toctree_html"] = lambda *how, **options: with_names(tree(*how, **options))
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context.get(kind, []) if is_needed(asset, body)]
    context["script_files"] = [script for script in context["script_files"] if PAGE_NAME not in inline_text(script)]
    for script in context["script_files"]:
        if getattr(script, "filename", None) and not str(script.filename).endswith(EARLY):
            script.attributes.pop("defer", None)  # the pages share these objects
            if pagename != "search":  # its own scripts call the others while the page is read
                script.attributes["defer"] = "defer"
    if body:
        context["body"] = mended(body)


def is_needed(asset, body):
    """Return whether a page needs a style sheet or script.

    Parameters
    ----------
    asset : sphinx.builders.html._assets._CascadingStyleSheet or sphinx.builders.html._assets._JavaScript
        The asset; scripts without a file are always needed.
    body : str
        HTML of the page's text.

    Returns
    -------
    bool
        False for the assets of features that the page does not use.
    """
    name = Path(str(getattr(asset, "filename", "") or "")).name
    needs = [pattern for stem, pattern in NEEDED_BY.items() if name.startswith(stem)]
    return all(re.search(pattern, body) for pattern in needs)


def inline_text(script):
    """Return the text of a script that stands in the page itself, else nothing."""
    return getattr(script, "attributes", {}).get("body") or ""


def mended(body):
    """Return a page's text without the roles and labels that contradict what it shows.

    Parameters
    ----------
    body : str
        HTML.

    Returns
    -------
    str
        HTML in which a folded cell is named by what it shows, and an entry of a bibliography is an item of its list.

    Examples
    --------
    >>> mended('<summary aria-label="Toggle hidden content">Show the code</summary>')
    '<summary>Show the code</summary>'
    """
    for wrong, right in REPAIRS.items():
        body = body.replace(wrong, right)
    return body


def with_names(tree):
    """Return the contents in the sidebar with a name for each toggle that folds a part of them.

    Parameters
    ----------
    tree : bs4.BeautifulSoup or str
        The theme's tree.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> with_names('<summary><span class="toctree-toggle" role="presentation"></span></summary>')[9:57]
    '<span class="visually-hidden">Pages below</span>'
    """
    return str(tree).replace(TOGGLE, NAMED_TOGGLE)


def finish(app, error):
    """Delete what no page loads, and write the pages that are no chapters."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for pattern in UNUSED:
        for path in (out / "_static").glob(pattern):
            path.unlink()
    style = out / "_static" / "styles" / "pydata-sphinx-theme.css"
    if style.is_file():
        style.write_text(re.sub(FONT_ICONS, "", style.read_text(encoding="utf-8")), encoding="utf-8")
    (out / "404.html").write_text(not_found(app.config), encoding="utf-8")
    if app.config.root_doc != "index":
        (out / "index.html").write_text(redirect(app.config), encoding="utf-8")


def not_found(config):
    """Return the page that a server shows for an address that does not exist.

    Parameters
    ----------
    config : sphinx.config.Config
        Gives the title, the address of the book and its first page.

    Returns
    -------
    str
        A whole page that loads nothing.
    """
    base = urlsplit(config.html_baseurl).path or "/"
    body = (
        "<h1>There is no page here</h1>\n<p>It may have moved, or the link has a mistake.</p>\n"
        f'<p><a href="{base}{config.root_doc}.html">{config.html_title}, from the beginning</a> · '
        f'<a href="{base}search.html">Search the book</a></p>'
    )
    return PLAIN_PAGE.format(head='<meta name="robots" content="noindex">', title="Page not found", body=body)


def redirect(config):
    """Return the page at the root of the site, which leads to the first page of the book.

    Parameters
    ----------
    config : sphinx.config.Config
        Gives the title and the first page.

    Returns
    -------
    str
        A whole page that loads nothing.
    """
    first = f"{config.root_doc}.html"
    head = f'<meta http-equiv="refresh" content="0; url={first}">\n<link rel="canonical" href="{first}">'
    body = f'<h1><a href="{first}">{config.html_title}</a></h1>'
    return PLAIN_PAGE.format(head=head, title=config.html_title, body=body)
