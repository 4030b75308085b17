"""The GRU whose reset gate comes after the matrix product (PyTorch, cuDNN): see `engine.cells.gru`.

n = tanh(W_in x + b_in + r a) with a = U_n h + b_hn, so r, z and a are one product with the block [x; 1; h].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.cells import gru
from engine.cells.base import (
    Cell,
    DirectAdjoints,
    Factors,
    Params,
    logistic_from_tanh,
    logistic_slope,
    moved_rows,
    packed,
    parts_of,
    scaled_rows,
    start_tape,
)
from engine.cells.product import product
from engine.cells.tape import CellOptions, Shape, Tape

# "gates": rows r, z, a;  "deltas" of step t at index t, and "local" per dh_t: of n, r, z, a, h_{t-1}


def plan(shape: Shape, dtype: np.dtype[Any], options: CellOptions) -> Tape:
    """Make the buffers and lists of views for the time loops."""
    m, n = shape.m, shape.n
    sums = {"x": ((0, 3), (0, m + 1)), "h": ((1, 4), (m, m + 1 + n))}
    tape = Tape(shape, dtype, options, gru.KEPT | {"gates": 3}, gru.LOCAL, sums)
    gru.name_gates(tape)
    tape.name_views("gates", {"a": (2, 3)})
    tape.name_views("deltas", {"stacked": (1, 4), "kept": (4, 5)})
    for name in ("deltas", "local"):
        tape.name_views(name, {name: (0, 5)}, apart=True)
    return tape


def forward(params: Params, inputs: Array, tape: Tape, s0: Array | None = None) -> None:
    """Unroll over inputs (T, m, B); the candidate's input part is one call for all T."""
    start_tape(tape, inputs, s0)
    T, B, m, _ = tape.shape
    W_times = product(_stacked(params, tape), B)
    np.matmul(_by_input(params, tape), tape.blocks[:T, : m + 1], out=tape.buffers["candidates"][:T])
    r, half, scratch = tape.rows, tape.half, np.empty_like(tape.adjoints[0])
    steps = zip(r["blocks"], r["gates"], r["rz"], r["r"], r["z"], r["a"], r["candidates"], r["gap"],
                r["hidden"], r["hidden"][1:], strict=False)  # fmt: skip
    for block, gates, rz, reset, z, a, candidate, gap, h, h_next in steps:
        W_times(block, gates)
        np.tanh(rz, rz)
        logistic_from_tanh(rz, half)
        np.multiply(reset, a, scratch)
        np.add(candidate, scratch, candidate)
        np.tanh(candidate, candidate)
        gru.mix(h, z, candidate, gap, h_next)


def _stacked(params: Params, tape: Tape) -> Array:
    """Return the rows of r and z, halved for their tanh, and of a, which reads no input."""
    m, n = tape.shape.m, tape.shape.n
    W = packed(params)
    W[: 2 * n] *= 0.5
    W[2 * n :, :m] = 0.0
    W[2 * n :, m] = params["bias_hh"][2 * n :]
    return W


def _by_input(params: Params, tape: Tape) -> Array:
    """Return [W_in | b_in], (n, m + 1)."""
    at = slice(2 * tape.shape.n, None)
    return np.column_stack((params["weight_ih"][at], params["bias_ih"][at]))


def local_derivatives(tape: Tape, before: int, end: int, samples: slice, local: Array) -> None:
    """Write the local derivatives of the steps before+1 .. end for some samples: (steps, 5n, samples)."""
    n = tape.shape.n
    gates = tape.buffers["gates"][before:end, :, samples]
    candidate, gap = (tape.buffers[name][before:end, :, samples] for name in ("candidates", "gap"))
    r, z, a = parts_of(gates, n)
    by_n, by_r, by_z, by_a, keep = parts_of(local, n)
    gru.candidate_slope(z, candidate, by_n, by_a)
    logistic_slope(gates[:, : 2 * n], local[:, n : 3 * n])
    np.multiply(by_z, gap, by_z)
    np.multiply(by_r, a, by_r)
    np.multiply(by_r, by_n, by_r)
    np.multiply(by_n, r, by_a)
    keep[...] = z


