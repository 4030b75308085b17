"""What a sweep has found: every point as JSON or CSV, and the mean over some of its fields as a surface to be drawn."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

import engine
from app.errors import Invalid
from app.forms import WORDS
from app.grid import values_at
from app.sweep import Sweep
from engine.figures.base import Say
from engine.figures.sweep import MEASURES

Rows = list[tuple[int, int, str]]  # place, point, result


def points_of(sweep: Sweep, rows: Rows) -> list[dict[str, Any]]:
    """Return the points that are done, by number, each with the values of the grid's fields."""
    grid = sweep.grid
    return [{"point": point, "values": values_at(grid, point), **json.loads(result)}
            for _, point, result in sorted(rows, key=lambda row: row[1])]  # fmt: skip


def as_json(sweep: Sweep, rows: Rows) -> bytes:
    """Return all results with the grid that they lie on."""
    state = sweep.state()
    head = {name: state[name] for name in ("sweep", "status", "done", "points")}
    return json.dumps({**head, "grid": sweep.grid, "results": points_of(sweep, rows)}).encode()


def as_csv(sweep: Sweep, rows: Rows) -> str:
    """Return a line for each network of each point; empty where a number does not exist or is not finite."""
    text = io.StringIO()
    writer = csv.writer(text)
    fields = list(sweep.grid)
    writer.writerow(["point", *fields, "network", "label", "cell", *MEASURES, "diverged", "error"])
    for point in points_of(sweep, rows):
        head = [point["point"], *(_cell(point["values"][name]) for name in fields)]
        tail = [point["diverged"]["step"] if point["diverged"] else "", point.get("error", "")]
        for i, network in enumerate(point["networks"] or [{}]):
            own = [_cell(network.get(name)) for name in ("label", "cell", *MEASURES)]
            writer.writerow([*head, i if network else "", *own, *tail])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def surface(sweep: Sweep, rows: Rows, x: str | None, y: str | None, measure: str, say: Say = str) -> dict[str, Any]:
    """Return the mean of a measure over all points of equal x and y, as `engine.figures.sweep` draws it.

    With two fields a panel for each network, with one field a single panel with a row for each. A half-life that was
    never reached is `inf`; its mean is `inf` where that holds for half of the points or more, else that of the others.
    Not known yet, and diverged: NaN. `say` translates.
    """
    x, y = axes_of(sweep, x, y)
    columns, lines = sweep.grid[x], sweep.grid[y] if y else [None]
    found: dict[tuple[int, int, int], list[float]] = {}
    labels: dict[int, set[str]] = {}
    for point in points_of(sweep, rows):
        at = columns.index(point["values"][x]), lines.index(point["values"][y]) if y else 0
        for i, network in enumerate(point["networks"]):
            labels.setdefault(i, set()).add(network["label"])
            found.setdefault((i, *at), []).append(_measured(network, measure, point["diverged"]))
    across = {"title": field_name(x, say), "labels": [label(value, say) for value in columns]}
    names = {
        i: found.pop() if len(found) == 1 else say("network {n}").format(n=i) for i, found in sorted(labels.items())
    }
    names = names or {0: ""}
    if y:
        up = {"title": field_name(y, say), "labels": [label(value, say) for value in lines]}
        places = {i: [[(i, c, line) for c in range(len(columns))] for line in range(len(lines))] for i in names}
        titles = names if len(names) > 1 else {i: MEASURES[measure].label for i in names}
    else:
        up = {"title": "", "labels": list(names.values())}
        places = {0: [[(i, c, 0) for c in range(len(columns))] for i in names]}
        titles = {0: MEASURES[measure].label}
    panels = [{"network": i, "title": titles[i], **_panel(found, cells, across, up, measure, say)}
              for i, cells in places.items()]  # fmt: skip
    return {"measure": measure, "x": across, "y": up, "panels": panels}


