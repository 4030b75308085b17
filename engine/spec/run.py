"""`RunSpec`: one experiment as a value. It is the HTTP body, the URL, the form and the notebook argument."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import door
from engine.errors import Problem, SpecError
from engine.knobs import build, check_knobs, collect, knob, table
from engine.layout import Layout, layout
from engine.optimizers import OPTIMIZERS, Adam, Optimizer
from engine.spec import parts, problems
from engine.spec.network import NetworkSpec
from engine.spec.probe import Probe
from engine.spec.tree import at, plain, replaced
from engine.tasks import TASKS, Task
from engine.tasks.inline import Inline


@dataclass(frozen=True, eq=False)
class RunSpec:
    """A whole experiment: a task, one to four networks trained on the same batches, and how."""

    task: Task
    networks: tuple[NetworkSpec, ...]
    optimizer: Optimizer = dataclasses.field(default_factory=Adam)
    batch_size: int = knob(32, "Batch size B", "Sequences of a training step; a smaller data set is used whole.",
                           lo=1, hi=100_000)  # fmt: skip
    steps: int = knob(1000, "Steps", "Training steps of the run.", lo=0, hi=10**9)
    seed: int = knob(0, "Seed", "All randomness is a function of it.", lo=0, hi=2**63 - 1)
    clip_norm: float | None = knob(None, "Clip norm", "Largest gradient norm; larger gradients are scaled down to it.",
                                   kind="float", above=0, hi=1e9, optional=True, live=True)  # fmt: skip
    truncation_window: int | None = knob(None, "Truncation window k2", "Steps that a loss reaches back; empty: all.",
                                         kind="int", lo=1, hi=100_000, optional=True, live=True)  # fmt: skip
    truncation_stride: int | None = knob(None, "Truncation stride k1", "Steps between truncated passes; empty: 1 for "
                                         "a window, none without.",
                                         kind="int", lo=1, hi=100_000, optional=True, live=True)  # fmt: skip
    vanishing_penalty: float = knob(0.0, "Vanishing penalty", "Weight of Pascanu's Ω on simple RNNs: the error signal "
                                    "should keep its size on its way back. The shown loss is without it, the gradient "
                                    "norm with it.", lo=0, hi=1e6, live=True)  # fmt: skip
    time_reduction: str = knob("mean", "Loss over time", "Mean over all targets, or sum over time and mean over "
                               "samples.", choices=("mean", "sum"))  # fmt: skip
    dtype: str = knob("float32", "Precision", "Of all computation.", choices=("float32", "float64"))
    probe: Probe = dataclasses.field(default_factory=Probe)

    def __post_init__(self) -> None:
        """Accept plain dicts for the parts; check everything; raise one `SpecError` with all problems."""
        made = collect({
            "task": lambda: parts.named(self.task, TASKS, Task),
            "networks": lambda: parts.networks(self.networks),
            "optimizer": lambda: parts.named(self.optimizer, OPTIMIZERS, Optimizer),
            "probe": lambda: parts.probe(self.probe),
            "": lambda: check_knobs(self),
        })  # fmt: skip
        for name in ("task", "networks", "optimizer", "probe"):
            object.__setattr__(self, name, made[name])
        if unmet := [p.under("task") for p in self.task.unmet()]:
            raise SpecError(unmet)
        object.__setattr__(self, "task", problems.with_classes(self.task, self.networks))
        if found := self._problems():
            raise SpecError(found)

    def _problems(self) -> list[Problem]:
        return [
            *problems.truncation(self.truncation_stride, self.truncation_window),
            *problems.sample(self.probe.sample, probe_count(self)),
            *problems.parameters(self.networks, [layout_of(self, n) for n in self.networks], self.float_type),
            *problems.penalty(self.vanishing_penalty, self.networks, self.truncation_window, self.optimizer),
        ]

    @classmethod
    def from_dict(cls, data: Any) -> RunSpec:
        """Make a spec from a JSON object. Raises `SpecError` naming every unknown field and bad value."""
        missing = [Problem(n, None, "must be given") for n in ("task", "networks")
                   if isinstance(data, Mapping) and n not in data]  # fmt: skip
        if missing:
            raise SpecError(missing)
        return build(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form with all defaults filled in."""
        tree: dict[str, Any] = plain(self)
        return tree

    def with_changes(self, changes: Mapping[str, Any]) -> RunSpec:
        """Return the spec with live knobs changed, by dotted names. Raises `SpecError` for any that is not live."""
        live = live_knobs(self)
        door.changes(changes)
        bad = [Problem(n, v, "cannot change while training; these can: " + ", ".join(sorted(live)))
               for n, v in changes.items() if n not in live]  # fmt: skip
        if bad:
            raise SpecError(bad)
        changed: RunSpec = replaced(self, [(name.split("."), value) for name, value in changes.items()])
        return changed

    def __eq__(self, other: object) -> bool:
        """Equal by value."""
        return isinstance(other, RunSpec) and plain(self) == plain(other)

    __hash__ = None  # type: ignore[assignment]

    seq_len = property(lambda self: self.task.seq_len)
    input_size = property(lambda self: self.task.input_size)
    output_size = property(lambda self: self.task.output_size)
    loss = property(lambda self: self.task.loss)
    baseline_loss = property(lambda self: self.task.baseline_loss)

    @property
    def float_type(self) -> np.dtype[Any]:
        """The NumPy type of all arrays of the run."""
        return np.dtype(self.dtype)

    @property
    def window(self) -> tuple[int, int] | None:
        """(k1, k2) of truncated BPTT, or None for the full one."""
        if self.truncation_window is None:
            return None
        return self.truncation_stride or 1, self.truncation_window


def live_knobs(spec: RunSpec) -> set[str]:
    """Return the dotted names that may change while the run trains."""
    rows = [("", table(RunSpec)), ("optimizer.", table(type(spec.optimizer))), ("probe.", table(Probe))]
    rows += [(f"networks.{i}.", table(NetworkSpec)) for i in range(len(spec.networks))]
    return {prefix + row["name"] for prefix, knobs in rows for row in knobs if row["live"]}


def live_values(spec: RunSpec) -> dict[str, Any]:
    """Return the present values of all live knobs by dotted name: what `with_changes` takes."""
    return {name: at(spec, name.split(".")) for name in sorted(live_knobs(spec))}


def layout_of(run: RunSpec, network: NetworkSpec) -> Layout:
    """Return where the parameters of one of a run's networks lie."""
    return layout(network.cell, network.hidden_size, network.layers, run.input_size, run.output_size)


def probe_count(spec: RunSpec) -> int:
    """Return how many samples a batch of this run has."""
    count: int | None = spec.task.sample_count
    if count is None:
        return spec.batch_size
    return count if isinstance(spec.task, Inline) else min(count, spec.batch_size)
