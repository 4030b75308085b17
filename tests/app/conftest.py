"""What tests of the service share: a server in the process, and one of its own on a free port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings


def small_spec(**changes: object) -> dict[str, object]:
    """An experiment of milliseconds: adding, T = 8, an RNN beside an LSTM."""
    networks = [{"cell": "rnn", "hidden_size": 6}, {"cell": "lstm", "hidden_size": 5}]
    spec = {"task": {"name": "adding", "length": 8}, "networks": networks, "batch_size": 4, "steps": 400}
    return {**spec, "probe": {"every": 5}, **changes}


@pytest.fixture
def spec() -> dict[str, object]:
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
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", workers=1)
