"""One SQLite file (WAL) from the event loop's side: who may use it, who writes, and what a full disk does.

One thread writes, in order, each call one transaction: it is there whole or not at all. Another one reads. With
synchronous=NORMAL a killed process loses nothing that was committed.
"""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from app.errors import StoreError
from app.migrations import migrate

T = TypeVar("T")
FILE = "unrolled.sqlite3"
ROOM = 1 << 16  # bytes that must fit on a disk that was full before it counts as of use again


class Database:
    """A folder with the file and a lock; what its tables mean is the business of stores."""

    def __init__(self, folder: Path) -> None:
        """Keep the file in `folder`; `open` makes it."""
        self._folder = folder
        self._writer = ThreadPoolExecutor(1, "store-write")
        self._reader = ThreadPoolExecutor(1, "store-read")
        self._lock: Any = None
        self._w: Any = None  # the writer's connection
        self._r: Any = None  # the reader's
        self.ready = False
        self._refused = False  # the last write, by the disk

    async def open(self) -> None:
        """Open or make the database. Raises StoreError when it cannot be used, or another server uses it."""
        await self._run(self._writer, self._open)
        self.ready = True

    async def close(self) -> None:
        """Close it; everything asked for before is done first."""
        self.ready = False
        await asyncio.to_thread(self._close)

    def _open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = open(self._folder / "lock", "w")  # held as long as the store is open
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._w = self._connect()
            migrate(self._w)
            self._r = self._connect()
        except BlockingIOError:
            self._release()
            raise StoreError(f"another server uses {self._folder}") from None
        except OSError as error:
            self._release()
            raise StoreError(f"{self._folder}: {error.strerror}") from None
        except (sqlite3.Error, StoreError) as error:
            self._release()
            raise StoreError(f"{self._folder / FILE}: {error}") from None

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._folder / FILE, isolation_level=None, timeout=5, check_same_thread=False)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        return db

    def _close(self) -> None:
        self._writer.shutdown(wait=True)
        self._reader.shutdown(wait=True)
        self._release()

    def _release(self) -> None:
        for held in (self._r, self._w, self._lock):
            if held is not None:
                held.close()

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error

    async def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows that a query finds."""
        return await self._run(self._reader, lambda: self._r.execute(query, values).fetchall())

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` returns, done as one transaction. Raises StoreError, and nothing of it is there."""

        def transaction() -> T:
            self._w.execute("BEGIN IMMEDIATE")
            try:
                answer = work(self._w)
                self._w.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._w.execute("ROLLBACK")
                raise
            return answer

        try:
            answer = await self._run(self._writer, transaction)
        except StoreError:
            self._refused = True
            raise
        self._refused = False
        return answer

    async def works(self) -> bool:
        """Return whether it can be read and, after a write that the disk refused, written again."""
        if not self.ready:
            return False
        try:
            await self.read("SELECT 1 FROM runs LIMIT 1")
            if self._refused:
                await self.write(lambda db: db.execute("INSERT OR REPLACE INTO checkpoints (run, step, pinned, blob)"
                                                        " VALUES (0, 0, 0, zeroblob(?))", (ROOM,)))  # fmt: skip
                await self.write(lambda db: db.execute("DELETE FROM checkpoints WHERE run = 0"))
        except StoreError:
            return False
        return True
