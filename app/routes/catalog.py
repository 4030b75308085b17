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


@lru_cache
def _tasks() -> str:
    return dumps(engine.tasks())


@lru_cache
def _schema() -> str:
    return dumps(engine.schema())
