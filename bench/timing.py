"""Times two ways of doing the same thing by turns, so that whatever else the machine does falls on both."""

import statistics
import time
from collections.abc import Callable

import numpy as np


def once(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the seconds that one call takes."""
    start = clock()
    work()
    return clock() - start


def medians(*works: Callable[[], object], rounds: int, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Return each work's median seconds over interleaved rounds, after one unmeasured call of each.

    `time.process_time` as the clock leaves out what others do on the machine: right for one thread that never waits.
    """
    for work in works:
        work()
    times = [[once(work, clock) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def gemm(size: int, dtype: str) -> Callable[[], object]:
    """Return a square matrix product, 2 size^3 flops: what this machine does best."""
    a, b = (np.random.default_rng(seed).standard_normal((size, size)).astype(dtype) for seed in (0, 1))
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)
