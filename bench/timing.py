"""Times two ways of doing the same thing by turns, so that whatever else the machine does falls on both."""

import statistics
import time
from collections.abc import Callable


def once(work: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(*works: Callable[[], object], rounds: int) -> list[float]:
    """Return each work's median seconds over interleaved rounds, after one unmeasured call of each."""
    for work in works:
        work()
    times = [[once(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def gemm_rate(dtype: str, size: int = 1024, rounds: int = 9) -> float:
    """Return this machine's own rate of matrix products, in flops per second on one thread."""
    import numpy as np

    a, b = (np.random.default_rng(seed).standard_normal((size, size)).astype(dtype) for seed in (0, 1))
    out = np.empty_like(a)
    return 2 * size**3 / medians(lambda: np.matmul(a, b, out=out), rounds=rounds)[0]
