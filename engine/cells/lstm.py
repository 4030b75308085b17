"""Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate Gers 2000; seed 002), state s = [h | c].

i, f, o = logistic(W z), g = tanh(W z); c_t = f c_{t-1} + i g; h_t = o tanh(c_t). With q = o (1 - tanh² c_t):
dc/dh = D(c_{t-1} f(1-f)) U_f + D(g i(1-i)) U_i + D(i (1-g²)) U_g;  dc/dc = D(f);
dh/dh = D(tanh c_t o(1-o)) U_o + D(q) dc/dh;  dh/dc = D(q f).

Rows inside are tanh c_t, o, i, f, g, c_{t-1}: then [i; f] [g; c_{t-1}] is one product of neighbours, and one tanh
serves all four gates, the logistic ones by logistic(a) = 1/2 + 1/2 tanh(a/2) with the halves folded into the weights.
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
    logistic_from_tanh,
    logistic_slope,
    moved_rows,
    packed,
    parts_of,
    scaled_rows,
    start_tape,
)
from engine.cells.product import product, transposed
from engine.cells.tape import CellOptions, Shape, Tape

# kept "gates", of step t at index t - 1: rows tanh c_t, o, i, f, g, c_{t-1}
# kept "deltas", of step t at index t: dL/dc_t as autograd has it (through h_t as well), o, i, f, g before squashing
# "local": q, tanh c_t o(1-o) per dh_t; di, df, dg per dc_t
KEPT = {"gates": 6, "deltas": 5}
LOCAL = {"local": 5}


def plan(shape: Shape, dtype: np.dtype[Any], options: CellOptions) -> Tape:
    """Make the buffers and, for the time loops, lists of views of them."""
    n, k = shape.n, shape.m + 1 + shape.n
    tape = Tape(shape, dtype, options, KEPT, LOCAL, {"W": ((1, 5), (0, k))}, {"W": (4 * n, k), "U_T": (n, 4 * n)})
    tape.state_parts.append(tape.part("gates", 5, 6))
    tape.adjoint_parts.append(tape.part("deltas", 0, 1))
    tape.name_views("gates", {"tanh_c": (0, 1), "o": (1, 2), "logistic": (1, 4), "stacked": (1, 5), "if": (2, 4),
                              "f": (3, 4), "gc": (4, 6), "c": (5, 6)})  # fmt: skip
    tape.name_views("deltas", {"d_cell": (0, 1), "gate_deltas": (1, 5)})
    for name in ("deltas", "local"):
        tape.rows[f"each_{name}"] = list(zip(*parts_of(tape.buffers[name], shape.n), strict=True))
    return tape


def forward(params: Params, inputs: Array, tape: Tape, s0: Array | None = None) -> None:
    """Unroll over inputs (T, m, B): eight calls a step."""
    start_tape(tape, inputs, s0)
    n, B = tape.shape.n, tape.shape.B
    W, r, half = tape.weights["W"], tape.rows, tape.half
    packed(params, slice(3 * n, None), W[:n])  # o, then i, f, g
    packed(params, slice(0, 3 * n), W[n:])
    W[: 3 * n] *= half
    W_times = product(W, B)
    ig, fc = both = np.empty((2, n, B), tape.dtype)
    products = both.reshape(2 * n, B)
    steps = zip(r["blocks"], r["stacked"], r["logistic"], r["if"], r["gc"], r["c"][1:], r["tanh_c"], r["o"],
                r["hidden"][1:], strict=False)  # fmt: skip
    for z, gates, logistic, i_f, g_c, c, tanh_c, o, h in steps:
        W_times(z, gates)
        np.tanh(gates, gates)
        logistic_from_tanh(logistic, half)
        np.multiply(i_f, g_c, products)
        np.add(ig, fc, c)
        np.tanh(c, tanh_c)
        np.multiply(o, tanh_c, h)


def local_derivatives(tape: Tape, before: int, end: int, samples: slice, local: Array) -> None:
    """Write the local derivatives of the steps before+1 .. end for some samples, (steps, 5n, samples)."""
    _derive(*_views(tape, before, end, samples, local))


def _views(tape: Tape, before: int, end: int, samples: slice, local: Array) -> tuple[Array, ...]:
    """Return what `_derive` reads and writes."""
    n, gates, h = tape.shape.n, tape.buffers["gates"][before:end, :, samples], tape.hidden[before + 1 : end + 1]
    tanh_c, o, i, _, g, _ = parts_of(gates, n)
    q, by_o, _, _, by_g = parts_of(local, n)
    middle = slice(2 * n, 4 * n)
    return h[:, :, samples], tanh_c, o, gates[:, middle], i, g, gates[:, 4 * n :], q, by_o, local[:, middle], by_g


def _derive(
    h: Array, tanh_c: Array, o: Array, i_f: Array, i: Array, g: Array, g_c: Array, q: Array, by_o: Array,
    by_if: Array, by_g: Array,
) -> None:  # fmt: skip
    """By h_t: q = o (1 - tanh² c) = o - h tanh c and tanh c o (1-o) = h - h o.

    By c_t: i (1-i) g, f (1-f) c_{t-1}, i (1-g²) = i - i g g.
    """
    np.multiply(h, tanh_c, q)
    np.subtract(o, q, q)
    np.multiply(h, o, by_o)
    np.subtract(h, by_o, by_o)
    logistic_slope(i_f, by_if)
    np.multiply(by_if, g_c, by_if)
    np.multiply(i, g, by_g)
    np.multiply(by_g, g, by_g)
    np.subtract(i, by_g, by_g)


def _derive_chunk(tape: Tape, before: int, end: int) -> None:
    """Write the local derivatives of a chunk of steps for the whole batch."""
    local = tape.buffers["local"][: end - before]
    _derive(*tape.views_of(("local", before, end), lambda: _views(tape, before, end, slice(None), local)))


def backward(params: Params, tape: Tape, direct: DirectAdjoints, start: int, stop: int) -> None:
    """Carry dL/dh_t and dL/dc_t from t = stop down to start: eight calls a step."""
    tape.start_back(direct[stop], stop)
    n, r, W_hh, U_T = tape.shape.n, tape.rows, params["weight_hh"], tape.weights["U_T"]
    transposed(W_hh[3 * n :], U_T[:, :n])
    transposed(W_hh[: 3 * n], U_T[:, n:])
    W_T_times = product(U_T, tape.shape.B)
    adjoints, deltas, local = r["adjoints"], r["each_deltas"], r["each_local"]
    carry = np.zeros_like(adjoints[0])
    for before, end in tape.chunks(start, stop):
        _derive_chunk(tape, before, end)
        for t in range(end, before, -1):
            d_h, earlier, now = adjoints[t], adjoints[t - 1], direct[t - 1]
            d_cell, do, di, df, dg = deltas[t]
            q, by_o, by_i, by_f, by_g = local[t - 1 - before]
            np.multiply(d_h, q, d_cell)
            np.add(d_cell, carry, d_cell)
            np.multiply(d_h, by_o, do)
            np.multiply(d_cell, by_i, di)
            np.multiply(d_cell, by_f, df)
            np.multiply(d_cell, by_g, dg)
            np.multiply(d_cell, r["f"][t - 1], carry)
            W_T_times(r["gate_deltas"][t], earlier)
            if now is not None:
                np.add(earlier, now, earlier)
        tape.add_up(before, end)
    r["d_cell"][start][...] = carry


def gradients(tape: Tape, grads: Params) -> None:
    """Add the parameters' gradients: sum over t of delta_t z_t^T, whose rows are o, i, f, g."""
    n, m, total = tape.shape.n, tape.shape.m, tape.sums["W"].total
    add_gradients(total[:n], m, slice(3 * n, None), grads)
    add_gradients(total[n:], m, slice(0, 3 * n), grads)


