"""The page's own JavaScript: what the opening view needs stays small, the rest comes when it is first wanted."""

from __future__ import annotations

import posixpath
import re

import pytest

from app.templating import STATIC, modules

MOST = 100_000  # bytes, as they are written; plotly.js is not ours
SCRIPTS = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
ASKED_FOR = re.compile(r'import\("(\.[^"]+)"\)(?!\.[A-Z])')


def size(paths: list[str]) -> int:
    return sum((STATIC / path).stat().st_size for path in paths)


def test_the_opening_view_needs_at_most_a_hundred_kilobytes() -> None:
    assert size(["theme.js", *modules()]) <= MOST


@pytest.mark.parametrize("part", ["walk", "whatif", "timeline", "exports", "presets", "weights", "controls", "drill"])
def test_what_most_visits_do_not_need_is_not_among_it(part: str) -> None:
    assert (STATIC / f"views/{part}.js").is_file()
    assert f"views/{part}.js" not in modules()


def test_every_script_is_reached_from_a_page() -> None:
    """Nothing is left behind that no page loads: by its first script, by an import, or by one on first use."""
    reached = {"theme.js"}
    waiting = ["main.js", "wall.js", "teach.js", "sweeps/main.js", "lessons/main.js"]
    while waiting:
        now = waiting.pop()
        for path in modules(now):
            if path in reached:
                continue
            reached.add(path)
            names = ASKED_FOR.findall((STATIC / path).read_text(encoding="utf-8"))
            folder = posixpath.dirname(path)
            waiting += [posixpath.normpath(posixpath.join(folder, name)) for name in names]
    assert sorted(reached) == SCRIPTS
