"""The GRU whose reset gate comes before the matrix product (Cho 2014; seed 002): see `engine.cells.gru`.

n = tanh(W_in x + b_in + U_n (r h) + b_hn). The memory of a step is [r h; x; 1; h]: the gates read [x; 1; h], the
candidate [r h; x; 1].
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
    add_gradients,
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

# "gates": rows r, z;  "deltas" of step t at index t: of h_{t-1} through r h, of r, z, n, of h_{t-1} through z
# "local": the first two per d(r h), the others per dh_t


def plan(shape: Shape, dtype: np.dtype[Any], options: CellOptions) -> Tape:
    """Make the buffers and lists of views for the time loops."""
    m, n = shape.m, shape.n
    sums = {"gates": ((1, 3), (n, n + m + 1 + n)), "candidate": ((3, 4), (0, n + m + 1))}
    tape = Tape(shape, dtype, options, gru.KEPT | {"gates": 2}, gru.LOCAL, sums, head=n)
    gru.name_gates(tape)
    tape.rows |= {"reset_h": list(tape.memory[:, :n]), "read": list(tape.memory[:, : n + m + 1])}
    tape.name_views("deltas", {"through_reset": (0, 1), "d_rz": (1, 3), "d_n": (3, 4), "kept": (4, 5)})
    for name in ("deltas", "local"):
        tape.name_views(name, {f"{name}_by_rh": (0, 2), f"{name}_by_h": (2, 5)}, apart=True)
    return tape


def forward(params: Params, inputs: Array, tape: Tape, s0: Array | None = None) -> None:
    """Unroll over inputs (T, m, B)."""
    start_tape(tape, inputs, s0)
    n, B = tape.shape.n, tape.shape.B
    rz_times, n_times = product(0.5 * packed(params, slice(0, 2 * n)), B), product(_of_candidate(params, n), B)
    r, half = tape.rows, tape.half
    steps = zip(r["blocks"], r["rz"], r["r"], r["z"], r["reset_h"], r["read"], r["candidates"], r["gap"],
                r["hidden"], r["hidden"][1:], strict=False)  # fmt: skip
    for block, rz, reset, z, reset_h, read, candidate, gap, h, h_next in steps:
        rz_times(block, rz)
        np.tanh(rz, rz)
        logistic_from_tanh(rz, half)
        np.multiply(reset, h, reset_h)
        n_times(read, candidate)
        np.tanh(candidate, candidate)
        gru.mix(h, z, candidate, gap, h_next)


def _of_candidate(params: Params, n: int) -> Array:
    """Return [U_n | W_in | b_in + b_hn], (n, n + m + 1)."""
    W_in, b, U_n = np.split(packed(params, slice(2 * n, None)), (-n - 1, -n), axis=1)
    return np.concatenate((U_n, W_in, b), axis=1)


def local_derivatives(tape: Tape, before: int, end: int, samples: slice, local: Array) -> None:
    """Write the local derivatives of the steps before+1 .. end for some samples: (steps, 5n, samples)."""
    n = tape.shape.n
    gates = tape.buffers["gates"][before:end, :, samples]
    candidate, gap = (tape.buffers[name][before:end, :, samples] for name in ("candidates", "gap"))
    r, z = parts_of(gates, n)
    through_reset, by_r, by_z, by_n, keep = parts_of(local, n)
    gru.candidate_slope(z, candidate, by_n, keep)
    logistic_slope(gates, local[:, n : 3 * n])
    np.multiply(by_r, tape.hidden[before:end, :, samples], by_r)
    np.multiply(by_z, gap, by_z)
    through_reset[...], keep[...] = r, z


def backward(params: Params, tape: Tape, direct: DirectAdjoints, start: int, stop: int) -> None:
    """Carry dL/dh_t from t = stop down to start: six calls a step."""
    tape.start_back(direct[stop], stop)
    r, n, B, W = tape.rows, tape.shape.n, tape.shape.B, params["weight_hh"]
    rz_T_times, n_T_times = product(W[: 2 * n].T, B), product(W[2 * n :].T, B)
    adjoints, d_reset_h = r["adjoints"], np.empty_like(tape.adjoints[0])
    for before, end in tape.chunks(start, stop):
        local_derivatives(tape, before, end, slice(None), tape.buffers["local"][: end - before])
        for t in range(end, before, -1):
            at, earlier, now = t - 1 - before, adjoints[t - 1], direct[t - 1]
            np.multiply(adjoints[t], r["local_by_h"][at], r["deltas_by_h"][t])
            n_T_times(r["d_n"][t], d_reset_h)
            np.multiply(d_reset_h, r["local_by_rh"][at], r["deltas_by_rh"][t])
            rz_T_times(r["d_rz"][t], earlier)
            np.add(earlier, r["through_reset"][t], earlier)
            np.add(earlier, r["kept"][t], earlier)
            if now is not None:
                np.add(earlier, now, earlier)
        tape.add_up(before, end)


def gradients(tape: Tape, grads: Params) -> None:
    """Add the parameters' gradients: r, z read [x; 1; h], n reads [r h; x; 1]; the two biases do the same here."""
    n, m, at = tape.shape.n, tape.shape.m, slice(2 * tape.shape.n, None)
    add_gradients(tape.sums["gates"].total, m, slice(0, 2 * n), grads)
    of_n = tape.sums["candidate"].total
    add_gradients(np.concatenate((of_n[:, n:], of_n[:, :n]), axis=1), m, at, grads)


