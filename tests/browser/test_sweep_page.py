"""What a researcher does with the page of sweeps."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from playwright.sync_api import Page, expect


def small(page: Page) -> None:
    """A sweep of seconds."""
    page.get_by_label("Length T").fill("8")
    page.get_by_label("Hidden size n").fill("6")
    page.get_by_label("Training steps").fill("5")
    page.locator("[name='x-values']").fill("0.5, 1, 1.5")


def drawn(page: Page, measure: str, done: int) -> dict[str, Any]:
    """What stands in plotly's drawing, once it shows so many runs."""
    page.wait_for_function(
        """([measure, done]) => { const { dataset } = document.querySelector('#surface');
             return dataset.measure === measure && Number(dataset.done) === done }""",
        arg=[measure, done],
    )
    return dict(page.locator("#surface").evaluate(
        "({data, layout: {xaxis, yaxis}}) => ({z: data[0].z.map(r => [...r]), x: xaxis.ticktext, y: yaxis.ticktext})"
    ))  # fmt: skip


@pytest.mark.parametrize("expected", [["422"]])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, {"width": 390, "height": 844}])
def test_a_sweep_is_defined_watched_drawn_and_taken_away(page: Page, size: dict[str, int], expected: list[str]) -> None:
    page.goto("/sweeps")
    small(page)
    page.locator("[name='y-values']").fill("rnn, banana")
    page.get_by_role("button", name="Begin").click()
    refused = page.locator("#s-y-values-error")
    expect(refused).to_contain_text("must be one of rnn")
    expect(page.locator("[name='y-values']")).to_have_attribute("aria-invalid", "true")
    page.locator("[name='y-values']").fill("rnn, lstm")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#sweep-state")).to_have_text("finished")
    expect(page.locator("#sweep-count")).to_have_text("12 of 12 runs")
    expect(refused).to_be_hidden()
    picture = drawn(page, "half_life", 12)
    numbers = page.locator("#surface .scatterlayer text")
    assert len([text for text in numbers.all_text_contents() if text.strip()]) == 6
    assert (picture["x"], picture["y"]) == (["0.5", "1", "1.5"], ["RNN", "LSTM"])
    page.get_by_label("Show").select_option("loss")
    losses = drawn(page, "loss", 12)
    assert losses["z"] != picture["z"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert len(rows) == 12
    assert {row["networks.0.cell"] for row in rows} == {"rnn", "lstm"}
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("button", name="Light or dark").click()
    page.reload()  # the link is the sweep
    expect(page.locator("#sweep-count")).to_have_text("12 of 12 runs")
    drawn(page, "half_life", 12)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#board")).to_be_hidden()


@pytest.mark.parametrize("expected", [["404"]])
def test_a_link_to_a_deleted_sweep_says_so(page: Page, expected: list[str]) -> None:
    page.goto("/sweeps#nothing")
    expect(page.locator("#sweep-notice")).to_contain_text("not there any more")
    expect(page.get_by_role("button", name="Begin")).to_be_enabled()


def test_a_sweep_speaks_korean(page: Page) -> None:
    page.goto("/sweeps?lang=ko")
    page.get_by_label("길이 T").fill("8")
    page.get_by_label("은닉 크기 n").fill("4")
    page.get_by_label("학습 스텝 수").fill("2")
    page.locator("[name='x-values']").fill("0.5, 1")
    page.get_by_role("button", name="시작").click()
    expect(page.locator("#sweep-state")).to_have_text("완료")
    expect(page.locator("#sweep-count")).to_have_text("실행 12 / 12")
    assert drawn(page, "half_life", 12)["y"] == ["RNN", "LSTM", "GRU"]
    expect(page.locator("#surface .xtitle")).to_have_text("스펙트럼 반지름")
    expect(page.locator("#measure option:checked")).to_have_text("∂hₜ/∂hₖ의 반감기(시점 수)")
