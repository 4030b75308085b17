"""The stream of a run: server-sent events.

| event       | data                                                                                               |
|-------------|----------------------------------------------------------------------------------------------------|
| `status`    | {run, status, step, steps, steps_per_second, diverged, error, revision}; first, at every change,   |
|             | and each second of training                                                                        |
| `frame`     | a frame (floats as f4, only the arrays of `views`); second, then as they are made                  |
| `metrics`   | {run, rows: [row, …]}: the steps of one piece of training, in order, without a gap                 |
| `done`      | as status: finished or diverged; the stream ends                                                   |
| `failed`    | as status, with `error`; the stream ends                                                           |
| `cancelled` | as status: the run was deleted (404 from now on); the stream ends                                  |
| `bye`       | as status: the server stops; connect again                                                         |
| `: ping`    | a comment after 15 s of silence                                                                    |

Ids grow by every event: `id // 1 000 000` is the step up to which metrics have been sent, so a client that comes back
with Last-Event-ID, even to a restarted server, goes on exactly there; without it, metrics begin after the newest step
(or after `after=`). A stream that just stops is a lost connection. A slow client skips frames, never metrics.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from app.errors import HTTPProblem, StoreError, WorkError
from app.hub import Batch, Hub, batch
from app.runs import AT_END, Run, Status
from app.store import Store
from app.telemetry import Telemetry
from app.viewer import Viewer
from app.watching import Watcher
from app.wire import Parts

IDS_PER_STEP = 1_000_000
PING = 15.0  # seconds
PAGE = 1000  # most metrics rows of one event
BULK = 1 << 15  # bytes of metrics that are sent at once, so that whoever has missed much is not sent all in one
ENDS = {Status.FINISHED: "done", Status.DIVERGED: "done", Status.FAILED: "failed", Status.CANCELLED: "cancelled"}


@dataclass
class Events:
    """The events of one stream, as ready-made bytes."""

    run: Run
    watcher: Watcher
    hub: Hub
    store: Store
    viewer: Viewer
    telemetry: Telemetry
    last_id: int = 0
    _told: Any = None  # the state last told, and when
    _told_at: float = 0.0
    _sent_at: float = field(default_factory=time.monotonic)

    @property
    def channel(self) -> str:
        """Whose news wakes the stream."""
        return self.run.id

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield every event until the run ends, is deleted, or the server stops."""
        yield self._sent([b"retry: 1000\n\n", self._status("status")])
        with suppress(HTTPProblem, StoreError, WorkError):  # deleted, or too hard: the next frame comes anyway
            yield self._sent([self._frame(await self.viewer.newest(self.run, self.watcher.choice))])
        while True:
            self.watcher.wake.clear()
            end = self._end()  # looked at first: what came before the end is sent before it
            texts: list[bytes] = []  # of one look: sent together
            if end or self.watcher.patience <= 0:
                while metrics := await self._metrics():
                    texts.append(metrics)
                    if len(metrics) > BULK:
                        yield self._sent(texts)
                texts += self._frames()
            if end:
                texts.append(self._status(end))
            elif self._news():
                texts.append(self._status("status"))
            elif not texts and time.monotonic() - self._sent_at >= PING:
                texts.append(b": ping\n\n")
            if texts:
                yield self._sent(texts)
            if end:
                return
            await self.watcher.wake.rest(self._patience())

    def _end(self) -> str | None:
        if self.run.status in AT_END:
            return ENDS[self.run.status]
        return "bye" if self.hub.closing.is_set() else None

    async def _metrics(self) -> bytes | None:
        if self.watcher.cursor >= self.run.step or self.run.status is Status.CANCELLED:
            return None
        rows = self.hub.following(self.run.id, self.watcher.cursor) or await self._stored()
        if rows is None:
            return None
        self.watcher.cursor = rows.last
        self.watcher.sent(0)
        return self._event("metrics", b'{"run":"%s","rows":[%s]}' % (self.run.id.encode(), rows.rows))

    async def _stored(self) -> Batch | None:
        rows = await self.store.metrics(self.run.no, self.watcher.cursor, self.run.step, PAGE)
        return batch(rows) if rows else None

    def _frames(self) -> list[bytes]:
        """Return the frames that wait; with `max_fps` the newest, and the others are skipped."""
        frames = self.watcher.frames
        if self.watcher.max_fps and len(frames) > 1:
            self.telemetry.frames_dropped.inc(len(frames) - 1)
            while len(frames) > 1:
                frames.popleft()
        made = [self._frame(frame) for frame in frames]
        frames.clear()
        return made

    def _frame(self, frame: Parts) -> bytes:
        self.watcher.sent(1)
        self.telemetry.frames_sent.inc()
        return self._event("frame", frame.select(self.watcher.choice))

    def _news(self) -> bool:
        """Whether the state is to be told: anything but speed and step has changed, or a second of training is over."""
        state = self._state()
        changed = any(state[name] != self._told[name] for name in ("status", "steps", "error", "revision", "diverged"))
        return changed or state != self._told and time.monotonic() - self._told_at >= 1.0

    def _status(self, event: str) -> bytes:
        self._told, self._told_at = self._state(), time.monotonic()
        return self._event(event, json.dumps(self._told).encode())

    def _state(self) -> dict[str, Any]:
        return self.run.state()

    def _patience(self) -> float:
        """Return how long to wait for news: to the frame that is due, the next second's status, the next ping."""
        now = time.monotonic()
        waits = [self._sent_at + PING - now]
        if self.watcher.frames or self.watcher.cursor < self.run.step:
            waits.append(self.watcher.patience)
        if self.run.status is Status.RUNNING or self.run.step != self._told["step"]:
            waits.append(self._told_at + 1.0 - now)
        return max(0.001, min(waits))

    def _event(self, name: str, data: bytes) -> bytes:
        self.last_id = max(self.last_id + 1, self.watcher.cursor * IDS_PER_STEP)
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.last_id, name.encode(), data)

    def _sent(self, texts: list[bytes]) -> bytes:
        """Return events as one piece to send; what is handed in is emptied."""
        whole = texts[0] if len(texts) == 1 else b"".join(texts)
        texts.clear()
        self._sent_at = time.monotonic()
        self.telemetry.bytes_sent.inc(len(whole))
        return whole


def opening(run: Run, last_event_id: int | None, after: int | None) -> tuple[int, int]:
    """Return where a stream begins: the step whose metrics the client has, and the id of the last event it saw."""
    if last_event_id is not None:
        return min(last_event_id // IDS_PER_STEP, run.step), last_event_id
    cursor = run.step if after is None else min(after, run.step)
    return cursor, cursor * IDS_PER_STEP
