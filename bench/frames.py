"""A frame with every view (T 50, n 32, three networks): its compute, its bytes on the wire, what it costs training.

Measured in a process that keeps its memory as the service's workers do, which is what users get, and in a plain one.
"""

import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

import engine
from app.executor import KEPT_MEMORY
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
    print("\nA frame with every view, T 50, n 32, RNN, LSTM and GRU, float32; CPU time of one thread", flush=True)
    for name, settings in (("as the service's workers run", KEPT_MEMORY), ("in a plain process", {})):
        print(f"\n{name}:", flush=True)  # glibc reads its settings when a process starts
        subprocess.run([sys.executable, "-m", "bench.frames"], env=os.environ | settings, check=True)
    frame = engine.frame_of(engine.start(spec()))
    size, floor = encode("x" * 22, frame, Choice(products=True)).size, float32_bytes(engine.as_tree(frame))
    print(f"\non the wire      {size:8d} bytes = {size / (floor * 4 / 3):.3f} x its float32 bytes x 4/3")


def measure() -> None:
    """Print the times of this process."""
    start = engine.start(spec())
    probe = start.spec.probe
    frame, off, on = medians(
        lambda: engine.frame_of(start),
        lambda: engine.advance(start, CHUNK),
        lambda: engine.advance(start, CHUNK, probe),
        rounds=ROUNDS,
        clock=time.process_time,
    )
    print(f"compute          {frame * 1e3:8.1f} ms")
    print(f"training with a frame every {probe.every} steps keeps {off / on:.0%} of its speed")


if __name__ == "__main__":
    measure()
