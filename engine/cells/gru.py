"""Gated recurrent unit (Cho 2014; seed 002), in PyTorch's convention: h_t = z h_{t-1} + (1 - z) n_t (large z keeps).

The seeds and Chung 2014 write the complement of z. Both candidates are built:
reset after  (PyTorch, cuDNN): n = tanh(W_in x + b_in + r (U_n h + b_hn));
reset before (Cho 2014):       n = tanh(W_in x + b_in + U_n (r h) + b_hn).

J_t = D(z) + D((h-n) z(1-z)) U_z + D((1-z)(1-n²)) X, where with a = U_n h + b_hn
X = D(r) U_n + D(a r(1-r)) U_r  after,  X = U_n D(r) + U_n D(h r(1-r)) U_r  before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.cells.base import (
    Cell,
    CellOptions,
    DirectAdjoints,
    Factors,
    Params,
    Shape,
    Tape,
    add_gradients,
    contract,
    logistic_from_tanh,
    logistic_slope,
    moved_rows,
    packed,
    parts_of,
    scaled_rows,
    start_tape,
)

# kept "gates": rows r z a (a = U_n h + b_hn, after);  "candidates": n_t;  "gap": h_{t-1} - n_t;  "reset": r h (before);
# "slope_n": (1-z)(1-n²);  "deltas": as "local" times the adjoints
# local "local": per dh_t of r, z, a, h_{t-1} (after), or h, r per d(rh), then z, n, h_{t-1} per dh_t (before)


def plan(shape: Shape, dtype: np.dtype[Any], options: CellOptions) -> Tape:
    """Make the buffers and lists of views for the time loops."""
    kept = {"gates": 3, "candidates": 1, "gap": 1, "reset": 1, "deltas": 5, "slope_n": 1}
    tape = Tape(shape, dtype, options, kept, {"local": 5})
    n, B = shape.n, shape.B
    for name, (first, last) in {"rz": (0, 2), "r": (0, 1), "z": (1, 2), "a": (2, 3)}.items():
        tape.rows[name] = tape.parts("gates", first, last)
    for name in ("local", "deltas"):
        for first, last in ((0, 2), (0, 4), (2, 5)):
            tape.rows[f"{name}{first}{last}"] = [a.reshape(-1, n, B) for a in tape.parts(name, first, last)]
        for first, last in ((0, 1), (0, 3), (1, 3), (3, 4), (4, 5)):
            tape.rows[f"{name}{first}{last}"] = tape.parts(name, first, last)
    return tape


def forward(params: Params, inputs: Array, tape: Tape, s0: Array | None = None) -> None:
    """Unroll over inputs (T, m, B); the candidate's input part is one product for all T."""
    start_tape(tape, inputs, s0)
    n, m, T = tape.shape.n, tape.shape.m, tape.shape.T
    W = packed(params, slice(0, 2 * n))
    W *= 0.5
    after = tape.options.reset_after
    W_in, b_in, b_hn = params["weight_ih"][2 * n :], params["bias_ih"][2 * n :], params["bias_hh"][2 * n :]
    bias = b_in if after else b_in + b_hn
    given = np.matmul(np.concatenate((W_in, bias[:, None]), axis=1), tape.blocks[:T, : m + 1])
    (_forward_after if after else _forward_before)(W, params["weight_hh"][2 * n :], b_hn, given, tape)


def _forward_after(W: Array, U_n: Array, b_hn: Array, given: Array, tape: Tape) -> None:
    m, r, half = tape.shape.m, tape.rows, tape.half
    rows_a = np.concatenate((np.zeros((len(U_n), m), W.dtype), b_hn[:, None], U_n), axis=1)
    W = np.concatenate((W, rows_a))
    steps = zip(r["blocks"], r["gates"], r["rz"], r["r"], r["z"], r["a"], given, r["candidates"], r["gap"],
                r["hidden"], r["hidden"][1:], strict=False)  # fmt: skip
    for block, gates, rz, reset, z, a, x, candidate, gap, h, h_next in steps:
        np.dot(W, block, out=gates)
        np.tanh(rz, out=rz)
        logistic_from_tanh(rz, half)
        np.multiply(reset, a, out=candidate)
        np.add(candidate, x, out=candidate)
        np.tanh(candidate, out=candidate)
        _mix(h, z, candidate, gap, h_next)