def backward(params: Params, tape: Tape, direct: DirectAdjoints, start: int, stop: int) -> None:
    """Carry dL/dh_t from t = stop down to start: three calls a step."""
    tape.start_back(direct[stop], stop)
    W_T_times = product(params["weight_hh"].T, tape.shape.B)
    adjoints, local, deltas, stacked, kept = (tape.rows[k] for k in ("adjoints", "local", "deltas", "stacked", "kept"))
    for before, end in tape.chunks(start, stop):
        local_derivatives(tape, before, end, slice(None), tape.buffers["local"][: end - before])
        for t in range(end, before, -1):
            earlier, now = adjoints[t - 1], direct[t - 1]
            np.multiply(adjoints[t], local[t - 1 - before], deltas[t])
            W_T_times(stacked[t], earlier)
            np.add(earlier, kept[t], earlier)
            if now is not None:
                np.add(earlier, now, earlier)
        tape.add_up(before, end)


def gradients(tape: Tape, grads: Params) -> None:
    """Add the parameters' gradients: n, r, z read [x; 1], and r, z, a read [1; h]."""
    n, m = tape.shape.n, tape.shape.m
    by_x, by_h = tape.sums["x"].total, tape.sums["h"].total
    for rows, at in ((slice(0, n), slice(2 * n, None)), (slice(n, None), slice(0, 2 * n))):
        grads["weight_ih"][at] += by_x[rows, :m]
        grads["bias_ih"][at] += by_x[rows, m]
    grads["weight_hh"] += by_h[:, 1:]
    grads["bias_hh"] += by_h[:, 0]


def input_adjoints(params: Params, tape: Tape) -> Array:
    """Return dL/dx_t, (T, m, B)."""
    n, W = tape.shape.n, params["weight_ih"]
    by_gates = np.matmul(W[: 2 * n].T, tape.part("deltas", 1, 3)[1:])
    return np.asarray(by_gates + np.matmul(W[2 * n :].T, tape.part("deltas", 0, 1)[1:]))


def step_factors(params: Params, tape: Tape, sample: int) -> Factors:
    """Return J_t of one sample, (T, n, n)."""
    U_r, U_z, U_n = params["weight_hh"].reshape(3, tape.shape.n, -1)
    _, by_r, by_z, by_a, z = gru.of_sample(tape, sample, local_derivatives)
    J = scaled_rows(by_r, U_r) + scaled_rows(by_z, U_z) + scaled_rows(by_a, U_n)
    return Factors(gru.add_diagonal(J, z), None)


def input_jacobians(params: Params, tape: Tape, sample: int) -> Array:
    """Return dh_t/dx_t of one sample, (T, n, m)."""
    W_r, W_z, W_n = params["weight_ih"].reshape(3, tape.shape.n, -1)
    by_n, by_r, by_z, _, _ = gru.of_sample(tape, sample, local_derivatives)
    return scaled_rows(by_r, W_r) + scaled_rows(by_z, W_z) + scaled_rows(by_n, W_n)


def tangent(params: Params, tape: Tape, direction: Params, d_inputs: Array | None = None) -> Array:
    """Return R{h_t}, (T+1, n, B)."""
    T, B, _, n = tape.shape
    W, moved = params["weight_hh"], np.zeros_like(tape.hidden)
    gates = moved_rows(params, tape, direction, d_inputs, slice(0, 2 * n)).reshape(-1, 2, n, B)
    outer, inner = _moved_candidate(params, tape, direction, d_inputs)
    for before, end in tape.chunks_forward(T):
        local_derivatives(tape, before, end, slice(None), tape.buffers["local"][: end - before])
        for t in range(before + 1, end + 1):
            by_n, by_r, by_z, by_a, z = tape.rows["local"][t - 1 - before]
            to_r, to_z, to_a = (W @ moved[t - 1]).reshape(3, n, B)
            d_r, d_z = gates[t - 1]
            moved[t] = by_r * (to_r + d_r) + by_z * (to_z + d_z) + by_a * (to_a + inner[t - 1])
            moved[t] += by_n * outer[t - 1] + z * moved[t - 1]
    return moved


def _moved_candidate(params: Params, tape: Tape, direction: Params, d_inputs: Array | None) -> tuple[Array, Array]:
    """Return what moves the candidate at once for all t, (T, n, B) twice: W_in x + b_in, and a."""
    T, _, m, n = tape.shape
    outer = np.matmul(_by_input(direction, tape), tape.blocks[:T, : m + 1])
    if d_inputs is not None:
        outer += np.matmul(params["weight_ih"][2 * n :], d_inputs)
    inner = np.matmul(direction["weight_hh"][2 * n :], tape.hidden[:-1]) + direction["bias_hh"][2 * n :, None]
    return outer, inner


GRU_AFTER = Cell("gru", ("r", "z", "n"), 3, 1, plan, forward, backward, gradients, input_adjoints,
                 step_factors, input_jacobians, gru.views, tangent)  # fmt: skip
