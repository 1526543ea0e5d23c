"""The book as ePub 3: pages as XHTML, formulas as MathML, every interactive figure as a drawing with its words."""

import re
import uuid
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

from tqdm import tqdm

from . import archive, code, cover, markup
from .book import OFFLINE, plain, rendered
from .paper import on_paper

HERE = Path(__file__).parent
FONT = 'font-family="DejaVu Sans, Verdana, sans-serif"'
PAPER = '<rect width="100%" height="100%" fill="#ffffff"/>'
MAP = "The map of the book. Each bar is a chapter and spans the scales that it joins; the table below says the same."
TYPES = {".xhtml": "application/xhtml+xml", ".svg": "image/svg+xml", ".png": "image/png", ".css": "text/css"}
ACCESSIBLE = {
    "accessMode": ("textual", "visual"),
    "accessModeSufficient": ("textual", "textual,visual"),
    "accessibilityFeature": (
        "alternativeText", "longDescription", "MathML", "structuralNavigation", "tableOfContents", "readingOrder",
        "displayTransformability",
    ),
    "accessibilityHazard": ("none",),
    "accessibilitySummary": (
        "Every figure has an alternative text that says what is seen and with which numbers; formulas are MathML with "
        "their LaTeX as alternative text; no meaning rests on colour alone. The figures are still; each links to the "
        "page where it can be moved.",
    ),
}  # fmt: skip
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{lang}" xml:lang="{lang}">
<head>
<meta charset="utf-8"/>
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="book.css"/>
</head>
<body{kind}>
{body}
</body>
</html>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book-id" xml:lang="{lang}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
{metadata}
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


class Form:
    """How links, ids, drawings and formulas are written in the ePub; gathers the drawings as files of their own."""

    def __init__(self):
        self.drawings = {}

    def link(self, page, fragment):
        """Return a link to a page's element."""
        name = page.removeprefix("chapters/").replace("/", "-")
        return f"{name}.xhtml#{fragment}" if fragment else f"{name}.xhtml"

    def id(self, page, name):
        """Return the id of an element of a page."""
        return name

    def drawing(self, svg):
        """Keep a drawing as a file; return the image that shows it."""
        alt = markup.alternative(svg) or MAP
        name = f"drawing-{len(self.drawings) + 1}.svg"
        self.drawings[name] = standalone(svg, alt)
        width, height = markup.size(svg)
        return f'<img src="{name}" alt="{escape(alt)}" width="{width:.0f}" height="{height:.0f}"/>'

    def formula(self, html):
        """Return a formula as MathML."""
        return markup.mathml(html)


def standalone(svg, alt):
    """Return a drawing as an SVG file on white paper, whose title says what it shows.

    Parameters
    ----------
    svg : str
        An SVG element of the site.
    alt : str
        What it shows.

    Returns
    -------
    str
        XML.
    """
    width, height = markup.size(svg)
    inner = markup.light(svg).partition(">")[2].replace(' href="#', ' xlink:href="#')
    style = f"<style>{(HERE / 'map.css').read_text(encoding='utf-8')}</style>" if "ms-map" in inner else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" {FONT} aria-label="{escape(alt)}"><title>{escape(alt)}</title>'
        f"{style}{PAPER}{inner}"
    )


def make(path=OFFLINE):
    """Make the ePub.

    Parameters
    ----------
    path : pathlib.Path
        Folder to write into.

    Returns
    -------
    pathlib.Path
        The ePub.
    """
    book, form = on_paper(), Form()
    pages = {"cover.xhtml": cover_page(book), "imprint.xhtml": imprint(book)}
    for page in tqdm(book.pages, "writing ePub pages", unit="page"):
        pages[f"{page.slug}.xhtml"] = chapter(page, book, form)
    pages["nav.xhtml"] = navigation(book)
    files = {name: text.encode() for name, text in {**pages, **form.drawings}.items()}
    files |= {"book.css": style().encode(), "cover.png": cover.png(book)}
    for name, data in files.items():
        check(name, data)
    files["package.opf"] = package(book, list(pages), files).encode()
    files = {f"EPUB/{name}": data for name, data in files.items()}
    files |= {"mimetype": b"application/epub+zip", "META-INF/container.xml": CONTAINER.encode()}
    made = path / f"{book.file_name}.epub"
    archive.write(made, files, first=["mimetype"])
    return made


def check(name, data):
    """Raise a ValueError that names the file if it should be XML and is not."""
    if name.endswith((".xhtml", ".svg")):
        try:
            ElementTree.fromstring(data)
        except ElementTree.ParseError as error:
            raise ValueError(f"{name} of the ePub is not well-formed: {error}") from error


def document(title, body, book, kind=""):
    """Return a page as an XHTML document."""
    kind = f' epub:type="{kind}"' if kind else ""
    return PAGE.format(lang=book.settings["sphinx"]["config"]["language"], title=escape(title), body=body, kind=kind)


def chapter(page, book, form):
    """Return a page of the book, with its answers at its end, as an XHTML document."""
    body = rendered(page.article, page, book, form)
    answers = rendered(page.answers, page, book, form) if page.answers else ""
    return document(page.title, body.removesuffix("</section>") + answers + "</section>", book, "bodymatter")


