"""How long a piece of training is, and which frame it has."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app import pieces
from app.hub import Watch
from app.pace import Pace, to_last_frame, to_next_frame
from app.runs import Run
from app.settings import Settings
from app.store import Row
from app.training import Piece
from app.turns import Priority
from app.wire import Choice, Parts

SETTINGS = Settings(data_dir=Path())
TEN = Watch(Choice(), 10.0, 200)


def test_a_watched_piece_ends_at_a_frame_where_one_is_near():
    assert [to_last_frame(step, 2, 2) for step in (0, 1, 2)] == [2, 1, 2]
    assert [to_last_frame(0, steps, 3) for steps in (1, 2, 3, 4, 6, 8)] == [3, 3, 3, 3, 6, 6]
    assert [to_next_frame(0, steps, 3) for steps in (1, 2, 3, 4, 6, 8)] == [3, 3, 3, 3, 3, 3]
    assert to_last_frame(7, 5, 10) == to_next_frame(7, 9, 10) == 3
    assert to_last_frame(0, 5, 1000) == to_next_frame(0, 5, 1000) == 5
    for step in range(20):
        for steps in range(1, 30):
            for ending in (to_next_frame, to_last_frame):
                taken = ending(step, steps, 7)
                assert (step + taken) % 7 == 0 or taken == steps


def test_pieces_grow_to_the_wished_length():
    pace, sizes = Pace(), []
    for _ in range(8):
        sizes.append(pace.steps(0.1, 10**6))
        pace.learn(sizes[-1], sizes[-1] * 0.001)
    assert sizes[0] <= 8
    assert sizes[-1] in range(95, 106)
    assert pace.steps(0.1, 3) == 3
    pace.learn(1, 50.0)
    assert pace.steps(0.1, 100) == 1


@pytest.fixture
def run() -> Run:
    """A run whose steps are known to take a millisecond, with a frame at every fifth."""
    spec = json.dumps({"probe": {"every": 5}})
    made = Run.of_row(Row(1, "a", "me", None, 0, 0, "running", 0, 10**6, 8, spec, spec, None, None))
    for pace in made.pace.values():
        pace.learn(100, 0.1)
    return made


def test_nobody_watches_and_the_piece_is_long_without_a_frame(run):
    plan = pieces.plan(run, None, 0, 10**6, False, SETTINGS)
    assert (plan.steps, plan.look, plan.priority, plan.turn.share) == (100, None, Priority.BACKGROUND, 1.0)


def test_a_frame_by_the_clock_is_asked_for_as_early_as_the_last_ones_took(run):
    run.frame_due = time.monotonic() + 0.06
    early = pieces.plan(run, TEN, 3, 10**6, False, SETTINGS)
    assert early.look.stride > 3 + early.steps  # no frame yet
    run.lag = 0.07
    due = pieces.plan(run, TEN, 3, 10**6, False, SETTINGS)
    assert (3 + due.steps) % 5 == 0
    assert [s for s in range(4, 4 + due.steps) if s % due.look.stride == 0] == [3 + due.steps]  # one, at its end
    assert due.turn.share == pieces.MOST


def test_a_piece_before_a_frame_ends_when_that_is_to_be_asked_for(run):
    run.frame_due, run.lag = time.monotonic() + 0.07, 0.05
    assert pieces.plan(run, TEN, 3, 10**6, False, SETTINGS).steps in range(8, 21)


def test_what_a_frame_took_is_learnt_and_the_next_is_due_a_period_later(run):
    run.frame_due = due = time.monotonic()
    plan = pieces.plan(run, TEN, 0, 10**6, False, SETTINGS)
    frame = Parts(5, Choice(), [])
    done = Piece(5, b"", [(s, "") for s in range(1, 6)], [frame], None, False, 0.02)
    pieces.learn(run, plan._replace(asked=plan.asked - 0.05), done)
    assert run.frame_due == due + 0.1
    assert run.lag == pytest.approx(0.05, abs=0.02)
    pieces.learn(run, plan._replace(asked=plan.asked - 50), done)  # once the machine stood still
    assert run.lag < 0.1


def test_somebody_waits_for_the_end_and_sees_it(run):
    plan = pieces.plan(run, TEN, 0, 5, True, SETTINGS)
    assert plan.look.closing
    assert plan.priority is Priority.NOW
