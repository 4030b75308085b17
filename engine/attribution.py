"""Why did it vanish? Each step's share of the lost (or won) log-norm, by cause, along the direction that matters.

A row vector u that goes back from step T, u_{t-1} = J_t^T u_t, changes its size at step t by log10 ||J_t^T u|| for the
unit u it has there; over all steps these add up to log10 of the product's norm along u. With u_T the strongest left
singular direction of dh_T/ds_0 the sum is log10 sigma_max(dh_T/ds_0), but any direction may be asked about.

One step's change is split by replacing factors of J_t one after another, in this order, and looking at the size again:

    A0 = J_t
    A1 = A0 with every squashing slope at its largest (tanh' = 1, logistic' = 1/4, ...)
    A2 = A1 with every gate open (i, f, o, r = 1; of the GRU both z and 1 - z)

    saturation = log ||A0^T u|| - log ||A1^T u||      what flat slopes take
    gates      = log ||A1^T u|| - log ||A2^T u||      what closed gates take; 0 for the simple RNN
    alignment  = log ||A2^T u|| - log sigma_max(A2)   what missing the strongest direction takes; never positive
    weights    = log sigma_max(A2)                    what the weights alone would do at best

The four add up to log ||J_t^T u|| exactly (they telescope), whatever the cell. For the simple RNN A2 = gamma W_hh, so
weights is Pascanu's bound gamma sigma_max(W_hh) (2013) and the other shares say why the flow stays below it. Other
orders would split otherwise: shares are a reading, their sum is a fact. All logs are base 10, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import door
from engine.arrays import Array, log10
from engine.cells import Cell, Params, Tape
from engine.diagnosis import power
from engine.jacobians import product
from engine.nonlinearities import NONLINEARITIES

CAUSES = ("saturation", "weights", "gates", "alignment")
WORDS = {"saturation": "flat slopes", "weights": "weights at best", "gates": "closed gates",
         "alignment": "missing the weights' strongest direction"}  # fmt: skip
Ideal = tuple[Array, Array]  # A1, A2, (T, S, S) each


def shares(jacobians: Array, ideal: Ideal, direction: Array) -> dict[str, Array]:
    """Return each cause's share per step, (T,) each, and "total" = their sum: log10 ||J_t^T u_t|| for unit u_t.

    `jacobians` (T, S, S) are of one sample up to its length, `direction` (S,) is u_T. Where u dies out exactly, the
    step that kills it has -inf for the cause that does, and the steps before it are NaN.
    """
    T = len(jacobians)
    found = {name: np.full(T, np.nan) for name in (*CAUSES, "total")}
    u = direction.astype(np.float64)
    best = _largest_singular(ideal[1])
    for t in range(T - 1, -1, -1):
        size = float(np.linalg.norm(u))
        if not (size > 0 and np.isfinite(size)):
            break
        u = u / size
        backs = [A[t].astype(np.float64).T @ u for A in (jacobians, *ideal)]
        actual, sloped, opened = log10(np.array([np.linalg.norm(back) for back in backs]))
        top = log10(best[t])
        for name, value in zip(CAUSES, (_change(actual, sloped), top, _change(sloped, opened), _change(opened, top)),
                               strict=True):  # fmt: skip
            found[name][t] = value
        found["total"][t] = actual
        u = backs[0]
    return found


def strongest(jacobians: Array, n: int) -> Array:
    """Return u_T, (S,): the unit left singular direction of dh_T/ds_0 with the largest singular value."""
    T, S, _ = jacobians.shape
    matrix, _ = product(jacobians, T, 0)
    u = np.zeros(S)
    if np.isfinite(matrix).all():
        u[:n] = np.linalg.svd(matrix[:n].astype(np.float64))[0][:, 0]
    return u


def attribution(
    cell: Cell, params: Params, tape: Tape, sample: int, length: int | None = None, direction: Array | None = None
) -> dict[str, Array]:
    """Return `shares` of one layer's recorded pass over one sample: (length,) each, row t - 1 for step t.

    `direction` (n,) is dL/dh_T or any other row vector at the last step; by default the strongest one.
    """
    T, n = length or tape.shape.T, tape.shape.n
    jacobians = cell.step_jacobians(params, tape, sample)[:T]
    start = np.zeros(jacobians.shape[1])
    with np.errstate(all="ignore"):
        if direction is None:
            start = strongest(jacobians, n)
        else:
            start[:n] = door.numbers("direction", direction, (n,))
        return shares(jacobians, IDEALS[cell.name](params, tape, cell.views(tape, sample), T), start)


def sentence(found: dict[str, Array]) -> str:
    """Return in words what became of the strongest path and why: the sums of `shares` over the steps."""
    total, steps = float(found["total"].sum()), len(found["total"])
    if np.isnan(total) or np.isposinf(total):
        killer = np.flatnonzero(np.isneginf(found["total"]))
        return f"Nothing passes step {killer[-1] + 1}." if len(killer) else "The numbers are no longer finite."
    said = [f"{WORDS[name]} ×{power(float(found[name].sum()))}" for name in _by_size(found)]
    because = ": " + ", ".join(said) if said else ""
    return f"×{power(total)} over {steps} steps along the strongest path{because}."


def _by_size(found: dict[str, Array]) -> list[str]:
    """Return the causes that change the size by more than a tenth, the largest first."""
    sums = {name: abs(float(found[name].sum())) for name in CAUSES}
    return sorted((name for name in CAUSES if sums[name] > 0.04), key=lambda name: -sums[name])


def _change(after: Array, before: Array) -> float:
    """Return after - before, where nothing is lost of nothing."""
    return 0.0 if np.isneginf(after) and np.isneginf(before) else float(after - before)


def _largest_singular(matrices: Array) -> Array:
    """Return sigma_max of each, (T,); NaN where one is not finite."""
    one = matrices[:1] if (matrices == matrices[0]).all() else matrices  # the simple RNN has the same at every step
    finite, top = np.isfinite(one).all(axis=(1, 2)), np.full(len(one), np.nan)
    top[finite] = np.linalg.svd(one[finite].astype(np.float64), compute_uv=False)[:, 0]
    return np.broadcast_to(top, len(matrices))


def _rnn(params: Params, tape: Tape, views: dict[str, Any], T: int) -> Ideal:
    slope = NONLINEARITIES[tape.options.activation].largest_slope
    best = np.broadcast_to(slope * params["weight_hh"], (T, tape.shape.n, tape.shape.n))
    return best, best


def _lstm(params: Params, tape: Tape, views: dict[str, Any], T: int) -> Ideal:
    gates = {name: gate[:T] for name, gate in views["gates"].items()}
    c = views["cell_state"]
    opened = gates | {name: np.ones_like(gates[name]) for name in "ifo"}
    signals = gates["g"], c[:T], np.tanh(c[1 : T + 1])
    return _lstm_step(params, gates, *signals), _lstm_step(params, opened, *signals)


def _lstm_step(params: Params, gates: dict[str, Array], g: Array, c_before: Array, tanh_c: Array) -> Array:
    """Return J_t with all slopes at their largest, (T, 2n, 2n)."""
    T, n = g.shape
    U_i, U_f, U_g, U_o = params["weight_hh"].reshape(4, n, n)
    i, f, o = (gates[name] for name in "ifo")
    by_h = _rows(0.25 * c_before, U_f) + _rows(0.25 * g, U_i) + _rows(i, U_g)
    J = np.zeros((T, 2 * n, 2 * n))
    units = np.arange(n)
    J[:, n:, :n] = by_h
    J[:, :n, :n] = _rows(0.25 * tanh_c, U_o) + o[:, :, None] * by_h
    J[:, units, n + units] = o * f
    J[:, n + units, n + units] = f
    return J


def _gru(params: Params, tape: Tape, views: dict[str, Any], T: int) -> Ideal:
    gates, h = {name: gate[:T] for name, gate in views["gates"].items()}, views["hidden"][:T]
    n, one = tape.shape.n, np.ones_like(gates["z"])
    U_n, b_n = params["weight_hh"][2 * n :], params["bias_hh"][2 * n :]
    read = h @ U_n.T + b_n if tape.options.reset_after else h
    after = tape.options.reset_after
    keep, fresh, r = gates["z"], 1.0 - gates["z"], gates["r"]
    gap = h - gates["n"]
    return (_gru_step(params, keep, fresh, r, gap, read, after),
            _gru_step(params, one, one, one, gap, read, after))  # fmt: skip


def _gru_step(params: Params, keep: Array, fresh: Array, r: Array, gap: Array, read: Array, after: bool) -> Array:
    """Return J_t with all slopes at their largest, (T, n, n); `read` is what r multiplies."""
    n = r.shape[1]
    U_r, U_z, U_n = params["weight_hh"].reshape(3, n, n)
    if after:
        candidate = _rows(r, U_n) + _rows(0.25 * read, U_r)
    else:
        inner = _rows(0.25 * read, U_r)
        inner[:, np.arange(n), np.arange(n)] += r
        candidate = np.matmul(U_n, inner)
    J = _rows(0.25 * gap, U_z) + fresh[:, :, None] * candidate
    J[:, np.arange(n), np.arange(n)] += keep
    return np.asarray(J)


def _rows(factors: Array, weight: Array) -> Array:
    """Return diag(factors_t) W for all t, in float64."""
    return np.asarray(factors.astype(np.float64)[:, :, None] * weight)


IDEALS: dict[str, Callable[[Params, Tape, dict[str, Any], int], Ideal]] = {
    "rnn": _rnn, "lstm": _lstm, "gru": _gru,
}  # fmt: skip
