"""Growth: reference cases, the lottery of the first cells against exact laws, and the conserved orbit."""

import numpy as np
import pytest
from scipy import stats

from mslib.principles.growth import (
    Gompertz,
    Logistic,
    PacedClones,
    PredatorPrey,
    SlowingGrowth,
    TumourGrowth,
    YoungClones,
)

Z = 4.0


def z(values, mean):
    values = np.asarray(values, float)
    return abs(values.mean() - mean) / (values.std(ddof=1) / np.sqrt(values.size))


class TestReferenceCases:
    def test_problem_1449796_from_one_cell_to_a_tumour(self):
        tumour = TumourGrowth(T=20.0, phi=0.0, N_det=1e9, N_screen=1e7, N_end=1e12)
        assert tumour.detection == pytest.approx(24.9145, rel=1e-5)
        assert tumour.remaining == pytest.approx(8.30482, rel=1e-5)
        assert tumour.gained == pytest.approx(5.53655, rel=1e-5)
        assert tumour.unseen == pytest.approx(0.75, rel=1e-12)

    def test_a17_thirty_doublings(self):
        tumour = TumourGrowth(T=18.0, phi=0.0)
        assert tumour.doublings == pytest.approx(29.897, abs=1e-3)
        assert tumour.detection == pytest.approx(29.897352854 * 18 / 24, rel=1e-9)

    def test_a18_cell_loss(self):
        tumour = TumourGrowth(T=18.0, phi=0.7)
        assert tumour.doubling == pytest.approx(60.0, rel=1e-12)
        assert tumour.detection == pytest.approx(74.74338213496566, rel=1e-9)

    def test_j13_gompertz_and_logistic(self):
        tumour = Gompertz(N0=1e9, K=1e12, beta=0.01, t=100.0)
        assert tumour.now == pytest.approx(78770150725.42656, rel=1e-9)
        assert tumour.rate == pytest.approx(0.06907755278982138, rel=1e-9)
        assert tumour.doubling == pytest.approx(10.034333188799373, rel=1e-9)
        assert Logistic(N0=1e6, K=1e9, r=0.05).half_time == pytest.approx(138.13509557297107, rel=1e-9)

    def test_l15_predator_and_prey(self):
        pair = PredatorPrey(a=1.0, b=0.1, c=1.5, d=0.075, x0=40.0, y0=10.0)
        assert pair.prey_rest == pytest.approx(20.0, rel=1e-12)
        assert pair.predators_rest == pytest.approx(10.0, rel=1e-12)
        assert pair.small_period == pytest.approx(5.130199320647456, rel=1e-12)
        prey, predators = pair.orbit(np.linspace(0.0, 10.0, 400) * pair.period)
        H = 0.075 * prey - 1.5 * np.log(prey) + 0.1 * predators - np.log(predators)
        assert np.ptp(H) / 10 < 1e-6 * abs(H[0])
        assert np.ptp(H) < 1e-7


