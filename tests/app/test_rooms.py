"""Class mode: rooms, their members, what the teacher may and others may not, and that a restart keeps it all."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.rooms import LETTERS
from app.settings import Settings
from tests.app.helpers import small_spec

KEY = "correct horse battery"
TEACHER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("data")
    with TestClient(create_app(class_settings(folder))) as client:
        yield client


def class_settings(folder: Path, **more: Any) -> Settings:
    settings = {"workers": 2, "require_token": True, "teacher_key": KEY, "max_members": 3, "max_rooms": 100}
    return Settings(data_dir=folder, **(settings | more))


@pytest.fixture
def room(client: TestClient) -> dict[str, Any]:
    return open_room(client)


def open_room(client: TestClient, **changes: Any) -> dict[str, Any]:
    body = {"title": "Monday", "spec": small_spec(), "hide": ["reset", "forget_bias"], **changes}
    answer = client.post("/api/rooms", json=body, headers=TEACHER)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def join(client: TestClient, code: str, nickname: str) -> dict[str, Any]:
    answer = client.post(f"/api/rooms/{code}/members", json={"nickname": nickname})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def of(member: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {member['token']}"}


def test_a_student_enters_by_the_code_and_has_a_run_of_the_preset(client, room):
    assert len(room["code"]) == 6
    assert set(room["code"]) <= set(LETTERS)
    mine = join(client, room["code"].lower(), "  Min   su ")
    assert mine["nickname"] == "Min su"
    assert mine["spec"] == room["spec"]
    assert client.get(f"/api/rooms/{room['code']}").json()["members"][0]["run"] == mine["id"]
    assert client.post(f"/api/runs/{mine['id']}/advance", json={"steps": 2}, headers=of(mine)).json()["step"] == 2


def test_nobody_changes_the_run_of_another_but_the_teacher_does(client, room):
    one, other = join(client, room["code"], "one"), join(client, room["code"], "other")
    play = f"/api/runs/{one['id']}/play"
    assert client.post(play).status_code == 401
    assert client.post(play, headers=of(other)).status_code == 403
    assert client.post(play, headers=of(one)).status_code == 200
    assert client.post(f"/api/runs/{one['id']}/pause", headers=TEACHER).json()["status"] == "paused"
    assert client.delete(f"/api/runs/{other['id']}", headers=TEACHER).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/runs"), ("GET", "/api/rooms"), ("POST", "/api/rooms"), ("DELETE", "/api/rooms/{code}"),
     ("PUT", "/api/rooms/{code}/now")],
)  # fmt: skip
def test_what_is_the_teachers_needs_the_teachers_key(client, room, method, path):
    where, mine = path.format(code=room["code"]), join(client, room["code"], "somebody")
    assert client.request(method, where, json={}).status_code == 401
    assert client.request(method, where, json={}, headers=of(mine)).status_code == 403


def test_without_a_key_there_is_no_class_mode(tmp_path):
    with TestClient(create_app(Settings(data_dir=tmp_path, workers=1))) as client:
        refusal = client.post("/api/rooms", json={}, headers={"authorization": "Bearer "})
        assert refusal.status_code == 403
        assert "UNROLLED_TEACHER_KEY" in refusal.json()["detail"]


def test_the_teacher_sees_all_runs_with_their_rooms(client, room):
    mine = join(client, room["code"], "listed")
    alone = client.post("/api/runs", json=small_spec()).json()["id"]
    rows = {row["id"]: row for row in client.get("/api/runs", headers=TEACHER).json()["runs"]}
    assert (rows[mine["id"]]["room"], rows[mine["id"]]["nickname"]) == (room["code"], "listed")
    assert rows[alone]["room"] is None
    numbers = [row["no"] for row in rows.values()]
    older = client.get(f"/api/runs?limit=1&before={numbers[0]}", headers=TEACHER).json()["runs"]
    assert [row["no"] for row in older] == numbers[1:2]


def test_beginning_anew_replaces_the_run_and_keeps_the_place(client, room):
    mine = join(client, room["code"], "again")
    address = f"/api/rooms/{room['code']}/members/{mine['member']}/run"
    assert client.post(address, json={}).status_code == 401
    fresh = client.post(address, json={"spec": small_spec(seed=7)}, headers=of(mine)).json()
    assert fresh["spec"]["seed"] == 7
    assert client.get(f"/api/runs/{mine['id']}").status_code == 404
    assert client.post(f"/api/runs/{fresh['id']}/advance", json={"steps": 1}, headers=of(mine)).status_code == 200
    assert client.post(address, json={"spec": None}, headers=of(mine)).json()["spec"] == room["spec"]
    assert client.post(address, json={"spec": {"task": 3}}, headers=of(mine)).status_code == 422


def test_a_room_has_an_end_of_places_and_names_are_taken_once(client, room):
    join(client, room["code"], "Ada")
    taken = client.post(f"/api/rooms/{room['code']}/members", json={"nickname": "ADA"})
    assert taken.status_code == 409
    for name in ("b", "c"):
        last = join(client, room["code"], name)
    full = client.post(f"/api/rooms/{room['code']}/members", json={"nickname": "d"})
    assert full.status_code == 429
    assert full.headers["retry-after"]
    address = f"/api/rooms/{room['code']}/members/{last['member']}"
    assert client.delete(address, headers=TEACHER).status_code == 204
    assert client.delete(address, headers=TEACHER).status_code == 404
    join(client, room["code"], "d")


def test_many_who_enter_in_the_same_moment_are_counted_and_told_apart(client, room):
    """A run of their own takes longer to make than to compare names: both checks are made again afterwards."""
    path, answers = f"/api/rooms/{room['code']}/members", []
    names = ["Ada", "ada", "ADA", "b", "c", "d"]

    def enter(name: str) -> None:
        answers.append(client.post(path, json={"nickname": name}))

    entering = [threading.Thread(target=enter, args=(name,)) for name in names]
    for each in entering:
        each.start()
    for each in entering:
        each.join()
    inside = client.get(f"/api/rooms/{room['code']}").json()["members"]
    assert sorted(a.status_code for a in answers).count(201) == len(inside) == 3
    assert len({m["nickname"].casefold() for m in inside}) == 3
    assert {a.status_code for a in answers} <= {201, 409, 429}
    rows = client.get("/api/runs", headers=TEACHER).json()["runs"]
    theirs = [row for row in rows if row["client"].startswith(f"room {room['code']} ")]
    assert {row["id"] for row in theirs} == {m["run"] for m in inside}  # who was refused has left nothing


@pytest.mark.parametrize("nickname", ["", "   ", "x" * 25, 7, None, "a\u202eb", "a\u0000b", "\ud800"])
def test_a_nickname_is_a_short_visible_text(client, room, nickname):
    body = json.dumps({"nickname": nickname})
    refusal = client.post(f"/api/rooms/{room['code']}/members", content=body)
    assert refusal.status_code == 422
    assert refusal.json()["errors"][0]["field"] == "nickname"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": "x" * 81}, "title"), ({"hide": "reset"}, "hide"), ({"hide": ["a b"]}, "hide.0"),
     ({"spec": None}, "spec"), ({"spec": {**small_spec(), "batch_size": 100_000}}, "batch_size"),
     ({"colour": 1}, "colour")],
)  # fmt: skip
def test_a_bad_room_is_refused_by_name(client, changes, field):
    body = {"spec": small_spec(), **changes}
    refusal = client.post("/api/rooms", json=body, headers=TEACHER)
    assert refusal.status_code == 422
    assert refusal.json()["errors"][0]["field"] == field


def test_a_wrong_code_is_answered_clearly_and_guessing_soon_ends(tmp_path):
    with TestClient(create_app(class_settings(tmp_path))) as client:
        refusal = client.get("/api/rooms/AAAAAA")
        assert refusal.status_code == 404
        assert refusal.json()["errors"][0] == {
            "field": "code", "value": "AAAAAA",
            "message": "there is no room with this code; ask for it again, it may have been closed",
        }  # fmt: skip
        answers = [client.get("/api/rooms/BBBBBB") for _ in range(80)]
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1


def heard(client: TestClient, path: str, names: list[str], act: Any) -> dict[str, list[Any]]:
    """Open a stream, act, and return what came until each of `names` has come often enough."""
    wanted, found = {name: names.count(name) for name in names}, {name: [] for name in names}
    with _Later(0.3, act), client.stream("GET", path) as answer:
        name = ""
        for line in answer.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name in found:
                found[name].append(json.loads(value))
            if all(len(found[name]) >= count for name, count in wanted.items()):
                return found
    raise AssertionError(found)


class _Later:
    def __init__(self, seconds: float, act: Any) -> None:
        self.timer = threading.Timer(seconds, act)

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *error: object) -> None:
        self.timer.join()


@pytest.fixture
def server(live):
    return live(require_token=1, teacher_key=KEY)


def test_followers_hear_what_the_teacher_shows_and_walls_every_student(server):
    http = server.http
    room = open_room(http)
    mine = join(http, room["code"], "Ada")
    path = f"/api/rooms/{room['code']}"
    now = {"run": mine["id"], "step": None, "view": "states", "selection": {"network": 0, "layer": 0, "t": 5, "k": 1}}

    def act() -> None:
        assert http.put(f"{path}/now", json=now, headers=TEACHER).status_code == 200
        assert http.post(f"/api/runs/{mine['id']}/advance", json={"steps": 10}, headers=of(mine)).status_code == 200
        join(http, room["code"], "Bo")

    found = heard(http, f"{path}/stream?wall=true", ["now", "now", "member", "wall", "wall"], act)
    assert found["now"] == [None, now]
    assert found["member"][0] | {"run": ""} == {"what": "joined", "member": 2, "nickname": "Bo", "run": ""}
    until = time.monotonic() + 20
    while time.monotonic() < until:
        wall = heard(http, f"{path}/stream?wall=true", ["wall", "now"], lambda: None)["wall"][0]
        if wall["members"][0]["networks"] and wall["members"][0]["step"] == 10:
            break
    frame = http.get(f"/api/runs/{mine['id']}/frames/10").json()
    ada = wall["members"][0]
    assert (ada["nickname"], ada["status"], ada["steps"]) == ("Ada", "paused", 400)
    until = time.monotonic() + 20
    while ada["networks"][0]["loss"] != pytest.approx(frame["networks"][0]["loss"]) and time.monotonic() < until:
        time.sleep(0.5)
        ada = heard(http, f"{path}/stream?wall=true", ["wall"], lambda: None)["wall"][0]["members"][0]
    for got, want in zip(ada["networks"], frame["networks"], strict=True):
        assert got["loss"] == pytest.approx(want["loss"])
        for name in ("half_life", "cell_half_life"):
            assert got[name] == pytest.approx(want["layers"][-1][name])


def test_a_room_survives_a_kill_and_says_goodbye_when_closed(server):
    room = open_room(server.http)
    path = f"/api/rooms/{room['code']}"
    mine = join(server.http, room["code"], "Ada")
    server.http.put(f"{path}/now", json={"run": mine["id"], "step": 0}, headers=TEACHER)
    server.kill()
    server.start()
    again = server.http.get(path).json()
    assert again["now"]["run"] == mine["id"]
    assert {**again, "now": None} == {**server.http.get(path).json(), "now": None}
    assert [m["nickname"] for m in again["members"]] == ["Ada"]
    assert again["hide"] == ["reset", "forget_bias"]
    assert server.http.post(f"/api/runs/{mine['id']}/advance", json={"steps": 1}, headers=of(mine)).status_code == 200
    found = heard(server.http, f"{path}/stream", ["bye"], lambda: server.http.delete(path, headers=TEACHER))
    assert found["bye"] == [{"room": room["code"], "why": "closed"}]
    assert server.http.get(path).status_code == 404
    assert server.http.get(f"/api/runs/{mine['id']}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"run": 3}, "run"), ({"step": -1}, "step"), ({"step": 1.5}, "step"), ({"view": "<b>"}, "view"),
     ({"selection": {"t": 1}}, "selection"),
     ({"selection": {"network": 0, "layer": 0, "t": "1", "k": 0}}, "selection.t"), ({"x": 1}, "x")],
)  # fmt: skip
def test_a_bad_broadcast_is_refused_by_name(client, room, changes, field):
    run = client.post("/api/runs", json=small_spec()).json()["id"]
    body = {"run": run, **changes}
    refusal = client.put(f"/api/rooms/{room['code']}/now", json=body, headers=TEACHER)
    assert refusal.status_code == 422
    assert refusal.json()["errors"][0]["field"] == field


def test_codes_are_not_guessed_from_each_other(client):
    codes = [open_room(client)["code"] for _ in range(4)]
    assert len(set(codes)) == 4
    assert all(sum(a != b for a, b in zip(x, y, strict=True)) >= 2 for x, y in itertools.combinations(codes, 2))
    for code in codes:
        assert client.delete(f"/api/rooms/{code}", headers=TEACHER).status_code == 204
