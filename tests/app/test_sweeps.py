"""Sweeps: every point is what the engine makes of it, nothing is lost, bad points are named."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import sqlite3
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

import engine
from app.main import create_app
from app.settings import Settings
from tests.app.helpers import Event, events, small_spec, trained

GRID = {"networks.0.cell": ["rnn", "lstm"], "task.length": [5, 8], "seed": [0, 1]}
MEASURES = ("loss", "accuracy", "grad_norm", "half_life")


def sweep_spec(**changes: Any) -> dict[str, Any]:
    return small_spec(networks=[{"cell": "rnn", "hidden_size": 5}], **changes)


def finished(client, sweep: str, seconds: float = 60) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = client.get(f"/api/sweeps/{sweep}").json()
        if state["status"] != "running":
            return state
        time.sleep(0.05)
    raise AssertionError(f"still at {state}")


def made(client, **body: Any) -> str:
    answer = client.post("/api/sweeps", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def stream_of(client, sweep: str, **headers: str) -> list[Event]:
    with client.stream("GET", f"/api/sweeps/{sweep}/stream", headers=headers) as answer:
        return list(events(answer.iter_lines()))


def expected(values: dict[str, Any], steps: int) -> dict[str, Any]:
    """What the engine makes of a point."""
    spec = sweep_spec(steps=steps, seed=values["seed"])
    spec["task"]["length"], spec["networks"][0]["cell"] = values["task.length"], values["networks.0.cell"]
    network = engine.frame_of(trained(spec, steps)).networks[0]
    layer = network.layers[0]
    reach = float(layer.flow_by_lag[network.length - 1])
    made = {"loss": network.loss, "accuracy": network.accuracy, "grad_norm": network.grad_norm,
            "half_life": layer.half_life, "cell_half_life": layer.cell_half_life, "log_flow": reach}  # fmt: skip
    return {name: None if value is None or not math.isfinite(value) else value for name, value in made.items()}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A server with one finished sweep."""
    with TestClient(create_app(Settings(data_dir=tmp_path_factory.mktemp("sweeps"), workers=2))) as client:
        answer = client.post("/api/sweeps", json={"spec": sweep_spec(), "grid": GRID, "steps": 12})
        assert answer.status_code == 201, answer.text
        sweep = answer.json()
        assert (sweep["points"], sweep["steps"]) == (8, 96)
        assert finished(client, sweep["id"])["status"] == "finished"
        yield client, sweep


def test_every_point_is_what_the_engine_makes_of_it(done):
    client, sweep = done
    answer = client.get(sweep["links"]["results"]).json()
    assert (answer["status"], answer["done"], answer["grid"]) == ("finished", 8, GRID)
    combinations = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    assert [point["values"] for point in answer["results"]] == combinations
    for point in answer["results"]:
        wanted = expected(point["values"], 12)
        assert {name: point["networks"][0][name] for name in wanted} == wanted
        assert (point["step"], point["diverged"]) == (12, None)