class TestTumourGrowth:
    def test_size_and_time_are_inverse(self):
        for tumour in (TumourGrowth(phi=0.4), SlowingGrowth(phi=0.4, K=1e13)):
            for cells in (1.0, 2.0, 1e6, 1e12):
                assert tumour.size(tumour.time_to(cells)) == pytest.approx(cells, rel=1e-9)

    def test_losses_that_match_births_never_reach_a_size(self):
        for tumour in (TumourGrowth(phi=1.0), SlowingGrowth(phi=1.0)):
            assert tumour.doubling == tumour.detection == tumour.remaining == tumour.gained == np.inf
            assert np.all(tumour.size([0.0, 1e6]) == 1.0)
        assert TumourGrowth(phi=1.0).unseen == pytest.approx(0.75)
        assert SlowingGrowth(phi=1.0).unseen == pytest.approx(SlowingGrowth(phi=0.5).unseen, rel=1e-12)

    def test_sizes_out_of_order_are_refused_by_name(self):
        with pytest.raises(ValueError, match=r"N_screen <= N_det <= N_end, got 1e\+09, 1e\+07, 1e\+12"):
            TumourGrowth(N_screen=1e9, N_det=1e7)
        with pytest.raises(ValueError, match="N_det < K"):
            SlowingGrowth(K=1e9, N_det=1e9)

    def test_slowing_becomes_exponential_as_the_capacity_grows(self):
        times = [SlowingGrowth(K=10.0**power).detection for power in (30, 60, 120, 240)]
        gaps = np.array(times) / TumourGrowth().detection - 1
        assert np.all(np.diff(gaps) < 0)
        assert gaps[-1] == pytest.approx(9 / 480, rel=0.03)

    def test_slowing_obeys_gompertz_and_its_doubling_time(self):
        tumour = SlowingGrowth(T=20, phi=0.3, K=1e13)
        gompertz = Gompertz(N0=1.0, K=1e13, beta=np.log(2) * 24 / tumour.doubling / np.log(1e13))
        days = np.linspace(0.0, 300.0, 7)
        assert tumour.size(days) == pytest.approx(gompertz.size(days), rel=1e-9)
        step = 1e-4
        rate = np.log(tumour.size(tumour.detection + step) / 1e9) / step
        assert tumour.doubling_then == pytest.approx(np.log(2) / rate, rel=1e-3)

    def test_a_capacity_below_the_end_is_never_passed(self):
        tumour = SlowingGrowth(K=1e11)
        assert tumour.remaining == np.inf and tumour.unseen == 0.0
        assert tumour.doubling_at(1e11) == np.inf


class TestYoungClones:
    def test_extinction_and_sizes_of_twenty_thousand_clones(self):
        clones, days = YoungClones(T=18.0, phi=0.7), [1.0, 5.0, 30.0]
        sizes = clones.simulate(20_000, days, rng=1)
        for column, day in enumerate(days):
            now = clones.replace(t=day)
            assert z(sizes[:, column] == 0, now.lost) < Z
            assert z(sizes[:, column], now.mean) < Z
            assert z(sizes[sizes[:, column] > 0, column], now.mean_left) < Z
        assert z(sizes[:, -1] == 0, 0.7) < Z

    def test_survivors_are_ahead_by_one_over_one_minus_phi(self):
        clones = YoungClones(phi=0.7, t=40.0)
        assert clones.mean_left / clones.mean == pytest.approx(1 / 0.3, rel=1e-4)

    def test_the_moment_of_detection(self):
        clones = YoungClones(T=18.0, phi=0.7)
        times = clones.detections(20_000, rng=2)
        seen = times[np.isfinite(times)]
        assert z(np.isinf(times), clones.extinct) < Z
        assert z(seen, clones.detection) < Z
        assert z((seen - seen.mean()) ** 2, clones.scatter**2) < Z
        half = seen.size // 2
        assert z(np.abs(seen[:half] - seen[-half:]), 2 * np.log(2) / clones.rate) < Z
        gumbel = stats.gumbel_r(np.log(1e9 * 0.3) / clones.rate, 1 / clones.rate)
        assert stats.kstest(seen, gumbel.cdf).pvalue > 1e-3

    def test_the_same_scatter_from_simulation_all_the_way(self):
        clones = YoungClones(T=24.0, phi=0.5, N_det=2000.0)
        days = np.arange(0.0, 60.0, 0.05)
        sizes = clones.simulate(2000, days, rng=3)
        reached = (sizes >= 2000).any(axis=1)
        seen = days[np.argmax(sizes[reached] >= 2000, axis=1)]
        assert z(reached, 0.5) < Z
        assert seen.mean() == pytest.approx(clones.detection, abs=0.35)
        assert seen.std() == pytest.approx(clones.scatter, rel=0.08)

    def test_no_death_and_all_death(self):
        alive = YoungClones(phi=0.0)
        assert all(alive.replace(t=t).lost == 0.0 for t in (1.0, 2.0, 5.0, 10.0, 20.0, 40.0))
        assert alive.lost == 0.0 and alive.extinct == 0.0 and alive.mean_left == pytest.approx(alive.mean)
        doomed = YoungClones(phi=1.0)
        assert doomed.rate == 0.0 and doomed.detection == np.inf and doomed.scatter == np.inf
        assert doomed.mean == 1.0 and doomed.mean_left == pytest.approx(1 + doomed.birth * doomed.t)
        with pytest.raises(ValueError, match="no clone is ever detected"):
            doomed.detections(5, rng=1)

    def test_early_detection_is_refused(self):
        with pytest.raises(ValueError, match="N_det must be at least 1000"):
            YoungClones(N_det=10.0)


