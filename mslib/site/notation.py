"""The table of symbols: what each one means in each chapter, collected from the declarations of the models."""

import importlib
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sphinx.util.docutils import SphinxDirective

from ..explore.fingerprint import module_closure
from ..model import all_models
from ..units import unit_name
from .chapters import by_slug
from .header import parsed
from .map import depends_on_chapters, to_page
from .tables import symbol, table

EXPRESSION = re.compile(r"[/+√|−∫ ]|^[a-z]{4,}$")


@dataclass(frozen=True)
class Meaning:
    """What a symbol stands for in one chapter."""

    symbol: str
    words: str
    unit: str
    slug: str


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.add_directive("notation-table", NotationTable)


class NotationTable(SphinxDirective):
    """All symbols of the models of some packages, which are named as arguments."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return a sentence on the symbols with several meanings, and the table."""
        packages = (self.arguments or ["mslib.principles"])[0].split()
        models = [model for package in packages for model in all_models(importlib.import_module(package))]
        chapters = by_slug(self.env.app)
        depends_on_chapters(self, chapters.values())
        for path in module_closure({model.__module__ for model in models}):
            self.env.note_dependency(str(path))
        found = [one for one in meanings(models) if one.slug in chapters]
        rows = [
            [parsed(self, text) for text in (name, one.words, unit(one), to_page(chapters[one.slug]))]
            for name, members in grouped(found)
            for one in members
        ]
        return [*parsed(self, reused(found)), table(("symbol", "meaning", "unit", "chapter"), rows)]


def meanings(models):
    """Return what the symbols of some models mean, each meaning once a chapter.

    Parameters
    ----------
    models : list of type
        Subclasses of `mslib.model.Model`.

    Returns
    -------
    list of Meaning
        By symbol: Latin letters first, then Greek; formulas and conversions of units are left out.
    """
    declared = (
        (Path(model.__module__.replace(".", "/")).name, about)
        for model in models
        for about in [*model.params().values(), *model.derived().values()]
    )
    found = {Meaning(about.symbol, about.label, about.unit, slug) for slug, about in declared}
    return sorted((one for one in found if not EXPRESSION.search(one.symbol)), key=order)


def unit(meaning):
    """Return the unit of a quantity as a table shows it."""
    return unit_name(meaning.unit) or "–"


def order(meaning):
    """Return what a list of symbols is sorted by: the first letter without its case, then the rest."""
    letter = re.sub(r"[⟨\W\d_]", "", meaning.symbol)[:1]
    return (letter.lower(), letter.islower(), meaning.symbol, meaning.slug, meaning.words)


def grouped(found):
    """Return (symbol in Markdown, meanings) for each symbol; the symbol is shown in its first row only.

    Parameters
    ----------
    found : list of Meaning
        Sorted by symbol.

    Returns
    -------
    list of (str, list of Meaning)
        One pair a row, with an empty symbol in all rows but the first of each.
    """
    rows = []
    for name, members in groupby(found, key=lambda one: one.symbol):
        for index, one in enumerate(members):
            rows.append((symbol(name) if index == 0 else "", [one]))
    return rows


def reused(found):
    """Return a sentence on the symbols that mean something else in another chapter.

    Parameters
    ----------
    found : list of Meaning
        Sorted by symbol.

    Returns
    -------
    str
        MyST Markdown.

    Examples
    --------
    >>> wing, dish = Meaning("D", "diffusion", "µm²/s", "morphogen"), Meaning("D", "divisions", "", "senescence")
    >>> reused([wing, dish])
    'These symbols change their meaning from chapter to chapter: D.'
    >>> reused([wing])
    'No symbol changes its meaning from chapter to chapter.'
    """
    groups = [list(members) for _, members in groupby(found, key=lambda one: one.symbol)]
    several = [
        symbol(members[0].symbol)
        for members in groups
        if len({one.slug for one in members}) > 1 and len({one.words for one in members}) > 1
    ]
    if not several:
        return "No symbol changes its meaning from chapter to chapter."
    return f"These symbols change their meaning from chapter to chapter: {', '.join(several)}."
