// The door to figures/: plotly owns axes, colour bars, legends and zoom, canvases under it paint the live data.
// `feed(frame)` paints at once, before plotly itself has loaded, too; `freeze()` is plotly's own exact drawing.
import { mountSentence } from "./figures/boxes.js";
import { Mounted } from "./figures/mounted.js";

/** Mount a figure in a div. @returns {Plot} */
export function mountFigure(div, figure) {
  const { data, layout } = figure.template;
  return data.length ? new Mounted(div, figure) : mountSentence(div, layout.meta.sentence);
}
