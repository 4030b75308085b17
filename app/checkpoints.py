"""Stored checkpoints on their way to a worker and back: values that pickle small, and what makes checkpoints of them.

A checkpoint goes in and comes out as bytes, so that the server process never touches an array. The engine's refusals
leave as `HTTPProblem`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import engine
from app.errors import Invalid, WorkError, invalid
from app.wire import dumps
from engine import Checkpoint, OutOfRange, RunSpec, ShapeError, SpecError

P = ParamSpec("P")
T = TypeVar("T")


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


def load(saved: Saved) -> Checkpoint:
    """Return the checkpoint as it was stored."""
    return Checkpoint.from_bytes(saved.blob, _spec(saved.spec))


@functools.lru_cache(maxsize=16)
def _spec(text: str) -> RunSpec:
    return RunSpec.from_dict(json.loads(text))


def at_step(saved: Saved, step: int) -> Checkpoint:
    """Return the checkpoint of `step`, trained on from the one given."""
    checkpoint = load(saved)
    if checkpoint.step < step:
        checkpoint, _ = engine.advance(checkpoint, step - checkpoint.step)
    return checkpoint


def created(checkpoint: Checkpoint) -> Created:
    """Return a checkpoint as the server keeps it."""
    spec = checkpoint.spec
    return Created(checkpoint.to_bytes(with_spec=False), dumps(spec.to_dict()), spec.steps, spec.seq_len,
                   spec.probe.every, checkpoint.step, checkpoint.finished)  # fmt: skip
