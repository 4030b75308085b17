// A button beside a figure's title: the figure as tables below it.
import { h } from "../dom.js";
import { WORDS } from "../words.js";

/** `div` is the figure's place, `drawing` what is drawn there. */
export function attachTable(div, drawing) {
  const button = h("button.plain.table-toggle", { type: "button", "aria-expanded": "false" }, WORDS.table);
  const place = h("div.tabular", { hidden: true, tabIndex: 0, role: "region", "aria-label": WORDS.table });
  const refresh = async () => {
    if (place.hidden) return;
    const { tablesOf } = await import("../tables.js");
    place.replaceChildren(...tablesOf(drawing));
  };
  button.addEventListener("click", () => {
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    refresh();
  });
  (div.parentElement?.querySelector("figcaption") ?? div).append(button);
  div.after(place);
  return { refresh, destroy: () => [button, place].forEach((element) => element.remove()) };
}
