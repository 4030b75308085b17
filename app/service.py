"""The parts of a running server, put together once."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from app import training
from app.changes import Changes
from app.errors import HTTPProblem, StoreError, WorkError
from app.executor import Executor, LocalExecutor
from app.holding import Holding
from app.hub import Hub
from app.keys import Keys
from app.registry import Registry
from app.rooms import Rooms
from app.roomstore import RoomStore
from app.settings import Settings
from app.store import Store
from app.sweeps import Sweeper
from app.sweepstore import SweepStore
from app.telemetry import Telemetry
from app.trainer import Trainer
from app.viewer import Viewer
from app.walls import Walls

HOUSEKEEPING = 60.0  # seconds
PATIENCE = 0.4  # seconds that work in hand gets when the server stops
log = logging.getLogger("unrolled")


@dataclass
class Service:
    """What routes work with."""

    settings: Settings
    telemetry: Telemetry
    store: Store
    executor: Executor
    hub: Hub
    registry: Registry
    viewer: Viewer
    trainer: Trainer
    changes: Changes
    sweeper: Sweeper
    keys: Keys
    rooms: Rooms
    walls: Walls
    _housekeeper: asyncio.Task[None] | None = None
    _waking: asyncio.Task[None] | None = None

    @classmethod
    def build(cls, settings: Settings, executor: Executor | None = None) -> Service:
        """Put the parts together; nothing runs yet."""
        telemetry, store = Telemetry(), Store(settings.data_dir)
        executor = executor or make_executor(settings)
        hub = Hub(telemetry, settings.max_streams)
        registry = Registry(settings, store, executor, hub)
        viewer = Viewer(store, executor, hub, settings.frame_cache)
        holding = Holding(store, executor, hub, viewer)
        trainer = Trainer(settings, store, executor, hub, registry, holding, telemetry)
        sweeper = Sweeper(settings, SweepStore(store), executor, hub, telemetry)
        keys = Keys(settings)
        rooms = Rooms(settings, RoomStore(store), executor, hub, registry, keys)
        return cls(settings, telemetry, store, executor, hub, registry, viewer, trainer, Changes(settings, holding),
                   sweeper, keys, rooms, Walls(rooms, viewer))  # fmt: skip

    async def ready(self) -> dict[str, bool]:
        """Return whether requests can be answered in full, and which part of the server could."""
        parts = {"store": await self.store.works(), "workers": self.executor.ready}
        if not parts["workers"] and (self._waking is None or self._waking.done()):
            self._waking = asyncio.create_task(self._wake_workers())
        return {"ready": all(parts.values()) and not self.hub.closing.is_set(), **parts}

    async def _wake_workers(self) -> None:
        """Give the workers something to do: a pool that broke as a whole is made anew by that.

        Else a server that is asked for nothing, because it is not ready, would never be ready again.
        """
        with suppress(HTTPProblem, WorkError):
            await self.executor.call(training.warm_up)

    async def open(self) -> None:
        """Start everything; runs that were playing play on."""
        if not self.store.ready:
            await self.store.open()
        await self.rooms.open()
        await self.executor.start()
        await self.trainer.resume()
        await self.sweeper.resume_all()
        self._housekeeper = asyncio.create_task(self._keep_house())

    async def stop(self) -> None:
        """Say goodbye to streams; give what is in work a moment, then drop it."""
        self.hub.close()
        await asyncio.sleep(PATIENCE)
        self.executor.stop()

    async def close(self) -> None:
        """Stop everything, in an order that loses nothing."""
        self.hub.close()
        if self._housekeeper:
            self._housekeeper.cancel()
        await asyncio.gather(self.trainer.close(PATIENCE), self.sweeper.close(PATIENCE))
        self.executor.stop()
        await asyncio.gather(self.executor.close(), self.store.close())

    async def _keep_house(self) -> None:
        while True:
            await self.ready()  # which mends what can be mended
            with suppress(StoreError):
                await self.registry.expire()
                await self.sweeper.expire()
            await asyncio.sleep(HOUSEKEEPING)


def make_executor(settings: Settings) -> Executor:
    """Return the executor that the settings name. Raises RuntimeError for a cluster without Dask installed."""
    if not settings.dask:
        return LocalExecutor(settings.worker_count, settings.task_seconds, training.warm_up)
    try:
        from app.cluster import DaskExecutor  # an optional package
    except ImportError as error:
        raise RuntimeError(
            f"UNROLLED_DASK is set, but Dask is not installed ({error}): pip install distributed"
        ) from None
    return DaskExecutor(settings.dask, settings.task_seconds)
