"""Norms of matrices as log10, from squares where these are safe and with a power of two beside them where not."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array, log10

LOG10_2 = float(np.log10(2.0))
FROBENIUS = "frobenius"


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


def found(shape: tuple[int, ...]) -> Found:
    """Return records of nothing yet: NaN."""
    return Found(np.full(shape, np.nan), np.zeros(shape), {})


def safe_squares(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the bounds between which a sum of squares is exact enough as it stands."""
    info = np.finfo(dtype)
    return float(info.tiny) ** 0.5, float(info.max) ** 0.5


def within(squares: Array, bounds: tuple[float, float]) -> bool:
    """Return whether all squares lie within the bounds, as they nearly always do; NaN does not."""
    low, high = bounds
    return bool(np.minimum.reduce(squares, axis=None) > low and np.maximum.reduce(squares, axis=None) < high)


def outside(squares: Array, bounds: tuple[float, float]) -> list[list[int]]:
    """Return the indices of squares outside the bounds, NaN included."""
    low, high = bounds
    return np.argwhere(~((squares > low) & (squares < high))).tolist()


def exponent_of(largest: float) -> int:
    """Return the power of two that scales `largest` to [1/2, 1); 0 for what has none."""
    return int(np.frexp(largest)[1]) if largest > 0 and np.isfinite(largest) else 0


def rescale(*parts: Array) -> int:
    """Scale the largest entry of all parts to [1/2, 1), in place; return the power of two that was taken out."""
    exponent = exponent_of(max(float(np.abs(part).max()) for part in parts))
    for part in parts:
        np.ldexp(part, -exponent, out=part)
    return exponent


def squares_of(blocks: Array, norm: str) -> Array:
    """Return the squared norms of blocks (..., n, n'), each in one piece."""
    if norm == "spectral":
        return largest_singular(blocks) ** 2
    flat = blocks.reshape(*blocks.shape[:-2], -1)  # a view
    return np.asarray(np.vecdot(flat, flat))


def largest_singular(blocks: Array) -> Array:
    """Return the largest singular value of each block (..., n, n'); NaN where one is not finite."""
    finite = np.isfinite(blocks).all(axis=(-2, -1))
    sigma = np.full(finite.shape, np.nan)
    if finite.any():
        sigma[finite] = np.linalg.svd(blocks[finite].astype(np.float64), compute_uv=False)[:, 0]
    return sigma


def scaled_log_norm(block: Array, norm: str) -> float:
    """Return log10 of one block's norm, with its largest entry scaled to 1 first: squares cannot underflow."""
    wide = block.astype(np.float64)
    largest = np.abs(wide).max()
    if not largest > 0:
        return float("-inf") if largest == 0 else float("nan")
    scaled = wide / largest
    size = np.linalg.norm(scaled, 2 if norm == "spectral" else None) if np.isfinite(scaled).all() else np.nan
    return float(np.log10(largest) + np.log10(size))


def diagonal_log_norms(diagonals: Array, norm: str) -> Array:
    """Return log10 of the norms of the matrices with these diagonals, (..., n) -> (...,)."""
    sizes = np.abs(diagonals.astype(np.float64))
    largest = sizes.max(axis=-1, keepdims=True)
    scaled = sizes / np.where(largest > 0, largest, 1.0)
    total = 1.0 if norm == "spectral" else np.maximum(np.vecdot(scaled, scaled), 1.0)
    return np.asarray(log10(largest[..., 0]) + 0.5 * np.log10(total))


def log_norm(block: Array, norm: str = "frobenius") -> float:
    """Return log10 of the Frobenius or spectral norm of a matrix; -inf for an exact zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return scaled_log_norm(block, norm)
