"""Ready experiments, why it vanished, and spectra over REST: equal to what the engine says."""

import csv

import numpy as np
import pytest
from starlette.testclient import TestClient

import engine
from app.main import create_app
from app.settings import Settings
from tests.app.helpers import decoded, small_spec, trained


def test_presets_come_with_whole_specs_and_open_as_they_are(client):
    found = client.get("/api/presets").json()
    names = [preset["name"] for preset in found]
    assert names == [name for name in engine.PRESETS if name in names]
    assert set(engine.PRESETS) - set(names) <= {"mnist1d"}  # whose package may be missing
    for preset in found:
        mine = engine.PRESETS[preset["name"]]
        assert (preset["title"], preset["sentence"]) == (mine.title, mine.sentence)
        assert preset["spec"] == engine.RunSpec.from_dict(mine.spec).to_dict()
        assert [engine.presets.Claim(**claim) for claim in preset["claims"]] == list(mine.claims)
    made = client.post("/api/runs", json=found[1]["spec"])
    assert made.status_code == 201
    assert made.json()["spec"] == found[1]["spec"]
    assert client.delete(f"/api/runs/{made.json()['id']}").status_code < 300


QUESTIONS = [("why", engine.why), ("spectra", engine.spectra)]


@pytest.mark.parametrize(("name", "ask"), QUESTIONS)
def test_answers_are_the_engines_for_the_step_network_and_sample_asked_about(client, run, spec, name, ask):
    assert client.post(f"/api/runs/{run}/advance", json={"steps": 7}).status_code == 200
    got = client.get(f"/api/runs/{run}/{name}?step=4&network=1&sample=2").json()
    want = ask(trained(spec, 4), network=1, sample=2)
    assert got.keys() == want.keys() | {"run"}
    for key, value in want.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(decoded(got[key]), value)
        else:
            assert got[key] == value
    assert client.get(f"/api/runs/{run}/{name}").json()["step"] == 7


@pytest.mark.parametrize(("name", "ask"), QUESTIONS)
@pytest.mark.parametrize("query", ["step=9", "network=2", "layer=1", "sample=99", "network=2&format=figure"])
def test_what_the_run_has_not_is_named(client, run, name, ask, query):
    refused = client.get(f"/api/runs/{run}/{name}?{query}")
    assert refused.status_code == 422
    field, value = query.split("&")[0].split("=")
    assert [(e["field"], e["value"]) for e in refused.json()["errors"]] == [(field, int(value))]


def test_the_strip_shows_every_network_on_one_scale_and_its_stacks_add_up(client, run):
    got = client.get(f"/api/runs/{run}/why?format=figure").json()
    assert [n["label"] for n in got["networks"]] == ["RNN", "LSTM"]
    for form in (got["figure"], got["narrow"]):
        assert form["layout"]["yaxis"]["range"] == form["layout"]["yaxis2"]["range"]
        for axis in ("y", "y2"):
            *causes, total = [t["y"] for t in form["data"] if t["yaxis"] == axis]
            assert len(causes) == 4
            np.testing.assert_allclose(np.sum(causes, axis=0), total, atol=1e-9)
    for network in got["networks"]:
        *causes, total = network["sums"].values()
        assert sum(causes) == pytest.approx(total)


def test_the_drawn_spectra_are_those_of_the_answer(client, run):
    got = client.get(f"/api/runs/{run}/spectra?format=figure&network=1").json()
    want = client.get(f"/api/runs/{run}/spectra?network=1").json()
    values = decoded(want["log_singular_values"])
    every, largest, slope = got["figure"]["data"]
    np.testing.assert_allclose(largest["y"], values[:, 0])
    assert [y for y in every["y"][:9]] == pytest.approx(list(values[:, 0]))
    top = decoded(want["lyapunov_exponents"]).max()
    assert slope["y"][1] == pytest.approx(top * slope["x"][1] / np.log(10))
    assert got["networks"][0]["exponents"][0] == pytest.approx(top)


