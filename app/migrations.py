"""The database's schema as a list of steps; `user_version` says how many of them a file has seen."""

from __future__ import annotations

import sqlite3

from app.errors import StoreError

STEPS = (
    """
    CREATE TABLE runs (
        no INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: metrics of a deleted run go later than the run
        id TEXT NOT NULL UNIQUE,
        client TEXT NOT NULL,
        owner TEXT,                     -- sha256 of the owner's token, NULL: anybody may change the run
        created REAL NOT NULL,          -- seconds since 1970
        touched REAL NOT NULL,
        status TEXT NOT NULL,
        step INTEGER NOT NULL,          -- metrics reach exactly to here
        total INTEGER NOT NULL,
        seq_len INTEGER NOT NULL,       -- T
        spec TEXT NOT NULL,             -- JSON, with all patches applied
        first_spec TEXT NOT NULL,       -- JSON, as created
        diverged TEXT,                  -- JSON {step, network, reason}
        error TEXT
    );
    CREATE INDEX runs_by_client ON runs (client, touched);
    CREATE TABLE metrics (run INTEGER, step INTEGER, row TEXT NOT NULL, PRIMARY KEY (run, step)) WITHOUT ROWID;
    CREATE TABLE checkpoints (
        run INTEGER, step INTEGER, pinned INTEGER NOT NULL DEFAULT 0, blob BLOB NOT NULL, PRIMARY KEY (run, step)
    );
    CREATE TABLE patches (
        no INTEGER PRIMARY KEY, run INTEGER NOT NULL, step INTEGER NOT NULL, at REAL NOT NULL, changes TEXT NOT NULL
    );
    CREATE TABLE doomed (run INTEGER PRIMARY KEY);  -- deleted runs whose metrics are still to be deleted
    CREATE INDEX patches_by_run ON patches (run, no);
    """,
    """
    CREATE TABLE sweeps (
        no INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        client TEXT NOT NULL,
        owner TEXT,                     -- as of runs
        created REAL NOT NULL,
        touched REAL NOT NULL,
        status TEXT NOT NULL,
        spec TEXT NOT NULL,             -- JSON, as given
        grid TEXT NOT NULL,             -- JSON {field: [value, ...]}
        points INTEGER NOT NULL,
        steps INTEGER NOT NULL,         -- of all points together
        error TEXT
    );
    CREATE INDEX sweeps_by_client ON sweeps (client);
    CREATE TABLE sweep_points (         -- points that are done, numbered in that order
        sweep INTEGER, place INTEGER, point INTEGER NOT NULL, result TEXT NOT NULL, PRIMARY KEY (sweep, place)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE rooms (
        no INTEGER PRIMARY KEY AUTOINCREMENT,
        code TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        spec TEXT NOT NULL,             -- JSON of the preset
        hide TEXT NOT NULL,             -- JSON list of names
        created REAL NOT NULL,
        now TEXT                        -- JSON of what the teacher shows
    );
    CREATE TABLE members (
        no INTEGER PRIMARY KEY AUTOINCREMENT,
        room INTEGER NOT NULL,
        nickname TEXT NOT NULL,
        token TEXT NOT NULL,            -- sha256 of the member's token
        run TEXT NOT NULL,              -- id of the member's run
        joined REAL NOT NULL
    );
    CREATE INDEX members_by_room ON members (room, no);
    CREATE INDEX members_by_run ON members (run);
    """,
)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database to the newest schema. Raises StoreError for one that a newer version has written."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(STEPS):
        raise StoreError(f"the database has schema {version}, this program knows up to {len(STEPS)}")
    for number, step in enumerate(STEPS[version:], start=version + 1):
        db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")
