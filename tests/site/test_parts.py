"""The parts of the site's extension, one by one."""

import json
from types import SimpleNamespace

import pytest
from sphinx.errors import ExtensionError
from sphinx_external_toc.parsing import create_toc_dict, parse_toc_data

from mslib.site import assets, chapters, gallery, icons, mathematics, pages
from mslib.site.chapters import Chapter
from mslib.site.map import draw, table

GOOD = {"slug": "wing", "joins": ["cell", "organ"], "objectives": [], "prerequisites": [], "minutes": 1,
        "mathematics": [], "summary": "s"}  # fmt: skip


@pytest.fixture
def katex():
    renderer = mathematics.Katex()
    yield renderer
    renderer.close()


def notebook(path, about, source="# A title: and more"):
    cells = [{"cell_type": "markdown", "source": source, "metadata": {}}]
    metadata = {} if about is None else {"mslib": about}
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{align*} a &= b \\ &= \frac{c}{d} \end{align*}",
        r"\begin{split}a &= b \\ &= c\end{split}",
        r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}",
        r"k_\mathrm{on} \rightleftharpoons k_\mathrm{off}, \quad 1\ \mathrm{µm}, \quad 37\,^\circ\mathrm{C}",
        r"\langle x \rangle = \sum_{i=1}^N \binom{N}{i} \mathbb{E}[X], \quad x \in (0, 1]",
    ],
)
def test_mathematics_of_the_book_renders_with_mathml(katex, tex):
    html = katex.render(tex, True)
    assert "<math" in html and 'aria-hidden="true"' in html and "katex-error" not in html


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\unknowncommand", "a_b_c", "x & y", r"\text{→}"])
def test_a_mistake_in_mathematics_is_an_error(katex, tex):
    with pytest.raises(ValueError, match=r"."):
        katex.render(tex, False)
    assert "<math" in katex.render("x", False), "the renderer must go on after a mistake"


def test_a_mistake_in_mathematics_stops_the_build_at_its_place():
    writer = SimpleNamespace(builder=SimpleNamespace(current_docname="chapters/wing"))
    with pytest.raises(ExtensionError, match=r"chapters/wing, cell 3, near line 4"):
        mathematics.in_place(writer, SimpleNamespace(line=30004), r"\frac{", False)
    mathematics.stop_renderer(None, None)


def test_paragraphs_of_a_formula_become_lines():
    assert mathematics.aligned("a = b\n\nc = d") == r"\begin{aligned}a = b\\c = d\end{aligned}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"joins": ["planet"]}, "mslib.joins"),
        ({"joins": []}, "mslib.joins"),
        ({"minutes": None}, "mslib.minutes"),
        ({"mathematics": ["sums"]}, "mslib.mathematics must be some of .*not sums"),
    ],
)
def test_wrong_metadata_are_named(tmp_path, change, said):
    about = {key: value for key, value in (GOOD | change).items() if value is not None}
    with pytest.raises(ExtensionError, match=said):
        chapters.read(notebook(tmp_path / "wing.ipynb", about))


def test_a_notebook_without_metadata_is_no_chapter(tmp_path):
    assert chapters.read(notebook(tmp_path / "a.ipynb", None)) is None
    assert chapters.read(notebook(tmp_path / "b.ipynb", GOOD)).short == "A title"
    with pytest.raises(ExtensionError, match="heading"):
        chapters.read(notebook(tmp_path / "c.ipynb", GOOD, source="no title"))


def application(folder, *names):
    contents = {"format": "jb-book", "root": "index",
                "parts": [{"caption": "One", "chapters": [{"file": name} for name in names]}]}  # fmt: skip
    site_map = parse_toc_data(contents)
    assert create_toc_dict(site_map)
    return SimpleNamespace(config=SimpleNamespace(external_site_map=site_map), srcdir=str(folder))


