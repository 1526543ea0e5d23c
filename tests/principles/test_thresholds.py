"""Charge and autoinducer: published and reference numbers, limits, exact laws, and the engines' order."""

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq
from scipy.stats import norm

from mslib.explore.render import Stage
from mslib.principles import thresholds
from mslib.principles.thresholds import Colony, GatedNeuron, Neuron, Pocket, Quorum, delay_factor, fill_factor


class TestSharedFactors:
    def test_delay_runs_from_one_to_never(self):
        assert delay_factor(0) == 1
        assert delay_factor(1e-12) == pytest.approx(1 + 5e-13, abs=1e-15)
        assert np.all(np.isinf(delay_factor([1, 1.5, 1e9])))
        assert math.isfinite(delay_factor(np.nextafter(1, 0)))

    @pytest.mark.parametrize("x", [1e-8, 0.1, 0.625, 0.9, 0.999])
    def test_delay_is_the_time_to_fill_a_leaking_store(self, x):
        expected, _ = quad(lambda level: 1 / (1 - x * level), 0, 1)
        assert delay_factor(x) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("x", [-30.0, -1.0, 1e-12, 1.0, 50.0])
    def test_fill_is_the_mean_of_a_decay(self, x):
        expected, _ = quad(lambda s: math.exp(-x * s), 0, 1)
        assert fill_factor(x) == pytest.approx(expected, rel=1e-9)
        assert fill_factor(0.0) == 1


class TestNeuron:
    def test_reference_case_a06_ideal_charge(self):
        neuron = Neuron(C=20, rise=15, N=120, i=2)
        assert neuron.charge == pytest.approx(300)
        assert neuron.ideal_time == pytest.approx(1.25)
        assert neuron.flux * 1000 == pytest.approx(1.248e7, rel=3e-4)
        assert neuron.ions == pytest.approx(neuron.N * neuron.flux * neuron.ideal_time)

    def test_reference_case_a07_leak_and_rheobase(self):
        neuron = Neuron(C=20, rise=15, N=120, i=2, g=10)
        assert neuron.time == pytest.approx(1.9616585060234526, rel=1e-9)
        assert neuron.rheobase == pytest.approx(150.0)

    def test_without_leak_it_is_the_ideal_integrator(self):
        ideal = Neuron(g=0)
        assert ideal.time == ideal.ideal_time
        assert (ideal.rheobase, ideal.tau, ideal.plateau) == (0, np.inf, np.inf)
        assert ideal.voltage(2.0) == pytest.approx(2 * ideal.current / ideal.C)

    def test_a_vanishing_leak_changes_nothing(self):
        assert Neuron(g=1e-9).time == pytest.approx(Neuron(g=0).time, rel=1e-9)

    @pytest.mark.parametrize(("N", "fires"), [(75, False), (76, True)])
    def test_fires_only_above_the_rheobase(self, N, fires):
        assert math.isfinite(Neuron(N=N, i=2, g=10).time) is fires

    @pytest.mark.parametrize("g", [0.0, 3.0, 10.0])
    def test_potential_meets_the_threshold_at_the_firing_time(self, g):
        neuron = Neuron(g=g)
        assert neuron.voltage(neuron.time) == pytest.approx(neuron.rise)

    @pytest.mark.parametrize(("g", "drive"), [(0.0, 70.0), (10.0, 70.0), (10.0, 200.0)])
    def test_falling_drive_agrees_with_its_differential_equation(self, g, drive):
        neuron = Neuron(g=g)

        def slope(t, v):
            return (neuron.current * (1 - v / drive) - g * v) / neuron.C

        def arrived(t, v):
            return v[0] - neuron.rise

        arrived.terminal = True
        run = solve_ivp(slope, (0, 50), [0.0], events=arrived, rtol=1e-10, atol=1e-10)
        assert neuron.time_with_drive(drive) == pytest.approx(run.t_events[0][0], rel=1e-6)

    def test_falling_drive_limits(self):
        assert Neuron().time_with_drive(np.inf) == pytest.approx(Neuron().time)
        assert Neuron().time_with_drive(15) == np.inf
        with pytest.raises(ValueError, match="drive"):
            Neuron().time_with_drive(0)


def charge_sd(neuron, t):
    """Textbook standard deviation of the charge of two-state channels, in fC."""
    x = t / neuron.relaxation
    return neuron.current_sd * neuron.relaxation * math.sqrt(2 * (x - 1 + math.exp(-x)))


