"""Itemised gradients: dL_t/dh_k for every loss L_t and step k of every layer (RNNbow's idea, for all cells).

Summed over t they are dL/dh_k. A row is one L_t's adjoint of s_k with a power of two beside it, so nothing underflows:
going back a step is a product with J_k, and what the layer above says of h_k is added on the way. All layers go back
together, so only one step's rows are kept. Row 0 is the sum over all losses, carried back the same way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.arrays import Array, log10
from engine.bptt import windows
from engine.cells import Factors
from engine.network import Network
from engine.norms import LOG10_2
from engine.readout import Judgement, direct_adjoints
from engine.spec import RunSpec
from engine.tasks import Batch

NEAR_ENOUGH = 2.0**-64  # squares of what is as far below that again still fit float64


class Rows(NamedTuple):
    """Adjoints of one step by loss: value * 2^exponent."""

    values: Array  # (rows, width)
    exponents: Array  # (rows,) int


class Itemised(NamedTuple):
    """What is seen of one layer, with powers of two beside the numbers; logs are taken of all at once at the end."""

    squares: Array  # (T+1, T+1)  ||dL_t/dh_k||² of row t, column k
    powers: Array  # (T+1, T+1)  of the norms
    totals: Array  # (T+1, S)  at k = 0..T the untruncated adjoint of s_k by all losses
    total_powers: Array  # (T+1, 1)

    def log_norms(self, first: Array) -> Array:
        """Return log10 ||dL_t/dh_k||, (T+1, T+1), NaN for k before the `first` that L_t reaches."""
        maps = 0.5 * log10(self.squares) + self.powers * LOG10_2
        maps[np.arange(maps.shape[1]) < first[:, None]] = np.nan
        return maps


def itemise(
    network: Network, batch: Batch, judged: Judgement, sample: int, factors: list[Factors], t_steps: Array
) -> list[Itemised]:
    """Return every layer's itemised gradients of one sample after a forward pass, for the losses at `t_steps`.

    Each L_t carries its weight in L. NaN in row 0, where no loss stands or is asked for, for k > t, and where
    truncation cuts.
    """
    T, n, stack = network.run.seq_len, network.spec.hidden_size, range(len(network.layers))
    here = judged.weights[:, sample] > 0
    own = direct_adjoints(network.params, judged.d_outputs[here][:, :, [sample]])[:, :, 0].astype(np.float64)
    direct = dict(zip(batch.steps[here].tolist(), own, strict=True))
    asked = set(t_steps.tolist())
    X = [network.cell.input_jacobians(network.layers[i], network.tapes[i], sample) if i else None for i in stack]
    rows = [Rows(np.zeros((1, f.dense.shape[1])), np.zeros(1, int)) for f in factors]
    seen, shown = [_empty(T, f.dense.shape[1]) for f in factors], np.zeros(0, int)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for k in range(T, -1, -1):
            if k in direct and k in asked:
                rows, shown = [_with_new(r) for r in rows], np.append(shown, k)
            below = _stated(direct.get(k), len(shown), bool(len(shown)) and shown[-1] == k)
            for i in reversed(stack):
                back = rows[i] if k == T else _step_back(rows[i], factors[i], k)
                rows[i] = back if below is None else _add(back, below)
                _note(seen[i], rows[i], n, k, shown)
                below = _normal(rows[i].values @ inputs[k - 1], rows[i].exponents) if (
                    k and (inputs := X[i]) is not None) else None  # fmt: skip
    return seen


def log_total(seen: Itemised, n: int, through_h: Array | None = None) -> Array:
    """Return log10 |dL/dh_k| of every unit, (T+1, n); with `through_h` (T, n), dh_t/dc_t, that of dL/dc_k.

    a^c holds what leaves c_k to later steps; what it does to h_k of the same step is added (not at k = 0).
    """
    values, part = seen.totals, seen.totals[:, :n]
    if through_h is not None:
        part = values[:, n:].copy()
        part[1:] += through_h * values[1:, :n]
    return log10(np.abs(part)) + seen.total_powers * LOG10_2


def reach(run: RunSpec) -> Array:
    """Return the first k that the loss of each step t = 0..T goes back to: 0, or the one after its window's cut."""
    first = np.zeros(run.seq_len + 1, int)
    if run.window is not None:
        for cut, before, end in windows(run.seq_len, *run.window):
            first[before + 1 : end + 1] = max(cut + 1, 0)
    return first


def _empty(T: int, S: int) -> Itemised:
    pairs = (T + 1, T + 1)
    return Itemised(np.full(pairs, np.nan), np.zeros(pairs), np.zeros((T + 1, S)), np.zeros((T + 1, 1)))


def _note(seen: Itemised, rows: Rows, n: int, k: int, shown: Array) -> None:
    of_h = rows.values[1:, :n]
    seen.squares[shown, k] = np.vecdot(of_h, of_h)
    seen.powers[shown, k] = rows.exponents[1:]
    seen.totals[k], seen.total_powers[k] = rows.values[0], rows.exponents[0]


def _with_new(rows: Rows) -> Rows:
    """Return the rows with an empty one for the loss just met."""
    return Rows(np.concatenate((rows.values, np.zeros((1, rows.values.shape[1])))), np.append(rows.exponents, 0))


def _stated(direct: Array | None, count: int, is_shown: bool) -> Rows | None:
    """Return what the loss of this step says of h at once: to the sum, and to its own row, the last one."""
    if direct is None:
        return None
    values = np.zeros((1 + count, len(direct)))
    values[0] = direct
    if is_shown:
        values[-1] = direct
    return _normal(values, np.zeros(1 + count, int))


def _step_back(rows: Rows, factors: Factors, k: int) -> Rows:
    """Return a^T J_{k+1} for rows of adjoints."""
    by_h = rows.values @ factors.dense[k]
    if factors.carried is None:
        return _normal(by_h, rows.exponents)
    n = by_h.shape[1]
    direct, carousel = factors.carried[k]
    through_c = rows.values[:, :n] * direct + rows.values[:, n:] * carousel
    return _normal(np.concatenate((by_h, through_c), axis=1), rows.exponents)


def _normal(values: Array, exponents: Array) -> Rows:
    """Scale each row so that its largest entry lies in [1/2, 1), unless all are near enough to it already."""
    largest = np.maximum.reduce(np.abs(values), axis=1)
    sizes = largest.tolist()  # mostly two: quicker than NumPy's own least and largest
    if min(sizes) > NEAR_ENOUGH and max(sizes) < 1 / NEAR_ENOUGH:
        return Rows(values, exponents)
    shift = np.where(np.isfinite(largest), np.frexp(largest)[1], 0)
    return Rows(np.ldexp(values, -shift[:, None]), exponents + shift)


def _add(a: Rows, b: Rows) -> Rows:
    """Add rows with different powers of two: the larger one decides, a zero row never does."""
    empty_a, empty_b = (~rows.values.any(axis=1) for rows in (a, b))
    top = np.where(empty_a, b.exponents, np.where(empty_b, a.exponents, np.maximum(a.exponents, b.exponents)))
    values = np.ldexp(a.values, (a.exponents - top)[:, None])
    values[:, : b.values.shape[1]] += np.ldexp(b.values, (b.exponents - top)[:, None])
    return _normal(values, top)
