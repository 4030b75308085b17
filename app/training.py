"""What worker processes do to a run: make it, train it, change it. Pure functions from bytes to bytes."""

from __future__ import annotations

import dataclasses
import time
from typing import Any, NamedTuple

import engine
from app import archives, wire
from app.bodies import flatten, parse
from app.caps import Caps, check
from app.checkpoints import Created, Saved, at_step, created, load, refusing
from app.wire import Choice, Parts
from engine import Checkpoint, Probe, RunSpec


class Look(NamedTuple):
    """What to show of a piece of training."""

    choice: Choice
    stride: int  # a frame at every multiple of it
    closing: bool  # and at the end


class Piece(NamedTuple):
    """A piece of training, done."""

    step: int
    blob: bytes
    rows: list[tuple[int, str]]  # (step, metrics row as JSON)
    frames: list[Parts]
    diverged: dict[str, Any] | None
    finished: bool
    seconds: float


def warm_up() -> None:
    """Have everything imported."""
    time.sleep(0.05)  # long enough for each worker to be given one of these


@refusing
def create(body: bytes, caps: Caps) -> Created:
    """Return an untrained run from the JSON body of a request."""
    spec = RunSpec.from_dict(parse(body))
    check(spec, caps)
    return created(engine.start(spec))


@refusing
def train(run: str, saved: Saved, steps: int, look: Look | None) -> Piece:
    """Train up to `steps` steps, with frames where `look` wants them."""
    began = time.perf_counter()
    checkpoint, frames = _advance(load(saved), steps, look)
    parts = [wire.encode(run, frame, look.choice) for frame in frames] if look else []
    diverged = checkpoint.diverged and checkpoint.diverged._asdict()
    rows = [(row["step"], wire.dumps(row)) for row in checkpoint.metrics]
    blob = checkpoint.to_bytes(with_spec=False)
    seconds = time.perf_counter() - began
    return Piece(checkpoint.step, blob, rows, parts, diverged, checkpoint.finished, seconds)


@refusing
def put_weights(saved: Saved, step: int, network: int, format: str, body: bytes) -> Created:
    """Return the checkpoint with a network's weights replaced by those of an archive."""
    checkpoint = at_step(saved, step)
    now = engine.weights(checkpoint, network)
    return created(engine.with_weights(checkpoint, network, archives.unpack(body, format, now)))


@refusing
def patch(saved: Saved, step: int, body: bytes) -> tuple[Created, str]:
    """Return the checkpoint with live hyper-parameters changed, and the changes by dotted names as JSON."""
    changes = flatten(parse(body))
    return created(engine.patch(at_step(saved, step), changes)), wire.dumps(changes)


def _advance(checkpoint: Checkpoint, steps: int, look: Look | None) -> tuple[Checkpoint, list[engine.Frame]]:
    if look is None:
        return engine.advance(checkpoint, steps)
    probe = dataclasses.replace(checkpoint.spec.probe, every=look.stride)
    advance = _advance_with_products if look.choice.products else engine.advance
    after, frames = advance(checkpoint, steps, probe, look.choice.views)
    resting = look.closing or after.finished or after.diverged is not None
    if resting and not (frames and frames[-1].step == after.step):
        frames = [*frames, engine.frame_of(after, products=look.choice.products, views=look.choice.views)]
    return after, frames


def _advance_with_products(
    checkpoint: Checkpoint, steps: int, probe: Probe, views: frozenset[str] | None
) -> tuple[Checkpoint, list[engine.Frame]]:
    """Advance from one observed step to the next: frames with all their products are made only where they are sent."""
    rows: list[dict[str, Any]] = []
    frames: list[engine.Frame] = []
    target = checkpoint.step + steps
    while checkpoint.step < target and not checkpoint.finished and checkpoint.diverged is None:
        stop = min(target, (checkpoint.step // probe.every + 1) * probe.every)
        checkpoint, _ = engine.advance(checkpoint, stop - checkpoint.step)
        rows += checkpoint.metrics
        if checkpoint.step == stop and stop % probe.every == 0:
            frames.append(engine.frame_of(checkpoint, probe, products=True, views=views))
    return dataclasses.replace(checkpoint, metrics=tuple(rows)), frames
