"""The workshop as it is built, and what its tests share with those of the site."""

import pytest

from tests.site.conftest import SITE, Visit

LITE = SITE / "lite"


@pytest.fixture(scope="session")
def lite(site):
    assert (LITE / "workshop.json").exists(), "the workshop is not built: run make workshop"
    return LITE


@pytest.fixture
def visit(browser, address, lite):
    """Return a function that opens a page over http, and closes it at the end of the test."""
    visits = []

    def opened(page, *, file=False, **settings):
        url = (SITE / page.partition("?")[0]).as_uri() + page[page.find("?") :] if file else f"{address}/{page}"
        visits.append(Visit(browser, url, **settings))
        return visits[-1]

    yield opened
    for each in visits:
        each.close()
