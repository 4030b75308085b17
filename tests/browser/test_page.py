"""What a newcomer and a student do with the page."""

from __future__ import annotations

import json
import math

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import LSTM, RNN, N, T, corner, drawn_step, maps, opened, pixels, play_to, still, trained_to


def test_the_first_picture_is_there_without_a_click_and_without_a_run(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    opened(page)
    rnn, lstm, gru = maps(page, "jacobian")
    assert [len(rnn), len(rnn[0])] == [T + 1, T + 1]
    assert corner(rnn) < corner(gru)
    assert corner(rnn) < corner(lstm)
    assert not [call for call in asked if call.startswith("POST")]
    expect(page.locator("#step-count")).to_have_text("step 0")
    expect(page.locator("#verdicts li")).to_have_count(3)
    expect(page.locator("#verdicts li").first).to_contain_text("RNN")


def test_play_moves_the_maps_and_pause_holds_them(page: Page) -> None:
    opened(page)
    before, painted = maps(page, "jacobian"), pixels(page)
    page.get_by_role("button", name="Play", exact=True).click()
    trained_to(page, 6)
    assert pixels(page) != painted
    page.get_by_role("button", name="Pause").click()
    held = still(page)
    assert maps(page, "jacobian")[LSTM] != before[LSTM]
    page.wait_for_timeout(400)
    assert drawn_step(page) == held


def test_by_the_numbers_the_rnn_is_darker_than_the_lstms_cell_map(page: Page) -> None:
    opened(page)
    play_to(page, 10)
    rnn, cell = maps(page, "jacobian")[RNN], maps(page, "cell_jacobian")[0]
    assert corner(rnn) < corner(cell) - 3  # decades
    assert rnn[T][T] == pytest.approx(math.log10(math.sqrt(N)), abs=1e-3)  # the identity's Frobenius norm


def test_one_step_is_one_step_and_reset_begins_again_with_the_same_seed(page: Page) -> None:
    opened(page)
    untrained = maps(page, "jacobian")
    page.get_by_role("button", name="One step").click()
    trained_to(page, 1)
    expect(page.locator("#step-count")).to_have_text("step 1")
    assert maps(page, "jacobian") != untrained
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#step-count")).to_have_text("step 0")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').at(-1)?.detail.step === 0")
    assert maps(page, "jacobian") == untrained


def test_a_click_on_a_cell_shows_the_whole_matrix_and_its_singular_values(page: Page) -> None:
    opened(page)
    box = page.locator("#panel-jacobian .figure-plot .subplot.xy").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.7 * box["height"])
    drill = page.locator("#drill")
    expect(drill).to_be_visible()
    expect(page.locator("#drill-facts dd").first).not_to_be_empty()
    page.wait_for_function("n => document.querySelector('#drill-matrix').data?.[0].z.length === n", arg=N)
    traces = page.locator("#drill-matrix").evaluate(
        "plot => plot.data.map(t => t.z ? [t.z.length, t.z[0].length] : [t.y.length])"
    )
    assert [N, N] in traces
    assert [N] in traces
    page.keyboard.press("Escape")
    expect(drill).to_be_hidden()


def test_the_keyboard_plays_pauses_steps_and_looks_back(page: Page) -> None:
    opened(page)
    page.keyboard.press("Space")
    trained_to(page, 4)
    page.keyboard.press("Space")
    here = still(page)
    page.keyboard.press("ArrowRight")
    trained_to(page, here + 1)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#state")).to_have_text("looking back")
    expect(page.locator("#step-count")).to_have_text(f"step {here}")
    page.keyboard.press("End")
    expect(page.locator("#step-count")).to_have_text(f"step {here + 1}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_link_opens_its_experiment(page: Page) -> None:
    spec = {"task": {"name": "adding", "length": 12}, "networks": [{"cell": "gru", "hidden_size": 5}], "seed": 7}
    opened(page, f"/#{json.dumps(spec)}")
    expect(page.locator("#summary")).to_contain_text("T 12")
    expect(page.locator("#verdicts li")).to_have_count(1)
    page.get_by_role("button", name="Change").click()
    expect(page.locator('[name="seed"]')).to_have_value("7")


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}])
def test_a_phone_never_scrolls_sideways(page: Page, size: dict[str, int]) -> None:
    opened(page)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= size["width"]
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#drawer")).to_be_visible()
    assert page.evaluate(wide) <= size["width"]
    page.keyboard.press("Escape")
    page.locator("#tabs [role=tab]").first.click()
    page.keyboard.press("j")
    expect(page.locator("#drill-facts dd").first).not_to_be_empty()
    assert page.evaluate(wide) <= size["width"]
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input')].filter(el => el.checkVisibility()
              && (el.getBoundingClientRect().right > innerWidth + 1 || el.getBoundingClientRect().left < -1))
              .map(el => el.outerHTML.slice(0, 80))"""
    )
    assert hidden == []


def test_more_views_open_on_demand_and_are_drawn(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="One step").click()
    trained_to(page, 1)
    for tab in page.locator("#tabs [role=tab]").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        panel = page.locator(f"#{tab.get_attribute('aria-controls')}")
        expect(panel).to_be_visible()
        panel.locator(".figure-plot:not(.live), .figure-sentence, .js-plotly-plot").first.wait_for()
