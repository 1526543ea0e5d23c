"""Releases that add up: the negative binomial law, whole vesicles, the leak, the pool that runs out."""

import itertools
import math

import numpy as np
import pytest
from scipy.linalg import solve_banded
from scipy.stats import binom, nbinom

from mslib.explore.render import Stage
from mslib.principles import summation
from mslib.principles.summation import LeakySynapse, Synapse, VesiclePool, first_passage


class TestSynapse:
    def test_reference_case_a12(self):
        synapse = Synapse(V_th=-55, V_rest=-70, dV=0.5, p=0.3, dt=5)
        assert synapse.N == 30
        assert synapse.mean_time == pytest.approx(500.0)
        assert synapse.sd_time == pytest.approx(76.37626158259734, rel=1e-9)
        assert synapse.quantile(0.95) == pytest.approx(635.0)
        assert synapse.shortest == 150

    def test_reference_case_a13_vesicles_are_whole(self):
        synapse = Synapse(V_th=-55, V_rest=-70, dV=0.4, p=0.3, dt=5)
        assert synapse.N == 38
        assert synapse.mean_time == pytest.approx(633.3333333333334)
        assert synapse.formula_time == pytest.approx(625.0)

    @pytest.mark.parametrize("N", range(1, 61))
    def test_rounding_never_asks_for_one_vesicle_too_many(self, N):
        assert Synapse(V_rest=-70, V_th=-70 + 15, dV=15 / N).N == N

    def test_certain_and_impossible_release(self):
        sure, never = Synapse(p=1), Synapse(p=0)
        assert (sure.mean_time, sure.sd_time, sure.quantile(0.5)) == (150, 0, 150)
        assert sure.fired_by([149.9, 150]).tolist() == [0, 1]
        assert never.mean_time == never.sd_time == never.formula_time == never.quantile(0.5) == np.inf
        assert never.fired_by([1e9]).tolist() == [0]
        assert np.all(np.isinf(never.simulate(10, 50, rng=1)))

    def test_simulation_has_the_negative_binomial_law(self):
        synapse = Synapse()
        times = synapse.simulate(100_000, 500, rng=1)
        assert abs(times.mean() - 500) < 4 * synapse.sd_time / math.sqrt(1e5)
        assert times.std() == pytest.approx(synapse.sd_time, rel=4 / math.sqrt(2e5))
        for t in (400, 500, 635):
            expected = synapse.fired_by(t)
            assert abs((times <= t).mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / 1e5)

    def test_one_spike_early_has_not_fired(self):
        synapse = Synapse()
        assert synapse.fired_by(150.0) == pytest.approx(0.3**30)
        assert synapse.fired_by(149.99) == 0

    def test_threshold_must_be_above_rest(self):
        with pytest.raises(ValueError, match=r"V_th = -70.0 mV must be above V_rest = -70.0 mV"):
            Synapse(V_rest=-70, V_th=-70)

    @pytest.mark.parametrize("share", [-0.1, 1.0, 2.0])
    def test_refuses_a_share_outside(self, share):
        for synapse in (Synapse(), LeakySynapse()):
            with pytest.raises(ValueError, match="share"):
                synapse.quantile(share)


def brute_force(decay, jump, chance, level, spikes):
    """Exact chances to fire at each spike, by following every history."""
    chances = np.zeros(spikes + 1)
    for history in itertools.product((0, 1), repeat=spikes):
        v = 0.0
        for k, released in enumerate(history, 1):
            v = decay * v + jump * released
            if v >= level:
                done = history[:k]
                chances[k] += math.prod(chance if r else 1 - chance for r in history)
                assert len(done) == k
                break
    return chances


