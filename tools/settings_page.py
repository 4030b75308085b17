"""Writes docs/settings.md from the declared table of settings: python -m tools.settings_page > docs/settings.md."""

import sys

from app.settings import table

HEAD = """\
# Settings

Everything that may differ from one server to the next, read once from the environment when the server starts:
`UNROLLED_MAX_FPS=10 make run`, `docker run --env …`, `environment:` in [compose.yaml](../compose.yaml).
`python -m app --help` prints the same table. The image sets `HOST=0.0.0.0`, `UNROLLED_DATA_DIR=/data` and
`UNROLLED_REQUIRE_TOKEN=1`.

| name | default | meaning |
|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"| `{row['name']}` | `{row['default']}` | {row['help']} |\n" for row in table())


if __name__ == "__main__":
    sys.stdout.write(page())
