"""Short stretches with few calls: the same bits as by neighbours, and given up where numbers leave their range."""

from __future__ import annotations

import numpy as np
import pytest

from engine.neighbours import Neighbours
from engine.norms import found
from engine.stretch import plainly
from tests.engine.test_log_norms import SCALES, N, drawn


def made(name, steps, dtype):
    """Return the transposed factors of h and those of c of some steps."""
    factors = drawn(31, 2, SCALES[name], dtype)
    blocks = factors.dense[:steps].reshape(steps, 2, N, N)
    return np.ascontiguousarray(blocks.transpose(0, 1, 3, 2)), factors.carried[:steps]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("steps", [1, 2, 25])
def test_it_gives_the_same_bits_as_neighbours(steps, dtype):
    dense_T, carried = made("level", steps, dtype)
    here, there = found((3, steps + 1, steps + 1)), found((3, steps + 1, steps + 1))
    assert plainly(dense_T, carried, here)
    Neighbours(dense_T, carried, "frobenius", steps).find(there)
    np.testing.assert_array_equal(here.squares, there.squares)
    assert not there.powers.any()


@pytest.mark.parametrize("name", ["vanishing", "exploding"])
def test_what_leaves_the_range_is_left_to_them(name):
    here = found((3, 26, 26))
    with np.errstate(all="ignore"):
        assert not plainly(*made(name, 25, np.float32), here)
    assert np.isnan(here.squares).all()


def test_a_leak_that_nearly_undoes_the_carousel_is_left_to_them():
    dense_T, carried = made("level", 25, np.float64)
    dense_T[1:, 1], dense_T[0, 1], carried[:] = -np.eye(N), 0.0, 1.0  # dc_2/dc_0 = 1 + leak, and the leak is -1
    assert not plainly(dense_T, carried, found((3, 26, 26)))
