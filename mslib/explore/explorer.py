"""The interactive figure: one drawing of a model, shown live in a kernel and baked into a static page."""

import hashlib
import itertools
import json
import math
import os
from html import escape
from pathlib import Path

import matplotlib
import numpy as np

from ..model import Model
from ..units import format_number, format_quantity, unit_name
from . import bake
from .figure import summary
from .fingerprint import fingerprint
from .render import SIZE, Stage, document, symbol_html

MOST_STATES = 400
MOST_BYTES = 150_000


def baking():
    """Return whether a book build asks for baked figures (the build sets MSLIB_BAKE=1)."""
    return os.environ.get("MSLIB_BAKE") == "1"


class Slider:
    """One parameter that the reader can move, with the stops at which the static page has a picture.

    Parameters
    ----------
    name : str
        Parameter of the model.
    about : Param
        Its description.
    value : float
        Where it starts; always a stop.
    stops : int or sequence of float
        Number of stops between the ends of its range, or the stops themselves.

    Raises
    ------
    ValueError
        If fewer than two stops result, or a stop of a logarithmic parameter is not positive.
    """

    def __init__(self, name, about, value, stops):
        self.name, self.about, self.value = name, about, value
        if isinstance(stops, int):
            spread = np.geomspace if about.log else np.linspace
            stops = [float(f"{stop:.2g}") for stop in spread(about.low, about.high, stops)]
            distance = (lambda stop: abs(math.log(stop / value))) if about.log else (lambda stop: abs(stop - value))
            if stops[1:-1]:
                stops[stops.index(min(stops[1:-1], key=distance))] = value
        kind = int if about.integer else float
        self.stops = sorted({kind(stop) for stop in stops} | {value})
        if len(self.stops) < 2:
            raise ValueError(f"slider {name!r} needs at least two stops, got {self.stops}")
        if about.log and self.stops[0] <= 0:
            raise ValueError(f"slider {name!r} is logarithmic: its stops must be positive, got {self.stops[0]}")

    @property
    def start(self):
        """Index of the stop at which the slider starts."""
        return self.stops.index(self.value)

    def spec(self):
        """Return what the page's script needs to know."""
        return {
            "name": self.name, "label": self.about.label,
            "symbol": symbol_html(self.about.symbol), "unit": unit_name(self.about.unit),
            "stops": self.stops, "texts": [format_number(stop) for stop in self.stops], "start": self.start,
        }  # fmt: skip


