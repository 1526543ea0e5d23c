"""Static figures: alt text, complete panels, and digests that notice a change and nothing else."""

import numpy as np
import pytest

from mslib.explore import Figure
from mslib.explore.figure import digest, summary
from mslib.explore.render import Stage


def draw(ax, factor=1.0):
    """Draw one of everything."""
    x = np.linspace(0, 1, 11)
    ax.plot(x, factor * x, label="line")
    ax.scatter(x, x**2, label="cloud")
    ax.stairs([1, 2, 3], [0, 1, 2, 3], label="steps")
    ax.fill_between(x, 0, x, label="area")
    ax.imshow(np.eye(3) * factor, extent=(0, 1, 0, 1), aspect="auto")
    ax.set(xlabel="x / m", ylabel="y / m")


def told(factor):
    return summary(Stage(draw).show(factor))


def test_a_change_of_one_in_a_thousand_is_noticed_and_round_off_is_not():
    assert told(1.0) != told(1.001)
    assert told(1.0) == told(1.0 + 1e-13)
    assert digest([1.0, 1e-17]) == digest([1.0, 0.0])
    assert digest([np.nan, 1.0]) == digest([np.nan, 1.0])


def test_bars_differ_by_their_heights():
    def bars(ax, heights):
        ax.bar([1, 2], heights)

    assert summary(Stage(bars).show([1.0, 2.0])) != summary(Stage(bars).show([1.0, 2.01]))


def test_every_kind_of_artist_is_told():
    text = told(1.0)
    for name in (
        "line 'line', 11 points",
        "collection 'cloud', 11 points",
        "patch 'steps'",
        "collection 'area'",
        "image",
    ):
        assert name in text


def test_no_alt_text_no_figure():
    with pytest.raises(ValueError, match="alt"):
        Figure(draw, alt=" ")


def test_empty_panels_and_nameless_axes_are_refused():
    with pytest.raises(ValueError, match=r"panel 1.*empty"):
        Figure(lambda ax: ax.set(xlabel="x", ylabel="y"), alt="Nothing.")
    with pytest.raises(ValueError, match="label"):
        Figure(lambda ax: ax.plot([0, 1]), alt="A line.")


def test_the_page_gets_a_themed_picture_and_a_live_kernel_a_png(monkeypatch):
    monkeypatch.delenv("MSLIB_BAKE", raising=False)
    live, metadata = Figure(draw, alt="All.")._repr_mimebundle_()
    assert set(live) == {"text/plain", "image/png"} and metadata["image/png"]["alt"] == "All."
    monkeypatch.setenv("MSLIB_BAKE", "1")
    page = Figure(draw, alt="All <of> it.", caption="A & B")._repr_mimebundle_()["text/html"]
    assert 'aria-label="All &lt;of&gt; it."' in page and "A &amp; B" in page
