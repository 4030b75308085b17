"""From one training run to everybody who watches it.

Publishing never waits and never piles up: a watcher has one wake-up flag, the frames of the newest piece of training
and a cursor into the metrics. Whoever falls behind is given the newest frame, and reads the metrics that he missed from
the database. Frames are encoded before they come here and shared by all.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import HTTPProblem
from app.telemetry import Telemetry
from app.wire import Choice, Parts

RECENT = 16  # batches of metrics kept in memory for those who keep up
EARLY = 0.25  # share of its period by which a frame may go out too early, so that it need not wait for its moment alone
LATE = 2.0  # periods after which metrics go out though no frame came with them


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


class Bell:
    """Wakes one sleeper, at the latest when he asked for it. Rung before he lies down, it does not let him sleep.

    An `asyncio.Event` in `asyncio.wait_for` does the same by a task and five callbacks each time; with hundreds of
    streams that was a third of the server's time.
    """

    def __init__(self) -> None:
        """Hang it up."""
        self._rung = False
        self._sleeper: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """Ring."""
        self._rung = True
        self._wake()

    def _wake(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    def clear(self) -> None:
        """Be quiet until the next ring."""
        self._rung = False

    def is_set(self) -> bool:
        """Return whether it rang since `clear`."""
        return self._rung

    def no_later(self, seconds: float) -> None:
        """Wake the sleeper, if there is one, in at most `seconds`."""
        if self._sleeper is not None and self._alarm is not None:
            moment = self._sleeper.get_loop().time() + seconds
            if moment < self._alarm.when():
                self._alarm.cancel()
                self._alarm = self._sleeper.get_loop().call_at(moment, self._wake)

    async def rest(self, seconds: float) -> None:
        """Sleep until it rings, `seconds` at the most."""
        if self._rung:
            return
        loop = asyncio.get_running_loop()
        self._sleeper, self._alarm = loop.create_future(), loop.call_later(seconds, self._wake)
        try:
            await self._sleeper
        finally:
            self._alarm.cancel()
            self._sleeper = self._alarm = None


@dataclass(eq=False)
class Watcher:
    """One open stream. With `max_fps` metrics go out together with frames; without frames, after two of its periods."""

    choice: Choice = Choice()
    max_fps: float | None = None
    cursor: int = 0  # the newest step whose metrics were sent
    frames: deque[Parts] = field(default_factory=deque)
    wake: Bell = field(default_factory=Bell)
    _due: float = 0.0  # moment (monotonic) of the next frame
    _late: float = 0.0  # moment from which metrics go out alone

    @property
    def patience(self) -> float:
        """Seconds until what waits may be sent; 0 or less: now."""
        if self.max_fps is None:
            return 0.0
        moment = self._due - EARLY / self.max_fps if self.frames else self._late
        return moment - time.monotonic()

    def sent(self, frames: int) -> None:
        """Something was sent. Frames keep to a grid of 1 / max_fps: one that is late is not made up for."""
        if self.max_fps is None:
            return
        now = time.monotonic()
        if frames:
            self._due = max(self._due, now) + 1 / self.max_fps
        self._late = now + LATE / self.max_fps

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
        """There is something to send: wake up, when its time has come."""
        patience = self.patience
        if patience <= 0:
            self.wake.set()
        else:
            self.wake.no_later(patience)


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
