"""A sweep: a grid of small runs, as the server holds it in memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.errors import FieldProblem, HTTPProblem
from app.sweepstore import SweepRow


class SweepStatus(StrEnum):
    """What a sweep is doing."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"  # its results could not be stored
    CANCELLED = "cancelled"  # deleted: seen only by open streams


@dataclass(eq=False)
class Sweep:
    """A sweep as the server holds it in memory."""

    row: SweepRow
    status: SweepStatus
    error: str | None
    waiting: deque[int]  # points that nobody works on yet
    done: int  # points whose results are stored
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)
    steps: int = 0  # trained since `began`
    began: float = 0.0  # monotonic: when this server took it up, with `had` points done
    had: int = 0

    @property
    def id(self) -> str:
        """Its unguessable name."""
        return self.row.id

    @property
    def owner(self) -> str | None:
        """Return the digest of the owner's token."""
        return self.row.owner

    @property
    def grid(self) -> dict[str, list[Any]]:
        """The fields and their values."""
        made: dict[str, list[Any]] = json.loads(self.row.grid)
        return made

    def state(self) -> dict[str, Any]:
        """Return what the `progress` event says; speeds and the time left while running, else 0 and null."""
        running = self.status is SweepStatus.RUNNING
        seconds = max(time.monotonic() - self.began, 1e-3)
        speed = (self.done - self.had) / seconds if running and self.began else 0.0
        return {
            "sweep": self.id,
            "status": str(self.status),
            "done": self.done,
            "points": self.row.points,
            "points_per_second": round(speed, 3),
            "steps_per_second": round(self.steps / seconds, 1) if running and self.began else 0.0,
            "seconds_left": round((self.row.points - self.done) / speed, 1) if speed else None,
            "error": self.error,
        }


class MissingSweep(HTTPProblem):
    """There is no such sweep (any more)."""

    def __init__(self, sweep_id: str) -> None:
        """Name the id that nobody has."""
        said = "there is no such sweep"
        super().__init__(404, said, [FieldProblem("sweep_id", sweep_id, said)])
