"""The maps of all log norms (T 100, n 64, float32) against PyTorch's batched vector-Jacobian products.

In a process that keeps its memory as the service's workers do; a plain one gives back what an LSTM's map takes.
"""

import os
import subprocess
import sys
import time
from functools import partial

import numpy as np

import engine
from app.executor import KEPT_MEMORY
from bench import rival
from bench.timing import gemm, medians
from engine.grams import stretches
from engine.maps import STEPS, log_norm_maps
from engine.network import Network

T, N, ROUNDS = 100, 64, 5
FLOOR = -15.0  # below it the squares of float32 numbers underflow in PyTorch; the engine's maps go on


def network(cell: str) -> tuple[Network, dict[str, np.ndarray], np.ndarray]:
    """Return a network after its forward pass, its weights, and its first sample's inputs (T, m)."""
    task = {"name": "adding", "length": T}
    start = engine.start(engine.RunSpec.from_dict({"task": task, "networks": [{"cell": cell, "hidden_size": N}]}))
    spec = start.spec
    net = Network(spec, spec.networks[0], spec.batch_size)
    net.theta[...] = start.networks[0].theta
    batch = spec.task.batch(spec.seed, 0, spec.batch_size)
    net.forward(batch)
    return net, engine.weights(start), batch.inputs[:, :, 0].astype(np.float32)


def our_map(net: Network) -> np.ndarray:
    """Return the maps of one sample from the tape of the last forward pass: local derivatives, products, norms."""
    factors = net.cell.step_factors(net.layers[0], net.tapes[0], 0)
    return log_norm_maps(factors, N, np.arange(T + 1))


def nominal(cell: str) -> int:
    """Return the flops of a map pair by pair: from each pair to the next its S columns go through n columns' J."""
    return {"rnn": 1, "gru": 1, "lstm": 4}[cell] * N**3 * T * (T - 1)


def made(cell: str) -> int:
    """Return the flops of the matrix products that are really made: in stretches of time, and across their bounds."""
    lstm = cell == "lstm"
    bounds = stretches(T, STEPS) if lstm else stretches(T)
    total = (2 if lstm else 1) * sum(2 * N**3 * many * (many - 1) // 2 for many in np.diff(bounds).tolist())
    while len(bounds) > 2:
        cuts = list(zip(bounds[::2], bounds[1::2], bounds[2::2], strict=False))
        tables, of_each = (14, 12 + 16) if lstm else (1, 2 + 2 * (len(cuts) > 1))  # Gram matrices, and products from m
        total += of_each * N**3 * T + sum(2 * tables * N**2 * (b - a) * (c - b) for a, b, c in cuts)
        bounds = bounds[::2]
    return total


def report() -> None:
    """Print the table from a process whose memory is kept: glibc reads its settings when it starts."""
    subprocess.run([sys.executable, "-m", "bench.maps"], env=os.environ | KEPT_MEMORY, check=True)


def measure() -> None:
    """Print milliseconds a map, the ratio, and the shares of this machine's own rate of matrix products."""
    print(f"\nMap of all pairs, T {T}, n {N}, float32, CPU time; LSTM: dh_t/dh_k and dc_t/dc_k on both sides")
    print("Share of the rate of a square product of 1024: by the flops of every pair's product, and by those made\n")
    print("cell   ours ms  PyTorch ms  times as fast  share, nominal  share, made  Gflop nominal  Gflop made")
    for cell in ("rnn", "gru", "lstm"):
        net, weights, inputs = network(cell)
        for mine, other in zip(our_map(net), rival.log_norm_maps(cell, weights, inputs), strict=False):
            check(mine, other, cell)
        works = partial(our_map, net), partial(rival.log_norm_maps, cell, weights, inputs), gemm(1024, "float32")
        ours, theirs, product = medians(*works, rounds=ROUNDS, clock=time.process_time)
        rate = 2 * 1024**3 / product
        shares = [flops / ours / rate for flops in (nominal(cell), made(cell))]
        print(f"{cell:4}  {ours * 1e3:8.1f}  {theirs * 1e3:10.1f}  {theirs / ours:13.1f}  {shares[0]:14.0%}"
              f"  {shares[1]:11.0%}  {nominal(cell) / 1e9:13.1f}  {made(cell) / 1e9:10.2f}")  # fmt: skip


def check(ours: np.ndarray, theirs: np.ndarray, cell: str) -> None:
    """Stop where the two maps are not the same numbers."""
    comparable = theirs > FLOOR
    worst = np.abs(ours - theirs)[comparable].max()
    if not (comparable.sum() > T and worst < 1e-3):
        raise SystemExit(f"{cell}: the maps differ by {worst:.1e} in log10: not the same computation")


if __name__ == "__main__":
    measure()
