// What panel and lesson have in common around the map: its words, and how close one looks.
import { h } from "../dom.js";
import { SURFACE, told } from "./words.js";

const MOST = 256; // times closer, or wider

export const button = (text, act, attributes = {}) => h("button", { type: "button", onclick: act, ...attributes }, text);

/** Buttons that look closer or wider; `changed` hears of it. @param {() => void} changed */
export function closeness(changed) {
  let zoom = 1;
  const closer = button(SURFACE.closer, () => look(zoom * 2));
  const wider = button(SURFACE.wider, () => look(zoom / 2));
  const fit = button(SURFACE.whole, () => look(1), { disabled: true });
  function look(wish) {
    zoom = Math.min(MOST, Math.max(1 / MOST, wish));
    closer.disabled = zoom === MOST;
    wider.disabled = zoom === 1 / MOST;
    fit.disabled = zoom === 1;
    changed();
  }
  return { buttons: [closer, wider, fit], now: () => zoom };
}

/** A sentence for each network; what stays the same is not said again. @param {HTMLElement} list @param {any[]} networks */
export function items(list, networks) {
  const made = networks.map((network, i) => {
    const style = `--network: var(--network-${(i % 4) + 1})`;
    return h("li", { style }, h("strong", {}, network.label), ` ${told(network)}`);
  });
  if (list.textContent !== made.map((item) => item.textContent).join("")) list.replaceChildren(...made);
}
