"""Copy memory: read symbols, wait, repeat them after the delimiter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, equally_long, letters, one_hot


@dataclass(frozen=True)
class CopyMemory(Task):
    """`symbols` random symbols, blanks, a delimiter, and blanks in which the symbols must be said again, in order."""

    name: ClassVar[str] = "copy_memory"
    label: ClassVar[str] = "Copy memory"
    help: ClassVar[str] = "Remember a row of symbols over a long blank, then repeat it."
    source: ClassVar[str] = "Hochreiter & Schmidhuber 1997; Arjovsky 2016"
    variant: ClassVar[str] = (
        "Arjovsky's: 10 symbols of 8, then T_blank - 1 blanks, the delimiter, 10 blanks. `length` counts all steps, so "
        "it is Arjovsky's T + 20 and the wait of T is length - 20. Targets at all steps, as published (blank until "
        "the recall; chance without memory 10 ln 8 / (T + 20), mean over all steps), or on the recall only (ln 8)."
    )

    length: int = knob(40, "Length T", "All steps: symbols, wait, delimiter, recall.", lo=3, hi=100_000)
    symbols: int = knob(10, "Symbols kept", "How many symbols are remembered.", lo=1, hi=1000)
    alphabet: int = knob(8, "Alphabet", "Different symbols.", lo=2, hi=1000)
    targets: str = knob("all", "Targets", "all: at every step, as published; recall: only where the symbols are said "
                        "again.", choices=("all", "recall"))  # fmt: skip

    def __post_init__(self) -> None:
        """Check every knob, and that there is room for symbols, delimiter and recall."""
        check_knobs(self)
        if self.length < 2 * self.symbols + 1:
            needed = f"must be at least 2 symbols + 1 = {2 * self.symbols + 1}"
            raise SpecError([Problem("length", self.length, needed)])

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: self.alphabet + 2)

    @property
    def output_size(self) -> int:
        """The symbols, and the blank where it is a target."""
        return self.alphabet + (self.targets == "all")

    @property
    def loss(self) -> Loss:
        """Softmax cross-entropy."""
        return "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """Loss of who knows when to speak, but not what."""
        share = self.symbols / self.length if self.targets == "all" else 1.0
        return share * math.log(self.alphabet)

    def names(self) -> Names:
        """Letters for the symbols, then the blank and the delimiter."""
        symbols = [*letters(self.alphabet), "–", ":"]
        return {"inputs": symbols, "outputs": symbols[: self.output_size]}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` fresh sequences."""
        T, count, blank = self.length, self.symbols, self.alphabet
        kept = rng.integers(0, self.alphabet, (count, size))
        shown = np.full((T, size), blank)
        shown[:count] = kept
        shown[T - count - 1] = blank + 1
        first = 1 if self.targets == "all" else T - count + 1
        answers = np.full((T, size), blank)
        answers[T - count :] = kept
        return equally_long(one_hot(shown, blank + 2), np.arange(first, T + 1), answers[first - 1 :])
