"""Work on a real Dask cluster: the same bits, whatever is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

import engine
from app.cluster import DaskExecutor, _LostError
from app.errors import Unreachable
from app.turns import Priority
from tests.app.cluster_helpers import Cluster
from tests.app.helpers import rows_of, small_spec, trained, wait_until

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
    server = live(dask=cluster.address, task_seconds=600)  # so long training waits for its cluster
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


class Connection:
    """As much of a Dask client as says whether work can be sent."""

    status = "running"


def connected(losses: int = 0) -> tuple[DaskExecutor, Connection]:
    """An executor whose cluster seems to be there, and loses the next so many pieces of work."""
    executor, connection, left = DaskExecutor("tcp://127.0.0.1:1", 5), Connection(), [losses]
    executor._started, executor._client = True, connection
    executor._up.set()
    executor._gate.resize(1)

    async def once(*_: object) -> tuple[str, float]:
        left[0] -= 1
        if left[0] >= 0:
            raise _LostError
        return "done", 0.01

    executor._once = once
    return executor, connection


def test_work_in_the_background_outlasts_any_number_of_lost_connections_and_a_request_does_not():
    """Losses in quick succession, as of a scheduler that is killed while its machine is busy, once ended a run."""

    async def story() -> None:
        executor, _ = connected(losses=20)
        assert await executor.call(rows_of, priority=Priority.BACKGROUND) == "done"
        executor, _ = connected(losses=20)
        with pytest.raises(Unreachable):
            await executor.call(rows_of)

    asyncio.run(story())


@pytest.mark.parametrize("status", ["connecting", "closing", "closed"])
def test_a_connection_that_is_being_lost_is_given_no_work(status):
    """Dask's client takes work while it closes, and drops it; closed, it raises an error of its own."""

    async def story() -> None:
        executor, connection = connected()
        assert executor.ready
        connection.status = status
        assert not executor.ready
        with pytest.raises(Unreachable):
            await executor.call(rows_of)
        waiting = asyncio.create_task(executor.call(rows_of, priority=Priority.BACKGROUND))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        connection.status = "running"
        executor._tell(True, "as the next look finds")
        assert await waiting == "done"

    asyncio.run(story())


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
