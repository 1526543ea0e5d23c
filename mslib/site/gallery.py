"""An index of the interactive figures, each with a small picture of how it starts."""

import re
from html import escape, unescape
from pathlib import Path

from sphinx.util.docutils import SphinxDirective

from . import assets
from .header import raw
from .outputs import elements

THEMES = {"light": ":root", "dark": 'html[data-theme="dark"]'}


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_directive("explorer-index", ExplorerIndex)


class ExplorerIndex(SphinxDirective):
    """All interactive figures of the book."""

    def run(self):
        """Return the list."""
        app = self.env.app
        self.env.note_dependency(str(Path(app.outdir).parent / "execution.json"))
        up = "../" * self.env.docname.count("/")
        titles = {page: escape(title.astext()) for page, title in self.env.titles.items()}
        cards = []
        for element in (found for found in elements(app) if found.kind == "mslib-explorer"):
            names = thumbnails(element, assets.folder(app) / "thumbnails")
            address, text = element.address(self.env.docname), escape(caption(element.html))
            images = "".join(picture(theme, f"{up}_static/thumbnails/{name}", element) for theme, name in names.items())
            cards.append(
                f'<li>{images}<a href="{address}">{text}</a><small>{titles.get(element.page, "")}</small></li>'
            )
        return [raw(f'<ul class="ms-gallery">{"".join(cards)}</ul>')]


def picture(theme, address, element):
    """Return the image that pages of a theme show, described as the figure describes itself."""
    described = re.search(r'<svg[^>]*aria-label="([^"]*)"', element.html)
    alt = described[1] if described else escape(caption(element.html))
    return f'<img class="only-{theme}" src="{address}" alt="{alt}" loading="lazy">'


def caption(html):
    """Return the caption of an interactive figure.

    Parameters
    ----------
    html : str
        Its element.

    Returns
    -------
    str
        Plain text.

    Examples
    --------
    >>> caption("<figure><figcaption>A <b>vein</b> &amp; its edge.</figcaption></figure>")
    'A vein & its edge.'
    """
    found = re.search(r"<figcaption[^>]*>(.*?)</figcaption>", html, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


def thumbnails(element, folder):
    """Write the starting picture of an interactive figure, once for light and once for dark pages.

    Parameters
    ----------
    element : Element
        The figure.
    folder : pathlib.Path
        Where to write.

    Returns
    -------
    dict of str to str
        File names by theme; empty if the figure holds no SVG.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = re.search(r"<svg.*?</svg>", element.html, re.DOTALL)
    names = {}
    for theme in THEMES if found else ():
        names[theme] = f"{element.id}-{theme}.svg"
        (folder / names[theme]).write_text(coloured(found[0], colours(theme)), encoding="utf-8")
    return names


def colours(theme):
    """Return the colours that the site's style sheet gives to the names used in figures.

    Parameters
    ----------
    theme : str
        ``"light"`` or ``"dark"``.

    Returns
    -------
    dict of str to str
        For example ``{"--ms-ink": "#1b1f24"}``.
    """
    style = (assets.OWN_STATIC / "site.css").read_text(encoding="utf-8")
    block = re.search(re.escape(THEMES[theme]) + r"\s*\{(.*?)\}", style, re.DOTALL)[1]
    return dict(re.findall(r"(--ms-[a-z]+):\s*([^;]+);", block))


def coloured(svg, colour):
    """Return a picture with its colours written out: a file knows no style sheet of the page.

    Parameters
    ----------
    svg : str
        SVG element.
    colour : dict of str to str
        Colours by name.

    Returns
    -------
    str
        A file of its own.

    Examples
    --------
    >>> coloured('<svg xmlns="x" fill="var(--ms-ink)"/>', {"--ms-ink": "#000"})
    '<svg xmlns="x" fill="#000"/>'
    """
    svg = re.sub(r"var\((--ms-[a-z]+)[^)]*\)", lambda name: colour.get(name[1], "currentColor"), svg)
    return svg if "xmlns=" in svg else svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
