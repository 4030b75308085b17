"""The hub and its watchers: who gets which frame, and when."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import HTTPProblem
from app.hub import Hub
from app.telemetry import Telemetry
from app.watching import Watcher
from app.wire import Choice, Parts


def frames(*steps: int, choice: Choice | None = None) -> list[Parts]:
    return [Parts(step, choice or Choice(), [(None, b"{}")]) for step in steps]


def test_who_keeps_up_gets_every_frame_and_who_does_not_the_newest():
    watcher = Watcher()
    assert watcher.offer(frames(1, 2, 3)) == 0
    assert [f.step for f in watcher.frames] == [1, 2, 3]
    assert watcher.offer(frames(4, 5)) == 4
    assert [f.step for f in watcher.frames] == [5]
    for step in range(1000):
        watcher.offer(frames(step, step))
    assert len(watcher.frames) == 1


def test_a_frame_made_before_somebody_wanted_more_is_not_for_him():
    watcher = Watcher(Choice(None, True))
    watcher.offer(frames(1))
    assert not watcher.frames
    watcher.offer(frames(2, choice=Choice(None, True)))
    assert [f.step for f in watcher.frames] == [2]


def test_the_hub_knows_what_all_watchers_together_want():
    hub = Hub(Telemetry(), 3)
    assert hub.watch("x") is None
    with (
        hub.watching("x", Watcher(Choice(frozenset({"a"})), 5)),
        hub.watching("x", Watcher(Choice(frozenset({"b"})), 9)),
    ):
        assert hub.watch("x") == (Choice(frozenset({"a", "b"})), 9, 2)
        with hub.watching("x", Watcher(Choice(None, True))):
            assert hub.watch("x") == (Choice(None, True), None, 3)
            with pytest.raises(HTTPProblem), hub.watching("x", Watcher()):
                pass
    assert hub.watch("x") is None
    assert hub.streams == 0


def test_metrics_that_are_still_in_memory_are_handed_out_as_one():
    hub = Hub(Telemetry(), 3)
    with hub.watching("x", Watcher()):
        for step in range(1, 100, 2):
            hub.publish("x", [(step, f"r{step}"), (step + 1, f"r{step + 1}")])
        assert hub.following("x", 96) == (96, 100, b"r97,r98,r99,r100")
        assert hub.following("x", 100) is None
        assert hub.following("x", 97) is None  # in the middle of a piece: the store knows
        assert hub.following("x", 2) is None  # too long ago
    assert hub.following("x", 96) is None


class Clock:
    """A time that only the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
        self.now = 1000.0
        for module in modules:
            monkeypatch.setattr(f"{module}.time.monotonic", lambda: self.now)


def moments(watcher: Watcher, clock: Clock, arrivals: list[float]) -> list[float]:
    """When frames that come at these moments go out; one that still waits when the next comes is lost."""
    sent = []
    for arrival, following in zip(arrivals, [*arrivals[1:], math.inf], strict=True):
        clock.now = arrival
        watcher.offer(frames(1))
        clock.now += max(0.0, watcher.patience)
        if clock.now < following:
            sent.append(clock.now)
            watcher.frames.clear()
            watcher.sent(1)
    return sent


@given(st.lists(st.floats(0, 0.18), min_size=50, max_size=50))
@example([0.0, 0.18, *[0.0] * 48])
def test_frames_that_are_made_as_often_as_asked_all_go_out_however_late_each_is(lateness):
    """Up to nearly two periods late, and then the next ones close behind it."""
    arrivals = [1000.0]
    for i, late in enumerate(lateness[1:], 1):
        arrivals.append(max(1000 + 0.1 * i + late, arrivals[-1] + 0.03))
    with pytest.MonkeyPatch.context() as patched:
        clock = Clock(patched, "app.watching")
        sent = moments(Watcher(max_fps=10), clock, arrivals)
    assert len(sent) == 50


@given(st.lists(st.floats(0.001, 0.5), min_size=50, max_size=50))
def test_nobody_gets_more_frames_than_asked_for(gaps):
    with pytest.MonkeyPatch.context() as patched:
        clock = Clock(patched, "app.watching")
        sent = moments(Watcher(max_fps=10), clock, [1000 + sum(gaps[: i + 1]) for i in range(50)])
    for i, first in enumerate(sent):
        for j in range(i + 1, len(sent)):
            assert j - i <= 10 * (sent[j] - first) + 1.26  # one made up for, and a quarter of a period too early
