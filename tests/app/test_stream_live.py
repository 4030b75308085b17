"""The stream, from a real server over a real connection: order, resumption, slowness, every way to end."""

from __future__ import annotations

import time
from contextlib import contextmanager

import numpy as np
import pytest

import engine
from app.stream import IDS_PER_STEP
from tests.app.helpers import Event, decoded, events, rows_of, small_spec, trained


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from tests.app.helpers import LiveServer

    server = LiveServer(tmp_path_factory.mktemp("data"), max_runs=1000).start()
    yield server
    server.close()


@contextmanager
def stream(server, run, query="", last=None):
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with server.http.stream("GET", f"/api/runs/{run}/stream{query}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def until(stream, name):
    """All events up to and with the first of a name."""
    seen = []
    for event in stream:
        seen.append(event)
        if event.name == name:
            return seen
    raise AssertionError(f"the stream ended with {seen[-1:]} before {name}")


def rows(seen: list[Event]):
    return [row for event in seen if event.name == "metrics" for row in event.data["rows"]]


def test_a_whole_run_as_a_stream(server):
    spec = small_spec(steps=60)
    run = server.make(spec)
    with stream(server, run) as open_stream:
        server.post(run, "play")
        seen = until(open_stream, "done")
        assert list(open_stream) == []  # it ends there
    assert [event.name for event in seen[:2]] == ["status", "frame"]
    assert seen[1].data["step"] == 0
    ids = [event.id for event in seen]
    assert ids == sorted(set(ids))
    assert rows(seen) == rows_of(trained(spec, 60))
    frames = [event.data["step"] for event in seen if event.name == "frame"]
    assert frames == sorted(set(frames))
    assert set(frames) <= set(range(0, 61, 5))
    assert frames[-1] == 60
    assert (seen[-1].data["status"], seen[-1].data["step"]) == ("finished", 60)


def test_a_streamed_frame_is_the_engines_in_f4_with_scalars_that_json_knows(server):
    spec = small_spec(dtype="float64")
    run = server.make(spec)
    with stream(server, run) as open_stream:
        frame = until(open_stream, "frame")[-1].data
    expected = engine.as_tree(engine.frame_of(trained(spec, 0)))
    for mine, theirs in zip(frame["networks"], expected["networks"], strict=True):
        for name in ("jacobian_log_norms", "d_hidden", "hidden"):
            array = mine["layers"][0][name]
            assert array["dtype"] == "f4"
            np.testing.assert_array_equal(decoded(array), theirs["layers"][0][name].astype("f4"))
        assert mine["loss"] == theirs["loss"]
    assert decoded(frame["t_steps"]).tolist() == list(range(9))


def test_only_the_views_asked_for_are_sent(server):
    run = server.make(small_spec())
    with stream(server, run, "?views=hidden,gates") as open_stream:
        layer = until(open_stream, "frame")[-1].data["networks"][1]["layers"][0]
    assert {"hidden", "gates"} <= set(layer)
    assert "jacobian_log_norms" not in layer
    assert set(layer["gates"]) == {"i", "f", "g", "o"}
    with stream(server, run, "?views=") as open_stream:
        frame = until(open_stream, "frame")[-1].data
    assert "inputs" not in frame["networks"][0]
    assert frame["networks"][0]["loss"] > 0


def test_two_watchers_with_different_views_of_one_run(server):
    run = server.make(small_spec(steps=100_000))
    with stream(server, run, "?views=hidden") as one, stream(server, run, "?products=true") as two:
        server.post(run, "play")
        until(one, "metrics")
        until(two, "metrics")
        first, second = until(one, "frame")[-1].data, until(two, "frame")[-1].data
    server.post(run, "pause")
    assert "jacobian_products" not in first["networks"][0]["layers"][0]
    assert "d_hidden" not in first["networks"][0]["layers"][0]
    assert decoded(second["networks"][0]["layers"][0]["jacobian_products"]).shape == (9, 9, 6, 6)
    assert second["step"] > 0


def test_products_over_the_cap_are_refused(server):
    run = server.make(small_spec(task={"name": "adding", "length": 200}, networks=[{"cell": "rnn", "hidden_size": 64}]))
    answer = server.http.get(f"/api/runs/{run}/stream?products=true")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "products"


def test_coming_back_with_the_last_id_misses_and_repeats_no_metrics(server):
    spec = small_spec(steps=1500)
    run = server.make(spec)
    seen, last = [], None
    server.post(run, "play")
    while not seen or seen[-1].name != "done":
        with stream(server, run, "" if seen else "?after=0", last) as open_stream:
            for event, _ in zip(open_stream, range(5), strict=False):
                seen.append(event)
                last = event.id
        time.sleep(0.01)
    assert rows(seen) == rows_of(trained(spec, 1500))
    ids = [event.id for event in seen]
    assert ids == sorted(set(ids))


def test_without_an_id_metrics_begin_now_and_after_says_otherwise(server):
    run = server.make(small_spec())
    server.post(run, "advance", steps=20)
    with stream(server, run) as now, stream(server, run, "?after=15") as later:
        server.post(run, "advance", steps=1)
        assert [row["step"] for row in rows(until(now, "metrics"))] == [21]
        assert rows(until(later, "metrics"))[0]["step"] == 16


def test_one_step_shows_its_frame_at_once(server):
    run = server.make(small_spec())  # a frame every 5 steps: 1 is none of them
    with stream(server, run) as open_stream:
        until(open_stream, "frame")
        server.post(run, "advance", steps=1)
        assert until(open_stream, "frame")[-1].data["step"] == 1


def test_a_change_while_paused_is_seen_at_once(server):
    run = server.make(small_spec())
    with stream(server, run) as open_stream:
        before = until(open_stream, "frame")[-1].data
        server.http.patch(f"/api/runs/{run}", json={"networks.1.forget_bias": 4})
        after = until(open_stream, "frame")[-1].data
    gates = [decoded(f["networks"][1]["layers"][0]["gates"]["f"]) for f in (before, after)]
    assert (gates[1] > gates[0]).all()


@pytest.mark.parametrize("every", [3, 1000])
def test_pause_shows_where_it_rests(server, every):
    run = server.make(small_spec(steps=1_000_000, probe={"every": every}))
    with stream(server, run) as open_stream:
        for _ in range(5):
            server.post(run, "play")
            until(open_stream, "metrics")
            step = server.post(run, "pause")["step"]
            frames = [event.data["step"] for event in open_until(open_stream, step)]
            assert frames[-1] == step


def open_until(open_stream, step):
    """Frames, to the one of a step."""
    for event in open_stream:
        if event.name == "frame":
            yield event
            if event.data["step"] == step:
                return


def test_a_deleted_run_says_so(server):
    run = server.make(small_spec(steps=1_000_000))
    server.post(run, "play")
    with stream(server, run) as open_stream:
        until(open_stream, "frame")
        assert server.http.delete(f"/api/runs/{run}").status_code == 204
        assert until(open_stream, "cancelled")[-1].data["run"] == run
        assert list(open_stream) == []
    assert server.http.get(f"/api/runs/{run}/stream").status_code == 404


def test_a_diverged_run_is_done_and_says_why(server):
    run = server.make(small_spec(optimizer={"name": "sgd", "learning_rate": 1e6}))
    with stream(server, run) as open_stream:
        server.post(run, "play")
        end = until(open_stream, "done")[-1].data
    assert end["status"] == "diverged"
    assert end["diverged"]["step"] >= 1
    assert end["diverged"]["reason"]


def test_a_client_that_leaves_is_forgotten_and_training_goes_on(server):
    run = server.make(small_spec(steps=1_000_000))
    with stream(server, run) as open_stream:
        server.post(run, "play")
        until(open_stream, "metrics")
        assert gauge(server, "unrolled_streams") == 1
    wait(lambda: gauge(server, "unrolled_streams") == 0)
    server.wait_for(run, server.run(run)["step"] + 100)
    server.post(run, "pause")


def test_a_client_that_never_reads_holds_up_nobody(server):
    """Frames of 500 kB every step: the sockets are full at once; then frames are skipped, not queued."""
    spec = small_spec(task={"name": "adding", "length": 100}, networks=[{"cell": "lstm", "hidden_size": 4}],
                      steps=1_000_000, probe={"every": 1})  # fmt: skip
    run = server.make(spec)
    dropped = gauge(server, "unrolled_frames_dropped_total")
    with server.http.stream("GET", f"/api/runs/{run}/stream"):
        server.post(run, "play")
        server.wait_for(run, 60)
        wait(lambda: gauge(server, "unrolled_frames_dropped_total") > dropped + 5)
        with stream(server, run) as quick:  # meanwhile somebody else sees it live
            until(quick, "frame")
            frame = until(quick, "frame")[-1]
            assert frame.data["step"] >= 60
        server.post(run, "pause")


def test_max_fps_holds(server):
    run = server.make(small_spec(steps=1_000_000, probe={"every": 1}))
    with stream(server, run, "?max_fps=10") as open_stream:
        until(open_stream, "frame")
        server.post(run, "play")
        began, frames = time.monotonic(), 0
        for event in open_stream:
            frames += event.name == "frame"
            if time.monotonic() - began > 1.5:
                break
    server.post(run, "pause")
    assert 5 <= frames <= 17


def test_many_runs_all_advance_and_questions_are_answered_meanwhile(server):
    runs = [server.make(small_spec(steps=1_000_000)) for _ in range(12)]
    for run in runs:
        server.post(run, "play")
    for run in runs:
        server.wait_for(run, 50)
        assert server.http.get(f"/api/runs/{run}/frames/40").status_code == 200
    for run in runs:
        server.post(run, "pause")


def test_a_watched_run_does_not_starve_among_many_that_play(server):
    """Equal runs, one of them seen at up to ten frames a second: its frames come, and the others go on evenly."""
    many, enough = 20, 300  # steps of the slowest, in three turns or more: in one, a turn more or less is a factor
    runs = [server.make(small_spec(steps=1_000_000, seed=i, probe={"every": 1})) for i in range(many)]
    for run in runs:
        server.post(run, "play")
    watched, others = runs[0], runs[1:]
    for run in others:
        server.wait_for(run, 50)  # each had its first turns
    with stream(server, watched, "?max_fps=10&views=flow_by_lag") as open_stream:
        until(open_stream, "frame")
        frames, done = 0, [0]
        before = [server.run(run)["step"] for run in others]
        pieces = -gauge(server, "unrolled_chunk_seconds_count")
        while done[0] < enough:
            for _ in range(10):
                until(open_stream, "frame")
            frames += 10
            done = sorted(server.run(run)["step"] - step for run, step in zip(others, before, strict=True))
        pieces += gauge(server, "unrolled_chunk_seconds_count")
    for run in runs:
        server.post(run, "pause")
    assert pieces / frames < many / 4  # in turn with the others it would be all of them
    assert done[len(done) // 2] <= 2.5 * done[0]


def test_the_step_is_in_the_id(server):
    run = server.make(small_spec())
    with stream(server, run) as open_stream:
        server.post(run, "advance", steps=7)
        event = until(open_stream, "metrics")[-1]
    assert event.id == event.data["rows"][-1]["step"] * IDS_PER_STEP


def gauge(server, name: str) -> float:
    lines = server.http.get("/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def wait(condition, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
