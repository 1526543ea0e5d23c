"""Reacting and diffusing fields: orders of the steppers, steady states, fronts and spots, and refused input."""

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from mslib.numerics.evolve import evolve, rest
from mslib.numerics.fields import Diffusion
from mslib.numerics.grids import Grid, Held, boundary_inflow
from mslib.numerics.stencils import Stencil, have_numba, longest_step

needs_numba = pytest.mark.skipif(not have_numba(), reason="numba is optional")


def logistic(u, p):
    return p[0] * u * (1 - u)


def grown(u, p, dt):
    """The exact flow of the logistic equation."""
    return u / (u + (1 - u) * np.exp(-p[0] * dt))


def gray_scott(u, v, p):
    F, k = p
    reaction = u * v * v
    return F * (1 - u) - reaction, reaction - (F + k) * v


def gray_scott_into(out, fields, work, p):
    (u, v), reaction = fields, work[2]
    np.multiply(v, v, out=reaction)
    reaction *= u
    np.subtract(1, u, out=out[0])
    out[0] *= p[0]
    out[0] -= reaction
    np.multiply(v, -(p[0] + p[1]), out=out[1])
    out[1] += reaction


def aliev_panfilov(u, v, p):
    k, a, e, m1, m2 = p
    return -k * u * (u - a) * (u - 1) - u * v, (e + m1 * v / (u + m2)) * (-v - k * u * (u - a - 1))


def schnakenberg(u, v, p):
    a, b = p
    made = u * u * v
    return a - u + made, b - made


def spot(grid, seed=1):
    y, x = grid.mesh()
    L = grid.lengths[0]
    v = 0.25 * np.exp(-40 * ((x / L - 0.5) ** 2 + (y / L - 0.4) ** 2))
    return np.stack([1 - 2 * v, v])


def test_a_linear_reaction_is_exact_beside_its_own_solution():
    """u′ = D u″ − k u with a cosine: exp(−(D q² + k) t); the parts commute, so splitting costs nothing."""
    grid = Grid(64, 2.0)
    start = grid.field(lambda x: np.cos(np.pi * x))
    exact = np.exp(-(0.1 * np.pi**2 + 0.5) * 1.0) * start
    found = evolve(lambda u, p: -p[0] * u, start, grid, 0.1, [0.5, 1.0], parameters=[0.5], dt=0.05, spectrum="exact")
    assert found.shape == (2, 64)
    assert np.allclose(found[1], exact, atol=2e-8)


@pytest.mark.parametrize(
    ("method", "diffusion", "order"),
    [("strang", "transform", 2), ("strang", "crank-nicolson", 2), ("strang", "sdirk2", 2), ("imex", "auto", 2),
     ("explicit", "auto", 1)],
)  # fmt: skip
def test_steppers_have_their_order_in_time(method, diffusion, order):
    grid = Grid((12, 12), (12.0, 12.0), "periodic")
    start, p, D = spot(grid), (0.04, 0.06), [0.16, 0.08]

    def run(steps, how=method, by=diffusion):
        return evolve(gray_scott, start, grid, D, [16.0], parameters=p, dt=16.0 / steps, method=how, diffusion=by)[0]

    exact = run(2048, "strang", "transform")
    errors = np.array([np.abs(run(n) - exact).max() for n in (32, 64, 128)])
    assert np.all(np.abs(np.log2(errors[:-1] / errors[1:]) - order) < 0.2)


def test_reacting_in_place_is_third_order_and_agrees():
    grid = Grid((8, 8), (8.0, 8.0), "periodic")
    args = {"grid": grid, "D": [0.0, 0.0], "times": [8.0], "parameters": (0.04, 0.06)}
    exact = evolve(gray_scott, spot(grid), dt=0.01, **args)
    errors = [
        np.abs(evolve(gray_scott, spot(grid), dt=dt, into=gray_scott_into, **args) - exact).max() for dt in (1, 0.5)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3.0, abs=0.3)


def test_adaptive_steps_keep_their_tolerance():
    grid = Grid(60, 30.0)
    start = grid.field(lambda x: np.where(x < 3, 1.0, 0.0))
    p, times = (1.0,), [0.5, 1.0, 6.0]
    exact = evolve(logistic, start, grid, 1.0, times, parameters=p, dt=1e-3, diffusion="sdirk2", flow=grown)
    for tolerance in (1e-3, 1e-5):
        found = evolve(
            logistic, start, grid, 1.0, times, parameters=p, diffusion="sdirk2", flow=grown, tolerance=tolerance
        )
        assert np.abs(found - exact).max() < 30 * tolerance


