"""An interactive figure of a chapter, shown once more on another page."""

import re
from pathlib import Path

from sphinx.util.docutils import SphinxDirective

from .header import raw
from .outputs import elements


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_directive("explorer", ShownAgain)


class ShownAgain(SphinxDirective):
    """The interactive figure whose name is the argument."""

    required_arguments = 1

    def run(self):
        """Return the figure."""
        self.env.note_dependency(str(Path(self.env.app.outdir).parent / "execution.json"))
        name = self.arguments[0]
        found = [one for one in elements(self.env.app) if (one.kind, one.id) == ("mslib-explorer", name)]
        if not found:
            raise self.error(f"no chapter of the contents has an interactive figure {name!r}")
        return [raw(without_question(found[0].html))]


def without_question(html):
    """Return an interactive figure that asks for no prediction: that belongs where the figure is explained.

    Parameters
    ----------
    html : str
        The element of the figure.

    Returns
    -------
    str
        The element.

    Examples
    --------
    >>> without_question('{"play": null, "question": "Which one?", "choices": ["D"]}')
    '{"play": null, "question": "", "choices": ["D"]}'
    """
    return re.sub(r'"question": "(?:[^"\\]|\\.)*"', '"question": ""', html, count=1)
