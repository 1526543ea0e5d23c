"""Every explorer of the built book in a real browser, over http and from a file."""

import json
import re

import pytest

from mslib.explore import bake
from tests.site.conftest import SITE, Visit, pages_with

PAGES = pages_with("<mslib-explorer")
AT_REST = (
    "for (const e of document.querySelectorAll('mslib-explorer')) e.go(e.spec.sliders.map((slider) => slider.start))"
)


@pytest.fixture(scope="module", params=PAGES)
def open_page(request, browser, address):
    """Return the name of a page and the page itself, opened once over http for all tests of its explorers."""
    opened = Visit(browser, f"{address}/{request.param}")
    yield request.param, opened.ready("mslib-explorer")
    opened.close()


@pytest.fixture
def chapter(open_page):
    """Return the name of a page and the open page with its explorers at rest."""
    open_page[1].evaluate(AT_REST)
    return open_page


def states(page):
    """Return for each explorer of a page its settings and baked states, read from the HTML by Python."""
    html = (SITE / page).read_text(encoding="utf-8")
    found = re.findall(
        r'<mslib-explorer id="([^"]*)">.*?ms-spec">(.*?)</script>.*?ms-frames">(.*?)</script>', html, re.S
    )
    return {name: (json.loads(spec), bake.unpack(frames)) for name, spec, frames in found}


def test_there_are_explorers_to_test():
    assert PAGES


def test_every_slider_changes_picture_and_alt_text_by_keyboard(chapter):
    move_every_slider(chapter[1])


@pytest.mark.parametrize("page", PAGES)
def test_every_slider_changes_picture_and_alt_text_from_a_file(visit, page):
    move_every_slider(visit(page, file=True).ready("mslib-explorer"))


def move_every_slider(tab):
    for explorer in tab.locator("mslib-explorer").all():
        for slider in explorer.locator("input[type=range]").all():
            before = explorer.locator(".ms-view").inner_html()
            alt = explorer.locator("[role=img]").get_attribute("aria-label")
            slider.focus()
            end = slider.evaluate("e => Number(e.value) === Number(e.max)")
            tab.keyboard.press("ArrowLeft" if end else "ArrowRight")
            name = slider.get_attribute("id")
            assert explorer.locator(".ms-view").inner_html() != before, f"{name} does not change the picture"
            assert explorer.locator("[role=img]").get_attribute("aria-label") != alt, f"{name} leaves the alt text"
            assert slider.get_attribute("aria-valuetext").strip()


def test_the_page_shows_what_python_drew(chapter):
    page, tab = chapter
    for name, (spec, baked) in states(page).items():
        for corner in ("0", "last"):
            stops = [0 if corner == "0" else len(slider["stops"]) - 1 for slider in spec["sliders"]]
            tab.evaluate("([id, stops]) => document.getElementById(id).go(stops)", [name, stops])
            chosen = [index(spec, group, stops) for group in spec["groups"]]
            script = "([id, html]) => { const t = document.createElement('div'); t.innerHTML = html;"
            script += "return t.innerHTML === document.getElementById(id).querySelector('.ms-view').innerHTML }"
            assert tab.evaluate(script, [name, bake.decode(baked, chosen)]), f"{name} at {stops}"


def index(spec, group, stops):
    number = 0
    for slider in group:
        number = number * len(spec["sliders"][slider]["stops"]) + stops[slider]
    return number


def test_a_permalink_restores_the_state_of_a_page_that_is_open(chapter, visit):
    page, tab = chapter
    other = visit(page).ready("mslib-explorer")
    for name in states(page):
        link = at_the_end(tab, name)
        other.goto(link)
        assert same(tab, other, name)


@pytest.mark.parametrize("page", PAGES)
def test_a_permalink_opens_a_file_in_the_state(visit, page):
    tab, name = visit(page, file=True).ready("mslib-explorer"), next(iter(states(page)))
    link = at_the_end(tab, name)
    assert same(tab, visit(page, file=True, fragment="#" + link.split("#")[1]).ready("mslib-explorer"), name)


def at_the_end(tab, name):
    """Move the first slider of an explorer to its end; return the link to that state."""
    tab.locator(f"#{name} input[type=range]").first.press("End")
    return tab.evaluate("id => document.getElementById(id).link()", name)


def same(tab, other, name):
    """Return whether an explorer shows the same on two pages."""
    told = "id => [document.querySelector(`#${id} input`).value, document.querySelector(`#${id} .ms-view`).innerHTML]"
    return tab.evaluate(told, name) == other.evaluate(told, name)


def test_downloads_arrive_and_hold_the_picture_and_its_data(chapter, tmp_path):
    page, tab = chapter
    for name in states(page):
        for button, ending in (("Picture (SVG)", "svg"), ("Data (CSV)", "csv")):
            with tab.expect_download() as download:
                tab.locator(f"#{name}").get_by_role("button", name=button).click()
            assert download.value.suggested_filename == f"{name}.{ending}"
            download.value.save_as(tmp_path / download.value.suggested_filename)
        svg, csv = ((tmp_path / f"{name}.{ending}").read_text(encoding="utf-8") for ending in ("svg", "csv"))
        assert svg.startswith("<svg") and "var(" not in svg
        rows = [line for line in csv.splitlines() if not line.startswith("#")]
        assert rows[0] == "panel,curve,x,y" and len(rows) > 2
        assert "NaN" not in csv and "undefined" not in csv


