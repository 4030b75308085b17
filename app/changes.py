"""What changes a run but training: other hyper-parameters, other weights. Each change is recorded with its step."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from app import training
from app.checkpoints import Created
from app.errors import Conflict, TooMany
from app.holding import Holding, require, saved
from app.runs import Run, Status
from app.settings import Settings

FEWEST_CHANGES, CHANGES_SHARE = 16, 4  # changed checkpoints may take so many times `checkpoint_bytes`


@dataclass
class Changes:
    """Changes fall exactly between two steps: a run is held while it trains, and let go between two pieces."""

    settings: Settings
    holding: Holding

    async def patch(self, run: Run, body: bytes) -> None:
        """Change live hyper-parameters from the next step on; the change is recorded with the step."""
        async with self.holding.held(run):
            require(run, Status.PAUSED, Status.RUNNING, Status.FINISHED)
            head = saved(run, await self.holding.head(run))
            changed, changes = await self.holding.executor.call(training.patch, head, run.step, body)
            await self._replace(run, changed, changes)

    async def put_weights(self, run: Run, network: int, format: str, body: bytes) -> None:
        """Replace a network's weights, from the current step on."""
        if run.advancing.locked():
            raise Conflict("advancing", "an advance call is training this run")
        async with self.holding.held(run):
            require(run, Status.PAUSED, Status.FINISHED, Status.DIVERGED)
            head = saved(run, await self.holding.head(run))
            question = (head, run.step, network, format, body)
            changed = await self.holding.executor.call(training.put_weights, *question)
            await self._replace(run, changed, json.dumps({f"networks.{network}.weights": "replaced"}))

    async def _replace(self, run: Run, changed: Created, changes: str) -> None:
        """Put a changed checkpoint in the place of the newest. It is kept for good, so there is a limit (429)."""
        most = max(FEWEST_CHANGES, CHANGES_SHARE * self.settings.checkpoint_bytes // len(changed.blob))
        if await self.holding.store.pinned(run.no, run.step) >= most:
            raise TooMany(f"the run was changed at {most} steps, which is the most")
        ended = Status.FINISHED if changed.finished else Status.PAUSED
        status = run.status if run.status is Status.RUNNING and not changed.finished else ended
        await self.holding.store.patch(run.no, run.step, time.time(), changes, changed.blob, spec=changed.spec,
                                       diverged=None, total=changed.total, status=status,
                                       touched=time.time())  # fmt: skip
        _take_over(run, changed, status)
        self.holding.hub.forget_frame(run.id)
        self.holding.hub.notify(run.id)
        if status is not Status.RUNNING:
            await self.holding.show(run)


def _take_over(run: Run, changed: Created, status: Status) -> None:
    """Let the run in memory be what was stored."""
    run.spec, run.total, run.every, run.head = changed.spec, changed.total, changed.every, changed.blob
    run.status, run.diverged = status, None
    run.revision, run.glanced = run.revision + 1, -1
