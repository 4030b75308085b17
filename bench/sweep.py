"""A sweep of many small runs on one worker and on two: `python -m bench.sweep`. Seconds from POST to the last result.

Beside what went by stands the processor time that the workers used: with as many cores free, so long it would take
divided by the number of workers; on a machine that others use, what went by says more about them.
"""

import argparse
import json
import os
import time
import urllib.request

from bench.load import Level, loaded
from bench.service import post

GRID = {"networks.0.cell": ["rnn", "lstm"], "task.length": [10, 20, 30]}
SPEC = {"task": {"name": "adding", "length": 10}, "networks": [{"cell": "rnn", "hidden_size": 16}]}


def swept(points: int, workers: int) -> tuple[float, float, str]:
    """Return seconds, processor seconds of the workers, and all results as CSV."""
    each = len(GRID["networks.0.cell"]) * len(GRID["task.length"])
    grid = GRID | {"seed": list(range(-(-points // each)))}
    with loaded(workers) as load:
        api = load.api.replace("/runs", "/sweeps")
        before, began = Level.of(load.pid), time.perf_counter()
        sweep = post(api, {"spec": SPEC, "grid": grid, "steps": 100})["id"]
        while (state := get(f"{api}/{sweep}"))["status"] == "running":
            time.sleep(0.1)
        took, after = time.perf_counter() - began, Level.of(load.pid)
        assert state["status"] == "finished", state
        with urllib.request.urlopen(f"{api}/{sweep}/results?format=csv", timeout=60) as answer:
            return took, after.worker_seconds - before.worker_seconds, answer.read().decode()


def get(url: str) -> dict[str, str]:
    """Return the JSON answer of a GET."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return dict(json.load(answer))


def report(points: int, workers: list[int]) -> None:
    """Print the table; all rows must have equal results."""
    print(f"load average before: {os.getloadavg()[0]:.1f}; {points} runs of 100 steps\n")
    print(
        "| workers | s | runs/s | speed-up | s of processor, workers | processors in use |\n|---|---|---|---|---|---|"
    )
    first, results = 0.0, set()
    for count in workers:
        took, used, csv = swept(points, count)
        first = first or took
        results.add(csv)
        print(
            f"| {count} | {took:.1f} | {points / took:.1f} | {first / took:.2f} | {used:.1f} | {used / took:.2f} |",
            flush=True,
        )
    assert len(results) == 1, "the results differ"
    print(f"\nall results equal, to the last digit; load average after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--workers", default="1,2", help="numbers of workers to try, comma between")
    args = parser.parse_args()
    report(args.points, [int(each) for each in args.workers.split(",")])
