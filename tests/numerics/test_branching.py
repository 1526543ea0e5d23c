"""Branching processes against closed forms: extinction, moments, laws, and convergence of frozen rates."""

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from mslib.numerics.branching import (
    birth_death,
    birth_death_law,
    branching,
    extinct_by,
    galton_watson,
    jump_chain,
    moran,
    moran_founders,
    ultimate_extinction,
)

Z = 4.0


def z_of_share(hits, chance):
    """How many standard errors a share of successes lies from its probability."""
    hits = np.asarray(hits)
    return abs(hits.mean() - chance) / np.sqrt(chance * (1 - chance) / hits.size)


def z_of_mean(values, mean):
    values = np.asarray(values, float)
    return abs(values.mean() - mean) / (values.std(ddof=1) / np.sqrt(values.size))


def z_of_variance(values, variance):
    squares = (np.asarray(values, float) - np.mean(values)) ** 2
    return z_of_mean(squares, variance)


def generator_matrix(up, down, top):
    n = np.arange(top + 1)
    rise, fall = np.where(n < top, up(n), 0.0), down(n)
    return np.diag(-rise - fall) + np.diag(rise[:-1], 1) + np.diag(fall[1:], -1)


def _counted(values, minlength=0):
    return np.bincount(np.asarray(values, np.intp), minlength=minlength)


class TestLaw:
    @pytest.mark.parametrize(("birth", "death"), [(1.3, 0.6), (0.6, 1.3), (0.9, 0.9), (0.0, 0.8), (0.7, 0.0)])
    def test_agrees_with_the_master_equation(self, birth, death):
        top, t = 250, 2.0
        exact = expm(t * generator_matrix(lambda n: birth * n, lambda n: death * n, top))[1]
        law = birth_death_law(birth, death, t)
        n = np.arange(1, 60)
        assert exact[0] == pytest.approx(1 - law.survival, abs=1e-10)
        assert exact[1:60] == pytest.approx(law.survival * stats.geom.pmf(n, law.success), abs=1e-10)

    def test_mean_is_exponential(self):
        law = birth_death_law(2.0, 0.5, np.linspace(0, 20, 9))
        assert law.survival / law.success == pytest.approx(np.exp(1.5 * np.linspace(0, 20, 9)), rel=1e-12)

    def test_critical_limit_is_smooth(self):
        exact = birth_death_law(1.0, 1.0, 7.0)
        for nudge in (1e-4, 1e-8, 1e-12, 1e-16):
            near = birth_death_law(1.0 + nudge, 1.0, 7.0)
            assert near.survival == pytest.approx(exact.survival, rel=8 * nudge + 1e-14)
            assert near.success == pytest.approx(exact.success, rel=8 * nudge + 1e-14)

    @pytest.mark.parametrize(
        ("birth", "death", "t", "survival", "success"),
        [
            (1.0, 1.0, 0.0, 1.0, 1.0),
            (0.0, 0.0, 5.0, 1.0, 1.0),
            (0.0, 0.0, np.inf, 1.0, 1.0),
            (0.0, 1.0, np.inf, 0.0, 1.0),
            (1.0, 1.0, np.inf, 0.0, 0.0),
            (2.0, 1.0, np.inf, 0.5, 0.0),
            (1.0, 2.0, np.inf, 0.0, 0.5),
            (1.0, 0.0, 1000.0, 1.0, 0.0),
            (0.0, 1.0, 1000.0, 0.0, 1.0),
        ],
    )
    def test_limits(self, birth, death, t, survival, success):
        law = birth_death_law(birth, death, t)
        assert law.survival == pytest.approx(survival, abs=1e-300)
        assert law.success == pytest.approx(success, abs=1e-300)

    @pytest.mark.parametrize(
        "bad", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (np.nan, 1, 1), (1, np.inf, 1), (1, 1, np.nan)]
    )
    def test_refuses_the_impossible(self, bad):
        with pytest.raises(ValueError, match="must be"):
            birth_death_law(*bad)


