"""The LSTM's maps across a step, by what is known of each side: joined many times over, and where terms cancel."""

from __future__ import annotations

import numpy as np
import pytest

from engine import maps
from engine.cells import Factors
from engine.crossings import Pair
from engine.maps import log_norm_maps
from tests.engine.test_log_norms import SCALES, N, T, drawn, errors, long_maps


@pytest.fixture
def in_full(monkeypatch):
    """Count the pairs that are made in full, by map."""
    counted = np.zeros(3, int)
    whole = Pair.in_full

    def counting(self, shown, i, j, factors):
        counted[shown] += len(i)
        return whole(self, shown, i, j, factors)

    monkeypatch.setattr(Pair, "in_full", counting)
    return counted


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-9), (np.float32, 2e-4)])
@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("steps", [3, 8])
def test_stretches_of_any_length_make_the_same_maps(name, steps, dtype, limit, monkeypatch, within):
    monkeypatch.setattr(maps, "STEPS", steps)
    factors = drawn(21, 2, SCALES[name], dtype)
    got, want = log_norm_maps(factors, N, np.arange(T + 1)), long_maps(factors, "frobenius")
    within(
        f"80-bit products, short stretches, {np.dtype(dtype)} (log10)", (errors(got, want), f"{name}, {steps}"), limit
    )


def turned(left):
    """Return factors whose h and c keep other units before the middle than they read from after it, but for `left`."""
    rng = np.random.default_rng(22)
    keep, read = np.diag([1.0, 1.0, 0.0]), np.diag([0.0, 0.0, 1.0])
    Q = np.linalg.qr(rng.normal(size=(N, N)))[0]
    half = [Q @ keep @ Q.T, Q @ read @ Q.T]
    dense = np.array([np.concatenate([half[t >= T // 2]] * 2) for t in range(T)])
    carried = np.full((T, 2, N), left)
    return Factors(dense + left * rng.normal(size=dense.shape), carried)


@pytest.mark.parametrize("left", [1e-3, 1e-5])
def test_terms_that_cancel_are_added_in_full(left, in_full, within):
    factors = turned(left)
    got, want = log_norm_maps(factors, N, np.arange(T + 1)), long_maps(factors, "frobenius")
    within("80-bit products, terms that cancel (log10)", (errors(got, want), left), 1e-9)
    assert (in_full > 100).all()


def test_most_are_not(in_full):
    log_norm_maps(drawn(24, 2, SCALES["level"]), N, np.arange(T + 1))
    assert (in_full < T * T / 4 / 5).all()


def test_a_leak_that_is_nothing_stays_an_exact_zero():
    """Where c_t reads no h, nothing leaks; the carousel goes on."""
    factors = drawn(25, 2, SCALES["level"])
    factors.dense[:, N:] = 0.0
    got = log_norm_maps(factors, N, np.arange(T + 1))
    t, k = np.tril_indices(T + 1, -1)
    assert np.isneginf(got[2, t, k]).all()
    want = np.log10(np.linalg.norm(np.prod(factors.carried[:, 1], axis=0)))
    assert got[1, T, 0] == pytest.approx(want, abs=1e-9)
