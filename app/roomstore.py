"""Rooms and their members in the database: tables of their own beside the runs."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from app.database import Database


@dataclass
class Member:
    """A student in a room, and the run that is theirs at the moment."""

    no: int
    nickname: str
    token: str  # sha256 of the member's token, which owns the runs
    run: str
    joined: float  # seconds since 1970


@dataclass(frozen=True)
class RoomRow:
    """A room as the database has it."""

    no: int
    code: str
    title: str
    spec: str  # JSON, all defaults filled in
    hide: tuple[str, ...]  # names of controls and panels
    created: float
    now: dict[str, Any] | None  # what the teacher shows


class RoomStore:
    """What outlives the process of a class."""

    def __init__(self, store: Database) -> None:
        """Live in `store`."""
        self._store = store

    async def add(self, row: RoomRow) -> int:
        """Store a new room; return its number."""
        values = (row.code, row.title, row.spec, json.dumps(row.hide), row.created)
        query = "INSERT INTO rooms (code, title, spec, hide, created) VALUES (?,?,?,?,?)"
        return int(await self._store.write(lambda db: db.execute(query, values).lastrowid or 0))

    async def all(self) -> list[RoomRow]:
        """Return every room, oldest first."""
        rows = await self._store.read("SELECT no, code, title, spec, hide, created, now FROM rooms ORDER BY no")
        return [
            RoomRow(no, code, title, spec, tuple(json.loads(hide)), created, now and json.loads(now))
            for no, code, title, spec, hide, created, now in rows
        ]

    async def members(self, room: int) -> list[Member]:
        """Return the members of a room in the order in which they came."""
        query = "SELECT no, nickname, token, run, joined FROM members WHERE room = ? ORDER BY no"
        return [Member(*row) for row in await self._store.read(query, room)]

    async def delete(self, no: int) -> None:
        """Delete a room and its list of members; their runs stay until they expire."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM members WHERE room = ?", (no,))
            db.execute("DELETE FROM rooms WHERE no = ?", (no,))

        await self._store.write(work)

    async def join(self, room: int, member: Member) -> int:
        """Store a new member; return the number."""
        query = "INSERT INTO members (room, nickname, token, run, joined) VALUES (?,?,?,?,?)"
        values = (room, member.nickname, member.token, member.run, member.joined)
        return int(await self._store.write(lambda db: db.execute(query, values).lastrowid or 0))

    async def move(self, member: int, run: str) -> None:
        """Give a member another run."""
        await self._store.write(lambda db: db.execute("UPDATE members SET run = ? WHERE no = ?", (run, member)))

    async def leave(self, member: int) -> None:
        """Forget a member."""
        await self._store.write(lambda db: db.execute("DELETE FROM members WHERE no = ?", (member,)))

    async def show(self, no: int, now: dict[str, Any] | None) -> None:
        """Store what the teacher shows."""
        text = None if now is None else json.dumps(now)
        await self._store.write(lambda db: db.execute("UPDATE rooms SET now = ? WHERE no = ?", (text, no)))

    async def runs(self, before: int, limit: int) -> list[dict[str, Any]]:
        """Return runs of all clients, newest first, each with its room and nickname where it has them."""
        query = (
            "SELECT runs.no, id, client, runs.created, touched, status, step, total, code, nickname FROM runs"
            " LEFT JOIN members ON members.run = runs.id LEFT JOIN rooms ON rooms.no = members.room"
            " WHERE runs.no < ? ORDER BY runs.no DESC LIMIT ?"
        )
        names = ("no", "id", "client", "created", "touched", "status", "step", "steps", "room", "nickname")
        return [dict(zip(names, row, strict=True)) for row in await self._store.read(query, before, limit)]
