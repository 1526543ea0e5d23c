"""What data can tell: reference numbers, exact structure, and three estimates of uncertainty against each other."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mslib.numerics.identify import best_times, fisher, metropolis, sensitivities, structure
from mslib.principles.identifiability import (
    Binding,
    Culture,
    Decay,
    _region,
    binding_structure,
    intervals,
    tell_banana,
    tell_culture,
)
from mslib.principles.morphogen import Gradient
from mslib.problems.principles.identifiability import early_counts

DECAY = Decay(A=1.0, k=0.5, sigma=0.05)
BINDING = Binding(k_on=0.06, k_off=0.06, L=2.0, first=2.0, last=60.0, n=8, m=0, sigma=0.05)


def test_the_mixed_term_drops_out_in_the_mean_over_data():
    """χ² of shifted predictions exceeds that of the right ones by F₁₁Δ₁² + 2F₁₂Δ₁Δ₂ + F₂₂Δ₂² in the mean."""
    times, shift = np.array([0.0, 1.0, 2.0, 4.0, 8.0]), np.array([0.05, 0.04])
    slopes = np.stack([np.exp(-0.5 * times), -times * np.exp(-0.5 * times)], axis=1)
    errors = 0.05 * np.random.default_rng(1).normal(size=(40_000, 5))
    rise = (((errors - slopes @ shift) ** 2).sum(axis=1) - (errors**2).sum(axis=1)) / 0.05**2
    F = DECAY.information(times).matrix
    written = F[0, 0] * shift[0] ** 2 + 2 * F[0, 1] * shift[0] * shift[1] + F[1, 1] * shift[1] ** 2
    assert rise.mean() == pytest.approx(written, rel=0.03)


def test_far_beyond_the_ellipse_when_sampling_begins_at_minute_ten():
    """Five sixths of the filling are over, and e² is more than eight standard deviations of ln k_off away."""
    flat = Binding(first=10.0, n=12)
    assert -np.expm1(-(flat.k_on * flat.L + flat.k_off) * 10.0) == pytest.approx(5 / 6, abs=0.01)
    assert 8.0 < 2.0 / flat.error_off < 8.5


def test_counts_that_leave_the_start_out_are_named():
    assert "taken at the start" in early_counts.check("b", 0.738).says


def test_information_on_a_decay():
    """Case D09: FIM, bounds, correlation and condition for A = 1, k = 0.5, σ = 0.05 and times 0, 1, 2, 4, 8."""
    found = DECAY.information([0.0, 1.0, 2.0, 4.0, 8.0])
    expected = [[608.7463303698765, -285.7985056891298], [-285.7985056891298, 489.4961618093602]]
    assert np.allclose(found.matrix, expected, rtol=1e-12)
    assert found.bounds == pytest.approx([0.047571646862822926, 0.05305077332788318], rel=1e-12)
    assert found.correlation[0, 1] == pytest.approx(0.5235608091382647, rel=1e-12)
    assert found.condition == pytest.approx(3.2705038096978862, rel=1e-10)


def test_one_sample_of_a_decay():
    """Case D10 and problem HP1-8: best at t = 1/k = 2 with σ_k = 0.067957; at t = 8 it is 0.341238."""
    assert DECAY.best_time == 2.0
    assert DECAY.best_error == pytest.approx(0.067957, rel=1e-5)
    assert DECAY.replace(t=8.0).error == pytest.approx(0.341238, rel=1e-5)
    assert DECAY.replace(t=2.0).error == pytest.approx(DECAY.best_error, rel=1e-12)
    assert (DECAY.replace(t=8.0).error / DECAY.best_error) ** 2 == pytest.approx(25.21429959329595, rel=1e-10)


def test_equilibrium_tells_the_ratio_only():
    """Case D11: the information on k_on and k_off is singular at equilibrium; their ratio is known."""
    still = fisher(sensitivities(lambda p: np.full(5, 1.0) * 2 * p[0] / (2 * p[0] + p[1]), [0.06, 0.06]), 0.05)
    assert still.rank == 1 and np.all(np.isinf(still.bounds))
    assert binding_structure(False).combinations == [{"k_on": 1, "k_off": -1}]
    assert binding_structure(True).rank == 2


def test_late_samples_tell_the_ratio_almost_only():
    late = BINDING.replace(first=40.0)
    assert late.error_off > 10 > 100 * BINDING.error_off / 3
    assert late.error_ratio < 0.13 and late.information().correlation[0, 1] > 0.9999
    y = late.occupancy
    assert late.error_ratio == pytest.approx(0.05 / np.sqrt(8) / (y * (1 - y)), rel=0.6)
    washed = late.replace(m=6)
    assert washed.error_off < 0.15 and washed.error_on < 0.2


def test_the_information_in_the_noise_of_a_culture_is_negligible():
    """Noise σN(θ) adds 2 (∂ ln N)ᵀ(∂ ln N) to the Fisher information (Gaussian case), the share 2σ²."""
    culture = Culture()
    logs = sensitivities(lambda p: np.log(culture.predict(p)), [culture.K, culture.r])
    assert np.allclose(2.0 * logs.T @ logs, 0.005 * culture.information().matrix, rtol=1e-10)


def test_capacity_from_early_and_from_late_counts():
    """Case D12 reports 115 % from early data against 3.6 %; its inputs are not given. Ours show the same contrast."""
    early, late = Culture(T=5.0), Culture(T=20.0)
    assert 1.0 < early.error_K < 1.3 and 0.03 < late.error_K < 0.04
    assert early.error_r < 0.13
    assert early.midpoint == pytest.approx(np.log(19.0) / 0.3, rel=1e-12)
    cost, _ = early.expected_profile(np.array([0.3, 100.0, 1e4]))
    assert cost[0] > 3.84 > cost[1] and cost[2] - cost[1] < 0.1, "open to above"


def test_a_profile_is_open_where_the_ellipse_is_closed():
    leaning = Binding(first=15.0, sigma=0.1)
    found = leaning.expected_profile(leaning.k_off * np.array([1.0, 10.0, 1000.0]))
    assert found[0] == pytest.approx(0.0, abs=1e-12) and found[2] < 0.3
    assert np.isfinite(leaning.error_off)


def test_the_posterior_on_an_open_plateau_tells_of_the_prior():
    """The share of the posterior beyond e² times the truth grows with the box of the flat prior, without limit."""
    flat, shares = Binding(first=10.0, n=12), []
    for decades in (3.0, 6.5):
        up, across = np.linspace(-1, 1, 801) * decades * np.log(10), np.linspace(-1.5, 1.5, 101)[:, None]
        misfit = flat.excess(flat.k_on * np.exp(up - across), flat.k_off * np.exp(up + 0 * across))
        weight = np.exp(-misfit / 2).sum(axis=0)
        shares.append(weight[up > 2].sum() / weight.sum())
    assert shares == pytest.approx([0.28, 0.50], abs=0.01)


def test_the_fast_profile_agrees_with_refitting():
    data = BINDING.predict((0.06, 0.06))
    values = 0.06 * np.array([0.3, 0.6, 1.7, 4.0])
    slow = BINDING.profile(data, BINDING.fit(data), 1, values).excess
    assert np.allclose(BINDING.expected_profile(values), slow, rtol=1e-6, atol=1e-9)


def test_profile_fisher_bootstrap_and_posterior_agree_for_good_data():
    model = BINDING.replace(first=1.0, sigma=0.02, m=4)
    data = model.data(rng=2)
    best = model.fit(data)
    here = model.replace(k_on=best.parameters[0], k_off=best.parameters[1])
    half = 1.959964 * here.error_off
    low, high = np.log(
        model.profile(data, best, 1, best.parameters[1] * np.exp(np.linspace(-2, 2, 21) * half)).interval()
    )
    assert (high - low) / 2 == pytest.approx(half, rel=0.03)
    again = np.log(model.bootstrap(best.parameters, 300, rng=3))[:, 1]
    assert again.std() == pytest.approx(here.error_off, rel=4 / np.sqrt(600))
    begin = np.log(best.parameters)[:, None] + 0.05 * np.random.default_rng(0).normal(size=(2, 100))
    chain = metropolis(lambda u: model.log_likelihood(data, u), begin, 500, rng=4)
    assert chain.samples[1].std() == pytest.approx(here.error_off, rel=0.1)


def test_the_lean_has_order_one_and_the_width_order_two_in_the_noise():
    noises = (0.005, 0.01, 0.02)
    found = intervals(BINDING, noises)
    lean = np.abs(found[:, 1] + found[:, 0]) / found[:, 2]
    width = np.abs(0.5 * (found[:, 1] - found[:, 0]) / found[:, 2] - 1.0)
    assert np.polyfit(np.log(noises), np.log(lean), 1)[0] == pytest.approx(1.0, abs=0.02)
    assert np.polyfit(np.log(noises), np.log(width), 1)[0] == pytest.approx(2.0, abs=0.05)


def test_a_steady_gradient_tells_the_ratio_of_diffusion_and_decay():
    """Cases A01 and L17: λ = √(D/k) = 19.92 µm follows from D = 0.1, k = 2.52e-4 and from D = 20, k = 0.0504."""
    slow, quick = Gradient(D=0.1, k=2.52e-4), Gradient(D=20.0, k=0.0504)
    assert slow.length == pytest.approx(19.920476822239895, rel=1e-12)
    assert quick.length == pytest.approx(slow.length, rel=1e-12)
    x = np.linspace(0.0, 80.0, 9)
    found = fisher(sensitivities(lambda u: np.exp(-x / np.exp(0.5 * (u[0] - u[1]))), np.log([0.1, 2.52e-4])), 0.05)
    assert found.rank == 1 and np.abs(found.null_space[0]) == pytest.approx(np.sqrt(0.5) * np.ones(2), rel=1e-6)
    exact = structure(lambda c, p: [c[1], p[1] * c[0] / p[0]], lambda c, p: [c[0]], states=["C", "slope"],
                      parameters=["D", "k"])  # fmt: skip
    assert exact.combinations == [{"D": 1, "k": -1}]


def test_best_times_beat_even_ones():
    def predict(p, t):
        return BINDING.predict(np.exp(p), t)

    logs, grid = np.log([0.06, 0.06]), np.linspace(0.5, 60.0, 60)
    chosen = best_times(predict, logs, grid, 8, noise=0.05)
    even = fisher(sensitivities(lambda p: predict(p, np.linspace(7.5, 60.0, 8)), logs), 0.05)
    best = fisher(sensitivities(lambda p: predict(p, chosen), logs), 0.05)
    assert np.linalg.det(best.matrix) > 1.5 * np.linalg.det(even.matrix)
    assert chosen[-1] == pytest.approx(60.0) and chosen[0] == pytest.approx(chosen[3], abs=0.1)


def test_data_repeat_and_do_not_depend_on_the_workers():
    assert np.array_equal(BINDING.data(1), BINDING.data(1)) and not np.array_equal(BINDING.data(1), BINDING.data(2))
    alone = BINDING.replace(n=4).bootstrap((0.06, 0.06), 101, rng=5)
    with ThreadPoolExecutor(4) as executor:
        assert np.array_equal(alone, BINDING.replace(n=4).bootstrap((0.06, 0.06), 101, rng=5, executor=executor))


@pytest.mark.parametrize("k_off", [0.02, 0.06, 0.2])
@pytest.mark.parametrize("m", [0, 6])
@pytest.mark.parametrize("first", [0.5, 2.0, 15.0, 40.0])
def test_the_sentence_about_the_region_is_that_of_the_picture(first, m, k_off):
    for sigma in (0.02, 0.05, 0.1):
        model = BINDING.replace(first=first, m=m, k_off=k_off, sigma=sigma)
        ends = model.expected_profile(k_off * np.array([0.02, 10.0]))
        told = tell_banana(model)
        assert ("closed" in told) == bool(np.all(ends > 5.9915)), told
        assert (
            ("at the bottom" in told) == ("greatest value" in told or "and at the bottom" in told) == (ends[0] < 5.9915)
        )
        assert ("upper right" in told) == bool(ends[1] < 5.9915), told
        assert ("on both sides" in told) == bool(np.all(ends > 3.8415)), told
        assert ("nowhere" in told) == bool(np.all(ends < 3.8415)), told
        if found := re.search(r"least value of ([\d.]+)", told):
            assert model.expected_profile([float(found[1])]) == pytest.approx([5.9915], rel=0.1)


def test_the_border_of_the_region_has_the_misfit_it_promises():
    for model in (BINDING, BINDING.replace(first=40.0), BINDING.replace(first=2.0, sigma=0.1, k_off=0.02)):
        on, off = _region(model)
        kept = np.isfinite(on)
        assert model.excess(on[kept], off[kept]) == pytest.approx(np.full(kept.sum(), 5.9915), abs=0.3)


def test_the_strip_bends_where_unbinding_is_too_slow_to_show():
    """From minute 40 on with σ = 0.05 k_off has a least value of 0.0057 per minute (for one parameter), no greatest."""
    late = BINDING.replace(first=40.0)
    assert late.expected_profile([0.0056, 0.0058])[0] > 3.8415 > late.expected_profile([0.0056, 0.0058])[1]
    assert late.expected_profile([0.6, 60.0]) == pytest.approx([0.0, 0.0], abs=1e-3)
    noisy = late.replace(sigma=0.1)
    assert noisy.expected_profile([1e-7])[0] < 2.0 and "and at the bottom" in tell_banana(noisy)
    assert "least value of 0.002 " in tell_banana(late)


def test_the_ratio_is_known_upwards_but_not_downwards():
    """The ellipse promises 12 per cent; the profile of K_d says 0.41 to 1.17 nM, from minute 2 on 0.76 to 1.27."""
    late = BINDING.replace(first=40.0)
    assert late.error_ratio == pytest.approx(0.120, abs=0.001)
    assert late.expected_ratio_profile(np.exp([-1.0, -0.8, 0.155])) == pytest.approx([4.199, 3.509, 3.947], abs=0.002)
    assert late.ratio_interval() == pytest.approx([0.40990, 1.16528], abs=2e-5)
    assert late.excess(0.0057 / 0.41, 0.0057) == pytest.approx(3.84, abs=0.03), "the slow receptor"
    assert BINDING.ratio_interval() == pytest.approx([0.76031, 1.26778], abs=2e-5)
    assert late.replace(sigma=0.2).ratio_interval()[0] == 0.0
    on, off = np.meshgrid(np.geomspace(1e-3, 6.0, 300), np.geomspace(5e-4, 6.0, 300))
    last = late.predict((on[..., None], off[..., None]), [60.0])[..., 0][late.excess(on, off) < 3.8415]
    assert [last.min(), last.max()] == pytest.approx([0.632, 0.727], abs=0.003)
    assert np.abs(last / late.predict((0.06, 0.06), [60.0])[0] - 1.0).max() < 0.1


def test_who_knows_the_flux_of_the_source_knows_the_diffusion():
    """D₁ and D₂ with the same λ differ in C(0) = j λ/D: the information on both constants is then of full rank."""
    x = np.linspace(0.0, 80.0, 9)

    def profile(u):
        D, k = np.exp(u)
        return np.exp(-x * np.sqrt(k / D)) * np.sqrt(D / k) / D

    assert fisher(sensitivities(profile, np.log([0.1, 2.52e-4])), 0.05).rank == 2


def test_which_designs_close_the_region():
    """At minute 15 the profile levels off at 4.5 for σ = 0.02; at 40 only washing helps, or not even that."""
    late = Binding(first=15.0, sigma=0.02)
    assert late.expected_profile([6e2, 6e4]) == pytest.approx([4.52, 4.52], abs=0.01)
    assert "closed" not in tell_banana(late) and "on both sides" in tell_banana(late)
    for sigma in (0.02, 0.05, 0.1):
        for first in (15.0, 40.0):
            assert "upper right" in tell_banana(Binding(first=first, sigma=sigma))
            assert "closed" in tell_banana(Binding(first=first, sigma=sigma, m=6))
        assert ("closed" in tell_banana(Binding(first=40.0, sigma=sigma, m=6, k_off=0.2))) == (sigma == 0.02)


def test_the_sentence_about_the_capacity_is_that_of_the_picture():
    assert "runs off" in tell_culture(Culture(T=7.0)) and "no capacity" in tell_culture(Culture(T=7.0))
    assert "no capacity" not in tell_culture(Culture(T=5.0, sigma=0.02, n=22))
    assert "between 0.79 and 1.5" in tell_culture(Culture()) and "after the time" in tell_culture(Culture())


def test_two_reported_answers_differ_by_a_hundredth_of_what_would_tell_them_apart():
    late = Binding(first=40.0)
    misfits = [(((late.data(rng=5) - late.predict((k, k))) / late.sigma) ** 2).sum() for k in (0.06, 0.6)]
    assert misfits[1] - misfits[0] == pytest.approx(0.03, abs=0.005)
    least = late.fit(late.data(rng=5)).chi2
    assert least == pytest.approx(3.9224, abs=1e-4) and max(misfits) - least < 1.0 < 3.84


def test_samples_after_washing_are_late():
    assert Binding(first=40.0, n=4, m=4).times[4:] == pytest.approx([75.0, 90.0, 105.0, 120.0])


def test_sentences_and_refusals():
    assert "only their ratio" in tell_banana(BINDING.replace(first=40.0)) and "closed" in tell_banana(BINDING)
    assert "runs off" in tell_culture(Culture(T=5.0)) and "close together" in tell_culture(Culture(T=20.0))
    assert "290 per cent" in tell_culture(Culture(T=5.0, sigma=0.1, n=6)), "no power of ten in a sentence"
    with pytest.raises(ValueError, match=r"Binding.first must lie before Binding.last, got 60.0 and 60.0"):
        BINDING.replace(first=60.0)
    with pytest.raises(ValueError, match="times must be a row of finite times"):
        DECAY.information([-1.0])
