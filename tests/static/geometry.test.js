import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, heightFor, lattice, rowsApart, tickTexts, toPixel } from "../../static/geometry.js";
import { boxWithin, cellAt, edgesOf, fromPixel } from "../../static/places.js";

const layout = {
  margin: { l: 40, r: 60, t: 20, b: 30 },
  xaxis: { domain: [0, 0.4] }, xaxis2: { domain: [0.6, 1] }, yaxis: { domain: [0, 1] }, yaxis2: { domain: [0.5, 1] },
}; // prettier-ignore

test("a subplot stands where its domains and the margins say", () => {
  assert.deepEqual(boxOf(layout, {}, 600, 250), { left: 40, top: 20, width: 200, height: 200 });
  assert.deepEqual(boxOf(layout, { xaxis: "x2", yaxis: "y2" }, 600, 250), { left: 340, top: 20, width: 200, height: 100 });
});

test("where plotly has drawn, plotly has the last word", () => {
  const full = { xaxis: { _offset: 1, _length: 2 }, yaxis: { _offset: 3, _length: 4 } };
  assert.deepEqual(boxOf(layout, {}, 600, 250, full), { left: 1, top: 3, width: 2, height: 4 });
});

test("height follows width through the shape of a subplot, up to a limit", () => {
  const grid = { rows: 2, columns: 2, aspect: 1, gap: 0.1, rowGap: 50, most: 200 };
  assert.equal(heightFor({ margin: layout.margin, meta: { grid } }, 300), 2 * 90 + 50 + 50);
  assert.equal(heightFor({ margin: layout.margin, meta: { grid } }, 3000), 2 * 200 + 50 + 50);
  assert.equal(heightFor({ margin: layout.margin, meta: {}, height: 77 }, 300), 77);
});

test("pixels and values are each other's reverse, also on a reversed axis", () => {
  for (const [range, up] of [[[-0.5, 40.5], false], [[40.5, -0.5], true], [[-8, 1], true]]) {
    for (const value of [0, 0.5]) {
      assert.ok(Math.abs(fromPixel(toPixel(value, range, 300, up), range, 300, up) - value) < 1e-9);
    }
  }
  assert.equal(toPixel(40.5, [40.5, -0.5], 300, true), 300); // rows grow downwards
});

test("even cells need no index, uneven ones lie between the middles of their neighbours", () => {
  assert.deepEqual(lattice(5, null, 1), { start: 0.5, end: 5.5, index: null, count: 5 });
  assert.deepEqual(lattice(3, [0, 10, 20]), { start: -5, end: 25, index: null, count: 3 });
  const { start, end, index, count } = lattice(4, [0, 2, 4, 5]);
  assert.deepEqual([start, end, count], [-1, 5.5, 13]);
  assert.deepEqual([...index], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3]);
});

test("a place finds its cell, and none outside", () => {
  assert.equal(cellAt(2.4, 5, null), 2);
  assert.equal(cellAt(0.6, 5, null, 1), 0);
  assert.equal(cellAt(4.6, 5, null), -1);
  assert.equal(cellAt(-0.6, 5, null), -1);
  assert.equal(cellAt(NaN, 5, null), -1);
  assert.equal(cellAt(14, 3, [0, 10, 20]), 1);
  assert.equal(cellAt(4.4, 4, [0, 2, 4, 5]), 2);
});

test("edges of cells meet", () => {
  const at = [0, 2, 4, 5];
  assert.deepEqual([0, 1, 2, 3].map((i) => edgesOf(i, 4, at)), [[-1, 1], [1, 3], [3, 4.5], [4.5, 5.5]]); // prettier-ignore
  assert.deepEqual(edgesOf(3, 9, null, 1), [3.5, 4.5]);
});

test("a cell's box is cut at the subplot's border and gone outside of it", () => {
  const box = { left: 100, top: 50, width: 200, height: 200 };
  const ranges = { x: [0, 20], y: [20, 0] };
  const rounded = Object.values(boxWithin(box, ranges, [4.5, 5.5], [0.5, 1.5])).map(Math.round);
  assert.deepEqual(rounded, [145, 55, 10, 10]); // left, top, width, height
  assert.equal(boxWithin(box, ranges, [-0.5, 0.5], [1, 2]).width, 5);
  assert.equal(boxWithin(box, ranges, [-2, -1], [1, 2]), null);
});

test("rows of a grid stay as far apart as their words need, whatever the height", () => {
  const margin = { t: 24, b: 40, l: 0, r: 0 };
  const grid = { rows: 2, columns: 1, rowGap: 58 };
  const made = (height) => ({
    height, margin, meta: { grid }, annotations: [{ y: 1 }, { y: 0.4 }, { y: 0 }],
    yaxis: { domain: [0.6, 1] }, yaxis2: { domain: [0, 0.4] },
  });
  for (const height of [264, 464]) {
    const { yaxis, yaxis2, annotations } = rowsApart(made(height));
    assert.ok(Math.abs((yaxis.domain[0] - yaxis2.domain[1]) * (height - 64) - 58) < 1e-9);
    assert.deepEqual([yaxis.domain[1], annotations[0].y, annotations[1].y, annotations[2].y], [1, 1, yaxis2.domain[1], 0]);
    assert.ok(yaxis2.domain[0] >= 0 && yaxis2.domain[0] < 1e-9);
  }
  const one = { height: 100, margin, meta: { grid: { rows: 1 } }, yaxis: { domain: [0, 1] } };
  assert.equal(rowsApart(one), one);
});

test("the ticks of a log axis say what there is room for", () => {
  const axis = { type: "log", tickvals: [0.1, 0.2, 0.5, 1, 2, 5, 10, 100], ticktext: ["0.1", "0.2", "0.5", "1", "2", "5", "10", "100"] };
  assert.deepEqual(tickTexts(axis, [-1, 0], 120), axis.ticktext);
  assert.deepEqual(tickTexts(axis, [-3, 2], 120), ["0.1", "", "", "1", "", "", "10", "100"]);
  assert.deepEqual(tickTexts(axis, [-12, 8], 120), ["", "", "", "1", "", "", "", "100"]);
  assert.equal(tickTexts({ type: "linear", tickvals: [1], ticktext: ["1"] }, [0, 1], 100), null);
});
