"""Itemised gradients: dL_t/dh_k for every loss L_t and step k, one layer at a time (RNNbow's idea, for all cells).

Summed over t they are dL/dh_k. A row is one L_t's adjoint of s_k with a power of two beside it, so nothing underflows:
going back a step is a product with J_k, and what the layer above says of h_k is added on the way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arrays import Array, log10
from engine.bptt import windows
from engine.cells import Factors
from engine.jacobians import LOG10_2
from engine.network import Network
from engine.readout import Judgement, direct_adjoints
from engine.spec import RunSpec
from engine.tasks import Batch


class Rows(NamedTuple):
    """Adjoints of one step by loss: value * 2^exponent."""

    values: Array  # (P, width)
    exponents: Array  # (P,) int


def itemise(network: Network, batch: Batch, judged: Judgement, sample: int, factors: list[Factors]) -> list[Array]:
    """Return for each layer log10 ||dL_t/dh_k|| of one sample after a forward pass, (T+1, T+1).

    Each L_t carries its weight in L.
    NaN in row 0, where no loss stands, for k > t, and where truncation cuts.
    """
    T = network.run.seq_len
    here = judged.weights[:, sample] > 0
    if not here.any():
        return [np.full((T + 1, T + 1), np.nan)] * len(factors)
    steps = batch.steps[here]
    own = direct_adjoints(network.params, judged.d_outputs[here][:, :, [sample]])[:, :, 0]
    direct, maps = at_targets(own, steps, T), []
    for i in reversed(range(len(factors))):
        rows = carry_back(factors[i], direct)
        maps.append(log_norm_map(rows, network.spec.hidden_size, steps, reach(network.run, steps)))
        if i:
            direct = to_inputs(rows, network.cell.input_jacobians(network.layers[i], network.tapes[i], sample))
    return maps[::-1]


def reach(run: RunSpec, steps: Array) -> Array:
    """Return the first k that each loss goes back to: 0, or the one after the cut of its window."""
    first = np.zeros(run.seq_len + 1, int)
    if run.window is not None:
        for cut, before, end in windows(run.seq_len, *run.window):
            first[before + 1 : end + 1] = max(cut + 1, 0)
    return first[steps]


def carry_back(factors: Factors, direct: list[Rows | None]) -> list[Rows]:
    """Return the itemised adjoints of s_0..s_T, given those that reach h_t directly at each t = 0..T."""
    T, S, _ = factors.dense.shape
    count = next(rows.values.shape[0] for rows in direct if rows is not None)
    here = Rows(np.zeros((count, S)), np.zeros(count, int))
    found: list[Rows] = []
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for k in range(T, -1, -1):
            if k < T:
                here = _normal(_step_back(here.values, factors, k), here.exponents)
            now = direct[k]
            if now is not None:
                here = _add(here, now)
            found.append(here)
    return found[::-1]


def _step_back(adjoints: Array, factors: Factors, k: int) -> Array:
    """Return a^T J_{k+1} for rows of adjoints, (P, S)."""
    by_h = adjoints @ factors.dense[k]
    if factors.carried is None:
        return np.asarray(by_h)
    n = by_h.shape[1]
    direct, carousel = factors.carried[k]
    return np.concatenate((by_h, adjoints[:, :n] * direct + adjoints[:, n:] * carousel), axis=1)


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
