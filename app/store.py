"""What outlives the process: runs, the metrics of every step, checkpoints and patches.

A piece of training is one transaction: it is there whole or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.database import Database
from app.errors import StoreError
from app.ladder import thin

SLICE = 20_000  # metrics rows deleted at a time, so that a large run's end does not hold up the others


@dataclass(frozen=True)
class Row:
    """A run as the database has it."""

    no: int
    id: str
    client: str
    owner: str | None
    created: float
    touched: float
    status: str
    step: int
    total: int
    seq_len: int
    spec: str
    first_spec: str
    diverged: str | None
    error: str | None


class Store(Database):
    """Runs, and all that belongs to them."""

    async def open(self) -> None:
        """Open or make the database, and finish deletions that a kill interrupted. Raises StoreError."""
        await super().open()
        for (no,) in await self.read("SELECT run FROM doomed"):
            with suppress(StoreError):  # a full disk: another time, what is there can be read all the same
                await self._bury(no)

    # --- runs ---------------------------------------------------------------------------------------------------

    async def add(self, row: Row, checkpoint: bytes) -> int:
        """Store a new run with its untrained checkpoint; return its number."""

        def work(db: sqlite3.Connection) -> int:
            no = _insert(db, row)
            db.execute("INSERT INTO checkpoints (run, step, pinned, blob) VALUES (?,?,1,?)", (no, row.step, checkpoint))
            return no

        return await self.write(work)

    async def fork(self, row: Row, parent: int, checkpoint: bytes, at: float, changes: str) -> int:
        """Store a run that goes on from another's `row.step` with a changed checkpoint; return its number.

        What the other had up to there (metrics, checkpoints, changes) is copied, so that the new run is whole.
        """

        def work(db: sqlite3.Connection) -> int:
            no = _insert(db, row)
            here = (no, parent, row.step)
            db.execute("INSERT INTO metrics (run, step, row) SELECT ?, step, row FROM metrics"
                       " WHERE run = ? AND step <= ?", here)  # fmt: skip
            db.execute("INSERT INTO checkpoints (run, step, pinned, blob) SELECT ?, step, pinned, blob"
                       " FROM checkpoints WHERE run = ? AND step < ?", here)  # fmt: skip
            db.execute("INSERT INTO patches (run, step, at, changes) SELECT ?, step, at, changes FROM patches"
                       " WHERE run = ? AND step <= ? ORDER BY no", here)  # fmt: skip
            db.execute("INSERT INTO patches (run, step, at, changes) VALUES (?,?,?,?)", (no, row.step, at, changes))
            db.execute("INSERT INTO checkpoints (run, step, pinned, blob) VALUES (?,?,1,?)", (no, row.step, checkpoint))
            return no

        return await self.write(work)

    async def get(self, run_id: str) -> Row | None:
        """Return a run, or None."""
        rows = await self.read("SELECT * FROM runs WHERE id = ?", run_id)
        return Row(*rows[0]) if rows else None

    async def with_status(self, status: str) -> list[str]:
        """Return the ids of all runs of a status, oldest first."""
        return [row[0] for row in await self.read("SELECT id FROM runs WHERE status = ? ORDER BY no", status)]

    async def count(self) -> dict[str, int]:
        """Return the number of runs by status."""
        return dict(await self.read("SELECT status, count(*) FROM runs GROUP BY status"))

    async def of_client(self, client: str) -> list[tuple[str, str, float]]:
        """Return (id, status, touched) of a client's runs, the longest idle first."""
        return await self.read("SELECT id, status, touched FROM runs WHERE client = ? ORDER BY touched", client)

    async def idle_since(self, moment: float) -> list[str]:
        """Return the ids of runs not playing that nobody touched since `moment`."""
        query = "SELECT id FROM runs WHERE touched < ? AND status <> 'running'"
        return [row[0] for row in await self.read(query, moment)]

    async def update(self, no: int, **columns: Any) -> None:
        """Set columns of a run."""
        names = ", ".join(f"{name} = ?" for name in columns)
        await self.write(lambda db: db.execute(f"UPDATE runs SET {names} WHERE no = ?", (*columns.values(), no)))

    async def delete(self, no: int) -> None:
        """Delete a run and all that belongs to it; its metrics go piece by piece."""
        await self.write(lambda db: _delete(db, no))
        await self._bury(no)

    async def _bury(self, no: int) -> None:
        while not await self.write(lambda db: _delete_metrics(db, no)):
            pass

    # --- training -----------------------------------------------------------------------------------------------

    async def commit(
        self, no: int, step: int, rows: list[tuple[int, str]], checkpoint: bytes | None, keep: int, **columns: Any
    ) -> None:
        """Store a piece of training, whole: the rows of its steps, its checkpoint (thinned to `keep`), its state."""

        def work(db: sqlite3.Connection) -> None:
            values = [(no, s, row) for s, row in rows]
            db.executemany("INSERT OR REPLACE INTO metrics (run, step, row) VALUES (?,?,?)", values)
            if checkpoint is not None:
                db.execute("INSERT OR REPLACE INTO checkpoints (run, step, pinned, blob) VALUES (?,?,"
                           " ifnull((SELECT pinned FROM checkpoints WHERE run = ? AND step = ?), 0), ?)",
                           (no, step, no, step, checkpoint))  # fmt: skip
                _thin(db, no, keep)
            names = "".join(f", {name} = ?" for name in columns)
            db.execute(f"UPDATE runs SET step = ?{names} WHERE no = ?", (step, *columns.values(), no))

        await self.write(work)

    async def patch(self, no: int, step: int, at: float, changes: str, checkpoint: bytes, **columns: Any) -> None:
        """Store a change made at `step`, and the checkpoint that it gave, which is never thinned out."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO patches (run, step, at, changes) VALUES (?,?,?,?)", (no, step, at, changes))
            db.execute("INSERT OR REPLACE INTO checkpoints (run, step, pinned, blob) VALUES (?,?,1,?)",
                       (no, step, checkpoint))  # fmt: skip
            names = ", ".join(f"{name} = ?" for name in columns)
            db.execute(f"UPDATE runs SET {names} WHERE no = ?", (*columns.values(), no))

        await self.write(work)

    async def pinned(self, no: int, other_than: int) -> int:
        """Return how many checkpoints of a run are never thinned out, that of step `other_than` not counted."""
        query = "SELECT count(*) FROM checkpoints WHERE run = ? AND pinned AND step <> ?"
        return int((await self.read(query, no, other_than))[0][0])

    async def patches(self, no: int) -> list[tuple[int, float, str]]:
        """Return (step, at, changes) of every change, in order."""
        return await self.read("SELECT step, at, changes FROM patches WHERE run = ? ORDER BY no", no)

    async def metrics(self, no: int, after: int, to: int, limit: int) -> list[tuple[int, str]]:
        """Return (step, row) of at most `limit` steps in (after, to], in order."""
        query = "SELECT step, row FROM metrics WHERE run = ? AND step > ? AND step <= ? ORDER BY step LIMIT ?"
        return await self.read(query, no, after, to, limit)

    async def checkpoint(self, no: int, step: int) -> tuple[int, bytes]:
        """Return (step, bytes) of the newest checkpoint not after `step`."""
        query = "SELECT step, blob FROM checkpoints WHERE run = ? AND step <= ? ORDER BY step DESC LIMIT 1"
        rows = await self.read(query, no, step)
        if not rows:
            raise StoreError(f"a run has no checkpoint at or before step {step}")
        return rows[0]

    async def checkpoints(self, no: int, steps: Sequence[int]) -> list[bytes]:
        """Return the bytes of the checkpoints of some stored steps, in order."""
        marks = ",".join("?" * len(steps))
        query = f"SELECT blob FROM checkpoints WHERE run = ? AND step IN ({marks}) ORDER BY step"
        return [row[0] for row in await self.read(query, no, *steps)]

    async def checkpoint_steps(self, no: int) -> list[int]:
        """Return the steps of which checkpoints are stored, in order."""
        return [row[0] for row in await self.read("SELECT step FROM checkpoints WHERE run = ? ORDER BY step", no)]


def _insert(db: sqlite3.Connection, row: Row) -> int:
    no = db.execute(
        "INSERT INTO runs (id, client, owner, created, touched, status, step, total, seq_len, spec,"
        " first_spec) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (row.id, row.client, row.owner, row.created, row.touched, row.status, row.step, row.total, row.seq_len,
         row.spec, row.first_spec),
    ).lastrowid  # fmt: skip
    assert no is not None
    return no


def _thin(db: sqlite3.Connection, no: int, keep: int) -> None:
    rows = db.execute("SELECT step, pinned FROM checkpoints WHERE run = ? ORDER BY step", (no,)).fetchall()
    gone = thin([step for step, _ in rows], {step for step, pinned in rows if pinned}, keep)
    db.executemany("DELETE FROM checkpoints WHERE run = ? AND step = ?", [(no, step) for step in gone])


def _delete(db: sqlite3.Connection, no: int) -> None:
    db.execute("DELETE FROM runs WHERE no = ?", (no,))
    db.execute("DELETE FROM checkpoints WHERE run = ?", (no,))
    db.execute("DELETE FROM patches WHERE run = ?", (no,))
    db.execute("INSERT INTO doomed (run) VALUES (?)", (no,))


def _delete_metrics(db: sqlite3.Connection, no: int) -> bool:
    """Delete a slice of a deleted run's metrics; return whether that was the last."""
    query = "DELETE FROM metrics WHERE run = ? AND step IN (SELECT step FROM metrics WHERE run = ? LIMIT ?)"
    if db.execute(query, (no, no, SLICE)).rowcount == SLICE:
        return False
    db.execute("DELETE FROM doomed WHERE run = ?", (no,))
    return True
