// Small menus, <details class="menu">, and files handed to the user.
import { h } from "./dom.js";

/** What a menu offers. @param {HTMLElement} menu @param {[string, (event: Event) => void][]} items */
export function addItems(menu, items) {
  const close = (act) => (event) => {
    menu.removeAttribute("open");
    act(event);
  };
  menu.append(h("div.menu-list", {}, ...items.map(([text, act]) => h("button", { type: "button", onclick: close(act) }, text))));
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
