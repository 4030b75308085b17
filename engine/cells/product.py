"""The products that training spends most of its time in, cut as OpenBLAS likes them.

On processors with AVX-512 it multiplies small matrices as they lie; larger ones it first copies into panels, which for
a W of 1 MB and 32 columns takes a fifth of the time. What counts as small is in its own
kernel/x86_64/sgemm_small_kernel_permit_skylakex.c.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.arrays import Array

UNPACKED = 10**6  # multiplications
UNPACKED_OUTER = 1200  # numbers in a result whose sum runs along the rows of both factors
ROWS = 8  # parts have a multiple of these


def product(W: Array, columns: int) -> Callable[[Array, Array], object]:
    """Return the function (z, out) that writes W z into `out`; W (r, k), z (k, columns), out (r, columns)."""
    most = UNPACKED // (W.shape[1] * columns)
    if len(W) <= most or most < 2 * ROWS:  # thinner parts are slower than the copy
        return W.dot  # the method: `np.dot` looks for other array libraries first
    rows = most // ROWS * ROWS
    parts = [(at, at + rows, np.ascontiguousarray(W[at : at + rows]).dot) for at in range(0, len(W), rows)]

    def by_parts(z: Array, out: Array) -> None:
        for first, last, part_times in parts:
            part_times(z, out[first:last])

    return by_parts


def outer(deltas: Array, blocks: Array, out: Array) -> None:
    """Write deltas blocks^T, (r, s) (k, s)^T, into `out`, (r, k)."""
    k, s = blocks.shape
    rows = min(UNPACKED // (k * s), UNPACKED_OUTER // k) // ROWS * ROWS or len(deltas)
    for at in range(0, len(deltas), rows):
        deltas[at : at + rows].dot(blocks.T, out[at : at + rows])
