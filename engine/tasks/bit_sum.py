"""Counting ones (seed 000): the task of the scalar linear RNN, whose only answer is w_x = w_rec = 1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Task, choose, equally_long, random_stream


@dataclass(frozen=True)
class BitSum(Task):
    """Random bits; the target after the last step is how many of them were 1."""

    name: ClassVar[str] = "bit_sum"
    label: ClassVar[str] = "Sum of bits"
    help: ClassVar[str] = "Count the ones of a random bit sequence; a linear RNN with two weights can do it."
    source: ClassVar[str] = "Seed 000; Roelants 2015, part 1"
    variant: ClassVar[str] = (
        "A fixed set of 20 sequences of 10 bits, as in the source (chance: the variance of their sums), or fresh "
        "sequences in every batch (chance T/4). The scalar linear RNN is a network of one identity unit whose "
        "biases are frozen at 0 and whose readout is frozen at 1."
    )

    length: int = knob(10, "Length T", "Bits of a sequence.", lo=1, hi=100_000)
    samples: int | None = knob(20, "Sequences", "Size of the fixed set; empty: fresh sequences in every batch.",
                               kind="int", lo=1, hi=10_000, optional=True)  # fmt: skip
    data_seed: int = knob(0, "Seed of the set", "Which fixed set; the run's own seed draws its batches.", lo=0,
                          hi=2**63 - 1)  # fmt: skip

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: 1)
    output_size = property(lambda self: 1)
    sample_count = property(lambda self: self.samples)

    @property
    def loss(self) -> Loss:
        """Mean squared error."""
        return "mse"

    @property
    def baseline_loss(self) -> float:
        """Variance of the sums: of the fixed set's, or of T fair bits, T/4."""
        return self.length / 4 if self.data is None else float(np.var(self.data.targets))

    @cached_property
    def data(self) -> Batch | None:
        """The fixed set as one batch, or None where there is none."""
        return None if self.samples is None else self._bits(random_stream(self.data_seed), self.samples)

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return sequences of the set, whole and in order where it fits the batch, or `size` fresh ones."""
        return self._bits(rng, size) if self.data is None else choose(rng, self.data, size)

    def _bits(self, rng: np.random.Generator, size: int) -> Batch:
        bits = rng.integers(0, 2, (self.length, 1, size)).astype(np.float64)
        return equally_long(bits, np.array([self.length]), bits.sum(0, keepdims=True))
