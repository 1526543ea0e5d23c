"""Every page of the built book: no third party, no console error, no serious fault of accessibility."""

import json
import re

import pytest

from tests.site.conftest import FITS, ROOT, pages, pages_with, source

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OUTSIDE = re.compile(
    r"""<(?:script|link|img|iframe|source|video)[^>]*?(?:src|href)=["'](?:https?:)?//[^"']*["'][^>]*>"""
)


# Formulas, code and drawings have the same few elements on every page: axe sees all of them on one, a letter elsewhere.
# Pages of the package's reference are made of one template: one is seen at both widths and in both themes.
WITH_ALL = "chapters/principles/morphogen.html"
API, SEEN_IN_FULL = "chapters/reference/api/", "chapters/reference/api/model.html"
STAND_IN = "document.querySelectorAll('.katex, .highlight pre, .ms-view svg').forEach(e => e.replaceChildren('x'))"
STACKED = "document.querySelectorAll('mslib-explorer').forEach(e => e.show())"
SETTLED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
DEBOUNCED = 400  # the theme makes what scrolls reachable by keyboard 300 ms after a change of size
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
AXE_RUN = "only => axe.run(document, {runOnly: only, resultTypes: ['violations'], preload: false, iframes: false})"
COLOURS = ["color-contrast", "link-in-text-block"]


def faults(tab, only):
    """Return what axe calls serious or critical on a page."""
    found = tab.evaluate(AXE_RUN, only)["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], fault["impact"], [n["html"][:160] for n in fault["nodes"][:3]]) for fault in serious]


def rules(page, width):
    """Return the themes in which axe looks at a page of a width, each with the rules that can tell a difference."""
    if page.startswith(API) and page != SEEN_IN_FULL:
        return [("light", TAGS)] if width == 1280 else []
    return [("light", TAGS), ("dark", {"type": "rule", "values": COLOURS})]


def resize(tab, width):
    """Make the window of a page as wide as asked and wait for the layout."""
    tab.set_viewport_size({"width": width, "height": 900})
    tab.wait_for_function("width => innerWidth === width", arg=width)
    tab.evaluate(SETTLED)
    tab.wait_for_timeout(DEBOUNCED)


@pytest.fixture
def turn_to(tabs, address, site):
    """Return a function that opens a page over http on a wide screen, or from a file on a narrow one."""
    visits = []

    def opened(page, *, file=False):
        visits.append(tabs(390 if file else 1280))
        visits[-1].turn_to((site / page).as_uri() if file else f"{address}/{page}")
        return visits[-1]

    yield opened
    for each in visits:
        each.leave()


@pytest.mark.parametrize("page", pages())
def test_axe_finds_nothing_serious_wide_and_narrow_in_light_and_dark(turn_to, page):
    tab = turn_to(page).ready("mslib-explorer", "mslib-problem", "mslib-question")
    assert tab.evaluate(FITS), "scrolls sideways at 1280"
    resize(tab, 390)
    tab.evaluate(STACKED)
    assert tab.evaluate(FITS), "scrolls sideways at 390"
    tab.add_style_tag(content=STILL)
    tab.add_script_tag(path=AXE)
    if page != WITH_ALL:
        tab.evaluate(STAND_IN)
    for width in (390, 1280):
        resize(tab, width)
        for theme, only in rules(page, width):
            tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            told = faults(tab, only)
            assert not told, json.dumps([width, theme, told], indent=1, ensure_ascii=False)


ALIVE = pages_with("<mslib-explorer", "<mslib-problem")  # their suites open them from files


@pytest.mark.parametrize("page", sorted(set(pages()) - set(ALIVE)))
def test_a_page_opens_from_a_file_on_a_narrow_screen(turn_to, page):
    tab = turn_to(page, file=True).page
    assert tab.title()
    assert tab.evaluate(FITS), "scrolls sideways"


@pytest.mark.parametrize("page", pages())
def test_pictures_have_a_text_alternative_and_nothing_is_fetched_from_elsewhere(page):
    html = source(page)
    body = html[html.index("<article") : html.index("</article>")]
    for svg in re.findall(r"<svg[^>]*>", body):
        stretched_root = 'viewBox="0 0 400000' in svg  # KaTeX draws √ inside a span that is aria-hidden
        assert stretched_root or re.search(r'aria-label="[^"]{10,}"|aria-labelledby="|aria-hidden="true"', svg), svg[
            :200
        ]
    for image in re.findall(r"<img[^>]*>", body):
        assert re.search(r'alt="[^"]{5,}"', image), image[:200]
    assert "Figure size" not in body and "Traceback" not in body
    allowed = [tag for tag in OUTSIDE.findall(html) if not re.search(r'rel="(canonical|edit)"', tag)]
    assert not allowed


@pytest.mark.parametrize("page", pages())
def test_a_heading_and_a_figure_or_problem_never_share_an_id(page):
    html = source(page)
    found = re.findall(r'<(?:section|mslib-\w+)[^>]*? id="([^"]+)"', html)
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("page", pages())
def test_no_formula_is_left_as_source(page):
    html = source(page)
    body = html[html.index("<article") : html.index("</article>")]
    shown = re.sub(
        r"<annotation.*?</annotation>|<script.*?</script>|<pre.*?</pre>|<code.*?</code>", "", body, flags=re.S
    )
    left = re.findall(r"\$[^$<]{1,60}\$|\\(?:lambda|Delta|sqrt|frac|ln|gamma)\b", re.sub(r"<[^>]*>", "", shown))
    assert not left, left[:5]


def test_only_listed_pages_are_published():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"(?:file|root): (\S+)", toc))
    assert {page.removesuffix(".html") for page in pages()} == {name for name in listed if name.startswith("chapters")}


def test_search_finds_a_word(visit):
    opened = visit("search.html", fragment="?q=morphogen")
    opened.page.wait_for_selector("#search-results li a")


def test_the_theme_can_be_switched_and_stays(visit):
    opened = visit(pages_with("<mslib-explorer")[0])
    tab = opened.page
    before = tab.evaluate("document.documentElement.dataset.theme")
    for _ in range(2):
        tab.locator("button.theme-switch-button:visible").first.click()
        if tab.evaluate("document.documentElement.dataset.theme") != before:
            break
    after = tab.evaluate("document.documentElement.dataset.theme")
    assert after != before
    tab.reload()
    assert tab.evaluate("document.documentElement.dataset.theme") == after


@pytest.mark.parametrize("page", pages_with('class="ms-learning-map'))
def test_the_map_is_filtered_by_scale_mathematics_and_time(visit, page):
    tab = visit(page).page
    tab.wait_for_selector(".ms-learning-map[data-ready]")
    rows, form = tab.locator(".ms-learning-map tbody tr"), tab.locator(".ms-filter")
    every = rows.count()

    def shown():
        visible = rows.filter(visible=True)
        assert form.locator("output").inner_text() == f"{visible.count()} of {every} chapters"
        assert tab.locator(".ms-map a:not(.ms-map__off)").count() == visible.count()
        return visible

    assert shown().count() == every
    form.get_by_label("Joins").select_option("organism")
    assert 0 < shown().count() < every
    assert all("organism" in row.inner_text() for row in shown().all())
    form.get_by_label("Joins").select_option("")
    form.get_by_label("Takes").select_option(index=1)
    assert 0 < shown().count() < every
    form.get_by_label("Takes").select_option("")
    form.get_by_label("probability", exact=True).uncheck()
    assert 0 < shown().count() < every
    assert not any("probability" in row.inner_text() for row in shown().all())
