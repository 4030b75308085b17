"""The form of the experiment: what is typed is learned, what is refused says why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import LSTM, T, change, maps, opened, play_to


@pytest.mark.parametrize("expected", [["422"]])
def test_what_the_server_refuses_stands_beside_its_field(page: Page, expected: list[str]) -> None:
    opened(page)
    change(page, networks__0__hidden_size=0, optimizer__learning_rate=-1)
    field = page.locator('[name="networks.0.hidden_size"]')
    expect(field).to_have_attribute("aria-invalid", "true")
    error = page.locator(f"#{field.get_attribute('id')}-error")
    expect(error).to_have_text(re.compile("at least 1"))
    assert error.get_attribute("id") in (field.get_attribute("aria-describedby") or "")
    expect(page.locator('[name="optimizer.learning_rate"]:enabled')).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#verdicts li")).to_have_count(3)  # the picture stays
    change(page, networks__0__hidden_size=8, optimizer__learning_rate=0.01)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#summary")).to_contain_text("RNN 8")


def test_sentences_that_the_user_types_are_learned(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.locator("#f-task-name").select_option("as_soon_as")
    typed = "여름이 오면 비가 온다 → 1\n비가 오면 여름이 온다 → 0\n겨울이 오면 눈이 온다 → 1\n눈이 오면 겨울이 온다 → 0"
    change(page, task__sentences=typed, optimizer__learning_rate=0.02)
    expect(page.locator("#summary")).to_contain_text("Sentences")
    play_to(page, 60)
    text = page.locator("#verdicts li").nth(LSTM).inner_text()
    size, tiny = re.search(r"loss ([\d.]+)( × 10⁻)?", text).groups()  # type: ignore[union-attr]
    assert tiny or float(size) < 0.35  # always the same answer: 0.69
    assert "100 % right" in text


def test_a_live_knob_changes_the_picture_at_once(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    before = maps(page, "cell_jacobian")
    page.locator('[name="networks.1.forget_bias"]').fill("5")
    page.keyboard.press("Tab")
    page.wait_for_function(
        "old => document.querySelector('#panel-cell_jacobian .figure-plot:not(.live)')?.data[1].z[40][0] > old + 1",
        arg=before[1][T][0],
    )
    expect(page.locator("#step-count")).to_have_text("step 0")


def test_networks_are_added_and_removed(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Add a network").click()
    change(page, networks__3__cell="lstm", networks__3__forget_bias=0)
    expect(page.locator("#verdicts li")).to_have_count(4)
    expect(page.locator("#verdicts li").nth(3)).to_contain_text("LSTM 4")
    page.get_by_role("button", name="Remove this network").first.click()
    change(page)
    expect(page.locator("#verdicts li")).to_have_count(3)
    expect(page.locator("#verdicts li").first).to_contain_text("LSTM")
