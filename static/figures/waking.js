// The cursor comes with the first touch of a figure; what is done until it is there, it does then.
import { late } from "../late.js";

const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter", "0"];
const CLICK_PX = 5; // a press that moves farther is a zoom

/** @param {(parts: typeof import("./pointing.js")) => import("./pointing.js").Pointing} make */
export function waking(div, plot, make) {
  const stop = new AbortController();
  const { signal } = stop;
  const wake = late(async () => {
    const made = make(await import("./pointing.js"));
    stop.abort();
    return made;
  });
  const redo = async (event) => (await wake()).replay(event);
  div.addEventListener("pointermove", redo, { signal });
  div.addEventListener("pointerdown", (from) => {
    const end = (to) => from.button === 0 && Math.hypot(to.clientX - from.clientX, to.clientY - from.clientY) < CLICK_PX && redo(to);
    addEventListener("pointerup", end, { once: true, capture: true }); // anywhere: plotly covers the page while it drags
  }, { signal, capture: true });
  plot.addEventListener("focus", wake, { signal });
  plot.addEventListener("keydown", (event) => {
    if (!KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // they are this figure's, not the page's
    redo(event);
  }, { signal });
  return { wake, stop: () => stop.abort() };
}
