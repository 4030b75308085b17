"""Which checkpoints of a run to keep, so that any trained step is a bounded way from one and the disk stays bounded.

Kept are step 0, the newest, every pinned one (where hyper-parameters or weights were changed), and of the others one
per `gap` steps; when they become too many, the gap doubles. With at most `limit` kept, no trained step is further than
about 2/limit of the run from the checkpoint below it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence


def thin(steps: Sequence[int], pinned: Collection[int], limit: int) -> list[int]:
    """Return which of the ascending `steps` to delete so that about `limit` remain. The newest always stays."""
    if len(steps) <= limit:
        return []
    keep: set[int] = set()
    gap = 1
    while len(keep := _rungs(steps, pinned, gap)) > max(limit // 2, len(pinned) + 2):
        gap *= 2
    return [step for step in steps if step not in keep]


def _rungs(steps: Sequence[int], pinned: Collection[int], gap: int) -> set[int]:
    kept, last = {steps[-1]}, None
    for step in steps:
        if last is None or step in pinned or step - last >= gap:
            kept.add(step)
            last = step
    return kept


def spread(steps: Sequence[int], count: int) -> list[int]:
    """Return at most `count` of the ascending steps, evenly by place, both ends among them."""
    if len(steps) <= count:
        return list(steps)
    return [steps[round(i * (len(steps) - 1) / (count - 1))] for i in range(count)]
