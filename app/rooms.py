"""Class mode: rooms that a teacher opens and students enter by a code.

A room is a preset experiment, a list of controls that its page hides, the students in it, and what the teacher shows.
It lives in the database; memory has what is asked for again and again. News go to its streams through the hub.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import re
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope

from app import training
from app.errors import Conflict, FieldProblem, HTTPProblem, Missing, TooMany, brief
from app.executor import Executor
from app.hub import Hub
from app.keys import Keys, bearer
from app.limiting import address
from app.registry import Registry, digest
from app.roomstore import Member, RoomRow, RoomStore
from app.runs import Run
from app.settings import Settings
from app.wire import dumps

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another: no I, L, O
LENGTH = 6  # 148 million codes


@dataclass(eq=False)
class Room:
    """A room in memory."""

    row: RoomRow
    members: dict[int, Member]
    now: dict[str, Any] | None
    revision: int = 0  # of what the teacher shows
    news: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=256))  # who came, went, moved
    told: int = 0  # news in all
    closed: bool = False

    @property
    def channel(self) -> str:
        """Its name in the hub."""
        return f"room {self.row.code}"


class Rooms:
    """All rooms."""

    def __init__(
        self, settings: Settings, store: RoomStore, executor: Executor, hub: Hub, registry: Registry, keys: Keys
    ) -> None:
        """Take the parts that a room lives in; `open` reads what there is."""
        self._settings, self.store, self._executor, self.hub, self.registry = settings, store, executor, hub, registry
        self._keys = keys
        self._rooms: dict[str, Room] = {}
        self._tokens: dict[str, int] = {}  # digest of a member's token -> number of the member
        self._entering = asyncio.Lock()  # who comes in is counted, and his name compared, one after the other

    async def open(self) -> None:
        """Read the rooms of the database."""
        for row in await self.store.all():
            members = {member.no: member for member in await self.store.members(row.no)}
            self._rooms[row.code] = Room(row, members, row.now)
            self._tokens |= {member.token: member.no for member in members.values()}

    def who(self, scope: Scope) -> str:
        """Return whom a request is counted for: a member of a room (many share one address), else an address."""
        token = bearer(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
        number = self._tokens.get(digest(token)) if token else None
        return address(scope) if number is None else f"member {number}"

    # --- rooms --------------------------------------------------------------------------------------------------

    def all(self) -> list[Room]:
        """Return every room, oldest first."""
        return list(self._rooms.values())

    def get(self, code: str, client: str) -> Room:
        """Return the room of a code, in small letters or with spaces, too. 404, or 429 after too many guesses."""
        self._keys.guesses.check(client)
        room = self._rooms.get(re.sub(r"[\s-]", "", code).upper())
        if room is None:
            self._keys.guesses.hit(client)
            message = "there is no room with this code; ask for it again, it may have been closed"
            raise HTTPProblem(404, f"code = {brief(code)}: {message}", [FieldProblem("code", code, message)])
        return room

    async def make(self, title: str, spec: Any, hide: tuple[str, ...]) -> Room:
        """Open a room. 422 for a preset that is none, 429 when there are too many rooms."""
        if len(self._rooms) >= self._settings.max_rooms:
            raise TooMany(f"there are {len(self._rooms)} rooms, which is the most; close one")
        made = await self._executor.call(training.create, dumps(spec).encode(), self._settings.caps)
        row = RoomRow(0, self._fresh_code(), title, made.spec, hide, time.time(), None)
        room = Room(dataclasses.replace(row, no=await self.store.add(row)), {}, None)
        self._rooms[row.code] = room
        return room

    async def close(self, room: Room) -> None:
        """Close a room: its streams end, its code leads nowhere. The runs stay until they expire."""
        await self.store.delete(room.row.no)
        self._rooms.pop(room.row.code, None)
        for member in room.members.values():
            self._tokens.pop(member.token, None)
        room.closed = True
        self.hub.notify(room.channel)

    async def show(self, room: Room, now: dict[str, Any] | None) -> None:
        """Show something to all who follow; None: nothing any more."""
        if now:
            await self.registry.get(now["run"])
        await self.store.show(room.row.no, now)
        room.now, room.revision = now, room.revision + 1
        self.hub.notify(room.channel)

    # --- members ------------------------------------------------------------------------------------------------

    async def join(self, room: Room, nickname: str) -> tuple[Member, str, Run]:
        """Let a student in: a run of their own, from the preset; return member, token and run."""
        _admit(room, nickname, self._settings.max_members)
        token = secrets.token_urlsafe(24)
        owner = f"room {room.row.code} {digest(token)[:8]}"
        run, _ = await self.registry.create(room.row.spec.encode(), owner, digest(token))
        member = Member(0, nickname, digest(token), run.id, time.time())
        try:
            async with self._entering:
                _admit(room, nickname, self._settings.max_members)  # others may have come meanwhile
                member.no = await self.store.join(room.row.no, member)
                room.members[member.no] = member
        except BaseException:
            await self.registry.delete(run)
            raise
        self._tokens[member.token] = member.no
        self._tell(room, "joined", member)
        return member, token, run

    async def restart(self, room: Room, member: Member, body: bytes | None) -> Run:
        """Give a member a new run, from the preset or another spec; the old one is deleted."""
        body = room.row.spec.encode() if body is None else body
        owner = f"room {room.row.code} {member.token[:8]}"
        run, _ = await self.registry.create(body, owner, member.token)
        old, member.run = member.run, run.id
        await self.store.move(member.no, run.id)
        await self._drop(old)
        self._tell(room, "run", member)
        return run

    async def remove(self, room: Room, member: Member) -> None:
        """Take a member out of the room, with the run."""
        await self.store.leave(member.no)
        room.members.pop(member.no, None)
        self._tokens.pop(member.token, None)
        await self._drop(member.run)
        self._tell(room, "left", member)

    def member(self, room: Room, number: int, token: str | None) -> Member:
        """Return a member of a room for the member or the teacher (401, 403, 404)."""
        member = room.members.get(number)
        if member is None:
            raise HTTPProblem(404, f"member = {number}: there is nobody with this number in the room",
                              [FieldProblem("member", number, "nobody has this number")])  # fmt: skip
        if not token:
            raise HTTPProblem(401, "this needs the member's token: Authorization: Bearer …",
                              headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
        if not self._keys.is_teacher(token) and not hmac.compare_digest(digest(token), member.token):
            raise HTTPProblem(403, "this token does not belong to this member")
        return member

    async def _drop(self, run_id: str) -> None:
        try:
            await self.registry.delete(await self.registry.get(run_id))
        except Missing:
            pass

    def _tell(self, room: Room, what: str, member: Member) -> None:
        room.news.append({"what": what, "member": member.no, "nickname": member.nickname, "run": member.run})
        room.told += 1
        self.hub.notify(room.channel)

    def _fresh_code(self) -> str:
        while True:
            code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
            if code not in self._rooms:
                return code


def _admit(room: Room, nickname: str, most: int) -> None:
    """Refuse a name that is taken (409), a full room (429), a closed one (404)."""
    if room.closed:
        raise HTTPProblem(404, "the room was closed")
    if any(member.nickname.casefold() == nickname.casefold() for member in room.members.values()):
        raise Conflict("taken", f"nickname = {brief(nickname)}: somebody in this room is called so; take another")
    if len(room.members) >= most:
        raise TooMany(f"the room is full: {len(room.members)} are in it")
