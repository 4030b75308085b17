"""Sweeps in the database: each with its grid, and a row for every point that is done, in the order of being done."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from app.database import Database


@dataclass(frozen=True)
class SweepRow:
    """A sweep as the database has it."""

    no: int
    id: str
    client: str
    owner: str | None
    created: float
    touched: float
    status: str
    spec: str
    grid: str
    points: int
    steps: int
    error: str | None


class SweepStore:
    """The tables of sweeps in a store."""

    def __init__(self, store: Database) -> None:
        """Keep them in `store`, which is opened and closed elsewhere."""
        self._read, self._write = store.read, store.write

    async def add(self, row: SweepRow) -> int:
        """Store a new sweep; return its number."""

        def work(db: sqlite3.Connection) -> int:
            no = db.execute(
                "INSERT INTO sweeps (id, client, owner, created, touched, status, spec, grid, points, steps)"
                " VALUES (?,?,?,?,?,?,?,?,?,?)",
                (row.id, row.client, row.owner, row.created, row.touched, row.status, row.spec, row.grid, row.points,
                 row.steps),
            ).lastrowid  # fmt: skip
            assert no is not None
            return no

        return await self._write(work)

    async def get(self, sweep_id: str) -> SweepRow | None:
        """Return a sweep, or None."""
        rows = await self._read("SELECT * FROM sweeps WHERE id = ?", sweep_id)
        return SweepRow(*rows[0]) if rows else None

    async def with_status(self, *statuses: str) -> list[str]:
        """Return the ids of all sweeps of these statuses, oldest first."""
        marks = ",".join("?" * len(statuses))
        rows = await self._read(f"SELECT id FROM sweeps WHERE status IN ({marks}) ORDER BY no", *statuses)
        return [row[0] for row in rows]

    async def count(self, client: str) -> int:
        """Return how many sweeps a client has."""
        return int((await self._read("SELECT count(*) FROM sweeps WHERE client = ?", client))[0][0])

    async def idle_since(self, moment: float) -> list[str]:
        """Return the ids of sweeps at their end that nobody touched since `moment`."""
        rows = await self._read("SELECT id FROM sweeps WHERE touched < ? AND status <> 'running'", moment)
        return [row[0] for row in rows]

    async def update(self, no: int, **columns: Any) -> None:
        """Set columns of a sweep."""
        names = ", ".join(f"{name} = ?" for name in columns)
        await self._write(lambda db: db.execute(f"UPDATE sweeps SET {names} WHERE no = ?", (*columns.values(), no)))

    async def delete(self, no: int) -> None:
        """Delete a sweep and its points."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM sweep_points WHERE sweep = ?", (no,))
            db.execute("DELETE FROM sweeps WHERE no = ?", (no,))

        await self._write(work)

    async def finish(self, no: int, place: int, point: int, result: str, **columns: Any) -> None:
        """Store a point's result, the `place`th of the sweep to be done, and the sweep's new state, whole."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO sweep_points (sweep, place, point, result) VALUES (?,?,?,?)",
                       (no, place, point, result))  # fmt: skip
            names = ", ".join(f"{name} = ?" for name in columns)
            db.execute(f"UPDATE sweeps SET {names} WHERE no = ?", (*columns.values(), no))

        await self._write(work)

    async def done(self, no: int) -> list[int]:
        """Return the points that are done."""
        return [row[0] for row in await self._read("SELECT point FROM sweep_points WHERE sweep = ?", no)]

    async def results(self, no: int, after: int = 0, limit: int = -1) -> list[tuple[int, int, str]]:
        """Return (place, point, result) of the points done after the `after`th, in the order of being done."""
        query = "SELECT place, point, result FROM sweep_points WHERE sweep = ? AND place > ? ORDER BY place LIMIT ?"
        return await self._read(query, no, after, limit)
