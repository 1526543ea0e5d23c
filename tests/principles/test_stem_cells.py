"""The stem-cell pool: reference cases, exact laws, and coarse models beside the finer ones they replace."""

import numpy as np
import pytest

from mslib.principles.stem_cells import Fates, MoranPool, RegulatedPool, StemCells, SynchronousPool

Z = 4.0
CATLIN = StemCells(N=11_000, p_s=0.15, p_a=0.70, T=40.0, t=10.0)


def z(values, mean):
    values = np.asarray(values, float)
    return abs(values.mean() - mean) / (values.std(ddof=1) / np.sqrt(values.size))


class TestReferenceCases:
    def test_problem_1449752_balancing_the_pool(self):
        pool = StemCells(N=10_000, p_a=0.60, p_s=0.20, T=30 / 7)
        assert pool.balanced_p_s == pytest.approx(0.2, rel=1e-12)
        assert pool.imbalance == 0.0 and pool.doubling == np.inf
        assert pool.differentiating == pytest.approx(333.333, rel=1e-5)
        assert SynchronousPool(p_s=0.25, p_a=0.60, rounds=10).ratio == pytest.approx(2.59374, rel=1e-6)

    def test_a14_the_balanced_pool_makes_39_progenitors_a_day(self):
        assert CATLIN.balanced_p_s == pytest.approx(0.15, rel=1e-12)
        assert CATLIN.renewal == 1.0
        assert CATLIN.differentiating == pytest.approx(11_000 / 280, rel=1e-12)

    def test_a15_a_surplus_of_two_per_cent(self):
        pool = StemCells(p_s=0.16, p_a=0.70, T=40.0, t=10.0)
        assert pool.mean_pool / pool.N == pytest.approx(1.2980887625049276, rel=1e-5)
        assert pool.doubling == pytest.approx(26.568255206538524, rel=1e-5)

    def test_a16_two_thirds_of_the_marked_clones_are_gone_after_ten_years(self):
        x = 0.15 * 10 * 365.25 / 7 / 40
        assert CATLIN.lost == pytest.approx(x / (1 + x), rel=1e-12)
        assert CATLIN.lost == pytest.approx(0.66, abs=0.005)
        assert CATLIN.clone_size == pytest.approx(1 + x, rel=1e-12)

    def test_l19_doublings_from_39_progenitors_to_the_blood(self):
        assert CATLIN.doublings == pytest.approx(32.24527615740709, rel=1e-4)
        assert CATLIN.replace(demand=39.3 * 2**20).doublings == pytest.approx(20.0, abs=1e-3)

    def test_if_every_replication_renewed_93_per_cent_would_be_gone(self):
        assert CATLIN.replace(p_s=0.5, p_a=0.0).lost == pytest.approx(0.867, abs=0.001)


class TestFates:
    @pytest.mark.parametrize(
        ("p_s", "p_a"), [(0.2, 0.6), (0.15, 0.7), (0.35, 0.3), (0.05, 0.9), (0.5, 0.0), (0.0, 1.0)]
    )
    def test_balance_survives_rounding(self, p_s, p_a):
        fates = Fates(p_s=p_s, p_a=p_a)
        assert fates.imbalance == 0.0 and fates.renewal == 1.0

    def test_fates_that_exceed_one_are_refused_by_name(self):
        for model in (Fates, StemCells, SynchronousPool, RegulatedPool):
            with pytest.raises(ValueError, match=rf"{model.__name__}: p_s \+ p_a must not exceed 1, got 0.5 and 0.7"):
                model(p_s=0.5, p_a=0.7)

    def test_the_three_fates_add_up(self):
        assert Fates(p_s=0.25, p_a=0.75).p_d == 0.0
        assert Fates(p_s=0.3, p_a=0.7).p_d == 0.0
        assert Fates(p_s=0.1, p_a=0.7).p_d == pytest.approx(0.2, rel=1e-12)


