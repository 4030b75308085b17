"""What browser tests do to the page and read from it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

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


def saved(page: Page, panel: Locator, kinds: list[str], folder: Path) -> dict[str, Path]:
    """Take each kind of file from a panel's menu, which closes then; return where they are."""
    files = {}
    for kind in kinds:
        panel.get_by_label("Save this picture").click()
        with page.expect_download() as waited:
            panel.get_by_role("button", name=kind).click()
        files[kind] = folder / waited.value.suggested_filename
        waited.value.save_as(files[kind])
        expect(panel.get_by_role("button", name=kind)).to_be_hidden()
    return files
