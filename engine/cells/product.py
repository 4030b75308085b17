"""W z again and again for one W: the product that a time loop spends most of its time in, cut as BLAS likes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from engine.arrays import Array

# Up to so many multiplications OpenBLAS reads matrices as they lie (on processors with AVX-512); larger ones it first
# copies into panels, which for a W of 1 MB and 32 columns takes a fifth of the time.
UNPACKED = 10**6
FEWEST_ROWS = 48  # of a part: with so many columns that fewer would fit, the copy pays


def product(W: Array, columns: int) -> Callable[[Array, Array], object]:
    """Return the function (z, out) that writes W z into `out`; W (r, k), z (k, columns), out (r, columns)."""
    most = UNPACKED // (W.shape[1] * columns)
    if len(W) <= most or most < FEWEST_ROWS:
        return partial(np.dot, W)
    rows = -(-len(W) // -(-len(W) // most))
    parts = [(at, at + rows, np.ascontiguousarray(W[at : at + rows])) for at in range(0, len(W), rows)]

    def by_parts(z: Array, out: Array) -> None:
        for first, last, part in parts:
            np.dot(part, z, out[first:last])

    return by_parts
