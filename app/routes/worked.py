"""The gradient of a tiny network written out by hand, after seed 003."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.deps import RunDep, ServiceDep
from app.openapi import problems
from app.templating import render

router = APIRouter(prefix="/api/runs/{run_id}", tags=["views"])
BIGGEST = 2**53


@router.get("/worked", summary="Every term of a tiny network's gradient", response_class=Response,
            responses={200: {"description": "Terms with symbols, LaTeX and values; arrays are plain lists.",
                             "content": {"application/json": {"schema": {"type": "object"}},
                                         "text/html": {"schema": {"type": "string"}}}},
                       **problems(404, 422, 503)})  # fmt: skip
async def worked(
    request: Request,
    run: RunDep,
    service: ServiceDep,
    step: Annotated[int | None, Query(ge=0, le=BIGGEST)] = None,
    network: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    format: Annotated[Literal["json", "html"], Query(description="html: a table for the page.")] = "json",
) -> Response:
    """Write out the gradient of one simple RNN layer on the probe's sample: at most 8 steps, units, inputs, outputs.

    `{"step", "network", "loss", "names", "steps": […], "derivations": [{"parameter", "parts": [{"t", "terms":
    [{"t", "k", "symbol", "latex", "factors", "value"}], "value"}], "value", "bptt"}]}`.
    """
    body = await service.viewer.worked(run, step, network)
    if format == "json":
        return Response(body, media_type="application/json")
    page: dict[str, Any] = {"example": json.loads(body)}
    return render(request, "_worked.html", page)
