"""Drawings, formulas and code, set aside while a page is rearranged; they come back in the form that a copy needs."""

import re
from html import escape, unescape
from xml.etree import ElementTree

from . import code

UNSEEN = re.compile(
    r'<script type="text/plain" class="ms-frames">.*?</script>'
    r'|<a class="headerlink"[^>]*>.*?</a>'
    r'|<a class="reference internal"[^>]*><span class="viewcode-link">.*?</a>'
    r'|<span class="pre">([^<]*)</span>',
    re.S,
)
FORMULA = '<span class="katex">'
SPAN = re.compile(r"<span\b|</span>")
WHOLE = re.compile(r"<svg\b.*?</svg>|<pre>.*?</pre>", re.S)
PLACE = re.compile(r'<ms-kept n="(\d+)"></ms-kept>')
SCREEN_ONLY = re.compile(r""" data-[a-z]+="[^"]*"|</?a\b[^>]*>|<rect\b[^>]*fill="transparent"/>""")
DEFINED = re.compile(r'<(clipPath|path) id="([^"]+)"(?:[^>]*/>|.*?</\1>)')
THEMED = re.compile(r"var\(--[\w-]+, (#\w+)\)")
MATHML = re.compile(r"<math\b([^>]*)><semantics>(.*?)<annotation[^>]*>(.*?)</annotation></semantics></math>", re.S)
EMPTY = re.compile(r' \w+=""')
NESTED = re.compile(r"<m[io]\b[^>]*><m")


def take_out(html, kept):
    """Return a page without what paper never shows, with place holders for drawings, formulas and code.

    Parameters
    ----------
    html : str
        Markup.
    kept : list of str
        Gets what is taken out; a place holder holds the index.

    Returns
    -------
    str
        Markup that is quick to read.

    Examples
    --------
    >>> kept = []
    >>> take_out('<p><svg><g/></svg></p>', kept), kept
    ('<p><ms-kept n="0"></ms-kept></p>', ['<svg><g/></svg>'])
    """

    def keep(text):
        kept.append(text)
        return f'<ms-kept n="{len(kept) - 1}"></ms-kept>'

    head, *rest = UNSEEN.sub(r"\1", html).split(FORMULA)
    for text in rest:
        end = end_of_span(text)
        head += keep(FORMULA + text[:end]) + text[end:]
    return WHOLE.sub(lambda found: keep(found[0]), head)


def end_of_span(text):
    """Return where the span ends within which a text begins.

    Examples
    --------
    >>> end_of_span("a<span>b</span></span>c")
    22
    """
    depth = 1
    for mark in SPAN.finditer(text):
        depth += 1 if mark[0] != "</span>" else -1
        if not depth:
            return mark.end()
    raise ValueError(f"a formula does not end: {text[:80]}")


def put_back(html, kept, form):
    """Return markup with drawings, formulas and code in their places.

    Parameters
    ----------
    html : str
        Markup with place holders.
    kept : list of str
        What was taken out.
    form : object
        ``drawing(svg)`` and ``formula(html)`` give them the form that is needed.

    Returns
    -------
    str
        Markup.
    """

    def fill(place):
        text = kept[int(place[1])]
        if text.startswith("<pre>"):
            return code.simplified(text)
        return form.formula(text) if text.startswith(FORMULA) else form.drawing(text)

    return PLACE.sub(fill, html)


def light(svg):
    """Return a drawing in the colours of paper, without links and without what only the site's scripts read.

    Parameters
    ----------
    svg : str
        An SVG element as the site has it.

    Returns
    -------
    str
        The same with plain colours.

    Examples
    --------
    >>> light('<svg data-gap="3"><a href="b.html"><path fill="var(--ms-ink, #000)"/></a></svg>')
    '<svg><path fill="#000"/></svg>'
    """
    return defined_once(THEMED.sub(r"\1", SCREEN_ONLY.sub("", svg)))


