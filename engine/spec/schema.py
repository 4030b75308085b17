"""The schema: every knob of an experiment with its range and words."""

from __future__ import annotations

from typing import Any

from engine.knobs import table
from engine.optimizers import OPTIMIZERS
from engine.spec.network import NetworkSpec
from engine.spec.parts import MOST_NETWORKS
from engine.spec.probe import Probe
from engine.spec.run import RunSpec
from engine.tasks import TASKS


def schema() -> dict[str, Any]:
    """Return every knob of an experiment, for forms and documents."""
    return {
        "fields": table(RunSpec),
        "probe": table(Probe),
        "network": table(NetworkSpec),
        "optimizers": {name: cls.describe() for name, cls in OPTIMIZERS.items()},
        "tasks": {name: cls.describe() for name, cls in TASKS.items()},
        "most_networks": MOST_NETWORKS,
    }
