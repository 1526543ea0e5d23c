"""One-dimensional diffusion with decay against exact solutions."""

import numpy as np
import pytest
from scipy.special import erfc

from mslib.numerics.diffusion import diffuse_decay
from mslib.numerics.fields import steady
from mslib.numerics.grids import Grid, Held, Inflow


@pytest.mark.parametrize("source", [Held(1.0), Inflow(1.0)], ids=["held", "flux"])
def test_steady_state_converges_with_second_order(source):
    errors = []
    for cells in (200, 400, 800):
        line = Grid(cells, 30.0, (source, "no-flux"))
        errors.append(np.abs(steady(line, 2.0, decay=0.5) - np.exp(-line.centres[0] / 2.0)).max())
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.9)


def test_time_steps_converge_with_second_order():
    errors = []
    for steps in (20, 40, 80):
        _, c = diffuse_decay(1.0, 0.3, 20.0, [2.0], flux=1.0, cells=200, steps=steps)
        _, fine = diffuse_decay(1.0, 0.3, 20.0, [2.0], flux=1.0, cells=200, steps=2560)
        errors.append(np.abs(c - fine).max())
    assert np.all(np.log2(np.array(errors[:-1]) / errors[1:]) > 1.8)


def test_pure_diffusion_from_a_held_edge():
    x, c = diffuse_decay(1.0, 0.0, 40.0, [1.0, 4.0], held=1.0, cells=1600)
    for profile, t in zip(c, (1.0, 4.0), strict=True):
        assert np.allclose(profile, erfc(x / (2 * np.sqrt(t))), atol=5e-5)


def test_without_decay_what_flows_in_stays():
    dx = 10.0 / 100
    _, c = diffuse_decay(1.0, 0.0, 10.0, [1.0, 3.0], flux=0.7, initial=0.2, cells=100)
    assert np.allclose(c.sum(axis=1) * dx, 2.0 + 0.7 * np.array([1.0, 3.0]), rtol=1e-12)


def test_with_decay_the_content_follows_its_own_equation():
    dx, k = 10.0 / 400, 0.4
    _, c = diffuse_decay(1.0, k, 10.0, [2.0], flux=0.7, cells=400, steps=2000)
    assert c[0].sum() * dx == pytest.approx(0.7 / k * (1 - np.exp(-2.0 * k)), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"D": 0.0}, "D"), ({"D": np.nan}, "D"), ({"k": -1.0}, "k"), ({"length": -5.0}, "length"),
        ({"times": [1.0, 1.0]}, "times"), ({"times": [-1.0]}, "times"), ({"times": []}, "times"),
        ({"cells": 2}, "cells"), ({"cells": 5, "k": 100.0}, "cells"), ({"held": None}, "held"), ({"flux": 1.0}, "flux"),
    ],
)  # fmt: skip
def test_bad_input_is_named(change, name):
    good = {"D": 1.0, "k": 1.0, "length": 10.0, "times": [1.0], "held": 1.0}
    with pytest.raises(ValueError, match=name):
        diffuse_decay(**good | change)


def test_a_fed_line_without_decay_has_no_steady_state():
    with pytest.raises(ValueError, match="decay must be positive somewhere"):
        steady(Grid(400, 10.0, (Inflow(1.0), "no-flux")), 1.0)
