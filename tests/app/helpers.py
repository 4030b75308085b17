"""Small experiments, a server in a process of its own, and a reader of its streams."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import numpy as np

import engine

ROOT = Path(__file__).resolve().parents[2]


def small_spec(**changes: Any) -> dict[str, Any]:
    """An experiment of milliseconds: adding, T = 8, an RNN beside an LSTM."""
    networks = [{"cell": "rnn", "hidden_size": 6}, {"cell": "lstm", "hidden_size": 5}]
    spec = {"task": {"name": "adding", "length": 8}, "networks": networks, "batch_size": 4, "steps": 400}
    return {**spec, "probe": {"every": 5}, **changes}


def trained(spec: dict[str, Any], steps: int) -> engine.Checkpoint:
    """What the engine itself makes of a spec."""
    return engine.advance(engine.start(engine.RunSpec.from_dict(spec)), steps)[0]


def rows_of(checkpoint: engine.Checkpoint) -> list[dict[str, Any]]:
    """Its metrics as JSON has them."""
    return json.loads(json.dumps(checkpoint.metrics))


def decoded(array: dict[str, str]) -> np.ndarray:
    """An array of the wire."""
    shape = [int(n) for n in array["shape"].split(",")]
    return np.frombuffer(base64.b64decode(array["bdata"]), "<" + array["dtype"]).reshape(shape)


class Event(NamedTuple):
    """One server-sent event."""

    name: str
    id: int
    data: dict[str, Any]


def events(lines: Iterator[str]) -> Iterator[Event]:
    """The events in the lines of a stream."""
    name, number = "", -1
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            number = int(value)
        elif field == "data":
            yield Event(name, number, json.loads(value))


class LiveServer:
    """`python -m app` on a free port of the loopback."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.data, self.settings = data, settings
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=30)

    def start(self, seconds: float = 90) -> LiveServer:
        own = {f"UNROLLED_{name.upper()}": str(value) for name, value in self.settings.items()}
        place = {"HOST": "127.0.0.1", "PORT": str(self.port), "UNROLLED_DATA_DIR": str(self.data)}
        env = {**os.environ, "UNROLLED_WORKERS": "2", "UNROLLED_LOG_LEVEL": "warning", **place, **own}
        self.process = subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=env)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if self.http.get("/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """As a power cut would: nothing is said, nothing is saved. Its workers go by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; return the seconds that it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return time.monotonic() - began

    def close(self) -> None:
        self.http.close()
        if self.process is not None and self.process.poll() is None:
            self.stop()

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        ids = {int(c) for c in children.read_text().split()}
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            ids |= {int(c) for c in (task / "children").read_text().split()}
        return [i for i in sorted(ids) if "spawn_main" in Path(f"/proc/{i}/cmdline").read_text()]

    def make(self, spec: dict[str, Any]) -> str:
        answer = self.http.post("/api/runs", json=spec)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def post(self, run: str, verb: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/api/runs/{run}/{verb}", json=body or None)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def run(self, run: str) -> dict[str, Any]:
        return dict(self.http.get(f"/api/runs/{run}").json())

    def metrics(self, run: str) -> list[dict[str, Any]]:
        return list(self.http.get(f"/api/runs/{run}/metrics").json()["metrics"])

    def wait_for(self, run: str, step: int, seconds: float = 120) -> dict[str, Any]:
        """Wait until the run has come to `step`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = self.run(run)
            if state["step"] >= step:
                return state
            time.sleep(0.01)
        raise AssertionError(f"{run} is at {state}")


def wait_until(true: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until it is; the bound is for what never comes, not for a machine that is busy."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
