// Small helpers around the document, and the page's selectors in one place.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export const AT = {
  hero: "#hero",
  row: "#row",
  tabs: "#tabs",
  shelf: "#shelf",
  verdicts: "#verdicts",
  drawer: "#drawer",
  drill: "#drill",
  keys: "#keys",
  notice: "#notice",
  live: "#live",
};

/** `h("p.quiet", {title: "…"}, "text", child)` -> element. Text is text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** "∂h_t/∂h_k" -> text with true subscripts, as children for `h`. */
export const formula = (text) =>
  text.split(/(?<=[∂a-zA-Z])_(\w)\b/).map((part, i) => (i % 2 ? h("sub", {}, part) : part));

/** Set text only when it differs: a screen reader hears each change once. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set properties that are not so already: the browser lays the page out anew for each that is set. @param {any} element @param {object} values */
export function put(element, values) {
  for (const [name, value] of Object.entries(values)) if (element[name] !== value) element[name] = value;
}

/** Is the user typing, so that a bare key belongs to the field? */
export function typing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["range", "checkbox", "radio", "button"].includes(target.type);
}
