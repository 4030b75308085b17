"""The documents are true: README's commands are run as printed, and what can be set or called is documented."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.docs_pages import FOLDERS, rooms, settings_page

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def block(language: str, heading: str) -> str:
    """Return the first fenced block of a language under a heading of the README."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, f"README has no {language} block under {heading}"
    return found[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve as `make run` does, on a free port, and end it by its own process id."""
    port = free_port()
    data = tmp_path_factory.mktemp("data")
    log = (data / "server.log").open("w")
    env = os.environ | {"HOST": "127.0.0.1", "PORT": str(port), "UNROLLED_DATA_DIR": str(data), "UNROLLED_WORKERS": "1"}
    process = subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        yield wait_until_served(f"http://127.0.0.1:{port}", process, data / "server.log")
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0, (data / "server.log").read_text()
        log.close()


def wait_until_served(base: str, process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return base
    raise AssertionError(f"not served within 30 s: {log.read_text()}")


def test_the_five_curl_lines_drive_a_run_and_read_its_stream(server):
    assert shutil.which("curl"), "curl is needed to run README's commands"
    lines = block("bash", "Drive it with curl")
    assert len(re.findall(r"\bcurl ", lines)) == 5
    script = "set -euo pipefail\n" + lines.replace("http://127.0.0.1:8000", server)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    events = re.findall(r"^event: ?(\w+)", done.stdout, re.MULTILINE)
    assert {"status", "frame", "metrics"} <= set(events)
    assert events[-1] == "done"
    assert '"singular_values"' in done.stdout


def test_the_notebook_snippet_trains_and_ends_with_a_figure(capsys):
    *before, last = ast.parse(block("python", "In a notebook")).body
    assert isinstance(last, ast.Expr)
    names: dict[str, Any] = {}
    exec(compile(ast.Module(before, []), "README.md", "exec"), names)
    figure = eval(compile(ast.Expression(last.value), "README.md", "eval"), names)
    assert np.isfinite(np.asarray(figure.data[0].z)[1:, 0]).all()
    rows = re.findall(r"^(\d+) (rnn|lstm) .*: (-\d+\.\d+)$", capsys.readouterr().out, re.MULTILINE)
    assert [(step, cell) for step, cell, _ in rows] == [(s, c) for s in ("0", "50", "100") for c in ("rnn", "lstm")]
    assert all(float(flow) < -3 for _, cell, flow in rows if cell == "rnn")


def test_every_make_target_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text())}
    assert {"run", "test", "check"} <= named
    assert named <= targets


def test_every_setting_is_documented():
    page = settings_page()
    assert page == (ROOT / "docs" / "settings.md").read_text(), "run `make docs`"
    assert "| `UNROLLED_DATA_DIR` | `.data` |" in page


def test_every_room_of_the_house_is_documented():
    page = (ROOT / "docs" / "architecture.md").read_text()
    for folder in FOLDERS:
        section = page.partition(f"## `{folder}/`\n")[2].partition("\n## ")[0]
        listed = re.findall(r"^\| `([^`]+)` \| (?=\S)", section, re.MULTILINE)
        assert listed == [str(room.relative_to(ROOT / folder)) for room in rooms(folder)], "run `make docs`"


def test_every_link_between_the_documents_leads_somewhere():
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text())]
    assert links
    dead = [(page.name, link) for page, link in links if not (page.parent / link).exists()]
    assert not dead


def test_the_screenshot_is_a_real_picture():
    png = (ROOT / "docs" / "screenshot.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
    assert width >= 1000
    assert height >= 600
