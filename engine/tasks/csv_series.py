"""A numeric series of one's own, as the text of a CSV file: predict a column some steps ahead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, choose_rows, equally_long
from engine.tasks.csv_table import Table, read_table
from engine.tasks.sunspots import SUNSPOTS
from engine.tasks.windows import coverage, cut


@dataclass(frozen=True)
class CsvSeries(Task):
    """Windows of T rows; the target is one column's value `horizon` rows later. All columns are standardised."""

    name: ClassVar[str] = "csv"
    label: ClassVar[str] = "Your own series (CSV)"
    help: ClassVar[str] = "Paste a table of numbers, one row a time step, and choose the column to predict."
    source: ClassVar[str] = "The request; default: yearly sunspot numbers 1700-2008 (Wolf, SIDC)"
    variant: ClassVar[str] = (
        "Comma, semicolon or tab between cells; a first row with a word in it names the columns. Every column is "
        "shifted and scaled to mean 0 and variance 1 over the whole series. Every window of T rows is a sample. "
        "Chance: the variance of the targets, about 1."
    )

    text: str = knob(SUNSPOTS, "Table", "One row a time step.", hi=500_000)
    target: str = knob("", "Target column", "Name, or number from 1; empty: the last column.", hi=200)
    columns: str = knob("", "Input columns", "Names or numbers, commas between; empty: the target column alone; "
                        "*: all.", hi=2000)  # fmt: skip
    length: int = knob(20, "Length T", "Rows of a window: how far back it may look.", lo=1, hi=100_000)
    horizon: int = knob(1, "Horizon", "Rows from the last one seen to the one predicted.", lo=1, hi=100_000)
    targets: str = knob("last", "Targets", "last: after the window; all: after each of its rows.",
                        choices=("last", "all"))  # fmt: skip

    def __post_init__(self) -> None:
        """Check every knob, read the table, and see that it holds a window and a target that varies."""
        check_knobs(self)
        count, needed = len(self._values), self.length + self.horizon
        if count < needed:
            rows = f"has {count} rows of numbers; length {self.length} and horizon {self.horizon} need {needed}"
            raise SpecError([Problem("text", self.text, rows)])
        if not self._values[:, self._used[0]].std() > 0:
            name = self._table.names[self._used[0]]
            raise SpecError([Problem("target", name, "is a column that never changes: there is nothing to predict")])

    @cached_property
    def _table(self) -> Table:
        return read_table(self.text)

    @cached_property
    def _used(self) -> tuple[int, list[int]]:
        """Numbers from 0 of the target column and of the input columns."""
        table = self._table
        target = table.column("target", self.target) if self.target.strip() else len(table.names) - 1
        names = [name for name in self.columns.split(",") if name.strip()]
        if self.columns.strip() == "*":
            return target, list(range(len(table.names)))
        return target, [table.column("columns", name) for name in names] or [target]

    @cached_property
    def _values(self) -> Array:
        """The columns used, as numbers (rows, columns of the table); others are left at 0."""
        target, inputs = self._used
        return self._table.numbers({target, *inputs})

    @cached_property
    def _scaled(self) -> Array:
        centred = self._values - self._values.mean(0)
        spread = centred.std(0)
        return np.asarray(centred / np.where(spread > 0, spread, 1.0))

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: len(self._used[1]))
    output_size = property(lambda self: 1)
    sample_count = property(lambda self: len(self._values) - self.length - self.horizon + 1)

    @property
    def loss(self) -> Loss:
        """Mean squared error, of standardised values."""
        return "mse"

    @property
    def baseline_loss(self) -> float:
        """Variance of the targets."""
        values = self._scaled[self._first_target() - 1 + self.horizon :, self._used[0]]
        weights = coverage(self.sample_count, self._target_count())
        mean = np.average(values, weights=weights)
        return float(np.average((values - mean) ** 2, weights=weights))

    def names(self) -> Names:
        """The columns used."""
        target, inputs = self._used
        return {"inputs": [self._table.names[i] for i in inputs], "outputs": [self._table.names[target]]}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return different windows of the series; all, in order, where they fit the batch."""
        target, inputs = self._used
        starts = choose_rows(rng, self.sample_count, size)
        seen = np.ascontiguousarray(cut(self._scaled[:, inputs], starts, self.length).transpose(0, 2, 1))
        first = self._first_target()
        ahead = cut(self._scaled[:, target], starts + first - 1 + self.horizon, self._target_count())
        return equally_long(seen, np.arange(first, self.length + 1), ahead[:, None])

    def _first_target(self) -> int:
        return 1 if self.targets == "all" else self.length

    def _target_count(self) -> Any:
        return self.length + 1 - self._first_target()
