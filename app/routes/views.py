"""Looking at a run: its stream, its frames, its Jacobians."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from starlette.responses import Response

import engine
from app.answers import View
from app.deps import RunDep, ServiceDep
from app.errors import Invalid
from app.openapi import binary, events, problems
from app.runs import Run
from app.schemas import TypedArray
from app.service import Service
from app.sse import HEADERS, EventStream
from app.stream import Events, opening
from app.watching import Watcher
from app.wire import Choice

router = APIRouter(prefix="/api/runs/{run_id}", tags=["views"])
VIEWS = engine.frame.view_names()
BIGGEST = 2**53
Index = Annotated[int, Query(ge=0, le=BIGGEST)]
MaybeIndex = Annotated[int | None, Query(ge=0, le=BIGGEST)]
Products = Annotated[bool, Query(description="Every product ∂h_t/∂h_k in full, under a size cap.")]


@router.get("/stream", summary="Watch a run live", response_class=Response,
            responses={200: events("status, frame, metrics, last done, failed, cancelled or bye: docs/api.md."),
                       **problems(404, 422, 503)})  # fmt: skip
async def stream(
    run: RunDep,
    service: ServiceDep,
    views: Annotated[str | None, Query(description="Names of arrays to send, comma between; omitted: all.")] = None,
    max_fps: Annotated[float | None, Query(gt=0, le=1000, description="Most frames per second.")] = None,
    products: Products = False,
    after: Annotated[int | None, Query(ge=0, le=BIGGEST, description="Step after which metrics begin.")] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=BIGGEST)] = None,
) -> EventStream:
    """Events `status`, `frame`, `metrics`; at the end `done`, `failed`, `cancelled` or `bye` (connect again)."""
    choice = Choice(_names(views), _products(run, service, products))
    cursor, last_id = opening(run, last_event_id, after)
    watcher = Watcher(choice, _rate(max_fps, service.settings.max_fps), cursor)
    return EventStream(Events(run, watcher, service.hub, service.store, service.viewer, service.telemetry, last_id))


@router.get("/frames/{step}", summary="The frame of any trained step", response_class=Response,
            responses={200: {"description": "A frame in the run's own precision.",
                             "content": {"application/json": {"schema": {"type": "object"}},
                                         **binary("application/zip")["content"]}},
                       **problems(404, 422, 503)})  # fmt: skip
async def frame(
    run: RunDep,
    service: ServiceDep,
    step: Annotated[int, Path(ge=0, le=BIGGEST)],
    sample: Annotated[
        int | None, Query(ge=0, le=BIGGEST, description="Of the probe batch; omitted: the probe's.")
    ] = None,
    norm: Annotated[Literal["frobenius", "spectral"] | None, Query(description="Omitted: the probe's.")] = None,
    batch: Annotated[
        int, Query(ge=0, le=BIGGEST, description="Show batch(seed, this) instead of the probe batch.")
    ] = 0,
    products: Products = False,
    format: Annotated[Literal["json", "npz"], Query()] = "json",
) -> Response:
    """Compute the frame again from the nearest checkpoint: the weights after `step` updates."""
    view = View(sample, norm, batch, _products(run, service, products), format)
    body = await service.viewer.frame(run, step, view)
    if format == "npz":
        return _file(body, "application/zip", f"unrolled-{run.id[:8]}-step-{step}.npz")
    return Response(body, media_type="application/json")


@router.get("/jacobian", summary="One product ∂h_t/∂h_k in full", response_class=Response,
            responses={200: {"description": "Matrices, singular values, norms of the factors.",
                             "model": dict[str, TypedArray | float | int | str | None]},
                       **problems(404, 422, 503)})  # fmt: skip
async def jacobian(
    run: RunDep,
    service: ServiceDep,
    t: Index,
    k: Index,
    step: MaybeIndex = None,
    network: Index = 0,
    layer: Index = 0,
    sample: MaybeIndex = None,
    batch: Index = 0,
) -> Response:
    """Compute ∂h_t/∂h_k (for the LSTM the other blocks and the carousel too) at a trained step, default the newest."""
    if t < k:
        raise Invalid("t", t, f"must be at least k = {k}: nothing flows from a later step to an earlier one")
    question: dict[str, Any] = {"network": network, "layer": layer, "sample": sample, "t": t, "k": k, "batch": batch}
    return Response(await service.viewer.jacobian(run, step, question), media_type="application/json")


@router.get("/walk", summary="One pass, step by step", response_class=Response,
            responses={200: events("forward t = 1..T, loss, backward k = T..0, done: see docs/api.md."),
                       **problems(404, 422, 503)})  # fmt: skip
async def walk(
    run: RunDep,
    service: ServiceDep,
    step: MaybeIndex = None,
    network: Index = 0,
    layer: Index = 0,
    sample: MaybeIndex = None,
    t: MaybeIndex = None,
    batch: Index = 0,
) -> Response:
    """Unroll one pass at a trained step (default the newest): activations, the loss, adjoints, the product ∂h_t/∂h_k.

    `t` is the later state of the product, default the sample's last step. Products larger in all than the server's
    limit are null; their norms always come.
    """
    question = {"network": network, "layer": layer, "sample": sample, "t": t, "batch": batch}
    body = await service.viewer.walk(run, step, question, service.settings.max_products)
    return Response(body, media_type="text/event-stream", headers=dict(HEADERS))


def _names(views: str | None) -> frozenset[str] | None:
    if views is None:
        return None
    names = frozenset(name.strip() for name in views.split(",") if name.strip())
    for unknown in sorted(names - set(VIEWS)):
        raise Invalid("views", unknown, f"no such array; known are {', '.join(VIEWS)}")
    return names


def _products(run: Run, service: Service, wanted: bool) -> bool:
    if wanted and (size := run.products_size) > service.settings.max_products:
        raise Invalid("products", True, f"all products of this run are {size} bytes a frame; at most "
                      f"{service.settings.max_products} are sent. Ask for one by /jacobian")  # fmt: skip
    return wanted


def _rate(asked: float | None, most: float) -> float | None:
    rates = [rate for rate in (asked, most) if rate]
    return min(rates) if rates else None


def _file(body: bytes, media_type: str, name: str) -> Response:
    return Response(body, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
