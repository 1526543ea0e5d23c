"""A small book, built with our extension as any book is: what its pages hold and what they leave out."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
CONTENTS = """
format: jb-book
root: index
parts:
  - caption: Principles
    chapters: [{file: wing}, {file: nerve}]
  - caption: Reference
    chapters: [{file: reference/all}]
"""
REFERENCE = """
# All

```{learning-map}
```

```{coverage-table}
```

```{parameter-table} mslib.principles.morphogen
```

```{explorer-index}
```

```{bibliography}
:all:
```
"""
EXPLORER = """
from mslib.explore import Explorer
from mslib.principles.morphogen import Gradient, draw_vein

Explorer(Gradient, draw_vein, vary={"D": 3}, name="vein-here", caption="A vein & its edge.")
"""


def about(slug, **changes):
    """Return the metadata of a chapter."""
    return {
        "slug": slug,
        "joins": ["molecule", "tissue"],
        "objectives": [{"text": "predict $\\lambda=\\sqrt{D/k}$ **well**", "problem": "vein-width"}],
        "prerequisites": [],
        "minutes": 45,
        "mathematics": ["derivatives"],
        "summary": f"What a {slug} does.",
    } | changes


def write(path, title, *cells, **metadata):
    """Write a notebook of a title and more cells."""
    made = [nbformat.v4.new_markdown_cell(title), *cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=KERNEL | metadata), path)


def build(book):
    """Build a book in a process of its own, as a reader does."""
    command = [Path(sys.executable).parent / "jupyter-book", "build", book, "-W", "--keep-going"]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"})


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    for name in ("_config.yml", "references.bib", "mslib/site/static/favicon.svg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "_toc.yml").write_text(CONTENTS)
    (folder / "index.md").write_text("# A small book\n\nNo formula, no code.\n")
    (folder / "reference").mkdir()
    (folder / "reference" / "all.md").write_text(REFERENCE)
    formula = nbformat.v4.new_markdown_cell("$$\nD = 0.1\\ \\mathrm{µm^2/s}\n$$ (eq-d)\n\nSee {eq}`eq-d`.")
    code = nbformat.v4.new_code_cell(EXPLORER.strip(), metadata={"tags": ["hide-input"]})
    write(folder / "wing.ipynb", "# A wing: how wide\n\nText.", formula, code, mslib=about("wing"))
    write(folder / "nerve.ipynb", "# A nerve", mslib=about("nerve", joins=["cell"], prerequisites=["wing"]))
    done = build(folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def wing(book):
    return (book / "_build/html/wing.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reference(book):
    return (book / "_build/html/reference/all.html").read_text(encoding="utf-8")


def test_no_page_names_a_script_or_style_of_somebody_else(book):
    for page in (book / "_build/html").rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert not re.search(r'<(script|img)[^>]*src="(https?:)?//', html), page.name
        assert not re.search(r'<link[^>]*rel="(stylesheet|preload|preconnect)"[^>]*href="(https?:)?//', html), page.name
        assert not re.search(r"MathJax|mathjax[@/.]|[tT]hebe", html), page.name


def test_pages_load_only_what_they_use(book, wing):
    plain = (book / "_build/html/index.html").read_text(encoding="utf-8")
    for feature in ("katex.css", "explorer.js", "copybutton.js", "mystnb"):
        assert feature in wing and feature not in plain
    assert "searchindex.js" not in wing
    blocking = [tag for tag in re.findall(r"<script[^>]*src=[^>]*>", wing) if "defer" not in tag]
    assert len(blocking) == 1 and "documentation_options" in blocking[0]
    search = (book / "_build/html/search.html").read_text(encoding="utf-8")
    assert "searchindex.js" in search and not re.search(r"<script[^>]*doctools[^>]*defer", search)


def test_everything_that_a_page_loads_is_there_and_nothing_is_there_in_vain(book, wing):
    site = book / "_build/html"
    for address in re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^":]+)"', wing):
        assert (site / address.partition("?")[0].partition("#")[0]).is_file(), address
    names = {path.name for path in site.rglob("*")}
    assert not any(name.endswith(".map") for name in names)
    assert not names & {"fontawesome.js", "fa-solid-900.woff2", "fa-solid-900.ttf"}
    fonts = {path.suffix for path in (site / "_static/katex/fonts").iterdir()}
    assert fonts == {".woff2"}
    style = (site / "_static/styles/pydata-sphinx-theme.css").read_text(encoding="utf-8")
    assert "@font-face" not in style and "--pst-icon-lightbulb" in style


def test_formulas_are_there_without_a_script_and_numbered(wing):
    assert wing.count('<span class="katex">') >= 2
    assert "<annotation" in wing and "µ" in wing
    assert re.search(r'<span class="eqno">\(1\)', wing)
    assert re.search(r'<a class="reference internal" href="#equation-eq-d">\(1\)</a>', wing)


def test_the_header_of_a_chapter_comes_from_its_metadata(book, wing):
    header = re.search(r'<section class="ms-chapter" aria-label="About this chapter">.*?</section>', wing, re.S)[0]
    assert wing.index("<h1>") < wing.index('<section class="ms-chapter"')
    assert "What a wing does." in header and "about 45 minutes" in header
    assert "<strong>well</strong>" in header and 'class="katex"' in header
    assert re.findall(r'<li class="ms-joined">(\w+)</li>', header) == ["molecule", "tissue"]
    assert header.count('aria-hidden="true">') >= 4
    nerve = (book / "_build/html/nerve.html").read_text(encoding="utf-8")
    assert re.search(r'<a class="reference internal" href="wing.html">.*?A wing', nerve, re.S)


def test_the_map_draws_and_lists_every_chapter(reference):
    svg = re.search(r"<svg.*?</svg>", reference, re.S)[0]
    assert re.findall(r'<a href="([^"]+)" tabindex="-1">', svg) == ["../wing.html", "../nerve.html"]
    assert len(re.findall("ms-map__end", svg)) == 3
    assert 'aria-hidden="true"' in svg
    table = reference[reference.index("</svg>") :]
    assert table.index("A wing") < table.index("A nerve")


def test_tables_are_made_of_models_and_metadata(reference):
    assert reference.count("<p>predict ") == 2 and "vein width" in reference
    assert "Gradient:" in reference and "diffusion coefficient" in reference and "µm²/s" in reference
    assert "<sub>T</sub>" in reference
    assert "Kicheva" in reference and "illustrative" in reference


def test_the_index_of_figures_leads_to_them(book, reference):
    assert '<a href="../wing.html#vein-here">A vein &amp; its edge.</a>' in reference
    for theme in ("light", "dark"):
        picture = (book / f"_build/html/_static/thumbnails/vein-here-{theme}.svg").read_text(encoding="utf-8")
        assert picture.startswith("<svg") and "xmlns=" in picture and "var(" not in picture


def test_a_folded_cell_is_named_by_what_it_shows(wing):
    summary = re.search(r"<summary.*?</summary>", wing, re.S)[0]
    assert "aria-label" not in summary and "Show the code" in summary


def test_pages_that_are_no_chapters(book):
    missing = (book / "_build/html/404.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in missing and "<h1>" in missing and "index.html" in missing
    assert not re.search(r"<(script|link)", missing)


def test_an_unchanged_book_is_built_without_execution(book):
    before = json.loads((book / "_build/execution.json").read_text())
    page = (book / "_build/html/wing.html").stat().st_mtime_ns
    done = build(book)
    assert done.returncode == 0
    assert "executed " not in done.stdout
    assert json.loads((book / "_build/execution.json").read_text()) == before
    assert (book / "_build/html/wing.html").stat().st_mtime_ns == page
