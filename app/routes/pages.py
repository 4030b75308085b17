"""The page, and the opening experiment ready to be drawn."""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import engine
from app import i18n, presets, wire
from app.caps import Caps, admitted
from app.errors import HTTPProblem, shown
from app.forms import form
from app.results import field_name
from app.templating import STATIC, render, version
from engine import RunSpec
from engine.figures import FIGURES, figures_json, names_json
from engine.figures.sweep import MEASURES

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def index(request: Request) -> Response:
    """The page; its form is filled in with the opening experiment."""
    caps = request.app.state.service.settings.caps
    context = {
        "form": opening_form(caps),
        "presets": engine.PRESETS,
        "class_mode": _class_mode(request),
    }
    return render(request, "index.html", context)


@router.get("/sweeps", response_class=HTMLResponse)
def sweeps(request: Request) -> Response:
    """The page of sweeps, its form filled in with one that is worth seeing."""
    offered, say = presets.SWEPT, i18n.say_in(i18n.language(request))
    measures = [(name, _plain(say(measure.label))) for name, measure in MEASURES.items()]
    fields = [{"name": f, "label": field_name(f, say), "values": values} for f, values in offered.items()]
    context = {"spec": presets.SWEEP, "offers": offered, "measures": measures, "fields": fields}
    return render(request, "sweep.html", context)


def _plain(label: str) -> str:
    """Return a figure's words where there are no subscripts."""
    return label.replace("<sub>t</sub>", "ₜ").replace("<sub>k</sub>", "ₖ")


def refused(request: Request, problem: HTTPProblem) -> Response:
    """A refusal for people: what was asked for, what is wrong with it, and a way on."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    context = {"status": problem.status, "wanted": shown(path), "detail": _sentence(problem, i18n.language(request))}
    page = render(request, "refused.html", context, up="../" * (path.count("/") - 1))
    page.status_code = problem.status
    page.headers.update(problem.headers or {})
    return page


def _sentence(problem: HTTPProblem, lang: str) -> str:
    """Return why, as a sentence; "" where the framework has no more to say than its status."""
    if problem.detail == HTTPStatus(problem.status).phrase:
        return ""
    told = i18n.phrase(problem.detail, lang)
    return f"{told[:1].upper()}{told[1:].removesuffix('.')}."


@router.get("/opening.json")
def opening(request: Request) -> Response:
    """Spec, figures and first frame of the opening experiment: a page can draw before it has a run of its own."""
    body, tag = opening_document(i18n.language(request))
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _class_mode(request: Request) -> bool:
    enabled: bool = request.app.state.service.keys.enabled
    return enabled


class Static(StaticFiles):
    """Our files: kept for ever under the version of now, asked for again under another or none."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer for `path`, with or without a version in front."""
        first, _, rest = path.partition("/")
        response = await super().get_response(rest if first.startswith("v-") else path, scope)
        keep = "public, max-age=31536000, immutable" if first == version() else "no-cache"
        response.headers["Cache-Control"] = keep
        return response


def mount(app: FastAPI) -> None:
    """Serve the static files."""
    app.mount("/static", Static(directory=STATIC), name="static")


@cache
def opening_form(caps: Caps) -> dict[str, Any]:
    """Return the form's fields, filled in with the opening experiment; no range is wider than `caps`."""
    return form(admitted(engine.schema(), caps), opening_spec().to_dict())


@cache
def opening_spec() -> RunSpec:
    """Return the spec of the opening experiment, all defaults filled in."""
    return RunSpec.from_dict(presets.OPENING)


@cache
def opening_document(lang: str = "en") -> tuple[bytes, str]:
    """Return the JSON and its tag, made once a language: the first frame is a function of the spec."""
    spec = opening_spec()
    everything = wire.Choice(None, False)
    frame = wire.encode("", engine.frame_of(engine.start(spec)), everything).select(everything)
    figures = figures_json(spec, FIGURES.values(), say=i18n.say_in(lang))
    parts = {"spec": spec.to_dict(), "figures": figures, "names": names_json(spec)}
    body = wire.dumps(parts)[:-1].encode() + b',"frame":' + frame + b"}"
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'
