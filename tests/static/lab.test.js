import assert from "node:assert/strict";
import { test } from "node:test";
import { latest } from "../../static/latest.js";
import { readSafetensors } from "../../static/safetensors.js";
import { initial, reduce } from "../../static/store.js";

test("only the newest wish is asked next, and an overtaken answer is dropped", async () => {
  const asked = [];
  const told = [];
  const open = [];
  const asking = latest((wish) => (asked.push(wish), new Promise((resolve) => open.push(resolve))), (answer) => told.push(answer), assert.fail);
  const done = asking.wish(1);
  asking.wish(2);
  asking.wish(3);
  open[0]("one");
  await new Promise((resolve) => setTimeout(resolve));
  open[1]("three");
  await done;
  assert.deepEqual([asked, told], [[1, 3], ["three"]]);
});

test("what was dropped is not told, also when it fails", async () => {
  const told = [];
  let finish = (/** @type {any} */ _value) => {};
  const asking = latest(() => new Promise((resolve) => (finish = resolve)), (answer) => told.push(answer), (error) => told.push(error));
  const done = asking.wish(1);
  asking.drop();
  finish("late");
  await done;
  assert.deepEqual(told, []);
});

test("a safetensors file is read by name, shape and dtype", () => {
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: { a: "b" }, w: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] } }));
  const buffer = new ArrayBuffer(8 + header.length + 8);
  new DataView(buffer).setBigUint64(0, BigInt(header.length), true);
  new Uint8Array(buffer).set(header, 8);
  [1.5, -2].forEach((x, i) => new DataView(buffer).setFloat32(8 + header.length + 4 * i, x, true));
  const { w, ...rest } = readSafetensors(buffer);
  assert.deepEqual([w.shape, Array.from(w.data), rest], [[1, 2], [1.5, -2], {}]);
});

test("a what-if holds the screen until it is reverted or something else is looked at", () => {
  const frame = (step) => ({ step });
  const after = (...messages) => messages.reduce(reduce, initial);
  const opened = { type: "opened", spec: {}, figures: [], frame: frame(4), run: { id: "a", status: "paused" } };
  const state = after(opened, { type: "suppose", run: "a", frame: { step: 4, other: true }, changes: { x: 1 } });
  assert.equal(state.shown.other, true);
  const news = reduce(state, { type: "frame", run: "a", frame: frame(6) });
  assert.equal(news.shown.other, true);
  assert.deepEqual([reduce(news, { type: "plain" }).shown.step, reduce(news, { type: "plain" }).supposing], [6, null]);
  assert.equal(reduce(news, { type: "look", run: "a", frame: frame(2) }).supposing, null);
  assert.equal(reduce(state, { type: "suppose", run: "b", frame: frame(9), changes: {} }), state);
});
