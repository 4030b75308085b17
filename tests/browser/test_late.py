"""Answers that come when something newer has been asked for: each is held back by hand, and may then change nothing."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.app.helpers import small_spec
from tests.browser.helpers import opened

SMALL = {"data": {**small_spec(), "steps": 3}}


class Held:
    """Holds back every question at an address, until they are let go."""

    def __init__(self, page: Page, address: str, method: str = "GET") -> None:
        self.page, self.method, self.on = page, method, True
        self.waiting: list[Route] = []
        page.route(address, self._hold)

    def _hold(self, route: Route) -> None:
        self.waiting.append(route) if self.on and route.request.method == self.method else route.continue_()

    def let_go(self, count: int = 1) -> None:
        """Once so many have been asked, answer them, and hold nothing more."""
        for _ in range(200):
            if len(self.waiting) >= count:
                break
            self.page.wait_for_timeout(25)
        self.on = False
        assert len(self.waiting) >= count
        for route in self.waiting:
            route.continue_()


def step(page: Page, to: int) -> None:
    page.get_by_role("button", name="One step", exact=True).click()
    expect(page.locator("#step-count")).to_have_text(f"step {to}")


def test_a_tab_that_was_closed_under_its_question_shows_the_answer_when_it_is_opened_again(page: Page) -> None:
    opened(page)
    tab, plot = page.get_by_role("tab", name="Why did it vanish?"), page.locator("#panel-why .plot")
    tab.click()
    expect(plot).to_have_attribute("data-step", "0")
    waiting = Held(page, "**/why?*")
    step(page, 1)
    page.wait_for_timeout(100)
    tab.click()
    expect(plot).to_be_hidden()
    with page.expect_response(re.compile(r"/why\?")):
        waiting.let_go()
    page.wait_for_timeout(200)
    tab.click()
    expect(plot).to_have_attribute("data-step", "1")


def test_the_walk_is_of_the_step_on_screen_though_it_was_asked_for_before_it(page: Page) -> None:
    opened(page)
    waiting = Held(page, "**/walk?*")
    page.get_by_role("button", name="Walk through a pass").click()
    page.wait_for_function("() => document.querySelector('#walk').checkVisibility()")
    step(page, 1)
    waiting.let_go(2)
    expect(page.locator("#walk-graph svg")).to_have_attribute("aria-label", re.compile("step 1 "))
    expect(page.locator("#walk-error")).to_be_hidden()


def test_a_what_if_on_the_untouched_page_keeps_its_slider(page: Page) -> None:
    """Its first question makes the run, whose stream sends the picture again."""
    opened(page)
    page.get_by_role("button", name="What if?").click()
    drive = page.get_by_label("Input drive ×").first
    drive.fill("2")
    expect(page.locator("#state")).to_have_text("what if")
    page.wait_for_timeout(300)
    expect(drive).to_have_value("2")
    expect(page.locator("#state")).to_have_text("what if")


def test_a_preset_that_comes_late_does_not_take_the_screen_from_what_was_applied_after_it(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    waiting = Held(page, "**/api/presets")
    page.locator("#preset").select_option("as_soon_as")
    page.locator("#f-seed").fill("7")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_function("() => location.hash.length > 1")
    waiting.let_go()
    page.wait_for_timeout(300)
    expect(page.locator("#f-seed")).to_have_value("7")
    expect(page.locator("#preset-says")).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text("T 40")


def test_back_and_at_once_forward_stays_where_it_was(page: Page) -> None:
    """The way back opens the experiment before, which is still on its way when the user has turned round."""
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.locator("#preset").select_option("as_soon_as")
    expect(page.locator("#preset-says")).to_be_visible()
    page.wait_for_timeout(400)
    opening = Held(page, "**/opening.json")
    created = Held(page, "**/api/runs", "POST")
    page.evaluate("history.back()")
    for _ in range(200):
        if opening.waiting or created.waiting:
            break
        page.wait_for_timeout(25)
    page.evaluate("history.forward()")
    page.wait_for_timeout(200)
    for held in (opening, created):
        held.let_go(len(held.waiting))
    page.wait_for_timeout(500)
    expect(page.locator("#preset-says")).to_be_visible()
    expect(page.locator("#summary")).not_to_contain_text("T 40")


def test_of_two_sweeps_the_one_asked_for_last_stays(page: Page) -> None:
    page.goto("/sweeps")
    made = [page.request.post("/api/sweeps", data={"spec": SMALL["data"], "grid": {"seed": [0, n]}}) for n in (1, 2)]
    first, second = (answer.json()["id"] for answer in made)
    waiting = Held(page, f"**/api/sweeps/{first}")
    page.evaluate("id => { location.hash = id }", first)
    page.wait_for_timeout(100)
    page.evaluate("id => { location.hash = id }", second)
    expect(page.locator("#csv")).to_have_attribute("href", re.compile(second))
    waiting.let_go()
    expect(page.locator("#sweep-state")).to_have_text("finished")
    page.wait_for_timeout(300)
    expect(page.locator("#csv")).to_have_attribute("href", re.compile(second))
    assert page.url.endswith(f"#{second}")
