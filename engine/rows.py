"""Adjoints of all losses carried back side by side, one row for each loss, with nothing lost to underflow.

Nearly always plain float64 holds all of a pass, and that is tried first. Where a row leaves what its squares can hold,
the pass is made again with a power of two beside each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np

from engine.arrays import Array, log10
from engine.cells import Factors
from engine.norms import LOG10_2, within

NEAR_ENOUGH = 2.0**-64  # squares of what is as far below that again still fit float64
PLAIN = 2.0**-900, 2.0**900  # squares of rows that need no power of two
Direct = Mapping[int, Array]  # t: what L_t says of the top layer's h_t at once, (n,)


class Itemised(NamedTuple):
    """What is seen of one layer, with powers of two beside the numbers; logs are taken of all at once at the end."""

    squares: Array  # (T+1, T+1)  ||dL_t/dh_k||² of row t, column k
    powers: Array  # (T+1, T+1)  of the norms
    totals: Array  # (T+1, S)  at k = 0..T the untruncated adjoint of s_k by all losses
    total_powers: Array  # (T+1, 1)

    def log_norms(self, first: Array) -> Array:
        """Return log10 ||dL_t/dh_k||, (T+1, T+1), NaN for k before the `first` that L_t reaches."""
        maps = 0.5 * log10(self.squares) + self.powers * LOG10_2
        maps[np.arange(maps.shape[1]) < first[:, None]] = np.nan
        return maps


def carried_back(
    factors: Sequence[Factors], X: Sequence[Array | None], direct: Direct, asked: Set[int]
) -> list[Itemised]:
    """Return what is seen of each layer, from its step Jacobians and those by its input (T, S, n) above the first."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return _plainly(factors, X, direct, asked) or _with_powers(factors, X, direct, asked)


class _Plain:
    """One layer's rows in float64 as they stand: first their sum over all losses, then one for each loss asked for."""

    def __init__(self, factors: Factors, count: int) -> None:
        T, S, self.n = factors.dense.shape
        self.dense = factors.dense.astype(np.float64)
        self.carried = None if factors.carried is None else factors.carried.astype(np.float64)
        self.now, self.spare = np.zeros((2, count, S))
        self.squares, self.totals = np.ones((T + 1, count)), np.zeros((T + 1, S))

    def step_back(self, k: int, count: int) -> None:
        """Go from k + 1 to k: a^T J_{k+1}."""
        n, rows, out = self.n, self.now[:count], self.spare[:count]
        if self.carried is None:
            np.matmul(rows, self.dense[k], out=out)
        else:
            out[:, :n] = rows @ self.dense[k]
            direct, carousel = self.carried[k]
            np.multiply(rows[:, :n], direct, out=out[:, n:])
            out[:, n:] += rows[:, n:] * carousel
        self.now, self.spare = self.spare, self.now

    def note(self, k: int, count: int) -> Array:
        """Keep what is seen at k; return the rows."""
        rows = self.now[:count]
        of_h = rows[:, : self.n]
        self.squares[k, :count] = np.vecdot(of_h, of_h)
        self.totals[k] = rows[0]
        return rows

    def seen(self, shown: Array) -> Itemised:
        """Return it with the rows at the steps of their losses, which come last first."""
        found = _empty(len(self.totals) - 1, self.totals.shape[1])
        mine = np.arange(len(self.totals)) <= shown[:, None]
        found.squares[shown] = np.where(mine, self.squares[:, 1:].T, np.nan)
        found.totals[...] = self.totals
        return found


def _plainly(
    factors: Sequence[Factors], X: Sequence[Array | None], direct: Direct, asked: Set[int]
) -> list[Itemised] | None:
    """Go back in plain numbers; None where they do not do."""
    layers, last, count = [_Plain(f, 1 + len(asked)) for f in factors], max(direct, default=-1), 1
    for k in range(last, -1, -1):
        said, is_shown = direct.get(k), k in asked
        count += is_shown
        below: Array | None = None
        for layer, inputs in zip(reversed(layers), reversed(X), strict=True):
            if k < last:
                layer.step_back(k, count)
            if below is not None:
                layer.now[:count, : layer.n] += below
            elif said is not None and layer is layers[-1]:
                layer.now[[0, count - 1] if is_shown else [0], : layer.n] += said
            rows = layer.note(k, count)
            below = rows @ inputs[k - 1] if k and inputs is not None else None
    if not all(within(layer.squares, PLAIN) for layer in layers):
        return None
    shown = np.array(sorted(asked, reverse=True), int)
    return [layer.seen(shown) for layer in layers]


