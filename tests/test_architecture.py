"""The walls of the house hold, and could fall: the import contracts, and what importing the engine loads."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.txt", "requirements-dev.txt", "package-lock.json"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("lint-imports")
    env = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run([tool, "--no-cache"], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


def test_every_import_contract_is_kept():
    answer = lint_imports(ROOT)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("engine/bptt.py", "import fastapi", "the engine knows no web"),
        ("engine/errors.py", "import app.settings", "the web sits on the engine"),
        ("engine/figures/flow.py", "import plotly", "the engine is NumPy alone"),
        ("engine/cells/lstm.py", "import engine.cells.rnn", "cells are independent"),
        ("engine/readout.py", "import engine.run", "engine rooms"),
        ("app/settings.py", "import app.main", "app rooms"),
    ],
)
def test_a_planted_import_breaks_its_contract(tmp_path, module, line, contract):
    for name in ("app", "engine"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    answer = lint_imports(tmp_path)
    assert answer.returncode == 1, answer.stderr
    assert re.search(f"{contract}.* BROKEN", answer.stdout), answer.stdout


def test_importing_the_engine_loads_numpy_alone():
    program = "import engine, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    assert {"engine", "numpy"} <= loaded
    assert not loaded & {"app", "fastapi", "starlette", "pydantic", "jinja2", "uvicorn", "plotly", "pebble", "torch"}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_host(name):
    text = (ROOT / name).read_text()
    assert "hash=sha256:" in text or '"integrity": "sha512-' in text
    assert "://" not in text
    assert "file:" not in text


def test_every_locked_requirement_carries_a_hash():
    for name in LOCKS[:2]:
        entries = re.findall(r"^[\w.-]+==.*?(?=^[\w.-]+==|\Z)", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL)
        assert len(entries) > 20
        assert all("--hash=sha256:" in entry for entry in entries)
