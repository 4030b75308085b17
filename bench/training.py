"""One training step (forward, BPTT, Adam; float32, T 50) against PyTorch CPU eager, after checking that both agree.

Beside it the matrix products of such a step alone: what is left over is tanh, products element by element, and memory.
"""

import time
from collections.abc import Callable

import numpy as np

import engine
from bench.rival import Trainer
from bench.timing import medians
from engine.cells import CELLS, CellOptions, Shape
from engine.cells.product import product

T, M, RATE, ROUNDS = 50, 2, 1e-3, 9
SIZES = ((16, 32, 100), (32, 64, 50), (16, 256, 20), (32, 256, 10))  # B, n, steps at a time
CASES = [(cell, *size) for cell in ("rnn", "gru", "lstm") for size in SIZES]
Pair = tuple[engine.Checkpoint, Trainer]


def pair(cell: str, B: int, n: int) -> Pair:
    """Return the same network with the same data in both."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((B, T, M)), rng.standard_normal((B, 1))
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


def flops(cell: str, B: int, n: int) -> int:
    """Return what a step's products count: forward and the weights' gradient read [x; 1; h], backward h alone."""
    return 2 * CELLS[cell].stack * n * B * T * (2 * (n + M + 1) + n)


def products(cell: str, B: int, n: int, steps: int) -> Callable[[], None]:
    """Return the matrix products of some steps alone, cut as the engine cuts them."""
    rng, k, rows = np.random.default_rng(0), n + M + 1, CELLS[cell].stack * n
    W, U_T = rng.standard_normal((rows, k), np.float32), rng.standard_normal((rows, n), np.float32).T
    blocks, gates = list(rng.standard_normal((T, k, B), np.float32)), list(np.ones((T, rows, B), np.float32))
    back, total = list(np.empty((T, n, B), np.float32)), np.empty((rows, k), np.float32)
    at_once = CELLS[cell].plan(Shape(T, B, M, n), np.dtype(np.float32), CellOptions()).at_once
    deltas, below = np.ones((rows, at_once * B), np.float32), rng.standard_normal((at_once * B, k), np.float32)

    def work() -> None:
        for _ in range(steps):
            forward, backward = product(W, B), product(U_T, B)
            for block, gate in zip(blocks, gates, strict=True):
                forward(block, gate)
            for gate, earlier in zip(gates, back, strict=True):
                backward(gate, earlier)
            for before in range(0, T, at_once):
                summed = min(at_once, T - before) * B
                product(deltas[:, :summed], k)(below[:summed], total)

    return work


def report() -> None:
    """Print microseconds a step and the ratio for every case."""
    print(f"\nTraining step, T {T}, float32, Adam; CPU time of one thread, medians of {ROUNDS} rounds\n")
    print("cell   B   n     ours µs  PyTorch µs  times as fast  its products alone µs  at Gflop/s")
    for cell, B, n, steps in CASES:
        ours, theirs = pair(cell, B, n)
        difference, ours = disagreement(ours, theirs)
        if difference > 1e-3:
            raise SystemExit(f"{cell}: the losses differ by {difference:.1e} after 20 steps: not the same computation")
        mine, other, least = medians(
            lambda o=ours, s=steps: engine.advance(o, s), lambda t=theirs, s=steps: t.train(s),
            products(cell, B, n, steps), rounds=ROUNDS, clock=time.process_time,
        )  # fmt: skip
        mine, other, least = mine / steps, other / steps, least / steps
        print(f"{cell:4} {B:3d} {n:3d}  {mine * 1e6:10.0f}  {other * 1e6:10.0f}  {other / mine:13.2f}"
              f"  {least * 1e6:21.0f}  {flops(cell, B, n) / least / 1e9:10.0f}")  # fmt: skip
