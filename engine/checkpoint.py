"""A checkpoint: where a run stands, as a value that pickles, compares by its bits, and goes to bytes without pickle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from engine import door
from engine.arrays import Array
from engine.errors import EngineError
from engine.spec import RunSpec, live_values

MAGIC = b"unrolled-checkpoint-1\n"


class Divergence(NamedTuple):
    """Why a run ended early: the update that did it, the network, and a sentence."""

    step: int
    network: int
    reason: str


class NetworkState(NamedTuple):
    """One network's flat parameters, the optimizer's vectors, and the norm that the parameters started with."""

    theta: Array  # (P,)
    slots: tuple[Array, ...]  # vectors of any length, most of them (P,)
    first_norm: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run after `step` updates. `metrics` are the rows of the advance that made it and no part of the state."""

    spec: RunSpec
    step: int
    networks: tuple[NetworkState, ...]
    diverged: Divergence | None = None
    metrics: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def finished(self) -> bool:
        """Whether every step of the spec is trained."""
        return self.step >= self.spec.steps

    def __eq__(self, other: object) -> bool:
        """Equal spec, step and bits."""
        return (
            isinstance(other, Checkpoint) and self.spec == other.spec and self.to_bytes(False) == other.to_bytes(False)
        )

    __hash__ = None  # type: ignore[assignment]

    def to_bytes(self, with_spec: bool = True) -> bytes:
        """Return a JSON header and the raw arrays, little endian. Without the spec only its live knobs are kept."""
        dtype = np.dtype(self.spec.float_type).newbyteorder("<").str
        header = {
            "step": self.step, "diverged": self.diverged, "first_norms": [s.first_norm for s in self.networks],
            "slots": [[slot.size for slot in s.slots] for s in self.networks],
            "sizes": [s.theta.size for s in self.networks], "dtype": dtype,
            "spec": self.spec.to_dict() if with_spec else None, "live": live_values(self.spec),
        }  # fmt: skip
        arrays = (np.ascontiguousarray(a, dtype).tobytes() for a in _vectors(self.networks))
        return b"".join((MAGIC, json.dumps(header).encode(), b"\n", *arrays))

    @staticmethod
    def from_bytes(data: bytes, spec: RunSpec | None = None) -> Checkpoint:
        """Read what `to_bytes` wrote. `spec` is the run's original spec where the bytes have none.

        Raises `EngineError` for bytes that are not a whole checkpoint.
        """
        door.instance("data", data, bytes)
        if spec is not None:
            door.instance("spec", spec, RunSpec)
        if not data.startswith(MAGIC):
            raise EngineError("not a checkpoint: the first bytes differ")
        head, newline, rest = data[len(MAGIC) :].partition(b"\n")
        if not newline:
            raise EngineError("a checkpoint cut short")
        try:
            header = json.loads(head)
            run = _spec_of(header, spec)
            states = tuple(_states(_flat(rest, header).astype(run.float_type), header))
            diverged = Divergence(*header["diverged"]) if header["diverged"] else None
            return Checkpoint(run, header["step"], states, diverged)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise EngineError(f"not a checkpoint: {error}") from error


def _spec_of(header: dict[str, Any], spec: RunSpec | None) -> RunSpec:
    if header["spec"] is not None:
        return RunSpec.from_dict(header["spec"])
    if spec is None:
        raise EngineError("these bytes carry no spec: give the run's own")
    return spec.with_changes(header["live"])


def _flat(data: bytes, header: dict[str, Any]) -> Array:
    """Return all vectors end to end. Raises `EngineError` unless the bytes are just as many as the header says."""
    dtype = np.dtype(header["dtype"])
    count = sum(size + sum(slots) for size, slots in zip(header["sizes"], header["slots"], strict=True))
    if len(data) != count * dtype.itemsize:
        raise EngineError(f"a checkpoint cut short: {len(data)} bytes of {count * dtype.itemsize}")
    return np.frombuffer(data, dtype)


def _vectors(networks: tuple[NetworkState, ...]) -> Iterator[Array]:
    for state in networks:
        yield state.theta
        yield from state.slots


def _states(flat: Array, header: dict[str, Any]) -> Iterator[NetworkState]:
    at = 0
    for size, slots, norm in zip(header["sizes"], header["slots"], header["first_norms"], strict=True):
        theta, *rest = np.split(flat[at : at + size + sum(slots)], np.cumsum([size, *slots])[:-1])
        yield NetworkState(theta, tuple(rest), norm)
        at += size + sum(slots)
