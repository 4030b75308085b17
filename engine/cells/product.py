"""The products that training spends most of its time in, cut as OpenBLAS likes them.

On processors with AVX-512 it multiplies small matrices as they lie; larger ones it first copies into panels, which for
a W of 1 MB and 32 columns takes a fifth of the time. What counts as small is in its own
kernel/x86_64/sgemm_small_kernel_permit_skylakex.c. On other processors nothing is cut.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.introspect import opt_func_info

from engine.arrays import Array

SMALL = 10**6  # multiplications
ROWS = 16  # a part should have as many: thinner ones are slower than the copy
TILE = 32  # rows that are transposed at once: their lines stay in the first-level cache


def product(W: Array, columns: int) -> Callable[[Array, Array], object]:
    """Return the function (z, out) that writes W z into `out`; W (r, k), z (k, columns), out (r, columns).

    Equal parts of W are a stack, through which one call of `np.matmul` goes. W is read when z comes, if it lies row by
    row: write over it in place and the same function goes on from there.
    """
    rows = part_of(len(W), W.shape[1] * columns)
    if rows == len(W):
        return W.dot  # the method: `np.dot` looks for other array libraries first
    if not W.flags.c_contiguous:
        W = transposed(W.T, np.empty(W.shape, W.dtype))
    parts, end = len(W) // rows, len(W) // rows * rows
    stack, rest = W[:end].reshape(parts, rows, -1), W[end:]

    def by_parts(z: Array, out: Array) -> None:
        np.matmul(stack, z, out[:end].reshape(parts, rows, columns, copy=False))
        if len(rest):
            rest.dot(z, out[end:])

    return by_parts


def part_of(rows: int, each: int) -> int:
    """Return how many of `rows` to multiply at once, with `each` multiplications for one; all where no cut helps."""
    most = SMALL // each
    if rows <= most or most < ROWS or not AS_IT_LIES:
        return rows
    return next((part for part in range(most, most // 2, -1) if rows % part == 0), most // 8 * 8)


def transposed(W: Array, out: Array) -> Array:
    """Write W^T, W (r, k), into `out` (k, r), and return it."""
    for at in range(0, len(W), TILE):
        out[:, at : at + TILE] = W[at : at + TILE].T
    return out


def _has_avx_512() -> bool:
    """Return whether the processor has AVX-512: NumPy tells which version of tanh it takes here, X86_V4 if so."""
    found = opt_func_info(func_name="^tanh$", signature="float32")
    current = [version["current"] for kinds in found.values() for version in kinds.values()]
    return any(name.startswith(("X86_V4", "AVX512")) for name in current)


AS_IT_LIES = _has_avx_512()
