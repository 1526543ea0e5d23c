"""Tests of the active strip: published numbers, finite elements beside closed forms, limits, and where it breaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslib.numerics.elements import bar, mesh
from mslib.principles.mechanics import (
    ActiveStrip,
    AnchoredStrip,
    BandedStrip,
    FlowingStrip,
    MuscleFilm,
    SignalledStrip,
    SoftStrip,
    TetheredStrip,
    TwoStiffnesses,
)
from mslib.problems.principles.mechanics import anchored_strip, two_halves

HELD = ("displacement", 0.0)
STRIP = ActiveStrip(alpha=2.0, E=10.0, c0=1.0, lam=200.0, L=1000.0)


def test_free_and_held():
    """ΔL −39.7305 µm, 3.973 %, 0.397305 kPa, strain −0.2, u(L/2) −36.71660 µm (case D06, problem HP1-7)."""
    assert STRIP.change == pytest.approx(-39.730482120036584, rel=1e-12)
    assert -STRIP.change / STRIP.L == pytest.approx(0.03973048212003658, rel=1e-12)
    assert STRIP.isometric == pytest.approx(0.3973048212003658, rel=1e-12)
    assert STRIP.strain == -0.2
    assert STRIP.displacement(500.0) == pytest.approx(-36.71660005504405, rel=1e-12)
    assert STRIP.displacement(1000.0, held=True) == pytest.approx(0.0, abs=1e-12)


def test_finite_elements_meet_the_closed_forms():
    free = bar(mesh(1000.0, 100), 10.0, active=lambda x: 2.0 * STRIP.signal(x), left=HELD)
    held = bar(mesh(1000.0, 100), 10.0, active=lambda x: 2.0 * STRIP.signal(x), left=HELD, right=HELD)
    assert free.u == pytest.approx(STRIP.displacement(free.x), abs=1e-7)
    assert held.u == pytest.approx(STRIP.displacement(held.x, held=True), abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 5.0), st.floats(5.0, 100.0), st.floats(1e-6, 1e3))
def test_shortening_or_force_never_both(alpha, E, k_s):
    strip = TetheredStrip(alpha=alpha, E=E, k_s=k_s)
    free, held = strip.mean_active * strip.L / strip.E, strip.mean_active
    assert strip.shortening / free + strip.stress / held == pytest.approx(1.0, rel=1e-12)
    x = np.linspace(0.0, strip.L, 5)
    total = strip.E * strip.strain(x) + strip.alpha * strip.signal(x)
    assert total == pytest.approx(np.full(5, strip.stress), rel=1e-9)
    assert strip.displacement(strip.L) == pytest.approx(-strip.shortening, rel=1e-9)


def test_the_ends_of_the_tether():
    loose, tight = TetheredStrip(k_s=0.0), TetheredStrip(k_s=1e9)
    assert (loose.shortening, loose.stress, loose.share) == (pytest.approx(-STRIP.change), 0.0, 1.0)
    assert tight.stress == pytest.approx(STRIP.isometric)


def test_two_stiffnesses():
    """Each half shortens by ∫αc/E; held, σ = ∫(αc/E)/∫(1/E) (case D07), by hand and by finite elements."""
    strip = TwoStiffnesses(E=10.0, E2=40.0)
    half = 200.0 * (1.0 - np.exp(-2.5))
    by_hand = 2.0 * (half / 10.0 + 200.0 * (np.exp(-2.5) - np.exp(-5.0)) / 40.0)
    assert strip.change == pytest.approx(-by_hand, rel=1e-12)
    assert strip.isometric == pytest.approx(by_hand / (50.0 + 12.5), rel=1e-12)
    ends = mesh(1000.0, 100, breaks=[500.0])
    E = np.where(ends[:-1] < 500.0, 10.0, 40.0)
    held = bar(ends, E, active=lambda x: 2.0 * strip.signal(x), left=HELD, right=HELD)
    assert held.reactions[1] == pytest.approx(strip.isometric, rel=1e-8)
    assert held.displacement(500.0) == pytest.approx(strip.border, rel=1e-7)
    same = TwoStiffnesses(E2=10.0)
    assert (same.change, same.isometric) == (pytest.approx(STRIP.change), pytest.approx(STRIP.isometric))


def test_elastic_ground():
    """u(0) 23.90078, u(L) −2.61969, shortening 26.52047 µm (case D08)."""
    strip = AnchoredStrip(ell=300.0)
    assert strip.left == pytest.approx(23.90077634927908, rel=1e-8)
    assert strip.right == pytest.approx(-2.6196894251652263, rel=1e-8)
    assert strip.shortening == pytest.approx(26.520465774444308, rel=1e-8)


@pytest.mark.parametrize(("ell", "lam"), [(300.0, 200.0), (200.0, 200.0), (30.0, 2000.0), (3000.0, 50.0)])
def test_the_ground_by_finite_elements(ell, lam):
    strip = AnchoredStrip(ell=ell, lam=lam)
    numeric = strip.bar(200, order=2)
    assert numeric.u == pytest.approx(strip.displacement(numeric.x), rel=1e-4, abs=1e-4)


def test_limits_of_the_ground():
    assert AnchoredStrip(ell=1e5).shortening == pytest.approx(-STRIP.change, rel=1e-3)
    assert AnchoredStrip(ell=1.0).left == pytest.approx(2.0 / 10.0 * 1.0, rel=0.01)
    near, equal = AnchoredStrip(ell=200.0 + 1e-7).left, AnchoredStrip(ell=200.0).left
    assert near == pytest.approx(equal, rel=1e-9)


def test_an_extremely_soft_ground_leaves_no_mean_displacement():
    """The ground's forces add up to zero, so ⟨u⟩ = 0; without ground the ends then go to 32.05 and −7.68 µm."""
    strip, x = AnchoredStrip(ell=1e5), np.linspace(0.0, 1000.0, 2001)
    assert np.trapezoid(strip.loose(x), x) / 1000.0 == pytest.approx(0.0, abs=1e-4)
    assert strip.displacement(x) == pytest.approx(strip.loose(x), abs=1e-3)
    assert strip.loose([0.0, 1000.0]) == pytest.approx([32.0539, -7.6766], abs=1e-4)
    for ell in (30.0, 3000.0):
        u = AnchoredStrip(ell=ell).displacement(x)
        assert np.trapezoid(u, x) / 1000.0 == pytest.approx(0.0, abs=1e-3), "a free strip rests on any ground"


