"""HTTP as uvicorn speaks it, with a bound on what a request says before its body: 431 beyond it."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app import problems
from app.errors import HTTPProblem

MOST = 32 << 10  # bytes of request line and headers


class HeadersTooLarge(Exception):
    """A request line and headers of more than MOST bytes."""


class Protocol(HttpToolsProtocol):
    """The parser itself has no bound: it would collect headers without end."""

    _head = 0  # bytes read since the last message began
    _reading_head = True
    _refused = False
    _pending = 0  # bytes of a head that is not whole yet

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head, self._reading_head = 0, True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body begins."""
        self._reading_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take in what came; a header that never ends shows itself only here."""
        super().data_received(data)
        if self._reading_head and not self._refused:
            self._pending += len(data)
            if self._pending > MOST:
                self._refuse()
        else:
            self._pending = 0

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be read."""
        if self._refused:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > MOST:
            self._refused = True
            raise HeadersTooLarge

    def _refuse(self) -> None:
        self._refused = True
        if self.transport.is_closing():
            return
        answer: Any = problems.response(HTTPProblem(431, f"a request's headers may have {MOST} bytes in all"))
        lines = [b"HTTP/1.1 431 Request Header Fields Too Large", b"connection: close"]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + answer.body)
        self.transport.close()
