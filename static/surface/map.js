// The loss surface as a picture: what the server sends once is used where it is needed twice.
import { decode } from "../arrays.js";
import { mountStill } from "../figures/still.js";
import { number } from "../format.js";
import { table, thinned } from "../tables.js";
import { SURFACE } from "./words.js";

const WIDEST = ["", "37rem", "62rem"]; // maps are square: few of them need no wide place
const MOST = 9; // rows and columns of a table

/** An answer with its data where plotly looks for them. @param {any} answer of `surface?format=figure` */
export function whole(answer) {
  const { data } = answer.figure;
  data.forEach((trace, i) => trace.meta?.lines && (trace.z = data[i - 1].customdata));
  answer.narrow.data = data;
  return answer;
}

/** @param {HTMLElement} plot @param {any} answer a whole one */
export async function draw(plot, answer) {
  plot.style.maxWidth = WIDEST[answer.figure.layout.meta.grid.columns] ?? "";
  await mountStill(plot, answer);
  plot.dataset.step = String(answer.step);
}

/** The same as tables: each network's map thinned out, and its path. @param {any} answer */
export function tables(answer) {
  const { data } = answer.figure;
  const maps = data.filter(({ type }) => type === "heatmap");
  return maps.flatMap((map, i) => {
    const path = data.find((trace) => trace.xaxis === map.xaxis && trace.mode === "lines+markers");
    const { label } = answer.networks[i];
    return [table({ title: SURFACE.map(label), ...grid(map) }), table(wayOf(label, path))];
  });
}

function grid({ x, y, customdata }) {
  const [xs, ys, log] = [x, y, customdata].map(numbers);
  const across = thinned(xs.length, MOST);
  const rows = thinned(ys.length, MOST).reverse().map((row) => /** @type {[string, string[]]} */ ([
    number(round(ys[row])), across.map((c) => size(log[row * xs.length + c])),
  ])); // prettier-ignore
  return { corner: "y ╲ x", columns: across.map((c) => number(round(xs[c]))), rows };
}

/** @returns {Sheet} */
function wayOf(label, { customdata, x, y }) {
  const [corner, ...columns] = SURFACE.columns;
  const [at, xs, ys] = [customdata, x, y].map(numbers);
  const far = Math.max(...Array.from(xs, Math.abs), ...Array.from(ys, Math.abs));
  const shown = (value) => number(Math.abs(value) < 1e-6 * far ? 0 : round(value)); // less is rounding
  const rows = thinned(at.length, 2 * MOST).map((i) => /** @type {[string, string[]]} */ ([number(at[i]), [shown(xs[i]), shown(ys[i])]]));
  return { title: SURFACE.wayOf(label), corner, columns, rows };
}

const numbers = (given) => decode(given)?.data ?? [];
const round = (value) => Number(value.toPrecision(3));
const size = (log) => (Number.isNaN(log) ? "NaN" : number(Number((10 ** log).toPrecision(3))));
