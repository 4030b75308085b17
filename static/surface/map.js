// The loss surface as a picture: what the server sends once is used where it is needed twice.
import { decode } from "../arrays.js";
import { h } from "../dom.js";
import * as plotly from "../figures/plotly.js";
import { grounds, mountStill } from "../figures/still.js";
import { dressed, themeOf } from "../figures/theme.js";
import { number } from "../format.js";
import { heightFor } from "../geometry.js";
import { SURFACE } from "./words.js";

const NARROW_PX = 560;
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

/** An address of data with the picture. @param {HTMLElement} plot @param {any} answer @param {string} format png or svg */
export function picture(plot, answer, format) {
  const width = plot.clientWidth || 640;
  const { layout: made } = width < NARROW_PX ? answer.narrow : answer.figure;
  const theme = themeOf(plot);
  const layout = { ...dressed(made, made.meta.themes[theme]), ...grounds(made, theme), width };
  const height = heightFor(made, width);
  return plotly.image(structuredClone(answer.figure.data), { ...layout, height }, { format, width, height, scale: format === "svg" ? 1 : 2 });
}

/** The same as tables: each network's map thinned out, and its path. @param {any} answer */
export function tables(answer) {
  const { data } = answer.figure;
  const maps = data.filter(({ type }) => type === "heatmap");
  return maps.flatMap((map, i) => {
    const path = data.find((trace) => trace.xaxis === map.xaxis && trace.mode === "lines+markers");
    const { label } = answer.networks[i];
    return [table(SURFACE.map(label), ...grid(map)), table(SURFACE.wayOf(label), SURFACE.columns, steps(path))];
  });
}

function grid({ x, y, customdata }) {
  const [xs, ys, log] = [x, y, customdata].map(numbers);
  const across = thinned(xs.length);
  const rows = thinned(ys.length).reverse().map((row) => [number(round(ys[row])), ...across.map((c) => size(log[row * xs.length + c]))]);
  return [["y ╲ x", ...across.map((c) => number(round(xs[c])))], rows];
}

function steps({ customdata, x, y }) {
  const [at, xs, ys] = [customdata, x, y].map(numbers);
  const far = Math.max(...Array.from(xs, Math.abs), ...Array.from(ys, Math.abs));
  const shown = (value) => number(Math.abs(value) < 1e-6 * far ? 0 : round(value)); // less is rounding
  return thinned(at.length, 2 * MOST).map((i) => [number(at[i]), shown(xs[i]), shown(ys[i])]);
}

const numbers = (given) => decode(given)?.data ?? [];
const round = (value) => Number(value.toPrecision(3));
const size = (log) => (Number.isNaN(log) ? "NaN" : number(Number((10 ** log).toPrecision(3))));
const thinned = (count, most = MOST) =>
  count <= most ? Array.from({ length: count }, (_, i) => i) : Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));

function table(title, head, rows) {
  const top = h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)));
  const lines = rows.map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((text) => h("td", {}, text))));
  return h("table", {}, h("caption", {}, title), h("thead", {}, top), h("tbody", {}, ...lines));
}

/** Call `paint` whenever the place has another width, and when the page's colours change. @param {HTMLElement} plot @param {() => void} paint */
export function follow(plot, paint) {
  const place = plot.parentElement ?? plot;
  let width = 0;
  new ResizeObserver(() => {
    if (!place.clientWidth || place.clientWidth === width) return;
    width = place.clientWidth;
    paint();
  }).observe(place);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}
