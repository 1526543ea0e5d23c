"""The copies to take home: a zip that lives from a file, an ePub of sound structure, and a tagged PDF."""

import doctest
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from tests.site.conftest import ROOT, SITE, Visit, pages_with
from tools.offline import __main__ as command
from tools.offline import archive, code, epub, markup, paper, pdf
from tools.offline import book as pages
from tools.offline.book import contents, metadata, told

ADDRESS = metadata().address
NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/", "opf": "http://www.idpf.org/2007/opf", "h": "http://www.w3.org/1999/xhtml",
    "svg": "http://www.w3.org/2000/svg", "m": "http://www.w3.org/1998/Math/MathML",
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
}  # fmt: skip
PAGES = [name for name, _ in contents(told("_toc.yml"))]
CHAPTERS = [name for name in PAGES if name.startswith("chapters/principles/")]
ALIVE = "chapters/principles/morphogen.html"


def slug(name):
    """Return the name of a page in the copies."""
    return name.removeprefix("chapters/").replace("/", "-")


def figures():
    """Return how many figures the pages of the site have that a copy on paper shows."""
    texts = [(SITE / f"{name}.html").read_text(encoding="utf-8") for name in PAGES]
    return sum(len(re.findall(r'<mslib-explorer id|<figure class="ms-figure"', text)) for text in texts)


def explorers():
    """Return (page, id) of every interactive figure."""
    return [
        (name, key)
        for name in PAGES
        for key in re.findall(r'<mslib-explorer id="([^"]+)"', (SITE / f"{name}.html").read_text(encoding="utf-8"))
    ]


def sentence(name):
    """Return the beginning of a paragraph of a page, without formula and mark."""
    html = (SITE / f"{name}.html").read_text(encoding="utf-8")
    body = html[html.index("</h2>", html.index('<article class="bd-article">')) :]
    return next(re.finditer(r"<p>([A-Z][^<>\n&’“”]{50,90})", body))[1].strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("offline")


@pytest.fixture(scope="module")
def unpacked(folder):
    """Make the zip and unpack it; return the folder of the site."""
    made = archive.make(folder)
    shutil.unpack_archive(made, folder / "site")
    return folder / "site" / made.stem


@pytest.fixture(scope="module")
def book(folder):
    """Make the ePub; return it as an open archive."""
    with zipfile.ZipFile(epub.make(folder)) as opened:
        yield opened


@pytest.fixture(scope="module")
def pdf_file(folder):
    """Make the PDF with the command, in a process of its own: two Playwrights do not share one."""
    words = [sys.executable, "-m", "tools.offline", "pdf", "--to", folder]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"\.pdf: [\d.]+ MB, \d+ pages$", done.stdout.strip())
    return folder / f"{metadata().file_name}.pdf"


@pytest.fixture(scope="module")
def printed(pdf_file):
    """Return a reader of the PDF."""
    return PdfReader(pdf_file)


@pytest.fixture
def opened(browser):
    """Return a function that opens a file, refuses everything that is not local, and closes it at the end."""
    visits = []

    def visit(path, fragment="", **settings):
        visits.append(Visit(browser, path.as_uri() + fragment, **settings))
        return visits[-1]

    yield visit
    for each in visits:
        each.close()


def test_the_zip_says_how_to_open_it_and_is_the_same_each_time(unpacked, tmp_path):
    about = (unpacked / "README.txt").read_text(encoding="utf-8")
    assert metadata().title in about and "index.html" in about
    assert (unpacked / "index.html").is_file()
    again = archive.make(tmp_path)
    assert again.read_bytes() == (unpacked.parents[1] / again.name).read_bytes()


def test_the_zip_holds_every_page_and_every_download_and_nothing_that_leads_nowhere(unpacked):
    for name in PAGES:
        assert (unpacked / f"{name}.html").is_file(), name
    assert list((unpacked / "_sources" / "chapters").rglob("*.ipynb"))
    assert not (unpacked / "404.html").exists() and not (unpacked / "objects.inv").exists()


