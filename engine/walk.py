"""One pass, unrolled at time-step granularity: forward through every step, the loss, and back with the growing product.

This is what a student would do by hand: t = 1..T gives x_t, gates, c_t, h_t and the output; then the loss; then
k = T..0 gives dL/dh_k, dL/dc_k and dh_t/dh_k, which grows by one factor J_k on the right at every step back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array
from engine.bptt import bptt
from engine.checkpoint import Checkpoint
from engine.norms import LOG10_2, log_norm, rescale
from engine.questions import Place, place
from engine.readout import Judgement
from engine.sums import DIRECT, diagonals, sums


class Event(NamedTuple):
    """One step of the walk: its kind (forward, loss, backward) and its numbers, arrays in the run's dtype."""

    kind: str
    data: dict[str, Any]


def walk(
    checkpoint: Checkpoint, network: int = 0, layer: int = 0, sample: int | None = None, t: int | None = None,
    batch: int = 0,
) -> Iterator[Event]:  # fmt: skip
    """Yield the events of one pass of a checkpoint's weights over one sample.

    forward (t = 1..T_b): "x" (m,), "gates" {name: (n,)}, "c" (n,) or None, "h" (n,), "output" (K,), and "sums"
    {gate: (3, n)}: what input, recurrence and bias add up to before the gate's non-linearity ("a" for the RNN);
    loss: "loss" of the whole batch, "step_losses" (P,): this sample's l_t at "steps" (P,);
    backward (k = T_b..0): "d_hidden" (n,), "d_cell_state" (n,) or None, and for k <= t "product" dh_t/dh_k (n, n) with
    its "log_norm" (never underflowing), "factor_log_norm" of the J_{k+1} just taken in and its "diagonal" {name: (n,)}
    (`engine.sums.diagonals`), with "path", the direct path's product of f or z over k+1..t (all None at k = t).
    Raises `OutOfRange` naming what the run does not have, before the first event.
    """
    at = place(checkpoint, network, layer, sample, t, 0, batch)
    with np.errstate(all="ignore"):
        judged = at.work.forward(at.drawn)
        bptt(at.work, at.drawn, judged, at.work.run.window)
    return _events(at, judged, layer)


def _events(at: Place, judged: Judgement, layer: int) -> Iterator[Event]:
    views = at.work.cell.views(at.work.tapes[layer], at.sample)
    yield from _forward(at, layer, views)
    here = at.drawn.mask[:, at.sample] > 0
    losses = judged.step_losses[here, at.sample]
    yield Event("loss", {"loss": judged.loss, "steps": at.drawn.steps[here].copy(), "step_losses": losses})
    yield from _backward(at, layer, views)


def _forward(at: Place, layer: int, views: dict[str, Any]) -> Iterator[Event]:
    outputs, inputs = at.work.outputs()[:, :, at.sample], at.work.tapes[layer].inputs[:, :, at.sample]
    added = sums(at.work, layer, at.sample, views["gates"])
    for t in range(1, at.length + 1):
        yield Event("forward", {
            "t": t, "x": inputs[t - 1].copy(),
            "gates": {name: gate[t - 1].copy() for name, gate in views["gates"].items()},
            "c": _row(views["cell_state"], t), "h": views["hidden"][t].copy(), "output": outputs[t - 1].copy(),
            "sums": {name: parts[t - 1].copy() for name, parts in added.items()},
        })  # fmt: skip


def _backward(at: Place, layer: int, views: dict[str, Any]) -> Iterator[Event]:
    n, norm, t = at.work.spec.hidden_size, at.work.run.probe.norm, at.t
    factors = at.work.cell.step_jacobians(at.work.layers[layer], at.work.tapes[layer], at.sample)
    small = diagonals(at.work, layer, at.sample, factors, views["gates"])
    direct, path = DIRECT.get(at.work.spec.cell), np.ones(n)
    rows, exponent = np.eye(n, factors.shape[1]), 0  # dh_t/ds_k, rescaled by a power of two
    for k in range(at.length, -1, -1):
        data: dict[str, Any] = {"k": k, "t": t, "d_hidden": views["d_hidden"][k].copy(),
                                "d_cell_state": _row(views["d_cell_state"], k)}  # fmt: skip
        if k < t:
            factor = factors[k].astype(np.float64)
            rows = rows @ factor
            exponent += rescale(rows)
            path = path * small[direct][k] if direct else path
        if k <= t:
            block = rows[:, :n]
            data |= {
                "product": np.ldexp(block, exponent).astype(factors.dtype),
                "log_norm": log_norm(block, norm) + exponent * LOG10_2,
                "factor_log_norm": log_norm(factors[k][:n, :n], norm) if k < t else None,
                "diagonal": _small(small, k, path if direct else None, factors) if k < t else None,
            }
        yield Event("backward", data)


def _small(small: dict[str, Array], k: int, path: Array | None, factors: Array) -> dict[str, Array]:
    found = {name: rows[k].copy() for name, rows in small.items()}
    return found if path is None else found | {"path": path.astype(factors.dtype)}


def _row(array: Array | None, at: int) -> Array | None:
    return None if array is None else array[at].copy()
