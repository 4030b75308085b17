"""The loss surface as worker processes make it: the path from stored checkpoints, grids of a bounded cost, a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import engine
from app import i18n, wire
from app.caps import GATES
from app.checkpoints import Saved, at_step, load, refusing
from app.errors import Invalid
from app.lab import typed
from app.ladder import spread
from engine import Checkpoint, RunSpec
from engine.figures import View, fill
from engine.figures.landscape import build_landscape, shown
from engine.landscape import GRIDS, RECENT

USUAL, FEWEST = 51, 5  # points on a side: where the run's size leaves the choice, and below which there is no map
SHARE = 0.35  # of the admitted seconds that a map takes whose size nobody asked for
MOST_POINTS = 40  # of the path, beside the last steps
AGAIN = 0.25  # of the admitted seconds for training the path again
TRAINING = 3.0  # forward passes that one training step takes


class Question(NamedTuple):
    """Which surface: None means as the engine or the run's size has it."""

    network: int | None = None
    size: int | None = None
    span: float | None = None
    batch: int | None = None
    zoom: float = 1.0
    seconds: float = 2.0  # most that it may take, by estimate


@refusing
def numbers(run: str, stored: Sequence[Saved], step: int, whole: bool, question: Question) -> bytes:
    """Return the surface of one network: `engine.landscape`."""
    found = _found(stored, step, whole, question._replace(network=question.network or 0))[0]
    del found["label"]
    return wire.document({"run": run, **found})


@refusing
def table(run: str, stored: Sequence[Saved], step: int, whole: bool, question: Question) -> bytes:
    """Return map and path of the networks as CSV: what, network, x, y, loss, and for the path its steps."""
    lines = ["kind,network,step,x,y,loss"]
    for answer in _found(stored, step, whole, question):
        name = '"' + answer["label"].replace('"', '""') + '"'
        grid = ((x, y) for y in answer["y"].tolist() for x in answer["x"].tolist())
        points = zip(
            answer["path_steps"].tolist(), answer["path"].tolist(), answer["path_losses"].tolist(), strict=True
        )
        rows: list[tuple[Any, ...]] = [
            ("map", "", x, y, v) for (x, y), v in zip(grid, answer["loss"].flat, strict=True)
        ]
        rows += [("path", at, *place, loss) for at, place, loss in points]
        if answer["clipped"]:
            rows.append(("unclipped", step, *answer["free"].tolist(), answer["loss_free"]))
        lines += [f"{kind},{name},{at},{x!r},{y!r},{float(loss)!r}" for kind, at, x, y, loss in rows]
    return ("\r\n".join(lines) + "\r\n").encode()


@refusing
def drawn(run: str, stored: Sequence[Saved], step: int, whole: bool, question: Question, lang: str) -> bytes:
    """Return the surfaces as a figure with data, and each one's numbers in few."""
    found = _found(stored, step, whole, question)
    made: dict[str, Any] = {"run": run, "step": step, "networks": [_told(answer) for answer in found]}
    forms = {}
    for name, narrow in (("figure", False), ("narrow", True)):
        template, bindings = build_landscape(found, View(narrow=narrow, say=i18n.say_in(lang)))
        forms[name] = fill(template, bindings, {"networks": shown(found)})
    made["figure"] = typed(forms["figure"])
    made["narrow"] = {"layout": typed(forms["narrow"]["layout"])}  # the data are the same
    return wire.dumps(made).encode()


def forward_seconds(spec: RunSpec, network: int) -> float:
    """Estimate the time of one forward pass from above: steps, and in each the cell's products and squashing."""
    net = spec.networks[network]
    g, n, wide = GATES[net.cell], net.hidden_size, 2.0 if spec.dtype == "float64" else 1.0
    widths = [spec.input_size, *[n] * (net.layers - 1)]
    unit = spec.batch_size * g * n * wide
    return float(spec.seq_len * sum(1.2e-6 * g + unit * (6e-11 * (m + n) + 4e-10) for m in widths))


