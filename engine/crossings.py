"""The norms of the products of [h | c] across a step m, k < m < t, by Gram matrices: see `engine.grams` for [h] alone.

Past m the way goes through h_m or through c_m, and from c_m to c_t directly or by some leak through h. With the blocks
hh, hc, ch, leak and the diagonal d of ds_t/ds_m, and those of ds_m/ds_k with a dash,

    dh_t/dh_k = hh hh' + hc ch'
    dc_t/dc_k = ch hc' + leak leak' + leak d' + d leak' + d d',  and all but d d' leaks through h.

The squared norm of such a sum is the sum over pairs of terms of f_i f_j <u_i, u_j>, f the powers of two of the terms;
<u_i, u_j> takes n² multiplications of what is known of each side alone. No term is the difference of larger numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arrays import Array
from engine.columns import diagonals
from engine.norms import FROBENIUS, LOG10_2, Found, outside, safe_squares, scaled_log_norm, squares_of
from engine.outwards import Side

TRUSTED = 2.0**-10  # least share of (sum of |u_i|)² that is left to the square of the sum where it is believed
AT_ONCE = 64  # pairs whose products are made in full at once


def cross(after: Side, before: Side, seen: Found, middle: int, start: int) -> None:
    """Write the norms of all maps for t > middle, (len(after)), and start <= k < middle, whose steps go back from m."""
    pair = Pair(after, before)
    rows = np.arange(middle + 1, middle + 1 + len(after.direct))
    columns = np.arange(middle - 1, start - 1, -1)
    at = np.ix_(rows, columns)
    for shown, sums in enumerate((pair.of_h(), pair.of_c(5), pair.of_c(4))):
        seen.squares[shown][at], seen.powers[shown][at] = sums.squares, sums.powers
        doubted = np.argwhere(sums.squares < TRUSTED * sums.bound)
        for first in range(0, len(doubted), AT_ONCE):
            i, j = doubted[first : first + AT_ONCE].T
            matrices = pair.in_full(shown, i, j, sums.factors[:, i, j])
            squares = squares_of(matrices, FROBENIUS)
            seen.squares[shown, rows[i], columns[j]] = squares
            for (one,) in outside(squares, safe_squares(squares.dtype)):
                power = sums.powers[i[one], j[one]] * LOG10_2
                seen.logs[shown, int(rows[i[one]]), int(columns[j[one]])] = (
                    scaled_log_norm(matrices[one], FROBENIUS) + power
                )


class Sums(NamedTuple):
    """Squared norms of sums of terms, times 2^-2 powers, and what they cannot exceed; (…, rows, columns)."""

    squares: Array
    powers: Array
    bound: Array
    factors: Array  # (terms, rows, columns)


class Pair:
    """Both sides of a step m, and all inner products of the terms that lead past it."""

    def __init__(self, after: Side, before: Side) -> None:
        """Multiply all tables of one side by those of the other."""
        self.after, self.before = after, before
        hh, mixed, hc = np.matmul(after.of_h, before.of_h.swapaxes(1, 2))
        self.h_inner = np.array([[hh, mixed], [mixed, hc]], float)
        ch = after.of_ch @ before.of_ch.T
        a, b = after.with_ch[:, None], before.with_ch[None].swapaxes(-1, -2)
        (ch_leak, ch_by_d), (d_ch, ch_direct) = np.matmul(a, b)
        leaks = np.concatenate((before.of_leak, before.leak_T[None]))[None].swapaxes(-1, -2)
        (leak, leak_by_d, _), (d_leak, leak_direct, both) = np.matmul(after.of_leak[:, None], leaks)
        (_, by_d, _), (d_by, direct, d_twice), (_, twice_d, _) = np.matmul(
            after.lines[:, None], before.lines[None].swapaxes(-1, -2)
        )
        self.c_inner = np.array([
            [ch, ch_leak, ch_by_d, d_ch, ch_direct],
            [ch_leak, leak, leak_by_d, d_leak, leak_direct],
            [ch_by_d, leak_by_d, by_d, both, twice_d],
            [d_ch, d_leak, both, d_by, d_twice],
            [ch_direct, leak_direct, twice_d, d_twice, direct],
        ], float)  # fmt: skip

    def of_h(self) -> Sums:
        """Return dh_t/dh_k = hh hh' + hc ch'."""
        one, other = self.after, self.before
        powers = one.powers[0][..., None] + other.powers[0][:, None]
        bounds = one.sizes[:2, :, None] * other.sizes[:2, None]
        return _summed(self.h_inner, powers, bounds)

    def of_c(self, terms: int) -> Sums:
        """Return dc_t/dc_k, or with 4 terms what of it leaks."""
        one, other = self.after, self.before
        (ch, leak), d = one.powers[1][..., None], one.direct_powers[:, None]
        (ch_, leak_), d_ = other.powers[1], other.direct_powers
        powers = np.stack((ch + ch_, leak + leak_, leak + d_, d + leak_, d + d_))
        sizes, most = one.sizes[2:, :, None], one.direct_size[:, None]
        sizes_, most_ = other.sizes[2:, None], other.direct_size
        bounds = np.stack((sizes[0] * sizes_[0], sizes[1] * sizes_[1], sizes[1] * most_, most * sizes_[1],
                           np.sqrt(self.c_inner[4, 4])))  # fmt: skip
        return _summed(self.c_inner[:terms, :terms], powers[:terms], bounds[:terms])

    def in_full(self, shown: int, i: Array, j: Array, factors: Array) -> Array:
        """Return some sums themselves, (pairs, n, n), for rows i and columns j."""
        one, other = self.after.blocks[min(shown, 1)][:, i], self.before.blocks[min(shown, 1)][:, j].swapaxes(-1, -2)
        f = factors[..., None, None]
        found = f[0] * np.matmul(one[0], other[0]) + f[1] * np.matmul(one[1], other[1])
        if shown:
            d, d_ = self.after.direct[i], self.before.direct[j]
            found += f[2] * (one[1] * d_[:, None]) + f[3] * (d[..., None] * other[1])
            if shown == 1:
                diagonals(found)[...] += factors[4][:, None] * (d * d_)
        return np.asarray(found)


def _summed(inner: Array, powers: Array, bounds: Array) -> Sums:
    top = powers.max(axis=0)
    factors = np.ldexp(1.0, powers - top)
    one = factors.min() == 1.0  # as nearly always in small networks
    squares = (inner if one else factors[:, None] * inner * factors).sum(axis=(0, 1))
    squares[~np.isfinite(squares)] = np.nan
    return Sums(squares, top, (factors * bounds).sum(axis=0) ** 2, factors)
