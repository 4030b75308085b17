"""What tests of the service share: a server in the process, and one of its own on a free port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.helpers import LiveServer, small_spec


@pytest.fixture
def spec() -> dict[str, Any]:
    return small_spec()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One server for all tests that only make runs of their own."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), workers=2, max_runs=10_000)
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def client(shared: TestClient) -> TestClient:
    return shared


@pytest.fixture
def run(client: TestClient, spec: dict[str, Any]) -> str:
    """A new run, untrained."""
    return str(client.post("/api/runs", json=spec).json()["id"])


@pytest.fixture
def count_runs(client: TestClient) -> Callable[[], float]:
    """How many runs the store has, by the server's own counters."""

    def count() -> float:
        lines = client.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("unrolled_runs{"))

    return count


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Starts servers in processes of their own, and ends them."""
    servers: list[LiveServer] = []

    def start(**settings: Any) -> LiveServer:
        servers.append(LiveServer(tmp_path / "data", **settings).start())
        return servers[-1]

    yield start
    for server in servers:
        server.close()
