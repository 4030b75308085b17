"""Rates per client, the id of each request, and a log without anything that users write."""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import logs
from app.main import create_app
from app.protocol import MOST
from app.settings import Settings
from tests.app.helpers import ROOT, small_spec, wait_until
from tests.app.test_rooms import TEACHER, class_settings, join, of, open_room


def test_a_client_that_asks_too_often_is_told_when_to_come_back(tmp_path):
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1, rate_limit="5/minute"))) as client:
        answers = [client.get("/api/tasks") for _ in range(7)]
        assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 120
        assert "x-content-type-options" in answers[-1].headers
        assert client.get("/healthz").status_code == 200
        assert client.get("/static/theme.js").status_code == 200


def test_members_of_a_room_behind_one_address_are_counted_each_alone(tmp_path):
    settings = class_settings(tmp_path, rate_limit="12/minute")
    with TestClient(create_app(settings)) as client:
        code = open_room(client)["code"]
        one, other = join(client, code, "one"), join(client, code, "other")
        answers = [client.get(f"/api/runs/{one['id']}", headers=of(one)).status_code for _ in range(14)]
        assert answers.count(429) == 2
        assert client.get(f"/api/runs/{one['id']}", headers=of(other)).status_code == 200
        assert client.get("/api/rooms", headers=TEACHER).status_code == 200


def test_there_is_no_limit_where_none_is_set(client):
    assert {client.get("/healthz").status_code for _ in range(50)} == {200}


@pytest.mark.parametrize("text", ["5", "5/fortnight", "x/minute", "-1/minute"])
def test_a_rate_that_is_none_is_refused_at_the_start(text):
    done = started(UNROLLED_RATE_LIMIT=text)
    assert done.returncode == 2
    assert "rate_limit" in done.stderr.lower()


def test_a_short_teachers_key_is_refused_and_never_printed():
    done = started(UNROLLED_TEACHER_KEY="hunter2")
    assert done.returncode == 2
    assert "12 characters" in done.stderr
    assert "hunter2" not in done.stderr


def started(**env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("name", ["abc-1", "x" * 64, "A.b_c"])
def test_a_sane_request_id_is_kept(client, name):
    assert client.get("/healthz", headers={"x-request-id": name}).headers["x-request-id"] == name


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a\tb", "<b>", "é"])
def test_an_odd_request_id_is_replaced(client, name):
    given = client.get("/healthz", headers={"x-request-id": name.encode()}).headers["x-request-id"]
    assert len(given) == 32
    assert int(given, 16) >= 0


def test_each_line_of_the_log_is_json_with_the_request_and_nothing_users_write(tmp_path, capfd):
    def saved() -> list[Any]:
        loggers = [logging.getLogger(n) for n in (None, "unrolled", "unrolled.requests", "uvicorn")]
        return [(logger, logger.level, list(logger.handlers)) for logger in loggers]

    before = saved()
    try:
        logs.configure("info", True, True)
        with TestClient(create_app(Settings(data_dir=tmp_path, workers=1))) as client:
            spec = small_spec(networks=[{"cell": "rnn", "hidden_size": 3, "label": "SECRETLABEL"}])
            run = client.post("/api/runs?SECRETQUERY=1", json=spec, headers={"x-request-id": "mine"}).json()["id"]
            client.get(f"/api/runs/{run}")
            client.get("/SECRETPATH")
    finally:
        for logger, level, handlers in before:
            logger.setLevel(level)
            logger.handlers[:] = handlers
    text = capfd.readouterr().err
    lines = [json.loads(line) for line in text.splitlines() if "unrolled.requests" in line]
    assert [(x["method"], x["route"], x["status"]) for x in lines] == [
        ("POST", "/api/runs", 201), ("GET", "/api/runs/{run_id}", 200), ("GET", "(none)", 404),
    ]  # fmt: skip
    assert lines[0]["request_id"] == "mine"
    assert lines[0]["milliseconds"] > 0
    assert "SECRET" not in text
    assert run not in text


@pytest.mark.parametrize(("accept", "kind"), [("*/*", "application/problem+json"), ("text/html", "text/html")])
def test_a_mistake_of_the_server_is_a_500_that_tells_nothing_of_the_inside(tmp_path, monkeypatch, caplog, accept, kind):
    app = create_app(Settings(data_dir=tmp_path, workers=1))

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("SECRET of the inside")

    with TestClient(app) as client:
        monkeypatch.setattr(app.state.service.store, "count", broken)
        answer = client.get("/metrics", headers={"accept": accept, "x-request-id": "mine"})
        monkeypatch.undo()
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (500, kind)
        assert not re.search("SECRET|Traceback|RuntimeError|app/|line", answer.text)
        assert answer.headers["x-request-id"] == "mine"
        assert answer.headers["content-security-policy"]
        assert 'unrolled_requests_total{status="500"} 1.0' in client.get("/metrics").text
    assert "SECRET of the inside" in caplog.text  # with its trace


def test_a_run_whose_training_meets_a_mistake_says_so_and_no_more(tmp_path, monkeypatch, caplog):
    app = create_app(Settings(data_dir=tmp_path, workers=1))

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("SECRET of the inside")

    with TestClient(app) as client:
        run = client.post("/api/runs", json=small_spec()).json()["id"]
        monkeypatch.setattr(app.state.service.executor, "call", broken)
        client.post(f"/api/runs/{run}/play")
        wait_until(lambda: client.get(f"/api/runs/{run}").json()["status"] == "failed")
        assert client.get(f"/api/runs/{run}").json()["error"] == "the server made a mistake; its log says more"
        assert "SECRET" not in client.get(f"/api/runs/{run}").text
        monkeypatch.undo()
        assert client.post(f"/api/runs/{run}/play").json()["status"] == "running"
    assert "SECRET of the inside" in caplog.text


@pytest.mark.parametrize(
    "head",
    [b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * MOST + b"\r\n\r\n",
     b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + b"x-many: 1\r\n" * 4000 + b"\r\n",
     b"GET /" + b"a" * (4 * MOST) + b" HTTP/1.1\r\nhost: x\r\n\r\n",
     b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-endless: " + b"a" * (40 * MOST)],
    ids=["one long header", "many headers", "long address", "no end"],
)  # fmt: skip
def test_headers_are_bounded(live_small, head):
    with socket.create_connection(("127.0.0.1", live_small.port), 10) as wire:
        try:
            wire.sendall(head)
        except ConnectionError:
            pass
        answer = b""
        try:
            while piece := wire.recv(4096):
                answer += piece
        except ConnectionError:
            pass
    assert answer.startswith(b"HTTP/1.1 431") or (not answer and len(head) > 30 * MOST)
    assert live_small.http.get("/healthz", headers={"x-fine": "a" * 8000}).status_code == 200


@pytest.fixture(scope="module")
def live_small(tmp_path_factory):
    from tests.app.helpers import LiveServer

    server = LiveServer(tmp_path_factory.mktemp("data"), workers=1).start()
    yield server
    server.close()