def test_both_signals_and_their_ends():
    """Four times the diffusion doubles the final shortening, but for less than one part in ten thousand."""
    twice = SignalledStrip(D=200.0).final / SignalledStrip(D=50.0).final
    assert 2.0 * (1.0 - 1e-4) < twice < 2.0
    assert AnchoredStrip(ell=30.0, lam=50.0).right == pytest.approx(0.0, abs=1e-6)


def test_bands_homogenise_with_slope_one():
    fine = [BandedStrip(n=n) for n in (8, 16, 32, 64)]
    errors = np.array([strip.error for strip in fine])
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx(1.0, abs=0.08)
    assert fine[0].effective == pytest.approx(16.0)
    ends = mesh(1000.0, 256)
    numeric = bar(ends, np.tile(np.repeat([10.0, 40.0], 16), 8), active=lambda x: 2.0 * STRIP.signal(x), left=HELD)
    assert numeric.change == pytest.approx(fine[0].change, rel=1e-8)
    assert BandedStrip(E2=10.0).error == pytest.approx(0.0, abs=1e-12)


def test_a_signal_from_diffusion_and_decay():
    """Field and strip: tanh(L/λ) instead of 1 − exp(−L/λ) because the signal cannot leave the far end."""
    late = SignalledStrip(t=20000.0)
    assert late.lam == pytest.approx(200.0)
    assert late.final == pytest.approx(40.0 * np.tanh(5.0))
    assert late.shortening == pytest.approx(late.final, rel=2e-4)
    early = SignalledStrip(t=1.0, k=1e-3)
    spread = 2.0 * np.sqrt(early.D * early.t / np.pi)
    assert early.shortening == pytest.approx(0.2 * spread, rel=0.01)


def test_large_strain():
    """The linear law errs by σₐ/E to first order, and ends with no length at σₐ = E."""
    strips = [SoftStrip(S=s) for s in (0.1, 0.2, 0.4)]
    errors = np.array([strip.error for strip in strips])
    assert errors[0] == pytest.approx(0.01, rel=0.03)
    assert np.log2(errors[1:] / errors[:-1]) == pytest.approx(1.0, abs=0.03)
    assert SoftStrip(S=10.0).linear == -1.0 < SoftStrip(S=10.0).strain
    assert (SoftStrip(S=0.0).strain, SoftStrip(S=0.0).error) == (0.0, 0.0)


def test_bending():
    """Equal layers bend with 3/2 of the mismatch over the thickness; a thin active layer after Stoney."""
    equal = MuscleFilm(S=1.0, E_c=10.0, E_f=10.0, h_c=10.0, h_f=10.0)
    assert equal.curvature == pytest.approx(1.5 * 0.1 / 20.0, rel=1e-12)
    thin = MuscleFilm(S=1.0, E_c=10.0, E_f=1000.0, h_c=0.1, h_f=20.0)
    assert thin.curvature == pytest.approx(6.0 * 1.0 * 0.1 / (1000.0 * 20.0**2), rel=0.02)


