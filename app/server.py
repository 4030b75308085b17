"""The server process: uvicorn, with streams told to say goodbye when it is asked to stop."""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app import logs
from app.protocol import Protocol
from app.settings import Settings

GRACE = 0.7  # seconds that connections get for their goodbye


class Server(uvicorn.Server):
    """Ends within two seconds of SIGTERM or SIGINT, whoever is connected, with exit code 0."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        """Serve `app`, an application of `create_app`."""
        super().__init__(config)
        self._service = app.state.service
        self._stopping: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Serve until told to stop. Raises StoreError when the database cannot be used."""
        self._loop = asyncio.get_running_loop()
        await self._service.store.open()  # before anything is started: what is wrong here is one sentence, not a trace
        await super().serve(sockets)  # type: ignore[arg-type]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Say goodbye, then stop. The signal is not raised again: stopping when asked is no error."""
        self.force_exit = self.should_exit
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._goodbye)

    def _goodbye(self) -> None:
        assert self._loop is not None
        if self._stopping is None:
            self._stopping = self._loop.create_task(self._service.stop())
            self._loop.call_later(GRACE, self._cut)

    def _cut(self) -> None:
        """Cut off whoever does not read the goodbye."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()


def serve(settings: Settings) -> None:
    """Run the server in this process until it is told to stop. Raises StoreError when the database cannot be used."""
    from app.main import create_app

    app = create_app(settings)
    config = uvicorn.Config(app, host=settings.host, port=settings.port, lifespan="on", http=Protocol,
                            log_config=logs.config(settings.log_level, settings.log_json, settings.log_requests),
                            forwarded_allow_ips=settings.proxies, server_header=False, ws="none",
                            access_log=False, root_path=settings.root_path, timeout_keep_alive=75)  # fmt: skip
    server = Server(config, app)
    server.run()
    if not server.started:
        raise SystemExit(3)  # the log says why
