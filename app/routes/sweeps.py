"""Sweeps: the same experiment at every point of a grid."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from starlette.responses import Response

from app import i18n, results
from app.deps import ServiceDep, owner_only, root
from app.openapi import events, json_body, problems, run_spec
from app.service import Service
from app.sse import EventStream
from app.sweep import Sweep
from app.sweep_schemas import SweepCreated, SweepDocument, SweepFigure, SweepResults, SweepState
from app.sweep_stream import SweepEvents
from app.wire import dumps
from engine.figures import View, fill
from engine.figures.base import Say
from engine.figures.sweep import build_surface

router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])
JSON = "application/json"
Measures = Literal["half_life", "cell_half_life", "loss", "accuracy", "grad_norm", "log_flow", "log_cell_flow"]
BIGGEST = 2**53
BODY = {
    "type": "object",
    "required": ["spec", "grid"],
    "additionalProperties": False,
    "properties": {
        "spec": run_spec(),
        "grid": {"type": "object", "minProperties": 1, "maxProperties": 8,
                 "description": "Dotted name of a field of the spec → the values to try.",
                 "additionalProperties": {"type": "array", "minItems": 1}},
        "steps": {"type": ["integer", "null"], "minimum": 0, "description": "In the place of the spec's own."},
    },
}  # fmt: skip
EXAMPLE = {
    "spec": {"task": {"name": "adding", "length": 30}, "networks": [{"cell": "rnn", "hidden_size": 16}]},
    "grid": {"networks.0.cell": ["rnn", "lstm", "gru"], "networks.0.spectral_radius": [0.5, 1.0, 1.5], "seed": [0, 1]},
    "steps": 100,
}  # fmt: skip


async def sweep_by_id(
    service: ServiceDep, sweep_id: Annotated[str, Path(description="Id given when the sweep was made.")]
) -> Sweep:
    """Return a sweep, else 404."""
    return await service.sweeper.get(sweep_id)


SweepDep = Annotated[Sweep, Depends(sweep_by_id)]


def own_sweep(sweep: SweepDep, service: ServiceDep, authorization: Annotated[str | None, Header()] = None) -> Sweep:
    """Return a sweep that the caller may change (401, 403)."""
    owner_only(service, sweep, authorization)
    return sweep


OwnSweepDep = Annotated[Sweep, Depends(own_sweep)]


@router.post("", status_code=201, summary="Make and begin a sweep", openapi_extra=json_body(BODY, EXAMPLE),
             responses={201: {"model": SweepCreated}, **problems(400, 413, 422, 429, 503)})  # fmt: skip
async def create(request: Request, service: ServiceDep) -> Response:
    """Check every point of the grid, then train all of them in the background."""
    client = request.client.host if request.client else "local"
    sweep, token = await service.sweeper.create(await request.body(), client)
    more = {"token": token} if token else {}
    headers = {"location": _links(request, sweep)["self"], "cache-control": "no-store"}
    return Response(_document(request, sweep, **more), 201, headers, JSON)


@router.get("/{sweep_id}", summary="Where a sweep is",
            responses={200: {"model": SweepDocument}, **problems(404, 422, 503)})  # fmt: skip
async def read(request: Request, sweep: SweepDep) -> Response:
    """Return status, how many points are done, and how fast it goes."""
    return Response(_document(request, sweep), media_type=JSON)


@router.delete("/{sweep_id}", status_code=204, summary="Delete a sweep", responses=problems(401, 403, 404, 422, 503))
async def delete(sweep: OwnSweepDep, service: ServiceDep) -> Response:
    """Stop a sweep and delete all of it; its streams end with `cancelled`."""
    await service.sweeper.delete(sweep)
    return Response(status_code=204)


@router.post("/{sweep_id}/resume", summary="Go on with a sweep that failed",
             responses={200: {"model": SweepState}, **problems(401, 403, 404, 409, 422, 503)})  # fmt: skip
async def resume(sweep: OwnSweepDep, service: ServiceDep) -> Response:
    """Train the points that are not done yet. Running already: nothing changes."""
    await service.sweeper.resume(sweep)
    return Response(json.dumps(_state(sweep)), media_type=JSON)


@router.get("/{sweep_id}/stream", summary="Watch a sweep live", response_class=Response,
            responses={200: events("progress, point, and at the end done, failed, cancelled or bye: docs/sweeps.md."),
                       **problems(404, 422, 503)})  # fmt: skip
async def stream(
    sweep: SweepDep,
    service: ServiceDep,
    after: Annotated[int, Query(ge=0, le=BIGGEST, description="Points that the client has already.")] = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=BIGGEST)] = None,
) -> EventStream:
    """Events `progress` and `point`; at the end `done`, `failed`, `cancelled` or `bye` (connect again)."""
    cursor = after if last_event_id is None else last_event_id
    return EventStream(SweepEvents(sweep, service.hub, service.sweeper.store, cursor))


@router.get("/{sweep_id}/results", summary="Results of the points that are done", response_class=Response,
            responses={200: {"model": SweepResults, "content": {"text/csv": {"schema": {"type": "string"}}}},
                       **problems(404, 422, 503)})  # fmt: skip
async def read_results(
    sweep: SweepDep, service: ServiceDep, format: Annotated[Literal["json", "csv"], Query()] = "json"
) -> Response:
    """Return loss, accuracy, gradient norm, half-lives and reach of every point: of its last frame."""
    rows = await _rows(service, sweep)
    if format == "json":
        return Response(results.as_json(sweep, rows), media_type=JSON)
    name = f'attachment; filename="unrolled-sweep-{sweep.id[:8]}.csv"'
    return Response(results.as_csv(sweep, rows), media_type="text/csv", headers={"content-disposition": name})


@router.get("/{sweep_id}/figure", summary="Results as a heatmap", responses={200: {"model": SweepFigure},
            **problems(404, 422, 503)})  # fmt: skip
async def figure(
    request: Request,
    sweep: SweepDep,
    service: ServiceDep,
    measure: Annotated[Measures, Query()] = "half_life",
    x: Annotated[
        str | None, Query(max_length=200, description="Field along x; omitted: the first of the grid.")
    ] = None,
    y: Annotated[str | None, Query(max_length=200, description="Field along y; omitted: the next, if any.")] = None,
) -> Response:
    """Return a Plotly figure with data: means over all points of equal x and y, a subplot for each network."""
    rows = await _rows(service, sweep)
    drawn = await asyncio.to_thread(_drawn, sweep, rows, x, y, measure, i18n.say_in(i18n.language(request)))
    return Response(drawn, media_type=JSON)


def _drawn(sweep: Sweep, rows: results.Rows, x: str | None, y: str | None, measure: str, say: Say) -> bytes:
    surface = results.surface(sweep, rows, x, y, measure, say)
    template, bindings = build_surface(surface, View(say=say))
    narrow, narrow_bindings = build_surface(surface, View(narrow=True, say=say))
    filled = [fill(template, bindings, surface), fill(narrow, narrow_bindings, surface)]
    return dumps(
        {
            "measure": measure,
            "done": len(rows),
            "figure": results.as_lists(filled[0]),
            "narrow": results.as_lists(filled[1]),
        }
    ).encode()


async def _rows(service: Service, sweep: Sweep) -> results.Rows:
    return await service.sweeper.store.results(sweep.row.no)


def _state(sweep: Sweep) -> dict[str, Any]:
    state = sweep.state()
    return {"id": state.pop("sweep"), **state}


def _document(request: Request, sweep: Sweep, **more: Any) -> bytes:
    about = {**_state(sweep), "created": sweep.row.created, "steps": sweep.row.steps, **more}
    head = json.dumps({**about, "links": _links(request, sweep)})
    return f'{head[:-1]},"grid":{sweep.row.grid},"spec":{sweep.row.spec}}}'.encode()


def _links(request: Request, sweep: Sweep) -> dict[str, str]:
    here = f"{root(request)}/api/sweeps/{sweep.id}"
    return {"self": here, **{name: f"{here}/{name}" for name in ("stream", "results", "resume")},
            "page": f"{root(request)}/sweeps#{sweep.id}"}  # fmt: skip
