"""What is read off a map of log norms: the flow by lag, its half-life, and the bound it must keep to."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, log10
from engine.norms import LOG10_2

LN_10 = float(np.log(10.0))


def flow_by_lag(log_norms: Array, k_steps: Array) -> Array:
    """Return log10 of the mean over t of the norm at each lag t - k, (..., T+1) of maps (..., T+1, len(k_steps)).

    Undefined pairs are skipped.
    """
    T = log_norms.shape[-2] - 1
    lags = np.arange(T + 1)[:, None] + k_steps[None, :]  # t of (lag, column)
    inside = lags <= T
    values = np.where(inside, log_norms[..., np.minimum(lags, T), np.arange(len(k_steps))[None, :]], np.nan)
    known = ~np.isnan(values)
    values = np.where(known, values, -np.inf)
    largest = values.max(axis=-1, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(over="ignore"):
        sums = np.exp((values - shift) * LN_10).sum(axis=-1)  # a power of 10 takes ten times as long
    count = known.sum(axis=-1)
    return np.where(count > 0, log10(sums / np.maximum(count, 1)) + shift[..., 0], np.nan)


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