class TestBirthDeath:
    def test_extinction_mean_and_variance(self):
        birth, death, t = 1.1, 0.8, 3.0
        sizes = birth_death(np.ones(40_000, int), birth, death, [t], rng=1)[:, 0]
        growth = np.exp((birth - death) * t)
        assert z_of_share(sizes == 0, 1 - birth_death_law(birth, death, t).survival) < Z
        assert z_of_mean(sizes, growth) < Z
        assert z_of_variance(sizes, (birth + death) / (birth - death) * growth * (growth - 1)) < Z

    def test_many_small_steps_have_the_law_of_one_large_step(self):
        once = birth_death(np.ones(40_000, int), 1.0, 1.0, [4.0], rng=2)[:, -1]
        often = birth_death(np.ones(40_000, int), 1.0, 1.0, np.linspace(0.0, 4.0, 41), rng=3)[:, -1]
        table = np.array([_counted(np.minimum(sizes, 20), minlength=21) for sizes in (once, often)])
        assert stats.chi2_contingency(table).pvalue > 1e-4

    def test_survivors_are_geometric(self):
        law = birth_death_law(1.0, 0.5, 2.0)
        sizes = birth_death(np.ones(40_000, int), 1.0, 0.5, [2.0], rng=4)[:, 0]
        counts = _counted(np.minimum(sizes[sizes > 0], 15), minlength=16)[1:]
        chances = np.append(stats.geom.pmf(np.arange(1, 15), law.success), stats.geom.sf(14, law.success))
        assert stats.chisquare(counts, counts.sum() * chances).pvalue > 1e-4

    def test_large_families_follow_the_mean(self):
        sizes = birth_death([10**9], 0.5, 0.2, [10.0], rng=1)
        assert sizes[0, 0] == pytest.approx(1e9 * np.exp(3.0), rel=1e-3)

    def test_frozen_rates_converge_at_first_order_to_the_exact_chain(self):
        capacity, start, t = 40.0, 8, 3.0

        def birth(n):
            return 1.5 * np.exp(-n / capacity)

        n = np.arange(201)
        exact = expm(t * generator_matrix(lambda n: n * birth(n), lambda n: 0.3 * n, 200))[start] @ n
        errors = []
        for steps in (2, 4, 8):
            runs = birth_death(np.full(200_000, start), birth, 0.3, np.linspace(0, t, steps + 1), rng=steps)
            errors.append(abs(runs[:, -1].mean() - exact))
        order = np.log2(np.array(errors[:-1]) / errors[1:])
        assert np.all(order > 0.8) and np.all(order < 1.5), (errors, order)

    def test_overflow_is_refused_by_name(self):
        with pytest.raises(OverflowError, match="10¹⁷"):
            birth_death([1], 1.0, 0.0, [100.0], rng=1)

    @pytest.mark.parametrize("start", [[-1], [1.5], [], [[1]]])
    def test_refuses_what_is_no_count(self, start):
        with pytest.raises(ValueError, match="start must be"):
            birth_death(start, 1.0, 1.0, [1.0], rng=1)

    @pytest.mark.parametrize("times", [[], [2.0, 1.0], [-1.0, 1.0], [np.nan], [np.inf], 3.0])
    def test_refuses_times_that_do_not_increase(self, times):
        with pytest.raises(ValueError, match="times must be"):
            birth_death([1], 1.0, 1.0, times, rng=1)


class TestJumpChain:
    def test_agrees_with_the_master_equation(self):
        def up(n):
            return 2.0 + 0.1 * n

        def down(n):
            return 0.5 * n

        exact = expm(1.7 * generator_matrix(up, down, 120))[3]
        runs = jump_chain(np.full(40_000, 3), up, down, [1.7], rng=1)[:, 0]
        counts = _counted(np.minimum(runs, 14), minlength=15)
        chances = np.append(exact[:14], exact[14:].sum())
        assert stats.chisquare(counts, counts.sum() * chances / chances.sum()).pvalue > 1e-4

    def test_values_between_events_are_kept(self):
        runs = jump_chain([1, 5], lambda n: 0.0 * n, lambda n: 0.0 * n, [0.0, 1.0, 2.0], rng=1)
        assert runs.tolist() == [[1, 1, 1], [5, 5, 5]]

    def test_the_joint_law_at_two_times(self):
        runs = jump_chain(np.full(40_000, 20), lambda n: 0.0 * n, lambda n: 1.0 * n, [0.5, 1.0], rng=2)
        early, late = np.exp(-0.5), np.exp(-1.0)
        assert z_of_mean(runs[:, 0], 20 * early) < Z
        assert z_of_mean(runs[:, 1], 20 * late) < Z
        product = (runs[:, 0] - runs[:, 0].mean()) * (runs[:, 1] - runs[:, 1].mean())
        assert z_of_mean(product, 20 * late * (1 - early)) < Z

    def test_refuses_to_go_below_zero_and_to_run_for_ever(self):
        with pytest.raises(ValueError, match="down must be zero at zero"):
            jump_chain([0], lambda n: 0.0 * n, lambda n: 1.0 + 0 * n, [1.0], rng=1)
        with pytest.raises(RuntimeError, match="budget"):
            jump_chain([100], lambda n: 1.0 * n, lambda n: 1.0 * n, [100.0], rng=1, budget=50)


