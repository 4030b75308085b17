"""The adding problem: remember two marked numbers, answer with their sum at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task

# scaling: (lowest value, factor on the sum, variance of the target = loss of always answering its mean)
SCALINGS = {"sum": (0.0, 1.0, 1 / 6), "mean": (0.0, 0.5, 1 / 24), "signed": (-1.0, 1.0, 2 / 3)}


@dataclass(frozen=True)
class Adding(Task):
    """Inputs (value, marker); the target after the last step is the sum of the two marked values."""

    name: ClassVar[str] = "adding"
    label: ClassVar[str] = "Adding problem"
    help: ClassVar[str] = "Two numbers are marked; their sum is asked for at the very end."
    source: ClassVar[str] = "Hochreiter & Schmidhuber 1997; Pascanu 2013; Le 2015"
    variant: ClassVar[str] = (
        "One marker in each half, or early ones as Pascanu has them. Target: sum of two U[0,1] (chance 0.167), "
        "their mean (0.042) or the sum of two U[-1,1] (0.667)."
    )

    length: int = knob(40, "Length T", "Steps of a sequence; the harder the longer.", lo=2, hi=100_000)
    scaling: str = knob("sum", "Scaling", "Which published target.", choices=tuple(SCALINGS))
    markers: str = knob("halves", "Markers", "halves: one in each half; early: within the first half, as in "
                        "Pascanu 2013, so the second half is pure waiting.", choices=("halves", "early"))  # fmt: skip

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: 2)
    output_size = property(lambda self: 1)

    @property
    def loss(self) -> Loss:
        """Mean squared error."""
        return "mse"

    @property
    def baseline_loss(self) -> float:
        """Variance of the target: what answering with its mean costs."""
        return SCALINGS[self.scaling][2]

    def names(self) -> Names:
        """A value, and the marker of those to be added."""
        return {"inputs": ["value", "marker"], "outputs": ["sum"]}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` sequences: inputs (T, 2, B), one target at step T."""
        low, factor, _ = SCALINGS[self.scaling]
        values = rng.uniform(low, 1.0, (self.length, size))
        marks = np.zeros_like(values)
        for start, stop in self._windows():
            marks[rng.integers(start, stop, size), np.arange(size)] = 1.0
        targets = factor * (values * marks).sum(0)
        inputs = np.stack([values, marks], axis=1)
        lengths = np.full(size, self.length)
        return Batch(inputs, np.array([self.length]), targets[None, None], np.ones((1, size)), lengths)

    def _windows(self) -> tuple[tuple[int, int], tuple[int, int]]:
        half = self.length // 2
        tenth = max(1, self.length // 10)
        if self.markers == "early" and half > tenth:
            return (0, tenth), (tenth, half)
        return (0, half), (half, self.length)
