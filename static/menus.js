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
