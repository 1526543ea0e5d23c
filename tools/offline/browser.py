"""The Chromium or Chrome of this machine."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def find():
    """Return the path of the browser.

    Returns
    -------
    str
        The one that ``BROWSER_PATH`` names, else the first that is installed.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    return first(
        [os.environ.get("BROWSER_PATH"), *map(shutil.which, NAMES), *(path for path in MAC if Path(path).exists())]
    )


def first(paths):
    """Return the first path that is none of None; raise a FileNotFoundError if there is none."""
    path = next(filter(None, paths), None)
    if not path:
        raise FileNotFoundError("No Chromium or Chrome: install one, or name it with BROWSER_PATH=/path/to/it.")
    return path
