"""Bring the catalogues of app/locale up to date: every message of pages, scripts, figures and the engine, in one file.

    python tools/catalogue.py            rewrite app/locale/*.po: new messages come in empty, unused ones go
    python tools/catalogue.py --missing  print what has no translation yet

Texts that have been translated stay as they are. tests/app/test_languages.py fails while anything is missing.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from babel.messages.catalog import Catalog  # noqa: E402
from babel.messages.extract import extract  # noqa: E402
from babel.messages.pofile import read_po, write_po  # noqa: E402

import engine  # noqa: E402
from app import forms, i18n, phrases  # noqa: E402
from engine.figures import FIGURES  # noqa: E402
from engine.figures.flow import PATHS  # noqa: E402
from engine.figures.matrix import HELP as MATRIX_HELP  # noqa: E402
from engine.figures.states import GATES  # noqa: E402
from engine.figures.sweep import MEASURES  # noqa: E402

Found = tuple[str, str, str | None]  # message, file it comes from, context
CALLS = {"_", "say"}


def messages() -> Iterator[Found]:
    """Yield every message that a reader can meet."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from _extracted(path, "jinja2.ext.babel_extract", {"_": None})
    for path in sorted((ROOT / "static").rglob("*.js")):
        yield from _extracted(path, "javascript", {"_": None})
    for folder in ("app", "engine/figures"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from ((text, _name(path), None) for text in called(path.read_text("utf-8")))
    yield from ((text, "engine", None) for text in _of_the_engine())
    yield from ((text, "app/forms.py", None) for text in [*forms.HELP.values(), *forms.WORDS.values()])
    yield from ((text, "app/phrases.py", i18n.PHRASE) for text in phrases.PHRASES)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _extracted(path: Path, method: str, keywords: dict[str, None]) -> Iterator[Found]:
    options = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
    with path.open("rb") as file:
        for _, text, _, _ in extract(method, file, keywords=keywords, options=options):
            yield str(text), _name(path), None


def called(source: str) -> Iterator[str]:
    """Yield the literal of each call of `_` or `say`; those inside f-strings, too, which Babel does not see."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in CALLS:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _of_the_engine() -> Iterator[str]:
    """Yield labels and help of every knob, task, optimizer and figure."""
    schema = engine.schema()
    entries = [*schema["tasks"].values(), *schema["optimizers"].values()]
    knobs = [*schema["fields"], *schema["network"], *schema["probe"]]
    knobs += [knob for entry in entries for knob in entry["parameters"]]
    for row in [*knobs, *entries]:
        yield from (row["label"], row.get("help") or "")
    for figure in FIGURES.values():
        yield from (figure.title, figure.help, figure.hint)
    for preset in engine.PRESETS.values():
        yield from (preset.title, preset.sentence)
    yield from (path.name for path in PATHS)
    yield from (measure.label for measure in MEASURES.values())
    for gates in GATES.values():
        yield from gates.values()
    yield from ("The whole product", MATRIX_HELP)


def collected(lang: str) -> Catalog:
    """Return the catalogue of a language: today's messages, with the translations there are."""
    old = i18n.catalogue(lang)
    new = Catalog(locale=lang, project="Unrolled", version="1", fuzzy=False, charset="utf-8")
    for text, place, context in messages():
        if not text:
            continue
        known = old.get(text, context)
        new.add(text, known.string if known else "", locations=[(place, 1)], context=context)
    return new


def missing(lang: str) -> list[str]:
    """Return the messages that have no translation."""
    return [str(m.id) for m in collected(lang) if m.id and not m.string]


def written(catalog: Catalog) -> bytes:
    """Return the text of a catalogue: sorted, files without line numbers, so that changes stay small."""
    out = io.BytesIO()
    write_po(out, catalog, sort_output=True, include_lineno=False, omit_header=False, width=0)
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(('"POT-', '"PO-', '"Last-', '"Language-T'))).encode()


def main() -> None:
    """Do what the command line says."""
    for lang in (name for name in i18n.LANGUAGES if name != "en"):
        if "--missing" in sys.argv:
            print(*missing(lang), sep="\n")
            continue
        path = i18n.LOCALE / f"{lang}.po"
        path.write_bytes(written(collected(lang)))
        with path.open("rb") as file:
            empty = sum(not m.string for m in read_po(file) if m.id)
        print(f"{path.name}: {empty} without translation")


if __name__ == "__main__":
    main()
