"""The application: parts, routes, errors and what surrounds them. `python -m app` serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI

from app import limiting, logs, middleware, openapi, problems
from app.executor import Executor
from app.routes import (
    catalog,
    classroom,
    data,
    docs,
    exports,
    figures,
    health,
    lab,
    lessons,
    pages,
    rooms,
    runs,
    see,
    sweeps,
    views,
    worked,
)
from app.service import Service
from app.settings import Settings

ROUTERS = (rooms.router, runs.router, sweeps.router, views.router, figures.router, data.router, lab.router,
           exports.router, worked.router, see.router, catalog.router, health.router, docs.router, lessons.router,
           classroom.router,
           pages.router)  # fmt: skip
ABOUT = """Watch gradients flow through time: train RNN, LSTM and GRU step by step and look at every ∂h_t/∂h_k.

Arrays come as `{"dtype", "shape", "bdata"}`: base64, little endian, C order. Refusals are problem documents (RFC 9457)
that name field and value."""


def create_app(settings: Settings | None = None, executor: Executor | None = None) -> FastAPI:
    """Return the application; its parts start and stop with it."""
    settings = settings or Settings()
    service = Service.build(settings, executor)
    app = FastAPI(title="Unrolled", version=_version(), description=ABOUT, docs_url=None, redoc_url=None,
                  lifespan=_lifespan(service))  # fmt: skip
    app.state.service = service
    problems.install(app, pages.refused)
    for router in ROUTERS:
        app.include_router(router)
    docs.mount(app)
    pages.mount(app)
    _describe(app)
    app.add_middleware(middleware.Compression)
    app.add_middleware(middleware.SameSite)
    app.add_middleware(middleware.BodyLimit, most=settings.max_body)
    app.add_middleware(limiting.RateLimit, meter=limiting.Meter(settings.rate_limit), who=service.rooms.who)
    app.add_middleware(problems.Mistakes, page=pages.refused)
    app.add_middleware(middleware.SecurityHeaders)
    app.add_middleware(logs.RequestLog, count=lambda status: service.telemetry.requests.labels(status).inc())
    return app


def _lifespan(service: Service) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await service.open()
            yield
        finally:
            await service.close()

    return lifespan


def _describe(app: FastAPI) -> None:
    generate = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            openapi.add_problem_schema(generate())
        return app.openapi_schema or {}

    app.openapi = document  # type: ignore[method-assign]


def _version() -> str:
    try:
        return version("unrolled")
    except PackageNotFoundError:  # a bare clone
        return "0.1.0"
