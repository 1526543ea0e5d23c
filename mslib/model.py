"""What a model is: a frozen dataclass whose parameters and emergent quantities describe themselves.

One declaration of a parameter feeds its validation, its slider, its row in the parameter table, the tests of units
and the variants of problems, so that none of them can drift from the others.
"""

import dataclasses
import inspect
import math
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import ClassVar

from .units import convert, format_quantity

SCALES = ("molecule", "cell", "tissue", "organ", "organism", "population")
DOMAINS = {
    "positive": ("a positive number", lambda v: v > 0),
    "non-negative": ("zero or a positive number", lambda v: v >= 0),
    "fraction": ("a number from 0 to 1", lambda v: 0 <= v <= 1),
    "any": ("a finite number", lambda v: True),
}


@dataclass(frozen=True)
class Param:
    """What everyone needs to know about one parameter.

    Attributes
    ----------
    unit, label, symbol : str
        Unit (``""`` if dimensionless), name in words, and the symbol used in equations (Unicode).
    low, high : float
        The range worth exploring: ends of the slider, of property tests and of problem variants.
    log : bool
        Whether the slider steps by ratios.
    scale : str
        The scale at which the quantity is measured, one of `SCALES`.
    source : str
        Key in ``references.bib``, or ``"illustrative"``.
    domain : str
        The physically possible values, a key of `DOMAINS`.
    integer : bool
        Whether the value counts something.
    constant : bool
        Whether it is a constant of nature or a unit conversion: never a slider.
    """

    unit: str
    label: str
    symbol: str
    low: float
    high: float
    log: bool
    scale: str
    source: str
    domain: str
    integer: bool
    constant: bool


def param(
    default, unit, label, *, scale, source, low=None, high=None, log=False, symbol="",
    domain="positive", integer=False, constant=False,
):  # fmt: skip
    """Declare one parameter of a `Model`; see `Param` for what each word means.

    Parameters
    ----------
    default : float or int
        Suggested value, in `unit`.
    unit, label, scale, source, low, high, log, symbol, domain, integer, constant
        Attributes of `Param`; `low` and `high` may be left out for a constant only.

    Returns
    -------
    dataclasses.Field
        A dataclass field that carries its `Param` as metadata.

    Raises
    ------
    ValueError
        If the declaration itself is incomplete or contradicts itself.

    Examples
    --------
    >>> param(0.1, "µm²/s", "diffusion coefficient", low=0.01, high=100, log=True,
    ...       scale="molecule", source="kicheva2007").default
    0.1
    """
    if scale not in SCALES:
        raise ValueError(f"parameter '{label}': scale {scale!r} is not one of {', '.join(SCALES)}")
    if domain not in DOMAINS:
        raise ValueError(f"parameter '{label}': domain {domain!r} is not one of {', '.join(DOMAINS)}")
    if constant:
        low = high = default
    if low is None or high is None or not low <= default <= high:
        raise ValueError(f"parameter '{label}': needs low <= default <= high, got {low}, {default}, {high}")
    about = Param(unit, label, symbol, low, high, log, scale, source, domain, integer, constant)
    return field(default=default, metadata={"param": about})


class Derived(cached_property):
    """An emergent quantity of a model: a cached property that knows its unit, name and scale."""

    def __init__(self, compute, unit, label, scale, symbol):
        @wraps(compute)
        def plain(model):
            value = compute(model)
            return value.item() if hasattr(value, "item") else value

        super().__init__(plain)
        self.unit, self.label, self.scale, self.symbol = unit, label, scale, symbol


def derived(unit, label, *, scale, symbol=""):
    """Declare an emergent quantity: a method of no arguments becomes a cached attribute with unit and scale.

    Parameters
    ----------
    unit, label, symbol : str
        Unit (``""`` if dimensionless), name in words, symbol used in equations.
    scale : str
        The scale at which the quantity arrives, one of `SCALES`.

    Returns
    -------
    callable
        The decorator.

    Raises
    ------
    ValueError
        If the scale is unknown.

    Examples
    --------
    >>> derived("µm", "characteristic length", scale="tissue", symbol="λ")(lambda self: 1.0).unit
    'µm'
    """
    if scale not in SCALES:
        raise ValueError(f"derived quantity '{label}': scale {scale!r} is not one of {', '.join(SCALES)}")
    return lambda compute: Derived(compute, unit, label, scale, symbol or compute.__name__)


