"""Itemised gradients: dL_t/dh_k for every loss L_t and step k of every layer (RNNbow's idea, for all cells).

Summed over t they are dL/dh_k. A row is one L_t's adjoint of s_k: going back a step is a product with J_k, and what the
layer above says of h_k is added on the way. All layers go back together, so only one step's rows are kept. Row 0 is the
sum over all losses, carried back the same way.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, log10
from engine.bptt import windows
from engine.cells import Factors
from engine.network import Network
from engine.norms import LOG10_2
from engine.readout import Judgement, direct_adjoints
from engine.rows import Itemised, carried_back
from engine.spec import RunSpec
from engine.tasks import Batch


def itemise(
    network: Network, batch: Batch, judged: Judgement, sample: int, factors: list[Factors], t_steps: Array
) -> list[Itemised]:
    """Return every layer's itemised gradients of one sample after a forward pass, for the losses at `t_steps`.

    Each L_t carries its weight in L. NaN in row 0, where no loss stands or is asked for, for k > t, and where
    truncation cuts.
    """
    here = judged.weights[:, sample] > 0
    own = direct_adjoints(network.params, judged.d_outputs[here][:, :, [sample]])[:, :, 0].astype(np.float64)
    direct = dict(zip(batch.steps[here].tolist(), own, strict=True))
    X = [network.cell.input_jacobians(params, tape, sample) if i else None
         for i, (params, tape) in enumerate(zip(network.layers, network.tapes, strict=True))]  # fmt: skip
    return carried_back(factors, X, direct, direct.keys() & set(t_steps.tolist()))


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
