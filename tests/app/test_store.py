"""The store on its own: whole or not at all, there again after opening, clear about a disk that refuses."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import StoreError
from app.ladder import thin
from app.migrations import STEPS
from app.store import Row, Store


def row(run_id: str = "a", status: str = "paused") -> Row:
    return Row(0, run_id, "me", None, 1.0, 1.0, status, 0, 100, 8, "{}", "{}", None, None)


def stored(folder: Path, work) -> None:
    async def story() -> None:
        store = Store(folder)
        await store.open()
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(story())


def test_a_piece_is_stored_whole_or_not_at_all(tmp_path):
    async def work(store: Store) -> None:
        no = await store.add(row(), b"zero")
        await store.commit(no, 2, [(1, "one"), (2, "two")], b"second", 10, status="running")
        with pytest.raises(StoreError):
            await store.commit(no, 4, [(3, "three"), (4, None)], b"fourth", 10)  # type: ignore[list-item]
        assert await store.metrics(no, 0, 99, 99) == [(1, "one"), (2, "two")]
        assert await store.checkpoint(no, 99) == (2, b"second")
        assert await store.checkpoint(no, 1) == (0, b"zero")
        found = await store.get("a")
        assert (found.step, found.status) == (2, "running")

    stored(tmp_path, work)


def test_what_was_stored_is_there_after_opening_again(tmp_path):
    async def write(store: Store) -> None:
        no = await store.add(row(), b"zero")
        await store.patch(no, 0, 5.0, '{"x":1}', b"changed", spec='{"new":1}')
        await store.add(row("b", "running"), b"zero")

    async def read(store: Store) -> None:
        found = await store.get("a")
        assert (found.spec, found.first_spec) == ('{"new":1}', "{}")
        assert await store.patches(found.no) == [(0, 5.0, '{"x":1}')]
        assert await store.checkpoint(found.no, 0) == (0, b"changed")
        assert await store.with_status("running") == ["b"]

    stored(tmp_path, write)
    stored(tmp_path, read)


def test_deleting_leaves_nothing_and_no_number_is_given_twice(tmp_path):
    async def work(store: Store) -> None:
        no = await store.add(row(), b"zero")
        await store.commit(no, 50_000, [(s, "row") for s in range(1, 50_001)], b"x", 10)
        await store.delete(no)
        assert await store.get("a") is None
        assert await store.add(row("b"), b"zero") > no

    stored(tmp_path, work)
    with sqlite3.connect(tmp_path / "unrolled.sqlite3") as db:
        left = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("metrics", "checkpoints", "doomed")]
    db.close()
    assert left == [0, 1, 0]


def test_a_deletion_that_a_kill_interrupted_is_finished_on_opening(tmp_path):
    async def nothing_more(store: Store) -> None:
        pass

    stored(tmp_path, nothing_more)
    db = sqlite3.connect(tmp_path / "unrolled.sqlite3")
    with db:
        db.execute("INSERT INTO doomed VALUES (7)")
        db.executemany("INSERT INTO metrics VALUES (7, ?, 'row')", [(s,) for s in range(30_000)])
    stored(tmp_path, nothing_more)
    assert db.execute("SELECT count(*) FROM metrics").fetchone() == (0,)
    db.close()


def test_a_full_disk_is_a_clear_error_and_keeps_what_was_there(tmp_path):
    async def work(store: Store) -> None:
        no = await store.add(row(), b"zero")
        pages = store._w.execute("PRAGMA page_count").fetchone()[0]
        store._w.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="full"):
            await store.commit(no, 1, [(1, "row")], bytes(1_000_000), 10)
        assert (await store.get("a")).step == 0
        assert not await store.works()
        store._w.execute("PRAGMA max_page_count = 1000000")
        assert await store.works()
        assert await store.checkpoint_steps(0) == []
        await store.commit(no, 1, [(1, "row")], bytes(1_000_000), 10)
        assert (await store.get("a")).step == 1

    stored(tmp_path, work)


def test_a_database_that_became_read_only_says_so_and_heals(tmp_path):
    async def work(store: Store) -> None:
        no = await store.add(row(), b"zero")
        store._w.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="readonly"):
            await store.commit(no, 1, [(1, "row")], b"first", 10)
        assert (await store.get("a")).step == 0  # what is there can be read
        assert not await store.works()
        store._w.execute("PRAGMA query_only = OFF")
        assert await store.works()

    stored(tmp_path, work)


def test_writers_and_readers_do_not_wait_for_each_other_and_a_killed_process_loses_nothing(tmp_path):
    async def work(store: Store) -> None:
        for connection in (store._w, store._r):
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._w.execute("PRAGMA synchronous").fetchone()[0] >= 1
        no = await store.add(row(), b"zero")
        store._w.execute("BEGIN IMMEDIATE")  # somebody writes, for long
        store._w.execute("UPDATE runs SET step = 7")
        assert (await store.get("a")).step == 0
        store._w.execute("ROLLBACK")
        assert no

    stored(tmp_path, work)


def test_a_database_of_a_newer_version_is_not_touched(tmp_path):
    db = sqlite3.connect(tmp_path / "unrolled.sqlite3")
    db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    db.close()

    async def work(store: Store) -> None:
        raise AssertionError("opened")

    with pytest.raises(StoreError, match="schema"):
        stored(tmp_path, work)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    async def work(store: Store) -> None:
        raise AssertionError("opened")

    with pytest.raises(StoreError, match="file"):
        stored(tmp_path / "file" / "data", work)


@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=300),
    st.sets(st.integers(0, 300), max_size=5),
    st.integers(8, 40),
)
def test_checkpoints_stay_few_and_near(pieces, pinned_places, limit):
    kept, pinned, step = [0], {0}, 0
    for place, piece in enumerate(pieces):
        step += piece
        kept.append(step)
        if place in pinned_places:
            pinned.add(step)
        gone = thin(kept, pinned, limit)
        assert not set(gone) & pinned
        kept = [s for s in kept if s not in set(gone)]
        assert kept[-1] == step
        assert len(kept) <= limit
    gaps = np.diff(kept)
    assert gaps.max(initial=0) <= 8 * max(step / limit, max(pieces))
