"""Making, driving, changing and deleting runs."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.deps import OwnRunDep, RunDep, ServiceDep, root
from app.openapi import json_body, problems, run_spec
from app.requests import small_json, whole_number
from app.runs import Run
from app.schemas import Advanced, RunCreated, RunDocument, RunState
from app.service import Service

router = APIRouter(prefix="/api/runs", tags=["runs"])
JSON = "application/json"
EXAMPLE = {"task": {"name": "adding", "length": 40}, "networks": [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}],
           "optimizer": {"name": "adam", "learning_rate": 0.003}, "steps": 2000}  # fmt: skip
STEPS = {"type": "object", "required": ["steps"], "additionalProperties": False,
         "properties": {"steps": {"type": "integer", "minimum": 1}}}  # fmt: skip
CHANGES = {"type": "object", "description": "Live knobs (see /api/schema), nested or by dotted names."}
CHANGE = {"optimizer": {"learning_rate": 0.01}, "networks.1.forget_bias": 3}


@router.post("", status_code=201, summary="Make a run", openapi_extra=json_body(run_spec(), EXAMPLE),
             responses={201: {"model": RunCreated}, **problems(400, 413, 422, 429, 503)})  # fmt: skip
async def create(request: Request, service: ServiceDep) -> Response:
    """Check a RunSpec and make its untrained run. Unknown fields are refused."""
    client = request.client.host if request.client else "local"
    run, token = await service.registry.create(await request.body(), client)
    more = {"token": token} if token else {}
    headers = {"location": run.links(root(request))["self"], "cache-control": "no-store"}
    return Response(run.document(root(request), changes=[], **more), 201, headers, JSON)


@router.get("/{run_id}", summary="Where a run is", responses={200: {"model": RunDocument}, **problems(404, 422, 503)})
async def read(request: Request, run: RunDep, service: ServiceDep) -> Response:
    """Return status, step, spec and changes of a run."""
    return await _document(request, run, service)


@router.delete("/{run_id}", status_code=204, summary="Delete a run", responses=problems(401, 403, 404, 422, 503))
async def delete(run: OwnRunDep, service: ServiceDep) -> Response:
    """Stop a run and delete all of it; its streams end with `cancelled`."""
    await service.registry.delete(run)
    return Response(status_code=204)


@router.post("/{run_id}/advance", summary="Train n steps and wait", openapi_extra=json_body(STEPS, {"steps": 10}),
             responses={200: {"model": Advanced}, **problems(400, 401, 403, 404, 409, 413, 422, 503)})  # fmt: skip
async def advance(request: Request, run: OwnRunDep, service: ServiceDep) -> Response:
    """Train `steps` steps, fewer where the run ends, and answer with the metrics of each.

    409 while it plays or when it has ended. Calls for one run are done one after the other; `pause` ends them early.
    """
    steps = whole_number(await small_json(request), "steps", 1, service.settings.max_advance)
    rows = await service.trainer.advance(run, steps)
    head = json.dumps(run.brief())
    return Response(f'{head[:-1]},"metrics":[{",".join(rows)}]}}', media_type=JSON)


@router.post("/{run_id}/play", summary="Train in the background",
             responses={200: {"model": RunState}, **problems(401, 403, 404, 409, 422, 503)})  # fmt: skip
async def play(run: OwnRunDep, service: ServiceDep) -> Response:
    """Start training; watch it with `stream`. Playing already: nothing changes."""
    await service.trainer.play(run)
    return _state(run)


@router.post("/{run_id}/pause", summary="Stop training",
             responses={200: {"model": RunState}, **problems(401, 403, 404, 422, 503)})  # fmt: skip
async def pause(run: OwnRunDep, service: ServiceDep) -> Response:
    """Stop after the steps in work, which are stored. Not playing: nothing changes."""
    await service.trainer.pause(run)
    return _state(run)


@router.patch("/{run_id}", summary="Change hyper-parameters in flight", openapi_extra=json_body(CHANGES, CHANGE),
              responses={200: {"model": RunDocument},
                         **problems(400, 401, 403, 404, 409, 413, 422, 429, 503)})  # fmt: skip
async def change(request: Request, run: OwnRunDep, service: ServiceDep) -> Response:
    """Change live knobs from the next step on; the change is recorded with its step."""
    await service.changes.patch(run, await small_json(request))
    return await _document(request, run, service)


async def _document(request: Request, run: Run, service: Service) -> Response:
    rows = await service.store.patches(run.no)
    changes = [{"step": step, "at": at, "changes": json.loads(text)} for step, at, text in rows]
    return Response(run.document(root(request), changes=changes), media_type=JSON)


def _state(run: Run) -> Response:
    return Response(json.dumps(run.brief()), media_type=JSON)