def fire_event_by_event(neuron, rng):
    """Fire one leaky neuron by drawing every gating event: exact, slow, independent of the module."""
    t = v = 0.0
    n = rng.binomial(neuron.N, neuron.open_fraction)
    while True:
        total = n * neuron.beta + (neuron.N - n) * neuron.alpha
        wait = rng.exponential(1 / total)
        top = n * neuron.i / neuron.g
        reached = -neuron.tau * math.log1p(-(neuron.rise - v) / (top - v)) if top > neuron.rise else math.inf
        if reached <= wait:
            return t + reached
        v, t = top + (v - top) * math.exp(-wait / neuron.tau), t + wait
        n += 1 if rng.random() < (neuron.N - n) * neuron.alpha / total else -1


class TestGatedNeuron:
    def test_mean_current_quantities_are_those_of_the_neuron(self):
        gated, steady = GatedNeuron(I=240, g=10), Neuron(N=120, i=2, g=10)
        assert gated.time == pytest.approx(steady.time)
        assert gated.i * gated.N * gated.open_fraction == pytest.approx(240)

    @pytest.mark.parametrize("t", [1e-3, 0.5, 1.25, 20.0])
    def test_charge_variance_without_leak(self, t):
        neuron = GatedNeuron(g=0, alpha=0.7, beta=2.0)
        assert neuron.voltage_sd(t) * neuron.C == pytest.approx(charge_sd(neuron, t), rel=1e-9)

    @pytest.mark.parametrize("alpha", [0.1, 0.25, 0.250001, 2.0])
    def test_potential_variance_with_leak_even_at_equal_rates(self, alpha):
        neuron = GatedNeuron(alpha=alpha, beta=0.25, g=10)
        a, b, t = neuron.g / neuron.C, 1 / neuron.relaxation, 3.0
        inner, _ = quad(lambda u: quad(lambda v: math.exp(-a * (u + v) - b * (u - v)), 0, u)[0], 0, t, epsabs=1e-10)
        expected = neuron.current_sd / neuron.C * math.sqrt(2 * inner)
        assert neuron.voltage_sd(t) == pytest.approx(expected, rel=1e-6)

    def test_paths_have_the_exact_mean_and_variance(self):
        neuron, times = GatedNeuron(N=100, alpha=0.5, beta=1.5), np.linspace(0, 4, 81)
        volts, count = neuron.paths(times, 20000, rng=5)
        for k in (10, 40, 80):
            spread = neuron.voltage_sd(times[k])
            assert abs(volts[k].mean() - neuron.voltage(times[k])) < 4 * spread / math.sqrt(20000)
            assert volts[k].std() == pytest.approx(spread, rel=4 / math.sqrt(40000))
        assert count.mean(axis=1) == pytest.approx(25.0, abs=4 * math.sqrt(100 * 0.25 * 0.75 / 20000))

    def test_error_in_the_step_is_of_second_order(self):
        neuron, errors = GatedNeuron(g=10), []
        for steps in (8, 16, 32):
            h = 2.0 / steps
            decay, early, late = neuron._kick(h)
            weights = np.zeros(steps + 1)
            for k in range(steps):
                weights[k] += early * decay ** (steps - 1 - k)
                weights[k + 1] += late * decay ** (steps - 1 - k)
            lag = np.abs(np.subtract.outer(range(steps + 1), range(steps + 1))) * h
            spread = neuron.current_sd / neuron.i * math.sqrt(weights @ np.exp(-lag / neuron.relaxation) @ weights)
            errors.append(abs(spread - neuron.voltage_sd(2.0)))
        assert 1.9 < math.log2(errors[0] / errors[1]) < 2.1
        assert 1.9 < math.log2(errors[1] / errors[2]) < 2.1

    def test_agrees_with_a_simulation_event_by_event(self):
        neuron, rng = GatedNeuron(N=12, I=170), np.random.default_rng(11)
        exact = np.array([fire_event_by_event(neuron, rng) for _ in range(2000)])
        fast = neuron.simulate(20000, rng=12, horizon=1000)
        error = math.hypot(exact.std() / math.sqrt(2000), fast.std() / math.sqrt(20000))
        assert abs(exact.mean() - fast.mean()) < 4 * error
        for t in np.quantile(exact, [0.1, 0.5, 0.9]):
            share = (fast < t).mean()
            assert abs((exact < t).mean() - share) < 4 * math.sqrt(share * (1 - share) / 2000)

    @pytest.mark.parametrize("N", [100, 1000, 10000])
    def test_scatter_falls_as_one_over_root_n(self, N):
        neuron = GatedNeuron(N=N)
        times = neuron.simulate(4000, rng=2)
        bias = 60 * neuron.time_cv**3
        assert times.std() / times.mean() == pytest.approx(neuron.time_cv, abs=bias + 4 * neuron.time_cv / 89)
        assert neuron.time_cv * math.sqrt(N) == pytest.approx(GatedNeuron(N=1).time_cv)

    def test_without_leak_the_law_is_that_of_the_charge(self):
        neuron = GatedNeuron(N=2000, g=0)
        times = neuron.simulate(20000, rng=3)
        for t in (1.2, 1.25, 1.3):
            expected = norm.sf(neuron.rise, neuron.voltage(t), neuron.voltage_sd(t))
            assert (times <= t).mean() == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(20000) + 0.002)

    def test_noise_fires_a_cell_of_few_channels_below_the_rheobase(self):
        few, many = GatedNeuron(I=140, N=100), GatedNeuron(I=140, N=20000)
        assert few.time == many.time == few.time_cv == np.inf
        assert np.isfinite(few.simulate(500, rng=4, horizon=100, step=0.05)).mean() > 0.9
        assert not np.isfinite(many.simulate(500, rng=4, horizon=100, step=0.05)).any()


