"""The loss surface among the views, and as the map of lesson 2."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import opened, saved

PLOT = "#panel-surface .plot"


def surface(page: Page) -> Locator:
    page.get_by_role("tab", name="Loss surface").click()
    panel = page.locator("#panel-surface")
    expect(panel.locator(".plot .cartesianlayer .subplot").first).to_be_visible()
    return panel


def drawn(page: Page, plot: str = PLOT) -> list[dict[str, Any]]:
    """The traces on screen: kind, name, axis, how many points, first and last of them."""
    return page.evaluate(
        """(plot) => document.querySelector(plot).calcdata.map(([{trace}]) => {
            const [x, y] = [trace.x, trace.y].map((v) => Array.from(v));
            return {type: trace.type, name: trace.name, axis: trace.xaxis, count: x.length, x, y};
        })""",
        plot,
    )


def ranges(page: Page) -> list[float]:
    return page.evaluate("(plot) => Array.from(document.querySelector(plot)._fullLayout.xaxis.range)", PLOT)


def at_step(page: Page, step: int) -> None:
    expect(page.locator(PLOT)).to_have_attribute("data-step", str(step))


def test_it_comes_when_it_is_opened_and_follows_the_step_on_screen(page: Page) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    opened(page)
    assert not [url for url in urls if "/surface" in url.replace("/views/surface.js", "")]
    panel = surface(page)
    at_step(page, 0)
    expect(panel.locator(".told li")).to_have_count(3)
    assert sum("surface?" in url for url in urls) == 1
    assert [t["axis"] for t in drawn(page) if t["type"] == "heatmap"] == ["x", "x2", "x3"]
    for step in (1, 2):
        page.get_by_role("button", name="One step").click()
        at_step(page, step)
        path = next(t for t in drawn(page) if t["name"] == "the optimizer's path")
        assert path["count"] == step + 1
        assert (path["x"][-1], path["y"][-1]) == (0, 0)
    expect(panel.locator(".told li").first).to_contain_text("The plane holds 100 % of the last steps.")
    page.get_by_role("tab", name="Loss surface").click()
    expect(panel).to_be_hidden()
    page.get_by_role("button", name="One step").click()
    expect(page.locator("#step-count")).to_have_text("step 3")
    assert sum("surface?" in url for url in urls) == 3


def test_closer_and_wider_look_at_the_same_plane_and_the_way_back_is_one_button(page: Page) -> None:
    panel = surface(opened(page))
    at_step(page, 0)
    fit = panel.get_by_role("button", name="As at first")
    expect(fit).to_be_disabled()
    low, high = ranges(page)
    panel.get_by_role("button", name="Closer").click()
    page.wait_for_function(
        "([plot, old]) => document.querySelector(plot)._fullLayout.xaxis.range[1] < 0.6 * old", arg=[PLOT, high]
    )
    assert ranges(page)[1] == pytest.approx(high / 2, rel=0.05)
    fit.click()
    page.wait_for_function(
        "([plot, old]) => document.querySelector(plot)._fullLayout.xaxis.range[1] > 0.9 * old", arg=[PLOT, high]
    )
    assert ranges(page) == pytest.approx([low, high])
    expect(fit).to_be_disabled()


def clipping(page: Page) -> Locator:
    opened(page)
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Begin with").select_option(value="clipping")
    expect(page.locator("#preset-says")).to_be_visible()
    page.keyboard.press("Escape")
    panel = surface(page)
    at_step(page, 0)
    return panel


def test_a_clipped_step_is_gone_to_and_shows_the_cliff_and_where_it_would_have_ended(page: Page) -> None:
    panel = clipping(page)
    expect(panel.locator("#surface-clipped")).to_be_disabled()
    for step in (1, 2, 3):
        page.get_by_role("button", name="One step").click()
        at_step(page, step)
    cuts = panel.locator("#surface-clipped")
    expect(cuts.locator("option").first).to_have_text("Clipped steps (3)")
    expect(cuts.locator("option").nth(1)).to_have_text("step 1, the longest of 1 to 3")
    cuts.select_option(index=1)
    at_step(page, 1)
    expect(page.locator("#step-count")).to_have_text("step 1")
    words = panel.locator(".told li").inner_text()
    assert re.search(
        r"The gradient was 3200 times as long as allowed and was clipped: the loss went from 11\.94 to 1\.26", words
    )
    assert "without clipping it would have left the finite numbers" in words
    names = [t["name"] for t in drawn(page)]
    assert "without clipping (off this map)" in names
    expect(panel.locator(".legendtext", has_text="without clipping")).to_be_visible()


def test_the_same_stands_in_tables_and_can_be_taken_along(page: Page, tmp_path: Path) -> None:
    panel = clipping(page)
    page.get_by_role("button", name="One step").click()
    at_step(page, 1)
    panel.get_by_role("button", name="as a table").click()
    expect(panel.get_by_role("table")).to_have_count(2)
    path = panel.get_by_role("table").nth(1)
    expect(path.locator("caption")).to_have_text("RNN: the path")
    expect(path.locator("tbody tr")).to_have_count(2)
    expect(path.locator("tbody tr").nth(0)).to_have_text("0−0.010")  # step 0, a clipped step of 0.01 away
    expect(path.locator("tbody tr").nth(1)).to_have_text("100")  # step 1 at (0, 0)
    files = saved(page, panel, ["PNG", "SVG", "Map and path (CSV)"], tmp_path)
    assert files["PNG"].read_bytes().startswith(b"\x89PNG")
    assert "the weights shown" in files["SVG"].read_text()
    rows = list(csv.DictReader(files["Map and path (CSV)"].read_text().splitlines()))
    assert {row["kind"] for row in rows} == {"map", "path", "unclipped"}
    assert float([row for row in rows if row["kind"] == "path"][0]["loss"]) == pytest.approx(11.937758)


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}])
def test_a_phone_shows_one_map_below_the_other_and_nothing_hangs_over(page: Page, size: dict[str, int]) -> None:
    surface(opened(page))
    at_step(page, 0)
    offsets = "(plot) => ['', 2, 3].map((n) => document.querySelector(plot)._fullLayout[`yaxis${n}`]._offset)"
    assert len(set(page.evaluate(offsets, PLOT))) == 3
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_link_may_hide_it(page: Page) -> None:
    opened(page, "/?hide=surface")
    expect(page.get_by_role("tab", name="Spectrum")).to_be_visible()
    expect(page.get_by_role("tab", name="Loss surface")).to_be_hidden()


def test_it_speaks_korean(page: Page) -> None:
    opened(page, "/?lang=ko")
    page.get_by_role("tab", name="손실 곡면").click()
    at_step(page, 0)
    expect(page.locator("#panel-surface .legendtext").first).to_have_text("최적화 경로")
    expect(page.locator("#panel-surface .told li").first).to_contain_text("여기서 손실")


LESSON = "[data-figure=surface] .plot"


def test_the_map_of_lesson_2_is_driven_by_its_buttons(page: Page) -> None:
    opened(page, "/lessons/powers")
    plot = page.locator(LESSON)
    expect(plot).to_have_attribute("data-step", "0")
    page.get_by_role("button", name="50 steps", exact=True).click()
    expect(plot).to_have_attribute("data-step", "50")
    expect(page.locator("#trouble")).to_be_hidden()
    paths = [t for t in drawn(page, LESSON) if t["name"] == "the optimizer's path"]
    assert [(p["x"][0], p["y"][0]) for p in paths] == [(1, pytest.approx(w)) for w in (0.7, 1, 1.2)]
    assert all(abs(p["y"][-1] - 1) < 0.05 for p in paths)
    page.get_by_role("button", name="Gradient descent, rate 10⁻⁵: one step").click()
    expect(plot).to_have_attribute("data-step", "1")
    page.wait_for_function(
        "(plot) => document.querySelector(plot).calcdata"
        ".some(([{trace}]) => trace.mode === 'lines+markers' && trace.x.length === 2)",
        arg=LESSON,
    )
    flat, _, cliff = [t for t in drawn(page, LESSON) if t["name"] == "the optimizer's path"]
    assert abs(flat["y"][-1] - flat["y"][0]) < 0.01  # hardly moves on the flat side
    assert cliff["y"][-1] < -1  # thrown across the map from the cliff
    expect(page.locator("#told-surface li").nth(1)).to_contain_text("loss 0 here")
