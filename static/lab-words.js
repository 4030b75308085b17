// Sentences of the instrument: exports, what-if, time line, comparing, trust.
import { count, number } from "./format.js";
import { power } from "./powers.js";
import { _ } from "./tongue.js";

const brief = (error) => number(Number(error.toPrecision(1))).replaceAll(" ", "");

export const SAID = {
  picture: (format) => _("Picture ({format})", { format }),
  dataCsv: _("Its data (CSV)"),
  frameNpz: _("All data of this step (NPZ)"),
  metricsCsv: _("Its data (CSV), every step"),
  copied: _("Copied."),
  saved: (name) => _("Saved as {name}.", { name }),
  radius: _("Spectral radius ×"),
  bias: _("Forget bias +"),
  drive: _("Input drive ×"),
  window: _("Truncation window (steps back)"),
  stride: _("Truncation stride"),
  clip: _("Clip norm (for training on)"),
  whole: _("none"),
  supposing: (step) => _("What if, at step {n}: nothing is trained; the maps show a changed copy.", { n: count(step) }),
  untouched: _("Move a slider: the maps follow at once, the run stays as it is."),
  reach: (label, before, after) =>
    _("{label}: over the longest lag {before} → {after}", { label, before: power(before), after: power(after) }),
  forked: (step) =>
    _("A run of its own now, from step {n} on with the changes. The original waits: “Back to the original”.", { n: count(step) }),
  marks: {
    clipped: ({ step, until, count: n }) =>
      n === 1
        ? _("step {n}: gradient clipped", { n: count(step) })
        : _("steps {from} to {to}: gradient clipped {n} times", { from: count(step), to: count(until), n: count(n) }),
    burst: ({ step, value }) => _("step {n}: gradient burst, {value} times its usual size", { n: count(step), value: number(value) }),
    opened: ({ after, step }) => _("steps {from} to {to}: the longest way opened", { from: count(after), to: count(step) }),
    closed: ({ after, step }) => _("steps {from} to {to}: the longest way closed", { from: count(after), to: count(step) }),
    changed: ({ step, names }) => _("step {n}: changed {names}", { n: count(step), names: names.join(", ") }),
    diverged: ({ step }) => _("step {n}: diverged", { n: count(step) }),
  },
  events: (n) => _("Events ({n})", { n: count(n) }),
  noEvents: _("No events"),
  replay: _("Replay"),
  stopReplay: _("Stop"),
  pin: _("Pin as A"),
  unpin: _("Unpin"),
  compared: (a, b) => _("Above A, step {a}; below B, step {b}.", { a: count(a), b: count(b) }),
  checked: (error) => `✓ ${brief(error)}`,
  doubtful: (error) => `✗ ${brief(error)}`,
  checking: _("checking…"),
  trust: ({ label, gradient, jacobian, floor, rounding, parameters }) =>
    _("{label}: gradient {gradient} off ({parameters} random parameters), step Jacobians {jacobian} off; rounding alone leaves {floor}; in the run's own precision {rounding}.", {
      label,
      parameters,
      gradient: number(gradient),
      jacobian: number(jacobian),
      floor: number(floor),
      rounding: number(rounding),
    }),
  trustHead: (step) => _("Against finite differences at step {n}, worst relative error:", { n: count(step) }),
};
