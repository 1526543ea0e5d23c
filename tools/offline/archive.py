"""The site as one zip that opens from a file, and zips that are the same whenever they are made."""

import re
import zipfile
from urllib.parse import unquote, urlsplit

from tqdm import tqdm

from .book import OFFLINE, metadata

NEEDS_SERVER = "lite/"
UNUSED = re.compile(rf"^({NEEDS_SERVER}.*|404\.html|objects\.inv|\.buildinfo.*|_static/.*webpack-macros\.html)$")
LINKED = re.compile(r'(?:href|src)="([^"]*_sources/[^"]*)"')
SUMMARIES = ("SHOW_SEARCH_SUMMARY: true", 'SHOW_SEARCH_SUMMARY: location.protocol !== "file:"')
README = """{title}
{subtitle}

Version {version}, {date}, by {authors}

1. Unpack the whole archive; inside it the pages do not find each other.
2. Open index.html in a browser.

No network, no account and no installation is needed: figures move, problems are marked, and the search finds.
Only links that lead out of the book, and the buttons that run a chapter, need a connection.
What you have solved is remembered by your browser for this folder.

Text and figures: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/
Code: MIT licence
The newest version: {address}
"""


def write(path, files, first=()):
    """Write a zip that depends on its content alone.

    Parameters
    ----------
    path : pathlib.Path
        The zip.
    files : dict
        Bytes by their names; they are written in the order of names.
    first : sequence of str
        Names of files that stand at the head of the archive, not compressed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rest = sorted(set(files) - set(first))
    with zipfile.ZipFile(path, "w") as archive:
        for name in tqdm([*first, *rest], f"writing {path.name}", unit="file"):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name in first else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], compresslevel=9)


def make(path=OFFLINE):
    """Make the zip of the site.

    Parameters
    ----------
    path : pathlib.Path
        Folder to write into.

    Returns
    -------
    pathlib.Path
        The zip.
    """
    book = metadata()
    files = {f"{book.file_name}/{name}": data for name, data in site_files(book.site).items()}
    about = README.format(**{key: getattr(book, key) for key in
                             ("title", "subtitle", "version", "date", "authors", "address")})  # fmt: skip
    files[f"{book.file_name}/README.txt"] = about.replace("\n", "\r\n").encode()
    made = path / f"{book.file_name}.zip"
    write(made, files)
    return made


def site_files(site):
    """Return the files of the site that somebody can reach from a page.

    Parameters
    ----------
    site : pathlib.Path
        Folder of the built pages.

    Returns
    -------
    dict
        Bytes by their paths below the site.
    """
    kept = {name: (site / name).read_bytes() for name in names(site)}
    options = "_static/documentation_options.js"
    kept[options] = kept[options].decode().replace(*SUMMARIES).encode()
    return kept


def names(site):
    """Return the paths below the site of the files that the zip holds."""
    found = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    wanted = downloads(site)
    return [name for name in found
            if not UNUSED.match(name) and (not name.startswith("_sources/") or name in wanted)]  # fmt: skip


def downloads(site):
    """Return the paths below the site of the sources that its pages link to."""
    found = set()
    for page in site.glob("chapters/**/*.html"):
        for address in LINKED.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / unquote(urlsplit(address).path)).resolve()
            found.add(target.relative_to(site.resolve()).as_posix())
    return found
