"""Products of step Jacobians, ds_t/ds_k = J_t ... J_{k+1}, and their log norms for all pairs, never underflowing.

A state is G blocks of n ([h] or [h | c]); the hh and cc blocks of the joint product are what is shown. All products of
the k so far lie side by side, transposed, so that one step is one matrix product of J_t with all of them: O(T^2 S^3)
flops in all and O(T S^2) memory. (c is carried unit by unit: its columns of J_t cost a multiplication, not a product.)
Each column block keeps a power of two beside it, so 400 small factors give -528 and not -inf, and rescaling is exact.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array, log10
from engine.cells import Factors

LOG10_2 = float(np.log10(2.0))
FULL_GRID = 200  # longest T whose maps show every pair
COARSE_COLUMNS, COARSE_ROWS = 51, 101


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
    products = _Products(factors, n, k_steps)
    shape = (2 * products.G - 1, T + 1, len(k_steps))
    found = Found(np.full(shape, np.nan), np.zeros(shape), {})
    with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
        for t in range(1, end + 1):
            products.step(t)
            if products.active:
                products.measure(norm, found, t)
    maps = found.log_norms()
    for column, k in enumerate(k_steps):
        if k <= end:
            maps[:2, k, column] = 0.5 * np.log10(n) if norm == "frobenius" else 0.0
            maps[2:, k : min(k + 1, end) + 1, column] = -np.inf
    return maps


class Found(NamedTuple):
    """Squared norms of (map, t, column) with the powers of two of the norms; what squares could not hold, as log10."""

    squares: Array
    powers: Array
    logs: dict[tuple[int, int, int], float]

    def log_norms(self) -> Array:
        """Return log10 of the norms."""
        maps: Array = 0.5 * log10(self.squares) + self.powers * LOG10_2
        for at, value in self.logs.items():
            maps[at] = value
        return maps


class _Products:
    """All products ds_t/ds_k of the k below the present t.

    now[g][k, g', j, i] is d(block g, unit i)/d(block g', unit j): an array for each output block, so that a shown block
    lies in one piece. The cc block is held in two: direct[k], the carousel prod f, and in now[1][k, 1] what leaks
    through h, so that neither is ever the difference of larger numbers. exponents[k, g'] is the power of two of both
    arrays' blocks [k, g'], and for g' = c of direct[k].
    """

    def __init__(self, factors: Factors, n: int, k_steps: Array) -> None:
        self.n, self.k_steps, self.active, self.carried = n, k_steps, 0, factors.carried
        blocks = factors.dense.reshape(len(factors.dense), -1, n, n)
        self.dense_T = np.ascontiguousarray(blocks.transpose(0, 1, 3, 2))  # (T, G, n, n): BLAS likes it a third better
        dtype = factors.dense.dtype
        self.G = factors.dense.shape[1] // n
        shape = (len(k_steps), self.G, n, n)
        self.now, self.spare = ([np.empty(shape, dtype) for _ in range(self.G)] for _ in range(2))
        self.direct = np.ones((len(k_steps), n), dtype)
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
        _diagonals(h[:, 1])[...] += self.direct[:a] * to_h
        np.multiply(c, to_c, out=c)
        np.add(c, through_h, out=c)

    def _start(self, column: int, t: int) -> None:
        for g, array in enumerate(self.now):
            array[column, 0] = self.dense_T[t - 1, g]
            if self.carried is not None:
                array[column, 1] = 0.0
        if self.carried is not None:
            _diagonals(self.now[0][column, 1])[:] = self.carried[t - 1, 0]

    def measure(self, norm: str, found: Found, t: int) -> None:
        """Write the norms of the shown blocks of every active k; what leaves the safe range is rescaled."""
        a = self.active
        squares = found.squares[:, t, :a]
        found.powers[0, t, :a], found.powers[1:, t, :a] = self.exponents[:a, 0], self.exponents[:a, -1]
        squares[0] = _squares(self.now[0][:a, 0], norm)
        if self.carried is not None:
            leak = self.now[1][:a, 1]
            squares[2] = _squares(leak, norm)
            if self.k_steps[a - 1] == t - 1:
                squares[2, -1] = 1.0  # one step long there is no way round: an exact zero, written at the end
            diagonals = _diagonals(leak)
            kept = diagonals.copy()
            diagonals += self.direct[:a]  # dc_t/dc_k, for the moment
            squares[1] = _squares(leak, norm)
            diagonals[...] = kept
        if not within(squares, self.safe):
            self._mend(squares, norm, found, t)

    def _mend(self, squares: Array, norm: str, found: Found, t: int) -> None:
        """Write the log norms that squares cannot hold, and rescale the products they are of."""
        for shown, column in outside(squares, self.safe):
            matrix = self.now[min(shown, 1)][column, min(shown, 1)]
            if shown == 1:
                matrix = matrix + np.diag(self.direct[column])
            power = found.powers[shown, t, column] * LOG10_2
            found.logs[shown, t, column] = _log_norm(matrix, norm) + power
        for shown, column in outside(squares[:2], self.safe):
            self._rescale(column, shown)

    def _rescale(self, column: int, g: int) -> None:
        parts = [array[column, g] for array in self.now] + ([self.direct[column]] if g else [])
        exponent = exponent_of(max(float(np.abs(part).max()) for part in parts))
        for part in parts:
            np.ldexp(part, -exponent, out=part)
        self.exponents[column, g] += exponent


def _diagonals(matrices: Array) -> Array:
    """Return a view of the diagonals of matrices (..., n, n), each in one piece: (..., n)."""
    n = matrices.shape[-1]
    return matrices.reshape(*matrices.shape[:-2], n * n)[..., :: n + 1]


def safe_squares(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the bounds between which a sum of squares is exact enough as it stands."""
    info = np.finfo(dtype)
    return float(info.tiny) ** 0.5, float(info.max) ** 0.5


