"""Lessons: one idea each, as data. A lesson is one TOML file beside this one; docs/lessons.md says what is in it."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from app.formulas import math

FOLDER = Path(__file__).resolve().parent
INLINE = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\*\*(.+?)\*\*|`(.+?)`", re.S)


@cache
def all_lessons() -> dict[str, dict[str, Any]]:
    """Return name -> lesson, in their order: the number in front of the file's name."""
    paths = sorted(FOLDER.glob("*.toml"))
    return {path.stem.split("-", 1)[1]: tomllib.loads(path.read_text("utf-8")) for path in paths}


def told(name: str, lang: str) -> dict[str, Any]:
    """Return a lesson's texts in a language. Raises KeyError for a lesson that is not there."""
    return dict(all_lessons()[name][lang])


def script_part(name: str, lang: str) -> dict[str, Any]:
    """Return what the lesson's script needs: the experiment, its figures, what the buttons do, the question."""
    lesson, words = all_lessons()[name], told(name, lang)
    parts = {key: lesson[key] for key in ("spec", "figures", "buttons", "question")}
    return parts | {"worked": lesson.get("worked", False), "train": lesson.get("train", 0),
                    "options": words.get("options", []), "reveal": words["reveal"]}  # fmt: skip


def prose(text: str) -> Markup:
    """Return paragraphs as HTML: an empty line between them, $LaTeX$ or $$LaTeX$$, **strong**, `code`."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(_inline(part)) for part in paragraphs)


def _inline(text: str) -> Markup:
    made, at = Markup(""), 0
    for found in INLINE.finditer(text):
        made += escape(text[at : found.start()]) + _piece(*found.groups())
        at = found.end()
    return made + escape(text[at:])


def _piece(display: str | None, formula: str | None, strong: str | None, code: str | None) -> Markup:
    if display or formula:
        return math(str(display or formula), block=bool(display))
    return Markup("<strong>{}</strong>").format(strong) if strong else Markup("<code>{}</code>").format(code)
