"""What there is to see beside the maps: ready experiments, why it vanished, spectra."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import opened, saved


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


def asked(page: Page, name: str) -> list[str]:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if f"/{name}?" in request.url else None)
    return urls


def test_why_and_spectra_are_asked_only_while_open_and_follow_the_step(page: Page) -> None:
    opened(page)
    for name, tab, words in (
        ("why", "Why did it vanish?", "over 40 steps along the strongest path: "),
        ("spectra", "Spectrum", "of 32 directions have grown. Lyapunov exponents from"),
    ):
        urls = asked(page, name)
        panel = page.locator(f"#panel-{name}")
        page.get_by_role("tab", name=tab).click()
        expect(panel.locator(".told li")).to_have_count(3)
        expect(panel.locator(".told li").first).to_contain_text("RNN")
        expect(panel.locator(".told li").first).to_contain_text(words)
        expect(panel.locator(".cartesianlayer .subplot")).to_have_count(3)
        before, step = panel.locator(".told").inner_text(), int(panel.locator(".plot").get_attribute("data-step") or -1)
        page.get_by_role("button", name="One step").click()
        expect(panel.locator(".plot")).to_have_attribute("data-step", str(step + 1))
        expect(panel.locator(".quiet")).to_have_text(f"at step {step + 1} of the training")
        assert panel.locator(".told").inner_text() != before
        page.get_by_role("tab", name=tab).click()
        expect(panel).to_be_hidden()
        known = len(urls)
        assert known == 2
        page.get_by_role("button", name="One step").click()
        expect(page.locator("#step-count")).to_have_text(f"step {step + 2}")
        assert len(urls) == known


def test_while_it_trains_why_is_asked_at_most_once_a_second_and_ends_at_the_step_on_screen(page: Page) -> None:
    opened(page)
    page.get_by_role("tab", name="Why did it vanish?").click()
    expect(page.locator("#panel-why .told li")).to_have_count(3)
    urls = asked(page, "why")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#state")).to_have_text("paused")
    page.wait_for_function(
        "() => document.querySelector('#panel-why .plot').dataset.step"
        " === document.querySelector('#step-count').textContent.replace(/\\D/g, '')"
    )
    assert 1 <= len(urls) <= 6
    expect(page.locator("#panel-why .error")).to_be_hidden()


@pytest.mark.parametrize("name", ["why", "spectra", "surface"])
def test_a_link_made_with_one_of_these_tabs_open_opens_it_again_unless_it_is_hidden(page: Page, name: str) -> None:
    opened(page)
    page.locator(f"#tab-{name}").click()
    page.get_by_role("button", name="One step").click()
    expect(page.locator(f"#panel-{name} .plot")).to_have_attribute("data-step", "1")
    page.wait_for_function("() => location.hash.length > 50")
    page.wait_for_timeout(500)  # the address is renewed at most three times a second
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(f"#tab-{name}")).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"#panel-{name} .plot")).to_have_attribute("data-step", "1")
    page.goto("about:blank")
    page.goto(link.replace("#", f"?hide={name}#"))
    expect(page.locator("#step-count")).to_have_text("step 1")
    expect(page.locator(f"#panel-{name}")).to_be_hidden()
    expect(page.locator("[role=tab][aria-selected=true]")).to_have_count(0)


def deep(page: Page) -> None:
    """An experiment of a network of two layers beside one of one layer."""
    spec = {
        "task": {"name": "adding", "length": 12},
        "networks": [{"cell": "rnn", "hidden_size": 6, "layers": 2}, {"cell": "lstm", "hidden_size": 6}],
        "batch_size": 4,
        "steps": 10,
    }
    page.goto("/#" + json.dumps(spec))
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")


@pytest.mark.parametrize(("name", "tab", "lines"), [("why", "Why did it vanish?", 5), ("spectra", "Spectrum", 6)])
def test_layers_are_chosen_and_all_stands_in_tables_and_files(
    page: Page, tmp_path: Path, name: str, tab: str, lines: int
) -> None:
    deep(page)
    page.get_by_role("tab", name=tab).click()
    panel = page.locator(f"#panel-{name}")
    expect(panel.locator(".told strong").nth(0)).to_have_text("RNN, layer 1")
    panel.get_by_role("button", name="as a table").click()
    first = panel.get_by_role("table").nth(0)
    expect(first.locator("tbody tr")).to_have_count(lines)
    before = first.inner_text()
    panel.get_by_label("Layer").select_option(label="2")
    expect(panel.locator(".told strong")).to_have_text(["RNN, layer 2", "LSTM, layer 1"])
    expect(panel.get_by_role("table")).to_have_count(2)
    assert first.inner_text() != before
    files = saved(page, panel, ["PNG", "SVG", "Its data (CSV)"], tmp_path)
    assert files["PNG"].read_bytes().startswith(b"\x89PNG")
    assert "RNN" in files["SVG"].read_text()
    rows = list(csv.DictReader(files["Its data (CSV)"].read_text().splitlines()))
    assert {(row["network"], row["layer"]) for row in rows} == {("RNN", "1"), ("LSTM", "0")}
    assert len(rows) == (2 * 12 if name == "why" else 2 * 13 * 6 + 6 + 12)
    values = [float(row["total" if name == "why" else "value"]) for row in rows]
    last = first.locator("tbody tr").last.locator("td").nth(0).inner_text()
    assert float(last.replace("−", "-")) == pytest.approx(values[0], abs=0.006)  # log10 of 1, or the first step's sum


def test_an_experiment_of_single_layers_has_no_choice_of_them(page: Page) -> None:
    opened(page)
    page.get_by_role("tab", name="Spectrum").click()
    expect(page.locator("#panel-spectra .told li")).to_have_count(3)
    expect(page.locator("#panel-spectra select")).to_be_hidden()
