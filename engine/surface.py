"""The loss over a plane through parameter space, and the path that training took across it (seed 000).

An axis is one weight by its name and place, "weight_hh_l0[0, 0]", read as the weight's own value; or a flat vector
(P,), read as the distance along it from the checkpoint's parameters. The seed's picture is the plane of w_x and w_rec
of the scalar linear network; any two vectors cut a slice through larger ones (Li 2018).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from engine import door
from engine.arrays import Array, check_shape
from engine.checkpoint import Checkpoint
from engine.errors import OutOfRange
from engine.layout import Layout, named
from engine.questions import place
from engine.spec import layout_of
from engine.tasks.base import random_stream

Axis = str | Array
DIRECTIONS = 2  # the seed's stream after those of batches and weights


def surface(
    checkpoint: Checkpoint, x: Axis, y: Axis, xs: Array, ys: Array, network: int = 0, batch: int = 0
) -> dict[str, Any]:
    """Return the loss on a grid of the plane: "loss" (len(ys), len(xs)), "x", "y", and "here", where the checkpoint is.

    The loss is the run's, on batch(seed, batch), in the run's dtype; inf or NaN where the forward pass overflows. One
    forward pass a point. Raises `OutOfRange` for an axis that names no weight or two that are parallel, `ShapeError`.
    """
    door.index("network", network, len(door.instance("checkpoint", checkpoint, Checkpoint).networks))
    xs, ys = door.numbers("xs", xs, ("X",)), door.numbers("ys", ys, ("Y",))
    theta = checkpoint.networks[network].theta.astype(np.float64)
    plane, origin = _plane(layout_of(checkpoint.spec, checkpoint.spec.networks[network]), theta, x, y)
    points = (theta + plane @ (np.array([a, b]) - origin) for b in ys for a in xs)
    loss = losses(checkpoint, points, network, batch).reshape(len(ys), len(xs))
    return {"x": xs, "y": ys, "loss": loss, "here": origin}


def losses(checkpoint: Checkpoint, thetas: Iterable[Array], network: int = 0, batch: int = 0) -> Array:
    """Return the loss at each parameter vector (P,) on batch(seed, batch): one forward pass each, one set of buffers.

    inf or NaN where a pass overflows. Raises `OutOfRange` for a network or batch that the run does not have.
    """
    at = place(checkpoint, network, 0, 0, None, 0, batch)
    found = []
    with np.errstate(all="ignore"):
        for theta in thetas:
            at.work.theta[...] = theta
            found.append(at.work.forward(at.drawn).loss)
    return np.array(found, np.float64)


def path(checkpoints: Sequence[Checkpoint], x: Axis, y: Axis, network: int = 0) -> Array:
    """Return where checkpoints of one run lie on the plane of two axes, (count, 2).

    Vectors are measured from the first checkpoint; what lies off the plane is projected onto it.
    """
    thetas, first = _thetas(checkpoints, network, 1), checkpoints[0]
    plane, origin = _plane(layout_of(first.spec, first.spec.networks[network]), thetas[0], x, y)
    gram = plane.T @ plane
    return np.stack([origin + np.linalg.solve(gram, plane.T @ (theta - thetas[0])) for theta in thetas])


def random_direction(checkpoint: Checkpoint, key: int = 0, network: int = 0) -> Array:
    """Return a Gaussian direction, (P,), scaled to each parameter array's own norm (Li 2018); the same for a key."""
    (theta,) = _thetas([checkpoint], network, 1)
    layout, key = layout_of(checkpoint.spec, checkpoint.spec.networks[network]), door.training_step(key, "key")
    drawn = random_stream(checkpoint.spec.seed, DIRECTIONS, key).standard_normal(theta.size)
    for own, part in zip(named(layout, theta).values(), named(layout, drawn).values(), strict=True):
        part *= np.linalg.norm(own) / np.linalg.norm(part)
    return drawn


def principal_directions(checkpoints: Sequence[Checkpoint], network: int = 0) -> tuple[Array, Array]:
    """Return the two unit directions, (P,) each, along which a run's checkpoints spread most (from the last one)."""
    thetas = np.stack(_thetas(checkpoints, network, 3))
    first, second = np.linalg.svd(thetas[:-1] - thetas[-1], full_matrices=False)[2][:2]
    return first, second


def _thetas(checkpoints: Sequence[Checkpoint], network: int, least: int) -> list[Array]:
    """Return one network's parameters, (P,) each, at the checkpoints of one run."""
    if len(door.instance("checkpoints", checkpoints, Sequence)) < least:  # type: ignore[type-abstract]
        raise OutOfRange("checkpoints", len(checkpoints), f"must hold at least {least}")
    for checkpoint in checkpoints:
        door.index("network", network, len(door.instance("checkpoint", checkpoint, Checkpoint).networks))
    first = checkpoints[0].networks[network].theta
    for checkpoint in checkpoints:
        check_shape("checkpoint's parameters", checkpoint.networks[network].theta, first.shape)
    return [c.networks[network].theta.astype(np.float64) for c in checkpoints]


def _plane(layout: Layout, theta: Array, x: Axis, y: Axis) -> tuple[Array, Array]:
    """Return the axes as columns, (P, 2), and the coordinates of theta, (2,)."""
    columns, origin = zip(*(_axis(layout, theta, name, axis) for name, axis in (("x", x), ("y", y))), strict=True)
    plane = np.stack(columns, axis=1)
    if np.linalg.matrix_rank(plane) < 2:
        raise OutOfRange("y", y, "must not be zero or parallel to x")
    return plane, np.array(origin)


def _axis(layout: Layout, theta: Array, name: str, axis: Axis) -> tuple[Array, float]:
    if not isinstance(axis, str):
        return door.numbers(name, axis, (theta.size,)), 0.0
    column = np.zeros_like(theta)
    found = re.fullmatch(r"(\w+)\[([\d, ]+)\]", axis)
    try:
        if found is None:
            raise KeyError(axis)
        place = tuple(int(i) for i in found[2].split(","))
        entry = named(layout, column)[found[1]][place]
        if np.ndim(entry):
            raise IndexError(axis)
        named(layout, column)[found[1]][place] = 1.0
    except (KeyError, IndexError, ValueError):
        raise OutOfRange(name, axis, 'must name one weight, as "weight_hh_l0[0, 0]"') from None
    return column, float(theta @ column)
