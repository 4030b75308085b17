"""Why did the gradient vanish, or explode: the causes step by step, and the spectra of the products behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, log10
from engine.attribution import attribution, sentence
from engine.checkpoint import Checkpoint
from engine.norms import LOG10_2, rescale
from engine.questions import place
from engine.spectrum import lyapunov_exponents, singular_values


def why(
    checkpoint: Checkpoint, network: int = 0, layer: int = 0, sample: int | None = None, batch: int = 0,
    direction: Array | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what each cause takes from a row vector on its way back from the sample's last step to step 0.

    "saturation", "weights", "gates", "alignment" and their sum "total", log10, (T_b,) each, row t - 1 for step t: see
    `engine.attribution`. "sentence": the same in words. `direction` (n,) is the vector at the last step, by default
    the one that carries most. Raises `OutOfRange` naming what the run does not have, `ShapeError` for the direction.
    """
    at = place(checkpoint, network, layer, sample, None, 0, batch)
    with np.errstate(all="ignore"):
        at.work.forward(at.drawn)
        found = attribution(at.work.cell, at.work.layers[layer], at.work.tapes[layer], at.sample, at.length, direction)
    return {"network": network, "layer": layer, "sample": at.sample, "step": checkpoint.step,
            **found, "sentence": sentence(found)}  # fmt: skip


def spectra(
    checkpoint: Checkpoint, network: int = 0, layer: int = 0, sample: int | None = None, batch: int = 0
) -> dict[str, Any]:
    """Return how the whole space is stretched, not just its strongest direction.

    "log_singular_values" (T_b+1, n): log10, descending, of dh_t/dh_0 (c_0 held fixed) for t = 0..T_b; those below
    1e-15 of the largest are rounding. "lyapunov_exponents" (S,): ln per step along s_0..s_T_b.
    """
    at = place(checkpoint, network, layer, sample, None, 0, batch)
    n = at.work.spec.hidden_size
    with np.errstate(all="ignore"):
        at.work.forward(at.drawn)
        jacobians = at.work.cell.step_jacobians(at.work.layers[layer], at.work.tapes[layer], at.sample)[: at.length]
        exponents = lyapunov_exponents(jacobians)
        values = _log_singular_values(jacobians, n)
    return {"network": network, "layer": layer, "sample": at.sample, "step": checkpoint.step,
            "log_singular_values": values, "lyapunov_exponents": exponents}  # fmt: skip


def _log_singular_values(jacobians: Array, n: int) -> Array:
    """Return log10 singular values of the hh block of J_t ... J_1 for t = 0..T, (T+1, n), rescaled on the way."""
    matrix, exponent = np.eye(jacobians.shape[1]), 0
    found = [np.zeros(n)]
    for J in jacobians.astype(np.float64):
        matrix = J @ matrix
        exponent += rescale(matrix)
        found.append(log10(singular_values(matrix[:n, :n])) + exponent * LOG10_2)
    return np.stack(found)
