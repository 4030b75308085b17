"""Sweeps: many small runs in the background, each point's result stored as it is done.

As many points are in work as the executor has places, and one more, so that no worker waits while a result is stored.
Sweeps take turns point by point, and each piece of a point is as long as a piece of a playing run, so runs and sweeps
get equal turns and whoever waits for an answer overtakes both.
A killed server costs the points that were in work, which are pure and simply done again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from contextlib import suppress
from weakref import WeakValueDictionary

from app import points
from app.errors import Conflict, HTTPProblem, Stopping, StoreError, TooMany, Unreachable, WorkError
from app.executor import Executor
from app.grid import Limits
from app.hub import Hub
from app.registry import digest
from app.settings import Settings
from app.sweep import MissingSweep, Sweep, SweepStatus
from app.sweepstore import SweepRow, SweepStore
from app.telemetry import Telemetry
from app.turns import Priority, Turn

AGAIN = 1.0  # seconds until a cluster that is not there is asked again
log = logging.getLogger("unrolled")


class Sweeper:
    """Makes, finds, runs and deletes sweeps."""

    def __init__(
        self, settings: Settings, store: SweepStore, executor: Executor, hub: Hub, telemetry: Telemetry
    ) -> None:
        """Take the parts that sweeps live in."""
        self._settings, self.store, self._executor, self.hub = settings, store, executor, hub
        self._telemetry = telemetry
        self._alive: WeakValueDictionary[str, Sweep] = WeakValueDictionary()
        self._active: deque[Sweep] = deque()  # running ones with points waiting, in turn
        self._tasks: set[asyncio.Task[None]] = set()
        self._making = asyncio.Lock()

    async def create(self, body: bytes, client: str) -> tuple[Sweep, str | None]:
        """Check a sweep and begin it; return it and the owner's token, where tokens are needed."""
        limits = Limits(self._settings.max_sweep_points, self._settings.max_sweep_steps)
        plan = await self._executor.call(points.plan, body, self._settings.caps, limits)
        token = secrets.token_urlsafe(24) if self._settings.require_token else None
        now = time.time()
        async with self._making:
            if await self.store.count(client) >= self._settings.max_sweeps:
                raise TooMany(f"you have {self._settings.max_sweeps} sweeps, which is the most; delete one")
            row = SweepRow(0, secrets.token_hex(16), client, token and digest(token), now, now, SweepStatus.RUNNING,
                           plan.spec, plan.grid, plan.points, plan.steps, None)  # fmt: skip
            no = await self.store.add(row)
        row = SweepRow(**{**vars(row), "no": no})
        sweep = Sweep(row, SweepStatus.RUNNING, None, deque(range(plan.points)), 0)
        self._alive[sweep.id] = sweep
        self._begin(sweep)
        return sweep, token

    async def get(self, sweep_id: str) -> Sweep:
        """Return a sweep. Raises MissingSweep."""
        sweep = self._alive.get(sweep_id)
        if sweep is None:
            row = await self.store.get(sweep_id)
            if row is None:
                raise MissingSweep(sweep_id)
            done = set(await self.store.done(row.no))
            left = deque(point for point in range(row.points) if point not in done)
            made = Sweep(row, SweepStatus(row.status), row.error, left, len(done))
            sweep = self._alive.setdefault(sweep_id, made)  # somebody else may have been faster
        if sweep.status is SweepStatus.CANCELLED:
            raise MissingSweep(sweep_id)
        return sweep

    async def resume(self, sweep: Sweep) -> None:
        """Go on with a sweep that failed. Running already: nothing happens."""
        if sweep.status is SweepStatus.FINISHED:
            raise Conflict(sweep.status, "the sweep is finished; there is nothing to go on with")
        if sweep.status is SweepStatus.FAILED:
            await self.store.update(sweep.row.no, status=SweepStatus.RUNNING, error=None)
            sweep.status, sweep.error = SweepStatus.RUNNING, None
            self._begin(sweep)

    async def resume_all(self) -> None:
        """Go on with the sweeps that ran when the server ended."""
        for sweep_id in await self.store.with_status(SweepStatus.RUNNING):
            self._begin(await self.get(sweep_id))

    async def delete(self, sweep: Sweep) -> None:
        """Delete a sweep: its points stop, streams are told, nothing of it stays."""
        before = sweep.status
        if before is SweepStatus.CANCELLED:
            raise MissingSweep(sweep.id)
        sweep.status = SweepStatus.CANCELLED  # points in work are dropped at the end of their piece
        try:
            async with sweep.storing:
                await self.store.delete(sweep.row.no)
        except StoreError:
            sweep.status = before
            raise
        self._alive.pop(sweep.id, None)
        self.hub.notify(sweep.id)

    async def expire(self) -> None:
        """Delete sweeps that ended a long time ago."""
        for sweep_id in await self.store.idle_since(time.time() - self._settings.expire_seconds):
            await self.delete(await self.get(sweep_id))

    async def close(self, patience: float) -> None:
        """Stop all work; points that are not done are done again later."""
        self._active.clear()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- the work -----------------------------------------------------------------------------------------------

    def _begin(self, sweep: Sweep) -> None:
        sweep.began, sweep.had, sweep.steps = time.monotonic(), sweep.done, 0
        if sweep not in self._active:
            self._active.append(sweep)
        self._fill()

    def _fill(self) -> None:
        """Put points to work, sweep by sweep in turn, until every place of the executor has one, and one waits."""
        while self._active and len(self._tasks) <= self._executor.width and not self.hub.closing.is_set():
            sweep = self._active.popleft()
            if not sweep.waiting or sweep.status is not SweepStatus.RUNNING:
                continue
            task = asyncio.create_task(self._point(sweep, sweep.waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            self._active.append(sweep)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._fill()

    async def _point(self, sweep: Sweep, point: int) -> None:
        """Train a point to its end and store its result."""
        try:
            result = await self._result(sweep, point)
            async with sweep.storing:
                await self._store(sweep, point, result)
        except _DroppedError:
            return
        except StoreError as error:  # what was stored stays; the sweep can go on when the disk can
            sweep.waiting.appendleft(point)
            await self._fail(sweep, f"could not be stored: {error}")
        except Exception:
            log.exception("sweep %s, point %s", sweep.id, point)
            sweep.waiting.appendleft(point)
            await self._fail(sweep, "the server made a mistake; its log says more")

    async def _result(self, sweep: Sweep, point: int) -> str:
        blob: bytes | None = None
        while sweep.status is not SweepStatus.CANCELLED and not self.hub.closing.is_set():
            try:
                work = (points.train_point, sweep.row.spec, sweep.row.grid, point, blob, self._settings.chunk_seconds)
                turn = Turn(sweep.row.client, sweep.id)
                piece = await self._executor.call(*work, priority=Priority.BACKGROUND, turn=turn)
            except Unreachable:
                await asyncio.sleep(AGAIN)
                continue
            except Stopping:
                break
            except (WorkError, HTTPProblem) as error:  # one point that cannot be done does not spoil the others
                return json.dumps({"step": 0, "diverged": None, "networks": [], "error": str(error)})
            blob = piece.blob
            sweep.steps += piece.steps
            self._telemetry.steps.inc(piece.steps)
            if piece.result is not None:
                return piece.result
        raise _DroppedError

    async def _store(self, sweep: Sweep, point: int, result: str) -> None:
        if sweep.status is SweepStatus.CANCELLED:
            raise _DroppedError
        place = sweep.done + 1
        last = place == sweep.row.points
        status = SweepStatus.FINISHED if last else sweep.status
        await self.store.finish(sweep.row.no, place, point, result, status=status, touched=time.time())
        sweep.done, sweep.status = place, status
        self._telemetry.points.inc()
        self.hub.notify(sweep.id)

    async def _fail(self, sweep: Sweep, why: str) -> None:
        log.error("sweep %s: %s", sweep.id, why)
        sweep.status, sweep.error = SweepStatus.FAILED, why
        with suppress(StoreError):
            await self.store.update(sweep.row.no, status=SweepStatus.FAILED, error=why)
        self.hub.notify(sweep.id)


class _DroppedError(Exception):
    """A point's work is of no use any more: the sweep is deleted, or the server stops and will do it again."""
