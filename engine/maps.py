"""The log norms of dh_t/dh_k and dc_t/dc_k for all pairs (t, k), never underflowing.

O(T^2 n^3) flops in all, O(T n^2) memory. Columns k go by blocks that stay in a core's cache for all t.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arrays import Array
from engine.cells import Factors
from engine.columns import Columns
from engine.crossings import cross
from engine.grams import Grams, stretches
from engine.neighbours import Neighbours
from engine.norms import FROBENIUS, Found, diagonal_log_norms, found
from engine.outwards import sides
from engine.stretch import plainly

FULL_GRID = 200  # longest T whose maps show every pair
COARSE_COLUMNS, COARSE_ROWS = 51, 101
STEPS = 22  # about as many of an LSTM make a stretch that is gone through by neighbours
MOST = 2**23  # numbers in all step Jacobians; what is quicker up to here keeps some arrays as large
AT_ONCE = 2**19  # numbers of one array of products carried at once: 2 MB in float32


class Grid(NamedTuple):
    """Which t and k a map shows."""

    t_steps: Array  # (rows,) int
    k_steps: Array  # (columns,) int


def grid_for(T: int) -> Grid:
    """Return every step for T up to 200, else evenly spread ones: both ends always."""
    if T <= FULL_GRID:
        return Grid(np.arange(T + 1), np.arange(T + 1))
    rows, columns = (np.unique(np.linspace(0, T, c).round().astype(int)) for c in (COARSE_ROWS, COARSE_COLUMNS))
    return Grid(np.union1d(rows, columns), columns)


def log_norm_maps(
    factors: Factors, n: int, k_steps: Array, norm: str = "frobenius", length: int | None = None
) -> Array:
    """Return log10 of the norms of blocks of ds_t/ds_k for all pairs, (maps, T+1, len(k_steps)); k_steps ascend.

    Map 0 is dh_t/dh_k (c_k held fixed); where there is a c, map 1 is dc_t/dc_k (h_k held fixed) and map 2 what of it
    leaks through h: dc_t/dc_k less the carousel prod diag(f). NaN for t < k and beyond `length`.
    """
    T, end = len(factors.dense), len(factors.dense) if length is None else length
    blocks = factors.dense.reshape(T, -1, n, n)
    dense_T = np.ascontiguousarray(blocks.transpose(0, 1, 3, 2))  # (T, G, n, n): BLAS likes it a third better
    seen = found((2 * dense_T.shape[1] - 1, T + 1, len(k_steps)))
    with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
        quick = norm == FROBENIUS and T * factors.dense.shape[1] ** 2 <= MOST
        if len(k_steps) <= T:
            _by_columns(seen, dense_T, factors.carried, k_steps, norm, end)
        elif quick and factors.carried is None:
            Grams(dense_T[:, 0], seen).find()
        elif quick:
            _by_crossings(seen, dense_T, factors)
        elif factors.carried is not None:
            Neighbours(dense_T, factors.carried, norm, end).find(seen)
        else:
            _by_columns(seen, dense_T, None, k_steps, norm, end)
        maps = seen.log_norms()
        maps[:, end + 1 :] = np.nan
        if factors.carried is not None and len(k_steps) > T:
            t = np.arange(1, end + 1)
            maps[1, t, t - 1] = diagonal_log_norms(factors.carried[:end, 1], norm)  # one step long
    columns = np.flatnonzero(k_steps <= end)
    rows = k_steps[columns]
    maps[:2, rows, columns] = 0.5 * np.log10(n) if norm == FROBENIUS else 0.0
    maps[2:, rows, columns] = maps[2:, np.minimum(rows + 1, end), columns] = -np.inf
    return maps


def _by_columns(seen: Found, dense_T: Array, carried: Array | None, k_steps: Array, norm: str, end: int) -> None:
    """Carry the products of every shown k forward on their own, some k at once."""
    many = max(1, AT_ONCE // dense_T[0].size)
    for first in range(0, len(k_steps), many):
        columns = Columns(dense_T, carried, k_steps[first : first + many])
        for t in range(columns.k_steps[0] + 1, end + 1):
            columns.step(t)
            columns.measure(norm, seen, t, first)


def _by_crossings(seen: Found, dense_T: Array, factors: Factors) -> None:
    """Go through short stretches of time by neighbours, and from one to another by what is known of each side."""
    bounds, carried = stretches(len(dense_T), STEPS), factors.carried
    assert carried is not None
    for start, stop in zip(bounds, bounds[1:], strict=False):
        at = slice(start, stop + 1)
        part = Found(seen.squares[:, at, at], seen.powers[:, at, at], {})
        inside = slice(start, stop)
        if plainly(dense_T[inside], carried[inside], part):
            continue
        Neighbours(dense_T[inside], carried[inside], FROBENIUS, stop - start).find(part)
        seen.logs.update({(shown, t + start, k + start): log for (shown, t, k), log in part.logs.items()})
    full, full_T = factors.full(), _transposed(dense_T, carried)
    while len(bounds) > 2:
        _across(bounds, full, full_T, seen)
        bounds = bounds[::2]


def _transposed(dense_T: Array, carried: Array) -> Array:
    """Return the transposes of ds_t/ds_{t-1}, (T, S, S), from the transposed factors of h."""
    T, _, n, _ = dense_T.shape
    full, units = np.zeros((T, 2 * n, 2 * n), dense_T.dtype), np.arange(n)
    for g in range(2):
        full[:, :n, g * n : (g + 1) * n] = dense_T[:, g]
        full[:, n + units, g * n + units] = carried[:, g]
    return full


def _across(bounds: tuple[int, ...], full: Array, full_T: Array, seen: Found) -> None:
    """Write the norms of the pairs on both sides of every other bound, and between its neighbours."""
    cuts = list(zip(bounds[::2], bounds[1::2], bounds[2::2], strict=False))
    matrices = np.empty((int(np.diff(bounds).max()), 2 * len(cuts), *full.shape[1:]), full.dtype)
    for i, (start, middle, stop) in enumerate(cuts):
        for side, outwards in ((2 * i, full[middle:stop]), (2 * i + 1, full_T[start:middle][::-1])):
            matrices[: len(outwards), side] = outwards
            matrices[len(outwards) :, side] = outwards[-1]  # to be as long as the others; not looked at
    found = sides(matrices)
    for i, (start, middle, stop) in enumerate(cuts):
        cross(found.one(2 * i, stop - middle), found.one(2 * i + 1, middle - start), seen, middle, start)