def test_figures_problems_and_formulas_live_in_the_unpacked_zip(opened, unpacked):
    tab = opened(unpacked / ALIVE).ready("mslib-explorer", "mslib-problem", "mslib-question")
    explorer = tab.locator("mslib-explorer").first
    before = explorer.locator(".ms-view").inner_html()
    explorer.locator("input[type=range]").first.press("End")
    assert explorer.locator(".ms-view").inner_html() != before
    part = tab.locator("#vein-width .ms-part").first
    part.locator("input[type=text]").fill("27.73 µm")
    part.get_by_role("button", name="Check").click()
    assert "Right" in part.locator(".ms-verdict").inner_text()
    assert tab.locator(".katex-html").first.bounding_box()["width"] > 5
    assert tab.evaluate("document.fonts.check('16px KaTeX_Main')")


def test_the_search_of_the_unpacked_zip_finds_a_word(opened, unpacked):
    tab = opened(unpacked / "search.html", "?q=morphogen").page
    tab.wait_for_selector("#search-results li a")
    addresses = [link.get_attribute("href") for link in tab.locator("#search-results li a").all()]
    assert any("principles/morphogen.html" in address for address in addresses)


def test_the_first_page_of_the_unpacked_zip_leads_into_the_book(opened, unpacked):
    tab = opened(unpacked / "index.html").page
    tab.wait_for_url("**/chapters/index.html")
    assert "Across the Scales" in tab.title()


def package(book):
    """Return the package document of an ePub and the folder it stands in."""
    container = ElementTree.fromstring(book.read("META-INF/container.xml"))
    path = container.find(".//c:rootfile", NAMES).get("full-path")
    return ElementTree.fromstring(book.read(path)), posixpath.dirname(path)


def documents(book):
    """Return the XHTML documents of an ePub as trees by their names."""
    return {name: ElementTree.fromstring(book.read(name)) for name in book.namelist() if name.endswith(".xhtml")}


def test_the_epub_begins_as_an_epub_does(book):
    first = book.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert book.read("mimetype") == b"application/epub+zip"
    tree, _ = package(book)
    assert tree.get("version") == "3.0"
    for name in ("identifier", "title", "language", "creator", "rights", "date"):
        assert tree.find(f".//dc:{name}", NAMES).text.strip(), name
    told = {meta.get("property"): meta.text for meta in tree.iterfind(".//opf:meta", NAMES)}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["dcterms:modified"])
    for name in ("accessMode", "accessibilityFeature", "accessibilityHazard", "accessibilitySummary"):
        assert told[f"schema:{name}"]


def test_every_file_of_the_epub_is_in_its_manifest_and_every_page_in_its_spine(book):
    tree, folder = package(book)
    items = {item.get("id"): item for item in tree.iterfind(".//opf:item", NAMES)}
    listed = {f"{folder}/{item.get('href')}" for item in items.values()}
    others = {"mimetype", "META-INF/container.xml", f"{folder}/package.opf"}
    assert listed == set(book.namelist()) - others
    spine = [items[entry.get("idref")].get("href") for entry in tree.iterfind(".//opf:itemref", NAMES)]
    wanted = [f"{slug(name)}.xhtml" for name in PAGES]
    assert [name for name in spine if name in wanted] == wanted
    assert len(spine) == len(documents(book))
    for name, document in documents(book).items():
        has = "mathml" in (items["file-" + re.sub(r"\W", "-", posixpath.basename(name))].get("properties") or "")
        assert has == (document.find(".//m:math", NAMES) is not None), name
    contents = documents(book)[f"{folder}/nav.xhtml"]
    assert {link.get("href") for link in contents.iterfind(".//h:a", NAMES)} >= set(wanted)


def test_every_link_of_the_epub_leads_somewhere(book):
    trees = documents(book)
    names = {name: {e.get("id") for e in tree.iter() if e.get("id")} for name, tree in trees.items()}
    for name, tree in trees.items():
        for element in tree.iter():
            parts = urlsplit(element.get("href") or element.get("src") or "")
            if parts.scheme or not (parts.path or parts.fragment):
                continue
            target = posixpath.join(posixpath.dirname(name), unquote(parts.path)) if parts.path else name
            assert target in book.namelist(), f"{name}: {target}"
            assert not parts.fragment or unquote(parts.fragment) in names[target], f"{name}: {parts.geturl()}"


def test_ids_of_the_epub_are_unique_on_their_page(book):
    for name, tree in documents(book).items():
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), name


