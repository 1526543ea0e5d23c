"""Units of measurement: the registry with this book's own units, conversion, and how a number is written."""

import re
from functools import cache

import numpy as np

OWN_UNITS = ("base_pair = [base_pair] = bp", "kilobase = 1000 * base_pair = kb")
COUNTED = ("molecule", "cell", "virion", "channel", "vesicle", "spike", "division", "generation", "clone")
HIGH = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LOW = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
TERM = re.compile(r"\s*[·*]?\s*(/?)\s*(1(?![\d.])|%|[^\W\d_]+)(?:\^?(-?\d)(?!\d))?\s*")
UNDER_ONE = re.compile(r"/\s*\(([^()]*)\)")


@cache
def registry():
    """Return the one `pint` registry that knows the units of this book.

    Returns
    -------
    pint.UnitRegistry
        Counted things (molecules, cells, divisions …) are dimensionless; a base pair is a unit of its own.

    Examples
    --------
    >>> float(registry()("1 kb").to("bp").magnitude)
    1000.0
    """
    import pint

    ureg = pint.UnitRegistry()
    for definition in OWN_UNITS:
        ureg.define(definition)
    for thing in COUNTED:
        ureg.define(f"{thing} = [] = _ = {thing}s")
    return ureg


def convert(quantity, unit):
    """Return the magnitude of a `pint` quantity in `unit`, or of a plain number unchanged.

    Parameters
    ----------
    quantity : float or pint.Quantity
        A plain number is taken to be in `unit` already.
    unit : str
        Unit to convert to; ``""`` for a dimensionless quantity.

    Returns
    -------
    float or int
        The magnitude in `unit`.

    Raises
    ------
    ValueError
        If the quantity has another dimension than `unit`.

    Examples
    --------
    >>> round(convert(registry()("0.36 mm**2/hour"), "µm²/s"), 6)
    100.0
    """
    if not hasattr(quantity, "to_base_units"):
        return quantity
    ureg = registry()
    try:
        ours = ureg.Quantity(quantity.magnitude, str(quantity.units))
        return ours.to(unit or "dimensionless").magnitude
    except Exception as error:
        raise ValueError(f"{quantity} is not a quantity in {unit or 'plain numbers'}") from error


def format_number(value, digits=4):
    """Write a number with `digits` significant digits, the same on every platform.

    Parameters
    ----------
    value : float
        The number; infinite and undefined values have a sign and a word of their own.
    digits : int
        Significant digits to keep.

    Returns
    -------
    str
        Plain notation from 0.001 to 100 000, powers of ten with superscripts outside.

    Examples
    --------
    >>> format_number(19.920477), format_number(2.52e-4), format_number(1e9)
    ('19.92', '2.52×10⁻⁴', '10⁹')
    """
    value = float(value)
    if np.isnan(value):
        return "undefined"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    sign = "−" if float(mantissa) != 0 and value < 0 else ""
    exponent = int(exponent)
    if float(mantissa) == 0:
        return "0"
    if -3 <= exponent < 5:
        plain = f"{abs(value):.{max(digits - 1 - exponent, 0)}f}"
        plain = f"{round(abs(value), digits - 1 - exponent):.0f}" if exponent >= digits else plain
        return sign + (plain.rstrip("0").rstrip(".") if "." in plain else plain)
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = "10" + str(exponent).translate(HIGH)
    return sign + (power if mantissa == "1" else f"{mantissa}×{power}")


def unit_terms(unit):
    """Return the symbols and powers of which a unit is made, in any of the usual spellings.

    Parameters
    ----------
    unit : str
        Such as ``"1/s"``, ``"nM*µm/s"``, ``"nM⁻¹ min⁻¹"``, ``"um^2/s"``, ``"1/(pM*µm**3)"`` or ``"mm per year"``.

    Returns
    -------
    list of tuple of (str, int)
        Symbols as written and their powers.

    Raises
    ------
    ValueError
        If the text is no product of powers of symbols.

    Examples
    --------
    >>> unit_terms("nM⁻¹ min⁻¹") == unit_terms("1/(nM*min)") == [("nM", -1), ("min", -1)]
    True
    """
    text = re.sub(r"\bper\b", "/", unit.replace("μ", "µ").replace("**", "^")).translate(LOW).strip()
    text = UNDER_ONE.sub(lambda match: "/" + re.sub(r"[\s·*]+", "/", match[1].strip()), text)
    terms, position = [], 0
    while position < len(text):
        match = TERM.match(text, position)
        if not match:
            raise ValueError(f"{unit!r} is not a unit")
        position = match.end()
        if match[2] != "1":
            terms.append((match[2], int(match[3] or 1) * (-1 if match[1] else 1)))
    return terms


def unit_name(unit):
    """Return a unit as the field writes it.

    Parameters
    ----------
    unit : str
        Unit as declared, such as ``"1/s"`` or ``"nM*µm/s"``.

    Returns
    -------
    str
        With negative powers where nothing stands above the line, and a dot for a product.

    Examples
    --------
    >>> unit_name("1/s"), unit_name("1/mL/d"), unit_name("nM*µm/s"), unit_name("1/(pM*µm**3)")
    ('s⁻¹', 'mL⁻¹ d⁻¹', 'nM·µm/s', 'pM⁻¹ µm⁻³')
    """
    terms = unit_terms(unit)
    above = "·".join(_power(symbol, power) for symbol, power in terms if power > 0)
    if not above:
        return " ".join(_power(symbol, power) for symbol, power in terms)
    return above + "".join(f"/{_power(symbol, -power)}" for symbol, power in terms if power < 0)


def _power(symbol, power):
    return symbol if power == 1 else symbol + str(power).translate(HIGH)


def format_quantity(value, unit, digits=4):
    """Write a number with its unit.

    Parameters
    ----------
    value : float
        The number, in `unit`.
    unit : str
        The unit; ``""`` or ``"%"`` are written as the field writes them.
    digits : int
        Significant digits to keep.

    Returns
    -------
    str
        Number and unit with a no-break space between them.

    Examples
    --------
    >>> print(format_quantity(27.7259, "µm").replace("\\u00a0", " "))
    27.73 µm
    """
    number = format_number(value, digits)
    return f"{number}\u00a0{unit_name(unit)}" if unit else number
