"""What axe-core finds, and what the eye does not need: tables, large type, a sheet of paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    if address not in ("/lessons", "/sweeps", "/teach"):
        page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return page


def findings(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    return [(v["id"], [n["target"] for n in v["nodes"]][:4]) for v in found["violations"]
            if v["impact"] in ("serious", "critical")]  # fmt: skip


@pytest.mark.parametrize("address", ["/", "/lessons", "/lessons/forgetting", "/lessons/powers", "/sweeps", "/teach"])
def test_axe_finds_nothing_serious(page: Page, address: str) -> None:
    assert findings(opened(page, address)) == []
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}])
def test_axe_finds_nothing_serious_at_the_answers_on_a_phone(page: Page) -> None:
    opened(page, "/").locator("#step").click()
    for tab in ("why", "spectra", "surface"):
        page.locator(f"#tab-{tab}").click()
        page.locator(f"#panel-{tab} .main-svg .xtitle").first.wait_for(state="attached")
        assert findings(page) == [], tab
    page.emulate_media(color_scheme="dark")
    assert findings(page) == []


@pytest.mark.parametrize("expected", [["404"]])
def test_a_page_that_is_not_there_is_as_good_as_the_others(page: Page, expected: list[str]) -> None:
    page.goto("/nowhere")
    expect(page.locator("main")).to_contain_text("/nowhere")
    assert findings(page) == []


def test_a_map_has_its_numbers_as_a_table(page: Page) -> None:
    opened(page, "/lessons/forgetting")
    page.get_by_role("button", name="as a table").first.click()
    table = page.locator(".tabular table").first
    expect(table.locator("caption")).to_have_text("RNN")
    expect(table.locator("tbody tr")).to_have_count(11)
    corner = float(table.locator("tbody tr").last.locator("td").first.inner_text().replace("−", "-"))
    assert -14 < corner < -6


def test_large_type_is_larger_and_kept(page: Page) -> None:
    opened(page, "/lessons")
    size = "getComputedStyle(document.body).fontSize"
    before = page.evaluate(size)
    page.get_by_role("button", name="Large type").click()
    assert float(page.evaluate(size)[:-2]) == pytest.approx(1.25 * float(before[:-2]))
    opened(page, "/lessons/forgetting")
    assert page.evaluate(size) != before


def test_on_paper_there_are_no_buttons(page: Page) -> None:
    opened(page, "/")
    page.emulate_media(media="print")
    assert page.locator("button:visible").count() == 0
    expect(page.locator("#panel-jacobian")).to_be_visible()
