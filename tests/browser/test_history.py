"""What is loaded when, and where back and forward lead: as a user sees it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.helpers import opened

LOADED = """() => performance.getEntriesByType('resource')
    .filter(({ name }) => /\\/static\\/.*\\.js$/.test(name))
    .map(({ name, decodedBodySize }) => [name, decodedBodySize])"""


def train(page: Page, steps: int) -> None:
    for step in range(1, steps + 1):
        page.get_by_role("button", name="One step").click()
        expect(page.locator("#step-count")).to_have_text(f"step {step}")


def test_the_opening_view_loads_a_hundred_kilobytes_and_the_walk_only_when_it_is_wanted(page: Page) -> None:
    opened(page)
    page.wait_for_selector("#panel-jacobian .figure-plot:not(.live)")  # plotly has drawn: everything is there
    before = dict(page.evaluate(LOADED))
    assert 30 < len(before)
    assert sum(before.values()) <= 100_000
    assert not any(name.endswith("/views/walk.js") for name in before)
    page.keyboard.press("w")  # the key works although its code is not there yet
    expect(page.locator("#walk-says")).to_contain_text("t = 1")
    assert any(name.endswith("/views/walk.js") for name, _ in page.evaluate(LOADED))


def test_back_and_forward_go_through_tabs_products_looks_and_experiments(page: Page) -> None:
    opened(page)
    train(page, 3)
    gates = page.get_by_role("tab", name=re.compile("Gates"))
    gates.click()
    expect(gates).to_have_attribute("aria-selected", "true")
    page.keyboard.press("j")
    expect(page.locator("#drill-facts")).to_contain_text("norm")
    page.keyboard.press("Escape")
    expect(page.locator("#drill")).to_be_hidden()
    page.locator("#maps").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#step-count")).to_have_text("step 2")
    page.get_by_role("button", name="Change").click()
    page.locator("#preset").select_option("vanishing")
    expect(page.locator("#preset-says")).to_be_visible()
    expect(page.locator("#step-count")).to_have_text("step 0")
    page.go_back()  # the experiment before, at the step that was looked at
    expect(page.locator("#preset-says")).to_be_hidden()
    expect(page.locator("#step-count")).to_have_text("step 2")
    expect(page.locator("#summary")).to_contain_text("T 40")
    page.go_back()
    expect(page.locator("#drill")).to_be_hidden()
    page.go_back()
    expect(page.locator("#drill")).to_be_visible()
    page.go_back()
    expect(page.locator("#drill")).to_be_hidden()
    expect(gates).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(gates).to_have_attribute("aria-selected", "false")
    page.go_forward()
    expect(gates).to_have_attribute("aria-selected", "true")


def test_a_ready_experiments_link_keeps_its_sentence(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.locator("#preset").select_option("vanishing")
    expect(page.locator("#preset-says")).to_be_visible()
    said = page.locator("#preset-says").inner_text()
    page.wait_for_function("() => location.hash.length > 1")
    link = page.url
    page.goto("about:blank")
    opened(page, link)
    expect(page.locator("#preset-says")).to_have_text(said)


def test_a_reload_opens_where_it_was(page: Page) -> None:
    opened(page)
    train(page, 2)
    page.wait_for_timeout(600)  # the address follows what goes on by itself, a moment later
    page.reload()
    expect(page.locator("#step-count")).to_have_text("step 2")


def test_the_walk_and_the_what_if_open_again_where_they_were(page: Page) -> None:
    """By back and forward, and by the link alone: the pass, the place in it, and the changes that were supposed."""
    opened(page)
    train(page, 2)
    page.get_by_role("button", name="Walk through a pass").click()
    page.locator("#walk-network").select_option(label="LSTM")
    expect(page.locator("#walk-graph svg")).to_have_attribute("aria-label", re.compile("LSTM.*step 2"))
    page.locator("#walk-at").fill("6")
    expect(page.locator("#walk-says")).to_contain_text("t = 7")
    page.get_by_role("button", name="What if?").click()
    drive = page.get_by_label("Input drive ×").nth(1)
    drive.fill("2.5")
    expect(page.locator("#state")).to_have_text("what if")
    said = page.locator("#whatif-answer").inner_text()
    page.wait_for_timeout(600)  # the address follows a slider a moment later
    link = page.url

    page.go_back()  # the walk alone
    expect(page.locator("#whatif")).to_be_hidden()
    expect(page.locator("#state")).to_have_text("paused")
    expect(page.locator("#walk-says")).to_contain_text("t = 7")
    page.go_back()
    expect(page.locator("#walk")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#walk-says")).to_contain_text("t = 7")
    expect(page.locator("#walk-network")).to_have_value("1")
    page.go_forward()
    expect(drive).to_have_value("2.5")
    expect(page.locator("#whatif-answer")).to_have_text(said, use_inner_text=True)

    page.goto("about:blank")
    opened(page, link)
    expect(page.locator("#walk-says")).to_contain_text("t = 7")
    expect(page.locator("#walk-graph svg")).to_have_attribute("aria-label", re.compile("LSTM.*step 2"))
    expect(drive).to_have_value("2.5")
    expect(page.locator("#whatif-answer")).to_have_text(said, use_inner_text=True)
    expect(page.locator("#step-count")).to_have_text("step 2")
