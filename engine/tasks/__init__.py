"""The tasks by name. A task is a frozen dataclass of knobs; see `engine.tasks.base`."""

from engine.tasks.adding import Adding
from engine.tasks.as_soon_as import AsSoonAs
from engine.tasks.base import Batch, Task
from engine.tasks.inline import Inline

TASKS: dict[str, type[Task]] = {task.name: task for task in (Adding, AsSoonAs, Inline)}

__all__ = ["TASKS", "Batch", "Task"]
