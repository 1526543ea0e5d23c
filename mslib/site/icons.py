"""The theme's icons as fonts of a few glyphs, instead of a script of 1.5 MB or fonts of 260 kB."""

import re
from pathlib import Path

from fontTools import subset
from sphinx.errors import ExtensionError

from . import assets

SOLID = [
    "angle-left", "angle-right", "arrow-up", "bars", "chevron-down", "chevron-left", "chevron-right",
    "circle-half-stroke", "code", "download", "expand", "file", "file-lines", "file-pdf", "home", "lightbulb", "list",
    "magnifying-glass", "moon", "outdent", "pencil", "pencil-alt", "play", "rocket", "sun", "xmark",
]  # fmt: skip
BRANDS = ["github"]
MODIFIERS = {"lg", "sm", "xs", "fw", "solid", "regular", "brands"}
FACES = {
    "solid": ('"Font Awesome 6 Free"', 900, "fa-solid-900.ttf"),
    "brands": ('"Font Awesome 6 Brands"', 400, "fa-brands-400.ttf"),
}
GLYPH = r'\.fa-%s:{1,2}before[^{}]*\{content:"\\([0-9a-f]+)"\}'
THEMES_OWN = r'--pst-icon-[a-z-]+:"(.)"'


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("builder-inited", write)
    app.connect("build-finished", check)


def theme_folder():
    """Return the static folder of the theme.

    Returns
    -------
    pathlib.Path
        A folder of the installed package.
    """
    import pydata_sphinx_theme

    return Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"


def write(app):
    """Write the fonts and their style sheet into the folder of generated files."""
    theme, target = theme_folder(), assets.folder(app)
    style = (theme / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    points = {"solid": {n: codepoint(style, n) for n in SOLID}, "brands": {n: codepoint(style, n) for n in BRANDS}}
    own = {ord(character) for character in re.findall(THEMES_OWN, style)}
    rules = []
    for face, (family, weight, file) in FACES.items():
        font = target / f"icons-{face}.woff"
        cut(theme / "vendor" / "fontawesome" / "webfonts" / file, own | set(points[face].values()), font)
        source = f'src:url({font.name}) format("woff")'
        rules.append(f"@font-face{{font-family:{family};font-weight:{weight};font-display:block;{source}}}")
        rules += [f'.fa-{name}::before{{content:"\\{point:x}"}}' for name, point in points[face].items()]
    (target / "icons.css").write_text("\n".join(rules) + "\n", encoding="utf-8")


def codepoint(style, name):
    r"""Return the character that draws an icon.

    Parameters
    ----------
    style : str
        The theme's style sheet.
    name : str
        Name of the icon.

    Returns
    -------
    int
        Its place in the font.

    Raises
    ------
    ExtensionError
        If the theme has no such icon.

    Examples
    --------
    >>> hex(codepoint('.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}', "bars"))
    '0xf0c9'
    """
    found = re.search(GLYPH % re.escape(name), style)
    if not found:
        raise ExtensionError(f"the theme has no icon {name!r}")
    return int(found[1], 16)


def cut(font, points, target):
    """Write a font with some characters of another one.

    Parameters
    ----------
    font, target : pathlib.Path
        The whole font and the one to write.
    points : set of int
        The characters to keep, where the font has them.
    """
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True, desubroutinize=True)
    whole = subset.load_font(str(font), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(whole)
    subset.save_font(whole, str(target), options)


def check(app, error):
    """Fail the build if a page asks for an icon that the fonts lack."""
    if error or app.builder.format != "html":
        return
    known = {*SOLID, *BRANDS, *MODIFIERS}
    for page in Path(app.outdir).rglob("*.html"):
        used = re.findall(r'<(?:i|span) class="([^"]*\bfa-[^"]*)"', page.read_text(encoding="utf-8"))
        unknown = set(re.findall(r"\bfa-([a-z-]+)", " ".join(used))) - known
        if unknown:
            raise ExtensionError(f"{page.name}: add the icon {sorted(unknown)[0]!r} to mslib/site/icons.py")
