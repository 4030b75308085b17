"""Where work is done: worker processes, reached through one small interface.

Work is a top-level function with picklable arguments and answer. A worker that dies takes only its own piece with it,
which is done again elsewhere; a piece over its deadline is stopped. Whose turn it is: `app.turns`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from app.errors import Stopping, WorkError
from app.gate import Gate
from app.turns import Priority, Turn

T = TypeVar("T")
RETRIES = 3
# A worker keeps what it frees, up to 128 MB: else each piece of training asks the system for the same pages again.
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


# Who asks for what is done now: set for each request, so that one busy client does not hold up the others.
asking: ContextVar[str] = ContextVar("asking", default="")


class Executor(Protocol):
    """Where the service sends its work."""

    @property
    def depth(self) -> int:
        """Pieces of work waiting for a worker."""

    @property
    def width(self) -> int:
        """Pieces of work worth sending at once."""

    @property
    def ready(self) -> bool:
        """Whether work is being done at all."""

    async def start(self) -> None:
        """Get the workers going."""

    async def call(
        self, work: Callable[..., T], *args: Any, priority: Priority = Priority.NOW, turn: Turn | None = None
    ) -> T:
        """Return `work(*args)` from a worker. Raises WorkError when it is lost or late, else what `work` raises.

        `turn` says for whom and for which job; None: for whoever `asking` names.
        """

    def reshare(self, turn: Turn) -> None:
        """Let a job's share of the workers' time hold from now on."""

    def stop(self) -> None:
        """Do no more: whoever waits for work gets `Stopping`."""

    async def close(self) -> None:
        """End the workers."""


class LocalExecutor:
    """A pool of processes on this machine, with a queue by priority in front of it."""

    def __init__(self, workers: int, deadline: float, warm_up: Callable[[], Any]) -> None:
        """Take the number of processes, the seconds that one piece may take, and what each process does first."""
        self._workers, self._deadline, self._warm_up = workers, deadline, warm_up
        self._gate = Gate(workers)
        self._pool: ProcessPool | None = None
        self._in_work: set[asyncio.Future[Any]] = set()
        self._lost: set[asyncio.Future[Any]] = set()  # of these, by a pool that broke
        self._started = False

    @property
    def depth(self) -> int:
        """Pieces of work waiting for a worker."""
        return self._gate.waiting

    @property
    def width(self) -> int:
        """Pieces of work worth sending at once."""
        return self._workers

    @property
    def ready(self) -> bool:
        """Whether workers are there."""
        return self._pool is not None and self._pool.active

    async def start(self) -> None:
        """Start the workers and wait until each has imported what it needs."""
        one_thread()
        for name, value in KEPT_MEMORY.items():
            os.environ.setdefault(name, value)  # read by glibc when a process starts: for the workers only
        self._started = True
        await asyncio.gather(*(self.call(self._warm_up) for _ in range(self._workers)))

    async def call(
        self, work: Callable[..., T], *args: Any, priority: Priority = Priority.NOW, turn: Turn | None = None
    ) -> T:
        """Return `work(*args)` from a worker process; see `Executor.call`."""
        self._living_pool()  # before the line: those who hold its places may be waiting for a pool that is no more
        ticket, seconds = await self._gate.enter(priority, turn or Turn(asking.get())), None
        try:
            answer, seconds = await self._attempts(work, args)
            return answer
        finally:
            self._gate.leave(ticket, seconds)

    async def _attempts(self, work: Callable[..., T], args: tuple[Any, ...]) -> tuple[T, float]:
        for _ in range(RETRIES):
            try:
                return await self._once(work, args)
            except (ProcessExpired, BrokenProcessPool):
                continue  # the worker was killed; the work is pure, so it is simply done again
            except TimeoutError:
                raise WorkError(f"{work.__name__} took longer than {self._deadline:g} s") from None
        raise WorkError(f"{work.__name__} ended its worker {RETRIES} times")

    async def _once(self, work: Callable[..., T], args: tuple[Any, ...]) -> tuple[T, float]:
        future = asyncio.wrap_future(self._living_pool().schedule(timed, args=(work, args), timeout=self._deadline))
        self._in_work.add(future)
        try:
            return await future
        except asyncio.CancelledError:
            if not self._started:
                raise Stopping from None
            if future in self._lost:
                raise BrokenProcessPool from None
            raise
        finally:
            self._in_work.discard(future)
            self._lost.discard(future)

    def _living_pool(self) -> ProcessPool:
        """Return the pool; one that broke as a whole is made anew, and what was in work there is done here."""
        if not self._started:
            raise Stopping
        if self._pool is None or not self._pool.active:
            if self._pool is not None:
                _discard(self._pool)
            self._lost |= self._in_work
            for future in self._lost:
                future.cancel()
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._workers, context=context, initializer=_begin, initargs=(os.getpid(),))
        return self._pool

    def reshare(self, turn: Turn) -> None:
        """Let a job's share of the workers' time hold from now on."""
        self._gate.reshare(turn)

    def stop(self) -> None:
        """Drop what is in work: nothing of it is committed, it will be done again. Its callers get `Stopping`."""
        self._started = False
        for future in tuple(self._in_work):
            future.cancel()

    async def close(self) -> None:
        """End the workers."""
        self.stop()
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(self._pool.join)


def timed(work: Callable[..., T], args: tuple[Any, ...]) -> tuple[T, float]:
    """Do a piece of work on a worker; return its answer and the seconds of processor that it took.

    Not the seconds that went by: a piece that others on the machine held up is not made to pay for them.
    """
    began = time.thread_time()
    answer = work(*args)
    return answer, time.thread_time() - began


def one_thread() -> None:
    """Let NumPy use one thread per process: in this one if it is not imported yet, and in all workers to come."""
    os.environ.update(dict.fromkeys(THREADS, "1"))


def _discard(pool: ProcessPool) -> None:
    """End what is left of a pool, beside the event loop."""
    pool.stop()  # type: ignore[no-untyped-call]
    threading.Thread(target=pool.join, daemon=True).start()


def _begin(parent: int) -> None:
    """Set up a worker: Ctrl-C is the server's business, and no worker outlives its server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