class TestPacedClones:
    @pytest.mark.parametrize("k", [1, 5, 50])
    def test_growth_rate_of_the_simulated_clones(self, k):
        clones, three_cycles = PacedClones(T_c=20.0, k=k, q_c=0.1), 2.5
        early, late = clones.simulate(400, [7.5, 7.5 + three_cycles], rng=k).mean(axis=0)
        assert np.log(late / early) / three_cycles == pytest.approx(clones.rate, rel=0.01)

    @pytest.mark.parametrize("k", [1, 30])
    def test_extinction_does_not_ask_the_clock(self, k):
        clones = PacedClones(T_c=20.0, k=k, q_c=0.3)
        assert clones.extinct == pytest.approx(3 / 7, rel=1e-12)
        sizes = clones.simulate(1500, [10.0], rng=40 + k)
        assert z(sizes[:, 0] == 0, 3 / 7) < Z

    def test_memoryless_cycles_are_birth_and_death(self):
        clones = PacedClones(T_c=20.0, k=1, q_c=0.2)
        assert clones.rate == pytest.approx(0.6 * 24 / 20, rel=1e-12)

    def test_clockwork_doubles_every_cycle(self):
        assert PacedClones(k=10**6, q_c=0.0, T_c=20.0).doubling == pytest.approx(20.0, rel=1e-5)
        assert PacedClones(k=1, q_c=0.0, T_c=20.0).doubling == pytest.approx(20.0 * np.log(2), rel=1e-12)

    def test_death_outweighs_the_gain_of_irregular_cycles(self):
        assert PacedClones(k=10**6, q_c=0.1).doubling == pytest.approx(20 * np.log(2) / np.log(1.8), rel=1e-5)
        assert PacedClones(k=100, q_c=0.1).doubling > 20.0 > PacedClones(k=1, q_c=0.1).doubling

    def test_half_and_more_deaths(self):
        assert PacedClones(q_c=0.5).doubling == np.inf and PacedClones(q_c=0.5).extinct == 1.0
        assert PacedClones(q_c=0.5).rate == 0.0
        assert PacedClones(q_c=1.0).rate == -np.inf and PacedClones(q_c=1.0).extinct == 1.0


class TestGompertz:
    def test_growth_is_fastest_at_the_capacity_over_e(self):
        tumour = Gompertz()
        days = np.linspace(0.0, 600.0, 60_001)
        steepest = days[np.argmax(np.gradient(tumour.size(days), days))]
        assert tumour.size(steepest) == pytest.approx(tumour.fastest, rel=1e-3)

    def test_times_to_sizes(self):
        tumour = Gompertz(N0=1e9, K=1e12, beta=0.01)
        assert tumour.size(tumour.time_to(5e11)) == pytest.approx(5e11, rel=1e-12)
        assert tumour.time_to(1e9) == 0.0
        assert tumour.time_to(1e12) == tumour.time_to(1e13) == tumour.time_to(1e8) == np.inf

    def test_at_and_above_the_capacity(self):
        still = Gompertz(N0=1e12, K=1e12)
        assert still.doubling == np.inf and still.now == 1e12 and still.time_to(1e13) == np.inf
        shrinking = Gompertz(N0=1e13, K=1e12)
        assert shrinking.doubling == np.inf and shrinking.now < 1e13
        assert shrinking.size(shrinking.time_to(5e12)) == pytest.approx(5e12, rel=1e-12)

    def test_a_fit_finds_the_curve_again(self):
        true, days = Gompertz(N0=3e7, K=2e11, beta=0.03), np.arange(0.0, 150.0, 10.0)
        found = Gompertz.fit(days, true.size(days))
        for name in ("N0", "K", "beta"):
            assert getattr(found, name) == pytest.approx(getattr(true, name), rel=1e-6)

    def test_noisy_data_over_the_whole_curve_pin_the_capacity_and_early_data_do_not(self):
        true, rng = Gompertz(N0=1e8, K=1e11, beta=0.03), np.random.default_rng(3)

        def capacities(last):
            days = np.linspace(0.0, last, 15)
            noise = np.exp(rng.normal(0.0, 0.1, (40, 15)))
            return np.log10([Gompertz.fit(days, true.size(days) * factor).K for factor in noise])

        late, early = capacities(200.0), capacities(25.0)
        assert z(late, 11.0) < Z and late.std() < 0.03
        assert early.std() > 10 * late.std()

    def test_fit_refuses_too_little(self):
        for days, cells in (([0, 1], [1e6, 2e6]), ([0, 1, 2], [1e6, 0, 1e6]), ([0, 1, 2], [1e6, 2e6])):
            with pytest.raises(ValueError, match="at least three"):
                Gompertz.fit(days, cells)

    def test_logistic_beyond_half_its_capacity(self):
        assert Logistic(N0=8e8, K=1e9).half_time == 0.0
        assert Logistic().size(Logistic().half_time) == pytest.approx(5e8, rel=1e-12)


