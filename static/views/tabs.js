// The arrow keys go from tab to tab.
import { $, $$, AT } from "../dom.js";

export function mount() {
  /** @param {KeyboardEvent} event */
  function move(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = $$("[role=tab]", $(AT.tabs));
    const at = tabs.indexOf(document.activeElement);
    if (by && at >= 0) tabs[(at + by + tabs.length) % tabs.length].focus();
  }
  return { move };
}
