"""Checks that ship: every derivative against finite differences, and the two ways to an adjoint against each other.

Each returns the worst relative error over the networks of a spec (float64 is used whatever the spec says), so a
notebook, a test and the page's trust badge ask the same question.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from engine import door
from engine.arrays import Array, check_shape
from engine.bptt import bptt, spread
from engine.cells import Shape
from engine.checkpoint import Checkpoint
from engine.errors import OutOfRange
from engine.network import Network
from engine.readout import direct_adjoints
from engine.run import start
from engine.spec import RunSpec, probe_count
from engine.tasks import Batch


def gradients(spec: RunSpec, checkpoint: Checkpoint | None = None, epsilon: float = 1e-6) -> float:
    """Return the worst relative error of BPTT's gradients against central differences of the loss.

    Frozen parameters and truncation are set aside: the difference knows neither. Error is over the largest gradient.
    """
    worst, epsilon = 0.0, door.number("epsilon", epsilon, above=0.0)
    for network, batch in _at_work(_untruncated(spec), checkpoint):
        network.trained = None
        bptt(network, batch, network.forward(batch))
        exact = network.grad.copy()
        estimate = _differences(network, batch, epsilon)
        worst = max(worst, relative_error(exact, estimate))
    return worst


def jacobians(spec: RunSpec, checkpoint: Checkpoint | None = None, epsilon: float = 1e-6) -> float:
    """Return the worst relative error of every cell's J_t against central differences of one step of its recurrence."""
    worst, epsilon = 0.0, door.number("epsilon", epsilon, above=0.0)
    for network, batch in _at_work(door.instance("spec", spec, RunSpec), checkpoint):
        network.forward(batch)
        for params, tape in zip(network.layers, network.tapes, strict=True):
            exact = network.cell.step_jacobians(params, tape, spec.probe.sample).copy()
            states = tape.states()[:, :, spec.probe.sample].copy()
            inputs = tape.inputs[:, :, spec.probe.sample].copy()
            estimate = np.stack([
                _step_differences(network, params, x, s, epsilon) for x, s in zip(inputs, states[:-1], strict=True)
            ])  # fmt: skip
            worst = max(worst, relative_error(exact, estimate))
    return worst


def adjoint_identity(spec: RunSpec, checkpoint: Checkpoint | None = None) -> float:
    """Return the worst relative difference between BPTT's dL/dh_k and sum_t (direct_t)^T ds_t/ds_k of the top layer."""
    worst = 0.0
    for network, batch in _at_work(_untruncated(spec), checkpoint):
        judged = network.forward(batch)
        bptt(network, batch, judged)
        direct = spread(direct_adjoints(network.params, judged.d_outputs), batch.steps, spec.seq_len)
        b, n = spec.probe.sample, network.spec.hidden_size
        steps = network.cell.step_jacobians(network.layers[-1], network.tapes[-1], b)
        adjoints = network.tapes[-1].adjoints[:, :, b]
        rebuilt = np.zeros_like(adjoints)
        for k in range(spec.seq_len + 1):
            product = np.eye(steps.shape[1])
            for t in range(k, spec.seq_len + 1):
                if t > k:
                    product = steps[t - 1] @ product
                value = direct[t]
                if value is not None:
                    rebuilt[k] += value[:, b] @ product[:n, :n]
        worst = max(worst, relative_error(adjoints, rebuilt))
    return worst


COUNT = 64  # parameters that `trust` looks at, fewer in large networks
STEPS = 3  # step Jacobians that it looks at
WORK = 84_000_000  # T x B x n x n x layers of all forward passes together that it allows itself
LEAST = 8


def trust(checkpoint: Checkpoint, count: int = COUNT, epsilon: float = 1e-6) -> list[dict[str, Any]]:
    """Return, for each network, how far its derivatives are from finite differences at the checkpoint's weights.

    "gradient": worst error of dL/dtheta over at most `count` random parameters, over the largest gradient; "jacobian":
    the same of J_t at `STEPS` random steps of every layer; "floor": what rounding alone leaves of the differences;
    "rounding": error of the gradient in the run's own dtype against float64. Truncation is set aside, as in
    `gradients`. The same checkpoint gives the same answer.
    """
    spec = _untruncated(door.instance("checkpoint", checkpoint, Checkpoint).spec)
    count, epsilon = door.whole("count", count, 1), door.number("epsilon", epsilon, above=0.0)
    found = []
    for index, (network, batch) in enumerate(_at_work(spec, checkpoint)):
        rng = np.random.default_rng((spec.seed, checkpoint.step, index))
        network.trained = None
        judged = network.forward(batch)
        loss = judged.loss
        bptt(network, batch, judged)
        exact = network.grad.copy()
        jacobian = _sampled_jacobians(network, spec.probe.sample, rng, epsilon)
        chosen = rng.permutation(exact.size)[: _affordable(network, batch, count)]
        worst = np.abs(exact[chosen] - _differences(network, batch, epsilon, chosen)).max(initial=0.0)
        largest = float(np.abs(exact).max(initial=0.0))
        floor = np.finfo(float).eps * max(abs(loss), 1e-3) / (epsilon * largest) if largest else 0.0
        found.append({
            "network": index, "label": str(network.spec.label), "parameters": len(chosen),
            "gradient": float(worst) / largest if largest else float(worst), "jacobian": jacobian,
            "floor": float(max(floor, 1e-10)), "rounding": relative_error(exact, _own_gradient(checkpoint, index)),
        })  # fmt: skip
    return found


