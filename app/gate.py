"""Who is let in to the workers: what somebody waits for goes before work in the background, which is owed a part.

Within each of the two, clients and their jobs take turns: `app.turns`.
"""

from __future__ import annotations

import asyncio

from app.turns import Line, Priority, Ticket, Turn


class Gate:
    """Lets so many pieces of work in at once. While both wait, the background gets every `FAIR`th second of work."""

    FAIR = 8

    def __init__(self, places: int) -> None:
        """Let `places` in at once."""
        self.places = self._free = places
        self._lines = {priority: Line() for priority in Priority}
        self._owed = 0.0  # seconds, to the background

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(line) for line in self._lines.values())

    async def enter(self, priority: Priority, turn: Turn = Turn()) -> Ticket:  # noqa: B008  (a Turn never changes)
        """Wait for a place."""
        ticket = Ticket(priority, turn, asyncio.get_running_loop().create_future())
        assert ticket.future
        self._lines[priority].push(ticket)
        self._grant()
        try:
            await ticket.future
        except asyncio.CancelledError:
            if not self._lines[priority].drop(ticket) and not ticket.future.cancelled():
                self.leave(ticket, 0.0)  # the place came in the same moment: hand it on
            raise
        return ticket

    def reshare(self, turn: Turn) -> None:
        """Let the share of a job in the background hold from now on."""
        self._lines[Priority.BACKGROUND].reshare(turn)

    def leave(self, ticket: Ticket, seconds: float | None = None) -> None:
        """Give the place to the next in line, having worked for `seconds` (None: as long as expected)."""
        seconds = ticket.price if seconds is None else seconds
        self._lines[ticket.priority].pay(ticket, seconds)
        self._owe(ticket.priority, seconds)
        self._free += 1
        self._grant()

    def resize(self, places: int) -> None:
        """Let more or fewer in from now on; whoever is in stays in."""
        self._free += places - self.places
        self.places = places
        self._grant()

    def _owe(self, priority: Priority, seconds: float) -> None:
        if priority is Priority.BACKGROUND:
            self._owed = max(0.0, self._owed - seconds)
        elif self._lines[Priority.BACKGROUND]:
            self._owed += seconds / (self.FAIR - 1)
        else:
            self._owed = 0.0

    def _grant(self) -> None:
        while self._free > 0 and (line := self._next_line()) is not None:
            ticket = line.pop()
            assert ticket.future
            if ticket.future.cancelled():
                line.pay(ticket, 0.0)  # whoever asked has gone
                continue
            self._free -= 1
            ticket.future.set_result(None)

    def _next_line(self) -> Line | None:
        now, background = self._lines[Priority.NOW], self._lines[Priority.BACKGROUND]
        if now and background:
            return background if self._owed >= background.price else now
        return now if now else background if background else None