def defined_once(svg):
    """Return a drawing in which what the layers of a figure both define is defined once.

    Examples
    --------
    >>> defined_once('<svg><path id="m1" d="M0 0"/><path id="m1" d="M0 0"/></svg>')
    '<svg><path id="m1" d="M0 0"/></svg>'
    """
    seen = set()

    def first(found):
        known = found[2] in seen
        seen.add(found[2])
        return "" if known else found[0]

    return DEFINED.sub(first, svg)


def alternative(svg):
    """Return what a drawing shows, in words; an empty text if it is only an ornament.

    Examples
    --------
    >>> alternative('<svg aria-label="a &lt; b"></svg>')
    'a < b'
    """
    found = re.match(r'<svg[^>]*? aria-label="([^"]*)"', svg)
    return unescape(found[1]) if found else ""


def size(svg):
    """Return width and height of a drawing in its own units.

    Examples
    --------
    >>> size('<svg viewBox="0 0 489.6 223.2"></svg>')
    (489.6, 223.2)
    """
    box = re.search(r'viewBox="([^"]*)"', svg)[1].split()
    return float(box[2]), float(box[3])


def with_own_ids(svg, prefix):
    """Return a drawing whose ids begin with a prefix, so that it can stand beside others.

    Examples
    --------
    >>> with_own_ids('<svg><path id="m1"/><use href="#m1" clip-path="url(#m1)"/></svg>', "f-")
    '<svg><path id="f-m1"/><use href="#f-m1" clip-path="url(#f-m1)"/></svg>'
    """
    return re.sub(r'( id="|href="#|url\(#)', rf"\1{prefix}", svg)


def mathml(formula):
    """Return the MathML of a formula, with its LaTeX as alternative text.

    Parameters
    ----------
    formula : str
        KaTeX's HTML.

    Returns
    -------
    str
        An element ``math``.

    Examples
    --------
    >>> mathml('<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x</annotation></semantics></math>')
    '<math alttext="x"><mi>x</mi></math>'
    """
    attributes, body, tex = MATHML.search(formula).groups()
    body = EMPTY.sub("", body)
    if NESTED.search(body):
        body = with_rows(body)
    return f'<math{attributes} alttext="{escape(unescape(tex).strip())}">{body}</math>'


def drawn(formula, prefix):
    """Return a formula as KaTeX draws it, as one image whose name is its LaTeX.

    Parameters
    ----------
    formula : str
        KaTeX's HTML.
    prefix : str
        Stands before the name.

    Returns
    -------
    str
        HTML without MathML.

    Examples
    --------
    >>> math = '<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x</annotation></semantics></math>'
    >>> drawn(f'<span class="katex"><span class="katex-mathml">{math}</span><span>x</span></span>', "Formula: ")
    '<span class="katex" role="img" aria-label="Formula: x"><span>x</span></span>'
    """
    tex = escape(" ".join(unescape(MATHML.search(formula)[3]).split()))
    shown = MATHML.sub("", formula).replace('<span class="katex-mathml"></span>', "").replace(' aria-hidden="true"', "")
    return shown.replace(FORMULA, f'<span class="katex" role="img" aria-label="{prefix}{tex}">', 1)


def with_rows(body):
    """Return MathML whose symbols hold text alone: those that hold other elements, as KaTeX writes them, become rows.

    Examples
    --------
    >>> with_rows("<mo><mover><mo>=</mo><mi>k</mi></mover></mo>")
    '<mrow><mover><mo>=</mo><mi>k</mi></mover></mrow>'
    """
    tree = ElementTree.fromstring(f"<math>{body}</math>")
    for element in tree.iter():
        if element.tag in ("mi", "mo") and len(element):
            element.tag = "mrow"
            element.attrib.clear()
    return ElementTree.tostring(tree, "unicode", short_empty_elements=False)[len("<math>") : -len("</math>")]
