"""How the knobs of a spec become a form: which go together, and which way of typing suits each."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from app.i18n import translate as _


class Hint(NamedTuple):
    """What the schema cannot say of a knob.

    cells: which cells it is for. slider: (least, largest, step) worth sliding over. form: how the text of a list is
    typed (static/spec.js reads it back). within: the knob whose field holds this one, too.
    """

    cells: tuple[str, ...] = ()
    slider: tuple[float, float, float] | None = None
    form: str | None = None
    rows: int = 3
    within: str | None = None


HINTS = {
    "activation": Hint(cells=("rnn",)),
    "forget_bias": Hint(cells=("lstm",), slider=(0, 5, 0.1)),
    "reset_after": Hint(cells=("gru",)),
    "recurrent_gain": Hint(slider=(0, 3, 0.05)),
    "spectral_radius": Hint(slider=(0, 3, 0.05)),
    "sentences": Hint(form="labelled", rows=6),
    "labels": Hint(within="sentences"),
    "inputs": Hint(form="table", rows=6),
    "targets": Hint(form="table", rows=4),
    "text": Hint(rows=8, form="lines"),
    "target_steps": Hint(rows=1),
    "lengths": Hint(rows=1),
    "weights": Hint(rows=2),
    "frozen": Hint(rows=1),
}


def hint(name: str) -> Hint:
    """Return what is known of a knob beyond its schema."""
    return HINTS.get(name, Hint())


HELP = {"sentences": "One a line, each with its label after an arrow: as soon as → 1. Use -> or a tab, too."}
MAIN_NETWORK = ("cell", "hidden_size", "forget_bias")
MAIN_FIELDS = ("batch_size", "clip_norm", "steps", "seed")
# Names as people write them.
WORDS = {
    "rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "frobenius": "Frobenius", "spectral": "largest singular value",
    "mse": "mean squared error", "binary_cross_entropy": "binary cross-entropy",
    "softmax_cross_entropy": "softmax cross-entropy",
}  # fmt: skip
# Choices whose names are English words: shown as they are, or translated.
PLAIN = ("mean", "sum", "signed", "halves", "early", "all", "recall", "first", "last", "legal", "next", "uniform",
         "orthogonal", "identity", "logistic")  # fmt: skip
WORDS |= {name: name for name in PLAIN}
NAMED_BY_CELL = re.compile(r"(RNN|LSTM|GRU)( \d)?")


def form(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """Return what `_controls.html` draws: groups of (knob, dotted name, value), filled in from `spec`."""
    task, optimizer = spec["task"], spec["optimizer"]
    fields = {row["name"]: row for row in schema["fields"]}
    return {
        "tasks": [_choice("task", entry, task) for entry in schema["tasks"].values()],
        "optimizers": [_choice("optimizer", entry, optimizer) for entry in schema["optimizers"].values()],
        "main": [(fields[name], name, spec[name]) for name in MAIN_FIELDS],
        "more": [(row, name, spec[name]) for name, row in fields.items() if name not in MAIN_FIELDS]
        + [(row, f"probe.{row['name']}", spec["probe"][row["name"]]) for row in schema["probe"]],
        "networks": [network(schema, str(i), values) for i, values in enumerate(spec["networks"])],
        "fresh": network(schema, "__i__", {}),
        "most_networks": schema["most_networks"],
    }


def network(schema: dict[str, Any], place: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return one network's fields in `place` of the spec; what `values` lacks has its default."""
    rows = [
        (row, f"networks.{place}.{row['name']}", values.get(row["name"], row["default"])) for row in schema["network"]
    ]
    rows = [(row, name, _own_label(row, value)) for row, name, value in rows]
    return {
        "place": place,
        "title": values.get("label") or WORDS["rnn"],
        "main": [r for r in rows if r[0]["name"] in MAIN_NETWORK],
        "more": [r for r in rows if r[0]["name"] not in MAIN_NETWORK],
    }


def _own_label(row: dict[str, Any], value: Any) -> Any:
    """An automatic label is left out, so that it follows when the cell is changed."""
    return None if row["name"] == "label" and value and NAMED_BY_CELL.fullmatch(value) else value


def _choice(part: str, entry: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    mine = entry["name"] == chosen["name"]
    values = chosen if mine else {}
    rows = [(row, f"{part}.{row['name']}", values.get(row["name"], row["default"])) for row in entry["parameters"]]
    rows = [(row, name, _with_partner(row, value, rows)) for row, name, value in rows]
    return {
        "name": entry["name"], "label": entry["label"], "help": entry.get("help", ""), "chosen": mine,
        "rows": [r for r in rows if not hint(r[0]["name"]).within],
    }  # fmt: skip


def _with_partner(row: dict[str, Any], value: Any, rows: list[tuple[dict[str, Any], str, Any]]) -> Any:
    """Sentences are typed together with their labels: the field's value is then the pair of both."""
    partners = [v for other, _, v in rows if hint(other["name"]).within == row["name"]]
    return (value, partners[0]) if partners else value


def range_words(knob: dict[str, Any]) -> str:
    """Return a number's range as people write it: "1 to 256", "above 0", or nothing."""
    lo, hi, above = knob["lo"], knob["hi"], knob["above"]
    if knob["kind"] not in ("int", "float") or (lo is None and hi is None and above is None):
        return ""
    if hi is None:
        return (
            _("at least {low}").format(low=f"{lo:g}") if lo is not None else _("above {low}").format(low=f"{above:g}")
        )
    start = f"{lo:g}" if lo is not None else _("above {low}").format(low=f"{above:g}")
    return _("{low} to {high}").format(low=start, high=f"{hi:g}")


def as_text(value: Any, kind: str | None = None) -> str:
    """Return a list as the user may type it: bare words, JSON, or `sentence → label` lines."""
    if value is None:
        return ""
    if kind == "labelled":
        return "\n".join(f"{sentence} → {label}" for sentence, label in zip(*value, strict=False))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
