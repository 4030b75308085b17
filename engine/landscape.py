"""The loss around one update of a run: a plane through the weights, the path on it, and where clipping cut it short.

Which plane. A network with two trained weights has only one, its own, and the map is exact (seed 000: w_x and w_rec).
Any other is cut along

* x, the way the update went, or would have gone without clipping: along the negative gradient for plain descent, so
  that the wall which made the gradient long stands across it (Pascanu 2013, figure 6);
* y, orthogonal to x, the way in which the last steps before it spread most (the principal direction of the path: random
  ones hardly see it move, Li 2018, section 7); where there was no other way, a random direction scaled to each
  parameter's norm (Li 2018, section 4) and made orthogonal to x.

Both are unit vectors: coordinates are distances in weight space, the same on both axes. Parameters that are not trained
stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from engine import door
from engine.arrays import Array
from engine.checkpoint import Checkpoint
from engine.errors import OutOfRange
from engine.layout import named
from engine.params import trained_mask
from engine.run import advance, patch
from engine.spec import layout_of
from engine.surface import Axis, losses, random_direction, surface

RECENT = 30  # steps before the update that choose the plane and what of it is shown
SEED_RANGE = 3.0  # the tutorial behind seed 000 maps w_x and w_rec from -3 to 3 (Roelants 2015, part 1)
EXACT_MOST = 6.0  # as far as such a map follows a path; what leaves it is lost anyway
FARTHEST = 20.0  # times the step taken: an unclipped one that ends farther is off the map
AHEAD = 8.0  # updates to either side of the untrained weights
HALFWAY = 0.5  # of the norm of the weights: farther there is nothing to be learned about a first update
UNMOVED = 0.1  # of the norm of the weights: what is seen where they do not move at all
ROOM = 1.3  # times what is to be seen
SMALLEST = 1e-6  # of the norm of the weights: below it, float32 sees no difference
GRIDS = (3, 201)  # fewest and most points on a side
WIDEST = 1e9  # half the width of a map


class Update(NamedTuple):
    """One update of one network, in flat vectors (P,): `free` is where it would have gone without clipping."""

    before: Array
    after: Array
    free: Array
    norm: float | None  # of the gradient; None where no update was made
    limit: float | None  # the clip norm that held

    @property
    def clipped(self) -> bool:
        """Whether clipping made it shorter."""
        return self.norm is not None and self.limit is not None and self.norm > self.limit


def landscape(
    checkpoints: Sequence[Checkpoint], network: int = 0, size: int = 41, span: float | None = None,
    batch: int | None = None, zoom: float = 1.0,
) -> dict[str, Any]:  # fmt: skip
    """Return the loss on a square grid around the last update of a run's checkpoints, and the path on its plane.

    `checkpoints`: some of one run in order, the last one shown, before it (unless it is step 0) that of the step
    before. "x" and "y" (size,), "loss" (size, size) with row = y, inf or NaN where the forward pass overflows;
    "path" (count, 2), "path_steps" (count,), "off" (count,) each point's distance from the plane; "here", "before"
    and "free" (2,), the last where the update would have ended without clipping, else NaN; "path_losses" (count,),
    "loss_before" and "loss_free" there, on the plane or off it; "held", the share of the recent path's (squared)
    distances that lies in the plane. "exact": x and y are the two trained weights by their values, named
    by "x_name" and "y_name"; else distances from the weights shown, along "update" and "path" or "random". `span`:
    half the width, around the weights shown; by default what the last steps and the update take. `zoom`: so many times
    closer than that, around the weights shown, too.

    `batch` is what the loss is measured on: by default that of the update, whose wall it met; for an exact map the
    probe's. Raises `OutOfRange` naming what does not fit.
    """
    _check(checkpoints, network, size, span, batch)
    door.number("zoom", zoom, above=0.0, high=WIDEST)
    trail = list(checkpoints)
    last, update = trail[-1], _update(trail, network)
    recent = sum(c.step >= last.step - RECENT for c in trail)
    cut = _cut(last, network, update, trail[-recent:])
    thetas = [c.networks[network].theta for c in trail]
    trodden, off = np.stack([cut.place(t) for t in thetas]), np.array([cut.off(t) for t in thetas])
    before, free = cut.place(update.before), cut.place(update.free)
    size_now = float(np.linalg.norm(cut.theta))
    ahead = [] if cut.exact and update.norm is None else _within(before, cut.here, free, size_now)
    seen = [*trodden[-recent:], before, *ahead]
    middle, half = _window(np.stack(seen), cut) if span is None else (cut.here, span)
    middle, half = (middle if zoom == 1 else cut.here), half / zoom
    xs, ys = (np.linspace(c - half, c + half, size) for c in middle)
    drawn = (0 if cut.exact else max(1, last.step)) if batch is None else batch
    found = surface(last, *cut.axes, xs, ys, network, drawn)
    known = losses(last, [update.before, update.free, *thetas], network, drawn)
    nowhere = np.full(2, np.nan)
    return {
        "network": network, "step": last.step, "batch": drawn, "exact": cut.exact, "x_name": cut.names[0],
        "y_name": cut.names[1], "span": half, "grad_norm": update.norm, "clip_norm": update.limit,
        "clipped": update.clipped, "held": _held(trodden[-recent:] - cut.here, off[-recent:]),
        "x": found["x"], "y": found["y"], "loss": found["loss"], "path": trodden,
        "path_steps": np.array([c.step for c in trail]), "path_losses": known[2:], "off": off, "here": cut.here,
        "before": before if update.norm is not None else nowhere, "free": free if update.clipped else nowhere,
        "loss_here": float(known[-1]), "loss_before": float(known[0]),
        "loss_free": float(known[1]) if update.clipped else None,
    }  # fmt: skip


class _Cut(NamedTuple):
    """A plane through the weights shown: `theta` (P,), its coordinates `here` (2,), orthonormal `columns` (P, 2)."""

    theta: Array
    here: Array
    columns: Array
    names: tuple[str, str]
    exact: bool

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """As `engine.surface` takes them."""
        return self.names if self.exact else (self.columns[:, 0], self.columns[:, 1])

    def place(self, theta: Array) -> Array:
        """Return the coordinates of a vector's projection, (2,)."""
        return np.asarray(self.here + self.columns.T @ (theta - self.theta))

    def off(self, theta: Array) -> float:
        """Return how far a vector is from the plane."""
        way = theta - self.theta
        return float(np.linalg.norm(way - self.columns @ (self.columns.T @ way)))


