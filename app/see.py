"""What worker processes answer beside the maps: why the gradient vanished, and spectra, as numbers or drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import engine
from app import i18n, wire
from app.work import Saved, at_step, refusing
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
    return {"label": answer["label"], "steps": len(answer["total"]), "sums": sums, "sentence": answer["sentence"]}


def _amounts(answer: dict[str, Any]) -> dict[str, Any]:
    last, exponents = answer["log_singular_values"][-1], answer["lyapunov_exponents"]
    return {"label": answer["label"], "steps": len(answer["log_singular_values"]) - 1, "largest": float(last[0]),
            "grow": int(np.count_nonzero(last > 0)), "directions": len(last),
            "exponents": [float(exponents.max()), float(exponents.min())]}  # fmt: skip
