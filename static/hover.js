// What a hovered place says: plotly hover templates filled in without plotly, as text with subscripts.
// @ts-check

/** A number in a d3 format of the kinds ".2f", ".3e", ".4g", with a real minus. @param {number} value @param {string} format */
export function formatNumber(value, format) {
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  if (value !== value) return "–";
  const digits = Number(format.match(/\d+/)?.[0] ?? 3);
  const kind = format.slice(-1);
  let text = String(value);
  if (kind === "f") text = value.toFixed(digits);
  if (kind === "e") text = value.toExponential(digits);
  if (kind === "g") text = String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** @param {string} template @param {Record<string, number>} place values of x, y, z, customdata */
export function fillTemplate(template, place) {
  return template
    .replace(/<extra>.*<\/extra>/, "")
    .replace(/%\{(\w+)(?::([^}]*))?\}/g, (_, name, format) => formatNumber(place[name], format ?? ""));
}

/** Put text with <sub> and <br> into an element; nothing else of it is markup. @param {HTMLElement} element @param {string} text */
export function putText(element, text) {
  element.replaceChildren(...text.split(/(<sub>.*?<\/sub>|<br>)/).filter(Boolean).map(node)); // prettier-ignore
}

/** @param {string} part */
function node(part) {
  if (part === "<br>") return document.createElement("br");
  const low = part.match(/^<sub>(.*)<\/sub>$/);
  if (!low) return document.createTextNode(part);
  const element = document.createElement("sub");
  element.textContent = low[1];
  return element;
}

/** The same text for a voice: no markup. @param {string} text */
export const spoken = (text) => text.replaceAll("<br>", ", ").replace(/<sub>(.*?)<\/sub>/g, " $1");

/** A message with its {names} filled in. @param {string} message @param {Record<string, unknown>} values */
export const told = (message, values) => message.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
