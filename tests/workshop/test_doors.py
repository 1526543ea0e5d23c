"""The button of each page, the page that it leads to, and what that says when Python cannot start."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.notebooks.conftest import ROOT
from tests.site.conftest import SITE, pages
from tests.workshop.test_workshop import PATIENCE, open_chapter

NOTEBOOKS = [page for page in pages() if (ROOT / page).with_suffix(".ipynb").is_file()]
REPOSITORY = "across-the-scales/across-the-scales"
FIRST = "workshop.html?open=principles/morphogen"
LAB = "document.getElementById('lab').contentWindow.jupyterapp"


@pytest.fixture(scope="module")
def known():
    html = (SITE / "workshop.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="notebooks">(.*?)</script>', html, re.DOTALL)[1])


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_each_notebooks_page_has_one_door_that_leads_to_it(page, known):
    html = (SITE / page).read_text(encoding="utf-8")
    (address,) = re.findall(r'<a class="ms-run" href="([^"]+)">Run this chapter</a>', html)
    assert ((SITE / page).parent / urlsplit(address).path).resolve() == (SITE / "workshop.html").resolve()
    (name,) = parse_qs(urlsplit(address).query)["open"]
    assert known[name]["page"] == page
    assert (SITE / "lite" / "files" / f"{name}.ipynb").is_file()
    assert (SITE / known[name]["download"]).is_file()


def test_other_services_are_asked_for_the_notebook_of_the_repository(known):
    for about in known.values():
        path = about["page"].replace(".html", ".ipynb")
        assert (ROOT / path).is_file()
        colab, binder, hub = (urlsplit(about["elsewhere"][name]) for name in ("colab", "binder", "hub"))
        assert (colab.hostname, colab.path) == ("colab.research.google.com", f"/github/{REPOSITORY}/blob/main/{path}")
        assert (binder.hostname, binder.path) == ("mybinder.org", f"/v2/gh/{REPOSITORY}/main")
        assert parse_qs(binder.query) == {"urlpath": [f"lab/tree/{path}"]}
        assert hub.path == "/hub/user-redirect/git-pull"
        asked = parse_qs(hub.query)
        assert asked["repo"] == [f"https://github.com/{REPOSITORY}"] and asked["branch"] == ["main"]
        assert asked["urlpath"] == [f"lab/tree/across-the-scales/{path}"]


def test_a_hub_of_the_readers_own_is_opened_at_the_notebook(visit):
    tab = visit(FIRST).page
    tab.route("https://hub.example.edu/**", lambda route: route.fulfill(body="hub"))
    tab.get_by_label("A JupyterHub of your institution").fill("https://hub.example.edu/")
    tab.get_by_role("button", name="Open there").click()
    tab.wait_for_url("https://hub.example.edu/hub/user-redirect/git-pull?**morphogen.ipynb")


@pytest.mark.parametrize(
    ("place", "file", "words"),
    [
        (FIRST, True, "cannot start Python"),
        ("workshop.html?open=principles/nothing", False, "names no chapter"),
        ("workshop.html?open=__proto__", False, "names no chapter"),
        ("workshop.html", False, "names no chapter"),
    ],
)
def test_where_python_cannot_start_the_page_says_why(visit, place, file, words):
    tab = visit(place, file=file).page
    tab.locator("#status", has_text=words).wait_for()
    assert not tab.get_by_role("button", name="Start", exact=True).is_visible()
    assert tab.get_by_role("link", name="Download the notebook").is_visible() == file


def answering(visit, pattern, **answer):
    """Open the page where some requests get another answer; return the visit, whose console may complain."""
    opened = visit("workshop.html")
    opened.page.route(pattern, lambda route: route.fulfill(**answer))
    opened.turn_to(f"{opened.page.url}?{urlsplit(FIRST).query}")
    return opened


def test_a_copy_without_the_workshop_says_so(visit):
    opened = answering(visit, "**/lite/workshop.json", status=404)
    opened.page.locator("#status", has_text="built without its workshop").wait_for()
    opened.console.clear()


def test_a_load_that_fails_is_explained_and_can_be_tried_again(visit):
    opened = answering(visit, "**/pyodide.asm.wasm", status=503)
    tab = opened.page
    tab.locator("#cost", has_text=re.compile(r"about \d\d MB .* seconds")).wait_for()
    tab.get_by_role("button", name="Start", exact=True).click()
    tab.locator("#status", has_text="pyodide.asm.wasm is missing (503)").wait_for()
    assert tab.get_by_role("button", name="Try again").is_enabled()
    assert tab.get_by_role("link", name="Download the notebook").is_visible()
    opened.console.clear()


def test_what_a_reader_writes_is_kept_until_the_start_again(visit):
    path = ROOT / "chapters" / "practice" / "set_a.ipynb"
    tab = open_chapter(visit, path)
    first = f"{LAB}.shell.currentWidget.content.model.sharedModel.getCell(0)"
    original = tab.evaluate(f"{first}.getSource()")
    tab.evaluate(f"{first}.setSource('My own words')")
    tab.evaluate(f"() => {LAB}.commands.execute('docmanager:save')")
    tab.reload()
    tab.get_by_role("button", name="Start", exact=True).click()
    tab.locator("#state", has_text="is ready").wait_for(timeout=PATIENCE)
    assert tab.evaluate(f"{first}.getSource()") == "My own words"
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="Start again").click()
    tab.locator("#state", has_text="the original notebook again").wait_for(timeout=PATIENCE)
    assert tab.evaluate(f"{first}.getSource()") == original
