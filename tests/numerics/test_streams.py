"""Random streams: the same answer on one worker or many."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from mslib.numerics.streams import generator, replicate


def normals(size, rng):
    return rng.normal(size=size)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_workers_do_not_change_the_answer(pool):
    alone = replicate(normals, 1050, rng=3, block=100)
    with pool(3) as executor:
        shared = replicate(normals, 1050, rng=3, block=100, executor=executor)
    assert alone.shape == (1050,)
    assert np.array_equal(alone, shared)


def test_blocks_are_independent():
    first, second = np.split(replicate(normals, 20_000, rng=3, block=10_000), 2)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(10_000)


@pytest.mark.parametrize("bad", [None, 1.5, "seed", True])
def test_a_seed_must_be_given(bad):
    with pytest.raises(TypeError, match="rng must be"):
        generator(bad)


@pytest.mark.parametrize(("count", "block"), [(0, 10), (-1, 10), (2.5, 10), (10, 0)])
def test_counts_must_be_positive_whole_numbers(count, block):
    with pytest.raises(ValueError, match="must be a positive whole number"):
        replicate(normals, count, rng=1, block=block)
