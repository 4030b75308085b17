"""What the page says and does when something breaks: the network, the server, the training, a link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.helpers import RNN, change, corner, drawn_step, maps, opened, play_to, still, trained_to


def test_axes_come_when_a_broken_network_is_back(page: Page, expected: list[str]) -> None:
    expected.append("ERR_FAILED")
    broken: list[str] = []

    def break_it(route: Route) -> None:
        broken.append(route.request.url)
        route.abort("failed") if len(broken) <= 3 else route.continue_()

    page.route("**/vendor/plotly*", break_it)
    opened(page)
    assert corner(maps(page, "jacobian")[RNN]) < -8
    assert len(broken) > 3


def test_a_diverging_run_says_so_and_can_still_be_looked_at(page: Page) -> None:
    opened(page)
    change(page, optimizer__name="sgd", optimizer__learning_rate=1e6, clip_norm="")
    expect(page.locator("#summary")).to_contain_text("sgd")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("diverged at step")
    expect(page.locator("#state")).to_have_text("diverged")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()
    page.keyboard.press("Escape")
    page.locator("#scrubber").focus()
    page.keyboard.press("Home")
    expect(page.locator("#state")).to_have_text("looking back")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').at(-1)?.detail.step === 0")


@pytest.mark.parametrize("expected", [["422"]])
@pytest.mark.parametrize("hash", ["#eyJ2Ijo", '#{"task": {"name": "nonsense"}, "networks": []}'])
def test_a_broken_link_says_so_and_leads_on(page: Page, hash: str, expected: list[str]) -> None:
    opened(page, f"/{hash}")
    expect(page.locator("#notice")).to_contain_text("link")
    expect(page.locator("#verdicts li")).to_have_count(3)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()


@pytest.mark.parametrize("expected", [["Failed to load resource", "ERR_"]])
def test_a_lost_server_is_said_and_the_page_goes_on_where_it_was(page: Page, server: Any, expected: list[str]) -> None:
    opened(page)
    play_to(page, 4)
    here = drawn_step(page)
    server.stop()
    expect(page.locator("#notice")).to_contain_text("does not answer")
    server.start()
    expect(page.locator("#notice")).to_be_hidden()
    page.get_by_role("button", name="One step").click()
    trained_to(page, here + 1)
    assert still(page) == here + 1


def curve(page: Page) -> list[int]:
    """The steps at which the drawn loss curves have a point: the same ones for each network."""
    page.wait_for_selector("#panel-loss .figure-plot:not(.live)")
    lines = page.evaluate("document.querySelector('#panel-loss .figure-plot').data.map(({x}) => Array.from(x ?? []))")
    drawn = [line for line in lines if len(line) > 2]
    assert len(drawn) >= 2
    assert all(line == drawn[0] for line in drawn)
    return [int(step) for step in drawn[0]]


@pytest.mark.parametrize("expected", [["Failed to load resource", "ERR_"]])
def test_a_server_that_is_killed_while_the_page_plays(page: Page, server: Any, expected: list[str]) -> None:
    opened(page)
    page.get_by_role("button", name="Play", exact=True).click()
    trained_to(page, 20)
    server.process.kill()
    server.process.wait()
    expect(page.locator("#notice")).to_contain_text("does not answer")
    reached = int(re.sub(r"\D", "", page.locator("#step-count").inner_text()))
    assert reached >= 20
    server.stop()  # closes its log
    server.start()
    expect(page.locator("#notice")).to_be_hidden()
    trained_to(page, reached + 20)  # it plays on by itself, as the server does
    page.get_by_role("button", name="Pause").click()
    last = still(page)
    assert last >= reached + 20
    steps = curve(page)
    assert steps[0] <= 1
    assert steps == list(range(steps[0], last + 1))
