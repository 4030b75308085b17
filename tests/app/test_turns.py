"""Turns at the workers, by the time that everybody had: costs are given, no clock is read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gate import Gate
from app.turns import FORGET, Line, Priority, Ticket, Turn


def shared(costs: dict[Turn, float], rounds: int) -> Counter[str]:
    """Seconds that each job had after so many turns at one worker, all of them always wanting more."""
    line, had = Line(), Counter()
    for turn in costs:
        line.push(Ticket(Priority.BACKGROUND, turn))
    for _ in range(rounds):
        ticket = line.pop()
        line.pay(ticket, costs[ticket.turn])
        had[ticket.turn.job] += costs[ticket.turn]
        line.push(Ticket(Priority.BACKGROUND, ticket.turn))
    return had


def test_sixty_runs_of_very_different_pieces_get_equal_time():
    costs = {Turn("me", f"run {i}"): 0.02 + 0.1 * (i % 7) for i in range(60)}
    had = shared(costs, 3000)
    assert max(had.values()) - min(had.values()) <= max(costs.values()) + 1e-9
    assert min(had.values()) > 4


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=12))
@settings(deadline=None)  # no clock: a busy machine is no failure
def test_no_job_is_ever_more_than_two_pieces_behind_another(pieces):
    had = shared({Turn("me", str(i)): cost for i, cost in enumerate(pieces)}, 40 * len(pieces))
    assert max(had.values()) - min(had.values()) <= 2 * max(pieces) + 1e-9


def test_a_client_with_many_runs_gets_no_more_than_one_with_a_single_run():
    had = shared({Turn("many", f"m{i}"): 0.1 for i in range(20)} | {Turn("one", "o"): 0.1}, 400)
    assert had["o"] == pytest.approx(sum(had.values()) / 2, rel=0.02)


def test_a_watched_run_gets_its_share_among_sixty():
    costs = {Turn("me", f"r{i}"): 0.1 for i in range(59)} | {Turn("me", "watched", 6.0): 0.03}
    had = shared(costs, 4000)
    others = [seconds for job, seconds in had.items() if job != "watched"]
    assert had["watched"] == pytest.approx(6 * sum(others) / 59, rel=0.05)
    assert min(others) >= 0.5 * max(others)


def test_a_watched_run_waits_for_few_of_the_others():
    line = Line()
    for i in range(59):
        line.push(Ticket(Priority.BACKGROUND, Turn("me", f"r{i}")))
    watched = Turn("me", "watched", 6.0)
    line.push(Ticket(Priority.BACKGROUND, watched))
    between, gaps = 0, []
    for _ in range(2000):
        ticket = line.pop()
        if ticket.turn == watched:
            gaps.append(between)
            between = 0
        else:
            between += 1
        line.pay(ticket, 0.03 if ticket.turn == watched else 0.1)
        line.push(Ticket(Priority.BACKGROUND, ticket.turn))
    assert max(gaps[12:]) <= 6  # the first twelve: what pieces cost is still being learnt
    assert len(gaps) > 400


@pytest.mark.parametrize("waits", [True, False], ids=["while it waits", "between two pieces"])
def test_who_is_watched_from_now_on_is_not_held_to_what_it_had_before(waits):
    """Thirty watched runs, and one that got a long piece while nobody saw it; then somebody looks."""
    line = Line()
    early, watched = Turn("me", "early"), Turn("me", "early", 6.0)
    line.push(Ticket(Priority.BACKGROUND, early))
    line.pay(line.pop(), 0.3)
    for i in range(30):
        line.push(Ticket(Priority.BACKGROUND, Turn("me", f"r{i}", 6.0)))
    if waits:
        line.push(Ticket(Priority.BACKGROUND, early))
        line.reshare(watched)
    else:
        line.push(Ticket(Priority.BACKGROUND, watched))
    order = []
    for _ in range(300):
        ticket = line.pop()
        order.append(ticket.turn.job)
        line.pay(ticket, 0.05)
        line.push(Ticket(Priority.BACKGROUND, ticket.turn))
    assert order.index("early") <= 7 * 31  # 0.3 s are six pieces of each of the others, at equal shares


def test_whoever_rests_has_no_credit_when_he_comes_back():
    line = Line()
    busy, rested = Turn("a", "busy"), Turn("b", "rested")
    for turn in (busy, rested):
        line.push(Ticket(Priority.BACKGROUND, turn))
    for _ in range(2):
        line.pay(line.pop(), 0.1)
    for _ in range(100):  # ten seconds of work while the other one is away
        line.push(Ticket(Priority.BACKGROUND, busy))
        line.pay(line.pop(), 0.1)
    order = ""
    for turn in (busy, rested):
        line.push(Ticket(Priority.BACKGROUND, turn))
    for _ in range(8):
        ticket = line.pop()
        order += ticket.turn.job[0]
        line.pay(ticket, 0.1)
        line.push(Ticket(Priority.BACKGROUND, ticket.turn))
    assert abs(order.count("r") - order.count("b")) <= 1


def test_resting_flows_are_forgotten():
    line = Line()
    for i in range(20 * FORGET):
        line.push(Ticket(Priority.NOW, Turn(f"client {i}")))
        line.pay(line.pop(), 0.01)
    assert len(line) == 0
    assert len(line._root.children) <= 2 * FORGET


def granted(places: int, story: Callable[[Gate, list[str]], object]) -> list[str]:
    """Who was let in, in order."""

    async def whole() -> list[str]:
        order: list[str] = []
        await story(Gate(places), order)
        return order

    return asyncio.run(whole())


def test_what_somebody_waits_for_overtakes_but_starves_nobody():
    async def story(gate: Gate, order: list[str]) -> None:
        async def one(priority: Priority, seconds: float) -> None:
            ticket = await gate.enter(priority)
            order.append(priority.name)
            gate.leave(ticket, seconds)

        first = await gate.enter(Priority.NOW)
        tasks = [asyncio.create_task(one(Priority.BACKGROUND, 0.1)) for _ in range(9)]
        await asyncio.sleep(0)
        tasks += [asyncio.create_task(one(Priority.NOW, 0.05)) for _ in range(60)]
        await asyncio.sleep(0)
        assert gate.waiting == 69
        gate.leave(first, 0.0)
        await asyncio.gather(*tasks)
        assert gate.waiting == 0

    order = granted(1, story)
    assert order[:7] == ["NOW"] * 7
    flood = order[: 60 + 3]
    background = 0.1 * flood.count("BACKGROUND")
    assert background == pytest.approx(0.05 * flood.count("NOW") / (Gate.FAIR - 1), abs=0.11)
    assert background >= 0.3


def test_one_client_who_asks_much_does_not_hold_up_the_questions_of_others():
    async def story(gate: Gate, order: list[str]) -> None:
        async def one(client: str) -> None:
            ticket = await gate.enter(Priority.NOW, Turn(client))
            order.append(client)
            gate.leave(ticket, 0.05)

        first = await gate.enter(Priority.NOW)
        tasks = [asyncio.create_task(one("greedy")) for _ in range(50)] + [asyncio.create_task(one("modest"))]
        await asyncio.sleep(0)
        gate.leave(first, 0.0)
        await asyncio.gather(*tasks)

    assert granted(1, story).index("modest") <= 1


def test_a_place_is_not_lost_with_whoever_gives_up():
    async def story(gate: Gate, order: list[str]) -> None:
        first = await gate.enter(Priority.NOW)
        quitter, waiter = (asyncio.create_task(gate.enter(Priority.NOW)) for _ in range(2))
        await asyncio.sleep(0)
        waiter.cancel()  # he goes while he waits …
        await asyncio.gather(waiter, return_exceptions=True)
        assert gate.waiting == 1
        gate.leave(first, 0.0)  # … the place is the other's now …
        quitter.cancel()  # … who goes in the same moment
        await asyncio.gather(quitter, return_exceptions=True)
        await asyncio.wait_for(gate.enter(Priority.NOW), 1)
        assert gate.waiting == 0

    granted(1, story)


def test_places_may_become_more_and_fewer():
    async def story(gate: Gate, order: list[str]) -> None:
        waiting = [asyncio.create_task(gate.enter(Priority.BACKGROUND, Turn("me", str(i)))) for i in range(4)]
        await asyncio.sleep(0)
        assert gate.waiting == 4
        gate.resize(2)
        await asyncio.sleep(0)
        assert gate.waiting == 2
        gate.resize(1)
        gate.leave(waiting[0].result())  # one of the two that are in: the other one fills the only place
        await asyncio.sleep(0)
        assert gate.waiting == 2
        gate.leave(waiting[1].result())
        await asyncio.sleep(0)
        assert gate.waiting == 1
        waiting[3].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    granted(0, story)
