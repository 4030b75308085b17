"""Arrays in the request: the researcher's own inputs and targets; the batch is the whole set, in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Task, at_last, entropy

LOSSES = ("mse", "binary_cross_entropy", "softmax_cross_entropy")


@dataclass(frozen=True, eq=False)
class Inline(Task):
    """Inputs (B, T, m) as nested lists; targets by `target_steps`; null in the targets means: no target here."""

    name: ClassVar[str] = "inline"
    label: ClassVar[str] = "Your own arrays"
    help: ClassVar[str] = "Inputs (batch, time, feature) and targets as nested lists; the whole set is the batch."
    source: ClassVar[str] = "The request"
    variant: ClassVar[str] = (
        "Targets (B, K) for last, (B, T, K) for all, (B, len, K) for a list of steps; class numbers without K "
        "for softmax_cross_entropy. null = no target."
    )

    inputs: Any = knob((((0.0,), (1.0,), (0.0,)), ((1.0,), (0.0,), (1.0,))), "Inputs", "(B, T, m) lists.", kind="json")
    targets: Any = knob(((1.0,), (2.0,)), "Targets", "As target_steps says.", kind="json")
    loss: Loss = knob("mse", "Loss", "Loss of one output.", choices=LOSSES)
    target_steps: Any = knob("last", "Target steps", "last, all, or a list of steps (1 = first input).", kind="json")
    classes: int | None = knob(None, "Classes K", "Number of classes for softmax_cross_entropy.",
                               kind="int", lo=1, hi=100_000, optional=True)  # fmt: skip
    lengths: Any = knob(None, "Lengths", "Each sequence's own length, where they differ; later steps are padding.",
                        kind="json", optional=True)  # fmt: skip

    def __post_init__(self) -> None:
        """Turn the lists into arrays; raise `SpecError` naming the argument, the shape it has and the one wanted."""
        check_knobs(self)
        inputs = _array("inputs", self.inputs, (3,), "(B, T, m)", finite=True)
        steps = _steps(self.target_steps, inputs.shape[1])
        targets = _array("targets", self.targets, (1, 2, 3), _wanted(self.loss, self.target_steps), finite=False)
        _check_targets(self, targets, inputs, None if isinstance(steps, str) else len(steps))
        lengths = _lengths(self.lengths, inputs)
        for name, value in (("inputs", inputs), ("targets", targets), ("target_steps", steps), ("lengths", lengths)):
            object.__setattr__(self, name, value)
        if self.loss == "softmax_cross_entropy":
            _check_classes(self, targets)

    def __eq__(self, other: object) -> bool:
        """Equal by the arrays' values."""
        if not isinstance(other, Inline):
            return NotImplemented
        return all(
            np.array_equal(np.asarray(a), np.asarray(b), equal_nan=np.asarray(a).dtype.kind == "f")
            for a, b in ((getattr(self, n), getattr(other, n)) for n in self.__dataclass_fields__)
        )

    __hash__ = None  # type: ignore[assignment]

    seq_len = property(lambda self: self.inputs.shape[1])
    input_size = property(lambda self: self.inputs.shape[2])

    @property
    def output_size(self) -> int:
        """K of the targets; for classes the number given, else the largest number + 1."""
        if self.loss != "softmax_cross_entropy":
            return int(self.targets.shape[-1])
        return self.classes or int(np.nanmax(self.targets, initial=0)) + 1

    @property
    def baseline_loss(self) -> float | None:
        """Loss of the best constant output over the given targets."""
        flat = self.targets.reshape(-1) if self.loss == "softmax_cross_entropy" else self.targets.reshape(
            -1, self.targets.shape[-1])  # fmt: skip
        if np.isnan(flat).all():
            return None
        if self.loss == "mse":
            return float(np.nanmean(np.nanvar(flat, axis=0)))
        if self.loss == "binary_cross_entropy":
            ones = np.nanmean(flat, axis=0)
            return float(np.mean([entropy(np.array([p, 1 - p])) for p in ones]))
        counts = np.bincount(flat[~np.isnan(flat)].astype(int))
        return entropy(counts / counts.sum())

    @cached_property
    def data(self) -> Batch:
        """The whole set as one batch."""
        inputs = np.ascontiguousarray(self.inputs.transpose(1, 2, 0))
        is_class = self.loss == "softmax_cross_entropy"
        lengths = self.lengths
        if self.target_steps == "last":
            steps, targets, mask = at_last(lengths, self.targets)
        else:
            T = inputs.shape[0]
            steps = np.arange(1, T + 1) if self.target_steps == "all" else np.array(self.target_steps)
            targets = np.moveaxis(self.targets, 0, -1)
            order = np.argsort(steps)
            steps, targets = steps[order], targets[order]
            mask = (steps[:, None] <= lengths[None, :]).astype(np.float64)
        gaps = np.isnan(targets)
        mask = mask * ~(gaps if is_class else gaps.any(axis=1))
        targets = np.nan_to_num(targets)
        return Batch(inputs, steps, targets.astype(int) if is_class else targets, mask, lengths)

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return the whole set, in order, whatever the size asked for."""
        return self.data


def _array(name: str, value: Any, ndims: tuple[int, ...], want: str, *, finite: bool) -> Array:
    try:
        given = np.asarray(value)
        if given.dtype.kind in "USc":  # numbers in quotes would turn into numbers without a word
            raise TypeError
        array = given.astype(np.float64)
    except (ValueError, TypeError, OverflowError):
        raise SpecError(
            [Problem(name, value, f"must be {want} nested lists of numbers, all rows equally long")]
        ) from None
    if array.ndim not in ndims or array.size == 0:
        raise SpecError([Problem(name, value, f"has shape {array.shape}, but a non-empty {want} is needed")])
    if finite and not np.isfinite(array).all() or np.isinf(array).any():
        raise SpecError([Problem(name, value, "must hold finite numbers only")])
    return array


def _steps(value: Any, T: int) -> Any:
    if value in ("last", "all") if isinstance(value, str) else False:
        return value
    if isinstance(value, (list, tuple, np.ndarray)) and len(value):
        good = all(isinstance(t, (int, np.integer)) and not isinstance(t, bool) and 1 <= t <= T for t in value)
        if good and len(set(value)) == len(value):
            return [int(t) for t in value]
    raise SpecError(
        [Problem("target_steps", value, f'must be "last", "all" or a list of different steps from 1 to {T}')]
    )


def _wanted(loss: str, target_steps: Any) -> str:
    inner = "" if target_steps == "last" else ", T" if target_steps == "all" else ", len(target_steps)"
    return f"(B{inner})" if loss == "softmax_cross_entropy" else f"(B{inner}, K)"


def _check_targets(task: Inline, targets: Array, inputs: Array, count: int | None) -> None:
    B, T, _ = inputs.shape
    head = (B,) if task.target_steps == "last" else (B, T) if task.target_steps == "all" else (B, cast(int, count))
    tail = 0 if task.loss == "softmax_cross_entropy" else 1
    if targets.ndim != len(head) + tail or targets.shape[: len(head)] != head:
        want = f"({', '.join(map(str, head))}{', K' if tail else ',' if len(head) == 1 else ''})"
        raise SpecError([Problem("targets", task.targets, f"has shape {targets.shape}, but {want} is needed")])
    if task.loss == "binary_cross_entropy":
        bad = targets[(targets < 0) | (targets > 1)]
        if bad.size:
            raise SpecError([Problem("targets", float(bad[0]), "must lie between 0 and 1 for binary_cross_entropy")])


def _check_classes(task: Inline, targets: Array) -> None:
    given = targets[~np.isnan(targets)]
    bad = given[(given < 0) | (given != np.floor(given)) | (given >= (task.classes or np.inf))]
    if bad.size:
        top = "" if task.classes is None else f" below classes = {task.classes}"
        raise SpecError([Problem("targets", float(bad[0]), f"must be class numbers 0, 1, …{top}")])


def _lengths(value: Any, inputs: Array) -> Array:
    B, T, _ = inputs.shape
    if value is None:
        return np.full(B, T)
    lengths = _array("lengths", value, (1,), "(B,)", finite=True)
    if lengths.shape != (B,) or (lengths != np.floor(lengths)).any() or (lengths < 1).any() or (lengths > T).any():
        raise SpecError([Problem("lengths", value, f"must be {B} whole numbers from 1 to {T}")])
    return lengths.astype(int)
