"""Whatever is done in whatever order while answers are late: the page comes to rest and shows what the server says.

`UNROLLED_MONKEYS=40` tries that many seeds. A seed does the same deeds again, though not at the same moments.
"""

from __future__ import annotations

import base64
import json
import os
import random
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Response, TimeoutError

LATE = (Path(__file__).parent / "late.js").read_text(encoding="utf-8")
MOST = 800  # ms that an answer is late
DEEDS = 16  # in a sequence
QUIET = 700  # ms without a question: longer than the page itself waits before it asks
SEEDS = range(int(os.environ.get("UNROLLED_MONKEYS", "2")))

PRESS = """selector => {
    const there = [...document.querySelectorAll(selector)].find(el => el.checkVisibility() && !el.disabled);
    there?.click();
}"""
SET = """([selector, part]) => {
    const el = [...document.querySelectorAll(selector)].find(el => el.checkVisibility() && !el.disabled);
    if (!el) return;
    if (el.options) el.selectedIndex = Math.floor(part * el.options.length);
    else if (el.type === 'range') el.value = Number(el.min) + part * (el.max - el.min);
    else el.value = part;
    for (const name of ['input', 'change']) el.dispatchEvent(new Event(name, { bubbles: true }));
}"""
TAB = """part => {
    const all = document.querySelectorAll('#tabs [role=tab]');
    all[Math.floor(part * all.length)]?.click();
}"""
TRAVEL = "way => way < 0 ? navigation.canGoBack && history.back() : navigation.canGoForward && history.forward()"
CHOOSE = """name => {
    const select = document.querySelector('#preset');
    select.value = name;
    select.dispatchEvent(new Event('change', { bubbles: true }));
}"""
PICK = """([t, k]) => document.querySelector('#panel-jacobian .plot')?.dispatchEvent(
    new CustomEvent('cell-picked', { bubbles: true, detail: { figure: 'jacobian', network: 0, layer: 0, t, k } }))"""
SMALL = ["as_soon_as", "bit_sum", "vanishing"]


class Monkey:
    """Does things to a page by a seed."""

    def __init__(self, page: Page, seed: int) -> None:
        self.page = page
        self.random = random.Random(seed)
        self.done: list[str] = []

    def press(self, selector: str) -> None:
        self.page.evaluate(PRESS, selector)

    def set(self, selector: str, value: float | None = None) -> None:
        self.page.evaluate(SET, [selector, self.random.random() if value is None else value])

    def key(self, *keys: str) -> None:
        self.page.evaluate("document.querySelector('#maps').focus()")
        for key in keys:
            self.page.keyboard.press(key)

    def apply(self) -> None:
        self.press("#show-controls[aria-expanded=false]")
        self.set("#f-seed", self.random.randrange(9))
        self.press("#apply")

    def live(self) -> None:
        self.press("#show-controls[aria-expanded=false]")
        self.set("[name='optimizer.learning_rate']", self.random.choice([0.001, 0.003, 0.01]))
        self.set("[name='clip_norm']", self.random.choice([0.5, 1, 2]))

    def weight(self) -> None:
        self.press("#show-whatif[aria-expanded=false]")
        self.page.evaluate("document.querySelector('#whatif-weight').open = true")
        self.set("#weight-network")
        self.set("#weight-value", self.random.choice([-1, 0, 2]))

    def product(self) -> None:
        k = self.random.randrange(3)
        self.page.evaluate(PICK, [k + self.random.randrange(2), k])

    def act(self) -> None:
        """Do the next thing."""
        deeds = {
            "step": (5, lambda: self.press("#step")),
            "step key": (2, lambda: self.key("ArrowRight")),
            "steps": (1, lambda: self.key("ArrowRight", "ArrowRight", "ArrowRight")),
            "reset": (2, lambda: self.press("#reset")),
            "play": (2, lambda: self.press("#play")),
            "play and step": (1, lambda: self.key("Space", "ArrowRight")),
            "speed": (1, lambda: self.set("#speed")),
            "tab": (3, lambda: self.page.evaluate(TAB, self.random.random())),
            "walk": (2, lambda: self.press("#show-walk")),
            "walk on": (1, lambda: self.press("#walk-last")),
            "walk network": (1, lambda: self.set("#walk-network")),
            "what if": (2, lambda: self.press("#show-whatif")),
            "slide": (3, lambda: self.set("#whatif-knobs input[type=range]")),
            "revert": (1, lambda: self.press("#whatif-revert")),
            "fork": (1, lambda: self.press("#whatif-fork")),
            "to the original": (1, lambda: self.press("#whatif-back")),
            "weight": (1, self.weight),
            "product": (2, self.product),
            "close": (1, lambda: self.press("#drill-close")),
            "look": (2, lambda: self.set("#scrubber")),
            "look key": (2, lambda: self.key("ArrowLeft")),
            "now": (1, lambda: self.key("End")),
            "replay": (1, lambda: self.press("#replay")),
            "pin": (1, lambda: self.press("#pin")),
            "badge": (1, lambda: self.press("figure.panel > .trust")),
            "back": (3, lambda: self.page.evaluate(TRAVEL, -1)),
            "forward": (2, lambda: self.page.evaluate(TRAVEL, 1)),
            "preset": (1, lambda: self.page.evaluate(CHOOSE, self.random.choice(SMALL))),
            "apply": (1, self.apply),
            "live": (1, self.live),
        }
        name = self.random.choices(list(deeds), [weight for weight, _ in deeds.values()])[0]
        self.done.append(name)
        deeds[name][1]()
        self.page.wait_for_timeout(self.random.choice([0, 30, 150, 500]))


