"""The page in Korean: chosen by the browser or by hand, kept, and complete on screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

HANGUL = re.compile("[가-힣]")
# What stays as the field writes it, in every language.
NAMES = {"Unrolled", "English", "REST", "API", "RNN", "LSTM", "GRU", "adam", "log", "exact", "min", "max", "Esc", "End"}


def drawn(page: Page, address: str = "/") -> Page:
    page.goto(address)
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return page


@pytest.fixture
def korean(page: Page) -> Page:
    page.context.set_extra_http_headers({"accept-language": "ko-KR,ko;q=0.9,en;q=0.7"})
    return drawn(page)


def test_a_korean_browser_gets_the_page_in_korean(korean: Page) -> None:
    assert korean.locator("html").get_attribute("lang") == "ko"
    expect(korean.get_by_role("button", name="재생")).to_be_visible()
    expect(korean.locator("#verdicts .words").first).to_contain_text("기울기")
    korean.wait_for_selector("#panel-jacobian .xtitle")
    expect(korean.locator("#panel-jacobian .xtitle")).to_have_text("앞선 시점 k")


def test_nothing_on_the_first_screen_is_left_in_english(korean: Page) -> None:
    korean.wait_for_selector("#panel-loss .xtitle")
    texts = korean.locator("header, .transport, main, footer").all_inner_texts()
    words = set(re.findall(r"[A-Za-z]{3,}", " ".join(texts)))
    assert words - NAMES == set()


def test_the_training_speaks_korean_too(korean: Page) -> None:
    korean.get_by_role("button", name="한 스텝", exact=True).click()
    expect(korean.locator("#step-count")).to_have_text("스텝 1")
    expect(korean.locator("#state")).to_have_text("일시 정지")
    korean.get_by_role("button", name="바꾸기").click()
    korean.locator('[name="batch_size"]').fill("0")
    korean.get_by_role("button", name="적용").click()
    expect(korean.locator("#f-batch_size-error")).to_have_text("1 이상이어야 한다")


@pytest.fixture
def expected(request: pytest.FixtureRequest) -> list[str]:
    return ["422"] if "training" in request.node.name else []


def test_the_switch_changes_the_language_keeps_the_link_and_is_remembered(page: Page) -> None:
    link = '/#{"task":{"name":"adding","length":7},"networks":[{"cell":"gru"}]}'
    drawn(page, link)
    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("link", name="English")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("덧셈 문제, T 7")
    drawn(page, "/?")
    assert page.locator("html").get_attribute("lang") == "ko"
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    drawn(page, "/?x")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("address", ["/?lang=ko", "/?lang=en"])
def test_a_link_may_name_the_language(browser: Browser, page: Page, address: str) -> None:
    drawn(page, address)
    assert page.locator("html").get_attribute("lang") == address[-2:]
