"""Single products of step Jacobians, ds_t/ds_k = J_t ... J_{k+1}, in full; `engine.maps` has the norms of all of them.

A state is G blocks of n ([h] or [h | c]); the hh and cc blocks of the joint product are what is shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.norms import rescale


def product(jacobians: Array, t: int, k: int) -> tuple[Array, int]:
    """Return ds_t/ds_k as (matrix, exponent): matrix * 2^exponent, in float64, (S, S); 0 <= k <= t <= T."""
    matrix, exponent = np.eye(jacobians.shape[1]), 0
    for J in jacobians[k:t].astype(np.float64):
        matrix = J @ matrix
        exponent += rescale(matrix)
    return matrix, exponent


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


def blocks(matrix: Array, n: int) -> dict[str, Any]:
    """Return the named blocks of a joint Jacobian: hh, and for s = [h | c] hc, ch, cc too (else None)."""
    if matrix.shape[0] == n:
        return {"hh": matrix, "hc": None, "ch": None, "cc": None}
    return {"hh": matrix[:n, :n], "hc": matrix[:n, n:], "ch": matrix[n:, :n], "cc": matrix[n:, n:]}
