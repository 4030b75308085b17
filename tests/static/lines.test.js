import assert from "node:assert/strict";
import { test } from "node:test";
import { LinePainter } from "../../static/lines.js";
import { Series } from "../../static/series.js";

const points = (series) => {
  const seen = [];
  series.each((x, y) => seen.push([x, y]));
  return seen;
};

test("a short series gives back what it got, gaps included", () => {
  const series = new Series();
  for (const [x, y] of [[1, 3], [2, NaN], [3, 1]]) series.push(x, y); // prettier-ignore
  assert.deepEqual(points(series), [[1, 3], [2, NaN], [3, 1]]); // prettier-ignore
  assert.equal(series.last, 3);
});

test("a long one keeps least and largest of every stretch, in bounded memory", () => {
  const most = 64;
  const series = new Series(most);
  const y = (x) => Math.sin(x * 0.7) + x / 1000;
  for (let x = 1; x <= 10_000; x++) {
    series.push(x, y(x));
    assert.equal(series.last, x);
    assert.ok(series.length < most);
  }
  const { xs, low, high, bucket } = series;
  xs.forEach((from, i) => {
    const stretch = Array.from({ length: Math.min(bucket, 10_000 - from + 1) }, (_, j) => y(from + j));
    assert.equal(low[i], Math.min(...stretch));
    assert.equal(high[i], Math.max(...stretch));
  });
});

test("a burst of one step stays visible however long the run", () => {
  const series = new Series(32);
  for (let x = 1; x <= 100_000; x++) series.push(x, x === 777 ? 1e6 : 1);
  assert.equal(Math.max(...points(series).map(([, y]) => y)), 1e6);
});

test("NaN hides nothing beside it", () => {
  const series = new Series(4);
  for (let x = 1; x <= 8; x++) series.push(x, x % 2 ? NaN : x);
  assert.ok(points(series).some(([, y]) => y === 8));
});

/** A canvas that writes down what is drawn. */
function recorded() {
  const calls = [];
  const context = new Proxy({}, { get: (_, name) => (...given) => calls.push([name, ...given]), set: () => true });
  globalThis.document = { createElement: () => ({ style: {}, width: 0, height: 0, getContext: () => context }) };
  const painter = new LinePainter();
  painter.place({ left: 0, top: 0, width: 1000, height: 100 });
  const count = (name) => calls.filter(([called]) => called === name).length;
  return { painter, count, fresh: () => calls.splice(0) };
}

test("a line that has grown gets its new end and nothing else", () => {
  const { painter, count, fresh } = recorded();
  const series = new Series();
  const line = { points: series, colour: "red", width: 1, dash: "solid", marker: 0 };
  const ranges = { x: [0, 100], y: [0, 2] };
  for (let x = 1; x <= 50; x++) series.push(x, 1);
  painter.paint([line], ranges, false);
  assert.deepEqual([count("clearRect"), count("lineTo")], [1, 49]);
  fresh();
  series.push(51, 1);
  painter.paint([line], ranges, false);
  assert.deepEqual([count("clearRect"), count("moveTo"), count("lineTo")], [0, 1, 1]);
  for (const change of [() => (line.colour = "blue"), () => (ranges.x = [0, 200]), () => painter.place({ left: 0, top: 0, width: 500, height: 100 })]) {
    fresh();
    change();
    painter.paint([line], ranges, false);
    assert.deepEqual([count("clearRect"), count("lineTo")], [1, 50]);
  }
  fresh();
  painter.paint([{ ...line, points: new Series() }], ranges, false);
  assert.deepEqual([count("clearRect"), count("lineTo")], [1, 0]);
});

test("a series knows its extremes as an axis of logs wants them", () => {
  const series = new Series(8);
  for (const [i, y] of [3, 0, -1, NaN, 0.5, Infinity, 7, 2, 2, 2, 2, 2].entries()) series.push(i, y);
  assert.deepEqual([series.least, series.largest], [0.5, 7]);
});