def test_the_epub_shows_every_figure_with_words_number_and_address_and_runs_nothing(book):
    trees = documents(book).values()
    shown = [figure for tree in trees for figure in tree.iterfind(".//h:figure", NAMES)]
    assert len(shown) == figures()
    for figure in shown:
        assert len(figure.find(".//h:img", NAMES).get("alt")) > 20
        assert re.match(r"Figure\s\d", "".join(figure.find(".//h:figcaption", NAMES).itertext()))
    links = {link.get("href").partition("?")[0] for tree in trees for link in tree.iterfind(".//h:a[@href]", NAMES)}
    assert {f"{ADDRESS}{page}.html#{key}" for page, key in explorers()} <= links
    for tree in trees:
        tags = {element.tag.partition("}")[2] for element in tree.iter()}
        assert not tags & {"script", "button", "input", "form", "iframe", "mslib-explorer", "mslib-problem", "ms-kept"}


def test_drawings_of_the_epub_hold_no_theme_and_a_title(book):
    drawings = [name for name in book.namelist() if name.endswith(".svg")]
    assert len(drawings) >= figures()
    for name in drawings:
        text = book.read(name).decode()
        tree = ElementTree.fromstring(text)
        assert "var(" not in text and tree.find("svg:title", NAMES).text == tree.get("aria-label")


def test_formulas_of_the_epub_are_mathml_with_their_latex(book):
    formulas = [formula for tree in documents(book).values() for formula in tree.iterfind(".//m:math", NAMES)]
    assert len(formulas) > 1000
    assert all(formula.get("alttext") and len(formula) for formula in formulas)
    assert not any(formula.find(".//m:annotation", NAMES) is not None for formula in formulas)


def test_every_question_of_the_epub_and_its_answer_lead_to_each_other(book):
    trees = documents(book)
    for page in pages_with("<mslib-problem", "<mslib-question"):
        name = f"EPUB/{slug(page.removesuffix('.html'))}.xhtml"
        boxes = [box for box in trees[name].iter() if "question" in (box.get("class") or "").split()]
        assert boxes, page
        for box in boxes:
            link = box.findall(".//h:a", NAMES)[-1].get("href")
            home, _, answer = link.partition("#")
            there = next(e for e in trees[f"EPUB/{home}"].iter() if e.get("id") == answer)
            back = [a.get("href") for a in there.iterfind("h:h3/h:a", NAMES)]
            assert f"{posixpath.basename(name)}#{box.get('id')}" in back, box.get("id")


