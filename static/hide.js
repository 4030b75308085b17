// What a teacher hides: controls, knobs and panels by name. A style sheet of its own does it, so that whatever
// is drawn later stays hidden, too.

const NAME = /^[\w.-]{1,64}$/;
let hidden = new Set();
/** @type {CSSStyleSheet | null} */
let sheet = null;

/** Hide these and show everything else. Anything that is no name is left out. @param {unknown} names */
export function hide(names) {
  const list = Array.isArray(names) ? names : [];
  hidden = new Set(list.filter((name) => typeof name === "string" && NAME.test(name)));
  if (!sheet) {
    sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync([...hidden].map((name) => `${selectors(name).join(", ")} { display: none !important; }`).join("\n"));
}

export const hides = (name) => hidden.has(name);
export const hiddenNames = () => [...hidden];

/** Where a name may stand: an element, a figure's panel and tab, a knob by its full name or the last part of it. */
export function selectors(name) {
  const knobs = [`[name="${name}"]`, `[name$=".${name}"]`, `[data-chooses="${name}"]`];
  return [`[id="${name}"]`, `[id="panel-${name}"]`, `[id="tab-${name}"]`, ...knobs.map((knob) => `.knob:has(${knob})`)];
}