def input_adjoints(params: Params, tape: Tape) -> Array:
    """Return dL/dx_t, (T, m, B)."""
    return np.asarray(np.matmul(params["weight_ih"].T, tape.part("deltas", 1, 4)[1:]))


def step_factors(params: Params, tape: Tape, sample: int) -> Factors:
    """Return J_t of one sample, (T, n, n)."""
    U_r, U_z, U_n = params["weight_hh"].reshape(3, tape.shape.n, -1)
    r, by_r, by_z, by_n, z = gru.of_sample(tape, sample, local_derivatives)
    inner = gru.add_diagonal(scaled_rows(by_r, U_r), r)
    J = scaled_rows(by_z, U_z) + by_n[:, :, None] * np.matmul(U_n, inner)
    return Factors(gru.add_diagonal(J, z), None)


def input_jacobians(params: Params, tape: Tape, sample: int) -> Array:
    """Return dh_t/dx_t of one sample, (T, n, m)."""
    n = tape.shape.n
    W_r, W_z, W_n = params["weight_ih"].reshape(3, n, -1)
    _, by_r, by_z, by_n, _ = gru.of_sample(tape, sample, local_derivatives)
    through_reset = np.matmul(params["weight_hh"][2 * n :], scaled_rows(by_r, W_r))
    return np.asarray(scaled_rows(by_z, W_z) + by_n[:, :, None] * (through_reset + W_n))


def tangent(params: Params, tape: Tape, direction: Params, d_inputs: Array | None = None) -> Array:
    """Return R{h_t}, (T+1, n, B)."""
    T, B, m, n = tape.shape
    W, moved = params["weight_hh"], np.zeros_like(tape.hidden)
    gates = moved_rows(params, tape, direction, d_inputs, slice(0, 2 * n)).reshape(-1, 2, n, B)
    candidate = np.matmul(_of_candidate(direction, n), tape.memory[:T, : n + m + 1])
    if d_inputs is not None:
        candidate += np.matmul(params["weight_ih"][2 * n :], d_inputs)
    for before, end in tape.chunks_forward(T):
        local_derivatives(tape, before, end, slice(None), tape.buffers["local"][: end - before])
        for t in range(before + 1, end + 1):
            r, by_r = tape.rows["local_by_rh"][t - 1 - before]
            by_z, by_n, z = tape.rows["local_by_h"][t - 1 - before]
            d_r, d_z = (W[: 2 * n] @ moved[t - 1]).reshape(2, n, B) + gates[t - 1]
            d_candidate = W[2 * n :] @ (r * moved[t - 1] + by_r * d_r) + candidate[t - 1]
            moved[t] = by_z * d_z + by_n * d_candidate + z * moved[t - 1]
    return moved


GRU_BEFORE = Cell("gru", ("r", "z", "n"), 3, 1, plan, forward, backward, gradients, input_adjoints,
                  step_factors, input_jacobians, gru.views, tangent)  # fmt: skip
