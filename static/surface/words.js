// Sentences of the loss surface.
import { count, number } from "../format.js";
import { _ } from "../tongue.js";

const share = (x) => number(Number((100 * x).toPrecision(2)));

export const SURFACE = {
  title: _("Loss surface"),
  help: _("The loss around the weights of the step on screen, on the batch of its update, with the way the optimizer came. Dark is low; the colours are logarithmic and shared by all networks. To the right: the way the update went, or would have gone without clipping. Upwards: the way the steps before it spread most. So it is one slice of very many dimensions, and the path is its shadow on it. Where a network trains only two weights, as w_x and w_rec of the scalar linear RNN, the map is the whole truth."),
  closer: _("Closer"),
  wider: _("Wider"),
  whole: _("As at first"),
  clipped: (n) => (n ? _("Clipped steps ({n})", { n: count(n) }) : _("No step was clipped")),
  ofStep: (step) => _("at step {step} of the training", { step: count(step) }),
  range: ({ step, until, worst }) =>
    until > step
      ? _("step {worst}, the longest of {from} to {to}", { worst: count(worst), from: count(step), to: count(until) })
      : _("step {n}", { n: count(step) }),
  data: _("Map and path (CSV)"),
  path: _("The path"),
  columns: [_("step"), "x", "y"],
  map: (label) => _("{label}: loss over x (columns) and y (rows)", { label }),
  wayOf: (label) => _("{label}: the path", { label }),
};

/** What there is to see of a network's map, in a few sentences. @param {any} network of the drawn answer */
export function told(network) {
  const { loss_here: here, lowest, highest, overflown, points, exact, held, lost, moved } = network;
  const range = { here: number(here), low: number(lowest), high: number(highest) };
  const said = [lowest === null ? _("nothing on this map is a finite number.") : _("loss {here} here; on this map from {low} to {high}.", range)];
  if (lost) said.push(_("The weights have left this map."));
  if (network.clipped) said.push(cut(network));
  if (overflown) said.push(_("{n} of {points} points overflow.", { n: count(overflown), points: count(points) }));
  if (moved && !exact) said.push(_("The plane holds {share} % of the last steps.", { share: share(held) }));
  return said.join(" ");
}

function cut({ grad_norm: size, clip_norm: limit, loss_before: before, loss_here: here, loss_free: free }) {
  const values = { times: number(Number((size / limit).toPrecision(2))), before: number(before), here: number(here), free: number(free) };
  return free === null
    ? _("The gradient was {times} times as long as allowed and was clipped: the loss went from {before} to {here}, without clipping it would have left the finite numbers.", values)
    : _("The gradient was {times} times as long as allowed and was clipped: the loss went from {before} to {here}, without clipping to {free}.", values);
}
