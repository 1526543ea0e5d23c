"""Interval arithmetic on pairs (low, high), for compiled scalars and for arrays: rigorous bounds of rate laws."""

import numpy as np


def i_add(x, y):
    """Return bounds of a sum."""
    return x[0] + y[0], x[1] + y[1]


def i_sub(x, y):
    """Return bounds of a difference."""
    return x[0] - y[1], x[1] - y[0]


def i_neg(x):
    """Return bounds of the negative."""
    return -x[1], -x[0]


def i_mul(x, y):
    """Return bounds of a product: the least and the largest of those of the ends."""
    a, b, c, d = x[0] * y[0], x[0] * y[1], x[1] * y[0], x[1] * y[1]
    return np.minimum(np.minimum(a, b), np.minimum(c, d)), np.maximum(np.maximum(a, b), np.maximum(c, d))


def i_div(x, y):
    """Return bounds of a quotient; infinite if the divisor may be zero."""
    a, b, c, d = x[0] / y[0], x[0] / y[1], x[1] / y[0], x[1] / y[1]
    beyond = np.divide(1.0, 1.0 - ((y[0] <= 0.0) & (y[1] >= 0.0))) - 1.0
    low, high = np.fmin(np.fmin(a, b), np.fmin(c, d)), np.fmax(np.fmax(a, b), np.fmax(c, d))
    return low - beyond, high + beyond


def i_pow(x, y):
    """Return bounds of a power, whose base may change sign only under a whole exponent."""
    a, b, c, d = x[0] ** y[0], x[0] ** y[1], x[1] ** y[0], x[1] ** y[1]
    through = 1.0 * ((x[0] < 0.0) & (x[1] > 0.0))
    low = np.minimum(np.minimum(a, b), np.minimum(c, d))
    return low * (1.0 - through) + through * np.minimum(low, 0.0), np.maximum(np.maximum(a, b), np.maximum(c, d))


def i_exp(x):
    """Return bounds of the exponential."""
    return np.exp(x[0]), np.exp(x[1])


def i_log(x):
    """Return bounds of the natural logarithm."""
    return np.log(x[0]), np.log(x[1])


def i_log10(x):
    """Return bounds of the decimal logarithm."""
    return np.log10(x[0]), np.log10(x[1])


def i_sqrt(x):
    """Return bounds of the square root."""
    return np.sqrt(x[0]), np.sqrt(x[1])


def i_tanh(x):
    """Return bounds of the hyperbolic tangent."""
    return np.tanh(x[0]), np.tanh(x[1])


def i_floor(x):
    """Return bounds of the floor."""
    return np.floor(x[0]), np.floor(x[1])


def i_ceil(x):
    """Return bounds of the ceiling."""
    return np.ceil(x[0]), np.ceil(x[1])


def i_abs(x):
    """Return bounds of the absolute value."""
    high = np.maximum(np.abs(x[0]), np.abs(x[1]))
    return np.maximum(np.maximum(x[0], -x[1]), 0.0), high


def i_sin(x):
    """Return bounds of the sine, from its slope of at most one."""
    middle, half = np.sin(0.5 * (x[0] + x[1])), 0.5 * (x[1] - x[0])
    return np.maximum(middle - half, -1.0), np.minimum(middle + half, 1.0)


def i_cos(x):
    """Return bounds of the cosine, from its slope of at most one."""
    middle, half = np.cos(0.5 * (x[0] + x[1])), 0.5 * (x[1] - x[0])
    return np.maximum(middle - half, -1.0), np.minimum(middle + half, 1.0)


def i_min(x, y):
    """Return bounds of the smaller of two."""
    return np.minimum(x[0], y[0]), np.minimum(x[1], y[1])


def i_max(x, y):
    """Return bounds of the larger of two."""
    return np.maximum(x[0], y[0]), np.maximum(x[1], y[1])


def i_where(condition, x, y):
    """Return bounds of the branch that a condition takes, for arrays; it must not change within the time."""
    return np.where(condition, x[0], y[0]), np.where(condition, x[1], y[1])


FUNCTIONS = {name: function for name, function in globals().items() if name.startswith("i_")}
