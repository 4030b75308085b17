// What of a figure is in view, and that plotly is spoken to in one place only.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { assign, dressed } from "../../static/figures/theme.js";
import { variantFor, View } from "../../static/figures/view.js";
import { see, showAll } from "../../static/figures/zoom.js";

const STATIC = new URL("../../static/", import.meta.url);

const figure = {
  template: { data: [], layout: { height: 300, xaxis: { range: [0, 40] }, yaxis: { range: [40, 0] }, margin: { l: 0, r: 0, t: 0, b: 0 } } },
  narrow: { height: 500, xaxis: { range: [0, 20] }, yaxis: { range: [20, 0] }, margin: { l: 0, r: 0, t: 0, b: 0 } },
};

test("a narrow place takes the narrow layout, where there is one", () => {
  assert.equal(variantFor("wide", "narrow", 320), "narrow");
  assert.equal(variantFor("wide", null, 320), "wide");
  const view = new View(figure);
  assert.equal(view.arrange(800, NaN, null), true);
  assert.deepEqual([view.layout.width, view.layout.height, view.axes.xaxis], [800, 300, [0, 40]]);
  assert.equal(view.arrange(700, NaN, null), false);
  assert.equal(view.arrange(400, 120, null), true);
  assert.deepEqual([view.layout.height, view.layout.xaxis.range], [120, [0, 20]]);
});

test("ranges follow the data until the user zooms, and again after a reset", () => {
  const view = new View(figure);
  view.arrange(800, NaN, null);
  assert.equal(view.follow({ x: [0, 100], y: [-2, 0] }), true);
  assert.equal(view.follow({ x: [0, 100], y: [-2, 0] }), false);
  see(view, { xaxis: { range: [5, 9] }, yaxis: {} });
  view.zoomed = true;
  assert.equal(view.follow({ x: [0, 200], y: [-2, 0] }), false);
  view.arrange(400, NaN, { x: [0, 200], y: [-2, 0] });
  assert.deepEqual(view.axes, { xaxis: [5, 9], yaxis: [-2, 0] });
  showAll(view, { x: [0, 200], y: [-3, 0] });
  assert.deepEqual(view.apply(), { "xaxis.range": [0, 200], "yaxis.range": [-3, 0] });
  assert.deepEqual(view.layout.xaxis.range, [0, 200]);
});

test("a layout is coloured as a copy, along paths that may not be there yet", () => {
  const layout = { shapes: [{ line: { color: "red" } }] };
  const made = dressed(layout, { "shapes[0].line.color": "blue", "font.color": "white" });
  assert.deepEqual([made.shapes[0].line.color, made.font, layout.shapes[0].line.color], ["blue", { color: "white" }, "red"]);
  const target = {};
  assign(target, "a.b", 1);
  assert.deepEqual(target, { a: { b: 1 } });
});

test("one script alone speaks to plotly", () => {
  const scripts = readdirSync(STATIC, { recursive: true }).filter((path) => path.endsWith(".js"));
  const code = (path) => readFileSync(new URL(path, STATIC), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  assert.ok(scripts.length > 40);
  assert.deepEqual(scripts.filter((path) => /\bPlotly\b|plotly_/.test(code(path))), ["figures/plotly.js"]);
});