class TestFirstPassage:
    def test_without_decay_it_is_the_negative_binomial_law(self):
        law = first_passage(1.0, 0.5, 0.3, 15.0)
        k = np.arange(len(law.chances))
        assert law.chances == pytest.approx(nbinom.pmf(k - 30, 30, 0.3), abs=1e-12)
        assert law.by(k) == pytest.approx(nbinom.cdf(k - 30, 30, 0.3), abs=1e-12)
        assert (law.mean(), law.sd()) == pytest.approx((100.0, math.sqrt(21) / 0.3), rel=1e-9)

    @pytest.mark.parametrize("decay", [0.5, 0.8, 0.95])
    def test_agrees_with_every_history_of_twelve_spikes(self, decay):
        exact = brute_force(decay, 1.0, 0.4, 1.73, 12)
        law = first_passage(decay, 1.0, 0.4, 1.73, nodes=4000)
        assert law.chances[:13] == pytest.approx(exact, abs=2e-3)
        low = first_passage(decay, 1.0, 0.4, 1.73, rounding="down").by(np.arange(13))
        high = first_passage(decay, 1.0, 0.4, 1.73, rounding="up").by(np.arange(13))
        assert np.all(low <= np.cumsum(exact) + 1e-12)
        assert np.all(high >= np.cumsum(exact) - 1e-12)

    @pytest.mark.parametrize("p", [0.5, 0.6, 0.75])
    def test_converges_at_second_order_between_its_bounds(self, p):
        synapse = LeakySynapse(p=p)
        args = synapse.decay, synapse.dV, synapse.p, synapse.rise
        fine = first_passage(*args, nodes=16000).mean()
        errors = [abs(first_passage(*args, nodes=n).mean() / fine - 1) for n in (250, 1000, 4000)]
        assert errors[1] < errors[0] / 4
        assert errors[2] < errors[1] / 4
        assert errors[1] < 0.01
        assert first_passage(*args, rounding="up").mean() < fine < first_passage(*args, rounding="down").mean()

    def test_geometric_tail_continues_the_law(self):
        law = first_passage(0.5, 1.0, 0.4, 1.9)
        long = first_passage(0.5, 1.0, 0.4, 1.9, patience=5)
        assert len(long.chances) == 6
        k = np.arange(2000)
        survival = 1 - law.by(k)
        assert law.mean() == pytest.approx(survival.sum(), rel=1e-6)
        assert law.sd() ** 2 == pytest.approx(((2 * k + 1) * survival).sum() - law.mean() ** 2, rel=1e-5)

    def test_a_chance_in_a_billion_is_not_lost_to_rounding(self):
        law = LeakySynapse(p=0.3).law
        assert 1e-18 < law.hazard < 1e-16
        assert law.mean() == pytest.approx(1 / law.hazard, rel=1e-3)

    def test_out_of_reach(self):
        for law in (first_passage(0.5, 1.0, 0.9, 2.0), first_passage(0.9, 1.0, 0.0, 2.0)):
            assert law.hazard == 0
            assert law.mean() == law.sd() == np.inf
            assert law.by([0, 10**6]).tolist() == [0, 0]

    def test_refuses_an_unknown_rounding(self):
        with pytest.raises(ValueError, match="rounding"):
            first_passage(0.9, 1.0, 0.5, 3.0, rounding="sideways")