class TestPredatorPrey:
    def test_small_circles_take_the_linear_period(self):
        gaps = []
        for nudge in (0.2, 0.1, 0.05):
            pair = PredatorPrey(x0=20.0 * (1 + nudge), y0=10.0)
            gaps.append(pair.period / pair.small_period - 1)
        assert gaps[-1] < 3e-4
        assert np.log2(np.array(gaps[:-1]) / gaps[1:]) == pytest.approx([2.0, 2.0], abs=0.15)

    def test_the_mean_over_a_cycle_is_the_rest_point(self):
        pair = PredatorPrey(x0=90.0, y0=30.0)
        prey, predators = pair.orbit(np.linspace(0.0, pair.period, 2049))
        assert prey[:-1].mean() == pytest.approx(pair.prey_rest, rel=1e-8)
        assert predators[:-1].mean() == pytest.approx(pair.predators_rest, rel=1e-8)

    def test_turning_points_by_lambert_and_by_integration(self):
        pair = PredatorPrey(x0=70.0, y0=4.0)
        prey, _ = pair.orbit(np.linspace(0.0, pair.period, 20_001))
        assert prey.max() == pytest.approx(pair.prey_most, rel=1e-6)
        assert prey.min() == pytest.approx(pair.prey_fewest, rel=1e-6)

    def test_the_drift_falls_with_the_tolerance(self):
        pair = PredatorPrey()
        drifts = []
        for rtol in (1e-4, 1e-6, 1e-8):
            H = pair.conserved(*pair.orbit(np.linspace(0.0, 20.0, 50) * pair.period, rtol=rtol))
            drifts.append(np.ptp(H))
        assert drifts[0] > 10 * drifts[1] > 100 * drifts[2]

    @pytest.mark.parametrize(("x0", "y0"), [(20.001, 10.0), (25.0, 10.0), (90.0, 30.0), (3.0, 2.0)])
    def test_the_period_brings_the_orbit_back(self, x0, y0):
        pair = PredatorPrey(x0=x0, y0=y0)
        prey, predators = pair.orbit([0.0, pair.period], rtol=1e-12)
        assert prey[-1] == pytest.approx(x0, rel=1e-8) and predators[-1] == pytest.approx(y0, rel=1e-8)

    def test_at_rest_nothing_moves(self):
        pair = PredatorPrey(x0=20.0, y0=10.0)
        assert pair.excess == pytest.approx(0.0, abs=1e-14)
        assert pair.period == pytest.approx(pair.small_period, rel=1e-12)
        assert pair.prey_most == pair.prey_fewest == pytest.approx(20.0)

    def test_huge_swings_stay_finite(self):
        pair = PredatorPrey(x0=20_000.0, y0=10.0)
        assert pair.prey_most == pytest.approx(20_000.0, rel=1e-9)
        assert 0.0 < PredatorPrey(x0=2000.0).prey_fewest < 1e-39
        assert np.isfinite(pair.period) and pair.period > 100 * pair.small_period