def master_equation_mean_time(made, lost, goal):
    """Mean first-passage time from 0 to `goal` by solving the backward equation as a linear system."""
    states = np.arange(goal)
    matrix = np.diag(-(made + lost * states)) + np.diag(np.full(goal - 1, made), 1)
    matrix += np.diag(lost * states[1:], -1)
    return np.linalg.solve(matrix, -np.ones(goal))[0]


class TestPocket:
    def test_reference_case_a08(self):
        pocket = Pocket(p=800, V=10, k=0.25, C_crit=400)
        assert pocket.plateau == pytest.approx(531.3725014956309, rel=1e-9)
        assert pocket.time == pytest.approx(5.589705895208819, rel=1e-9)
        assert pocket.ideal_time == pytest.approx(3.01107038, rel=1e-9)
        assert pocket.least_production == pytest.approx(602.214, rel=1e-5)

    def test_reference_case_a09_never_switches(self):
        assert Pocket(p=600).time == np.inf
        assert Pocket(p=602.214076).time == np.inf
        assert math.isfinite(Pocket(p=603).time)

    def test_one_nanomolar_in_one_femtolitre_is_less_than_a_molecule(self):
        assert Pocket(C_crit=1, V=1).molecules == pytest.approx(0.602, abs=3e-4)

    def test_without_degradation_it_fills_at_a_constant_rate(self):
        pocket = Pocket(k=0)
        assert (pocket.plateau, pocket.least_production) == (np.inf, 0)
        assert pocket.time == pocket.ideal_time == pytest.approx(3.01107038)
        assert Pocket(k=1e-13).time == pytest.approx(pocket.time)

    @pytest.mark.parametrize("k", [0.0, 0.1, 0.25])
    def test_concentration_is_critical_at_the_switch(self, k):
        pocket = Pocket(k=k)
        assert pocket.concentration(pocket.time) == pytest.approx(pocket.C_crit)

    @pytest.mark.parametrize("p", [3.0, 10.0, 40.0])
    def test_counting_molecules_one_by_one(self, p):
        pocket = Pocket(p=p, V=1, C_crit=30, k=0.5)
        assert pocket.mean_count_time() == pytest.approx(master_equation_mean_time(p, 0.5, 19), rel=1e-8)

    def test_counting_agrees_with_the_rate_equation_when_molecules_are_many(self):
        gaps = [abs(Pocket(V=V, p=80 * V).mean_count_time() / Pocket(V=V, p=80 * V).time - 1) for V in (1, 10, 100)]
        assert gaps[0] > gaps[1] > gaps[2]
        assert gaps[2] < 3e-4

    def test_luck_switches_a_cell_just_below_the_least_production(self):
        assert math.isfinite(Pocket(p=590).mean_count_time())
        assert Pocket(p=590).mean_count_time() > Pocket(p=602).mean_count_time() > Pocket(p=620).time

    def test_open_water_carries_the_signal_away(self):
        cell = Pocket()
        assert cell.open_concentration(29400, 0.5) == pytest.approx(800 / (2 * np.pi * 29400) / 0.602214076)
        assert cell.open_concentration(29400, 0.5) < 1e-4 * cell.C_crit


