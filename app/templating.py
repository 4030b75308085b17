"""Jinja environment: templates, texts and the addresses of static files."""

from __future__ import annotations

import hashlib
import posixpath
import re
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from app import forms, formulas, i18n, lessons, plotly_bundle

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
IMPORTS = re.compile(r'^(?:import|export)\b[^;"]*?"(\.[^"]+)";', re.MULTILINE)
_up: ContextVar[str] = ContextVar("up", default="")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def version() -> str:
    """Return a name for the static files as they are now; it changes when any of them does."""
    stats = [(path.relative_to(STATIC).as_posix(), path.stat()) for path in sorted(STATIC.rglob("*")) if path.is_file()]
    text = "\n".join(f"{name} {stat.st_mtime_ns} {stat.st_size}" for name, stat in stats)
    return f"v-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def static(path: str) -> str:
    """Return the address of a static file, relative to the page.

    The version is a folder: modules import each other by relative paths, so they all get it, and may be kept for ever.
    """
    return f"{_up.get()}static/{version()}/{path}"


def modules(entry: str = "main.js") -> list[str]:
    """Return the modules that a page's script imports before it runs, to be preloaded: no waterfall of imports.

    What is loaded when it is first wanted, by `import()`, is not among them.
    """
    found: list[str] = []
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.append(path)
        names = IMPORTS.findall((STATIC / path).read_text(encoding="utf-8"))
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in names]
    return sorted(found)


def subscripts(text: str) -> Markup:
    """Return "∂h_t/∂h_k" with true subscripts, as static/dom.js does."""
    return Markup(re.sub(r"(?<=[∂a-zA-Z])_([a-zA-Z0-9])(?![a-zA-Z0-9_])", r"<sub>\1</sub>", str(escape(text))))


def powers(text: str) -> str:
    """Return "×1e-10" as ×10⁻¹⁰ and "3.2e-05" as 3.2 × 10⁻⁵, as static/format.js does."""
    return re.sub(r"(\d(?:\.\d+)?)e([+-]?\d+)", _power, text)


def _power(found: re.Match[str]) -> str:
    size = "" if found[1] == "1" else f"{found[1]} × "
    return f"{size}10{str(int(found[2])).translate(RAISED)}"


def environment() -> Environment:
    """Return the Jinja environment of all pages. Texts go through `_`, ready for catalogues."""
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    env.install_gettext_callables(i18n.translate, _plural, newstyle=True)  # type: ignore[attr-defined]
    env.filters |= {"as_text": forms.as_text, "range_words": forms.range_words, "subscripts": subscripts,
                    "powers": powers, "math": formulas.math}  # fmt: skip
    env.globals |= {"static": static, "modules": modules, "up": _up.get,
                    "plotly": lambda: _up.get() + plotly_bundle.address(),
                    "prose": lessons.prose, "speaking": i18n.speaking,
                    "catalogue": lambda: i18n.for_scripts(i18n.speaking()), "languages": i18n.LANGUAGES,
                    "hint_of": forms.hint, "helps": forms.HELP, "words": forms.WORDS,
                    "formula_blocks": formulas.blocks()}  # fmt: skip
    return env


def _plural(one: str, many: str, n: int) -> str:
    return i18n.translate(one if n == 1 else many)


templates = Jinja2Templates(env=environment())


def render(request: Request, name: str, context: dict[str, Any], up: str = "") -> Response:
    """Return a page in the request's language; `up` is the way from its folder to the root, "../" for one level."""
    _up.set(up)
    i18n.speak(i18n.language(request))
    page = templates.TemplateResponse(request, name, context)
    i18n.remember(request, page)
    page.headers["Cache-Control"] = "no-cache"
    return page
