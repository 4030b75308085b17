import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, thinned } from "../../static/tables.js";

test("a table has both ends of a long axis and all of a short one", () => {
  assert.deepEqual(thinned(3), [0, 1, 2]);
  const many = thinned(1001);
  assert.equal(many.length, 11);
  assert.deepEqual([many[0], many[1], many[10]], [0, 100, 1000]);
});

test("undefined, infinite and vanished are told apart", () => {
  assert.deepEqual([NaN, Infinity, -Infinity, -3.14159].map(cell), ["", "∞", "−∞", "−3.14"]);
});
