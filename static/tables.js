// A map as a table, for whoever does not see it: the same numbers, thinned out to a grid that can be read.
// @ts-check
import { _ } from "./tongue.js";

const MOST = 11; // rows and columns; first and last are always there

/** Places of at most `most` of `count` things, evenly, both ends included. @param {number} count @param {number} [most] */
export function thinned(count, most = MOST) {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** A value as a table says it. @param {number} value */
export const cell = (value) =>
  value !== value ? "" : value === -Infinity ? "−∞" : value === Infinity ? "∞" : value.toFixed(2).replace("-", "−");

/**
 * A button beside the figure's title that shows the figure's maps as tables below it.
 * @param {HTMLElement} div the figure's place @param {() => import("./maps.js").Sheet[]} sheets
 * @returns {{refresh: () => void, destroy: () => void}}
 */
export function attachTable(div, sheets) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain table-toggle", textContent: _("as a table") });
  const place = Object.assign(document.createElement("div"), { className: "tabular", hidden: true, tabIndex: 0 });
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", _("as a table"));
  button.setAttribute("aria-expanded", "false");
  const refresh = () => place.hidden || place.replaceChildren(...sheets().map(table));
  button.addEventListener("click", () => {
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    refresh();
  });
  (div.parentElement?.querySelector("figcaption") ?? div).append(button);
  div.after(place);
  return { refresh, destroy: () => [button, place].forEach((element) => element.remove()) };
}

/** @param {import("./maps.js").Sheet} sheet */
function table({ title, corner, columns, rows }) {
  const made = document.createElement("table");
  made.createCaption().textContent = title;
  const head = made.createTHead().insertRow();
  for (const text of [corner, ...columns]) head.append(header(text, "col"));
  const body = made.createTBody();
  for (const [name, values] of rows) {
    const line = body.insertRow();
    line.append(header(name, "row"));
    for (const value of values) line.insertCell().textContent = cell(value);
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
