"""The maps of [h | c] over all pairs, with only the products with h_k carried by matrix products.

What s_t owes to c_k needs none: c_k acts on s_{k+1} unit by unit, so with the diagonals p, f of dh_{k+1}/dc_k and
dc_{k+1}/dc_k

    ds_t/dc_k = ds_t/dh_{k+1} diag(p) + ds_t/dc_{k+1} diag(f)

and every k has it from its neighbour k + 1. That halves the flops; it needs all k, so a coarse grid cannot have it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.columns import squares_with
from engine.norms import (
    LOG10_2,
    Found,
    exponent_of,
    outside,
    rescale,
    safe_squares,
    scaled_log_norm,
    squares_of,
    within,
)

COLUMNS, BLOCK = 2**16, 2**18  # numbers in one array of products carried at once, and of those looked at together


class Neighbours:
    """Blocks of columns k from the last to the first; what s_t owes c_k is handed on from block to block.

    A block holds the k from `first` on. h[j] and, for some t at once, c[s, j] are the products of h_t and c_t with h_k,
    k = first + j, transposed, times 2^-powers[j]. leak[j, s] and direct[j] belong to the neighbour below, k = first + j
    - 1: dc_t/dc_k = leak + diag(direct), times 2^-cell_powers[j]; neither is ever the difference of larger numbers.
    """

    def __init__(self, dense_T: Array, carried: Array, norm: str, end: int) -> None:
        """Take the transposed factors of h, (T, 2, n, n), those of c, (T, 2, n), and the last t."""
        T, _, n, _ = dense_T.shape
        self.dense_T, self.carried, self.norm, self.end, self.n = dense_T, carried, norm, end, n
        self.width = max(1, min(T, COLUMNS // n**2))
        self.depth = max(1, min(T, BLOCK // n**2 // self.width))
        width, depth, square = self.width, self.depth, (n, n)
        self.safe = safe_squares(dense_T.dtype)
        self.above_powers = np.zeros(T + 1)
        self.powers_then = np.zeros((depth, width))  # as they were at each t
        shapes = (
            (width, *square),
            (width, *square),
            (depth + 1, width, *square),  # c[0]: as the block of times before left it
            (width, depth, *square),
            (depth, *square),
            (2, *square),  # of this t, as often as there are rows: whole arrays at once
            (2, width, *square),  # what c_k hands on to h and c, k = first + j - 1
            (T + 1, *square),  # the leak of k = first + width - 1, by t
        )
        arrays = carved(shapes, dense_T.dtype)
        self.h, self.spare, self.c, self.leak, self.part, self.factors, self.neighbours, self.above = arrays
        self.above[...] = 0.0
        self.scratch = self.leak.reshape(-1, *square)[:width]  # free while products are carried

    def find(self, found: Found) -> None:
        """Write the norms of all pairs, but dc_t/dc_k only where t > k + 1."""
        for first in reversed(range(0, self.end, self.width)):
            self._begin(first)
            for t in range(first + 1, self.end + 1, self.depth):
                times = range(t, min(t + self.depth, self.end + 1))
                for slot, at in enumerate(times):
                    self._step(slot, at, found)
                self.c[0] = self.c[len(times)]
                self._look(times, found)

    def _begin(self, first: int) -> None:
        self.first = first
        self.c[...] = 0.0
        self.powers, self.cell_powers = np.zeros(self.width), np.zeros(self.width)
        self.direct = np.ones((self.width, self.n), self.c.dtype)
        self.lowest = 0 if first else 1  # there is no k below 0
        if first:
            self.direct[0] = self.carried[first - 1, 1]
        below = self.carried[max(first - 1, 0) : first + self.width - 1].swapaxes(0, 1)[..., None]
        self.neighbours[:, self.lowest : self.lowest + below.shape[1]] = below

    def _step(self, slot: int, t: int, found: Found) -> None:
        """Multiply the products with h_k by J_t and measure dh_t/dh_k."""
        n, a = self.n, min(self.width, t - 1 - self.first)
        self.factors[...] = self.carried[t - 1, :, None]
        h, new_h, scratch = self.h[:a], self.spare[:a], self.scratch[:a]
        c, new_c = self.c[slot, :a], self.c[slot + 1, :a]
        for out, matrix, factor in zip((new_h, new_c), self.dense_T[t - 1], self.factors, strict=True):
            np.matmul(h.reshape(-1, n), matrix, out=out.reshape(-1, n))
            np.multiply(c, factor, out=scratch)
            np.add(out, scratch, out=out)
        self.h, self.spare = self.spare, self.h
        if a < self.width:
            self.h[a], self.c[slot + 1, a] = self.dense_T[t - 1]
            a += 1
        at = slice(self.first, self.first + a)
        squares = squares_of(self.h[:a], self.norm)
        found.squares[0, t, at], found.powers[0, t, at] = squares, self.powers[:a]
        if not within(squares, self.safe):
            for (column,) in outside(squares, self.safe):
                power = self.powers[column] * LOG10_2
                found.logs[0, t, self.first + column] = scaled_log_norm(self.h[column], self.norm) + power
                self.powers[column] += rescale(self.h[column], self.c[slot + 1, column])
        self.powers_then[slot] = self.powers

    def _look(self, times: range, found: Found) -> None:
        """Measure dc_t/dc_k of the neighbours below for some t at once; one by one where they leave the safe range."""
        direct = self.direct.copy()
        if within(self._measured(times, found), self.safe):
            return
        self.direct = direct
        for slot, t in enumerate(times):
            self._mend(self._measured(range(t, t + 1), found, slot)[:, 0], t, slot, found)

    def _measured(self, times: range, found: Found, slot: int = 0) -> Array:
        """Return the squared norms of dc_t/dc_k and its leak, (2, times, columns); 1 where there is none."""
        now, most = slice(slot, slot + len(times)), min(self.width, times[-1] - self.first)
        columns = slice(self.lowest, most)
        direct = self._direct(times)
        squares = np.ones((2, len(times), max(1, most - self.lowest)), self.leak.dtype)
        if most <= self.lowest:
            return squares
        self._leak(now, times, most)
        leak = self.leak[columns, now]
        alone = squares_of(leak, self.norm)
        squares[1], squares[0] = alone.T, squares_with(leak, direct[columns], self.norm, alone).T
        span = slice(times.start, times.stop)
        self.above[span], self.above_powers[span] = self.leak[0, now], self.cell_powers[0]
        for row, t in enumerate(times):
            there = max(0, min(self.width, t - self.first) - self.lowest)
            squares[:, row, there:] = 1.0
            at = slice(self.first + self.lowest - 1, self.first + self.lowest - 1 + there)
            found.squares[1:, t, at] = squares[:, row, :there]
            found.powers[1:, t, at] = self.cell_powers[columns][:there]
        return squares

    def _direct(self, times: range) -> Array:
        """Carry the direct paths on through some t and return them, (columns, times, n)."""
        paths = np.ones((1 + len(times), *self.direct.shape), self.direct.dtype)
        paths[0] = self.direct
        for row, t in enumerate(times, 1):
            paths[row, : t - self.first + 1] = self.carried[t - 1, 1]
        np.multiply.accumulate(paths, out=paths)
        self.direct = paths[-1].copy()
        return paths[1:].swapaxes(0, 1)

    def _leak(self, now: slice, times: range, most: int) -> None:
        """Fill the leaks of the first `most` columns from those of their neighbours above."""
        lowest, part, leak = self.lowest, self.part[now], list(self.leak[:, now])
        to_h, to_c = self._factors(now, times, most)
        c = self.c[now.start + 1 : now.stop + 1, lowest:most]
        np.multiply(c.swapaxes(0, 1), to_h, out=self.leak[lowest:most, now])
        by_column = list(to_c)
        neighbour = self.above[times.start : times.stop]
        youngest = {t - self.first - 1: row for row, t in enumerate(times)}  # the neighbour of k = t - 2 owes c nothing
        for j in range(most - 1, lowest - 1, -1):
            if j in youngest:
                neighbour[youngest[j]] = 0.0
            np.multiply(neighbour, by_column[j - lowest], out=part)
            neighbour = leak[j]
            np.add(neighbour, part, out=neighbour)

    def _factors(self, now: slice, times: range, most: int) -> tuple[Array, Array]:
        """Return what c hands on to h and to c, with powers of two where columns have different ones."""
        lowest, span = self.lowest, slice(times.start, times.stop)
        to_h, to_c = self.neighbours[:, lowest:most, None]
        powers, own = self.powers_then[now, lowest:most], self.cell_powers[lowest:most]
        if not (powers.any() or own.any() or self.above_powers[span].any()):
            return to_h, to_c
        others = np.tile(np.append(own[1:], 0.0), (len(times), 1))
        others[:, -1] = self.above_powers[span]
        to_h, to_c = (np.ldexp(f[..., :1], self._shift((p - own).T)) for f, p in ((to_h, powers), (to_c, others)))
        return to_h, to_c

    def _shift(self, powers: Array) -> Array:
        """Return powers of two as finite factors take them; what would be beyond belongs to an exact zero."""
        return np.minimum(powers, np.finfo(self.leak.dtype).maxexp - 1)[..., None, None].astype(int)

    def _mend(self, squares: Array, t: int, slot: int, found: Found) -> None:
        """Write the log norms that squares cannot hold, and give those columns another power of two."""
        for shown, column in outside(squares, self.safe):
            j = column + self.lowest
            matrix = self.leak[j, slot] + (0.0 if shown else np.diag(self.direct[j]))
            power = self.cell_powers[j] * LOG10_2
            found.logs[1 + shown, t, self.first + j - 1] = scaled_log_norm(matrix, self.norm) + power
        for (column,) in outside(squares[0], self.safe):
            j = column + self.lowest
            exponent = exponent_of(max(float(np.abs(part).max()) for part in (self.leak[j, slot], self.direct[j])))
            np.ldexp(self.direct[j], -exponent, out=self.direct[j])
            self.cell_powers[j] += exponent


def carved(shapes: Iterable[tuple[int, ...]], dtype: np.dtype[Any]) -> list[Array]:
    """Return empty arrays out of one piece of memory: a large one is kept by the C library, many are given back."""
    wanted = list(shapes)
    whole, ends = np.empty(sum(map(prod, wanted)), dtype), list(accumulate(map(prod, wanted)))
    return [whole[end - prod(shape) : end].reshape(shape) for shape, end in zip(wanted, ends, strict=True)]