def cover_page(book):
    """Return the page that shows the cover."""
    alt = escape(f"Cover: {book.title}. {book.subtitle}. {book.authors}, version {book.version}")
    return document(book.title, f'<section class="cover"><img src="cover.png" alt="{alt}"/></section>', book, "cover")


def imprint(book):
    """Return the page with title, authors, version and licence."""
    return document(book.title, f"""<section class="imprint">
<h1>{escape(book.title)}</h1>
<p>{escape(book.subtitle)}</p>
<p class="authors">{escape(book.authors)}</p>
<p>Version {book.version}, {book.date:%d %B %Y}</p>
<p>Text and figures are under <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>, code under the
<a href="https://opensource.org/license/mit">MIT licence</a>.</p>
<p>The figures stand still here.
Each one names the state at which it is shown and the address where it can be moved.
Code that the site keeps folded is left out; the notebooks have it.
Answers, hints and solutions stand at the end of each chapter.</p>
<p>The living book: <a href="{book.address}">{book.address}</a></p>
</section>""", book, "titlepage")  # fmt: skip


def navigation(book):
    """Return the table of contents."""
    items = ['<li><a href="imprint.xhtml">About this copy</a></li>']
    for part, pages in book.parts.items():
        listed = "\n".join(map(entry, pages))
        items.append(f"<li><span>{escape(part)}</span>\n<ol>{listed}</ol></li>" if part else listed)
    body = f'<nav epub:type="toc" id="toc">\n<h1>Contents</h1>\n<ol>\n{"".join(items)}</ol>\n</nav>'
    first = f"{book.pages[0].slug}.xhtml"
    marks = (
        ("cover", "cover.xhtml", "Cover"),
        ("toc", "nav.xhtml", "Contents"),
        ("bodymatter", first, "Begin reading"),
    )
    listed = "".join(f'<li><a epub:type="{kind}" href="{file}">{text}</a></li>' for kind, file, text in marks)
    body += f'\n<nav epub:type="landmarks" hidden="hidden">\n<h2>Landmarks</h2>\n<ol>{listed}</ol>\n</nav>'
    return document("Contents", body, book)


def entry(page):
    """Return a page in the table of contents, with its sections."""
    found = [*page.article.find_all("section", recursive=False), *([page.answers] if page.answers else [])]
    sections = "".join(
        f'<li><a href="{page.slug}.xhtml#{section["id"]}">{escape(plain(section.h2))}</a></li>'
        for section in found
        if section.get("id") and section.h2
    )
    below = f"<ol>{sections}</ol>" if sections else ""
    return f'<li><a href="{page.slug}.xhtml">{escape(page.title)}</a>{below}</li>'


def style():
    """Return the style sheet, with the colours of code."""
    return (HERE / "epub.css").read_text(encoding="utf-8") + code.sheet()


def package(book, pages, files):
    """Return the package document: what the book is called, which files it has, and the order of its pages.

    Parameters
    ----------
    book : Book
        The book.
    pages : list of str
        Names of the pages in reading order.
    files : dict
        Content of all files by their names.

    Returns
    -------
    str
        XML.
    """
    manifest = [
        f'<item id="{item_id(name)}" href="{name}" media-type="{TYPES[Path(name).suffix]}"{properties(name, data)}/>'
        for name, data in sorted(files.items())
    ]
    spine = [f'<itemref idref="{item_id(name)}"/>' for name in pages if name != "nav.xhtml"]
    spine.insert(2, f'<itemref idref="{item_id("nav.xhtml")}"/>')
    return PACKAGE.format(
        lang=book.settings["sphinx"]["config"]["language"], metadata="\n".join(about(book)),
        manifest="\n".join(manifest), spine="\n".join(spine),
    )  # fmt: skip


def item_id(name):
    """Return the id of a file in the manifest."""
    return "file-" + re.sub(r"\W", "-", name)


def properties(name, data):
    """Return the attribute that tells a reading system what a file holds."""
    told = {"nav.xhtml": "nav", "cover.png": "cover-image"}.get(name, "mathml" if b"<math " in data else "")
    return f' properties="{told}"' if told else ""


def about(book):
    """Return the metadata of the book, one element a line."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{book.address}{book.version}")
    description = unescape(" ".join(book.citation["abstract"].split()))
    told = {
        "identifier": [name.urn], "title": [f"{book.title}: {book.subtitle}"], "creator": [book.authors],
        "language": [book.settings["sphinx"]["config"]["language"]], "date": [book.date.isoformat()],
        "publisher": [book.authors], "description": [description], "subject": book.citation["keywords"],
        "rights": ["Text and figures: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/. Code: MIT licence."],
        "source": [book.address],
    }  # fmt: skip
    for key, values in told.items():
        mark = ' id="book-id"' if key == "identifier" else ""
        yield from (f"<dc:{key}{mark}>{escape(value)}</dc:{key}>" for value in values)
    yield f'<meta property="dcterms:modified">{book.date.isoformat()}T00:00:00Z</meta>'
    for key, values in ACCESSIBLE.items():
        yield from (f'<meta property="schema:{key}">{escape(value)}</meta>' for value in values)
