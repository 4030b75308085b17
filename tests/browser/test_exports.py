"""What a user takes along: pictures, their data, a report that opens from a disk, commands that work when pasted."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers import opened


def one_step(page: Page) -> None:
    page.get_by_role("button", name="One step").click()
    expect(page.locator("#step-count")).to_have_text("step 1")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').at(-1)?.detail.step === 1")


@pytest.fixture
def download(page: Page, tmp_path: Path) -> Callable[[str, str], Path]:
    """Choose an item of a menu; return the file that came."""

    def choose(menu: str, item: str) -> Path:
        page.locator(f"{menu} > summary").click()
        with page.expect_download() as coming:
            page.locator(menu).get_by_role("button", name=item).click()
        path = tmp_path / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    return choose


def test_a_picture_goes_as_png_and_svg_and_its_data_as_csv_and_npz(page: Page, download: Callable[..., Path]) -> None:
    opened(page)
    one_step(page)
    menu = "#panel-jacobian > .menu"
    png = download(menu, "Picture (PNG)")
    assert png.name == "unrolled-jacobian-step-1.png"
    head = png.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert int.from_bytes(head[16:20], "big") > 600
    svg = download(menu, "Picture (SVG)").read_text()
    assert svg.startswith("<svg")
    assert all(name in svg for name in ("RNN", "LSTM", "GRU"))
    with download(menu, "Its data (CSV)").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with np.load(download(menu, "All data of this step (NPZ)")) as arrays:
        shown = arrays["networks.1.layers.0.jacobian_log_norms"]
    lstm = [float(row["value"]) for row in rows if row["series"] == "LSTM"]
    np.testing.assert_allclose(np.reshape(lstm, shown.shape), shown, rtol=1e-6)
    assert rows[1]["later step t"] == "0"


def test_the_report_opens_from_a_disk_and_draws_every_figure(
    page: Page, download: Callable[..., Path], browser: Browser
) -> None:
    opened(page)
    one_step(page)
    path = download("#run-menu", "Report")
    assert path.suffix == ".html"
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    said: list[str] = []
    asked: list[str] = []
    report = context.new_page()
    report.on("console", lambda message: said.append(message.text))
    report.on("pageerror", lambda error: said.append(str(error)))
    report.on("request", lambda request: asked.append(request.url))
    report.goto(path.as_uri())
    expect(report.locator("#figure-0 .main-svg").first).to_be_visible()
    assert report.locator(".plot").count() == report.locator(".plot .plot-container").count() >= 6
    drawn = report.evaluate("Array.from(document.querySelector('#figure-0')._fullData[0].z[40].slice(0, 3), Number)")
    shown = page.evaluate("document.querySelector('#panel-jacobian .figure-plot').data[0].z[40]")
    np.testing.assert_allclose(drawn, [shown[k] for k in range(3)], rtol=1e-6)
    expect(report.locator("table").first).to_contain_text("LSTM")
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def test_the_curl_commands_work_when_pasted(page: Page, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page)
    one_step(page)
    page.locator("#run-menu > summary").click()
    page.get_by_role("button", name="Copy as curl commands").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    expect(page.locator("#run-menu > summary")).to_contain_text("✓")
    script = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          timeout=60, env=os.environ)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 2
    with np.load(tmp_path / "frame.npz") as frame:
        assert int(frame["step"]) == 1
    assert re.search("<title>Unrolled", (tmp_path / "report.html").read_text())


def test_a_menu_closes_by_escape_and_by_a_click_elsewhere(page: Page) -> None:
    opened(page)
    menu = page.locator("#run-menu")
    menu.locator("summary").click()
    expect(menu.get_by_role("button", name="Report")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Report")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("h1").click()
    expect(menu.get_by_role("button", name="Report")).to_be_hidden()
