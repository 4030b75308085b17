"""Whose turn it is at the workers: equal time for each client, and within a client for each of its jobs.

Time is what the work itself measured, not how often somebody came, so small pieces cost little and long ones are paid
for. What everybody should have had by now is the mean of what all who want it have had: only who has had no more may
go in, and of those who would be through first (worst-case fair weighted queueing, after J. Bennett, H. Zhang, INFOCOM
1996; the cost of a piece is guessed from the last one and made good afterwards). So a job with a `share` of 6 gets six
times as much, in even turns and not at once, and whoever comes back from a rest has no credit for having been away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

UNKNOWN = 0.05  # seconds that a job's first piece is taken to need
DEAR = 0.1  # seconds that a piece is taken to need at the most: one slow start must not put a job behind all others
SOON = 8  # grants within which whoever comes back has not been away
FORGET = 64  # flows that may rest before those without debts are forgotten


class Priority(IntEnum):
    """Smaller goes first."""

    NOW = 0
    BACKGROUND = 1


class Turn(NamedTuple):
    """Who asks for work, and on what."""

    client: str = ""
    job: str = ""
    share: float = 1.0


@dataclass(eq=False)
class Ticket:
    """A place asked for; `price` in seconds is paid in advance and made good when the cost is known."""

    priority: Priority
    turn: Turn
    future: asyncio.Future[None] | None = None
    price: float = 0.0


@dataclass(eq=False)
class Flow:
    """All work, a client's, or a job's: what it has had, and what waits."""

    spent: float = 0.0  # seconds had, each divided by its share
    clock: float = 0.0  # what each of the children should have spent by now
    cost: float = UNKNOWN  # seconds of its latest piece
    share: float = 1.0
    waiting: int = 0
    inside: int = 0
    since: int = 0  # when it got in line or was let in last, in grants
    queue: deque[Ticket] = field(default_factory=deque)
    children: dict[str, Flow] = field(default_factory=dict)

    @property
    def price(self) -> float:
        """Seconds that its next piece is taken to need."""
        return min(self.cost, DEAR)

    def child(self, name: str) -> Flow:
        """Return a flow below this one."""
        if name not in self.children:
            if len(self.children) > FORGET:
                self._forget()
            self.children[name] = Flow(self.clock, since=-SOON)
        return self.children[name]

    def first(self) -> Flow:
        """Return the child whose turn it is, of those with something waiting."""
        waiting = [child for child in self.children.values() if child.waiting]
        line = max(self.clock, min(child.spent for child in waiting)) + 1e-9
        fair = [child for child in waiting if child.spent <= line]
        return min(fair, key=lambda child: (child.spent + child.price / child.share, child.since))

    @property
    def active(self) -> list[Flow]:
        """The children who want more, or are having it."""
        return [child for child in self.children.values() if child.waiting or child.inside]

    def set_clock(self) -> None:
        """Let the clock show the mean of what those have had who want more."""
        if active := self.active:
            self.clock = sum(child.spent * child.share for child in active) / sum(child.share for child in active)

    def _forget(self) -> None:
        """Let go of resting flows that would begin at the clock anyway."""
        owing = {name: c for name, c in self.children.items() if c.waiting or c.inside or c.spent > self.clock}
        self.children = owing


class Line:
    """A queue of tickets in which clients, and the jobs of a client, take turns by the time they have had."""

    def __init__(self) -> None:
        """Begin empty."""
        self._root = Flow()
        self._grants = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return self._root.waiting

    def push(self, ticket: Ticket) -> None:
        """Put a ticket in line."""
        self._root.waiting += 1
        for above, flow in self._path(ticket.turn):
            if not flow.waiting and not flow.inside and self._grants - flow.since > SOON:
                flow.spent = max(flow.spent, above.clock)
            if not flow.waiting:
                flow.since = self._grants
            flow.waiting += 1
        flow.queue.append(ticket)
        self.reshare(ticket.turn)

    def reshare(self, turn: Turn) -> None:
        """Let a job's share hold from now on, for what waits, too."""
        (root, client), (_, job) = self._path(turn)
        job.share = turn.share
        client.share = max((child.share for child in client.active), default=1.0)
        for ticket in job.queue:
            ticket.turn = turn
        for above, flow in ((root, client), (client, job)):
            # Ahead by its last piece and no more: what it paid at a smaller share is no debt at the larger one.
            flow.spent = min(flow.spent, above.clock + (1 + flow.inside) * flow.cost / flow.share)
            above.set_clock()

    def drop(self, ticket: Ticket) -> bool:
        """Take a ticket out of the line; return whether it was there."""
        flows = [flow for _, flow in self._path(ticket.turn)]
        if ticket not in flows[-1].queue:
            return False
        flows[-1].queue.remove(ticket)
        for flow in (self._root, *flows):
            flow.waiting -= 1
        return True

    @property
    def price(self) -> float:
        """What the next ticket is taken to cost, in seconds."""
        return self._root.first().first().price

    def pop(self) -> Ticket:
        """Take the next ticket out; its client and its job pay in advance what their last piece took."""
        client = self._root.first()
        job = client.first()
        ticket = job.queue.popleft()
        ticket.price = job.price
        self._root.waiting -= 1
        self._grants += 1
        for above, flow in ((self._root, client), (client, job)):
            flow.waiting -= 1
            flow.inside += 1
            flow.since = self._grants
            flow.spent += ticket.price / ticket.turn.share
            above.set_clock()
        return ticket

    def pay(self, ticket: Ticket, seconds: float) -> None:
        """Settle what a piece really took."""
        for above, flow in self._path(ticket.turn):
            flow.spent += (seconds - ticket.price) / ticket.turn.share
            above.set_clock()
            flow.inside -= 1
            flow.cost, flow.since = seconds, self._grants

    def _path(self, turn: Turn) -> Iterator[tuple[Flow, Flow]]:
        client = self._root.child(turn.client)
        yield self._root, client
        yield client, client.child(turn.job)
