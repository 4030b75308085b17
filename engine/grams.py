"""The norms of all products ds_t/ds_k of a state s = [h], with few of the products made.

Across a step m between k and t a product is A_t B_k with A_t = ds_t/ds_m and B_k = ds_m/ds_k, and

    ||A_t B_k||² = tr(A_t^T A_t B_k B_k^T),

so the Frobenius norms of all pairs across m are one product of two tables of Gram matrices: n² multiplications a pair
in place of n³. Short stretches of time are gone through product by product; then each is joined with its neighbour.
Where A_t and B_k nearly cancel, squares have lost twice the digits that a product has: those few pairs are multiplied.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.arrays import Array
from engine.columns import Columns, diagonals
from engine.norms import FROBENIUS, LOG10_2, Found, outside, rescale, safe_squares, scaled_log_norm, squares_of, within

STEPS = 11  # about as many make a stretch: with fewer, Gram matrices cost more than the products they save
TRUSTED = 2.0**-8  # least share of ||A_t||² ||B_k||² that is left to ||A_t B_k||² where Gram matrices are believed
EASY = 2.0**-40, 2.0**40  # squared norms of matrices whose Gram matrices may be multiplied in float32
AT_ONCE = 2**19  # numbers in the products made at once where Gram matrices are not believed


class Grams:
    """Products from the start of a stretch of time to its t, and from its k to its end, each with a power of two.

    after[t-1] is ds_t/ds_a and before[k] the transpose of ds_b/ds_k, of the stretch a < t <= b, a <= k < b.
    """

    def __init__(self, dense_T: Array, seen: Found) -> None:
        """Take the transposed factors, (T, n, n), and where the norms are to be written."""
        self.dense_T, self.seen, (T, n, _) = dense_T, seen, dense_T.shape
        self.after, self.before = np.empty_like(dense_T), np.empty_like(dense_T)
        self.after_powers, self.before_powers = np.zeros(T), np.zeros(T)
        self.safe, self.square = safe_squares(dense_T.dtype), (n, n)

    def find(self) -> None:
        """Write the norms of all pairs t > k."""
        bounds = stretches(len(self.dense_T))
        for start, stop in zip(bounds, bounds[1:], strict=False):
            self._within(start, stop)
        while len(bounds) > 2:
            for i in range(0, len(bounds) - 2, 2):
                self._across(*bounds[i : i + 3])
                if len(bounds) > 3:
                    self._join(*bounds[i : i + 3])
            bounds = bounds[::2]

    def _within(self, start: int, stop: int) -> None:
        """Make all products of one short stretch."""
        n, count = self.square[0], stop - start
        products = np.empty((count * (count + 1) // 2, *self.square), self.dense_T.dtype)
        now = products[:0]
        for j, factor in enumerate(self.dense_T[start:stop]):
            last, at = now, j * (j + 1) // 2
            now = products[at : at + j + 1]
            last.reshape(-1, n).dot(factor, now[:j].reshape(-1, n))
            now[j] = factor
        squares = squares_of(products, FROBENIUS)
        if not within(squares, self.safe):
            self._within_by_columns(start, stop)
            return
        rows, columns = _triangle(count)
        self.seen.squares[0, start + 1 + rows, start + columns] = squares
        self.after[start:stop] = products[np.arange(count).cumsum()].swapaxes(1, 2)
        self.before[start:stop] = now

    def _within_by_columns(self, start: int, stop: int) -> None:
        """Do the same with a power of two beside each product."""
        columns = Columns(self.dense_T[:, None], None, np.arange(start, stop))
        for t in range(start + 1, stop + 1):
            columns.step(t)
            columns.measure(FROBENIUS, self.seen, t, start)
            self.after[t - 1], self.after_powers[t - 1] = columns.now[0][0, 0].T, columns.exponents[0, 0]
        self.before[start:stop], self.before_powers[start:stop] = columns.now[0][:, 0], columns.exponents[:, 0]

    def _across(self, start: int, middle: int, stop: int) -> None:
        """Write the norms of the pairs start <= k < middle < t <= stop."""
        after, after_sizes = _grams(self.after[middle:stop], self.after_powers[middle:stop])
        before, before_sizes = _grams(self.before[start:middle], self.before_powers[start:middle])
        squares = np.matmul(after, before.T)
        powers = self.after_powers[middle:stop, None] + self.before_powers[start:middle]
        at = (0, slice(middle + 1, stop + 1), slice(start, middle))
        doubted = np.argwhere(squares < TRUSTED * after_sizes[:, None] * before_sizes)
        self.seen.squares[at], self.seen.powers[at] = squares, powers
        for first in range(0, len(doubted), many := max(1, AT_ONCE // after.shape[1])):
            self._multiply(*(doubted[first : first + many] + (middle, start)).T)

    def _multiply(self, rows: Array, columns: Array) -> None:
        """Write the norms of some products made in full, of t = rows + 1 and k = columns."""
        products = np.matmul(self.after[rows], self.before[columns].swapaxes(1, 2))
        squares = squares_of(products, FROBENIUS)
        self.seen.squares[0, rows + 1, columns] = squares
        for (i,) in outside(squares, self.safe):
            t, k = int(rows[i]) + 1, int(columns[i])
            self.seen.logs[0, t, k] = scaled_log_norm(products[i], FROBENIUS) + self.seen.powers[0, t, k] * LOG10_2

    def _join(self, start: int, middle: int, stop: int) -> None:
        """Let what began in the middle begin at the start, and what ended there end at the stop."""
        first, second = self.after[middle - 1].copy(), self.after[stop - 1].T.copy()
        powers = self.after_powers[middle - 1], self.after_powers[stop - 1]
        for part, matrix in ((self.after[middle:stop], first), (self.before[start:middle], second)):
            part[...] = np.matmul(part.reshape(-1, self.square[0]), matrix).reshape(part.shape)
        self.after_powers[middle:stop] += powers[0]
        self.before_powers[start:middle] += powers[1]


@lru_cache(maxsize=64)
def stretches(T: int, steps: int = STEPS) -> tuple[int, ...]:
    """Return the bounds, 0 .. T, of a power of two of nearly equal stretches of about so many steps."""
    count = 1 << max(0, round(float(np.log2(max(T, 1) / steps))))
    return tuple(np.linspace(0, T, count + 1).round().astype(int).tolist())


@lru_cache(maxsize=64)
def _triangle(count: int) -> tuple[Array, Array]:
    """Return the rows and columns of a triangle, row by row."""
    return np.tril_indices(count)


def _grams(matrices: Array, powers: Array) -> tuple[Array, Array]:
    """Return X^T X of matrices (L, n, n), (L, n²), and their squared norms; rescale in place what needs it."""
    grams, sizes = _squared(matrices)
    if not within(sizes, EASY):
        for (i,) in outside(sizes, EASY):
            powers[i] += _rescale(matrices[i])
        grams, sizes = _squared(matrices)
    return grams.reshape(len(grams), -1), sizes


def _squared(matrices: Array) -> tuple[Array, Array]:
    turned = np.ascontiguousarray(matrices.swapaxes(1, 2))  # BLAS's way with one array from both sides takes longer
    grams = np.matmul(turned, matrices)
    return grams, diagonals(grams).sum(axis=-1)


def _rescale(matrix: Array) -> int:
    """Scale the largest entry to [1/2, 1) and return the power of two; what is not finite becomes NaN as a whole."""
    if not np.isfinite(matrix).all():
        matrix[...] = np.nan
    return rescale(matrix)
