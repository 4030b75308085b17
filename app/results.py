"""What a sweep has found: every point as JSON or CSV, and the mean over some of its fields as a surface to be drawn."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.errors import Invalid
from app.grid import values_at
from app.points import MEASURES
from app.sweeps import Sweep

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


def surface(sweep: Sweep, rows: Rows, x: str | None, y: str | None, measure: str) -> dict[str, Any]:
    """Return the mean of a measure over all points of equal x and y, network by network.

    `{"x": {"field", "values"}, "y": …, "measure", "networks": [{"label", "z" (y, x), "low", "high", "count"}]}`: mean,
    least, largest, and the number of points behind it. A half-life that was never reached is `inf`; its mean is `inf`
    where that holds for half of the points or more, else that of the others. Not known yet, diverged: NaN.
    """
    x, y = _axes(sweep, x, y)
    grid = sweep.grid
    columns, lines = grid[x], grid[y] if y else [None]
    found: dict[tuple[int, int, int], list[float]] = {}
    labels: dict[int, set[str]] = {}
    for point in points_of(sweep, rows):
        at = columns.index(point["values"][x]), lines.index(point["values"][y]) if y else 0
        for i, network in enumerate(point["networks"]):
            labels.setdefault(i, set()).add(network["label"])
            found.setdefault((i, *at), []).append(_measured(network, measure, point["diverged"]))
    nets = [_panel(found, i, _name(i, labels[i]), len(columns), len(lines)) for i in sorted(labels)]
    return {"x": {"field": x, "values": columns}, "y": {"field": y, "values": lines} if y else None,
            "measure": measure, "networks": nets}  # fmt: skip


def _axes(sweep: Sweep, x: str | None, y: str | None) -> tuple[str, str | None]:
    """Return the fields of the axes: as asked, else the first two with more than one value (a seed only if need be)."""
    grid = sweep.grid
    for name, field in (("x", x), ("y", y)):
        if field is not None and field not in grid:
            raise Invalid(name, field, f"the grid has no such field; it has {', '.join(grid)}")
    if x is not None and x == y:
        raise Invalid("y", y, "must be another field than x")
    free = sorted((field for field in grid if field not in (x, y)), key=lambda f: (f == "seed", len(grid[f]) == 1))
    first = x or free.pop(0)
    second = y or next((field for field in free if field != "seed" and len(grid[field]) > 1), None)
    return first, second


def _name(index: int, labels: Iterable[str]) -> str:
    found = set(labels)
    return found.pop() if len(found) == 1 else f"network {index}"


def _measured(network: Mapping[str, Any], measure: str, diverged: Any) -> float:
    value = network[measure]
    if value is not None:
        return float(value)
    reached = network["log_cell_flow" if measure == "cell_half_life" else "log_flow"]
    never = measure.endswith("half_life") and not diverged and reached is not None
    return math.inf if never else math.nan


def _panel(
    found: Mapping[tuple[int, int, int], list[float]], network: int, label: str, columns: int, lines: int
) -> dict[str, Any]:
    cells = [[list(_summed(found.get((network, column, line), []))) for column in range(columns)]
             for line in range(lines)]  # fmt: skip
    parts: Iterator[Any] = ([[cell[i] for cell in row] for row in cells] for i in range(4))
    return {"label": label, **dict(zip(("z", "low", "high", "count"), parts, strict=True))}


def _summed(values: list[float]) -> tuple[float, float, float, int]:
    """Return mean, least, largest, number."""
    known = [value for value in values if not math.isnan(value)]
    finite = [value for value in known if math.isfinite(value)]
    if not known:
        return math.nan, math.nan, math.nan, 0
    mean = math.fsum(finite) / len(finite) if 2 * len(finite) > len(known) else math.inf
    return mean, min(known), max(known), len(known)
