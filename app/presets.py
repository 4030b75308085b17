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

# How far back an untrained and a barely trained gradient reaches, by the cell and by the size of W_hh.
SWEEP: dict[str, Any] = {
    "task": {"name": "adding", "length": 30},
    "networks": [{"cell": "rnn", "hidden_size": 16}],
    "optimizer": {"name": "adam", "learning_rate": 0.003},
    "clip_norm": 1.0,
    "steps": 60,
}
# Fields that a sweep's form offers, each with values worth trying.
SWEPT: dict[str, str] = {
    "networks.0.cell": "rnn, lstm, gru",
    "networks.0.spectral_radius": "0.4, 0.8, 1, 1.2, 1.6",
    "networks.0.forget_bias": "-1, 0, 1, 3, 5",
    "networks.0.hidden_size": "8, 16, 32",
    "networks.0.layers": "1, 2, 3",
    "networks.0.activation": "tanh, relu, logistic, identity",
    "networks.0.recurrent_init": "uniform, glorot, orthogonal, identity, chrono",
    "task.length": "10, 20, 40, 80",
    "optimizer.learning_rate": "0.0003, 0.001, 0.003, 0.01",
    "optimizer.name": "sgd, momentum, rmsprop, adam",
    "clip_norm": "none, 0.1, 1, 10",
    "batch_size": "8, 32, 128",
    "steps": "0, 30, 100, 300",
    "seed": "0, 1, 2, 3",
}