def test_a_chapter_of_the_epub_opens_in_a_browser(opened, book, folder):
    book.extractall(folder / "epub")
    tab = opened(folder / "epub" / "EPUB" / "principles-morphogen.xhtml", width=600).page
    assert tab.locator("parsererror").count() == 0
    assert tab.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 100)")
    assert tab.locator("math mfrac").first.bounding_box()["height"] > 10
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.skipif(not (shutil.which("java") and shutil.which("epubcheck")), reason="needs Java and epubcheck")
def test_epubcheck_has_nothing_to_say(book):
    done = subprocess.run(["epubcheck", book.filename], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def tags(path):
    """Return (kind, whether it has an alternative text of some length) of every structure element of a PDF.

    The browser writes these elements as plain text, which is read a hundred times faster than object by object.
    """
    elements = re.findall(rb"/Type /StructElem\s+/S /(\w+)\s+(/Alt [(<].{9,})?", path.read_bytes())
    return [(kind.decode(), bool(alt)) for kind, alt in elements]


def titles(outline):
    """Return the titles of an outline in order."""
    return [title for one in outline for title in (titles(one) if isinstance(one, list) else [one.title])]


def plain(text):
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def test_the_pdf_is_tagged_and_says_what_it_is(printed, pdf_file):
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert printed.metadata.title.startswith(metadata().title) and printed.metadata.author == metadata().authors
    assert 200 < len(printed.pages) < 600
    assert root["/StructTreeRoot"]["/K"]["/S"] == "/Document"
    found = tags(pdf_file)
    assert [alt for kind, alt in found if kind == "Figure"] == [True] * figures()
    assert sum(kind == "Formula" and alt for kind, alt in found) > 1000
    kinds = {kind for kind, _ in found}
    assert kinds >= {"Document", "H1", "H2", "H3", "P", "L", "LI", "Table", "TH", "TD", "Link", "Caption"}


def test_the_outline_of_the_pdf_has_every_chapter_and_section(printed):
    found = iter(plain(title) for title in titles(printed.outline))
    for name in PAGES:
        html = (SITE / f"{name}.html").read_text(encoding="utf-8")
        body = html[html.index('<article class="bd-article">') : html.index("</article>")]
        for heading in re.findall(r"<h[12]>(.*?)<a class=\"headerlink\"", body):
            if "katex" not in heading:
                title = plain(re.sub(r"<[^>]+>", "", heading)).replace("&amp;", "&")
                assert title in found, f"{name}: {title}"


def test_every_link_within_the_pdf_leads_somewhere_and_every_figure_has_its_address(printed):
    places, inside, outside = printed.named_destinations, 0, set()
    for page in printed.pages:
        for note in (note.get_object() for note in page.get("/Annots", [])):
            action = note.get("/A", {})
            if "/URI" in action:
                outside.add(str(action["/URI"]).partition("?")[0])
            elif "/Dest" in note and isinstance(note["/Dest"], str):
                assert note["/Dest"] in places or note["/Dest"].lstrip("/") in places, note["/Dest"]
                inside += 1
    assert inside > 1000
    assert {f"{ADDRESS}{page}.html#{key}" for page, key in explorers()} <= outside


def chapter_text(path, name):
    """Return the text of a chapter of a PDF, up to the page where the next one begins."""
    numbers = pdf.page_numbers(path)
    start, end = (numbers[slug(page)] for page in PAGES[PAGES.index(name) :][:2])
    return plain(" ".join(page.extract_text() for page in PdfReader(path).pages[start - 1 : end - 1]))


def test_the_text_of_the_first_and_of_the_last_chapter_is_in_the_pdf(pdf_file):
    for name, number in ((CHAPTERS[0], 1), (CHAPTERS[-1], len(CHAPTERS))):
        text = chapter_text(pdf_file, name)
        assert sentence(name) in text and "undefined" not in text.lower()
        assert f"Figure {number}.1" in text and f"Problem {number}.1" in text and f"Prediction {number}.1" in text
        assert not re.search(r"ms-kept|Copy link|Show the code|Commit|Run this chapter", text)


def test_no_page_of_the_pdf_is_empty(printed):
    assert min(len(page.get_contents().get_data()) for page in printed.pages) > 500


def test_the_table_of_contents_of_the_pdf_tells_the_page(printed, pdf_file):
    start = pdf.page_numbers(pdf_file)["principles-morphogen"]
    lines = plain(" ".join(page.extract_text() for page in printed.pages[2:5]))
    assert re.search(rf"2\. Morphogen gradients: how molecules draw a border {start}\b", lines)
    assert not re.search(r"\b000\b", lines)
    assert plain(printed.pages[start - 1].extract_text()).startswith(str(start)), "the number in the footer"


@pytest.mark.parametrize("module", [pages, code, markup, paper, pdf], ids=lambda module: module.__name__)
def test_the_examples_hold(module):
    assert doctest.testmod(module).failed == 0


def test_the_command_names_what_is_missing(monkeypatch, capsys, tmp_path):
    with pytest.raises(SystemExit):
        command.main(["word"])
    assert "no such form: word" in capsys.readouterr().err
    monkeypatch.setattr(command, "make", lambda forms, folder: metadata(tmp_path))
    assert command.main(["pdf"]) == 1
    assert "make book" in capsys.readouterr().err


def test_without_a_browser_the_pdf_asks_for_one(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf.browser, "find", lambda: pdf.browser.first([None]))
    with pytest.raises(FileNotFoundError, match="BROWSER_PATH"):
        pdf.make(tmp_path)


def test_an_unchanged_book_is_not_copied_again(monkeypatch, tmp_path, capsys):
    made = []

    def fake(folder):
        made.append(folder)
        (folder / f"{metadata().file_name}.zip").write_bytes(b"x" * 2_500_000)

    monkeypatch.setitem(command.FORMS, "zip", fake)
    words = ["zip", "--to", str(tmp_path)]
    assert command.main(words) == command.main(words) == 0
    assert made == [tmp_path] and "2.5 MB" in capsys.readouterr().out
