"""The built book as data: what it is called, which pages it has in which order, and the text of each."""

import posixpath
import re
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from tqdm import tqdm

from . import markup

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
OFFLINE = ROOT / "_build" / "offline"
INSIDE = "book:"
WRITTEN = "%/:?#[]@!$&'()*+,;=~"


@dataclass
class Page:
    """One page of the book.

    Parameters
    ----------
    name : str
        Its path below the site, without ending.
    part : str
        Caption of the part it belongs to; empty for the first page.
    article : bs4.Tag
        Its text; links within the book are written ``book:page#id``.
    number : str
        Number of the chapter, or letter of the problem set.
    answers : bs4.Tag, optional
        Hints and solutions of its problems, once they have been taken out of the text.
    """

    name: str
    part: str
    article: Tag
    number: str = ""
    answers: Tag | None = None

    @property
    def slug(self):
        """Name that may stand in a file name or an id."""
        return self.name.removeprefix("chapters/").replace("/", "-")

    @property
    def title(self):
        """Heading of the page in plain text, with its number."""
        return plain(self.article.find("h1"))


@dataclass(frozen=True)
class Book:
    """The pages of the book in reading order, and what a title page says.

    Parameters
    ----------
    site : pathlib.Path
        Folder of the built pages.
    settings, citation : dict
        What ``_config.yml`` and ``CITATION.cff`` say.
    pages : list of Page
        All pages of the table of contents.
    kept : list of str
        Drawings, formulas and code that `markup.take_out` has set aside.
    """

    site: Path
    settings: dict
    citation: dict
    pages: list[Page] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def title(self):
        """Title of the book."""
        return self.settings["title"]

    @property
    def subtitle(self):
        """What follows the title, with a capital."""
        words = self.citation["title"].removeprefix(self.title).strip(": ")
        return words[0].upper() + words[1:]

    @property
    def authors(self):
        """Authors in one line."""
        return ", ".join(author["name"] for author in self.citation["authors"])

    @property
    def version(self):
        """Version of the book."""
        return str(self.citation["version"])

    @property
    def date(self):
        """Day of the release, a `datetime.date`."""
        return self.citation["date-released"]

    @property
    def address(self):
        """Address of the site, with a slash at its end."""
        return self.settings["html"]["baseurl"]

    @property
    def file_name(self):
        """Name of the copies, without ending."""
        return f"across-the-scales-{self.version}"

    @cached_property
    def parts(self):
        """Pages by the caption of their part, in order; the first page stands under an empty one."""
        found = {}
        for page in self.pages:
            found.setdefault(page.part, []).append(page)
        return found


def plain(tag):
    """Return the text of a tag on one line."""
    return " ".join(tag.get_text().split())


def contents(table):
    """Return (name, part) of the pages that a copy on paper has.

    Parameters
    ----------
    table : dict
        What ``_toc.yml`` says.

    Returns
    -------
    list of tuple
        In reading order. Pages below another page, the reference of the package, are left to the site.

    Examples
    --------
    >>> contents({"root": "a", "parts": [{"caption": "P", "chapters": [{"file": "b", "sections": [{"file": "c"}]}]}]})
    [('a', ''), ('b', 'P')]
    """
    listed = [(entry["file"], part["caption"]) for part in table["parts"] for entry in part["chapters"]]
    return [(table["root"], ""), *listed]


def metadata(site=SITE):
    """Return the book without its pages.

    Parameters
    ----------
    site : pathlib.Path
        Folder of the built pages.

    Returns
    -------
    Book
        Title, version and the like.

    Raises
    ------
    FileNotFoundError
        If the book has not been built.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError("The book is not built: run make book.")
    return Book(site, told("_config.yml"), told("CITATION.cff"))


def told(name):
    """Return what a YAML file at the root of the repository says."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def read(site=SITE):
    """Return the book with its pages, read from the built site.

    Parameters
    ----------
    site : pathlib.Path
        Folder of the built pages.

    Returns
    -------
    Book
        Pages as the site has them, with links within the book marked.
    """
    book = metadata(site)
    names = contents(told("_toc.yml"))
    for name, part in tqdm(names, "reading pages", unit="page"):
        article = parse((site / f"{name}.html").read_text(encoding="utf-8"), book.kept)
        mark_links(article, name, dict(names), book.address)
        number = article.h1.find(class_="section-number")
        book.pages.append(Page(name, part, article, plain(number).strip(".") if number else ""))
    return book


def parse(html, kept):
    """Return the text of a page as a tree.

    Parameters
    ----------
    html : str
        A whole page.
    kept : list of str
        Gets the drawings, formulas and code that are set aside.

    Returns
    -------
    bs4.Tag
        The element ``section`` that holds the page.
    """
    start = html.index('<article class="bd-article">')
    text = markup.take_out(html[start : html.index("</article>", start)], kept)
    return BeautifulSoup(text, "html.parser").article.find("section", recursive=False).extract()


def mark_links(article, name, inside, address):
    """Write links to pages of the book as ``book:page#id``, and all others in full.

    Parameters
    ----------
    article : bs4.Tag
        Text of a page, which is changed.
    name : str
        Name of the page.
    inside : container of str
        Names of the pages of the book.
    address : str
        Address of the site.
    """
    for link in article.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme:
            link["href"] = quote(link["href"], safe=WRITTEN)
        else:
            link["href"] = resolved(unquote(parts.path), parts.fragment, name, inside, address)


def resolved(path, fragment, name, inside, address):
    """Return a link of a page as one within the book, or as a whole address.

    Parameters
    ----------
    path, fragment : str
        Parts of the link.
    name : str
        Page it stands on.
    inside : container of str
        Names of the pages of the book.
    address : str
        Address of the site.

    Returns
    -------
    str
        A link to a state of an interactive figure leads to the site, where it can be shown.

    Examples
    --------
    >>> resolved("../b.html", "c", "p/a", {"b"}, "https://x.y/")
    'book:b#c'
    >>> resolved("", "c?D=2", "p/a", {"p/a"}, "https://x.y/")
    'https://x.y/p/a.html#c?D=2'
    """
    file = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else f"{name}.html"
    target, mark = file.removesuffix(".html"), f"#{fragment}" if fragment else ""
    if target in inside and "?" not in fragment:
        return f"{INSIDE}{target}{mark}"
    return f"{address}{file}{mark}"


def rendered(tag, page, book, form):
    """Return the markup of a part of a page in the form of a copy.

    Parameters
    ----------
    tag : bs4.Tag
        Part of the page.
    page : Page
        The page.
    book : Book
        The book, which keeps drawings, formulas and code.
    form : object
        Has ``link(page name, id)``, ``id(page, id)``, ``drawing(svg)`` and ``formula(html)``.

    Returns
    -------
    str
        XHTML.
    """
    tag = copy(tag)
    for link in tag.find_all("a", href=lambda address: address and address.startswith(INSIDE)):
        target, _, fragment = link["href"].removeprefix(INSIDE).partition("#")
        link["href"] = form.link(target, fragment)
    for element in [tag, *tag.find_all(id=True)]:
        if element.get("id"):
            element["id"] = form.id(page, element["id"])
    return markup.put_back(re.sub(r"\n{2,}", "\n", tag.decode(formatter="minimal")), book.kept, form)
