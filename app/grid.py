"""A sweep's grid: one spec, and for some of its fields the values to try; a point is one choice of each.

Points are numbered with the last field moving fastest. Everything here is a function of the request, so a point can be
built anywhere from its number alone.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.bodies import only, parse
from app.caps import Caps, check
from app.errors import FieldProblem, HTTPProblem, invalid
from engine import RunSpec, SpecError

Grid = dict[str, list[Any]]
MOST_FIELDS = 8
MOST_PROBLEMS = 50
MOST_BYTES = 256 << 20  # points x bytes of the request: what checking all of them may read
# Parts that a spec may leave out and a grid may yet reach into: what they are then.
LEFT_OUT: dict[str, dict[str, Any]] = {"optimizer": {"name": "adam"}, "probe": {}}


class Limits(NamedTuple):
    """How large a sweep may be, see `Settings`."""

    points: int
    steps: int  # of all points together


class Plan(NamedTuple):
    """A sweep that can be run."""

    spec: str  # JSON as given, with `steps`
    grid: str  # JSON
    points: int
    steps: int  # of all points together


def plan(body: bytes, caps: Caps, limits: Limits) -> Plan:
    """Return the sweep that a request asks for. Raises HTTPProblem 422 naming field and value of every bad point."""
    spec, grid = _read(parse(body))
    points = math.prod(len(values) for values in grid.values())
    if points > limits.points:
        raise invalid([("grid", points, f"these are {points} points; this server admits at most {limits.points}")])
    if points * len(body) > MOST_BYTES:
        raise invalid([("grid", points, f"{points} points of a spec of {len(body)} bytes are too much to check")])
    steps = _check_points(spec, grid, caps)
    if steps > limits.steps:
        raise invalid([("steps", steps, f"all points together train {steps} steps; this server admits at most "
                        f"{limits.steps}")])  # fmt: skip
    return Plan(json.dumps(spec), json.dumps(grid), points, steps)


def values_at(grid: Mapping[str, Sequence[Any]], index: int) -> dict[str, Any]:
    """Return the value of each field at a point."""
    chosen: dict[str, Any] = {}
    for field in reversed(list(grid)):
        index, place = divmod(index, len(grid[field]))
        chosen[field] = grid[field][place]
    return {field: chosen[field] for field in grid}


def spec_at(spec: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec with some of its fields set. Raises ValueError for a place that cannot be."""
    made: dict[str, Any] = copy.deepcopy(dict(spec))
    for field, value in sorted(values.items(), key=lambda item: item[0].count(".")):
        _put(made, field.split("."), value)
    return made


def _read(data: dict[str, Any]) -> tuple[dict[str, Any], Grid]:
    """Return spec and grid of a request, each well formed by itself."""
    only(data, "spec", "grid", "steps")
    spec, grid = data.get("spec"), data.get("grid")
    problems = [(name, part, "must be an object") for name, part in (("spec", spec), ("grid", grid))
                if not isinstance(part, dict)]  # fmt: skip
    if problems:
        raise invalid(problems)
    assert isinstance(spec, dict)
    assert isinstance(grid, dict)
    steps = data.get("steps")
    if steps is not None:
        if "steps" in grid:
            raise invalid([("steps", steps, "the grid sets steps, too: give one of them")])
        spec = {**spec, "steps": steps}
    problems = list(_bad_fields(spec, grid))
    if problems:
        raise invalid(problems)
    return spec, grid


def _bad_fields(spec: dict[str, Any], grid: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    if not 1 <= len(grid) <= MOST_FIELDS:
        yield "grid", len(grid), f"must have 1 to {MOST_FIELDS} fields, each with a list of values"
    for field, values in list(grid.items())[:MOST_FIELDS]:
        inside = next((other for other in grid if field.startswith(other + ".")), None)
        if inside:
            yield f"grid.{field}", field, f"lies inside {inside}, which the grid sets, too"
        if not isinstance(values, list) or not values:
            yield f"grid.{field}", values, "must be a list of values"
            continue
        seen: list[str] = []
        for value in values:
            text = json.dumps(value, sort_keys=True)
            if text in seen:
                yield f"grid.{field}", value, "stands twice in the list"
            seen.append(text)
        try:
            spec_at(spec, {field: values[0]})
        except ValueError as error:
            yield f"grid.{field}", values[0], str(error)


def _check_points(spec: dict[str, Any], grid: Grid, caps: Caps) -> int:
    """Check every point; return the steps of all together."""
    found: dict[tuple[str, str, str], FieldProblem] = {}
    steps = 0
    for index in range(math.prod(len(values) for values in grid.values())):
        values = values_at(grid, index)
        try:
            made = RunSpec.from_dict(spec_at(spec, values))
            check(made, caps)
            steps += made.steps
        except SpecError as error:
            problems = [_blamed(FieldProblem(*p), values) for p in error.problems]
        except HTTPProblem as error:
            problems = [_blamed(p, values) for p in error.errors]
        else:
            continue
        for problem in problems:
            found.setdefault((problem.field, repr(problem.value)[:200], problem.message), problem)
        if len(found) >= MOST_PROBLEMS:
            break
    if found:
        raise invalid(found.values())
    return steps


def _blamed(problem: FieldProblem, values: Mapping[str, Any]) -> FieldProblem:
    """Return a point's problem by the name that it has in the request: of the grid where the grid set it."""
    field, value, message = problem
    for name, tried in values.items():
        if field == name:
            return FieldProblem(f"grid.{name}", tried, message)
        if field.startswith(name + ".") or name.startswith(field + ".") and field not in ("task", "optimizer"):
            return FieldProblem(f"grid.{name}", tried, f"{field}: {message}")
    return FieldProblem(f"spec.{field}" if field else "spec", value, message)


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    here: Any = tree
    for depth, part in enumerate(path[:-1]):
        if isinstance(here, dict):
            if part not in here and part not in LEFT_OUT:
                raise ValueError(f"the spec has no {'.'.join(path[: depth + 1])}")
            here = here.setdefault(part, dict(LEFT_OUT.get(part, {})))
        else:
            here = here[_place(here, part, path[: depth + 1])]
    if isinstance(here, dict):
        here[path[-1]] = value
    else:
        here[_place(here, path[-1], path)] = value


def _place(rows: Any, part: str, path: list[str]) -> int:
    name = ".".join(path)
    if not isinstance(rows, list):
        raise ValueError(f"{name}: there is nothing inside a plain value")
    if not (part.isascii() and part.isdigit()) or int(part) >= len(rows):
        raise ValueError(f"the spec has no {name}: the list has {len(rows)} entries, counted from 0")
    return int(part)
