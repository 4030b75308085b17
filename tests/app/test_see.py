"""Ready experiments, why it vanished, and spectra over REST: equal to what the engine says."""

import numpy as np
import pytest

import engine
from tests.app.helpers import decoded, trained


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


def test_drawn_answers_speak_korean(client, run):
    for name in ("why", "spectra"):
        english, korean = (
            client.get(f"/api/runs/{run}/{name}?format=figure", headers={"accept-language": lang}).json()
            for lang in ("en", "ko")
        )
        assert english["figure"]["data"][0]["name"].isascii()
        assert not korean["figure"]["data"][0]["name"].isascii()
        assert english["networks"] == korean["networks"]
