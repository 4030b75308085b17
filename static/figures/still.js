// Figures that do not move: a picked product in full, drawings that come with their data, a picture to take along.
import { decode, resolve, toRows } from "../arrays.js";
import { heightFor, rowsApart } from "../geometry.js";
import * as plotly from "./plotly.js";
import { assign, coloursOf, dressed, themeOf } from "./theme.js";
import { variantFor } from "./view.js";

/**
 * Draw one product in full: its matrices and singular values.
 * @param {HTMLElement} div @param {any} product the answer of GET /api/runs/{id}/jacobian
 * @param {any[]} templates `matrices` of a run's figure: those of picked products, network by network
 * @returns {Promise<void>} drawn
 */
export async function mountMatrix(div, product, templates) {
  const figure = templates[product.network];
  if (!figure) throw new RangeError(`no matrix template for network ${product.network}`);
  const width = div.clientWidth || 640;
  const theme = themeOf(div);
  const made = variantFor(figure.template.layout, figure.narrow, width);
  const layout = { ...dressed(made, made.meta.themes[theme]), width, hovermode: "closest", plot_bgcolor: "rgba(0,0,0,0)" };
  const data = structuredClone(figure.template.data);
  for (const { trace, attribute, path } of figure.bindings) {
    const values = decode(resolve(product, path));
    if (values) data[trace][attribute] = values.shape.length > 1 ? toRows(values, false) : Array.from(values.data);
  }
  limits(layout, data);
  const colours = layout.meta.networks[theme];
  const colour = colours[product.network % colours.length];
  for (const trace of data) if (trace.line) trace.line.color = trace.marker.color = colour;
  await plotly.draw(div, data, layout);
}

/** Several matrices have a scale each and no bar: its limits stand beside their titles. @param {any[]} data */
function limits(layout, data) {
  const blocks = data.filter((trace) => trace.type === "heatmap");
  if (blocks.length < 2) return;
  blocks.forEach(({ z }, i) => {
    const most = Math.max(...z.flatMap((/** @type {Float64Array} */ row) => Array.from(row, Math.abs)));
    layout.annotations[i].text += `  ±${most.toExponential(1).replace("-", "−")}`;
  });
}

/**
 * Draw a figure that comes with its data, as wide as its place and in the colours of the page.
 * @param {HTMLElement} div @param {{figure: any, narrow: any}} drawn the answer of GET /api/sweeps/{id}/figure
 * @returns {Promise<void>} drawn
 */
export async function mountStill(div, drawn) {
  const width = div.clientWidth || 640;
  const { data, layout: made } = variantFor(drawn.figure, drawn.narrow, width);
  const theme = themeOf(div);
  const layout = dressed(made, made.meta.themes[theme]);
  Object.assign(layout, { width, height: heightFor(layout, width), hovermode: "closest", plot_bgcolor: layout.meta.undefined[theme] });
  await plotly.draw(div, structuredClone(data), rowsApart(layout));
}

/** A mounted figure as it stands, as an address of data. @param {any} mounted @param {object} options format, width, height, scale @returns {Promise<string>} */
export async function picture({ div, drawing, view, mode }, options) {
  if (!drawing) return ""; // a sentence has no picture
  const data = drawing.blank();
  for (const [name, values] of Object.entries(drawing.exact())) {
    /** @type {any[]} */ (values).forEach((value, i) => value !== undefined && assign(data[i], name, value));
  }
  const { layout, variant } = view;
  const whole = { ...dressed(layout, coloursOf(variant, mode, div)), ...grounds(variant, mode) };
  return plotly.image(data, whole, { format: "png", width: layout.width, height: layout.height, scale: 2, ...options });
}

/** The grounds of a picture that is taken away from the page. @param {"dark" | "light"} theme */
export const grounds = (layout, theme) => ({
  paper_bgcolor: theme === "dark" ? "#11161f" : "#ffffff",
  plot_bgcolor: layout.meta.undefined?.[theme] ?? "rgba(0,0,0,0)",
});

/** A figure that came with its data, as an address of data. @param {HTMLElement} div @param {{figure: any, narrow: any}} drawn @param {string} format png or svg @returns {Promise<string>} */
export function drawnPicture(div, drawn, format) {
  const width = div.clientWidth || 640;
  const { layout: made } = variantFor(drawn.figure, drawn.narrow, width);
  const theme = themeOf(div);
  const height = heightFor(made, width);
  const layout = { ...dressed(made, made.meta.themes[theme]), ...grounds(made, theme), width, height };
  return plotly.image(structuredClone(drawn.figure.data), rowsApart(layout), { format, width, height, scale: format === "svg" ? 1 : 2 });
}
