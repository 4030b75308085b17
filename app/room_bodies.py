"""What rooms are told: nicknames, titles, hidden controls and what a teacher shows, each checked at the door."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from app.errors import Invalid

NICKNAME, TITLE = 24, 80  # characters
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # of a control or panel


def plain_text(name: str, value: Any, most: int, least: int = 1) -> str:
    """Return a short text in one line, without control characters. Raises Invalid naming the field."""
    if not isinstance(value, str):
        raise Invalid(name, value, "must be a text")
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") for character in text):
        raise Invalid(name, value, "must have no invisible characters")
    if not least <= len(text) <= most:
        raise Invalid(name, value, f"must have {least} to {most} characters")
    return text


def hidden(value: Any) -> tuple[str, ...]:
    """Return the names of hidden controls and panels. Raises Invalid."""
    if not isinstance(value, list) or len(value) > 100:
        raise Invalid("hide", value, "must be a list of at most 100 names")
    for index, name in enumerate(value):
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise Invalid(f"hide.{index}", name, "must be the name of a control or panel, like reset or forget_bias")
    return tuple(dict.fromkeys(value))


def shown(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a teacher shows: {"run", "step" (null: the newest), "view", "selection"}. Raises Invalid."""
    run, view = data.get("run"), data.get("view")
    if not isinstance(run, str) or not run:
        raise Invalid("run", run, "must be the id of the run to show")
    if view is not None and (not isinstance(view, str) or not NAME.fullmatch(view)):
        raise Invalid("view", view, "must be the name of a figure")
    step, selection = _whole("step", data.get("step")), data.get("selection")
    if selection is not None:
        selection = dict(_selection(selection))
    return {"run": run, "step": step, "view": view, "selection": selection}


def _selection(value: Any) -> Iterator[tuple[str, int]]:
    names = ("network", "layer", "t", "k")
    if not isinstance(value, dict) or set(value) != set(names):
        raise Invalid("selection", value, f"must have exactly {', '.join(names)}")
    for name in names:
        number = _whole(f"selection.{name}", value[name])
        if number is None:
            raise Invalid(f"selection.{name}", None, "must be a whole number")
        yield name, number


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise Invalid(name, value, "must be a whole number, at least 0")
    return value
