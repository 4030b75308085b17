"""The sequence over the maps reads as its task has it, and what is hovered in one picture is marked in all."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect


def opened(page: Page, task: dict[str, Any] | None = None, **more: Any) -> Page:
    networks = [{"cell": "rnn", "hidden_size": 4}, {"cell": "lstm", "hidden_size": 4}]
    spec = {"task": task, "networks": networks, "batch_size": 4, "steps": 50, **more}
    page.goto("/" if task is None else f"/#{quote(json.dumps(spec))}")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return page


def words(page: Page, row: str) -> list[str]:
    return [text.strip() for text in page.locator(f"#sequence {row} td").all_inner_texts()]


def test_typed_words_stand_in_the_row_with_the_label_and_each_answer(page: Page) -> None:
    sentences = ["I like green tea", "green tea like I"]
    opened(page, {"name": "as_soon_as", "sentences": sentences, "labels": ["good", "odd"]}, probe={"sample": 1})
    expect(page.locator("#sequence .given td")).to_have_count(4)
    assert words(page, ".given") == ["green", "tea", "like", "i"]
    answer = page.locator("#sequence .wanted td").inner_text()
    assert answer.startswith("odd")
    assert re.search(r"RNN (good ✗|odd ✓).*LSTM (good ✗|odd ✓)", answer, re.S)


def test_characters_have_a_target_and_an_answer_at_each_step(page: Page) -> None:
    opened(page, {"name": "char_text", "text": "ab ab ab ab ab ab ab", "length": 5})
    expect(page.locator("#sequence .given td")).to_have_count(5)
    given, wanted = words(page, ".given"), words(page, ".wanted")
    assert set(given) <= {"a", "b", "␣"}
    assert given[1:] == wanted[:-1]
    assert all(text[-1] in "✓✗" for text in words(page, '[data-network="1"]'))


def test_answers_change_as_the_network_learns(page: Page) -> None:
    opened(page)
    answer = page.locator('#sequence [data-network="1"]')
    before = answer.inner_text()
    for _ in range(3):
        page.get_by_role("button", name="One step", exact=True).click()
    expect(page.locator("#step-count")).to_have_text("step 3")
    expect(answer).not_to_have_text(before)
    expect(page.locator("#sequence td.flag")).to_have_count(2)


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 1280, "height": 720}], ids=str)
def test_a_long_sequence_scrolls_inside_its_row(page: Page, size: dict[str, int]) -> None:
    opened(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_hovered_pair_is_marked_in_the_other_maps_and_its_steps_in_the_states_and_the_row(page: Page) -> None:
    opened(page)
    page.locator('[data-figure="hidden"]').first.scroll_into_view_if_needed()
    page.locator("#panel-jacobian .figure-plot").focus()
    page.keyboard.press("ArrowDown")  # the far corner, (40, 0)
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#panel-jacobian .tip")).to_contain_text("31")
    marked = page.locator("#sequence .given .marked")
    expect(marked).to_have_count(2)
    assert [mark.get_attribute("data-t") for mark in marked.all()] == ["7", "31"]
    lit = ".links > div:not([hidden])"
    expect(page.locator(f"#panel-cell_jacobian {lit}")).to_have_count(3)
    expect(page.locator(f"#panel-hidden {lit}")).to_have_count(6)  # two steps in each of three networks
    expect(page.locator(f"#panel-jacobian {lit}")).to_have_count(0)  # the cursor itself stands there
    page.keyboard.press("Escape")
    expect(page.locator(f"#panel-cell_jacobian {lit}")).to_have_count(0)
    expect(marked).to_have_count(0)


def test_the_verdict_tells_the_direct_paths_share(page: Page) -> None:
    opened(page)
    expect(page.locator("#verdicts li").nth(1)).to_contain_text(re.compile("direct path .* % of ∂c over 40"))
    expect(page.locator("#verdicts li").nth(0)).not_to_contain_text("direct path")
