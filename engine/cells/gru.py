"""Gated recurrent unit (Cho 2014; seed 002), in PyTorch's convention: h_t = z h_{t-1} + (1 - z) n_t (large z keeps).

The seeds and Chung 2014 write the complement of z. Both candidates are built, each in its own file:
`gru_after`  (PyTorch, cuDNN): n = tanh(W_in x + b_in + r (U_n h + b_hn));
`gru_before` (Cho 2014):       n = tanh(W_in x + b_in + U_n (r h) + b_hn).

J_t = D(z) + D((h-n) z(1-z)) U_z + D((1-z)(1-n²)) X, where with a = U_n h + b_hn
X = D(r) U_n + D(a r(1-r)) U_r  after,  X = U_n D(r) + U_n D(h r(1-r)) U_r  before.

Here is what does not depend on where the reset stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.cells.base import parts_of
from engine.cells.tape import Tape

# Kept by both: "gates", rows r, z, …; "candidates", n_t; "gap", h_{t-1} - n_t; all of step t at index t - 1
KEPT = {"candidates": 1, "gap": 1, "deltas": 5}
LOCAL = {"local": 5}


def name_gates(tape: Tape) -> None:
    """Name the views that both forms' time loops read."""
    tape.name_views("gates", {"rz": (0, 2), "r": (0, 1), "z": (1, 2)})


def mix(h: Array, z: Array, candidate: Array, gap: Array, h_next: Array) -> None:
    """h_next = z h + (1 - z) n, as n + z (h - n)."""
    np.subtract(h, candidate, gap)
    np.multiply(z, gap, h_next)
    np.add(h_next, candidate, h_next)


def candidate_slope(z: Array, candidate: Array, out: Array, scratch: Array) -> None:
    """Write dh_t by the candidate's pre-activation, (1-z)(1-n²)."""
    np.multiply(candidate, candidate, out)
    np.subtract(1.0, out, out)
    np.multiply(out, z, scratch)
    np.subtract(out, scratch, out)


def of_sample(tape: Tape, sample: int, local_derivatives: Callable[..., None]) -> list[Array]:
    """Return one sample's local derivatives, five of (T, n), by the function of either form."""
    T, n = tape.shape.T, tape.shape.n
    local = np.empty((T, 5 * n, 1), tape.dtype)
    local_derivatives(tape, 0, T, slice(sample, sample + 1), local)
    return parts_of(local[:, :, 0], n)


def add_diagonal(J: Array, diagonal: Array) -> Array:
    """Add (T, n) to the diagonals of (T, n, n) in place."""
    units = np.arange(J.shape[1])
    J[:, units, units] += diagonal
    return J


def views(tape: Tape, sample: int) -> dict[str, Any]:
    """Return the sample's arrays of a frame; "n" is the candidate."""
    r, z = (tape.part("gates", k, k + 1)[:-1, :, sample] for k in range(2))
    return {
        "hidden": tape.hidden[:, :, sample],
        "cell_state": None,
        "gates": {"r": r, "z": z, "n": tape.buffers["candidates"][:-1, :, sample]},
        "d_hidden": tape.adjoints[:, :, sample],
        "d_cell_state": None,
        "carousel": None,
        "saturable": {"r": r, "z": z},
    }
