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

from app import training
from app.checkpoints import Created, Saved
from app.errors import Conflict, HTTPProblem, Missing, Stopping, StoreError, WorkError
from app.executor import Executor
from app.hub import Hub, Watch
from app.pace import to_last_frame, to_next_frame
from app.registry import Registry
from app.runs import Run, Status
from app.settings import Settings
from app.store import Store
from app.telemetry import Telemetry
from app.training import Look, Piece
from app.turns import Priority, Turn
from app.viewer import Viewer

FEWEST_CHANGES, CHANGES_SHARE = 16, 4  # changed checkpoints may take so many times `checkpoint_bytes`
WATCHED, MOST = 6, 20  # shares of the workers' time: of a run that somebody waits for or watches, and that many watch
SHORT = 0.008  # seconds of the shortest piece: it tells what a step costs
STORE_RATE = 20e6  # bytes per second: most that one run writes of its checkpoints
log = logging.getLogger("unrolled")


@dataclass
class Trainer:
    """Everything that changes a run."""

    settings: Settings
    store: Store
    executor: Executor
    hub: Hub
    registry: Registry
    viewer: Viewer
    telemetry: Telemetry

    def __post_init__(self) -> None:
        """Whoever begins to watch a run that waits for its turn is not to wait as long as if nobody did."""
        self.hub.changed = self._reshare

    async def play(self, run: Run) -> None:
        """Train in the background until the end, `pause` or `delete`. Playing already: nothing happens."""
        if run.advancing.locked():
            raise Conflict("advancing", "an advance call is training this run; wait for it, or pause it")
        async with self._held(run):
            if run.status is not Status.RUNNING:
                _require(run, Status.PAUSED, Status.FAILED)
                run.halt = False
                await self._set_status(run, Status.RUNNING)
            if run.player is None:
                run.player = asyncio.create_task(self._play(run))

    async def pause(self, run: Run) -> None:
        """Stop training after the piece in work, which is stored. Paused already: nothing happens."""
        run.halt = True
        async with self._held(run):
            if run.status is Status.RUNNING:
                await self._set_status(run, Status.PAUSED)
            await self._show(run)

    async def advance(self, run: Run, steps: int) -> list[str]:
        """Train `steps` steps (fewer at the end of the run); return their metrics rows as JSON."""
        async with run.advancing:
            _require(run, Status.PAUSED)
            run.halt, before = False, run.step
            until = min(run.total, before + steps)
            async with self._failing(run):
                while run.step < until and run.status is Status.PAUSED and not run.halt and not self._closing:
                    async with self._held(run):
                        await self._train(run, until, closing=True)
            rows = await self.store.metrics(run.no, before, run.step, steps)
            return [row for _, row in rows]

    async def patch(self, run: Run, body: bytes) -> None:
        """Change live hyper-parameters from the next step on; the change is recorded with the step."""
        async with self._held(run):
            _require(run, Status.PAUSED, Status.RUNNING, Status.FINISHED)
            changed, changes = await self.executor.call(
                training.patch, _saved(run, await self._head(run)), run.step, body
            )
            await self._replace(run, changed, changes)

    async def put_weights(self, run: Run, network: int, format: str, body: bytes) -> None:
        """Replace a network's weights, from the current step on."""
        if run.advancing.locked():
            raise Conflict("advancing", "an advance call is training this run")
        async with self._held(run):
            _require(run, Status.PAUSED, Status.FINISHED, Status.DIVERGED)
            head = _saved(run, await self._head(run))
            changed = await self.executor.call(training.put_weights, head, run.step, network, format, body)
            await self._replace(run, changed, json.dumps({f"networks.{network}.weights": "replaced"}))

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
            self.executor.reshare(Turn(run.client, run.id, _share(self.hub.watch(run_id), False)))

    @property
    def _closing(self) -> bool:
        return self.hub.closing.is_set()

    async def _play(self, run: Run) -> None:
        try:
            while run.status is Status.RUNNING and not self._closing:
                async with self._failing(run), self._held(run):
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
        blob, step = await self._head(run), run.step
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
        watch = self.hub.watch(run.id)
        timed = watch is not None and watch.fps is not None  # frames by the clock: a piece has one or none
        due = timed and run.pace[False].known and time.monotonic() >= run.frame_due
        pace = run.pace[watch is not None and not timed]
        unwatched = self.settings.chunk_seconds * (2 if closing else 1)  # somebody waits for the whole: fewer seams
        seconds = self.settings.watched_seconds if watch else unwatched
        if timed and not due:  # no longer than to the next frame
            seconds = min(seconds, max(SHORT, run.frame_due - time.monotonic()))
        steps = pace.steps(seconds, until - step)
        if watch and (due or not timed):
            ending = to_next_frame if due else to_last_frame
            steps = min(ending(step, steps, run.every), until - step)
        last = step + steps == until
        stride = _only(step + steps, run.every, due) if timed else run.every
        look = Look(watch.choice, stride, closing and last) if watch else None
        priority = Priority.NOW if closing and last else Priority.BACKGROUND
        turn = Turn(run.client, run.id, _share(watch, closing))
        task = (training.train, run.id, _saved(run, blob), steps, look)
        piece = await self.executor.call(*task, priority=priority, turn=turn)
        if not (timed and piece.frames):
            pace.learn(piece.step - step, piece.seconds)
        elif watch and watch.fps:
            run.frame_due = max(run.frame_due + 1 / watch.fps, time.monotonic() - 1 / watch.fps)
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

    # --- one change ---------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _held(self, run: Run) -> AsyncIterator[None]:
        async with run.held():
            if run.status is Status.CANCELLED:
                raise Missing(run.id)
            yield

    async def _head(self, run: Run) -> bytes:
        """Return the checkpoint of the current step; of large runs only some are stored, so it may have to be made."""
        if run.head is None:
            step, blob = await self.store.checkpoint(run.no, run.step)
            if step < run.step:
                piece = await self.executor.call(training.train, run.id, _saved(run, blob), run.step - step, None)
                blob = piece.blob
            run.head = blob
        return run.head

    async def _set_status(self, run: Run, status: Status) -> None:
        await self.store.update(run.no, status=status, error=None, touched=time.time())
        run.status, run.error = status, None
        self.hub.notify(run.id)

    async def _replace(self, run: Run, changed: Created, changes: str) -> None:
        """Put a changed checkpoint in the place of the newest. It is kept for good, so there is a limit (429)."""
        most = max(FEWEST_CHANGES, CHANGES_SHARE * self.settings.checkpoint_bytes // len(changed.blob))
        if await self.store.pinned(run.no, run.step) >= most:
            raise HTTPProblem(429, f"the run was changed at {most} steps, which is the most")
        ended = Status.FINISHED if changed.finished else Status.PAUSED
        status = run.status if run.status is Status.RUNNING and not changed.finished else ended
        await self.store.patch(run.no, run.step, time.time(), changes, changed.blob, spec=changed.spec, diverged=None,
                               total=changed.total, status=status, touched=time.time())  # fmt: skip
        run.spec, run.total, run.every, run.head, run.status = (
            changed.spec,
            changed.total,
            changed.every,
            changed.blob,
            status,
        )
        run.diverged, run.revision, run.glanced = None, run.revision + 1, -1
        self.hub.forget_frame(run.id)
        self.hub.notify(run.id)
        if status is not Status.RUNNING:
            await self._show(run)

    async def _show(self, run: Run) -> None:
        """Give watchers the frame at which a run rests."""
        watch, latest = self.hub.watch(run.id), self.hub.latest(run.id)
        if watch and (latest is None or latest.step != run.step):
            frame = await self.viewer.newest(run, watch.choice)
            run.see(frame)
            self.hub.publish(run.id, frames=[frame])

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


def _require(run: Run, *allowed: Status) -> None:
    if run.status is Status.CANCELLED:
        raise Missing(run.id)
    if run.status not in allowed:
        raise Conflict(run.status, f"the run is {run.status}; this needs it {' or '.join(allowed)}")


def _saved(run: Run, blob: bytes) -> Saved:
    return Saved(run.first_spec, blob)


def _only(end: int, every: int, due: bool) -> int:
    """Return the stride that gives a piece to step `end` one frame, at its last multiple of `every`, or none."""
    return max(every, end - end % every) if due else end + 1


def _share(watch: Watch | None, awaited: bool) -> float:
    """Return how much more of the workers' time a run gets than one that nobody sees or waits for."""
    watchers = watch.watchers if watch else int(awaited)
    return min(WATCHED + watchers - 1, MOST) if watchers else 1.0
