"""From one training run to everybody who watches it.

Publishing never waits and never piles up: a watcher has one wake-up flag, the frames of the newest piece of training
and a cursor into the metrics. Whoever falls behind is given the newest frame, and reads the metrics that he missed from
the database. Frames are encoded before they come here and shared by all.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import HTTPProblem
from app.telemetry import Telemetry
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


@dataclass(eq=False)
class Watcher:
    """One open stream."""

    choice: Choice = Choice()
    max_fps: float | None = None
    cursor: int = 0  # the newest step whose metrics were sent
    due: float = 0.0  # with `max_fps`: the moment (monotonic) before which nothing but news of the run is sent
    frames: deque[Parts] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, frames: Sequence[Parts]) -> int:
        """Take new frames. Whoever still has old ones is behind: he gets only the newest. Returns how many he loses.

        A frame that was under way when the watcher came may lack arrays that he wants; the next one has them.
        """
        frames = [frame for frame in frames if frame.choice.covers(self.choice)]
        if not frames:
            return 0
        lost = len(self.frames)
        if lost:
            self.frames.clear()
            lost += len(frames) - 1
            frames = frames[-1:]
        self.frames.extend(frames)
        return lost

    def nudge(self) -> None:
        """There is something to send: wake up, unless it is too early (then the stream wakes by itself)."""
        if self.max_fps is None or time.monotonic() >= self.due:
            self.wake.set()


@dataclass
class Channel:
    """The watchers of one run, and what was published last."""

    watchers: set[Watcher] = field(default_factory=set)
    batches: deque[Batch] = field(default_factory=lambda: deque(maxlen=RECENT))
    latest: Parts | None = None


class Hub:
    """All channels. `closing` is set when the server is told to stop."""

    def __init__(self, telemetry: Telemetry, most: int) -> None:
        """Admit at most `most` streams at once."""
        self._channels: dict[str, Channel] = {}
        self._telemetry, self._most = telemetry, most
        self.closing = asyncio.Event()
        self.streams = 0

    @contextmanager
    def watching(self, run_id: str, watcher: Watcher) -> Iterator[Channel]:
        """Be a watcher for as long as the block lasts, however it ends."""
        if self.streams >= self._most:
            raise HTTPProblem(503, f"{self._most} streams are open, which is the most", headers={"Retry-After": "10"})
        channel = self._channels.setdefault(run_id, Channel())
        channel.watchers.add(watcher)
        self._count(+1)
        try:
            yield channel
        finally:
            channel.watchers.discard(watcher)
            self._count(-1)
            if not channel.watchers and self._channels.get(run_id) is channel:
                del self._channels[run_id]

    def _count(self, change: int) -> None:
        self.streams += change
        self._telemetry.streams.set(self.streams)

    def watch(self, run_id: str) -> Watch | None:
        """Return what is to be shown of a run, None when nobody watches."""
        channel = self._channels.get(run_id)
        if channel is None:
            return None
        views = [w.choice.views for w in channel.watchers]
        rates = [w.max_fps for w in channel.watchers]
        every = None if None in views else frozenset().union(*(v for v in views if v is not None))
        fastest = None if None in rates else max((r for r in rates if r is not None), default=None)
        return Watch(Choice(every, any(w.choice.products for w in channel.watchers)), fastest)

    def publish(self, run_id: str, rows: Sequence[tuple[int, str]] = (), frames: Sequence[Parts] = ()) -> None:
        """Hand out what is already committed: metrics rows, and frames when there are any."""
        channel = self._channels.get(run_id)
        if channel is None:
            return
        if rows:
            channel.batches.append(batch(rows))
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
        later = [b for b in channel.batches if b.after >= cursor] if channel else []
        if not later or later[0].after != cursor:
            return None
        return Batch(cursor, later[-1].last, b",".join(b.rows for b in later))

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
