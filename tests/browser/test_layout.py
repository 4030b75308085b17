"""What an eye catches first: words that are cut, run into each other or leave the screen; targets too small to hit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SCRIPT = (Path(__file__).parent / "layout.js").read_text("utf-8")
WIDE, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
DRAWN = ["/", "/lessons/unrolling", "/lessons/powers", "/lessons/forgetting", "/lessons/gru", "/lessons/truncation"]
PLAIN = ["/lessons", "/sweeps", "/teach"]


def seen(page: Page, address: str, lang: str) -> Page:
    page.goto(f"{address}?lang={lang}")
    if address in DRAWN:
        page.wait_for_function("() => performance.getEntriesByName('frame-drawn').length > 0")
        page.wait_for_selector(".figure-plot:not(.live) .xtitle, .js-plotly-plot .xtitle", state="attached")
    return page


def flaws(page: Page) -> list[list[str]]:
    """The flaws that stay: pictures follow their place a little later."""
    for _ in range(20):
        if not (found := page.evaluate(SCRIPT)):
            break
        page.wait_for_timeout(250)
    return list(found)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("address", [*DRAWN, *PLAIN])
def test_nothing_is_cut_overlaps_or_is_too_small_to_hit(page: Page, address: str, lang: str) -> None:
    assert flaws(seen(page, address, lang)) == []


OPENED = """id => {
    const opener = document.querySelector(id);
    if (opener.matches("summary")) return opener.parentElement.open;
    if (id === "#show-keys") return Boolean(document.querySelector("dialog[open]"));
    return opener.getAttribute("aria-expanded") === "true";  // its code comes with the first click
}"""


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nor_while_it_rests_with_the_time_line_and_each_drawer_open(page: Page, lang: str) -> None:
    seen(page, "/", lang)
    page.locator("#step").click()
    page.wait_for_selector("#timeline:visible")
    page.wait_for_function("() => document.querySelector('#events').disabled")  # the marks are there: none
    page.locator("#events").evaluate("el => el.add(new Option('steps 1,033 to 1,080: the longest way opened again'))")
    assert flaws(page) == []
    for opener in ("#show-walk", "#show-whatif", "#show-controls", "#run-menu > summary", "#show-keys"):
        page.locator(opener).click()
        page.wait_for_function(OPENED, arg=opener)
        assert flaws(page) == [], opener
        page.keyboard.press("Escape")


BOXES = (
    "els => els.map(el => el.getBoundingClientRect()).map(({left, right, top, bottom}) => [left, right, top, bottom])"
)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_nor_at_the_answers_and_what_is_done_with_a_picture_stands_in_one_line(page: Page, lang: str) -> None:
    seen(page, "/", lang).locator("#step").click()
    page.wait_for_selector("#timeline:visible")
    for tab in ("why", "spectra", "surface"):
        page.locator(f"#tab-{tab}").click()
        panel = page.locator(f"#panel-{tab}")
        panel.locator(".main-svg .xtitle").first.wait_for(state="attached")
        assert flaws(page) == [], tab
        table, menu = panel.locator(".table-toggle, .menu > summary").evaluate_all(BOXES)
        assert table[1] <= menu[0] + 1, tab
        assert abs(sum(table[2:]) - sum(menu[2:])) < 8, tab
    page.wait_for_selector("#panel-jacobian .trust[data-sound]")
    table, trust = page.locator("#panel-jacobian").locator(".table-toggle, .trust").evaluate_all(BOXES)
    assert table[1] <= trust[0]


def test_labels_of_four_colour_bars_stand_apart_beside_the_open_form(page: Page) -> None:
    seen(page, "/", "en").locator("#show-controls").click()
    page.locator("#preset").select_option(label="Forget bias 0, 1, 3, 5")
    page.wait_for_function("() => document.querySelectorAll('#panel-jacobian .heatmaplayer .hm').length === 4")
    for panel in ("jacobian", "cell_jacobian"):
        labels = page.locator(f"#panel-{panel} .colorbar .cbaxis text").evaluate_all(BOXES)
        middles = sorted((top + bottom) / 2 for *_, top, bottom in labels)
        assert len(middles) == 7
        assert min(b - a for a, b in zip(middles, middles[1:], strict=False)) > 11  # of 10 px letters
    apply = page.locator("#apply").evaluate("el => el.getBoundingClientRect().bottom")
    assert apply <= WIDE["height"]


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_words_in_the_picture_of_a_question_can_be_read_on_a_phone(page: Page) -> None:
    seen(page, "/lessons/powers", "en")
    letters = page.locator(".decay text").evaluate_all(BOXES)
    assert min(bottom - top for *_, top, bottom in letters) > 12


@pytest.mark.parametrize("size", [WIDE], ids=["wide"])
def test_the_measure_itself_sees_what_it_is_for(page: Page) -> None:
    page.goto("/lessons")
    examples = {
        "cut": "<p style='width:5rem;overflow:hidden;white-space:nowrap'>a sentence that is longer than its place</p>",
        "overlap": "<p style='height:0'>one line of words</p><p>another line of words</p>",
        "off the screen": "<p style='position:absolute;left:calc(100vw - 2rem);width:9rem'>beyond</p>",
        "small": "<button style='all:unset;width:9px;height:9px'>x</button>",
    }
    for kind, html in examples.items():
        page.evaluate("html => { document.querySelector('main').innerHTML = html }", html)
        assert kind in {flaw[0] for flaw in page.evaluate(SCRIPT)}, kind


def test_pausing_moves_no_picture(page: Page) -> None:
    seen(page, "/", "en")
    top = "document.querySelector('#hero').getBoundingClientRect().top"
    before = page.evaluate(top)
    page.locator("#step").click()
    page.wait_for_selector("#timeline:visible")
    assert page.evaluate(top) == before


def test_the_language_switch_is_on_every_page_and_keeps_the_link(page: Page) -> None:
    for address in ("/sweeps", "/teach", "/lessons", "/?hide=reset"):
        page.goto(address)
        page.locator("a.language").click()
        page.wait_for_function("() => document.documentElement.lang === 'ko'")
        assert ("hide=reset" in page.url) == ("hide" in address)
        page.goto("/?lang=en")


def test_large_type_leaves_the_header_whole(page: Page) -> None:
    seen(page, "/", "en")
    page.locator("#large").click()
    assert page.locator("header").evaluate("el => el.getBoundingClientRect().height") < 150
    words = page.locator("#panel-jacobian .xtick text").first
    expect(words).to_have_css("font-size", "12.5px")  # plotly draws it when its turn comes
    page.wait_for_timeout(300)  # the other pictures, too
    assert flaws(page) == []
    tops = page.locator("#hero .about").evaluate_all("els => els.map(el => el.offsetHeight)")
    assert tops[0] == tops[1]  # one line each: the maps stand side by side
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDE["width"]


def test_paper_is_white_and_says_what_was_trained(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    seen(page, "/", "en")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 247, 249)"
    assert "Adding problem, T 40" in page.locator("#sheet").inner_text()
    assert page.locator("#step-count").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("html").get_attribute("data-theme") is None


INKS = """async () => {
    dispatchEvent(new Event("beforeprint"));
    for (let i = 0; i < 20; i++) await null;  // what takes longer is too late for the printer
    return [...document.querySelectorAll(".js-plotly-plot .xtitle")].map((words) => getComputedStyle(words).fill);
}"""


def test_pictures_on_paper_are_drawn_for_paper_and_lie_side_by_side(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    seen(page, "/", "en")
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot:not(.live)').length >= 5")
    with page.expect_response("**/printing.js"):
        page.mouse.move(600, 400)  # whoever prints has been here
    page.wait_for_timeout(500)  # the script has come, and is read
    assert set(page.evaluate(INKS)) == {"rgb(27, 35, 48)"}
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    sheet = page.pdf(prefer_css_page_size=True)
    left, top, right, bottom = re.search(rb"/MediaBox \[(\d+) (\d+) ([\d.]+) ([\d.]+)\]", sheet).groups()  # type: ignore[union-attr]
    assert float(right) > float(bottom)
    assert sheet.count(b"/Type /Page\n") <= 2
