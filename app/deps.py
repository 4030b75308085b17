"""What routes ask for: the service, a run by its id, and that run for its owner only."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Path, Request

from app.errors import HTTPProblem
from app.keys import bearer
from app.limiting import address
from app.registry import Owned, owns
from app.rooms import Room
from app.runs import Run
from app.service import Service


def service(request: Request) -> Service:
    """Return the parts of this server."""
    found: Service = request.app.state.service
    return found


ServiceDep = Annotated[Service, Depends(service)]


async def run_by_id(
    service: ServiceDep, run_id: Annotated[str, Path(description="Id given when the run was made.")]
) -> Run:
    """Return a run, else 404."""
    return await service.registry.get(run_id)


RunDep = Annotated[Run, Depends(run_by_id)]


def owner_only(service: Service, owned: Owned, authorization: str | None) -> None:
    """Where tokens are required, refuse whoever is not the owner (401, 403)."""
    if not service.settings.require_token:
        return
    token = bearer(authorization)
    if not token:
        raise HTTPProblem(401, "changing this needs its owner's token: Authorization: Bearer …",
                          headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
    if not owns(owned, token) and not service.keys.is_teacher(token):
        raise HTTPProblem(403, "this token does not belong to it")


def own_run(run: RunDep, service: ServiceDep, authorization: Annotated[str | None, Header()] = None) -> Run:
    """Return a run that the caller may change: where tokens are required, only its owner (401, 403)."""
    owner_only(service, run, authorization)
    return run


OwnRunDep = Annotated[Run, Depends(own_run)]


def teacher(request: Request, service: ServiceDep, authorization: Annotated[str | None, Header()] = None) -> None:
    """Refuse whoever has not the teacher's key (401, 403)."""
    service.keys.teach(bearer(authorization), address(request.scope))


TeacherDep = Depends(teacher)


def room_by_code(
    request: Request, service: ServiceDep, code: Annotated[str, Path(description="As the teacher gives it out.")]
) -> Room:
    """Return a room, else 404."""
    return service.rooms.get(code, address(request.scope))


RoomDep = Annotated[Room, Depends(room_by_code)]


def root(request: Request) -> str:
    """Return the path under which a proxy shows this server."""
    return str(request.scope.get("root_path", "")).rstrip("/")