def test_one_flow_or_many_rates_agree():
    grid = Grid(40, 10.0)
    start = grid.field(lambda x: 0.1 + 0.05 * np.cos(np.pi * x / 10))
    a, b = (evolve(logistic, start, grid, 0.5, [3.0], parameters=(1.0,), dt=0.05, flow=flow) for flow in (grown, None))
    assert np.allclose(a, b, atol=1e-8)


def test_a_pulled_front_is_refused_by_transform_and_would_have_been_wrong():
    grid = Grid(300, 150.0)
    start, p, dt = grid.field(lambda x: np.where(x < 5, 1.0, 0.0)), (1.0,), 0.05
    for method in ("strang", "imex"):
        with pytest.raises(ValueError, match=r"diffusion must be a tridiagonal or sparse method for a pulled front"):
            evolve(logistic, start, grid, 1.0, [60.0], parameters=p, dt=dt, diffusion="transform", method=method)
    good = evolve(logistic, start, grid, 1.0, [40.0], parameters=p, dt=dt, diffusion="crank-nicolson", flow=grown)[0]
    c, step = start, Diffusion(grid, 1.0, dt, method="transform")
    with np.errstate(all="ignore"):
        for _ in range(800):
            c = grown(step.step(grown(c, p, dt / 2)), p, dt / 2)
    assert np.abs(c - good).max() > 0.5
    assert np.all(np.diff(good) < 1e-12) and good.min() >= -1e-12


def test_a_short_run_or_an_excitable_medium_may_use_the_transform():
    grid = Grid(50, 25.0)
    start = grid.field(lambda x: np.where(x < 5, 1.0, 0.0))
    evolve(logistic, start, grid, 1.0, [5.0], parameters=(1.0,), dt=0.5, diffusion="transform")
    both = np.stack([start, 0 * start])
    evolve(aliev_panfilov, both, grid, [1.0, 0.0], [50.0], parameters=(8, 0.15, 0.002, 0.2, 0.3), dt=0.1)


def test_a_bistable_front_has_its_exact_speed():
    """Nagumo: u′ = D u″ + k u(1−u)(u−a) has the front speed √(Dk/2)(1 − 2a) and width √(8D/k)."""
    grid, a = Grid(800, 80.0), 0.2
    start = grid.field(lambda x: 0.5 * (1 - np.tanh((x - 15) / np.sqrt(8))))
    times = [10.0, 40.0]
    found = evolve(lambda u, p: u * (1 - u) * (u - p[0]), start, grid, 1.0, times, parameters=(a,), dt=0.05)
    places = [np.interp(-0.5, -c, grid.centres[0]) for c in found]
    assert (places[1] - places[0]) / 30.0 == pytest.approx(np.sqrt(0.5) * (1 - 2 * a), rel=2e-3)


def test_michaelis_menten_slab():
    """Case C08: u″ = Da u/(K+u), u(0) = 1, u′(1) = 0, Da = 1, K = 0.1: u(1) = 0.5683684, −u′(0) = 0.8738524."""
    errors = []
    for cells in (50, 100, 200, 400):
        grid = Grid(cells, 1.0, (Held(1.0), "no-flux"))
        u = rest(lambda u, p: -p[0] * u / (p[1] + u), grid.field(1.0), grid, 1.0, parameters=(1.0, 0.1))
        flux = boundary_inflow(grid, 1.0, u)
        assert flux == pytest.approx(grid.total(u / (0.1 + u)), rel=1e-9)
        errors.append((abs(u[-1] - 0.5683683745269084), abs(flux - 0.8738524219054854)))
    order = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(order - 2) < 0.1)
    assert u[-1] == pytest.approx(0.5683683745269084, rel=1e-4)
    assert flux == pytest.approx(0.8738524219054854, rel=1e-4)


