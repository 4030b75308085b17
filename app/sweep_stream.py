"""The stream of a sweep: server-sent events.

| event       | data                                                                                               |
|-------------|----------------------------------------------------------------------------------------------------|
| `progress`  | as GET /api/sweeps/{id} without grid and links; first, at every change of status, each second      |
| `point`     | {sweep, point, values, step, diverged, networks: […]}: a point that is done, in that order         |
| `done`, `failed`, `cancelled`, `bye` | as `progress`; the stream ends (after `bye` connect again)                |
| `: ping`    | a comment after 15 s of silence                                                                    |

The id of a `point` is its place in the order of being done, so a client that comes back with Last-Event-ID, even to a
restarted server, misses none; the other events have no id of their own. Without it a stream begins with the
first point.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from app.grid import values_at
from app.hub import Hub
from app.sweep import Sweep, SweepStatus
from app.sweepstore import SweepStore
from app.watching import Watcher

PING = 15.0  # seconds
PAGE = 200  # points read at a time
REST = 0.2  # seconds between two looks: a sweep of tiny runs is told of in batches
ENDS = {SweepStatus.FINISHED: "done", SweepStatus.FAILED: "failed", SweepStatus.CANCELLED: "cancelled"}


@dataclass
class SweepEvents:
    """The events of one stream, as ready-made bytes."""

    sweep: Sweep
    hub: Hub
    store: SweepStore
    cursor: int = 0  # points told
    watcher: Watcher = field(default_factory=Watcher)
    _told: Any = None
    _told_at: float = 0.0
    _sent_at: float = field(default_factory=time.monotonic)

    @property
    def channel(self) -> str:
        """Whose news wakes the stream."""
        return self.sweep.id

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield every event until the sweep ends, is deleted, or the server stops."""
        grid = self.sweep.grid
        yield b"retry: 1000\n\n" + self._progress("progress")
        while True:
            self.watcher.wake.clear()
            end = self._end()  # looked at first: what came before the end is sent before it
            while self.cursor < self.sweep.done and self.sweep.status is not SweepStatus.CANCELLED:
                rows = await self.store.results(self.sweep.row.no, self.cursor, PAGE)
                if not rows:
                    break
                yield self._sent(b"".join(self._point(grid, *row) for row in rows))
                self.cursor = rows[-1][0]
            if end:
                yield self._progress(end)
                return
            if self._news():
                yield self._progress("progress")
            if time.monotonic() - self._sent_at >= PING:
                yield self._sent(b": ping\n\n")
            await self.watcher.wake.rest(1.0)
            if self.watcher.wake.is_set() and not self._end():
                await asyncio.sleep(REST)

    def _end(self) -> str | None:
        if self.sweep.status in ENDS:
            return ENDS[self.sweep.status]
        return "bye" if self.hub.closing.is_set() else None

    def _point(self, grid: dict[str, list[Any]], place: int, point: int, result: str) -> bytes:
        head = json.dumps({"sweep": self.sweep.id, "point": point, "values": values_at(grid, point)})
        return b"id: %d\nevent: point\ndata: %s,%s\n\n" % (place, head[:-1].encode(), result[1:].encode())

    def _news(self) -> bool:
        state = self.sweep.state()
        late = time.monotonic() - self._told_at >= 1.0
        return state["status"] != self._told["status"] or late and state != self._told

    def _progress(self, event: str) -> bytes:
        self._told, self._told_at = self.sweep.state(), time.monotonic()
        return self._sent(b"event: %s\ndata: %s\n\n" % (event.encode(), json.dumps(self._told).encode()))

    def _sent(self, text: bytes) -> bytes:
        self._sent_at = time.monotonic()
        return text