class TestBranching:
    def test_exponential_lifetimes_are_birth_and_death(self):
        sizes = branching(40_000, 1.0, [0.4, 0.0, 0.6], [1.0, 4.0], rng=1)
        for column, t in enumerate((1.0, 4.0)):
            law = birth_death_law(0.6, 0.4, t)
            assert z_of_share(sizes[:, column] == 0, 1 - law.survival) < Z
            assert z_of_mean(sizes[:, column], np.exp(0.2 * t)) < Z

    def test_three_offspring_have_the_right_mean_and_extinction(self):
        offspring, t = [0.5, 0.1, 0.1, 0.3], 30.0
        sizes = branching(4000, 1.0, offspring, [2.0, t], rng=2)
        assert z_of_mean(sizes[:, 0], np.exp(0.2 * 2.0)) < Z
        assert z_of_share(sizes[:, 1] == 0, ultimate_extinction(offspring)) < Z

    def test_fixed_lifetimes_are_rounds(self):
        sizes = branching(20_000, lambda size, rng: np.ones(size), [0.3, 0.2, 0.5], np.arange(5) + 0.5, rng=3)
        assert z_of_mean(sizes[:, 4], 1.2**4) < Z
        for generation, chance in enumerate(extinct_by([0.3, 0.2, 0.5], 4)[1:], start=1):
            assert z_of_share(sizes[:, generation] == 0, chance) < Z

    def test_gamma_cycles_grow_at_the_rate_of_euler_and_lotka(self):
        stages, t = 4, np.array([8.0, 12.0])
        rate = stages * (2 ** (1 / stages) - 1)
        sizes = branching(200, lambda size, rng: rng.gamma(stages, 1 / stages, size), [0, 0, 1], t, rng=4)
        logs = np.log(sizes.mean(axis=0))
        assert np.diff(logs) / np.diff(t) == pytest.approx(rate, rel=0.01)

    def test_refuses_impossible_offspring_and_explosions(self):
        for offspring in ([0.5, 0.6], [-0.1, 1.1], [np.nan, 1.0]):
            with pytest.raises(ValueError, match="offspring must be"):
                branching(1, 1.0, offspring, [1.0], rng=1)
        with pytest.raises(ValueError, match="families must be"):
            branching(0, 1.0, [1.0], [1.0], rng=1)
        with pytest.raises(RuntimeError, match="budget"):
            branching(1, 1.0, [0, 0, 1], [50.0], rng=1, budget=1000)


class TestGaltonWatson:
    def test_moments_after_six_rounds(self):
        offspring = np.array([0.3, 0.3, 0.4])
        mean = offspring @ [0, 1, 2]
        variance = offspring @ [0, 1, 4] - mean**2
        sizes = galton_watson(np.ones(40_000, int), offspring, 6, rng=1)[:, -1]
        assert z_of_mean(sizes, mean**6) < Z
        assert z_of_variance(sizes, variance * mean**5 * (mean**6 - 1) / (mean - 1)) < Z
        assert z_of_share(sizes == 0, extinct_by(offspring, 6)[-1]) < Z

    def test_probabilities_may_depend_on_the_size(self):
        def crowded(n):
            stay = np.where(n >= 10, 1.0, 0.0)
            return np.stack([0 * stay, stay, 1 - stay], axis=-1)

        assert galton_watson([1, 3], crowded, 5, rng=1).tolist() == [
            [1, 2, 4, 8, 16, 16],
            [3, 6, 12, 12, 12, 12],
        ]

    def test_ten_thousand_million_particles_cost_nothing(self):
        sizes = galton_watson([10**10], [0.15, 0.7, 0.15], 10, rng=1)
        assert sizes[0, -1] == pytest.approx(1e10, rel=1e-4)

    def test_refuses_a_broken_round_number(self):
        with pytest.raises(ValueError, match="rounds must be"):
            galton_watson([1], [0.5, 0.5], 1.5, rng=1)


