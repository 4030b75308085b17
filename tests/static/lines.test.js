import assert from "node:assert/strict";
import { test } from "node:test";
import { Series } from "../../static/lines.js";

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
