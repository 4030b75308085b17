// What a hovered place says: plotly hover templates filled in without plotly, as text with subscripts.
import { formatNumber } from "./hover.js";

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
