"""Class mode: rooms for a teacher's students, and the teacher's view of all runs."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from app import room_schemas as schemas
from app.bodies import only, parse
from app.deps import RoomDep, ServiceDep, TeacherDep, root
from app.errors import Invalid
from app.keys import bearer
from app.openapi import events, json_body, problems, run_spec
from app.requests import small_json
from app.room_bodies import NICKNAME, TITLE, hidden, plain_text, shown
from app.room_stream import RoomEvents
from app.rooms import Room
from app.service import Service
from app.sse import EventStream

router = APIRouter(prefix="/api", tags=["rooms"])
JSON = "application/json"
PRIVATE = {"cache-control": "no-store"}
BIGGEST = 2**53
Authorization = Annotated[str | None, Header()]
Number = Annotated[int, Path(ge=1, le=BIGGEST, description="Number of the member.")]
TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
WHOLE = {"type": "integer", "minimum": 0}
ROOM = {"type": "object", "required": ["spec"], "additionalProperties": False,
        "properties": {"title": {**TEXT, "maxLength": TITLE}, "spec": run_spec(),
                       "hide": {"type": "array", "items": TEXT, "maxItems": 100}}}  # fmt: skip
NICK = {"type": "object", "required": ["nickname"], "additionalProperties": False,
        "properties": {"nickname": {**TEXT, "maxLength": NICKNAME}}}  # fmt: skip
SPEC = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"spec": {**run_spec(), "type": ["object", "null"]}},
}
PICK = {"type": ["object", "null"], "required": ["network", "layer", "t", "k"], "additionalProperties": False,
        "properties": dict.fromkeys(("network", "layer", "t", "k"), WHOLE)}  # fmt: skip
NOW = {"type": "object", "required": ["run"], "additionalProperties": False,
       "properties": {"run": {"type": ["string", "null"]}, "step": {**WHOLE, "type": ["integer", "null"]},
                      "view": {"type": ["string", "null"]}, "selection": PICK}}  # fmt: skip
PRESET = {"task": {"name": "adding", "length": 40}, "networks": [{"cell": "rnn"}, {"cell": "lstm"}]}
EXAMPLE = {"title": "Monday", "hide": ["reset", "forget_bias"], "spec": PRESET}


@router.get("/runs", summary="All runs (teacher)", dependencies=[TeacherDep],
            responses={200: {"model": schemas.RunList}, **problems(401, 403, 422, 429, 503)})  # fmt: skip
async def runs(
    service: ServiceDep,
    before: Annotated[int, Query(ge=0, le=BIGGEST, description="Only runs with a smaller number.")] = BIGGEST,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """List the runs of everybody, newest first, each with its client and, in a class, its room and nickname.

    The teacher's key also pauses, plays, changes and deletes any of them.
    """
    return _json({"runs": await service.rooms.store.runs(before, limit)})


@router.get("/rooms", summary="All rooms (teacher)", dependencies=[TeacherDep],
            responses={200: {"model": schemas.RoomList}, **problems(401, 403, 422, 429, 503)})  # fmt: skip
async def rooms(request: Request, service: ServiceDep) -> Response:
    """List the open rooms, oldest first."""
    return _json({"rooms": [_room(request, room, service) for room in service.rooms.all()]})


@router.post("/rooms", status_code=201, summary="Open a room (teacher)", dependencies=[TeacherDep],
             openapi_extra=json_body(ROOM, EXAMPLE),
             responses={201: {"model": schemas.Room}, **problems(400, 401, 403, 413, 422, 429, 503)})  # fmt: skip
async def make(request: Request, service: ServiceDep) -> Response:
    """Open a room with a preset experiment and the controls its page hides; students enter it by its code."""
    data = parse(await request.body())
    only(data, "title", "spec", "hide")
    title = plain_text("title", data.get("title", "Class"), TITLE)
    if not isinstance(data.get("spec"), dict):
        raise Invalid("spec", data.get("spec"), "must be a RunSpec: the experiment that everybody begins with")
    room = await service.rooms.make(title, data["spec"], hidden(data.get("hide", [])))
    return _json(_room(request, room, service), 201)


@router.get("/rooms/{code}", summary="What a room is about",
            responses={200: {"model": schemas.Room}, **problems(404, 422, 429, 503)})  # fmt: skip
async def read(request: Request, room: RoomDep, service: ServiceDep) -> Response:
    """Return title, preset, hidden controls, members and what the teacher shows, to whoever has the code."""
    return _json(_room(request, room, service))


@router.delete("/rooms/{code}", status_code=204, summary="Close a room (teacher)", dependencies=[TeacherDep],
               responses=problems(401, 403, 404, 422, 429, 503))  # fmt: skip
async def close(room: RoomDep, service: ServiceDep) -> Response:
    """Close a room: its code leads nowhere from now on. The students' runs stay until they expire."""
    await service.rooms.close(room)
    service.walls.forget(room)
    return Response(status_code=204)


