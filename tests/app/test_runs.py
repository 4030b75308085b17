"""Runs over REST, in the process: made, driven, changed, looked at, deleted; every bad input refused by name."""

from __future__ import annotations

import io
import sqlite3

import numpy as np
import pytest
import safetensors.numpy
from starlette.testclient import TestClient

import engine
from app.main import create_app
from app.settings import Settings
from tests.app.helpers import decoded, rows_of, trained


def made(client: TestClient, spec: dict) -> str:
    answer = client.post("/api/runs", json=spec)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_a_new_run_answers_with_its_whole_spec(client, spec):
    answer = client.post("/api/runs", json=spec)
    run = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == run["links"]["self"] == f"/api/runs/{run['id']}"
    assert (run["status"], run["step"], run["steps"]) == ("paused", 0, 400)
    assert run["spec"] == engine.RunSpec.from_dict(spec).to_dict()
    assert client.get(f"/api/runs/{run['id']}").json()["spec"] == run["spec"]
    assert "token" not in run


def test_advance_gives_the_metrics_of_the_engine_itself(client, spec):
    run = made(client, spec)
    first = client.post(f"/api/runs/{run}/advance", json={"steps": 3}).json()
    rest = client.post(f"/api/runs/{run}/advance", json={"steps": 30}).json()
    rows = first["metrics"] + rest["metrics"]
    assert [row["step"] for row in rows] == list(range(1, 34))
    assert rows == rows_of(trained(spec, 33))
    assert client.get(f"/api/runs/{run}/metrics").json() == {"run": run, "metrics": rows}
    assert client.get(f"/api/runs/{run}/metrics?after=30").json()["metrics"] == rows[30:]


def test_advance_ends_with_the_run_and_then_refuses(client, spec):
    run = made(client, {**spec, "steps": 7})
    answer = client.post(f"/api/runs/{run}/advance", json={"steps": 50}).json()
    assert (answer["status"], answer["step"], len(answer["metrics"])) == ("finished", 7, 7)
    again = client.post(f"/api/runs/{run}/advance", json={"steps": 1})
    assert again.status_code == 409
    assert again.json()["errors"][0]["value"] == "finished"
    assert client.post(f"/api/runs/{run}/play").status_code == 409


@pytest.mark.parametrize("step", [0, 1, 17, 40])
def test_any_trained_step_can_be_looked_at_again(client, spec, step):
    run = made(client, {**spec, "dtype": "float64"})
    for n in (11, 20, 9):
        client.post(f"/api/runs/{run}/advance", json={"steps": n})
    frame = client.get(f"/api/runs/{run}/frames/{step}").json()
    expected = engine.as_tree(engine.frame_of(trained({**spec, "dtype": "float64"}, step)))
    layer, same = frame["networks"][1]["layers"][0], expected["networks"][1]["layers"][0]
    assert (frame["run"], frame["step"]) == (run, step)
    for name in ("hidden", "cell_state", "jacobian_log_norms", "carousel_log_norms", "d_hidden"):
        assert layer[name]["dtype"] == "f8"
        np.testing.assert_array_equal(decoded(layer[name]), same[name])
    assert frame["networks"][0]["layers"][0]["cell_state"] is None


def test_a_frame_as_npz_has_the_same_numbers(client, spec):
    run = made(client, spec)
    body = client.get(f"/api/runs/{run}/frames/0?format=npz&sample=2&norm=spectral&batch=3").content
    probe = engine.Probe(sample=2, norm="spectral")
    expected = engine.frame_of(trained(spec, 0), probe, batch=3)
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(
            arrays["networks.0.layers.0.jacobian_log_norms"], expected.networks[0].layers[0].jacobian_log_norms
        )
        assert int(arrays["step"]) == 0


def test_all_products_of_a_frame_on_request(client, spec):
    run = made(client, spec)
    frame = client.get(f"/api/runs/{run}/frames/0?products=true").json()
    products = decoded(frame["networks"][0]["layers"][0]["jacobian_products"])
    assert products.shape == (9, 9, 6, 6)
    np.testing.assert_array_equal(products[4, 4], np.eye(6))
    assert client.get(f"/api/runs/{run}/frames/0").json()["networks"][0]["layers"][0]["jacobian_products"] is None


