"""Somebody who watches: what he wants, what he has had, when the next frame may go out to him."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.wire import Choice, Parts

EARLY = 0.25  # share of its period by which a frame may go out too early, so that it need not wait for its moment alone
LATE = 2.0  # periods after which metrics go out though no frame came with them
MADE_UP = 1.0  # periods by which a frame may have been late and yet leave the next one's moment where it was


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
        """Something was sent. Frames keep to a grid of 1 / max_fps, from which one that is very late breaks away.

        Were each late frame to move the grid, whoever asks for ten a second would have nine and a half.
        """
        if self.max_fps is None:
            return
        now = time.monotonic()
        if frames:
            self._due = max(self._due, now - MADE_UP / self.max_fps) + 1 / self.max_fps
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
