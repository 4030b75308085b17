// Steps that a picture is about are marked in the input row, and the other way round.
import { $, $$ } from "../dom.js";

export function mount() {
  const host = $("#sequence");
  const mark = ({ detail }) => {
    for (const cell of $$("[data-t]", host)) {
      const t = Number(cell.dataset.t);
      cell.classList.toggle("marked", Boolean(detail) && (t === detail.t || t === detail.k));
    }
  };
  const tell = (cell) => host.dispatchEvent(new CustomEvent("place-hovered", { bubbles: true, detail: cell ? { t: Number(cell.dataset.t) } : null }));
  const point = ({ target }) => tell(target instanceof Element && target.closest("[data-t]"));
  host.addEventListener("pointerleave", () => tell(null));
  return { mark, point };
}
