"""Reading an answer: a number and its unit from what a student typed."""

import functools
import math
import re

from ..units import registry, unit_name

NEVER = ("never", "infinite", "infinity", "inf", "∞")
NUMBER = re.compile(
    r"\s*([-+−]?\s*(?:\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d*[.,]?\d+)(?:[eE][-+]?\d+)?)"
    r"\s*(?:[×x*·]\s*10\s*(?:\^|\*\*)?\s*([-+−⁻⁰¹²³⁴⁵⁶⁷⁸⁹\d]+))?(.*)$",
    re.S,
)
POWER = re.compile(r"^(\s*[-+−]?\s*)10\s*(?=\^|\*\*|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])")
GROUPED = re.compile(r"(?<=\d)[, \u00a0\u202f](?=\d{3}(?!\d))")
RECIPROCAL = re.compile(r"^(?:/([^\W\d]+)|([^\W\d]+)(?:⁻¹|\^?[-−]1))$")
FORMULA = re.compile(r"\*\*|\^\s*[-−]?\d\d|[()]")
LONGEST = 40
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
TRIED = (
    "nm", "µm", "um", "mm", "cm", "m", "µs", "ms", "s", "min", "h", "d", "week", "year", "yr", "pM", "nM", "µM", "uM", "mM", "M",
    "µV", "mV", "V", "fA", "pA", "nA", "µA", "fC", "pC", "nC", "pF", "nF", "nS", "pS", "fL", "pL", "nL", "µL", "mL", "L",
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "weeks", "years",
    "1/s", "1/min", "1/h", "1/d", "1/week", "1/year", "1/yr", "Hz", "bp", "kb", "µm²/s", "µm/s", "%", "nM/s", "nM/min",
    "Pa", "kPa", "MPa",
)  # fmt: skip
COUNTED = (
    "cell", "cells", "molecule", "molecules", "protein", "proteins", "transcripts", "vesicles", "channels", "impulses",
    "divisions", "doublings", "generations", "clones", "lineages", "virions", "prey", "predators", "agents",
)  # fmt: skip
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
    dimension = registry().get_dimensionality(registry().parse_units(unit or "dimensionless"))
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
        return _in(float(answer.magnitude), str(answer.units).replace(" ** 2", "²").replace(" ** 3", "³"), unit)
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
    scale = float(f"1e{match[2].translate(POWERS)}") if match[2] else 1.0
    numbers = [mantissa * scale for mantissa in _mantissas(match[1])]
    if not all(map(math.isfinite, numbers)):
        raise NotANumber(f"{answer.strip()!r} is too large")
    return [_in(number, match[3].strip(), unit) for number in numbers]


def _mantissas(text):
    text = re.sub(r"(?<=[-+])\s+", "", text.strip().replace("−", "-"))
    grouped = GROUPED.sub("", text)
    found = [float(grouped.replace(",", "."))]
    if grouped != text and re.fullmatch(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?", text):
        found.append(float(text.replace(",", ".")))
    return found


def _in(number, given, unit):
    if not given or (not unit and given in COUNTED):
        return number
    if len(given) > LONGEST or FORMULA.search(given):
        raise WrongUnit(f"{given[:LONGEST]!r} is not a unit that is known here; the answer is wanted in {_name(unit)}")
    try:
        quantity = registry().Quantity(number, registry().parse_units(_declared(given)))
    except Exception as error:
        raise WrongUnit(f"{given!r} is not a unit that is known here; the answer is wanted in {_name(unit)}") from error
    try:
        return float(quantity.to(unit or "dimensionless").magnitude)
    except Exception as error:
        kind, wanted = kind_of(given) or "something else", kind_of(unit)
        asked = f"{wanted}, in {_name(unit)}" if wanted else f"a quantity in {_name(unit)}"
        raise WrongUnit(f"{given} measures {kind}; the question asks for {asked}") from error


def _declared(unit):
    """Return a unit as models declare it: a bare reciprocal as 1/x, a product with a star."""
    return RECIPROCAL.sub(lambda match: f"1/{match[1] or match[2]}", unit.replace("μ", "µ")).replace("·", "*")


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
    factors = unit_table(unit)["factors"]
    return {name: factors[name] for name in CLOCK if name in factors and name != unit}


@functools.cache
def unit_table(unit):
    """Return the units that a page's script must know: factors of those that convert, kinds of those that do not.

    Parameters
    ----------
    unit : str
        Unit in which the answer is wanted.

    Returns
    -------
    dict
        ``factors`` (unit: factor to `unit`) and ``others`` (unit: what it measures).

    Examples
    --------
    >>> unit_table("µm")["factors"]["mm"], unit_table("µm")["others"]["h"]
    (1000.0, 'a time')
    """
    factors, others = {unit: 1.0}, {}
    for name in (*TRIED, *(() if unit else COUNTED)):
        try:
            factors.setdefault(name, float(f"{_in(1.0, name, unit):.12g}"))
        except WrongUnit:
            others[name] = kind_of(name) or "something else"
    return {"factors": factors, "others": others}
