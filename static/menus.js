// Small menus: a <details class="menu"> that closes when something else is wanted, and files handed to the user.
import { $$, h } from "./dom.js";

/** Close menus at a click elsewhere and at Escape, which gives the focus back. */
export function mountMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of $$("details.menu[open]")) if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of $$("details.menu[open]")) {
      menu.open = false;
      menu.firstElementChild.focus();
      event.preventDefault();
    }
  });
}

/** A menu. @param {string} sign @param {string} label @param {[string, (event: Event) => void][]} items */
export function menu(sign, label, items) {
  const list = h("div.menu-list");
  const whole = h("details.menu", {}, h("summary", { "aria-label": label, title: label }, sign), list);
  for (const [text, act] of items) {
    list.append(h("button", { type: "button", onclick: (event) => ((whole.open = false), act(event)) }, text));
  }
  return whole;
}

/** Hand a file to the user. @param {string} address a URL or data URL @param {string} name */
export function save(address, name) {
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

/** @param {string} text @param {string} type @param {string} name */
export function saveText(text, type, name) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
