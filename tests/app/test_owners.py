"""Every call that changes something asks whose it is; the list is the document's own, so that no new one is missed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from tests.app.helpers import small_spec
from tests.app.test_rooms import TEACHER, class_settings, join, of, open_room

# What changes nothing of anybody's: it makes something new, or only computes.
FREE = {
    ("post", "/api/runs"),
    ("post", "/api/sweeps"),
    ("post", "/api/rooms/{code}/members"),
    ("post", "/api/runs/{run_id}/whatif"),
    ("post", "/api/runs/{run_id}/fork"),
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with TestClient(create_app(class_settings(tmp_path_factory.mktemp("data"), workers=1))) as client:
        yield client


@pytest.fixture(scope="module")
def places(strict: TestClient) -> dict[str, str]:
    """A room, a member with a run, and a sweep."""
    room = open_room(strict)
    member = join(strict, room["code"], "Ada")
    grid = {"spec": small_spec(), "grid": {"seed": [1, 2]}, "steps": 2}
    sweep = strict.post("/api/sweeps", json=grid).json()["id"]
    return {"code": room["code"], "member": str(member["member"]), "run_id": member["id"], "sweep_id": sweep}


def changing(client: TestClient) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [(method, path) for path, calls in paths.items() for method in calls if method not in ("get", "head")]


def test_nothing_of_somebody_elses_is_changed_without_his_token(strict, places):
    other = of(join(strict, open_room(strict)["code"], "Bo"))
    asked = [call for call in changing(strict) if call not in FREE]
    assert len(asked) >= 13
    for method, path in asked:
        where = path.format(**places)
        body = json.dumps({"steps": 1, "run": None}).encode()
        nobody = strict.request(method, where, content=body)
        assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer"), (method, path)
        for headers in (other, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TEACHER}"}):
            assert strict.request(method, where, content=body, headers=headers).status_code in (401, 403), path


def test_what_is_free_is_there_and_changes_nothing(strict, places):
    assert set(changing(strict)) >= FREE
    before = strict.get(f"/api/runs/{places['run_id']}").json()
    for verb, body in (("whatif", {"clip_norm": 1}), ("fork", {"step": 0, "changes": {"clip_norm": 1}})):
        answer = strict.post(f"/api/runs/{places['run_id']}/{verb}", json=body)
        assert answer.is_success, answer.text
    assert strict.get(f"/api/runs/{places['run_id']}").json() == before


def test_a_token_is_told_once_and_never_stored(strict, tmp_path_factory):
    made = strict.post("/api/runs", json=small_spec()).json()
    assert "token" not in strict.get(made["links"]["self"]).json()
    for file in strict.app.state.service.settings.data_dir.iterdir():
        assert made["token"].encode() not in file.read_bytes()
