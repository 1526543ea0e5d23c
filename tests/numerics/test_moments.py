"""Exact moments of linear networks against closed forms and the master equation."""

import numpy as np
import pytest

from mslib.numerics import cme
from mslib.numerics.moments import linear_moments, transient_moments
from mslib.numerics.network import Network

GENE = Network.mass_action({"0 -> m": 0.5, "m -> 0": 0.1, "m -> m + p": 2.0, "p -> 0": 0.01})


def test_two_stage_gene_has_the_published_noise():
    """Case B02 (Thattai & van Oudenaarden 2001): mean 1000, Fano factor 1 + b/(1 + η) = 19.1818."""
    mean, covariance = linear_moments(GENE)
    assert mean == pytest.approx([5.0, 1000.0])
    assert covariance[1, 1] / mean[1] == pytest.approx(1.0 + 20.0 / 1.1, rel=1e-10)


def test_moments_in_time_agree_with_the_master_equation_and_reach_the_stationary_ones():
    small = Network.mass_action({"0 -> m": 0.4, "m -> 0": 1.0, "m -> m + 2 p": 0.5, "p -> 0": 0.7}, initial={"m": 2})
    mean, covariance = transient_moments(small, [0.0, 0.8, 60.0])
    law = cme.transient(small, {"m": 14, "p": 40}, [0.8])[0]
    assert law.moments()[0] == pytest.approx(mean[1], rel=1e-6)
    assert law.moments()[1] == pytest.approx(covariance[1], rel=1e-5)
    assert mean[0].tolist() == [2.0, 0.0]
    assert np.abs(covariance[0]).max() == 0.0
    assert mean[2] == pytest.approx(linear_moments(small)[0], rel=1e-9)
    assert covariance[2] == pytest.approx(linear_moments(small)[1], rel=1e-9)


def test_two_state_gene_relaxes_and_fluctuates_as_a_coin():
    """Case B05: P_on(t) = P_∞(1 − e^(−(k_on + k_off)t)) from off; variance P_∞(1 − P_∞) = 0.16."""
    gene = Network.mass_action({"off -> on": 0.2, "on -> off": 0.8}, initial={"off": 1})
    mean, covariance = transient_moments(gene, [1.0, 60.0])
    assert mean[0, 1] == pytest.approx(0.12642411176571153, rel=1e-6)
    assert mean[1, 1] == pytest.approx(0.2, rel=1e-6)
    assert covariance[1, 1, 1] == pytest.approx(0.16, rel=1e-6)


def test_moments_close_only_for_linear_networks():
    with pytest.raises(ValueError, match="not linear"):
        linear_moments(Network.mass_action({"0 -> A": 1.0, "2 A -> 0": 1.0}))
    with pytest.raises(ValueError, match="no stationary state"):
        linear_moments(Network.mass_action({"0 -> A": 1.0}))
    with pytest.raises(ValueError, match="no stationary state"):
        linear_moments(Network.mass_action({"A -> B": 1.0, "B -> A": 1.0}))
