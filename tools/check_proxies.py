"""Tries docs/deploy/nginx.conf and docs/deploy/Caddyfile for real: `make proxies`. Loopback only.

A server below /unrolled, each proxy in front of it: the page and all it names, redirects, a run made and played, its
frames arriving one by one, whom the service believes an address, what a page of another site may do, a body too large.
"""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SPEC = {"task": {"name": "adding", "length": 8}, "networks": [{"cell": "rnn", "hidden_size": 6}], "steps": 1_000_000}
JSON = {"Content-Type": "application/json"}
NGINX = """daemon off; pid {work}/pid; error_log {work}/error; events {{}}
http {{ access_log off; client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
uwsgi_temp_path {work}/u; scgi_temp_path {work}/s; server {{ listen 127.0.0.1:{port}; {own} }} }}"""


def free_port() -> int:
    """Return a port of the loopback that nobody uses."""
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


def nginx(work: Path, port: int, upstream: int) -> list[str]:
    """Write the configuration that the project gives into a whole one; return the command."""
    own = (ROOT / "docs/deploy/nginx.conf").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    (work / "nginx.conf").write_text(NGINX.format(work=work, port=port, own=own))
    return [shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx", "-c", str(work / "nginx.conf")]


def caddy(work: Path, port: int, upstream: int) -> list[str]:
    """Write the configuration that the project gives, with another port; return the command."""
    own = (ROOT / "docs/deploy/Caddyfile").read_text().replace(":8080", f"http://127.0.0.1:{port}", 2)
    own = own.replace("{$UNROLLED_UPSTREAM:127.0.0.1:8000}", f"127.0.0.1:{upstream}")
    own = "\n".join(line for line in own.splitlines() if not line.startswith("#"))
    (work / "Caddyfile").write_text("{\nadmin off\n}\n" + own + "\n")
    return ["caddy", "run", "--config", str(work / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def running(command: list[str], url: str, work: Path, **more: str) -> Any:
    """Run a process until the block ends; it answers at `url` when the block begins."""
    with open(work / "log", "ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"HOME": str(work)} | more, stderr=log)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(url, timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, (work / "log").read_text()
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    """Return status, headers and body of an answer, not following redirects."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()} | JSON
    with suppress(BrokenPipeError, ConnectionResetError):  # refused in mid-sending: the answer is there
        wire.request(method, path, body, named)
    answer = wire.getresponse()
    found = answer.status, answer.headers, answer.read()
    wire.close()
    return found


def gaps(port: int, path: str, frames: int = 6) -> list[float]:
    """Return the seconds between the frames of a stream as they arrive."""
    wire, moments = http.client.HTTPConnection("127.0.0.1", port, timeout=20), []
    wire.request("GET", path)
    answer = wire.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    while len(moments) < frames:
        if answer.readline().startswith(b"event: frame"):
            moments.append(time.monotonic())
    wire.close()
    return [b - a for a, b in zip(moments, moments[1:], strict=False)]


def drive(port: int) -> str:
    """Use the service through a proxy on `port`, which comes from an address that the service believes."""
    assert ask(port, "GET", "/unrolled")[1]["location"].endswith("/unrolled/")
    page = ask(port, "GET", "/unrolled/")[2].decode()
    named = {name for name in re.findall(r'(?:src|href)="([^"#]+)"', page)}
    for name in named:
        path = name if name.startswith("/") else f"/unrolled/{name.removeprefix('./')}"
        assert ask(port, "GET", path)[0] == 200, name
    spec = json.dumps(SPEC).encode()
    links = json.loads(ask(port, "POST", "/unrolled/api/runs", spec)[2])["links"]
    assert ask(port, "POST", links["play"])[0] == 200
    waits = gaps(port, links["stream"] + "?max_fps=5")
    assert max(waits) < 2, f"frames are held back: {waits}"
    assert sorted(waits)[1] > 0.05, f"frames come in heaps: {waits}"
    made_up = [ask(port, "POST", "/unrolled/api/runs", spec, X_Forwarded_For=f"10.0.0.{i}")[0] for i in range(3)]
    assert made_up == [201, 429, 429], f"two runs are this client's most, whatever address it makes up: {made_up}"
    assert ask(port, "POST", links["pause"], Origin="http://elsewhere.example")[0] == 403
    assert ask(port, "POST", links["pause"], Origin=f"http://127.0.0.1:{port}")[0] == 200
    assert ask(port, "POST", "/unrolled/api/runs", b"x" * 8_400_000)[0] == 413
    assert ask(port, "DELETE", links["self"])[0] == 204
    return f"{len(named)} addresses of the page, frames {min(waits):.2f} to {max(waits):.2f} s apart"


def main() -> None:
    """Try both."""
    for name, configure in (("nginx", nginx), ("caddy", caddy)):
        server, proxy = free_port(), free_port()
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            settings = {
                "HOST": "127.0.0.1",
                "PORT": str(server),
                "UNROLLED_DATA_DIR": f"{folder}/data",
                "UNROLLED_ROOT_PATH": "/unrolled",
                "UNROLLED_MAX_RUNS": "2",
                "UNROLLED_WORKERS": "1",
            }
            ready = f"http://127.0.0.1:{server}/readyz"
            with running([sys.executable, "-m", "app"], ready, work, **settings):
                through = f"http://127.0.0.1:{proxy}/unrolled/readyz"
                with running(configure(work, proxy, server), through, work):
                    print(f"proxies: {name}: {drive(proxy)}")


if __name__ == "__main__":
    main()
