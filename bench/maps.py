"""The maps of all log norms (T 100, n 64, float32) against PyTorch's batched vector-Jacobian products."""

from functools import partial

import numpy as np

import engine
from bench import rival
from bench.timing import gemm, medians
from engine.maps import log_norm_maps
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


def flops(cell: str) -> int:
    """Return the flops of the matrix products of a map: per pair of steps h_k's n columns go through G matrices."""
    return {"rnn": 1, "gru": 1, "lstm": 2}[cell] * N**3 * T * (T - 1)


def report() -> None:
    """Print milliseconds a map, the ratio, and the share of this machine's own rate of matrix products."""
    print(f"\nMap of all pairs, T {T}, n {N}, float32; LSTM: dh_t/dh_k and dc_t/dc_k on both sides\n")
    print("cell   ours ms  PyTorch ms  times as fast  share of matrix-product rate")
    for cell in ("rnn", "gru", "lstm"):
        net, weights, inputs = network(cell)
        for mine, other in zip(our_map(net), rival.log_norm_maps(cell, weights, inputs), strict=False):
            check(mine, other, cell)
        works = partial(our_map, net), partial(rival.log_norm_maps, cell, weights, inputs), gemm(1024, "float32")
        ours, theirs, product = medians(*works, rounds=ROUNDS)
        share = flops(cell) / ours / (2 * 1024**3 / product)
        print(f"{cell:4}  {ours * 1e3:8.1f}  {theirs * 1e3:10.1f}  {theirs / ours:13.1f}  {share:10.0%}")


def check(ours: np.ndarray, theirs: np.ndarray, cell: str) -> None:
    """Stop where the two maps are not the same numbers."""
    comparable = theirs > FLOOR
    worst = np.abs(ours - theirs)[comparable].max()
    if not (comparable.sum() > T and worst < 1e-3):
        raise SystemExit(f"{cell}: the maps differ by {worst:.1e} in log10: not the same computation")
