"""What a problem is: a question on a model, with its variants, its hints, and the mistakes that teach."""

import hashlib
import importlib
import json
import math
import os
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

import numpy as np

from ..model import Model
from ..units import format_quantity, unit_name
from .answers import NotANumber, WrongUnit, clock_units, known_units, readings

PLACE = re.compile(r"\[\[(\w+)\]\]")
APART = 3.0
CLOSELY, NEARLY = 0.015, 0.06
OFF_BY_TEN = "The digits are right but not the power of ten: look at the units once more."
OTHER_UNIT = "The number is right in {}, but the answer is wanted in {}: write the unit with the number."
FRACTION = "That is the fraction; the question asks for per cent."
WHOLE = "Here the answer is a whole number: think about which way to round."
CLOSE = "Close, but not close enough: calculate with more digits and give three of them."
NEAR = "Near, but further off than by rounding: look once more at the numbers and assumptions that you began with."


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that has a reason.

    Attributes
    ----------
    value : callable
        ``value(model)`` returns the wrong answer that the misconception leads to, in the unit of the part.
    says : str
        The misconception by name, and what to think about; Markdown with ``$math$``.
    """

    value: Callable[[Model], float]
    says: str


@dataclass(frozen=True)
class Part:
    """One question of a problem.

    Attributes
    ----------
    key : str
        ``"a"``, ``"b"`` …
    text : str
        The question; Markdown in which ``[[name]]`` stands for a parameter, an emergent quantity or a value of `let`.
    asks : str or callable
        Name of an emergent quantity, or ``asks(model)``, the answer.
    unit : str
        Unit of the answer, empty if it is a pure number.
    hints : sequence of str
        Given one at a time.
    solution : str
        Worked in symbols, then with this variant's numbers; ``[[answer]]`` stands for the answer.
    mistakes : sequence of Mistake
        Wrong answers with a reason.
    let : dict of str to (callable, str)
        Further values for the texts: ``name: (value(model), unit)``.
    tolerance : float
        Relative tolerance.
    universal : bool
        Whether the answer is a law that holds for every variant, so that students share it.
    """

    key: str
    text: str
    asks: str | Callable[[Model], float]
    unit: str
    hints: tuple[str, ...]
    solution: str
    mistakes: tuple[Mistake, ...]
    let: dict = field(default_factory=dict)
    tolerance: float = 0.01
    universal: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a check says: whether the answer is right, and why not.

    Attributes
    ----------
    right : bool
        Whether the answer counts.
    kind : str
        ``"right"``, ``"mistake"`` (a known misconception), ``"scale"`` (a power of ten), ``"close"``, ``"unit"``,
        ``"number"`` (no number at all) or ``"wrong"``.
    says : str
        Feedback for the student.
    """

    right: bool
    kind: str
    says: str

    def __str__(self):
        return f"{'Right' if self.right else 'Not yet'}. {self.says}"


