"""The carousel: the direct path of the cell state, prod diag(f), with nothing of it going through h."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, log10
from engine.norms import LOG10_2, exponent_of, outside, safe_squares, within


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
