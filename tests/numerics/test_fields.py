"""Diffusing fields against exact solutions: order in space and time, conservation, layers, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erfc

from mslib.numerics.diffusion import diffuse_decay
from mslib.numerics.fields import Diffusion, diffuse, steady
from mslib.numerics.grids import Grid, Held, Inflow, boundary_inflow, face_diffusivity, operator

IMPLICIT = ("crank-nicolson", "sdirk2", "backward-euler")


def orders(errors, ratio=2.0):
    return np.log(np.array(errors[:-1]) / errors[1:]) / np.log(ratio)


@pytest.mark.parametrize("boundary", ["no-flux", "periodic", ["no-flux", "periodic"], ["periodic", "no-flux"]], ids=str)
def test_the_transform_is_the_exact_flow_of_the_finite_volumes(boundary):
    from scipy.linalg import expm

    grid = Grid((6, 5), (1.2, 0.7), boundary)
    c, s = np.random.default_rng(1).random((2, 6, 5))
    A = operator(grid, 0.3)[0].toarray() - 0.4 * np.eye(30)
    exact = expm(0.2 * A) @ c.ravel() + np.linalg.solve(A, (expm(0.2 * A) - np.eye(30)) @ s.ravel())
    step = Diffusion(grid, 0.3, 0.2, decay=0.4)
    assert step.method == "transform"
    assert np.allclose(step.step(c, s).ravel(), exact, rtol=0, atol=1e-13)


def test_an_inflow_is_exact_in_time_too():
    grid = Grid(50, 2.0, (Inflow(0.7), "no-flux"))
    after = Diffusion(grid, 1.0, 0.3).run(grid.field(0.2), 5)
    assert grid.total(after) == pytest.approx(0.4 + 0.7 * 1.5, rel=1e-13)
    assert np.allclose(after, Diffusion(grid, 1.0, 1.5).step(grid.field(0.2)), atol=1e-13)


@pytest.mark.parametrize("spectrum", ["stencil", "exact"])
def test_a_cosine_decays_at_its_own_rate(spectrum):
    """c = cos(3πx/L) cos(πy/W) decays as exp(−D q² t): second order in space by the stencil, exact by the continuum."""
    errors = []
    for n in (16, 32, 64):
        grid = Grid((n, n), (2.0, 1.0))
        start = grid.field(lambda x, y: np.cos(1.5 * np.pi * x) * np.cos(np.pi * y))
        q2 = (1.5 * np.pi) ** 2 + np.pi**2
        after = Diffusion(grid, 0.05, 1.0, spectrum=spectrum).step(start)
        errors.append(np.abs(after - np.exp(-0.05 * q2) * start).max())
    assert max(errors) < 1e-14 if spectrum == "exact" else np.all(orders(errors) > 1.9)


def test_backward_euler_by_transform_is_backward_euler():
    grid = Grid((7, 8), (1.0, 1.0), ["no-flux", "periodic"])
    c, s = np.random.default_rng(5).random((2, 7, 8))
    both = [Diffusion(grid, 0.3, 0.1, decay=0.2, method=m).step(c, s) for m in ("transform-euler", "backward-euler")]
    assert np.allclose(*both, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("method", "order"), [("crank-nicolson", 2), ("sdirk2", 2), ("backward-euler", 1)])
def test_implicit_steps_have_their_order_in_time(method, order):
    grid = Grid(40, 1.0, (Held(1.0), "no-flux"))
    start = grid.field(lambda x: 1.0 + np.sin(0.5 * np.pi * x))
    exact = Diffusion(grid, 1.0, 0.5 / 4096, decay=2.0, method="sdirk2").run(start, 4096, 0.3)
    errors = [
        np.abs(Diffusion(grid, 1.0, 0.5 / n, decay=2.0, method=method).run(start, n, 0.3) - exact).max()
        for n in (16, 32, 64)
    ]
    assert np.all(np.abs(orders(errors) - order) < 0.15)


def test_alternating_directions_have_second_order_and_agree_with_the_transform():
    grid = Grid((24, 30), (1.0, 1.5))
    start = grid.field(lambda x, y: np.exp(-20 * ((x - 0.4) ** 2 + (y - 0.6) ** 2)))
    exact = Diffusion(grid, 0.2, 0.4, decay=0.5).step(start, 0.1)
    errors = [
        np.abs(Diffusion(grid, 0.2, 0.4 / n, decay=0.5, method="adi").run(start, n, 0.1) - exact).max()
        for n in (16, 32, 64)
    ]
    assert np.all(np.abs(orders(errors) - 2) < 0.05) and errors[-1] < 1e-5
    held = Grid((24, 30), (1.0, 1.5), [(Held(1.0), "no-flux"), (Inflow(0.3), "no-flux")])
    ours = Diffusion(held, 0.2, 0.01, decay=0.5, method="adi").run(start, 40)
    assert np.allclose(ours, Diffusion(held, 0.2, 0.01, decay=0.5).run(start, 40), atol=2e-4)


def test_a_stiff_step_damps_with_sdirk2_and_rings_with_crank_nicolson():
    grid = Grid(64, 1.0)
    spike = grid.field()
    spike[32] = 1.0
    after = {m: Diffusion(grid, 1.0, 1.0, method=m).step(spike) for m in IMPLICIT}
    assert after["crank-nicolson"].min() < -0.5
    assert np.all(np.abs(after["sdirk2"] - 1 / 64) < 6e-3) and after["backward-euler"].min() > 0


@pytest.mark.parametrize("method", ["transform", *IMPLICIT, "adi"])
def test_the_amount_is_conserved_to_round_off(method):
    grid = Grid((20, 24), (1.0, 1.0))
    c = np.random.default_rng(2).random((20, 24))
    after = Diffusion(grid, 0.3, 0.02, method=method).run(c, 50)
    assert after.sum() == pytest.approx(c.sum(), rel=1e-14 if method in ("transform", "adi") else 5e-13)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), D=st.floats(0.01, 10), decay=st.floats(0, 2), dt=st.floats(1e-3, 10))
def test_positive_fields_stay_positive_and_lose_what_decays(seed, D, decay, dt):
    grid = Grid((9, 8), (0.3, 0.3), ["periodic", "no-flux"])
    c = np.random.default_rng(seed).random((9, 8)) ** 8
    after = diffuse(c, grid, D, dt, decay=decay)
    assert after.min() > -1e-15
    assert after.sum() == pytest.approx(c.sum() * np.exp(-decay * dt), rel=1e-12)


def test_layers_and_images_use_harmonic_means():
    """Ten equal layers of 1 and 0.1 in series conduct like 2/(1/1 + 1/0.1) = 0.181818, the harmonic mean."""
    D = np.repeat(np.tile([1.0, 0.1], 5), 8)
    grid = Grid(80, 1.0, (Held(1.0), Held(0.0)))
    c = steady(grid, D)
    flux = 2 * D[0] * (1 - c[0]) / grid.spacing[0]
    assert flux == pytest.approx(2.0 / 11.0, rel=1e-12)
    image = np.broadcast_to(D[:, None], (80, 7))
    plate = Grid((80, 7), (1.0, 1.0), [(Held(1.0), Held(0.0)), "periodic"])
    assert np.allclose(steady(plate, image), c[:, None], atol=1e-12)
    assert face_diffusivity(Grid(3, 1.0), [1.0, 0.0, 1.0], 0).max() == 0.0
    assert Diffusion(plate, image, 0.1).method == "sdirk2"


def test_a_wall_of_zero_diffusivity_holds_back():
    grid = Grid(9, 9.0)
    c = diffuse([1, 1, 1, 1, 0, 0, 0, 0, 0], grid, [1, 1, 1, 1, 0, 1, 1, 1, 1], 100.0)
    assert np.allclose(c, [1, 1, 1, 1, 0, 0, 0, 0, 0], atol=1e-12)


def test_diffusion_into_a_half_space():
    """A side held at 1 over an empty medium: erfc(x / 2√(Dt))."""
    grid = Grid(800, 20.0, (Held(1.0), "no-flux"))
    c = Diffusion(grid, 1.0, 0.005, method="sdirk2").run(grid.field(), 400)
    assert np.allclose(c, erfc(grid.centres[0] / (2 * np.sqrt(2.0))), atol=2e-4)


def test_agrees_with_the_line_of_the_morphogen():
    grid = Grid(200, 10.0, (Held(2.0), "no-flux"))
    ours = Diffusion(grid, 0.5, 0.005, decay=0.3).run(grid.field(), 400)
    theirs = diffuse_decay(0.5, 0.3, 10.0, [2.0], held=2.0, cells=200, steps=2000)[1][0]
    assert np.allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize("boundary", ["no-flux", "periodic", ["no-flux", (Inflow(0.2), "no-flux")]], ids=str)
def test_steady_state_by_transform_balances_in_every_cell(boundary):
    grid = Grid((12, 10), (2.0, 1.0), boundary)
    s = np.random.default_rng(3).random((12, 10))
    c = steady(grid, 0.7, decay=1.3, source=s)
    A, b = operator(grid, 0.7)
    assert np.allclose((A @ c.ravel()).reshape(c.shape) + b - 1.3 * c + s, 0, atol=1e-11)
    assert boundary_inflow(grid, 0.7, c) + grid.total(s) == pytest.approx(1.3 * grid.total(c), rel=1e-12)


def test_a_point_source_on_a_plane_makes_the_bessel_profile():
    """−∇²c + c = δ on the plane has c = K₀(r)/2π."""
    from scipy.special import k0

    grid = Grid((201, 201), (16.0, 16.0), "periodic")
    source = grid.field()
    source[100, 100] = 1 / grid.volume
    c = steady(grid, 1.0, decay=1.0, source=source)
    r = grid.spacing[0] * np.arange(15, 40)
    assert np.allclose(c[100, 115:140], k0(r) / (2 * np.pi), rtol=4e-3)


def test_single_precision_stays_single():
    grid = Grid((16, 16), (1.0, 1.0))
    c = np.random.default_rng(4).random((16, 16)).astype(np.float32)
    after = Diffusion(grid, 0.1, 0.1).step(c)
    assert after.dtype == np.float32
    assert np.allclose(after, diffuse(c.astype(float), grid, 0.1, 0.1), atol=1e-6)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Grid(2, 1.0), "shape"),
        (lambda: Grid((4, 4, 4), (1, 1, 1)), "shape"),
        (lambda: Grid(4.5, 1.0), "shape"),
        (lambda: Grid(4, -1.0), "lengths"),
        (lambda: Grid((4, 4), 1.0), "lengths"),
        (lambda: Grid(4, np.nan), "lengths"),
        (lambda: Grid(4, 1.0, "sealed"), "boundary"),
        (lambda: Grid(4, 1.0, ("periodic", "no-flux")), "boundary"),
        (lambda: Grid(4, 1.0, Held(np.nan)), "boundary"),
        (lambda: Grid((4, 4), (1, 1), ["no-flux"]), "boundary"),
        (lambda: Diffusion(Grid(4, 1.0), -1.0, 1.0), "D must"),
        (lambda: Diffusion(Grid(4, 1.0), 0.0, 1.0), "D must"),
        (lambda: Diffusion(Grid(4, 1.0), np.nan, 1.0), "D must"),
        (lambda: Diffusion(Grid(4, 1.0), [1, 2], 1.0), "D must"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, 0.0), "dt must"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, np.inf), "dt must"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, 1.0, decay=-1.0), "decay"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, 1.0, decay=100.0), "shape must be at least \\[10\\] cells"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, 1.0, method="euler"), "method"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, 1.0, method="adi"), "method"),
        (lambda: Diffusion(Grid(4, 1.0, Held(1.0)), 1.0, 1.0, method="transform"), "method"),
        (lambda: Diffusion(Grid(4, 1.0), 1.0, 1.0, spectrum="fourier"), "spectrum"),
        (lambda: diffuse(np.ones(5), Grid(4, 1.0), 1.0, 1.0), "field"),
        (lambda: diffuse([1, np.nan, 1, 1], Grid(4, 1.0), 1.0, 1.0), "field"),
        (lambda: steady(Grid(4, 1.0), 1.0), "decay"),
        (lambda: steady(Grid(4, 1.0), 1.0, decay=1, source=np.inf), "source"),
        (lambda: Grid(4, 1.0).field([1, 2, 3, np.inf]), "field"),
    ],
)  # fmt: skip
def test_bad_input_is_named(make, name):
    with pytest.raises(ValueError, match=name):
        make()