@dataclass(frozen=True)
class Problem:
    """A question on a model in one or more parts, with numbers of each student's own.

    Attributes
    ----------
    key : str
        Identity within the book: letters, digits and hyphens.
    title : str
        What the reader sees first.
    model : Model
        The default variant.
    text : str
        The situation; Markdown in which ``[[name]]`` stands for a quantity of the model with its unit.
    vary : dict of str to (float, float)
        Parameters that differ between students, with the range to draw from.
    parts : sequence of Part
        The questions.
    fits : callable
        ``fits(model)`` tells whether a variant makes sense (a switch that does come, a peak that exists).

    Examples
    --------
    >>> from mslib.problems.principles.morphogen import vein_width
    >>> print(vein_width.check("a", "27.7 µm"))
    Right. x* = 27.73 µm.
    >>> vein_width.variant("ada") == vein_width.variant("ada")
    True
    """

    key: str
    title: str
    model: Model
    text: str
    vary: dict[str, tuple[float, float]]
    parts: tuple[Part, ...]
    fits: Callable[[Model], bool] = lambda model: True

    def part(self, key):
        """Return one part by its key; a ValueError lists the keys there are."""
        for part in self.parts:
            if part.key == key:
                return part
        raise ValueError(f"problem {self.key!r} has no part {key!r}; it has {', '.join(p.key for p in self.parts)}")

    def answer(self, key):
        """Return the right answer to a part, in the unit of the part."""
        return self._value(self.part(key).asks)

    def _value(self, asks):
        return float(getattr(self.model, asks) if isinstance(asks, str) else asks(self.model))

    def variant(self, student):
        """Return the problem with numbers of a student's own, the same every time.

        Parameters
        ----------
        student : str
            Name or number of the student.

        Returns
        -------
        Problem
            The variant; all its answers are finite and well apart from the mistakes.

        Raises
        ------
        ValueError
            If the name is empty.

        Examples
        --------
        >>> from mslib.problems.principles.morphogen import vein_width
        >>> vein_width.variant("ada").model.D != vein_width.variant("grace").model.D
        True
        """
        if not str(student).strip():
            raise ValueError("student must be a name or a number, got nothing")
        seed = hashlib.sha256(f"{self.key}:{str(student).strip().lower()}".encode()).digest()
        rng = np.random.default_rng(list(seed))
        for _ in range(1000):
            try:
                candidate = self._with(self.model.replace(**self._draw(rng)))
            except ValueError:
                continue
            if candidate.well_posed():
                return candidate
        raise RuntimeError(f"problem {self.key!r}: no well-posed variant in 1000 draws; widen or correct its ranges")

    def _with(self, model):
        return Problem(self.key, self.title, model, self.text, self.vary, self.parts, self.fits)

    def _draw(self, rng):
        drawn = {}
        for name, (low, high) in self.vary.items():
            about = self.model.params()[name]
            value = math.exp(rng.uniform(math.log(low), math.log(high))) if about.log else rng.uniform(low, high)
            drawn[name] = round(value) if about.integer else float(f"{value:.2g}")
        return drawn

    def well_posed(self):
        """Return whether the answers are finite and no mistake is close to its right answer."""
        return self.fits(self.model) and all(self._apart(part) for part in self.parts)

    def _apart(self, part):
        right = self._value(part.asks)
        margin = APART * part.tolerance * (abs(right) or 1.0)
        return math.isfinite(right) and all(not abs(m.value(self.model) - right) <= margin for m in part.mistakes)

    def check(self, key, answer):
        """Return the verdict on an answer.

        Parameters
        ----------
        key : str
            Part of the problem.
        answer : float, str or pint.Quantity
            With or without a unit; without one, the unit of the part is meant.

        Returns
        -------
        Verdict
            Right or not, and the misconception behind a known wrong answer.
        """
        part = self.part(key)
        try:
            numbers = readings(answer, part.unit)
        except NotANumber as error:
            return Verdict(False, "number", f"{str(error).capitalize()}.")
        except WrongUnit as error:
            return Verdict(False, "unit", f"{error}.")
        right = self._value(part.asks)
        if any(_close(number, right, part.tolerance) for number in numbers):
            symbol = self._symbol(part)
            return Verdict(True, "right", f"{symbol}{format_quantity(right, part.unit)}.".replace("\u00a0", " "))
        mistake = self._mistake(part, numbers)
        if mistake:
            return Verdict(False, "mistake", self._fill(mistake.says, part))
        for unit, factor in clock_units(part.unit).items():
            if any(_close(number * factor, right, part.tolerance) for number in numbers):
                return Verdict(False, "unit", OTHER_UNIT.format(unit_name(unit), unit_name(part.unit)))
        for kind, says in _nearly(numbers, right, part):
            return Verdict(False, kind, says)
        return Verdict(False, "wrong", self._fill(part.hints[0], part) if part.hints else "Try once more.")

    def _mistake(self, part, numbers):
        """Return the known mistake whose value is nearest to an answer, if one is near enough."""
        found = [(abs(number - m.value(self.model)), i) for i, m in enumerate(part.mistakes) for number in numbers
                 if _close(number, m.value(self.model), part.tolerance)]  # fmt: skip
        finite = [pair for pair in found if not math.isnan(pair[0])] or [(0.0, i) for _, i in found]
        return part.mistakes[min(finite)[1]] if finite else None

    def _symbol(self, part):
        about = self.model.derived().get(part.asks) if isinstance(part.asks, str) else None
        return f"{about.symbol} = " if about else ""

    def _fill(self, text, part=None):
        """Put this variant's quantities into the places ``[[name]]`` of a text."""
        return PLACE.sub(lambda match: self._quantity(match[1], part), text)

    def _quantity(self, name, part):
        if part and name == "answer":
            return format_quantity(self._value(part.asks), part.unit)
        if part and name in part.let:
            value, unit = part.let[name]
            return format_quantity(value(self.model), unit)
        about = (self.model.params() | self.model.derived()).get(name)
        if about is None:
            raise ValueError(f"problem {self.key!r}: no quantity {name!r} to put into the text")
        return format_quantity(getattr(self.model, name), about.unit)

    @cached_property
    def spec(self):
        """What the page's script needs: answers, tolerances, units and mistakes of every part."""
        return {"key": self.key, "parts": [self._part_spec(part) for part in self.parts], **known_units()}

    def _part_spec(self, part):
        right = self._value(part.asks)
        return {
            "key": part.key, "value": right, "tolerance": part.tolerance, "written": unit_name(part.unit),
            "right": self._symbol(part) + format_quantity(right, part.unit) + ".",
            "mistakes": [m.value(self.model) for m in part.mistakes],
        }  # fmt: skip

    def statement(self):
        """Return situation and questions with this variant's numbers, as Markdown."""
        questions = [f"**({part.key})** {self._fill(part.text, part)}" for part in self.parts]
        title = self.title if self.title.endswith(("?", "!")) else f"{self.title}."
        return "\n\n".join([f"**{title}** {self._fill(self.text)}", *questions])

    def markdown(self):
        """Return the problem for the book: MyST Markdown around the element that the page's script brings to life."""
        spec = json.dumps(self.spec, ensure_ascii=False).replace("<", "\\u003c")
        return "\n\n".join([
            f'<mslib-problem id="{self.key}">', f'<p class="ms-title">{escape(self.title)}</p>', self._fill(self.text),
            *(self._part_markdown(part) for part in self.parts),
            f'<script type="application/json" class="ms-spec">{spec}</script>', "</mslib-problem>",
        ])  # fmt: skip

    def _part_markdown(self, part):
        hints = [f"<details class=\"ms-hint\"><summary>Hint {i}</summary>\n\n{self._fill(hint, part)}\n\n</details>"
                 for i, hint in enumerate(part.hints, 1)]  # fmt: skip
        mistakes = [f'<div class="ms-mistake" hidden>\n\n{self._fill(m.says, part)}\n\n</div>' for m in part.mistakes]
        return "\n\n".join([
            f'<section class="ms-part" data-part="{part.key}">', f"**({part.key})** {self._fill(part.text, part)}",
            *mistakes, *hints, '<details class="ms-solution"><summary>Worked solution</summary>',
            self._fill(part.solution, part), "</details>", "</section>",
        ])  # fmt: skip

    def _repr_mimebundle_(self, include=None, exclude=None):
        if os.environ.get("MSLIB_BAKE") == "1":
            return {"text/plain": self.statement(), "text/markdown": self.markdown()}
        parts = " or ".join(f'`.check("{part.key}", …)`' for part in self.parts)
        return {"text/plain": self.statement(), "text/markdown": f"{self.statement()}\n\nCheck yourself with {parts}."}


