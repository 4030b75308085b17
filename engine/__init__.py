"""The engine of Unrolled: recurrent networks, their gradients and their Jacobian products, in NumPy.

This folder may import NumPy and nothing else; `engine.figures` alone draws. No web, no files, no clock, no global random:
everything is a function of its arguments, so the same spec gives the same bits wherever it runs.
"""

from engine.errors import Diverging, EngineError, OutOfRange, Problem, ShapeError, SpecError
from engine.frame import Frame, LayerFrame, NetworkFrame, as_tree, resolve
from engine.spec import NetworkSpec, Probe, RunSpec, schema

__all__ = [
    "Diverging",
    "EngineError",
    "Frame",
    "LayerFrame",
    "NetworkFrame",
    "NetworkSpec",
    "OutOfRange",
    "Probe",
    "Problem",
    "RunSpec",
    "ShapeError",
    "SpecError",
    "as_tree",
    "resolve",
    "schema",
]
