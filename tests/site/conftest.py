"""The built book, in a real browser that can reach nothing but this machine."""

import functools
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT, SITE

__all__ = ["ROOT", "SITE"]
LOCAL = ("file", "data", "blob", "about")
FITS = "document.documentElement.scrollWidth <= innerWidth"


def pages():
    """Return the built pages that hold content, as paths below the site."""
    return sorted(path.relative_to(SITE).as_posix() for path in (SITE / "chapters").rglob("*.html"))


@functools.cache
def source(page):
    """Return the HTML of a built page."""
    return (SITE / page).read_text(encoding="utf-8")


def pages_with(*marks):
    """Return the pages whose HTML holds one of some marks."""
    return [page for page in pages() if any(mark in source(page) for mark in marks)]


class Visit:
    """One page in a context of its own, with everything counted that a reader should never meet."""

    def __init__(self, browser, url, width=1280, dark=False, **context):
        self.refused, self.console = [], []
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
            **context,
        )
        self.context.route("**/*", self._judge)
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.console.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.turn_to(url)

    def turn_to(self, url):
        """Open a page in the tab of this visit."""
        self.page.goto(url)
        self.page.wait_for_load_state("load")

    def _judge(self, route):
        url = urlsplit(route.request.url)
        if url.scheme in LOCAL or url.hostname in ("127.0.0.1", "localhost"):
            return route.continue_()
        self.refused.append(route.request.url)
        return route.abort()

    def ready(self, *tags):
        """Wait until every element of some tags has been brought to life."""
        for tag in tags:
            self.page.wait_for_function(f"[...document.querySelectorAll('{tag}')].every(e => e.dataset.ready)")
        return self.page

    def close(self):
        """Close the page; fail if it asked a third party or logged an error."""
        self.context.close()
        self.check()

    def leave(self):
        """Forget what the page kept, for the next page in this tab; fail as `close` does."""
        self.page.evaluate("[localStorage, sessionStorage].forEach((storage) => storage.clear())")
        self.check()

    def check(self):
        """Fail if the page asked a third party or logged an error since the last time."""
        refused, console = self.refused, self.console
        self.refused, self.console = [], []
        assert not refused, f"{self.page.url} asks other machines: {refused}"
        assert not console, f"{self.page.url} logs errors: {console}"


@pytest.fixture
def visit(browser, address, site):
    """Return a function that opens a page over http (or from a file) and closes it at the end of the test."""
    visits = []

    def opened(page, *, file=False, fragment="", **settings):
        url = (site / page).as_uri() if file else f"{address}/{page}"
        visits.append(Visit(browser, url + fragment, **settings))
        return visits[-1]

    yield opened
    for each in visits:
        each.close()


@pytest.fixture(scope="module")
def tabs(browser):
    """Return a function that gives the tab of a width where a module opens page after page: later loads are fast."""
    visits = {}

    def tab(width):
        if width not in visits:
            visits[width] = Visit(browser, "about:blank")
        visits[width].page.set_viewport_size({"width": width, "height": 900})
        return visits[width]

    yield tab
    for each in visits.values():
        each.close()
