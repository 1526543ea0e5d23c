"""Averaging: the law of the tissue mean, the floor of what cells share, and the continuum against the exact process."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma as gamma_law
from scipy.stats import kstest

from mslib.principles.averaging import Pool, Response, Strip, Tissue, cells_needed, effective_number, gamma_rule
from mslib.principles.expression import TwoStage
from mslib.problems.principles.averaging import counted_agents, quiet_tissue, steep_response
from mslib.problems.principles.expression import bursts_from_noise

FANO = 211 / 11
B09 = Tissue(mean=1000.0, fano=FANO, rho=0.01, tolerance=0.01)


def test_case_b09():
    """Reference case B09: Fano 19.18 and mean 1000 give CV 0.1385, 192 cells for 1 %, and none with ρ = 0.01."""
    assert B09.cv_cell == pytest.approx(0.13849844108082293, rel=1e-12)
    assert B09.replace(rho=0.0).needed == 192
    assert B09.floor == pytest.approx(0.013849844108082293, rel=1e-12)
    assert B09.needed == np.inf


def test_case_b10():
    """Reference case B10 (van Kampen; Gillespie 2000): sd 1/√Ω, and 2,500 agents for 2 %."""
    assert [Pool(Omega=size).sd for size in (100, 1000, 10_000)] == pytest.approx([0.1, 0.03162277660168379, 0.01])
    assert Pool(tolerance=0.02).needed == 2500
    assert Pool(gamma=0.5).memory == 2.0


def test_case_b14():
    """Reference case B14: through a Hill function with h = 4 at half response, first order gives CV 0.27700."""
    response = Response(mean=1000.0, fano=FANO, K=1000.0, h=4.0, rho=0.0)
    assert response.cv_delta == pytest.approx(0.2769968821616459, rel=1e-12)
    assert f"{response.cv_delta:.5f}" == "0.27700"
    assert response.cv_response == pytest.approx(0.2641, abs=1e-4)


def test_the_gamma_law_stands_in_for_the_two_stages_of_expression():
    """The law of the two-stage gene, exact by finite state projection, has nearly the same CV of the response."""
    gene = TwoStage()
    law = gene.law()
    n = np.arange(law.size)
    response = Response(mean=gene.mean, fano=gene.fano, K=1000.0, h=4.0, rho=0.0)
    answers = response.respond(n)
    mean = law @ answers
    assert np.sqrt(law @ (answers - mean) ** 2) / mean == pytest.approx(response.cv_response, rel=2e-3)
    assert mean == pytest.approx(response.mean_response, rel=2e-4)


def test_extrinsic_noise_asks_for_more_cells_and_a_hundred_come_near_the_floor():
    """√(0.0192 + 0.09) = 33 % takes 1,092 cells for 1 %; at N = 1/ρ the CV is √2 floors, at N = 100/ρ hardly above."""
    tissue = Tissue(mean=1000.0, fano=211 / 11, rho=0.01, tolerance=0.01)
    whole = tissue.replace(fano=211 / 11 + 0.3**2 * 1000.0, rho=0.0)
    assert whole.cv_cell == pytest.approx(0.330, abs=5e-4) and whole.needed == 1092
    assert tissue.cv_at(100) / tissue.floor == pytest.approx(np.sqrt(1.99), rel=1e-12)
    assert tissue.cv_at(10_000) / tissue.floor < 1.005


def test_the_number_of_cells_is_whole_and_other_numbers_are_named():
    for problem, key, wrong in ((quiet_tissue, "a", (191.8, 191)), (steep_response, "c", (349.1917, 349))):
        assert [problem.check(key, number).kind for number in wrong] == ["mistake", "mistake"]
        assert all("ound up" in problem.check(key, number).says for number in wrong)
        assert problem.check(key, np.ceil(wrong[0])).right


def test_a_mean_number_of_agents_need_not_be_whole():
    """1/0.03² = 1111.1 is exact; rounding up is no mistake."""
    assert all(counted_agents.check("b", number).right for number in (1111.1, 1111, 1112))
    assert counted_agents.answer("b") == pytest.approx(10_000 / 9)
    assert not counted_agents.check("b", 1100).right


def test_an_error_of_the_tangent_counts_twice_in_the_number_of_cells():
    """With h = 4 and K = 1200: 350 cells by the tangent, CV 0.374; 307 by the whole law, CV 0.350."""
    model = steep_response.model
    assert (model.cv_delta, model.cv_response) == pytest.approx((0.3737, 0.3504), abs=5e-5)
    assert cells_needed(model.cv_response, 0.0, model.tolerance) == 307
    assert "takes 307" in steep_response._fill(steep_response.part("c").solution, steep_response.part("c"))


def test_the_tangent_fails_where_the_response_is_saturated():
    """By quadrature over the gamma law: K = 500, h = 8 give 0.0129 and 0.118 against 0.0043 and 0.0088."""
    for K, fano, first, whole in ((500, FANO, 0.0043, 0.0129), (500, 80, 0.0088, 0.118), (700, 80, 0.123, 0.313)):
        response = Response(mean=1000.0, fano=fano, K=float(K), h=8.0, rho=0.0)
        x = np.linspace(1e-3, 6000.0, 600_001)
        density = gamma_law(1000 / fano, scale=fano).pdf(x)
        moments = [np.trapezoid(density * response.respond(x) ** k, x) for k in (1, 2)]
        exact = np.sqrt(moments[1] / moments[0] ** 2 - 1)
        assert response.cv_delta == pytest.approx(first, rel=0.015)
        assert exact == pytest.approx(whole, rel=0.015)
        assert response.cv_response == pytest.approx(exact, rel=0.01)


def test_weakly_correlated_neurons_amount_to_a_handful():
    """Zohary, Shadlen & Newsome 1994: with ρ = 0.12 a pool gains little beyond 50 to 100 neurons, at most 1/√ρ."""
    gain = np.sqrt(effective_number([50, 100, 1e12], 0.12))
    assert gain[2] == pytest.approx(0.12**-0.5)
    assert gain[0] / gain[2] > 0.93 and gain[1] / gain[2] > 0.96


def test_neighbouring_nuclei_average_thirty_genes():
    """Little, Tikhonov & Gregor 2013: 45 % at the gene and 8 % in the cytoplasm need 32 independent contributions."""
    assert cells_needed(0.45, 0.0, 0.08) == 32


@settings(max_examples=200, deadline=None)
@given(st.floats(0.01, 3.0), st.floats(0.0, 0.9), st.floats(0.001, 0.5))
def test_the_needed_number_is_the_smallest_that_does(cv, rho, tolerance):
    needed = cells_needed(cv, rho, tolerance)
    at = lambda N: cv / np.sqrt(effective_number(N, rho))  # noqa: E731
    if np.isinf(needed):
        assert cv * np.sqrt(rho) >= tolerance * (1 - 1e-12)
    else:
        assert at(needed) <= tolerance * (1 + 1e-9)
        assert needed == 1 or at(needed - 1) >= tolerance * (1 - 1e-9)


@pytest.mark.parametrize("cv", [0.01, 0.1385, 1.0, 3.0])
def test_the_gamma_rule_has_the_moments_of_the_gamma_law(cv):
    values, weights = gamma_rule(cv**-2)
    assert weights @ values == pytest.approx(1.0, rel=1e-10)
    assert weights @ (values - 1) ** 2 == pytest.approx(cv**2, rel=1e-8)
    assert weights @ (values - 1) ** 3 == pytest.approx(2 * cv**4, rel=1e-6)
    assert gamma_rule(np.inf) == (1.0, 1.0)


@pytest.mark.parametrize("rho", [0.0, 0.02, 0.3, 1.0])
@pytest.mark.parametrize("N", [1, 7, 400])
def test_the_law_of_the_mean_has_its_cv(rho, N):
    tissue = Tissue(rho=rho, N=N)
    level = tissue.mean * np.exp(np.linspace(-1.2, 1.0, 6001) * min(1.0, 8 * tissue.cv_tissue))
    law = tissue.law(level)
    assert np.trapezoid(law, level) == pytest.approx(1.0, abs=1e-6)
    assert np.trapezoid(law * level, level) == pytest.approx(tissue.mean, rel=1e-5)
    variance = np.trapezoid(law * (level - tissue.mean) ** 2, level)
    assert np.sqrt(variance) / tissue.mean == pytest.approx(tissue.cv_tissue, rel=2e-3)


def test_simulated_tissues_follow_their_law():
    tissue = Tissue(N=30, rho=0.05)
    means = tissue.simulate(4000, rng=3)
    level = np.linspace(0.6, 1.5, 4001) * tissue.mean
    share = np.cumsum(tissue.law(level)) * (level[1] - level[0])
    assert kstest(means, lambda x: np.interp(x, level, share)).pvalue > 1e-3
    alone = Tissue(N=1, rho=0.4).simulate(4000, rng=4)
    assert kstest(alone / 1000, gamma_law(1000 / 19.18, scale=19.18 / 1000).cdf).pvalue > 1e-4


def test_the_scatter_falls_as_the_root_of_the_number_until_the_floor():
    """Measured slope −1/2 for independent cells, and the pairwise correlation of the cells that are drawn."""
    numbers = np.array([1, 4, 16, 64, 256])
    cvs = [Tissue(N=N, rho=0.0).simulate(4000, rng=5).std() / 1000 for N in numbers]
    slope = np.polyfit(np.log(numbers), np.log(cvs), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.01)
    shared = [Tissue(N=N, rho=0.1).simulate(4000, rng=6).std() / 1000 for N in numbers]
    assert shared == pytest.approx([Tissue(N=N, rho=0.1).cv_tissue for N in numbers], rel=4 / np.sqrt(8000))
    pairs = Tissue(N=2, rho=0.2).cells(20_000, rng=7)
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.2, abs=4 / np.sqrt(20_000))
    assert np.all(np.ptp(Tissue(N=3, rho=1.0).cells(5, rng=1), axis=1) == 0)


def test_the_error_of_the_first_order_falls_as_the_square():
    cvs = np.array([0.02, 0.04, 0.08])
    errors = []
    for cv in cvs:
        response = Response(mean=1000.0, fano=1000 * cv**2, rho=0.0)
        errors.append(abs(response.cv_delta / response.cv_response - 1))
    assert np.log2(np.array(errors[1:]) / errors[:-1]) == pytest.approx([2, 2], abs=0.05)


def test_averaging_does_not_remove_bias():
    """Beyond the mean-field response H(µ) = 1/2, ⟨H⟩ = 1/2 − h CV²/8 + …: the curvature of a Hill function."""
    response = Response(fano=1.0, K=1000.0, h=4.0, rho=0.0)
    assert response.response_of_mean == 0.5
    assert response.mean_response - 0.5 == pytest.approx(-4 * 0.001 / 8, rel=0.01)
    for K, h in ((1000.0, 4.0), (700.0, 2.5)):
        faint, strong = Response(fano=1.0, K=K, h=h, rho=0.0), Response(fano=80.0, K=K, h=h, rho=0.0)
        assert faint.bias == pytest.approx(faint.bias_second_order, rel=0.02)
        assert abs(strong.bias) < abs(strong.bias_second_order)
    assert Response(fano=80.0, rho=0.0).bias_second_order == pytest.approx(-0.08)
    noisy = Response(N=400, rho=0.0)
    tissues = noisy.respond(noisy.cells(500, rng=8)).mean(axis=1)
    assert abs(tissues.mean() - noisy.mean_response) < 4 * tissues.std() / np.sqrt(500)
    assert abs(tissues.mean() - noisy.response_of_mean) > 20 * tissues.std() / np.sqrt(500)
    assert tissues.std() / tissues.mean() == pytest.approx(noisy.cv_tissue_response, rel=4 / np.sqrt(1000))


def test_shared_noise_of_a_response_stays():
    response = Response(N=10_000, rho=0.1)
    assert response.cv_tissue_response > 0.9 * np.sqrt(0.1) * response.cv_response
    cells = response.replace(N=200).cells(3000, rng=9)
    found = response.respond(cells).mean(axis=1)
    exact = response.replace(N=200).cv_tissue_response
    assert found.std() / found.mean() == pytest.approx(exact, rel=4 / np.sqrt(6000))


def test_continuum_limits_converge_to_the_exact_law():
    """Kolmogorov distance: order 1/2 in 1/Ω for the Gaussian law, order 1 for the chemical Langevin equation."""
    omegas = np.array([100, 400, 1600, 6400])
    gaussian, langevin = np.array([Pool(Omega=omega).distances() for omega in omegas]).T
    assert np.polyfit(np.log(omegas), np.log(gaussian), 1)[0] == pytest.approx(-0.5, abs=0.02)
    assert np.polyfit(np.log(omegas), np.log(langevin), 1)[0] == pytest.approx(-1.0, abs=0.03)


def test_langevin_has_three_cumulants_of_the_poisson_law():
    x = np.linspace(-19.999, 150, 40_001)
    density = Pool(Omega=20).langevin_density(x)
    assert np.trapezoid(density * (x - 20) ** 2, x) == pytest.approx(20, rel=1e-6)
    assert np.trapezoid(density * (x - 20) ** 3, x) == pytest.approx(20, rel=1e-6)
    assert np.trapezoid(density * (x - 20) ** 4, x) - 1200 == pytest.approx(30, rel=1e-4)
    below = x < 0
    assert np.trapezoid(density[below], x[below]) == pytest.approx(Pool(Omega=20).below_zero, abs=1e-6)
    assert Pool(Omega=1).below_zero == pytest.approx(1 - np.exp(-2) * (1 + 2 + 2 + 4 / 3), rel=1e-12)


def test_the_exact_pool_and_the_langevin_pool_fluctuate_alike():
    pool = Pool(Omega=100, gamma=0.5)
    counts = pool.simulate(4000, [20.0, 22.0], rng=10)
    rough = pool.simulate_langevin(4000, [20.0, 22.0], rng=11)
    for found in (counts, rough):
        assert found[:, 0].mean() == pytest.approx(100, abs=4 * 10 / np.sqrt(4000))
        assert found[:, 0].std() == pytest.approx(10, rel=4 / np.sqrt(8000) + 0.01)
        assert np.corrcoef(found.T)[0, 1] == pytest.approx(np.exp(-1), abs=4 * (1 - np.exp(-2)) / np.sqrt(4000))


def test_the_window_sees_a_binomial_number():
    strip = Strip(N=400, L=1000.0, a=250.0)
    assert strip.cv == pytest.approx(np.sqrt(0.75 / 100))
    assert strip.replace(a=strip.window_needed).cv == pytest.approx(strip.tolerance)
    assert strip.replace(a=1000.0).cv == 0.0
    counts = strip.simulate(3000, [0.0, 30.0], rng=12)
    assert counts.std(axis=0) / strip.count == pytest.approx([strip.cv] * 2, rel=4 / np.sqrt(6000))


def test_cells_and_density_forget_alike():
    """Dean 1996: the fluctuating density has the correlations of the wandering cells, Σ (sin πkp/πk)² exp(−Dq²t)."""
    strip, times = Strip(N=1000, L=1000.0, D=50.0, a=100.0), np.array([0.0, 20.0, 60.0, 180.0])
    cells = strip.simulate(1500, times, rng=13)
    density = strip.simulate_density(1500, times, rng=14)[:, :, :2].sum(axis=2)
    for found in (cells, density):
        correlation = np.corrcoef(found.T)[0]
        assert np.all(np.abs(correlation - strip.autocorrelation(times)) < 4 / np.sqrt(1500) + 0.03)
        assert found.std() / strip.count == pytest.approx(strip.cv, rel=0.06)
    assert strip.autocorrelation([0.0])[0] == 1.0
    assert np.all(np.diff(strip.autocorrelation(np.linspace(0, 500, 40))) < 0)


def test_wide_boxes_forget_too_slowly():
    """Correlation after 20 min: 0.553 exactly, with two, four and eight boxes to the window 0.621, 0.567 and 0.556."""
    strip = Strip(N=1000, L=1000.0, D=67.0, a=100.0)
    found = [strip.autocorrelation([20.0], boxes)[0] for boxes in (None, 20, 40, 80)]
    assert found == pytest.approx([0.5528, 0.6212, 0.5674, 0.5563], abs=6e-5)
    assert strip.autocorrelation([20.0], 2000)[0] == pytest.approx(found[0], rel=1e-4)
    boxes = strip.simulate_density(2000, [0.0, 20.0], rng=16)[:, :, :2].sum(axis=2)
    assert np.corrcoef(boxes.T)[0, 1] == pytest.approx(found[1], abs=4 * (1 - found[1] ** 2) / np.sqrt(2000))
    with pytest.raises(ValueError, match="whole number of the 15 boxes"):
        strip.autocorrelation([20.0], 15)


def test_the_density_obeys_the_boxes_own_law_to_first_order_in_the_step():
    """The stationary variance of the shortest wave is 1/(1 − λΔt/2) of the right one, λ = 4D/d², by Euler–Maruyama."""
    strip, wave = Strip(N=4000, L=1000.0, D=50.0), (-1.0) ** np.arange(10)
    for step in (0.1, 0.025):
        boxes = strip.simulate_density(4000, [0.0, 400.0], rng=15, boxes=10, step=step)[:, -1]
        expected = strip.N / (1 - 2 * step)
        assert (boxes @ wave).var() == pytest.approx(expected, rel=4 * np.sqrt(2 / 4000))
        assert np.allclose(boxes.sum(axis=1), strip.N, rtol=1e-12)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"window .* must not be wider than the strip"):
        Strip(a=600.0, L=500.0)
    with pytest.raises(ValueError, match="step must be positive and at most"):
        Strip().simulate_density(1, [0.0, 1.0], rng=1, step=0.3)
    with pytest.raises(ValueError, match="two neighbouring boxes ran empty"):
        Strip(N=50).simulate_density(50, [0.0, 600.0], rng=1, boxes=50)
    with pytest.raises(ValueError, match="window narrower than the strip"):
        Strip(a=500.0, L=500.0).autocorrelation([0.0])
    with pytest.raises(ValueError, match="level must be positive"):
        Tissue().law([0.0])


def test_extremes_have_limits():
    assert Tissue(fano=1e-9).needed == 1
    assert Tissue(rho=1.0).needed == np.inf and Tissue(rho=1.0, tolerance=0.2).needed == 1
    assert Tissue(rho=1.0).effective == 1.0
    steep = Response(rho=1.0)
    assert steep.cv_tissue_response == pytest.approx(steep.cv_response, rel=1e-9)


def test_reference_problem_hp1_6():
    """Reference problem HP1-6: 192 cells for 1 %, floor 1.385 %; wrong are 14 (CV instead of CV²) and no floor."""
    assert quiet_tissue.answer("a") == 192
    assert quiet_tissue.check("a", 192).right and not quiet_tissue.check("a", 191).right
    assert quiet_tissue.check("b", "1.385 %").right
    assert [quiet_tissue.check("a", 14).kind, quiet_tissue.check("b", 0.0).kind] == ["mistake", "mistake"]


def test_reference_problem_hp1_5():
    """Reference problem HP1-5: b = 20; wrong are 18.18 (no η), 19.18 (the Fano factor) and 52 (mean over F)."""
    assert bursts_from_noise.check("a", 20.0).right
    assert {bursts_from_noise.check("a", wrong).kind for wrong in (18.18, 19.18, 52.0)} == {"mistake"}
