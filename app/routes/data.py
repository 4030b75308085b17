"""Taking data out and putting it in: metrics and weights."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from app.archives import MEDIA_TYPES
from app.deps import OwnRunDep, RunDep, ServiceDep
from app.openapi import binary, binary_body, problems
from app.runs import Run
from app.schemas import Metrics, RunState
from app.store import Store

router = APIRouter(prefix="/api/runs/{run_id}", tags=["data"])
PAGE = 5000
BIGGEST = 2**53
Format = Annotated[Literal["safetensors", "npz"], Query()]
Network = Annotated[int, Query(ge=0, le=BIGGEST)]
FIELDS = ("loss", "accuracy", "grad_norm")


@router.get("/metrics", summary="Metrics of every trained step", response_class=Response,
            responses={200: {"model": Metrics, "content": {"text/csv": {"schema": {"type": "string"}}}},
                       **problems(404, 422, 503)})  # fmt: skip
async def metrics(
    run: RunDep,
    service: ServiceDep,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
    after: Annotated[int, Query(ge=0, le=BIGGEST, description="Only steps after this one.")] = 0,
) -> Response:
    """Return a row for each step: loss before its update, accuracy, gradient norm, for each network."""
    pages = _pages(service.store, run, after)
    if format == "json":
        return StreamingResponse(_as_json(run, pages), media_type="application/json")
    name = f'attachment; filename="unrolled-{run.id[:8]}-metrics.csv"'
    return StreamingResponse(_as_csv(run, pages), media_type="text/csv", headers={"content-disposition": name})


@router.get("/weights", summary="A network's weights", response_class=Response,
            responses={200: {"description": "The file.", **binary(*MEDIA_TYPES.values())},
                       **problems(404, 422, 503)})  # fmt: skip
async def weights(
    run: RunDep,
    service: ServiceDep,
    network: Network = 0,
    format: Format = "safetensors",
    step: Annotated[int | None, Query(ge=0, le=BIGGEST, description="A trained step; omitted: the newest.")] = None,
) -> Response:
    """Return the weights in PyTorch's names and layout: `torch.nn.LSTM.load_state_dict` takes them."""
    body = await service.viewer.weights(run, step, network, format)
    name = f"unrolled-{run.id[:8]}-{network}-step-{run.step if step is None else step}.{format}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=MEDIA_TYPES[format], headers=headers)


@router.put("/weights", summary="Replace a network's weights", openapi_extra=binary_body(),
            responses={200: {"model": RunState}, **problems(401, 403, 404, 409, 413, 422, 429, 503)})  # fmt: skip
async def put_weights(
    request: Request, run: OwnRunDep, service: ServiceDep, network: Network = 0, format: Format = "safetensors"
) -> Response:
    """Put in weights from a file (safetensors, npz without pickle): some or all, named and shaped as GET has them."""
    await service.changes.put_weights(run, network, format, await request.body())
    return Response(json.dumps(run.brief()), media_type="application/json")


async def _pages(store: Store, run: Run, after: int) -> AsyncIterator[list[tuple[int, str]]]:
    """Yield the metrics up to where the run is now, a page at a time."""
    to = run.step
    while after < to and (rows := await store.metrics(run.no, after, to, PAGE)):
        after = rows[-1][0]
        yield rows


async def _as_json(run: Run, pages: AsyncIterator[list[tuple[int, str]]]) -> AsyncIterator[str]:
    yield f'{{"run":"{run.id}","metrics":['
    comma = ""
    async for rows in pages:
        yield comma + ",".join(row for _, row in rows)
        comma = ","
    yield "]}"


async def _as_csv(run: Run, pages: AsyncIterator[list[tuple[int, str]]]) -> AsyncIterator[str]:
    networks = range(len(json.loads(run.spec)["networks"]))
    yield ",".join(["step", *(f"networks.{i}.{name}" for i in networks for name in FIELDS)]) + "\r\n"
    async for rows in pages:
        yield "".join(_line(json.loads(row)) for _, row in rows)


def _line(row: dict[str, object]) -> str:
    numbers = [network[name] for network in row["networks"] for name in FIELDS]  # type: ignore[attr-defined]
    return ",".join(["" if n is None else repr(n) for n in (row["step"], *numbers)]) + "\r\n"