def trained_pair(checkpoint: Checkpoint, network: int) -> tuple[str, str] | None:
    """Return the names of the two weights of a network of which all others are frozen, as `surface` takes them."""
    spec = checkpoint.spec.networks[network]
    layout = layout_of(checkpoint.spec, spec)
    mask = trained_mask(spec, layout, np.dtype(np.float64))
    if mask is None or np.count_nonzero(mask) != 2:
        return None
    names = [f"{name}[{', '.join(map(str, place))}]" for name, part in named(layout, mask).items()
             for place in np.argwhere(part)]  # fmt: skip
    return names[0], names[1]


def _check(trail: Any, network: Any, size: Any, span: Any, batch: Any) -> None:
    if not len(door.instance("checkpoints", trail, Sequence)):  # type: ignore[type-abstract]
        raise OutOfRange("checkpoints", 0, "must hold at least one")
    for checkpoint in trail:
        door.index("network", network, len(door.instance("checkpoint", checkpoint, Checkpoint).networks))
    last = trail[-1]
    if last.step and (len(trail) < 2 or trail[-2].step != last.step - 1):
        raise OutOfRange("checkpoints", [c.step for c in trail][-2:], f"must hold step {last.step - 1} before the last")
    door.whole("size", size, *GRIDS)
    if span is not None:
        door.number("span", span, above=0.0, high=WIDEST)
    if batch is not None:
        door.training_step(batch)
    if not np.isfinite(last.networks[network].theta).all():
        raise OutOfRange("step", last.step, "the weights are not finite there; look at the step before")


