"""Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate Gers 2000; seed 002), state s = [h | c].

i, f, o = logistic(W z), g = tanh(W z); c_t = f c_{t-1} + i g; h_t = o tanh(c_t). With q = o (1 - tanh² c_t):
dc/dh = D(c_{t-1} f(1-f)) U_f + D(g i(1-i)) U_i + D(i (1-g²)) U_g;  dc/dc = D(f);
dh/dh = D(tanh c_t o(1-o)) U_o + D(q) dc/dh;  dh/dc = D(q f).

Rows inside are o, i, f, g, c_{t-1}: then [i; f] [g; c_{t-1}] is one product of neighbours, and one tanh serves all
four gates, the logistic ones through logistic(a) = 1/2 + 1/2 tanh(a/2) with the halves folded into the weights.
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
    moved_rows,
    packed,
    parts_of,
    scaled_rows,
    start_tape,
)

# kept "gates": rows o i f g c_{t-1};  "products": i g, f c_{t-1};
# "deltas": dc_t through h_t, do, di, df, dg (of pre-activations), dc_{t-1}
# local "out_local": q, tanh c_t o(1-o);  "cell_local": di, df, dg, dc_{t-1} per dc_t;  all of step t at index t - 1
LOCAL = {"out_local": 2, "cell_local": 4}
BACKWARD = ("to_out", "through_h", "to_cell", "gate_deltas", "d_cell_before")


def plan(shape: Shape, dtype: np.dtype[Any], options: CellOptions) -> Tape:
    """Make the buffers and, for the time loops, lists of views of them."""
    kept = {"gates": 5, "products": 2, "tanh_cell": 1, "deltas": 6, "d_cell": 1}
    tape = Tape(shape, dtype, options, kept, LOCAL)
    tape.state_parts.append(tape.part("gates", 4, 5))
    tape.adjoint_parts.append(tape.buffers["d_cell"])
    views = {
        "products": {"ig": (0, 1), "fc": (1, 2)},
        "gates": {"stacked": (0, 4), "logistic": (0, 3), "o": (0, 1), "if": (1, 3), "gc": (3, 5), "c": (4, 5)},
        "deltas": {
            "to_out": (0, 2),
            "through_h": (0, 1),
            "to_cell": (2, 6),
            "gate_deltas": (1, 5),
            "d_cell_before": (5, 6),
        },
    }
    for buffer, parts in views.items():
        for name, (first, last) in parts.items():
            tape.rows[name] = tape.parts(buffer, first, last)
    for name in ("to_out", "to_cell", "out_local", "cell_local"):
        tape.rows[name] = [a.reshape(-1, shape.n, shape.B) for a in tape.rows[name]]
    return tape


def forward(params: Params, inputs: Array, tape: Tape, s0: Array | None = None) -> None:
    """Unroll over inputs (T, m, B): eight calls a step."""
    start_tape(tape, inputs, s0)
    n = tape.shape.n
    W = np.concatenate((packed(params, slice(3 * n, None)), packed(params, slice(0, 3 * n))))  # o, i, f, g
    W[: 3 * n] *= 0.5
    r, half = tape.rows, tape.half
    steps = zip(r["blocks"], r["stacked"], r["logistic"], r["if"], r["gc"], r["products"], r["ig"], r["fc"], r["c"][1:],
                r["tanh_cell"], r["o"], r["hidden"][1:], strict=False)  # fmt: skip
    for z, gates, logistic, i_f, g_c, products, ig, fc, c, tanh_c, o, h in steps:
        np.dot(W, z, out=gates)
        np.tanh(gates, out=gates)
        logistic_from_tanh(logistic, half)
        np.multiply(i_f, g_c, out=products)
        np.add(ig, fc, out=c)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)


def local_derivatives(tape: Tape, before: int, end: int, samples: slice, out_local: Array, cell_local: Array) -> None:
    """Write the local derivatives of the steps before+1 .. end for some samples: (steps, 2n, ·) and (steps, 4n, ·).

    Every one is a product that forward has, less a multiple of itself: o (1 - tanh² c) = o - h tanh c,
    tanh c o (1-o) = h - h o, g i (1-i) = ig - ig i, c f (1-f) = fc - fc f, i (1-g²) = i - ig g.
    """
    n, at = tape.shape.n, slice(before, end)
    gates, products = tape.buffers["gates"][at, :, samples], tape.buffers["products"][at, :, samples]
    o, i, f, g, _ = parts_of(gates, n)
    h, tanh_c = tape.hidden[before + 1 : end + 1, :, samples], tape.buffers["tanh_cell"][at, :, samples]
    q, local_o = parts_of(out_local, n)
    _, _, local_g, local_c = parts_of(cell_local, n)
    pairs = ((o, h, tanh_c, q), (h, h, o, local_o), (products, products, gates[:, n : 3 * n], cell_local[:, : 2 * n]),
             (i, products[:, :n], g, local_g))  # fmt: skip
    for whole, part, share, out in pairs:
        np.multiply(part, share, out=out)
        np.subtract(whole, out, out=out)
    local_c[...] = f


def backward(params: Params, tape: Tape, direct: DirectAdjoints, start: int, stop: int) -> None:
    """Carry dL/dh_t and dL/dc_t from t = stop down to start: four calls a step.

    "d_cell" keeps dL/dc_t as autograd has it (through h_t as well), "deltas" row 5 the part from step t + 1 alone.
    """
    n, r = tape.shape.n, tape.rows
    W_T = np.concatenate((params["weight_hh"][3 * n :], params["weight_hh"][: 3 * n])).T
    adjoints, d_cell, out_local, cell_local = (r[k] for k in ("adjoints", "d_cell", "out_local", "cell_local"))
    to_out, through_h, to_cell, gate_deltas, d_cell_before = (r[k] for k in BACKWARD)
    last = direct[stop]
    adjoints[stop][...] = 0.0 if last is None else last
    carry = np.zeros_like(adjoints[0])
    for before, end in tape.chunks(start, stop):
        local_derivatives(tape, before, end, slice(None), *(tape.buffers[name][: end - before] for name in LOCAL))
        for t in range(end, before, -1):
            k, earlier, now = t - 1, adjoints[t - 1], direct[t - 1]
            np.multiply(adjoints[t], out_local[k - before], out=to_out[k])
            np.add(through_h[k], carry, out=d_cell[t])
            np.multiply(d_cell[t], cell_local[k - before], out=to_cell[k])
            np.dot(W_T, gate_deltas[k], out=earlier)
            carry = d_cell_before[k]
            if now is not None:
                np.add(earlier, now, out=earlier)
    d_cell[start][...] = carry


def gradients(tape: Tape, start: int, stop: int, grads: Params) -> None:
    """Add the parameters' gradients: sum over t of delta_t z_t^T."""
    n, m = tape.shape.n, tape.shape.m
    total = contract(tape.part("deltas", 1, 5)[start:stop], tape.blocks[start:stop])
    add_gradients(total[:n], m, slice(3 * n, None), grads)
    add_gradients(total[n:], m, slice(0, 3 * n), grads)


