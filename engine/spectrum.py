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


def lyapunov_exponents(jacobians: Array) -> Array:
    """Return ln of the stretch per step along each direction, averaged over the sequence: (T, S, S) -> (S,).

    By QR (Benettin 1980): J_t Q_{t-1} = Q_t R_t, exponent i = mean over t of ln |R_t,ii|; Q_0 = 1. Over a long
    sequence they come in descending order and do not depend on Q_0; -inf for a direction that dies out exactly.
    """
    return np.asarray(local_exponents(jacobians).mean(axis=0))


def local_exponents(jacobians: Array) -> Array:
    """Return ln |R_t,ii| of every step, (T, S): rows sum up to the exponents times T."""
    T, S, _ = jacobians.shape
    Q, found = np.eye(S), np.full((T, S), np.nan)
    for t, J in enumerate(jacobians.astype(np.float64)):
        if not np.isfinite(J).all():
            break
        Q, R = np.linalg.qr(J @ Q)
        with np.errstate(divide="ignore"):
            found[t] = np.log(np.abs(np.diag(R)))
    return found
