// What a teacher hides: controls, knobs and panels by name. A style sheet of its own does it, so that whatever
// is drawn later stays hidden, too.

import { keep } from "./hidden.js";

const NAME = /^[\w.-]{1,64}$/;
/** What stands in more than one place, by one name. @type {Record<string, string>} */
const EVERYWHERE = {
  exports: "details.menu",
  language: ".language",
  "remove-network": "fieldset.network .remove",
  tables: ".table-toggle",
  trust: "button.trust",
};
/** A panel and what opens it go together: neither is of use without the other. */
const TOGETHER = [["walk", "show-walk"], ["whatif", "show-whatif"], ["controls", "show-controls", "drawer"], ["keys", "show-keys"],
  ["preset", "presets"]];
/** @type {CSSStyleSheet | null} */
let sheet = null;

/** Hide these and show everything else. Anything that is no name is left out. */
export function hide(names) {
  const list = Array.isArray(names) ? names : [];
  const given = list.filter((name) => typeof name === "string" && NAME.test(name));
  const hidden = [...new Set([...given, ...TOGETHER.filter((group) => group.some((name) => given.includes(name))).flat()])];
  keep(hidden);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(hidden.map((name) => `${selectors(name).join(", ")} { display: none !important; }`).join("\n"));
}

/** Where a name may stand: an element, a figure's panel and tab, a knob by its full name or the last part of it. */
export function selectors(name) {
  if (Object.hasOwn(EVERYWHERE, name)) return [EVERYWHERE[name]];
  const knobs = [`[name="${name}"]`, `[name$=".${name}"]`, `[data-chooses="${name}"]`];
  return [`[id="${name}"]`, `[id="panel-${name}"]`, `[id="tab-${name}"]`, ...knobs.map((knob) => `:is(.knob, .whatif-knob):has(${knob})`)];
}
