"""Tests of homogenisation: published numbers, closed forms, measured orders, bounds, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mslib.numerics.homogenise import (
    blobs,
    block,
    checkerboard,
    disc,
    harmonic,
    hashin_shtrikman,
    homogenise,
    layered,
    maxwell,
    percolates,
    rayleigh,
    steady_layers,
    stripes,
    wiener,
)  # fmt: skip


def two(image, inside, outside):
    return np.where(image, inside, outside).astype(float)


def test_layers_in_series_and_side_by_side():
    """Harmonic across, arithmetic along: 1.81818 and 5.5 for equal layers of 10 and 1 (case C01)."""
    across, along = layered([10.0, 1.0])
    assert across == pytest.approx(20.0 / 11.0, rel=1e-14)
    assert along == 5.5
    medium = homogenise(two(stripes(16), 10.0, 1.0))
    assert medium.tensor == pytest.approx(np.diag([across, along]), rel=1e-8, abs=1e-10)


def test_partition_changes_the_series_law():
    """Flux −D K ∂(c/K): the flux coefficient is the harmonic mean of D K, storage the mean of K (case C02)."""
    D, K = np.array([10.0, 1.0]), np.array([1.0, 4.0])
    across, along = layered(D, partition=K)
    assert across == pytest.approx(2.0 / (1 / 10 + 1 / 4) / 2.5, rel=1e-14)
    assert along == pytest.approx((10.0 + 4.0) / 2 / 2.5, rel=1e-14)
    assert layered(D, partition=3.0 * K) == pytest.approx((across, along))
    assert layered(D, partition=[2.0, 2.0]) == pytest.approx(layered(D))


def test_uneven_and_impermeable_layers():
    assert layered([10.0, 1.0], [0.9, 0.1])[0] == pytest.approx(1.0 / (0.09 + 0.1))
    assert layered([10.0, 0.0]) == (0.0, 5.0)
    assert layered([10.0, 0.0], [1.0, 0.0]) == (10.0, 10.0)


def test_smooth_coefficient():
    """a = 1/(2 + cos 2πy): effective 0.5, not the arithmetic mean 1/√3 (case C03)."""

    def a(y):
        return 1.0 / (2.0 + np.cos(2.0 * np.pi * y))

    assert harmonic(a) == pytest.approx(0.5, rel=1e-10)
    y = (np.arange(64) + 0.5) / 64
    medium = homogenise(a(y))
    assert medium.tensor[0, 0] == pytest.approx(0.5, rel=1e-10)
    assert medium.bounds[1] == pytest.approx(1.0 / np.sqrt(3.0), rel=1e-10)
    exact = np.sin(2.0 * np.pi * y) / (4.0 * np.pi)
    assert medium.correctors[0] == pytest.approx(exact, abs=1e-3)


def test_jumps_are_named_for_the_quadrature():
    assert harmonic(lambda y: 10.0 if y < 0.3 else 1.0, jumps=[0.3]) == pytest.approx(1.0 / (0.03 + 0.7), rel=1e-12)


def test_checkerboard():
    """Keller and Dykhne: √10 exactly; 3.081674 on 128² (case C04); the corners slow the order to (8/π) atan(1/√10)."""
    found = [homogenise(two(checkerboard(n), 10.0, 1.0)).tensor[0, 0] for n in (32, 64, 128)]
    assert found[-1] == pytest.approx(3.081674489549161, rel=1e-6)
    errors = np.sqrt(10.0) - np.array(found)
    orders = np.log2(errors[:-1] / errors[1:])
    assert orders == pytest.approx(8.0 / np.pi * np.arctan(10.0**-0.5), abs=0.05)


def test_discs():
    """Impermeable discs, share 0.3: Maxwell 0.53846, Rayleigh 0.53758, 0.535194 on 256² (case C05)."""
    assert maxwell(0.0, 1.0, 0.3) == pytest.approx(0.5384615384615384, rel=1e-12)
    assert rayleigh(0.0, 1.0, 0.3) == pytest.approx(0.5375799839579605, rel=1e-7)
    fine = homogenise(two(disc(256, 0.3), 0.0, 1.0), directions=[0])
    assert fine.tensor[0, 0] == pytest.approx(0.5351937431803492, rel=1e-6)
    assert fine.tensor[0, 0] == pytest.approx(rayleigh(0.0, 1.0, 0.3), rel=0.005)


@pytest.mark.parametrize("inside", [0.1, 10.0])
def test_permeable_discs_follow_rayleigh(inside):
    found = homogenise(two(disc(128, 0.4), inside, 1.0), directions=[1]).tensor[0, 0]
    assert found == pytest.approx(rayleigh(inside, 1.0, 0.4), rel=0.01)
    assert rayleigh(inside, 1.0, 0.4) * rayleigh(1.0 / inside, 1.0, 0.4) == pytest.approx(1.0, rel=1e-12)


def test_few_spheres_follow_maxwell():
    n = 32
    y = (np.arange(n) + 0.5) / n - 0.5
    ball = (y[:, None, None] ** 2 + y[:, None] ** 2 + y**2) < 0.25**2
    found = homogenise(two(ball, 0.0, 1.0), directions=[2]).tensor[0, 0]
    assert found == pytest.approx(maxwell(0.0, 1.0, ball.mean(), dimensions=3), rel=0.01)


def test_cubes_with_thin_gaps_hinder_by_two_thirds():
    """Tortuosity √(3/2) = 1.225 for packed cubes, √2 for squares (Tao and Nicholson 2004)."""
    for dimensions, n, side in ((2, 64, 60), (3, 28, 26)):
        inside = block(n, side, dimensions)
        flux = homogenise(two(inside, 0.0, 1.0), directions=[0]).tensor[0, 0]
        tortuosity = np.sqrt((1.0 - inside.mean()) / flux)
        assert tortuosity == pytest.approx(np.sqrt(dimensions / (dimensions - 1)), rel=0.03)


@pytest.mark.parametrize("method", ["direct", "cg"])
def test_diagonal_layers_converge_with_order_two(method):
    """A smooth medium layered along the diagonal has the tensor A·1 + (H − A)·ee with e = (1, 1)/√2."""

    def error(n):
        y = (np.arange(n) + 0.5) / n
        a = np.exp(np.sin(2.0 * np.pi * (y[:, None] + y[None, :])))
        low, high = harmonic(lambda z: np.exp(np.sin(2.0 * np.pi * z))), np.mean(a)
        exact = high * np.eye(2) + (low - high) / 2.0
        return np.abs(homogenise(a, method=method).tensor - exact).max()

    errors = np.array([error(n) for n in (16, 32, 64)])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(2.0, abs=0.05)


def test_both_methods_agree_and_the_flux_is_conserved():
    a = two(blobs(48, 0.4, rng=3), 0.0, 1.0) + two(blobs(48, 0.3, rng=5), 2.0, 0.0)
    direct, cg = homogenise(a, method="direct"), homogenise(a, method="cg")
    assert direct.tensor == pytest.approx(cg.tensor, rel=1e-7, abs=1e-9)
    assert direct.correctors == pytest.approx(cg.correctors, abs=1e-6)
    assert max(cg.iterations) > 0 == max(direct.iterations)
    for direction in (0, 1):
        flux = direct.flux(direction)
        leaving = sum((part - np.roll(part, 1, axis)) for axis, part in enumerate(flux))
        assert np.abs(leaving).max() < 1e-10
        through = flux[direction].sum(axis=1 - direction) / 48
        assert through == pytest.approx(direct.tensor[direction, direction], rel=1e-9)


def test_steps_of_conjugate_gradients_do_not_grow_with_the_image():
    steps = [max(homogenise(two(disc(n, 0.3), 20.0, 1.0), method="cg").iterations) for n in (64, 128)]
    assert steps[-1] <= steps[0] + 2


def test_a_rectangular_cell_of_stretched_voxels():
    a = two(stripes(16), 10.0, 1.0)
    assert homogenise(a, lengths=(3.0, 0.5)).tensor == pytest.approx(homogenise(a).tensor, rel=1e-8, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(arrays(float, (6, 5), elements=st.floats(0.01, 100.0)), st.floats(0.1, 10.0))
def test_the_tensor_lies_between_the_bounds_and_scales(a, factor):
    medium = homogenise(a, method="direct")
    eigenvalues = np.linalg.eigvalsh(medium.tensor)
    lower, upper = medium.bounds
    assert lower * (1 - 1e-9) <= eigenvalues[0] <= eigenvalues[1] <= upper * (1 + 1e-9)
    assert homogenise(factor * a, method="direct").tensor == pytest.approx(factor * medium.tensor, rel=1e-8, abs=1e-9)
    turned = homogenise(a.T, method="direct").tensor
    assert turned == pytest.approx(medium.tensor[::-1, ::-1], rel=1e-8, abs=1e-9)


def test_hashin_shtrikman():
    assert hashin_shtrikman(2.0, 2.0, 0.3) == pytest.approx((2.0, 2.0))
    assert hashin_shtrikman(0.0, 1.0, 0.7) == pytest.approx((0.0, maxwell(0.0, 1.0, 0.3)))
    assert hashin_shtrikman(1.0, 10.0, 0.5, dimensions=1) == pytest.approx((20 / 11, 20 / 11))
    assert hashin_shtrikman(0.0, 1.0, 1.0) == pytest.approx((1.0, 1.0))
    assert hashin_shtrikman(1.0, 9.0, 0.4, dimensions=3)[1] == pytest.approx(maxwell(1.0, 9.0, 0.6, dimensions=3))
    lower, upper = hashin_shtrikman(1.0, 10.0, 0.5)
    assert lower < np.sqrt(10.0) < upper
    assert wiener([10.0, 0.0]) == (0.0, 5.0)


def test_percolation_on_the_torus():
    assert percolates(np.ones((4, 4))) == (True, True)
    assert percolates(two(stripes(8), 0.0, 1.0)) == (False, True)
    assert percolates(two(disc(16, 0.9, touching=True), 0.0, 1.0)) == (False, False)
    diagonal = np.zeros((8, 8))
    for i in range(8):
        diagonal[i, i] = diagonal[i, (i + 1) % 8] = 1.0
    assert percolates(diagonal) == (True, True)
    twice = np.zeros((8, 8))
    for i in range(16):
        twice[[i % 8, (i + 1) % 8], i // 2] = 1.0
    assert percolates(twice) == (True, True)
    comb = np.zeros((6, 6))
    comb[1, :4] = comb[3, :] = comb[:3, 2] = 1.0
    assert percolates(comb) == (False, True)


def test_isolated_pockets_carry_no_flux():
    a = two(block(24, 12), 0.0, 1.0)
    pocket = a.copy()
    pocket[4:8, 4:8] = 5.0
    assert homogenise(pocket).tensor == pytest.approx(homogenise(a).tensor, rel=1e-8, abs=1e-10)


def test_the_same_blobs_on_every_mesh():
    coarse, fine = blobs(32, 0.5, rng=2), blobs(64, 0.5, rng=2)
    assert np.mean(coarse != fine[::2, ::2]) < 0.02
    assert np.array_equal(coarse, blobs(32, 0.5, rng=np.random.default_rng(2)))


def test_the_resolved_medium_approaches_the_homogenised_one_with_order_one():
    a, k, length = np.repeat([10.0, 1.0], 4), 0.01, 20.0
    rate = np.sqrt(k / layered([10.0, 1.0])[0])
    periods, errors = np.array([10, 20, 40]), []
    for n in periods:
        x, c = steady_layers(a, n, length, k, refine=5)
        errors.append(np.abs(c - np.cosh(rate * (length - x)) / np.cosh(rate * length)).max())
    assert np.polyfit(np.log(1.0 / periods), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.05)


def test_the_resolved_solver_has_order_two():
    exact = np.cosh(5.0)
    errors = [abs(steady_layers(np.ones(8), 5, 5.0, 1.0, refine=r)[1][-1] * exact - 1.0) for r in (2, 4, 8)]
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: homogenise(np.ones((3, 8))), "at least 4 cells"),
        (lambda: homogenise(-np.ones((8, 8))), "not negative"),
        (lambda: homogenise(np.full((8, 8), np.nan)), "finite"),
        (lambda: homogenise(np.zeros((8, 8))), "positive somewhere"),
        (lambda: homogenise(np.ones((8, 8)), lengths=(1.0, 0.0)), "lengths"),
        (lambda: homogenise(np.ones((8, 8)), directions=(2,)), "directions"),
        (lambda: homogenise(np.ones((8, 8)), method="magic"), "method"),
        (lambda: homogenise(two(stripes(8), 0.0, 1.0)), "percolate along axis 0"),
        (lambda: homogenise(two(checkerboard(16), 1e7, 1.0), method="cg", most=5), "use method='direct'"),
        (lambda: homogenise(np.ones((8, 8)), directions=[0]).flux(1), "direction must be"),
        (lambda: layered([1.0, -1.0]), "not negative"),
        (lambda: layered([1.0, 1.0], [1.0, -1.0]), "shares"),
        (lambda: layered([1.0, 1.0], partition=[1.0, 0.0]), "partition"),
        (lambda: harmonic(lambda y: y - 0.5), "positive and finite"),
        (lambda: harmonic(lambda y: 1.0 + np.floor(1e3 * y) % 2), "name the jumps"),
        (lambda: disc(16, 0.7), "gap between discs"),
        (lambda: disc(16, 0.9), "smaller share"),
        (lambda: disc(16, 0.01), "two cells a radius"),
        (lambda: stripes(16, 0.3), "multiple of 1/16"),
        (lambda: checkerboard(9), "multiple of"),
        (lambda: block(16, 15), "one cell is not resolved"),
        (lambda: blobs(16, 0.5, size=0.1), "three cells"),
        (lambda: rayleigh(0.0, 1.0, 0.8), "from 0 to 0.785"),
        (lambda: maxwell(0.0, 0.0, 0.3), "matrix"),
        (lambda: hashin_shtrikman(2.0, 1.0, 0.3), "slow <= fast"),
        (lambda: steady_layers([1.0, 0.0], 4, 1.0, 1.0), "positive diffusivity"),
        (lambda: steady_layers([1.0, 1.0], 4, 1.0, 1e6), "refine must be at least"),
        (lambda: steady_layers([1.0, 1.0], 0, 1.0, 1.0), "periods"),
    ],
)
def test_bad_input_is_refused_by_name(call, says):
    with pytest.raises(ValueError, match=says):
        call()