class Explorer:
    """An interactive figure of a model.

    Parameters
    ----------
    model : type or Model
        The model class (its suggested values are the start) or an instance.
    draw : callable
        ``draw(ax, model)`` or ``draw(fig, model)``: an ordinary matplotlib function.
    vary : dict of str to (int or sequence), or list of str
        Parameters with a slider: number of stops, or the stops; a list gives nine stops each.
    name : str
        Identity within the book: letters, digits and hyphens; part of permalinks.
    caption : str
        What the figure shows.
    question : str
        A prediction to make before moving a slider.
    choices : sequence of str, optional
        Answers to choose from; without them the reader writes a sentence.
    answer : str
        What moving the slider shows, told after the reader has committed to a prediction and moved a slider.
    right : str
        Which of the choices is right.
    after : sequence of str
        Sliders of which one must have been moved before the answer is told; by default any.
    alt : callable, optional
        ``alt(model)`` returns a sentence on what the picture shows in this state.
    tell : sequence of str, optional
        Emergent quantities to list below the picture; by default all of the model's.
    groups : list of list of str, optional
        Sliders that act on different panels, baked separately; by default all sliders form one group.
    play : str, optional
        Parameter that stands for time and can be played.
    size : tuple of float
        Width and height of the figure in inches.

    Raises
    ------
    ValueError
        If a varied parameter does not exist, or the states are more than a page can hold.

    Examples
    --------
    >>> from mslib.principles.morphogen import Gradient, draw_vein
    >>> explorer = Explorer(Gradient, draw_vein, vary={"D": 3}, name="vein", caption="A vein.")
    >>> explorer.sliders[0].stops
    [0.02, 0.1, 2.0]
    """

    def __init__(
        self, model, draw, *, vary, name, caption, question="", choices=(), answer="", right="", after=(),
        alt=None, tell=(), groups=None, play=None, size=SIZE,
    ):  # fmt: skip
        self.start = model if isinstance(model, Model) else model.suggested()
        self.draw, self.name, self.caption, self.alt, self.play, self.size = draw, name, caption, alt, play, size
        self.question, self.choices, self.answer, self.right = question, tuple(choices), answer, right
        if right and right not in self.choices:
            raise ValueError(f"right must be one of the choices, got {right!r}")
        vary = vary if isinstance(vary, dict) else dict.fromkeys(vary, 9)
        known = {n: p for n, p in self.start.params().items() if not p.constant}
        for parameter in vary:
            if parameter not in known:
                model_name = type(self.start).__name__
                raise ValueError(f"{model_name} has no parameter {parameter!r} to vary; it has {', '.join(known)}")
        self.tell = tuple(tell) or tuple(self.start.derived())
        for quantity in self.tell:
            if quantity not in self.start.derived():
                raise ValueError(f"tell must name emergent quantities of the model, got {quantity!r}")
        self.sliders = [Slider(n, known[n], getattr(self.start, n), stops) for n, stops in vary.items()]
        if play is not None and play not in vary:
            raise ValueError(f"play must be a varied parameter ({', '.join(vary)}), got {play!r}")
        self.after = tuple(after) or tuple(vary)
        for parameter in self.after:
            if parameter not in vary:
                raise ValueError(f"after must name sliders ({', '.join(vary)}), got {parameter!r}")
        self.groups = self._grouped(groups or [list(vary)])
        count = sum(math.prod(len(s.stops) for s in group) for group in self.groups)
        if count > MOST_STATES:
            widest = max(self.sliders, key=lambda s: len(s.stops)).name
            raise ValueError(f"explorer {name!r} has {count} states, at most {MOST_STATES}: thin slider {widest!r}")

    def _grouped(self, names):
        by_name = {slider.name: slider for slider in self.sliders}
        if sorted(itertools.chain(*names)) != sorted(by_name):
            raise ValueError(f"groups must hold each of {', '.join(by_name)} once, got {names}")
        return [[by_name[n] for n in group] for group in names]

    def model(self, **values):
        """Return the model of one state; sliders that are not named rest at their start."""
        return self.start.replace(**values)

    def states(self, group):
        """Return the values of every state of one group of sliders, the last slider fastest."""
        names = [slider.name for slider in group]
        return [dict(zip(names, s, strict=True)) for s in itertools.product(*(slider.stops for slider in group))]

    def document(self, stage, **values):
        """Return the HTML of one state, or a sentence that says why these values contradict each other."""
        try:
            model = self.model(**values)
        except ValueError as error:
            return f'<p class="ms-refused" role="img" aria-label="No picture">{escape(str(error))}</p>'
        return document(stage, model, [slider.name for slider in self.sliders], self.alt, self.tell)

    def bake(self, progress=False):
        """Return all states in compact form, from the build's cache if nothing has changed.

        Parameters
        ----------
        progress : bool
            Show a progress bar.

        Returns
        -------
        dict
            See `mslib.explore.bake.encode`.

        Raises
        ------
        ValueError
            If the packed states exceed what a page can hold.
        """
        kept = self._cache_file()
        if kept.exists():
            return json.loads(kept.read_text(encoding="utf-8"))
        from tqdm.auto import tqdm  # only a book's build needs it, and it loads much

        stage = Stage(self.draw, self.size)
        self.document(stage)
        states = [
            [self.document(stage, **values) for values in tqdm(self.states(group), disable=not progress, leave=False)]
            for group in self.groups
        ]
        baked = bake.encode(states, [self._start_index(group) for group in self.groups])
        size = len(bake.pack(baked))
        if size > MOST_BYTES:
            widest = max(self.sliders, key=lambda s: len(s.stops)).name
            raise ValueError(f"explorer {self.name!r} takes {size} bytes, at most {MOST_BYTES}: thin slider {widest!r}")
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(baked, ensure_ascii=False), encoding="utf-8")
        return baked

    def _start_index(self, group):
        return self.states(group).index({slider.name: slider.value for slider in group})

    def _cache_file(self):
        modules = {type(self.start).__module__, self.draw.__module__, __name__}
        own = fingerprint(*(module for module in modules if module.startswith("mslib")))
        code = "" if self.draw.__module__.startswith("mslib") else _source(self.draw)
        alt = _source(self.alt) if self.alt else ""
        settings = [self.start.describe(), self.spec(), self.tell, self.size, matplotlib.__version__, code, alt, own]
        folder = Path(os.environ.get("MSLIB_BAKE_CACHE", "_build/.baked"))
        digest = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]
        return folder / f"{self.name}-{digest}.json"

    def spec(self):
        """Return what the page's script needs to know, as plain data."""
        return {
            "name": self.name,
            "module": type(self.start).__module__,
            "model": type(self.start).__name__,
            "fixed": self._changed_parameters(),
            "sliders": [slider.spec() for slider in self.sliders],
            "groups": [[self.sliders.index(slider) for slider in group] for group in self.groups],
            "play": self.play,
            "question": self.question,
            "choices": self.choices,
            "answer": self.answer,
            "right": self.right,
            "after": self.after,
        }

    def _changed_parameters(self):
        """Return the parameters without slider that differ from the model's defaults."""
        varied, default = {slider.name for slider in self.sliders}, type(self.start)()
        return {n: getattr(self.start, n) for n in self.start.params()
                if n not in varied and getattr(self.start, n) != getattr(default, n)}  # fmt: skip

    def html(self):
        """Return the element that a static page shows: the starting state, the baked states and the script's data."""
        baked = self.bake()
        first = bake.decode(baked, baked["start"])
        spec = json.dumps(self.spec(), ensure_ascii=False).replace("<", "\\u003c")
        return (
            f'<mslib-explorer id="{self.name}"><figure><div class="ms-view">{first}</div>'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
            f'<script type="application/json" class="ms-spec">{spec}</script>'
            f'<script type="text/plain" class="ms-frames">{bake.pack(baked)}</script></mslib-explorer>'
        )

    def text(self):
        """Return the explorer in words: sliders, the starting state, and a digest of what is drawn there."""
        sliders = [
            f"  {s.about.label}, {s.about.symbol}: {format_number(s.stops[0])} to "
            f"{format_quantity(s.stops[-1], s.about.unit)}, {len(s.stops)} stops".replace("\u00a0", " ")
            for s in self.sliders
        ]
        stage = Stage(self.draw, self.size)
        drawn = summary(stage.show(self.start))
        lines = [f"Explorer {self.name!r}: {self.caption}", "Sliders:", *sliders, self.start.describe(), drawn]
        return "\n".join(lines)

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": self.text()}
        if baking():
            return bundle | {"text/html": self.html()}
        from .live import view

        stage = Stage(self.draw, self.size)
        stage.show(self.start)
        return view(self)._repr_mimebundle_() | bundle | {"image/png": stage.png()}


def _source(function):
    code = function.__code__
    return repr((code.co_code.hex(), code.co_consts, code.co_names))
