"""What the engine's tests share: the oracle's ledger of worst errors, and the word about a missing PyTorch."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable

import pytest

LIVE = "test_autograd_live.py"
MISSING, DEMANDED = importlib.util.find_spec("torch") is None, os.environ.get("UNROLLED_TORCH") == "1"
# With UNROLLED_TORCH=1 the file is collected all the same, so that a missing PyTorch is an error and not a silence.
collect_ignore = [LIVE] if MISSING and not DEMANDED else []

_worst: dict[str, tuple[float, str]] = {}


def pytest_report_collectionfinish() -> str:
    """Say whether autograd is asked live."""
    if MISSING and DEMANDED:
        return "PyTorch is not installed, but UNROLLED_TORCH=1 demands it"
    if MISSING:
        return f"PyTorch is not installed: tests/engine/{LIVE} is NOT run; only its stored float64 vectors are compared"
    return "PyTorch is installed: its autograd is compared live as well as by its stored vectors"


@pytest.fixture
def within() -> Callable[[str, tuple[float, str], float], None]:
    """Return a check that an (error, where) is small, which enters the error into the ledger shown at the end."""

    def check(oracle: str, error: tuple[float, str], limit: float) -> None:
        _worst[oracle] = max(_worst.get(oracle, (0.0, "")), error)
        assert error[0] <= limit, f"{oracle}: {error[0]:.3g} in {error[1]}, at most {limit:g} is allowed"

    return check


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the worst error of each oracle."""
    if _worst:
        terminalreporter.section("worst error by oracle")
    for oracle, (error, where) in sorted(_worst.items()):
        terminalreporter.write_line(f"{oracle:50} {error:9.2e}  {where}")
