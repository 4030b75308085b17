"""The carousel: the direct path of the cell state, prod diag(f), with nothing of it going through h."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, log10
from engine.norms import LOG10_2, outside, rescale, safe_squares, within

LEAST = 1e-140  # its square, and what that divides, are far from the ends of float64


def carousel_map(forget: Array, k_steps: Array, norm: str, length: int) -> Array:
    """Return log10 of the norms of prod_{j=k+1..t} diag(f_j), the direct cell path: (T, n) -> (T+1, len(k_steps))."""
    if norm == "frobenius" and (found := _by_paths_from_0(forget, k_steps, length)) is not None:
        return found
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
                    exponents[column] += rescale(now[column])
                    scaled = now[column].astype(np.float64) ** 2
                    squares[t, column] = scaled.sum() if norm == "frobenius" else scaled.max()
            powers[t, : ends[t]] = exponents[: ends[t]]
    return np.asarray(0.5 * log10(squares) + powers * LOG10_2)


def _by_paths_from_0(forget: Array, k_steps: Array, length: int) -> Array | None:
    """Return the same for the Frobenius norm, or None where some path from 0 is too small to be divided by.

    A path from k is that from 0 over that from 0 to k; the squares of all, summed over units, are one matrix product.
    """
    paths = np.ones((len(forget) + 1, forget.shape[1]))
    np.cumprod(forget, axis=0, dtype=np.float64, out=paths[1:])
    if not paths[length].min() > LEAST:
        return None
    paths[length + 1 :] = 1.0
    squares = np.square(paths, out=paths)
    sums = squares @ (1.0 / squares[k_steps]).T
    there = (np.arange(len(paths))[:, None] >= k_steps) & (np.arange(len(paths)) <= length)[:, None]
    return np.where(there, 0.5 * log10(sums), np.nan)
