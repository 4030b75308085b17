"""The log: a line for each thing worth knowing, as text or as JSON, each with the id of its request.

What users write never gets in: a request is logged by its method and route, not by its address or its body.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from logging.config import dictConfig
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
request_id: ContextVar[str] = ContextVar("request_id", default="-")
log = logging.getLogger("unrolled.requests")


class RequestId(logging.Filter):
    """Gives every record the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Admit all."""
        record.request_id = request_id.get()
        return True


class RequestLog:
    """Gives each request an id (its own X-Request-ID when that is sane), returns it, and logs how it ended."""

    def __init__(self, app: ASGIApp, count: Callable[[int], None]) -> None:
        """Surround `app`; `count` is told each status (0: the client left before there was one)."""
        self.app, self._count = app, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        name = Headers(scope=scope).get(HEADER, "")
        name = name if SANE.fullmatch(name) else uuid.uuid4().hex
        token, began, status = request_id.set(name), time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._count(status)
            _tell(scope, status, time.perf_counter() - began)
            request_id.reset(token)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    known = getattr(scope.get("route"), "path", None)  # the pattern: what was filled in is the user's
    route, took = known or "(none)", round(1000 * seconds, 1)
    level = logging.WARNING if status >= 500 else logging.INFO
    log.log(level, "%s %s %s %.1f ms", scope["method"], route, status, took,
            extra={"method": scope["method"], "route": route, "status": status, "milliseconds": took})  # fmt: skip


def config(level: str, as_json: bool, requests: bool) -> dict[str, Any]:
    """Return what `logging.config.dictConfig` and uvicorn take; `requests` logs each request, too."""
    json_lines = {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        "datefmt": "%Y-%m-%dT%H:%M:%S%z",
    }
    text = {"format": "%(asctime)s %(levelname)-7s %(request_id)s %(message)s", "datefmt": "%H:%M:%S"}
    least = level.upper()
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "filters": ["id"], "formatter": "line"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"id": {"()": RequestId}},
        "formatters": {"line": json_lines if as_json else text},
        "handlers": {"out": handler},
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {
            "unrolled": {"level": least},
            "unrolled.requests": {"level": least if requests else "WARNING"},
            "uvicorn": {"level": least},
        },
    }


def configure(level: str, as_json: bool, requests: bool) -> None:
    """Log from now on as `config` says."""
    dictConfig(config(level, as_json, requests))