def test_as_csv_they_are_the_answers_number_by_number(client):
    deep = small_spec(networks=[{"cell": "rnn", "hidden_size": 4, "layers": 2}, {"cell": "lstm", "hidden_size": 3}])
    run = client.post("/api/runs", json=deep).json()["id"]
    got = client.get(f"/api/runs/{run}/why?format=csv&layer=1")
    assert got.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(got.text.splitlines()))
    for network, label, layer in ((0, "RNN", 1), (1, "LSTM", 0)):  # the LSTM has one layer only
        want = engine.why(trained(deep, 0), network, layer)
        mine = [row for row in rows if row["network"] == label]
        assert {row["layer"] for row in mine} == {str(layer)}
        assert [int(row["t"]) for row in mine] == list(range(1, len(want["total"]) + 1))
        for name in ("saturation", "weights", "gates", "alignment", "total"):
            np.testing.assert_array_equal([float(row[name]) for row in mine], want[name])
    text = client.get(f"/api/runs/{run}/spectra?format=csv&layer=1&network=0").text
    rows = list(csv.DictReader(text.splitlines()))
    want = engine.spectra(trained(deep, 0), 0, 1)
    for kind, name in (("log_singular_value", "log_singular_values"), ("lyapunov_exponent", "lyapunov_exponents")):
        values = [float(row["value"]) for row in rows if row["kind"] == kind]
        np.testing.assert_array_equal(values, want[name].ravel())


def trail_of(spec, steps):
    trail = [trained(spec, 0)]
    for _ in range(steps):
        trail.append(engine.advance(trail[-1], 1)[0])
    return trail


def same(got, want):
    assert got.keys() == want.keys() | {"run"}
    for key, value in want.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(decoded(got[key]), value)
        else:
            assert got[key] == value, key


def test_a_surface_is_the_engines_of_the_same_path(client, spec, run):
    """Stored checkpoints, steps trained again and the newest in memory give the same path as one training."""
    for steps in (3, 2, 2):
        assert client.post(f"/api/runs/{run}/advance", json={"steps": steps}).status_code == 200
    got = client.get(f"/api/runs/{run}/surface?network=1&size=5").json()
    same(got, engine.landscape(trail_of(spec, 7), network=1, size=5))
    at_four = client.get(f"/api/runs/{run}/surface?step=4&size=5&span=0.5&batch=9").json()
    same(at_four, engine.landscape(trail_of(spec, 4), size=5, span=0.5, batch=9))
    untrained = client.get(f"/api/runs/{run}/surface?step=0&size=5").json()
    same(untrained, engine.landscape(trail_of(spec, 0), size=5))


def test_a_changed_run_has_the_path_that_it_went(client, spec, run):
    client.post(f"/api/runs/{run}/advance", json={"steps": 3})
    assert client.patch(f"/api/runs/{run}", json={"clip_norm": 1e-3}).status_code == 200
    client.post(f"/api/runs/{run}/advance", json={"steps": 3})
    got = client.get(f"/api/runs/{run}/surface?size=5").json()
    trail = trail_of(spec, 3)
    trail[-1] = engine.patch(trail[-1], {"clip_norm": 1e-3})
    for _ in range(3):
        trail.append(engine.advance(trail[-1], 1)[0])
    same(got, engine.landscape(trail, size=5))
    assert got["clipped"]


def test_a_long_path_is_thinned_out_but_keeps_its_ends_and_the_last_steps(client, spec, run):
    client.post(f"/api/runs/{run}/advance", json={"steps": 200})
    steps = decoded(client.get(f"/api/runs/{run}/surface?size=5").json()["path_steps"]).tolist()
    assert steps[0] == 0
    assert steps[-30:] == list(range(171, 201))
    assert len(steps) <= 75
    assert steps == sorted(set(steps))


