"""Crowds on a lattice: published densities, conservation, and the compiled loop beside the plain one."""

import numpy as np
import pytest

from mslib.numerics import exclusion
from mslib.numerics.exclusion import correlation, crowd, sprinkle
from mslib.numerics.streams import replicate


def shares(size, rng, hop):
    runs = [crowd(sprinkle(100, 100, 500, rng), 300, hop=hop, split=0.01, rng=rng).counts[-1] for _ in range(size)]
    return np.array(runs) / 1e4


@pytest.mark.parametrize(("hop", "published"), [(1.0, 0.5030833333333333), (0.0, 0.29031666666666667)])
def test_crowds_that_move_and_crowds_that_sit(hop, published):
    """K01, after Baker & Simpson 2010, doi:10.1103/PhysRevE.82.041905: 0.503 with, 0.290 without motility."""
    found = replicate(lambda size, rng: shares(size, rng, hop), 12, rng=1, block=3)
    assert found.mean() == pytest.approx(published, rel=0.04)


@pytest.mark.parametrize(("hop", "split", "death"), [(1.0, 0.05, 0.0), (0.3, 0.1, 0.02), (0.0, 0.2, 0.1)])
def test_compiled_and_plain_loops_agree_agent_by_agent(hop, split, death, monkeypatch):
    start = sprinkle(20, 30, 60, rng=1)
    fast = crowd(start, 60, hop=hop, split=split, death=death, rng=2)
    plain = crowd(start, 60, hop=hop, split=split, death=death, rng=2, compiled=False)
    monkeypatch.setattr(exclusion, "kernels", lambda: None)
    without = crowd(start, 60, hop=hop, split=split, death=death, rng=2)
    for other in (plain, without):
        assert np.array_equal(fast.counts, other.counts) and np.array_equal(fast.occupied, other.occupied)


def test_agents_are_neither_lost_nor_made_by_hopping():
    run = crowd(sprinkle(20, 20, 123, rng=1), 50, hop=1.0, rng=2)
    assert np.all(run.counts == 123) and run.occupied.sum() == 123


def test_counts_are_those_of_the_lattice_and_never_exceed_it():
    run = crowd(sprinkle(12, 12, 10, rng=1), 400, hop=0.5, split=0.1, rng=3)
    assert run.counts[-1] == run.occupied.sum() == 144 == run.counts.max()


def test_a_single_walker_diffuses():
    """One hop of one site a step in two dimensions: ⟨r²⟩ = t, unless it meets the edge of the torus."""
    squares = []
    for seed in range(300):
        start = np.zeros((61, 61), bool)
        start[30, 30] = True
        where = np.argwhere(crowd(start, 50, hop=1.0, rng=seed).occupied)[0]
        squares.append(((where - 30) ** 2).sum())
    assert abs(np.mean(squares) - 50.0) < 4 * np.std(squares) / np.sqrt(300)


def test_deaths_alone_thin_the_crowd_exponentially():
    run = crowd(sprinkle(100, 100, 8000, rng=1), 40, hop=0.0, death=0.05, rng=2)
    kept = 0.95**40
    assert abs(run.counts[-1] / 8000 - kept) < 4 * np.sqrt(kept * (1 - kept) / 8000)
    assert crowd(sprinkle(5, 5, 25, rng=1), 3, hop=0.0, death=1.0, rng=1).counts.tolist() == [25, 0, 0, 0]


def test_a_random_lattice_has_no_correlation_and_clusters_have():
    assert abs(correlation(sprinkle(300, 300, 20_000, rng=1)) - 1.0) < 0.03
    sits = crowd(sprinkle(100, 100, 500, rng=1), 150, hop=0.0, split=0.01, rng=2).occupied
    assert correlation(sits, 1) > 3.0 > 1.3 > correlation(sits, 20)
    assert np.isnan(correlation(np.zeros((4, 4)), 1))


LATTICE = np.eye(4)
BAD = {
    "occupied": lambda: crowd(np.full((4, 4), 2), 1, rng=1),
    "occupied of one axis": lambda: crowd(np.ones(9), 1, rng=1),
    "hop": lambda: crowd(LATTICE, 1, hop=1.2, rng=1),
    "split": lambda: crowd(LATTICE, 1, split=-0.1, rng=1),
    "death": lambda: crowd(LATTICE, 1, death=np.nan, rng=1),
    "steps": lambda: crowd(LATTICE, -1, rng=1),
    "count": lambda: sprinkle(3, 3, 10, rng=1),
    "distance": lambda: correlation(LATTICE, 3),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    with pytest.raises(ValueError, match=case.split()[0]):
        BAD[case]()
