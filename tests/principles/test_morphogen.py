"""Morphogen gradients against published and analytic numbers."""

import numpy as np
import pytest

from mslib.principles.morphogen import FluxGradient, Gradient, GrowingGradient, SealedGradient, tell_source, tell_vein

DPP = Gradient(D=0.1, k=2.52e-4, C0=100.0, threshold=20.0)


def test_length_and_width_of_the_dpp_gradient():
    """Kicheva et al. 2007, doi:10.1126/science.1135774: D = 0.10 µm²/s, k = 2.52e-4 1/s, λ = 20.2 ± 5.7 µm."""
    assert DPP.length == pytest.approx(19.920476822239895, rel=1e-12)
    assert DPP.width == pytest.approx(32.06077063147766, rel=1e-12)
    assert abs(DPP.length - 20.2) < 5.7


def test_wingless_gradient():
    """Kicheva et al. 2007: Wg with D = 0.05 µm²/s and k = 1.4e-3 1/s has λ = 5.8 ± 2.04 µm."""
    assert abs(Gradient(D=0.05, k=1.4e-3).length - 5.8) < 2.04


def test_four_times_D_or_k_doubles_or_halves_the_width():
    assert DPP.replace(D=0.4).width / DPP.width == pytest.approx(2.0, rel=1e-12)
    assert DPP.replace(k=4 * DPP.k).width / DPP.width == pytest.approx(0.5, rel=1e-12)


def test_a_released_flux_does_not_obey_the_square_root():
    """With C(0) = j/√(Dk), doubling D multiplies the width by √2 (1 − ln 2 / (2 ln(C(0)/C_T)))."""
    flux = FluxGradient()
    logarithm = np.log(flux.source_concentration / flux.threshold)
    expected = np.sqrt(2.0) * (1.0 - 0.5 * np.log(2.0) / logarithm)
    assert flux.replace(D=2 * flux.D).width / flux.width == pytest.approx(expected, rel=1e-12)
    assert expected < 1.2


def test_concentration_after_an_hour():
    """Exact solution for a held source (Crank 1975): 31.5804 nM at 20 µm after one hour, 36.6414 nM in the end."""
    assert DPP.concentration_at(20.0, 3600.0) == pytest.approx(31.580403044857274, rel=1e-12)
    assert DPP.concentration(20.0) == pytest.approx(36.64137821538434, rel=1e-12)


def test_same_length_from_fast_and_slow_molecules():
    """Kicheva et al. 2007 against Zhou et al. 2012, doi:10.1016/j.cub.2012.02.065."""
    free = Gradient(D=20.0, k=20.0 / DPP.length**2)
    assert free.k == pytest.approx(0.0504, rel=1e-9)
    assert 1 / DPP.k / 60 == pytest.approx(66.13756613756614, rel=1e-12)
    assert 1 / free.k == pytest.approx(19.841269841269845, rel=1e-9)


