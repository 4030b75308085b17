"""One weight, many copies (seed 001): what each unrolled copy's gradient is, and what truncation makes of their sum.

Unrolled, step t uses its own copy W_t of every weight; that they are one weight means that its gradient is the sum of
theirs. The seed also speaks of the mean: that sum over T, the same direction at another step size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine import door
from engine.arrays import Array, norm_of
from engine.bptt import bptt
from engine.cells import Params
from engine.checkpoint import Checkpoint
from engine.errors import OutOfRange
from engine.layout import named
from engine.network import Network
from engine.questions import place
from engine.readout import Judgement
from engine.tasks import Batch


def copies(checkpoint: Checkpoint, network: int = 0, layer: int = 0, batch: int = 0) -> Params:
    """Return the gradient of every step's own copy of a layer's parameters, (T, *shape) by name without the layer.

    Row t - 1 is the copy that step t uses. Summed over the first axis they are full BPTT's gradient of the whole batch
    (before clipping; frozen parameters are not set to 0); their mean is that over T. In the run's dtype.
    Raises `OutOfRange` naming what the run does not have.
    """
    at = place(checkpoint, network, layer, 0, None, 0, batch)
    with np.errstate(all="ignore"):
        bptt(at.work, at.drawn, at.work.forward(at.drawn))
    tape, grads = at.work.tapes[layer], at.work.layer_grads[layer]
    found = {name: np.zeros((tape.shape.T, *grad.shape), tape.dtype) for name, grad in grads.items()}
    for t in range(tape.shape.T):
        tape.sum_over(t, t + 1)
        at.work.cell.gradients(tape, {name: rows[t] for name, rows in found.items()})
    return found


class Bias(NamedTuple):
    """How far a truncated gradient is from the full one."""

    window: int
    stride: int
    relative_error: float  # ||g_trunc - g_full|| / ||g_full||; NaN where the full one is zero
    cosine: float  # of the angle between them; NaN where one is zero
    truncated_norm: float
    full_norm: float
    by_parameter: dict[str, float]  # relative error of each


def truncation_bias(
    checkpoint: Checkpoint, window: int | None = None, stride: int | None = None, network: int = 0, batch: int = 0
) -> Bias:
    """Return the bias of truncated BPTT (k1 = stride, k2 = window; the run's own by default) on one batch.

    Frozen parameters are 0 in both. Raises `OutOfRange` for a window or stride below 1, a window shorter than the
    stride, and where neither the run nor the caller says any.
    """
    spec = door.instance("checkpoint", checkpoint, Checkpoint).spec
    window = spec.truncation_window if window is None else door.whole("window", window, 1)
    stride = (spec.truncation_stride or 1) if stride is None else door.whole("stride", stride, 1)
    if window is None:
        raise OutOfRange("window", window, "must be given: this run is not truncated, so say how far to go back")
    door.whole("stride", stride, 1, window, f"must be from 1 to the window, {window}")
    at = place(checkpoint, network, 0, 0, None, 0, batch)
    with np.errstate(all="ignore"):
        judged = at.work.forward(at.drawn)
        full, cut = (_gradient(at.work, at.drawn, judged, by) for by in (None, (stride, window)))
    parts = [named(at.work.layout, g) for g in (full, cut)]
    return Bias(window, stride, _relative(cut, full), _cosine(cut, full), norm_of(cut), norm_of(full),
                {name: _relative(parts[1][name], grad) for name, grad in parts[0].items()})  # fmt: skip


def _gradient(work: Network, drawn: Batch, judged: Judgement, truncation: tuple[int, int] | None) -> Array:
    bptt(work, drawn, judged, truncation)
    return work.grad.astype(np.float64)


def _relative(cut: Array, full: Array) -> float:
    size = float(np.linalg.norm(full))
    return float(np.linalg.norm(cut - full)) / size if size else float("nan")


def _cosine(a: Array, b: Array) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b)) / size if size else float("nan")
