"""For the container and those who run it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from app.deps import ServiceDep
from app.openapi import problems
from app.runs import Status

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Answer at all."""
    return {"status": "ok"}


@router.get(
    "/readyz", summary="Can it work?", responses={503: {"description": "The store or the workers are not there."}}
)
async def readyz(service: ServiceDep) -> JSONResponse:
    """Answer 200 while store and workers are there, 503 else: the store is not while its disk is full.

    It is for whoever can choose between servers; what is stored can be read all the same.
    """
    found = await service.ready()
    return JSONResponse(found, 200 if found["ready"] else 503)


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response,
            responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(503)})  # fmt: skip
async def metrics(service: ServiceDep) -> Response:
    """Return runs by status, steps, chunk times, queue depth, streams, frames sent and dropped."""
    counts = await service.store.count()
    for status in Status:
        service.telemetry.runs.labels(status).set(counts.get(status, 0))
    service.telemetry.depth.set(service.executor.depth)
    return Response(service.telemetry.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
