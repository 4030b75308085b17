"""The walk through one pass: it plays to k = 0, steps either way, and its numbers are those of the other routes."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

Fetch = Callable[[str], Any]
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.fixture
def fetch(page: Page) -> Fetch:
    """Ask the API about the page's own run; the page's token-free GETs need nothing more."""
    runs: list[str] = []
    page.on("response", lambda r: runs.append(r.url) if "/walk" in r.url else None)

    def ask(rest: str) -> Any:
        run = runs[-1].split("/walk")[0]
        answer = page.request.get(f"{run}/{rest}")
        assert answer.ok, answer.text()
        return answer

    return ask


def numbers(wire: dict[str, str]) -> Any:
    shape = [int(part) for part in wire["shape"].split(",")]
    return np.frombuffer(base64.b64decode(wire["bdata"]), wire["dtype"]).reshape(shape)


def events(text: str) -> list[tuple[str, Any]]:
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


def walking(page: Page, network: str = "LSTM") -> Page:
    page.goto("/")
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    page.get_by_role("button", name="Walk through a pass").click()
    expect(page.locator("#walk-says")).to_have_text(re.compile("Forward, t = 1 of 40"))
    if network != "RNN":
        with page.expect_response(re.compile("/walk")):
            page.locator("#walk-network").select_option(label=network)
        expect(page.locator("#walk-graph svg")).to_have_attribute("aria-label", re.compile(network))
    return page


def shown(page: Page, slot: str) -> float:
    return written(page.locator(f'#walk dl:not([hidden]) [data-slot="{slot}"]').first.text_content() or "")


def written(text: str) -> float:
    """A number as the page writes it: "0.25", "1.7 × 10⁻¹¹"."""
    mantissa, _, exponent = text.strip("()").replace("−", "-").partition(" × 10")
    return float(mantissa) * 10.0 ** int(exponent.translate(RAISED) or 0)


def close(text: float, value: float, digits: int = 3) -> bool:
    return abs(text - value) <= 6 * 10.0**-digits * abs(value)


def test_it_plays_to_the_end_with_the_numbers_of_the_whole_product(page: Page, fetch: Fetch) -> None:
    walking(page)
    page.locator("#walk-speed").select_option("12")
    page.get_by_role("button", name="To the last step").click()
    for _ in range(3):
        page.get_by_role("button", name="One step back").click()
    expect(page.locator("#walk-says")).to_have_text(re.compile("Backward, k = 3:"))
    page.get_by_role("button", name="Play the pass").click()
    expect(page.locator("#walk-says")).to_have_text(re.compile("Backward, k = 0:"))
    expect(page.get_by_role("button", name="Play the pass")).to_be_visible()
    whole = fetch("jacobian?step=0&network=1&t=40&k=0").json()
    caption = page.locator("#walk-product figcaption").inner_text()
    assert "∂h₄₀/∂h₀" in caption
    assert close(shown(page, "norm"), 10 ** whole["log_norm"], digits=2)
    assert close(shown(page, "path"), float(numbers(whole["carousel"])[0]))
    limit = written(caption.partition("±")[2])
    assert close(limit, float(np.abs(numbers(whole["hh"])).max()))


def test_the_formulas_hold_the_numbers_of_the_chosen_unit(page: Page, fetch: Fetch) -> None:
    walking(page)
    page.locator("#walk-unit").fill("5")
    for _ in range(6):
        page.get_by_role("button", name="One step on").click()
    expect(page.locator("#walk-says")).to_have_text(re.compile("t = 7 of 40"))
    told = events(fetch("walk?step=0&network=1").text())
    (_, before), (_, here) = told[5:7]
    for gate in "ifgo":
        assert close(shown(page, gate), numbers(here["gates"][gate])[5])
        for row, part in enumerate(("in", "rec", "bias")):
            assert close(shown(page, gate + part), numbers(here["sums"][gate])[row, 5])
    assert close(shown(page, "c"), numbers(here["c"])[5])
    assert close(shown(page, "cprev"), numbers(before["c"])[5])
    page.locator("#walk-at").fill("40")
    loss = told[40][1]
    expect(page.locator("#walk-says")).to_have_text(re.compile("loss of the whole batch"))
    assert close(shown(page, "loss"), loss["loss"])


def test_steps_go_either_way_by_button_key_and_click(page: Page) -> None:
    walking(page, "RNN")
    says = page.locator("#walk-says")
    page.locator("#walk").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text(re.compile("t = 3 of"))
    page.keyboard.press("ArrowLeft")
    expect(says).to_have_text(re.compile("t = 2 of"))
    page.locator('#walk-graph [data-step="5"] .when').click()
    expect(says).to_have_text(re.compile("t = 5 of"))
    page.keyboard.press("End")
    expect(says).to_have_text(re.compile("Backward, k = 0"))
    page.locator('#walk-graph [data-step="4"] .when').click()
    expect(says).to_have_text(re.compile("Backward, k = 4"))
    expect(page.locator("#step-count")).to_have_text("step 0")  # the arrows did not train
    page.locator("#walk").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#walk")).to_be_hidden()


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 1280, "height": 720}], ids=str)
def test_it_fits_a_phone_and_a_projector(page: Page, size: dict[str, int]) -> None:
    walking(page)
    page.get_by_role("button", name="To the last step").click()
    expect(page.locator("#walk-says")).to_have_text(re.compile("k = 0"))
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    inside = page.locator("#walk-graph svg").bounding_box()
    assert inside
    assert inside["x"] >= 0
    assert inside["x"] + inside["width"] <= size["width"]


def test_it_follows_the_training_when_it_rests(page: Page) -> None:
    walking(page, "RNN")
    with page.expect_response(re.compile("/walk.*step=1")):
        page.get_by_role("button", name="One step", exact=True).click()
    expect(page.locator("#walk-graph svg")).to_have_attribute("aria-label", re.compile("step 1 of the training"))
