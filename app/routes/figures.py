"""The figures of a run as templates and bindings, and the script that draws them."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app import i18n, plotly_bundle
from app.deps import RunDep
from app.openapi import problems
from app.wire import dumps
from engine import RunSpec
from engine.figures import FIGURES, figures_json, names_json

router = APIRouter()
FOR_EVER = "public, max-age=31536000, immutable"
Layer = Annotated[int, Query(ge=0, le=15, description="Layer shown; a network that is not as deep shows its last.")]


@router.get("/api/runs/{run_id}/figures", tags=["views"], summary="Every figure of a run, without data",
            responses={200: {"description": "Plotly figures without data, and which array of a frame feeds what.",
                             "model": dict[str, Any]}, **problems(404, 422)})  # fmt: skip
def figures(run: RunDep, request: Request, layer: Layer = 0) -> Response:
    """Return `{"figures": [{id, title, help, default, views, template, narrow, bindings, messages}]}`.

    `template` is a Plotly figure without data, `narrow` its layout for a phone. A binding `{trace, attribute, path,
    transpose, scale}` says which array of a frame feeds which attribute of which trace. Beside them `"names"`: what the
    task's inputs and outputs are called, and its loss. Unchanged: 304.
    """
    body, tag = _document(run.spec, layer, i18n.language(request))
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/vendor/plotly.min.js", include_in_schema=False)
def plotly(request: Request) -> Response:
    """Return plotly.js as the installed plotly package ships it."""
    script = plotly_bundle.bundle()
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", "ETag": f'"{script.digest}"'}
    if script.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(script.gzipped, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(script.raw, media_type="text/javascript", headers=headers)


def described(spec: RunSpec, layer: int = 0, lang: str = "en") -> list[dict[str, Any]]:
    """Return every figure of a run of `spec` as plain values."""
    return figures_json(spec, FIGURES.values(), layer, i18n.say_in(lang))


@lru_cache(maxsize=64)
def _document(spec: str, layer: int, lang: str) -> tuple[bytes, str]:
    value = RunSpec.from_dict(json.loads(spec))
    body = dumps({"figures": described(value, layer, lang), "names": names_json(value)}).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'
