// Paper is white: pictures get their light colours at once, for what waits its turn after `beforeprint` is not printed any more.
// Once it is over the page's own colours come back by the theme, as after any change of it.
import { $$ } from "./dom.js";
import { recolour } from "./figures/plotly.js";

addEventListener("beforeprint", () => {
  for (const plot of $$(".js-plotly-plot")) {
    const { layout, data } = /** @type {any} */ (plot);
    const { themes, networks } = layout?.meta ?? {};
    if (themes) recolour(plot, networks ? tints(data, networks.light) : {}, themes.light);
  }
});

/** Colours of lines by their networks, trace by trace. @param {any[]} data @param {string[]} colours */
function tints(data, colours) {
  const wanted = data.map(({ meta }) => (meta?.network === undefined ? undefined : colours[meta.network % colours.length]));
  return { "line.color": wanted, "marker.color": wanted };
}