def test_the_drawn_surface_says_what_clipping_did(client, spec):
    clipped = {**spec, "clip_norm": 1e-3, "optimizer": {"name": "sgd", "learning_rate": 0.5}}
    run = client.post("/api/runs", json=clipped).json()["id"]
    client.post(f"/api/runs/{run}/advance", json={"steps": 5})
    got = client.get(f"/api/runs/{run}/surface?format=figure&size=7").json()
    assert [n["label"] for n in got["networks"]] == ["RNN", "LSTM"]
    want = engine.landscape(trail_of(clipped, 5), size=7)
    told = got["networks"][0]
    assert told["clipped"]
    assert (told["loss_here"], told["loss_free"]) == (want["loss_here"], want["loss_free"])
    assert (told["lowest"], told["highest"]) == (min(want["loss"].min(), want["loss_here"]), want["loss"].max())
    maps = [t for t in got["figure"]["data"] if t["type"] == "heatmap"]
    np.testing.assert_allclose(decoded(maps[0]["customdata"]), np.log10(want["loss"]), rtol=1e-5)
    assert set(got["narrow"]) == {"layout"}  # the data are the same
    assert got["narrow"]["layout"]["yaxis"]["domain"] != got["figure"]["layout"]["yaxis"]["domain"]


def test_a_surface_as_csv_has_map_path_and_the_unclipped_end(client, spec):
    spec = {**spec, "clip_norm": 1e-3}
    run = client.post("/api/runs", json=spec).json()["id"]
    client.post(f"/api/runs/{run}/advance", json={"steps": 2})
    answer = client.get(f"/api/runs/{run}/surface?format=csv&size=5&network=1")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = [line.split(",") for line in answer.text.split()]
    assert rows[0] == ["kind", "network", "step", "x", "y", "loss"]
    assert [row[0] for row in rows[1:]] == ["map"] * 25 + ["path"] * 3 + ["unclipped"]
    want = engine.landscape(trail_of(spec, 2), network=1, size=5)
    np.testing.assert_array_equal([float(row[5]) for row in rows[1:26]], want["loss"].ravel())
    np.testing.assert_array_equal([float(row[3]) for row in rows[26:29]], want["path"][:, 0])


@pytest.mark.parametrize("query", ["step=9", "network=2", "size=4", "size=202", "size=x", "span=0", "span=-1",
                                   "span=nan", "span=inf", "zoom=0", "zoom=1e4", "batch=-1",
                                   "format=png", "network=-1"])  # fmt: skip
def test_a_bad_surface_question_is_refused_by_name(client, run, query):
    refused = client.get(f"/api/runs/{run}/surface?{query}")
    assert refused.status_code == 422
    assert [e["field"] for e in refused.json()["errors"]] == [query.split("=")[0]]


def test_a_surface_that_would_hold_up_the_others_is_refused_or_drawn_coarser(client):
    large = small_spec(networks=[{"cell": "lstm", "hidden_size": 128}], task={"name": "adding", "length": 60},
                       batch_size=64, dtype="float32")  # fmt: skip
    run = client.post("/api/runs", json=large).json()["id"]
    refused = client.get(f"/api/runs/{run}/surface?size=101")
    assert refused.status_code == 422
    problem = refused.json()["errors"][0]
    assert (problem["field"], problem["value"]) == ("size", 101)
    most = int(problem["message"].split("have ")[1].split()[0])
    assert 5 <= most < 51
    assert len(decoded(client.get(f"/api/runs/{run}/surface").json()["x"])) <= most


def test_a_run_too_large_for_any_surface_says_so(tmp_path):
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1, max_surface_seconds=1e-4))) as client:
        run = client.post("/api/runs", json=small_spec()).json()["id"]
        refused = client.get(f"/api/runs/{run}/surface")
        assert refused.status_code == 422
        assert "too large for a loss surface" in refused.json()["detail"]


def test_drawn_answers_speak_korean(client, run):
    surfaces = [client.get(f"/api/runs/{run}/surface?format=figure&size=5", headers={"accept-language": lang}).json()
                for lang in ("en", "ko")]  # fmt: skip
    for shown, ascii_only in zip(surfaces, (True, False), strict=True):
        names = [t["name"] for t in shown["figure"]["data"] if t.get("showlegend")]
        assert all(name.isascii() == ascii_only for name in names)
    for name in ("why", "spectra"):
        english, korean = (
            client.get(f"/api/runs/{run}/{name}?format=figure", headers={"accept-language": lang}).json()
            for lang in ("en", "ko")
        )
        assert english["figure"]["data"][0]["name"].isascii()
        assert not korean["figure"]["data"][0]["name"].isascii()
        assert english["networks"] == korean["networks"]