def _forward_before(W: Array, U_n: Array, b_hn: Array, given: Array, tape: Tape) -> None:
    r, half = tape.rows, tape.half
    steps = zip(r["blocks"], r["rz"], r["r"], r["z"], r["reset"], given, r["candidates"], r["gap"],
                r["hidden"], r["hidden"][1:], strict=False)  # fmt: skip
    for block, rz, reset, z, reset_h, x, candidate, gap, h, h_next in steps:
        np.dot(W, block, out=rz)
        np.tanh(rz, out=rz)
        logistic_from_tanh(rz, half)
        np.multiply(reset, h, out=reset_h)
        np.dot(U_n, reset_h, out=candidate)
        np.add(candidate, x, out=candidate)
        np.tanh(candidate, out=candidate)
        _mix(h, z, candidate, gap, h_next)


def _mix(h: Array, z: Array, candidate: Array, gap: Array, h_next: Array) -> None:
    """h_next = z h + (1 - z) n, as n + z (h - n)."""
    np.subtract(h, candidate, out=gap)
    np.multiply(z, gap, out=h_next)
    np.add(h_next, candidate, out=h_next)


def local_derivatives(tape: Tape, before: int, end: int, samples: slice, local: Array) -> None:
    """Write the local derivatives of the steps before+1 .. end for some samples: (steps, 5n, samples)."""
    n = tape.shape.n
    r, z, a = (part[..., samples] for part in parts_of(tape.buffers["gates"][before:end], n))
    slope_n, candidate, gap = (tape.buffers[name][before:end, :, samples] for name in ("slope_n", "candidates", "gap"))
    np.multiply(candidate, candidate, out=slope_n)
    np.subtract(1.0, slope_n, out=slope_n)
    slope_n -= slope_n * z
    rows = parts_of(local, n)
    by_r, by_z = (rows[0], rows[1]) if tape.options.reset_after else (rows[1], rows[2])
    logistic_slope(z, out=by_z)
    by_z *= gap
    logistic_slope(r, out=by_r)
    if tape.options.reset_after:
        by_r *= a
        by_r *= slope_n
        np.multiply(slope_n, r, out=rows[2])
        rows[3][...] = z
    else:
        by_r *= tape.hidden[before:end, :, samples]
        rows[0][...], rows[3][...], rows[4][...] = r, slope_n, z


def backward(params: Params, tape: Tape, direct: DirectAdjoints, start: int, stop: int) -> None:
    """Carry dL/dh_t from t = stop down to start: three calls a step (after), six (before)."""
    adjoints, last = tape.rows["adjoints"], direct[stop]
    adjoints[stop][...] = 0.0 if last is None else last
    step_back = _backward_after if tape.options.reset_after else _backward_before
    for before, end in tape.chunks(start, stop):
        local_derivatives(tape, before, end, slice(None), tape.buffers["local"][: end - before])
        step_back(params["weight_hh"], tape, direct, before, end)


def _backward_after(W: Array, tape: Tape, direct: DirectAdjoints, before: int, end: int) -> None:
    r, W_T = tape.rows, W.T
    adjoints, local, deltas, stacked, kept = (r[k] for k in ("adjoints", "local04", "deltas04", "deltas03", "deltas34"))
    for t in range(end, before, -1):
        k, earlier, now = t - 1, adjoints[t - 1], direct[t - 1]
        np.multiply(adjoints[t], local[k - before], out=deltas[k])
        np.dot(W_T, stacked[k], out=earlier)
        np.add(earlier, kept[k], out=earlier)
        if now is not None:
            np.add(earlier, now, out=earlier)


