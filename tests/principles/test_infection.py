"""Infection: closed forms against ODE, exact lysis and published numbers (A19 to A21, L20; HIV decay)."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy.integrate import quad
from scipy.optimize import least_squares, minimize_scalar
from scipy.special import airy

from mslib.numerics.integrate import integrate
from mslib.principles.infection import (
    HIGHEST_WALK,
    Infection,
    TargetCells,
    Treatment,
    draw_excess,
    draw_influenza,
    draw_load,
    draw_scatter,
    draw_treatment,
    draw_volunteers,
    hiv_decay,
    hiv_patients,
    influenza_titres,
)

RATE = st.floats(0.1, 10.0)
A19 = Infection(kL=1.0, kC=3.0, B=500, I0=10_000, V0=0.0)


def test_case_a19_peak():
    assert A19.peak_time == pytest.approx(0.5493061443340549, rel=1e-12)
    assert A19.peak_load == pytest.approx(962250.4486493762, rel=1e-12)
    assert A19.infected(A19.peak_time) == pytest.approx(5773.502691896258, rel=1e-12)
    assert A19.peak_load == pytest.approx(A19.B * A19.kL * A19.infected(A19.peak_time) / A19.kC, rel=1e-12)


def test_problem_1449726_of_the_seed():
    patient = Infection(kL=0.8, kC=4.0, B=200, I0=100_000)
    assert 24 * patient.peak_time == pytest.approx(12.0708, rel=1e-4)
    assert patient.peak_load == pytest.approx(2674960.0, rel=1e-4)
    assert patient.replace(B=400).peak_time == patient.peak_time


def test_case_a20_equal_rates_are_a_limit_not_a_crash():
    equal = Infection(kL=2.0, kC=2.0, B=500, I0=10_000)
    assert equal.peak_time == pytest.approx(0.5, rel=1e-12)
    assert equal.peak_load == pytest.approx(500 * 10_000 / math.e, rel=1e-12)
    for gap in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
        near = equal.replace(kC=2.0 + gap)
        assert near.peak_time == pytest.approx(equal.peak_time, rel=gap)
        assert near.virus([0.1, 1.0, 5.0]) == pytest.approx(equal.virus([0.1, 1.0, 5.0]), rel=5 * gap + 1e-12)


def test_case_a21_a_large_inoculum_leaves_no_peak():
    threshold = A19.threshold_load
    assert threshold == pytest.approx(500 * 10_000 / 3.0)
    for load, peak in ((0.0, True), (0.99 * threshold, True), (threshold, False), (1.5 * threshold, False)):
        patient = A19.replace(V0=load)
        early = patient.virus(np.linspace(0.0, 1e-3, 3))
        assert (patient.peak_time > 0) == peak == (early[1] > early[0])
    assert A19.replace(V0=2 * threshold).peak_load == 2 * threshold
    assert A19.replace(V0=threshold).peak_time == 0.0


@settings(max_examples=40, deadline=None)
@given(kL=RATE, kC=RATE, share=st.floats(0.0, 0.95))
def test_peak_is_the_maximum_of_the_load(kL, kC, share):
    patient = Infection(kL=kL, kC=kC)
    patient = patient.replace(V0=share * patient.threshold_load)
    found = minimize_scalar(
        lambda t: -float(patient.virus(t)),
        bounds=(0.0, 5.0 / min(kL, kC)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert -found.fun <= patient.peak_load * (1 + 1e-12)
    assert found.x == pytest.approx(patient.peak_time, rel=1e-3, abs=1e-5)
    balance = patient.B * kL * patient.infected(patient.peak_time) / kC
    assert patient.peak_load == pytest.approx(balance, rel=1e-9)


@pytest.mark.parametrize(("kL", "kC"), [(1, 3), (3, 1), (2, 2), (2, 2 + 1e-9), (2, 2.3), (0.1, 30), (10, 0.1)])
@pytest.mark.parametrize("V0", [0.0, 5e6])
def test_closed_form_solves_the_equations(kL, kC, V0):
    patient, t = Infection(kL=kL, kC=kC, V0=V0), np.linspace(0.0, 6.0, 25)
    run = integrate(patient.rates, [patient.I0, V0], t, rtol=1e-11)
    assert patient.infected(t) == pytest.approx(run.y[0], rel=1e-8, abs=1e-6)
    assert patient.virus(t) == pytest.approx(run.y[1], rel=1e-8, abs=1e-6 * run.y[1].max())


def test_burst_size_raises_the_peak_and_does_not_move_it():
    peaks = [A19.replace(B=B) for B in (10, 100, 1000, 10_000)]
    assert len({patient.peak_time for patient in peaks}) == 1
    assert [patient.peak_load / patient.B for patient in peaks] == pytest.approx([peaks[0].peak_load / 10] * 4)


def test_the_two_rates_cannot_be_told_apart_from_the_shape():
    """Exchanging k_L and k_C keeps the shape, the peak time and the late slope: only the height changes."""
    swapped, t = A19.replace(kL=A19.kC, kC=A19.kL), np.linspace(0.1, 9.0, 30)
    assert swapped.peak_time == pytest.approx(A19.peak_time, rel=1e-12)
    assert swapped.virus(t) / A19.virus(t) == pytest.approx(np.full(30, 3.0), rel=1e-12)
    assert swapped.late_half_life == A19.late_half_life == pytest.approx(math.log(2.0))


def test_exposure_is_the_area_under_the_load():
    patient = A19.replace(V0=2e5)
    t = np.linspace(0.0, 40.0, 400_001)
    assert np.trapezoid(patient.virus(t), t) == pytest.approx(patient.exposure, rel=1e-6)


def test_long_after_and_long_rates_neither_overflow_nor_undershoot():
    for kL, kC in ((10.0, 0.1), (0.1, 30.0), (5.0, 5.0)):
        late = Infection(kL=kL, kC=kC).virus([1e3, 1e6])
        assert np.all(np.isfinite(late)) and np.all(late >= 0)
        late = Treatment(kL=min(kL, 5.0), kC=kC).virus([1e3, 1e6])
        assert np.all(np.isfinite(late)) and np.all(late >= 0)


# Stochastic lysis

TIMES = np.array([0.2, 0.55, 1.5])


@pytest.mark.parametrize(("I0", "V0"), [(1, 0.0), (20, 0.0), (20, 3000.0)])
def test_simulated_mean_and_variance_follow_the_closed_forms(I0, V0):
    patient, count = A19.replace(I0=I0, V0=V0, B=100), 20_000
    infected, virus = patient.simulate(TIMES, count, rng=31)
    spread = patient.spread(TIMES)
    assert np.all(np.abs(virus.mean(0) - patient.virus(TIMES)) < 4 * spread / math.sqrt(count))
    centred = (virus - patient.virus(TIMES)) ** 2
    assert np.all(np.abs(centred.mean(0) - spread**2) < 4 * centred.std(0) / math.sqrt(count))
    share = np.exp(-patient.kL * TIMES)
    assert np.all(np.abs(infected.mean(0) - I0 * share) < 4 * np.sqrt(I0 * share * (1 - share) / count))


def test_sampling_in_many_steps_or_one_gives_the_same_law():
    """The chance of no virus left at t is the same whether the path was looked at before or not."""
    patient, count = Infection(kL=1.0, kC=3.0, B=10, I0=3), 20_000
    one = patient.simulate([2.0], count, rng=5)[1][:, -1]
    many = patient.simulate(np.linspace(0.1, 2.0, 20), count, rng=6)[1][:, -1]
    for threshold in (0, 1, 3):
        p, q = np.mean(one <= threshold), np.mean(many <= threshold)
        assert abs(p - q) < 4 * math.sqrt((p * (1 - p) + q * (1 - q)) / count)


def test_one_cell_that_has_not_burst_leaves_no_virus():
    patient, count = Infection(kL=0.5, kC=1.0, B=1000, I0=1), 20_000
    infected, virus = patient.simulate([1.0], count, rng=8)
    assert np.all(virus[infected == 1] == 0)
    expected = math.exp(-0.5)
    assert abs(infected.mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / count)


def test_counts_never_rise_for_cells_and_start_as_given():
    infected, virus = A19.replace(I0=50, V0=77.0).simulate(np.linspace(0.0, 3.0, 31), 40, rng=2)
    assert np.all(infected[:, 0] == 50) and np.all(virus[:, 0] == 77)
    assert np.all(np.diff(infected, axis=1) <= 0) and np.all(virus >= 0)


def test_scatter_is_set_by_the_cells_not_by_the_virions():
    for B in (100, 10_000):
        few, many = A19.replace(B=B, I0=10), A19.replace(B=B, I0=1000)
        assert few.peak_scatter / many.peak_scatter == pytest.approx(10.0, rel=1e-9)
    assert A19.replace(B=10_000).peak_scatter == pytest.approx(A19.replace(B=100).peak_scatter, rel=0.02)


def test_own_peaks_exceed_the_peak_of_the_mean_by_the_law_of_a_walk_on_a_parabola():
    """Ratio to the law tends to 1 like 1 - const I0^(-1/3); other rates collapse on the same law."""
    ratios = []
    for cells, count in ((100, 4000), (1000, 2000)):
        patient = A19.replace(I0=cells)
        loads = patient.peaks(count, rng=17)[1] / patient.peak_load
        assert loads.std() / math.sqrt(count) < 0.03 * patient.peak_excess()
        ratios.append((loads.mean() - 1.0) / patient.peak_excess())
    assert 0.80 < ratios[0] < ratios[1] < 1.0
    other = Infection(kL=2.0, kC=2.0, B=50, I0=1000)
    loads = other.peaks(2000, rng=18)[1] / other.peak_load
    assert (loads.mean() - 1.0) / other.peak_excess() == pytest.approx(1.0, abs=0.12)


def test_the_constant_of_the_walk_is_the_integral_of_airy_functions():
    """Janson et al. 2010: E max = -2^(-1/3) / (2 pi i) times the integral of z / Ai(z)^2 along the imaginary axis."""
    total = quad(lambda y: (-y / airy(1j * y)[0] ** 2).imag, -30.0, 30.0, limit=400)[0]
    assert pytest.approx(-(2.0 ** (-1.0 / 3.0)) / (2.0 * math.pi) * total, abs=1e-6) == HIGHEST_WALK


def test_own_peak_of_one_cell_is_its_burst():
    times, loads = Infection(kL=0.7, B=300, I0=1).peaks(4000, rng=3)
    assert np.all(loads == 300)
    assert abs(times.mean() - 1 / 0.7) < 4 / 0.7 / math.sqrt(4000)


def test_own_peak_with_an_overwhelming_inoculum_is_the_inoculum():
    patient = A19.replace(I0=20, B=10, V0=1e6)
    times, loads = patient.peaks(50, rng=3)
    assert np.all(loads == 1_000_000) and np.all(times == 0)
    assert patient.peak_excess() == 0.0


def test_own_peaks_agree_with_the_largest_sample():
    patient = A19.replace(I0=20, B=100)
    grid = patient.simulate(np.linspace(0.0, 5.0, 2001), 2000, rng=5)[1].max(axis=1)
    loads = patient.peaks(2000, rng=6)[1]
    assert abs(grid.mean() - loads.mean()) < 4 * loads.std() * math.sqrt(2 / 2000)


def test_workers_and_blocks_do_not_change_the_answer():
    patient = Infection(I0=1500)
    alone = patient.simulate(TIMES, 2500, rng=3)
    with ThreadPoolExecutor(3) as executor:
        shared = patient.simulate(TIMES, 2500, rng=3, executor=executor)
    assert all(np.array_equal(a, b) for a, b in zip(alone, shared, strict=True))


@pytest.mark.parametrize("times", [[-1.0, 1.0], [1.0, 1.0], [2.0, 1.0], [0.0, math.nan]])
def test_simulate_refuses_times_that_do_not_increase(times):
    with pytest.raises(ValueError, match="times must increase"):
        A19.simulate(times, 2, rng=1)


# HIV under treatment


@pytest.mark.parametrize(("kL", "kC"), [(0.53, 2.06), (2.0, 2.0), (1.0, 1.0 + 1e-7), (1.0, 1.4), (5.0, 0.1), (0.1, 30)])
def test_treatment_closed_form_solves_the_equations(kL, kC):
    patient, t = Treatment(kL=kL, kC=kC, V0=1e5), np.linspace(0.0, 8.0, 33)
    run = integrate(patient.rates, [1e5, 1.0, 0.0], t, rtol=1e-11, atol=[1e-9, 1e-14, 1e-9])
    assert patient.infectious(t) == pytest.approx(run.y[0], rel=1e-7, abs=1e-6)
    assert patient.virus(t) == pytest.approx(run.y[0] + run.y[2], rel=1e-7)


def test_treatment_agrees_with_the_published_formula():
    """Perelson et al. 1996, Eq. 6, written as there."""
    d, c, V0, t = 0.49, 3.07, 1.0e5, np.linspace(0.0, 7.0, 15)
    bracket = c / (c - d) * (np.exp(-d * t) - np.exp(-c * t)) - d * t * np.exp(-c * t)
    published = V0 * np.exp(-c * t) + c * V0 / (c - d) * bracket
    assert Treatment(kL=d, kC=c, V0=V0).virus(t) == pytest.approx(published, rel=1e-12)


def test_refitting_patient_105_gives_the_published_rates():
    """Table 1: c = 2.06 /d, delta = 0.53 /d; the fit uses the samples from 6 h, when the drug took effect."""
    days, copies = hiv_decay()
    t, load = days[3:] - days[3], np.log10(copies[3:])

    def residuals(logs):
        kC, kL, V0 = np.exp(logs)
        return np.log10(Treatment(kL=kL, kC=kC, V0=V0).virus(t)) - load

    fit = least_squares(residuals, np.log([3.0, 0.4, 1e6]), x_scale="jac")
    kC, kL, V0 = np.exp(fit.x)
    assert kC == pytest.approx(2.06, rel=0.02)
    assert kL == pytest.approx(0.53, rel=0.02)
    assert abs(V0 / 1.86e6 - 1) < 0.03
    assert math.sqrt(np.mean(residuals(fit.x) ** 2)) < 0.13


def test_published_life_spans_are_means_of_the_patients():
    """Perelson et al. 1996, abstract: virions 0.3 d (half-life 0.24 d), cells 2.2 d (half-life 1.6 d)."""
    kC, kL, _ = hiv_patients()
    assert round(np.mean(1 / kC), 1) == 0.3
    assert round(np.mean(np.log(2) / kC), 2) == 0.24
    assert round(np.mean(1 / kL), 1) == 2.2
    assert round(np.mean(np.log(2) / kL), 1) == 1.6


def test_daily_production_is_about_ten_billion_virions():
    """The abstract says 10.3e9 a day, with each patient's own fluid volume; 15 L for everyone gives 15 % less."""
    made = [Treatment(kC=kC, V0=V0).production for kC, _, V0 in zip(*hiv_patients(), strict=True)]
    assert np.mean(made) == pytest.approx(10.3e9, rel=0.2)
    assert Treatment(kC=1.0, V0=2e3, fluid=15_000).production == pytest.approx(15e6)


