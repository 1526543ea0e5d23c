"""Numbers in a chapter: printed rounded, with their unit, and ready to be quoted in the text."""

from ..units import format_quantity


def show(label, value, unit="", *, digits=4, glue=None):
    """Print a number with its name and unit, rounded the same on every platform.

    Parameters
    ----------
    label : str
        Name of the quantity.
    value : float
        Its value, in `unit`.
    unit : str
        Unit, empty if dimensionless.
    digits : int
        Significant digits.
    glue : str, optional
        Name under which the text can quote the number: ``{glue:text}`` in a page.

    Examples
    --------
    >>> show("width of the vein", 27.7259, "µm")
    width of the vein = 27.73 µm
    """
    written = format_quantity(value, unit, digits)
    print(f"{label} = {written}".replace("\u00a0", " "))
    if glue:
        quote(glue, written)


def quote(name, text):
    """Make a text available to the page under a name, invisibly.

    Parameters
    ----------
    name : str
        Name that ``{glue:text}`` uses.
    text : str
        What the page prints.
    """
    from IPython.display import display

    prefix = "application/papermill.record/"
    metadata = {"scrapbook": {"name": name, "mime_prefix": prefix}}
    display({f"{prefix}text/plain": repr(text)}, metadata=metadata, raw=True)
