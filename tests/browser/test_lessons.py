"""A student reads a lesson, drives its pictures and predicts."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def opened(page: Page, name: str) -> Page:
    page.goto(f"/lessons/{name}")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return page


def test_buttons_drive_the_pictures_of_a_lesson(page: Page) -> None:
    opened(page, "forgetting")
    words = page.locator("#verdicts li").nth(1)
    before = words.inner_text()
    page.get_by_role("button", name="5", exact=True).click()
    expect(words).not_to_have_text(before)
    assert page.locator("article math").count() >= 2
    assert page.locator("#pictures .figure-plot").count() == 2


def test_a_line_is_drawn_by_keyboard_and_scored_by_what_the_engine_computes(page: Page) -> None:
    opened(page, "powers")
    slope = -0.1549  # of log10 0.7, which the student is to find
    for slider in page.locator(".handles input").all():
        lag = int(re.sub(r"\D", "", slider.locator("..").inner_text()))
        slider.focus()
        for _ in range(round(-slope * lag / 0.25)):
            page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#verdict")).to_contain_text(re.compile("(9[0-9]|100) of 100"))
    assert len((page.locator(".truth").get_attribute("points") or "").split()) == 21


def test_a_level_line_scores_less(page: Page) -> None:
    opened(page, "powers")
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#verdict")).to_contain_text(re.compile(": ([0-9]|[1-4][0-9]) of 100"))


def test_a_pick_is_told_right_from_wrong(page: Page) -> None:
    opened(page, "truncation")
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#verdict")).to_have_text("Answer first, then reveal.")
    page.get_by_label("4 steps").check()
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#verdict")).to_contain_text("12 steps")
    page.get_by_label("12 steps").check()
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator("#verdict")).to_have_text("Right.")
    expect(page.locator("#explained")).to_be_visible()


def test_the_gradient_by_hand_stands_on_its_lesson(page: Page) -> None:
    opened(page, "by-hand")
    expect(page.locator("#by-hand table").first).to_be_visible()