def test_late_slope_shows_the_slower_rate():
    for kC in (23.0, 3.0):
        patient = Treatment(kL=0.5, kC=kC)
        assert -np.diff(np.log(patient.virus([20.0, 21.0])))[0] == pytest.approx(0.5, rel=1e-9)
        assert patient.late_half_life == pytest.approx(math.log(2) / 0.5)


def test_slow_clearance_approaches_its_slope_like_one_over_time():
    """Virions cleared at k_C infect cells whose virions are cleared at k_C: (A + B t) e^(-k_C t) remains.

    With k_L = 3 and k_C = 0.5, B = k_C k_L / (k_L - k_C) = 0.6 and A = 1 + 0.2 - 0.24 = 0.96: the slope falls
    short of k_C by 1 / (t + 1.6).
    """
    patient = Treatment(kL=3.0, kC=0.5)
    for t in (50.0, 200.0):
        slope = -math.log(patient.virus(t + 0.5) / patient.virus(t - 0.5))
        assert 1.0 / (0.5 - slope) == pytest.approx(t + 1.6, rel=1e-4)


def test_a_perfect_block_of_infection_is_the_model_without_reinfection_at_its_threshold():
    """Reverse transcriptase inhibitor in steady state: V0 = V*, no peak, flat start."""
    patient = Infection(kL=0.49, kC=3.07)
    treated = patient.replace(V0=patient.threshold_load)
    assert treated.peak_time == 0.0
    expected = treated.V0 * (3.07 * math.exp(-0.49) - 0.49 * math.exp(-3.07)) / (3.07 - 0.49)
    assert treated.virus(1.0) == pytest.approx(expected, rel=1e-12)
    assert np.diff(treated.virus([0.0, 1e-6]))[0] / treated.V0 == pytest.approx(0.0, abs=1e-9)


