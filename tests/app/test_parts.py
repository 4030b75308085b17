"""The parts on their own: executor, store, ladder, wire, hub, bodies, pace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pebble.pool.base_pool import PoolStatus

import engine
from app.bodies import flatten, parse
from app.errors import HTTPProblem, Invalid, Stopping, StoreError, WorkError
from app.executor import LocalExecutor
from app.hub import Hub, Watcher
from app.ladder import thin
from app.migrations import STEPS
from app.pace import Pace, to_last_frame, to_next_frame
from app.store import Row, Store
from app.telemetry import Telemetry
from app.wire import Choice, Parts, array, document, dumps, encode
from tests.app.helpers import decoded

# --- executor: the work is at the top level of this module, so that a worker can find it --------------------------


def nothing() -> None:
    return None


def pid() -> int:
    return os.getpid()


def killed_once(marker: str) -> str:
    """Dies the first time it is done, as by the kernel's hand."""
    if not Path(marker).exists():
        Path(marker).write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def kills_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuses() -> None:
    raise Invalid("size", -1, "must be positive")


def threads() -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")


def test_the_executor_survives_its_workers(tmp_path):
    async def story() -> None:
        executor = LocalExecutor(1, deadline=1.0, warm_up=nothing)
        await executor.start()
        assert executor.ready
        assert await executor.call(pid) != os.getpid()
        assert await executor.call(threads) == "1"
        assert await executor.call(killed_once, str(tmp_path / "marker")) == "done"
        with pytest.raises(WorkError, match="ended its worker"):
            await executor.call(kills_itself)
        with pytest.raises(WorkError, match="longer than 1 s"):
            await executor.call(time.sleep, 30)
        with pytest.raises(HTTPProblem) as refusal:
            await executor.call(refuses)
        assert refusal.value.errors[0].field == "size"
        assert await executor.call(pid) > 0  # still of use
        executor._pool._context.status = PoolStatus.ERROR  # the pool itself breaks
        assert not executor.ready
        assert await executor.call(pid) > 0
        assert executor.ready
        waiting = [asyncio.create_task(executor.call(time.sleep, 30)) for _ in range(2)]  # one in work, one in line
        await asyncio.sleep(0.2)
        executor.stop()
        assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [Stopping, Stopping]
        await executor.close()
        assert not executor.ready
        with pytest.raises(Stopping):
            await executor.call(pid)

    asyncio.run(story())


# --- store --------------------------------------------------------------------------------------------------------


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


# --- ladder -------------------------------------------------------------------------------------------------------


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


# --- wire ---------------------------------------------------------------------------------------------------------


ARRAYS = [
    np.array([1.5, np.nan, np.inf, -np.inf]),
    np.zeros((2, 0)),
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(4.0, dtype=">f8"),
]


@pytest.mark.parametrize("value", ARRAYS)
def test_an_array_arrives_as_it_left(value):
    sent = json.loads(array(value))
    np.testing.assert_array_equal(decoded(sent), value)
    assert sent["dtype"] == {"f": "f8", "i": "i4"}[value.dtype.kind]


def test_numbers_that_json_does_not_know_become_null():
    text = dumps({"a": [1.0, float("nan")], "b": np.float32("inf"), "c": np.int64(3), "d": "ρ"})
    assert json.loads(text) == {"a": [1.0, None], "b": None, "c": 3, "d": "ρ"}


def test_a_document_is_json_with_its_arrays_in_place():
    tree = {"run": "x", "maps": np.eye(2), "inner": [{"step": 1, "hidden": np.ones(3), "nothing": None}]}
    sent = json.loads(document(tree))
    assert sent["inner"][0]["nothing"] is None
    np.testing.assert_array_equal(decoded(sent["inner"][0]["hidden"]), np.ones(3))


def test_a_choice_leaves_out_what_is_not_wanted_and_knows_what_it_covers():
    parts = Parts(1, Choice(None, True), [(None, b"{"), ("hidden", b"h"), ("jacobian_products", b"p"), (None, b"}")])
    assert parts.select(Choice(None, False)) == b"{h}"
    assert parts.select(Choice(frozenset(), True)) == b"{p}"
    assert Choice(None).covers(Choice(frozenset({"hidden"})))
    assert not Choice(frozenset({"hidden"})).covers(Choice(None))
    assert not Choice(None, False).covers(Choice(None, True))
    assert {"hidden", "gates", "jacobian_log_norms", "inputs"} <= set(engine.frame.view_names())


