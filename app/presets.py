"""Experiments worth opening with."""

from __future__ import annotations

from typing import Any

# The adding problem tells the story: nothing is asked until the very end, so the gradient has to reach all the
# way back. Same data, size and seed for all three; minutes of play.
OPENING: dict[str, Any] = {
    "task": {"name": "adding", "length": 40},
    "networks": [{"cell": cell, "hidden_size": 32} for cell in ("rnn", "lstm", "gru")],
    "optimizer": {"name": "adam", "learning_rate": 0.005},
    "batch_size": 32,
    "steps": 20000,
    "clip_norm": 1.0,
    "probe": {"every": 2},
}
