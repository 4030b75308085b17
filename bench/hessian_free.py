"""Hessian-free against Adam on a long lag: `python -m bench hessian_free` prints a table of CPU seconds.

The adding problem (two numbers marked among T, their sum asked for at the end) for one tanh network, orthogonal start,
the same weights and batches for both. Solved: mean squared error below 0.001 on three batches running, where answering
with the mean costs 0.167. Adam gets the CPU time that Hessian-free took, at each of its learning rates.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from engine import RunSpec, advance, start

T, HIDDEN, BATCH = 100, 32, 128
SOLVED, RUNNING = 1e-3, 3
RATES = (0.0001, 0.0003, 0.001, 0.003)
ADAM_SHARE = 1.0  # of Hessian-free's CPU time, for each rate
HESSIAN_FREE = {"name": "hessian_free"}
LONGEST = 60.0  # CPU seconds


class Result(NamedTuple):
    """How a run ended."""

    solved: bool
    updates: int
    seconds: float
    loss: float  # mean of the last steps


def spec(seed: int, optimizer: dict[str, Any]) -> RunSpec:
    """Return the experiment."""
    return RunSpec.from_dict({
        "task": {"name": "adding", "length": T}, "batch_size": BATCH, "seed": seed, "steps": 10**6,
        "networks": [{"cell": "rnn", "hidden_size": HIDDEN, "recurrent_init": "orthogonal"}], "optimizer": optimizer,
    })  # fmt: skip


def train(run: RunSpec, seconds: float, chunk: int) -> Result:
    """Train until solved, at most for so many CPU seconds."""
    checkpoint, began, losses = start(run), time.process_time(), []
    while (spent := time.process_time() - began) < seconds and checkpoint.diverged is None:
        checkpoint, _ = advance(checkpoint, chunk)
        losses += [row["networks"][0]["loss"] for row in checkpoint.metrics]
        if len(losses) >= RUNNING and max(losses[-RUNNING:]) < SOLVED:
            return Result(True, checkpoint.step, time.process_time() - began, sum(losses[-RUNNING:]) / RUNNING)
    tail = losses[-20:]
    return Result(False, checkpoint.step, spent, sum(tail) / max(len(tail), 1))


def report(seeds: int = 3) -> None:
    """Print one line for each run."""
    print(f"adding T={T}, tanh RNN n={HIDDEN}, orthogonal, B={BATCH}; chance 0.167, solved below {SOLVED}")
    print("seed  optimizer            solved  updates  CPU s   loss")
    for seed in range(seeds):
        free = train(spec(seed, HESSIAN_FREE), LONGEST, 1)
        _line(seed, "hessian_free", free)
        for rate in RATES:
            adam = train(spec(seed, {"name": "adam", "learning_rate": rate}), ADAM_SHARE * free.seconds, 50)
            _line(seed, f"adam {rate:g}", adam)


def _line(seed: int, name: str, result: Result) -> None:
    solved, updates, seconds, loss = result
    print(f"{seed:4}  {name:20} {'yes' if solved else 'no':6}  {updates:7}  {seconds:5.1f}   {loss:.5f}", flush=True)
