"""The book as one tagged PDF, printed by a headless browser from one document that holds all pages."""

import re
import shutil
from html import escape
from pathlib import Path

import matplotlib
from playwright.sync_api import sync_playwright
from pypdf import PdfReader
from tqdm import tqdm

from . import browser, code, cover, markup
from .book import OFFLINE, plain, rendered
from .paper import ANSWERS, on_paper

HERE = Path(__file__).parent
FONTS = {
    "Text": (("STIXGeneral", "normal", "normal"), ("STIXGeneralItalic", "normal", "italic"),
             ("STIXGeneralBol", "bold", "normal"), ("STIXGeneralBolIta", "bold", "italic")),
    "Figure": (("DejaVuSans", "normal", "normal"), ("DejaVuSans-Bold", "bold", "normal"),
               ("DejaVuSans-Oblique", "normal", "italic")),
    "Code": (("DejaVuSansMono", "normal", "normal"), ("DejaVuSansMono-Bold", "bold", "normal"),
             ("DejaVuSansMono-Oblique", "normal", "italic")),
}  # fmt: skip
METRICS = "ascent-override: 90%; descent-override: 25%; line-gap-override: 0%"  # STIX's own reach into the page before
FULL_WIDTH = 530.0
FORMULA = "Formula: "
ANSWER = re.compile(r'(?<=<p class="to-answer">)<a href="([^"]+)">([^<]+)</a>')
TRAILER = re.compile(rb"trailer\n<</Size (\d+)\n/Root (\d+) 0 R\n/Info (\d+) 0 R>>\nstartxref\n(\d+)\n%%EOF\s*$")
PAGE = '@page {name} {{ @bottom-left {{ content: "{text}" }} }}\n#{name}, .{name} {{ page: {name} }}'
DOCUMENT = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="author" content="{authors}">
<link rel="stylesheet" href="katex/katex.css">
<style>
{style}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Form:
    """How links, ids, drawings and formulas are written in the one document of all pages."""

    def __init__(self):
        self.drawings = 0

    def link(self, page, fragment):
        """Return a link to a page's element."""
        name = page.removeprefix("chapters/").replace("/", "-")
        return f"#{name}--{fragment}" if fragment else f"#{name}"

    def id(self, page, name):
        """Return the id of an element of a page, which no other page has."""
        return f"{page.slug}--{name}"

    def drawing(self, svg):
        """Return a drawing in the colours of paper, as wide as its letters ask for."""
        self.drawings += 1
        width, _ = markup.size(svg)
        share = min(1, width / FULL_WIDTH) if markup.alternative(svg) else 1
        return markup.with_own_ids(markup.light(svg), f"d{self.drawings}-").replace(
            "<svg", f'<svg style="width: {share:.1%}"', 1
        )

    def formula(self, html):
        """Return a formula as the site shows it, named by its LaTeX."""
        return markup.drawn(html, FORMULA)


def make(path=OFFLINE):
    """Make the PDF.

    Parameters
    ----------
    path : pathlib.Path
        Folder to write into.

    Returns
    -------
    pathlib.Path
        The PDF.
    """
    chromium = browser.find()
    book = on_paper()
    folder = path / "print"
    shutil.copytree(book.site / "_static" / "katex", folder / "katex", dirs_exist_ok=True)
    copy_fonts(folder)
    file, made = folder / "book.html", path / f"{book.file_name}.pdf"
    text = combined(book)
    with sync_playwright() as playwright, tqdm(total=3, desc="printing the PDF", unit="step") as steps:
        tab = playwright.chromium.launch(executable_path=chromium, args=browser.FLAGS).new_page()
        file.write_text(text, encoding="utf-8")
        numbers = page_numbers(printed(tab, file, draft=True))
        steps.update()
        file.write_text(with_numbers(text, numbers), encoding="utf-8")
        data = printed(tab, file).read_bytes()
        steps.update()
        made.write_bytes(described(with_formulas(data), book))
        steps.update()
    return made


