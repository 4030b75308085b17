"""Looking at a run: any trained step is computed again from the checkpoint below it, and kept for a while.

Equal questions asked at the same time are computed once.
"""

from __future__ import annotations

import asyncio
import functools
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

from app import answers
from app.answers import View
from app.checkpoints import Saved
from app.errors import Invalid
from app.executor import Executor
from app.hub import Hub
from app.ladder import spread
from app.runs import Run, Status
from app.store import Store
from app.turns import Priority, Turn
from app.wire import Choice, Parts

T = TypeVar("T", bytes, Parts)
PATH_BYTES = 8 << 20  # of stored checkpoints that are sent to a worker for a path


class Viewer:
    """Answers that change nothing."""

    def __init__(self, store: Store, executor: Executor, hub: Hub, most: int) -> None:
        """Keep answers of at most `most` bytes."""
        self._store, self._executor, self._hub = store, executor, hub
        self._cache = Cache(most)
        self._places: asyncio.Semaphore | None = None  # for surfaces in the making

    async def newest(self, run: Run, choice: Choice) -> Parts:
        """Return the newest frame with at least what `choice` wants, encoded for streams."""
        latest = self._hub.latest(run.id)
        if latest and latest.choice.covers(choice) and (run.status is Status.RUNNING or latest.step == run.step):
            return latest
        full = Choice(None, choice.products)

        async def make(saved: Saved, step: int) -> Parts:
            return await self._executor.call(answers.show, run.id, saved, step, full)

        return await self._ask(run, run.step, ("show", full), make)

    async def frame(self, run: Run, step: int, view: View) -> bytes:
        """Return the frame of a trained step, encoded in the run's own precision."""

        async def make(saved: Saved, step: int) -> bytes:
            return await self._executor.call(answers.frame, run.id, saved, step, view)

        return await self._ask(run, trained(run, step), view, make)

    async def jacobian(self, run: Run, step: int | None, question: dict[str, Any]) -> bytes:
        """Return one Jacobian product of a trained step (default: the newest)."""

        async def make(saved: Saved, step: int) -> bytes:
            return await self._executor.call(answers.jacobian, run.id, saved, step, question)

        return await self._ask(run, trained(run, step), tuple(question.items()), make)

    async def walk(self, run: Run, step: int | None, question: dict[str, Any], most: int) -> bytes:
        """Return one pass of a trained step (default: the newest) as the bytes of an event stream."""

        async def make(saved: Saved, step: int) -> bytes:
            return await self._executor.call(answers.walk, run.id, saved, step, question, most)

        return await self._ask(run, trained(run, step), ("walk", *question.items()), make)

    async def worked(self, run: Run, step: int | None, network: int) -> bytes:
        """Return the worked example of a tiny network at a trained step (default: the newest)."""

        async def make(saved: Saved, step: int) -> bytes:
            return await self._executor.call(answers.worked, saved, step, network)

        return await self._ask(run, trained(run, step), ("worked", network), make)

    async def weights(self, run: Run, step: int | None, network: int, format: str) -> bytes:
        """Return a network's weights at a trained step (default: the newest) as a file."""

        async def make(saved: Saved, step: int) -> bytes:
            return await self._executor.call(answers.weights, saved, step, network, format)

        return await self._ask(run, trained(run, step), ("weights", network, format), make)

    async def answer(self, run: Run, step: int | None, work: Callable[..., bytes], *question: Hashable) -> bytes:
        """Return `work(run id, checkpoint, step, *question)` of a trained step (default: the newest) from a worker."""

        async def make(saved: Saved, step: int) -> bytes:
            return await self._executor.call(work, run.id, saved, step, *question)

        return await self._ask(run, trained(run, step), (work.__name__, *question), make)

    async def surface(self, run: Run, step: int | None, work: Callable[..., bytes], *question: Hashable) -> bytes:
        """Return `work(run id, checkpoints, step, whole, *question)`: a loss surface with the path to a step.

        It takes a while and can wait: it stands in line with training, and some worker is left to everybody else.
        """

        async def answer() -> bytes:
            async with self._surfaces():
                stored, whole = await self._stored(run, at)
                call = functools.partial(
                    self._executor.call, priority=Priority.BACKGROUND, turn=Turn(run.client, f"surface {run.id}")
                )
                return await call(work, run.id, stored, at, whole, *question)

        at = trained(run, step)
        return await self._cache.get((run.id, run.revision, at, (work.__name__, *question)), answer)

    def _surfaces(self) -> asyncio.Semaphore:
        if self._places is None:
            self._places = asyncio.Semaphore(max(1, self._executor.width - 1))
        return self._places

    async def _stored(self, run: Run, step: int) -> tuple[list[Saved], bool]:
        """Return the stored checkpoints up to a step, and whether they are all there are."""
        steps = [s for s in await self._store.checkpoint_steps(run.no) if s <= step]
        newest = (await self._store.checkpoints(run.no, steps[-1:]))[0]
        kept = spread(steps, max(2, PATH_BYTES // len(newest)))
        blobs = await self._store.checkpoints(run.no, kept)
        if run.head is not None and run.step == step:
            blobs = [*blobs[: len(kept) - (kept[-1] == step)], run.head]
        return [Saved(run.first_spec, blob) for blob in blobs], len(kept) == len(steps)

    async def checkpoint(self, run: Run, step: int | None) -> tuple[Saved, int]:
        """Return the checkpoint at or below a trained step (default: the newest), and the step."""
        step = trained(run, step)
        return await self._checkpoint(run, step), step

    async def _ask(self, run: Run, step: int, question: Hashable, make: Callable[[Saved, int], Awaitable[T]]) -> T:
        async def answer() -> T:
            return await make(await self._checkpoint(run, step), step)

        return await self._cache.get((run.id, run.revision, step, question), answer)

    async def _checkpoint(self, run: Run, step: int) -> Saved:
        if run.head is not None and run.step == step:
            return Saved(run.first_spec, run.head)
        return Saved(run.first_spec, (await self._store.checkpoint(run.no, step))[1])


def trained(run: Run, step: int | None) -> int:
    """Return a step that the run has reached. Raises Invalid for one that it has not."""
    if step is None:
        return run.step
    if not 0 <= step <= run.step:
        raise Invalid("step", step, f"not trained yet; the run is at step {run.step}")
    return step


class Cache:
    """The most recently asked answers, up to so many bytes; and those being made right now, to be shared."""

    def __init__(self, most: int) -> None:
        """Keep at most `most` bytes."""
        self._most, self._size = most, 0
        self._kept: OrderedDict[Hashable, bytes | Parts] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return the answer kept under `key`, or make it. Errors are not kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return cast(T, self._kept[key])
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.ensure_future(make())
            task.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(task)

    def _done(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._making[key]
        if task.cancelled() or task.exception():
            return
        answer = task.result()
        self._kept[key] = answer
        self._size += _size(answer)
        while self._size > self._most and self._kept:
            self._size -= _size(self._kept.popitem(last=False)[1])


def _size(answer: bytes | Parts) -> int:
    return len(answer) if isinstance(answer, bytes) else answer.size
