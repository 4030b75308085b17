// Sentences of what there is to see beside the maps: ready experiments, why it vanished, spectra.
import { number } from "./format.js";
import { power as spaced } from "./powers.js";
import { _, phrase } from "./tongue.js";

const power = (x) => spaced(x).replaceAll(" ", "\u00a0"); // not broken between lines

const CAUSES = {
  saturation: (x) => _("flat slopes ×{x}", { x }),
  weights: (x) => _("weights at best ×{x}", { x }),
  gates: (x) => _("closed gates ×{x}", { x }),
  alignment: (x) => _("missing the weights’ strongest direction ×{x}", { x }),
};
const TOO_SMALL = 0.04; // log10: a cause that changes the size by less than a tenth goes without saying

export const SEEN = {
  notHere: _("This server lacks a package that the experiment needs."),
  why: {
    title: _("Why did it vanish?"),
    help: _("What becomes of the strongest path from the last step back to step 0, and what takes its share at each step: slopes of tanh and gates that are flat, gates that are closed, the weights themselves, and going another way than the weights’ strongest one. Upwards grows, downwards shrinks; a tenth is −1. Diamonds: all together. The split is one reading, the sum is exact."),
    told: ({ steps, sums, sentence }) => {
      if (!Number.isFinite(sums.total)) return phrase(sentence);
      const named = Object.keys(CAUSES).filter((name) => Math.abs(sums[name]) > TOO_SMALL);
      named.sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
      const causes = named.map((name) => CAUSES[name](power(sums[name]))).join(", ");
      return _("×{total} over {steps} steps along the strongest path: {causes}.", { total: power(sums.total), steps, causes });
    },
  },
  spectra: {
    title: _("Spectrum"),
    help: _("Every singular value of ∂h_t/∂h_0: how much each direction of a change at the start still counts at step t. Where only the largest stays up, one number is remembered, where many do, many are. Dotted: the slope of the largest Lyapunov exponent. Values 15 decades below the largest are rounding and left out."),
    told: ({ steps, largest, grow, directions, exponents: [most, least] }) =>
      _("after {steps} steps the strongest direction is ×{largest}; {grow} of {directions} directions have grown. Lyapunov exponents from {most} to {least} per step.", {
        steps,
        largest: power(largest),
        grow,
        directions,
        most: exponent(most),
        least: exponent(least),
      }),
  },
  waiting: _("The server is drawing this picture…"),
  table: _("as a table"),
  take: _("Save this picture"),
  data: _("Its data (CSV)"),
  layer: _("Layer"),
  ofLayer: (label, n) => _("{label}, layer {n}", { label, n }),
  ofStep: (step) => _("at step {step} of the training", { step }),
};

/** Three digits; null is a direction that dies exactly. */
const exponent = (x) => (x === null ? "−∞" : number(Number(x.toPrecision(3))));
