"""Training as a pure function: `advance(checkpoint, steps, observe)` gives the same bits wherever, and however chunked.

A checkpoint is a value: the spec as it now holds, the step, and each network's parameters and optimizer state. Step s
trains on batch(seed, s); frame s shows the weights after s updates on the probe's batch(seed, 0).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from engine import door
from engine.arrays import Array, norm_of
from engine.bptt import bptt
from engine.checkpoint import Checkpoint, Divergence, NetworkState
from engine.curvature import Curvature
from engine.errors import Diverging, SpecError
from engine.frame import Frame
from engine.layout import named, weight_problems
from engine.network import Network
from engine.observe import EVERYTHING, Wanted
from engine.observe import observe as look_at
from engine.params import forget_rows, initial
from engine.spec import Probe, RunSpec, layout_of, probe_count, weight_arrays
from engine.tasks.base import WEIGHTS, Batch, random_stream
from engine.vanishing import add_penalty

# Weights that grow beyond this many times their first norm (+ 1) are lost, finite or not: no task needs it.
LARGEST_GROWTH = 1e4


def start(spec: RunSpec) -> Checkpoint:
    """Return the untrained run. Networks all draw from the same stream of the seed, so that equal ones start equal."""
    door.instance("spec", spec, RunSpec)
    states = []
    for network in spec.networks:
        drawn = initial(network, layout_of(spec, network), random_stream(spec.seed, WEIGHTS), spec.seq_len)
        theta = drawn.astype(spec.float_type)
        states.append(NetworkState(theta, spec.optimizer.init(theta), norm_of(theta)))
    return Checkpoint(spec, 0, tuple(states))


def advance(
    checkpoint: Checkpoint, steps: int, observe: Probe | None = None, views: Collection[str] | None = None
) -> tuple[Checkpoint, list[Frame]]:
    """Train up to `steps` steps; with `observe`, give a frame after every step that is a multiple of `observe.every`.

    `views` names the arrays that are asked of a frame (None: all): costly ones beside them are None.

    Stops at the run's last step, or where a network diverges: an update from a broken loss or gradient is not made,
    one that blows the weights up is the last. The new checkpoint's `metrics` are the rows of the steps just
    trained. The given checkpoint stays as it is. Raises `OutOfRange` for steps that are no whole number from 0, and
    for a probe of a sample that the batch does not have.
    """
    door.instance("checkpoint", checkpoint, Checkpoint)
    spec, probe, steps = checkpoint.spec, observe, door.whole("steps", steps)
    if probe is not None:
        door.index("sample", door.instance("observe", probe, Probe).sample, probe_count(spec))
    wanted = Wanted.of(False, views)
    work, step, diverged = _Work(checkpoint), checkpoint.step, checkpoint.diverged
    last = min(step + steps, spec.steps)
    rows: list[dict[str, Any]] = []
    frames: list[Frame] = []
    with np.errstate(all="ignore"):
        while step < last and diverged is None:
            try:
                rows.append(work.train(step + 1))
            except Diverging as error:
                diverged = Divergence(step + 1, error.network, error.reason)
                break
            step += 1
            diverged = work.blown_up(step)
            if probe is not None and step % probe.every == 0:
                frames.append(work.frame(step, probe, wanted=wanted))
    return work.checkpoint(step, tuple(rows), diverged), frames


def frame_of(
    checkpoint: Checkpoint,
    probe: Probe | None = None,
    batch: int = 0,
    products: bool = False,
    views: Collection[str] | None = None,
) -> Frame:
    """Return the frame of a checkpoint; `batch` = s shows batch(seed, s) in place of the probe's.

    `products` adds every dh_t/dh_k in full; of costly arrays only those that `views` names are made (None: all).

    Raises `OutOfRange` for a sample that the batch does not have, and for a batch below 0.
    """
    door.instance("checkpoint", checkpoint, Checkpoint)
    probe = checkpoint.spec.probe if probe is None else door.instance("probe", probe, Probe)
    batch, products = door.training_step(batch), door.instance("products", products, bool)
    with np.errstate(all="ignore"):
        return _Work(checkpoint).frame(checkpoint.step, probe, batch, Wanted.of(products, views))


def frames(spec: RunSpec) -> Iterator[Frame]:
    """Yield the frames of a whole run: step 0, then every `probe.every` steps, for notebooks and reports."""
    return _frames(start(spec))


def _frames(checkpoint: Checkpoint) -> Iterator[Frame]:
    spec = checkpoint.spec
    yield frame_of(checkpoint)
    while not checkpoint.finished and checkpoint.diverged is None:
        checkpoint, seen = advance(checkpoint, spec.probe.every - checkpoint.step % spec.probe.every, spec.probe)
        yield from seen


def patch(checkpoint: Checkpoint, changes: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint with live knobs changed from the next step on; a forget bias moves by the difference.

    Raises `SpecError` for names that are not live and values out of range.
    """
    spec = door.instance("checkpoint", checkpoint, Checkpoint).spec.with_changes(changes)
    networks = []
    for before, now, state in zip(checkpoint.spec.networks, spec.networks, checkpoint.networks, strict=True):
        theta = state.theta.copy()
        if now.cell == "lstm" and now.forget_bias != before.forget_bias:
            for rows in forget_rows(layout_of(spec, now), now):
                theta[rows] += now.forget_bias - before.forget_bias
        networks.append(state._replace(theta=theta))
    return dataclasses.replace(checkpoint, spec=spec, networks=tuple(networks))