def within(squares: Array, bounds: tuple[float, float]) -> bool:
    """Return whether all squares lie within the bounds, as they nearly always do; NaN does not."""
    low, high = bounds
    return bool(squares.min() > low and squares.max() < high)


def outside(squares: Array, bounds: tuple[float, float]) -> list[list[int]]:
    """Return the indices of squares outside the bounds, NaN included."""
    low, high = bounds
    return np.argwhere(~((squares > low) & (squares < high))).tolist()


def exponent_of(largest: float) -> int:
    """Return the power of two that scales `largest` to [1/2, 1); 0 for what has none."""
    return int(np.frexp(largest)[1]) if largest > 0 and np.isfinite(largest) else 0


def _squares(blocks: Array, norm: str) -> Array:
    """Return the squared norms of blocks (a, n, n')."""
    if norm == "spectral":
        return _largest_singular(blocks) ** 2
    flat = blocks.reshape(len(blocks), -1)  # each block lies in one piece: a view
    return np.asarray(np.vecdot(flat, flat))


def _largest_singular(blocks: Array) -> Array:
    finite = np.isfinite(blocks).all(axis=(1, 2))
    sigma = np.full(len(blocks), np.nan)
    if finite.any():
        sigma[finite] = np.linalg.svd(blocks[finite].astype(np.float64), compute_uv=False)[:, 0]
    return sigma


def _log_norm(block: Array, norm: str) -> float:
    """Return log10 of one block's norm, with its largest entry scaled to 1 first: squares cannot underflow."""
    wide = block.astype(np.float64)
    largest = np.abs(wide).max()
    if not largest > 0:
        return float("-inf") if largest == 0 else float("nan")
    scaled = wide / largest
    size = np.linalg.norm(scaled, 2 if norm == "spectral" else None) if np.isfinite(scaled).all() else np.nan
    return float(np.log10(largest) + np.log10(size))


def product(jacobians: Array, t: int, k: int) -> tuple[Array, int]:
    """Return ds_t/ds_k as (matrix, exponent): matrix * 2^exponent, in float64, (S, S); 0 <= k <= t <= T."""
    matrix, exponent = np.eye(jacobians.shape[1]), 0
    for J in jacobians[k:t].astype(np.float64):
        matrix = J @ matrix
        shift = exponent_of(float(np.abs(matrix).max()))
        matrix, exponent = np.ldexp(matrix, -shift), exponent + shift
    return matrix, exponent