def _backward_before(W: Array, tape: Tape, direct: DirectAdjoints, before: int, end: int) -> None:
    r, n = tape.rows, tape.shape.n
    W_rz, U_n = W[: 2 * n].T, W[2 * n :].T
    adjoints, d_reset_h = r["adjoints"], np.empty_like(r["adjoints"][0])
    for t in range(end, before, -1):
        k, earlier, now = t - 1, adjoints[t - 1], direct[t - 1]
        np.multiply(adjoints[t], r["local25"][k - before], out=r["deltas25"][k])
        np.dot(U_n, r["deltas34"][k], out=d_reset_h)
        np.multiply(d_reset_h, r["local02"][k - before], out=r["deltas02"][k])
        np.dot(W_rz, r["deltas13"][k], out=earlier)
        np.add(earlier, r["deltas01"][k], out=earlier)
        np.add(earlier, r["deltas45"][k], out=earlier)
        if now is not None:
            np.add(earlier, now, out=earlier)


def _candidate_deltas(tape: Tape, start: int, stop: int) -> Array:
    """Return the adjoints of the candidate's pre-activation, (steps, n, B)."""
    if tape.options.reset_after:
        return tape.adjoints[start + 1 : stop + 1] * tape.buffers["slope_n"][start:stop]
    return tape.part("deltas", 3, 4)[start:stop]


def gradients(tape: Tape, start: int, stop: int, grads: Params) -> None:
    """Add the parameters' gradients. The two biases of the candidate differ only when the reset comes after."""
    n, m, at = tape.shape.n, tape.shape.m, slice(2 * tape.shape.n, None)
    blocks = tape.blocks[start:stop]
    first = 0 if tape.options.reset_after else 1
    total = contract(tape.part("deltas", first, first + 2)[start:stop], blocks)
    add_gradients(total, m, slice(0, 2 * n), grads)
    of_n = _candidate_deltas(tape, start, stop)
    by_input = contract(of_n, blocks[:, : m + 1])
    grads["weight_ih"][at] += by_input[:, :m]
    grads["bias_ih"][at] += by_input[:, m]
    if tape.options.reset_after:
        by_state = contract(tape.part("deltas", 2, 3)[start:stop], blocks[:, m:])
        grads["weight_hh"][at] += by_state[:, 1:]
        grads["bias_hh"][at] += by_state[:, 0]
    else:
        grads["weight_hh"][at] += contract(of_n, tape.buffers["reset"][start:stop])
        grads["bias_hh"][at] += by_input[:, m]


def input_adjoints(params: Params, tape: Tape) -> Array:
    """Return dL/dx_t, (T, m, B)."""
    n, T, W = tape.shape.n, tape.shape.T, params["weight_ih"]
    first = 0 if tape.options.reset_after else 1
    by_gates = np.matmul(W[: 2 * n].T, tape.part("deltas", first, first + 2)[:T])
    return np.asarray(by_gates + np.matmul(W[2 * n :].T, _candidate_deltas(tape, 0, T)))


def step_factors(params: Params, tape: Tape, sample: int) -> Factors:
    """Return J_t of one sample, (T, n, n)."""
    n, W = tape.shape.n, params["weight_hh"]
    U_r, U_z, U_n = W[:n], W[n : 2 * n], W[2 * n :]
    rows, _ = _of_sample(tape, sample)
    if tape.options.reset_after:
        by_r, by_z, by_a, z, _ = rows
        J = scaled_rows(by_r, U_r) + scaled_rows(by_z, U_z) + scaled_rows(by_a, U_n)
    else:
        r, by_r, by_z, by_n, z = rows
        inner = scaled_rows(by_r, U_r)
        inner[:, np.arange(n), np.arange(n)] += r
        J = scaled_rows(by_z, U_z) + by_n[:, :, None] * np.matmul(U_n, inner)
    J[:, np.arange(n), np.arange(n)] += z
    return Factors(J, None)


def input_jacobians(params: Params, tape: Tape, sample: int) -> Array:
    """Return dh_t/dx_t of one sample, (T, n, m)."""
    n, W = tape.shape.n, params["weight_ih"]
    W_r, W_z, W_n = W[:n], W[n : 2 * n], W[2 * n :]
    rows, slope_n = _of_sample(tape, sample)
    if tape.options.reset_after:
        return scaled_rows(rows[0], W_r) + scaled_rows(rows[1], W_z) + scaled_rows(slope_n, W_n)
    through_reset = np.matmul(params["weight_hh"][2 * n :], scaled_rows(rows[1], W_r))
    return np.asarray(scaled_rows(rows[2], W_z) + slope_n[:, :, None] * (through_reset + W_n))


