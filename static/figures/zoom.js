// What the user does to the axes and the legend of a drawn figure.
import { Curves } from "../curves.js";
import { hear, laidOut } from "./plotly.js";
import { pair, ranges } from "./view.js";

/** @param {import("./mounted.js").Mounted} mounted whose axes plotly has drawn */
export function listen(mounted) {
  const { plot, view, drawing } = mounted;
  const moved = () => {
    see(view, laidOut(plot));
    mounted.place();
  };
  hear(plot, "relayouting", moved);
  hear(plot, "relayout", (change) => {
    const names = Object.keys(change ?? {});
    if (names.some((name) => /range\[/.test(name))) view.zoomed = true;
    if (names.some((name) => /autorange/.test(name))) reset(mounted);
    moved();
  });
  hear(plot, "doubleclick", () => reset(mounted));
  if (drawing instanceof Curves) hear(plot, "restyle", () => legend(mounted, drawing));
}

/** The legend shows and hides lines; the painter follows. @param {import("./mounted.js").Mounted} mounted @param {Curves} curves */
function legend({ plot, loop }, curves) {
  const { data } = /** @type {any} */ (plot);
  curves.lines.forEach((line, i) => (line.shown = data[i].visible !== "legendonly"));
  loop.paint();
}

/** The ranges as the user has dragged them. @param {import("./view.js").View} view @param {any} drawn plotly's own layout */
export function see(view, drawn) {
  for (const name of Object.keys(view.axes)) if (drawn[name]?.range) view.axes[name] = pair(drawn[name].range);
}

/** Show everything again. @param {import("./mounted.js").Mounted} mounted */
export function reset(mounted) {
  showAll(mounted.view, mounted.drawing.wanted());
  mounted.rescale();
}

/** @param {import("./view.js").View} view @param {Wanted} wanted */
export function showAll(view, wanted) {
  view.zoomed = false;
  Object.assign(view.axes, ranges(view.variant));
  view.follow(wanted);
}