def log_norm(block: Array, norm: str = "frobenius") -> float:
    """Return log10 of the Frobenius or spectral norm of a matrix; -inf for an exact zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _log_norm(block, norm)


def all_products(jacobians: Array, n: int) -> Array:
    """Return dh_t/dh_k of all pairs in full, (T+1, T+1, n, n), NaN where t < k: large, only for small networks."""
    T, S, _ = jacobians.shape
    full = np.full((T + 1, T + 1, n, n), np.nan, jacobians.dtype)
    now = np.zeros((T + 1, S, n), jacobians.dtype)  # the columns of ds_t/ds_k that belong to h_k
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for t in range(T + 1):
            if t:
                now[:t] = np.matmul(jacobians[t - 1], now[:t])
            now[t, :n] = np.eye(n)
            full[t, : t + 1] = now[: t + 1, :n]
    return full


def carousel_map(forget: Array, k_steps: Array, norm: str, length: int) -> Array:
    """Return log10 of the norms of prod_{j=k+1..t} diag(f_j), the direct cell path: (T, n) -> (T+1, len(k_steps))."""
    T, n = forget.shape
    squares = np.full((T + 1, len(k_steps)), np.nan)
    powers = np.zeros_like(squares)
    paths, exponents, bounds = (
        np.ones((len(k_steps), n), forget.dtype),
        np.zeros(len(k_steps)),
        safe_squares(forget.dtype),
    )
    starts = np.searchsorted(k_steps, np.arange(T + 1)).tolist()  # columns with k < t
    ends = np.searchsorted(k_steps, np.arange(T + 1), side="right").tolist()
    with np.errstate(under="ignore"):
        for t in range(length + 1):
            now = paths[: ends[t]]
            if t:
                np.multiply(paths[: starts[t]], forget[t - 1], out=paths[: starts[t]])
            squares[t, : ends[t]] = np.vecdot(now, now) if norm == "frobenius" else np.abs(now).max(axis=1) ** 2
            if not within(squares[t, : ends[t]], bounds):
                for (column,) in outside(squares[t, : ends[t]], bounds):
                    shift = exponent_of(float(now[column].max()))
                    now[column] = np.ldexp(now[column], -shift)
                    exponents[column] += shift
                    scaled = now[column].astype(np.float64) ** 2
                    squares[t, column] = scaled.sum() if norm == "frobenius" else scaled.max()
            powers[t, : ends[t]] = exponents[: ends[t]]
    return np.asarray(0.5 * log10(squares) + powers * LOG10_2)


def flow_by_lag(log_norms: Array, k_steps: Array) -> Array:
    """Return log10 of the mean over t of the norm at each lag t - k, (T+1,); undefined pairs are skipped."""
    T = len(log_norms) - 1
    lags = np.arange(T + 1)[:, None] + k_steps[None, :]  # t of (lag, column)
    inside = lags <= T
    values = np.where(inside, log_norms[np.minimum(lags, T), np.arange(len(k_steps))[None, :]], np.nan)
    known = ~np.isnan(values)
    values = np.where(known, values, -np.inf)
    largest = values.max(axis=1, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(over="ignore"):
        sums = (10.0 ** (values - shift)).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, log10(sums / np.maximum(count, 1)) + shift[:, 0], np.nan)


def half_life(flow: Array) -> float | None:
    """Return the first lag, interpolated along the log, at which the mean norm is half of that at lag 0, else None."""
    goal = flow[0] - LOG10_2
    below = np.flatnonzero(flow[1:] <= goal)
    if not len(below):
        return None
    lag = int(below[0]) + 1
    before, after = flow[lag - 1], flow[lag]
    if not np.isfinite(after):  # straight to zero: halved half-way between the norms
        return float(lag - 1 + (1.0 - 10.0 ** (goal - before)))
    return float(lag - 1 + (before - goal) / (before - after))


def bound_by_lag(sigma: float, slope: float, T: int, n: int, norm: str) -> Array:
    """Return log10 of (gamma sigma_max(W_hh))^lag, + log10 sqrt n for the Frobenius norm (Pascanu 2013), (T+1,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        per_step = np.log10(np.float64(slope * sigma))
        lags = np.arange(T + 1)
        bound = np.where(lags == 0, 0.0, lags * per_step)
    return np.asarray(bound + (0.5 * np.log10(n) if norm == "frobenius" else 0.0))


def blocks(matrix: Array, n: int) -> dict[str, Any]:
    """Return the named blocks of a joint Jacobian: hh, and for s = [h | c] hc, ch, cc too (else None)."""
    if matrix.shape[0] == n:
        return {"hh": matrix, "hc": None, "ch": None, "cc": None}
    return {"hh": matrix[:n, :n], "hc": matrix[:n, n:], "ch": matrix[n:, :n], "cc": matrix[n:, n:]}
