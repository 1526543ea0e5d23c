"""The colours of code on paper, and code without the marks that have no colour."""

import re
from functools import cache

from pygments.formatters import HtmlFormatter

STYLE = "a11y-high-contrast-light"
TEXT_COLOUR = "#080808"
RULE = re.compile(r"^\.highlight \.(\w+) \{ ([^}]*) \}", re.M)
TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')


@cache
def colours():
    """Return the declarations of the style by the class of a token, without those in the colour of text."""
    rules = RULE.findall(HtmlFormatter(style=STYLE).get_style_defs(".highlight"))
    return {name: declared for name, declared in rules if TEXT_COLOUR not in declared}


def sheet():
    """Return the style sheet of code."""
    return "".join(f".highlight .{name} {{ {declared} }}\n" for name, declared in colours().items())


def simplified(html):
    """Return code in which only what has a colour is marked.

    Examples
    --------
    >>> simplified('<pre><span></span><span class="n">x</span><span class="o">=</span><span class="mi">1</span></pre>')
    '<pre>x<span class="o">=</span><span class="mi">1</span></pre>'
    """
    html = html.replace("<span></span>", "")
    return TOKEN.sub(lambda token: token[0] if token[1] in colours() else token[2], html)
