"""The one table from exceptions to problem documents (RFC 9457, `application/problem+json`), and what is not in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import FieldProblem, HTTPProblem, StoreError, WorkError

Page = Callable[[Request, HTTPProblem], Response]
MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("unrolled")


def response(problem: HTTPProblem) -> Response:
    """Return a refusal as an answer."""
    body = json.dumps(document(problem), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    return Response(body, problem.status, problem.headers, MEDIA_TYPE)


def document(problem: HTTPProblem) -> dict[str, Any]:
    """Return the members of RFC 9457, and `errors` with field, value and message of each."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [error.document() for error in problem.errors],
    }


def from_http(error: HTTPException) -> HTTPProblem:
    """Of a refusal by the framework itself: unknown path, wrong method."""
    return HTTPProblem(error.status_code, str(error.detail), headers=error.headers)


def from_validation(error: RequestValidationError) -> HTTPProblem:
    """Of a query, path or header value of the wrong kind."""
    errors = [
        FieldProblem(".".join(str(part) for part in e["loc"][1:]) or str(e["loc"][0]), e.get("input"), e["msg"])
        for e in error.errors()
    ]
    return HTTPProblem(422, "; ".join(f"{e.field}: {e.message}" for e in errors), errors)


def from_store(error: StoreError) -> HTTPProblem:
    """Of a database that cannot be written or read."""
    log.error("store: %s", error)
    return HTTPProblem(503, f"the store cannot be used: {error}", headers={"Retry-After": "10"})


def from_work(error: WorkError) -> HTTPProblem:
    """Of work that was lost or took too long."""
    log.error("work: %s", error)
    return HTTPProblem(503, str(error), headers={"Retry-After": "10"})


TABLE: dict[Any, Any] = {
    HTTPProblem: lambda problem: problem,
    HTTPException: from_http,
    RequestValidationError: from_validation,
    StoreError: from_store,
    WorkError: from_work,
}


class Noted:
    """Sends on, and remembers whether an answer has begun: after that no other can be given."""

    def __init__(self, send: Send) -> None:
        """Send by `send`."""
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        """Send a message on."""
        self.begun = True
        await self._send(message)


class Mistakes:
    """Answers whatever the table has not with a 500 that says nothing of the inside; the log has the trace.

    Starlette's own way would answer outside of all that surrounds a request: without its id, its headers, its count.
    """

    def __init__(self, app: ASGIApp, page: Page) -> None:
        """Surround `app`; a browser that opens a page gets `page`."""
        self.app, self._page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        noted = Noted(send)
        try:
            await self.app(scope, receive, noted)
        except ClientDisconnect:
            return  # gone in the middle of a body: nobody is there to be answered
        except Exception:
            if noted.begun or scope["type"] != "http":
                raise  # cut off: whoever was being answered sees that it is not the whole
            log.exception("a request could not be answered")
            problem = HTTPProblem(500, "the server made a mistake; its log says more")
            request = Request(scope)
            answer = self._page(request, problem) if opens_a_page(request) else response(problem)
            await answer(scope, receive, send)


def install(app: FastAPI, page: Page) -> None:
    """Answer every exception of the table with its problem document, a browser that opens a page with `page`."""
    for kind, translate in TABLE.items():
        app.add_exception_handler(kind, _handler(translate, page))


def opens_a_page(request: Request) -> bool:
    """Return whether a browser asks for something to be read by people: HTML before all else, not data."""
    first = request.headers.get("accept", "").split(",")[0]
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return request.method == "GET" and first == "text/html" and (not path.startswith("/api") or path.endswith(".html"))


def _handler(translate: Any, page: Page) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        problem = translate(error)
        return page(request, problem) if opens_a_page(request) else response(problem)

    return handle
