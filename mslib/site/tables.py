"""Tables that the book makes of itself: objectives with their problems, and all parameters with their sources."""

import importlib
import inspect
import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from ..explore.fingerprint import module_closure
from ..model import Model, all_models
from ..units import format_number, unit_name
from .chapters import all_chapters
from .header import parsed, raw
from .map import depends_on_chapters, to_page
from .outputs import elements


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_directive("coverage-table", CoverageTable)
    app.add_directive("parameter-table", ParameterTable)


class CoverageTable(SphinxDirective):
    """For the instructor: which problem examines which objective of which chapter."""

    def run(self):
        """Return the table."""
        chapters = all_chapters(self.env.app)
        depends_on_chapters(self, chapters)
        where = {element.id: element for element in elements(self.env.app) if element.kind == "mslib-problem"}
        rows = [
            (parsed(self, objective["text"]), self.problem(objective["problem"], where), parsed(self, to_page(chapter)))
            for chapter in chapters
            for objective in chapter.about["objectives"]
        ]
        return [table(("objective", "problem", "chapter"), rows)]

    def problem(self, key, where):
        """Return the name of a problem, as a link if a page shows it."""
        words = key.replace("-", " ")
        if key not in where:
            return [nodes.paragraph(words, words)]
        return [raw(f'<p><a href="{where[key].address(self.env.docname)}">{words}</a></p>')]


class ParameterTable(SphinxDirective):
    """All parameters of the models of some packages or modules, which are named as arguments."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return one table a model."""
        names = (self.arguments or ["mslib.principles"])[0].split()
        models = [model for name in names for model in models_of(name)]
        for path in module_closure({model.__module__ for model in models}):
            self.env.note_dependency(str(path))
        return [found for model in models for found in self.model(model)]

    def model(self, model):
        """Return the table of one model."""
        heading = ("parameter", "symbol", "value", "unit", "range", "scale", "source")
        rows = [
            [parsed(self, words) for words in row(about, default)]
            for about, default in zip(model.params().values(), defaults(model), strict=True)
        ]
        summary = (model.__doc__ or "").strip().splitlines()[0]
        return [table(heading, rows, title=f"{model.__name__}: {summary}")] if rows else []


def models_of(name):
    """Return the models that a package or module defines, without those that are only there to be inherited from.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    list of type
        In order of definition.

    Examples
    --------
    >>> models_of("mslib.principles.morphogen")[0].__name__
    'Gradient'
    """
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        found = all_models(module)
    else:
        classes = filter(inspect.isclass, vars(module).values())
        found = [one for one in classes if issubclass(one, Model) and one.__module__ == name]
    return [model for model in found if not model.__name__.startswith("_")]


def defaults(model):
    """Return the default values of a model's parameters, in order."""
    start = model()
    return [getattr(start, name) for name in model.params()]


def row(about, value):
    """Return one parameter as pieces of Markdown.

    Parameters
    ----------
    about : Param
        The parameter.
    value : float
        Its default.

    Returns
    -------
    list of str
        Name, symbol, value, unit, range, scale, source.
    """
    value, unit = format_number(value), unit_name(about.unit) or "–"
    limits = "constant" if about.constant else f"{format_number(about.low)} to {format_number(about.high)}"
    source = about.source if about.source == "illustrative" else f"{{cite:t}}`{about.source}`"
    return [about.label, symbol(about.symbol), value, unit, limits, about.scale, source]


def symbol(text):
    """Return a symbol of an equation in Markdown, what follows an underscore as a subscript.

    Parameters
    ----------
    text : str
        Symbol as a model declares it.

    Returns
    -------
    str
        MyST Markdown.

    Examples
    --------
    >>> symbol("C_T"), symbol("x*")
    ('C{sub}`T`', 'x\\\\*')
    """
    return re.sub(r"_(\w+)", r"{sub}`\1`", re.sub(r"([*`\[\]])", r"\\\1", text))


def table(heading, rows, title=""):
    """Return a table of docutils.

    Parameters
    ----------
    heading : sequence of str
        Names of the columns.
    rows : list of list of list of docutils.nodes.Node
        The blocks of each cell.
    title : str
        Text above the table.

    Returns
    -------
    docutils.nodes.table
        The table; the site's style lets it scroll on a narrow screen.
    """
    group = nodes.tgroup(cols=len(heading))
    group += [nodes.colspec(colwidth=1) for _ in heading]
    names = [nodes.entry("", nodes.paragraph(name, name)) for name in heading]
    group += nodes.thead("", nodes.row("", *names))
    group += nodes.tbody("", *(nodes.row("", *(nodes.entry("", *cell) for cell in cells)) for cells in rows))
    found = nodes.table(classes=["ms-table", "colwidths-auto"])
    if title:
        found += nodes.title(title, title)
    found += group
    return found
