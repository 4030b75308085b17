"""How large a run may be, and the check of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from app.errors import invalid
from engine import RunSpec

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


class Caps(NamedTuple):
    """Largest sizes of a run, see `Settings`."""

    seq_len: int
    hidden_size: int
    batch_size: int
    features: int
    steps: int
    memory: int


def check(spec: RunSpec, caps: Caps) -> None:
    """Refuse (422) a run larger than the server admits, naming every size that is too large."""
    problems = [(name, value, f"this server admits at most {most}") for name, value, most in _sizes(spec, caps)
                if value > most]  # fmt: skip
    if not problems and (need := memory(spec)) > caps.memory:
        problems = [("networks", len(spec.networks), f"a step of all networks together (T x B x n) needs about "
                     f"{need >> 20} MB; this server admits {caps.memory >> 20}")]  # fmt: skip
    if problems:
        raise invalid(problems)


def memory(spec: RunSpec) -> int:
    """Estimate the bytes of the largest network's training step: what forward and backward keep for all T."""
    per_unit: list[int] = [(3 * GATES[n.cell] + 4) * n.hidden_size * n.layers for n in spec.networks]
    widths: int = 3 * (spec.input_size + spec.output_size)
    return int(spec.seq_len) * spec.batch_size * (max(per_unit) + widths) * (8 if spec.dtype == "float64" else 4)


def _sizes(spec: RunSpec, caps: Caps) -> Iterator[tuple[str, Any, int]]:
    yield "task.length" if hasattr(spec.task, "length") else "task", spec.seq_len, caps.seq_len
    yield "task", max(spec.input_size, spec.output_size), caps.features
    yield "batch_size", spec.batch_size, caps.batch_size
    yield "steps", spec.steps, caps.steps
    for index, network in enumerate(spec.networks):
        yield f"networks.{index}.hidden_size", network.hidden_size, caps.hidden_size
