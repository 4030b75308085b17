"""`GET /api/runs/{id}/walk`: the events a student would walk through, equal to the frame's numbers."""

import json

import numpy as np
import pytest

from tests.app.helpers import decoded, events


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [(event.name, event.data) for event in events(iter(answer.text.splitlines()))]


def test_it_tells_every_step_once_and_ends_with_done(client, run):
    client.post(f"/api/runs/{run}/advance", json={"steps": 3})
    frame = client.get(f"/api/runs/{run}/frames/2").json()["networks"][0]
    seen = read(client, f"/api/runs/{run}/walk?step=2")
    T = frame["length"]
    assert [kind for kind, _ in seen] == ["forward"] * T + ["loss"] + ["backward"] * (T + 1) + ["done"]
    hidden, d_hidden = (decoded(frame["layers"][0][name]) for name in ("hidden", "d_hidden"))
    for t in range(1, T + 1):
        np.testing.assert_array_equal(decoded(seen[t - 1][1]["h"]), hidden[t])
    backward = {data["k"]: data for kind, data in seen if kind == "backward"}
    for k in range(T + 1):
        np.testing.assert_array_equal(decoded(backward[k]["d_hidden"]), d_hidden[k])
    assert backward[0]["step"] == 2
    whole = client.get(f"/api/runs/{run}/jacobian?step=2&t={T}&k=0").json()
    np.testing.assert_allclose(decoded(backward[0]["product"]), decoded(whole["hh"]), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("query", "field"), [("t=99", "t"), ("layer=5", "layer"), ("step=9", "step"), ("t=-1", "t")])
def test_what_there_is_not_is_refused_by_name(client, run, query, field):
    answer = client.get(f"/api/runs/{run}/walk?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in json.dumps(answer.json()["errors"])
