"""Temporal order: in which order did the rare symbols come? Nothing but their order counts."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, equally_long, one_hot

# Where each event may stand, in tenths of T: Pascanu's two, and Hochreiter & Schmidhuber's three of their task 6b.
WINDOWS = {2: ((1, 2), (5, 6)), 3: ((1, 2), (3, 4), (6, 7))}
SYMBOLS = 6  # X, Y and four distractors


@dataclass(frozen=True)
class TemporalOrder(Task):
    """Distractors with an X or Y at two (or three) early places; at the last step the class says which came when."""

    name: ClassVar[str] = "temporal_order"
    label: ClassVar[str] = "Temporal order"
    help: ClassVar[str] = "Two symbols, each X or Y, hidden among distractors: XX, XY, YX or YY?"
    source: ClassVar[str] = "Hochreiter & Schmidhuber 1997, tasks 6a and 6b; Pascanu 2013"
    variant: ClassVar[str] = (
        "Six symbols one-hot as Pascanu has it (no start and end marks, T fixed): events at 10-20 % and 50-60 % of T, "
        "4 classes, chance ln 4. With three events at 10-20, 30-40 and 60-70 %: 8 classes, chance ln 8. The first "
        "event is the highest bit of the class: XX, XY, YX, YY = 0, 1, 2, 3."
    )

    length: int = knob(50, "Length T", "Steps of a sequence.", lo=10, hi=100_000)
    events: int = knob(2, "Events", "2 events make 4 classes, 3 make 8.", lo=2, hi=3)

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: SYMBOLS)
    output_size = property(lambda self: 2**self.events)

    @property
    def loss(self) -> Loss:
        """Softmax cross-entropy."""
        return "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """All classes are equally likely."""
        return self.events * math.log(2)

    def names(self) -> Names:
        """The events X and Y, the distractors; the orders of the events."""
        orders = ["".join(order) for order in itertools.product("XY", repeat=self.events)]
        return {"inputs": [*"XYabcd"], "outputs": orders}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` fresh sequences, with their class at step T."""
        T, everyone = self.length, np.arange(size)
        symbols = rng.integers(2, SYMBOLS, (T, size))
        classes = np.zeros(size, int)
        for first, last in WINDOWS[self.events]:
            event = rng.integers(0, 2, size)
            symbols[rng.integers(first * T // 10, last * T // 10, size), everyone] = event
            classes = 2 * classes + event
        return equally_long(one_hot(symbols, SYMBOLS), np.array([T]), classes[None])
