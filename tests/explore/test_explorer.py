"""The explorer: its contract, its four representations, and the picture behind them."""

import dataclasses
import json
import re
import xml.etree.ElementTree as ET

import ipywidgets
import numpy as np
import pytest

from mslib.explore import Explorer, bake
from mslib.explore.live import view
from mslib.explore.render import Stage
from mslib.model import Model, derived, param
from mslib.principles.morphogen import Gradient, GrowingGradient, draw_growing, draw_vein


@dataclasses.dataclass(frozen=True)
class Line(Model):
    """A straight line, to test explorers with."""

    a: float = param(1.0, "m", "slope", low=0.5, high=2.0, log=True, scale="cell", source="illustrative")
    b: float = param(0.0, "s", "offset", low=-1.0, high=1.0, domain="any", scale="cell", source="illustrative")
    n: int = param(3, "", "count", low=1, high=9, integer=True, scale="cell", source="illustrative")

    @derived("m*s", "area <&>", scale="tissue", symbol="A_x")
    def area(self):
        """Product."""
        return self.a * self.b

    @derived("m", "twofold", scale="tissue", symbol="2a")
    def twice(self):
        """Twice the slope."""
        return 2 * self.a

    def check(self):
        if self.b > 0.9 and self.n == 1:
            raise ValueError("b and n contradict each other")


def draw_line(ax, model):
    """Draw the line."""
    ax.plot([0, 1], [model.b, model.a + model.b], label="line & more")
    ax.set(xlabel="x / m", ylabel="y / m", xlim=(0, 1), ylim=(-1, 3))


def draw_two(fig, model):
    """Draw two panels that do not touch each other."""
    left, right = fig.subplots(1, 2)
    left.plot([0, 1], [0, model.a])
    right.plot([0, 1], [0, model.n])
    for ax in (left, right):
        ax.set(xlabel="x", ylabel="y", xlim=(0, 1), ylim=(0, 9))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MSLIB_BAKE_CACHE", str(tmp_path))
    monkeypatch.delenv("MSLIB_BAKE", raising=False)


def explorer(**changes):
    settings = {"vary": {"a": 3, "b": 3}, "name": "line", "caption": "A <line>."}
    return Explorer(Line, draw_line, **settings | changes)


def test_stops_hold_the_start_and_the_ends():
    a, b = explorer().sliders
    assert a.stops == [0.5, 1.0, 2.0] and a.start == 1
    assert b.stops == [-1.0, 0.0, 1.0]
    assert explorer(vary={"n": [1, 5]}).sliders[0].stops == [1, 3, 5]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vary": {"slope": 3}}, "no parameter 'slope'.*a, b, n"),
        ({"vary": {"a": [0.0, 1.0, 2.0]}}, "slider 'a' is logarithmic: its stops must be positive, got 0.0"),
        ({"vary": {"a": 11, "b": 41}}, r"\d+ states, at most 400: thin slider 'b'"),
        ({"choices": ["yes", "no"], "right": "maybe"}, "right must be one of the choices, got 'maybe'"),
        ({"after": ["n"]}, "after must name sliders \\(a, b\\), got 'n'"),
        ({"tell": ["b"]}, "tell must name emergent quantities of the model, got 'b'"),
        ({"groups": [["a"]]}, "groups must hold each of a, b once"),
    ],
)
def test_mistakes_of_authors_are_named(changes, says):
    with pytest.raises(ValueError, match=says):
        explorer(**changes)


def test_an_author_can_choose_the_quantities_that_are_told():
    for quantities, others in ((("twice",), ("area",)), ((), ())):
        subject = explorer(tell=quantities)
        document = subject.document(Stage(subject.draw, subject.size))
        said = document + view(subject).children[-3].value
        labels = {"twice": "twofold", "area": "area &lt;&amp;&gt;"}
        assert all(labels[quantity] in said for quantity in quantities or labels)
        assert not any(labels[quantity] in said for quantity in others)


def test_the_baked_states_are_the_drawn_ones():
    subject = explorer(vary={"a": 5, "b": 5, "n": [1, 3]})
    baked, stage = subject.bake(), Stage(subject.draw, subject.size)
    for index, values in enumerate(subject.states(subject.groups[0])):
        assert bake.decode(baked, [index]) == subject.document(stage, **values)
    texts = [bake.decode(baked, [i]) for i in range(len(subject.states(subject.groups[0])))]
    assert sum("contradict each other" in text for text in texts) == 5


def test_groups_are_baked_apart():
    settings = {"vary": {"a": 3, "n": [1, 3, 9]}, "name": "two", "caption": "Two."}
    subject = Explorer(_NoDerived, draw_two, groups=[["a"], ["n"]], alt=None, **settings)
    baked, stage = subject.bake(), Stage(subject.draw, subject.size)
    drawn = [[subject.document(stage, a=a, n=n) for n in (1, 3, 9)] for a in (0.5, 1.0, 2.0)]
    for i in range(3):
        for j in range(3):
            assert picture(bake.decode(baked, [i, j])) == picture(drawn[i][j])


@dataclasses.dataclass(frozen=True)
class _NoDerived(Model):
    """Two numbers."""

    a: float = param(1.0, "m", "slope", low=0.5, high=2.0, log=True, scale="cell", source="illustrative")
    n: int = param(3, "", "count", low=1, high=9, integer=True, scale="cell", source="illustrative")


def picture(document):
    return document[document.index("<svg") :]