class TestStemCells:
    def test_ten_thousand_clones_follow_the_exact_law(self):
        years = [1.0, 5.0, 10.0, 40.0]
        sizes = CATLIN.simulate(10_000, years, rng=1)
        for column, year in enumerate(years):
            law = CATLIN.law(year)
            assert z(sizes[:, column] == 0, 1 - law.survival) < Z
            assert z(sizes[sizes[:, column] > 0, column], 1 / law.success) < Z
            assert z(sizes[:, column], 1.0) < Z

    def test_survivors_grow_linearly_at_balance(self):
        sizes = 1.0 / CATLIN.law(np.array([0.0, 10.0, 20.0, 40.0])).success
        assert np.diff(sizes) / [10, 10, 20] == pytest.approx(0.15 * 365.25 / 280, rel=1e-9)

    @pytest.mark.parametrize("p_s", [0.10, 0.15, 0.20])
    def test_whole_pools_have_the_stated_mean_and_spread(self, p_s):
        model = StemCells(N=200, p_s=p_s, p_a=0.7, t=8.0)
        pools = model.pools(4000, [8.0], rng=2)[:, 0]
        assert z(pools, model.mean_pool) < Z
        assert z((pools - pools.mean()) ** 2, model.scatter**2) < Z

    def test_pure_self_renewal_and_pure_loss(self):
        grow = StemCells(p_s=0.3, p_a=0.7)
        assert grow.lost == 0.0 and grow.differentiating == pytest.approx(0.7 * 11_000 / 280)
        shrink = StemCells(p_s=0.0, p_a=0.7)
        assert shrink.lost == pytest.approx(-np.expm1(-0.3 * 10 * 365.25 / 280), rel=1e-12)
        assert shrink.clone_size == 1.0 and shrink.doubling == np.inf

    def test_nothing_differentiates_nothing_is_made(self):
        only_renewal = StemCells(p_s=1.0, p_a=0.0)
        assert only_renewal.differentiating == 0.0 and only_renewal.doublings == np.inf

    def test_pure_asymmetry_changes_nothing(self):
        still = StemCells(p_s=0.0, p_a=1.0, N=50)
        assert still.lost == 0.0 and still.clone_size == 1.0 and still.scatter == 0.0
        assert np.all(still.pools(3, [1.0, 50.0], rng=1) == 50)

    def test_no_time_no_change(self):
        assert CATLIN.replace(t=0.0).lost == 0.0
        assert CATLIN.replace(t=0.0).scatter == 0.0

    def test_refuses_times_that_run_backwards(self):
        with pytest.raises(ValueError, match="years must be"):
            CATLIN.simulate(10, [2.0, 1.0], rng=1)


class TestSynchronousPool:
    def test_pools_follow_the_mean_and_clones_the_generating_function(self):
        model = SynchronousPool(p_s=0.25, p_a=0.60, N=300, rounds=6)
        assert z(model.simulate(2000, rng=1)[:, -1], 300 * model.ratio) < Z
        clones = model.replace(N=1).simulate(20_000, rng=2)[:, -1]
        assert z(clones == 0, model.lost) < Z

    def test_rounds_and_random_moments_lose_nearly_the_same_share(self):
        thirteen_divisions = CATLIN.replace(t=13 * 280 / 365.25)
        rounds = SynchronousPool(p_s=0.15, p_a=0.70, rounds=13)
        assert rounds.lost == pytest.approx(thirteen_divisions.lost, abs=0.02)
        assert (1 - rounds.replace(rounds=400).lost) * 400 * 0.15 == pytest.approx(1.0, abs=0.03)

    def test_no_rounds_no_change(self):
        model = SynchronousPool(rounds=0)
        assert model.ratio == 1.0 and model.lost == 0.0


class TestMoranPool:
    def test_cell_by_cell_pools_match_the_exact_mean(self):
        model, years = MoranPool(N=200), [5.0, 50.0, 500.0]
        left = model.simulate(300, years, rng=1)
        for column, mean in enumerate(model.founders_left(np.array(years))):
            assert z(left[:, column], mean) < Z

    def test_time_to_one_clone(self):
        model = MoranPool(N=12)
        years = np.arange(0.0, 500.0, 2.0)
        alone = np.argmax(model.simulate(400, years, rng=2) == 1, axis=1)
        assert z(years[alone] - 1.0, model.monoclonal) < Z

    def test_branching_is_the_limit_of_a_large_pool(self):
        errors = [
            abs(pool.independent_left(10.0) / pool.founders - 1)
            for pool in (MoranPool(N=n) for n in (100, 1000, 10_000))
        ]
        assert np.diff(np.log10(errors)) == pytest.approx([-1.0, -1.0], abs=0.02)
        assert MoranPool(N=11_000).lost == pytest.approx(CATLIN.lost, abs=1e-4)

    def test_purely_asymmetric_division_keeps_every_clone(self):
        still = MoranPool(N=50, p_a=1.0)
        assert still.founders == pytest.approx(50.0) and still.lost == pytest.approx(0.0, abs=1e-12)
        assert still.monoclonal == np.inf and still.diversity == 1.0
        assert still.simulate(2, [100.0], rng=1).tolist() == [[50], [50]]

    def test_a_pool_of_one_is_refused(self):
        with pytest.raises(ValueError, match="N must be at least 2, got N = 1"):
            MoranPool(N=1)


