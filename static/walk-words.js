// Sentences of the walk through one pass.
import { count } from "./format.js";
import { lowered } from "./powers.js";
import { _ } from "./tongue.js";

export const WORDS = {
  start: _("start"),
  cell: _("cell"),
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
};
