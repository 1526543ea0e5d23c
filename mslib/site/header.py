"""The head of a chapter, made from its notebook's metadata: what it joins, what it teaches, what it needs."""

import json
import re
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from ..model import SCALES
from .chapters import by_slug, read
from .outputs import elements

MARK, DOOR = "\n\n```{chapter-header}\n```\n\n", "\n\n```{workshop-door}\n```\n\n"


class Landmark(nodes.General, nodes.Element):
    """A named part of a page."""


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_node(Landmark, html=(visit_landmark, depart_landmark), epub=(visit_landmark, depart_landmark))
    app.add_directive("chapter-header", ChapterHeader)
    app.connect("source-read", insert_header)


def visit_landmark(self, node):
    """Open the part."""
    self.body.append(f'<section class="{" ".join(node["classes"])}" aria-label="{escape(node["label"])}">')


def depart_landmark(self, node):
    """Close the part."""
    self.body.append("</section>\n")


def insert_header(app, page, content):
    """Ask for the header and the workshop's door after the title of a notebook; only chapters have a header."""
    if not app.env.doc2path(page).endswith(".ipynb"):
        return
    notebook = json.loads(content[0])
    marks = (MARK if "mslib" in notebook["metadata"] else "") + DOOR
    first = next(cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    first["source"] = re.sub(r"^# .*$", lambda title: title[0] + marks, "".join(first["source"]), count=1, flags=re.M)
    content[0] = json.dumps(notebook)


def parsed(directive, text):
    """Return the nodes of a piece of MyST Markdown.

    Parameters
    ----------
    directive : sphinx.util.docutils.SphinxDirective
        The directive that needs it.
    text : str
        Markdown with roles and mathematics.

    Returns
    -------
    list of docutils.nodes.Node
        Its blocks.
    """
    holder = nodes.Element()
    directive.state.nested_parse(StringList(text.splitlines(), directive.env.docname), directive.lineno, holder)
    return holder.children


def raw(html):
    """Return a node of HTML."""
    return nodes.raw("", html, format="html")


class ChapterHeader(SphinxDirective):
    """The box after a chapter's title."""

    def run(self):
        """Return the box."""
        chapter = read(Path(self.env.doc2path(self.env.docname)), self.env.docname)
        self.env.metadata[self.env.docname] |= dict.fromkeys(
            ("description", "og:description"), chapter.about["summary"]
        )
        box = Landmark(classes=["ms-chapter"], label="About this chapter")
        box += parsed(self, chapter.about["summary"])
        box[0]["classes"].append("ms-chapter__summary")
        rows = {
            "Joins": [raw(scales(chapter.about["joins"]))],
            "You will be able to": self.objectives(chapter),
            "Before you start": parsed(self, self.needs(chapter)),
            "Time": parsed(self, f"about {chapter.about['minutes']} minutes"),
        }
        listed = nodes.definition_list()
        for term, definition in rows.items():
            listed += nodes.definition_list_item("", nodes.term(term, term), nodes.definition("", *definition))
        box += listed
        return [box]

    def objectives(self, chapter):
        """Return the list of objectives, each with a link to the problem that meets it, on this page if it is here."""
        problems = [element for element in elements(self.env.app) if element.kind == "mslib-problem"]
        problems.sort(key=lambda element: element.page == self.env.docname)
        where = {element.id: element for element in problems}
        items = nodes.bullet_list()
        for objective in chapter.about["objectives"]:
            item = nodes.list_item("", *parsed(self, objective["text"]))
            problem = where.get(objective["problem"])
            if problem:
                label = f'check<span class="visually-hidden">: {objective["problem"].replace("-", " ")}</span>'
                address = problem.address(self.env.docname)
                item[-1] += raw(f' <a class="ms-to-problem" href="{address}">{label}</a>')
            items += item
        return [items]

    def needs(self, chapter):
        """Return what the reader should know, in Markdown."""
        known = by_slug(self.env.app)
        links = [f"{{doc}}`{known[s].short} </{known[s].page}>`" for s in chapter.about["prerequisites"]]
        before = ", ".join(links) or "No other chapter is needed"
        return f"{before}. Mathematics: {', '.join(chapter.about['mathematics']) or 'none'}."


def scales(joined):
    """Return the ladder of scales as a list in HTML, the joined ones marked; only they are read aloud.

    Parameters
    ----------
    joined : list of str
        Some of the scales.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> scales(["cell"])[:66]
    '<ol class="ms-scales"><li aria-hidden="true">molecule</li><li clas'
    """
    items = (
        f'<li class="ms-joined">{scale}</li>' if scale in joined else f'<li aria-hidden="true">{scale}</li>'
        for scale in SCALES
    )
    return f'<ol class="ms-scales">{"".join(items)}</ol>'
