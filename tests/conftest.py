"""The built book on a server of this machine, and one browser for all who look at it."""

import functools
import http.server
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def site():
    assert (SITE / "index.html").exists(), "the book is not built: run make book"
    return SITE


@pytest.fixture(scope="session")
def address(site):
    """Serve the site on localhost; return its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright  # the tests of the package run without it, in a browser's Python

    from tools.offline.browser import FLAGS, find

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield chromium
        chromium.close()