def _affordable(network: Network, batch: Batch, count: int) -> int:
    cost = len(batch.inputs) * len(batch.lengths) * network.spec.hidden_size**2 * network.spec.layers
    return min(count, max(LEAST, WORK // cost))


def _sampled_jacobians(network: Network, sample: int, rng: np.random.Generator, epsilon: float) -> float:
    worst = 0.0
    for params, tape in zip(network.layers, network.tapes, strict=True):
        exact = network.cell.step_jacobians(params, tape, sample)
        for t in rng.permutation(len(exact))[:STEPS]:
            x, state = tape.inputs[t, :, sample].copy(), tape.states()[t, :, sample].copy()
            worst = max(worst, relative_error(exact[t], _step_differences(network, params, x, state, epsilon)))
    return worst


def _own_gradient(checkpoint: Checkpoint, index: int) -> Array:
    """Return one network's gradient as the run's own dtype computes it."""
    spec = _untruncated(checkpoint.spec)
    network = Network(spec, spec.networks[index], probe_count(spec))
    network.trained = None
    network.theta[...] = checkpoint.networks[index].theta
    batch = spec.task.batch(spec.seed, 0, spec.batch_size)
    bptt(network, batch, network.forward(batch))
    return network.grad.astype(np.float64)


def relative_error(exact: Array, estimate: Array) -> float:
    """Return the largest difference over the largest magnitude; 0 where both are all zero."""
    exact, estimate = door.real("exact", exact), door.real("estimate", estimate)
    check_shape("estimate", estimate, exact.shape)
    largest = max(float(np.abs(exact).max(initial=0.0)), float(np.abs(estimate).max(initial=0.0)))
    return float(np.abs(exact - estimate).max(initial=0.0)) / largest if largest else 0.0


def _untruncated(spec: RunSpec) -> RunSpec:
    return dataclasses.replace(door.instance("spec", spec, RunSpec), truncation_window=None, truncation_stride=None)


def _at_work(spec: RunSpec, checkpoint: Checkpoint | None) -> list[tuple[Network, Batch]]:
    wide = dataclasses.replace(spec, dtype="float64")
    states = (start(wide) if checkpoint is None else door.instance("checkpoint", checkpoint, Checkpoint)).networks
    if len(states) != len(wide.networks):
        raise OutOfRange("checkpoint", len(states), f"must have the spec's own {len(wide.networks)} networks")
    batch = wide.task.batch(wide.seed, 0, wide.batch_size)
    work = []
    for network_spec, state in zip(wide.networks, states, strict=True):
        network = Network(wide, network_spec, probe_count(wide))
        check_shape("checkpoint's parameters", state.theta, network.theta.shape)
        network.theta[...] = state.theta
        work.append((network, batch))
    return work


def _differences(network: Network, batch: Batch, epsilon: float, chosen: Array | None = None) -> Array:
    """Return central differences of the loss by the chosen parameters, default all."""
    places = np.arange(network.theta.size) if chosen is None else chosen
    estimate = np.zeros(len(places))
    for row, i in enumerate(places):
        value = network.theta[i]
        losses = []
        for moved in (value + epsilon, value - epsilon):
            network.theta[i] = moved
            losses.append(network.forward(batch).loss)
        network.theta[i] = value
        estimate[row] = (losses[0] - losses[1]) / (2 * epsilon)
    return estimate


def _step_differences(network: Network, params: dict[str, Array], x: Array, state: Array, epsilon: float) -> Array:
    """Return ds'/ds of one step from `state` with input `x`, column by column, all moved states as one batch."""
    S = len(state)
    moved = np.concatenate((state[:, None] + epsilon * np.eye(S), state[:, None] - epsilon * np.eye(S)), axis=1)
    cell, tape = network.cell, network.tapes[0]
    step = cell.plan(Shape(1, 2 * S, len(x), network.spec.hidden_size), np.dtype(np.float64), tape.options)
    cell.forward(params, np.repeat(x[None, :, None], 2 * S, axis=2), step, moved)
    after = step.states()[1]
    return np.asarray((after[:, :S] - after[:, S:]) / (2 * epsilon))


__all__ = ["adjoint_identity", "gradients", "jacobians", "relative_error", "trust"]