def copy_fonts(folder):
    """Copy the fonts of the printed book, which matplotlib brings along."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for file, _, _ in (face for faces in FONTS.values() for face in faces):
        shutil.copyfile(fonts / f"{file}.ttf", folder / f"{file}.ttf")


def printed(tab, file, draft=False):
    """Print a document as a PDF beside it; a draft has neither tags nor outline, and is ready sooner."""
    made = file.with_suffix(".pdf")
    tab.goto(file.as_uri(), timeout=0)
    tab.evaluate("document.fonts.ready")
    tab.pdf(path=made, prefer_css_page_size=True, print_background=True, tagged=not draft, outline=not draft)
    return made


def page_numbers(made):
    """Return the number of the page on which each place stands that a link leads to.

    Parameters
    ----------
    made : pathlib.Path
        A PDF.

    Returns
    -------
    dict
        Page numbers from 1 by ids.
    """
    reader = PdfReader(made)
    return {name.lstrip("/"): reader.get_destination_page_number(place) + 1
            for name, place in reader.named_destinations.items()}  # fmt: skip


def with_numbers(text, numbers):
    """Return a document whose links in the table of contents tell the page.

    Examples
    --------
    >>> with_numbers('<a class="to" href="#x">A <i>000</i></a>', {"x": 7})
    '<a class="to" href="#x">A <i>7</i></a>'
    """
    entry = re.compile(r'(<a class="to" href="#([^"]+)">.*? <i>)000(</i></a>)')
    return entry.sub(lambda found: f"{found[1]}{numbers[found[2]]}{found[3]}", text)


def combined(book):
    """Return the document that is printed."""
    form = Form()
    parts = [front(book), table_of_contents(book)]
    for part, pages in tqdm(book.parts.items(), "combining pages", unit="part"):
        parts.append(part_title(part, pages) if part else "")
        parts += [chapter(page, book, form) for page in pages]
    parts.append(appendix(book, form))
    return DOCUMENT.format(
        lang=book.settings["sphinx"]["config"]["language"], title=escape(f"{book.title}: {book.subtitle}"),
        authors=escape(book.authors), style=style(book), body="\n".join(parts),
    )  # fmt: skip


def front(book):
    """Return the cover and the page that tells where this copy comes from."""
    return f"""<section class="cover"><div role="img" aria-label="Cover">{cover.svg(book)}</div></section>
