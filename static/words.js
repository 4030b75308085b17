// The sentences of the opening view. What is said later stands in files of its own (…-words.js).
import { count, number } from "./format.js";
import { _ } from "./tongue.js";

export const WORDS = {
  play: _("Play"),
  pause: _("Pause"),
  step: (n) => _("step {n}", { n: count(n) }),
  ofSteps: (n) => _("of {n}", { n: count(n) }),
  rate: (text) => _("{n} steps/s", { n: text }),
  lookingBack: _("looking back"),
  whatIf: _("what if"),
  states: {
    paused: _("paused"),
    running: _("training"),
    finished: _("finished"),
    diverged: _("diverged"),
    failed: _("failed"),
    cancelled: _("gone"),
  },
  ready: _("untrained"),
  lost: _("The server does not answer. Trying again; nothing is lost."),
  diverged: ({ step, network, reason }) =>
    _("{network} diverged at step {step}: {reason}.", { network: network ?? _("The run"), step: count(step), reason }) +
    " " +
    _("Everything up to there can still be looked at: drag the slider under the step count."),
  noAnswer: _("The server does not answer. Is it still running?"),
  refused: (status) => _("The server refused (status {status}).", { status }),
  loss: (x) => _("loss {x}", { x: number(x) }),
  highway: (share, lag) => _("direct path {n} % of ∂c over {lag} steps", { n: share > 0 && share < 0.005 ? "< 1" : Math.round(100 * share), lag }),
  accuracy: (x) => _("{n} % right", { n: Math.round(100 * x) }),
  row: {
    sample: (i) => _("What goes in (sample {i})", { i }),
    input: _("input"),
    target: _("target"),
    short: (n) => _("… the first {n} steps", { n }),
  },
  check: _("check"),
  notChecked: _("Check the numbers of this map against finite differences"),
  exportPicture: _("Take this picture along"),
  table: _("as a table"),
};