@dataclass(frozen=True)
class Model:
    """Base of every model: checks its parameters, converts units, and describes itself.

    Subclasses are frozen dataclasses whose fields are made by `param`. Values are plain numbers in the declared unit;
    a `pint` quantity is converted. `suggested_inputs` holds keyword arguments that make `simulate`, where a model has
    it, run fast and look right.
    """

    suggested_inputs: ClassVar[dict] = {}

    def __post_init__(self):
        for name, about in self.params().items():
            object.__setattr__(self, name, self._checked(name, about, getattr(self, name)))
        self.check()

    def _checked(self, name, about, value):
        try:
            value = convert(value, about.unit)
        except ValueError as error:
            raise ValueError(f"{self._say(name, about)}: {error}") from error
        words, allowed = DOMAINS[about.domain]
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, str | bytes) or not math.isfinite(number) or not allowed(number):
            raise ValueError(f"{self._say(name, about)} must be {words}, got {value!r}")
        if about.integer and number != int(number):
            raise ValueError(f"{self._say(name, about)} must be a whole number, got {value!r}")
        return int(number) if about.integer else number

    def _say(self, name, about):
        return f"{type(self).__name__}.{name} ({about.label}{', in ' + about.unit if about.unit else ''})"

    def check(self):
        """Raise a ValueError if the parameters contradict each other; a subclass says how."""

    @classmethod
    def params(cls):
        """Return the parameters by name.

        Returns
        -------
        dict of str to Param
            In order of declaration.
        """
        return {
            f.name: dataclasses.replace(f.metadata["param"], symbol=f.metadata["param"].symbol or f.name)
            for f in dataclasses.fields(cls)
        }

    @classmethod
    def derived(cls):
        """Return the emergent quantities by name.

        Returns
        -------
        dict of str to Derived
            In order of declaration.
        """
        members = {name: m for base in reversed(cls.__mro__) for name, m in vars(base).items()}
        return {name: m for name, m in members.items() if isinstance(m, Derived)}

    @classmethod
    def suggested(cls):
        """Return the model with values that run fast and look right.

        Returns
        -------
        Model
            The defaults, unless a subclass knows better.
        """
        return cls()

    def replace(self, **changes):
        """Return a copy with some parameters changed.

        Parameters
        ----------
        **changes
            New values by parameter name.

        Returns
        -------
        Model
            A new model of the same class.

        Raises
        ------
        ValueError
            If a name is not a parameter of this model, or a value is not allowed.
        """
        unknown = set(changes) - set(self.params())
        if unknown:
            known = ", ".join(self.params())
            raise ValueError(f"{type(self).__name__} has no parameter {sorted(unknown)[0]!r}; it has {known}")
        return dataclasses.replace(self, **changes)

    def describe(self):
        """Return parameters and emergent quantities as text, rounded the same on every platform.

        Returns
        -------
        str
            One line a quantity: name, symbol, value with unit, and for emergent quantities the scale they arrive at.
        """
        lines = [type(self).__name__]
        for name, about in self.params().items():
            if about.constant:
                continue
            lines.append(f"  {about.label}, {about.symbol} = {format_quantity(getattr(self, name), about.unit)}")
        for name, about in self.derived().items():
            value = format_quantity(getattr(self, name), about.unit)
            lines.append(f"  → {about.label}, {about.symbol} = {value} ({about.scale})")
        return "\n".join(lines).replace("\u00a0", " ")


def all_models(package):
    """Return every `Model` that the modules of a package define; a leading underscore marks a mere base.

    Parameters
    ----------
    package : module
        A package such as `mslib.principles`.

    Returns
    -------
    list of type
        Subclasses of `Model`, by module and order of definition.

    Examples
    --------
    >>> import mslib.principles
    >>> "Gradient" in [model.__name__ for model in all_models(mslib.principles)]
    True
    """
    import importlib
    import pkgutil

    found = []
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        module = importlib.import_module(info.name)
        for thing in vars(module).values():
            if _is_model(thing, info.name):
                found.append(thing)
    return found


def _is_model(thing, module):
    ours = inspect.isclass(thing) and issubclass(thing, Model) and thing.__module__ == module
    return ours and not thing.__name__.startswith("_")
