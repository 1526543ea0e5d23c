"""Tests of finite elements on a line: closed forms, published numbers, measured orders, supports, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslib.numerics.elements import bar, field, mesh
from mslib.numerics.fields import steady
from mslib.numerics.grids import Grid, Held

ALPHA, E, LAM, L = 2.0, 10.0, 200.0, 1000.0
FREE, HELD = ("traction", 0.0), ("displacement", 0.0)


def pull(x):
    return ALPHA * np.exp(-x / LAM)


def test_free_strip_shortens():
    """ΔL −39.730482 µm, strain −0.2 at x = 0, u(L/2) −36.716600 µm (case D06)."""
    strip = bar(mesh(L, 200), E, active=pull, left=HELD)
    assert strip.change == pytest.approx(-39.730482120036584, rel=1e-9)
    assert strip.displacement(500.0) == pytest.approx(-36.71660005504405, rel=1e-9)
    assert np.abs(strip.mean_stress).max() < 1e-10
    assert np.abs(strip.reactions).max() < 1e-10
    fine = bar(mesh(L, 4000), E, active=pull, left=HELD)
    assert fine.strain[0, 0] == pytest.approx(-0.2, rel=1e-3)


def test_held_strip_pulls():
    """Reaction stress α⟨c⟩ = 0.397305 kPa (case D06), the same at both ends and everywhere between."""
    strip = bar(mesh(L, 200), E, active=pull, left=HELD, right=HELD)
    assert strip.reactions[1] == pytest.approx(0.3973048212003658, rel=1e-9)
    assert strip.reactions[0] == pytest.approx(-strip.reactions[1], rel=1e-9)
    assert strip.mean_stress == pytest.approx(np.full(200, 0.3973048212003658), rel=1e-9)
    assert strip.change == 0.0


@pytest.mark.parametrize("order", [1, 2])
def test_two_stiffnesses(order):
    """Strain −αc/E summed over both halves; held: stress ∫(αc/E)/∫(1/E) (case D07)."""
    soft, stiff, half = 5.0, 20.0, L / 2
    first, second = LAM * (1 - np.exp(-half / LAM)), LAM * (np.exp(-half / LAM) - np.exp(-L / LAM))
    free = ALPHA * (first / soft + second / stiff)
    ends = mesh(L, 40, breaks=[half])
    stiffness = np.where(ends[:-1] < half, soft, stiff)
    assert bar(ends, stiffness, active=pull, left=HELD, order=order).change == pytest.approx(-free, rel=1e-6)
    held = bar(ends, stiffness, active=pull, left=HELD, right=HELD, order=order)
    assert held.reactions[1] == pytest.approx(free / (half / soft + half / stiff), rel=1e-6)


def on_foundation(elements, order=1, reach=300.0):
    return bar(mesh(L, elements), E, active=pull, foundation=E / reach**2, left=FREE, right=FREE, order=order)


def test_elastic_foundation():
    """u(0) 23.900776, u(L) −2.619689, shortening 26.520466 µm for √(E/k) = 300 µm (case D08)."""
    strip = on_foundation(60, order=2)
    assert strip.u[0] == pytest.approx(23.90077634927908, rel=1e-5)
    assert strip.u[-1] == pytest.approx(-2.6196894251652263, rel=1e-5)
    assert -strip.change == pytest.approx(26.520465774444308, rel=1e-5)
    assert np.abs(strip.reactions).max() < 1e-9


@pytest.mark.parametrize(("order", "of_u", "of_strain"), [(1, 2.0, 1.0), (2, 3.0, 2.0)])
def test_orders_of_convergence(order, of_u, of_strain):
    exact, places = on_foundation(2000, order=2), np.linspace(0.0, L, 1733)
    u, slope = exact.displacement(places), field(exact.points.ravel(), exact.strain.ravel())

    def errors(elements):
        strip = on_foundation(elements, order)
        h = np.diff(strip.ends)[:, None] * np.array([5.0, 8.0, 5.0]) / 18.0
        strain = np.sqrt(np.sum(h * (strip.strain - slope(strip.points)) ** 2))
        return np.sqrt(np.mean((strip.displacement(places) - u) ** 2)), strain

    found = np.array([errors(n) for n in (16, 32, 64)])
    orders = np.log2(found[:-1] / found[1:])
    assert orders[:, 0] == pytest.approx(of_u, abs=0.1)
    assert orders[:, 1] == pytest.approx(of_strain, abs=0.1) if order == 1 else np.all(orders[:, 1] > 1.9)


def test_the_ends_of_elements_are_exact():
    """Linear elements of any size meet the exact solution at their ends if the load is integrated exactly."""
    ends = np.array([0.0, 0.1, 0.5, 0.55, 1.0])
    strip = bar(ends, 3.0, load=lambda x: 6.0 * x, left=HELD, right=("traction", 2.0))
    exact = (2.0 * ends + 3.0 * ends - ends**3) / 3.0
    assert strip.u == pytest.approx(exact, abs=1e-14)
    assert strip.reactions == pytest.approx((-5.0, 2.0))


@pytest.mark.parametrize("order", [1, 2])
def test_point_force_and_prescribed_displacement(order):
    strip = bar(mesh(1.0, 7, breaks=[0.3]), 4.0, points=[(0.3, 2.0)], left=("displacement", 0.5), order=order)
    assert strip.displacement([0.0, 0.3, 1.0]) == pytest.approx([0.5, 0.5 + 0.15, 0.65])
    assert strip.reactions[0] == pytest.approx(-2.0)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(1e-4, 1e3), st.sampled_from([1, 2]))
def test_a_spring_shares_force_and_shortening(active, spring, order):
    """Shortening over its free value plus force over its held value is one, whatever the spring."""
    strip = bar(mesh(2.0, 5), 3.0, active=active, left=HELD, right=("spring", spring), order=order)
    shortening, force = -strip.change, strip.reactions[1]
    assert force == pytest.approx(spring * shortening, rel=1e-9)
    assert shortening / (active * 2.0 / 3.0) + force / active == pytest.approx(1.0, rel=1e-9)


def test_forces_balance_on_a_foundation():
    """What the active stress pulls at one end, the foundation holds: ∫ k u dx + reactions = 0."""
    k = E / 300.0**2
    strip = bar(mesh(L, 100), E, active=pull, foundation=k, left=HELD, right=FREE)
    held_by_foundation = k * np.trapezoid(strip.u, strip.x)
    assert sum(strip.reactions) == pytest.approx(held_by_foundation, rel=1e-3)


def test_calcium_from_a_diffusion_problem():
    """A field on 400 finite volumes drives the bar; the sealed end turns exp into cosh."""
    line = Grid(400, L, (Held(1.0), "no-flux"))
    signal = field(line.centres[0], steady(line, 100.0, decay=100.0 / LAM**2))
    strip = bar(mesh(L, 400), E, active=lambda y: ALPHA * signal(y), left=HELD)
    assert strip.change == pytest.approx(-ALPHA / E * LAM * np.tanh(L / LAM), rel=1e-4)


def test_layers_of_stiffness_homogenise_with_order_one():
    """Alternating stiffness acts as its harmonic mean; the error of the coarse bar falls as the period."""
    coarse = bar(mesh(L, 400), 8.0, active=pull, left=HELD).change
    errors = []
    for periods in (4, 8, 16):
        ends = mesh(L, 16 * periods)
        stiffness = np.where(np.arange(16 * periods) % 16 < 8, 5.0, 20.0)
        errors.append(abs(bar(ends, stiffness, active=pull, left=HELD).change - coarse))
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: mesh(-1.0, 5), "length must be positive"),
        (lambda: mesh(1.0, 1, breaks=[0.5]), "elements must be a whole number of at least 2"),
        (lambda: mesh(1.0, 5, breaks=[1.5]), "breaks"),
        (lambda: bar([0.0, 0.0], 1.0, left=HELD), "ends must be"),
        (lambda: bar(mesh(1.0, 4), 0.0), "E must be positive"),
        (lambda: bar(mesh(1.0, 4), [1.0, 2.0]), "4 numbers"),
        (lambda: bar(mesh(1.0, 4), 1.0, active=np.nan), "active must be finite"),
        (lambda: bar(mesh(1.0, 4), 1.0, foundation=-1.0), "foundation must be zero or positive"),
        (lambda: bar(mesh(1.0, 4), 1.0, left=FREE), "nothing holds the bar"),
        (lambda: bar(mesh(1.0, 4), 1.0, left=("glue", 1.0)), "left must be"),
        (lambda: bar(mesh(1.0, 4), 1.0, left=("spring", -1.0)), "spring of zero or positive"),
        (lambda: bar(mesh(1.0, 4), 1.0, foundation=1e4), "use 100 elements"),
        (lambda: bar(mesh(1.0, 4), 1.0, points=[(0.3, 1.0)]), "end of an element"),
        (lambda: bar(mesh(1.0, 4), 1.0, points=[(0.5, np.inf)]), "finite force"),
        (lambda: bar(mesh(1.0, 4), 1.0, order=3), "order must be 1 or 2"),
        (lambda: bar(mesh(1.0, 4), 1.0).displacement(1.5), "places must be"),
        (lambda: field([0.0, 1.0], [1.0, 2.0])(3.0), "within a spacing"),
        (lambda: field([1.0, 0.0], [1.0, 2.0]), "increasing"),
        (lambda: field([0.0, 1.0], [1.0, np.nan]), "finite numbers"),
    ],
)
def test_bad_input_is_refused_by_name(call, says):
    with pytest.raises(ValueError, match=says):
        call()
