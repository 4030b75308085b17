"""Adjoints by loss, carried back plainly and with powers of two: the same numbers, and the second where it must be."""

from __future__ import annotations

import numpy as np
import pytest

from engine import rows
from tests.engine.test_log_norms import N, T, drawn

LOSSES = [T, T - 1, 31, 2]


def passes(size):
    """Return the arguments of a pass back through an LSTM above a GRU, or the like."""
    rng = np.random.default_rng(12)
    factors = [drawn(13, 1, [(size, 0)]), drawn(14, 2, [(size, size), (size, size)])]
    X = [None, rng.normal(size=(T, 2 * N, N))]
    return factors, X, {t: rng.normal(size=N) for t in LOSSES}, set(LOSSES[:-1])


def logs(seen):
    """Return log10 of all that is seen of one layer."""
    reach = np.zeros(T + 1, int)
    with np.errstate(divide="ignore"):
        return seen.log_norms(reach), np.log10(np.abs(seen.totals)) + seen.total_powers * np.log10(2)


@pytest.mark.parametrize("size", [-0.5, -2, 1.5])
def test_both_ways_find_the_same(size):
    plain, scaled = rows._plainly(*passes(size)), rows._with_powers(*passes(size))
    assert plain is not None
    for one, other in zip(plain, scaled, strict=True):
        for a, b in zip(logs(one), logs(other), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
        assert np.isfinite(logs(one)[0]).sum() == sum(t + 1 for t in LOSSES[:-1])


@pytest.mark.parametrize("size", [-9, 9])
def test_what_leaves_the_numbers_goes_by_powers_of_two(size):
    with np.errstate(all="ignore"):
        assert rows._plainly(*passes(size)) is None
    found = logs(rows.carried_back(*passes(size))[0])[0]
    assert np.isfinite(found[T]).all()
    assert abs(found[T, 0]) > 320


def test_without_a_loss_there_is_nothing():
    factors, X, _, _ = passes(0)
    for seen in rows.carried_back(factors, X, {}, set()):
        assert np.isnan(seen.log_norms(np.zeros(T + 1, int))).all()
        assert not seen.totals.any()


def test_how_many_steps_are_looked_at_together_changes_nothing(monkeypatch):
    whole = rows._plainly(*passes(-0.5))
    monkeypatch.setattr(rows, "KEPT", 1)
    for one, other in zip(whole, rows._plainly(*passes(-0.5)), strict=True):
        np.testing.assert_array_equal(one.squares, other.squares)
        np.testing.assert_array_equal(one.totals, other.totals)
