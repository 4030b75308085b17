// A picture as tables, for whoever does not see it: the same numbers, thinned out to a grid that can be read.
import { Maps } from "./maps.js";

const MOST = 11; // rows and columns; first and last are always there

/** Places of at most `most` of `count` things, evenly, both ends included. @param {number} count @param {number} [most] */
export function thinned(count, most = MOST) {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** A value as a table says it. @param {number} value */
export const cell = (value) =>
  value !== value ? "" : value === -Infinity ? "−∞" : value === Infinity ? "∞" : value.toFixed(2).replace("-", "−");

/** The numbers of a drawing as tables. @param {any} drawing maps or lines @returns {HTMLTableElement[]} */
export const tablesOf = (drawing) => (drawing instanceof Maps ? mapSheets(drawing) : curveSheets(drawing)).map(table);

/** The maps as tables of numbers, thinned out. @param {import("./maps.js").Maps} maps @returns {Sheet[]} */
export function mapSheets(maps) {
  const known = maps.panels.map((panel, index) => ({ panel, index })).filter(({ panel }) => panel.values);
  return known.map(({ panel, index }) => {
    const [width, height] = maps.size(panel);
    const [across, down] = [thinned(width), thinned(height)];
    const at = (/** @type {number} */ column, /** @type {number} */ row) => ({ panel: index, column, row });
    const columns = across.map((column) => String(maps.coordinates(at(column, 0)).x));
    const rows = down.map((row) => /** @type {[string, number[]]} */ ([
      String(maps.coordinates(at(0, row)).y), across.map((column) => maps.value(at(column, row))),
    ])); // prettier-ignore
    const words = maps.figure.template.layout;
    return { title: panel.trace.name, corner: `${words.yaxis.title?.text ?? ""} ╲ ${words.xaxis.title?.text ?? ""}`, columns, rows };
  });
}

/** Lines as a table each, for their points lie at places of their own. @param {import("./curves.js").Curves} curves @returns {Sheet[]} */
export function curveSheets(curves) {
  const { xaxis, yaxis } = curves.figure.template.layout;
  const [across, up] = [xaxis.title?.text ?? "", yaxis.title?.text ?? ""].map((text) => text.replace(/<[^>]*>/g, ""));
  return curves.lines.filter(({ trace, points }) => points.length && !trace.marker).map(({ trace, points }) => {
    const chosen = thinned(points.length);
    return { title: `${trace.name}: ${up}`, corner: across, columns: chosen.map((i) => String(points.x(i))), rows: [[trace.name, chosen.map((i) => points.y(i))]] };
  }); // prettier-ignore
}

/** Values that are texts stand as they are. @param {Sheet} sheet @returns {HTMLTableElement} */
export function table({ title, corner, columns, rows }) {
  const made = document.createElement("table");
  made.createCaption().textContent = title;
  const head = made.createTHead().insertRow();
  for (const text of [corner, ...columns]) head.append(header(text, "col"));
  const body = made.createTBody();
  for (const [name, values] of rows) {
    const line = body.insertRow();
    line.append(header(name, "row"));
    for (const value of values) line.insertCell().textContent = typeof value === "string" ? value : cell(value);
  }
  return made;
}

/** @param {string} text @param {string} scope */
function header(text, scope) {
  const element = document.createElement("th");
  element.scope = scope;
  element.textContent = text;
  return element;
}
