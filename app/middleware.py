"""What surrounds every request, as plain ASGI (streams pass through untouched)."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems
from app.errors import FieldProblem, HTTPProblem

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
SAFE = ("GET", "HEAD", "OPTIONS")
DRAIN = 64 << 20  # bytes of a refused body that are read and thrown away, so that the client hears the refusal
DRAIN_SECONDS = 2.0


class SecurityHeaders:
    """Adds the headers of `SECURITY` where the answer has not its own."""

    def __init__(self, app: ASGIApp) -> None:
        """Surround `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)


class SameSite:
    """Refuses changes that a page of another site sends: nobody's browser is used against this server."""

    def __init__(self, app: ASGIApp) -> None:
        """Surround `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and scope["method"] not in SAFE and _foreign(Headers(scope=scope)):
            refusal = HTTPProblem(403, "a page of another site may not change anything here")
            return await problems.response(refusal)(scope, receive, send)
        await self.app(scope, receive, send)


def _foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("cross-site", "same-site")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


class BodyLimit:
    """Answers 413 to a body of more than `most` bytes, without keeping it."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """Surround `app`; `most` in bytes."""
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self.most:
            return await self._refuse(int(length), receive, send)
        seen, noted = 0, problems.Noted(send)

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise _TooLarge
            return message

        try:
            await self.app(scope, counted, noted)
        except _TooLarge:
            if not noted.begun:
                await self._refuse(seen, receive, send)

    async def _refuse(self, size: int, receive: Receive, send: Send) -> None:
        error = FieldProblem("body", size, f"at most {self.most} bytes")
        refusal = HTTPProblem(413, f"the body has {size} bytes or more; {self.most} are the most", [error])
        answer = problems.response(refusal)
        headers = [*answer.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        await _drain(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _TooLarge(Exception):
    pass


async def _drain(receive: Receive) -> None:
    """Throw away what still comes, within bounds: a client that is cut off in mid-sending may never read the answer."""

    async def read() -> None:
        left = DRAIN
        while left > 0:
            message: Any = await receive()
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return
            left -= len(message.get("body", b""))

    try:
        await asyncio.wait_for(read(), DRAIN_SECONDS)
    except TimeoutError:
        return


class Compression:
    """Compresses pages, scripts and JSON; frames, matrices and files are base64 or binary noise and go as they are."""

    def __init__(self, app: ASGIApp) -> None:
        """Surround `app`."""
        self.app = app
        self.gzip = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, through the compressor or beside it."""
        path = scope.get("path", "")
        noise = "/frames/" in path or path.endswith(("/jacobian", "/weights", "/stream", "/whatif", "/report.html"))
        await (self.app if noise else self.gzip)(scope, receive, send)
