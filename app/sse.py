"""An answer that is a stream of server-sent events: it goes on until its events end, or the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.hub import Hub
from app.watching import Watcher

HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class Source(Protocol):
    """What an event stream sends: events as bytes, woken by the news of a channel."""

    hub: Hub
    watcher: Watcher

    @property
    def channel(self) -> str:
        """Whose news wakes it."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield every event until the end."""


class EventStream(Response):
    """Sends events until they end or the client leaves; being a watcher ends with it, whatever happens."""

    media_type = "text/event-stream"

    def __init__(self, events: Source) -> None:
        """Answer with `events`."""
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with self.events.hub.watching(self.events.channel, self.events.watcher):
            sending = asyncio.create_task(self._send(send))
            leaving = asyncio.create_task(_left(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, leaving):
                    task.cancel()
                outcome, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
            if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                raise outcome

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(aiter(self.events)) as events:  # type: ignore[type-var]
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
