"""Every explorer of the built book in a real browser, over http and from a file."""

import functools
import json
import re

import pytest

from mslib.explore import bake
from tests.site.conftest import FITS, SITE, pages_with, source

PAGES = pages_with("<mslib-explorer")
AT_REST = (
    "for (const e of document.querySelectorAll('mslib-explorer')) e.go(e.spec.sliders.map((slider) => slider.start))"
)


@pytest.fixture(scope="module", params=PAGES)
def open_page(request, tabs, address):
    """Return the name of a page and the visit to it, opened once over http for all tests of its explorers."""
    opened = tabs(1280)
    opened.turn_to(f"{address}/{request.param}")
    opened.ready("mslib-explorer")
    yield request.param, opened
    opened.leave()


@pytest.fixture(scope="module", params=PAGES)
def open_file(request, tabs, site):
    """Return the name of a page and the visit to it, opened once from a file on a narrow screen."""
    opened = tabs(390)
    opened.turn_to((site / request.param).as_uri())
    opened.ready("mslib-explorer")
    yield request.param, opened
    opened.leave()


@pytest.fixture
def chapter(open_page):
    """Return the name of a page and the open page with its explorers at rest."""
    yield from at_rest(*open_page)


@pytest.fixture
def narrow_file(open_file):
    """Return the name of a page and the narrow page from a file with its explorers at rest."""
    yield from at_rest(*open_file)


def at_rest(page, opened):
    """Give a page with its explorers at rest to a test; judge the visit when the test is over."""
    opened.page.evaluate(AT_REST)
    yield page, opened.page
    opened.check()


@functools.cache
def states(page):
    """Return for each explorer of a page its settings and baked states, read from the HTML by Python."""
    found = re.findall(
        r'<mslib-explorer id="([^"]*)">.*?ms-spec">(.*?)</script>.*?ms-frames">(.*?)</script>', source(page), re.S
    )
    return {name: (json.loads(spec), bake.unpack(frames)) for name, spec, frames in found}


def test_there_are_explorers_to_test():
    assert PAGES
    assert any(playing(page) for page in PAGES)


def test_every_slider_changes_picture_and_alt_text_by_keyboard(chapter):
    move_every_slider(chapter[1])


def test_every_slider_changes_picture_and_alt_text_from_a_file(narrow_file):
    move_every_slider(narrow_file[1])


FOCUS = """slider => {
  slider.focus();
  return [slider.id, slider.value === slider.max];
}"""
TOLD = """slider => {
  const explorer = slider.closest("mslib-explorer");
  const alts = [...explorer.querySelectorAll("[role=img]")].map(image => image.getAttribute("aria-label"));
  return [explorer.querySelector(".ms-view").innerHTML, alts, slider.getAttribute("aria-valuetext")];
}"""


def move_every_slider(tab):
    for slider in tab.locator("mslib-explorer input[type=range]").all():
        picture, alts, _ = slider.evaluate(TOLD)
        name, at_the_end = slider.evaluate(FOCUS)
        tab.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
        moved, says, value = slider.evaluate(TOLD)
        assert moved != picture, f"{name} does not change the picture"
        assert len(alts) == len(says) == 1, f"{name} needs one picture with an alt text"
        assert says != alts, f"{name} leaves the alt text"
        assert value.strip()


def test_the_page_shows_what_python_drew(chapter):
    page, tab = chapter
    for name, (spec, baked) in states(page).items():
        for corner in ("0", "last"):
            stops = [0 if corner == "0" else len(slider["stops"]) - 1 for slider in spec["sliders"]]
            tab.evaluate("([id, stops]) => document.getElementById(id).go(stops)", [name, stops])
            assert shows(tab, name, drawn(spec, baked, stops)), f"{name} at {stops}"


def drawn(spec, baked, stops):
    """Return the picture that Python drew for some stops of an explorer's sliders."""
    return bake.decode(baked, [index(spec, group, stops) for group in spec["groups"]])


def shows(tab, name, picture):
    """Return whether an explorer of a page shows a picture."""
    script = "([id, html]) => { const t = document.createElement('div'); t.innerHTML = html;"
    script += "return t.innerHTML === document.getElementById(id).querySelector('.ms-view').innerHTML }"
    return tab.evaluate(script, [name, picture])


def index(spec, group, stops):
    number = 0
    for slider in group:
        number = number * len(spec["sliders"][slider]["stops"]) + stops[slider]
    return number


def test_a_permalink_restores_the_state_of_a_page_that_is_open(chapter):
    page, tab = chapter
    for name, (spec, baked) in states(page).items():
        link, stops = at_an_end(tab, name, spec)
        tab.evaluate(AT_REST)
        assert not in_state(tab, name, stops, drawn(spec, baked, stops))
        tab.goto(link)
        assert in_state(tab, name, stops, drawn(spec, baked, stops))


