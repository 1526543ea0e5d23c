"""Pages as they leave the build: lighter than the theme makes them, and without its faults of accessibility."""

from pathlib import Path

UNUSED = ("scripts/fontawesome.js", "scripts/fontawesome.js.LICENSE.txt", "vendor/fontawesome/webfonts/*.ttf")


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("build-finished", drop_unused)


def drop_unused(app, error):
    """Delete source maps and the theme's files that no page loads."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for pattern in ("**/*.map", *UNUSED):
        for path in static.glob(pattern):
            path.unlink()
