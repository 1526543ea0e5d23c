"""What a page costs its reader: bytes, time until the first explorer is ready, time from slider input to paint."""

import functools
import gzip
import http.server
import json
import os
import re
import shutil
import statistics
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from mslib.explore import bake

SITE = Path("_build") / "html"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
READY = "window.firstReady ? firstReady - performance.getEntriesByType('navigation')[0].loadEventStart : null"
MOVE = """async () => {
  const range = document.querySelector('mslib-explorer input[type=range]'), times = [];
  for (let i = 0; i <= +range.max; i++) {
    range.value = i;
    const start = performance.now();
    range.dispatchEvent(new Event('input'));
    range.getBoundingClientRect();
    const drawn = performance.now();
    await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
    times.push([drawn - start, performance.now() - start]);
  }
  return times;
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def visit(browser, url):
    """Return compressed kilobytes, milliseconds from load to the first ready explorer, and slider times of a page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, responses = context.new_page(), []
    page.add_init_script(
        "new MutationObserver((_, o) => { if (document.querySelector('mslib-explorer[data-ready]')) "
        "{ window.firstReady = performance.now(); o.disconnect(); } })"
        ".observe(document, {subtree: true, attributes: true, attributeFilter: ['data-ready']})"
    )
    page.on("response", lambda response: responses.append(response))
    page.goto(url, wait_until="networkidle")
    kilobytes = sum(len(gzip.compress(r.body(), 9)) for r in responses if r.ok) / 1000
    ready = page.evaluate(
        "window.firstReady ? firstReady - performance.getEntriesByType('navigation')[0].loadEventStart : null"
    )
    moves = page.evaluate(MOVE) if ready is not None else []
    context.close()
    return kilobytes, ready, moves


def explorers(path):
    """Return (name, states, packed bytes) of the explorers of a page."""
    html = path.read_text(encoding="utf-8")
    for name, frames in re.findall(r'<mslib-explorer id="([^"]*)">.*?ms-frames">(.*?)</script>', html, re.S):
        yield name, sum(map(len, bake.unpack(frames)["states"])), len(frames)


def report():
    """Return the tables as Markdown."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = ["## Pages", "", "| page | gzip kB | first explorer after load / ms | input to DOM / ms | to paint / ms |",
            "| --- | --- | --- | --- | --- |"]  # fmt: skip
    path = os.environ.get("BROWSER_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for page in sorted((SITE / "chapters").rglob("*.html")):
            name = page.relative_to(SITE).as_posix()
            weight, ready, moves = visit(browser, f"http://127.0.0.1:{server.server_port}/{name}")
            times = [f"{statistics.median(column):.1f}" for column in zip(*moves, strict=True)] or ["", ""]
            rows.append(
                f"| {name} | {weight:.0f} | {'' if ready is None else f'{ready:.0f}'} | {times[0]} | {times[1]} |"
            )
        browser.close()
    server.shutdown()
    rows += ["", "## Explorers", "", "| explorer | states | packed kB |", "| --- | --- | --- |"]
    for page in sorted((SITE / "chapters").rglob("*.html")):
        rows += [f"| {name} | {states} | {size / 1000:.0f} |" for name, states, size in explorers(page)]
    return "\n".join([*rows, "", "## Execution", "", *execution()])


def execution():
    """Return the seconds that each notebook took when it was last executed and baked."""
    kept = json.loads((SITE.parent / "execution.json").read_text(encoding="utf-8"))
    return [
        "| notebook | seconds |",
        "| --- | --- |",
        *(f"| {name} | {entry['seconds']:.0f} |" for name, entry in kept.items()),
    ]
