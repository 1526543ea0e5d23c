"""Bitmaps as rectangles: the same pixels, and nothing in the picture that a strict page would refuse."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mslib import palette
from mslib.explore.mosaic import MOST_COLOURS, rectangles, without_bitmaps
from mslib.explore.render import Stage

SHADES = np.array([(0, 0, 0, 0), (10, 20, 30, 255), (200, 100, 0, 128)], np.uint8)


@given(arrays(int, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 2)))
def test_rectangles_cover_every_visible_pixel_once(numbers):
    pixels = SHADES[numbers]
    painted = np.zeros_like(pixels)
    for colour, boxes in rectangles(pixels).items():
        for x, y, width, height in boxes:
            assert not painted[y : y + height, x : x + width].any()
            painted[y : y + height, x : x + width] = colour
    assert np.array_equal(painted, pixels)


def drawn(values, **settings):
    def draw(ax, _):
        ax.imshow(values, interpolation="none", **settings)

    stage = Stage(draw)
    stage.show(None)
    return stage.svg("A picture of a field of values.")


@pytest.mark.parametrize("origin", ["upper", "lower"])
def test_an_image_is_drawn_by_paths_alone(origin):
    svg = drawn(np.array([[0.0, 1.0], [1.0, 1.0]]), origin=origin)
    assert "<image" not in svg and "data:" not in svg
    mosaic = re.search(r'<g transform="[^"]*" shape-rendering="crispEdges">(.*?)</g>', svg)[1]
    assert mosaic.count("<path") == 2 and "M0 0h1v1h-1z" in mosaic


def test_a_faint_image_stays_faint():
    assert re.search(r'<g transform="[^"]*" opacity="0.4" shape', drawn(np.eye(3), alpha=0.4))


def test_a_smooth_field_keeps_a_small_number_of_colours():
    svg = drawn(np.add.outer(np.arange(60.0), np.arange(60.0)), cmap=palette.SEQUENTIAL)
    assert 16 < len(set(re.findall(r'fill="#\w{6}"', svg))) <= MOST_COLOURS + 4


def test_a_picture_without_bitmap_is_left_alone():
    assert without_bitmaps("<svg><path d=''/></svg>") == "<svg><path d=''/></svg>"