class TestQuorum:
    def test_folds_are_where_the_density_turns(self):
        quorum = Quorum(F=50, h=2)

        def slope(C):
            return (math.log(quorum.density(C * 1.0001)) - math.log(quorum.density(C / 1.0001))) / 2e-4

        assert brentq(slope, 0.1, 2) == pytest.approx(quorum.fold_up, rel=1e-6)
        assert brentq(slope, 2, 20) == pytest.approx(quorum.fold_down, rel=1e-6)

    @pytest.mark.parametrize("h", [1.5, 2.0, 3.0, 4.0])
    def test_memory_begins_at_the_least_feedback(self, h):
        least = Quorum(h=h).least_feedback
        assert least == pytest.approx(4 * h / (h - 1) ** 2)
        assert Quorum(h=h, F=least * 0.999).up == np.inf
        weak = Quorum(h=h, F=least * 1.001)
        assert 1 < weak.up / weak.down < 1.001
        # both folds are born together, where the logarithmic slope of the response is exactly one
        assert weak.fold_up == pytest.approx(weak.fold_down, rel=0.2)

    def test_no_memory_without_cooperation(self):
        graded = Quorum(h=1, F=200)
        assert (graded.least_feedback, graded.up, graded.down) == (np.inf, np.inf, 0)
        assert len(graded.steady_states()) == 1

    def test_no_feedback_is_the_basal_concentration(self):
        plain = Quorum(F=0)
        assert plain.steady_states() == pytest.approx([plain.basal])
        assert plain.basal == pytest.approx(3e8 * 5 / 0.01 / 6.02214076e11)

    @pytest.mark.parametrize(("share", "count"), [(0.99, 1), (1.01, 3)])
    def test_three_states_exactly_between_the_folds(self, share, count):
        quorum = Quorum()
        assert len(quorum.replace(n=quorum.down * share).steady_states()) == count
        assert len(quorum.replace(n=quorum.up / share).steady_states()) == count

    @pytest.mark.parametrize("n", np.geomspace(5e7, 1e9, 7))
    def test_steady_states_hold_and_alternate(self, n):
        quorum = Quorum(n=n)
        states = quorum.steady_states()
        for place, C in enumerate(states):
            assert quorum.density(C) == pytest.approx(n, rel=1e-9)
            slope = quorum.growth(C * 1.0001) - quorum.growth(C / 1.0001)
            assert (slope < 0) == (place % 2 == 0)

    def test_never_crashes_at_a_fold(self):
        quorum = Quorum()
        for n in (quorum.up, quorum.down, np.nextafter(quorum.up, 0), np.nextafter(quorum.up, np.inf)):
            states = quorum.replace(n=n).steady_states()
            assert 1 <= len(states) <= 3
            assert np.all(np.isfinite(states))

    def test_switch_time_is_that_of_the_differential_equation(self):
        quorum = Quorum(n=5e8)
        run = solve_ivp(lambda t, c: quorum.growth(c), (0, quorum.switch_time()), [0.0], rtol=1e-10, atol=1e-12)
        assert run.y[0, -1] == pytest.approx(quorum.K, rel=1e-6)

    def test_the_switch_is_slowest_just_past_the_fold(self):
        quorum = Quorum()
        times = [quorum.replace(n=quorum.up * share).switch_time() for share in (0.999, 1.001, 1.01, 1.1)]
        assert times[0] == np.inf
        assert times[1] > times[2] > times[3]
        # the square-root law of a saddle-node: ten times closer, about √10 times slower
        assert quorum.replace(n=quorum.up * 1.0001).switch_time() / times[1] == pytest.approx(10**0.5, rel=0.15)


