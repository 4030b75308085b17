// The tab of the loss surface. What is behind it comes when it is opened.
import { h } from "../dom.js";
import { _ } from "../tongue.js";

/** @param {any} store @param {any} actions */
export function createSurface(store, actions) {
  const title = _("Loss surface");
  const element = h("section.panel", { id: "panel-surface" });
  /** @type {Promise<{open(now: boolean): void}> | null} */
  let panel = null;
  let on = false;

  async function open(now) {
    if (!on && !now) return;
    on = now;
    panel ??= import("../surface/panel.js").then(({ createPanel }) => createPanel(store, actions, element));
    (await panel).open(on);
  }

  return { figure: { id: "surface", title, default: false }, element, open };
}