class TestExtinction:
    def test_linear_fractional_offspring_have_a_closed_form(self):
        ratio, first = 0.6, 0.3
        n = np.arange(1, 200)
        offspring = np.append(1 - first, first * (1 - ratio) * ratio ** (n - 1))
        offspring[0] = 1 - offspring[1:].sum()
        assert ultimate_extinction(offspring) == 1.0
        first = 0.7
        offspring = np.append(1 - first, first * (1 - ratio) * ratio ** (n - 1))
        offspring[0] = 1 - offspring[1:].sum()
        assert ultimate_extinction(offspring) == pytest.approx((1 - first) / ratio, rel=1e-12)

    @pytest.mark.parametrize(
        ("offspring", "chance"),
        [
            ([0, 1], 0.0),
            ([1.0], 1.0),
            ([0, 0, 1], 0.0),
            ([0.5, 0, 0.5], 1.0),
            ([0.1, 0, 0.9], 1 / 9),
            ([0.1, 0.9], 1.0),
        ],
    )
    def test_known_roots(self, offspring, chance):
        assert ultimate_extinction(offspring) == pytest.approx(chance, rel=1e-12)

    def test_rounds_climb_to_the_root(self):
        chances = extinct_by([0.3, 0.2, 0.5], 400)
        assert np.all(np.diff(chances) >= 0)
        assert chances[-1] == pytest.approx(ultimate_extinction([0.3, 0.2, 0.5]), rel=1e-12)

    def test_critical_extinction_approaches_kolmogorov(self):
        rounds, variance = 20_000, 0.5
        survival = 1 - extinct_by([0.25, 0.5, 0.25], rounds)[-1]
        assert rounds * survival == pytest.approx(2 / variance, rel=2e-3)


class TestMoran:
    def test_one_clone_follows_its_chain(self):
        size, rate, t = 30, 1.0, 6.0
        exact = expm(t * generator_matrix(*[lambda n: rate * n * (size - n) / (size - 1)] * 2, size))[1]
        rng = np.random.default_rng(5)
        clones = np.concatenate([_counted(moran(size, rate, [t], rng)[0], minlength=size) for _ in range(400)])
        expected = clones.size * np.append(exact[:6], exact[6:].sum())
        counts = _counted(np.minimum(clones, 6), minlength=7)
        assert np.all(np.abs(counts - expected) < Z * np.sqrt(expected))

    def test_diversity_decays_at_the_exact_rate(self):
        size, rate, t = 40, 0.7, 20.0
        rng = np.random.default_rng(6)
        pools = [moran(size, rate, [t], rng)[0] for _ in range(600)]
        different = [1 - (_counted(pool) * (_counted(pool) - 1)).sum() / (size * (size - 1)) for pool in pools]
        assert z_of_mean(different, np.exp(-2 * rate * t / (size - 1))) < Z

    def test_founders_left_match_the_coalescent(self):
        size, rate, times = 60, 1.0, [0.5, 5.0, 50.0]
        rng = np.random.default_rng(7)
        left = np.array([[np.unique(pool).size for pool in moran(size, rate, times, rng)] for _ in range(500)])
        for column, mean in enumerate(moran_founders(size, rate, np.array(times))):
            assert z_of_mean(left[:, column], mean) < Z

    def test_founders_match_the_chain_of_one_clone(self):
        size, rate, t = 80, 1.0, 12.0
        chain = expm(t * generator_matrix(*[lambda n: rate * n * (size - n) / (size - 1)] * 2, size))
        assert moran_founders(size, rate, t) == pytest.approx(size * (1 - chain[1, 0]), rel=1e-9)

    def test_limits_of_the_coalescent_sum(self):
        assert moran_founders(11_000, 1.0, 0.0) == pytest.approx(11_000, rel=1e-9)
        assert moran_founders(50, 1.0, 1e9) == pytest.approx(1.0, rel=1e-12)

    def test_a_large_pool_is_critical_branching(self):
        size, rate, t = 10_000, 1.0, 2.0
        assert moran_founders(size, rate, t) / size == pytest.approx(birth_death_law(1, 1, t).survival, rel=2e-4)

    def test_refuses_a_pool_of_one(self):
        with pytest.raises(ValueError, match="size must be"):
            moran(1, 1.0, [1.0], rng=1)
        with pytest.raises(ValueError, match="size must be"):
            moran_founders(1, 1.0, 1.0)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: birth_death(np.ones(50, int), 1.0, 0.9, [1.0, 2.0], rng),
        lambda rng: branching(50, 1.0, [0.4, 0.1, 0.5], [1.0, 2.0], rng),
        lambda rng: galton_watson(np.ones(50, int), [0.4, 0.1, 0.5], 4, rng),
        lambda rng: jump_chain(np.full(50, 5), lambda n: 1.0 * n, lambda n: 1.0 * n, [1.0, 2.0], rng),
        lambda rng: moran(50, 1.0, [1.0, 2.0], rng),
    ],
)
def test_the_seed_decides(draw):
    assert np.array_equal(draw(5), draw(np.random.default_rng(5)))
    assert not np.array_equal(draw(5), draw(6))
