"""Drives a served container as a student would: python3 drive_container.py URL create|resume STATE_FILE.

`create` makes a run, trains it and reads its stream; `resume`, after a restart on the same volume, finds it unchanged.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

SPEC = {
    "task": {"name": "adding", "length": 20},
    "networks": [{"cell": "rnn", "hidden_size": 8}, {"cell": "lstm", "hidden_size": 8}],
    "steps": 40,
}


def call(url: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
    """Return the JSON answer of a GET, or of a POST where there is a body."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
        return json.load(answer)


def wait_until_ready(base: str, seconds: float = 30.0) -> None:
    """Wait for /readyz, or raise the last refusal."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=2).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def refused(url: str, body: dict[str, Any]) -> int:
    """Return the status with which a call is refused (0 when it is not)."""
    try:
        call(url, body)
    except urllib.error.HTTPError as error:
        return error.code
    return 0


def create(base: str) -> dict[str, Any]:
    """Make a run, train it with its token, and return what must outlive a restart."""
    assert b"<html" in urllib.request.urlopen(f"{base}/", timeout=10).read()
    run = call(f"{base}/api/runs", SPEC)
    url = f"{base}/api/runs/{run['id']}"
    assert refused(f"{url}/advance", {"steps": 1}) in (401, 403), "training needed no token"
    call(f"{url}/advance", {"steps": 40}, run["token"])
    stream = urllib.request.urlopen(f"{url}/stream", timeout=30).read().decode()
    assert "event: frame" in stream, stream[:500]
    assert "event: done" in stream, stream[-500:]
    return {"url": url, "metrics": call(f"{url}/metrics")}


def resume(state: dict[str, Any]) -> None:
    """Check that the run of `create` is still there, to the last bit."""
    assert call(state["url"])["step"] == 40
    assert call(f"{state['url']}/metrics") == state["metrics"], "metrics changed over a restart"


def main(base: str, step: str, state_file: str) -> None:
    """Run one of the two steps."""
    wait_until_ready(base)
    if step == "create":
        Path(state_file).write_text(json.dumps(create(base)))
    else:
        resume(json.loads(Path(state_file).read_text()))


if __name__ == "__main__":
    main(*sys.argv[1:])
