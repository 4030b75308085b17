// What a drawn answer offers beside its picture: the same as tables, and picture and data to take along.
import * as api from "../api.js";
import { h } from "../dom.js";
import { drawnPicture } from "../figures/still.js";
import { addItems, save } from "../menus.js";
import { SEEN } from "../see-words.js";

/**
 * @param {string} name of the answer's route @param {HTMLElement} plot
 * @param {{answer: () => any, tables: (answer: any) => HTMLElement[], query: () => object, data: string}} from `data` names the CSV
 */
export function createTaking(name, plot, { answer, tables, query, data }) {
  const place = h("div.tabular", { hidden: true, tabIndex: 0, role: "region", "aria-label": SEEN.table });
  const toggle = h("button.table-toggle", { type: "button", "aria-expanded": "false", onclick: turn }, SEEN.table);
  const menu = h("details.menu", {}, h("summary", { "aria-label": SEEN.take, title: SEEN.take }, "⤓"));
  addItems(menu, [["PNG", () => image("png")], ["SVG", () => image("svg")], [data, csv]]);

  function refresh() {
    if (answer() && !place.hidden) place.replaceChildren(...tables(answer()));
  }
  function turn() {
    place.hidden = !place.hidden;
    toggle.setAttribute("aria-expanded", String(!place.hidden));
    refresh();
  }

  const file = (end) => `unrolled-${name}-step-${answer().step}.${end}`;
  async function image(format) {
    if (!answer()) return;
    const as = file(format); // of what is on screen now
    save(await drawnPicture(plot, answer(), format), as);
  }
  function csv() {
    if (answer()) save(api.address(answer().run, name, { ...query(), format: "csv", step: answer().step }), file("csv"));
  }

  return { place, tools: [toggle, menu], refresh };
}
