"""Nothing is lost when something is killed, with real processes and real signals."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import sqlite3
import threading
import time

import pytest

from tests.app.helpers import decoded, events, rows_of, small_spec, trained, wait_until

LONG = small_spec(steps=1_000_000)


def whole(live_server) -> None:
    """The database is sound."""
    with sqlite3.connect(live_server.data / "unrolled.sqlite3") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def weights_of(server, run):
    frame = server.http.get(f"/api/runs/{run}/weights?network=1&format=npz")
    return frame.content


def test_a_killed_worker_costs_only_its_piece(live):
    server = live()
    run = server.make(LONG)
    server.post(run, "play")
    for _ in range(3):
        here = server.run(run)["step"]
        os.kill(random.choice(server.workers()), signal.SIGKILL)
        server.wait_for(run, here + 300)
    state = server.post(run, "pause")
    assert state["status"] == "paused"
    expected = trained(LONG, state["step"])
    assert server.metrics(run) == rows_of(expected)
    same = server.make(LONG)
    server.post(same, "advance", steps=state["step"])
    assert weights_of(server, run) == weights_of(server, same)


def test_a_killed_server_goes_on_where_it_was(live, tmp_path):
    server = live()
    playing, resting = server.make(LONG), server.make(LONG)
    server.post(resting, "advance", steps=7)
    server.post(playing, "play")
    for trial in range(3):
        server.wait_for(playing, server.run(playing)["step"] + 50)
        time.sleep(random.uniform(0, 0.2))
        workers = server.workers()
        server.kill()
        whole(server)
        gone(workers)
        server.start()
        assert server.run(playing)["status"] == "running", trial
    step = server.wait_for(playing, server.run(playing)["step"] + 100)["step"]
    state = server.post(playing, "pause")
    assert state["step"] >= step
    assert server.metrics(playing) == rows_of(trained(LONG, state["step"]))
    same = server.make(LONG)
    server.post(same, "advance", steps=state["step"])
    assert weights_of(server, playing) == weights_of(server, same)
    assert (server.run(resting)["status"], server.run(resting)["step"]) == ("paused", 7)
    assert server.metrics(resting) == rows_of(trained(LONG, 7))


def test_a_change_in_flight_survives_too(live):
    server = live()
    run = server.make(LONG)
    server.post(run, "play")
    server.wait_for(run, 30)
    change = server.http.patch(f"/api/runs/{run}", json={"optimizer.learning_rate": 0.02, "networks.1.forget_bias": 2})
    at = change.json()["changes"][0]["step"]
    server.wait_for(run, at + 200)
    server.kill()
    server.start()
    state = server.post(run, "pause")
    import engine

    patched = engine.patch(trained(LONG, at), {"optimizer.learning_rate": 0.02, "networks.1.forget_bias": 2})
    expected, _ = engine.advance(patched, state["step"] - at)
    assert server.metrics(run)[at:] == rows_of(expected)
    assert server.run(run)["changes"][0]["step"] == at
    probe = server.http.get(f"/api/runs/{run}/frames/{at + 100}").json()["networks"][1]["layers"][0]["hidden"]
    between, _ = engine.advance(patched, 100)
    assert (decoded(probe) == engine.frame_of(between).networks[1].layers[0].hidden).all()


def test_a_stream_resumes_over_a_killed_server_without_a_gap(live):
    server = live()
    run = server.make(LONG)
    server.post(run, "play")
    rows, last = [], None
    for _ in range(3):
        headers = {"Last-Event-ID": str(last)} if last is not None else {}
        killer = threading.Timer(0.4, server.kill)
        try:
            with server.http.stream("GET", f"/api/runs/{run}/stream?after=0", headers=headers) as answer:
                killer.start()
                for event in events(answer.iter_lines()):
                    last = event.id
                    rows += event.data.get("rows", [])
        except Exception:
            pass
        killer.join()
        server.start()
    assert rows == rows_of(trained(LONG, len(rows)))
    assert len(rows) > 100


def test_sigterm_says_bye_and_ends_within_two_seconds(live):
    server = live()
    runs = [server.make(LONG) for _ in range(3)]
    for run in runs:
        server.post(run, "play")
    ends: list[str] = []
    watchers = [threading.Thread(target=watch, args=(server, run, ends)) for run in runs * 3]
    for watcher in watchers:
        watcher.start()
    with server.http.stream("GET", f"/api/runs/{runs[0]}/stream"):  # somebody who does not read
        server.wait_for(runs[0], 100)
        assert server.stop() < 2.0
    for watcher in watchers:
        watcher.join(5)
    assert ends == ["bye"] * 9
    assert server.process.returncode == 0
    whole(server)
    server.start()
    assert all(server.run(run)["status"] == "running" for run in runs)


def test_sigterm_does_not_wait_for_a_long_step(live):
    server = live()
    heavy = small_spec(task={"name": "adding", "length": 400}, networks=[{"cell": "lstm", "hidden_size": 128}],
                       batch_size=128, steps=1000)  # fmt: skip
    run, other = server.make(heavy), server.make(heavy)
    server.post(run, "play")
    asking = threading.Thread(target=advance, args=(server, other))
    asking.start()
    time.sleep(1)
    assert server.stop() < 2.0
    asking.join(5)
    whole(server)
    server.start()
    assert server.run(run)["status"] == "running"
    assert server.run(other)["status"] == "paused"


def advance(server, run: str) -> None:
    with contextlib.suppress(Exception):  # it is cut off
        server.post(run, "advance", steps=100)


def watch(server, run: str, ends: list[str]) -> None:
    with server.http.stream("GET", f"/api/runs/{run}/stream?max_fps=20") as answer:
        name = ""
        for event in events(answer.iter_lines()):
            name = event.name
        ends.append(name)


def test_a_disk_without_room_stops_training_with_a_sentence_and_nothing_is_lost(live):
    """As much of a full disk as a test may make: the server's files may not grow, so its writes are refused."""
    server = live()
    run, other = server.make(LONG), server.make(LONG)
    server.post(other, "advance", steps=9)
    server.post(run, "play")
    server.wait_for(run, 100)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    wait_until(lambda: server.run(run)["status"] == "paused")
    assert server.run(run)["error"].startswith("could not be stored: ")
    refused = server.http.post("/api/runs", json=LONG)
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert refused.headers["retry-after"]
    assert "Traceback" not in refused.text
    assert server.http.get("/readyz").json() == {"ready": False, "store": False, "workers": True}
    assert server.http.get("/healthz").status_code == 200
    assert server.metrics(other) == rows_of(trained(LONG, 9))  # what is stored can be read, and looked at
    assert server.http.get(f"/api/runs/{other}/frames/5").status_code == 200
    stored = len(server.metrics(run))
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    wait_until(lambda: server.http.get("/readyz").status_code == 200)
    assert server.run(run)["step"] == stored
    server.post(run, "play")
    server.wait_for(run, stored + 100)
    server.kill()
    whole(server)
    server.start()
    state = server.post(run, "pause")
    assert state["error"] is None
    assert server.metrics(run) == rows_of(trained(LONG, state["step"]))


def test_two_servers_do_not_share_a_folder(live):
    server = live()
    run = server.make(LONG)
    second = server.__class__(server.data)
    with pytest.raises(AssertionError):
        second.start(10)
    assert second.process.returncode not in (0, None)
    second.close()
    assert server.run(run)["status"] == "paused"


def gone(workers: list[int], seconds: float = 5) -> None:
    """Workers do not outlive their server."""
    end = time.monotonic() + seconds
    while any(os.path.exists(f"/proc/{pid}") and "spawn_main" in cmdline(pid) for pid in workers):
        assert time.monotonic() < end, "a worker is left over"
        time.sleep(0.05)


def cmdline(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline") as f:
            return f.read()
    except OSError:
        return ""
