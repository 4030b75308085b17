// Sentences of the questions that lessons end with.
import { number } from "../format.js";
import { power } from "../powers.js";
import { _ } from "../tongue.js";

export const WORDS = {
  line: (off, score) => _("On average {off} decades off: {score} of 100 points.", { off: number(Math.round(100 * off) / 100), score }),
  right: _("Right."),
  wrong: (best) => _("Not so: it is “{best}”.", { best }),
  found: (x, log) => (log ? power(x) : number(x)),
  number: (truth, right) => (right ? _("Right: it is {truth}.", { truth: number(truth) }) : _("Not so: it is {truth}.", { truth: number(truth) })),
  choose: _("Answer first, then reveal."),
  picture: _("Your line: size of the gradient on a log axis over the lag. Drag its points, or use the sliders below."),
  lag: (lag) => _("lag {lag}", { lag }),
};
