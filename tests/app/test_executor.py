"""The executor on its own. The work is at the top level of this module, so that a worker can find it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from pebble.pool.base_pool import PoolStatus

from app.errors import HTTPProblem, Invalid, Stopping, WorkError
from app.executor import LocalExecutor


def nothing() -> None:
    return None


def pid() -> int:
    return os.getpid()


def killed_once(marker: str) -> str:
    """Dies the first time it is done, as by the kernel's hand."""
    if not Path(marker).exists():
        Path(marker).write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def slowly(marker: str) -> str:
    """Is in work for long the first time it is done."""
    if not Path(marker).exists():
        Path(marker).write_text("")
        time.sleep(30)
    return "done"


def kills_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuses() -> None:
    raise Invalid("size", -1, "must be positive")


def threads() -> str | None:
    return os.environ.get("OPENBLAS_NUM_THREADS")


def test_the_executor_survives_its_workers(tmp_path):
    async def story() -> None:
        executor = LocalExecutor(1, deadline=1.0, warm_up=nothing)
        await executor.start()
        assert executor.ready
        assert await executor.call(pid) != os.getpid()
        assert await executor.call(threads) == "1"
        assert await executor.call(killed_once, str(tmp_path / "marker")) == "done"
        with pytest.raises(WorkError, match="ended its worker"):
            await executor.call(kills_itself)
        with pytest.raises(WorkError, match="longer than 1 s"):
            await executor.call(time.sleep, 30)
        with pytest.raises(HTTPProblem) as refusal:
            await executor.call(refuses)
        assert refusal.value.errors[0].field == "size"
        assert await executor.call(pid) > 0  # still of use
        executor._pool._context.status = PoolStatus.ERROR  # the pool itself breaks
        assert not executor.ready
        assert await executor.call(pid) > 0
        assert executor.ready
        waiting = [asyncio.create_task(executor.call(time.sleep, 30)) for _ in range(2)]  # one in work, one in line
        await asyncio.sleep(0.2)
        executor.stop()
        assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [Stopping, Stopping]
        await executor.close()
        assert not executor.ready
        with pytest.raises(Stopping):
            await executor.call(pid)

    asyncio.run(story())


def test_a_pool_that_breaks_with_work_in_it_holds_up_nobody(tmp_path):
    async def story() -> None:
        executor = LocalExecutor(1, deadline=60.0, warm_up=nothing)
        await executor.start()
        held = asyncio.create_task(executor.call(slowly, str(tmp_path / "begun")))
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.01)
        executor._pool._context.status = PoolStatus.ERROR  # the work in it, which has the only place, never ends
        assert await asyncio.wait_for(executor.call(pid), 50) > 0
        assert await held == "done"
        await executor.close()

    asyncio.run(story())
