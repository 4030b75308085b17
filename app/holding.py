"""What whoever changes a run does before and after: have it to oneself, know its newest checkpoint, tell of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app import training
from app.checkpoints import Saved
from app.errors import Conflict, Missing
from app.executor import Executor
from app.hub import Hub
from app.runs import Run, Status
from app.store import Store
from app.viewer import Viewer


@dataclass
class Holding:
    """The parts that this takes."""

    store: Store
    executor: Executor
    hub: Hub
    viewer: Viewer

    @asynccontextmanager
    async def held(self, run: Run) -> AsyncIterator[None]:
        """Have a run to oneself; training makes way at the end of its piece. Raises Missing for a deleted one."""
        async with run.held():
            if run.status is Status.CANCELLED:
                raise Missing(run.id)
            yield

    async def head(self, run: Run) -> bytes:
        """Return the checkpoint of the current step; of large runs only some are stored, so it may have to be made."""
        if run.head is None:
            step, blob = await self.store.checkpoint(run.no, run.step)
            if step < run.step:
                piece = await self.executor.call(training.train, run.id, saved(run, blob), run.step - step, None)
                blob = piece.blob
            run.head = blob
        return run.head

    async def set_status(self, run: Run, status: Status) -> None:
        """Store a status, and tell of it; what went wrong before is over."""
        await self.store.update(run.no, status=status, error=None, touched=time.time())
        run.status, run.error = status, None
        self.hub.notify(run.id)

    async def show(self, run: Run) -> None:
        """Give watchers the frame at which a run rests."""
        watch, latest = self.hub.watch(run.id), self.hub.latest(run.id)
        if watch and (latest is None or latest.step != run.step):
            frame = await self.viewer.newest(run, watch.choice)
            run.see(frame)
            self.hub.publish(run.id, frames=[frame])


def require(run: Run, *allowed: Status) -> None:
    """Refuse (404, 409) unless a run is in one of these states."""
    if run.status is Status.CANCELLED:
        raise Missing(run.id)
    if run.status not in allowed:
        raise Conflict(run.status, f"the run is {run.status}; this needs it {' or '.join(allowed)}")


def saved(run: Run, blob: bytes) -> Saved:
    """Return a checkpoint as workers take it."""
    return Saved(run.first_spec, blob)
