"""Reading what a request brings, within bounds."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from app.bodies import only, parse
from app.errors import FieldProblem, HTTPProblem, Invalid

SMALL = 100_000  # bytes: bodies that hold a few numbers


async def small_json(request: Request) -> bytes:
    """Return a short body, else 413."""
    body = await request.body()
    if len(body) > SMALL:
        raise HTTPProblem(413, f"the body has {len(body)} bytes; here {SMALL} are the most",
                          [FieldProblem("body", len(body), f"at most {SMALL} bytes")])  # fmt: skip
    return body


def whole_number(body: bytes, name: str, lo: int, hi: int) -> int:
    """Return the one field `name` of a JSON body, a whole number in lo..hi."""
    data = parse(body)
    only(data, name)
    value: Any = data.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(name, value, "must be a whole number" if name in data else "must be given")
    if not lo <= value <= hi:
        raise Invalid(name, value, f"must be {lo} to {hi}")
    return value