def test_the_picture_is_inline_svg_without_style_and_with_theme_colours():
    subject = explorer()
    text = subject.document(Stage(subject.draw, subject.size))
    svg = ET.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    assert svg.get("role") == "img"
    assert "slope 1 m" in svg.get("aria-label").replace("\u00a0", " ")
    assert "style=" not in text and "<style" not in text and "xlink" not in text and ' id="figure' not in text
    assert "var(--ms-blue, #0b62a8)" in text
    assert "area &lt;&amp;&gt;" in text and "A<sub>x</sub>" in text
    axes = json.loads(svg.get("data-axes"))
    assert axes[0]["x"][2:] == [0.0, 1.0, "linear", "x / m"]


def test_only_places_are_rounded_not_what_the_picture_says():
    def small(ax, _):
        ax.plot([0.001, 0.002], [0.0, 1.0], alpha=0.22, label="0.123456")
        ax.set(xlabel="x = 0.0123", ylabel="y", xticks=[0.001, 0.002])

    stage = Stage(small)
    stage.show(Line())
    text = stage.svg("rate 0.549 1/d")
    for said in (">0.001<", ">x = 0.0123<", 'stroke-opacity="0.22"', "0:0.123456", "rate 0.549"):
        assert said in text
    assert not re.search(r' d="[^"]*\d\.\d\d', text)


def test_data_can_be_read_back_from_the_curve():
    stage = Stage(draw_line)
    stage.show(Line(a=1.5, b=0.5))
    text = stage.svg("alt")
    series = text[text.index('data-series="0:line &amp; more"') :]
    numbers = [float(v) for v in re.search(r' d="([^"]*)"', series)[1].replace("M", "").replace("L", "").split()]
    (x0, x1, low, high, *_), (y0, y1, bottom, top, *_) = (
        json.loads(re.search(r'data-axes="([^"]*)"', text)[1].replace("&quot;", '"'))[0][k] for k in "xy"
    )
    x = low + (high - low) * (np.array(numbers[0::2]) - x0) / (x1 - x0)
    y = bottom + (top - bottom) * (np.array(numbers[1::2]) - y0) / (y1 - y0)
    assert np.allclose(x, [0, 1], atol=1e-3) and np.allclose(y, [0.5, 2.0], atol=5e-3)


def test_an_unchanged_explorer_is_taken_from_the_cache(tmp_path):
    explorer().bake()
    (kept,) = tmp_path.iterdir()
    kept.write_text('"from the cache"', encoding="utf-8")
    assert explorer().bake() == "from the cache"
    assert explorer(vary={"a": 4}).bake() != "from the cache"


def test_a_live_bundle_has_widgets_and_no_markup():
    bundle = explorer()._repr_mimebundle_()
    assert {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"} <= set(bundle)
    assert "text/html" not in bundle and "image/svg+xml" not in bundle
    assert bundle["image/png"].startswith(b"\x89PNG")


def test_a_baking_bundle_has_markup_and_no_widgets(monkeypatch):
    monkeypatch.setenv("MSLIB_BAKE", "1")
    bundle = explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "A &lt;line&gt;." in bundle["text/html"]
    spec = json.loads(re.search(r'class="ms-spec">(.*?)</script>', bundle["text/html"])[1])
    assert [slider["name"] for slider in spec["sliders"]] == ["a", "b"]


def test_the_text_tells_parameters_emergent_quantities_and_a_digest():
    text = explorer().text()
    assert "slope, a: 0.5 to 2 m, 3 stops" in text
    assert "area <&>, A_x = 0 m·s (tissue)" in text
    assert text != explorer(vary={"a": 3}).text()
    assert explorer().text() == explorer().text()


def test_a_changed_default_changes_the_text():
    vein = {"vary": {"D": 3}, "name": "vein", "caption": "Vein."}
    assert Explorer(Gradient, draw_vein, **vein).text() != Explorer(Gradient(cv=0.101), draw_vein, **vein).text()


def test_live_sliders_move_the_picture_and_say_what_is_refused():
    from mslib.explore.live import view

    box = view(explorer(vary={"a": 3, "b": 3, "n": 3}))
    sliders = [w for w in box.children if isinstance(w, ipywidgets.FloatSlider | ipywidgets.FloatLogSlider)]
    count = next(w for w in box.children if isinstance(w, ipywidgets.IntSlider))
    image = next(w for w in box.children if isinstance(w, ipywidgets.Image))
    before = image.value
    sliders[0].value = 2.0
    assert image.value != before
    sliders[1].value, count.value = 1.0, 1
    assert any("contradict" in w.value for w in box.children if isinstance(w, ipywidgets.HTML))
    next(w for w in box.children if isinstance(w, ipywidgets.Button)).click()
    assert image.value == before


def test_panels_keep_their_place_and_old_curves_go():
    stage = Stage(draw_vein)
    stage.show(Gradient())
    places = [ax.get_position().bounds for ax in stage.figure.axes]
    figure = stage.show(Gradient(D=1.0))
    assert [ax.get_position().bounds for ax in figure.axes] == places
    assert [len(ax.lines) for ax in figure.axes] == [3, 2]


def test_only_a_slider_can_be_played():
    settings = {"vary": {"t": 4}, "name": "t", "caption": "Growing."}
    assert Explorer(GrowingGradient, draw_growing, play="t", **settings).spec()["play"] == "t"
    with pytest.raises(ValueError, match=r"play.*'D'"):
        Explorer(GrowingGradient, draw_growing, play="D", **settings)
