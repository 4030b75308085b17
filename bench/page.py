"""The page in a headless, software-drawn Chromium: how soon there is a picture, and how many a second in training."""

import os
import shutil
import statistics
import time
from collections import Counter
from typing import Any

from bench import cpu
from bench.service import served

VISITS, SECONDS, WARM_UP = 5, 8, 3
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# Notes when cells are first painted and when plotly's axes stand, and counts drawn frames as anybody outside can.
WATCH = """
window.seen = { cells: 0, axes: 0, drawn: 0 };
new PerformanceObserver((list) => (seen.drawn += list.getEntries().filter(({ name }) => name === "frame-drawn").length))
  .observe({ entryTypes: ["mark"] });
const look = () => {
  const canvas = document.querySelector(".cells canvas");
  if (!seen.cells && canvas && canvas.width > 1 && canvas.clientWidth) seen.cells = performance.now();
  if (!seen.axes && document.querySelectorAll(".figure-plot .xtick").length) seen.axes = performance.now();
  if (!seen.axes) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def report() -> None:
    """Print milliseconds from navigation to the first picture, and drawn frames a second of the opening run."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("UNROLLED_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    print(f"\nthe opening experiment in Chromium, 1280 x 720, load {os.getloadavg()[0]:.1f} before\n")
    with served() as api, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        visits = [_visit(browser, api.removesuffix("api")) for _ in range(VISITS + 1)][1:]  # the first warms the server
        cells, axes = (statistics.median(visit[name] for visit in visits) for name in ("cells", "axes"))
        print(
            f"first picture after {cells:4.0f} ms, axes and colour bars after {axes:4.0f} ms (empty cache, median of 5)"
        )
        frames, steps, work = _play(browser, api.removesuffix("api"))
        print(f"while it trains {frames:.1f} drawn frames/s at {steps:.0f} steps/s (a frame every second step)")
        costs = ", ".join(f"{role} {ms:.1f}" for role, ms in work.most_common() if ms > 0.05)
        print(f"CPU ms for each drawn frame: {costs}; in all {sum(work.values()):.1f}")
        browser.close()


def _open(browser: Any, address: str) -> Any:
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    while not page.evaluate("window.seen?.axes"):
        time.sleep(0.05)
    return page


def _visit(browser: Any, address: str) -> dict[str, float]:
    page = _open(browser, address)
    seen: dict[str, float] = page.evaluate("seen")
    page.context.close()
    return seen


def _play(browser: Any, address: str) -> tuple[float, float, Counter[str]]:
    """Return drawn frames and training steps a second of real playing, and CPU ms a drawn frame of each process."""
    page = _open(browser, address)
    now = "[seen.drawn, performance.getEntriesByName('frame-drawn').at(-1)?.detail.step ?? 0, performance.now()]"
    time.sleep(1)
    page.keyboard.press("Space")
    time.sleep(WARM_UP)
    work, before = cpu.seconds(), page.evaluate(now)
    time.sleep(SECONDS)
    drawn, step, ms = (b - a for a, b in zip(before, page.evaluate(now), strict=True))
    work = cpu.seconds() - work
    page.context.close()
    return drawn * 1000 / ms, step * 1000 / ms, Counter({role: spent * 1000 / drawn for role, spent in work.items()})
