"""A run to take along: the standalone report and the notebook."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from app import i18n, lab, report
from app.deps import RunDep, ServiceDep
from app.notebook import REPLACED, Turn, notebook
from app.openapi import problems
from app.runs import Run
from app.service import Service

router = APIRouter(prefix="/api/runs/{run_id}", tags=["data"])
PAGE = 5000
BIGGEST = 2**53
Step = Annotated[int | None, Query(ge=0, le=BIGGEST, description="A trained step; omitted: the newest.")]
Language = Annotated[
    Literal["en", "ko"] | None, Query(description="Omitted: the language of the pages, else the browser's.")
]
HTML = "text/html; charset=utf-8"


@router.get("/report.html", summary="A standalone report", response_class=Response,
            responses={200: {"description": "One HTML file with every figure; opens without a server.",
                             "content": {"text/html": {"schema": {"type": "string"}}}},
                       **problems(404, 422, 503)})  # fmt: skip
async def report_page(
    request: Request, run: RunDep, service: ServiceDep, step: Step = None, lang: Language = None
) -> StreamingResponse:
    """Return the experiment, what each network's gradient does, and every figure of a step, plotly.js included."""
    speaks = lang or i18n.language(request)
    saved, at = await service.viewer.checkpoint(run, step)
    rows = report.thinned(await _rows(service, run, at))
    parts = await service.executor.call(lab.report, saved, at, rows, speaks)
    headers = {"content-security-policy": f"{report.CSP}; sandbox allow-scripts allow-downloads",
               "content-language": speaks, "vary": "Accept-Language, Cookie",
               "content-disposition": f'inline; filename="unrolled-{run.id[:8]}-step-{at}.html"'}  # fmt: skip
    return StreamingResponse(report.page(run.id, parts, speaks), media_type=HTML, headers=headers)


@router.get("/notebook.ipynb", summary="A notebook that trains the run again", response_class=Response,
            responses={200: {"description": "A Jupyter notebook.",
                             "content": {"application/x-ipynb+json": {"schema": {"type": "object"}}}},
                       **problems(404, 422, 503)})  # fmt: skip
async def notebook_file(run: RunDep, service: ServiceDep, step: Step = None) -> Response:
    """Return a notebook whose cells reproduce the run with `engine`, changes in flight included, bit for bit."""
    _, at = await service.viewer.checkpoint(run, step)
    made = notebook(run.id, json.loads(run.first_spec), await _turns(service, run, at), at)
    headers = {"content-disposition": f'attachment; filename="unrolled-{run.id[:8]}.ipynb"'}
    body = json.dumps(made, ensure_ascii=False, indent=1)
    return Response(body, media_type="application/x-ipynb+json", headers=headers)


async def _rows(service: Service, run: Run, to: int) -> list[str]:
    """Return the metrics rows of all steps up to `to`."""
    rows: list[str] = []
    after = 0
    while after < to and (page := await service.store.metrics(run.no, after, to, PAGE)):
        after = page[-1][0]
        rows += [row for _, row in page]
    return rows


async def _turns(service: Service, run: Run, to: int) -> list[Turn]:
    """Return the changes made up to step `to`, those of a step together; from a file: the checkpoint they gave."""
    by_step: dict[int, list[dict[str, object]]] = {}
    for step, _, text in await service.store.patches(run.no):
        if step <= to:
            by_step.setdefault(step, []).append(json.loads(text))
    turns: list[Turn] = []
    for step, changes in by_step.items():
        if any(value == REPLACED for change in changes for value in change.values()):
            turns.append(Turn(step, {}, (await service.store.checkpoint(run.no, step))[1]))
        else:
            turns += [Turn(step, change, None) for change in changes]
    return turns
