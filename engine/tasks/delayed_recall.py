"""Delayed recall: say at each step what was shown d steps ago; or hold what only the first step showed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, equally_long, letters, one_hot


@dataclass(frozen=True)
class DelayedRecall(Task):
    """Random symbols, one-hot; the target at step t is the symbol of step t - d, for every t > d."""

    name: ClassVar[str] = "delayed_recall"
    label: ClassVar[str] = "Delayed recall"
    help: ClassVar[str] = "Repeat the input with a delay: aligned (0), delayed, or one symbol held for ever."
    source: ClassVar[str] = "Jaeger 2001 (short-term memory); Bengio 1994 (latching)"
    variant: ClassVar[str] = (
        "Equally likely symbols, softmax cross-entropy, chance ln(symbols). Delay 0 is many to many, aligned; d > 0 "
        "many to many, delayed; with inputs at the first step only (zeros after), one to many: the symbol is asked "
        "for at every step after d."
    )

    length: int = knob(20, "Length T", "Steps of a sequence.", lo=1, hi=100_000)
    delay: int = knob(5, "Delay d", "Steps from a symbol to its answer.", lo=0, hi=99_999)
    symbols: int = knob(4, "Symbols", "Different symbols.", lo=2, hi=1000)
    shown: str = knob("all", "Inputs", "all: a symbol at every step; first: only at step 1, zeros after.",
                      choices=("all", "first"))  # fmt: skip

    def __post_init__(self) -> None:
        """Check every knob, and that the delay leaves a target."""
        check_knobs(self)
        if self.delay >= self.length:
            raise SpecError([Problem("delay", self.delay, f"must be below length = {self.length}")])

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: self.symbols)
    output_size = property(lambda self: self.symbols)

    @property
    def loss(self) -> Loss:
        """Softmax cross-entropy."""
        return "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """All symbols are equally likely."""
        return math.log(self.symbols)

    def names(self) -> Names:
        """Letters for the symbols."""
        return {"inputs": letters(self.symbols), "outputs": letters(self.symbols)}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` fresh sequences with targets at steps d+1 .. T."""
        T, answers = self.length, self.length - self.delay
        symbols = rng.integers(0, self.symbols, (T, size))
        if self.shown == "first":
            held = np.broadcast_to(symbols[0], (answers, size))
            symbols[1:] = -1
        else:
            held = symbols[:answers]
        return equally_long(one_hot(symbols, self.symbols), np.arange(self.delay + 1, T + 1), held)
