"""What a user does with the instrument: asks what if, trains on from there, travels in time, compares, checks."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.helpers import opened

RNN, GRU = 0, 2
ONE = "document.querySelector('#panel-jacobian .figure-plot').data[0].z[1][0]"  # one factor


def trained(page: Page, steps: int) -> None:
    """Train by single steps until the picture is that of the last."""
    for step in range(1, steps + 1):
        page.get_by_role("button", name="One step").click()
        expect(page.locator("#step-count")).to_have_text(f"step {step}")
    drawn(page, steps)


def drawn(page: Page, step: int) -> None:
    page.wait_for_function("s => performance.getEntriesByName('frame-drawn').at(-1)?.detail.step === s", arg=step)


def corner(page: Page, network: int = RNN, where: str = "#panel-jacobian") -> float:
    """log10 ‖∂h_T/∂h_0‖ as plotly draws it."""
    page.wait_for_selector(f"{where} .figure-plot:not(.live)")
    return float(
        page.evaluate("([w, i]) => document.querySelector(`${w} .figure-plot`).data[i].z[40][0]", [where, network])
    )


def slide(page: Page, name: str, value: float) -> None:
    script = """([name, value]) => {
        const slider = document.querySelector(`#whatif [name='${name}']`);
        slider.value = value;
        slider.dispatchEvent(new Event('input'));
    }"""
    page.wait_for_selector(f"#whatif [name='{name}']", state="attached")
    page.evaluate(script, [name, value])


def supposed(page: Page) -> None:
    expect(page.locator("#state")).to_have_text("what if")
    page.wait_for_selector("#panel-jacobian .figure-plot:not(.live)")


def test_a_slider_changes_the_maps_without_training_and_revert_brings_them_back(page: Page) -> None:
    opened(page)
    trained(page, 2)
    before = corner(page)
    page.get_by_role("button", name="What if?").click()
    slide(page, "networks.0.spectral_radius_factor", 2)
    supposed(page)
    page.wait_for_function(
        "b => document.querySelector('#panel-jacobian .figure-plot').data[0].z[40][0] > b + 3", arg=before
    )
    expect(page.locator("#step-count")).to_have_text("step 2")
    expect(page.locator("#whatif-answer li").first).to_contain_text("RNN: over the longest lag")
    page.get_by_role("button", name="Revert").click()
    expect(page.locator("#state")).to_have_text("paused")
    page.wait_for_function(
        "b => document.querySelector('#panel-jacobian .figure-plot').data[0].z[40][0] === b", arg=before
    )
    expect(page.get_by_label("Spectral radius ×").first).to_have_value("1")


def test_train_on_from_there_is_a_run_of_its_own_and_the_original_waits(page: Page) -> None:
    opened(page)
    trained(page, 2)
    before = corner(page)
    page.get_by_role("button", name="What if?").click()
    slide(page, "networks.0.spectral_radius_factor", 1.5)
    supposed(page)
    page.get_by_role("button", name="Train on from there").click()
    expect(page.locator("#notice")).to_contain_text("A run of its own")
    expect(page.locator("#state")).to_have_text("paused")
    assert corner(page) > before + 1
    page.get_by_role("button", name="One step").click()
    expect(page.locator("#step-count")).to_have_text("step 3")
    page.get_by_role("button", name="Back to the original").click()
    expect(page.locator("#step-count")).to_have_text("step 2")
    page.wait_for_function(
        "b => Math.abs(document.querySelector('#panel-jacobian .figure-plot').data[0].z[40][0] - b) < 1e-4", arg=before
    )


def test_one_weight_is_set_by_hand(page: Page) -> None:
    opened(page)
    trained(page, 1)
    page.wait_for_selector("#panel-jacobian .figure-plot:not(.live)")
    before = page.evaluate(ONE)
    page.get_by_role("button", name="What if?").click()
    page.get_by_text("One weight by hand").click()
    value = page.get_by_label("value", exact=True)
    expect(value).to_have_value(re.compile(r"\d"))
    first = value.input_value()
    page.get_by_label("row", exact=True).fill("3")
    expect(value).not_to_have_value(first)
    value.fill("6")
    value.press("Enter")
    supposed(page)
    page.wait_for_function(f"b => Math.abs({ONE} - b) > 0.02", arg=before)


def test_a_what_if_that_cannot_be_says_why(page: Page, expected: list[str]) -> None:
    expected.append("422")
    opened(page)
    trained(page, 1)
    page.get_by_role("button", name="What if?").click()
    stride = page.locator("#w-truncation_stride")
    stride.fill("7")
    page.locator("#w-truncation_window").fill("3")
    page.locator("#w-truncation_window").press("Enter")
    expect(page.locator("#whatif-error")).to_contain_text("truncation")


def test_a_pinned_step_stands_above_the_one_on_screen(page: Page) -> None:
    opened(page)
    trained(page, 3)
    at_three = corner(page, GRU)
    page.get_by_role("button", name="Pin as A").click()
    page.locator("#scrubber").focus()
    page.keyboard.press("Home")
    expect(page.locator("#step-count")).to_have_text("step 0")
    expect(page.locator("#compare-words")).to_contain_text("Above A, step 3; below B, step 0.")
    assert corner(page, GRU, "#pinned [data-pinned=jacobian]") == pytest.approx(at_three, abs=1e-5)
    drawn(page, 0)
    assert not np.isclose(corner(page, GRU), at_three, atol=1e-3)
    page.locator("#unpin").click()
    expect(page.locator("#compare")).to_be_hidden()


def test_replay_plays_the_history_and_ends_now(page: Page) -> None:
    opened(page)
    trained(page, 4)
    page.evaluate("""() => { window.seen = [];
        const see = (list) => window.seen.push(...list.getEntriesByName('frame-drawn').map(({detail}) => detail.step));
        new PerformanceObserver(see).observe({ type: 'mark' }) }""")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    drawn(page, 4)
    seen = page.evaluate("window.seen")
    assert list(dict.fromkeys(step for step in seen if step != 4)) == [0, 1, 2, 3]


def test_events_of_the_training_can_be_gone_to(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    clip = page.locator('[name="clip_norm"]:enabled')
    clip.evaluate("el => { const more = el.closest('details'); if (more) more.open = true }")
    clip.fill("0.001")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#step-count")).to_have_text("step 0")
    page.locator("#hide-controls").click()
    trained(page, 3)
    events = page.locator("#events")
    expect(events.locator("option", has_text="RNN · steps 1 to 3: gradient clipped 3 times")).to_have_count(1)
    events.select_option(index=1)
    expect(page.locator("#step-count")).to_have_text("step 1")
    expect(page.locator("#ticks [data-kind=clipped]").first).to_be_attached()


def test_each_map_carries_how_far_its_numbers_are_to_be_trusted(page: Page) -> None:
    opened(page)
    badge = page.locator("#panel-jacobian > .trust")
    expect(badge).to_have_text("check")
    badge.click()
    expect(badge).to_have_text(re.compile("^✓ .*10⁻"))
    expect(badge).to_have_attribute("title", re.compile("LSTM: gradient .* off"))
    expect(page.locator("#panel-cell_jacobian > .trust")).to_have_attribute("data-sound", "true")
    trained(page, 1)
    expect(badge).to_have_attribute("title", re.compile("at step 1"))


def test_what_is_asked_of_a_step_is_not_asked_of_the_run_that_comes_after_a_reset(page: Page) -> None:
    """The fresh run comes late, and has no step 1: the page, whose log must stay clean, may not ask it for one."""
    opened(page)
    trained(page, 1)
    page.get_by_role("button", name="What if?").click()
    held: list[Route] = []
    page.route("**/api/runs", lambda route: held.append(route))
    page.get_by_role("button", name="Reset").click()
    slide(page, "networks.0.drive", 2)
    page.locator("#whatif-weight > summary").click()
    page.wait_for_timeout(600)  # longer than a step stays before its badges are checked
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#step-count")).to_have_text("step 0")
    drawn(page, 0)
    page.wait_for_timeout(600)
    expect(page.locator("#state")).to_have_text("untrained")


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}], ids=["phone"])
def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page) -> None:
    opened(page)
    trained(page, 1)
    page.get_by_role("button", name="What if?").click()
    expect(page.get_by_label("Input drive ×").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_link_leads_to_the_step_the_view_and_the_product_it_was_made_at(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page)
    trained(page, 2)
    page.get_by_role("tab", name=re.compile("Gates")).click()
    page.keyboard.press("j")
    expect(page.locator("#drill-title")).to_be_visible()
    expect(page.locator("#drill-facts")).to_contain_text("norm")
    told = sure(page.locator("#drill-facts").inner_text())
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_contain_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    opened(page, link)
    expect(page.locator("#step-count")).to_have_text("step 2")
    expect(page.locator("#drill-facts")).to_have_text(re.compile(r"norm"))
    expect(page.get_by_role("tab", name=re.compile("Gates"))).to_have_attribute("aria-selected", "true")
    assert sure(page.locator("#drill-facts").inner_text()) == told


def sure(facts: str) -> str:
    """The facts but the last number: a smallest singular value 10^-17 of the largest is rounding, not the product."""
    return facts.rpartition("\n")[0]
