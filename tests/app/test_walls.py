"""The numbers of a wall: made for one run at a time, for all that lack them, in turn."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from app import walls
from app.walls import Walls


class Run(SimpleNamespace):
    """What a wall reads of a run, and what it is told."""

    def see(self, step):
        frame = {"step": step, "networks": []}
        self.glance, self.glanced = json.dumps(frame).encode(), step


class Office:
    """Rooms, registry and viewer in one: it gives out runs, and makes frames that take a while."""

    def __init__(self, count):
        self.runs = {
            f"r{i}": Run(id=f"r{i}", glance=None, glanced=-1, status="running", step=1, total=9) for i in range(count)
        }
        self.made, self.at_once, self.registry = [], 0, self

    async def get(self, name):
        return self.runs[name]

    async def newest(self, run, choice):
        self.at_once += 1
        assert self.at_once == 1
        await asyncio.sleep(0)
        self.at_once -= 1
        self.made.append(run.id)
        return run.step


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(walls, "ASK", 0.0)


def hung(office):
    members = {i: SimpleNamespace(no=i, nickname=name, run=name) for i, name in enumerate(office.runs)}
    return Walls(office, office), SimpleNamespace(row=SimpleNamespace(code="ABC"), members=members)


async def settled():
    for _ in range(1000):
        await asyncio.sleep(0)


def test_one_look_at_a_wall_has_every_run_without_numbers_seen_once(quick):
    async def scene():
        office = Office(60)
        wall, room = hung(office)
        await wall.wall(room)
        await settled()
        return office

    office = asyncio.run(scene())
    assert office.made == list(office.runs)


def test_runs_that_went_on_are_seen_again_only_when_their_numbers_are_stale(quick, monkeypatch):
    async def scene():
        office = Office(3)
        wall, room = hung(office)
        for _ in range(3):
            wall._made.clear()  # each time a second later
            await wall.wall(room)
            await settled()
            office.runs["r1"].step += 1
        first = list(office.made)
        monkeypatch.setattr(walls, "STALE", 0.0)
        wall._made.clear()
        await wall.wall(room)
        await settled()
        return first, office.made[len(first) :]

    assert asyncio.run(scene()) == (["r0", "r1", "r2"], ["r1"])


def test_a_frame_that_somebody_watches_meanwhile_is_not_made_twice(quick):
    async def scene():
        office = Office(2)
        wall, room = hung(office)
        await wall.wall(room)
        office.runs["r1"].see(1)
        await settled()
        return office.made

    assert asyncio.run(scene()) == ["r0"]
