"""Norms by Gram matrices: where squares lose the digits, products are made; what is too long goes by powers of two."""

from __future__ import annotations

import numpy as np
import pytest

from engine.cells import Factors
from engine.grams import Grams, stretches
from engine.maps import log_norm_maps
from tests.engine.test_log_norms import N, T, drawn, errors, long_maps


@pytest.fixture
def multiplied(monkeypatch):
    """Count the pairs whose products are made in full."""
    counted = []
    whole = Grams._multiply
    monkeypatch.setattr(Grams, "_multiply", lambda self, t, k: (counted.append(len(t)), whole(self, t, k))[1])
    return counted


def turned(dtype, left):
    """Return factors that keep one direction until the middle and read from one at right angles to it after that."""
    rng = np.random.default_rng(8)
    u, v = np.linalg.qr(rng.normal(size=(N, 2)))[0].T
    keep = [np.outer(u, u), np.outer(v, v)]
    dense = np.array([keep[t >= T // 2] + left * rng.normal(size=(N, N)) for t in range(T)])
    return Factors(dense.astype(dtype), None)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("left", [1e-3, 1e-4])
def test_pairs_that_cancel_are_multiplied(dtype, left, multiplied, within):
    """Of the digits of a product whose size is `left` of its factors', `left` remain; of squares it would be left²."""
    factors = turned(dtype, left)
    got, want = log_norm_maps(factors, N, np.arange(T + 1)), long_maps(factors, "frobenius")
    within(
        f"80-bit products that cancel, {np.dtype(dtype)} (log10)",
        (errors(got, want), left),
        20 * np.finfo(dtype).eps / left,
    )
    assert sum(multiplied) >= (T // 2) ** 2 / 2


def test_most_pairs_are_not(multiplied):
    factors = drawn(9, 1, [(-0.3, 0)])
    log_norm_maps(factors, N, np.arange(T + 1))
    assert sum(multiplied) < T * T / 2 / 5


@pytest.mark.parametrize("size", [-6, 6, -0.3])
def test_float32_maps_of_h_alone_reach_as_far(size, within):
    factors = drawn(10, 1, [(size, 0)], np.float32)
    got, want = log_norm_maps(factors, N, np.arange(T + 1)), long_maps(factors, "frobenius")
    within("80-bit products, float32 maps of h (log10)", (errors(got, want), size), 2e-4)


def test_a_zero_that_comes_of_two_halves_is_exact():
    """Half of the units die before the middle, the others after it: only pairs across it are exactly zero."""
    factors = drawn(11, 1, [(-0.3, 0)])
    factors.dense[T // 2 - 1, 0] = 0.0  # J_30 leaves units 1, 2
    factors.dense[T // 2, :, 1:] = 0.0  # J_31 reads unit 0
    got = log_norm_maps(factors, N, np.arange(T + 1))[0]
    t, k = np.tril_indices(T + 1)
    across = (k < T // 2) & (t > T // 2)
    assert np.isneginf(got[t[across], k[across]]).all()
    assert np.isfinite(got[t[~across], k[~across]]).all()


@pytest.mark.parametrize("steps", [1, 2, 11, 16, 40, 50, 100, 200])
def test_stretches_cover_all_steps_and_are_about_equal(steps):
    bounds = stretches(steps)
    assert (bounds[0], bounds[-1]) == (0, steps)
    sizes = np.diff(bounds)
    assert sizes.min() >= 1
    assert np.ptp(sizes) <= 1
    assert len(sizes) & (len(sizes) - 1) == 0
    assert sizes.max() <= 17
