"""What a newcomer, a student and a teacher do with the page."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

T, N = 40, 32  # of the opening experiment
RNN, LSTM = 0, 1


def opened(page: Page, address: str = "/") -> Page:
    page.goto(address)
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return page


def drawn_step(page: Page) -> int:
    return int(page.evaluate("performance.getEntriesByName('frame-drawn').at(-1)?.detail.step ?? -1"))


def trained_to(page: Page, step: int) -> None:
    page.wait_for_function("step => performance.getEntriesByName('frame-drawn').at(-1)?.detail.step >= step", arg=step)


def maps(page: Page, figure: str) -> list[list[list[Any]]]:
    """The numbers that stand in plotly's own drawing of a still figure: one matrix for each map; None is undefined."""
    page.wait_for_selector(f"#panel-{figure} .figure-plot:not(.live)")
    script = """id => document.querySelector(`#panel-${id} .figure-plot`).data.map(
        trace => trace.z.map(row => Array.from(row, value => Number.isNaN(value) ? null : value)))"""
    return list(page.evaluate(script, figure))


def pixels(page: Page, figure: str = "jacobian", index: int = 0) -> str:
    """The colours on the live canvas of one map."""
    script = "([id, index]) => document.querySelectorAll(`#panel-${id} canvas`)[index].toDataURL()"
    return str(page.evaluate(script, [figure, index]))


def still(page: Page) -> int:
    """Wait until the training rests and the picture is that of its last step; return that step."""
    expect(page.locator("#state")).to_have_text(re.compile("paused|finished|diverged"))
    page.wait_for_function(
        """() => document.querySelector('#step-count').textContent.replace(/\\D/g, '')
            === String(performance.getEntriesByName('frame-drawn').at(-1)?.detail.step)"""
    )
    return drawn_step(page)


def play_to(page: Page, step: int) -> None:
    page.get_by_role("button", name="Play", exact=True).click()
    trained_to(page, step)
    page.get_by_role("button", name="Pause").click()
    still(page)


def change(page: Page, **fields: Any) -> None:
    """Type into the experiment's form and apply it; `__` stands for a dot."""
    if page.locator("#drawer").is_hidden():
        page.get_by_role("button", name="Change").click()
    for name, value in fields.items():
        field = page.locator(f'[name="{name.replace("__", ".")}"]:enabled')
        if field.evaluate("el => el.closest('details') && !el.closest('details').open"):
            field.evaluate("el => { el.closest('details').open = true }")
        field.select_option(value) if field.evaluate("el => el.tagName") == "SELECT" else field.fill(str(value))
    page.get_by_role("button", name="Apply").click()


def corner(matrix: list[list[float]]) -> float:
    """log10 of the longest reach: t = T, k = 0."""
    assert math.isfinite(matrix[T][0])
    return matrix[T][0]


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


@pytest.mark.parametrize("expected", [["422"]])
def test_what_the_server_refuses_stands_beside_its_field(page: Page, expected: list[str]) -> None:
    opened(page)
    change(page, networks__0__hidden_size=0, optimizer__learning_rate=-1)
    field = page.locator('[name="networks.0.hidden_size"]')
    expect(field).to_have_attribute("aria-invalid", "true")
    error = page.locator(f"#{field.get_attribute('id')}-error")
    expect(error).to_have_text(re.compile("at least 1"))
    assert error.get_attribute("id") in (field.get_attribute("aria-describedby") or "")
    expect(page.locator('[name="optimizer.learning_rate"]:enabled')).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#verdicts li")).to_have_count(3)  # the picture stays
    change(page, networks__0__hidden_size=8, optimizer__learning_rate=0.01)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#summary")).to_contain_text("RNN 8")


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


def test_sentences_that_the_user_types_are_learned(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.locator("#f-task-name").select_option("as_soon_as")
    typed = "여름이 오면 비가 온다 → 1\n비가 오면 여름이 온다 → 0\n겨울이 오면 눈이 온다 → 1\n눈이 오면 겨울이 온다 → 0"
    change(page, task__sentences=typed, optimizer__learning_rate=0.02)
    expect(page.locator("#summary")).to_contain_text("Sentences")
    play_to(page, 60)
    text = page.locator("#verdicts li").nth(LSTM).inner_text()
    loss = float(re.search(r"loss ([\d.e−]+)", text).group(1).replace("−", "-"))  # type: ignore[union-attr]
    assert loss < 0.35  # always the same answer: 0.69
    assert "100 % right" in text


def test_a_live_knob_changes_the_picture_at_once(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    before = maps(page, "cell_jacobian")
    page.locator('[name="networks.1.forget_bias"]').fill("5")
    page.keyboard.press("Tab")
    page.wait_for_function(
        "old => document.querySelector('#panel-cell_jacobian .figure-plot:not(.live)')?.data[1].z[40][0] > old + 1",
        arg=before[1][T][0],
    )
    expect(page.locator("#step-count")).to_have_text("step 0")


def test_networks_are_added_and_removed(page: Page) -> None:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Add a network").click()
    change(page, networks__3__cell="lstm", networks__3__forget_bias=0)
    expect(page.locator("#verdicts li")).to_have_count(4)
    expect(page.locator("#verdicts li").nth(3)).to_contain_text("LSTM 4")
    page.get_by_role("button", name="Remove this network").first.click()
    change(page)
    expect(page.locator("#verdicts li")).to_have_count(3)
    expect(page.locator("#verdicts li").first).to_contain_text("LSTM")


def test_a_link_opens_its_experiment(page: Page) -> None:
    spec = {"task": {"name": "adding", "length": 12}, "networks": [{"cell": "gru", "hidden_size": 5}], "seed": 7}
    opened(page, f"/#{json.dumps(spec)}")
    expect(page.locator("#summary")).to_contain_text("T 12")
    expect(page.locator("#verdicts li")).to_have_count(1)
    page.get_by_role("button", name="Change").click()
    expect(page.locator('[name="seed"]')).to_have_value("7")


@pytest.mark.parametrize("expected", [["422"]])
@pytest.mark.parametrize("hash", ["#eyJ2Ijo", '#{"task": {"name": "nonsense"}, "networks": []}'])
def test_a_broken_link_says_so_and_leads_on(page: Page, hash: str, expected: list[str]) -> None:
    opened(page, f"/{hash}")
    expect(page.locator("#notice")).to_contain_text("link")
    expect(page.locator("#verdicts li")).to_have_count(3)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_enabled()


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