def test_a_permalink_opens_a_file_in_the_state(narrow_file, visit):
    page, tab = narrow_file
    name, (spec, baked) = next(iter(states(page).items()))
    link, stops = at_an_end(tab, name, spec)
    other = visit(page, file=True, fragment="#" + link.split("#")[1]).ready("mslib-explorer")
    assert in_state(other, name, stops, drawn(spec, baked, stops))


def at_an_end(tab, name, spec):
    """Move the first slider of an explorer at rest to an end; return the link to that state and the stops."""
    first, *others = spec["sliders"]
    last = len(first["stops"]) - 1
    stop, key = (0, "Home") if first["start"] == last else (last, "End")
    tab.locator(f"#{name} input[type=range]").first.press(key)
    link = tab.evaluate("id => document.getElementById(id).link()", name)
    return link, [stop, *(slider["start"] for slider in others)]


def in_state(tab, name, stops, picture):
    """Return whether an explorer of a page has its sliders at some stops and shows a picture."""
    values = tab.evaluate("id => [...document.querySelectorAll(`#${id} input[type=range]`)].map(e => +e.value)", name)
    return values == stops and shows(tab, name, picture)


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


def playing(page):
    """Return the explorers of a page that can play."""
    return [name for name, (spec, _) in states(page).items() if spec["play"]]


def test_play_moves_by_itself_and_a_reader_who_wants_no_motion_gets_one_step(chapter):
    page, tab = chapter
    for name in playing(page):
        spec, _ = states(page)[name]
        slider, explorer = f"#{name}-{spec['play']}", tab.locator(f"#{name}")
        start = int(tab.locator(slider).input_value())
        explorer.get_by_role("button", name="Play").click()
        tab.wait_for_function(f"document.querySelector('{slider}').value > {start + 1}")
        explorer.get_by_role("button", name="Pause").click()
        tab.evaluate(AT_REST)
        tab.emulate_media(reduced_motion="reduce")
        explorer.get_by_role("button", name="Play").click()
        tab.wait_for_timeout(600)
        calm = tab.locator(slider).input_value()
        tab.emulate_media(reduced_motion="no-preference")
        assert calm == str(start + 1)


@pytest.mark.parametrize("page", PAGES)
def test_explorers_work_under_a_strict_content_policy(visit, address, page):
    """Alone on a page that allows nothing inline, no eval and no other host."""
    elements = "".join(re.findall(r"<mslib-explorer .*?</mslib-explorer>", source(page), re.S))
    body = (
        f'<!doctype html><html lang="en"><title>t</title>{elements}<script src="/_static/explorer.js"></script></html>'
    )
    tab = visit("_static/favicon.svg").page
    policy = {"Content-Security-Policy": "default-src 'self'", "Content-Type": "text/html; charset=utf-8"}
    tab.route("**/strict.html", lambda route: route.fulfill(body=body, headers=policy))
    tab.goto(f"{address}/strict.html")
    tab.wait_for_function("n => document.querySelectorAll('[data-ready]').length === n", arg=len(states(page)))
    for name in states(page):
        slider = tab.locator(f"#{name} input[type=range]").first
        before, *_ = slider.evaluate(TOLD)
        slider.press("End" if slider.input_value() == "0" else "Home")
        after, *_ = slider.evaluate(TOLD)
        assert after != before


def test_the_script_is_small():
    script = (SITE / "_static" / "explorer.js").read_bytes()
    assert len(script) < 16_000


STACK = """explorer => {
  const view = explorer.querySelector(".ms-view"), boxes = [...view.querySelectorAll("svg")];
  return {
    boxes: boxes.map(svg => svg.getBoundingClientRect().toJSON()),
    fits: view.scrollWidth <= view.clientWidth + 1,
    whole: explorer.picture(),
  };
}"""


def test_two_panels_are_stacked_on_a_narrow_screen_and_downloaded_as_one(narrow_file):
    page, tab = narrow_file
    assert tab.evaluate(FITS), "scrolls sideways"
    for name in (name for name in states(page) if tab.locator(f"#{name} svg[data-gap]").count()):
        slider = tab.locator(f"#{name} input[type=range]").first
        slider.press("End" if slider.input_value() == "0" else "Home")
        told = tab.locator(f"#{name}").evaluate(STACK)
        first, second = told["boxes"]
        assert second["y"] >= first["y"] + first["height"] - 1 and first["width"] > 250
        assert told["fits"], f"{name} scrolls sideways"
        assert told["whole"].count("<svg") == 1 and "data-gap" not in told["whole"]
