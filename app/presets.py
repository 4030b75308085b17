"""Experiments worth opening with."""

from __future__ import annotations

from typing import Any

# The adding problem tells the story: nothing is asked until the very end, so the gradient has to reach all the
# way back. GRU and LSTM learn it within some 1000 steps; the RNN never leaves the loss of always the same answer.
OPENING: dict[str, Any] = {
    "task": {"name": "adding", "length": 40},
    "networks": [{"cell": cell, "hidden_size": 32} for cell in ("rnn", "lstm", "gru")],
    "optimizer": {"name": "adam", "learning_rate": 0.003},
    "batch_size": 32,
    "steps": 20000,
    "probe": {"every": 2},
}
