"""The service under the load of a class: `make load`. Loopback only, bounded in time, ended by its own process id.

Three parts: 60 own runs at once, 200 watchers of one run at 10 frames a second each, and both with small GETs between.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.service import post, wait_for

OWN, WATCHERS, FPS = 60, 200, 10
WARM = 12.0  # seconds
VIEWS = "jacobian_log_norms,flow_by_lag"  # what the page's first screen shows of a frame, at its smallest
NETWORKS = [{"cell": cell, "hidden_size": 16} for cell in ("rnn", "lstm", "gru")]
SPEC = {"task": {"name": "adding", "length": 30}, "networks": NETWORKS, "steps": 1_000_000, "probe": {"every": 2}}


class Connection:
    """One keep-alive HTTP connection, as thin as possible: the client must not be what is measured."""

    def __init__(self, port: int) -> None:
        """Connect to a port of the loopback when entered."""
        self.port = port

    async def __aenter__(self) -> "Connection":
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Hang up."""
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def ask(self, method: str, path: str) -> tuple[int, bytes]:
        """Return status and body of a small request."""
        status, length = await self.open(method, path)
        return status, await self.reader.readexactly(length)

    async def open(self, method: str, path: str) -> tuple[int, int]:
        """Send a request; return status and content length of the answer, 0 for a stream."""
        self.writer.write(f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        return int(head.split()[1]), int(length or 0)


class Watcher:
    """Counts the frames and bytes of one stream."""

    def __init__(self) -> None:
        """Have seen nothing yet."""
        self.frames = self.size = 0
        self.status = 0

    async def watch(self, port: int, run: str) -> None:
        """Watch until cancelled."""
        async with Connection(port) as wire:
            path = f"/api/runs/{run}/stream?max_fps={FPS}&views={VIEWS}"
            self.status, _ = await wire.open("GET", path)
            while piece := await wire.reader.read(1 << 18):
                self.size += len(piece)
                self.frames += piece.count(b"event: frame")


class Prober:
    """Small GETs at a steady rate, with what each took."""

    def __init__(self) -> None:
        """Have asked nothing yet."""
        self.seconds: list[float] = []
        self.statuses: list[int] = []

    async def probe(self, port: int, run: str) -> None:
        """Ask every 50 ms until cancelled."""
        async with Connection(port) as wire:
            while True:
                began = time.perf_counter()
                status, _ = await wire.ask("GET", f"/api/runs/{run}")
                self.seconds.append(time.perf_counter() - began)
                self.statuses.append(status)
                await asyncio.sleep(0.05)

    def p(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        values = sorted(self.seconds)
        return 1000 * values[min(len(values) - 1, int(share * len(values)))]


def memory(pid: int) -> float:
    """Return the resident MB of a process and its children."""
    kin = [pid, *_children(pid)]
    return sum(_resident(each) for each in kin) / 1024


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    found = [int(c) for t in tasks.iterdir() for c in (t / "children").read_text().split()]
    return [each for child in found for each in (child, *_children(child))]


def _resident(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
    return 0


async def measure(port: int, pid: int, seconds: float, watched: int, runs: list[str]) -> dict[str, Any]:
    """Let it run for `seconds` with `watched` watchers of the first run; return what was seen."""
    prober, watchers = Prober(), [Watcher() for _ in range(watched)]
    tasks = [asyncio.create_task(w.watch(port, runs[0])) for w in watchers]
    await asyncio.sleep(WARM)  # runs learn how many steps make a piece
    before, sizes, frames = await steps(port, runs), sum(w.size for w in watchers), [w.frames for w in watchers]
    tasks.append(asyncio.create_task(prober.probe(port, runs[0])))
    levels, began = [memory(pid)], time.perf_counter()
    while time.perf_counter() - began < seconds:
        await asyncio.sleep(1.0)
        levels.append(memory(pid))
    took = time.perf_counter() - began
    after = await steps(port, runs)
    done = sorted(b - a for a, b in zip(before, after, strict=True))
    rates = sorted((w.frames - f) / took for w, f in zip(watchers, frames, strict=True))
    speed = (sum(w.size for w in watchers) - sizes) / took
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    lost = sum(not isinstance(end, asyncio.CancelledError) for end in ends)
    bad = sum(s >= 500 for s in prober.statuses) + sum(w.status >= 500 for w in watchers)
    return {"done": done, "took": took, "rates": rates, "speed": speed, "prober": prober, "levels": levels,
            "bad": bad, "lost": lost}  # fmt: skip


async def steps(port: int, runs: list[str]) -> list[int]:
    """Return where every run is."""
    async with Connection(port) as wire:
        return [json.loads((await wire.ask("GET", f"/api/runs/{run}"))[1])["step"] for run in runs]


def row(name: str, seen: dict[str, Any]) -> str:
    """Return a line of the table."""
    done, rates, prober, levels = seen["done"], seen["rates"], seen["prober"], seen["levels"]
    middle = statistics.median(done)
    fair = f"{sum(done) / seen['took']:.0f} | {done[0]} / {middle:.0f} / {done[-1]} | {middle / max(done[0], 1):.2f}"
    frames = f"{rates[0]:.1f} / {statistics.median(rates):.1f} | {seen['speed'] / 1e6:.1f}" if rates else "– | –"
    level = f"{levels[0]:.0f} → {max(levels):.0f} → {levels[-1]:.0f}"
    waits = f"{prober.p(0.5):.0f} / {prober.p(0.95):.0f}"
    return f"| {name} | {fair} | {frames} | {waits} | {level} | {seen['bad']} | {seen['lost']} |"


HEAD = """\
| what | steps/s in all | steps of a run: least / median / most | median ÷ least \
| frames/s of a watcher: least / median | MB/s | small GET ms: median / p95 | RSS MB: first → most → last | 5xx | lost |
|---|---|---|---|---|---|---|---|---|---|"""


def report(seconds: float = 20.0) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as data:
        port = 20_000 + os.getpid() % 20_000
        env = os.environ | {"HOST": "127.0.0.1", "PORT": str(port), "UNROLLED_DATA_DIR": data,
                            "UNROLLED_LOG_LEVEL": "error"}  # fmt: skip
        process = subprocess.Popen([sys.executable, "-m", "app"], env=env)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            api = f"http://127.0.0.1:{port}/api/runs"
            loads = os.getloadavg()
            print(f"load average before: {loads[0]:.1f}; {os.cpu_count()} processors; {seconds:.0f} s each\n\n{HEAD}")
            one = post(api, {**SPEC, "seed": 1})["id"]
            post(f"{api}/{one}/play", {})
            print(row(f"1 run, {WATCHERS} watchers", asyncio.run(measure(port, process.pid, seconds, WATCHERS, [one]))))
            runs = [one] + [post(api, {**SPEC, "seed": 2 + i})["id"] for i in range(OWN - 1)]
            for run in runs[1:]:
                post(f"{api}/{run}/play", {})
            print(row(f"{OWN} runs", asyncio.run(measure(port, process.pid, seconds, 0, runs))))
            print(row(f"{OWN} runs, {WATCHERS} watchers of one",
                      asyncio.run(measure(port, process.pid, seconds, WATCHERS, runs))))  # fmt: skip
            print(f"\nload average after: {os.getloadavg()[0]:.1f}")
        finally:
            process.terminate()
            process.wait(timeout=20)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each of the three parts")
    report(parser.parse_args().seconds)
