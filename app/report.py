"""The standalone report: one HTML file with every figure and plotly.js inside, which asks nobody for anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from app import i18n, plotly_bundle
from app.templating import templates

# The file says so itself: opened from a disk it may run what is in it and fetch nothing.
CSP = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'"
)
MOST_ROWS = 4000


def thinned(rows: Sequence[str]) -> list[str]:
    """Return at most about `MOST_ROWS` of the rows, evenly, the last one always."""
    gap = -(-len(rows) // MOST_ROWS)
    return [*rows[:-1][::gap], *rows[-1:]] if gap > 1 else list(rows)


def page(run: str, parts: str, lang: str = "en") -> Iterator[bytes]:
    """Yield the pieces of the file; `parts` is what `lab.report` made in that language."""
    content = json.loads(parts)
    i18n.speak(lang)
    before, _, rest = templates.get_template("report.html").render(
        run=run, csp=CSP, content=content, knobs=list(knobs(content["spec"])), lang=lang,
    ).partition("/*plotly*/")  # fmt: skip
    middle, _, after = rest.partition("/*figures*/")
    yield before.encode()
    yield plotly_bundle.bundle().raw
    yield middle.encode()
    yield in_script(json.dumps(content["figures"], separators=(",", ":"))).encode()
    yield after.encode()


def in_script(text: str) -> str:
    """Return JSON that ends no script element, whatever labels and texts it holds."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def knobs(spec: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted name, value) of a spec, long values cut; what is null is left out."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            yield from knobs(value, f"{path}.{name}" if path else name)
    elif isinstance(spec, list) and spec and all(isinstance(item, dict) for item in spec):
        for index, item in enumerate(spec):
            yield from knobs(item, f"{path}.{index}")
    elif spec is not None and spec != []:
        text = json.dumps(spec, ensure_ascii=False) if not isinstance(spec, str) else spec
        yield path, text if len(text) <= 200 else f"{text[:200]} …"