@pytest.mark.parametrize("gradient", [DPP, FluxGradient()], ids=["held", "flux"])
def test_finite_volumes_converge_with_second_order_to_the_exact_transient(gradient):
    errors = []
    for cells in (100, 200, 400):
        x, c = gradient.simulate_profiles([3600.0], cells=cells)
        errors.append(np.abs(c[0] - gradient.concentration_at(x, 3600.0)).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(orders > 1.8)
    assert errors[-1] < 1e-3 * gradient.source_concentration


@pytest.mark.parametrize("gradient", [DPP, FluxGradient()], ids=["held", "flux"])
def test_the_transient_ends_in_the_steady_state(gradient):
    x = np.linspace(0.0, 100.0, 50)
    assert np.allclose(gradient.concentration_at(x, 1e6), gradient.concentration(x), rtol=1e-9)


@pytest.mark.parametrize("gradient", [DPP, FluxGradient()], ids=["held", "flux"])
def test_accumulation_time_is_the_mean_of_the_missing_share(gradient):
    """Berezhkovskii et al. 2010, doi:10.1016/j.bpj.2010.07.045: τ = ∫ (1 − C(x,t)/C(x)) dt."""
    t = np.linspace(1.0, 40.0 / gradient.k, 400_001)
    now = np.array([gradient.concentration_at(gradient.width, time) for time in t[::100]])
    missing = 1.0 - now / gradient.concentration(gradient.width)
    tau = np.trapezoid(missing, t[::100]) / 3600.0
    assert tau == pytest.approx(gradient.accumulation_time, rel=2e-3)


def test_walkers_make_the_exponential():
    flux = FluxGradient()
    x = flux.simulate(40_000, rng=5)
    assert abs(x.mean() / flux.length - 1) < 4 / np.sqrt(40_000)
    grid = np.sort(x)
    distance = np.abs(1 - np.exp(-grid / flux.length) - (np.arange(len(x)) + 0.5) / len(x)).max()
    assert distance < 1.95 / np.sqrt(len(x)), "Kolmogorov–Smirnov at the 0.1 % level"


def test_borders_scatter_by_length_times_cv():
    model = DPP.replace(cv=0.05)
    borders = model.borders(40_000, rng=6)
    assert borders.std() == pytest.approx(model.length * np.sqrt(np.log1p(0.05**2)), rel=4 / np.sqrt(2 * 40_000))
    assert model.scatter == pytest.approx(0.05 * model.length)
    wide = DPP.replace(cv=0.4, threshold=1.0)
    assert wide.borders(40_000, rng=7).std() == pytest.approx(wide.exact_scatter(), rel=4 / np.sqrt(2 * 40_000))


def test_a_released_flux_is_widest_at_e_times_the_threshold_and_gone_at_the_threshold():
    flux = FluxGradient()
    widest = (flux.j / (np.e * flux.threshold)) ** 2 / flux.k
    widths = [flux.replace(D=widest * share).width for share in (0.99, 1.0, 1.01)]
    assert widths[1] > max(widths[0], widths[2])
    gone = (flux.j / flux.threshold) ** 2 / flux.k
    assert flux.replace(D=gone * 1.001).width == 0.0 < flux.replace(D=gone * 0.999).width
    assert f"{gone:.3g}" in tell_source(flux)


def test_no_vein_when_the_source_stays_below_the_threshold():
    dim = DPP.replace(threshold=150.0)
    assert dim.width == 0.0 and dim.accumulation_time == 0.0 and dim.scatter == 0.0
    assert tell_vein(dim) != tell_vein(DPP) and "no vein" in tell_vein(dim)
    assert np.all(dim.borders(100, rng=1) >= 0.0)
    assert GrowingGradient(threshold=150.0).border == 0.0
    assert GrowingGradient(threshold=150.0).share == 1.0


def test_a_short_tissue_is_all_vein_and_a_long_one_forgets_its_edge():
    assert SealedGradient(L=10.0).width == 10.0
    assert SealedGradient(threshold=100.0).width == 0.0
    assert SealedGradient(L=1e4).width == pytest.approx(DPP.width, rel=1e-9)
    sealed = SealedGradient(L=60.0)
    assert sealed.concentration(sealed.width) == pytest.approx(sealed.threshold, rel=1e-9)
    x = np.linspace(0, 60, 7)
    exact = sealed.C0 * np.cosh((60 - x) / sealed.length) / np.cosh(60 / sealed.length)
    assert np.allclose(sealed.concentration(x), exact, rtol=1e-12)


def test_the_growing_border_reaches_the_final_width():
    borders = [GrowingGradient(t=hours).border for hours in (0.05, 0.5, 2.0, 8.0, 100.0)]
    assert np.all(np.diff(borders) > 0)
    assert borders[-1] == pytest.approx(DPP.width, rel=1e-6)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_places_and_times_are_refused(bad):
    with pytest.raises(ValueError, match="x must be"):
        DPP.concentration([0.0, bad])
    with pytest.raises(ValueError, match="t must be"):
        DPP.concentration_at([0.0], bad)
    with pytest.raises(ValueError, match="x must"):
        SealedGradient(L=60.0).concentration([61.0 if np.isinf(bad) else bad])
