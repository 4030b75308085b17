"""Settings as a declared table: a knob is a dataclass field with a default, a range, a label and a help text.

Form, docs, OpenAPI and validation all read the same metadata. A class made of knobs calls `check_knobs(self)`
in `__post_init__`; `build(cls, data)` makes one from a JSON object and refuses unknown fields.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from engine.errors import Problem, SpecError, brief

T = TypeVar("T")
NUMBERS = (int, float, np.integer, np.floating)


def knob(
    default: Any,
    label: str,
    help: str,
    *,
    kind: str | None = None,
    lo: float | None = None,
    hi: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] | None = None,
    optional: bool = False,
    live: bool = False,
    log: bool = False,
) -> Any:
    """Declare a field: its kind (int, float, bool, choice, text, json), range [lo, hi] or (above, hi], and words.

    `live` marks what may change while training; `log` asks the form for a logarithmic slider.
    """
    kind = kind or ("choice" if choices else type(default).__name__.replace("str", "text"))
    meta = {
        "label": label, "help": help, "kind": kind, "lo": lo, "hi": hi, "above": above,
        "choices": choices, "optional": optional, "live": live, "log": log,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=meta)


def table(cls: type) -> list[dict[str, Any]]:
    """Return the knobs of a class as JSON-able rows, in order."""
    return [
        {"name": f.name, "default": f.default, **f.metadata} for f in dataclasses.fields(cls) if f.metadata.get("label")
    ]


def check_knobs(self: Any) -> None:
    """Coerce and check every knob of a frozen dataclass in place; raise `SpecError` with all problems."""
    problems: list[Problem] = []
    for f in dataclasses.fields(self):
        if not f.metadata.get("kind"):
            continue
        try:
            object.__setattr__(self, f.name, _coerce(f.metadata, getattr(self, f.name)))
        except ValueError as error:
            problems.append(Problem(f.name, getattr(self, f.name), str(error)))
    if problems:
        raise SpecError(problems)


def build(cls: Callable[..., T], data: Any) -> T:
    """Make `cls` from a JSON object. Raises `SpecError` naming unknown fields and every bad value."""
    if not isinstance(data, dict):
        raise SpecError([Problem("", data, "must be an object")])
    known = {f.name for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    unknown = [Problem(str(n), v, f"unknown field; known are {', '.join(sorted(known))}")
               for n, v in data.items() if n not in known]  # fmt: skip
    try:
        value = cls(**{n: v for n, v in data.items() if n in known})
    except SpecError as error:
        raise SpecError([*unknown, *error.problems]) from None
    if unknown:
        raise SpecError(unknown)
    return value


def collect(parts: Mapping[Any, Callable[[], Any]]) -> dict[Any, Any]:
    """Run each maker; return what they made, or raise one `SpecError` with all problems, each under its key."""
    made: dict[Any, Any] = {}
    problems: list[Problem] = []
    for name, make in parts.items():
        try:
            made[name] = make()
        except SpecError as error:
            problems += [p.under(name) if name != "" else p for p in error.problems]
    if problems:
        raise SpecError(problems)
    return made


def _coerce(meta: Any, value: Any) -> Any:
    if value is None:
        if meta["optional"]:
            return None
        raise ValueError("must be given")
    return _COERCE[meta["kind"]](meta, value)


def _integer(meta: Any, value: Any) -> int:
    fraction = isinstance(value, (float, np.floating)) and not value.is_integer()
    if isinstance(value, bool) or not isinstance(value, NUMBERS) or fraction:
        raise ValueError("must be a whole number")
    return int(_in_range(meta, int(value)))


def _real(meta: Any, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, NUMBERS):
        raise ValueError("must be a number")
    if isinstance(value, int) and abs(value) > 10**300 or not math.isfinite(value):
        raise ValueError("must be a finite number")
    return float(_in_range(meta, float(value)))


def _in_range(meta: Any, value: float) -> float:
    lo, hi, above = meta["lo"], meta["hi"], meta["above"]
    if above is not None and not value > above:
        raise ValueError(f"must be above {above:g}")
    if lo is not None and value < lo:
        raise ValueError(f"must be at least {lo:g}")
    if hi is not None and value > hi:
        raise ValueError(f"must be at most {hi:g}")
    return value


def _boolean(meta: Any, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _choice(meta: Any, value: Any) -> str:
    if not isinstance(value, str) or value not in meta["choices"]:
        raise ValueError(f"must be one of {', '.join(meta['choices'])}")
    return value


def _text(meta: Any, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    if meta["hi"] is not None and len(value) > meta["hi"]:
        raise ValueError(f"must have at most {meta['hi']:g} characters, not {len(value)}")
    return value


_COERCE: dict[str, Callable[[Any, Any], Any]] = {
    "int": _integer, "float": _real, "bool": _boolean, "choice": _choice, "text": _text,
    "json": lambda meta, value: value,
}  # fmt: skip

__all__ = ["brief", "build", "check_knobs", "collect", "knob", "table"]