<section class="imprint">
<p class="title">{escape(book.title)}</p>
<p class="subtitle">{escape(book.subtitle)}</p>
<p class="authors">{escape(book.authors)}</p>
<div class="small">
<p>Version {book.version}, {book.date:%d %B %Y}</p>
<p>Text and figures are under <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>, code under the
<a href="https://opensource.org/license/mit">MIT licence</a>.</p>
<p>This copy stands still.
Each interactive figure names the state at which it is shown and the address where it can be moved.
Code that the site keeps folded is left out; the notebooks have it.
Hints and solutions are gathered at the end.</p>
<p>The living book: <a href="{book.address}">{book.address.removeprefix("https://").rstrip("/")}</a></p>
</div>
</section>"""


def table_of_contents(book):
    """Return the table of contents, with room for page numbers."""
    lines = []
    for part, pages in book.parts.items():
        lines.append(f'<li class="part">{to(part_id(part), part)}</li>' if part else "")
        for page in pages:
            lines.append(f"<li>{to(page.slug, page.title)}{sections(page)}</li>")
    lines.append(f'<li class="part">{to("answers", ANSWERS)}</li>')
    return f'<nav class="contents"><h1>Contents</h1>\n<ul>\n{"".join(lines)}</ul>\n</nav>'


def to(name, text):
    """Return an entry of the table of contents."""
    return f'<a class="to" href="#{name}"><span>{escape(text)}</span> <i>000</i></a>'


def sections(page):
    """Return the sections of a numbered chapter, as they stand below its entry in the table of contents."""
    if not page.number.isdigit():
        return ""
    found = [section for section in page.article.find_all("section", recursive=False) if section.h2]
    words = (to(f"{page.slug}--{section['id']}", plain(section.h2)) for section in found)
    return f'<p class="sections">{" · ".join(words)}</p>'


def part_id(part):
    """Return the id of a part."""
    return f"part-{part.lower()}"


def part_title(part, pages):
    """Return the page that opens a part."""
    listed = "".join(f'<li><a href="#{page.slug}">{escape(page.title)}</a></li>' for page in pages)
    return f'<section class="part-title" id="{part_id(part)}"><h1>{escape(part)}</h1><ul>{listed}</ul></section>'


def chapter(page, book, form):
    """Return a page of the book, its headings below that of its part."""
    body = lowered(rendered(page.article, page, book, form), int(bool(page.part)))
    body = ANSWER.sub(r'<a class="to" href="\1">\2, page <i>000</i></a>', body)
    return f'<div class="chapter" id="{page.slug}">{body}</div>'


def lowered(html, steps):
    """Return markup whose headings lie deeper.

    Examples
    --------
    >>> lowered("<h1>A</h1><h2>B</h2>", 1)
    '<h2 class="h1">A</h2><h3 class="h2">B</h3>'
    """
    html = re.sub(r"<h([1-6])\b", lambda found: f'<h{min(6, int(found[1]) + steps)} class="h{found[1]}"', html)
    return re.sub(r"</h([1-6])>", lambda found: f"</h{min(6, int(found[1]) + steps)}>", html)


def appendix(book, form):
    """Return the hints and solutions of all chapters."""
    groups = []
    for page in book.pages:
        if page.answers:
            title = f"<h2>{escape(page.title)}</h2>"
            groups.append(rendered(page.answers, page, book, form).replace(f"<h2>{ANSWERS}</h2>", title, 1))
    return f'<div class="chapter" id="answers"><h1 class="h1">{ANSWERS}</h1>{lowered("".join(groups), 0)}</div>'


def style(book):
    """Return the style sheet: type, colours of code, and the running title of each page of the book."""
    faces = [
        f'@font-face {{ font-family: "{family}"; src: url({file}.ttf); font-weight: {weight}; font-style: {slant};'
        f" {METRICS if family == 'Text' else ''} }}"
        for family, listed in FONTS.items()
        for file, weight, slant in listed
    ]
    running = [(page.slug, page.title) for page in book.pages] + [("answers", ANSWERS), ("contents", "Contents")]
    pages = [PAGE.format(name=name, text=text.replace('"', r"\"")) for name, text in running]
    sheets = [(HERE / name).read_text(encoding="utf-8") for name in ("print.css", "map.css")]
    return "\n".join([*faces, *pages, *sheets, code.sheet()])


def with_formulas(data):
    """Return a PDF in which formulas are tagged as such; the browser can tag them as figures only.

    Parameters
    ----------
    data : bytes
        The PDF, as the browser has written it.

    Returns
    -------
    bytes
        A PDF of the same length, with every object at its place.

    Examples
    --------
    >>> with_formulas(b"/S /Figure\\n/Alt (Formula: x)")
    b'/S /Formula\\n        /Alt (x)'
    """
    for start, prefix in (
        (b"/Alt (", FORMULA.encode()),
        (b"/Alt <FEFF", FORMULA.encode("utf-16-be").hex().upper().encode()),
    ):
        found, written = b"/S /Figure\n" + start + prefix, b"/S /Formula\n"
        data = data.replace(found, written + start.rjust(len(found) - len(written)))
    return data


def described(data, book):
    """Return a PDF with title, authors, terms and the day of the release, whose outline is shown.

    Parameters
    ----------
    data : bytes
        The PDF, as the browser has written it.
    book : Book
        Says what to tell.

    Returns
    -------
    bytes
        The PDF with a revision at its end, as the format foresees.
    """
    size, root, info, start = map(int, TRAILER.search(data).groups())
    catalog = re.search(rb"\n%d 0 obj\n<<(.*?)>>\nendobj" % root, data, re.S)[1]
    table = b"xref\n0 1\n0000000000 65535 f \n"
    for number, content in sorted({info: information(book), root: catalog + b"\n/PageMode /UseOutlines"}.items()):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(data))
        data += b"%d 0 obj\n<<%b>>\nendobj\n" % (number, content)
    end = b"trailer\n<</Size %d\n/Root %d 0 R\n/Info %d 0 R\n/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return data + table + end % (size, root, info, start, len(data))


def information(book):
    """Return the entries of a PDF's information dictionary."""
    day = f"D:{book.date:%Y%m%d}000000Z"
    told = {
        "Title": f"{book.title}: {book.subtitle}", "Author": book.authors, "CreationDate": day, "ModDate": day,
        "Subject": "Text and figures: CC BY 4.0. Code: MIT licence.", "Keywords": ", ".join(book.citation["keywords"]),
    }  # fmt: skip
    return b"\n".join(b"/%b <%b>" % (key.encode(), text_string(value)) for key, value in told.items())


def text_string(text):
    """Return the hexadecimal digits of a text in a PDF.

    Examples
    --------
    >>> text_string("µ")
    b'FEFF00B5'
    """
    return b"FEFF" + text.encode("utf-16-be").hex().upper().encode()
