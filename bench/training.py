"""One training step (forward, BPTT, Adam; float32, T 50) against PyTorch CPU eager, after checking that both agree."""

import numpy as np

import engine
from bench.rival import Trainer
from bench.timing import medians

T, RATE, CHUNK, ROUNDS = 50, 1e-3, 100, 9
CASES = [(cell, B, n) for cell in ("rnn", "gru", "lstm") for B, n in ((16, 32), (32, 64))]
Pair = tuple[engine.Checkpoint, Trainer]


def pair(cell: str, B: int, n: int) -> Pair:
    """Return the same network with the same data in both."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((B, T, 2)), rng.standard_normal((B, 1))
    spec = engine.RunSpec.from_dict(
        {
            "task": {"name": "inline", "inputs": inputs.tolist(), "targets": targets.tolist(), "loss": "mse"},
            "networks": [{"cell": cell, "hidden_size": n}],
            "optimizer": {"name": "adam", "learning_rate": RATE},
            "batch_size": B,
            "steps": 1_000_000,
        }
    )
    start = engine.start(spec)
    arrays = inputs.astype(np.float32), targets.astype(np.float32)
    return start, Trainer(cell, engine.weights(start), *arrays, RATE)


def disagreement(ours: engine.Checkpoint, theirs: Trainer) -> tuple[float, engine.Checkpoint]:
    """Train both by some steps; return the relative difference of the losses, and ours."""
    ours, _ = engine.advance(ours, 20)
    mine, other = ours.metrics[-1]["networks"][0]["loss"], theirs.train(20)
    return abs(mine - other) / abs(other), ours


def report() -> None:
    """Print microseconds a step and the ratio for every case."""
    print(f"\nTraining step, T {T}, float32, Adam; median of {ROUNDS} x {CHUNK} steps\n")
    print("cell   B   n     ours µs  PyTorch µs  times as fast")
    for cell, B, n in CASES:
        ours, theirs = pair(cell, B, n)
        difference, ours = disagreement(ours, theirs)
        if difference > 1e-3:
            raise SystemExit(f"{cell}: the losses differ by {difference:.1e} after 20 steps: not the same computation")
        mine, other = medians(lambda o=ours: engine.advance(o, CHUNK), lambda t=theirs: t.train(CHUNK), rounds=ROUNDS)
        print(f"{cell:4} {B:3d} {n:3d}  {mine / CHUNK * 1e6:10.0f}  {other / CHUNK * 1e6:10.0f}  {other / mine:10.2f}")
