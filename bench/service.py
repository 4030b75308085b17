"""Training over REST: what `advance` by 300 steps keeps of the engine's own speed, server and workers included."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import engine
from bench.timing import medians

STEPS, ROUNDS = 300, 7


@contextmanager
def served() -> Iterator[str]:
    """Serve as `make run` does on a port of its own; yield the address of the interface."""
    with tempfile.TemporaryDirectory() as data:
        port = str(20_000 + os.getpid() % 20_000)
        env = os.environ | {"HOST": "127.0.0.1", "PORT": port, "UNROLLED_DATA_DIR": data, "UNROLLED_LOG_LEVEL": "error"}
        process = subprocess.Popen([sys.executable, "-m", "app"], env=env)
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(f"{base}/readyz", process)
            yield f"{base}/api"
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait up to 30 s for an answer."""
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"no answer from {url}")


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON answer of a POST."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return dict(json.load(answer))


def report() -> None:
    """Print steps a second of both and the share that REST keeps."""
    print(f"\nadvance by {STEPS} steps, T 50, n 32, B 16, one network\n")
    print("cell   engine steps/s   over REST  kept")
    with served() as api:
        for cell in ("rnn", "gru", "lstm"):
            spec = engine.RunSpec(
                task={"name": "adding", "length": 50},
                networks=[{"cell": cell, "hidden_size": 32}],
                batch_size=16,
                steps=1_000_000,
            )
            start = engine.start(spec)
            run = post(f"{api}/runs", spec.to_dict())["id"]
            own, rest = medians(
                lambda start=start: engine.advance(start, STEPS),
                lambda run=run: post(f"{api}/runs/{run}/advance", {"steps": STEPS}),
                rounds=ROUNDS,
            )
            print(f"{cell:4}  {STEPS / own:15.0f}  {STEPS / rest:10.0f}  {own / rest:4.0%}")
