"""The engine of Unrolled: recurrent networks, their gradients and their Jacobian products, in NumPy.

This folder may import NumPy and nothing else; `engine.figures` alone draws. No web, no files, no clock, no global
random: everything is a function of its arguments, so the same spec gives the same bits wherever it runs.
"""

from engine import checks, worked
from engine.checkpoint import Checkpoint, Divergence
from engine.copies import Bias, copies, truncation_bias
from engine.errors import Diverging, EngineError, OutOfRange, Problem, ShapeError, SpecError
from engine.frame import Frame, LayerFrame, NetworkFrame, as_tree, resolve
from engine.landscape import landscape
from engine.presets import PRESETS, Preset
from engine.questions import jacobian
from engine.run import advance, frame_of, frames, patch, start, weights, with_weights
from engine.spec import NetworkSpec, Probe, RunSpec, schema
from engine.surface import path, principal_directions, random_direction, surface
from engine.tasks import TASKS
from engine.walk import Event, walk
from engine.what_if import what_if
from engine.why import spectra, why
from engine.worked import worked_example


def tasks() -> list[dict[str, object]]:
    """Return what there is to learn: every task with its parameters, loss, source and chance loss."""
    return [task.describe() for task in TASKS.values()]


__all__ = [
    "PRESETS",
    "Bias",
    "Checkpoint",
    "Divergence",
    "Diverging",
    "EngineError",
    "Event",
    "Frame",
    "LayerFrame",
    "NetworkFrame",
    "NetworkSpec",
    "OutOfRange",
    "Preset",
    "Probe",
    "Problem",
    "RunSpec",
    "ShapeError",
    "SpecError",
    "advance",
    "as_tree",
    "checks",
    "copies",
    "frame_of",
    "frames",
    "jacobian",
    "landscape",
    "patch",
    "path",
    "principal_directions",
    "random_direction",
    "resolve",
    "schema",
    "spectra",
    "start",
    "surface",
    "tasks",
    "truncation_bias",
    "walk",
    "weights",
    "what_if",
    "why",
    "with_weights",
    "worked",
    "worked_example",
]