def test_copied_python_makes_the_state(chapter):
    page, tab = chapter
    for name, (spec, _) in states(page).items():
        code = tab.evaluate("id => document.getElementById(id).python()", name)
        names = {}
        exec(code.replace("print(model.describe())", ""), names)
        for slider in spec["sliders"]:
            assert getattr(names["model"], slider["name"]) == slider["stops"][slider["start"]]


def test_typed_values_reset_and_predictions(chapter):
    page, tab = chapter
    for name, (spec, _) in states(page).items():
        explorer = tab.locator(f"#{name}")
        entry, slider = explorer.locator(".ms-entry").first, explorer.locator("input[type=range]").first
        last = len(spec["sliders"][0]["stops"]) - 1
        entry.fill(spec["sliders"][0]["texts"][last])
        entry.press("Enter")
        assert slider.input_value() == str(last)
        entry.fill("many")
        entry.press("Enter")
        assert "not a number" in explorer.locator(".ms-notice").inner_text()
        explorer.get_by_role("button", name="Reset").click()
        assert slider.input_value() == str(spec["sliders"][0]["start"])
        if spec["question"]:
            commit(explorer, spec)
            watched = explorer.locator(f"#{name}-{spec['after'][0]}")
            watched.press("Home" if watched.input_value() != "0" else "End")
            assert spec["answer"] in explorer.locator(".ms-predict output").inner_text()


def commit(explorer, spec):
    if spec["choices"]:
        explorer.locator(".ms-predict input[type=radio]").first.check()
    else:
        explorer.locator(".ms-predict input[type=text]").fill("It grows.")
    explorer.get_by_role("button", name="Commit").click()
    assert "You predict" in explorer.locator(".ms-predict output").inner_text()
    assert spec["answer"] not in explorer.locator(".ms-predict output").inner_text()


@pytest.mark.parametrize("page", [page for page in PAGES if any(spec["play"] for spec, _ in states(page).values())])
def test_play_moves_by_itself_and_a_reader_who_wants_no_motion_gets_one_step(visit, page):
    name, (spec, _) = next((n, s) for n, s in states(page).items() if s[0]["play"])
    slider = f"#{name}-{spec['play']}"
    moving = visit(page).ready("mslib-explorer")
    start = moving.locator(slider).input_value()
    moving.locator(f"#{name}").get_by_role("button", name="Play").click()
    moving.wait_for_function(f"document.querySelector('{slider}').value > {int(start) + 1}")
    moving.locator(f"#{name}").get_by_role("button", name="Pause").click()
    calm = visit(page, reduced_motion="reduce").ready("mslib-explorer")
    calm.locator(f"#{name}").get_by_role("button", name="Play").click()
    calm.wait_for_timeout(600)
    assert calm.locator(slider).input_value() == str(int(start) + 1)


@pytest.mark.parametrize("page", PAGES)
def test_explorers_work_under_a_strict_content_policy(visit, address, page):
    """Alone on a page that allows nothing inline, no eval and no other host."""
    html = (SITE / page).read_text(encoding="utf-8")
    elements = "".join(re.findall(r"<mslib-explorer .*?</mslib-explorer>", html, re.S))
    body = (
        f'<!doctype html><html lang="en"><title>t</title>{elements}<script src="/_static/explorer.js"></script></html>'
    )
    tab = visit(page).page
    policy = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html; charset=utf-8"}
    tab.route("**/strict.html", lambda route: route.fulfill(body=body, headers=policy))
    tab.goto(f"{address}/strict.html")
    tab.wait_for_function("n => document.querySelectorAll('[data-ready]').length === n", arg=len(states(page)))
    for explorer in tab.locator("mslib-explorer").all():
        before = explorer.locator(".ms-view").inner_html()
        slider = explorer.locator("input[type=range]").first
        slider.press("End" if slider.input_value() == "0" else "Home")
        assert explorer.locator(".ms-view").inner_html() != before


def test_the_script_is_small():
    script = (SITE / "_static" / "explorer.js").read_bytes()
    assert len(script) < 16_000


@pytest.mark.parametrize("page", PAGES)
def test_two_panels_are_stacked_on_a_narrow_screen_and_downloaded_as_one(visit, page):
    tab = visit(page, width=390).ready("mslib-explorer")
    for name in (name for name in states(page) if tab.locator(f"#{name} svg[data-gap]").count()):
        view, slider = tab.locator(f"#{name} .ms-view"), tab.locator(f"#{name} input[type=range]").first
        slider.press("End" if slider.input_value() == "0" else "Home")
        first, second = (svg.bounding_box() for svg in view.locator("svg").all())
        assert second["y"] >= first["y"] + first["height"] - 1 and first["width"] > 250
        assert view.evaluate("view => view.scrollWidth <= view.clientWidth + 1"), f"{name} scrolls sideways"
        whole = tab.evaluate("id => document.getElementById(id).picture()", name)
        assert whole.count("<svg") == 1 and "data-gap" not in whole