def weights(checkpoint: Checkpoint, network: int = 0) -> dict[str, Array]:
    """Return copies of one network's parameters by PyTorch's names and in its layout."""
    door.index("network", network, len(door.instance("checkpoint", checkpoint, Checkpoint).networks))
    layout = layout_of(checkpoint.spec, checkpoint.spec.networks[network])
    return {name: view.copy() for name, view in named(layout, checkpoint.networks[network].theta).items()}


def with_weights(checkpoint: Checkpoint, network: int, arrays: Mapping[str, Array]) -> Checkpoint:
    """Return the checkpoint with some of a network's parameters replaced. Raises `SpecError` for names or shapes."""
    door.index("network", network, len(door.instance("checkpoint", checkpoint, Checkpoint).networks))
    layout, state = layout_of(checkpoint.spec, checkpoint.spec.networks[network]), checkpoint.networks[network]
    given = weight_arrays(arrays)
    if problems := weight_problems(layout, given, checkpoint.spec.float_type):
        raise SpecError(problems)
    theta = state.theta.copy()
    for name, value in given.items():
        named(layout, theta)[name][...] = value
    changed = list(checkpoint.networks)
    changed[network] = state._replace(theta=theta, first_norm=norm_of(theta))
    return dataclasses.replace(checkpoint, networks=tuple(changed), diverged=None)


class _Work:
    """The buffers of one call: networks with their own copies of the checkpoint's vectors."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.spec = spec = checkpoint.spec
        size = probe_count(spec)
        self.networks = [Network(spec, network, size) for network in spec.networks]
        self.states: list[NetworkState] = []
        for network, state in zip(self.networks, checkpoint.networks, strict=True):
            network.theta[...] = state.theta
            slots = tuple(slot.copy() for slot in state.slots)
            self.states.append(state._replace(theta=network.theta, slots=slots))

    def batch(self, step: int) -> Batch:
        return self.spec.task.batch(self.spec.seed, step, self.spec.batch_size)

    def train(self, step: int) -> dict[str, Any]:
        """Do update number `step` of every network; raise `Diverging` before any update if one's numbers are broken."""
        batch = self.batch(step)
        rows = [_look(network, batch) for network in self.networks]
        for i, row in enumerate(rows):
            for name in ("loss", "grad_norm"):
                if not np.isfinite(row[name]):
                    raise Diverging(i, f"{name} became {row[name]}")
        for network, state, row in zip(self.networks, self.states, rows, strict=True):
            _clip(network.grad, row["grad_norm"], self.spec.clip_norm)
            self.spec.optimizer.minimise(Curvature(network, batch), state.slots, step)
        return {"step": step, "networks": rows}

    def blown_up(self, step: int) -> Divergence | None:
        """Return a divergence where an update threw the weights out of all proportion."""
        for i, state in enumerate(self.states):
            size = norm_of(state.theta)
            if not size <= LARGEST_GROWTH * (1.0 + state.first_norm):
                return Divergence(step, i, f"the norm of the weights went from {state.first_norm:.3g} to {size:.3g}")
        return None

    def frame(self, step: int, probe: Probe, batch: int = 0, wanted: Wanted = EVERYTHING) -> Frame:
        return look_at(self.networks, self.batch(batch), step, probe, wanted)

    def checkpoint(self, step: int, rows: tuple[dict[str, Any], ...], diverged: Divergence | None) -> Checkpoint:
        return Checkpoint(self.spec, step, tuple(self.states), diverged, rows)


def _look(network: Network, batch: Batch) -> dict[str, Any]:
    """Return a network's part of a row; its gradient is left in `network.grad`."""
    judged = network.forward(batch)
    bptt(network, batch, judged, network.run.window)
    if network.run.vanishing_penalty:
        add_penalty(network, network.run.vanishing_penalty)
    return {"loss": judged.loss, "accuracy": judged.accuracy, "grad_norm": norm_of(network.grad)}


def _clip(grad: Array, size: float, limit: float | None) -> None:
    """Scale the gradient down to the limit (Pascanu 2013), with the small constant of torch's clip_grad_norm_."""
    if limit is not None and (factor := limit / (size + 1e-6)) < 1.0:
        grad *= factor
