// Sentences about one product of Jacobians.
import { count } from "./format.js";
import { lowered, power } from "./powers.js";
import { _ } from "./tongue.js";

export const WORDS = {
  product: (what, t, k) => `∂${what}${lowered(t)}/∂${what}${lowered(k)}`,
  ofNetwork: (label, step) => _("{label}, step {n} of the training", { label, n: count(step) }),
  norm: _("norm ‖∂hₜ/∂hₖ‖"),
  cellNorm: _("norm ‖∂cₜ/∂cₖ‖"),
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
  noDrill: _("These maps show a what-if. Revert it, or train on from there, to look into a product."),
};
