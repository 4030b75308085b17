"""Pieces of training, planned: how many steps, with which frame, in whose turn. Nothing here waits.

Where watchers want only so many frames a second, frames go by the clock, and a piece has one or none. A frame is asked
for as long before it is due as the last ones took from being asked for to being there: among sixty runs most of that is
waiting for a worker.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from app.hub import Watch
from app.pace import Pace, to_last_frame, to_next_frame
from app.runs import Run
from app.settings import Settings
from app.training import Look, Piece
from app.turns import Priority, Turn

WATCHED, MOST = 6, 20  # shares of the workers' time: of a run that somebody waits for or watches, and that many watch
SHORT = 0.008  # seconds of the shortest piece: it tells what a step costs


class Plan(NamedTuple):
    """A piece to be done."""

    steps: int
    look: Look | None
    fps: float | None  # of frames by the clock
    pace: Pace  # that it is measured by, and teaches
    priority: Priority
    turn: Turn
    asked: float  # moment (monotonic)


def plan(run: Run, watch: Watch | None, step: int, until: int, closing: bool, settings: Settings) -> Plan:
    """Return the next piece from `step`; `closing`: somebody waits for `until`, and wants to see it."""
    now, fps = time.monotonic(), watch.fps if watch else None
    due = fps is not None and run.pace[False].known and now >= run.frame_due - run.lag
    pace = run.pace[watch is not None and fps is None]
    steps = pace.steps(_seconds(run, watch, now, due, closing, settings), until - step)
    if watch and (due or fps is None):
        ending = to_next_frame if due else to_last_frame
        steps = min(ending(step, steps, run.every), until - step)
    end = step + steps
    last = end == until
    stride = run.every if fps is None else _only(end, run.every, due)
    look = Look(watch.choice, stride, closing and last) if watch else None
    priority = Priority.NOW if closing and last else Priority.BACKGROUND
    return Plan(steps, look, fps, pace, priority, Turn(run.client, run.id, share(watch, closing)), now)


def learn(run: Run, plan: Plan, piece: Piece) -> None:
    """Take in what a piece took, and when the next frame is due."""
    if plan.fps is None or not piece.frames:
        plan.pace.learn(len(piece.rows), piece.seconds)
        return
    now, period = time.monotonic(), 1 / plan.fps
    took = min(now - plan.asked, period)
    run.lag = 0.7 * run.lag + 0.3 * took if run.lag else took
    run.frame_due = max(run.frame_due + period, now - period)


def share(watch: Watch | None, awaited: bool) -> float:
    """Return how much more of the workers' time a run gets than one that nobody sees or waits for."""
    watchers = watch.watchers if watch else int(awaited)
    return min(WATCHED + watchers - 1, MOST) if watchers else 1.0


def _seconds(run: Run, watch: Watch | None, now: float, due: bool, closing: bool, settings: Settings) -> float:
    """Return how long the piece is to be."""
    if watch is None:
        return settings.chunk_seconds * (2 if closing else 1)  # somebody waits for the whole: fewer seams
    if watch.fps is None or due:
        return settings.watched_seconds
    return min(settings.watched_seconds, max(SHORT, run.frame_due - run.lag - now))  # no longer than to the next frame


def _only(end: int, every: int, due: bool) -> int:
    """Return the stride that gives a piece to step `end` one frame, at its last multiple of `every`, or none."""
    return max(every, end - end % every) if due else end + 1
