"""Work on a real Dask cluster: the same bits, whatever is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import engine
from tests.app.cluster_helpers import Cluster
from tests.app.helpers import rows_of, small_spec, trained

LONG = small_spec(steps=1_000_000)


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.close()


@pytest.fixture
def cluster(shared_cluster) -> Cluster:
    """A scheduler and two workers, whatever the last test left of them."""
    return shared_cluster.mend()


def test_a_run_on_the_cluster_has_the_bits_of_one_at_home(live, cluster):
    server = live(dask=cluster.address)
    run = server.make(small_spec(steps=60))
    assert server.workers() == []  # nothing is computed here
    rows = server.post(run, "advance", steps=60)["metrics"]
    expected = trained(small_spec(steps=60), 60)
    assert rows == rows_of(expected)
    frame = server.http.get(f"/api/runs/{run}/frames/60")
    assert frame.json()["networks"][1]["loss"] == rows_of_frame(expected)
    refused = server.http.get(f"/api/runs/{run}/frames/60?sample=99")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "sample")
    assert server.http.post("/api/runs", json={**LONG, "steps": -1}).status_code == 422


def test_a_killed_worker_of_the_cluster_costs_nothing(live, cluster):
    server = live(dask=cluster.address)
    run = server.make(LONG)
    server.post(run, "play")
    for _ in range(2):
        here = server.wait_for(run, server.run(run)["step"] + 50)["step"]
        cluster.kill(cluster.workers[0])
        server.wait_for(run, here + 200)
        cluster.add_worker()
    state = server.post(run, "pause")
    assert server.metrics(run) == rows_of(trained(LONG, state["step"]))


def test_a_sweep_on_the_cluster_survives_a_killed_worker_with_the_same_results(live, cluster):
    server = live(dask=cluster.address)
    spec = small_spec(networks=[{"cell": "gru", "hidden_size": 5}])
    body = {"spec": spec, "grid": {"seed": list(range(40))}, "steps": 100}
    sweep = server.http.post("/api/sweeps", json=body).json()["links"]["self"]
    wait_until(lambda: server.http.get(sweep).json()["done"] >= 5)
    cluster.kill(cluster.workers[0])
    wait_until(lambda: server.http.get(sweep).json()["status"] == "finished")
    results = server.http.get(f"{sweep}/results").json()["results"]
    assert [point["values"]["seed"] for point in results] == list(range(40))
    for point in results[::8]:
        expected = engine.frame_of(trained({**spec, "steps": 100, "seed": point["values"]["seed"]}, 100)).networks[0]
        assert point["networks"][0]["loss"] == expected.loss
        assert point["networks"][0]["half_life"] == expected.layers[0].half_life


def test_a_lost_scheduler_is_told_and_the_run_goes_on_when_it_is_back(live, cluster):
    server = live(dask=cluster.address)
    run = server.make(LONG)
    server.post(run, "play")
    here = server.wait_for(run, 50)["step"]
    cluster.kill_scheduler()
    wait_until(lambda: server.http.get("/readyz").status_code == 503)
    answer = server.http.post("/api/runs", json=LONG)
    assert answer.status_code == 503
    assert "cannot be reached" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    assert server.http.get("/readyz").json() == {"ready": False, "store": True, "workers": False}
    assert server.http.get(f"/api/runs/{run}/metrics?after={here}").status_code == 200  # what is stored can be read
    cluster.start_scheduler()
    cluster.mend()
    wait_until(lambda: server.http.get("/readyz").status_code == 200)
    server.wait_for(run, server.run(run)["step"] + 100)
    state = server.post(run, "pause")
    assert (state["status"], state["error"]) == ("paused", None)
    assert server.metrics(run) == rows_of(trained(LONG, state["step"]))


def test_a_run_that_waits_too_long_for_its_cluster_says_so_and_can_go_on(live, cluster):
    server = live(dask=cluster.address, task_seconds=2)
    run = server.make(LONG)
    server.post(run, "play")
    server.wait_for(run, 20)
    cluster.close()
    wait_until(lambda: server.run(run)["status"] == "failed")
    assert "cannot be reached" in server.run(run)["error"]
    cluster.mend(1)
    wait_until(lambda: server.http.get("/readyz").status_code == 200)
    here = server.run(run)["step"]
    server.post(run, "play")
    server.wait_for(run, here + 50)
    state = server.post(run, "pause")
    assert server.metrics(run) == rows_of(trained(LONG, state["step"]))


def rows_of_frame(checkpoint) -> float:
    return float(engine.frame_of(checkpoint).networks[1].loss)


def wait_until(true, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
