"""Reading an answer: a number and its unit from what a student typed."""

import functools
import math
import re

from ..units import LOW, registry, unit_name, unit_terms

NEVER = ("never", "infinite", "infinity", "inf", "∞")
NUMBER = re.compile(
    r"\s*([-+−]?\s*(?:\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d*[.,]?\d+)(?:[eE][-+]?\d+)?)"
    r"\s*(?:[×x*·]\s*10\s*(?:\^|\*\*)?\s*([-+−⁻⁰¹²³⁴⁵⁶⁷⁸⁹\d]+))?(.*)$",
    re.S,
)
POWER = re.compile(r"^(\s*[-+−]?\s*)10\s*(?=\^|\*\*|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])")
GROUPED = re.compile(r"(?<=\d)[, \u00a0\u202f](?=\d{3}(?!\d))")
FRACTION = re.compile(r"\s*/\s*(\d+(?:[.,]\d+)?)(.*)$", re.S)
LONGEST = 40
SYMBOLS = (
    "nm", "µm", "um", "mm", "cm", "m", "µs", "ms", "s", "min", "h", "d", "week", "year", "yr",
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "weeks", "years",
    "pM", "nM", "µM", "uM", "mM", "M", "µV", "mV", "V", "fA", "pA", "nA", "µA", "fC", "pC", "nC", "pF", "nF", "nS", "pS",
    "fL", "pL", "nL", "µL", "uL", "mL", "L", "Hz", "bp", "kb", "Pa", "kPa", "MPa", "%",
)  # fmt: skip
COUNTED = (
    "cell", "cells", "molecule", "molecules", "protein", "proteins", "transcripts", "vesicles", "channels", "impulses",
    "divisions", "doublings", "generations", "clones", "lineages", "virions", "prey", "predators", "agents",
)  # fmt: skip
DIMENSIONS = ("[length]", "[time]", "[mass]", "[current]", "[substance]", "[base_pair]")
CLOCK = ("s", "min", "h", "d", "week", "year", "1/s", "1/min", "1/h", "1/d", "1/week", "1/year")
KINDS = {
    "m": "a length", "s": "a time", "m**3": "a volume", "1/s": "a rate", "mol/m**3": "a concentration", "A": "a current",
    "bp": "a number of base pairs", "C": "a charge", "m**2/s": "a diffusion coefficient", "dimensionless": "a pure number",
    "m/s": "a speed", "V": "a voltage", "F": "a capacitance", "S": "a conductance",
    "Pa": "a stress",
}  # fmt: skip


class NotANumber(ValueError):
    """An answer that holds no number."""


class WrongUnit(ValueError):
    """An answer whose unit measures something else, or is no unit at all."""


def kind_of(unit):
    """Return in words what a unit measures, or None if there is no common word.

    Examples
    --------
    >>> kind_of("mm"), kind_of("1/d")
    ('a length', 'a rate')
    """
    return _kind(registry().get_dimensionality(_parsed(unit)))


def _kind(dimension):
    for example, words in KINDS.items():
        if registry().get_dimensionality(registry().parse_units(example)) == dimension:
            return words
    return None


def read(answer, unit):
    """Return the number that an answer gives in `unit`.

    Parameters
    ----------
    answer : float, str or pint.Quantity
        ``27.7``, ``"27.7 µm"``, ``"2.77×10⁻² mm"`` or ``"never"`` (infinity); without a unit, `unit` is meant.
    unit : str
        Unit in which the number is wanted.

    Returns
    -------
    float
        The number in `unit`.

    Raises
    ------
    NotANumber
        If there is no number in the answer.
    WrongUnit
        If the answer's unit cannot be converted to `unit`.

    Examples
    --------
    >>> round(read("0,0277 mm", "µm"), 6), read("never", "min")
    (27.7, inf)
    """
    if hasattr(answer, "to_base_units"):
        return _converted(registry().Quantity(float(answer.magnitude), str(answer.units)), str(answer.units), unit)
    if isinstance(answer, str):
        return readings(answer, unit)[0]
    try:
        number = float(answer)
    except (TypeError, ValueError) as error:
        raise NotANumber(f"{answer!r} is not a number") from error
    if math.isnan(number):
        raise NotANumber("the answer is not a number (NaN)")
    return number


