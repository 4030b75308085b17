"""Products of step Jacobians with the states of some steps k, carried forward in time side by side.

All products lie side by side, transposed, so that one step is one matrix product of J_t with all of them. c is carried
unit by unit: its columns of J_t cost a multiplication, not a product. Each column block keeps a power of two beside it,
so 400 small factors give -528 and not -inf, and rescaling is exact.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.norms import LOG10_2, Found, outside, rescale, safe_squares, scaled_log_norm, squares_of, within

TRUSTED = 2.0**-6  # least share of the squares of two parts that is left to that of their sum where it is believed


class Columns:
    """All products ds_t/ds_k of some k below the present t.

    now[g][k, g', j, i] is d(block g, unit i)/d(block g', unit j): an array for each output block, so that a shown block
    lies in one piece. The cc block is held in two: direct[k], the carousel prod f, and in now[1][k, 1] what leaks
    through h, so that neither is ever the difference of larger numbers. exponents[k, g'] is the power of two of both
    arrays' blocks [k, g'], and for g' = c of direct[k].
    """

    def __init__(self, dense_T: Array, carried: Array | None, k_steps: Array) -> None:
        """Take the transposed factors of h, (T, G, n, n), those of c, (T, 2, n), and ascending k."""
        self.dense_T, self.carried = dense_T, carried
        self.k_steps, self.active = k_steps.tolist(), 0
        _, self.G, self.n, _ = dense_T.shape
        shape, dtype = (len(k_steps), self.G, self.n, self.n), dense_T.dtype
        self.now, self.spare = ([np.empty(shape, dtype) for _ in range(self.G)] for _ in range(2))
        self.direct = np.ones((len(k_steps), self.n), dtype)
        self.exponents = np.zeros((len(k_steps), self.G))
        self.safe = safe_squares(dtype)

    def step(self, t: int) -> None:
        """Multiply by J_t; the k that t - 1 just reached starts as J_t itself."""
        a, n = self.active, self.n
        by_h = self.now[0][:a].reshape(-1, n)
        for g, out in enumerate(self.spare):
            np.matmul(by_h, self.dense_T[t - 1, g], out=out[:a].reshape(-1, n))
        if self.carried is not None:
            self._carry(*self.carried[t - 1])
        self.now[0], self.spare[0] = self.spare[0], self.now[0]
        if a < len(self.k_steps) and self.k_steps[a] == t - 1:
            self._start(a, t)
            self.active += 1
        if self.carried is not None:
            np.multiply(self.direct[: self.active], self.carried[t - 1, 1], out=self.direct[: self.active])

    def _carry(self, to_h: Array, to_c: Array) -> None:
        """Add what c hands on unit by unit, c itself in place; the old h is scratch by now."""
        a = self.active
        c, (h, through_h), scratch = self.now[1][:a], (array[:a] for array in self.spare), self.now[0][:a]
        np.multiply(c, to_h, out=scratch)
        np.add(h, scratch, out=h)
        diagonals(h[:, 1])[...] += self.direct[:a] * to_h
        np.multiply(c, to_c, out=c)
        np.add(c, through_h, out=c)

    def _start(self, column: int, t: int) -> None:
        for g, array in enumerate(self.now):
            array[column, 0] = self.dense_T[t - 1, g]
            if self.carried is not None:
                array[column, 1] = 0.0
        if self.carried is not None:
            diagonals(self.now[0][column, 1])[:] = self.carried[t - 1, 0]

    def measure(self, norm: str, found: Found, t: int, first: int) -> None:
        """Write the norms of the shown blocks of every active k from column `first` on; rescale what needs it."""
        a = self.active
        at = slice(first, first + a)
        squares = found.squares[:, t, at]
        found.powers[0, t, at], found.powers[1:, t, at] = self.exponents[:a, 0], self.exponents[:a, -1]
        squares[0] = squares_of(self.now[0][:a, 0], norm)
        if self.carried is not None:
            leak = self.now[1][:a, 1]
            squares[2] = alone = squares_of(leak, norm)
            if self.k_steps[a - 1] == t - 1:
                squares[2, -1] = 1.0  # one step long there is no way round: an exact zero, written at the end
            squares[1] = squares_with(leak, self.direct[:a], norm, alone)
        if not within(squares, self.safe):
            self._mend(squares, norm, found, (t, first))

    def _mend(self, squares: Array, norm: str, found: Found, at: tuple[int, int]) -> None:
        """Write the log norms that squares cannot hold, and rescale the products they are of."""
        t, first = at
        for shown, column in outside(squares, self.safe):
            matrix = self.now[min(shown, 1)][column, min(shown, 1)]
            if shown == 1:
                matrix = matrix + np.diag(self.direct[column])
            power = found.powers[shown, t, first + column] * LOG10_2
            found.logs[shown, t, first + column] = scaled_log_norm(matrix, norm) + power
        for shown, column in outside(squares[:2], self.safe):
            self._rescale(column, shown)

    def _rescale(self, column: int, g: int) -> None:
        parts = [array[column, g] for array in self.now] + ([self.direct[column]] if g else [])
        self.exponents[column, g] += rescale(*parts)


def diagonals(matrices: Array) -> Array:
    """Return a view of the diagonals of matrices (..., n, n), each in one piece: (..., n)."""
    n = matrices.shape[-1]
    return matrices.reshape(*matrices.shape[:-2], n * n)[..., :: n + 1]


def squares_with(leak: Array, direct: Array, norm: str, alone: Array) -> Array:
    """Return the squared norms of leak + diag(direct), by those of the leaks `alone` where the two do not cancel."""
    lines, size = diagonals(leak).copy(), np.vecdot(direct, direct)
    total = alone + size + 2 * np.vecdot(lines, direct)
    doubted = ~believed(total, alone + size) if norm == "frobenius" else np.ones(total.shape, bool)
    for at in map(tuple, np.argwhere(doubted)):
        total[at] = squares_of(leak[at] + np.diag(direct[at]), norm)
    return np.asarray(total)


def believed(total: Array, parts: Array) -> Array:
    """Return whether the square of a sum keeps enough of those of its parts."""
    return np.asarray(total >= TRUSTED * parts)
