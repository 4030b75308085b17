"""What there is to see beside the maps: ready experiments, why it vanished, spectra."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def opened(page: Page) -> Page:
    page.goto("/")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return page


def test_a_ready_experiment_opens_at_step_0_with_its_sentence_until_another_comes(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Begin with").select_option(label="Forget bias 0, 1, 3, 5")
    expect(page.locator("#preset-says")).to_contain_text("Four LSTMs that differ in one number")
    expect(page.locator("#step-count")).to_have_text("step 0")
    expect(page.locator("#verdicts li")).to_have_count(4)
    expect(page.locator("#f-networks-3-forget_bias")).to_have_value("5")
    assert len(page.url.split("#")[1]) > 50  # the link is the experiment
    page.locator("#f-seed").fill("7")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#preset-says")).to_be_hidden()
    expect(page.get_by_label("Begin with")).to_have_value("")
    expect(page.locator("#state")).not_to_have_text(re.compile("failed"))
