"""How often one client may ask: 429 with Retry-After beyond the rates that the settings name.

Counting is done by `limits` (a sliding window). Static files, the container's own checks and a stream once it is open
cost nothing. Guesses of room codes and of the teacher's key are counted apart, whatever the settings say.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from app import problems
from app.errors import HTTPProblem, TooMany
from app.executor import asking

GUESSES = "60/minute"  # wrong codes and keys of one address; a code then lasts longer than the sun shines on the room
FREE = ("/healthz", "/readyz", "/metrics", "/static/", "/vendor/")
Who = Callable[[Scope], str]


class Meter:
    """Counts what clients do against rates like "20/second;600/minute"; an empty text admits everything."""

    def __init__(self, rates: str) -> None:
        """Take the rates. Raises ValueError for a text that is none."""
        self._rates: list[RateLimitItem] = parse_many(rates) if rates else []
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage()) if self._rates else None

    def hit(self, client: str) -> None:
        """Count one request of a client. Raises HTTPProblem 429 when it is one too many."""
        for rate in self._rates:
            if self._counter and not self._counter.hit(rate, client):
                raise self._refusal(rate, client)

    def check(self, client: str) -> None:
        """Count nothing. Raises HTTPProblem 429 when the next request would be one too many."""
        for rate in self._rates:
            if self._counter and not self._counter.test(rate, client):
                raise self._refusal(rate, client)

    def _refusal(self, rate: RateLimitItem, client: str) -> HTTPProblem:
        assert self._counter
        until = self._counter.get_window_stats(rate, client).reset_time
        wait = max(1, math.ceil(until - time.time()))
        return TooMany(f"too many requests: {rate} is the most; ask again in {wait} s", wait)


class RateLimit:
    """Answers 429 to a client that asks too often."""

    def __init__(self, app: ASGIApp, meter: Meter, who: Who) -> None:
        """Surround `app`; `who` names the client of a request."""
        self.app, self._meter, self._who = app, meter, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        if scope["type"] == "http" and not path(scope).startswith(FREE):
            client = self._who(scope)
            asking.set(client)  # the workers' time is shared by clients, too
            try:
                self._meter.hit(client)
            except HTTPProblem as refusal:
                return await problems.response(refusal)(scope, receive, send)
        await self.app(scope, receive, send)


def path(scope: Scope) -> str:
    """Return the path below the mount of a proxy."""
    whole: str = scope.get("path", "")
    return whole.removeprefix(scope.get("root_path", "")) or "/"


def address(scope: Scope) -> str:
    """Return the address of a client, as a trusted proxy tells it."""
    client = scope.get("client")
    return str(client[0]) if client else "local"
