"""Frames and arrays as bytes: each array once, in Plotly's typed-array form, ready to be sent.

    array   {"dtype": "f4", "shape": "41, 41", "bdata": "<base64, little endian, C order>"}; NaN and infinities survive
    scalar  JSON; NaN and infinities become null
    frame   {"run": id, "step": …, "t_steps": …, "k_steps": …, "networks": [{…, "layers": [{…}]}]}

A frame is encoded in the worker that made it, as `Parts`: pieces of JSON text, each array a piece of its own with its
name. What a client does not want to see is then left out by joining fewer pieces; nothing is encoded twice.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from engine import Frame, as_tree
from engine.frame import view_names

ALWAYS = ("t_steps", "k_steps")
PRODUCTS = "jacobian_products"
VIEWS = frozenset(view_names())


class Choice(NamedTuple):
    """What somebody wants to see of a frame."""

    views: frozenset[str] | None = None  # names of arrays; None: all
    products: bool = False  # `jacobian_products` too

    def wants(self, name: str | None) -> bool:
        """Return whether a piece belongs to the choice; structure and scalars always do."""
        if name == PRODUCTS:
            return self.products
        return name is None or self.views is None or name in self.views

    def covers(self, other: Choice) -> bool:
        """Return whether a frame encoded for this choice has all that the other wants."""
        enough = self.views is None or (other.views is not None and other.views <= self.views)
        return enough and (self.products or not other.products)


@dataclass
class Parts:
    """An encoded frame: (array name or None, text) pieces, in order, with the arrays of `choice`."""

    step: int
    choice: Choice
    pieces: list[tuple[str | None, bytes]]
    joined: dict[Choice, bytes] = field(default_factory=dict, repr=False)

    def select(self, choice: Choice) -> bytes:
        """Return the frame's JSON with only the arrays chosen, made once per choice."""
        if choice not in self.joined:
            self.joined[choice] = b"".join(text for name, text in self.pieces if choice.wants(name))
        return self.joined[choice]

    @property
    def size(self) -> int:
        """Bytes of all pieces."""
        return sum(len(text) for _, text in self.pieces)


def encode(run: str, frame: Frame, choice: Choice, dtype: str | None = "f4") -> Parts:
    """Return a frame's pieces with floats as `dtype` (None: as they are)."""
    tree = {"run": run, **as_tree(frame)}
    return Parts(frame.step, choice, list(_object(tree, choice, dtype)))


def document(tree: dict[str, Any], dtype: str | None = None) -> bytes:
    """Return a dict of scalars and arrays (nested or not) as JSON."""
    return b"".join(text for _, text in _object(tree, Choice(None, True), dtype))


def array(value: np.ndarray[Any, Any], dtype: str | None = None) -> bytes:
    """Return one array in the typed-array form; floats in `dtype`, whole numbers as i4, booleans as u1."""
    kind = value.dtype.kind
    if kind == "f":
        code = dtype or f"f{value.dtype.itemsize}"
    else:
        code = "u1" if kind == "b" else "i4"
    with np.errstate(over="ignore", under="ignore"):
        data = np.ascontiguousarray(value, dtype="<" + code if code != "u1" else code)
    shape = ", ".join(str(n) for n in value.shape)
    head = f'{{"dtype":"{code}","shape":"{shape}","bdata":"'
    return head.encode() + base64.b64encode(data.data if data.size else b"") + b'"}'


def plain(value: Any) -> Any:
    """Return scalars, also in lists and dicts, as JSON allows them: numbers that are not finite become None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def dumps(value: Any) -> str:
    """Return compact JSON of plain values."""
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def npz(tree: dict[str, Any]) -> bytes:
    """Return nested dicts of arrays and scalars as a NumPy archive by dotted names; None is left out."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: np.asarray(value) for name, value in _leaves(tree, "")})
    return buffer.getvalue()


def _object(tree: dict[str, Any], choice: Choice, dtype: str | None) -> Iterator[tuple[str | None, bytes]]:
    """Yield scalars first, so that every array piece can carry the comma before it."""
    scalars = {k: v for k, v in tree.items() if not isinstance(v, (np.ndarray, dict, list)) and _stated(k, v, choice)}
    assert scalars, "a record without a scalar"  # the first of them opens the object without a comma
    yield None, dumps(scalars)[:-1].encode()
    for name, value in tree.items():
        key = b"," + json.dumps(name).encode() + b":"
        if isinstance(value, np.ndarray):
            kind = None if name in ALWAYS else name
            if choice.wants(kind):
                yield kind, key + array(value, dtype)
        elif isinstance(value, dict):  # a layer's gates: one view
            if choice.wants(name):
                yield name, key + _arrays(value, dtype)
        elif isinstance(value, list):
            yield None, key + b"["
            for index, item in enumerate(value):
                yield None, b"," if index else b""
                yield from _object(item, choice, dtype)
            yield None, b"]"
    yield None, b"}"


def _stated(name: str, value: Any, choice: Choice) -> bool:
    """Return whether a scalar is sent: null says that there is no such array, not that nobody asked for it."""
    return value is not None or name not in VIEWS or choice.wants(name)


def _arrays(tree: dict[str, Any], dtype: str | None) -> bytes:
    rows = [json.dumps(name).encode() + b":" + array(value, dtype) for name, value in tree.items()]
    return b"{" + b",".join(rows) + b"}"


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        if value is not None:
            yield path, value
        return
    for name, item in items:
        yield from _leaves(item, f"{path}.{name}" if path else str(name))
