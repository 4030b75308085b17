"""The engine's error tree.

EngineError
├── SpecError (ValueError)      an experiment cannot be built; lists every problem with field and value
├── OutOfRange (ValueError)     an argument of the wrong kind, or that asks for what a run does not have (sample, t, k)
├── ShapeError (ValueError)     an array has another shape than the one stated
└── Diverging                   training left the finite numbers; `advance` turns it into a result
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with a value: its dotted field name, the value itself, and what is wanted."""

    field: str
    value: object
    message: str

    def under(self, prefix: str | int) -> Problem:
        """Return the same problem as seen from one level up."""
        return self._replace(field=f"{prefix}.{self.field}" if self.field else str(prefix))


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class SpecError(EngineError, ValueError):
    """An experiment that cannot be built. `problems` names every bad field with its value."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the parts beside the sentence."""
        self.problems = tuple(problems)
        super().__init__("; ".join(_sentence(p) for p in self.problems))

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        """Pickle by the parts."""
        return type(self), (self.problems,)


class OutOfRange(EngineError, ValueError):
    """An argument of the wrong kind or size, or an index outside what a run holds."""

    def __init__(self, field: str, value: object, message: str) -> None:
        """Keep the parts beside the sentence."""
        self.field, self.value, self.message = field, value, message
        super().__init__(_sentence(Problem(field, value, message)))

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        """Pickle by the parts."""
        return type(self), (self.field, self.value, self.message)


class ShapeError(EngineError, ValueError):
    """An array of the wrong shape."""

    def __init__(self, name: str, got: Sequence[int], want: str) -> None:
        """Keep the parts beside the sentence."""
        self.name, self.got, self.want = name, tuple(got), want
        super().__init__(f"{name} has shape {self.got}, but {want} is needed")

    def __reduce__(self) -> tuple[type, tuple[str, tuple[int, ...], str]]:
        """Pickle by the parts."""
        return type(self), (self.name, self.got, self.want)


class Diverging(EngineError):
    """Training left the finite numbers: which network, and how."""

    def __init__(self, network: int, reason: str) -> None:
        """Keep the parts beside the sentence."""
        self.network, self.reason = network, reason
        super().__init__(reason)

    def __reduce__(self) -> tuple[type, tuple[int, str]]:
        """Pickle by the parts."""
        return type(self), (self.network, self.reason)


def _sentence(problem: Problem) -> str:
    return f"{problem.field} = {brief(problem.value)}: {problem.message}"


def brief(value: object, limit: int = 60) -> str:
    """Return a short text of a value for messages: never more than `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
