"""The pages of a class: a room's entrance, its wall, the teacher's desk."""

from __future__ import annotations

import re
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.deps import ServiceDep, root
from app.templating import render

router = APIRouter(include_in_schema=False)


@router.get("/room/{code}")
def entrance(request: Request, code: str) -> Response:
    """The page itself, told which room; it says so when there is none."""
    return RedirectResponse(f"{root(request)}/?room={_safe(code)}", 303)


@router.get("/room/{code}/wall")
def wall_of(request: Request, code: str) -> Response:
    """The wall of a room."""
    return RedirectResponse(f"{root(request)}/wall?room={_safe(code)}", 303)


@router.get("/wall", response_class=HTMLResponse)
def wall(request: Request) -> Response:
    """Every student of a room, live."""
    return render(request, "wall.html", {})


@router.get("/teach", response_class=HTMLResponse)
def teach(request: Request, service: ServiceDep) -> Response:
    """The teacher's desk."""
    return render(request, "teach.html", {"class_mode": service.rooms.enabled})


def _safe(code: str) -> str:
    return quote(re.sub(r"\s", "", code)[:20], safe="")
