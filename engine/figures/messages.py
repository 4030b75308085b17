"""The few sentences that a page says about a figure, sent along so that scripts hold no prose to translate."""

from __future__ import annotations

from .base import Say


def messages(say: Say) -> dict[str, str]:
    """Sentences by id; names in braces are filled in by the page."""
    return {
        "undefined": say("not defined here"),
        "zero": say("exactly zero"),
        "infinite": say("infinite"),
        "minus_infinite": say("minus infinite"),
        "below": say("below the scale"),
        "above": say("above the scale"),
        "keys": say("Arrow keys move the cursor, Enter picks the cell, Escape leaves, 0 shows everything again."),
        "waiting": say("waiting for the first frame"),
        "map": say("{label}: {low} to {high}; at the longest reach (t = {t}, k = {k}) {corner}."),
        "signed": say("{label}: {low} to {high}."),
        "empty": say("{label}: nothing defined."),
        "line": say("{label}: from {first} to {last}."),
        "step": say("Training step {step}."),
    }
