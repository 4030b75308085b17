"""Sentences that reach the page in English, as patterns: frames are encoded once for all, so the page translates.

A name in braces stands for whatever is there; sentences are taken apart at "; " first.
tests/app/test_languages.py holds these against what the engine says.
"""

from __future__ import annotations

PHRASES = (
    # engine.diagnosis
    "Gradient",
    "Cell-state gradient",
    "Gradient has left the finite numbers",
    "Cell-state gradient has left the finite numbers",
    "{what} explodes: ×{change} over {steps} steps",
    "{what} is carried: ×{change} over {steps} steps",
    "{what} vanishes: halves every {half} steps, ×{change} over {steps}",
    "{what} fades: halves every {half} steps, ×{change} over {steps}",
    "{share} of units saturated",
    # engine.attribution
    "Nothing passes step {t}",
    "The numbers are no longer finite",
    # engine.run: why a run diverged
    "loss became {value}",
    "grad_norm became {value}",
    "gradient became {value}",
    # what is refused at the door: engine.errors and engine.knobs
    "{field} = {value}: {message}",
    "must be at least {bound}",
    "must be above {bound}",
    "must be at most {bound}",
    "must be below {bound}",
    "must be a number",
    "must be a whole number",
    "must be true or false",
    "must be a text",
    "must be an object",
    "must be a list",
    "must be given",
    "must be one of {choices}",
    "unknown field; known are {names}",
    "must be a finite number",
    "must have at most {most} characters, not {count}",
    "must be a list of 1 to {most} networks",
    "needs a truncation_window",
    "must be at least truncation_stride = {stride}",
    "must be below length = {length}",
    "must be from {low} to {high}",
    "must be from 0 to t = {t}: a later state has no influence on an earlier one",
    "must be from 0 to {length}, the sample's length",
    "must be below {count}, the samples of the probe batch",
    "must be 0, 1, another whole number, or a name",
    "must have one label for each of the {count} sentences",
    # engine.landscape and app.surface
    "the weights are not finite there",
    "look at the step before",
    "this run is too large for a loss surface on this server",
    "there is no run {run}",
    "there is no lesson {name}",
    "the lessons are {names}",
    "this token does not belong to this run",
    "the server is being stopped; ask again soon",
    "the server made a mistake; its log says more",
)