class TestRegulatedPool:
    def test_feedback_repairs_the_surplus_of_a15(self):
        pool = RegulatedPool(p_s=0.16, p_a=0.70, N_set=200, h=4.0)
        assert pool.steady == pytest.approx(200 * (0.16 / 0.14) ** 0.25, rel=1e-12)
        assert pool.mean_path([0.0, 1000.0])[-1] == pytest.approx(pool.steady, rel=1e-6)
        runs = pool.simulate(200, [40.0], rng=1)[:, 0]
        n, chance = pool.law()
        assert z(runs, chance @ n) < Z
        assert z((runs - runs.mean()) ** 2, chance @ n**2 - (chance @ n) ** 2) < Z

    def test_small_noise_formula_against_the_exact_law(self):
        errors = []
        for set_point in (100, 1000, 10_000):
            pool = RegulatedPool(N_set=set_point, h=4.0)
            n, chance = pool.law()
            exact = np.sqrt(chance @ n**2 - (chance @ n) ** 2)
            errors.append(abs(exact / pool.scatter - 1))
        assert errors[0] < 0.01
        assert np.diff(np.log10(errors)) == pytest.approx([-1.0, -1.0], abs=0.1)

    def test_a_disturbance_is_forgotten_at_the_stated_pace(self):
        pool = RegulatedPool(N_set=1000, h=4.0)
        path = pool.mean_path([0.0, pool.memory], start=1001.0)
        assert (path[1] - 1000.0) == pytest.approx(np.exp(-1.0), rel=2e-3)

    def test_frozen_rates_approach_the_exact_pool(self):
        pool = RegulatedPool(p_s=0.16, N_set=200, h=4.0)
        n, chance = pool.law()
        ends = pool.paths(4000, np.linspace(0.0, 80.0, 641), rng=3)[:, -1]
        assert z(ends, chance @ n) < Z
        assert ends.std() == pytest.approx(np.sqrt(chance @ n**2 - (chance @ n) ** 2), rel=0.05)

    @pytest.mark.parametrize("h", [1.0, 4.0, 16.0])
    def test_pictured_pools_keep_the_exact_spread(self, h):
        pool = RegulatedPool(N_set=400, h=h)
        n, chance = pool.law()
        paths = pool.paths(300, np.arange(10.0, 60.0, 2.0), rng=5)
        assert paths.mean() == pytest.approx(chance @ n, rel=0.01)
        assert paths.std() == pytest.approx(np.sqrt(chance @ n**2 - (chance @ n) ** 2), rel=0.07)

    def test_without_feedback_it_is_the_unregulated_pool(self):
        free = RegulatedPool(p_s=0.16, N_set=100, h=0.0)
        plain = StemCells(p_s=0.16, N=100, t=6.0)
        assert free.steady == np.inf and free.scatter == np.inf and free.memory == np.inf
        runs = free.simulate(2000, [6.0], rng=4)[:, 0]
        assert z(runs, plain.mean_pool) < Z
        assert z((runs - runs.mean()) ** 2, plain.scatter**2) < Z

    def test_the_pool_stays_but_its_clones_still_drift_out(self):
        pool = RegulatedPool(N_set=400, h=8.0)
        n, chance = pool.law()
        assert chance @ n == pytest.approx(400, rel=0.01)
        left = [pool.clones_left([10.0], rng=seed)[0] for seed in range(40)]
        assert z(left, 1.0 - MoranPool(N=400, t=10.0).lost) < Z

    def test_without_feedback_clones_are_lost_as_independent_ones(self):
        free = RegulatedPool(p_s=0.18, N_set=400, h=0.0)
        left = [free.clones_left([0.0, 10.0], rng=seed) for seed in range(40)]
        assert np.all(np.array(left)[:, 0] == 1.0)
        assert z(np.array(left)[:, 1], 1.0 - StemCells(p_s=0.18, t=10.0).lost) < Z

    @pytest.mark.parametrize(
        ("fates", "steady", "scatter"),
        [
            ({"p_s": 0.3, "p_a": 0.7}, np.inf, np.inf),
            ({"p_s": 0.0, "p_a": 0.7}, 0.0, 0.0),
            ({"p_s": 0.0, "p_a": 1.0}, 1000.0, 0.0),
            ({"p_s": 0.1, "p_a": 0.7, "h": 0.0}, 0.0, 0.0),
            ({"p_s": 0.15, "p_a": 0.7, "h": 0.0}, 1000.0, np.inf),
        ],
    )
    def test_pools_without_balance(self, fates, steady, scatter):
        pool = RegulatedPool(N_set=1000, **fates)
        assert pool.steady == steady and pool.scatter == scatter
        with pytest.raises(ValueError, match="no lasting pool"):
            pool.law()
