"""What worker processes answer about one step of a run: frames, matrices, walks and weights, encoded.

Pure functions from bytes to bytes; `app.lab` and `app.see` have the further questions.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import engine
from app import archives, wire
from app.checkpoints import Saved, at_step, refusing
from app.wire import Choice, Parts

LARGE = {"product", "sums", "diagonal"}  # of the walk's events


class View(NamedTuple):
    """Which frame: None means the probe's own."""

    sample: int | None = None
    norm: str | None = None
    batch: int = 0
    products: bool = False
    format: str = "json"


@refusing
def show(run: str, saved: Saved, step: int, choice: Choice) -> Parts:
    """Return the frame of a step as it goes to streams."""
    checkpoint = at_step(saved, step)
    return wire.encode(run, engine.frame_of(checkpoint, products=choice.products, views=choice.views), choice)


@refusing
def frame(run: str, saved: Saved, step: int, view: View) -> bytes:
    """Return the frame of a step in the run's own precision, as JSON or npz."""
    checkpoint = at_step(saved, step)
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
    return wire.document({"run": run, **engine.jacobian(at_step(saved, step), **question)})


@refusing
def walk(run: str, saved: Saved, step: int, question: dict[str, Any], most: int) -> bytes:
    """Return one pass step by step as an event stream; products beyond `most` bytes in all are left out."""
    checkpoint = at_step(saved, step)
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
    checkpoint = at_step(saved, step)
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
    return archives.pack(engine.weights(at_step(saved, step), network), format)
