"""A frame with every view (T 50, n 32, three networks): its compute, its bytes on the wire, what it costs training."""

from typing import Any

import numpy as np

import engine
from app.wire import Choice, encode
from bench.timing import medians

ROUNDS, CHUNK = 9, 100


def spec() -> engine.RunSpec:
    """Return the three cells side by side, at the default `every`."""
    networks = [{"cell": cell, "hidden_size": 32} for cell in ("rnn", "lstm", "gru")]
    task = {"name": "adding", "length": 50}
    return engine.RunSpec.from_dict({"task": task, "networks": networks, "steps": 1_000_000})


def float32_bytes(tree: Any) -> int:
    """Return the bytes of all arrays of a frame's tree, four for each number."""
    if isinstance(tree, np.ndarray):
        return 4 * tree.size
    values = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return sum(float32_bytes(value) for value in values)


def report() -> None:
    """Print milliseconds a frame, what training keeps of its speed, and the size against its floor."""
    start = engine.start(spec())
    frame = engine.frame_of(start)
    seconds = medians(lambda: engine.frame_of(start), rounds=ROUNDS)[0]
    off, on = medians(
        lambda: engine.advance(start, CHUNK),
        lambda: engine.advance(start, CHUNK, start.spec.probe),
        rounds=ROUNDS,
    )
    size, floor = encode("x" * 22, frame, Choice(products=True)).size, float32_bytes(engine.as_tree(frame))
    print("\nA frame with every view, T 50, n 32, RNN, LSTM and GRU, float32\n")
    print(f"compute          {seconds * 1e3:8.1f} ms")
    print(f"training with a frame every {start.spec.probe.every} steps keeps {off / on:.0%} of its speed")
    print(f"on the wire      {size:8d} bytes = {size / (floor * 4 / 3):.3f} x its float32 bytes x 4/3")
