"""A spec as a tree: its JSON form, and a value read or replaced by its dotted name."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np

from engine.knobs import collect
from engine.optimizers import Optimizer
from engine.tasks import Task

Changes = list[tuple[list[str], Any]]  # (path, new value)


def at(value: Any, path: list[str]) -> Any:
    """Return what stands at a path in a spec."""
    for part in path:
        value = value[int(part)] if isinstance(value, tuple) else getattr(value, part)
    return value


def replaced(value: Any, changes: Changes) -> Any:
    """Return a part of a spec with the leaves at some paths replaced; whatever else it holds is shared, not copied."""
    if isinstance(value, tuple):
        return tuple(replaced(item, _below(changes, str(i))) for i, item in enumerate(value))
    own = {path[0]: new for path, new in changes if len(path) == 1}
    inner = {path[0] for path, _ in changes if len(path) > 1}
    made = collect({name: partial(replaced, getattr(value, name), _below(changes, name)) for name in inner})
    return dataclasses.replace(value, **own, **made) if changes else value


def _below(changes: Changes, name: str) -> Changes:
    return [(path[1:], new) for path, new in changes if len(path) > 1 and path[0] == name]


def plain(value: Any) -> Any:
    """Return the JSON form of a spec or a part of it."""
    if dataclasses.is_dataclass(value):
        named = {"name": value.name} if isinstance(value, (Task, Optimizer)) else {}
        return named | {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        nested = value.tolist()
        return _without_nan(nested) if value.dtype.kind == "f" and np.isnan(value).any() else nested
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def _without_nan(nested: Any) -> Any:
    if isinstance(nested, list):
        return [_without_nan(v) for v in nested]
    return None if nested != nested else nested
