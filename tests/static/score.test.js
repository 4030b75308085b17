import assert from "node:assert/strict";
import { test } from "node:test";
import { distance, lagsOf, nearness } from "../../static/lessons/score.js";

test("a line is scored by its mean distance in decades, inside the axis", () => {
  assert.equal(distance([0, -1], [0, -1], [-10, 2]), 0);
  assert.equal(distance([0, -1], [0, -3], [-10, 2]), 1);
  assert.equal(distance([-10], [-Infinity], [-10, 2]), 0);
});

test("points go from all to none over two decades", () => {
  assert.deepEqual([0, 0.5, 1, 2, 9].map(nearness), [100, 75, 50, 0, 0]);
});

test("lags are spread evenly from none to all", () => assert.deepEqual(lagsOf(40, 6), [0, 8, 16, 24, 32, 40]));
