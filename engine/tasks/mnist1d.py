"""MNIST-1D: ten digits as noisy curves of 40 points, built on this machine by the package `mnist1d`."""

from __future__ import annotations

import importlib
import importlib.util
import math
import random
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, choose, equally_long

PACKAGE = "mnist1d"
POINTS, CLASSES = 40, 10


@dataclass(frozen=True)
class Mnist1d(Task):
    """One point of the curve a step; the digit's class is asked for at step 40. Needs the package of that name."""

    name: ClassVar[str] = "mnist1d"
    label: ClassVar[str] = "MNIST-1D"
    help: ClassVar[str] = "Which digit is this curve? A small real benchmark, read point by point."
    source: ClassVar[str] = "Greydanus & Kobak 2020 (arXiv 2011.14439), package mnist1d"
    variant: ClassVar[str] = (
        "The package's own generator with its published settings, nothing downloaded; the whole set is trained on. "
        "Classes are equally frequent: chance ln 10."
    )

    samples: int = knob(
        1000, "Curves", "Size of the set, a multiple of 10; the published one has 5000.", lo=10, hi=100_000
    )
    data_seed: int = knob(42, "Seed of the set", "42 is the published set's.", lo=0, hi=2**32 - 1)

    def __post_init__(self) -> None:
        """Check every knob, and that every class gets as many curves."""
        check_knobs(self)
        if self.samples % CLASSES:
            raise SpecError([Problem("samples", self.samples, f"must be a multiple of {CLASSES}")])

    seq_len = property(lambda self: POINTS)
    input_size = property(lambda self: 1)
    output_size = property(lambda self: CLASSES)
    sample_count = property(lambda self: self.samples)

    @property
    def loss(self) -> Loss:
        """Softmax cross-entropy."""
        return "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """All classes are equally frequent."""
        return math.log(CLASSES)

    def unmet(self) -> list[Problem]:
        """Return that the package is missing, where it is."""
        if importlib.util.find_spec(PACKAGE) is not None:
            return []
        return [Problem("name", self.name, "needs an optional package: pip install 'unrolled[mnist1d]' (or mnist1d)")]

    @cached_property
    def data(self) -> Batch:
        """The whole set as one batch."""
        curves, digits = _curves(self.samples, self.data_seed)
        return equally_long(curves, np.array([POINTS]), digits)

    def names(self) -> Names:
        """The digits."""
        return {"inputs": None, "outputs": [str(digit) for digit in range(CLASSES)]}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return different curves; the whole set, in order, where it fits the batch."""
        return choose(rng, self.data, size)


@lru_cache(maxsize=4)
def _curves(samples: int, seed: int) -> tuple[Array, Array]:
    """Return curves (40, 1, B) and digits (1, B). The package seeds the global generators: they are put back."""
    package = importlib.import_module(f"{PACKAGE}.data")
    settings = package.get_dataset_args()
    settings.num_samples, settings.seed, settings.train_split = samples, seed, 1.0
    settings.final_seq_length = POINTS
    before = random.getstate(), np.random.get_state()
    try:
        made = package.make_dataset(settings)
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
    return np.ascontiguousarray(made["x"].T[:, None, :]), made["y"][None].astype(int)
