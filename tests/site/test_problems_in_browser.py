"""Every self-check of the built book in a real browser gives the verdicts that Python gives."""

import functools
import re

import pytest

from mslib.problems import all_problems
from tests.problems.test_bank import spellings
from tests.site.conftest import FITS, pages_with, source

BANK = all_problems()
PAGES = pages_with("<mslib-problem")
QUESTIONS = pages_with("<mslib-question")


@pytest.fixture(scope="module", params=PAGES)
def open_page(request, tabs, address):
    """Return the name of a page and the visit to it, opened once over http."""
    opened = tabs(1280)
    opened.turn_to(f"{address}/{request.param}")
    opened.ready("mslib-problem", "mslib-question")
    yield request.param, opened
    opened.leave()


@pytest.fixture(scope="module", params=PAGES)
def open_file(request, tabs, site):
    """Return the name of a page and the visit to it, opened once from a file on a narrow screen."""
    opened = tabs(390)
    opened.turn_to((site / request.param).as_uri())
    opened.ready("mslib-problem", "mslib-question")
    yield request.param, opened
    opened.leave()


@pytest.fixture
def chapter(open_page):
    """Return the name of a page and the open page."""
    yield from judged(*open_page)


@pytest.fixture
def narrow_file(open_file):
    """Return the name of a page and the narrow page from a file."""
    yield from judged(*open_file)


def judged(page, opened):
    """Give a page to a test; judge the visit when the test is over."""
    yield page, opened.page
    opened.check()


@functools.cache
def keys(page):
    return re.findall(r'<mslib-problem id="([^"]*)"', source(page))


def answer(tab, key, part, text):
    """Type an answer; return the verdict's text."""
    section = tab.locator(f'#{key} [data-part="{part}"]')
    section.locator("input[type=text]").fill(text)
    section.get_by_role("button", name="Check").click()
    return section.locator(".ms-verdict").inner_text()


ANSWER_ALL = """([key, part, texts]) => {
  const section = document.getElementById(key).querySelector(`[data-part="${part}"]`);
  const button = [...section.querySelectorAll("button")].find((b) => b.textContent.includes("Check"));
  return texts.map((text) => {
    section.querySelector("input[type=text]").value = text;
    button.click();
    return section.querySelector(".ms-verdict").textContent;
  });
}"""


def plain(text):
    return re.sub(r"[\s\u00a0]+", " ", text)


def test_there_are_problems_to_test():
    assert PAGES and QUESTIONS
    assert set(QUESTIONS) <= set(PAGES)


def expected(problem, part, units):
    """Return answers to a part of a problem, each with words that its verdict must hold."""
    right = problem.answer(part.key)
    yield f"{right:.6g}", "Right"
    for unit in units:
        yield f"{right:.6g} {unit}", "Right"
    for mistake in part.mistakes:
        value = mistake.value(problem.model)
        yield (f"{value:.9g}" if abs(value) != float("inf") else "never"), plain(mistake.says)[:12].split("$")[0]
    wrong = "s" if "measures" in problem.check(part.key, f"{right} s").says else "m"
    yield f"{right:.6g} {wrong}", f"{wrong} measures"
    yield "some", "not a number"
    if right:
        yield f"{right * 1e7:.6g}", "power of ten"


def answer_all(tab, key, part, units):
    """Give every kind of answer to a part of a problem, the right one in some units; compare the verdicts."""
    texts, words = zip(*expected(BANK[key], part, units), strict=True)
    told = tab.evaluate(ANSWER_ALL, [key, part.key, texts])
    for text, word, says in zip(texts, words, told, strict=True):
        assert word in plain(says), f"{key} ({part.key}): {text!r} is told {says!r}"
        assert ("Not yet" in says) == (word != "Right")
    return texts[0]


def test_right_answers_mistakes_and_wrong_units(chapter):
    page, tab = chapter
    for key in keys(page):
        for part in BANK[key].parts:
            right = answer_all(tab, key, part, spellings(part.unit))
        assert "Right" in answer(tab, key, part.key, right)


OPEN_ONE_BY_ONE = """async (section) => {
  const details = [...section.querySelectorAll("details")], seen = [];
  const visible = () => details.map((element) => element.checkVisibility());
  for (const element of details) {
    seen.push(visible());
    element.querySelector("summary").click();
    await new Promise((done) => setTimeout(done, 20));
  }
  return { seen, last: details.at(-1).textContent };
}"""


def test_a_page_from_a_file_fits_a_narrow_screen(narrow_file):
    assert narrow_file[1].evaluate(FITS), "scrolls sideways"


def test_hints_come_one_at_a_time_and_the_solution_last(narrow_file):
    """Before any answer: a right one shows the solution."""
    _, tab = narrow_file
    for section in tab.locator("mslib-problem .ms-part").all():
        told = section.evaluate(OPEN_ONE_BY_ONE)
        count = len(told["seen"])
        assert told["seen"] == [[True] * (n + 1) + [False] * (count - n - 1) for n in range(count)]
        assert "Worked solution" in told["last"]


def test_right_answers_mistakes_and_wrong_units_from_a_file(narrow_file):
    page, tab = narrow_file
    for key in keys(page):
        part = BANK[key].parts[0]
        right = answer_all(tab, key, part, [part.unit])
        assert "Right" in answer(tab, key, part.key, right)


def test_every_option_of_a_question_has_its_word(chapter):
    page, tab = chapter
    assert bool(tab.locator("mslib-question").count()) == (page in QUESTIONS)
    for question in tab.locator("mslib-question").all():
        verdicts = []
        for radio in question.locator("input[type=radio]").all():
            radio.check()
            question.get_by_role("button", name="Commit").click()
            verdicts.append(question.locator(".ms-verdict").inner_text())
        assert sum("✓" in verdict for verdict in verdicts) == 1
        assert all(len(verdict) > 20 for verdict in verdicts)
        assert len(set(verdicts)) == len(verdicts)


def test_progress_is_kept_in_this_browser_exported_and_erased(visit, tmp_path):
    page = PAGES[0]
    key = keys(page)[0]
    problem, opened = BANK[key], visit(page)
    tab, part = opened.ready("mslib-problem"), BANK[key].parts[0]
    answer(tab, key, part.key, "1e-30")
    answer(tab, key, part.key, f"{problem.answer(part.key):.6g}")
    kept = tab.evaluate("JSON.parse(localStorage.getItem('mslib-progress'))")
    assert kept == {key: {part.key: {"tries": 2, "right": True}}}
    tab.reload()
    opened.ready("mslib-problem")
    assert "ms-done" in tab.locator(f'#{key} [data-part="{part.key}"]').get_attribute("class")


def test_progress_page(visit, address, tmp_path):
    (page,) = pages_with("<mslib-progress")
    opened = visit(page)
    tab = opened.ready("mslib-progress")
    assert "Nothing answered yet" in tab.locator("mslib-progress").inner_text()
    tab.evaluate("localStorage.setItem('mslib-progress', JSON.stringify({'vein-width': {a: {tries: 3, right: true}}}))")
    tab.reload()
    opened.ready("mslib-progress")
    assert "vein-width" in tab.locator("mslib-progress").inner_text()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export").click()
    assert "vein-width" in download.value.path().read_text()
    tab.get_by_role("button", name="Erase").click()
    assert "Nothing answered yet" in tab.locator("mslib-progress").inner_text()
