"""The instrument's questions: what happened when, what if, how far to trust the numbers; and forking a run."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app import lab, marks
from app.deps import RunDep, ServiceDep, root
from app.ladder import spread
from app.openapi import json_body, problems
from app.requests import small_json
from app.runs import Run
from app.schemas import RunCreated
from app.service import Service
from app.wire import dumps

router = APIRouter(prefix="/api/runs/{run_id}", tags=["lab"])
JSON = "application/json"
PAGE = 5000
MOST_ROWS = 200_000  # the newest rows that are searched for marks
LOOKS = 12  # frames that are made to see where the flow opened
BIGGEST = 2**53
Step = Annotated[int | None, Query(ge=0, le=BIGGEST, description="A trained step; omitted: the newest.")]
Sample = Annotated[int | None, Query(ge=0, le=BIGGEST, description="Of the probe batch; omitted: the probe's.")]
CHANGES = {"type": "object", "description": "By dotted names: networks.i.spectral_radius_factor, .forget_bias_shift, "
           ".drive, .weights.NAME[r, c], and any live knob (see /api/schema)."}  # fmt: skip
CHANGE = {"networks.0.spectral_radius_factor": 1.5, "networks.1.forget_bias_shift": 2, "truncation_window": 10}


@router.get("/marks", summary="Where something happened", response_class=Response,
            responses={200: {"description": "Steps that stand out.", "model": dict[str, Any]},
                       **problems(404, 422, 503)})  # fmt: skip
async def read_marks(run: RunDep, service: ServiceDep) -> Response:
    """Return where the gradient was clipped or burst, the flow opened or closed, the run was changed or ended."""
    to, patches = run.step, await service.store.patches(run.no)
    scan = marks.Scan(marks.clip_norms(run.first_spec, patches), len(json.loads(run.spec)["networks"]))
    after = first = max(0, to - MOST_ROWS)
    while after < to and (page := await service.store.metrics(run.no, after, to, PAGE)):
        after = page[-1][0]
        await asyncio.to_thread(lambda texts: scan.feed(map(json.loads, texts)), [row for _, row in page])
    looks = await _looks(service, run, to)
    found = [*marks.largest(scan.clipped), *marks.largest(scan.bursts), *marks.crossings(looks)]
    found += [*marks.changed(patches), *marks.ends(run.diverged)]
    found.sort(key=lambda mark: int(mark["step"]))
    return Response(dumps({"run": run.id, "step": to, "from": first, "marks": found}), media_type=JSON)


@router.post("/whatif", summary="What if weights or knobs were others", openapi_extra=json_body(CHANGES, CHANGE),
             response_class=Response,
             responses={200: {"description": "A frame, as `frames` gives it.", "model": dict[str, Any]},
                        **problems(400, 404, 413, 422, 503)})  # fmt: skip
async def what_if(
    request: Request, run: RunDep, service: ServiceDep, step: Step = None, sample: Sample = None
) -> Response:
    """Return the frame of a changed copy of the network at a trained step. Nothing is trained, nothing is kept."""
    body = await small_json(request)
    saved, at = await service.viewer.checkpoint(run, step)
    frame = await service.executor.call(lab.what_if, run.id, saved, at, body, sample)
    return Response(frame, media_type=JSON)


@router.post("/fork", status_code=201, summary="Train on from a step, changed",
             openapi_extra=json_body({"type": "object", "additionalProperties": False,
                                      "properties": {"step": {"type": "integer", "minimum": 0}, "changes": CHANGES}},
                                     {"step": 20, "changes": CHANGE}),
             responses={201: {"model": RunCreated}, **problems(400, 404, 413, 422, 429, 503)})  # fmt: skip
async def fork(request: Request, run: RunDep, service: ServiceDep) -> Response:
    """Make a run of its own that goes on from a trained step of this one with changes as in `whatif`."""
    step, changes = lab.fork_body(await small_json(request))
    saved, at = await service.viewer.checkpoint(run, step)
    client = request.client.host if request.client else "local"
    made, token = await service.registry.fork(run, saved, at, changes, client)
    more = {"token": token} if token else {}
    rows = await service.store.patches(made.no)
    told = [{"step": step, "at": when, "changes": json.loads(text)} for step, when, text in rows]
    headers = {"location": made.links(root(request))["self"], "cache-control": "no-store"}
    return Response(made.document(root(request), changes=told, **more), 201, headers, JSON)


@router.get("/trust", summary="The numbers against finite differences", response_class=Response,
            responses={200: {"description": "Worst relative errors of each network.", "model": dict[str, Any]},
                       **problems(404, 422, 503)})  # fmt: skip
async def trust(run: RunDep, service: ServiceDep, step: Step = None) -> Response:
    """Return the worst relative error of gradients and step Jacobians at a step's weights, and the noise floor."""
    return Response(await service.viewer.answer(run, step, lab.trust), media_type=JSON)


async def _looks(service: Service, run: Run, to: int) -> list[tuple[int, list[float]]]:
    """Return how far the gradient reached at some stored steps and at the newest."""
    steps = spread([s for s in await service.store.checkpoint_steps(run.no) if s < to], LOOKS - 1)
    saved = [(s, (await service.viewer.checkpoint(run, s))[0]) for s in [*steps, to]]
    found: list[tuple[int, list[float]]] = []
    for step, checkpoint in saved:
        found += await service.executor.call(lab.reaches, checkpoint, [step])
    return found
