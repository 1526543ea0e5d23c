"""Add the workshop to the built book: `make workshop`."""

import sys

from .lite import WorkshopError, build
from .runtime import RuntimeFileError


def main():
    """Build, and say where it is and how large."""
    print("building the workshop: Python for the browser, its packages, and JupyterLite", flush=True)
    try:
        folder = build()
    except (WorkshopError, RuntimeFileError) as error:
        raise SystemExit(str(error)) from None
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"the workshop is in {folder.relative_to(folder.parents[2])}: {size / 1e6:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
