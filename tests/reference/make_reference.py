"""Write the stored reference vectors from PyTorch's autograd: `python -m tests.reference.make_reference`.

One .npz per named case: "spec" (the experiment as JSON), PyTorch's answers by name, "block.<hh|hc|ch|cc>_<layer>"
(B, pairs, n, n) for the (t, k) in "pairs", and "after.<optimizer>.<1|3>.<parameter>", "clipped.<parameter>".
The vectors are in the repository, so that autograd is an oracle of every test run without installing PyTorch.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from tests.reference.answers import Answers
from tests.reference.cases import Spec, named_cases
from tests.reference.torch_model import OPTIMIZERS, Unrolled, of_torch, parameters, products, updates

VECTORS = Path(__file__).parent / "vectors"
PAIRS = ((1, 0), (3, 1), (5, 0), (5, 2), (4, 4))
CLIP_NORM = 0.05
UPDATED = ("rnn_tanh", "lstm_2", "gru_before")  # the cases on which every optimizer is tried
RATES = {"sgd": 0.1, "momentum": 0.05, "nesterov": 0.05, "rmsprop": 0.01, "adam": 0.01, "rprop": 0.01}


def blocks(spec: Spec) -> Answers:
    """Return the Jacobian blocks at `PAIRS`."""
    run = Unrolled(spec, parameters(spec))
    names = ("hh", "hc", "ch", "cc") if spec["networks"][0]["cell"] == "lstm" else ("hh",)
    found = {"pairs": np.array(PAIRS)}
    for layer in range(run.layers):
        whole = products(spec, run, layer)
        found |= {f"block.{name}_{layer}": np.stack([whole[name][:, t, k] for t, k in PAIRS], 1) for name in names}
    return found


def trained(spec: Spec) -> Answers:
    """Return the parameters after one and after three updates of each optimizer, and after one clipped SGD step."""
    found = {}
    for name in OPTIMIZERS:
        own = {**spec, "optimizer": {"name": name, "learning_rate": RATES[name]}}
        for count in (1, 3):
            found |= {f"after.{name}.{count}.{p}": w for p, w in updates(own, count).items()}
    clipped = updates({**spec, "clip_norm": CLIP_NORM}, 1)
    return found | {f"clipped.{p}": w for p, w in clipped.items()}


def main() -> None:
    """Write every named case."""
    torch.set_num_threads(1)
    VECTORS.mkdir(exist_ok=True)
    for name, spec in named_cases().items():
        arrays = of_torch(spec) | blocks(spec) | (trained(spec) if name in UPDATED else {})
        np.savez_compressed(VECTORS / f"{name}.npz", spec=np.array(json.dumps(spec)), **arrays)
        print(f"{name}: {len(arrays)} arrays, {(VECTORS / f'{name}.npz').stat().st_size} bytes")


if __name__ == "__main__":
    main()
