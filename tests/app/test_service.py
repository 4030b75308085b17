"""The server around the runs: tokens, quotas, headers, docs, health, the whole OpenAPI document, settings."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis.errors import Unsatisfiable
from pebble.pool.base_pool import PoolStatus
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings, table
from app.watching import Watcher
from tests.app.helpers import ROOT, LiveServer, small_spec, wait_until


@pytest.fixture
def strict(tmp_path):
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1, require_token=True))) as client:
        yield client


def test_where_tokens_are_needed_only_the_owner_changes_a_run(strict, spec):
    first, second = (strict.post("/api/runs", json=spec).json() for _ in range(2))
    assert len(first["token"]) >= 32
    url = f"/api/runs/{first['id']}"
    calls = [
        ("POST", "/advance"),
        ("POST", "/play"),
        ("POST", "/pause"),
        ("PATCH", ""),
        ("PUT", "/weights"),
        ("DELETE", ""),
    ]
    for method, verb in calls:
        nobody = strict.request(method, url + verb, content=b'{"steps": 1}')
        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
        other = strict.request(method, url + verb, headers={"authorization": f"Bearer {second['token']}"})
        assert other.status_code == 403
    mine = {"authorization": f"Bearer {first['token']}"}
    assert strict.post(f"{url}/advance", json={"steps": 2}, headers=mine).json()["step"] == 2
    for path in ("", "/frames/1", "/metrics", "/weights", "/jacobian?t=3&k=1"):  # watching needs only the link
        answer = strict.get(url + path)
        assert answer.status_code == 200
        assert first["token"] not in answer.text
    assert strict.delete(url, headers=mine).status_code == 204


def test_a_client_has_so_many_runs_and_no_more(tmp_path, spec):
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1, max_runs=3))) as client:
        runs = [client.post("/api/runs", json=spec).json()["id"] for _ in range(3)]
        full = client.post("/api/runs", json=spec)
        assert (full.status_code, full.headers["retry-after"]) == (429, "60")
        client.delete(f"/api/runs/{runs[0]}")
        assert client.post("/api/runs", json=spec).status_code == 201


def test_a_run_idle_for_long_makes_room_but_never_one_that_plays(tmp_path):
    spec = small_spec(steps=1_000_000)
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1, max_runs=2, idle_seconds=0))) as client:
        playing, idle = (client.post("/api/runs", json=spec).json()["id"] for _ in range(2))
        client.post(f"/api/runs/{playing}/play")
        time.sleep(0.01)
        assert client.post("/api/runs", json=spec).status_code == 201
        assert client.get(f"/api/runs/{playing}").status_code == 200
        assert client.get(f"/api/runs/{idle}").status_code == 404


def test_runs_are_let_go_of_and_found_again(tmp_path, spec, monkeypatch):
    monkeypatch.setattr("app.registry.RESIDENT", 2)
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1))) as client:
        runs = [client.post("/api/runs", json=spec).json()["id"] for _ in range(6)]
        rows = [client.post(f"/api/runs/{run}/advance", json={"steps": 3}).json()["metrics"] for run in runs]
        more = [client.post(f"/api/runs/{run}/advance", json={"steps": 3}).json()["metrics"] for run in runs]
        assert rows == rows[:1] * 6
        assert more == more[:1] * 6
        assert len(client.app.state.service.registry._recent) <= 3


def test_every_answer_has_the_security_headers(client, run):
    pages = ("/", "/sweeps", "/lessons", "/teach", "/room/ABCDEF", "/room/ABCDEF/wall", "/docs", "/nowhere")
    files = ("", "/weights", "/notebook.ipynb", "/metrics?format=csv", "/jacobian?t=1&k=9")
    for path in (*pages, "/healthz", "/static/main.js", *(f"/api/runs/{run}{file}" for file in files)):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert re.search(r"script-src 'self'(;|$)", policy)
        assert headers["x-content-type-options"] == "nosniff"


def test_a_report_has_its_scripts_inside_and_therefore_no_origin(client, run):
    policy = client.get(f"/api/runs/{run}/report.html").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"sandbox allow-scripts allow-downloads$", policy)  # no allow-same-origin: it can ask nothing here


def test_docs_need_nobody_else(client):
    page = client.get("/docs").text
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert "<script>" not in page
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        assert client.get(path).status_code == 200, path


def test_json_is_compressed_and_streams_and_frames_are_not(client, run):
    assert client.get("/api/schema").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get(f"/api/runs/{run}/frames/0").headers


def test_health(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "store": True, "workers": True})


def test_a_server_is_not_ready_without_its_workers_or_its_disk(tmp_path):
    app = create_app(Settings(data_dir=tmp_path, workers=1))
    service = app.state.service
    with TestClient(app) as own:
        assert own.get("/readyz").json() == {"ready": True, "store": True, "workers": True}
        service.executor._pool._context.status = PoolStatus.ERROR  # the pool itself breaks
        found = own.get("/readyz")
        assert (found.status_code, found.json()) == (503, {"ready": False, "store": True, "workers": False})
        wait_until(lambda: own.get("/readyz").status_code == 200)  # though nobody asked for anything else
        service.executor._pool._context.status = PoolStatus.ERROR  # the new one, too, perhaps before it has begun
        run = own.post("/api/runs", json=small_spec())
        assert run.status_code == 201
        service.store._w.execute("PRAGMA max_page_count = 1")
        refused = own.post("/api/runs", json=small_spec(task={"name": "char_text", "text": "abcdefgh " * 20_000}))
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert own.get("/readyz").json() == {"ready": False, "store": False, "workers": True}
        assert own.get(run.json()["links"]["frame"].format(step=0)).status_code == 200  # what is stored can be read
        service.store._w.execute("PRAGMA max_page_count = 1000000")
        assert own.get("/readyz").status_code == 200


def test_runs_nobody_used_for_long_expire_but_never_one_that_plays_or_is_watched(tmp_path):
    app = create_app(Settings(data_dir=tmp_path, workers=1, expire_seconds=0.5))
    registry = app.state.service.registry
    with TestClient(app) as own:
        idle, playing = (own.post("/api/runs", json=small_spec(steps=1_000_000)).json()["id"] for _ in range(2))
        own.post(f"/api/runs/{playing}/play")
        time.sleep(0.8)
        own.portal.call(registry.expire)  # housekeeping does this each minute
        assert own.get(f"/api/runs/{idle}").status_code == 404
        assert own.get(f"/api/runs/{playing}").status_code == 200
        own.post(f"/api/runs/{playing}/pause")
        time.sleep(0.8)
        with app.state.service.hub.watching(playing, Watcher()):
            own.portal.call(registry.expire)
            assert own.get(f"/api/runs/{playing}").status_code == 200
        own.portal.call(registry.expire)
        assert own.get(f"/api/runs/{playing}").status_code == 404


def test_counters(client, run):
    client.post(f"/api/runs/{run}/advance", json={"steps": 3})
    text = client.get("/metrics").text
    for name in ("unrolled_runs{", "unrolled_steps_total", "unrolled_chunk_seconds_bucket", "unrolled_queue_depth",
                 "unrolled_streams", "unrolled_frames_sent_total", "unrolled_frames_dropped_total",
                 "unrolled_stream_bytes_total", "unrolled_sweep_points_total",
                 'unrolled_requests_total{status="200"}'):  # fmt: skip
        assert f"\n{name}" in text


def test_what_can_be_chosen_is_listed(client):
    tasks = client.get("/api/tasks").json()
    assert {"as_soon_as", "adding", "inline"} <= {task["name"] for task in tasks}
    schema = client.get("/api/schema").json()
    assert {"fields", "network", "optimizers", "tasks"} <= set(schema)


def test_the_api_document_describes_the_body_of_a_run(client):
    document = client.get("/openapi.json").json()
    body = document["paths"]["/api/runs"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["required"] == ["task", "networks"]
    network = body["schema"]["properties"]["networks"]["items"]["properties"]
    assert network["hidden_size"]["minimum"] == 1
    assert client.post("/api/runs", json=body["example"]).status_code == 201


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = LiveServer(tmp_path_factory.mktemp("data"), max_runs=100_000).start()
    yield server
    server.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_asked_is_answered_as_documented(served, mode):
    document = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    operations = document.exclude(path_regex="/stream$").get_all_operations()  # a stream has no end
    asked = [ask(served, operation.ok(), mode) for operation in operations]
    assert len(asked) >= 15


def ask(served: LiveServer, operation: object, mode: GenerationMode) -> None:
    """Send a few requests made from what the document says of one operation, or against it."""
    run = served.make(small_spec(steps=20))

    @given(case=operation.as_strategy(generation_mode=mode))  # type: ignore[attr-defined]
    @budget(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def send(case):
        if "run_id" in (case.path_parameters or {}):
            case.path_parameters["run_id"] = run
        case.call_and_validate(
            timeout=20,
            checks=[
                schemathesis.checks.not_a_server_error,
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
            ],
        )

    try:
        send()
    except Unsatisfiable:  # nothing can be wrong with an operation without input
        assert mode is GenerationMode.NEGATIVE


# --- settings -----------------------------------------------------------------------------------------------------


def test_every_setting_has_a_name_and_help():
    names = [row["name"] for row in table()]
    assert {"HOST", "PORT", "UNROLLED_DATA_DIR", "UNROLLED_REQUIRE_TOKEN", "UNROLLED_MAX_SEQ_LEN"} <= set(names)
    assert all(row["help"] for row in table())


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("PORT", "9123")
    monkeypatch.setenv("UNROLLED_MAX_RUNS", "7")
    assert (Settings().port, Settings().max_runs, Settings().host) == (9123, 7, "127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("UNROLLED_WORKERS", "-1"), ("UNROLLED_LOG_LEVEL", "loud")]
)
def test_a_bad_setting_ends_the_program_with_a_sentence(name, value):
    done = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env={**os.environ, name: value}, capture_output=True,
                          text=True, timeout=30)  # fmt: skip
    assert done.returncode == 2
    assert name.removeprefix("UNROLLED_").lower() in done.stderr.lower()
    assert value in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["below a file", "not for writing"])
def test_a_folder_that_cannot_be_used_ends_the_program_with_a_sentence(tmp_path, kind):
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "data") if kind == "below a file" else "/proc/self"  # nor may root write there
    env = {**os.environ, "UNROLLED_DATA_DIR": folder, "PORT": "0"}
    done = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert folder in done.stderr
    assert "Traceback" not in done.stderr


def test_a_large_upload_to_a_real_server_is_answered(tmp_path: Path):
    server = LiveServer(tmp_path, workers=1).start()
    try:
        answer = server.http.post("/api/runs", content=json.dumps({"text": "x" * 50_000_000}))
        assert answer.status_code == 413
        assert server.http.get("/healthz").status_code == 200
    finally:
        server.close()
