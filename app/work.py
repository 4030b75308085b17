"""What worker processes do: pure functions from bytes to bytes around the engine.

A checkpoint goes in and comes out as bytes; frames, matrices and weights come out encoded, so that the server process
never touches an array. The engine's refusals leave as `HTTPProblem`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import engine
from app import archives, wire
from app.bodies import flatten, parse
from app.caps import Caps, check
from app.errors import Invalid, WorkError, invalid
from app.wire import Choice, Parts
from engine import Checkpoint, OutOfRange, Probe, RunSpec, ShapeError, SpecError

P = ParamSpec("P")
T = TypeVar("T")


LARGE = {"product", "sums", "diagonal"}  # of the walk's events


class Saved(NamedTuple):
    """A checkpoint as it is stored: the spec the run began with (JSON), and the bytes of all that has changed since."""

    spec: str
    blob: bytes


class Created(NamedTuple):
    """A checkpoint and what the server must know of its spec."""

    blob: bytes
    spec: str  # JSON
    total: int
    seq_len: int
    every: int
    step: int
    finished: bool


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


class View(NamedTuple):
    """Which frame: None means the probe's own."""

    sample: int | None = None
    norm: str | None = None
    batch: int = 0
    products: bool = False
    format: str = "json"


def refusing(work: Callable[P, T]) -> Callable[P, T]:
    """Turn the engine's errors into refusals that name field and value."""

    @functools.wraps(work)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except SpecError as error:
            raise invalid(error.problems) from None
        except OutOfRange as error:
            raise Invalid(error.field, error.value, error.message) from None
        except ShapeError as error:
            raise Invalid(error.name, list(error.got), f"its shape must be {error.want}") from None
        except MemoryError:
            raise WorkError(f"{work.__name__} needs more memory than there is") from None

    return checked


def warm_up() -> None:
    """Have everything imported."""
    time.sleep(0.05)  # long enough for each worker to be given one of these


@refusing
def create(body: bytes, caps: Caps) -> Created:
    """Return an untrained run from the JSON body of a request."""
    spec = RunSpec.from_dict(parse(body))
    check(spec, caps)
    return _created(engine.start(spec))


@refusing
def train(run: str, saved: Saved, steps: int, look: Look | None) -> Piece:
    """Train up to `steps` steps, with frames where `look` wants them."""
    began = time.perf_counter()
    checkpoint, frames = _advance(_load(saved), steps, look)
    parts = [wire.encode(run, frame, look.choice) for frame in frames] if look else []
    diverged = checkpoint.diverged and checkpoint.diverged._asdict()
    rows = [(row["step"], wire.dumps(row)) for row in checkpoint.metrics]
    blob = checkpoint.to_bytes(with_spec=False)
    seconds = time.perf_counter() - began
    return Piece(checkpoint.step, blob, rows, parts, diverged, checkpoint.finished, seconds)


@refusing
def show(run: str, saved: Saved, step: int, choice: Choice) -> Parts:
    """Return the frame of a step as it goes to streams."""
    checkpoint = _at(saved, step)
    return wire.encode(run, engine.frame_of(checkpoint, products=choice.products, views=choice.views), choice)


@refusing
def frame(run: str, saved: Saved, step: int, view: View) -> bytes:
    """Return the frame of a step in the run's own precision, as JSON or npz."""
    checkpoint = _at(saved, step)
    changes: dict[str, Any] = {
        name: value for name, value in (("sample", view.sample), ("norm", view.norm)) if value is not None
    }
    probe = dataclasses.replace(checkpoint.spec.probe, **changes)
    made = engine.frame_of(checkpoint, probe, view.batch, view.products)
    if view.format == "npz":
        return wire.npz({"run": run, **engine.as_tree(made)})
    choice = Choice(None, view.products)
    return wire.encode(run, made, choice, None).select(choice)


@refusing
def jacobian(run: str, saved: Saved, step: int, question: dict[str, Any]) -> bytes:
    """Return one Jacobian product in full."""
    return wire.document({"run": run, **engine.jacobian(_at(saved, step), **question)})


@refusing
def walk(run: str, saved: Saved, step: int, question: dict[str, Any], most: int) -> bytes:
    """Return one pass step by step as an event stream; products beyond `most` bytes in all are left out."""
    checkpoint = _at(saved, step)
    events = engine.walk(checkpoint, **question)
    spec = checkpoint.spec
    cells = (spec.seq_len + 1) * spec.networks[question["network"]].hidden_size ** 2
    whole = cells * spec.float_type.itemsize <= most
    lines = (_walk_event(number, {"run": run, "step": step}, event, whole) for number, event in enumerate(events, 1))
    return b"".join([*lines, b"event: done\ndata: {}\n\n"])


def _walk_event(number: int, head: dict[str, Any], event: engine.Event, whole: bool) -> bytes:
    data = event.data if whole else {**event.data, **dict.fromkeys(LARGE & event.data.keys())}
    return b"event: %s\nid: %d\ndata: %s\n\n" % (event.kind.encode(), number, wire.document({**head, **data}))


@refusing
def worked(saved: Saved, step: int, network: int) -> bytes:
    """Return every term of a tiny network's gradient, written out; its arrays are small, so they are plain lists."""
    checkpoint = _at(saved, step)
    found = engine.weights(checkpoint, network)
    spec = checkpoint.spec
    alone = dataclasses.replace(spec, networks=(spec.networks[network],))
    return wire.dumps({"step": step, "network": network, **_plain(engine.worked_example(alone, found))}).encode()


def _plain(example: engine.worked.WorkedExample) -> dict[str, Any]:
    def lists(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: lists(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [lists(item) for item in value]
        return value.tolist() if hasattr(value, "tolist") else value

    return {name: lists(value) for name, value in engine.as_tree(example).items()}


@refusing
def weights(saved: Saved, step: int, network: int, format: str) -> bytes:
    """Return a network's weights as an archive."""
    return archives.pack(engine.weights(_at(saved, step), network), format)


@refusing
def put_weights(saved: Saved, step: int, network: int, format: str, body: bytes) -> Created:
    """Return the checkpoint with a network's weights replaced by those of an archive."""
    checkpoint = _at(saved, step)
    now = engine.weights(checkpoint, network)
    return _created(engine.with_weights(checkpoint, network, archives.unpack(body, format, now)))


@refusing
def patch(saved: Saved, step: int, body: bytes) -> tuple[Created, str]:
    """Return the checkpoint with live hyper-parameters changed, and the changes by dotted names as JSON."""
    changes = flatten(parse(body))
    return _created(engine.patch(_at(saved, step), changes)), wire.dumps(changes)


def _load(saved: Saved) -> Checkpoint:
    return Checkpoint.from_bytes(saved.blob, _spec(saved.spec))


@functools.lru_cache(maxsize=16)
def _spec(text: str) -> RunSpec:
    return RunSpec.from_dict(json.loads(text))


def _at(saved: Saved, step: int) -> Checkpoint:
    """Return the checkpoint of `step`, trained on from the one given."""
    checkpoint = _load(saved)
    if checkpoint.step < step:
        checkpoint, _ = engine.advance(checkpoint, step - checkpoint.step)
    return checkpoint


def _created(checkpoint: Checkpoint) -> Created:
    spec = checkpoint.spec
    return Created(checkpoint.to_bytes(with_spec=False), wire.dumps(spec.to_dict()), spec.steps, spec.seq_len,
                   spec.probe.every, checkpoint.step, checkpoint.finished)  # fmt: skip


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


# For the other rooms of what workers do.
at_step, created, load = _at, _created, _load
