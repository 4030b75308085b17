"""A teacher hides any control and any panel: what is hidden is not seen, answers to no key, and is not loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.routes.classroom import HIDABLE

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "class.md"
AT = {"exports": "details.menu", "tables": ".table-toggle", "trust": "button.trust", "language": ".language",
      "remove-network": "fieldset.network .remove"}  # fmt: skip
FIGURES = HIDABLE[HIDABLE.index("jacobian") :]
IN_FORM = ("presets", "apply", "add-network", "remove-network")
IN_MENU = tuple(name for name in HIDABLE if name.startswith("export-"))
ELSEWHERE = ("show-join", "drill")  # only in class mode; only once a cell was picked
OPEN = [name for name in HIDABLE if name not in (*IN_FORM, *IN_MENU, *ELSEWHERE)]
SCRIPTS = {"show-walk": "views/walk.js", "show-whatif": "views/whatif.js", "show-controls": "views/controls.js",
           "timeline": "views/timeline.js", "trust": "views/trust.js", "share": "views/share.js",
           "exports": "views/exports.js", "presets": "views/presets.js", "drill": "views/drill.js"}  # fmt: skip


def place(name: str) -> str:
    """Where on the page something of this name is: a picture of its own, or a picture's tab, or an element."""
    return AT.get(name) or (f"#panel-{name}:visible, #tab-{name}" if name in FIGURES else f"#{name}")


def opened(page: Page, hide: list[str]) -> list[str]:
    """Open the page without these; return the list of scripts asked for, which grows."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/?hide=" + ",".join(hide))
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    return asked


def one_step(page: Page) -> None:
    page.locator("#step").click()
    expect(page.locator("#step-count")).to_have_text("step 1")
    page.wait_for_load_state("networkidle")


def test_the_document_lists_what_the_desk_offers() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("| what | names |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`([\w-]+)`", table)) == sorted(HIDABLE)


def test_everything_that_can_be_hidden_is_there_otherwise(page: Page) -> None:
    opened(page, [])
    one_step(page)
    expect(page.locator("#timeline")).to_be_visible()
    for name in OPEN:
        assert page.locator(place(name)).first.is_visible(), name
    page.locator("#run-menu > summary").click()
    for name in IN_MENU:
        expect(page.locator(place(name))).to_be_visible()
    page.locator("#show-controls").click()
    for name in IN_FORM:
        expect(page.locator(place(name)).first).to_be_visible()


@pytest.mark.parametrize("names", [[n for n in OPEN if n != "step" and n not in FIGURES], FIGURES, ["step"]], ids=len)
def test_what_is_hidden_is_not_seen(page: Page, names: list[str]) -> None:
    opened(page, names) if "hero" not in names else opened_blind(page, names)
    if "step" not in names:
        page.locator("#step").click()
        expect(page.locator("#step-count")).to_have_text("step 1")
    page.wait_for_load_state("networkidle")
    for name in names:
        assert page.locator(place(name)).locator("visible=true").count() == 0, name


def opened_blind(page: Page, names: list[str]) -> None:
    """With all maps hidden nothing is drawn that could be waited for."""
    page.goto("/?hide=" + ",".join(names))
    expect(page.locator("#step-total")).to_contain_text("of")


def test_the_forms_and_the_menus_parts_are_hidden(page: Page) -> None:
    opened(page, [*IN_FORM, *IN_MENU[1:]])
    page.locator("#run-menu > summary").click()
    expect(page.locator(f"#{IN_MENU[0]}")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#show-controls").click()
    expect(page.locator("#hide-controls")).to_be_visible()
    for name in (*IN_FORM, *IN_MENU[1:]):
        assert page.locator(place(name)).locator("visible=true").count() == 0, name


KEYS = {"play": " ", "step": "ArrowRight", "reset": "r", "show-controls": "e", "show-walk": "w", "show-keys": "?",
        "drill": "j"}  # fmt: skip


def test_keys_of_what_is_hidden_do_nothing(page: Page) -> None:
    """The same keys do something where nothing is hidden: test_page.py presses each."""
    changing: list[str] = []
    page.on("request", lambda request: changing.append(request.url) if request.method != "GET" else None)
    asked = opened(page, list(KEYS))
    for key in KEYS.values():
        page.keyboard.press(key)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#step-count")).to_have_text("step 0")
    for closed in ("#walk", "#drawer", "#drill", "#keys"):
        expect(page.locator(closed)).to_be_hidden()
    assert changing == []
    assert [url for url in asked if url.endswith(("walk.js", "controls.js", "drill.js"))] == []


def test_the_scripts_of_what_is_hidden_are_not_loaded(page: Page) -> None:
    asked = opened(page, list(SCRIPTS))
    one_step(page)
    for key in "ewj":
        page.keyboard.press(key)
    page.locator("#panel-jacobian .nsewdrag").first.click(position={"x": 20, "y": 140})
    page.wait_for_load_state("networkidle")
    assert {s for s in SCRIPTS.values() if any(url.endswith(f"/{s}") for url in asked)} == set()


@pytest.mark.parametrize("name", ["whatif", "walk", "controls", "keys"])
def test_a_panel_takes_its_button_along(page: Page, name: str) -> None:
    opened(page, [name])
    expect(page.locator(f"#show-{name}")).to_be_hidden()
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == (0 if name == "keys" else 1)


def test_a_shared_link_hides_the_same(page: Page, browser: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, ["lessons", "surface", "play"])
    page.locator("#share").click()
    expect(page.locator("#share")).to_contain_text("✓")
    page.goto("about:blank")
    page.goto("/")  # a new document, so that nothing is left of the first hiding
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
    for hidden in ("#lessons", "#tab-surface", "#play"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator("#step")).to_be_visible()