# Influenza


def test_case_l20_target_cell_limited_influenza():
    flu = TargetCells()
    assert round(flu.R0, 12) == 10.8
    assert flu.peak_time == pytest.approx(2.3209, rel=1e-4)
    assert flu.peak_titre == pytest.approx(422616.31790261704, rel=1e-6)


def test_the_peak_is_the_maximum_of_the_course():
    flu = TargetCells()
    t = np.linspace(0.0, 6.0, 6001)
    virus = flu.course(t)[2]
    assert t[virus.argmax()] == pytest.approx(flu.peak_time, abs=1e-3)
    assert virus.max() == pytest.approx(flu.peak_titre, rel=1e-6)


@pytest.mark.parametrize("change", [{}, {"beta": 6e-6}, {"c": 10.0}, {"V0": 1e4}, {"p": 1e-4}])
def test_spared_cells_solve_the_final_size_relation(change):
    flu = TargetCells(**change)
    f, horizon = flu.spared, 400.0
    assert math.log(f) == pytest.approx(-flu.R0 * (1 - f) - flu.beta * flu.V0 / flu.c, rel=1e-9, abs=1e-12)
    targets = flu.course([0.0, horizon])[0]
    assert targets[-1] / flu.T0 == pytest.approx(f, rel=1e-5)


