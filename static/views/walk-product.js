// The growing product of a walk as a matrix, and the colours the walk shares with the page's figures.
import { decode } from "../arrays.js";
import { $, say } from "../dom.js";
import { WORDS as DRILL } from "../drill-words.js";
import { themeOf } from "../figures/theme.js";
import { number } from "../format.js";
import { power } from "../powers.js";
import { Scale } from "../scales.js";
import { WORDS } from "../walk-words.js";
import { pixels } from "./walk-graph.js";

/** Draw the product of an event on a scale of its own; hidden where there is none. */
export function drawProduct(figure, { kind, data }, scale) {
  figure.hidden = kind !== "backward" || !("product" in data);
  if (figure.hidden) return;
  const matrix = decode(data.product);
  const words = `${DRILL.product("h", data.t, data.k)}, ${WORDS.norm(power(data.log_norm ?? -Infinity))}`;
  const canvas = $("canvas", figure);
  canvas.hidden = !matrix;
  canvas.setAttribute("aria-label", words);
  if (!matrix) return say($("figcaption", figure), `${words}. ${WORDS.large}`);
  const list = Array.from(matrix.data);
  const most = list.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
  const [rows, columns] = matrix.shape;
  Object.assign(canvas, { width: columns, height: rows });
  const shown = list.map((v) => (most > 0 ? (v / most) * scale.hi : 0));
  canvas.getContext("2d").drawImage(pixels(shown, columns, rows, scale), 0, 0);
  say($("figcaption", figure), `${words}; ${WORDS.limits(number(most))}`);
}

/** The colour scales of the page's own figures, so that a colour means the same everywhere. */
export function scales(figures, element) {
  const of = (id) => {
    const layout = figures.find((figure) => figure.id === id)?.template.layout;
    if (!layout?.meta?.scale) return null;
    const colorscale = layout.meta.themes[themeOf(element)]["coloraxis.colorscale"];
    return new Scale(layout.meta.scale, { ...layout.coloraxis, colorscale });
  };
  const h = of("hidden");
  return { h, c: of("cell_state") ?? h, gate: of("gates") ?? h, d: of("d_hidden") };
}