def _update(trail: Sequence[Checkpoint], network: int) -> Update:
    """Return the update that led to the last checkpoint; of step 0 the one to come, whose way is all that counts."""
    last = trail[-1]
    first = trail[-2] if last.step else last
    made, _ = advance(first, 1)
    now = first.networks[network].theta.astype(np.float64)
    if not last.step or not made.metrics:
        gone = made.networks[network].theta.astype(np.float64)
        return Update(now, gone, gone, None, None)
    after = last.networks[network].theta.astype(np.float64)
    update = Update(now, after, after, made.metrics[0]["networks"][network]["grad_norm"], first.spec.clip_norm)
    if not update.clipped:
        return update
    free, _ = advance(patch(first, {"clip_norm": None}), 1)
    return update._replace(free=free.networks[network].theta.astype(np.float64))


def _cut(last: Checkpoint, network: int, update: Update, recent: Sequence[Checkpoint]) -> _Cut:
    theta = last.networks[network].theta.astype(np.float64)
    layout = layout_of(last.spec, last.spec.networks[network])
    mask = trained_mask(last.spec.networks[network], layout, theta.dtype)
    if pair := trained_pair(last, network):
        columns = np.eye(theta.size)[:, np.flatnonzero(mask)] if mask is not None else np.empty((0, 2))
        return _Cut(theta, columns.T @ theta, columns, pair, True)
    free = np.ones_like(theta) if mask is None or not mask.any() else mask
    x, along = _along(last, network, update, free)
    ways = np.stack([c.networks[network].theta - theta for c in recent])
    ways -= np.outer(ways @ x, x)
    y, across = np.linalg.svd(ways, full_matrices=False)[2][0], "path"
    if not _counts(ways, theta):
        y, across = random_direction(last, 1, network) * free, "random"
    y -= (y @ x) * x
    return _Cut(theta, np.zeros(2), np.stack([x, _upright(y / np.linalg.norm(y))], axis=1), (along, across), False)


def _along(last: Checkpoint, network: int, update: Update, free: Array) -> tuple[Array, str]:
    for way in (update.free - update.before, update.after - update.before):
        if _counts(way, update.before):
            return way / np.linalg.norm(way), "update"
    way = random_direction(last, 0, network) * free
    return way / np.linalg.norm(way), "random"


def _upright(way: Array) -> Array:
    """Return the way or its opposite: the largest entry counts upwards, so that equal planes are not mirrored."""
    return way if way[np.abs(way).argmax()] > 0 else -way


def _counts(way: Array, weights: Array) -> bool:
    """Return whether a way is more than rounding (of float32 weights)."""
    return bool(np.isfinite(way).all() and np.linalg.norm(way) > SMALLEST * np.linalg.norm(weights) + 1e-300)


def _within(before: Array, here: Array, free: Array, size: float) -> list[Array]:
    """Return the end of the unclipped update, or the point on the way to it as far as a map should reach.

    Where nothing was trodden yet: what so many of the first update would reach, to both sides, or half the `size` of
    the weights where that is less.
    """
    way, most = free - before, FARTHEST * float(np.linalg.norm(here - before))
    length = float(np.linalg.norm(way))
    if not np.isfinite(length) or length == 0:
        return []
    if most:
        return [before + way * min(1.0, most / length)]
    reach = min(AHEAD, HALFWAY * size / length)
    return [before - reach * way, before + reach * way]


def _window(points: Array, cut: _Cut) -> tuple[Array, float]:
    """Return middle (2,) and half width of what is to be seen: the points (count, 2), of an exact map the seed's."""
    if cut.exact:
        return np.zeros(2), float(np.clip(np.abs(points).max(), SEED_RANGE, EXACT_MOST))
    low, high = points.min(axis=0), points.max(axis=0)
    half = ROOM * float((high - low).max()) / 2
    size = float(np.linalg.norm(cut.theta))
    return (low + high) / 2, half if half > SMALLEST * size else UNMOVED * size or 1.0


def _held(ways: Array, off: Array) -> float:
    """Return the share of squared distances from the weights shown that lies in the plane; 1 where nothing moved."""
    inside, outside = float((ways**2).sum()), float((off**2).sum())
    return inside / (inside + outside) if inside + outside > 0 else 1.0