def _of_sample(tape: Tape, sample: int) -> tuple[list[Array], Array]:
    """Return one sample's local derivatives, five of (T, n), and its slopes (1-z)(1-n²), (T, n)."""
    T, n = tape.shape.T, tape.shape.n
    local = np.empty((T, 5 * n, 1), tape.dtype)
    local_derivatives(tape, 0, T, slice(sample, sample + 1), local)
    return parts_of(local[:, :, 0], n), tape.buffers["slope_n"][:T, :, sample]


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


def tangent(params: Params, tape: Tape, direction: Params, d_inputs: Array | None = None) -> Array:
    """Return R{h_t}, (T+1, n, B)."""
    n, B = tape.shape.n, tape.shape.B
    gates = moved_rows(params, tape, direction, d_inputs, slice(0, 2 * n)).reshape(-1, 2, n, B)
    by_candidate = _moved_candidate(params, tape, direction, d_inputs)
    moved = np.zeros_like(tape.hidden)
    step_on = _tangent_after if tape.options.reset_after else _tangent_before
    for before, end in tape.chunks_forward(tape.shape.T):
        local_derivatives(tape, before, end, slice(None), tape.buffers["local"][: end - before])
        step_on(params["weight_hh"], tape, gates, by_candidate, moved, before, end)
    return moved


def _moved_candidate(params: Params, tape: Tape, direction: Params, d_inputs: Array | None) -> tuple[Array, Array]:
    """Return what moves the candidate at once, (T, n, B) twice: its pre-activation, and (reset after) a = U_n h + b."""
    m, at = tape.shape.m, slice(2 * tape.shape.n, None)
    V_n, v_hn = direction["weight_hh"][at], direction["bias_hh"][at]
    outer = np.matmul(np.column_stack((direction["weight_ih"][at], direction["bias_ih"][at])),
                      tape.blocks[:-1, : m + 1])  # fmt: skip
    if d_inputs is not None:
        outer += np.matmul(params["weight_ih"][at], d_inputs)
    read = tape.hidden[:-1] if tape.options.reset_after else tape.buffers["reset"][:-1]
    inner = np.matmul(V_n, read) + v_hn[:, None]
    return (outer, inner) if tape.options.reset_after else (outer + inner, inner)


def _tangent_after(
    W: Array, tape: Tape, gates: Array, candidate: tuple[Array, Array], moved: Array, before: int, end: int
) -> None:
    n, B, (outer, inner) = tape.shape.n, tape.shape.B, candidate
    for t in range(before + 1, end + 1):
        by_r, by_z, by_a, z = tape.rows["local04"][t - 1 - before]
        to_r, to_z, to_a = (W @ moved[t - 1]).reshape(3, n, B)
        (d_r, d_z), slope = gates[t - 1], tape.buffers["slope_n"][t - 1]
        moved[t] = by_r * (to_r + d_r) + by_z * (to_z + d_z) + by_a * (to_a + inner[t - 1])
        moved[t] += slope * outer[t - 1] + z * moved[t - 1]


def _tangent_before(
    W: Array, tape: Tape, gates: Array, candidate: tuple[Array, Array], moved: Array, before: int, end: int
) -> None:
    n, B = tape.shape.n, tape.shape.B
    for t in range(before + 1, end + 1):
        keep, by_r = tape.rows["local02"][t - 1 - before]
        by_z, by_n, z = tape.rows["local25"][t - 1 - before]
        d_r, d_z = (W[: 2 * n] @ moved[t - 1]).reshape(2, n, B) + gates[t - 1]
        d_candidate = W[2 * n :] @ (keep * moved[t - 1] + by_r * d_r) + candidate[0][t - 1]
        moved[t] = by_z * d_z + by_n * d_candidate + z * moved[t - 1]


GRU = Cell("gru", ("r", "z", "n"), 3, 1, plan, forward, backward, gradients, input_adjoints,
           step_factors, input_jacobians, views, tangent)  # fmt: skip