def test_what_nobody_asked_for_is_missing_and_what_a_cell_has_not_is_null():
    spec = engine.RunSpec(task={"name": "adding", "length": 4}, networks=[{"cell": "rnn", "hidden_size": 2}])
    choice = Choice(frozenset({"hidden", "cell_state"}))
    frame = engine.frame_of(engine.start(spec), views=choice.views)
    layer = json.loads(encode("x", frame, choice).select(choice))["networks"][0]["layers"][0]
    assert layer["cell_state"] is None
    assert {"hidden", "half_life", "saturation"} <= layer.keys()
    assert not {"itemised_log_norms", "d_hidden_log", "gates", "jacobian_log_norms", "leak_log_norms"} & layer.keys()


# --- hub ----------------------------------------------------------------------------------------------------------


def frames(*steps: int, choice: Choice | None = None) -> list[Parts]:
    return [Parts(step, choice or Choice(), [(None, b"{}")]) for step in steps]


def test_who_keeps_up_gets_every_frame_and_who_does_not_the_newest():
    watcher = Watcher()
    assert watcher.offer(frames(1, 2, 3)) == 0
    assert [f.step for f in watcher.frames] == [1, 2, 3]
    assert watcher.offer(frames(4, 5)) == 4
    assert [f.step for f in watcher.frames] == [5]
    for step in range(1000):
        watcher.offer(frames(step, step))
    assert len(watcher.frames) == 1


def test_a_frame_made_before_somebody_wanted_more_is_not_for_him():
    watcher = Watcher(Choice(None, True))
    watcher.offer(frames(1))
    assert not watcher.frames
    watcher.offer(frames(2, choice=Choice(None, True)))
    assert [f.step for f in watcher.frames] == [2]


def test_the_hub_knows_what_all_watchers_together_want():
    hub = Hub(Telemetry(), 3)
    assert hub.watch("x") is None
    with (
        hub.watching("x", Watcher(Choice(frozenset({"a"})), 5)),
        hub.watching("x", Watcher(Choice(frozenset({"b"})), 9)),
    ):
        assert hub.watch("x") == (Choice(frozenset({"a", "b"})), 9, 2)
        with hub.watching("x", Watcher(Choice(None, True))):
            assert hub.watch("x") == (Choice(None, True), None, 3)
            with pytest.raises(HTTPProblem), hub.watching("x", Watcher()):
                pass
    assert hub.watch("x") is None
    assert hub.streams == 0


def test_metrics_that_are_still_in_memory_are_handed_out_as_one():
    hub = Hub(Telemetry(), 3)
    with hub.watching("x", Watcher()):
        for step in range(1, 100, 2):
            hub.publish("x", [(step, f"r{step}"), (step + 1, f"r{step + 1}")])
        assert hub.following("x", 96) == (96, 100, b"r97,r98,r99,r100")
        assert hub.following("x", 100) is None
        assert hub.following("x", 97) is None  # in the middle of a piece: the store knows
        assert hub.following("x", 2) is None  # too long ago
    assert hub.following("x", 96) is None


# --- bodies and pace ----------------------------------------------------------------------------------------------


def test_changes_may_be_nested_or_dotted():
    nested = {
        "optimizer": {"learning_rate": 1},
        "networks": [{"forget_bias": 2}, {}],
        "clip_norm": None,
        "probe.every": 3,
    }
    assert flatten(nested) == {
        "optimizer.learning_rate": 1, "networks.0.forget_bias": 2, "clip_norm": None, "probe.every": 3,
    }  # fmt: skip


@given(st.binary(max_size=200))
def test_no_body_does_more_than_be_refused(body):
    try:
        data = parse(body)
    except HTTPProblem as problem:
        data = {"status": problem.status}
    assert isinstance(data, dict)
    assert data.get("status") in (None, 400, 422)


def test_a_watched_piece_ends_at_a_frame_where_one_is_near():
    assert [to_last_frame(step, 2, 2) for step in (0, 1, 2)] == [2, 1, 2]
    assert [to_last_frame(0, steps, 3) for steps in (1, 2, 3, 4, 6, 8)] == [3, 3, 3, 3, 6, 6]
    assert [to_next_frame(0, steps, 3) for steps in (1, 2, 3, 4, 6, 8)] == [3, 3, 3, 3, 3, 3]
    assert to_last_frame(7, 5, 10) == to_next_frame(7, 9, 10) == 3
    assert to_last_frame(0, 5, 1000) == to_next_frame(0, 5, 1000) == 5
    for step in range(20):
        for steps in range(1, 30):
            for ending in (to_next_frame, to_last_frame):
                taken = ending(step, steps, 7)
                assert (step + taken) % 7 == 0 or taken == steps


def test_pieces_grow_to_the_wished_length():
    pace, sizes = Pace(), []
    for _ in range(8):
        sizes.append(pace.steps(0.1, 10**6))
        pace.learn(sizes[-1], sizes[-1] * 0.001)
    assert sizes[0] <= 8
    assert sizes[-1] in range(95, 106)
    assert pace.steps(0.1, 3) == 3
    pace.learn(1, 50.0)
    assert pace.steps(0.1, 100) == 1
