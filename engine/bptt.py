"""Backpropagation through time: parameter gradients and the adjoints dL/ds_t, full and truncated.

Full BPTT (seeds 000-003): a_t = direct_t + J_{t+1}^T a_{t+1}, carried back by the cells; a shared weight's gradient is
the sum over its copies. Truncated BPTT(k1, k2): for e = k1, 2 k1, ..., T the losses of steps (e - k1, e] go back
through states later than e - k2; one update uses the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.arrays import Array, short_buffers
from engine.network import Network
from engine.readout import Judgement, add_readout_gradients, direct_adjoints
from engine.tasks import Batch


def bptt(network: Network, batch: Batch, judged: Judgement, truncation: tuple[int, int] | None = None) -> None:
    """Fill `network.grad` and the tapes' adjoints from the judgement of the last forward pass."""
    network.grad[...] = 0.0
    add_readout_gradients(judged.d_outputs, network.hidden_at(batch.steps), network.grads)
    direct = spread(direct_adjoints(network.params, judged.d_outputs), batch.steps, network.run.seq_len)
    if truncation is None:
        through_layers(network, direct, 0, network.run.seq_len)
    else:
        _truncated(network, direct, *truncation)
    if network.trained is not None:
        network.grad *= network.trained


def spread(values: Array, steps: Array, T: int) -> list[Array | None]:
    """Return a list over t = 0..T with each step's value, None elsewhere."""
    at: list[Array | None] = [None] * (T + 1)
    for step, value in zip(steps, values, strict=True):
        at[step] = value
    return at


def windows(T: int, stride: int, window: int) -> Iterator[tuple[int, int, int]]:
    """Yield (cut, before, end): the losses of steps (before, end] go back through states later than cut = end - window.

    A cut below 0 cuts nothing off.
    """
    for before in range(0, T, stride):
        end = min(before + stride, T)
        yield end - window, before, end


def through_layers(
    network: Network, direct: list[Array | None], start: int, stop: int, own: Sequence[Array] | None = None
) -> None:
    """Go back through the stack from the top: a layer's input adjoints are the direct ones of the layer below.

    `own` is what is said of each layer's h_t besides, (T+1, n, B) each.
    """
    cell = network.cell
    for i in reversed(range(len(network.tapes))):
        params, tape = network.layers[i], network.tapes[i]
        if own is not None:
            direct = [more if said is None else said + more for said, more in zip(direct, own[i], strict=True)]
        with short_buffers():
            cell.backward(params, tape, direct, start, stop)
        cell.gradients(tape, network.layer_grads[i])
        if i:
            below = cell.input_adjoints(params, tape)
            direct = [None] * (start + 1) + list(below[start:stop]) + [None] * (len(direct) - 1 - stop)


def _truncated(network: Network, direct: list[Array | None], stride: int, window: int) -> None:
    """Add up the windows' gradients and adjoints; the state at the cut takes part as a constant."""
    parts = [part for tape in network.tapes for part in tape.adjoint_parts]
    totals = [np.zeros_like(part) for part in parts]
    for cut, before, end in windows(network.run.seq_len, stride, window):
        own = [value if before < t <= end else None for t, value in enumerate(direct)]
        through_layers(network, own, max(cut, 0), end)
        reached = slice(max(cut + 1, 0), end + 1)
        for part, total in zip(parts, totals, strict=True):
            total[reached] += part[reached]
    for part, total in zip(parts, totals, strict=True):
        part[...] = total
