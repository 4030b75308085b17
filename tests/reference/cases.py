"""Small experiments for the oracles: JSON forms of float64 `RunSpec`s with an `inline` task and given weights."""

from __future__ import annotations

from typing import Any

import numpy as np

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
Spec = dict[str, Any]


def case(
    seed: int = 0,
    *,
    cell: str = "rnn",
    layers: int = 1,
    hidden: int = 3,
    inputs: int = 2,
    outputs: int = 2,
    length: int = 5,
    batch: int = 3,
    loss: str = "mse",
    target_steps: Any = "all",
    lengths: list[int] | None = None,
    gaps: bool = False,
    scale: float = 0.8,
    **network: Any,
) -> Spec:
    """Return an experiment drawn from `seed`; further keywords (activation, reset_after, frozen) go to the network."""
    rng = np.random.default_rng(seed)
    task = {
        "name": "inline", "inputs": rng.normal(size=(batch, length, inputs)).tolist(), "loss": loss,
        "target_steps": target_steps, "lengths": lengths,
        "targets": _targets(rng, (batch, *_places(target_steps, length)), loss, outputs, gaps),
    }  # fmt: skip
    weights = {name: (scale * rng.normal(size=shape)).tolist() for name, shape in _shapes(
        GATES[cell], layers, hidden, inputs, outputs).items()}  # fmt: skip
    own = {"cell": cell, "hidden_size": hidden, "layers": layers, "weights": weights, **network}
    return {
        "task": task, "networks": [own],
        "optimizer": {"name": "sgd", "learning_rate": 1.0}, "dtype": "float64", "steps": 3,
    }  # fmt: skip


def with_(spec: Spec, **changes: Any) -> Spec:
    """Return the experiment with top-level fields changed."""
    return {**spec, **changes}


def _places(target_steps: Any, length: int) -> tuple[int, ...]:
    return {"last": (), "all": (length,)}.get(str(target_steps), (len(target_steps),))


def _targets(rng: np.random.Generator, shape: tuple[int, ...], loss: str, outputs: int, gaps: bool) -> Any:
    if loss == "softmax_cross_entropy":
        values = rng.integers(0, outputs, shape).astype(object)
    elif loss == "binary_cross_entropy":
        values = rng.integers(0, 2, (*shape, outputs)).astype(object)
    else:
        values = rng.normal(size=(*shape, outputs)).astype(object)
    if gaps:  # every second target is missing, the very first stands
        holes = np.arange(int(np.prod(shape))).reshape(shape) % 2 == 1
        values[holes] = None
    return values.tolist()


def _shapes(gates: int, layers: int, n: int, m: int, k: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        shapes |= {
            f"weight_ih_l{layer}": (gates * n, n if layer else m), f"weight_hh_l{layer}": (gates * n, n),
            f"bias_ih_l{layer}": (gates * n,), f"bias_hh_l{layer}": (gates * n,),
        }  # fmt: skip
    return shapes | {"weight_ho": (k, n), "bias_o": (k,)}


def target_table(task: dict[str, Any]) -> dict[tuple[int, int], Any]:
    """Return {(t, b): target} of an inline task, t from 1, without the missing and those beyond a sequence's end."""
    length, count = len(task["inputs"][0]), len(task["inputs"])
    lengths = task["lengths"] or [length] * count
    table = {}
    for b in range(count):
        steps = {"last": [lengths[b]], "all": list(range(1, length + 1))}.get(
            str(task["target_steps"]), task["target_steps"])  # fmt: skip
        rows = [task["targets"][b]] if task["target_steps"] == "last" else task["targets"][b]
        for t, target in zip(steps, rows, strict=True):
            missing = target is None or isinstance(target, list) and None in target
            if t <= lengths[b] and not missing:
                table[t, b] = target
    return table


def sizes(spec: Spec) -> tuple[int, int, list[int]]:
    """Return T, B and each sequence's length."""
    inputs = spec["task"]["inputs"]
    return len(inputs[0]), len(inputs), spec["task"]["lengths"] or [len(inputs[0])] * len(inputs)


def named_cases() -> dict[str, Spec]:
    """Return the experiments of the stored vectors: every cell, depth, loss, target pattern and reduction occurs."""
    return {
        "rnn_tanh": case(1, cell="rnn"),
        "rnn_relu_2": case(2, cell="rnn", activation="relu", layers=2, loss="softmax_cross_entropy"),
        "rnn_logistic": case(3, cell="rnn", activation="logistic", loss="binary_cross_entropy", target_steps="last"),
        "rnn_identity": with_(case(4, cell="rnn", activation="identity", target_steps=[2, 5]), time_reduction="sum"),
        "rnn_tanh_2": with_(case(5, cell="rnn", layers=2, lengths=[5, 3, 1], target_steps="last"),
                            time_reduction="sum"),
        "lstm": case(6, cell="lstm", loss="softmax_cross_entropy"),
        "lstm_2": case(7, cell="lstm", layers=2, lengths=[2, 5, 4]),
        "lstm_last": case(8, cell="lstm", loss="binary_cross_entropy", target_steps="last", lengths=[4, 5, 2]),
        "lstm_gaps": with_(case(9, cell="lstm", target_steps=[1, 3, 4], gaps=True), time_reduction="sum"),
        "gru": case(10, cell="gru"),
        "gru_2": with_(case(11, cell="gru", layers=2, loss="softmax_cross_entropy", target_steps="last"),
                       time_reduction="sum"),  # fmt: skip
        "gru_list": case(12, cell="gru", target_steps=[3, 5], lengths=[5, 3, 4], loss="binary_cross_entropy"),
        "gru_before": case(13, cell="gru", reset_after=False),
        "gru_before_2": case(14, cell="gru", reset_after=False, layers=2, loss="softmax_cross_entropy",
                             lengths=[3, 5, 4]),  # fmt: skip
        "gru_before_last": with_(case(15, cell="gru", reset_after=False, target_steps="last"), time_reduction="sum"),
    }  # fmt: skip