def test_rest_agrees_with_a_boundary_value_solver():
    x = np.linspace(0, 1, 41)
    theirs = solve_bvp(
        lambda x, y: np.array([y[1], 5 * y[0] ** 2]),
        lambda a, b: np.array([a[0] - 1, b[1]]),
        x,
        np.ones((2, 41)),
        tol=1e-9,
    ).sol(1.0)[0]
    grid = Grid(800, 1.0, (Held(1.0), "no-flux"))
    assert rest(lambda u, p: -5 * u**2, grid.field(0.5), grid, 1.0)[-1] == pytest.approx(theirs, rel=1e-5)


def test_imex_comes_to_rest_where_newton_does_and_splitting_comes_near():
    grid = Grid(40, 30.0)
    x = grid.centres[0]
    start = np.stack([1 + 0.1 * np.cos(4 * np.pi * x / 30), np.full(40, 0.9)])
    args = {"grid": grid, "D": [1.0, 40.0], "parameters": (0.1, 0.9)}
    late = evolve(schnakenberg, start, times=[60.0], dt=0.1, method="imex", **args)[0]
    pattern = rest(schnakenberg, late, **args)
    assert np.ptp(pattern[0]) > 1.0 and np.abs(late - pattern).max() < 1e-9
    shifts = [
        np.abs(evolve(schnakenberg, pattern, times=[20.0], dt=dt, **args)[0] - pattern).max() for dt in (0.05, 0.025)
    ]
    assert np.log2(shifts[0] / shifts[1]) == pytest.approx(2.0, abs=0.3)
    flat = rest(schnakenberg, np.stack([0 * x + 1.1, 0 * x + 0.8]), **args)
    assert np.allclose(flat[0], 1.0) and np.allclose(flat[1], 0.9)


@needs_numba
@pytest.mark.parametrize(
    ("rates", "D", "p", "boundary"),
    [
        (gray_scott, [0.16, 0.08], (0.035, 0.065), "periodic"),
        (aliev_panfilov, [1.0, 0.0], (8, 0.15, 0.002, 0.2, 0.3), "no-flux"),
        (gray_scott, [0.16, 0.08], (0.035, 0.065), [(Held(1.0), "no-flux"), "periodic"]),
        (logistic, [0.2], (0.5,), "no-flux"),
    ],
    ids=["gray-scott", "aliev-panfilov", "held", "logistic"],
)
def test_compiled_and_plain_stencils_agree(rates, D, p, boundary):
    grid = Grid((20, 26), (20.0, 26.0), boundary)
    start = np.random.default_rng(1).random((len(D), 20, 26))
    both = [Stencil(rates, grid, D, 0.1, p, compiled=compiled).run(start, 31) for compiled in (True, False)]
    assert np.allclose(*both, rtol=0, atol=1e-13)


@needs_numba
@pytest.mark.parametrize("boundary", ["no-flux", (Held(0.9), "no-flux")], ids=str)
def test_compiled_and_plain_lines_agree(boundary):
    grid = Grid(60, 30.0, boundary)
    start = grid.field(lambda x: np.where(x < 5, 1.0, 0.0))
    args = {"parameters": (1.0,), "dt": 0.1, "flow": grown, "diffusion": "crank-nicolson"}
    both = [evolve(logistic, start, grid, 1.0, [1.0, 8.0], compiled=c, **args) for c in (True, False)]
    assert np.allclose(*both, rtol=1e-10, atol=1e-14)
    with pytest.raises(ValueError, match="compiled must be"):
        evolve(logistic, start, grid, 1.0, [1.0], compiled=True, **args | {"flow": None})


@needs_numba
def test_a_new_parameter_compiles_nothing():
    from mslib.numerics.stencils import compiled_loop

    grid, start = Grid((8, 8), (8.0, 8.0)), np.ones((2, 8, 8))
    for F in (0.02, 0.03, 0.04):
        Stencil(gray_scott, grid, [0.16, 0.08], 0.1, (F, 0.06), compiled=True).run(start, 1)
    assert len(compiled_loop(gray_scott, (True, True)).signatures) == 1


def test_in_place_single_precision_follows_double():
    grid = Grid((16, 16), (16.0, 16.0), "periodic")
    start = spot(grid)
    plain = Stencil(gray_scott, grid, [0.16, 0.08], 1.0, (0.035, 0.065), compiled=False).run(start, 100)
    for dtype, error in ((np.float64, 1e-13), (np.float32, 2e-5)):
        swift = Stencil(gray_scott, grid, [0.16, 0.08], 1.0, (0.035, 0.065), dtype=dtype, into=gray_scott_into)
        found = swift.run(start, 100)
        assert found.dtype == dtype and np.abs(found - plain).max() < error