class TestColony:
    def test_sealed_colonies_remember_as_the_mean_field_says(self):
        colony, times = Colony(cells=1000), np.linspace(0, 1500, 4)
        between = colony.replace(n=math.sqrt(colony.up * colony.down))
        low, _, high = between.steady_states()
        off = between.simulate(3, times, rng=1)[:, -1].mean(axis=1)
        on = between.simulate(3, times, rng=1, on=True)[:, -1].mean(axis=1)
        assert off == pytest.approx(low, rel=0.05)
        assert on == pytest.approx(high, rel=0.02)

    @pytest.mark.parametrize("P", [0.0, 1.0])
    def test_switches_beyond_the_folds_of_its_mean_field(self, P):
        colony, times = Colony(cells=400, P=P), [0, 3000]
        up = colony.replace(n=colony.up * 1.15).simulate(1, times, rng=2)[0, -1].mean()
        down = colony.replace(n=colony.down / 1.15).simulate(1, times, rng=2, on=True)[0, -1].mean()
        assert up > colony.fold_down
        assert down < colony.fold_up

    def test_small_noisy_colonies_scatter_about_the_mean_field(self):
        colony = Colony(F=0, cells=200, S=20)
        field = colony.simulate(200, [0, 800], rng=3, step=8.0, layers=5)[:, -1].mean(axis=1)
        # sum of 4000 Poisson copies, smoothed by the slower of two relaxations
        spread = colony.basal / math.sqrt(4000) * math.sqrt(colony.k / (colony.k + colony.delta))
        assert field.std() == pytest.approx(spread, rel=4 / math.sqrt(400))
        assert field.mean() == pytest.approx(colony.basal, abs=4 * spread / math.sqrt(200))

    def test_field_reaches_the_analytic_profile_at_second_order(self):
        colony, errors = Colony(k=5.0, P=400.0), []
        reach = math.sqrt(colony.D / colony.k)
        for layers in (20, 40, 80):
            x = (np.arange(layers) + 0.5) * colony.L / layers
            steady = np.linalg.solve(colony.field_operator(layers), -np.ones(layers))
            bend = math.cosh(colony.L / reach) + colony.D / (colony.P * reach) * math.sinh(colony.L / reach)
            errors.append(np.abs(steady - (1 - np.cosh(x / reach) / bend) / colony.k).max())
        assert 1.9 < math.log2(errors[0] / errors[1]) < 2.1
        assert 1.9 < math.log2(errors[1] / errors[2]) < 2.1

    def test_outflow_is_exact_for_a_signal_that_does_not_decay(self):
        colony = Colony(k=1e-12, P=30.0)
        steady = np.linalg.solve(colony.field_operator(400), -np.ones(400))
        assert 1 / steady.mean() == pytest.approx(colony.loss, rel=1e-4)

    def test_propagator_of_a_constant_source(self):
        operator = Colony(P=2.0).field_operator(5)
        move, feed = thresholds._propagator(operator, 3.0)
        run = solve_ivp(lambda t, c: operator @ c + 1, (0, 3), np.zeros(5), method="Radau", rtol=1e-10, atol=1e-12)
        assert feed @ np.ones(5) == pytest.approx(run.y[:, -1], rel=1e-6)
        assert np.all(move @ np.ones(5) < math.exp(-0.01 * 3.0))

    def test_converges_in_the_step_to_the_rate_equations(self):
        colony = Colony(n=6e8, S=1e8, cells=10, D=1e5)
        made = colony.n * colony.a / colony.per_nM

        def rates(t, y):
            C, s = y
            return [made * s - colony.k * C, colony.delta * (1 + colony.F * colony.induction(C) - s)]

        exact = solve_ivp(rates, (0, 300), [0.0, 1.0], rtol=1e-10, atol=1e-12).y[0, -1]
        errors = [abs(colony.simulate(1, [0, 300], rng=1, step=h, layers=2)[0, -1].mean() - exact) for h in (20, 10, 5)]
        assert 0.8 < math.log2(errors[0] / errors[1]) < 1.3
        assert 0.8 < math.log2(errors[1] / errors[2]) < 1.3

    def test_refuses_times_that_do_not_increase_from_zero(self):
        with pytest.raises(ValueError, match="increase from 0"):
            Colony().simulate(1, [1.0, 2.0], rng=1)
        with pytest.raises(ValueError, match="increase from 0"):
            Colony().simulate(1, [0.0, 2.0, 2.0], rng=1)


def test_sentences_say_never_instead_of_infinity():
    for tell, model in (
        (thresholds.tell_neuron, Neuron(N=60)),
        (thresholds.tell_neuron, Neuron(g=0)),
        (thresholds.tell_gating, GatedNeuron(I=140)),
        (thresholds.tell_pocket, Pocket(k=0)),
        (thresholds.tell_pocket, Pocket(p=500)),
        (thresholds.tell_quorum, Quorum(h=1)),
    ):
        assert "inf" not in tell(model)
    assert "never" in thresholds.tell_neuron(Neuron(N=60)) and "never" in thresholds.tell_pocket(Pocket(p=500))
    assert "no folds" in thresholds.tell_quorum(Quorum(h=1))


def test_an_open_layer_with_a_boundary_of_still_water_loses_far_more_than_a_sealed_one():
    """Escape across L at D, then at the speed D/100 µm: 1/(L/P + L²/3D)."""
    for thickness, density in ((1000.0, 3.409e9), (300.0, 2.194e10), (100.0, 9.724e10), (30.0, 3.916e11)):
        assert Colony(P=300.0, L=thickness).up == pytest.approx(density, rel=1e-3)


@pytest.mark.parametrize(
    ("draw", "model"),
    [
        (thresholds.draw_neuron, Neuron),
        (thresholds.draw_gating, GatedNeuron),
        (thresholds.draw_pocket, Pocket),
        (thresholds.draw_quorum, Quorum),
    ],
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