def readings(answer, unit):
    """Return the numbers that an answer may mean in `unit`, the likeliest first.

    Parameters
    ----------
    answer : float, str or pint.Quantity
        As for `read`.
    unit : str
        Unit in which the number is wanted.

    Returns
    -------
    list of float
        One number, or two if a comma may group thousands or mark decimals.

    Raises
    ------
    NotANumber, WrongUnit
        As `read` does.

    Examples
    --------
    >>> readings("11,700 molecules", ""), readings("0,0277 mm", "mm")
    ([11700.0, 11.7], [0.0277])
    """
    if not isinstance(answer, str):
        return [read(answer, unit)]
    if answer.strip().lower() in NEVER:
        return [math.inf]
    match = NUMBER.match(POWER.sub(r"\g<1>1×10", answer))
    if not match:
        raise NotANumber(f"{answer.strip()!r} is not a number")
    scale, rest = float(f"1e{match[2].translate(LOW)}") if match[2] else 1.0, match[3]
    divided = FRACTION.match(rest)
    if divided:
        below, rest = float(divided[1].replace(",", ".")), divided[2]
        scale = scale / below if below else math.inf
    numbers = [mantissa * scale for mantissa in _mantissas(match[1])]
    if not all(map(math.isfinite, numbers)):
        raise NotANumber(f"{answer.strip()!r} is too large")
    return [_in(number, rest.strip(), unit) for number in numbers]


def _mantissas(text):
    text = re.sub(r"(?<=[-+])\s+", "", text.strip().replace("−", "-"))
    grouped = GROUPED.sub("", text)
    found = [float(grouped.replace(",", "."))]
    if grouped != text and re.fullmatch(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?", text):
        found.append(float(text.replace(",", ".")))
    return found


def _in(number, given, unit):
    if not given:
        return number
    try:
        quantity = registry().Quantity(number, _parsed(given))
    except Exception as error:
        shown = given if len(given) <= LONGEST else given[:LONGEST] + "…"
        raise WrongUnit(f"{shown!r} is not a unit that is known here; the answer is wanted in {_name(unit)}") from error
    return _converted(quantity, given, unit)


def _converted(quantity, given, unit):
    try:
        return float(quantity.to(unit or "dimensionless").magnitude)
    except Exception as error:
        kind, wanted = _kind(quantity.dimensionality) or "something else", kind_of(unit)
        asked = f"{wanted}, in {_name(unit)}" if wanted else f"a quantity in {_name(unit)}"
        raise WrongUnit(f"{given} measures {kind}; the question asks for {asked}") from error


def _parsed(unit):
    """Return the `pint` unit that a student's spelling stands for; counted things are plain numbers."""
    terms = [(symbol, power) for symbol, power in unit_terms(unit) if symbol not in COUNTED]
    return registry().parse_units(" * ".join(f"{symbol} ** {power}" for symbol, power in terms) or "dimensionless")


def _name(unit):
    return unit_name(unit) or "plain numbers"


def clock_units(unit):
    """Return the units in which a time, or a rate, may have been given by mistake, with their factors to `unit`.

    Parameters
    ----------
    unit : str
        Unit in which the answer is wanted.

    Returns
    -------
    dict of str to float
        Empty unless `unit` measures a time or a rate.

    Examples
    --------
    >>> clock_units("h")["d"], clock_units("µm")
    (24.0, {})
    """
    return {name: _in(1.0, name, unit) for name in CLOCK if name != unit and kind_of(name) == kind_of(unit)}


@functools.cache
def known_units():
    """Return the units that a page's script must know.

    Returns
    -------
    dict
        ``symbols`` (symbol: factor to SI units, then powers of length, time, mass, current, substance and base pairs)
        and ``kinds`` (such powers, joined by commas: what they measure).

    Examples
    --------
    >>> known_units()["symbols"]["mm"], known_units()["kinds"]["0,-1,0,0,0,0"]
    ([0.001, 1, 0, 0, 0, 0, 0], 'a rate')
    """
    symbols = {name: _in_si(name) for name in SYMBOLS} | {name: _in_si("") for name in COUNTED}
    return {"symbols": symbols, "kinds": {",".join(map(str, _in_si(u)[1:])): words for u, words in KINDS.items()}}


def _in_si(unit):
    quantity = registry().Quantity(1.0, _parsed(unit)).to_base_units()
    return [float(f"{quantity.magnitude:.12g}"), *(int(quantity.dimensionality.get(name, 0)) for name in DIMENSIONS)]
