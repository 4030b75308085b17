"""How large a run may be: the check of it, and the schema that says so beforehand."""

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


Knobs = list[dict[str, Any]]


def admitted(schema: dict[str, Any], caps: Caps) -> dict[str, Any]:
    """Return the engine's schema with the ranges of this server, which often admits less than the engine can do."""
    tasks = {name: {**task, "parameters": narrowed(task["parameters"], caps)} for name, task in schema["tasks"].items()}
    knobs = {part: narrowed(schema[part], caps) for part in ("fields", "network")}
    return {**schema, **knobs, "tasks": tasks}


def narrowed(knobs: Knobs, caps: Caps) -> Knobs:
    """Return knobs with no range wider than `caps`."""
    most = {"batch_size": caps.batch_size, "steps": caps.steps, "hidden_size": caps.hidden_size,
            "length": caps.seq_len, "delay": caps.seq_len - 1, "horizon": caps.seq_len,
            "truncation_window": caps.seq_len, "truncation_stride": caps.seq_len, "classes": caps.features,
            "symbols": caps.features, "alphabet": caps.features}  # fmt: skip
    return [{**knob, "hi": _least(knob["hi"], most[knob["name"]])} if knob["name"] in most else knob for knob in knobs]


def _least(hi: float | None, cap: int) -> float:
    return cap if hi is None else min(hi, cap)
