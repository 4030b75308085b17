"""The oracle that needs only NumPy: a textbook forward pass in complex numbers.

A derivative is the imaginary part of the answer after one number has been moved by i·1e-30. Nothing is subtracted, so
it is exact to rounding (Squire & Trapp 1998). The number is moved in the middle of the pass, so the answer holds every
path that starts there and no other. Nothing here is taken from the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tests.reference.cases import Spec, sizes, target_table

Array = npt.NDArray[Any]
STEP = 1e-30


class Nudge(NamedTuple):
    """What is moved: a parameter's entry (at one step or all), or a state after step `step`.

    kind: "param"; "h"; "c" (before h = o tanh c is taken from it, as autograd's retained gradient); "c_only" (after).
    """

    kind: str
    where: Any  # parameter name, or layer
    index: Any
    step: int | None


class Pass(NamedTuple):
    """One forward pass; arrays are complex."""

    outputs: Array  # (T, K, B)
    hidden: list[Array]  # per layer (T+1, n, B)
    cell_state: list[Array]  # per layer (T+1, n, B), zeros where the cell has none
    gates: list[dict[str, Array]]  # per layer {name: (T, n, B)}


def parameters(spec: Spec) -> dict[str, Array]:
    """Return the given weights as arrays."""
    return {name: np.array(value, dtype=complex) for name, value in spec["networks"][0]["weights"].items()}


def forward(spec: Spec, nudge: Nudge | None = None) -> Pass:
    """Run network 0 on the whole inline set, moving one number if asked to."""
    network, (T, B, _) = spec["networks"][0], sizes(spec)
    params, below = parameters(spec), np.array(spec["task"]["inputs"], dtype=complex).transpose(1, 2, 0)
    if nudge and nudge.kind == "param" and nudge.step is None:
        params[nudge.where][nudge.index] += 1j * STEP
    layers, n = network.get("layers", 1), network["hidden_size"]
    hidden = [np.zeros((T + 1, n, B), complex) for _ in range(layers)]
    cells = [np.zeros((T + 1, n, B), complex) for _ in range(layers)]
    gates: list[dict[str, Array]] = [{} for _ in range(layers)]
    for layer in range(layers):
        _move(nudge, layer, 0, hidden[layer][0], cells[layer][0], after=True)
        _move(nudge, layer, 0, hidden[layer][0], cells[layer][0], after=False)
        for t in range(1, T + 1):
            W = _layer_weights(params, layer, nudge, t)
            c_nudge = partial(_move_c, nudge, layer, t)
            h, c, now = CELLS[network["cell"]](
                network, W, below[t - 1], hidden[layer][t - 1], cells[layer][t - 1], c_nudge
            )
            _move(nudge, layer, t, h, c, after=True)
            hidden[layer][t], cells[layer][t] = h, c
            for name, gate in now.items():
                gates[layer].setdefault(name, np.zeros((T, n, B), complex))[t - 1] = gate
        below = hidden[layer][1:]
    outputs = np.zeros((T, len(params["bias_o"]), B), complex)
    for t in range(1, T + 1):
        readout = _moved(params, nudge, t, ("weight_ho", "bias_o"))
        outputs[t - 1] = readout["weight_ho"] @ below[t - 1] + readout["bias_o"][:, None]
    return Pass(outputs, hidden, cells, gates)


def _move(nudge: Nudge | None, layer: int, t: int, h: Array, c: Array, *, after: bool) -> None:
    if nudge is None or nudge.kind == "param" or (nudge.where, nudge.step) != (layer, t):
        return
    if after and nudge.kind == "h":
        h[nudge.index] += 1j * STEP
    elif nudge.kind == "c_only" and after or nudge.kind == "c" and not after:
        c[nudge.index] += 1j * STEP


def _move_c(nudge: Nudge | None, layer: int, t: int, c: Array) -> None:
    _move(nudge, layer, t, c, c, after=False)


def _moved(params: dict[str, Array], nudge: Nudge | None, t: int, names: tuple[str, ...]) -> dict[str, Array]:
    some = {name: params[name] for name in names}
    if nudge and nudge.kind == "param" and nudge.step == t and nudge.where in some:
        some[nudge.where] = some[nudge.where].copy()
        some[nudge.where][nudge.index] += 1j * STEP
    return some


def _layer_weights(params: dict[str, Array], layer: int, nudge: Nudge | None, t: int) -> list[Array]:
    names = tuple(f"{kind}_l{layer}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    some = _moved(params, nudge, t, names)
    return [some[name] for name in names]


def logistic(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {
    "tanh": np.tanh,
    "logistic": logistic,
    "identity": lambda x: x,
    "relu": lambda x: np.where(x.real > 0, x, 0),
}


def _rnn(network: Any, W: list[Array], x: Array, h: Array, c: Array, nudge: Any) -> Any:
    a = W[0] @ x + W[2][:, None] + W[1] @ h + W[3][:, None]
    return ACTIVATIONS[network.get("activation", "tanh")](a), c.copy(), {}


def _lstm(network: Any, W: list[Array], x: Array, h: Array, c: Array, nudge: Any) -> Any:
    i, f, g, o = np.split(W[0] @ x + W[2][:, None] + W[1] @ h + W[3][:, None], 4)
    i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
    c = f * c + i * g
    nudge(c)
    return o * np.tanh(c), c, {"i": i, "f": f, "g": g, "o": o}


def _gru(network: Any, W: list[Array], x: Array, h: Array, c: Array, nudge: Any) -> Any:
    n = len(h)
    rz = logistic(W[0][: 2 * n] @ x + W[2][: 2 * n, None] + W[1][: 2 * n] @ h + W[3][: 2 * n, None])
    r, z = rz[:n], rz[n:]
    from_input, U, b = W[0][2 * n :] @ x + W[2][2 * n :, None], W[1][2 * n :], W[3][2 * n :, None]
    after = network.get("reset_after", True)
    candidate = np.tanh(from_input + (r * (U @ h + b) if after else U @ (r * h) + b))
    return z * h + (1 - z) * candidate, c.copy(), {"r": r, "z": z, "n": candidate}


CELLS = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


def step_losses(spec: Spec, outputs: Array) -> Array:
    """Return every L_{t,b} with its weight in L, (T, B); their sum is L."""
    T, B, _ = sizes(spec)
    table, losses = target_table(spec["task"]), np.zeros((T, B), complex)
    share = 1 / (B if spec.get("time_reduction") == "sum" else len(table))
    for (t, b), target in table.items():
        losses[t - 1, b] = share * LOSSES[spec["task"]["loss"]](outputs[t - 1, :, b], target)
    return losses


def _softplus(x: Array) -> Array:
    positive = np.where(x.real > 0, x, 0)
    return positive + np.log1p(np.exp(-np.where(x.real > 0, x, -x)))


LOSSES = {
    "mse": lambda y, target: np.mean((y - np.array(target)) ** 2),
    "binary_cross_entropy": lambda y, target: np.mean(_softplus(y) - np.array(target) * y),
    "softmax_cross_entropy": lambda y, target: np.log(np.exp(y - y.real.max()).sum()) + y.real.max() - y[target],
}


def accuracy(spec: Spec) -> float:
    """Return the share of targets hit; NaN for mse."""
    if spec["task"]["loss"] == "mse":
        return np.nan
    outputs, hits = forward(spec).outputs.real, []
    for (t, b), target in target_table(spec["task"]).items():
        y = outputs[t - 1, :, b]
        is_class = spec["task"]["loss"] == "softmax_cross_entropy"
        hits += [y.argmax() == target] if is_class else list((y > 0) == (np.array(target) > 0.5))
    return float(np.mean(hits))


def derivative(spec: Spec, nudge: Nudge) -> Array:
    """Return the derivative of every weighted L_{t,b} by what is moved, (T, B)."""
    return step_losses(spec, forward(spec, nudge).outputs).imag / STEP


def gradients(spec: Spec) -> dict[str, Array]:
    """Return dL/d(parameter) for all parameters."""
    return _by_parameter(spec, lambda name, i: derivative(spec, Nudge("param", name, i, None)).sum())


def copies(spec: Spec) -> dict[str, Array]:
    """Return dL_t/d(parameter's copy at step k), {name: (T of t, T of k, *shape)}: seed 001's unfolded weights."""
    T, _, _ = sizes(spec)

    def column(name: str, i: Any) -> Array:
        return np.stack([derivative(spec, Nudge("param", name, i, k)).sum(1) for k in range(1, T + 1)], axis=1)

    shaped = _by_parameter(spec, column)
    return {name: np.moveaxis(a, (-2, -1), (0, 1)) for name, a in shaped.items()}


def _by_parameter(spec: Spec, answer: Any) -> dict[str, Array]:
    grads = {}
    for name, value in parameters(spec).items():
        entries = [answer(name, i) for i in np.ndindex(value.shape)]
        grads[name] = np.array(entries).reshape(*value.shape, *np.shape(entries[0]))
    return grads


def itemised(spec: Spec, layer: int, kind: str = "h") -> Array:
    """Return dL_{t,b}/dh_{k,b} (or c), (B, T of t from 1, T+1 of k, n)."""
    (T, B, _), n = sizes(spec), spec["networks"][0]["hidden_size"]
    answer = np.zeros((B, T, T + 1, n))
    for k in range(T + 1):
        for i in range(n):
            answer[:, :, k, i] = derivative(spec, Nudge(kind, layer, i, k)).T
    return answer


def jacobian_products(spec: Spec, layer: int) -> dict[str, Array]:
    """Return the blocks {"hh": (B, T+1 of t, T+1 of k, n, n), "hc", "ch", "cc"} of ds_t/ds_k; zeros for k > t."""
    (T, B, _), n = sizes(spec), spec["networks"][0]["hidden_size"]
    blocks = {name: np.zeros((B, T + 1, T + 1, n, n)) for name in ("hh", "hc", "ch", "cc")}
    for column, k, i in _columns(T, n):
        run = forward(spec, Nudge({"h": "h", "c": "c_only"}[column], layer, i, k))
        for row, states in (("h", run.hidden[layer]), ("c", run.cell_state[layer])):
            blocks[row + column][:, :, k, :, i] = (states.imag / STEP).transpose(2, 0, 1)
    return blocks


def _columns(T: int, n: int) -> Iterator[tuple[str, int, int]]:
    return ((column, k, i) for column in "hc" for k in range(T + 1) for i in range(n))


def truncated(spec: Spec, k1: int, k2: int) -> tuple[dict[str, Array], list[Array], Array]:
    """Return truncated BPTT: gradients, dL/dh per layer (B, T+1, n), the cut (T, T+1) of (t, k).

    The loss of step t belongs to the pass ending at e = min(k1 ⌈t / k1⌉, T), which reaches copies k > e - k2.
    """
    T, _, _ = sizes(spec)
    ends = np.minimum(-(-np.arange(1, T + 1) // k1) * k1, T)
    kept = np.arange(T + 1)[None, :] > (ends - k2)[:, None]
    grads = {name: np.einsum("tk...,tk->...", copy, kept[:, 1:]) for name, copy in copies(spec).items()}
    layers = range(spec["networks"][0].get("layers", 1))
    return grads, [np.einsum("btkn,tk->bkn", itemised(spec, layer), kept) for layer in layers], ~kept
