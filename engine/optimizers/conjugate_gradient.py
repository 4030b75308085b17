"""Conjugate gradients for A x = b with A symmetric positive definite, as Hessian-free uses them (Martens 2010)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.arrays import Array

KEEP_RATIO = 1.3  # iterates 1.3^j are kept: enough to go back among, few enough to hold


class Iterate(NamedTuple):
    """A point on the way, and the quadratic q(x) = x^T A x / 2 - b^T x there."""

    x: Array  # (P,)
    value: float


def conjugate_gradient(
    product: Callable[[Array], Array], b: Array, x: Array, preconditioner: Array, most: int, tolerance: float
) -> list[Iterate]:
    """Return the kept iterates of preconditioned CG from x, the last one last; never an empty list.

    `preconditioner` (P,) is the diagonal M that divides the residual. Martens' stop: after i steps, when q < 0 and
    over the last k = max(10, i/10) steps q fell by less than k * tolerance of its value, relatively. Also after `most`
    steps, at zero residual, and where A shows no positive curvature (it has left the finite numbers, or is singular).
    """
    x = x.copy()
    residual = product(x) - b
    values = [_quadratic(x, residual, b)]
    scaled = residual / preconditioner
    direction, size = -scaled, float(residual @ scaled)
    kept = [Iterate(x.copy(), values[0])]
    next_kept = 1.0
    for i in range(1, most + 1):
        along = product(direction)
        curvature = float(direction @ along)
        if not (size > 0 and curvature > 0 and np.isfinite(curvature)):
            break
        x += (size / curvature) * direction
        residual += (size / curvature) * along
        values.append(_quadratic(x, residual, b))
        scaled = residual / preconditioner
        size, before = float(residual @ scaled), size
        direction *= size / before
        direction -= scaled
        done = _settled(values, tolerance)
        if i >= next_kept or done or i == most:
            kept.append(Iterate(x.copy(), values[-1]))
            next_kept *= KEEP_RATIO
        if done:
            break
    return kept


def _quadratic(x: Array, residual: Array, b: Array) -> float:
    """Return q(x) from the residual A x - b."""
    return 0.5 * float(x @ (residual - b))


def _settled(values: list[float], tolerance: float) -> bool:
    i = len(values) - 1
    k = max(10, i // 10)
    if i <= k or not values[-1] < 0:
        return False
    return (values[-1] - values[-1 - k]) / values[-1] < k * tolerance