class TestLeakySynapse:
    def test_reference_case_l18_plateau(self):
        synapse = LeakySynapse(V_rest=-70, V_th=-55, dV=0.5, p=0.3, dt=5, tau=20)
        assert synapse.plateau == pytest.approx(0.68, abs=0.005)
        assert synapse.summit < synapse.rise
        assert synapse.path_time == synapse.mean_time == synapse.sd_time == synapse.shortest == np.inf
        assert synapse.N == synapse.least_release == np.inf
        assert synapse.quantile(0.01) == np.inf
        assert np.all(np.isinf(synapse.simulate(200, 2000, rng=1)))

    @pytest.mark.parametrize("p", [0.6, 0.7, 0.75, 1.0])
    def test_law_agrees_with_simulation(self, p):
        synapse = LeakySynapse(p=p)
        times = synapse.simulate(20_000, 40_000, rng=2)
        error = max(synapse.sd_time, 1e-9) / math.sqrt(20_000)
        assert abs(times.mean() - synapse.mean_time) < 4 * error + 2e-3 * synapse.mean_time
        for share in (0.1, 0.5, 0.9):
            expected = synapse.fired_by(synapse.quantile(share))
            found = (times <= synapse.quantile(share) * (1 + 1e-9)).mean()
            assert abs(found - expected) < 4 * math.sqrt(0.25 / 20_000) + 2e-3

    def test_luck_fires_a_cell_whose_mean_never_would(self):
        synapse = LeakySynapse(p=0.7)
        assert synapse.plateau < synapse.rise < synapse.summit
        assert synapse.path_time == np.inf
        assert 90 < synapse.mean_time < 110

    def test_least_release_puts_the_plateau_at_threshold(self):
        synapse = LeakySynapse()
        assert synapse.replace(p=synapse.least_release).plateau == pytest.approx(synapse.rise)

    def test_slow_leak_is_no_leak(self):
        slow, ideal = LeakySynapse(V_th=-55.1, dt=5, p=0.3, tau=1e9), Synapse(V_th=-55.1)
        assert slow.N == ideal.N == 30
        assert slow.mean_time == pytest.approx(ideal.mean_time, rel=1e-6)
        assert slow.sd_time == pytest.approx(ideal.sd_time, rel=1e-6)
        assert slow.shortest == ideal.shortest
        assert slow.plateau == pytest.approx(0.3 * 0.5 * 1e9 / 5, rel=1e-6)

    def test_certain_release_fires_at_the_shortest_time(self):
        synapse = LeakySynapse(p=1.0)
        assert synapse.mean_time == pytest.approx(synapse.shortest)
        assert synapse.path_time == synapse.shortest
        assert synapse.sd_time == pytest.approx(0, abs=1e-6)

    def test_path_is_the_mean_of_simulated_potentials(self):
        synapse, rng = LeakySynapse(), np.random.default_rng(3)
        volts = np.zeros(50_000)
        for _ in range(20):
            volts = synapse.decay * volts + synapse.dV * (rng.random(50_000) < synapse.p)
        assert abs(volts.mean() - synapse.path(20)) < 4 * volts.std() / math.sqrt(50_000)

    @pytest.mark.parametrize("p", [0.3, 0.6, 0.75])
    def test_quantile_is_the_least_time_with_that_share(self, p):
        synapse = LeakySynapse(p=p)
        for share in (0.0, 0.05, 0.5, 0.999):
            t = synapse.quantile(share)
            assert synapse.fired_by(t) >= share * (1 - 1e-9)
            assert share == 0 or p == 0.3 or synapse.fired_by(t - synapse.dt) < share

    def test_needs_more_vesicles_than_without_leak(self):
        synapse, volts, count = LeakySynapse(), 0.0, 0
        while volts < synapse.rise:
            volts, count = synapse.decay * volts + synapse.dV, count + 1
        assert (synapse.N, synapse.shortest) == (count, count * 0.5) == (54, 27.0)
        assert synapse.formula_time == Synapse(p=0.7, dt=0.5).formula_time

    def test_noise_is_the_scatter_of_simulated_potentials(self):
        synapse, rng = LeakySynapse(), np.random.default_rng(4)
        volts = np.full(20_000, synapse.plateau)
        for _ in range(400):
            volts = synapse.decay * volts + synapse.dV * (rng.random(20_000) < synapse.p)
        assert volts.std() == pytest.approx(synapse.noise, rel=4 / math.sqrt(4e4))

    @pytest.mark.parametrize(("p", "low", "high"), [(0.4, 8.377e6, 8.542e6), (0.3, 2.181e13, 2.240e13)])
    def test_mean_far_in_the_tail_is_right_to_two_digits(self, p, low, high):
        synapse = LeakySynapse(p=p)
        args = synapse.decay, synapse.dV, p, synapse.rise
        seconds = [first_passage(*args, nodes=n).mean() * synapse.dt / 1000 for n in (4000, 8000)]
        assert low < seconds[1] < high
        assert seconds[1] == pytest.approx(seconds[0], rel=5e-3)

    @pytest.mark.parametrize("p", [0.5, 0.7, 0.9])
    def test_siegerts_integral_solves_the_backward_equation(self, p):
        """s² T″ − (v − V∞) T′ = −τ, from T′ = 0 far below to T = 0 at the threshold, by finite differences."""
        synapse = LeakySynapse(p=p)
        low, n = synapse.plateau - 8 * synapse.noise, 40_000
        v, h = np.linspace(min(low, -2.0), synapse.rise, n + 1, retstep=True)
        drift, spread = (v[:-1] - synapse.plateau) / (2 * h), (synapse.noise / h) ** 2
        bands = np.zeros((3, n))
        bands[1], bands[0, 1:], bands[2, :-1] = -2 * spread, (spread - drift)[:-1], (spread + drift)[1:]
        bands[0, 1] = 2 * spread
        times = solve_banded((1, 1), bands, np.full(n, -synapse.tau))
        assert np.interp(0.0, v[:-1], times) == pytest.approx(synapse.diffusion_time, rel=1e-3)

    def test_diffusion_is_the_limit_of_small_steps(self):
        assert LeakySynapse(p=1.0).diffusion_time == np.inf
        ratios = [LeakySynapse(p=p).diffusion_time / LeakySynapse(p=p).mean_time for p in (0.9, 0.75, 0.7, 0.6, 0.5)]
        assert ratios == pytest.approx([0.99, 0.97, 0.935, 0.65, 0.31], abs=6e-3)
        for gap in (0.0, 1.0):
            errors = []
            for f in (1, 2, 4):
                cell = LeakySynapse(dV=0.5 / f, dt=0.5 / f).at_gap(gap)
                law = first_passage(cell.decay, cell.dV, cell.p, cell.rise, nodes=int(32 * cell.rise / cell.dV))
                errors.append(1 - cell.diffusion_time / (law.mean() * cell.dt))
            for coarse, fine in itertools.pairwise(errors):
                assert 0.6 < fine / coarse < 0.75


