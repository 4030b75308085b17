"""What worker processes answer beside the maps: why the gradient vanished, and spectra, as numbers or drawn."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import engine
from app import i18n, wire
from app.checkpoints import Saved, at_step, refusing
from engine import Checkpoint
from engine.figures import View, fill
from engine.figures.strips import CAUSES, build_spectra, build_why, lines, shown

Answers = list[dict[str, Any]]
Question = tuple[int | None, int, int | None]  # network (None: the first, drawn: all), layer, sample


@refusing
def why(run: str, saved: Saved, step: int, question: Question) -> bytes:
    """Return what each cause takes at each step."""
    network, layer, sample = question
    return wire.document({"run": run, **engine.why(at_step(saved, step), network or 0, layer, sample)})


@refusing
def spectra(run: str, saved: Saved, step: int, question: Question) -> bytes:
    """Return the singular values by lag and the Lyapunov exponents."""
    network, layer, sample = question
    return wire.document({"run": run, **engine.spectra(at_step(saved, step), network or 0, layer, sample)})


@refusing
def why_drawn(run: str, saved: Saved, step: int, question: Question, lang: str) -> bytes:
    """Return the causes as a figure with data, and their sums."""
    found = _asked(engine.why, at_step(saved, step), question)
    networks = [_sums(answer) for answer in found]
    return _drawn(run, step, lang, networks, build_why, found, shown(found))


@refusing
def spectra_drawn(run: str, saved: Saved, step: int, question: Question, lang: str) -> bytes:
    """Return the singular values as a figure with data, and what they amount to."""
    found = _asked(engine.spectra, at_step(saved, step), question)
    networks = [_amounts(answer) for answer in found]
    return _drawn(run, step, lang, networks, build_spectra, found, lines(found))


@refusing
def why_table(run: str, saved: Saved, step: int, question: Question) -> bytes:
    """Return what each cause takes as CSV, a line for each step of each network."""
    names = (*CAUSES, "total")
    found = _asked(engine.why, at_step(saved, step), question)
    lines = ((a["label"], a["layer"], t + 1, *(float(a[name][t]) for name in names))
             for a in found for t in range(len(a["total"])))  # fmt: skip
    return _csv(("network", "layer", "t", *names), lines)


@refusing
def spectra_table(run: str, saved: Saved, step: int, question: Question) -> bytes:
    """Return every singular value and Lyapunov exponent as CSV, a line each; exponents belong to no one step t."""
    found = _asked(engine.spectra, at_step(saved, step), question)
    return _csv(("kind", "network", "layer", "t", "direction", "value"), _values(found))


def _values(found: Answers) -> Iterator[tuple[Any, ...]]:
    for a in found:
        for (t, i), value in np.ndenumerate(a["log_singular_values"]):
            yield "log_singular_value", a["label"], a["layer"], t, i + 1, float(value)
        for i, value in enumerate(a["lyapunov_exponents"].tolist()):
            yield "lyapunov_exponent", a["label"], a["layer"], "", i + 1, value


def _csv(head: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode()


def _asked(ask: Callable[..., dict[str, Any]], checkpoint: Checkpoint, question: Question) -> Answers:
    """Return the answer of each network; one that is not as deep answers for its last layer."""
    network, layer, sample = question
    nets = checkpoint.spec.networks
    asked = range(len(nets)) if network is None else [network]
    found = []
    for index in asked:
        depth = min(layer, nets[index].layers - 1) if index < len(nets) else layer
        found.append(ask(checkpoint, index, depth, sample) | {"label": str(nets[index].label)})
    return found


def _drawn(run: str, step: int, lang: str, networks: Answers, build: Callable[..., Any], found: Answers,
           tree: Answers) -> bytes:  # fmt: skip
    made: dict[str, Any] = {"run": run, "step": step, "networks": networks}
    for name, narrow in (("figure", False), ("narrow", True)):
        template, bindings = build(found, View(narrow=narrow, say=i18n.say_in(lang)))
        made[name] = _lists(fill(template, bindings, {"networks": tree}))
    return wire.dumps(made).encode()


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_lists(item) for item in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def _sums(answer: dict[str, Any]) -> dict[str, Any]:
    sums = {name: float(answer[name].sum()) for name in (*CAUSES, "total")}
    return {
        "label": answer["label"],
        "layer": answer["layer"],
        "steps": len(answer["total"]),
        "sums": sums,
        "sentence": answer["sentence"],
    }


def _amounts(answer: dict[str, Any]) -> dict[str, Any]:
    last, exponents = answer["log_singular_values"][-1], answer["lyapunov_exponents"]
    return {"label": answer["label"], "layer": answer["layer"], "steps": len(answer["log_singular_values"]) - 1,
            "largest": float(last[0]), "grow": int(np.count_nonzero(last > 0)), "directions": len(last),
            "exponents": [float(exponents.max()), float(exponents.min())]}  # fmt: skip