@pytest.mark.parametrize("boundary", ["no-flux", "periodic"])
def test_explicit_steps_conserve_the_amount_in_unequal_cells(boundary):
    grid = Grid((10, 12), (1.0, 3.0), boundary)
    start = np.random.default_rng(2).random((1, 10, 12))
    still = Stencil(lambda u, p: 0 * u, grid, [0.3], longest_step(grid, [0.3]), compiled=False)
    after = still.run(start, 200)
    assert after.sum() == pytest.approx(start.sum(), rel=1e-13)
    assert np.ptp(after) < 0.5 * np.ptp(start)


def test_a_line_held_at_one_end_is_second_order_in_space():
    errors = []
    for n in (10, 20, 40):
        grid = Grid(n, 1.0, (Held(1.0), Held(0.0)))
        dt = 0.2 / n**2
        start = grid.field(lambda x: 1 - x + np.sin(np.pi * x))[None]
        c = Stencil(lambda u, p: 0 * u, grid, [1.0], dt, compiled=False).run(start, round(0.1 / dt))[0]
        errors.append(
            np.abs(c - (1 - grid.centres[0] + np.exp(-0.1 * np.pi**2) * np.sin(np.pi * grid.centres[0]))).max()
        )
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.9)


GOOD = {
    "rates": logistic,
    "fields": np.ones(8),
    "grid": Grid(8, 8.0),
    "D": 1.0,
    "times": [1.0],
    "parameters": (1.0,),
    "dt": 0.1,
}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"dt": None}, "dt"), ({"dt": -1.0}, "dt"), ({"dt": np.nan}, "dt"), ({"tolerance": 2.0}, "tolerance"),
        ({"method": "euler"}, "method"), ({"times": [1.0, 0.5]}, "times"), ({"times": [-1.0]}, "times"),
        ({"times": [np.inf]}, "times"), ({"times": []}, "times"), ({"D": -1.0}, "D"), ({"D": [1.0, 1.0]}, "D"),
        ({"D": np.nan}, "D"), ({"fields": np.ones(7)}, "fields"), ({"fields": [1, 2, 3, 4, 5, 6, 7, np.nan]}, "fields"),
        ({"method": "explicit", "dt": 0.6, "times": [0.6]}, "dt must be at most 0.5"),
        ({"method": "explicit", "D": [np.ones(8)]}, "D must be uniform"),
        ({"rates": lambda u, p: u * 1e3 * u * u, "dt": 0.5}, "dt must be short enough"),
    ],
)  # fmt: skip
def test_bad_input_is_named(change, name):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=name):
        evolve(**GOOD | change)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"D": [1.0, 1.0, 1.0]}, "D must be one or two"), ({"D": [0.0]}, "D must"),
        ({"dt": 0.6}, "dt must be .* at most 0.5"),
        ({"dt": 0.0}, "dt"), ({"dtype": np.int64}, "dtype"),
    ],
)  # fmt: skip
def test_bad_stencils_are_named(change, name):
    good = {"rates": logistic, "grid": Grid(8, 8.0), "D": [1.0], "dt": 0.1, "parameters": (1.0,)}
    with pytest.raises(ValueError, match=name):
        Stencil(**good | change)


def test_bad_runs_are_named():
    still = Stencil(logistic, Grid(8, 8.0), [1.0], 0.1, (1.0,), compiled=False)
    with pytest.raises(ValueError, match="fields"):
        still.run(np.ones(8), 1)
    with pytest.raises(ValueError, match="steps"):
        still.run(np.ones((1, 8)), -1)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="dt"):
        still.run(np.full((1, 8), -1e3), 200)


def test_newton_says_why_it_stops():
    grid = Grid(20, 1.0)
    with pytest.raises(ValueError, match="guess"):
        rest(lambda u, p: 1.0 + u * u, grid.field(1.0), grid, 1.0)
    with pytest.raises(ValueError, match="most"):
        rest(lambda u, p: -u * u * u, grid.field(1.0), grid, 1.0, most=5)