def as_lists(value: Any) -> Any:
    """Return a figure with its arrays as nested lists: they are small, and texts have no typed form."""
    if isinstance(value, dict):
        return {name: as_lists(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_lists(item) for item in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def axes_of(sweep: Sweep, x: str | None, y: str | None) -> tuple[str, str | None]:
    """Return the fields of the axes: as asked, else the first two with more than one value (a seed only if need be)."""
    grid = sweep.grid
    for name, field in (("x", x), ("y", y)):
        if field is not None and field not in grid:
            raise Invalid(name, field, f"the grid has no such field; it has {', '.join(grid)}")
    if x is not None and x == y:
        raise Invalid("y", y, "must be another field than x")
    free = sorted((field for field in grid if field not in (x, y)), key=lambda f: (f == "seed", len(grid[f]) == 1))
    first = x or free.pop(0)
    return first, y or next((field for field in free if field != "seed" and len(grid[field]) > 1), None)


def label(value: Any, say: Say = str) -> str:
    """Return a value of the grid as it stands at an axis."""
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    if isinstance(value, str):
        return say(WORDS.get(value, value))
    return say("none") if value is None else json.dumps(value)[:40]


def field_name(field: str, say: Say = str) -> str:
    """Return a field as people call it: by its knob's label, with the number of its network where that is not 0."""
    path = field.split(".")
    name = say(_knob_labels().get(path[-1], path[-1].replace("_", " ")))
    other = path[0] == "networks" and path[1:2] not in ([], ["0"])
    return say("{field}, network {n}").format(field=name, n=path[1]) if other else name


@cache
def _knob_labels() -> dict[str, str]:
    schema = engine.schema()
    tables = [*schema["fields"], *schema["network"], *schema["probe"]]
    tables += [knob for part in ("tasks", "optimizers") for entry in schema[part].values()
               for knob in entry["parameters"]]  # fmt: skip
    return {knob["name"]: knob["label"] for knob in reversed(tables)}


def _measured(network: Mapping[str, Any], measure: str, diverged: Any) -> float:
    value = network[measure]
    if value is not None:
        return float(value)
    reached = network["log_cell_flow" if measure == "cell_half_life" else "log_flow"]
    never = measure.endswith("half_life") and not diverged and reached is not None
    return math.inf if never else math.nan


def _panel(
    found: Mapping[tuple[int, int, int], list[float]],
    cells: list[list[tuple[int, int, int]]],
    across: dict[str, Any],
    up: dict[str, Any],
    measure: str,
    say: Say,
) -> dict[str, Any]:
    """Return what is shown, written and said of each cell, row by row."""
    shown, text, said = [], [], []
    for line, places in zip(up["labels"], cells, strict=True):
        head = f"{up['title']} {line}".strip()
        values = [found.get(place, []) for place in places]
        means = [_mean(value) for value in values]
        shown.append([_shown(mean, MEASURES[measure].log) for mean in means])
        text.append([_number(mean, say) if value else "" for mean, value in zip(means, values, strict=True)])
        said.append([f"{across['title']} {column}, {head}: {_said(value, mean, say)}"
                     for column, value, mean in zip(across["labels"], values, means, strict=True)])  # fmt: skip
    return {"shown": shown, "text": text, "said": said}


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    finite = [value for value in known if math.isfinite(value)]
    if not known:
        return math.nan
    return math.fsum(finite) / len(finite) if 2 * len(finite) > len(known) else math.inf


def _shown(mean: float, log: bool) -> float:
    if not log or math.isinf(mean) or math.isnan(mean):
        return mean
    return math.log10(mean) if mean > 0 else math.nan


def _number(value: float, say: Say) -> str:
    if math.isnan(value):
        return "–"
    return say("never") if math.isinf(value) else f"{value:.3g}".replace("-", "−")


def _said(values: list[float], mean: float, say: Say) -> str:
    known = [value for value in values if not math.isnan(value)]
    if not values:
        return say("not trained yet")
    if not known:
        return say("not defined (diverged, or no such state)")
    low, high = _number(min(known), say), _number(max(known), say)
    several = say(" ({low} to {high}, {n} runs)").format(low=low, high=high, n=len(known)) if len(known) > 1 else ""
    return _number(mean, say) + several