def input_adjoints(params: Params, tape: Tape) -> Array:
    """Return dL/dx_t, (T, m, B)."""
    n, deltas = tape.shape.n, tape.part("deltas", 1, 5)[:-1]
    W = params["weight_ih"]
    return np.asarray(np.matmul(W[3 * n :].T, deltas[:, :n]) + np.matmul(W[: 3 * n].T, deltas[:, n:]))


def step_factors(params: Params, tape: Tape, sample: int) -> Factors:
    """Return ds_t/ds_{t-1} of one sample, s = [h | c]: (T, 2n, n) by h, the diagonals q f and f by c."""
    dense, f, q = _through_gates(params["weight_hh"], tape, sample)
    return Factors(dense, np.stack((q * f, f), axis=1))


def input_jacobians(params: Params, tape: Tape, sample: int) -> Array:
    """Return ds_t/dx_t of one sample, (T, 2n, m)."""
    return _through_gates(params["weight_ih"], tape, sample)[0]


def _through_gates(weight: Array, tape: Tape, sample: int) -> tuple[Array, Array, Array]:
    """Return d[h_t | c_t] through the gates' pre-activations for a stacked weight (4n, k): (T, 2n, k), and f, q."""
    T, n = tape.shape.T, tape.shape.n
    out_local, cell_local = (np.empty((T, rows * n, 1), tape.dtype) for rows in LOCAL.values())
    local_derivatives(tape, 0, T, slice(sample, sample + 1), out_local, cell_local)
    q, local_o = parts_of(out_local[:, :, 0], n)
    li, lf, lg, f = parts_of(cell_local[:, :, 0], n)
    U_i, U_f, U_g, U_o = weight.reshape(4, n, -1)
    joint = np.empty((T, 2 * n, weight.shape[1]), tape.dtype)
    dh, dc = joint[:, :n], joint[:, n:]
    np.multiply(li[:, :, None], U_i, out=dc)
    for local, U in ((lf, U_f), (lg, U_g)):
        np.multiply(local[:, :, None], U, out=dh)
        dc += dh
    np.multiply(q[:, :, None], dc, out=dh)
    dh += scaled_rows(local_o, U_o)
    return joint, f, q


def views(tape: Tape, sample: int) -> dict[str, Any]:
    """Return the sample's arrays of a frame."""
    o, i, f, g = (tape.part("gates", k, k + 1)[:-1, :, sample] for k in range(4))
    return {
        "hidden": tape.hidden[:, :, sample],
        "cell_state": tape.part("gates", 4, 5)[:, :, sample],
        "gates": {"i": i, "f": f, "g": g, "o": o},
        "d_hidden": tape.adjoints[:, :, sample],
        "d_cell_state": tape.buffers["d_cell"][:, :, sample],
        "carousel": f,
        "dh_dc": o * (1.0 - np.tanh(tape.part("gates", 4, 5)[1:, :, sample]) ** 2),  # of the same step, (T, n)
        "saturable": {"i": i, "f": f, "o": o},
    }


def tangent(params: Params, tape: Tape, direction: Params, d_inputs: Array | None = None) -> Array:
    """Return R{h_t}, (T+1, n, B): R{c_t} = sum of local R{a} over i, f, g, + f R{c_{t-1}}; then h through q and o."""
    n, B, W, r = tape.shape.n, tape.shape.B, params["weight_hh"], tape.rows
    gates = moved_rows(params, tape, direction, d_inputs, slice(None)).reshape(-1, 4, n, B)  # i, f, g, o
    moved, cell = np.zeros_like(tape.hidden), np.zeros_like(tape.hidden[0])
    for before, end in tape.chunks_forward(tape.shape.T):
        local_derivatives(tape, before, end, slice(None), *(tape.buffers[name][: end - before] for name in LOCAL))
        for t in range(before + 1, end + 1):
            (q, local_o), local = r["out_local"][t - 1 - before], r["cell_local"][t - 1 - before]
            gate = gates[t - 1]
            gate += (W @ moved[t - 1]).reshape(4, n, B)
            cell = local[3] * cell + (local[:3] * gate[:3]).sum(axis=0)
            np.add(q * cell, local_o * gate[3], out=moved[t])
    return moved


LSTM = Cell("lstm", ("i", "f", "g", "o"), 4, 2, plan, forward, backward, gradients, input_adjoints,
            step_factors, input_jacobians, views, tangent)  # fmt: skip