class TestVesiclePool:
    def test_quantal_content_and_failures(self):
        pool = VesiclePool(M=10, p=0.2)
        assert pool.content == pytest.approx(2.0)
        assert pool.failures == pytest.approx(0.8**10)
        assert pool.poisson_failures == pytest.approx(math.exp(-2))
        # Katz: m = ln(trials/failures) is Poisson's; the binomial gives more, the less so the smaller p
        assert -math.log(pool.failures) > pool.content
        assert -math.log(VesiclePool(M=200, p=0.05).failures) == pytest.approx(10, rel=0.03)

    @pytest.mark.parametrize("spike", [1, 2, 5, 30])
    def test_counts_are_binomial_at_every_spike(self, spike):
        pool = VesiclePool(M=5, p=0.4, dt=100)
        released = pool.simulate(20_000, 30, rng=5)[:, spike - 1]
        share = pool.p * pool.filling(30)[spike - 1]
        for count in range(4):
            expected = binom.pmf(count, 5, share)
            assert abs((released == count).mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / 20_000)

    def test_rate_equations_of_depression(self):
        pool, filled = VesiclePool(p=0.5, dt=50, tau_rec=800), 1.0
        for predicted in pool.filling(40):
            assert predicted == pytest.approx(filled, rel=1e-12)
            filled = 1 - (1 - filled * (1 - pool.p)) * math.exp(-pool.dt / pool.tau_rec)
        assert pool.steady_filling == pytest.approx(filled, rel=1e-9)

    def test_refilling_limits_the_release_rate(self):
        pool = VesiclePool(M=10, tau_rec=800)
        rates = [pool.replace(dt=dt).steady_content / dt for dt in (1e4, 100, 1, 0.01)]
        assert rates == sorted(rates)
        assert rates[-1] < pool.greatest_rate
        assert rates[-1] == pytest.approx(pool.greatest_rate, rel=1e-4)

    def test_slow_trains_and_sealed_sites(self):
        assert VesiclePool(dt=1e6).steady_content == pytest.approx(VesiclePool().content)
        silent = VesiclePool(p=0)
        assert (silent.content, silent.steady_filling, silent.plateau, silent.peak) == (0, 1, 0, 0)
        assert silent.failures == silent.poisson_failures == 1

    def test_mean_rise_overshoots_its_plateau(self):
        pool = VesiclePool(M=40, p=0.5, dt=5, tau=20)
        rises = pool.rises(pool.simulate(4000, 60, rng=6))
        error = rises.std(axis=0) / math.sqrt(4000)
        assert np.all(np.abs(rises.mean(axis=0) - pool.mean_rise(60)) < 4.5 * error)
        assert pool.peak == pytest.approx(pool.mean_rise(2000).max())
        assert pool.peak > 5 * pool.plateau

    def test_without_depletion_the_plateau_is_the_peak(self):
        pool = VesiclePool(M=10, p=0.05, dt=5, tau_rec=1e-3, tau=20)
        assert pool.peak == pytest.approx(pool.plateau, rel=1e-9)
        assert pool.plateau == pytest.approx(LeakySynapse(p=0.05, dt=5, dV=5.0, tau=20).plateau, rel=1e-9)


@pytest.mark.parametrize(
    ("draw", "model"), [(summation.draw_waiting, LeakySynapse), (summation.draw_pool, VesiclePool)]
)
def test_drawings_keep_their_skeleton_over_the_whole_range(draw, model):
    stage, counts = Stage(draw), set()
    for name, about in model.params().items():
        for end in (about.low, about.high):
            figure = stage.show(model.suggested().replace(**{name: end}))
            counts.add(tuple(len(ax.get_children()) for ax in figure.axes))
            for line in (line for ax in figure.axes for line in ax.lines):
                assert np.all(np.isfinite(np.asarray(line.get_xydata(), float)))
    assert len(counts) == 1