def test_early_growth_rate_is_that_of_the_course():
    flu = TargetCells()
    virus = flu.course([0.0, 0.8, 1.0])[2]
    assert np.log(virus[2] / virus[1]) / 0.2 == pytest.approx(flu.growth_rate, rel=2e-3)
    assert (flu.growth_rate + flu.c) * (flu.growth_rate + flu.delta) == pytest.approx(flu.beta * flu.p * flu.T0)


@pytest.mark.parametrize("share", [1e-3, 0.5, 1.0])
def test_below_the_threshold_the_titre_only_falls(share):
    flu = TargetCells()
    weak = flu.replace(beta=flu.beta * share / flu.R0)
    assert abs(weak.R0 - share) < 1e-12
    assert weak.growth_rate <= 1e-9
    assert (weak.peak_time, weak.peak_titre) == (0.0, weak.V0)
    assert np.all(np.diff(weak.course(np.linspace(0, 5, 50))[2]) < 0)


def test_just_above_the_threshold_the_peak_is_late_but_found():
    flu = TargetCells()
    slow = flu.replace(beta=flu.beta * 1.02 / flu.R0)
    assert 50 < slow.peak_time < 1000
    assert slow.peak_titre > slow.V0


def test_an_overwhelming_inoculum_is_its_own_peak():
    drowned = TargetCells(V0=1e4, T0=1e6, beta=1e-3)
    assert (drowned.peak_time, drowned.peak_titre) == (0.0, 1e4)