def test_one_jacobian_in_full(client, spec):
    run = made(client, spec)
    client.post(f"/api/runs/{run}/advance", json={"steps": 5})
    answer = client.get(f"/api/runs/{run}/jacobian?step=3&network=1&t=7&k=2&sample=1").json()
    expected = engine.jacobian(trained(spec, 3), network=1, sample=1, t=7, k=2)
    for name in ("hh", "cc", "carousel", "singular_values", "factor_log_norms"):
        np.testing.assert_array_equal(decoded(answer[name]), expected[name])
    assert answer["log_norm"] == expected["log_norm"]


def test_metrics_as_csv(client, spec):
    run = made(client, spec)
    rows = client.post(f"/api/runs/{run}/advance", json={"steps": 4}).json()["metrics"]
    lines = client.get(f"/api/runs/{run}/metrics?format=csv").text.splitlines()
    assert lines[0].startswith("step,networks.0.loss,networks.0.accuracy,networks.0.grad_norm,networks.1.loss")
    assert len(lines) == 5
    assert float(lines[4].split(",")[4]) == rows[3]["networks"][1]["loss"]
    assert lines[4].split(",")[2] == ""  # no accuracy for mse


@pytest.mark.parametrize("format", ["safetensors", "npz"])
def test_weights_out_and_in_again(client, spec, format):
    run = made(client, spec)
    client.post(f"/api/runs/{run}/advance", json={"steps": 9})
    body = client.get(f"/api/runs/{run}/weights?network=1&format={format}").content
    load = safetensors.numpy.load if format == "safetensors" else lambda b: dict(np.load(io.BytesIO(b)))
    expected = engine.weights(trained(spec, 9), 1)
    assert set(load(body)) == set(expected)
    for name, value in load(body).items():
        np.testing.assert_array_equal(value, expected[name])
    other = made(client, {**spec, "seed": 5})
    assert client.put(f"/api/runs/{other}/weights?network=1&format={format}", content=body).status_code == 200
    assert client.get(f"/api/runs/{other}/weights?network=1&format={format}").content == body
    assert client.get(f"/api/runs/{other}/weights?network=0&format={format}").content != body


def test_a_change_in_flight_holds_from_the_next_step_and_is_recorded(client, spec):
    run = made(client, spec)
    client.post(f"/api/runs/{run}/advance", json={"steps": 4})
    changes = {"optimizer": {"learning_rate": 0.05}, "networks.1.forget_bias": 3, "clip_norm": 0.5}
    answer = client.patch(f"/api/runs/{run}", json=changes).json()
    flat = {"optimizer.learning_rate": 0.05, "networks.1.forget_bias": 3, "clip_norm": 0.5}
    assert [(c["step"], c["changes"]) for c in answer["changes"]] == [(4, flat)]
    assert answer["spec"]["optimizer"]["learning_rate"] == 0.05
    rows = client.post(f"/api/runs/{run}/advance", json={"steps": 6}).json()["metrics"]
    expected, _ = engine.advance(engine.patch(trained(spec, 4), flat), 6)
    assert rows == rows_of(expected)
    before = client.get(f"/api/runs/{run}/frames/3?format=npz").content  # from before the change: unchanged
    with np.load(io.BytesIO(before)) as arrays:
        np.testing.assert_array_equal(
            arrays["networks.1.layers.0.hidden"], engine.frame_of(trained(spec, 3)).networks[1].layers[0].hidden
        )


def test_changes_that_must_be_kept_for_good_have_a_limit(tmp_path, spec, monkeypatch):
    monkeypatch.setattr("app.changes.FEWEST_CHANGES", 3)
    monkeypatch.setattr("app.changes.CHANGES_SHARE", 0)
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1))) as client:
        run = made(client, spec)
        answers = []
        for clip in (1, 2, 3, 4):
            client.post(f"/api/runs/{run}/advance", json={"steps": 1})
            answers += [client.patch(f"/api/runs/{run}", json={"clip_norm": clip}).status_code for _ in range(2)]
        assert answers == [200, 200, 200, 200, 429, 429, 429, 429]  # step 0 is one of the three; again there is free
        assert client.patch(f"/api/runs/{run}", json={"clip_norm": 9}).headers["retry-after"]
        assert client.post(f"/api/runs/{run}/advance", json={"steps": 1}).status_code == 200


