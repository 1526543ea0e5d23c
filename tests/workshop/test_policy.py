"""One web server for book and workshop with a strict content security policy, as a school network would run it."""

import threading

import pytest

from tests.notebooks.conftest import ROOT
from tests.site.conftest import Visit
from tests.workshop.test_workshop import PATIENCE
from tools import serve


@pytest.fixture(scope="module")
def guarded(lite):
    """Serve book and workshop with their policies; return the address."""
    server = serve.server(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_the_policy_of_the_pages_allows_no_other_host_no_eval_and_no_unlisted_script(lite):
    pages, workshop = serve.policies()
    assert "'unsafe-inline'" not in pages.partition("script-src")[2].partition(";")[0]
    assert "eval" not in pages
    assert pages.count("'sha256-") < 16
    assert "http" not in workshop.replace("https:", "") and "*" not in pages + workshop
    assert f'~^/lite/ "{workshop}";' in serve.nginx((pages, workshop))


def test_a_chapter_lives_under_the_policy(browser, guarded):
    opened = Visit(browser, f"{guarded}/chapters/principles/morphogen.html")
    tab = opened.ready("mslib-explorer", "mslib-problem")
    before = tab.locator("mslib-explorer .ms-view").first.inner_html()
    tab.locator("mslib-explorer input[type=range]").first.press("End")
    assert tab.locator("mslib-explorer .ms-view").first.inner_html() != before
    tab.locator("button.theme-switch-button:visible").first.click()
    opened.close()
    search = Visit(browser, f"{guarded}/search.html?q=morphogen")
    search.page.wait_for_selector("#search-results li a")
    search.close()


TRY = """async () => {
  const refused = [];
  document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
  document.body.append(Object.assign(document.createElement("script"), { textContent: "window.bad = 1" }));
  setTimeout("window.bad = 2", 0);
  await fetch("http://127.0.0.2/").catch(() => {});
  await new Promise((done) => setTimeout(done, 200));
  return [window.bad ?? null, refused.sort()];
}"""


def test_the_policy_refuses_what_the_book_does_not_need(browser, guarded):
    tab = Visit(browser, f"{guarded}/chapters/principles/morphogen.html").page
    assert tab.evaluate(TRY) == [None, ["connect-src", "script-src", "script-src-elem"]]


def test_python_starts_under_the_policy(browser, guarded):
    opened = Visit(browser, f"{guarded}/workshop.html?open=principles/morphogen")
    tab = opened.page
    tab.get_by_role("button", name="Start", exact=True).click()
    tab.locator("#state", has_text="is ready").wait_for(timeout=PATIENCE)
    lab = "document.getElementById('lab').contentWindow.jupyterapp"
    tab.evaluate(f"{lab}.shell.currentWidget.content.activeCellIndex = 3")
    tab.evaluate(f"() => {lab}.commands.execute('notebook:run-all-above')")
    first = tab.evaluate(f"{lab}.shell.currentWidget.content.model.toJSON().cells.find((c) => c.cell_type === 'code')")
    assert first["outputs"]
    opened.close()


def test_the_container_uses_the_same_policy():
    configuration = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    assert "include" in configuration and "add_header Content-Security-Policy $book_policy always;" in configuration