def test_chapters_come_in_reading_order_with_their_part(tmp_path):
    notebook(tmp_path / "nerve.ipynb", GOOD | {"slug": "nerve", "prerequisites": ["wing"]})
    notebook(tmp_path / "wing.ipynb", GOOD)
    found = chapters.all_chapters(application(tmp_path, "wing", "nerve.ipynb"))
    assert [(chapter.page, chapter.part) for chapter in found] == [("wing", "One"), ("nerve", "One")]


@pytest.mark.parametrize(
    ("change", "said"),
    [({}, "two chapters have the slug"), ({"slug": "x", "prerequisites": ["y"]}, "'y' is no chapter")],
)
def test_contradictions_between_chapters_are_named(tmp_path, change, said):
    notebook(tmp_path / "wing.ipynb", GOOD)
    notebook(tmp_path / "nerve.ipynb", GOOD | change)
    with pytest.raises(ExtensionError, match=said):
        chapters.all_chapters(application(tmp_path, "wing", "nerve"))


def test_the_map_escapes_titles_and_spans_the_scales_that_a_chapter_joins():
    chapter = Chapter("a/wing", "One & two", "Cells <and> more: x", GOOD)
    svg = draw([chapter], "a/map")
    assert "One &amp; two" in svg and "Cells &lt;and&gt; more" in svg and 'href="wing.html"' in svg
    assert "molecule" in svg and "population" in svg
    assert "| cell, organ | – |  | 1 |" in table([chapter])


def test_icons_of_the_theme_are_found_and_cut_out(tmp_path):
    theme = icons.theme_folder()
    style = (theme / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    points = {icons.codepoint(style, name) for name in icons.SOLID}
    icons.cut(theme / "vendor/fontawesome/webfonts/fa-solid-900.ttf", points, tmp_path / "icons.woff")
    from fontTools.ttLib import TTFont

    assert points <= set(TTFont(tmp_path / "icons.woff").getBestCmap())
    assert (tmp_path / "icons.woff").stat().st_size < 6000
    with pytest.raises(ExtensionError, match="no icon 'perhaps'"):
        icons.codepoint(style, "perhaps")


def test_a_page_that_asks_for_an_unknown_icon_fails(tmp_path):
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path))
    (tmp_path / "good.html").write_text('<i class="fa-solid fa-bars fa-lg"></i>')
    icons.check(app, None)
    (tmp_path / "bad.html").write_text('<i class="fa-solid fa-dragon"></i>')
    with pytest.raises(ExtensionError, match="dragon"):
        icons.check(app, None)


def test_colours_of_small_pictures_are_those_of_the_figures():
    light, dark = gallery.colours("light"), gallery.colours("dark")
    assert light.keys() == dark.keys() and light["--ms-ink"] != dark["--ms-ink"]


def test_npm_runs_only_when_the_lock_changes(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        assets.subprocess, "run", lambda command, **_: calls.append(command) or SimpleNamespace(returncode=0)
    )
    (tmp_path / "package-lock.json").write_text("1")
    (tmp_path / "node_modules").mkdir()
    for _ in range(2):
        assets.install(tmp_path)
    assert len(calls) == 1
    (tmp_path / "package-lock.json").write_text("2")
    assets.install(tmp_path)
    assert len(calls) == 2


def test_the_lock_names_no_private_registry():
    lock = json.loads((assets.ROOT / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), name
        assert not name or package["integrity"].startswith("sha512-")


def test_node_of_the_python_package_serves_where_the_system_has_none(monkeypatch):
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    assert assets.node()[0].endswith("node") and assets.npm()[-1].endswith("npm-cli.js")
    html = mathematics.Katex()
    assert "<math" in html.render("x", False)
    html.close()


def test_styles_are_left_out_by_what_a_page_holds():
    sheet = SimpleNamespace(filename="_static/explorer.css")
    assert pages.is_needed(sheet, '<mslib-explorer id="x">') and not pages.is_needed(sheet, "<p>")
    assert pages.is_needed(SimpleNamespace(filename=None), "")
