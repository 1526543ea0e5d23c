"""Look for links that lead nowhere: `python tools/links.py` in the built book, with `--web` also outside it.

Outside, an address counts as dead if its host says so (404, 410) or cannot be found; a host that refuses robots does
not. A DOI is looked up in the register itself, not at its publisher.
"""

import argparse
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
REGISTER = "https://doi.org/api/handles/"
DEAD = (404, 410)
AGENT = {"User-Agent": "Mozilla/5.0 (compatible; link check of Across the Scales)"}


class Page(HTMLParser):
    """The links of a page and the names that links may point to."""

    def __init__(self, html):
        super().__init__()
        self.links, self.names = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Note links and names."""
        attributes = dict(attrs)
        self.names |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        if tag in ("a", "link", "img", "script"):
            self.links += [attributes[key] for key in ("href", "src") if attributes.get(key)]


def read(site):
    """Return the pages of a built site by their files; the theme keeps templates of its own in ``_static``."""
    paths = (path for path in sorted(Path(site).rglob("*.html")) if "_static" not in path.parts)
    return {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in paths}


def broken(site):
    """Return (page, link) for every link within a site whose file or name does not exist."""
    pages = read(site)
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            name = unquote(parts.fragment).partition("?")[0]
            missing = not target.is_file() or (name and target in pages and name not in pages[target].names)
            found += [(path.relative_to(Path(site).resolve()).as_posix(), link)] if missing else []
    return found


def outside(site):
    """Return the addresses that the pages of a site lead to elsewhere, without the site's own."""
    links = {link.partition("#")[0] for page in read(site).values() for link in page.links}
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    own = re.findall(r"^\s+(?:url: &repository|baseurl:) (\S+)", settings, re.M)
    ours = (*own, "https://doi.org/", "https://mybinder.org/v2/")
    return sorted(link for link in links if urlsplit(link).scheme in ("http", "https") and not link.startswith(ours))


def registered(bibliography):
    """Return the addresses at which the register answers for each DOI of a bibliography."""
    dois = re.findall(r"^\s*doi\s*=\s*[{\"]([^}\"]+)", bibliography.read_text(encoding="utf-8"), re.M | re.I)
    return sorted(REGISTER + doi for doi in dois)


def dead(address):
    """Return why an address leads nowhere, or an empty text."""
    try:
        with urlopen(Request(address, headers=AGENT), timeout=30) as answer:
            known = not address.startswith(REGISTER) or json.load(answer)["responseCode"] == 1
            return "" if known else "no such DOI"
    except HTTPError as error:
        return str(error) if error.code in DEAD else ""
    except (URLError, TimeoutError, OSError) as error:
        return f"no answer: {error}"


def main(words=None):
    """Check and report; return 1 if a link is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--web", action="store_true", help="look at links that leave the book, and at DOIs, too")
    chosen = parser.parse_args(words)
    if not (SITE / "index.html").is_file():
        parser.error("the book is not built: run make book")
    found = [f"{page}: {link}" for page, link in broken(SITE)]
    if chosen.web:
        addresses = [*outside(SITE), *registered(ROOT / "references.bib")]
        with ThreadPoolExecutor(8) as pool:
            found += [f"{a}: {why}" for a, why in zip(addresses, pool.map(dead, addresses), strict=True) if why]
    print("\n".join(found) or "every link leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