def test_model_passes_through_the_cloud_of_volunteers():
    """The published fit to the average volunteer is within half a log of their range on days 1 to 6."""
    days, titres = influenza_titres()
    virus = np.log10(TargetCells().course(np.r_[0.0, days])[2][1:])
    seen = ~np.isnan(titres).all(axis=0)
    low, high = np.nanmin(titres[:, seen], axis=0), np.nanmax(titres[:, seen], axis=0)
    assert np.all((virus[seen] > low - 0.5) & (virus[seen] < high + 0.5))
    assert seen.tolist() == [True] * 6 + [False]


def test_without_reinfection_the_peak_would_come_eight_times_too_soon():
    flu = TargetCells()
    once = Infection(kL=flu.delta, kC=flu.c)
    assert once.peak_time == pytest.approx(math.log(4 / 3), rel=1e-12)
    assert flu.peak_time / once.peak_time == pytest.approx(8.07, rel=1e-3)


# Figures

PICTURES = [
    (draw_load, Infection(), {"kL": 3.0, "kC": 3.0, "V0": 4e6}),
    (draw_scatter, Infection(I0=30), {"I0": 1, "kC": 1.0}),
    (draw_treatment, Treatment(), {"kL": 2.0, "kC": 2.0}),
    (draw_influenza, TargetCells(), {"beta": 1e-6, "c": 20.0}),
]


@pytest.mark.parametrize(("draw", "model", "change"), PICTURES, ids=lambda x: getattr(x, "__name__", ""))
def test_figures_have_labels_and_one_skeleton(draw, model, change):
    figures = []
    for state in (model, model.replace(**change)):
        fig = Figure(figsize=(8, 4), layout="constrained")
        draw(fig, state)
        figures.append(fig)
    counts = [[(len(ax.lines), len(ax.texts), len(ax.collections)) for ax in fig.axes] for fig in figures]
    limits = [[(ax.get_xlim(), ax.get_ylim()) for ax in fig.axes] for fig in figures]
    assert counts[0] == counts[1] and limits[0] == limits[1]
    assert all(ax.get_xlabel() and ax.get_ylabel() for ax in figures[0].axes)


def test_data_figures_show_every_datum():
    days, titres = influenza_titres()
    ax = Figure().subplots()
    draw_volunteers(ax, days, titres)
    assert [np.isfinite(line.get_ydata()).sum() for line in ax.lines] == [5, 6, 6, 6, 6, 6]
    ax = Figure().subplots()
    draw_excess(ax, [A19.replace(I0=10), A19.replace(I0=10_000)], [0.7, 0.01])
    assert ax.lines[1].get_ydata()[0] / ax.lines[1].get_ydata()[1] == pytest.approx(100.0)
