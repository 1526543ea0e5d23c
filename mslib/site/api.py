"""What the pages of the package's own reference add to docstrings: parameters and quantities with their units."""

import inspect
import re

from ..model import Derived, Model


def setup(app):
    """Connect this part of the extension to Sphinx."""
    app.connect("autodoc-process-docstring", complete, priority=100)
    app.connect("autodoc-skip-member", skip_field)


def skip_field(app, what, name, thing, skip, options):
    """Leave out the fields of a named tuple: its docstring lists them."""
    return True if type(thing).__name__ == "_tuplegetter" else None


def complete(app, what, name, thing, options, lines):
    """Put into the docstring of a model or of an emergent quantity what its declaration says."""
    if inspect.isclass(thing) and issubclass(thing, Model) and thing is not Model:
        at = next((i - 1 for i, line in enumerate(lines) if line.startswith("---")), len(lines))
        lines[at:at] = parameters(thing)
    if isinstance(thing, Derived):
        lines[:0] = [quantity(thing), ""]
    lines[:] = [unnumbered(line) for line in lines]


def unnumbered(line):
    """Return a line of a docstring whose references have no numbers: a page holds many docstrings, each with a first.

    Examples
    --------
    >>> unnumbered("They peak late [1]_."), unnumbered(".. [1] Ho et al.")
    ('They peak late.', '*  Ho et al.')
    """
    return re.sub(r"\s*\[\d+\]_", "", re.sub(r"^(\s*)\.\. \[\d+\] ?", r"\1*  ", line))


def parameters(model):
    """Return the parameters of a model as a section of a numpydoc docstring.

    Parameters
    ----------
    model : type
        A subclass of `mslib.model.Model`.

    Returns
    -------
    list of str
        Lines; none if the model has no parameters.

    Examples
    --------
    >>> from mslib.principles.expression import BirthDeath
    >>> parameters(BirthDeath)[3:5]
    ['k : 1/min', '    Production rate (molecule).']
    """
    lines = ["", "Parameters", "----------"]
    for name, about in model.params().items():
        kind = ", a constant" if about.constant else ""
        lines += [f"{name} : {about.unit or 'number'}", f"    {sentence(about.label)}{kind} ({about.scale})."]
    return [*lines, ""] if model.params() else []


def quantity(derived):
    """Return a line on an emergent quantity: its name, symbol, unit, and the scale at which it arrives.

    Parameters
    ----------
    derived : Derived
        The quantity.

    Returns
    -------
    str
        reStructuredText.

    Examples
    --------
    >>> from mslib.principles.morphogen import Gradient
    >>> quantity(Gradient.derived()["length"])
    'Characteristic length, λ, in µm (tissue).'
    """
    symbol = derived.symbol.replace("*", r"\*").replace("|", r"\|").replace("_", r"\_")
    unit = f", in {derived.unit}" if derived.unit else ""
    return f"{sentence(derived.label)}, {symbol}{unit} ({derived.scale})."


def sentence(words):
    """Return words with a capital at the start.

    Examples
    --------
    >>> sentence("mRNA lifetime"), sentence("loss rate")
    ('mRNA lifetime', 'Loss rate')
    """
    first = words.split()[0]
    return words if first != first.lower() else words[:1].upper() + words[1:]
