"""Make copies of the built book to take home: `python -m tools.offline` for all, with zip, epub or pdf for one."""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

from pypdf import PdfReader

from . import archive, epub, pdf
from .book import OFFLINE, ROOT, SITE, metadata

FORMS = {"zip": archive.make, "epub": epub.make, "pdf": pdf.make}
RECORD = "made.json"


def sources():
    """Return the files that the copies are made of: the site, these tools, and what they read beside it."""
    found = [*(SITE / name for name in archive.names(SITE)), *(ROOT / "tools" / "offline").iterdir()]
    beside = [ROOT / name for name in ("_config.yml", "_toc.yml", "CITATION.cff", "requirements.txt")]
    return sorted(path for path in [*found, *beside] if path.is_file())


def digest():
    """Return a digest of everything that the copies are made of."""
    made = hashlib.sha256()
    for path in sources():
        made.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode() + path.read_bytes())
    return made.hexdigest()


def report(path):
    """Return the name of a copy with its size, and of a PDF the number of pages."""
    pages = f", {len(PdfReader(path).pages)} pages" if path.suffix == ".pdf" else ""
    return f"{os.path.relpath(path)}: {path.stat().st_size / 1e6:.1f} MB{pages}"


def make(forms, folder):
    """Make some copies in a folder, unless they were made of the same book before; say how large they are."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / RECORD
    known = json.loads(record.read_text()) if record.is_file() else {}
    name, now = metadata().file_name, digest()
    for form in forms:
        path = folder / f"{name}.{form}"
        if known.get(path.name) != now or not path.is_file():
            FORMS[form](folder)
            known[path.name] = now
            record.write_text(json.dumps(known, indent=1))
        print(report(path), flush=True)


def main(words=None):
    """Read the command line; return 1 if the book or the browser is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.offline", description=__doc__)
    parser.add_argument("forms", nargs="*", metavar="form", help=f"{', '.join(FORMS)}; all of them by default")
    parser.add_argument("--to", type=Path, default=OFFLINE, metavar="folder", help="by default _build/offline")
    chosen = parser.parse_args(words)
    if unknown := set(chosen.forms) - set(FORMS):
        parser.error(f"no such form: {', '.join(sorted(unknown))}; there are {', '.join(FORMS)}")
    try:
        make(chosen.forms or FORMS, chosen.to.resolve())
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