def sizes(spec: RunSpec, networks: Sequence[int], seconds: float) -> tuple[int, int]:
    """Return the points on a side that a map has when nobody asks, and the most that it may have."""
    each = sum(forward_seconds(spec, i) for i in networks)
    most = int((seconds / each) ** 0.5)
    usual = int((SHARE * seconds / each) ** 0.5)
    return min(USUAL, usual - (1 - usual % 2)), min(most, GRIDS[1])


def _found(stored: Sequence[Saved], step: int, whole: bool, question: Question) -> list[dict[str, Any]]:
    """Return the answers for the networks asked about, each with its label."""
    last = at_step(stored[-1], step)
    nets = last.spec.networks
    if question.network is not None and question.network >= len(nets):
        raise Invalid("network", question.network, f"there is no such network: they count from 0 to {len(nets) - 1}")
    asked = range(len(nets)) if question.network is None else [question.network]
    usual, most = sizes(last.spec, asked, question.seconds)
    size = usual if question.size is None else question.size
    if most < FEWEST or size < FEWEST or size > most:
        field = ("size", question.size) if most >= FEWEST and question.size else ("step", step)
        raise Invalid(*field, f"the loss surface of this run may have {most} points on a side at most"
                      if most >= FEWEST else "this run is too large for a loss surface on this server")  # fmt: skip
    budget = AGAIN * question.seconds / (TRAINING * sum(forward_seconds(last.spec, i) for i in range(len(nets))))
    trail = list(_trail(stored, step, int(budget), whole))
    how = size, question.span, question.batch, question.zoom
    return [engine.landscape(trail, i, *how) | {"label": str(nets[i].label)} for i in asked]


def _trail(stored: Sequence[Saved], step: int, budget: int, whole: bool) -> Iterator[Checkpoint]:
    """Yield checkpoints in order up to `step`, the one before it among them.

    `stored`: those of the run up to there, in order; `whole`: all of them. Where the steps between are at most
    `budget` they are trained again, else the path has the stored steps, and the last ones trained from the nearest.
    """
    saved = [load(s) for s in stored]
    near = max(0, step - max(1, min(RECENT, budget // 2)))
    wanted = spread(range(near), MOST_POINTS) if whole and step - saved[0].step <= budget else [
        c.step for c in saved if c.step < near][:: max(1, len(saved) // MOST_POINTS)]  # fmt: skip
    now = saved[0]
    for at in [*wanted, *range(near, step + 1)]:
        for newer in saved:  # a stored one counts, not what training to it would give: it may have been changed
            if now.step < newer.step <= at:
                now = newer
        if now.step < at:
            now, _ = engine.advance(now, at - now.step)
        yield now


def _lost(answer: dict[str, Any]) -> bool:
    """Return whether the weights shown lie beyond the map."""
    return any(not axis[0] <= place <= axis[-1] for axis, place in zip((answer["x"], answer["y"]), answer["here"],
                                                                        strict=True))  # fmt: skip


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what the page says of a surface; losses and limits that are not finite are None."""
    loss = answer["loss"]
    finite = loss[np.isfinite(loss)]
    if np.isfinite(answer["loss_here"]) and not _lost(answer):
        finite = np.append(finite, answer["loss_here"])  # between the points of the grid
    kept = ("label", "step", "batch", "exact", "x_name", "y_name", "span", "clipped", "grad_norm", "clip_norm", "held",
            "loss_here", "loss_before", "loss_free")  # fmt: skip
    ends = {"lowest": float(finite.min()), "highest": float(finite.max())} if finite.size else {}
    rest = {
        "here": answer["here"].tolist(),
        "overflown": int(np.count_nonzero(~np.isfinite(loss))),
        "points": int(loss.size),
        "moved": len(answer["path"]) > 1,
        "lost": _lost(answer),
    }
    return {name: answer[name] for name in kept} | {"lowest": None, "highest": None} | ends | rest
