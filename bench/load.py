"""The service under the load of a class: `make load`. Loopback only, bounded in time, ended by its own process id.

Three parts: 60 own runs at once, 200 watchers of one run at 10 frames a second each, and both, all with small GETs
between; `--minutes 10` makes the last part so long and prints memory minute by minute (under 12 minutes in all).
`--students 15,30,60` instead: classes in which each student plays an own opening experiment and watches it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.presets import OPENING
from bench.crowd import answer, connect
from bench.service import post, wait_for

OWN, WATCHERS, FPS = 60, 200, 10
ENOUGH = 2.0  # frames a second with which a student sees the maps move
WARM = 12.0  # seconds until runs have learnt how many steps make a piece
VIEWS = "jacobian_log_norms,flow_by_lag"  # what the page's first screen shows of a frame, at its smallest
NETWORKS = [{"cell": cell, "hidden_size": 16} for cell in ("rnn", "lstm", "gru")]
SPEC = {"task": {"name": "adding", "length": 30}, "networks": NETWORKS, "steps": 1_000_000, "probe": {"every": 2}}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Level:
    """What a process and its children (server and workers) use at a moment."""

    server: float  # resident MB
    workers: float
    server_seconds: float  # of processor
    worker_seconds: float
    at: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(cls, pid: int) -> "Level":
        """Read it from /proc."""
        kin = _children(pid)
        return cls(_resident(pid), sum(map(_resident, kin)), _seconds(pid), sum(map(_seconds, kin)))


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    found = [int(c) for t in tasks.iterdir() for c in (t / "children").read_text().split()]
    return [each for child in found for each in (child, *_children(child))]


def _resident(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def _seconds(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


@dataclass
class Seen:
    """What one part showed."""

    steps: list[int]  # of each run, ascending
    seconds: float
    crowd: dict[str, Any]  # what the watchers say
    prober: dict[str, Any]
    levels: list[Level]
    wrong: int  # answers of 500 and more, by the server's own count or the clients', whichever is more

    @property
    def processors(self) -> tuple[float, float]:
        """How many processors the server and the workers used."""
        first, last = self.levels[0], self.levels[-1]
        took = last.at - first.at
        return (last.server_seconds - first.server_seconds) / took, (last.worker_seconds - first.worker_seconds) / took

    @property
    def students_per_core(self) -> float:
        """How many students one processor gives `ENOUGH` frames a second each, of those that this part used."""
        return sum(self.crowd["rates"]) / sum(self.processors) / ENOUGH

    def row(self, name: str) -> str:
        """Return a line of the table."""
        middle, rates = statistics.median(self.steps), self.crowd.get("rates", [])
        speed = f"{sum(self.steps) / self.seconds:.0f}"
        steps = f"{self.steps[0]} / {middle:.0f} / {self.steps[-1]} | {middle / max(self.steps[0], 1):.2f}"
        frames = f"{rates[0]:.1f} / {statistics.median(rates):.1f}" if rates else "–"
        rate = f"{self.crowd['bytes_per_second'] / 1e6:.1f}" if rates else "–"
        first, last = self.levels[0], self.levels[-1]
        waits = sorted(self.prober["waits"])
        gets = f"{1000 * waits[len(waits) // 2]:.0f} / {1000 * waits[int(0.95 * len(waits))]:.0f}"
        first, last = self.levels[0], self.levels[-1]
        busy = " / ".join(f"{each:.2f}" for each in (*self.processors, self.crowd.get("processors", 0.0)))
        memory = f"{first.server:.0f} → {last.server:.0f}, {first.workers:.0f} → {last.workers:.0f}"
        lost = self.crowd.get("lost", 0)
        return (
            f"| {name} | {speed} | {steps} | {frames} | {rate} | {gets} | {busy} | {memory} | {self.wrong} | {lost} |"
        )


HEAD = """\
| what | steps/s in all | steps of a run: least / median / most | median ÷ least \
| frames/s of a watcher: least / median | MB/s | small GET ms: median / p95 \
| processors: server / workers / clients | MB, first → last: server, workers | 5xx | lost |
|---|---|---|---|---|---|---|---|---|---|---|"""


class Load:
    """A server of its own, and crowds of clients in processes of their own."""

    def __init__(self, port: int, pid: int) -> None:
        """Speak to a server that is there."""
        self.port, self.pid = port, pid
        self.api = f"http://127.0.0.1:{port}/api/runs"

    def play(self, spec: dict[str, Any], seed: int) -> str:
        """Make a run and let it play; return its id."""
        run: str = post(self.api, {**spec, "seed": seed})["id"]
        post(f"{self.api}/{run}/play", {})
        return run

    def measure(self, runs: list[str], watched: list[str], count: int, seconds: float) -> Seen:
        """Let all go on for WARM + `seconds` with `count` watchers of each of the watched; say what was seen."""
        clients = [self._client("probe", [f"/api/runs/{runs[0]}"], seconds)]
        if watched:
            paths = [f"/api/runs/{run}/stream?max_fps={FPS}&views={VIEWS}" for run in watched]
            clients.append(self._client("watch", paths, seconds, count))
        time.sleep(WARM)
        before, wrong, levels = self._steps(runs), self._wrong(), [Level.of(self.pid)]
        while (left := levels[0].at + seconds - 0.5 - time.perf_counter()) > 0:
            time.sleep(min(left, 10.0))
            levels.append(Level.of(self.pid))
        after = self._steps(runs)
        took = time.perf_counter() - levels[0].at
        said = [json.loads(client.communicate(timeout=60)[0]) for client in clients]
        steps = sorted(b - a for a, b in zip(before, after, strict=True))
        wrong = max(self._wrong() - wrong, sum(each["bad"] for each in said))
        return Seen(steps, took, said[1] if watched else {}, said[0], levels, wrong)

    def _client(self, what: str, paths: list[str], seconds: float, count: int = 1) -> "subprocess.Popen[bytes]":
        options = ["--count", str(count), "--warm", str(WARM), "--seconds", str(seconds)]
        command = [sys.executable, "-m", "bench.crowd", what, str(self.port), *paths, *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def _steps(self, runs: list[str]) -> list[int]:
        found = []
        with connect(self.port, "/healthz") as wire:
            answer(wire)
            for run in runs:
                wire.sendall(f"GET /api/runs/{run} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
                found.append(json.loads(answer(wire)[1])["step"])
        return found

    def _wrong(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as page:
            lines = page.read().decode().splitlines()
        return sum(int(float(x.split()[-1])) for x in lines if x.startswith('unrolled_requests_total{status="5'))


@contextmanager
def loaded(workers: int) -> Iterator[Load]:
    """Serve as `make run` does, with data of its own."""
    with tempfile.TemporaryDirectory() as data:
        port = 20_000 + os.getpid() % 20_000
        env = os.environ | {"HOST": "127.0.0.1", "PORT": str(port), "UNROLLED_DATA_DIR": data,
                            "UNROLLED_LOG_LEVEL": "error", "UNROLLED_WORKERS": str(workers)}  # fmt: skip
        process = subprocess.Popen([sys.executable, "-m", "app"], env=env)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            yield Load(port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)


def room(seconds: float, minutes: float, workers: int) -> None:
    """Print the three parts."""
    with loaded(workers) as load:
        one = load.play(SPEC, 1)
        print(load.measure([one], [one], WATCHERS, seconds).row(f"1 run, {WATCHERS} watchers"), flush=True)
        runs = [one, *(load.play(SPEC, 2 + i) for i in range(OWN - 1))]
        print(load.measure(runs, [], 0, seconds).row(f"{OWN} runs"), flush=True)
        last = load.measure(runs, [one], WATCHERS, 60 * minutes or seconds)
        print(last.row(f"{OWN} runs, {WATCHERS} watchers of one"), flush=True)
        if minutes:
            print("\n| minute | server MB | workers MB |\n|---|---|---|")
            for level in last.levels[::6]:
                minute = (level.at - last.levels[0].at) / 60
                print(f"| {minute:.0f} | {level.server:.0f} | {level.workers:.0f} |")


def students(numbers: list[int], seconds: float, workers: int) -> None:
    """Print a line for each size of a class."""
    found = []
    for number in numbers:
        with loaded(workers) as load:
            runs = [load.play({**OPENING, "steps": 1_000_000}, i) for i in range(number)]
            seen = load.measure(runs, runs, 1, seconds)
            print(seen.row(f"{number} students, {workers} workers"), flush=True)
            found.append(f"{number}: {seen.students_per_core:.0f}")
    print(f"\nstudents that one processor, fully used, gives {ENOUGH:g} frames a second each: {', '.join(found)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    parser.add_argument("--minutes", type=float, default=0.0, help="of the last part, with memory by the minute")
    parser.add_argument("--students", default="", help="sizes of classes, comma between")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors; {args.seconds:.0f} s each\n")
    print(HEAD, flush=True)
    if args.students:
        students([int(number) for number in args.students.split(",")], args.seconds, args.workers)
    else:
        room(args.seconds, args.minutes, args.workers)
    print(f"\nload average after: {os.getloadavg()[0]:.1f}")
