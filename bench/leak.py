"""Does the page leak? It plays the opening experiment; heap, DOM nodes and listeners are read after a collection.

python -m bench.leak [minutes, 10] [seconds between two readings, 30]
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from typing import Any

from bench.page import FLAGS
from bench.service import served

GROWTH = 0.10  # of the heap: more over the second half than this, and more than NOISE_MB, is no longer level
NOISE_MB = 2.0
NODES = 200  # more than so many new nodes or listeners are not level either
Reading = tuple[float, int, int]  # MB of heap, nodes, listeners


def read(session: Any) -> Reading:
    """Return megabytes of the script heap, DOM nodes and event listeners that are left after a collection."""
    for _ in range(2):  # what the first one sets free, the second one takes
        session.send("HeapProfiler.collectGarbage")
    counters = session.send("Memory.getDOMCounters")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    return used / 1e6, counters["nodes"], counters["jsEventListeners"]


def verdict(readings: list[Reading]) -> list[str]:
    """Return what has grown from the middle to the end; nothing where all is level. The first half fills caches."""
    half = readings[len(readings) // 2 :]
    (heap, nodes, listeners), last = half[0], half[-1]
    grown = []
    if last[0] - heap > max(NOISE_MB, GROWTH * heap):
        grown.append(f"heap +{last[0] - heap:.1f} MB")
    counts = (("nodes", nodes, last[1]), ("listeners", listeners, last[2]))
    grown += [f"{name} +{now - then}" for name, then, now in counts if now - then > NODES]
    return grown


def warm_up(page: Any) -> None:
    """Play, pause and reset once: what a pause needs is loaded then and stays, and is no leak."""
    page.get_by_role("button", name="Play", exact=True).click()
    time.sleep(3)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector("#timeline:visible")
    page.get_by_role("button", name="Reset").click()
    page.locator("#step-count", has_text=re.compile(r"^step 0$")).wait_for()


def measure(minutes: float, every: float) -> list[Reading]:
    """Play for so long and print a reading each `every` seconds; a finished run begins again."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("UNROLLED_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    readings: list[Reading] = []
    with served() as api, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(api.removesuffix("api"))
        page.wait_for_selector("#panel-jacobian .figure-plot:not(.live)")
        session = page.context.new_cdp_session(page)
        warm_up(page)
        page.get_by_role("button", name="Play", exact=True).click()
        began = time.monotonic()
        while time.monotonic() - began < 60 * minutes:
            time.sleep(every)
            if page.locator("#play").is_disabled():  # it has ended
                page.get_by_role("button", name="Reset").click()
                page.wait_for_selector("#play:not([disabled])")
                page.get_by_role("button", name="Play", exact=True).click()
            readings.append(read(session))
            heap, nodes, listeners = readings[-1]
            step = page.locator("#step-count").inner_text()
            passed = time.monotonic() - began
            words = f"heap {heap:6.1f} MB  nodes {nodes:6d}  listeners {listeners:5d}  {step}"
            print(f"{passed:5.0f} s  {words}", flush=True)
        browser.close()
    return readings


def main() -> int:
    """Measure, say whether all is level, and fail where it is not."""
    minutes, every = [float(word) for word in sys.argv[1:3]] + [10.0, 30.0][len(sys.argv) - 1 :]
    grown = verdict(measure(minutes, every))
    print("level" if not grown else f"not level in the second half: {', '.join(grown)}")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
