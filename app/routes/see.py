"""What there is to see beside the maps: why the gradient vanished, and the spectra of the products."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app import i18n, see, surface
from app.deps import RunDep, ServiceDep
from app.openapi import problems
from app.runs import Run
from engine.landscape import GRIDS

router = APIRouter(prefix="/api/runs/{run_id}", tags=["views"])
JSON = "application/json"
BIGGEST = 2**53
Step = Annotated[int | None, Query(ge=0, le=BIGGEST, description="A trained step; omitted: the newest.")]
Network = Annotated[int | None, Query(ge=0, le=BIGGEST, description="Omitted: the first; in the figure: all.")]
Layer = Annotated[int, Query(ge=0, le=BIGGEST)]
Sample = Annotated[int | None, Query(ge=0, le=BIGGEST, description="Of the probe batch; omitted: the probe's.")]
Format = Annotated[
    Literal["json", "csv", "figure"],
    Query(description="csv: all networks; figure: drawn, `{figure, narrow, networks}`."),
]
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Arrays, or a Plotly figure with data.",
        "model": dict[str, Any],
        "content": {"text/csv": {"schema": {"type": "string"}}},
    },
    **problems(404, 422, 503),
}


class Made(NamedTuple):
    """The three forms of an answer, each made by a worker."""

    name: str  # of the file
    numbers: Callable[..., bytes]
    drawn: Callable[..., bytes]
    table: Callable[..., bytes]


WHY = Made("why", see.why, see.why_drawn, see.why_table)
SPECTRA = Made("spectra", see.spectra, see.spectra_drawn, see.spectra_table)
SURFACE = Made("surface", surface.numbers, surface.drawn, surface.table)


@router.get("/why", summary="Why the gradient vanished", response_class=Response, responses=ANSWER)
async def why(
    request: Request, run: RunDep, service: ServiceDep, step: Step = None, network: Network = None, layer: Layer = 0,
    sample: Sample = None, format: Format = "json",
) -> Response:  # fmt: skip
    """Split each step's change of the strongest path into flat slopes, weights, closed gates and alignment.

    `saturation`, `weights`, `gates`, `alignment` and their sum `total`, log10, one number a step (row t - 1 for step
    t), and `sentence`. Shares are a reading (docs/engine.md), their sum is a fact.
    """
    question = (network, layer, sample)
    return await _answered(service.viewer.answer, WHY, request, run, step, question, format)


@router.get("/spectra", summary="Singular values by lag, Lyapunov exponents", response_class=Response,
            responses=ANSWER)  # fmt: skip
async def spectra(
    request: Request, run: RunDep, service: ServiceDep, step: Step = None, network: Network = None, layer: Layer = 0,
    sample: Sample = None, format: Format = "json",
) -> Response:  # fmt: skip
    """Return `log_singular_values` (T_b + 1, n) of ∂h_t/∂h_0, descending, and `lyapunov_exponents`, ln per step."""
    question = (network, layer, sample)
    return await _answered(service.viewer.answer, SPECTRA, request, run, step, question, format)


@router.get("/surface", summary="The loss around the weights of a step, and the path there",
            response_class=Response, responses=ANSWER)  # fmt: skip
async def loss_surface(
    request: Request, run: RunDep, service: ServiceDep, step: Step = None, network: Network = None,
    size: Annotated[int | None, Query(ge=surface.FEWEST, le=GRIDS[1], description="Points on a side; omitted: what "
                                      "the size of the run admits, at most 51.")] = None,
    span: Annotated[float | None, Query(gt=0, le=1e6, description="Half the width, around the weights of the step; "
                                        "omitted: what the last steps take.")] = None,
    batch: Annotated[int | None, Query(ge=0, le=BIGGEST, description="The loss on batch(seed, this); omitted: that of "
                                       "the update, of an exact map the probe's.")] = None,
    zoom: Annotated[float, Query(ge=1e-3, le=1e3, description="Times closer than `span`, or its default.")] = 1.0,
    format: Annotated[Literal["json", "csv", "figure"], Query()] = "json",
) -> Response:  # fmt: skip
    """Map the loss over (w_x, w_rec) where those two alone are trained, else over a slice through the step's update.

    `x` and `y`, `loss` (row = y; inf or NaN where it overflows), `path` with `path_steps` and `path_losses`, `here`,
    `before`, and for a clipped update `free`, where it would have ended without clipping: docs/engine.md.
    """
    question = surface.Question(network, size, span, batch, zoom, service.settings.max_surface_seconds)
    return await _answered(service.viewer.surface, SURFACE, request, run, step, question, format)


async def _answered(
    ask: Callable[..., Awaitable[bytes]], made: Made, request: Request, run: Run, step: int | None, question: Any,
    format: str,
) -> Response:  # fmt: skip
    """Answer with numbers, a file of CSV, or a figure in the language of the page."""
    if format == "figure":
        body = await ask(run, step, made.drawn, question, i18n.language(request))
        return Response(body, media_type=JSON, headers={"Vary": "Accept-Language, Cookie"})
    if format == "csv":
        return _table(await ask(run, step, made.table, question), run, made.name, step)
    return Response(await ask(run, step, made.numbers, question), media_type=JSON)


def _table(body: bytes, run: Run, name: str, step: int | None) -> Response:
    """Answer with a file of CSV."""
    as_file = f'attachment; filename="unrolled-{run.id[:8]}-{name}-{run.step if step is None else step}.csv"'
    return Response(body, media_type="text/csv", headers={"content-disposition": as_file})
