"""Itemised gradients: dL_t/dh_k for every loss L_t and step k, one layer at a time (RNNbow's idea, for all cells).

Summed over t they are dL/dh_k. A row is one L_t's adjoint of s_k with a power of two beside it, so nothing underflows:
going back a step is a product with J_k, and what the layer above says of h_k is added on the way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arrays import Array, log10
from engine.jacobians import LOG10_2


class Rows(NamedTuple):
    """Adjoints of one step by loss: value * 2^exponent."""

    values: Array  # (P, width)
    exponents: Array  # (P,) int


def carry_back(jacobians: Array, direct: list[Rows | None]) -> list[Rows]:
    """Return the itemised adjoints of s_0..s_T, given those that reach h_t directly at each t = 0..T."""
    T, S, _ = jacobians.shape
    count = next(rows.values.shape[0] for rows in direct if rows is not None)
    here = Rows(np.zeros((count, S)), np.zeros(count, int))
    found: list[Rows] = []
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for k in range(T, -1, -1):
            if k < T:
                here = _normal(here.values @ jacobians[k], here.exponents)
            now = direct[k]
            if now is not None:
                here = _add(here, now)
            found.append(here)
    return found[::-1]


def at_targets(direct: Array, steps: Array, T: int) -> list[Rows | None]:
    """Return each loss's direct adjoint (P, n) as a row of its own, at its own step."""
    rows: list[Rows | None] = [None] * (T + 1)
    for p, step in enumerate(steps):
        values = np.zeros((len(steps), direct.shape[1]))
        values[p] = direct[p]
        rows[step] = _normal(values, np.zeros(len(steps), int))
    return rows


def to_inputs(adjoints: list[Rows], input_jacobians: Array) -> list[Rows | None]:
    """Return what a layer's adjoints say of its inputs: the direct adjoints of the layer below."""
    return [None, *(_normal(rows.values @ X, rows.exponents)
                    for rows, X in zip(adjoints[1:], input_jacobians, strict=True))]  # fmt: skip


def log_norm_map(adjoints: list[Rows], n: int, steps: Array, reach: Array) -> Array:
    """Return log10 ||dL_t/dh_k||, (T+1, T+1): NaN where there is no L_t, for k > t, and for k below `reach` of L_t."""
    T = len(adjoints) - 1
    norms = np.stack([np.linalg.norm(rows.values[:, :n], axis=1) for rows in adjoints], axis=1)
    exponents = np.stack([rows.exponents for rows in adjoints], axis=1)
    ks = np.arange(T + 1)
    shown = (ks <= steps[:, None]) & (ks >= reach[:, None])
    full = np.full((T + 1, T + 1), np.nan)
    full[steps] = np.where(shown, log10(norms) + exponents * LOG10_2, np.nan)
    return full


def _normal(values: Array, exponents: Array) -> Rows:
    """Scale each row so that its largest entry lies in [1/2, 1)."""
    largest = np.abs(values).max(axis=1)
    shift = np.where(np.isfinite(largest), np.frexp(largest)[1], 0)
    return Rows(np.ldexp(values, -shift[:, None]), exponents + shift)


def _add(a: Rows, b: Rows) -> Rows:
    """Add rows with different powers of two: the larger one decides, a zero row never does."""
    empty_a, empty_b = (~rows.values.any(axis=1) for rows in (a, b))
    top = np.where(empty_a, b.exponents, np.where(empty_b, a.exponents, np.maximum(a.exponents, b.exponents)))
    values = np.ldexp(a.values, (a.exponents - top)[:, None])
    values[:, : b.values.shape[1]] += np.ldexp(b.values, (b.exponents - top)[:, None])
    return _normal(values, top)
