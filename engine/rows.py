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
KEPT = 2**17  # numbers in the rows that are looked at together
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
    """One layer's rows in float64 as they stand: first their sum over all losses, then one for each loss asked for.

    The rows of some steps are kept, the newest last, to be looked at together.
    """

    def __init__(self, factors: Factors, rows: int, k: int) -> None:
        """Begin at k with zeros."""
        T, S, self.n = factors.dense.shape
        self.dense = list(factors.dense.astype(np.float64))
        self.carried = None if factors.carried is None else list(factors.carried.astype(np.float64))
        self.k, self.newest = k, 0
        self.kept = np.zeros((max(2, min(T + 1, KEPT // (rows * S))), rows, S))
        self.squares, self.totals = np.ones((T + 1, rows)), np.zeros((T + 1, S))

    def rows(self, count: int) -> Array:
        """Return the rows at k."""
        return self.kept[self.newest, :count]

    def step_back(self, count: int) -> None:
        """Go from k + 1 to k: a^T J_{k+1}."""
        if self.newest + 1 == len(self.kept):
            self.look()
            self.kept[0], self.newest = self.kept[-1], 0
        self.k, self.newest = self.k - 1, self.newest + 1
        n, rows, out = self.n, self.kept[self.newest - 1, :count], self.kept[self.newest, :count]
        if self.carried is None:
            rows.dot(self.dense[self.k], out)
            return
        out[:, :n] = rows.dot(self.dense[self.k])
        direct, carousel = self.carried[self.k]
        np.multiply(rows[:, :n], direct, out=out[:, n:])
        out[:, n:] += rows[:, n:] * carousel

    def look(self) -> None:
        """Take in what is kept."""
        seen, at = self.kept[self.newest :: -1], slice(self.k, self.k + self.newest + 1)
        of_h = seen[..., : self.n]
        self.squares[at], self.totals[at] = np.vecdot(of_h, of_h), seen[:, 0]

    def seen(self, shown: Array) -> Itemised | None:
        """Return it with the rows at the steps of their losses, the last first; None if squares cannot hold some."""
        self.look()
        mine = np.arange(len(self.totals)) <= shown[:, None]
        self.squares[:, 1:][~mine.T] = 1.0
        if not within(self.squares, PLAIN):
            return None
        found = _empty(len(self.totals) - 1, self.totals.shape[1])
        found.squares[shown] = np.where(mine, self.squares[:, 1:].T, np.nan)
        found.totals[...] = self.totals
        return found


def _plainly(
    factors: Sequence[Factors], X: Sequence[Array | None], direct: Direct, asked: Set[int]
) -> list[Itemised] | None:
    """Go back in plain numbers; None where they do not do."""
    last, count = max(direct, default=0), 1
    layers = [_Plain(f, 1 + len(asked), last) for f in factors]
    downwards = list(zip(reversed(layers), reversed(X), strict=True))
    for k in range(last, -1 if direct else 0, -1):
        said, is_shown = direct.get(k), k in asked
        count += is_shown
        below: Array | None = None
        for layer, inputs in downwards:
            if k < last:
                layer.step_back(count)
            if said is None and below is None and inputs is None:
                continue
            rows = layer.rows(count)
            if below is not None:
                rows[:, : layer.n] += below
            elif said is not None and layer is layers[-1]:
                rows[[0, count - 1] if is_shown else [0], : layer.n] += said
            below = rows @ inputs[k - 1] if k and inputs is not None else None
    shown = np.array(sorted(asked, reverse=True), int)
    found = [layer.seen(shown) for layer in layers]
    return None if any(seen is None for seen in found) else [seen for seen in found if seen is not None]


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
