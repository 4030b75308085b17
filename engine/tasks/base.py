"""What a task is: a value that draws batches as a function of (seed, step) and knows its sizes and its chance loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from engine.arrays import Array
from engine.errors import Problem
from engine.knobs import table

Loss = Literal["mse", "binary_cross_entropy", "softmax_cross_entropy"]

Names = dict[str, list[str] | None]

# Streams of the one seed: batches and initial weights never share random numbers.
BATCHES, WEIGHTS = 0, 1


def random_stream(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of `(seed, key)`: the same numbers wherever and whenever it is made."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


class Batch(NamedTuple):
    """Sequences with targets at some steps. Step 1 is the first input; a mask of 0 means: no target here."""

    inputs: Array  # (T, m, B)
    steps: Array  # (P,) int, ascending, 1..T: where targets may stand
    targets: Array  # (P, K, B) values, or (P, B) class numbers
    mask: Array  # (P, B) 1.0 where a target stands
    lengths: Array  # (B,) int: each sequence's own last step

    def pick(self, samples: Array | list[int]) -> Batch:
        """Return the batch of some of its samples, in that order."""
        return Batch(
            self.inputs[:, :, samples], self.steps, self.targets[..., samples],
            self.mask[:, samples], self.lengths[samples],
        )  # fmt: skip


@dataclass(frozen=True)
class Task:
    """Base of all tasks. A subclass is a frozen dataclass of knobs with the members below."""

    name: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    source: ClassVar[str]
    variant: ClassVar[str]

    @property
    def seq_len(self) -> int:
        """T, the longest sequence."""
        raise NotImplementedError

    @property
    def input_size(self) -> int:
        """m, the numbers per step."""
        raise NotImplementedError

    @property
    def output_size(self) -> int:
        """K, the numbers per output."""
        raise NotImplementedError

    @property
    def loss(self) -> Loss:
        """Name of the loss."""
        raise NotImplementedError

    @property
    def baseline_loss(self) -> float | None:
        """Loss of the best constant answer (chance), or None where it depends on the data in no stated way."""
        raise NotImplementedError

    @property
    def sample_count(self) -> int | None:
        """Samples of the data set, or None where every batch is drawn afresh."""
        data: Batch | None = getattr(self, "data", None)
        return None if data is None else len(data.lengths)

    def unmet(self) -> list[Problem]:
        """Return what this machine lacks for the task: nothing, but for tasks that need an optional package."""
        return []

    def names(self) -> Names:
        """Return what the numbers of an input and of an output are called, or stand for where they are one-hot."""
        return {"inputs": None, "outputs": None}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` fresh sequences, or the whole data set in order when it is no larger."""
        raise NotImplementedError

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """Return the batch of training step `step` (0 is the probe's): a function of (seed, step) alone."""
        return self.draw(random_stream(seed, BATCHES, step), size)

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return what `GET /api/tasks` says of the task, with the defaults' loss and chance level."""
        task = cls()
        return {
            "name": task.name, "label": cls.label, "help": cls.help, "source": cls.source, "variant": cls.variant,
            "loss": task.loss, "baseline_loss": task.baseline_loss, "parameters": table(cls),
        }  # fmt: skip


def choose(rng: np.random.Generator, data: Batch, size: int) -> Batch:
    """Return a data set whole and in order when it is no larger than `size`, else `size` different samples of it."""
    count = data.lengths.shape[0]
    return data if count <= size else data.pick(choose_rows(rng, count, size))


def choose_rows(rng: np.random.Generator, count: int, size: int) -> Array:
    """Return the numbers of all `count` rows in order when they are no more than `size`, else `size` different ones."""
    return np.arange(count) if count <= size else rng.choice(count, size, replace=False)


def equally_long(inputs: Array, steps: Array, targets: Array) -> Batch:
    """Return the batch whose sequences all have T steps and a target at each of `steps`."""
    T, _, size = inputs.shape
    return Batch(inputs, steps, targets, np.ones((len(steps), size)), np.full(size, T))


def letters(count: int) -> list[str]:
    """Return names for `count` symbols: A, B, C … while there are letters, else their numbers."""
    return [chr(ord("A") + i) if count <= 26 else str(i) for i in range(count)]


def one_hot(numbers: Array, classes: int) -> Array:
    """Return (T, classes, B) with a 1.0 for each number of (T, B), and only zeros for a number below 0."""
    return np.asarray(np.arange(classes)[:, None] == numbers[:, None, :], dtype=np.float64)


def at_last(lengths: Array, targets: Array) -> tuple[Array, Array, Array]:
    """Return (steps, targets, mask) that put each sample's target at its own last step.

    `targets` is (B, K) values or (B,) class numbers; every distinct length becomes one step.
    """
    steps = np.unique(lengths)
    mask = (steps[:, None] == lengths[None, :]).astype(np.float64)
    spread = np.broadcast_to(targets.T, (len(steps), *targets.T.shape))
    return steps, spread, mask


def entropy(shares: Array) -> float:
    """Return the entropy in nats of a distribution: the loss of always answering with the shares."""
    p = shares[shares > 0]
    return float(-(p * np.log(p)).sum())
