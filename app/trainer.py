"""Training: pieces of about 100 ms sent to the executor, each stored whole before anybody hears of it.

While one piece is stored the next is already computed. A run is held while it trains and let go between two pieces when
somebody else wants it, so a change of hyper-parameters falls exactly between two steps.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from app import pieces, training
from app.errors import Conflict, HTTPProblem, Stopping, StoreError, WorkError
from app.executor import Executor
from app.holding import Holding, require, saved
from app.hub import Hub
from app.pieces import share
from app.registry import Registry
from app.runs import Run, Status
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry
from app.training import Piece
from app.turns import Turn

STORE_RATE = 20e6  # bytes per second: most that one run writes of its checkpoints
log = logging.getLogger("unrolled")


@dataclass
class Trainer:
    """Everything that makes a run go on, or stop."""

    settings: Settings
    store: Store
    executor: Executor
    hub: Hub
    registry: Registry
    holding: Holding
    telemetry: Telemetry

    def __post_init__(self) -> None:
        """Whoever begins to watch a run that waits for its turn is not to wait as long as if nobody did."""
        self.hub.changed = self._reshare

    async def play(self, run: Run) -> None:
        """Train in the background until the end, `pause` or `delete`. Playing already: nothing happens."""
        if run.advancing.locked():
            raise Conflict("advancing", "an advance call is training this run; wait for it, or pause it")
        async with self.holding.held(run):
            if run.status is not Status.RUNNING:
                require(run, Status.PAUSED, Status.FAILED)
                run.halt = False
                await self.holding.set_status(run, Status.RUNNING)
            if run.player is None:
                run.player = asyncio.create_task(self._play(run))

    async def pause(self, run: Run) -> None:
        """Stop training after the piece in work, which is stored. Paused already: nothing happens."""
        run.halt = True
        async with self.holding.held(run):
            if run.status is Status.RUNNING:
                await self.holding.set_status(run, Status.PAUSED)
            await self.holding.show(run)

    async def advance(self, run: Run, steps: int) -> list[str]:
        """Train `steps` steps (fewer at the end of the run); return their metrics rows as JSON."""
        async with run.advancing:
            require(run, Status.PAUSED)
            run.halt, before = False, run.step
            until = min(run.total, before + steps)
            async with self._failing(run):
                while run.step < until and run.status is Status.PAUSED and not run.halt and not self._closing:
                    async with self.holding.held(run):
                        await self._train(run, until, closing=True)
            rows = await self.store.metrics(run.no, before, run.step, steps)
            return [row for _, row in rows]

    async def resume(self) -> None:
        """Let the runs play on that were playing when the server ended."""
        for run_id in await self.store.with_status(Status.RUNNING):
            run = await self.registry.get(run_id)
            run.player = asyncio.create_task(self._play(run))

    async def close(self, patience: float) -> None:
        """Stop all training; pieces that are not done within `patience` seconds are dropped and done again later."""
        players = [run.player for run in self.registry.in_memory() if run.player]
        if players:
            _, late = await asyncio.wait(players, timeout=patience)
            for player in late:
                player.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    # --- the loop -----------------------------------------------------------------------------------------------

    def _reshare(self, run_id: str) -> None:
        run = self.registry.at_hand(run_id)
        if run is not None and run.status is Status.RUNNING:
            self.executor.reshare(Turn(run.client, run.id, share(self.hub.watch(run_id), False)))

    @property
    def _closing(self) -> bool:
        return self.hub.closing.is_set()

    async def _play(self, run: Run) -> None:
        try:
            while run.status is Status.RUNNING and not self._closing:
                async with self._failing(run), self.holding.held(run):
                    if run.status is Status.RUNNING:  # may have been paused while this waited
                        await self._train(run, run.total)
        except (HTTPProblem, WorkError, StoreError):
            pass  # written down, and told to the watchers
        except Exception:
            log.exception("run %s", run.id)
            await self._stop(run, Status.FAILED, "the server made a mistake; its log says more")
        finally:
            run.player = None

    async def _train(self, run: Run, until: int, closing: bool = False) -> None:
        """Train to `until`, or until somebody else wants the run: one piece at least."""
        blob, step = await self.holding.head(run), run.step
        run.clock()
        storing: Awaitable[None] | None = None
        try:
            while True:
                piece = await self._piece(run, blob, step, until, closing)
                if storing:
                    await storing
                storing = asyncio.create_task(self._commit(run, piece))
                blob, step = piece.blob, piece.step
                if step >= until or piece.diverged or piece.finished or run.waiting or run.halt or self._closing:
                    return
        finally:
            if storing:
                await storing

    async def _piece(self, run: Run, blob: bytes, step: int, until: int, closing: bool) -> Piece:
        plan = pieces.plan(run, self.hub.watch(run.id), step, until, closing, self.settings)
        task = (training.train, run.id, saved(run, blob), plan.steps, plan.look)
        piece = await self.executor.call(*task, priority=plan.priority, turn=plan.turn)
        pieces.learn(run, plan, piece)
        return piece

    async def _commit(self, run: Run, piece: Piece) -> None:
        """Store a piece, then tell of it."""
        ended = Status.DIVERGED if piece.diverged else Status.FINISHED if piece.finished else None
        columns = {"status": ended, "diverged": json.dumps(piece.diverged) if piece.diverged else None} if ended else {}
        keep = max(4, min(self.settings.checkpoints, self.settings.checkpoint_bytes // len(piece.blob)))
        now = time.monotonic()
        blob = piece.blob if ended or now >= run.store_after else None
        await self.store.commit(run.no, piece.step, piece.rows, blob, keep, touched=time.time(), **columns)
        if blob:
            run.store_after = now + len(blob) / STORE_RATE
        self.telemetry.steps.inc(len(piece.rows))
        self.telemetry.chunk.observe(piece.seconds)
        run.count(piece.step)
        run.head, run.diverged = piece.blob, piece.diverged
        if piece.frames:
            run.see(piece.frames[-1])
        run.status = ended or run.status
        self.hub.publish(run.id, piece.rows, piece.frames)

    @asynccontextmanager
    async def _failing(self, run: Run) -> AsyncIterator[None]:
        """Write down why training stopped, when it is not by a wish."""
        try:
            yield
        except Stopping:
            raise
        except (WorkError, HTTPProblem) as error:
            await self._stop(run, Status.FAILED, str(error))
            raise
        except StoreError as error:  # what was stored stays; the run can go on when the disk can
            await self._stop(run, Status.PAUSED, f"could not be stored: {error}")
            raise

    async def _stop(self, run: Run, status: Status, why: str) -> None:
        if run.status is Status.CANCELLED:
            return
        log.error("run %s: %s", run.id, why)
        run.status, run.error, run.head = status, why, None
        with suppress(StoreError):
            await self.store.update(run.no, status=status, error=why)
        self.hub.notify(run.id)