def input_adjoints(params: Params, tape: Tape) -> Array:
    """Return dL/dx_t, (T, m, B)."""
    n, deltas, W = tape.shape.n, tape.part("deltas", 1, 5)[1:], params["weight_ih"]
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
    local = np.empty((T, 5 * n, 1), tape.dtype)
    local_derivatives(tape, 0, T, slice(sample, sample + 1), local)
    q, local_o, li, lf, lg = parts_of(local[:, :, 0], n)
    f = tape.part("gates", 3, 4)[:T, :, sample]
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
    tanh_c, o, i, f, g, _ = (tape.part("gates", k, k + 1)[:-1, :, sample] for k in range(6))
    return {
        "hidden": tape.hidden[:, :, sample],
        "cell_state": tape.part("gates", 5, 6)[:, :, sample],
        "gates": {"i": i, "f": f, "g": g, "o": o},
        "d_hidden": tape.adjoints[:, :, sample],
        "d_cell_state": tape.part("deltas", 0, 1)[:, :, sample],
        "carousel": f,
        "dh_dc": o * (1.0 - tanh_c**2),  # of the same step, (T, n)
        "saturable": {"i": i, "f": f, "o": o},
    }


def tangent(params: Params, tape: Tape, direction: Params, d_inputs: Array | None = None) -> Array:
    """Return R{h_t}, (T+1, n, B): R{c_t} = sum of local R{a} over i, f, g, + f R{c_{t-1}}; then h through q and o."""
    n, B, W, r = tape.shape.n, tape.shape.B, params["weight_hh"], tape.rows
    gates = moved_rows(params, tape, direction, d_inputs, slice(None)).reshape(-1, 4, n, B)  # i, f, g, o
    moved, cell = np.zeros_like(tape.hidden), np.zeros_like(tape.hidden[0])
    for before, end in tape.chunks_forward(tape.shape.T):
        _derive_chunk(tape, before, end)
        for t in range(before + 1, end + 1):
            q, by_o, by_i, by_f, by_g = r["each_local"][t - 1 - before]
            d_i, d_f, d_g, d_o = gates[t - 1] + (W @ moved[t - 1]).reshape(4, n, B)
            cell = r["f"][t - 1] * cell + by_i * d_i + by_f * d_f + by_g * d_g
            np.add(q * cell, by_o * d_o, out=moved[t])
    return moved


LSTM = Cell("lstm", ("i", "f", "g", "o"), 4, 2, plan, forward, backward, gradients, input_adjoints,
            step_factors, input_jacobians, views, tangent)  # fmt: skip
