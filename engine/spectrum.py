"""Spectra of matrices: the radius (largest |eigenvalue|) and the singular values, which are not the same."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array


def spectral_radius(matrix: Array) -> float:
    """Return max |eigenvalue| of a square matrix; NaN where it holds non-finite numbers."""
    if not np.isfinite(matrix).all():
        return float("nan")
    return float(np.abs(np.linalg.eigvals(matrix.astype(np.float64))).max())


def singular_values(matrix: Array) -> Array:
    """Return the singular values in descending order, (min(rows, columns),); NaN where the matrix is not finite."""
    if not np.isfinite(matrix).all():
        return np.full(min(matrix.shape), np.nan)
    return np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