@router.post("/rooms/{code}/members", status_code=201, summary="Enter a room", openapi_extra=json_body(NICK),
             responses={201: {"model": schemas.Joined},
                        **problems(400, 404, 409, 413, 422, 429, 503)})  # fmt: skip
async def join(request: Request, room: RoomDep, service: ServiceDep) -> Response:
    """Enter under a nickname: the answer has the member's number, the token of all that is theirs, and their run."""
    data = parse(await small_json(request))
    only(data, "nickname")
    nickname = plain_text("nickname", data.get("nickname"), NICKNAME)
    member, token, run = await service.rooms.join(room, nickname)
    who = {"member": member.no, "nickname": nickname, "token": token}
    return Response(run.document(root(request), changes=[], **who), 201, PRIVATE, JSON)


@router.delete("/rooms/{code}/members/{member}", status_code=204, summary="Leave a room",
               responses=problems(401, 403, 404, 422, 429, 503))  # fmt: skip
async def leave(room: RoomDep, service: ServiceDep, member: Number, authorization: Authorization = None) -> Response:
    """Take a member out of the room, with the run: by the member's token or the teacher's key."""
    await service.rooms.remove(room, service.rooms.member(room, member, bearer(authorization)))
    return Response(status_code=204)


@router.post("/rooms/{code}/members/{member}/run", status_code=201, summary="Begin anew in a room",
             openapi_extra=json_body(SPEC, {"spec": None}),
             responses={201: {"model": schemas.Restarted},
                        **problems(400, 401, 403, 404, 413, 422, 429, 503)})  # fmt: skip
async def restart(
    request: Request, room: RoomDep, service: ServiceDep, member: Number, authorization: Authorization = None
) -> Response:
    """Make the member a new run in the place of the old one, from `spec` or, where that is null, the preset."""
    found = service.rooms.member(room, member, bearer(authorization))
    data = parse(await request.body())
    only(data, "spec")
    spec = data.get("spec")
    if spec is not None and not isinstance(spec, dict):
        raise Invalid("spec", spec, "must be a RunSpec or null")
    run = await service.rooms.restart(room, found, None if spec is None else json.dumps(spec).encode())
    who = {"member": found.no, "nickname": found.nickname}
    return Response(run.document(root(request), changes=[], **who), 201, PRIVATE, JSON)


@router.put("/rooms/{code}/now", summary="Show something to the room (teacher)", dependencies=[TeacherDep],
            openapi_extra=json_body(NOW, {"run": "…", "step": None, "view": "states", "selection": None}),
            responses={200: {"model": schemas.Now}, **problems(400, 401, 403, 404, 413, 422, 429, 503)})  # fmt: skip
async def show(request: Request, room: RoomDep, service: ServiceDep) -> Response:
    """Show a run (step null: its newest), a view and a picked product to all who follow; run null: nothing more."""
    data = parse(await small_json(request))
    only(data, "run", "step", "view", "selection")
    now = None if "run" in data and data["run"] is None else shown(data)
    await service.rooms.show(room, now)
    return _json({"now": now})


@router.get("/rooms/{code}/stream", summary="Follow a room live", response_class=Response,
            responses={200: events("now, member, with wall=true wall, at the end bye: see docs/class.md."),
                       **problems(404, 422, 429, 503)})  # fmt: skip
async def stream(
    room: RoomDep,
    service: ServiceDep,
    wall: Annotated[bool, Query(description="Every student's step, loss and half-life, each second.")] = False,
) -> EventStream:
    """Events `now` (what the teacher shows), `member`, `wall`, and `bye` when the room closes or the server stops."""
    return EventStream(RoomEvents(room, service.hub, service.walls if wall else None))


def _room(request: Request, room: Room, service: Service) -> dict[str, Any]:
    row, base = room.row, root(request)
    page, api = f"{base}/room/{row.code}", f"{base}/api/rooms/{row.code}"
    members = [
        {"member": m.no, "nickname": m.nickname, "run": m.run, "joined": m.joined} for m in room.members.values()
    ]
    links = {"self": api, "page": page, "wall": f"{page}/wall", "stream": f"{api}/stream", "now": f"{api}/now"}
    return {"code": row.code, "title": row.title, "created": row.created, "hide": list(row.hide), "now": room.now,
            "members": members, "links": links, "spec": json.loads(row.spec)}  # fmt: skip


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status, PRIVATE, JSON)