def test_on_the_film_the_cells_are_strained_by_a_per_cent_only():
    """Force and moment of both layers vanish: −0.77 % where the cells meet the film, −1.07 % outside, not −33 %."""
    film = MuscleFilm(S=10.0, E_c=30.0, E_f=1500.0, h_c=5.0, h_f=20.0)
    c, f = film.E_c * film.h_c ** np.arange(1, 4), film.E_f * film.h_f ** np.arange(1, 4)
    balance = [[f[0] + c[0], (f[1] - c[1]) / 2], [(f[1] - c[1]) / 2, (f[2] + c[2]) / 3]]
    border, slope = np.linalg.solve(balance, [-film.S * film.h_c, film.S * film.h_c**2 / 2])
    assert slope == pytest.approx(film.curvature, rel=1e-10) == pytest.approx(1 / 1646.0, rel=1e-5)
    assert [border, border - film.h_c * slope] == pytest.approx([-0.007696, -0.010734], abs=1e-6)
    assert film.strain == pytest.approx(border - film.h_c * slope / 2, rel=1e-10)
    assert film.S / film.E_c == pytest.approx(1 / 3)


def test_the_strain_that_the_explorer_may_draw_and_that_of_the_problem():
    """α = 4 kPa/µM, λ = 1000 µm and a loose spring strain the left end by 40 %; the sheet's edge 8 %."""
    loose = TetheredStrip(alpha=4.0, lam=1000.0, k_s=1e-4)
    assert loose.strain(0.0) == pytest.approx(-0.397, abs=1e-3)
    sheet = anchored_strip.model
    assert sheet.alpha * sheet.c0 / sheet.E == pytest.approx(0.08)


def test_a_strip_that_flows():
    """Spring and dashpot in series, step by step: free, 1 + t/τ times as short; held, σ = α⟨c⟩ and flow inside."""
    strip = FlowingStrip(tau=10.0, t=20.0)
    x, dt = np.linspace(0.0, 1000.0, 201), 0.01
    pull = 2.0 * np.diff(strip._reached(x)) / np.diff(x)
    free, held = np.zeros(200), np.zeros(200)
    for _ in range(2000):
        free += dt * (0.0 - pull) / (strip.E * strip.tau)
        held += dt * (np.mean(pull - strip.E * held) - pull) / (strip.E * strip.tau)
    stress = np.mean(pull - strip.E * held)
    assert 5.0 * np.sum(pull / strip.E - free) == pytest.approx(strip.shortening, rel=1e-9)
    assert -5.0 * np.sum(free) == pytest.approx(strip.remaining, rel=1e-9)
    assert stress == pytest.approx(strip.isometric) == pytest.approx(STRIP.isometric)
    moved = np.r_[0.0, 5.0 * np.cumsum((stress - pull) / strip.E + held)]
    assert moved == pytest.approx(strip.displacement(x), abs=1e-8)


def test_for_short_times_a_flowing_strip_is_elastic():
    short = FlowingStrip(tau=1000.0, t=0.1)
    assert short.shortening == pytest.approx(-STRIP.change, rel=2e-4)
    assert short.error == pytest.approx(short.ratio) == pytest.approx(1e-4)
    x = np.linspace(0.0, 1000.0, 5)
    assert FlowingStrip(t=0.0).displacement(x) == pytest.approx(STRIP.displacement(x, held=True), abs=1e-12)


def test_a_stiff_ground_leaves_every_piece_its_own_active_stress():
    """ℓ_g = 30 µm, λ = 200 µm: 0.750, 0.277 and 0.168 kPa at 200, 400 and 500 µm, close to α c and far from α⟨c⟩."""
    strip, x = AnchoredStrip(ell=30.0), np.array([200.0, 400.0, 500.0])
    stress = strip.E * (strip.displacement(x + 0.01) - strip.displacement(x - 0.01)) / 0.02 + 2.0 * strip.signal(x)
    assert stress == pytest.approx([0.750, 0.277, 0.168], abs=1e-3)
    assert stress == pytest.approx(2.0 * strip.signal(x), rel=0.03)


def test_a_small_strain_brings_the_linear_law_back():
    """r − r⁻² is 3ε to first order, so that the neo-Hookean law becomes Eε + σₐ = 0."""
    for share in (0.01, 0.001):
        assert SoftStrip(E=100.0, S=100.0 * share).strain == pytest.approx(-share, rel=1.1 * share)


def test_wrong_limits_and_a_wrong_weight_of_two_halves_are_named():
    assert "signal of the healthy half" in two_halves.check("b", 71.4).says
    assert "length of a half" in two_halves.check("b", 76.5).says
    for variant in [two_halves.variant(f"student-{number}") for number in range(200)]:
        for mistake in variant.part("b").mistakes:
            assert variant.check("b", mistake.value(variant.model)).says == mistake.says


@pytest.mark.parametrize("bad", [-1.0, 1001.0, np.nan])
def test_places_outside_are_refused(bad):
    for strip in (STRIP, TetheredStrip(), AnchoredStrip()):
        with pytest.raises(ValueError, match="x must lie between"):
            strip.displacement([0.0, bad])
