"""What is read off a map of log norms: the flow by lag, its half-life, and the bound it must keep to."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.arrays import Array, log10
from engine.norms import LOG10_2

LN_10 = float(np.log(10.0))


def flow_by_lag(log_norms: Array, k_steps: Array) -> Array:
    """Return log10 of the mean over t of the norm at each lag t - k, (..., T+1) of maps (..., T+1, len(k_steps)).

    Undefined pairs are skipped; k_steps begin at 0.
    """
    at, starts, many = _pairs_by_lag(log_norms.shape[-2] - 1, tuple(k_steps.tolist()))
    values = log_norms.reshape(*log_norms.shape[:-2], -1)[..., at]
    known = ~np.isnan(values)
    values = np.where(known, values, -np.inf)
    largest = np.maximum.reduceat(values, starts, axis=-1)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(over="ignore"):
        shares = np.exp((values - np.repeat(shift, many, axis=-1)) * LN_10)  # a power of 10 takes ten times as long
    sums, count = np.add.reduceat(shares, starts, axis=-1), np.add.reduceat(known, starts, axis=-1, dtype=int)
    return np.where(count > 0, log10(sums / np.maximum(count, 1)) + shift, np.nan)


@lru_cache(maxsize=16)
def _pairs_by_lag(T: int, k_steps: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Return where the pairs of a map (T+1, columns) lie, lag by lag, where each lag begins, and how many it has."""
    ks = np.array(k_steps)
    columns = [np.flatnonzero(ks <= T - lag) for lag in range(T + 1)]
    at = [(lag + ks[own]) * len(ks) + own for lag, own in enumerate(columns)]
    many = np.array([len(own) for own in columns])
    return np.concatenate(at), np.cumsum(many) - many, many


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
