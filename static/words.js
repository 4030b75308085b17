// Every sentence that scripts say, in one place.
import { count, lowered, number, power } from "./format.js";

export const WORDS = {
  play: "Play",
  pause: "Pause",
  step: (n) => `step ${count(n)}`,
  ofSteps: (n) => `of ${count(n)}`,
  rate: (text) => `${text} steps/s`,
  lookingBack: "looking back",
  states: {
    paused: "paused",
    running: "training",
    finished: "finished",
    diverged: "diverged",
    failed: "failed",
    cancelled: "gone",
  },
  ready: "untrained",
  lost: "The server does not answer. Trying again; nothing is lost.",
  back: "The server is back.",
  overtaken: "Another experiment was opened meanwhile.",
  diverged: ({ step, network, reason }) =>
    `${network === undefined || network === null ? "The run" : network} diverged at step ${count(step)}: ${reason}. ` +
    "Everything up to there can still be looked at: drag the slider under the step count.",
  brokenLink: (why) => `This link does not open: ${why}. The opening experiment is shown instead.`,
  refusedLink: (why) => `The experiment of this link was refused: ${why}`,
  linkCopied: "Link copied. It opens this experiment, seed included.",
  linkShown: "The link is in the address bar.",
  loss: (x) => `loss ${number(x)}`,
  accuracy: (x) => `${Math.round(100 * x)} % right`,
  unchanged: "Settings marked ● take effect at once, others when you apply them.",
  changed: "Apply starts again from step 0 with these settings.",
  atOnce: "takes effect at once",
  product: (what, t, k) => `∂${what}${lowered(t)}/∂${what}${lowered(k)}`,
  ofNetwork: (label, step) => `${label}, step ${count(step)} of the training`,
  norm: "norm ‖∂hₜ/∂hₖ‖",
  cellNorm: "norm ‖∂cₜ/∂cₖ‖",
  carousel: "direct path ∏f, norm",
  largest: "largest singular value",
  smallest: "smallest",
  same: "t = k: nothing lies between; the product is the identity.",
  reach: (t, k, most, half) =>
    `A small change of h at step ${k} arrives at step ${t} ` +
    (most ? `with at most ${number(most)} of its size, in half of all directions with less than ${number(half)}.` : "not at all."),
  factors: (n, low, high) =>
    n === 1 ? `It is one single factor J, of norm ${power(low)}.` : `It is the product of ${n} factors J, of norms ${power(low)} to ${power(high)}.`,
  walk: {
    play: "Play the pass",
    pause: "Pause the pass",
    below: "h of the layer below",
    graph: (label, step) => `${label} unrolled, step ${count(step)} of the training`,
    forward: (t, T, x, y) => `Forward, t = ${t} of ${T}: input ${x}, output ${y.replace("ŷ ", "")}.`,
    loss: (x) => `The loss of the whole batch is ${x}. From here the gradient goes back.`,
    backward: (k, size, product) => `Backward, k = ${k}: the gradient of the loss that arrives has norm ${size}. ${product}`,
    reaches: (t, k, size) => `∂h${lowered(t)}/∂h${lowered(k)} has norm ${size}.`,
    product: (t) => `the growing product: norm of ∂h${lowered(t)}/∂hₖ`,
    norm: (size) => `norm ${size}`,
    limits: (most) => `colours to ±${most}`,
    large: "The matrix is too large to be sent.",
  },
};
