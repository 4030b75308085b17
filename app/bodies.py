"""JSON at the door: strict, bounded, and naming what is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from app.errors import FieldProblem, HTTPProblem, invalid


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`.

    Raises HTTPProblem 400 when it is not JSON, 422 when it is not an object or holds NaN or an infinity (the
    literals, and numbers too large for a double).
    """
    try:
        data = json.loads(body)
    except RecursionError:
        raise _unreadable(body, "it is nested too deeply") from None
    except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
        raise _unreadable(body, str(error)) from None
    if not isinstance(data, dict):
        raise invalid([("", data, "the body must be a JSON object")])
    bad = [(path, value, "must be a finite number") for path, value in _not_finite(data, "")]
    if bad:
        raise invalid(bad)
    return data


def flatten(changes: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested objects and lists of objects as one object of dotted names; dotted names stay as they are."""
    flat: dict[str, Any] = {}
    for name, value in changes.items():
        inner = dict(enumerate(value)) if _is_rows(value) else value
        if isinstance(inner, dict):
            flat |= flatten({str(k): v for k, v in inner.items()}, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def only(data: dict[str, Any], *known: str) -> None:
    """Refuse fields other than the known ones."""
    unknown = [(name, value, f"unknown field; known are {', '.join(known)}") for name, value in data.items()
               if name not in known]  # fmt: skip
    if unknown:
        raise invalid(unknown)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _unreadable(body: bytes, why: str) -> HTTPProblem:
    start = body[:80].decode("utf-8", "replace")
    return HTTPProblem(400, f"the body is not JSON: {why}", [FieldProblem("body", start, why)])


def _not_finite(value: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _not_finite(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (float, list, dict)):
                yield from _not_finite(item, f"{path}.{index}")
