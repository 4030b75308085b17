"""What each unit adds up at each step, and the numbers on the diagonals of its step Jacobians: the walk's small print.

The pre-activation of a gate is input + recurrent + bias; of the plain RNN, which has no gates, it is called "a".
For the GRU's candidate the recurrent part is r ⊙ (U h + b_hn) with `reset_after`, else U (r ⊙ h).
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.cells import Params
from engine.network import Network
from engine.nonlinearities import NONLINEARITIES

Gates = dict[str, Array]
DIRECT = {"lstm": "f", "gru": "z"}  # the gate on the direct path from one state to the next


def sums(work: Network, layer: int, sample: int, gates: Gates) -> dict[str, Array]:
    """Return {gate: (T, 3, n)}: what input, recurrence and bias add to each gate's pre-activation."""
    params, tape, n = work.layers[layer], work.tapes[layer], work.spec.hidden_size
    inputs, before = tape.inputs[:, :, sample], tape.hidden[:-1, :, sample]
    parts = np.empty((3, len(inputs), params["weight_hh"].shape[0]), inputs.dtype)
    parts[0] = inputs @ params["weight_ih"].T
    parts[1] = before @ params["weight_hh"].T
    parts[2] = params["bias_ih"] + params["bias_hh"]
    if work.spec.cell == "gru":
        _reset(work, params, parts[:, :, 2 * n :], before, gates["r"])
    names = tuple(gates) if gates else ("a",)
    order = work.cell.gates if gates else names
    blocks = np.moveaxis(parts, 0, 1).reshape(len(inputs), 3, len(order), n)
    return {name: blocks[:, :, order.index(name)] for name in names}


def _reset(work: Network, params: Params, parts: Array, before: Array, r: Array) -> None:
    n = work.spec.hidden_size
    if work.spec.reset_after:
        parts[1] = r * (parts[1] + params["bias_hh"][2 * n :])
        parts[2] = params["bias_ih"][2 * n :]
    else:
        parts[1] = (r * before) @ params["weight_hh"][2 * n :].T


def diagonals(work: Network, layer: int, sample: int, factors: Array, gates: Gates) -> dict[str, Array]:
    """Return {name: (T, n)} of each J_t: "factor" is the diagonal of its hh block.

    RNN: "slope" f'(a_t) and "weight" W_jj, whose product it is. LSTM: "f", GRU: "z", the gate on the direct path.
    """
    n, params = work.spec.hidden_size, work.layers[layer]
    found = {"factor": np.diagonal(factors[:, :n, :n], axis1=1, axis2=2)}
    if direct := DIRECT.get(work.spec.cell):
        return found | {direct: gates[direct]}
    hidden = work.tapes[layer].hidden[1:, :, sample]
    slope = np.empty(hidden.shape, hidden.dtype)
    NONLINEARITIES[work.spec.activation].slope(hidden, slope)
    return found | {"slope": slope, "weight": np.broadcast_to(np.diagonal(params["weight_hh"]), slope.shape)}