HALT = """quiet => {
    const replaying = document.querySelector('#replay').textContent === 'Stop' && document.querySelector('#replay');
    const running = document.querySelector('#state').dataset.state === 'running' && document.querySelector('#play');
    (replaying || running || null)?.click();
    return Boolean(replaying || running) || late.open > 0 || performance.now() - late.rested < quiet;
}"""
RESTED = """quiet => {
    const state = document.querySelector('#state').dataset.state;
    return late.open === 0 && performance.now() - late.rested > quiet && state !== 'running'
        && !document.querySelector('#hero .figure-plot.live');
}"""
BUSY = """() => ({
    open: late.open, ago: performance.now() - late.rested, last: late.asked,
    state: document.querySelector('#state').outerHTML, replay: document.querySelector('#replay').textContent,
    live: [...document.querySelectorAll('#hero .figure-plot.live')].map((plot) => plot.closest('figure').id),
})"""
SCREEN = """() => {
    const text = (id) => document.querySelector(id)?.textContent ?? '';
    const seen = (id) => document.querySelector(id)?.checkVisibility() ?? false;
    const plot = (id) => document.querySelector(`${id} .figure-plot`);
    const rows = (z) => z.map((row) => Array.from(row, (v) => Number.isNaN(v) ? null : v));
    const lines = (plot('#panel-loss')?.data ?? []).map(({ x }) => Array.from(x ?? []).filter((v) => v !== null));
    return {
        step: Number(text('#step-count').replace(/\\D/g, '')),
        state: document.querySelector('#state').dataset.state,
        notice: seen('#notice') ? text('#notice') : '',
        maps: plot('#panel-jacobian').data.map(({ z }) => rows(z)),
        limits: plot('#panel-jacobian').layout.meta.scale.limits,
        losses: lines,
        badge: document.querySelector('#panel-jacobian > .trust').title,
        drill: seen('#drill') && !seen('#drill-error') ? rows(document.querySelector('#drill-matrix').data[0].z) : null,
        walk: seen('#walk') ? document.querySelector('#walk-graph svg')?.getAttribute('aria-label') ?? 'none' : null,
        tabs: [...document.querySelectorAll('#panel-why, #panel-spectra, #panel-surface')]
            .filter((panel) => panel.checkVisibility()).map((panel) => panel.querySelector('.plot')?.dataset.step),
        hash: location.hash.slice(1),
        late: { run: late.run, asked: late.asked },
    };
}"""


def rested(monkey: Monkey) -> dict[str, Any]:
    """Pause, wait until nothing is on its way any more, and return what is on screen."""
    for _ in range(80):
        if not monkey.page.evaluate(HALT, QUIET):
            break
        monkey.page.wait_for_timeout(250)
    try:
        monkey.page.wait_for_function(RESTED, arg=QUIET, timeout=30_000)
    except TimeoutError as error:
        raise AssertionError(f"no rest after {monkey.done}: {monkey.page.evaluate(BUSY)}") from error
    screen: dict[str, Any] = monkey.page.evaluate(SCREEN)
    return screen


def numbers(wire: dict[str, str]) -> np.ndarray[Any, Any]:
    shape = [int(part) for part in wire["shape"].split(",")]
    return np.frombuffer(base64.b64decode(wire["bdata"]), wire["dtype"]).reshape(shape).astype(float)


def drawn(rows: list[list[float | None]]) -> np.ndarray[Any, Any]:
    return np.array([[np.nan if v is None else v for v in row] for row in rows], float)


