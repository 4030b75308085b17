"""All runs: made, found, listed and deleted. The database has them all, memory those in use."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from typing import Protocol
from weakref import WeakValueDictionary

from app import lab, training
from app.checkpoints import Saved
from app.errors import Missing, TooMany
from app.executor import Executor
from app.hub import Hub
from app.runs import Run, Status
from app.settings import Settings
from app.store import Row, Store

RESIDENT = 256  # idle runs kept in memory


class Registry:
    """Where a run is found by its id."""

    def __init__(self, settings: Settings, store: Store, executor: Executor, hub: Hub) -> None:
        """Take the parts that a run lives in."""
        self._settings, self._store, self._executor, self._hub = settings, store, executor, hub
        self._recent: OrderedDict[str, Run] = OrderedDict()
        self._alive: WeakValueDictionary[str, Run] = WeakValueDictionary()  # a run in use exists once, whoever asks
        self._making = asyncio.Lock()

    async def create(self, body: bytes, client: str, owner: str | None = None) -> tuple[Run, str | None]:
        """Make a run from the JSON of its spec; return it and, where one is needed, a token for its owner.

        `owner` is the digest of a token that its owner has already.
        """
        made = await self._executor.call(training.create, body, self._settings.caps)
        token = secrets.token_urlsafe(24) if self._settings.require_token and owner is None else None
        now = time.time()
        status = Status.FINISHED if made.finished else Status.PAUSED
        owner = owner or (token and digest(token))
        row = Row(0, secrets.token_hex(16), client, owner, now, now, status, made.step, made.total, made.seq_len,
                  made.spec, made.spec, None, None)  # fmt: skip
        async with self._making:
            await self._make_room(client, now)
            no = await self._store.add(row, made.blob)
        run = Run.of_row(row, made.every)
        run.no, run.head = no, made.blob
        return self._keep(run), token

    async def fork(self, parent: Run, saved: Saved, step: int, body: bytes, client: str) -> tuple[Run, str | None]:
        """Make a run that goes on from a trained step of another, changed as `body` says; as `create` otherwise."""
        made, changes = await self._executor.call(lab.fork, saved, step, body)
        token = secrets.token_urlsafe(24) if self._settings.require_token else None
        now = time.time()
        status = Status.FINISHED if made.finished else Status.PAUSED
        row = Row(0, secrets.token_hex(16), client, token and digest(token), now, now, status, made.step, made.total,
                  made.seq_len, made.spec, parent.first_spec, None, None)  # fmt: skip
        async with self._making:
            await self._make_room(client, now)
            no = await self._store.fork(row, parent.no, made.blob, now, changes)
        run = Run.of_row(row, made.every)
        run.no, run.head = no, made.blob
        return self._keep(run), token

    async def get(self, run_id: str) -> Run:
        """Return a run. Raises Missing."""
        run = self._alive.get(run_id)
        if run is None:
            row = await self._store.get(run_id)
            if row is None:
                raise Missing(run_id)
            run = self._alive.get(run_id) or Run.of_row(row)
        if run.status is Status.CANCELLED:
            raise Missing(run_id)
        return self._keep(run)

    def at_hand(self, run_id: str) -> Run | None:
        """Return a run that is in memory."""
        return self._alive.get(run_id)

    def in_memory(self) -> list[Run]:
        """Return the runs that are in memory: among them all that train."""
        return list(self._alive.values())

    async def delete(self, run: Run) -> None:
        """Delete a run: training stops, streams are told, nothing of it stays."""
        async with run.held():
            if run.status is Status.CANCELLED:
                raise Missing(run.id)
            await self._store.delete(run.no)
            run.status, run.head = Status.CANCELLED, None
            self._recent.pop(run.id, None)
            self._hub.notify(run.id)

    async def expire(self) -> None:
        """Delete runs that nobody has used for a long time."""
        for run_id in await self._store.idle_since(time.time() - self._settings.expire_seconds):
            await self._delete_if_idle(run_id)

    async def _make_room(self, client: str, now: float) -> None:
        """Refuse (429) a client with too many runs, unless one of them is long idle: that one is deleted."""
        runs = await self._store.of_client(client)
        for run_id, status, touched in runs:
            if len(runs) < self._settings.max_runs:
                return
            if status != Status.RUNNING and now - touched > self._settings.idle_seconds:
                if await self._delete_if_idle(run_id):
                    return
        if len(runs) >= self._settings.max_runs:
            raise TooMany(f"you have {len(runs)} runs, which is the most; delete one")

    async def _delete_if_idle(self, run_id: str) -> bool:
        run = await self.get(run_id)
        if not run.idle or self._hub.watch(run_id):
            return False
        await self.delete(run)
        return True

    def _keep(self, run: Run) -> Run:
        """Count a run as just used; let go of the longest unused ones."""
        self._alive[run.id] = run
        self._recent[run.id] = run
        self._recent.move_to_end(run.id)
        if len(self._recent) > RESIDENT:
            for old in [r for r in self._recent.values() if r.idle][: len(self._recent) - RESIDENT]:
                del self._recent[old.id]
        return run


def digest(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Owned(Protocol):
    """What has an owner: a run, a sweep."""

    @property
    def owner(self) -> str | None:
        """The digest of the owner's token, None: anybody may change it."""


def owns(owned: Owned, token: str | None) -> bool:
    """Return whether `token` is the owner's."""
    return bool(token and owned.owner) and hmac.compare_digest(digest(token or ""), owned.owner or "")
