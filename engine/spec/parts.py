"""The parts of an experiment out of plain objects, each refused by its own name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.errors import Problem, SpecError
from engine.knobs import build, collect
from engine.spec.network import NetworkSpec
from engine.spec.probe import Probe

MOST_NETWORKS = 4


def named(value: Any, known: Mapping[str, type], base: type) -> Any:
    """Build a task or optimizer from {"name": …, parameters}."""
    if isinstance(value, base):
        return value
    if not isinstance(value, Mapping):
        raise SpecError([Problem("", value, "must be an object with a name")])
    name = value.get("name")
    if not isinstance(name, str) or name not in known:
        raise SpecError([Problem("name", name, f"must be one of {', '.join(known)}")])
    return build(known[name], {k: v for k, v in value.items() if k != "name"})


def networks(value: Any) -> tuple[NetworkSpec, ...]:
    """Build one to four networks; those without a label get one, numbered where two would be alike."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MOST_NETWORKS:
        raise SpecError([Problem("", value, f"must be a list of 1 to {MOST_NETWORKS} networks")])
    made = collect({i: partial(_network, network) for i, network in enumerate(value)})
    cells = [network.cell for network in made.values()]
    return tuple(_labelled(network, i, cells.count(network.cell) > 1) for i, network in enumerate(made.values()))


def probe(value: Any) -> Probe:
    """Build a probe."""
    return value if isinstance(value, Probe) else build(Probe, value)


def _network(value: Any) -> NetworkSpec:
    return value if isinstance(value, NetworkSpec) else build(NetworkSpec, value)


def _labelled(network: NetworkSpec, index: int, twin: bool) -> NetworkSpec:
    if network.label is not None:
        return network
    return dataclasses.replace(network, label=network.cell.upper() + (f" {index + 1}" if twin else ""))
