"""What can go wrong on the way to an answer, as exceptions that also travel between processes.

HTTPProblem                 a refusal with its HTTP status; `problems.py` turns it into a problem document (RFC 9457)
├── Invalid                 422: field, value and what is wanted
├── Conflict                409: the run is not in a state for this
├── Missing                 404: no such run
├── TooMany                 429: a quota or a rate is used up
└── Stopping                503: the server is being stopped
StoreError                  the database cannot be read or written (full disk, read-only folder)
WorkError                   a piece of work was lost again and again, or took too long
└── Unreachable             the cluster that should do it is not there
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

LONGEST = 200


class FieldProblem(NamedTuple):
    """One bad value: its dotted name, itself, and a sentence."""

    field: str
    value: Any
    message: str

    def document(self) -> dict[str, Any]:
        """Return the JSON form; a long or odd value is cut to a short text."""
        return {"field": self.field, "value": shown(self.value), "message": self.message}


class HTTPProblem(Exception):
    """A refusal: HTTP status, a sentence, and the fields to blame."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Iterable[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Make a refusal; `headers` go with the answer."""
        self.status, self.detail, self.errors = status, detail, tuple(errors)
        self.headers = dict(headers or {})
        super().__init__(status, detail, self.errors, self.headers)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes as a plain HTTPProblem."""
        return HTTPProblem, (self.status, self.detail, self.errors, self.headers)

    def __str__(self) -> str:
        """Return status and sentence."""
        return f"{self.status}: {self.detail}"


class Invalid(HTTPProblem):
    """One field with a bad value."""

    def __init__(self, field: str, value: Any, message: str, status: int = 422) -> None:
        """Blame `field`."""
        super().__init__(status, f"{field} = {brief(value)}: {message}", [FieldProblem(field, value, message)])


class Conflict(HTTPProblem):
    """The run's state does not allow the call."""

    def __init__(self, status: str, message: str) -> None:
        """Say what the run is, and what it would have to be."""
        super().__init__(409, message, [FieldProblem("status", status, message)])


class Missing(HTTPProblem):
    """There is no such run (any more)."""

    def __init__(self, run_id: str) -> None:
        """Name the id that nobody has."""
        super().__init__(
            404, f"there is no run {brief(run_id)}", [FieldProblem("run_id", run_id, "there is no such run")]
        )


class TooMany(HTTPProblem):
    """A quota or a rate is used up."""

    def __init__(self, message: str, wait: int = 60) -> None:
        """Say what is the most, and after how many seconds to ask again."""
        super().__init__(429, message, headers={"Retry-After": str(wait)})


class Stopping(HTTPProblem):
    """The server stops; what was asked for is not done any more."""

    def __init__(self) -> None:
        """Ask to come back."""
        super().__init__(503, "the server is being stopped; ask again soon", headers={"Retry-After": "5"})


class StoreError(Exception):
    """The database refused: the sentence says why."""


class WorkError(Exception):
    """A piece of work could not be done: lost with its worker each time, or over its deadline."""


class Unreachable(WorkError):
    """The cluster that should do the work cannot be reached just now."""


def invalid(problems: Iterable[tuple[str, Any, str]]) -> HTTPProblem:
    """Return one 422 for several bad fields."""
    errors = [FieldProblem(*problem) for problem in problems]
    detail = "; ".join(f"{e.field or 'body'} = {brief(e.value)}: {e.message}" for e in errors[:5])
    return HTTPProblem(422, detail, errors[:50])


def brief(value: Any, limit: int = 60) -> str:
    """Return a short text of a value for a sentence."""
    text = repr(value[: 4 * limit] if isinstance(value, (str, bytes, list, tuple)) else value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shown(value: Any) -> Any:
    """Return a value as JSON may show it: small plain values as they are, the rest as a short text."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if value is None or isinstance(value, (bool, float)) or isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return brief(value, LONGEST)
