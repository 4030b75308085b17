"""The spec of an experiment: `RunSpec` and its parts, as one value for HTTP body, URL, form and notebook."""

from engine.spec.network import NetworkSpec, weight_arrays
from engine.spec.probe import Probe
from engine.spec.run import RunSpec, layout_of, live_knobs, live_values, probe_count
from engine.spec.schema import schema

__all__ = [
    "NetworkSpec",
    "Probe",
    "RunSpec",
    "layout_of",
    "live_knobs",
    "live_values",
    "probe_count",
    "schema",
    "weight_arrays",
]
