"""Numbers in a chapter: printed rounded, with their unit, and ready to be quoted in the text."""

from ..units import format_quantity


def show(label, value, unit="", *, digits=4):
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

    Examples
    --------
    >>> show("width of the vein", 27.7259, "µm")
    width of the vein = 27.73 µm
    """
    print(f"{label} = {format_quantity(value, unit, digits)}".replace("\u00a0", " "))


def quote(digits=4, **quantities):
    """Make numbers available to the text of the page, where ``{glue:text}`` quotes them by name.

    Parameters
    ----------
    digits : int
        Significant digits.
    **quantities : float or (float, str)
        For each name a number, or a number with its unit. Names hold for the whole book: begin them with the slug
        of the chapter.
    """
    from IPython.display import display

    prefix = "application/papermill.record/"
    for name, quantity in quantities.items():
        value, unit = quantity if isinstance(quantity, tuple) else (quantity, "")
        metadata = {"scrapbook": {"name": name, "mime_prefix": prefix}}
        text = repr(format_quantity(value, unit, digits))
        display({f"{prefix}text/plain": text}, metadata=metadata, raw=True)
