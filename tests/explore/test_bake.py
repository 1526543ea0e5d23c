"""Baked states: what is decoded is what was drawn, and the packed form is small and always the same."""

import pytest

from mslib.explore import bake

PAGE = '<svg><path d="{}"/><text>{}</text></svg>'


def test_one_group_decodes_to_what_was_encoded():
    states = [PAGE.format(f"M {n} L {n * n}", n % 3) for n in range(12)]
    baked = bake.encode([states], [4])
    assert [bake.decode(baked, [i]) for i in range(12)] == states
    assert len(baked["skeletons"]) == 1
    assert baked["start"] == [4]


def test_states_of_another_structure_get_a_skeleton_of_their_own():
    states = ["<p>one</p>", "<p>two</p>", "<em>three</em>", "<em>four</em>", "none"]
    baked = bake.encode([states], [0])
    assert [bake.decode(baked, [i]) for i in range(5)] == states
    assert len(baked["skeletons"]) == 3


def test_independent_groups_combine():
    left = [f'<a d="{n}"/><b d="0"/>' for n in range(3)]
    right = [f'<a d="1"/><b d="{n}"/>' for n in range(4)]
    baked = bake.encode([left, right], [1, 0])
    for i in range(3):
        for j in range(4):
            assert bake.decode(baked, [i, j]) == f'<a d="{i}"/><b d="{j}"/>'


def test_groups_that_touch_each_other_are_refused():
    with pytest.raises(ValueError, match="two groups"):
        bake.encode([['<a d="1"/>', '<a d="2"/>'], ['<a d="1"/>', '<a d="3"/>']], [0, 0])
    with pytest.raises(ValueError, match="structure"):
        bake.encode([['<a d="1"/>', "<b/>"], ['<a d="1"/>', '<a d="3"/>']], [0, 0])


def test_the_same_name_with_other_attributes_is_another_structure():
    states = ['<a d="1"/>', '<a e="1"/>', '<a d="2"/>']
    baked = bake.encode([states], [0])
    assert [bake.decode(baked, [i]) for i in range(3)] == states


def test_packing_loses_nothing_and_is_reproducible():
    baked = bake.encode([[PAGE.format("µ²", n) for n in range(5)]], [0])
    assert bake.unpack(bake.pack(baked)) == baked
    assert bake.pack(baked) == bake.pack(baked)
