"""Writes what the documents say from the source itself: docs/settings.md, and the rooms in docs/architecture.md.

`make docs` calls it; tests/test_docs.py holds the pages to it.
"""

import ast
from pathlib import Path

from app.settings import table

ROOT = Path(__file__).resolve().parent.parent
MARK = "<!-- The rooms, as their own first lines have it: make docs -->\n"
FOLDERS = ("engine", "app", "static")
SETTINGS = """\
# Settings

Everything that may differ from one server to the next, read once from the environment when the server starts:
`UNROLLED_MAX_FPS=10 make run`, `docker run --env …`, `environment:` in [compose.yaml](../compose.yaml).
`python -m app --help` prints the same table. The image sets `HOST=0.0.0.0`,
`UNROLLED_DATA_DIR=/data`, `UNROLLED_REQUIRE_TOKEN=1`, `UNROLLED_RATE_LIMIT=60/second;2400/minute`,
`UNROLLED_LOG_JSON=1` and
`UNROLLED_LOG_REQUESTS=1`.

| name | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """Return the page of settings."""
    return SETTINGS + "".join(f"| `{row['name']}` | `{row['default']}` | {row['help']} |\n" for row in table())


def rooms(folder: str) -> list[Path]:
    """Return the modules of a folder of the house, its own __init__ left out."""
    files = (p for suffix in ("py", "js") for p in (ROOT / folder).rglob(f"*.{suffix}"))
    return sorted(p for p in files if p != ROOT / folder / "__init__.py")


def first_line(module: Path) -> str:
    """Return what a module says of itself: its docstring's first sentence line, or its first comment."""
    text = module.read_text()
    said = ast.get_docstring(ast.parse(text)) if module.suffix == ".py" else text.lstrip("/ *\n")
    return (said or "").partition("\n")[0].replace("|", "\\|")


def rooms_section() -> str:
    """Return a table for each folder."""
    return "".join(
        f"\n## `{folder}/`\n\n| room | what is in it |\n|---|---|\n"
        + "".join(f"| `{room.relative_to(ROOT / folder)}` | {first_line(room)} |\n" for room in rooms(folder))
        for folder in FOLDERS
    )


def write() -> None:
    """Write both pages."""
    (ROOT / "docs" / "settings.md").write_text(settings_page())
    page = ROOT / "docs" / "architecture.md"
    page.write_text(page.read_text().partition(MARK)[0] + MARK + rooms_section())


if __name__ == "__main__":
    write()