def same_picture(screen: dict[str, Any], frame: dict[str, Any]) -> None:
    """The maps that plotly has drawn are those of the frame; beyond the limits of the colours they are cut."""
    networks = frame["networks"]
    assert len(screen["maps"]) == len(networks)
    low, high = screen["limits"]
    for rows, network in zip(screen["maps"], networks, strict=True):
        shown, told = drawn(rows), numbers(network["layers"][0]["jacobian_log_norms"])
        assert shown.shape == told.shape
        assert np.array_equal(np.isnan(shown), np.isnan(told))
        inside = np.isfinite(told) & (told > low + 0.01) & (told < high - 0.01)
        assert np.allclose(shown[inside], told[inside], atol=2e-3), np.abs(shown - told)[inside].max()


def link(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return told


def lean(value: Any) -> Any:
    """Return a spec without its nulls, as a link has it."""
    if isinstance(value, list):
        return [lean(item) for item in value]
    return {k: lean(v) for k, v in value.items() if v is not None} if isinstance(value, dict) else value


@pytest.fixture
def refused(page: Page) -> list[str]:
    """What the server refused: nothing may be asked for that it has to refuse."""
    said: list[str] = []

    def look(answer: Response) -> None:
        if answer.status >= 400:
            said.append(f"{answer.status} {answer.request.method} {answer.url} {answer.request.post_data or ''}")

    page.on("response", look)
    return said


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_done_while_answers_are_late_the_page_comes_to_rest_and_is_right(
    page: Page, seed: int, refused: list[str]
) -> None:
    page.add_init_script(LATE.replace("SEED", str(seed + 1)).replace("MOST", str(MOST)))
    page.goto("/")
    monkey = Monkey(page, seed)
    for _ in range(DEEDS):
        monkey.act()
    screen = rested(monkey)
    told = f"seed {seed}: {', '.join(monkey.done)}"
    assert refused == [], told
    assert screen["notice"] == "" or "diverged" in screen["notice"], told
    assert screen["state"] not in ("failed", "cancelled"), told
    try:
        compare(page, screen)
    except AssertionError as error:
        others = {name: value for name, value in screen.items() if name not in ("maps", "limits", "drill", "losses")}
        raise AssertionError(f"{told}\n{error}\n{others}") from None


def compare(page: Page, screen: dict[str, Any]) -> None:
    """What is on screen is what the server says of that run and that step."""
    run, step, supposed = screen["late"]["run"], screen["step"], screen["state"] == "whatif"
    if run is None:
        return same_picture(screen, page.request.get("/opening.json").json()["frame"])
    asked = screen["late"]["asked"]
    if supposed:
        question = asked["whatif"]
        assert f"/runs/{run}/" in question["url"]
        assert parse_qs(urlsplit(question["url"]).query)["step"] == [str(step)]
        answer = page.request.post(question["url"], data=json.loads(question["body"]))
    else:
        answer = page.request.get(f"/api/runs/{run}/frames/{step}")
    assert answer.ok, answer.text()
    same_picture(screen, answer.json())
    state = page.request.get(f"/api/runs/{run}").json()
    assert state["status"] in ("paused", "finished", "diverged")
    for line in screen.pop("losses"):
        missing = set(range(int(min(line, default=0)), state["step"] + 1)) - set(line)
        assert len(line) < 2 or not missing, missing
    if screen["hash"]:
        said = link(screen["hash"])
        assert said["spec"] == lean(state["spec"])
        assert said.get("step", 0) == step
        assert bool(said.get("whatif")) == supposed
    if supposed:
        return None
    same_answers(page, screen, run, step)
    return None


def same_answers(page: Page, screen: dict[str, Any], run: str, step: int) -> None:
    """What was asked of the server beside the frame was asked of this run and step."""
    asked = screen["late"]["asked"]
    if "at step" in screen["badge"]:
        assert f"at step {step}," in screen["badge"]
    assert all(tab == str(step) for tab in screen["tabs"])
    if screen["walk"] is not None:
        assert screen["walk"].endswith(f"step {step} of the training")
        assert f"/runs/{run}/" in asked["walk"]["url"]
    if screen["drill"] is not None:
        assert f"/runs/{run}/" in asked["jacobian"]["url"]
        assert parse_qs(urlsplit(asked["jacobian"]["url"]).query)["step"] == [str(step)]
        told = numbers(page.request.get(asked["jacobian"]["url"]).json()["hh"])
        assert np.allclose(drawn(screen["drill"]), told, atol=1e-6)
