"""What a run can be taken along as: a report that needs no server, a notebook that trains it again bit for bit."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from engine import weights
from tests.app.helpers import ROOT, small_spec, trained


def advance(client, run, steps):
    answer = client.post(f"/api/runs/{run}/advance", json={"steps": steps})
    assert answer.status_code == 200, answer.text
    return answer.json()["metrics"]


def replay(cells, folder):
    """Run a notebook's code cells in a process of their own; return its rows and the names of the figure's traces."""
    program = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    program = re.sub(r"^(go\.Figure\(.*\))$", r"figure = \1", program, flags=re.MULTILINE)
    program += "\nprint('ROWS', json.dumps(rows))\nprint('MAPS', len(figure.data))"
    file = folder / "notebook.py"
    file.write_text(program)
    env = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    rows = re.search(r"^ROWS (.*)$", done.stdout, re.MULTILINE)[1]
    return json.loads(rows), int(re.search(r"^MAPS (\d+)$", done.stdout, re.MULTILINE)[1])


def npz(arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_the_notebook_gives_the_servers_bits_whatever_was_changed_on_the_way(client, tmp_path):
    spec = small_spec(task={"name": "adding", "length": 8}, clip_norm=0.5)
    spec["networks"][0]["label"] = "it's '''mine''' \\"
    run = client.post("/api/runs", json=spec).json()["id"]
    advance(client, run, 5)
    client.patch(f"/api/runs/{run}", json={"optimizer.learning_rate": 0.02, "networks.1.forget_bias": 3})
    advance(client, run, 4)
    given = weights(trained(small_spec(seed=9), 2), 0)
    put = client.put(f"/api/runs/{run}/weights?network=0&format=npz", content=npz(given))
    assert put.status_code == 200, put.text
    advance(client, run, 3)
    fork = client.post(f"/api/runs/{run}/fork", json={"step": 10, "changes": {"networks.0.drive": 1.25}}).json()["id"]
    advance(client, fork, 4)
    for name, last in ((run, 12), (fork, 14)):
        answer = client.get(f"/api/runs/{name}/notebook.ipynb")
        assert answer.headers["content-type"] == "application/x-ipynb+json"
        book = answer.json()
        assert (book["nbformat"], len({cell["id"] for cell in book["cells"]})) == (4, len(book["cells"]))
        rows, maps = replay(book["cells"], tmp_path)
        server = client.get(f"/api/runs/{name}/metrics").json()["metrics"]
        assert len(server) == last
        assert rows == server  # floats of JSON are exact: the same bits
        assert maps == 2


def test_the_report_holds_the_figures_data_and_asks_for_nothing(client, run):
    advance(client, run, 6)
    answer = client.get(f"/api/runs/{run}/report.html?step=4")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = answer.text
    own = text.replace(re.search(r"<script>(/\*\*.*?)</script>", text, re.DOTALL)[1], "")
    assert len(own) < len(text) / 4  # plotly.js was inside
    assert not re.search(r"""(?:src|href)=["']|url\(|https?://""", own)
    figures = json.loads(re.search(r"^const figures = (.*);$", own, re.MULTILINE)[1])
    assert {"jacobian", "flow_by_lag", "loss", "itemised", "gates"} <= {figure["id"] for figure in figures}
    drawn = next(figure for figure in figures if figure["id"] == "jacobian")
    assert drawn["help"].endswith("Dark means vanished.")  # there is nothing to pick on paper
    raw = client.get(f"/api/runs/{run}/frames/4").json()["networks"][0]["layers"][0]["jacobian_log_norms"]
    assert drawn["data"][0]["customdata"] == raw
    for network in client.get(f"/api/runs/{run}/frames/4").json()["networks"]:
        assert network["diagnosis"].split(",")[0] in text


@pytest.mark.parametrize(("query", "headers"), [("?lang=ko", {}), ("", {"accept-language": "ko-KR, en;q=0.5"})])
def test_a_report_speaks_the_readers_language(client, run, query, headers):
    advance(client, run, 2)
    answer = client.get(f"/api/runs/{run}/report.html{query}", headers=headers)
    assert answer.headers["content-language"] == "ko"
    assert '<html lang="ko">' in answer.text
    figures = json.loads(re.search(r"^const figures = (.*);$", answer.text, re.MULTILINE)[1])
    assert next(figure for figure in figures if figure["id"] == "jacobian")["title"].startswith("기울기")
    told = answer.text.partition("</table>")[0]
    assert "기울기 " in told
    assert "halves every" not in told
    assert '<html lang="en">' in client.get(f"/api/runs/{run}/report.html?lang=en", headers=headers).text
    assert client.get(f"/api/runs/{run}/report.html?lang=xx").status_code == 422


def test_a_report_cannot_be_broken_by_what_a_spec_says(client):
    evil = "</script><script>alert(1)</script>"
    spec = small_spec()
    spec["networks"][0]["label"] = evil
    run = client.post("/api/runs", json=spec).json()["id"]
    text = client.get(f"/api/runs/{run}/report.html").text
    assert evil not in text
    assert "<script>alert(1)" not in text


@pytest.mark.parametrize("path", ["report.html", "notebook.ipynb", "trust", "marks"])
def test_an_unknown_run_is_a_404(client, path):
    assert client.get(f"/api/runs/{'0' * 32}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["report.html", "notebook.ipynb", "trust"])
def test_a_step_that_is_not_trained_is_refused_by_name(client, run, path):
    answer = client.get(f"/api/runs/{run}/{path}?step=7")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "step"


def test_an_untrained_diverged_and_deep_run_has_a_report_and_a_notebook(client, tmp_path):
    spec = small_spec(optimizer={"name": "sgd", "learning_rate": 1e4}, steps=50)
    spec["networks"] = [{"cell": "rnn", "hidden_size": 4, "layers": 2, "activation": "relu"}]
    run = client.post("/api/runs", json=spec).json()["id"]
    assert client.get(f"/api/runs/{run}/report.html").status_code == 200
    with contextlib.suppress(AssertionError):
        advance(client, run, 50)
    state = client.get(f"/api/runs/{run}").json()
    assert state["status"] == "diverged"
    assert client.get(f"/api/runs/{run}/report.html").status_code == 200
    rows, _ = replay(client.get(f"/api/runs/{run}/notebook.ipynb").json()["cells"], tmp_path)
    assert len(rows) == state["step"]
