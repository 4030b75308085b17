"""The tasks by name. A task is a frozen dataclass of knobs; see `engine.tasks.base`."""

from engine.tasks.adding import Adding
from engine.tasks.as_soon_as import AsSoonAs
from engine.tasks.base import Batch, Names, Task
from engine.tasks.binary_addition import BinaryAddition
from engine.tasks.bit_sum import BitSum
from engine.tasks.char_text import CharText
from engine.tasks.copy_memory import CopyMemory
from engine.tasks.csv_series import CsvSeries
from engine.tasks.delayed_recall import DelayedRecall
from engine.tasks.inline import Inline
from engine.tasks.mnist1d import Mnist1d
from engine.tasks.reber import Reber
from engine.tasks.temporal_order import TemporalOrder

KNOWN: tuple[type[Task], ...] = (
    AsSoonAs, BitSum, BinaryAddition, Adding, TemporalOrder, CopyMemory, DelayedRecall, Reber, CharText, Mnist1d,
    Inline, CsvSeries,
)  # fmt: skip
TASKS: dict[str, type[Task]] = {task.name: task for task in KNOWN}

__all__ = ["TASKS", "Batch", "Names", "Task"]
