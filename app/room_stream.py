"""The stream of a room: server-sent events.

| event    | data                                                                                                |
|----------|-----------------------------------------------------------------------------------------------------|
| `now`    | {run, step, view, selection} that the teacher shows, null when nothing; first, then at every change |
| `member` | {what: joined, run or left, member, nickname, run}: who came, got another run, or went              |
| `wall`   | {room, members: [{member, nickname, run, status, step, steps, networks}]}, with `wall=true`         |
| `bye`    | {room, why: closed or stopping}; the stream ends                                                    |
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from app.hub import Hub
from app.rooms import Room
from app.walls import BEAT, Walls
from app.watching import Watcher

PING = 15.0  # seconds


@dataclass
class RoomEvents:
    """The events of one stream, as ready-made bytes."""

    room: Room
    hub: Hub
    walls: Walls | None  # None: without walls
    watcher: Watcher = field(default_factory=Watcher)
    _shown: int = -1  # revision of what the teacher shows
    _heard: int = 0  # news told
    _wall: bytes = b""
    _wall_at: float = 0.0
    _sent_at: float = field(default_factory=time.monotonic)

    @property
    def channel(self) -> str:
        """Whose news wakes the stream."""
        return self.room.channel

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield every event until the room is closed or the server stops."""
        self._heard = self.room.told
        yield b"retry: 1000\n\n"
        while True:
            self.watcher.wake.clear()
            if self._shown != self.room.revision:
                self._shown = self.room.revision
                yield self._event("now", self.room.now)
            missed, self._heard = self.room.told - self._heard, self.room.told
            for news in list(self.room.news)[-missed:] if missed else ():
                yield self._event("member", news)
            if why := self._end():
                yield self._event("bye", {"room": self.room.row.code, "why": why})
                return
            if self.walls and time.monotonic() - self._wall_at >= BEAT and (wall := await self._new_wall(self.walls)):
                yield self._sent(b"event: wall\ndata: %s\n\n" % wall)
            if time.monotonic() - self._sent_at >= PING:
                yield self._sent(b": ping\n\n")
            await self.watcher.wake.rest(BEAT if self.walls else PING)

    async def _new_wall(self, walls: Walls) -> bytes | None:
        self._wall_at = time.monotonic()
        wall = await walls.wall(self.room)
        if wall == self._wall:
            return None
        self._wall = wall
        return wall

    def _end(self) -> str | None:
        return "closed" if self.room.closed else "stopping" if self.hub.closing.is_set() else None

    def _event(self, name: str, data: Any) -> bytes:
        return self._sent(b"event: %s\ndata: %s\n\n" % (name.encode(), json.dumps(data).encode()))

    def _sent(self, text: bytes) -> bytes:
        self._sent_at = time.monotonic()
        return text
