"""Languages: which one a request wants, and what a message is in it.

A catalogue is one text file, `locale/<language>.po`, read at start: nothing has to be compiled, nothing can be stale.
English is what the messages themselves say. `python tools/catalogue.py` brings the catalogues up to date.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from starlette.requests import Request
from starlette.responses import Response

LANGUAGES = {"en": "English", "ko": "한국어"}
LOCALE = Path(__file__).resolve().parent / "locale"
PHRASE = "phrase"  # context of sentences that the engine says in English, as patterns with {names}
COOKIE = "lang"
YEAR = 365 * 24 * 3600
_NAME = re.compile(r"\{(\w+)\}")

_speaking: ContextVar[str] = ContextVar("speaking", default="en")


def language(request: Request) -> str:
    """Return the language of an answer: `?lang=`, else the cookie's, else the browser's first that is here."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    accepted = _accepted(request.headers.get("accept-language", ""))
    return (negotiate_locale(accepted, list(LANGUAGES), sep="-") or "en").split("-")[0]


def _accepted(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, the dearest first; what cannot be read is left out."""
    found = []
    for part in header[:1000].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            found.append((-float(weight or 1), name.split("-")[0].lower()))
        except ValueError:
            continue
    return [name for weight, name in sorted(found, key=lambda pair: pair[0]) if weight < 0]


def remember(request: Request, response: Response) -> None:
    """Say what the answer depends on, and keep the language that was asked for by name."""
    response.headers["Content-Language"] = language(request)
    response.headers["Vary"] = "Accept-Language, Cookie"
    if request.query_params.get("lang") in LANGUAGES:
        path = request.scope.get("root_path") or "/"
        response.set_cookie(COOKIE, language(request), max_age=YEAR, path=path, samesite="lax", httponly=True)


@cache
def catalogue(lang: str) -> Catalog:
    """Return the catalogue of a language; English has an empty one."""
    if lang not in LANGUAGES or lang == "en":
        return Catalog(locale="en")
    with (LOCALE / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


@cache
def texts(lang: str) -> dict[str, str]:
    """Return message -> translation of everything but phrases."""
    return {str(m.id): str(m.string) for m in catalogue(lang) if m.id and m.string and m.context is None}


def say_in(lang: str) -> Callable[[str], str]:
    """Return the function that says a message in a language; unknown ones stay as they are."""
    known = texts(lang)
    return lambda text: known.get(text, text)


@cache
def _patterns(lang: str) -> list[tuple[re.Pattern[str], str]]:
    """Return the phrases of the engine as (what finds one, what is said instead)."""
    known = [(str(m.id), str(m.string)) for m in catalogue(lang) if m.context == PHRASE and m.id and m.string]
    return [(re.compile(_NAME.sub(r"(?P<\1>.+?)", re.escape(phrase).replace(r"\{", "{").replace(r"\}", "}")), re.S), to)
            for phrase, to in known]  # fmt: skip


def phrase(text: str, lang: str) -> str:
    """Return an English sentence of the engine in a language, as static/tongue.js does; unknown ones stay."""
    end = "." if text.endswith(".") else ""
    return _phrase(text.removesuffix("."), lang) + end


def _phrase(text: str, lang: str) -> str:
    for pattern, to in _patterns(lang):
        found = pattern.fullmatch(text)
        if found and not any("; " in part for part in found.groups()):
            return to.format_map({name: _phrase(part, lang) for name, part in found.groupdict().items()})
    return "; ".join(_phrase(part, lang) for part in text.split("; ")) if "; " in text else text


def speak(lang: str) -> None:
    """Let `translate` speak a language from here on, in this request only."""
    _speaking.set(lang)


def translate(text: str) -> str:
    """Return a message in the language of the request at hand."""
    return texts(_speaking.get()).get(text, text)


def speaking() -> str:
    """Return the language of the request at hand."""
    return _speaking.get()


@cache
def for_scripts(lang: str) -> dict[str, Any]:
    """Return what the page's scripts need: their own messages, and the phrases of the engine as patterns."""
    messages = [m for m in catalogue(lang) if m.id and m.string]
    mine = {m.id: m.string for m in messages if m.context is None and _of_scripts(m.locations)}
    return {"lang": lang, "texts": mine, "phrases": [[m.id, m.string] for m in messages if m.context == PHRASE]}


def _of_scripts(locations: list[tuple[str, Any]]) -> bool:
    return any(str(path).startswith("static/") for path, _ in locations)
