"""The simple recurrent network: h_t = f(W_hh h_{t-1} + W_ih x_t + b) (seed 003 eq. 2; Elman 1990).

J_t = D_t W_hh with D_t = diag f'(a_t).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.cells.base import (
    Cell,
    DirectAdjoints,
    Factors,
    Params,
    add_gradients,
    moved_rows,
    packed,
    scaled_rows,
    start_tape,
)
from engine.cells.product import product
from engine.cells.tape import CellOptions, Shape, Tape
from engine.nonlinearities import NONLINEARITIES


def plan(shape: Shape, dtype: np.dtype[Any], options: CellOptions) -> Tape:
    """Make the buffers: pre-activation adjoints of every step, slopes D_t of some."""
    return Tape(shape, dtype, options, {"deltas": 1}, {"slopes": 1}, {"W": ((0, 1), (0, shape.m + 1 + shape.n))})


def forward(params: Params, inputs: Array, tape: Tape, s0: Array | None = None) -> None:
    """Unroll over inputs (T, m, B): two calls a step."""
    start_tape(tape, inputs, s0)
    W_times, f = product(packed(params), tape.shape.B), NONLINEARITIES[tape.options.activation].apply
    for z, h in zip(tape.rows["blocks"], tape.rows["hidden"][1:], strict=False):
        W_times(z, h)
        f(h, h)


def backward(params: Params, tape: Tape, direct: DirectAdjoints, start: int, stop: int) -> None:
    """Carry dL/dh_t from t = stop down to start: a_{t-1} = direct_{t-1} + W_hh^T D_t a_t."""
    tape.start_back(direct[stop], stop)
    W_T_times, slope = product(params["weight_hh"].T, tape.shape.B), NONLINEARITIES[tape.options.activation].slope
    adjoints, slopes, deltas = tape.rows["adjoints"], tape.rows["slopes"], tape.rows["deltas"]
    for before, end in tape.chunks(start, stop):
        slope(tape.hidden[before + 1 : end + 1], tape.buffers["slopes"][: end - before])
        for t in range(end, before, -1):
            earlier, now = adjoints[t - 1], direct[t - 1]
            np.multiply(adjoints[t], slopes[t - 1 - before], deltas[t])
            W_T_times(deltas[t], earlier)
            if now is not None:
                np.add(earlier, now, earlier)
        tape.add_up(before, end)


def gradients(tape: Tape, grads: Params) -> None:
    """Add the parameters' gradients: sum over t of delta_t z_t^T (seed 003 eqs. 11 and 14)."""
    add_gradients(tape.sums["W"].total, tape.shape.m, slice(None), grads)


def input_adjoints(params: Params, tape: Tape) -> Array:
    """Return dL/dx_t, (T, m, B)."""
    return np.asarray(np.matmul(params["weight_ih"].T, tape.buffers["deltas"][1:]))


def step_factors(params: Params, tape: Tape, sample: int) -> Factors:
    """Return D_t W_hh of one sample, (T, n, n)."""
    return Factors(scaled_rows(_slopes(tape, sample), params["weight_hh"]), None)


def input_jacobians(params: Params, tape: Tape, sample: int) -> Array:
    """Return D_t W_ih of one sample, (T, n, m)."""
    return scaled_rows(_slopes(tape, sample), params["weight_ih"])


def _slopes(tape: Tape, sample: int) -> Array:
    hidden = tape.hidden[1:, :, sample]
    slopes = np.empty(hidden.shape, tape.dtype)
    NONLINEARITIES[tape.options.activation].slope(hidden, slopes)
    return slopes


def views(tape: Tape, sample: int) -> dict[str, Any]:
    """Return the sample's arrays of a frame: an RNN has neither cell state nor gates."""
    return {
        "hidden": tape.hidden[:, :, sample],
        "cell_state": None,
        "gates": {},
        "d_hidden": tape.adjoints[:, :, sample],
        "d_cell_state": None,
        "carousel": None,
        "saturable": NONLINEARITIES[tape.options.activation].bounds and {"h": tape.hidden[1:, :, sample]},
    }


def tangent(params: Params, tape: Tape, direction: Params, d_inputs: Array | None = None) -> Array:
    """Return R{h_t} = D_t (V z_t + W_ih R{x_t} + W_hh R{h_{t-1}}), (T+1, n, B); R{h_0} = 0."""
    W, slope = params["weight_hh"], NONLINEARITIES[tape.options.activation].slope
    moved = np.zeros_like(tape.hidden)
    moved[1:] = moved_rows(params, tape, direction, d_inputs, slice(None))
    for before, end in tape.chunks_forward(tape.shape.T):
        slope(tape.hidden[before + 1 : end + 1], tape.buffers["slopes"][: end - before])
        for t in range(before + 1, end + 1):
            moved[t] += W @ moved[t - 1]
            moved[t] *= tape.rows["slopes"][t - 1 - before]
    return moved


RNN = Cell("rnn", (), 1, 1, plan, forward, backward, gradients, input_adjoints, step_factors,
           input_jacobians, views, tangent)  # fmt: skip
