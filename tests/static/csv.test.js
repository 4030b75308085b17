import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf } from "../../static/csv.js";

const axis = (text) => ({ title: { text } });
const figure = (kind, data, bindings) => ({ template: { data, layout: { meta: { kind }, xaxis: axis("k"), yaxis: axis("later t") } }, bindings });
const bound = (attribute, path, transpose = false) => ({ trace: 0, attribute, path, transpose });

test("a map gives a line for each cell, with the steps of its axes and the raw numbers", () => {
  const map = figure("heatmaps", [{ name: 'a "b"' }], [bound("z", "m"), bound("x", "k_steps"), bound("y", "t_steps")]);
  const text = csvOf(map, { m: [[0, null], [-1.5, -Infinity]], k_steps: [0, 4], t_steps: [2, 6] });
  assert.deepEqual(text.split("\r\n"), ["series,later t,k,value", '"a ""b""",2,0,0', '"a ""b""",2,4,NaN', '"a ""b""",6,0,-1.5', '"a ""b""",6,4,-Infinity', ""]);
});

test("a transposed map stands as it is drawn", () => {
  const map = figure("heatmaps", [{ name: "h", x0: 1 }], [bound("z", "h", true)]);
  const text = csvOf(map, { h: [[1, 2, 3], [4, 5, 6]] }); // 2 steps of 3 units
  assert.deepEqual(text.trim().split("\r\n").slice(1), ["h,0,1,1", "h,0,2,4", "h,1,1,2", "h,1,2,5", "h,2,1,3", "h,2,2,6"]);
});

test("a line gives its points, and an array that a cell has not gives none", () => {
  const lines = figure("lines", [{ name: "flow", x0: 0, dx: 1 }], [bound("y", "flow")]);
  assert.equal(csvOf(lines, { flow: [0, -1] }), "series,k,later t\r\nflow,0,0\r\nflow,1,-1\r\n");
  assert.equal(csvOf(lines, { flow: null }), "series,k,later t\r\n");
});
