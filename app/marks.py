"""Where in a run something happened: the marks on the page's time line, found in the metrics of its steps.

clipped    the gradient was longer than the clip norm that held; neighbouring steps are one mark
burst      the gradient was many times as long as it had usually been just before
diverged   the run's end
opened     the gradient's longest reach rose over `OPEN` of its size at lag 0 between two looks; `closed`: fell
changed    a knob or weights were changed in flight
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BURST = 8.0  # times the usual size
USUAL = 50  # steps that make the usual
FEWEST = 10
OPEN = -2.0  # log10: 1 % of a change still arrives over the longest lag
MOST = 300  # marks of one kind
Mark = dict[str, Any]
Row = dict[str, Any]


class Scan:
    """Reads rows in order and keeps what stands out."""

    def __init__(self, clips: Sequence[tuple[int, float | None]], networks: int) -> None:
        """`clips`: (step after which it holds, clip norm), in order, the first from step 0."""
        self._clips = list(clips)
        self._usual: list[deque[float]] = [deque(maxlen=USUAL) for _ in range(networks)]
        self._quiet = [0] * networks  # step up to which a burst has been told
        self._open: list[Mark | None] = [None] * networks
        self.bursts: list[Mark] = []
        self.clipped: list[Mark] = []

    def feed(self, rows: Iterable[Row]) -> None:
        """Take the next rows."""
        for row in rows:
            limit = self._limit(row["step"])
            for index, network in enumerate(row["networks"]):
                size = network["grad_norm"]
                if size is not None:
                    self._clip(row["step"], index, size, limit)
                    self._burst(row["step"], index, size)

    def _limit(self, step: int) -> float | None:
        while len(self._clips) > 1 and self._clips[1][0] < step:
            self._clips.pop(0)
        return self._clips[0][1]

    def _clip(self, step: int, index: int, size: float, limit: float | None) -> None:
        mark = self._open[index]
        if limit is None or size <= limit:
            return
        if mark is not None and step - mark["until"] <= 1 + (mark["until"] - mark["step"]) // 4:
            mark |= {"until": step, "count": mark["count"] + 1}
            if size > mark["value"]:
                mark |= {"worst": step, "value": size}
            return
        mark = _mark("clipped", step, index, size) | {"worst": step, "count": 1}
        self._open[index] = mark
        self.clipped.append(mark)

    def _burst(self, step: int, index: int, size: float) -> None:
        usual = self._usual[index]
        if len(usual) >= FEWEST and step > self._quiet[index]:
            middle = sorted(usual)[len(usual) // 2]
            if middle > 0 and size > BURST * middle:
                self.bursts.append(_mark("burst", step, index, size / middle))
                self._quiet[index] = step + FEWEST
        usual.append(size)


def crossings(looks: Sequence[tuple[int, Sequence[float]]]) -> Iterator[Mark]:
    """Yield where the reach of a network rose over or fell below `OPEN` between two looks; it lies in (after, step]."""
    for (before, old), (step, new) in zip(looks, looks[1:], strict=False):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            if not math.isnan(a) and not math.isnan(b) and (a >= OPEN) != (b >= OPEN):
                yield _mark("opened" if b >= OPEN else "closed", step, index, b) | {"after": before}


def ends(diverged: dict[str, Any] | None) -> list[Mark]:
    """Return the mark of a diverged run."""
    return [_mark("diverged", diverged["step"], diverged["network"], None)] if diverged else []


def changed(patches: Iterable[tuple[int, float, str]]) -> list[Mark]:
    """Return the marks of changes in flight."""
    return [_mark("changed", step, None, None) | {"names": sorted(json.loads(text))} for step, _, text in patches]


def clip_norms(first_spec: str, patches: Iterable[tuple[int, float, str]]) -> list[tuple[int, float | None]]:
    """Return (step after which it holds, clip norm) from the spec and its changes in flight."""
    held: list[tuple[int, float | None]] = [(-1, json.loads(first_spec)["clip_norm"])]
    for step, _, text in patches:
        changes = json.loads(text)
        if "clip_norm" in changes:
            held.append((step, changes["clip_norm"]))
    return held


def largest(marks: list[Mark]) -> list[Mark]:
    """Return at most `MOST` of the marks of one kind, those of the largest value, in order."""
    if len(marks) <= MOST:
        return marks
    kept = sorted(marks, key=lambda mark: mark["value"], reverse=True)[:MOST]
    return sorted(kept, key=lambda mark: int(mark["step"]))


def _mark(kind: str, step: int, network: int | None, value: float | None) -> Mark:
    return {"kind": kind, "step": step, "until": step, "network": network, "value": value}
