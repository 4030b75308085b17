"""How many steps make a piece of training of the wished length."""

from __future__ import annotations

FIRST = 4
GROWTH = 8
STALE = 16
REACH = 4  # times as many steps as wished, where they end at a frame


class Pace:
    """Seconds per step, learnt from what the last pieces took; unknown at first, so it starts small and grows fast."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.seconds: float | None = None  # per step, smoothed
        self._last = 0
        self._stale = 0  # pieces planned since the last one was learnt from

    def steps(self, target: float, most: int) -> int:
        """Return the steps that take about `target` seconds: 1 .. `most`."""
        self._stale += 1
        wish = FIRST if self.seconds is None else target / max(self.seconds, 1e-9)
        if self._last:
            wish = min(wish, GROWTH * self._last)  # one lucky measurement must not make a long piece
        return max(1, min(int(wish), most))

    def learn(self, steps: int, seconds: float) -> None:
        """Take in that `steps` took `seconds`."""
        if steps < 1:
            return
        self._stale = 0
        each = seconds / steps
        self.seconds = each if self.seconds is None else 0.5 * self.seconds + 0.5 * each
        self._last = steps

    @property
    def known(self) -> bool:
        """Whether it was learnt lately."""
        return self.seconds is not None and self._stale < STALE

    @property
    def rate(self) -> float:
        """Steps per second of pure computing, 0 while unknown."""
        return 1.0 / self.seconds if self.seconds else 0.0


def to_next_frame(step: int, steps: int, every: int) -> int:
    """Return the steps from `step` to the next frame, at a multiple of `every`, if that is not far beyond `steps`.

    A piece that ends short of its frame costs a whole round trip, and the page a redrawing, for nothing to be seen.
    """
    first = every - step % every
    return first if first <= REACH * steps else steps


def to_last_frame(step: int, steps: int, every: int) -> int:
    """Return the steps to the last frame within `steps`; where there is none, to the next one."""
    first = every - step % every
    return first + (steps - first) // every * every if steps >= first else to_next_frame(step, steps, every)
