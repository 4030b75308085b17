"""The linear readout, the three losses, and what they say of h_t at once (the direct adjoints).

L = sum m l / sum m ("mean") or sum m l / B ("sum"), l_{t,b} the loss of sample b at step t, m its mask; for mse and
binary cross-entropy l is the mean over the K outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.arrays import Array
from engine.cells import Params
from engine.cells.base import contract
from engine.tasks import Batch


class Judgement(NamedTuple):
    """A batch judged: the loss, its parts, and the gradient with respect to the outputs."""

    loss: float
    accuracy: float | None
    step_losses: Array  # (P, B) l_{t,b}
    weights: Array  # (P, B) weight of each l in L: L = sum weights * l
    d_outputs: Array  # (P, K, B) dL/d(output)


def outputs_at(params: Params, hidden: Array) -> Array:
    """Return W_ho h + b_o for hidden states (P, n, B): (P, K, B)."""
    return np.asarray(np.matmul(params["weight_ho"], hidden) + params["bias_o"][:, None])


def judge(name: str, outputs: Array, batch: Batch, time_reduction: str) -> Judgement:
    """Return the judgement of outputs (P, K, B) at the batch's target steps."""
    step_losses, d_outputs = LOSSES[name](outputs, batch.targets)
    total = batch.mask.sum() if time_reduction == "mean" else batch.mask.shape[1]
    weights = (batch.mask / max(total, 1)).astype(outputs.dtype)
    loss = float((step_losses * weights).sum())
    if loss != loss:  # where there is no target a loss may be anything, even inf: inf * 0 must not reach the sum
        loss = float(np.sum(step_losses * weights, where=weights > 0))
    return Judgement(loss, _accuracy(name, outputs, batch), step_losses, weights, d_outputs * weights[:, None])


def direct_adjoints(params: Params, d_outputs: Array) -> Array:
    """Return W_ho^T dL/d(output): what the loss at each target step says of h_t, (P, n, B)."""
    return np.asarray(np.matmul(params["weight_ho"].T, d_outputs))


def add_readout_gradients(d_outputs: Array, hidden: Array, grads: Params) -> None:
    """Add dL/dW_ho and dL/db_o for outputs (P, K, B) of hidden states (P, n, B) (seed 003 eqs. 6, 7)."""
    grads["weight_ho"] += contract(d_outputs, hidden)
    grads["bias_o"] += d_outputs.sum(axis=(0, 2))


def _mse(outputs: Array, targets: Array) -> tuple[Array, Array]:
    error = outputs - targets
    K = outputs.shape[1]
    return (error * error).sum(axis=1) / K, error * (2.0 / K)


def _binary_cross_entropy(logits: Array, targets: Array) -> tuple[Array, Array]:
    """On logits x: max(x, 0) - x y + log(1 + exp(-|x|)), which never overflows."""
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    probabilities = 0.5 + 0.5 * np.tanh(0.5 * logits)
    return losses.mean(axis=1), (probabilities - targets) / logits.shape[1]


def _softmax_cross_entropy(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Softmax cross-entropy with class numbers (P, B); the gradient is z - y (seed 003 eq. 5)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    at = targets[:, None].astype(np.intp)
    losses = np.log(sums) - np.take_along_axis(shifted, at, axis=1)
    d_logits = exps / sums
    np.put_along_axis(d_logits, at, np.take_along_axis(d_logits, at, axis=1) - 1.0, axis=1)
    return losses[:, 0], d_logits


def curve(name: str, outputs: Array, moved: Array, weights: Array) -> Array:
    """Return the Hessian of L with respect to the outputs (P, K, B), times their change `moved`; same shape."""
    return np.asarray(CURVES[name](outputs, moved) * weights[:, None])


def _mse_curve(outputs: Array, moved: Array) -> Array:
    return np.asarray(moved * (2.0 / outputs.shape[1]))


def _binary_curve(logits: Array, moved: Array) -> Array:
    tanh = np.tanh(0.5 * logits)
    return np.asarray((1.0 - tanh * tanh) * moved * (0.25 / logits.shape[1]))  # p (1 - p) = (1 - tanh²(x/2)) / 4


def _softmax_curve(logits: Array, moved: Array) -> Array:
    """(diag p - p p^T) moved."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    weighted = p * moved
    return np.asarray(weighted - p * weighted.sum(axis=1, keepdims=True))


def _accuracy(name: str, outputs: Array, batch: Batch) -> float | None:
    if name == "mse":
        return None
    if name == "softmax_cross_entropy":
        hits = outputs.argmax(axis=1) == batch.targets
    else:
        hits = ((outputs > 0) == (batch.targets > 0.5)).mean(axis=1)
    count = batch.mask.sum()
    return float((hits * batch.mask).sum() / count) if count else None


LOSSES: dict[str, Callable[[Array, Array], tuple[Array, Array]]] = {
    "mse": _mse,
    "binary_cross_entropy": _binary_cross_entropy,
    "softmax_cross_entropy": _softmax_cross_entropy,
}

CURVES: dict[str, Callable[[Array, Array], Array]] = {
    "mse": _mse_curve,
    "binary_cross_entropy": _binary_curve,
    "softmax_cross_entropy": _softmax_curve,
}
