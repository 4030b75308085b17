// The keyboard: bare keys, only while nothing is being typed.
import { $, AT, typing } from "./dom.js";

/** @param {Record<string, (event: KeyboardEvent) => void>} keys by `event.key`, letters in lower case */
export function mountKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if ($("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = keys[key];
    if (!act || (key === " " && pressesItself(event.target)) || (key.startsWith("Arrow") && ownsArrows(event.target))) return;
    event.preventDefault();
    act(event);
  });
  $("#show-keys").addEventListener("click", () => $(AT.keys).showModal());
}

// Space on a focused button presses that button; play's own button means the same thing.
const pressesItself = (target) => target instanceof Element && target.matches("button:not(#play), a, summary, input[type=checkbox]");
const ownsArrows = (target) => target instanceof Element && target.matches("input[type=range], [role=tab]");
