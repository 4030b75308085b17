"""Products of step Jacobians, ds_t/ds_k = J_t ... J_{k+1}, and their log norms for all pairs, never underflowing.

A state is G blocks of n ([h] or [h | c]); the hh and cc blocks of the joint product are what is shown. Column k of the
map lives in an array Q[k] of the transposed product, (G, n, S): one matrix product of J_t with all of them side by side
takes a step, O(T^2 S^3) flops in all and O(T S^2) memory. Each Q[k, g] carries a power of two beside it, so 400 small
factors give -528 and not -inf; the power of two makes the rescaling exact. An exact zero stays -inf.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array, log10

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
    jacobians: Array, n: int, k_steps: Array, norm: str = "frobenius", length: int | None = None
) -> Array:
    """Return log10 of the norms of the diagonal blocks of ds_t/ds_k: (T, S, S) -> (G, T+1, len(k_steps)).

    Block 0 is dh_t/dh_k (c_k held fixed), block 1 dc_t/dc_k (h_k held fixed). NaN for t < k and beyond `length`.
    """
    T, S, _ = jacobians.shape
    G, end = S // n, T if length is None else length
    maps = np.full((G, T + 1, len(k_steps)), np.nan)
    products = _Products(jacobians, n, k_steps)
    on_diagonal = {int(k): column for column, k in enumerate(k_steps)}
    with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
        for t in range(end + 1):
            if t:
                products.step(t)
                maps[:, t, : products.active] = products.log_norms(norm)
            if t in on_diagonal:
                maps[:, t, on_diagonal[t]] = 0.5 * np.log10(n) if norm == "frobenius" else 0.0
    return maps


class _Products:
    """All products ds_t/ds_k of the k below the present t, transposed, each input block with its power of two."""

    def __init__(self, jacobians: Array, n: int, k_steps: Array) -> None:
        self.jacobians, self.n, self.k_steps = jacobians, n, k_steps
        S = jacobians.shape[1]
        self.G, self.S, self.active = S // n, S, 0
        self.now, self.spare = (np.empty((len(k_steps), self.G, n, S), jacobians.dtype) for _ in range(2))
        self.exponents = np.zeros((len(k_steps), self.G))
        info = np.finfo(jacobians.dtype)
        # Squares of block norms between these bounds are exact enough as they stand.
        self.low, self.high = float(info.tiny) ** 0.5, float(info.max) ** 0.5

    def step(self, t: int) -> None:
        """Multiply by J_t; a k that t - 1 just reached starts as J_t itself."""
        J, a, S = self.jacobians[t - 1], self.active, self.S
        np.matmul(self.now[:a].reshape(a * S, S), J.T, out=self.spare[:a].reshape(a * S, S))
        self.now, self.spare = self.spare, self.now
        while self.active < len(self.k_steps) and self.k_steps[self.active] < t:
            self._start(self.active, t)
            self.active += 1

    def _start(self, column: int, t: int) -> None:
        product = self.jacobians[t - 1].T
        for between in range(t - 2, int(self.k_steps[column]) - 1, -1):  # only when columns start late
            product = self.jacobians[between].T @ product
        self.now[column] = product.reshape(self.G, self.n, self.S)

    def log_norms(self, norm: str) -> Array:
        """Return log10 norms of the diagonal blocks, (G, active), rescaling what leaves the safe range."""
        a, n = self.active, self.n
        out = np.empty((self.G, a))
        for g in range(self.G):
            blocks = self.now[:a, g, :, g * n : (g + 1) * n]
            squares = _squares(blocks, norm)
            unsafe = np.flatnonzero(~((squares > self.low) & (squares < self.high)))
            out[g] = 0.5 * np.log10(squares) + self.exponents[:a, g] * LOG10_2
            for column in unsafe.tolist():
                self._rescale(column, g)
                out[g, column] = _log_norm(blocks[column], norm) + self.exponents[column, g] * LOG10_2
        return out

    def _rescale(self, column: int, g: int) -> None:
        block = self.now[column, g]
        largest = float(np.abs(block).max())
        if largest > 0 and np.isfinite(largest):
            exponent = int(np.frexp(largest)[1])
            np.ldexp(block, -exponent, out=block)
            self.exponents[column, g] += exponent


def _squares(blocks: Array, norm: str) -> Array:
    """Return the squared norms of blocks (a, n, n')."""
    if norm == "spectral":
        return _largest_singular(blocks) ** 2
    if blocks.flags.c_contiguous:
        flat = blocks.reshape(len(blocks), -1)
        return np.asarray(np.vecdot(flat, flat))
    return np.asarray(np.vecdot(blocks, blocks).sum(axis=-1))


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
        largest = float(np.abs(matrix).max())
        if largest > 0 and np.isfinite(largest):
            shift = int(np.frexp(largest)[1])
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
    logs = log10(forget.astype(np.float64))
    zero = np.isneginf(logs)
    height = np.concatenate((np.zeros((1, n)), np.cumsum(np.where(zero, 0.0, logs), axis=0)))
    zeros = np.concatenate((np.zeros((1, n)), np.cumsum(zero, axis=0)))
    decay = height[:, None] - height[k_steps][None]  # (T+1, columns, n)
    decay[np.asarray(zeros[:, None]) != zeros[k_steps][None]] = -np.inf  # a gate shut for good lies between
    largest = decay.max(axis=2)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if norm == "frobenius":
            largest = largest + 0.5 * np.log10((10.0 ** (2.0 * (decay - largest[..., None]))).sum(axis=2))
    largest[np.isneginf(decay).all(axis=2)] = -np.inf
    steps = np.arange(T + 1)[:, None]
    return np.where((steps >= k_steps) & (steps <= length), largest, np.nan)


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
