"""Products of the step Jacobians of [h | c] from a step m outwards, on both sides of it: see `engine.crossings`.

Before m products are transposed, so that on both sides rows belong to the outer step and columns to m, and both are
carried outwards alike. The direct path from c to c, a diagonal, is kept apart, so that what leaks is no difference.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arrays import Array
from engine.columns import diagonals
from engine.norms import FROBENIUS, outside, rescale, squares_of, within

EASY = 2.0**-50, 2.0**50  # squares of blocks that may be multiplied in float32
EASY_DIRECT = 2.0**-28, 2.0**28  # the largest of a direct path that may
LEVEL = 2.0**-40, 2.0**40  # largest numbers of the columns of a product that go on as they are
NOTHING = -(2**20)  # power of two of an exact zero: any other counts for more


class Sides(NamedTuple):
    """Products between m and the steps on one side of it, of several sides at once; a value is block 2^power."""

    blocks: Array  # (2, 2, L, sides, n, n)  rows h or c, columns h or c, less the direct path
    direct: Array  # (L, sides, n)  the direct path from c to c
    powers: Array  # (2, 2, L, sides)
    direct_powers: Array  # (L, sides)

    def one(self, side: int, count: int) -> Side:
        """Return what one side of `count` steps brings into inner products."""
        blocks, direct = self.blocks[:, :, :count, side], self.direct[:count, side]
        flat = (count, -1)
        turned = np.ascontiguousarray(blocks.swapaxes(-1, -2))  # BLAS's way with one array from both sides takes longer
        squares, mixed = np.matmul(turned, blocks), np.matmul(turned[:, 1], blocks[:, 0])
        (hh, hc), (ch, leak) = (tuple(g.reshape(flat) for g in row) for row in squares)
        to_h, to_c = (g.reshape(flat) for g in mixed)
        by_ch, by_leak = (direct[..., None] * block for block in blocks[1])
        sizes = np.sqrt(np.stack([diagonals(g).sum(axis=-1) for row in squares for g in row]))
        lines = np.stack((diagonals(squares[1, 1]), direct * direct, direct * diagonals(blocks[1, 1])))
        return Side(
            blocks, direct, self.powers[:, :, :count, side], self.direct_powers[:count, side],
            np.stack((hh, to_h, hc)), ch, np.stack((to_c, by_ch.reshape(flat))),
            np.stack((leak, by_leak.reshape(flat))),
            np.ascontiguousarray(by_leak.swapaxes(1, 2)).reshape(flat), lines, sizes, np.abs(direct).max(axis=-1),
        )  # fmt: skip


class Side(NamedTuple):
    """One side of m: its blocks, and tables (…, L, n²) or (…, L, n) to be multiplied by those of the other side."""

    blocks: Array
    direct: Array
    powers: Array
    direct_powers: Array
    of_h: Array  # hh^T hh, hc^T hh, hc^T hc
    of_ch: Array  # ch^T ch
    with_ch: Array  # leak^T ch, d ch
    of_leak: Array  # leak^T leak, d leak
    leak_T: Array  # (d leak)^T
    lines: Array  # diagonals: of leak^T leak, d², of d leak
    sizes: Array  # (4, L)  norms of hh, hc, ch, leak
    direct_size: Array  # (L,)  largest of d


def sides(matrices: Array) -> Sides:
    """Return the products of matrices (L, sides, 2n, 2n) from the first to each, (later) ... (first)."""
    blocks, direct, powers = _carry(matrices, rescaling=False)
    found = _in_blocks(blocks, direct, powers)
    squares = squares_of(found.blocks, FROBENIUS)
    squares[1, 1, 0] = 1.0  # one step leaks nothing
    largest = np.abs(direct).max(axis=-1)
    if within(squares, EASY) and within(largest, EASY_DIRECT):
        found.powers[1, 1, 0] = NOTHING
        return found
    return _rescaled(_in_blocks(*_carry(matrices, rescaling=True)))


def _carry(matrices: Array, rescaling: bool) -> tuple[Array, Array, Array]:
    """Return the products less the direct path (L, sides, 2n, 2n), that (L, sides, n), and powers (L, sides, 2)."""
    n = matrices.shape[-1] // 2
    products, factors = np.empty_like(matrices), diagonals(matrices)[..., n:]
    direct, powers = factors.copy(), np.zeros((*matrices.shape[:2], 2), int)
    products[0] = matrices[0]
    diagonals(products[0])[..., n:] = 0.0
    for at, (matrix, factor) in enumerate(zip(matrices[1:], factors[1:], strict=True), 1):
        now, before = products[at], direct[at - 1]
        np.matmul(matrix, products[at - 1], out=now)
        now[:, :n, n:] += matrix[:, :n, n:] * before[:, None]
        np.multiply(before, factor, out=direct[at])
        if rescaling:
            powers[at] = powers[at - 1] + _level(now, direct[at])
    return products, direct, powers


def _level(products: Array, direct: Array) -> Array:
    """Scale the columns by h and by c where they need it; return the powers of two, (sides, 2)."""
    n = direct.shape[-1]
    shifts = np.zeros((len(products), 2), int)
    for side, product in enumerate(products):
        for g, columns in enumerate((product[:, :n], product[:, n:])):
            parts = [columns, direct[side]] if g else [columns]
            largest = max(float(np.abs(part).max()) for part in parts)
            if not LEVEL[0] < largest < LEVEL[1]:
                shifts[side, g] = rescale(*parts)
    return shifts


def _in_blocks(products: Array, direct: Array, powers: Array) -> Sides:
    L, many, S, _ = products.shape
    blocks = products.reshape(L, many, 2, S // 2, 2, S // 2).transpose(2, 4, 0, 1, 3, 5)
    each = np.empty((2, 2, L, many), int)
    each[...] = powers.transpose(2, 0, 1)
    return Sides(np.ascontiguousarray(blocks), direct, each, powers[..., 1].copy())


def _rescaled(found: Sides) -> Sides:
    """Scale every block that may not be multiplied as it is; mark exact zeros."""
    squares = squares_of(found.blocks, FROBENIUS)
    for at in map(tuple, outside(squares, EASY)):
        found.powers[at] = _rescale(found.blocks[at], int(found.powers[at]))
    largest = np.abs(found.direct).max(axis=-1)
    for at in map(tuple, outside(largest, EASY_DIRECT)):
        found.direct_powers[at] = _rescale(found.direct[at], int(found.direct_powers[at]))
    return found


def _rescale(part: Array, power: int) -> int:
    return power + rescale(part) if part.any() else NOTHING
