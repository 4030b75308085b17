"""Every cell with its forms, for tests that must hold for all of them; and a network whose step Jacobians are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine

CELLS: list[dict[str, Any]] = [{"cell": "rnn", "activation": a} for a in ("tanh", "relu", "logistic", "identity")]
CELLS += [{"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
every_cell = pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))


def still(
    W: Any, length: int, *, cell: str = "rnn", activation: str = "tanh", bias: list[float] | None = None
) -> engine.Checkpoint:
    """Return a checkpoint whose states are all zero (no input, no bias), so that an RNN's J_t is W itself."""
    n = len(W)
    rows = n if cell == "rnn" else 4 * n
    weights = {
        "weight_ih_l0": np.zeros((rows, 1)).tolist(), "bias_ih_l0": [0.0] * rows, "bias_hh_l0": bias or [0.0] * rows,
        "weight_hh_l0": np.asarray(W).tolist() if cell == "rnn" else np.zeros((rows, n)).tolist(),
        "weight_ho": [[1.0] * n], "bias_o": [0.0],
    }  # fmt: skip
    spec = {
        "task": {"name": "inline", "inputs": np.zeros((1, length, 1)).tolist(), "targets": [[1.0]]}, "dtype": "float64",
        "networks": [{"cell": cell, "hidden_size": n, "activation": activation, "weights": weights}],
    }  # fmt: skip
    return engine.start(engine.RunSpec.from_dict(spec))


def layer_of(checkpoint: engine.Checkpoint, **probe: Any) -> engine.LayerFrame:
    """Return the first network's first layer as a frame shows it."""
    return engine.frame_of(checkpoint, probe=engine.Probe(**probe)).networks[0].layers[0]