def test_play_and_pause(client, spec):
    run = made(client, {**spec, "steps": 100_000})
    assert client.post(f"/api/runs/{run}/play").json()["status"] == "running"
    assert client.post(f"/api/runs/{run}/play").status_code == 200  # again: nothing changes
    while client.get(f"/api/runs/{run}").json()["step"] < 50:
        pass
    assert client.post(f"/api/runs/{run}/advance", json={"steps": 1}).status_code == 409
    paused = client.post(f"/api/runs/{run}/pause").json()
    assert paused["status"] == "paused"
    assert client.get(f"/api/runs/{run}").json()["step"] == paused["step"]
    assert len(client.get(f"/api/runs/{run}/metrics").json()["metrics"]) == paused["step"]


def test_divergence_is_a_result_and_the_steps_before_it_stay(client, spec):
    run = made(client, {**spec, "optimizer": {"name": "sgd", "learning_rate": 1e6}})
    answer = client.post(f"/api/runs/{run}/advance", json={"steps": 100}).json()
    assert answer["status"] == "diverged"
    assert answer["diverged"]["reason"]
    assert answer["diverged"]["step"] >= 1
    assert client.get(f"/api/runs/{run}/frames/{answer['step']}").status_code == 200
    assert client.get(f"/api/runs/{run}").json()["diverged"] == answer["diverged"]
    assert client.post(f"/api/runs/{run}/play").status_code == 409


def test_sound_weights_set_a_diverged_run_going_again(client, spec):
    run = made(client, {**spec, "optimizer": {"name": "sgd", "learning_rate": 1e6}})
    sound = [client.get(f"/api/runs/{run}/weights?network={i}").content for i in (0, 1)]
    client.post(f"/api/runs/{run}/advance", json={"steps": 100})
    for i, body in enumerate(sound):
        answer = client.put(f"/api/runs/{run}/weights?network={i}", content=body).json()
    assert (answer["status"], answer["diverged"]) == ("paused", None)
    client.patch(f"/api/runs/{run}", json={"optimizer.learning_rate": 0.01})
    assert client.post(f"/api/runs/{run}/advance", json={"steps": 5}).json()["status"] == "paused"


def test_a_run_whose_checkpoints_are_stored_now_and_then_is_made_again_from_the_last(tmp_path, spec, monkeypatch):
    monkeypatch.setattr("app.trainer.STORE_RATE", 1)  # bytes per second: only the first piece's is stored
    settings = Settings(data_dir=tmp_path, workers=1)
    with TestClient(create_app(settings)) as client:
        run = made(client, spec)
        for _ in range(5):
            client.post(f"/api/runs/{run}/advance", json={"steps": 10})
    with sqlite3.connect(tmp_path / "unrolled.sqlite3") as db:
        assert db.execute("SELECT max(step) FROM checkpoints").fetchone()[0] < 50
    db.close()
    with TestClient(create_app(settings)) as client:
        client.patch(f"/api/runs/{run}", json={"clip_norm": 1})
        client.post(f"/api/runs/{run}/advance", json={"steps": 10})
        rows = client.get(f"/api/runs/{run}/metrics").json()["metrics"]
    expected, _ = engine.advance(engine.patch(trained(spec, 50), {"clip_norm": 1}), 10)
    assert rows == rows_of(trained(spec, 50)) + rows_of(expected)


def test_work_that_is_lost_again_and_again_fails_the_run_which_may_be_tried_again(tmp_path, spec):
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1))) as client:
        slow = {"task": {"name": "adding", "length": 400}, "networks": [{"cell": "lstm", "hidden_size": 64}]}
        run = made(client, {**spec, **slow, "batch_size": 64, "steps": 2})
        client.app.state.service.executor._deadline = 0.01  # seconds
        lost = client.post(f"/api/runs/{run}/advance", json={"steps": 5})
        assert (lost.status_code, lost.headers["content-type"]) == (503, "application/problem+json")
        state = client.get(f"/api/runs/{run}").json()
        assert (state["status"], state["step"]) == ("failed", 0)
        assert "longer" in state["error"]
        client.app.state.service.executor._deadline = 60
        client.post(f"/api/runs/{run}/play")
        while (state := client.get(f"/api/runs/{run}").json())["status"] == "running":
            pass
        assert (state["status"], state["error"]) == ("finished", None)


def test_a_deleted_run_is_gone(client, spec):
    run = made(client, {**spec, "steps": 100_000})
    client.post(f"/api/runs/{run}/play")
    assert client.delete(f"/api/runs/{run}").status_code == 204
    for call in (
        client.get(f"/api/runs/{run}"),
        client.post(f"/api/runs/{run}/play"),
        client.delete(f"/api/runs/{run}"),
    ):
        assert call.status_code == 404
        assert call.json()["errors"][0]["value"] == run
