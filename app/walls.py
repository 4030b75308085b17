"""The walls of all rooms: where each student's run is, made once however many look.

The networks' numbers are those of the newest frame of each run. Where nobody watches a run no frames are made: then the
wall asks for one, for one run at a time and only as often as `ASK`, however many walls hang.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

from app import glance
from app.errors import HTTPProblem, StoreError, WorkError
from app.rooms import Room, Rooms
from app.roomstore import Member
from app.runs import Run
from app.viewer import Viewer

BEAT = 1.0  # seconds from wall to wall
ASK = 0.25  # seconds between two frames made for a wall
STALE = 5.0  # seconds after which a frame is made again, if the run has gone on
REMEMBERED = 1000  # runs whose moments are kept


class Walls:
    """What is known of the runs on the walls, for all streams together."""

    def __init__(self, rooms: Rooms, viewer: Viewer) -> None:
        """Ask `viewer` for frames that are missing."""
        self._rooms, self._viewer = rooms, viewer
        self._made: dict[str, float] = {}  # room -> moment of its newest wall
        self._walls: dict[str, bytes] = {}
        self._asked: dict[str, float] = {}  # run -> moment
        self._wanted: dict[str, Run] = {}  # runs whose frames are wanted, in turn
        self._asking: asyncio.Task[None] | None = None

    async def wall(self, room: Room) -> bytes:
        """Return the room's wall as JSON, made at most once in a BEAT."""
        code, now = room.row.code, time.monotonic()
        if now - self._made.get(code, 0.0) >= BEAT * 0.9 or code not in self._walls:
            self._made[code] = now
            rows = [await self._row(member) for member in list(room.members.values())]
            self._walls[code] = json.dumps({"room": code, "members": rows}).encode()
        return self._walls[code]

    def forget(self, room: Room) -> None:
        """The room was closed."""
        self._made.pop(room.row.code, None)
        self._walls.pop(room.row.code, None)

    async def _row(self, member: Member) -> dict[str, Any]:
        row: dict[str, Any] = {"member": member.no, "nickname": member.nickname, "run": member.run}
        try:
            run = await self._rooms.registry.get(member.run)
        except HTTPProblem:
            return {**row, "status": "cancelled", "step": 0, "steps": 0, "networks": []}
        self._wish(run)
        networks = glance.summary(run.glance)["networks"] if run.glance else []
        return {**row, "status": str(run.status), "step": run.step, "steps": run.total, "networks": networks}

    def _wish(self, run: Run) -> None:
        """Have a frame made of a run that has none or went on since, in its turn."""
        if self._fresh(run):
            return
        self._wanted.setdefault(run.id, run)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    def _fresh(self, run: Run) -> bool:
        asked = self._asked.get(run.id, -STALE)
        return bool(run.glance) and (run.glanced == run.step or time.monotonic() - asked < STALE)

    async def _ask(self) -> None:
        while self._wanted:
            run = self._wanted.pop(next(iter(self._wanted)))
            if self._fresh(run):  # somebody has begun to watch it
                continue
            if len(self._asked) > REMEMBERED:
                self._asked.clear()
            self._asked[run.id] = time.monotonic()
            with suppress(HTTPProblem, StoreError, WorkError):
                run.see(await self._viewer.newest(run, glance.SCALARS))
            await asyncio.sleep(ASK)
