"""`Probe`: what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from engine.knobs import check_knobs, knob

NORMS = ("frobenius", "spectral")


@dataclass(frozen=True)
class Probe:
    """What is looked at: which sample of the probe batch, how often, by which norm."""

    sample: int = knob(0, "Sample", "Sequence of the probe batch whose Jacobians are shown.", lo=0, live=True)
    every: int = knob(10, "Frame every", "Training steps from one frame to the next.", lo=1, hi=1_000_000, live=True)
    norm: str = knob(
        "frobenius", "Norm", "Frobenius, or the largest singular value (slower).", choices=NORMS, live=True
    )

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)
