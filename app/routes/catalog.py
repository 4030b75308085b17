"""What can be chosen."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

import engine
from app.wire import dumps

router = APIRouter(prefix="/api", tags=["catalog"])


@router.get("/tasks", summary="Tasks with their parameters", responses={200: {"model": list[dict[str, Any]]}})
async def tasks() -> Response:
    """Return each task with its variant, its chance loss and its parameters."""
    return Response(_tasks(), media_type="application/json")


@router.get("/schema", summary="Every knob of an experiment", responses={200: {"model": dict[str, Any]}})
async def schema() -> Response:
    """Return every knob with its kind, range, default, label and help; `live` ones may be changed in flight."""
    return Response(_schema(), media_type="application/json")


@router.get("/presets", summary="Experiments worth opening", responses={200: {"model": list[dict[str, Any]]}})
def presets() -> Response:
    """Return each with title, sentence, spec (all defaults filled in) and what is promised of it.

    A claim says that `network`'s loss, mean over the 20 batches up to `step`, is `at_most` or `at_least` that share of
    the chance loss. Presets whose task needs a package that this server has not are left out.
    """
    return Response(_presets(), media_type="application/json")


@lru_cache
def _tasks() -> str:
    return dumps(engine.tasks())


@lru_cache
def _schema() -> str:
    return dumps(engine.schema())


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
