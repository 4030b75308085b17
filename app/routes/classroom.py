"""The pages of a class: a room's entrance, its wall, the teacher's desk."""

from __future__ import annotations

import re
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.deps import ServiceDep, root
from app.templating import render

router = APIRouter(include_in_schema=False)

# What a teacher may hide, beside any knob by its name; docs/class.md says what each is.
HIDABLE = (
    "play step reset speed scrubber timeline replay pin events share exports export-report "
    "export-notebook export-frame export-metrics export-curl tables trust show-walk show-whatif show-controls "
    "show-join show-keys lessons sweeps rest-api language large theme presets apply add-network "
    "remove-network sequence hero row verdicts tabs drill jacobian cell_jacobian flow_by_lag loss hidden "
    "cell_state gates d_hidden d_cell_state itemised why spectra surface"
).split()


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
    return render(request, "teach.html", {"class_mode": service.keys.enabled, "hidable": HIDABLE})


def _safe(code: str) -> str:
    return quote(re.sub(r"\s", "", code)[:20], safe="")
