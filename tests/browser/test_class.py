"""A class in real browsers: a teacher, students, the wall; and nothing that anybody types is ever HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.app.helpers import LiveServer, small_spec

KEY = "correct horse battery"
TEACHER = {"authorization": f"Bearer {KEY}"}
PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "javascript:alert(4)",
)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path_factory.mktemp("class"), require_token=1, teacher_key=KEY).start()
    yield server
    server.close()


@pytest.fixture
def visit(browser: Browser, school: LiveServer) -> Iterator[Callable[[str], Page]]:
    """Opens pages, each as a browser of its own; none of them may say anything, or ask another host."""
    said: list[str] = []
    contexts = []

    def open_page(address: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 720}, base_url=school.url)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: said.append(f"error: {error.stack or error}"))
        page.on(
            "request", lambda r: said.append(r.url) if not r.url.startswith((school.url, "data:", "blob:")) else None
        )
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def room_of(school: LiveServer, **changes: Any) -> dict[str, Any]:
    body = {"title": "Monday", "spec": small_spec(), "hide": [], **changes}
    answer = school.http.post("/api/rooms", json=body, headers=TEACHER)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def enter(page: Page, nickname: str) -> None:
    page.locator("#join-nickname").fill(nickname)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#room")).to_be_visible()
    expect(page.locator("#panel-jacobian")).to_be_visible()


def test_a_whole_class_stands_on_one_screen(school, visit):
    room = room_of(school)
    for number in range(60):
        school.http.post(f"/api/rooms/{room['code']}/members", json={"nickname": f"student {number}"})
    wall = visit(f"/room/{room['code']}/wall")
    cards = wall.locator(".card")
    expect(cards).to_have_count(60)
    expect(cards.first).to_contain_text("half-life")  # the numbers have come
    line = cards.first.locator("li").first
    assert line.inner_text().count("·") == 1
    heights = cards.evaluate_all("els => els.map(el => el.offsetHeight)")
    columns = wall.locator("#cards").evaluate("el => getComputedStyle(el).gridTemplateColumns.split(' ').length")
    gap = wall.locator("#cards").evaluate("el => parseFloat(getComputedStyle(el).rowGap)")
    top = wall.locator("#cards").evaluate("el => el.getBoundingClientRect().top")
    assert top + -(-60 // columns) * (max(heights) + gap) <= 720  # once every card has its numbers


def test_students_work_follow_the_teacher_and_stand_on_the_wall(school, visit):
    room = room_of(school, hide=["reset", "forget_bias", "cell_jacobian"])
    student = visit(f"/room/{room['code']}")
    enter(student, "Ada")
    expect(student.locator("#room-who")).to_have_text("Ada")
    for hidden in ("#reset", "#panel-cell_jacobian"):
        expect(student.locator(hidden)).to_be_hidden()
    student.get_by_role("button", name="Change").click()
    assert student.locator("[name='networks.1.forget_bias']").count() == 1
    expect(student.locator("[name='networks.1.forget_bias']")).to_be_hidden()
    student.locator("#hide-controls").click()
    expect(student.locator("#follow")).to_be_disabled()
    student.locator("#step").click()
    expect(student.locator("#step-count")).to_have_text("step 1")

    teacher = visit("/teach")
    teacher.locator("#key").fill(KEY)
    teacher.get_by_role("button", name="Sit down").click()
    row = teacher.locator("#rooms li", has_text=room["code"])
    expect(row).to_contain_text("1 student")
    row.get_by_role("link", name="Show my page").click()
    expect(teacher.locator("#room-who")).to_have_text("you are the teacher")
    expect(teacher.locator("#step-total")).to_have_text("of 400")
    for step in (1, 2, 3):
        teacher.locator("#step").click()
        expect(teacher.locator("#step-count")).to_have_text(f"step {step}")
    tab = teacher.locator("[role=tab]").first
    tab.click()

    student.get_by_role("button", name="Follow the teacher").click()
    expect(student.locator("#step-count")).to_have_text("step 3")
    expect(student.locator(f"#{tab.get_attribute('id')}")).to_have_attribute("aria-selected", "true")
    student.keyboard.press("ArrowRight")
    teacher.locator("#step").click()
    expect(student.locator("#step-count")).to_have_text("step 4")
    student.get_by_role("button", name="Follow the teacher").click()
    expect(student.locator("#step-count")).to_have_text("step 1")

    wall = visit(f"/room/{room['code']}/wall")
    card = wall.locator(".card", has_text="Ada")
    expect(card).to_contain_text("step 1")
    expect(card).to_contain_text("half-life")
    student.reload()
    expect(student.locator("#room-who")).to_have_text("Ada")
    expect(student.locator("#step-count")).to_have_text("step 1")
    school.http.delete(f"/api/rooms/{room['code']}", headers=TEACHER)
    expect(student.locator("#room-word")).to_have_text("The room was closed. Your run stays.")
    expect(wall.locator("#notice")).to_be_visible()


def test_a_wrong_code_is_said_in_the_box_and_can_be_mended(school, visit):
    room = room_of(school)
    page = visit("/room/ZZZZZZ")
    expect(page.locator("#join-error")).to_contain_text("no room with this code")
    page.locator("#join-code").fill(room["code"].lower())
    enter(page, "Bo")


def test_a_link_hides_what_it_names(visit):
    page = visit("/?hide=reset,jacobian,nonsense,<b>")
    expect(page.locator("#panel-cell_jacobian")).to_be_visible()
    expect(page.locator("#reset")).to_be_hidden()
    assert page.locator("#panel-jacobian").count() == 0


def test_whoever_watches_another_run_has_nothing_that_changes_it(school, visit):
    room = room_of(school)
    student = visit(f"/room/{room['code']}")
    enter(student, "Ada")
    student.locator("#show-controls").click()
    expect(student.locator("#apply")).to_be_visible()
    taught = school.http.post("/api/runs", json=small_spec(), headers=TEACHER).json()
    advanced = school.http.post(f"/api/runs/{taught['id']}/advance", json={"steps": 9}, headers=TEACHER)
    assert advanced.status_code == 200, advanced.text
    shown = {"run": taught["id"], "step": None, "view": None, "selection": None}
    answer = school.http.put(f"/api/rooms/{room['code']}/now", json=shown, headers=TEACHER)
    assert answer.is_success, answer.text
    student.get_by_role("button", name="Follow the teacher").click()
    expect(student.locator("#step-count")).to_have_text("step 9")

    before = school.http.get(f"/api/runs/{taught['id']}").json()
    asked: list[str] = []
    student.on("request", lambda r: asked.append(f"{r.method} {r.url}") if r.method != "GET" else None)
    locked = "el => Boolean(el.closest('[inert]')) || el.disabled"
    for control in ("#play", "#step", "#reset", "#speed", "#show-controls", "#apply", "#preset", "#scrubber", "#replay",
                    "[name=clip_norm]", "[name='optimizer.learning_rate']:enabled", "#add-network"):  # fmt: skip
        assert student.locator(control).first.evaluate(locked), control
    student.locator("#follow").evaluate("el => el.blur()")
    for key in (" ", "ArrowRight", "r", "e"):
        student.keyboard.press(key)
    for control in ("#play", "#step", "#reset"):  # as a script or a slow hand would
        student.locator(control).evaluate("el => el.click()")
    student.locator("#show-whatif").click()
    expect(student.locator("#whatif")).to_be_visible()
    for control in ("#whatif-fork", "#whatif-back"):
        expect(student.locator(control)).to_be_hidden()
    student.wait_for_timeout(500)
    assert asked == []
    after = school.http.get(f"/api/runs/{taught['id']}").json()
    assert (after["step"], after["status"], after["spec"]) == (9, before["status"], before["spec"])

    student.get_by_role("button", name="Follow the teacher").click()
    expect(student.locator("#step-count")).to_have_text("step 0")
    assert not student.locator("#play").evaluate(locked)
    assert school.http.get(f"/api/runs/{taught['id']}").status_code == 200  # leaving it deletes nothing


def test_what_people_type_is_text_wherever_it_stands(school, visit):
    networks = [{"cell": "rnn", "hidden_size": 4, "label": payload[:40]} for payload in PAYLOADS]
    sentences = [f"{payload} came" for payload in PAYLOADS]
    task = {"name": "as_soon_as", "sentences": sentences, "labels": [0, 1, 0, 1]}
    room, *rooms = [room_of(school, title=title, spec=small_spec(networks=networks, task=task)) for title in PAYLOADS]
    first, *others = names = [payload[:24] for payload in PAYLOADS]
    student = visit(f"/room/{room['code']}")
    enter(student, first)
    for name in others:
        joined = school.http.post(f"/api/rooms/{room['code']}/members", json={"nickname": name})
        assert joined.is_success, joined.text
    expect(student.locator("#room-title")).to_have_text(PAYLOADS[0])
    student.locator("#step").click()
    expect(student.locator("#step-count")).to_have_text("step 1")
    wall = visit(f"/room/{room['code']}/wall")
    expect(wall.locator(".nickname")).to_have_text(names)
    teacher = visit("/teach")
    teacher.locator("#key").fill(KEY)
    teacher.get_by_role("button", name="Sit down").click()
    for payload, name in zip(PAYLOADS, names, strict=True):
        expect(student.locator("#verdicts")).to_contain_text(payload[:20])
        expect(wall.locator(".card ul").first).to_contain_text(payload[:20])
        expect(teacher.locator("#runs")).to_contain_text(name)
        expect(teacher.locator("#rooms")).to_contain_text(payload)
    guest = visit("/")
    for other, title in zip(rooms, PAYLOADS[1:], strict=True):
        guest.goto(f"/room/{other['code']}")
        expect(guest.locator("#join-title")).to_have_text(title)
    for page in (student, wall, teacher, guest):
        assert page.locator("img[src='x'], svg[onload], script:not([src], [type='application/json'])").count() == 0


def test_who_presses_twice_is_one_student_and_opens_one_room(school, visit):
    room = room_of(school)
    student = visit(f"/room/{room['code']}")
    student.locator("#join-nickname").fill("Ada")
    student.evaluate(
        "document.querySelectorAll('#join-form button:not([type=button])').forEach(b => (b.click(), b.click()))"
    )
    expect(student.locator("#room-who")).to_have_text("Ada")
    student.wait_for_load_state("networkidle")
    members = school.http.get(f"/api/rooms/{room['code']}").json()["members"]
    assert [member["nickname"] for member in members] == ["Ada"]
    teacher = visit("/teach")
    teacher.locator("#key").fill(KEY)
    teacher.get_by_role("button", name="Sit down").click()
    teacher.locator("#title").fill("once only")
    teacher.evaluate("document.querySelectorAll('#room-form button').forEach(b => (b.click(), b.click()))")
    expect(teacher.locator("#rooms li", has_text="once only")).to_have_count(1)


def test_who_stops_following_is_at_home_though_the_teachers_run_comes_after_it(school, visit):
    room = room_of(school)
    student = visit(f"/room/{room['code']}")
    enter(student, "Ada")
    student.locator("#step").click()
    expect(student.locator("#step-count")).to_have_text("step 1")
    taught = school.http.post("/api/runs", json=small_spec(), headers=TEACHER).json()
    held: list[Route] = []
    student.route(f"**/api/runs/{taught['id']}", lambda route: held.append(route))
    shown = {"run": taught["id"], "step": None, "view": None, "selection": None}
    assert school.http.put(f"/api/rooms/{room['code']}/now", json=shown, headers=TEACHER).is_success
    follow = student.get_by_role("button", name="Follow the teacher")
    follow.click()
    for _ in range(100):
        if held:
            break
        student.wait_for_timeout(25)
    follow.click()
    held[0].continue_()
    student.wait_for_timeout(500)
    expect(student.locator("#step-count")).to_have_text("step 1")
    student.locator("#step").click()
    expect(student.locator("#step-count")).to_have_text("step 2")
