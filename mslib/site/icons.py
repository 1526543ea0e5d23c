"""The theme's icons as a small style sheet, instead of a script of 1.5 MB on every page."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

from sphinx.errors import ExtensionError

from . import assets

SOLID = """angle-left angle-right arrow-up bars chevron-down chevron-left chevron-right circle-half-stroke code
download expand file file-lines file-pdf home lightbulb list magnifying-glass moon outdent pencil pencil-alt play
rocket sun xmark""".split()
BRANDS = ["github"]
MODIFIERS = {"lg", "sm", "xs", "fw", "solid", "regular", "brands", "spin", "stack", "inverse"}
RULES = """:where(.fa-solid,.fas,.fa-brands,.fab,.fa-regular,.far){display:inline-block;width:1.25em;height:1em;
vertical-align:-.125em;background:currentColor;mask:var(--icon) center/contain no-repeat;forced-color-adjust:auto}
.fa-solid::before,.fas::before,.fa-brands::before,.fab::before{content:none}
.fa-lg{font-size:1.25em}
@media (forced-colors:active){.fa-solid,.fas,.fa-brands,.fab{background:CanvasText}}
"""


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("builder-inited", write_style)
    app.connect("build-finished", check)


def write_style(app):
    """Write the style sheet of icons, unless the theme's icons and our list are the same as before."""
    target = assets.folder(app) / "icons.css"
    key = f"/* {hashlib.sha256(Path(__file__).read_bytes() + theme_script().read_bytes()).hexdigest()[:16]} */\n"
    if not (target.is_file() and target.read_text(encoding="utf-8").startswith(key)):
        target.write_text(key + style(theme_script()), encoding="utf-8")


def theme_script():
    """Return the theme's script of icons.

    Returns
    -------
    pathlib.Path
        A file of the installed theme.
    """
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
    return theme / "static" / "scripts" / "fontawesome.js"


def style(script):
    """Return the style sheet that draws our icons.

    Parameters
    ----------
    script : pathlib.Path
        Font Awesome's script.

    Returns
    -------
    str
        Rules that draw each icon as a mask in the colour of the text.

    Raises
    ------
    ExtensionError
        If the script has no icon of a name.
    """
    wanted = [("fas", name) for name in SOLID] + [("fab", name) for name in BRANDS]
    command = [*assets.node(), str(Path(__file__).with_suffix(".cjs")), str(script), json.dumps(wanted)]
    outlines = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    missing = [name for (_, name), outline in zip(wanted, outlines, strict=True) if not outline]
    if missing:
        raise ExtensionError(f"the theme's script has no icon {', '.join(missing)}")
    return RULES + "".join(rule(name, **drawn) for (_, name), drawn in zip(wanted, outlines, strict=True))


def rule(name, width, height, path):
    """Return the rule that draws one icon.

    Parameters
    ----------
    name : str
        Name of the icon.
    width, height : int
        Size of its drawing.
    path : str
        Its outline in SVG's terms.

    Returns
    -------
    str
        One rule.

    Examples
    --------
    >>> rule("dot", 1, 1, "M0 0h1v1z")[:40]
    '.fa-dot{--icon:url("data:image/svg+xml,%'
    """
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'><path d='{path}'/></svg>"
    drawing = drawing.replace("<", "%3C").replace(">", "%3E")
    return f'.fa-{name}{{--icon:url("data:image/svg+xml,{drawing}")}}\n'


def check(app, error):
    """Fail the build if a page asks for an icon that the style sheet lacks."""
    if error or app.builder.format != "html":
        return
    known = {*SOLID, *BRANDS, *MODIFIERS}
    for page in Path(app.outdir).rglob("*.html"):
        used = re.findall(r'<i class="[^"]*"', page.read_text(encoding="utf-8"))
        unknown = set(re.findall(r"\bfa-([a-z-]+)", " ".join(used))) - known
        if unknown:
            raise ExtensionError(f"{page.name}: add the icon {sorted(unknown)[0]} to mslib/site/icons.py")
