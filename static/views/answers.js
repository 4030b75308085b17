// The tabs whose pictures the server draws; what is behind them comes when one is opened.
import { h } from "../dom.js";
import { late } from "../late.js";
import { _ } from "../tongue.js";

const TABS = [["why", _("Why did it vanish?")], ["spectra", _("Spectrum")], ["surface", _("Loss surface")]];

async function load(id, store, actions, element) {
  if (id === "surface") return (await import("../surface/panel.js")).createPanel(store, actions, element).open;
  return (await import("./answer.js")).createAnswer(id, store, actions, element);
}

/** @param {Store} store */
export const createAnswers = (store, actions) => TABS.map(([id, title]) => {
  const element = h("section.panel", { id: `panel-${id}` });
  const answer = late(() => load(id, store, actions, element));
  let on = false;
  async function open(now) {
    if (!on && !now) return;
    on = now;
    (await answer())(on);
  }
  return { figure: { id, title, default: false }, element, open };
});
