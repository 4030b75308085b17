"""What a cell is, and what the cells' files share.

A cell is a value of functions over whole sequences; forward and backward sit side by side in its file. Nothing above
the cells asks which one it has: a state is one array s = [h] or [h | c], and the tape answers for its layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array
from engine.cells.tape import CellOptions, Shape, Tape

Params = dict[str, Array]  # "weight_ih" (g n, m), "weight_hh" (g n, n), "bias_ih" (g n,), "bias_hh" (g n,)
DirectAdjoints = Sequence[Array | None]  # entry t: what the loss says of h_t at once, (n, B); None for nothing


class Factors(NamedTuple):
    """Step Jacobians as they are built: all of a state s = [h | c] reads h through matrices, but c unit by unit."""

    dense: Array  # (T, S, n)  ds_t/dh_{t-1}, c_{t-1} held fixed
    carried: Array | None  # (T, 2, n)  the diagonals of dh_t/dc_{t-1} and dc_t/dc_{t-1}, h_{t-1} held fixed

    def full(self) -> Array:
        """Return ds_t/ds_{t-1}, (T, S, S)."""
        if self.carried is None:
            return self.dense
        T, S, n = self.dense.shape
        J = np.zeros((T, S, S), self.dense.dtype)
        J[:, :, :n] = self.dense
        units = np.arange(n)
        for g in range(S // n):
            J[:, g * n + units, n + units] = self.carried[:, g]
        return J


class Cell(NamedTuple):
    """One kind of recurrence."""

    name: str
    gates: tuple[str, ...]  # names of the views, not of the rows
    stack: int  # g: gates stacked in the weights
    state_blocks: int  # S = state_blocks * n
    plan: Callable[[Shape, np.dtype[Any], CellOptions], Tape]
    forward: Callable[..., None]  # params, inputs (T, m, B), tape, s0 (S, B) = zeros
    backward: Callable[[Params, Tape, DirectAdjoints, int, int], None]  # ..., start, stop: states s_start .. s_stop
    gradients: Callable[[Tape, Params], None]  # adds dL/dparams of the steps in the tape's sums: those backward went
    input_adjoints: Callable[[Params, Tape], Array]  # (T, m, B)
    step_factors: Callable[[Params, Tape, int], Factors]  # ds_t/ds_{t-1} of one sample
    input_jacobians: Callable[[Params, Tape, int], Array]  # ds_t/dx_t of one sample, (T, S, m)
    views: Callable[[Tape, int], dict[str, Any]]  # one sample's arrays of a frame
    tangent: Callable[..., Array]  # params, tape, direction (Params), R{x} (T, m, B) | None -> R{h} (T+1, n, B)

    def step_jacobians(self, params: Params, tape: Tape, sample: int) -> Array:
        """Return ds_t/ds_{t-1} of one sample in full, (T, S, S)."""
        return self.step_factors(params, tape, sample).full()


def start_tape(tape: Tape, inputs: Array, s0: Array | None) -> None:
    """Put the inputs (T, m, B) and the first state (S, B), zero where not given, on the tape."""
    tape.inputs[...] = inputs
    for g, part in enumerate(tape.state_parts):
        n = part.shape[1]
        part[0] = 0.0 if s0 is None else s0[g * n : (g + 1) * n]


def packed(params: Params, rows: slice | None = None, out: Array | None = None) -> Array:
    """Return W = [W_ih | b_ih + b_hh | W_hh] of some rows, written into `out` where given."""
    at = rows or slice(None)
    bias = params["bias_ih"][at] + params["bias_hh"][at]
    return np.concatenate((params["weight_ih"][at], bias[:, None], params["weight_hh"][at]), axis=1, out=out)


def moved_rows(params: Params, tape: Tape, direction: Params, d_inputs: Array | None, rows: slice) -> Array:
    """Return what R{W z_t} has at once for all t: V z_t and W_ih R{x_t}, V the direction's rows; (T, r, B).

    R{.} is Pearlmutter's forward derivative along the direction; R{h_{t-1}} is missing here, the time loop adds it.
    """
    moved = np.matmul(packed(direction, rows), tape.blocks[:-1])
    if d_inputs is not None:
        moved += np.matmul(params["weight_ih"][rows], d_inputs)
    return np.asarray(moved)


def contract(deltas: Array, blocks: Array) -> Array:
    """Return the sum over t and b of deltas[t, :, b] blocks[t, :, b]^T; (T, r, B), (T, k, B) -> (r, k)."""
    r, k = deltas.shape[1], blocks.shape[1]
    return deltas.transpose(1, 0, 2).reshape(r, -1) @ blocks.transpose(1, 0, 2).reshape(k, -1).T


def add_gradients(total: Array, m: int, rows: slice, grads: Params) -> None:
    """Add the gradient of packed rows, (r, m + 1 + n), to those rows of all four parameters."""
    grads["weight_ih"][rows] += total[:, :m]
    grads["weight_hh"][rows] += total[:, m + 1 :]
    grads["bias_ih"][rows] += total[:, m]
    grads["bias_hh"][rows] += total[:, m]


def logistic_from_tanh(gates: Array, half: Array) -> None:
    """Turn tanh(a/2) into the logistic of a, in place: one tanh serves gates and candidates alike.

    `half` is 1/2 as an array of no dimension: converting a Python number takes as long as the multiplication.
    """
    np.multiply(gates, half, out=gates)
    np.add(gates, half, out=gates)


def logistic_slope(gates: Array, out: Array) -> Array:
    """Return s (1 - s) for logistic outputs s."""
    np.multiply(gates, gates, out)
    return np.subtract(gates, out, out)


def scaled_rows(factors: Array, weight: Array) -> Array:
    """Return diag(factors_t) W for all t: (T, n), (n, k) -> (T, n, k)."""
    return factors[:, :, None] * weight


def parts_of(array: Array, n: int) -> list[Array]:
    """Return an array (steps, rows n, ...) as its views of n rows each."""
    return [array[:, first : first + n] for first in range(0, array.shape[1], n)]
