// The data of a picture as CSV: every number that its bindings take out of the frame, a row each.
import { decode, resolve } from "./arrays.js";

const title = (axis) => String(axis?.title?.text ?? "").replace(/<[^>]*>/g, "");

/** A cell of CSV. NaN stays "NaN" (undefined), −Infinity an exact zero's log. */
function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * @param {any} figure of GET /api/runs/{id}/figures @param {any} tree a frame
 * @returns {string} a header, then a line for each number: picture, place on both axes, value
 */
export function csvOf(figure, tree) {
  const { data, layout } = figure.template;
  const maps = layout.meta.kind === "heatmaps";
  const [across, up] = [title(layout.xaxis) || "x", title(layout.yaxis) || "y"];
  const lines = [maps ? ["series", up, across, "value"] : ["series", across, up]];
  data.forEach((trace, i) => {
    const bound = Object.fromEntries(figure.bindings.filter((b) => b.trace === i).map((b) => [b.attribute, b]));
    const read = (name) => (bound[name] ? decode(resolve(tree, bound[name].path)) : null);
    lines.push(...(maps ? cells(trace, bound.z, read) : points(trace, read)));
  });
  return lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

function cells(trace, z, read) {
  const values = read("z");
  if (!values) return [];
  const [rows, columns] = z.transpose ? [values.shape[1], values.shape[0]] : values.shape;
  const [xs, ys] = [read("x"), read("y")];
  const made = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const value = values.data[z.transpose ? c * rows + r : r * columns + c];
      made.push([trace.name, ys ? ys.data[r] : r, xs ? xs.data[c] : (trace.x0 ?? 0) + c * (trace.dx ?? 1), value]);
    }
  }
  return made;
}

function points(trace, read) {
  const [xs, ys] = [read("x"), read("y")];
  const count = (ys ?? xs)?.data.length ?? 0;
  const at = (list, given, i) => (list ? list.data[i] : (given?.[i] ?? (trace.x0 ?? 0) + i * (trace.dx ?? 1)));
  return Array.from({ length: count }, (_, i) => [trace.name, at(xs, trace.x, i), at(ys, trace.y, i)]);
}
