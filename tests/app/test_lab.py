"""What if, forks, trust and marks over REST: equal to what the engine says of the same bits."""

import json

import numpy as np
import pytest

import engine
from app import marks
from tests.app.helpers import decoded, rows_of, small_spec, trained


def advance(client, run, steps):
    answer = client.post(f"/api/runs/{run}/advance", json={"steps": steps})
    assert answer.status_code == 200, answer.text
    return answer.json()["metrics"]


def fork(client, run, **body):
    answer = client.post(f"/api/runs/{run}/fork", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


CHANGES = {"networks.0.spectral_radius_factor": 1.7, "networks.1.forget_bias_shift": 2, "networks.1.drive": 0.5}


def test_what_if_is_the_frame_of_a_changed_copy_and_leaves_the_run_alone(client, run, spec):
    advance(client, run, 6)
    before = client.get(f"/api/runs/{run}/frames/4").json()
    got = client.post(f"/api/runs/{run}/whatif?step=4", json=CHANGES).json()
    want = engine.frame_of(engine.what_if(trained(spec, 4), CHANGES))
    for i, network in enumerate(want.networks):
        for name in ("jacobian_log_norms", "hidden", "d_hidden"):
            np.testing.assert_array_equal(
                decoded(got["networks"][i]["layers"][0][name]), getattr(network.layers[0], name)
            )
    assert got["networks"][0]["layers"][0] != before["networks"][0]["layers"][0]
    assert client.get(f"/api/runs/{run}/frames/4").json() == before
    assert client.get(f"/api/runs/{run}").json()["revision"] == 0


def test_what_if_of_nothing_is_the_frame_itself(client, run):
    advance(client, run, 3)
    same = {"networks.0.spectral_radius_factor": 1, "networks.1": {"forget_bias_shift": 0}}
    assert client.post(f"/api/runs/{run}/whatif", json=same).json() == client.get(f"/api/runs/{run}/frames/3").json()


def test_truncation_shows_as_a_cut_in_the_itemised_map(client, run):
    cut = {"truncation_window": 3, "truncation_stride": 3}
    layer = client.post(f"/api/runs/{run}/whatif", json=cut).json()["networks"][0]["layers"][0]
    assert np.isnan(decoded(layer["itemised_log_norms"])[8, :5]).all()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"networks.0.forget_bias_shift": 1}, "networks.0.forget_bias_shift"),
        ({"networks.7.drive": 1}, "networks.7.drive"),
        ({"networks.0.drive": "much"}, "networks.0.drive"),
        ({"networks.0.spectral_radius_factor": -1}, "networks.0.spectral_radius_factor"),
        ({"networks.0.weights.weight_hh_l0[6, 0]": 1}, "networks.0.weights.weight_hh_l0[6, 0]"),
        ({"networks.0.weights.nothing[0, 0]": 1}, "networks.0.weights.nothing[0, 0]"),
        ({"batch_size": 3}, "batch_size"),
        ({"truncation_window": 0}, "truncation_window"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name(client, run, body, field):
    answer = client.post(f"/api/runs/{run}/whatif", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    refused = client.post(f"/api/runs/{run}/fork", json={"changes": body})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [({"step": 9}, "step"), ({"step": "x"}, "step"), ({"more": 1}, "more"), ({"changes": 3}, "changes")],
)
def test_a_bad_fork_is_refused_by_name(client, run, body, field):
    answer = client.post(f"/api/runs/{run}/fork", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_a_fork_trains_on_from_its_step_with_the_change_and_keeps_the_past(client, run, spec):
    rows = advance(client, run, 12)
    made = fork(client, run, step=7, changes={**CHANGES, "optimizer.learning_rate": 0.02})
    assert (made["step"], made["status"], made["spec"]["optimizer"]["learning_rate"]) == (7, "paused", 0.02)
    assert made["changes"][-1]["changes"] == {**CHANGES, "optimizer.learning_rate": 0.02}
    again = advance(client, made["id"], 5)
    want = engine.advance(engine.what_if(trained(spec, 7), {**CHANGES, "optimizer.learning_rate": 0.02}), 5)[0]
    assert again == rows_of(want)
    metrics = client.get(f"/api/runs/{made['id']}/metrics").json()["metrics"]
    assert metrics == rows[:7] + again
    old = client.get(f"/api/runs/{made['id']}/frames/3").json()
    assert old["networks"] == client.get(f"/api/runs/{run}/frames/3").json()["networks"]
    assert client.get(f"/api/runs/{run}/metrics").json()["metrics"] == rows
    client.delete(f"/api/runs/{run}")  # a fork lives on by itself
    assert client.get(f"/api/runs/{made['id']}/frames/2").status_code == 200


def test_a_fork_of_a_diverged_run_goes_on_where_it_was_sound(client):
    spec = small_spec(optimizer={"name": "sgd", "learning_rate": 1e4}, steps=60)
    spec["networks"] = [{"cell": "rnn", "hidden_size": 4, "activation": "relu"}]
    run = client.post("/api/runs", json=spec).json()["id"]
    client.post(f"/api/runs/{run}/advance", json={"steps": 60})
    assert client.get(f"/api/runs/{run}").json()["status"] == "diverged"
    made = fork(client, run, step=0, changes={"optimizer.learning_rate": 0.001, "clip_norm": 1})
    assert len(advance(client, made["id"], 10)) == 10


def test_trust_is_small_and_a_wrong_derivative_is_not(client, run, monkeypatch):
    answer = client.get(f"/api/runs/{run}/trust").json()
    assert [network["label"] for network in answer["networks"]] == ["RNN", "LSTM"]
    for network in answer["networks"]:
        assert 0 < network["gradient"] < 1e-6
        assert 0 < network["jacobian"] < 1e-6
        assert 0 < network["rounding"] < 1e-4
        assert 1 <= network["parameters"] <= 64
    real = engine.checks.bptt

    def slipped(network, batch, judged, window=None):
        real(network, batch, judged, window)
        network.grad *= 1.001

    monkeypatch.setattr(engine.checks, "bptt", slipped)
    assert engine.checks.trust(trained(small_spec(), 0))[0]["gradient"] > 5e-4


def test_marks_tell_where_it_was_clipped_changed_and_ended(client):
    spec = small_spec(optimizer={"name": "sgd", "learning_rate": 1e4}, steps=60, clip_norm=1e6)
    spec["networks"] = [{"cell": "rnn", "hidden_size": 4, "activation": "relu"}]
    run = client.post("/api/runs", json=spec).json()["id"]
    client.patch(f"/api/runs/{run}", json={"clip_norm": 1e-4, "optimizer.learning_rate": 0.01})
    rows = advance(client, run, 10)
    client.patch(f"/api/runs/{run}", json={"clip_norm": None, "optimizer.learning_rate": 1e4})
    client.post(f"/api/runs/{run}/advance", json={"steps": 40})
    found = client.get(f"/api/runs/{run}/marks").json()
    kinds = {mark["kind"]: mark for mark in found["marks"]}
    over = [row["step"] for row in rows if row["networks"][0]["grad_norm"] > 1e-4]
    assert (kinds["clipped"]["step"], kinds["clipped"]["until"], kinds["clipped"]["count"]) == (
        over[0],
        over[-1],
        len(over),
    )
    assert kinds["changed"]["step"] == 10
    assert kinds["diverged"]["step"] == client.get(f"/api/runs/{run}").json()["diverged"]["step"]
    assert [mark["step"] for mark in found["marks"]] == sorted(mark["step"] for mark in found["marks"])
    assert json.dumps(found)


def rows(sizes):
    return [{"step": s, "networks": [{"loss": 1.0, "accuracy": None, "grad_norm": x}]} for s, x in enumerate(sizes, 1)]


def test_a_burst_is_many_times_the_usual_and_told_once():
    scan = marks.Scan([(-1, None)], 1)
    scan.feed(rows([1.0] * 30 + [20.0, 30.0] + [1.0] * 30 + [7.0]))
    assert [(mark["step"], mark["value"]) for mark in scan.bursts] == [(31, 20.0)]
    assert scan.clipped == []


def test_clips_go_by_the_norm_that_held():
    scan = marks.Scan([(-1, None), (3, 0.5), (6, 5.0)], 1)
    scan.feed(rows([1.0] * 10))
    assert [(mark["step"], mark["until"], mark["count"]) for mark in scan.clipped] == [(4, 6, 3)]


def test_a_stretch_of_clipped_steps_says_where_the_gradient_was_longest():
    scan = marks.Scan([(-1, 0.5)], 1)
    scan.feed(rows([1.0, 3.0, 2.0]))
    assert [(mark["step"], mark["worst"], mark["value"], mark["until"]) for mark in scan.clipped] == [(1, 2, 3.0, 3)]


def test_crossings_lie_between_two_looks():
    looks = [(0, [-5.0, -0.1]), (10, [-1.0, -0.2]), (20, [-0.5, -9.0]), (30, [float("nan"), -9.0])]
    told = [(m["kind"], m["after"], m["step"], m["network"]) for m in marks.crossings(looks)]
    assert told == [("opened", 0, 10, 0), ("closed", 10, 20, 1)]
