"""The figures of a run over HTTP, and the script that draws them."""

import gzip
from importlib.resources import files

from engine import RunSpec
from engine.figures import FIGURES


def make(client, spec):
    return client.post("/api/runs", json=spec).json()["id"]


def test_figures_come_as_templates_and_bindings_for_the_runs_own_spec(client, spec):
    run = make(client, spec)
    answer = client.get(f"/api/runs/{run}/figures")
    assert answer.status_code == 200
    figures = {figure["id"]: figure for figure in answer.json()["figures"]}
    assert list(figures) == list(FIGURES)
    template, bindings = FIGURES["jacobian"].build(RunSpec.from_dict(spec))
    assert figures["jacobian"]["template"] == template
    assert figures["jacobian"]["bindings"] == bindings
    assert [len(figure["template"]["data"]) for figure in figures["jacobian"]["matrices"]] == [2, 5]


def test_every_binding_resolves_in_a_frame_of_the_same_run(client, spec):
    run = make(client, spec)
    frame = client.get(f"/api/runs/{run}/frames/0").json()
    for figure in client.get(f"/api/runs/{run}/figures").json()["figures"]:
        for binding in figure["bindings"]:
            if binding["path"].startswith("metrics."):
                continue
            node = frame
            for part in binding["path"].split("."):
                node = node[int(part)] if isinstance(node, list) else node[part]
            assert node is None or isinstance(node, (dict, float)), binding


def test_unchanged_figures_are_not_sent_again(client, spec):
    run = make(client, spec)
    tag = client.get(f"/api/runs/{run}/figures").headers["etag"]
    again = client.get(f"/api/runs/{run}/figures", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"/api/runs/{run}/figures?layer=1", headers={"If-None-Match": tag})
    assert other.status_code == (304 if other.headers["etag"] == tag else 200)


def test_figures_of_no_run_and_of_a_bad_layer_are_refused(client, spec):
    assert client.get("/api/runs/nothing/figures").status_code == 404
    refused = client.get(f"/api/runs/{make(client, spec)}/figures?layer=-1")
    assert refused.status_code == 422
    assert "layer" in refused.text


def test_the_script_is_the_installed_one_compressed_and_kept_for_ever(client):
    wanted = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    answer = client.get("/vendor/plotly.min.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 1_600_000
    assert answer.content == wanted
    assert "immutable" in answer.headers["cache-control"]
    plain = client.get("/vendor/plotly.min.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == wanted
    again = client.get("/vendor/plotly.min.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_its_address_changes_with_its_content(monkeypatch):
    from app import plotly_bundle

    before = plotly_bundle.address()
    monkeypatch.setattr(plotly_bundle, "bundle", lambda: plotly_bundle.Bundle(b"", gzip.compress(b""), "other"))
    assert before.startswith("vendor/plotly.min.js?v=")
    assert plotly_bundle.address() != before
