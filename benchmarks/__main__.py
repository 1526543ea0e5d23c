"""Run every benchmark and write the report: `make bench`, or `make bench PARTS="pages fields"` for some."""

import datetime
import importlib
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

PARTS = ("kernels", "networks", "fields", "stiff", "agents", "homogenise", "explorers", "pages")
REPORT = Path("_build") / "benchmarks.md"


def machine():
    """Return a line on the machine and the versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "matplotlib"))
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def main(names):
    """Run the named parts, or all."""
    unknown = set(names) - set(PARTS)
    if unknown:
        raise SystemExit(f"no benchmark {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    texts = [f"# Benchmarks, {datetime.date.today()}", machine()]
    for name in names or PARTS:
        print(f"measuring {name} …", flush=True)
        texts.append(importlib.import_module(f".{name}", __package__).report())
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    print("\n\n".join(texts), f"\n\nwritten to {REPORT}")


if __name__ == "__main__":
    main(sys.argv[1:])
