"""From one training run to everybody who watches it.

Publishing never waits and never piles up: a watcher has one wake-up flag, the frames of the newest piece of training
and a cursor into the metrics. Whoever falls behind is given the newest frame, and reads the metrics that he missed from
the database. Frames are encoded before they come here and shared by all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import HTTPProblem
from app.telemetry import Telemetry
from app.watching import Watcher
from app.wire import Choice, Parts

RECENT = 16  # batches of metrics kept in memory for those who keep up


class Batch(NamedTuple):
    """Metrics rows of the steps after + 1 .. last, as JSON with commas between."""

    after: int
    last: int
    rows: bytes


class Watch(NamedTuple):
    """What all watchers of a run together want to see."""

    choice: Choice
    fps: float | None  # None: every frame
    watchers: int = 1


@dataclass
class Channel:
    """The watchers of one run, and what was published last."""

    watchers: set[Watcher] = field(default_factory=set)
    batches: deque[Batch] = field(default_factory=lambda: deque(maxlen=RECENT))
    joined: dict[int, Batch] = field(default_factory=dict)  # by the step after which they begin, made once for all
    latest: Parts | None = None
    wanted: Watch | None = None  # what all watchers want together, until one comes or goes

    def want(self) -> Watch:
        """Return what is to be shown to all."""
        if self.wanted is None:
            views = [w.choice.views for w in self.watchers]
            rates = [w.max_fps for w in self.watchers]
            every = None if None in views else frozenset().union(*(v for v in views if v is not None))
            fastest = None if None in rates else max((r for r in rates if r is not None), default=None)
            products = any(w.choice.products for w in self.watchers)
            self.wanted = Watch(Choice(every, products), fastest, len(self.watchers))
        return self.wanted

    def following(self, cursor: int) -> Batch | None:
        """Return all metrics after `cursor` as one batch, if they are still in memory."""
        if cursor not in self.joined:
            later = [b for b in self.batches if b.after >= cursor]
            if not later or later[0].after != cursor:
                return None
            self.joined[cursor] = Batch(cursor, later[-1].last, b",".join(b.rows for b in later))
        return self.joined[cursor]


class Hub:
    """All channels. `closing` is set when the server is told to stop."""

    def __init__(self, telemetry: Telemetry, most: int) -> None:
        """Admit at most `most` streams at once."""
        self._channels: dict[str, Channel] = {}
        self._telemetry, self._most = telemetry, most
        self.closing = asyncio.Event()
        self.streams = 0
        self.changed: Callable[[str], None] = lambda run_id: None  # told when watchers of a run come or go

    @contextmanager
    def watching(self, run_id: str, watcher: Watcher) -> Iterator[Channel]:
        """Be a watcher for as long as the block lasts, however it ends."""
        if self.streams >= self._most:
            raise HTTPProblem(503, f"{self._most} streams are open, which is the most", headers={"Retry-After": "10"})
        channel = self._channels.setdefault(run_id, Channel())
        channel.watchers.add(watcher)
        channel.wanted = None
        self._count(+1)
        self.changed(run_id)
        try:
            yield channel
        finally:
            channel.watchers.discard(watcher)
            channel.wanted = None
            self._count(-1)
            if not channel.watchers and self._channels.get(run_id) is channel:
                del self._channels[run_id]
            self.changed(run_id)

    def _count(self, change: int) -> None:
        self.streams += change
        self._telemetry.streams.set(self.streams)

    def watch(self, run_id: str) -> Watch | None:
        """Return what is to be shown of a run, None when nobody watches."""
        channel = self._channels.get(run_id)
        return channel.want() if channel else None

    def publish(self, run_id: str, rows: Sequence[tuple[int, str]] = (), frames: Sequence[Parts] = ()) -> None:
        """Hand out what is already committed: metrics rows, and frames when there are any."""
        channel = self._channels.get(run_id)
        if channel is None:
            return
        if rows:
            channel.batches.append(batch(rows))
            channel.joined.clear()
        if frames:
            channel.latest = frames[-1]
        lost = sum(watcher.offer(frames) if frames else 0 for watcher in channel.watchers)
        self._telemetry.frames_dropped.inc(lost)
        for watcher in channel.watchers:
            watcher.nudge()

    def notify(self, run_id: str) -> None:
        """Wake a run's watchers: its state has changed."""
        channel = self._channels.get(run_id)
        for watcher in channel.watchers if channel else ():
            watcher.wake.set()

    def following(self, run_id: str, cursor: int) -> Batch | None:
        """Return all metrics after `cursor` as one batch, if they are still in memory."""
        channel = self._channels.get(run_id)
        return channel.following(cursor) if channel else None

    def latest(self, run_id: str) -> Parts | None:
        """Return the newest published frame."""
        channel = self._channels.get(run_id)
        return channel.latest if channel else None

    def forget_frame(self, run_id: str) -> None:
        """The newest frame no longer shows the run (its weights or knobs were changed)."""
        channel = self._channels.get(run_id)
        if channel:
            channel.latest = None

    def close(self) -> None:
        """Tell every stream to say goodbye."""
        self.closing.set()
        for run_id in self._channels:
            self.notify(run_id)


def batch(rows: Sequence[tuple[int, str]]) -> Batch:
    """Return consecutive metrics rows (step, JSON) as a batch."""
    return Batch(rows[0][0] - 1, rows[-1][0], ",".join(row for _, row in rows).encode())