def _with_powers(
    factors: Sequence[Factors], X: Sequence[Array | None], direct: Direct, asked: Set[int]
) -> list[Itemised]:
    """Go back with a power of two beside each row."""
    T, n = len(factors[0].dense), factors[0].dense.shape[2]
    rows = [Rows(np.zeros((1, f.dense.shape[1])), np.zeros(1, int)) for f in factors]
    seen, shown = [_empty(T, f.dense.shape[1]) for f in factors], np.zeros(0, int)
    for k in range(T, -1, -1):
        if k in asked:
            rows, shown = [_with_new(r) for r in rows], np.append(shown, k)
        below = _stated(direct.get(k), len(shown), bool(len(shown)) and shown[-1] == k)
        for i in reversed(range(len(factors))):
            back = rows[i] if k == T else _step_back(rows[i], factors[i], k)
            rows[i] = back if below is None else _add(back, below)
            _note(seen[i], rows[i], n, k, shown)
            below = _normal(rows[i].values @ inputs[k - 1], rows[i].exponents) if (
                k and (inputs := X[i]) is not None) else None  # fmt: skip
    return seen


def _empty(T: int, S: int) -> Itemised:
    pairs = (T + 1, T + 1)
    return Itemised(np.full(pairs, np.nan), np.zeros(pairs), np.zeros((T + 1, S)), np.zeros((T + 1, 1)))


class Rows(NamedTuple):
    """Adjoints of one step by loss: value * 2^exponent."""

    values: Array  # (rows, width)
    exponents: Array  # (rows,) int


def _note(seen: Itemised, rows: Rows, n: int, k: int, shown: Array) -> None:
    of_h = rows.values[1:, :n]
    seen.squares[shown, k] = np.vecdot(of_h, of_h)
    seen.powers[shown, k] = rows.exponents[1:]
    seen.totals[k], seen.total_powers[k] = rows.values[0], rows.exponents[0]


def _with_new(rows: Rows) -> Rows:
    """Return the rows with an empty one for the loss just met."""
    return Rows(np.concatenate((rows.values, np.zeros((1, rows.values.shape[1])))), np.append(rows.exponents, 0))


def _stated(direct: Array | None, count: int, is_shown: bool) -> Rows | None:
    """Return what the loss of this step says of h at once: to the sum, and to its own row, the last one."""
    if direct is None:
        return None
    values = np.zeros((1 + count, len(direct)))
    values[0] = direct
    if is_shown:
        values[-1] = direct
    return _normal(values, np.zeros(1 + count, int))


def _step_back(rows: Rows, factors: Factors, k: int) -> Rows:
    """Return a^T J_{k+1} for rows of adjoints."""
    by_h = rows.values @ factors.dense[k]
    if factors.carried is None:
        return _normal(by_h, rows.exponents)
    n = by_h.shape[1]
    direct, carousel = factors.carried[k]
    through_c = rows.values[:, :n] * direct + rows.values[:, n:] * carousel
    return _normal(np.concatenate((by_h, through_c), axis=1), rows.exponents)


def _normal(values: Array, exponents: Array) -> Rows:
    """Scale each row so that its largest entry lies in [1/2, 1), unless all are near enough to it already."""
    largest = np.maximum.reduce(np.abs(values), axis=1)
    sizes = largest.tolist()  # mostly two: quicker than NumPy's own least and largest
    if min(sizes) > NEAR_ENOUGH and max(sizes) < 1 / NEAR_ENOUGH:
        return Rows(values, exponents)
    shift = np.where(np.isfinite(largest), np.frexp(largest)[1], 0)
    return Rows(np.ldexp(values, -shift[:, None]), exponents + shift)


def _add(a: Rows, b: Rows) -> Rows:
    """Add rows with different powers of two: the larger one decides, a zero row never does."""
    empty_a, empty_b = (~rows.values.any(axis=1) for rows in (a, b))
    top = np.where(empty_a, b.exponents, np.where(empty_b, a.exponents, np.maximum(a.exponents, b.exponents)))
    values = np.ldexp(a.values, (a.exponents - top)[:, None])
    values[:, : b.values.shape[1]] += np.ldexp(b.values, (b.exponents - top)[:, None])
    return _normal(values, top)