def test_the_csv_has_a_line_for_every_point(done):
    client, sweep = done
    answer = client.get(sweep["links"]["results"] + "?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    points = client.get(sweep["links"]["results"]).json()["results"]
    assert [row["networks.0.cell"] for row in rows] == [p["values"]["networks.0.cell"] for p in points]
    assert [float(row["loss"]) for row in rows] == [p["networks"][0]["loss"] for p in points]
    assert all(row["cell_half_life"] == "" for row in rows if row["cell"] == "rnn")


def test_the_stream_tells_every_point_once_and_resumes(done):
    client, sweep = done
    told = stream_of(client, sweep["id"])
    points = [event for event in told if event.name == "point"]
    assert [event.id for event in points] == list(range(1, 9))
    assert sorted(event.data["point"] for event in points) == list(range(8))
    assert (told[0].name, told[-1].name, told[-1].data["done"]) == ("progress", "done", 8)
    rest = [event.id for event in stream_of(client, sweep["id"], **{"Last-Event-ID": "5"}) if event.name == "point"]
    assert rest == [6, 7, 8]


def test_the_figure_shows_the_mean_over_the_seeds(done):
    client, sweep = done
    answer = client.get(sweep["links"]["self"] + "/figure?measure=loss&x=task.length&y=networks.0.cell").json()
    trace, numbers = answer["figure"]["data"]
    assert [float(text) for text in numbers["text"]] == pytest.approx(
        [10**shown for row in trace["customdata"] for shown in row], rel=0.01
    )
    points = client.get(sweep["links"]["results"]).json()["results"]
    for row, cell in enumerate(GRID["networks.0.cell"]):
        for column, length in enumerate(GRID["task.length"]):
            losses = [p["networks"][0]["loss"] for p in points
                      if (p["values"]["networks.0.cell"], p["values"]["task.length"]) == (cell, length)]  # fmt: skip
            assert len(losses) == 2
            assert trace["customdata"][row][column] == pytest.approx(math.log10(sum(losses) / 2))
            assert "2 runs" in trace["hovertext"][row][column]
    assert answer["figure"]["layout"]["yaxis"]["ticktext"] == ["RNN", "LSTM"]
    assert answer["narrow"]["layout"]["height"] > 0
    assert client.get(sweep["links"]["self"] + "/figure?x=steps").json()["errors"][0]["field"] == "x"
    assert client.get(sweep["links"]["self"] + "/figure?measure=beauty").status_code == 422
    same = client.get(sweep["links"]["self"] + "/figure?x=seed&y=seed")
    assert (same.status_code, same.json()["errors"][0]["field"]) == (422, "y")


def test_over_one_field_the_networks_are_the_rows(client):
    sweep = made(client, spec=small_spec(), grid={"task.length": [5, 6]}, steps=1)
    finished(client, sweep)
    figure = client.get(f"/api/sweeps/{sweep}/figure").json()["figure"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["RNN", "LSTM"]
    assert figure["layout"]["xaxis"]["ticktext"] == ["5", "6"]
    by_seed = made(client, spec=small_spec(), grid={"seed": [1, 2]}, steps=1)
    finished(client, by_seed)
    figure = client.get(f"/api/sweeps/{by_seed}/figure?measure=grad_norm").json()["figure"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "Seed"


def test_more_networks_and_whole_parts_as_values(client):
    grid = {"optimizer": [{"name": "sgd", "learning_rate": 0.1}, {"name": "adam"}], "optimizer2": [1]}
    body = {"spec": small_spec(), "grid": grid, "steps": 3}
    refused = client.post("/api/sweeps", json=body)
    assert [e["field"] for e in refused.json()["errors"]] == ["grid.optimizer2"] * len(refused.json()["errors"])
    del grid["optimizer2"]
    sweep = made(client, **body)
    finished(client, sweep)
    results = client.get(f"/api/sweeps/{sweep}/results").json()["results"]
    assert [len(point["networks"]) for point in results] == [2, 2]
    lines = list(csv.DictReader(io.StringIO(client.get(f"/api/sweeps/{sweep}/results?format=csv").text)))
    assert [(row["point"], row["network"]) for row in lines] == [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
    assert json.loads(lines[0]["optimizer"]) == grid["optimizer"][0]


def test_a_point_that_diverges_is_a_result(client):
    spec = sweep_spec(optimizer={"name": "sgd", "learning_rate": 0.01})
    sweep = made(client, spec=spec, grid={"optimizer.learning_rate": [0.01, 1e6]}, steps=30)
    assert finished(client, sweep)["status"] == "finished"
    calm, wild = client.get(f"/api/sweeps/{sweep}/results").json()["results"]
    assert calm["diverged"] is None
    assert wild["diverged"]["step"] < 30


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"grid": {"task.length": [5, 0, -3]}}, "grid.task.length", 0),
        ({"grid": {"networks.0.cell": ["rnn", "transformer"]}}, "grid.networks.0.cell", "transformer"),
        ({"grid": {"networks.3.cell": ["rnn"]}}, "grid.networks.3.cell", "rnn"),
        ({"grid": {"networks.0.color": [1]}}, "grid.networks.0.color", 1),
        ({"grid": {"optimizer.learning_rate": [0.1, -1]}}, "grid.optimizer.learning_rate", -1),
        ({"grid": {"nothing": [1]}}, "grid.nothing", 1),
        ({"grid": {"task.length.x": [1]}}, "grid.task.length.x", 1),
        ({"grid": {"seed": []}}, "grid.seed", None),
        ({"grid": {"seed": 5}}, "grid.seed", 5),
        ({"grid": {"seed": [1, 2, 1]}}, "grid.seed", 1),
        ({"grid": {}}, "grid", 0),
        ({"grid": [1]}, "grid", None),
        ({"grid": {"seed": [0], "networks.0.hidden_size": [4, 9999]}}, "grid.networks.0.hidden_size", 9999),
        ({"grid": {"task.length": [5, 5000]}}, "grid.task.length", 5000),
        ({"grid": {"seed": list(range(2001))}}, "grid", 2001),
        ({"grid": {"steps": [1], "seed": [0]}}, "steps", 5),
        ({"grid": {"task": [{"name": "adding"}], "task.length": [5]}}, "grid.task.length", "task.length"),
        ({"steps": 1_000_000, "grid": {"seed": list(range(6))}}, "steps", 6_000_000),
        ({"steps": -1}, "spec.steps", -1),
        ({"spec": {"task": {"name": "adding"}}}, "spec.networks", None),
        ({"spec": 3}, "spec", 3),
        ({"more": 1}, "more", 1),
    ],
)
def test_bad_grids_are_refused_by_field_and_value(client, change, field, value):
    body = {"spec": sweep_spec(), "grid": {"seed": [0, 1]}, "steps": 5, **change}
    answer = client.post("/api/sweeps", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert field in [error["field"] for error in errors], errors
    if value is not None:
        assert value in [error["value"] for error in errors if error["field"] == field], errors


def test_what_is_not_there_is_404_and_no_results_are_half_a_point(client):
    for path in ("", "/results", "/stream"):
        assert client.get(f"/api/sweeps/none{path}").status_code == 404
    assert client.delete("/api/sweeps/none").status_code == 404


def test_a_deleted_sweep_stops_and_is_gone(client):
    sweep = made(client, spec=sweep_spec(), grid={"seed": list(range(300))}, steps=3000)
    assert client.delete(f"/api/sweeps/{sweep}").status_code == 204
    assert client.get(f"/api/sweeps/{sweep}").status_code == 404
    time.sleep(0.5)
    assert "unrolled_queue_depth 0.0" in client.get("/metrics").text


def test_owners_and_quotas(tmp_path):
    settings = Settings(data_dir=tmp_path, workers=1, require_token=True, max_sweeps=2)
    with TestClient(create_app(settings)) as client:
        body = {"spec": sweep_spec(), "grid": {"seed": [0, 1]}, "steps": 2}
        first = client.post("/api/sweeps", json=body).json()
        made(client, **body)
        refused = client.post("/api/sweeps", json=body)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        path = f"/api/sweeps/{first['id']}"
        assert client.get(path).status_code == 200
        assert client.delete(path).status_code == 401
        assert client.delete(path, headers={"Authorization": "Bearer wrong"}).status_code == 403
        assert client.delete(path, headers={"Authorization": f"Bearer {first['token']}"}).status_code == 204
        made(client, **body)


def test_a_sweep_goes_on_over_a_kill_of_the_server_and_redoes_only_what_was_unfinished(live):
    server = live()
    body = {"spec": sweep_spec(), "grid": {"networks.0.cell": ["rnn", "gru"], "seed": list(range(25))}, "steps": 120}
    sweep = made(server.http, **body)
    while server.http.get(f"/api/sweeps/{sweep}").json()["done"] < 7:
        time.sleep(0.02)
    server.kill()
    before = stored(server, sweep)
    server.start()
    assert stored(server, sweep)[: len(before)] == before
    had = [Event("point", place, {"point": point, **json.loads(result)}) for place, point, result in before]
    told = stream_of(server.http, sweep, **{"Last-Event-ID": str(len(had))})
    points = [event for event in told if event.name == "point"]
    assert told[-1].name == "done"
    assert [event.id for event in had + points] == list(range(1, 51))
    assert sorted(event.data["point"] for event in had + points) == list(range(50))
    for event in points[::12]:
        values = {"task.length": 8, **event.data["values"]}
        wanted = expected(values, 120)
        assert {name: event.data["networks"][0][name] for name in wanted} == wanted


def stored(server, sweep: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(server.data / "unrolled.sqlite3")
    try:
        query = "SELECT place, point, result FROM sweep_points JOIN sweeps ON no = sweep WHERE id = ? ORDER BY place"
        return db.execute(query, (sweep,)).fetchall()
    finally:
        db.close()


def test_a_sweep_leaves_a_playing_run_its_turns_and_answers_come_quickly(live):
    server = live()
    run = server.make(small_spec(steps=1_000_000))
    sweep = made(server.http, spec=sweep_spec(), grid={"seed": list(range(1000))}, steps=1000)
    server.post(run, "play")
    here = server.wait_for(run, 20)["step"]
    server.wait_for(run, here + 200)
    began = time.monotonic()
    assert server.http.get(f"/api/runs/{run}/frames/3").status_code == 200
    assert time.monotonic() - began < 5  # pieces are 0.1 s; a busy machine is no failure
    until = time.monotonic() + 60
    while not server.http.get(f"/api/sweeps/{sweep}").json()["done"]:  # the sweep has its turns, too
        assert time.monotonic() < until
        time.sleep(0.1)
    assert server.run(run)["status"] == "running"
    assert server.stop() < 2.0
