// Every sentence that scripts say, in one place.
import { count, lowered, number, power } from "./format.js";
import { _ } from "./tongue.js";

/** On the wall a glance has to do. @param {number | null} x */
const few = (x) => number(x && Number(Number(x).toPrecision(3)));

export const WORDS = {
  play: _("Play"),
  pause: _("Pause"),
  step: (n) => _("step {n}", { n: count(n) }),
  ofSteps: (n) => _("of {n}", { n: count(n) }),
  rate: (text) => _("{n} steps/s", { n: text }),
  lookingBack: _("looking back"),
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
  back: _("The server is back."),
  forgotten: _("The server no longer knows this run."),
  overtaken: _("Another experiment was opened meanwhile."),
  diverged: ({ step, network, reason }) =>
    _("{network} diverged at step {step}: {reason}.", { network: network ?? _("The run"), step: count(step), reason }) +
    " " +
    _("Everything up to there can still be looked at: drag the slider under the step count."),
  brokenLink: (why) => _("This link does not open: {why}. The opening experiment is shown instead.", { why }),
  cutLink: _("it is cut off or was changed on its way"),
  emptyLink: _("it holds no experiment"),
  refusedLink: (why) => _("The experiment of this link was refused: {why}", { why }),
  linkCopied: _("Link copied. It opens this experiment, seed included."),
  linkShown: _("The link is in the address bar."),
  noAnswer: _("The server does not answer. Is it still running?"),
  refused: (status) => _("The server refused (status {status}).", { status }),
  loss: (x) => _("loss {x}", { x: number(x) }),
  highway: (share, lag) => _("direct path {n} % of ∂c over {lag} steps", { n: share > 0 && share < 0.005 ? "< 1" : Math.round(100 * share), lag }),
  accuracy: (x) => _("{n} % right", { n: Math.round(100 * x) }),
  unchanged: _("Settings marked ● take effect at once, others when you apply them."),
  changed: _("Apply starts again from step 0 with these settings."),
  atOnce: _("takes effect at once"),
  line: (n, message) => _("line {n}: {message}", { n, message }),
  product: (what, t, k) => `∂${what}${lowered(t)}/∂${what}${lowered(k)}`,
  ofNetwork: (label, step) => _("{label}, step {n} of the training", { label, n: count(step) }),
  norm: _("norm ‖∂hₜ/∂hₖ‖"),
  cellNorm: _("norm ‖∂cₜ/∂cₖ‖"),
  carousel: _("direct path ∏f, norm"),
  largest: _("largest singular value"),
  smallest: _("smallest"),
  same: _("t = k: nothing lies between; the product is the identity."),
  reach: (t, k, most, half) =>
    most
      ? _("A small change of h at step {k} arrives at step {t} with at most {most} of its size, in half of all directions with less than {half}.", {
          t,
          k,
          most: power(Math.log10(most)),
          half: power(Math.log10(half)),
        })
      : _("A small change of h at step {k} arrives at step {t} not at all.", { t, k }),
  factors: (n, low, high) =>
    n === 1
      ? _("It is one single factor J, of norm {low}.", { low: power(low) })
      : _("It is the product of {n} factors J, of norms {low} to {high}.", { n, low: power(low), high: power(high) }),
  room: {
    join: _("Join a class"),
    teacher: _("you are the teacher"),
    showing: _("What is on this page is shown to all who follow."),
    nothing: _("The teacher shows nothing now."),
    closed: _("The room was closed. Your run stays."),
    nobody: _("Nobody has entered yet."),
    students: (n) => (n === 1 ? _("1 student") : _("{n} students", { n: count(n) })),
    loss: (x) => _("loss {x}", { x: few(x) }),
    halfLife: (x) => _("half-life {x}", { x: x === null ? "–" : few(x) }),
    ofCell: (x) => _("of c {x}", { x: few(x) }),
    show: _("Show my page"),
    wall: _("The wall"),
    entrance: _("Entrance for students"),
    close: _("Close the room"),
    remove: _("Delete"),
  },
  row: {
    sample: (i) => _("What goes in (sample {i})", { i }),
    input: _("input"),
    target: _("target"),
    short: (n) => _("… the first {n} steps", { n }),
  },
  walk: {
    play: _("Play the pass"),
    pause: _("Pause the pass"),
    below: _("h of the layer below"),
    graph: (label, step) => _("{label} unrolled, step {n} of the training", { label, n: count(step) }),
    forward: (t, T, x, y) => _("Forward, t = {t} of {T}: input {x}, output {y}.", { t, T, x, y: String(y).replace("ŷ ", "") }),
    loss: (x) => _("The loss of the whole batch is {x}. From here the gradient goes back.", { x }),
    backward: (k, size, product) =>
      _("Backward, k = {k}: the gradient of the loss that arrives has norm {size}.", { k, size }) + " " + product,
    reaches: (t, k, size) => _("{product} has norm {size}.", { product: `∂h${lowered(t)}/∂h${lowered(k)}`, size }),
    product: (t) => _("the growing product: norm of {product}", { product: `∂h${lowered(t)}/∂hₖ` }),
    norm: (size) => _("norm {size}", { size }),
    limits: (most) => _("colours to ±{most}", { most }),
    large: _("The matrix is too large to be sent."),
  },
  lesson: {
    line: (off, score) => _("On average {off} decades off: {score} of 100 points.", { off: number(Math.round(100 * off) / 100), score }),
    right: _("Right."),
    wrong: (best) => _("Not so: it is “{best}”.", { best }),
    found: (x, log) => (log ? power(x) : number(x)),
    number: (truth, right) => (right ? _("Right: it is {truth}.", { truth: number(truth) }) : _("Not so: it is {truth}.", { truth: number(truth) })),
    choose: _("Answer first, then reveal."),
    picture: _("Your line: size of the gradient on a log axis over the lag. Drag its points, or use the sliders below."),
    lag: (lag) => _("lag {lag}", { lag }),
  },
};
