"""The maps of [h | c] within a short stretch of time, as long as all its products stay among plain numbers.

The same products as `engine.neighbours`, with the same bits, but all of a stretch at once and with no powers of two:
few calls, which is what counts in a small network.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.columns import believed, diagonals
from engine.norms import FROBENIUS, Found, safe_squares, squares_of, within

MOST = 2**22  # numbers in the products of a stretch: beyond, blocks that stay in the cache are quicker


def plainly(dense_T: Array, carried: Array, found: Found) -> bool:
    """Write the norms of all pairs as `Neighbours.find` does and return True; False where that is needed."""
    L, _, n, _ = dense_T.shape
    if L * L * n * n > MOST:
        return False
    squares = np.ones((3, L + 1, L))
    products = _cell_products(dense_T, carried, squares[0])
    direct = np.ones((L + 1, L, n), dense_T.dtype)
    for t in range(1, L + 1):
        direct[t, :t] = carried[t - 1, 1]
    np.multiply.accumulate(direct, out=direct)
    lines = _leaks(products, carried, squares[2])
    mixed, size = np.vecdot(lines, direct), np.vecdot(direct, direct)
    two = np.tri(L + 1, L, -2, dtype=bool)
    squares[1] = np.where(two, squares[2].astype(size.dtype) + size + 2 * mixed, 1.0)
    if not within(squares, safe_squares(dense_T.dtype)) or not believed(squares[1], squares[2] + size)[two].all():
        return False
    np.copyto(found.squares[0, :, :L], squares[0], where=np.tri(L + 1, L, -1, dtype=bool))
    np.copyto(found.squares[1:, :, :L], squares[1:], where=two)
    return True


def _cell_products(dense_T: Array, carried: Array, squares: Array) -> Array:
    """Return dc_t/dh_k, transposed, (t, k, n, n) for k < t; write the squared norms of dh_t/dh_k."""
    L, _, n, _ = dense_T.shape
    c = np.empty((L + 1, L, n, n), dense_T.dtype)
    h, spare, scratch = np.empty((3, L, n, n), dense_T.dtype)
    factors = np.empty((L, 2, n, n), dense_T.dtype)  # as often as there are rows: whole arrays at once
    factors[...] = carried[:, :, None]
    for t, (matrices, factor) in enumerate(zip(dense_T, factors, strict=True), 1):
        a = t - 1
        by_h, by_c, part = h[:a].reshape(-1, n), c[t - 1, :a], scratch[:a]
        for out, matrix, each in zip((spare[:a], c[t, :a]), matrices, factor, strict=True):
            by_h.dot(matrix, out.reshape(-1, n))
            np.multiply(by_c, each, out=part)
            np.add(out, part, out=out)
        h, spare = spare, h
        h[a], c[t, a] = matrices
        squares[t, :t] = squares_of(h[:t], FROBENIUS)
    return c


def _leaks(products: Array, carried: Array, squares: Array) -> Array:
    """Write the squared norms of what of dc_t/dc_k leaks through h, t > k + 1; return the leaks' diagonals."""
    _, L, n, _ = products.shape
    leak, spare, scratch = np.zeros((3, L + 1, n, n), products.dtype)
    lines = np.zeros((L + 1, L, n), products.dtype)
    factors = np.empty((L, 2, n, n), products.dtype)
    factors[...] = carried[..., None]
    for k in range(L - 2, -1, -1):
        later = slice(k + 2, None)
        now, part = spare[later], scratch[later]
        np.multiply(products[later, k + 1], factors[k, 0], out=now)
        np.multiply(leak[later], factors[k, 1], out=part)
        np.add(part, now, out=now)
        leak, spare = spare, leak
        lines[later, k], squares[later, k] = diagonals(now), squares_of(now, FROBENIUS)
    return lines
