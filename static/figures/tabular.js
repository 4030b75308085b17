// A button beside a figure's title that shows the figure as tables below it.
import { WORDS } from "../words.js";

/** `div` is the figure's place, `drawing` what is drawn there. */
export function attachTable(div, drawing) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain table-toggle", textContent: WORDS.table });
  const place = Object.assign(document.createElement("div"), { className: "tabular", hidden: true, tabIndex: 0 });
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", WORDS.table);
  button.setAttribute("aria-expanded", "false");
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
