"""Questions about one product of Jacobians: the full ds_t/ds_k, its blocks, its singular values, its factors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine import door
from engine.arrays import log10
from engine.checkpoint import Checkpoint
from engine.jacobians import blocks, product
from engine.network import Network
from engine.norms import LOG10_2, log_norm
from engine.spec import probe_count
from engine.spec.probe import NORMS
from engine.spectrum import singular_values
from engine.tasks import Batch


def jacobian(
    checkpoint: Checkpoint, network: int = 0, layer: int = 0, sample: int | None = None,
    t: int | None = None, k: int = 0, batch: int = 0, norm: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return ds_t/ds_k of a checkpoint's weights: t defaults to the sample's last step, sample and norm to the probe's.

    "hh" (n, n) with c_k held fixed, for the LSTM "hc", "ch", "cc" and "carousel" (n,), in the run's dtype (they may
    underflow or overflow); "log_norm", "cell_log_norm", "factor_log_norms" (t - k,) are log10 and never underflow;
    "singular_values" (n,) of hh, descending. Raises `OutOfRange` naming what the run does not have.
    """
    at = place(checkpoint, network, layer, sample, t, k, batch)
    norm = checkpoint.spec.probe.norm if norm is None else door.choice("norm", norm, NORMS)
    with np.errstate(all="ignore"):
        at.work.forward(at.drawn)
        found = _answer(at.work, layer, at.sample, at.t, k, norm)
    asked = {"network": network, "layer": layer, "sample": at.sample, "step": checkpoint.step, "t": at.t, "k": k}
    return asked | found


class Place(NamedTuple):
    """Where a question about one pass stands: a network with the checkpoint's weights, and the sample asked about."""

    work: Network
    drawn: Batch
    sample: int
    length: int
    t: int


def place(
    checkpoint: Checkpoint, network: int, layer: int, sample: int | None, t: int | None, k: int, batch: int
) -> Place:
    """Return where a question stands: sample defaults to the probe's, t to the sample's last step.

    Raises `OutOfRange` naming what the run does not have.
    """
    spec = door.instance("checkpoint", checkpoint, Checkpoint).spec
    door.training_step(batch)
    door.index("network", network, len(spec.networks))
    door.index("layer", layer, spec.networks[network].layers)
    sample = spec.probe.sample if sample is None else door.index("sample", sample, probe_count(spec))
    drawn = spec.task.batch(spec.seed, batch, spec.batch_size)
    length = int(drawn.lengths[sample])
    t = length if t is None else door.whole("t", t, 0, length, f"must be from 0 to {length}, the sample's length")
    door.whole("k", k, 0, t, f"must be from 0 to t = {t}: a later state has no influence on an earlier one")
    work = Network(spec, spec.networks[network], probe_count(spec))
    work.theta[...] = checkpoint.networks[network].theta
    return Place(work, drawn, sample, length, t)


def _answer(work: Network, layer: int, sample: int, t: int, k: int, norm: str) -> dict[str, Any]:
    n, dtype = work.spec.hidden_size, work.run.float_type
    tape = work.tapes[layer]
    factors = work.cell.step_jacobians(work.layers[layer], tape, sample)
    matrix, exponent = product(factors, t, k)
    scaled, log_factor = blocks(matrix, n), exponent * LOG10_2
    forget = work.cell.views(tape, sample)["carousel"]
    return {
        **{name: None if b is None else np.ldexp(b, exponent).astype(dtype) for name, b in scaled.items()},
        "carousel": None if forget is None else forget[k:t].prod(axis=0),
        "singular_values": np.ldexp(singular_values(scaled["hh"]), exponent).astype(dtype),
        "log_singular_values": (log10(singular_values(scaled["hh"])) + log_factor).astype(dtype),
        "log_norm": log_norm(scaled["hh"], norm) + log_factor,
        "cell_log_norm": None if scaled["cc"] is None else log_norm(scaled["cc"], norm) + log_factor,
        "factor_log_norms": np.array([log_norm(J[:n, :n], norm) for J in factors[k:t]], dtype),
    }
