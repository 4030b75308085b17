"""Work on a Dask cluster: the same pure functions, sent to `dask.distributed` where one machine is outgrown.

The cluster's workers run this same code (the same image, or `dask worker` started in a clone). A worker that dies takes
nothing with it: the scheduler gives its work to another one. While the scheduler cannot be reached, or has no workers,
what somebody waits for is refused at once and training in the background waits; the connection is made again by itself.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import pickle
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from app.errors import HTTPProblem, Stopping, Unreachable, WorkError
from app.executor import RETRIES, asking, timed
from app.gate import Gate
from app.turns import Priority, Turn

T = TypeVar("T")
AHEAD = 2  # pieces sent per thread of the cluster: its workers have the next at hand, and the rest can be overtaken
LOOK = 0.5  # seconds from one look at the cluster to the next
PATIENCE = 20.0  # seconds within which a scheduler answers, however busy its machine is
FIRST_LOOK = 5.0  # seconds that the start of the server waits for the cluster
GOODBYE = 0.3  # seconds for leaving in good order
log = logging.getLogger("unrolled")


class DaskExecutor:
    """A Dask scheduler and its workers, in the place of processes of our own; see `Executor`."""

    def __init__(self, address: str, deadline: float) -> None:
        """Take the scheduler's address (tcp://host:port) and the seconds that one piece of work may take."""
        self._address, self._deadline = address, deadline
        self._gate = Gate(0)
        self._client: Client | None = None
        self._up = asyncio.Event()  # the scheduler answers and has workers
        self._started = False
        self._watcher: asyncio.Task[None] | None = None
        self._in_work: set[asyncio.Task[Any]] = set()

    @property
    def depth(self) -> int:
        """Pieces of work waiting for a worker."""
        return self._gate.waiting

    @property
    def width(self) -> int:
        """Pieces of work worth sending at once."""
        return self._gate.places

    @property
    def ready(self) -> bool:
        """Whether the scheduler answers and has workers."""
        return self._started and self._connection() is not None

    async def start(self) -> None:
        """Connect. A cluster that is not there yet is waited for in the background."""
        self._started = True
        self._watcher = asyncio.create_task(self._keep_connected())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._up.wait(), FIRST_LOOK)

    async def call(
        self, work: Callable[..., T], *args: Any, priority: Priority = Priority.NOW, turn: Turn | None = None
    ) -> T:
        """Return `work(*args)` from the cluster; see `Executor.call`. Raises Unreachable while there is none.

        However often its scheduler is lost, work in the background is done again: it waits for another one each time.
        """
        task = pickle.dumps((work, args))  # as bytes: Dask looks into lists and tuples for futures of its own
        tries: Iterable[int] = range(RETRIES) if priority is Priority.NOW else itertools.count()
        for _ in tries:
            await self._connected(priority)
            ticket, seconds = await self._gate.enter(priority, turn or Turn(asking.get())), None
            try:
                answer: T
                answer, seconds = await self._once(work.__name__, task, priority)
                return answer
            except _LostError:
                continue  # the scheduler went with it; the work is pure, so it is simply done again
            finally:
                self._gate.leave(ticket, seconds)
        raise self._unreachable()

    async def _connected(self, priority: Priority) -> None:
        """Return when work can be sent. Background work waits for the cluster as long as for a piece of work."""
        if not self._started:
            raise Stopping
        if self._connection():
            return
        self._tell(False, "the connection is lost")  # seen here before the next look
        if priority is Priority.NOW:
            raise self._unreachable()
        try:
            await asyncio.wait_for(self._up.wait(), self._deadline)
        except TimeoutError:
            raise self._unreachable() from None

    def _connection(self) -> Client | None:
        """Return the client while work can be sent through it. One that is closing takes work, and drops it."""
        client = self._client
        return client if self._up.is_set() and client is not None and client.status == "running" else None

    def _unreachable(self) -> Unreachable:
        return Unreachable(f"the cluster at {self._address} cannot be reached, or has no workers")

    async def _once(self, name: str, work: bytes, priority: Priority) -> Any:
        client = self._connection()  # may have been lost while this waited for its turn
        if client is None:
            raise _LostError
        future = client.submit(outcome, work, pure=False, retries=RETRIES - 1, priority=-int(priority))
        waiting = asyncio.create_task(_result(future))
        self._in_work.add(waiting)
        try:
            result, refusal = await asyncio.wait_for(waiting, self._deadline)
        except TimeoutError:
            raise WorkError(f"{name} took longer than {self._deadline:g} s") from None
        except KilledWorker:
            raise WorkError(f"{name} ended its worker again and again") from None
        except FutureCancelledError:
            raise _LostError from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            raise (_LostError if self._started else Stopping) from None
        finally:
            self._in_work.discard(waiting)
            future.release()  # type: ignore[no-untyped-call]  # nobody else has it: the scheduler forgets it, done or not
        if refusal is not None:
            raise refusal
        return result

    # --- the connection -----------------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        while True:
            try:
                threads = await asyncio.wait_for(self._look(), PATIENCE)
                self._gate.resize(AHEAD * threads)
                self._tell(bool(threads), f"{threads} threads")
            except Exception as error:  # whatever a dying connection says, this goes on looking
                self._tell(False, str(error) or type(error).__name__)
                await self._let_go()
            await asyncio.sleep(LOOK)

    async def _look(self) -> int:
        """Return the threads of all workers. Raises OSError when the scheduler is not there."""
        if self._client is None:
            made = Client(self._address, asynchronous=True, timeout=PATIENCE / 4, set_as_default=False)  # type: ignore[no-untyped-call]
            self._client = await made
        if self._client.status != "running":
            raise OSError(f"the connection to {self._address} is {self._client.status}")
        threads: int = sum((await self._client.nthreads()).values())
        if self._client.status != "running":  # an answer from before it was lost
            raise OSError(f"the connection to {self._address} is {self._client.status}")
        return threads

    def _tell(self, up: bool, why: str) -> None:
        if up != self._up.is_set():
            log.warning("cluster %s: %s (%s)", self._address, "there" if up else "not there", why)
        (self._up.set if up else self._up.clear)()

    async def _let_go(self) -> None:
        """Give a lost connection up: what waits for its answers is told at once."""
        client, self._client = self._client, None
        for waiting in tuple(self._in_work):
            waiting.cancel()
        if client is not None:
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait_for(client.close(), GOODBYE)  # type: ignore[no-untyped-call]

    def reshare(self, turn: Turn) -> None:
        """Let a job's share of the workers' time hold from now on."""
        self._gate.reshare(turn)

    def stop(self) -> None:
        """Drop what is in work: nothing of it is committed, it will be done again. Its callers get `Stopping`."""
        self._started = False
        for waiting in tuple(self._in_work):
            waiting.cancel()

    async def close(self) -> None:
        """Leave the cluster; it is not ours to end."""
        self.stop()
        if self._watcher:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self._let_go()


class _LostError(Exception):
    """The scheduler went away with a piece of work."""


async def _result(future: Future[Any]) -> Any:
    return await future


def outcome(work: bytes) -> tuple[Any, HTTPProblem | WorkError | None]:
    """Do a piece of work on a worker: its answer and seconds, or its refusal, which would be the same another time."""
    function, args = pickle.loads(work)
    try:
        return timed(function, args), None
    except (HTTPProblem, WorkError) as refusal:
        return None, refusal