def _close(number, target, tolerance):
    if math.isinf(target) or math.isinf(number):
        return number == target
    return abs(number - target) <= tolerance * (abs(target) or 1.0)


def _nearly(numbers, right, part):
    """Yield what is to say to numbers that miss the right one by a power of ten, by rounding, or by a little."""
    tests = (
        ("scale", FRACTION, lambda n: part.unit == "%" and _close(100.0 * n, right, part.tolerance)),
        ("scale", OFF_BY_TEN, lambda n: _off_by_ten(n, right, part.tolerance)),
        ("close", WHOLE, lambda n: _unrounded(n, right, part.tolerance)),
        ("close", CLOSE, lambda n: _close(n, right, CLOSELY)),
        ("close", NEAR, lambda n: _close(n, right, NEARLY)),
    )
    for kind, says, test in tests:
        if any(map(test, numbers)):
            yield kind, says


def _unrounded(number, right, tolerance):
    """Return whether only rounding is missing where the answer has to be a whole number."""
    whole = right == round(right) if math.isfinite(right) else False
    return whole and tolerance * abs(right) < 0.5 and 0.0 < abs(number - right) < 1.0


def _off_by_ten(number, right, tolerance):
    """Return whether a number has the right digits and the wrong power of ten."""
    if not (math.isfinite(number) and math.isfinite(right) and number * right > 0):
        return False
    power = round(math.log10(number / right))
    return power != 0 and _close(number / 10.0**power, right, tolerance)


def all_problems():
    """Return every problem of the bank by its key.

    Returns
    -------
    dict of str to Problem
        In order of modules and of definition.

    Examples
    --------
    >>> "vein-width" in all_problems()
    True
    """
    import mslib.problems

    found = {}
    for info in pkgutil.walk_packages(mslib.problems.__path__, "mslib.problems."):
        module = importlib.import_module(info.name)
        for thing in vars(module).values():
            if isinstance(thing, Problem) and found.setdefault(thing.key, thing) is not thing:
                raise ValueError(f"two problems have the key {thing.key!r}")
    return found
