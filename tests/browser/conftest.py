"""A real server on a free port and a real Chromium: both end by their own process, and nothing goes unseen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20_000  # ms; a busy machine is no failure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker("browser")


class Server:
    """One server process with its own port and data folder; `stop` and `start` again as a machine would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        settings = {"HOST": "127.0.0.1", "PORT": str(self.port), "UNROLLED_DATA_DIR": str(self.folder / "data")}
        self.log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app"], cwd=ROOT, env=os.environ | settings, stdout=self.log, stderr=self.log
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError("the server did not become ready: " + (self.folder / "server.log").read_text())

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture
def size() -> dict[str, int]:
    return {"width": 1280, "height": 720}


@pytest.fixture
def expected() -> list[str]:
    """Parts of console messages that a test provokes: the browser itself reports every refused request."""
    return []


@pytest.fixture
def page(browser: Browser, server: Server, size: dict[str, int], expected: list[str]) -> Iterator[Page]:
    """An empty page that remembers what it said and whom it asked; afterwards both must be clean."""
    context = browser.new_context(viewport=size, base_url=server.url, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    said: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(f"{message.type}: {message.text} ({message.location['url']})"))
    page.on("pageerror", lambda error: said.append(f"error: {error.stack or error}"))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    yield page
    context.close()
    unexpected = [text for text in said if not any(part in text for part in expected)]
    assert unexpected == []
    assert {host for host in hosts if host} <= {urlsplit(server.url).netloc}
