"""What can be chosen."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

import engine
from app.caps import Caps, admitted, narrowed
from app.deps import ServiceDep
from app.wire import dumps

router = APIRouter(prefix="/api", tags=["catalog"])


@router.get("/tasks", summary="Tasks with their parameters", responses={200: {"model": list[dict[str, Any]]}})
async def tasks(service: ServiceDep) -> Response:
    """Return each task with its variant, its chance loss and its parameters, ranges as this server admits them."""
    return Response(_tasks(service.settings.caps), media_type="application/json")


@router.get("/schema", summary="Every knob of an experiment", responses={200: {"model": dict[str, Any]}})
async def schema(service: ServiceDep) -> Response:
    """Return every knob with its kind, range, default, label and help; `live` ones may be changed in flight.

    Ranges are this server's, which may admit less than the engine; `limits` has all that it admits at the most, by the
    names of its settings.
    """
    return Response(_schema(service.settings.caps, service.settings.limits), media_type="application/json")


@router.get("/presets", summary="Experiments worth opening", responses={200: {"model": list[dict[str, Any]]}})
def presets() -> Response:
    """Return each with title, sentence, spec (all defaults filled in) and what is promised of it.

    A claim says that `network`'s loss, mean over the 20 batches up to `step`, is `at_most` or `at_least` that share of
    the chance loss. Presets whose task needs a package that this server has not are left out.
    """
    return Response(_presets(), media_type="application/json")


@lru_cache(maxsize=4)
def _tasks(caps: Caps) -> str:
    listed: list[dict[str, Any]] = engine.tasks()
    return dumps([{**task, "parameters": narrowed(task["parameters"], caps)} for task in listed])


@lru_cache(maxsize=4)
def _schema(caps: Caps, limits: tuple[tuple[str, float], ...]) -> str:
    return dumps({**admitted(engine.schema(), caps), "limits": dict(limits)})


@lru_cache
def _presets() -> str:
    return dumps([row for name, preset in engine.PRESETS.items() if (row := _preset(name, preset))])


def _preset(name: str, preset: engine.Preset) -> dict[str, Any] | None:
    try:
        spec = engine.RunSpec.from_dict(preset.spec).to_dict()
    except engine.SpecError:  # its task needs a package that is not here
        return None
    claims = [claim._asdict() for claim in preset.claims]
    return {"name": name, "title": preset.title, "sentence": preset.sentence, "spec": spec, "claims": claims}
