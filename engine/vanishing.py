"""Pascanu 2013's regulariser: an error signal should keep its size on its way back through a simple RNN.

With delta_t = dL/d(pre-activation of step t) and D_t the slopes, per sample

    Omega = sum over t = 1..T-1 of (||D_t W_hh^T delta_{t+1}|| / ||delta_{t+1}|| - 1)²

averaged over the batch. As in the paper its gradient is the immediate one: by W_hh alone, with delta and D held fixed.
Steps where a signal is exactly zero (no loss behind them, or all of it vanished) do not count.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.cells import Params, Tape
from engine.network import Network
from engine.nonlinearities import NONLINEARITIES


def omega(params: Params, tape: Tape) -> tuple[float, Array]:
    """Return Omega and dOmega/dW_hh, (n, n), of one simple RNN layer after BPTT has filled its tape."""
    deltas = tape.buffers["deltas"][2:].astype(np.float64)  # of steps 2 .. T
    slopes = np.empty_like(tape.hidden[1:-1])
    NONLINEARITIES[tape.options.activation].slope(tape.hidden[1:-1], slopes)
    return penalty(params["weight_hh"], deltas, slopes)


def penalty(weight: Array, deltas: Array, slopes: Array) -> tuple[float, Array]:
    """Return Omega and its gradient by `weight` (n, n), for signals and slopes (steps, n, B) held fixed."""
    B = deltas.shape[2]
    with np.errstate(all="ignore"):
        sizes = np.linalg.norm(deltas, axis=1, keepdims=True)
        units = np.where(sizes > 0, deltas / sizes, 0.0)
        carried = slopes * np.matmul(weight.T, units)
        ratio = np.linalg.norm(carried, axis=1, keepdims=True)
        counts = np.isfinite(ratio) & (ratio > 0)
        pull = np.where(counts, 2.0 * (ratio - 1.0) / ratio, 0.0) * slopes * carried / B
    value = float(np.sum((ratio - 1.0) ** 2, where=counts)) / B
    return value, np.einsum("tib,tjb->ij", units, np.where(counts, pull, 0.0), optimize=True)


def add_penalty(network: Network, weight: float) -> None:
    """Add weight * dOmega/dW_hh of every layer to `network.grad`; of other cells than the simple RNN nothing."""
    if network.spec.cell != "rnn" or network.run.seq_len < 2:
        return
    for i, (params, tape) in enumerate(zip(network.layers, network.tapes, strict=True)):
        if f"weight_hh_l{i}" not in network.spec.frozen:
            network.layer_grads[i]["weight_hh"] += weight * omega(params, tape)[1]
