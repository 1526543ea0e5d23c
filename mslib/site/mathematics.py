"""Mathematics rendered while the book is built: KaTeX's HTML with MathML inside, no script in the page."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number

from . import assets

NUMBERED = r"\\(begin|end)\{(equation|align|gather|alignat)\}"
SCROLLABLE = "pst-scrollable-table-container"  # the theme's script lets the keyboard scroll what has this class


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_html_math_renderer("prerendered", (visit_math, None), (visit_displaymath, None))
    app.connect("config-inited", choose_renderer)
    app.connect("build-finished", stop_renderer)


def choose_renderer(app, config):
    """Make this renderer the book's, unless its configuration names another."""
    if "html_math_renderer" not in config._raw_config:
        config.html_math_renderer = "prerendered"


class Katex:
    """A node process that renders one formula after the other."""

    def __init__(self):
        script = Path(__file__).with_suffix(".cjs")
        library = assets.install() / "katex" / "dist" / "katex.js"
        command = [*assets.node(), str(script), str(library)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def render(self, tex, display):
        """Return the HTML of a formula.

        Parameters
        ----------
        tex : str
            The formula.
        display : bool
            Whether it stands on a line of its own.

        Returns
        -------
        str
            HTML with MathML for assistive technology.

        Raises
        ------
        ValueError
            With KaTeX's words, if it is not valid.
        """
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise ExtensionError("the node process that renders mathematics has ended")
        answer = json.loads(answer)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["html"]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@cache
def renderer():
    """Return the one renderer of this build, started at its first formula.

    Returns
    -------
    Katex
        The running process.
    """
    return Katex()


def stop_renderer(app, error):
    """End the node process, if there was a formula."""
    if renderer.cache_info().currsize:
        renderer().close()
        renderer.cache_clear()


@cache
def to_html(tex, display=False):
    """Return the HTML of a formula.

    Parameters
    ----------
    tex : str
        The formula.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        HTML with MathML for assistive technology.

    Raises
    ------
    ValueError
        With KaTeX's words, if it is not valid.
    """
    return renderer().render(tex, display)


def in_place(writer, node, tex, display):
    """Return the HTML of a node's formula; if it is wrong, stop the build at its place in the text."""
    try:
        return to_html(tex, display)
    except ValueError as error:
        place = f"{writer.builder.current_docname}, {line_in_words(node.line or 0)}"
        raise ExtensionError(f"mathematics in {place}: {error}\n{tex}") from error


def line_in_words(line):
    """Say where a line is; myst-nb counts 10,000 lines a cell.

    Parameters
    ----------
    line : int
        Line of a node.

    Returns
    -------
    str
        The place in words.

    Examples
    --------
    >>> line_in_words(12), line_in_words(30004)
    ('near line 12', 'cell 3, near line 4')
    """
    cell, line = divmod(line, 10_000)
    return f"cell {cell}, near line {line}" if cell else f"near line {line}"


def visit_math(self, node):
    """Write a formula within a sentence."""
    html = in_place(self, node, node.astext(), display=False)
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight") + html + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self, node):
    """Write a formula on a line of its own, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    tex = unnumbered(node.astext()) if node["nowrap"] else aligned(node.astext())
    formula = in_place(self, node, tex, display=True)
    self.body.append(f'<div class="ms-formula {SCROLLABLE}">{formula}</div></div>\n')
    raise nodes.SkipNode


def unnumbered(tex):
    r"""Return LaTeX environments in their unnumbered forms; Sphinx writes the number itself.

    Parameters
    ----------
    tex : str
        One or more environments.

    Returns
    -------
    str
        The same, starred.

    Examples
    --------
    >>> unnumbered(r"\begin{align} a &= b \end{align}")
    '\\begin{align*} a &= b \\end{align*}'
    """
    return re.sub(NUMBERED, r"\\\1{\2*}", tex)


def aligned(tex):
    r"""Return a formula of several lines or paragraphs as one that a renderer of single formulas accepts.

    Parameters
    ----------
    tex : str
        Lines end in a double backslash; paragraphs are apart by an empty line.

    Returns
    -------
    str
        The formula, wrapped in ``split`` or ``aligned`` as far as it needs to be.

    Examples
    --------
    >>> aligned(r"a &= b \\ &= c")
    '\\begin{split}a &= b \\\\ &= c\\end{split}'
    """
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    parts = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    return parts[0] if len(parts) == 1 else r"\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}"
