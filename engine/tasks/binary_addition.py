"""Adding two binary numbers digit by digit: the carry must be kept for one step, many to many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, entropy, equally_long


@dataclass(frozen=True)
class BinaryAddition(Task):
    """Two numbers of T-1 random bits, least significant first; the target at each step is that bit of their sum."""

    name: ClassVar[str] = "binary_addition"
    label: ClassVar[str] = "Binary addition"
    help: ClassVar[str] = "Add two binary numbers, lowest bit first; the answer at each step needs the carry."
    source: ClassVar[str] = "Roelants 2015, part 2"
    variant: ClassVar[str] = (
        "Numbers of T-1 bits, so that the sum fits T; one logit a step, binary cross-entropy. Every sum bit is fair "
        "but the last, the carry, which is 1 in (1 - 2^-(T-1))/2 of all cases: chance is just below ln 2. "
        "The source draws 2000 pairs once; here every batch is fresh."
    )

    length: int = knob(7, "Length T", "Bits of the sum; the two numbers have one bit less.", lo=2, hi=100_000)

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: 2)
    output_size = property(lambda self: 1)

    @property
    def loss(self) -> Loss:
        """Binary cross-entropy."""
        return "binary_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """Entropy of the share of ones among all target bits."""
        T = self.length
        ones = ((T - 1) / 2 + (1 - 0.5 ** (T - 1)) / 2) / T
        return entropy(np.array([ones, 1 - ones]))

    def names(self) -> Names:
        """The bits of both numbers, and of their sum."""
        return {"inputs": ["a", "b"], "outputs": ["sum"]}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` fresh pairs with the bits of their sums."""
        bits = rng.integers(0, 2, (self.length, 2, size))
        bits[-1] = 0
        sums = np.empty((self.length, 1, size))
        carry = np.zeros(size, int)
        for t, pair in enumerate(bits):
            total = pair.sum(0) + carry
            sums[t, 0], carry = total % 2, total // 2
        return equally_long(bits.astype(np.float64), np.arange(1, self.length + 1), sums)
