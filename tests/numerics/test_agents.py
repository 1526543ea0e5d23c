"""Agents on a field: exact accounts, exact laws of motion, and measured orders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.special import k0

from mslib.numerics import agents
from mslib.numerics.agents import (
    AgentField,
    climb,
    compose,
    deposit,
    fold,
    gather,
    headings,
    persist,
    scatter,
    slope,
    turnover,
    uptake,
    wander,
)  # fmt: skip
from mslib.numerics.grids import Grid, Held

GRIDS = {
    "line": Grid(7, 3.5),
    "ring": Grid(6, 3.0, "periodic"),
    "box": Grid((5, 8), (2.0, 3.0)),
    "torus": Grid((6, 5), (2.0, 3.0), "periodic"),
    "tube": Grid((6, 5), (2.0, 3.0), ["periodic", "no-flux"]),
}
EVERY_GRID = pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
WAYS = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])


def orders(errors):
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


@EVERY_GRID
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), edge=st.sampled_from([0.0, 1.0, 0.5]))
def test_what_is_released_is_on_the_grid_and_reading_is_the_adjoint(grid, seed, edge):
    rng = np.random.default_rng(seed)
    places = np.vstack([scatter(grid, 30, rng), np.full((1, len(grid.shape)), edge) * grid.lengths])
    given_, field = rng.uniform(0, 9, len(places)), rng.normal(size=grid.shape)
    density = deposit(grid, places, given_)
    assert density.min() >= 0.0
    assert grid.total(density) == pytest.approx(given_.sum(), rel=1e-13)
    assert grid.total(density * field) == pytest.approx(
        (given_ * gather(grid, field, places)).sum(), rel=1e-9, abs=1e-9
    )


@EVERY_GRID
def test_compiled_loops_and_plain_numpy_agree(grid):
    rng = np.random.default_rng(3)
    places, field = scatter(grid, 200, rng), rng.uniform(0.1, 2, grid.shape)
    pairs = [
        (f(grid, *args), f(grid, *args, compiled=False))
        for f, args in (
            (deposit, (places, 2.0)),
            (gather, (field, places)),
            (slope, (field, places)),
            (climb, (places, field, 0.3, 0.2)),
            (lambda *a, **k: uptake(*a, **k)[1], (field, places, 0.1, 2.0)),
        )
    ]
    for fast, plain in pairs:
        assert np.allclose(fast, plain, rtol=1e-12, atol=1e-13)


def test_the_plain_path_serves_where_numba_is_missing(monkeypatch):
    grid = GRIDS["box"]
    places = scatter(grid, 50, rng=1)
    model = AgentField(grid, diffusion=1.0, decay=0.1, release=2.0, rate=0.1, motility=0.1, drift=0.05)
    fast = model.run(model.start(places), 0.1, 20, rng=2)
    monkeypatch.setattr(agents, "kernels", lambda: None)
    plain = model.run(model.start(places), 0.1, 20, rng=2)
    assert np.allclose(fast.positions, plain.positions, rtol=1e-9)
    assert np.allclose(fast.field, plain.field, rtol=1e-9)


@WAYS
def test_reading_is_second_order(compiled):
    place, found = scatter(Grid((9, 9), (1.0, 1.0)), 300, rng=4), []
    for cells in (32, 64, 128):
        grid = Grid((cells, cells), (1.0, 1.0), "periodic")
        field = grid.field(lambda y, x: np.sin(2 * np.pi * y) * np.cos(2 * np.pi * x))
        y, x = 2 * np.pi * place.T
        exact = np.stack([np.cos(y) * np.cos(x), -np.sin(y) * np.sin(x)], axis=1) * 2 * np.pi
        found.append((
            np.abs(gather(grid, field, place, compiled=compiled) - np.sin(y) * np.cos(x)).max(),
            np.abs(slope(grid, field, place, compiled=compiled) - exact).max(),
        ))  # fmt: skip
    assert np.all(orders([one for one, _ in found]) > 1.9)
    assert np.all(orders([one for _, one in found]) > 1.9)


def test_the_field_around_one_source_converges_with_second_order():
    """Steady c(r) = a K₀(r/λ)/(2πD) on a plane; the box is 24 λ wide, read 2 λ from the source."""
    errors = []
    for cells in (60, 120, 240):
        grid = Grid((cells, cells), (24.0, 24.0))
        model = AgentField(grid, diffusion=1.0, decay=1.0, release=3.0)
        state = model.run(model.start([[12.1, 11.8]]), 20.0, 3, rng=1)
        there = 12.1 + 2.0 * np.cos([0.3, 1.3, 2.9]), 11.8 + 2.0 * np.sin([0.3, 1.3, 2.9])
        errors.append(np.abs(gather(grid, state.field, np.transpose(there)) / (3.0 * k0(2.0) / 2 / np.pi) - 1).max())
    assert np.all(orders(errors) > 1.8) and errors[-1] < 5e-3


@EVERY_GRID
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), dt=st.sampled_from([1e-3, 0.3, 1e4]), half=st.sampled_from([None, 1e-3, 0.4, 50.0]))
def test_uptake_takes_what_is_there_and_not_more(grid, seed, dt, half):
    rng = np.random.default_rng(seed)
    places, field = scatter(grid, 25, rng), rng.exponential(1.0, grid.shape) * (rng.random(grid.shape) < 0.7)
    after, taken = uptake(grid, field, places, rng.uniform(0, 3, 25), dt, half=half)
    assert after.min() >= 0.0 and taken.min() >= 0.0
    assert np.all(after <= field)
    lost = grid.total(field) - grid.total(after)
    assert taken.sum() == pytest.approx(lost, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("half", [None, 0.05, 0.8, 1e6])
def test_uptake_solves_its_equation_exactly(half):
    grid, rate = Grid(4, 4.0), np.array([0.7, 1.1])
    field, places = grid.field(1.5), np.array([[1.3], [1.8]])
    rate = rate if half is None else rate * (1.0 if half < 10 else half)
    pull = deposit(grid, places, rate)

    def speed(t, c):
        return -pull * (c if half is None else c / (half + c))

    exact = solve_ivp(speed, (0, 2.0), field, rtol=1e-12, atol=1e-14, method="DOP853").y[:, -1]
    after, _ = uptake(grid, field, places, rate, 2.0, half=half)
    assert np.allclose(after, exact, rtol=1e-9, atol=1e-12)
    steps = field
    for _ in range(7):
        steps, _ = uptake(grid, steps, places, rate, 2.0 / 7, half=half)
    assert np.allclose(steps, after, rtol=1e-9, atol=1e-12), "the length of the steps does not matter"


def test_forty_agents_fill_a_sealed_box_exactly():
    """K03: M(t) = n q/k (1 − e^{−kt}) wherever they walk: 13 976.1158 after 60 s, 20 000 in the end."""
    model = AgentField(
        Grid((32, 32), (200.0, 200.0)), diffusion=30.0, decay=0.02, release=10.0, motility=4.0, drift=0.2
    )
    state = model.run(model.start(scatter(model.grid, 40, rng=1)), 1.5, 40, rng=2)
    assert model.content(state) == pytest.approx(13976.115761755957, rel=1e-12)
    assert abs(model.imbalance(state)) < 1e-12
    assert model.content(model.run(state, 20.0, 100, rng=3)) == pytest.approx(20000.0, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("half", [None, 0.02])
def test_nothing_is_lost_between_agents_and_field(order, half):
    """Mass balance to 1e-12 with release, uptake, decay, motion and climbing at once."""
    model = AgentField(
        Grid((24, 24), (120.0, 120.0)),
        20.0,
        0.01,
        release=3.0,
        rate=4.0,
        half=half,
        motility=2.0,
        drift=10.0,
        order=order,
    )
    state = model.run(model.start(scatter(model.grid, 300, rng=1), 0.05), 2.0, 100, rng=2)
    assert abs(model.imbalance(state)) < 1e-12
    assert state.field.min() >= 0.0
    shares = state.decayed, state.received.sum(), model.content(state)
    assert min(shares) > 1e-3 * (state.released + state.initial)


def run_without_chance(order, dt, positions):
    grid = Grid((20, 20), (20.0, 20.0))
    model = AgentField(grid, 1.0, 0.2, release=1.0, rate=2.0, half=0.4, drift=1.5, order=order)
    start = model.start(positions, lambda y, x: 1.0 + 0.4 * np.sin(np.pi * y / 20) * np.cos(np.pi * x / 20))
    return model.run(start, dt, round(3.2 / dt), rng=1)


@pytest.mark.parametrize("order", [1, 2])
def test_splitting_has_the_stated_order(order):
    """Lie one, Strang two, for the field and for where the agents are; nobody wanders, so there is no chance in it."""
    positions = scatter(Grid((20, 20), (20.0, 20.0)), 60, rng=5)
    fine = run_without_chance(2, 0.0125, positions)
    runs = [run_without_chance(order, dt, positions) for dt in (0.4, 0.2, 0.1)]
    fields = [np.sqrt(np.mean((run.field - fine.field) ** 2)) for run in runs]
    places = [np.sqrt(np.mean((run.positions - fine.positions) ** 2)) for run in runs]
    for errors in (fields, places):
        assert np.all(np.abs(orders(errors) - order) < 0.3), orders(errors)


def test_the_field_of_many_agents_approaches_that_of_a_density_as_one_over_root_n():
    grid, spread = Grid((32, 32), (100.0, 100.0)), []
    for count in (100, 1600):
        model = AgentField(grid, 50.0, 0.05, release=1.0 / count)
        runs = [model.run(model.start(scatter(grid, count, rng=i)), 100.0, 2, rng=1).field for i in range(12)]
        spread.append(np.sqrt(np.mean((np.array(runs) * grid.volume * 1024 * 0.05 - 1.0) ** 2)))
    assert spread[0] / spread[1] == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize("t", [0.1, 1.0, 7.0])
def test_persistent_walkers_turn_from_flight_to_diffusion(t):
    """C26: speed 5, persistence 1 in two dimensions: D = S²P/2 = 12.5, ⟨r²⟩ = 4D(t − P(1 − e^{−t/P}))."""
    grid, rng = Grid((3, 3), (1e4, 1e4)), np.random.default_rng(11)
    start, v = np.full((40_000, 2), 5e3), headings(40_000, 2, 5.0, rng)
    for steps in (1, 3):
        places, w = start, v
        for _ in range(steps):
            places, w = persist(grid, places, w, 5.0, 1.0, t / steps, rng)
        squares = ((places - start) ** 2).sum(axis=1)
        exact = 4 * 12.5 * (t - (1 - np.exp(-t)))
        assert abs(squares.mean() - exact) < 4 * squares.std() / 200.0
        assert abs((w**2).sum(axis=1).mean() / 25.0 - 1) < 4 / 200.0


def test_a_very_short_step_of_a_persistent_walk_is_straight():
    grid, rng = Grid((3, 3), (10.0, 10.0)), np.random.default_rng(1)
    v = headings(100, 2, 5.0, rng)
    places, w = persist(grid, np.full((100, 2), 5.0), v, 5.0, 1.0, 1e-9, rng)
    assert np.allclose((places - 5.0) / 1e-9, v, rtol=1e-3, atol=1e-3) and np.allclose(w, v, atol=1e-3)


@pytest.mark.parametrize("walk", ["wander", "persist"])
def test_walls_keep_agents_in_and_evenly_spread(walk):
    grid, rng = Grid((4, 4), (2.0, 3.0), ["no-flux", "periodic"]), np.random.default_rng(2)
    places, v = scatter(grid, 20_000, rng), headings(20_000, 2, 1.0, rng)
    for _ in range(5):
        if walk == "wander":
            places = wander(grid, places, 0.5, 1.0, rng)
        else:
            places, v = persist(grid, places, v, 1.0, 2.0, 1.0, rng)
    assert places.min() >= 0.0 and np.all(places.max(axis=0) <= grid.lengths)
    counts = np.histogramdd(places, bins=(4, 4), range=[(0, 2), (0, 3)])[0]
    assert ((counts - 1250) ** 2 / 1250).sum() < 45, "chi-square with 15 degrees of freedom"


def test_a_wall_turns_the_velocity_round():
    places, v = fold(Grid((3, 3), (3.0, 3.0)), [[3.5, 1.0], [-0.5, 7.0]], [[1.0, 1.0], [-1.0, 1.0]])
    assert np.allclose(places, [[2.5, 1.0], [0.5, 1.0]]) and np.allclose(v, [[-1.0, 1.0], [1.0, 1.0]])


@WAYS
def test_climbing_is_second_order_and_finds_the_top(compiled):
    grid = Grid((400, 400), (1.0, 1.0))
    field = grid.field(lambda y, x: -((y - 0.4) ** 2) - (x - 0.7) ** 2)
    start, found = scatter(Grid((3, 3), (0.6, 0.6)), 40, rng=3) + 0.2, []
    exact = [0.4, 0.7] + (start - [0.4, 0.7]) * np.exp(-2.0)
    for steps in (4, 8, 16):
        places = start
        for _ in range(steps):
            places = climb(grid, places, field, 1.0, 1.0 / steps, compiled=compiled)
        found.append(np.abs(places - exact).max())
    assert np.all(orders(found) > 1.8)


@WAYS
def test_climbing_and_wandering_together_is_weakly_second_order(compiled):
    """In a parabolic valley a step is x(1 − z + z²/2) + w(1 − z/2), z = dt; its variance tends to (1 − e^{−2t})D."""
    grid = Grid((100, 100), (10.0, 10.0))
    field = grid.field(lambda y, x: -0.5 * ((y - 5.0) ** 2 + (x - 5.0) ** 2))
    start = 4.0 + scatter(Grid((3, 3), (2.0, 2.0)), 50, rng=3)
    w = np.random.default_rng(1).normal(0.0, 0.3, start.shape)
    moved = climb(grid, start, field, 1.0, 0.4, shake=w, compiled=compiled)
    assert np.allclose(moved - 5.0, (start - 5.0) * (1 - 0.4 + 0.08) + w * 0.8, rtol=1e-9, atol=1e-12)
    found = []
    for steps in (8, 16, 32):
        dt, variance = 1.0 / steps, 0.0
        for _ in range(steps):
            variance = (1 - dt + dt**2 / 2) ** 2 * variance + 2 * dt * (1 - dt / 2) ** 2
        found.append(abs(variance - (1 - np.exp(-2.0))))
    assert np.all(orders(found) > 1.9)


def test_agents_may_weigh_what_they_sense():
    grid = Grid(50, 10.0)
    field = 2.0 * grid.centres[0]
    shy = climb(grid, [[2.0], [6.0]], field, lambda c, g: g / (1.0 + c[:, None]) ** 2, 0.1)
    assert np.allclose(shy[:, 0] - [2.0, 6.0], 0.1 * 2.0 / (1.0 + np.array([4.0, 12.0])) ** 2, rtol=0.01)


def test_families_follow_the_exact_law():
    """Mean e^{(b−d)t}, extinct with d(e^{rt} − 1)/(b e^{rt} − d)."""
    ancestors = turnover(50_000, 0.5, 0.2, 2.0, rng=3)
    families = np.bincount(ancestors, minlength=50_000)
    grown = np.exp(0.6)
    assert abs(families.mean() - grown) < 4 * families.std() / np.sqrt(50_000)
    gone = 0.2 * (grown - 1) / (0.5 * grown - 0.2)
    assert abs((families == 0).mean() - gone) < 4 * np.sqrt(gone / 50_000)
    assert (
        np.all(turnover(3, [0.0, 0.0, 0.0], [0.0, 1e3, 0.0], 1.0, rng=1) == [0, 2])
        and len(turnover(0, 1, 1, 1, 1)) == 0
    )


def test_the_same_seed_gives_the_same_agents():
    model = AgentField(GRIDS["torus"], 1.0, 0.1, release=1.0, rate=0.1, motility=0.3, drift=0.01)
    one, two, other = (
        model.run(model.start(scatter(model.grid, 9, rng=1)), 0.5, 9, rng=s).positions for s in (1, 1, 2)
    )
    assert np.array_equal(one, two) and not np.array_equal(one, other)


def test_watching_records_every_step():
    model = AgentField(GRIDS["box"], 1.0, release=1.0)
    state, seen = model.run(model.start([[1.0, 1.0]]), 0.5, 4, rng=1, watch=model.content)
    assert np.allclose(seen, [0.0, 0.5, 1.0, 1.5, 2.0], rtol=1e-12) and state.released == 2.0
    assert model.imbalance(model.start([[1.0, 1.0]])) == 0.0


BOX = GRIDS["box"]
BAD = {
    "positions outside": lambda: deposit(BOX, [[5.0, 1.0]], 1.0),
    "positions not finite": lambda: gather(BOX, BOX.field(), [[np.nan, 1.0]]),
    "positions of one axis": lambda: deposit(BOX, [[1.0]], 1.0),
    "amounts": lambda: deposit(BOX, [[1.0, 1.0]], np.nan),
    "amounts of others": lambda: deposit(BOX, [[1.0, 1.0]], [1.0, 2.0]),
    "field": lambda: gather(BOX, np.zeros(3), [[1.0, 1.0]]),
    "boundary": lambda: deposit(Grid(5, 1.0, (Held(1.0), "no-flux")), [[0.5]], 1.0),
    "D": lambda: wander(BOX, [[1.0, 1.0]], -1.0, 1.0, 1),
    "dt": lambda: wander(BOX, [[1.0, 1.0]], 1.0, -1.0, 1),
    "dt too long": lambda: climb(BOX, [[1.0, 1.0]], BOX.field(lambda y, x: x), 9.0, 1.0),
    "dt too long, plain": lambda: climb(BOX, [[1.0, 1.0]], BOX.field(lambda y, x: x), 9.0, 1.0, compiled=False),
    "drift": lambda: climb(BOX, [[1.0, 1.0]], BOX.field(), lambda c, g: c, 1.0),
    "shake": lambda: climb(BOX, [[1.0, 1.0]], BOX.field(), 1.0, 1.0, shake=[[1.0]]),
    "rate": lambda: uptake(BOX, BOX.field(), [[1.0, 1.0]], -1.0, 1.0),
    "half": lambda: uptake(BOX, BOX.field(), [[1.0, 1.0]], 1.0, 1.0, half=0.0),
    "order": lambda: compose([], 0, 1.0, 3),
    "order of a model": lambda: AgentField(BOX, 1.0, order=4),
    "motility": lambda: AgentField(BOX, 1.0, motility=-1.0),
    "shape": lambda: AgentField(BOX, 1.0, decay=100.0),
    "field below zero": lambda: AgentField(BOX, 1.0).start([[1.0, 1.0]], -1.0),
    "speed": lambda: headings(3, 2, -1.0, 1),
    "speed of a walk": lambda: persist(BOX, [[1.0, 1.0]], [[0.0, 0.0]], -1.0, 1.0, 1.0, 1),
    "persistence": lambda: persist(BOX, [[1.0, 1.0]], [[0.0, 0.0]], 1.0, 0.0, 1.0, 1),
    "velocities": lambda: persist(BOX, [[1.0, 1.0]], [0.0], 1, 1, 1, 1),
    "count": lambda: scatter(BOX, -1, 1),
    "birth": lambda: turnover(3, -1.0, 0.0, 1.0, 1),
    "steps": lambda: AgentField(BOX, 1.0).run(None, 1.0, 1.5, 1),
    "positions to fold": lambda: fold(BOX, [[np.inf, 1.0]]),
    "count of a turnover": lambda: turnover(1.5, 0.0, 0.0, 1.0, 1),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    with pytest.raises(ValueError, match=case.split()[0]):
        BAD[case]()
