"""A run: one experiment with an identity, as the server holds it in memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.glance import scalars
from app.pace import Pace
from app.store import Row
from app.wire import Parts


class Status(StrEnum):
    """What a run is doing."""

    PAUSED = "paused"
    RUNNING = "running"
    FINISHED = "finished"
    DIVERGED = "diverged"
    FAILED = "failed"
    CANCELLED = "cancelled"  # deleted: seen only by open streams


AT_END = frozenset({Status.FINISHED, Status.DIVERGED, Status.FAILED, Status.CANCELLED})


@dataclass(eq=False)
class Run:
    """The state of a run. `step` and the database agree whenever nobody holds the run."""

    no: int
    id: str
    client: str
    owner: str | None
    created: float
    touched: float
    spec: str  # JSON, patches applied
    first_spec: str  # JSON, as created; what checkpoints refer to
    total: int  # steps in all
    seq_len: int  # T
    every: int  # steps from frame to frame
    status: Status
    step: int
    diverged: dict[str, Any] | None = None
    error: str | None = None
    revision: int = 0  # counts changes of knobs or weights
    head: bytes | None = None  # checkpoint of `step`, when it is in memory
    player: asyncio.Task[None] | None = None
    advancing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)  # one advance call after the other
    halt: bool = False  # an advance call is asked to stop where it is
    waiting: int = 0  # calls that want the run; training lets them in between two pieces
    pace: dict[bool, Pace] = field(default_factory=lambda: {False: Pace(), True: Pace()})  # by "is watched"
    speed: float = 0.0  # steps per second, frames and storing included
    frame_due: float = 0.0  # moment (monotonic) of the next frame, where watchers want only so many
    lag: float = 0.0  # seconds from asking for such a frame to having it, smoothed
    store_after: float = 0.0  # moment (monotonic) from which the next checkpoint may be stored
    glance: bytes | None = None  # the newest frame without its arrays
    glanced: int = -1  # its step
    _counted: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @classmethod
    def of_row(cls, row: Row, every: int | None = None) -> Run:
        """Return a run as the database knows it; `every` of its probe, when the caller knows it already."""
        every = every or json.loads(row.spec)["probe"]["every"]
        diverged = json.loads(row.diverged) if row.diverged else None
        return cls(row.no, row.id, row.client, row.owner, row.created, row.touched, row.spec, row.first_spec, row.total,
                   row.seq_len, every,
                   Status(row.status), row.step, diverged, row.error)  # fmt: skip

    def clock(self) -> None:
        """Training begins (again): speed is measured from here."""
        self._counted = time.monotonic()

    def count(self, step: int) -> None:
        """Training has come to `step`."""
        now = time.monotonic()
        rate = (step - self.step) / max(now - self._counted, 1e-6)
        self.speed = rate if not self.speed else 0.7 * self.speed + 0.3 * rate
        self.step, self._counted = step, now

    def see(self, frame: Parts) -> None:
        """Keep the few numbers of a new frame that walls show."""
        self.glance, self.glanced = scalars(frame), frame.step

    @property
    def products_size(self) -> int:
        """Bytes of every ∂h_t/∂h_k of a frame, as f4."""
        networks: list[dict[str, int]] = json.loads(self.spec)["networks"]
        return (self.seq_len + 1) ** 2 * sum(n["hidden_size"] ** 2 * n["layers"] for n in networks) * 4

    @property
    def idle(self) -> bool:
        """Whether nothing in memory is working on it."""
        return self.player is None and not self.waiting and not self._lock.locked() and not self.advancing.locked()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Have the run to oneself; training in the background makes way at the end of its piece."""
        self.waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._lock.release()

    def state(self) -> dict[str, Any]:
        """Return what the `status` event says."""
        return {
            "run": self.id,
            "status": str(self.status),
            "step": self.step,
            "steps": self.total,
            "steps_per_second": round(self.speed, 1) if self.status is Status.RUNNING else 0.0,
            "diverged": self.diverged,
            "error": self.error,
            "revision": self.revision,
        }

    def brief(self) -> dict[str, Any]:
        """Return the state under the run's `id`, as REST answers have it."""
        state = self.state()
        return {"id": state.pop("run"), **state}

    def document(self, root: str, **more: Any) -> bytes:
        """Return everything about the run as JSON; the spec is put in as the text it is."""
        head = json.dumps({**self.brief(), "created": self.created, **more, "links": self.links(root)})
        return f'{head[:-1]},"spec":{self.spec}}}'.encode()

    def links(self, root: str) -> dict[str, str]:
        """Return where to go on from here."""
        here = f"{root}/api/runs/{self.id}"
        names = (
            "advance",
            "play",
            "pause",
            "stream",
            "metrics",
            "weights",
            "figures",
            "marks",
            "whatif",
            "fork",
            "trust",
        )
        more = {"report": f"{here}/report.html", "notebook": f"{here}/notebook.ipynb"}
        more |= {"frame": f"{here}/frames/{{step}}", "jacobian": f"{here}/jacobian?t={{t}}&k={{k}}"}
        return {"self": here, **{name: f"{here}/{name}" for name in names}, **more}
