"""Poisson and binomial numbers in compiled loops, and the species that they count in the exact linear sampler."""

import math

import numpy as np

from ._direct import compiled, draw

SEARCHED_BELOW = 10.0
ONE_OVER = np.concatenate([[0.0], 1.0 / np.arange(1.0, 200.0)])
LAST = ONE_OVER.size - 1


@compiled
def poisson(mean, s0, s1, s2, s3):
    """Return a Poisson number: by search from zero, or for large means by Hörmann's transformed rejection."""
    if mean < SEARCHED_BELOW:
        u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
        k, p = 0, math.exp(-mean)
        while u > p and k < LAST:
            u -= p
            k += 1
            p *= mean * ONE_OVER[k]
        return k, s0, s1, s2, s3
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    while True:
        u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
        v, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
        u -= 0.5
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2.0):
            return k, s0, s1, s2, s3
        if k < 0 or (us < 0.013 and v > us):
            continue
        left = math.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (us * us) + b))
        if left <= k * math.log(mean) - mean - math.lgamma(k + 1.0):
            return k, s0, s1, s2, s3


@compiled
def rare(n, p, log_q, s0, s1, s2, s3):
    """Return a binomial number for p of at most one half, by search or by Hörmann's transformed rejection."""
    q = 1.0 - p
    if n * p < SEARCHED_BELOW:
        u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
        k, share, odds = 0, math.exp(n * log_q), p / q
        while u > share and k < n and k < LAST:
            u -= share
            share *= odds * (n - k) * ONE_OVER[k + 1]
            k += 1
        return k, s0, s1, s2, s3
    spread = math.sqrt(n * p * q)
    b = 1.15 + 2.53 * spread
    a, m = -0.0873 + 0.0248 * b + 0.01 * p, math.floor((n + 1) * p)
    top = math.lgamma(m + 1.0) + math.lgamma(n - m + 1.0)
    while True:
        u, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
        v, s0, s1, s2, s3 = draw(s0, s1, s2, s3)
        u -= 0.5
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + n * p + 0.5)
        if us >= 0.07 and v <= 0.92 - 4.2 / b:
            return k, s0, s1, s2, s3
        if k < 0 or k > n:
            continue
        left = math.log(v * (2.83 + 5.1 / b) * spread / (a / (us * us) + b))
        if left <= top - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0) + (k - m) * math.log(p / q):
            return k, s0, s1, s2, s3


@compiled
def count(means, arrivals, stays, start, state):
    """Return the counts (times, trajectories) of molecules that arrive, and stay to the next time with probability."""
    found = np.empty(means.shape, np.int64)
    held = np.full(means.shape[1], start)
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    for row in range(means.shape[0]):
        stay = stays[row]
        share = min(stay, 1.0 - stay)
        log_q = math.log1p(-share)
        for run in range(means.shape[1]):
            here, mean = held[run], means[row, run]
            if stay < 1.0 and here > 0:
                k, s0, s1, s2, s3 = rare(here, share, log_q, s0, s1, s2, s3)
                here = k if stay < 0.5 else here - k
            if mean > 0.0:
                k, s0, s1, s2, s3 = poisson(mean, s0, s1, s2, s3)
                here += k
            here += int(arrivals[row, run])
            held[run] = here
            found[row, run] = here
    return found
