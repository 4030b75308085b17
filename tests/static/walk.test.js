import assert from "node:assert/strict";
import { test } from "node:test";
import { formulasOf, growth, norm, parsePass, placeOf, slide, slots, stepAt } from "../../static/walk.js";

const wire = (...list) => ({ dtype: "f8", shape: String(list.length), bdata: Buffer.from(new Float64Array(list).buffer).toString("base64") });
const sums = (...list) => ({ ...wire(...list), shape: "3, 2" });
const event = (kind, data) => `event: ${kind}\nid: 1\ndata: ${JSON.stringify(data)}\n\n`;
const TEXT =
  event("forward", { t: 1, x: wire(1), gates: {}, c: null, h: wire(0.5, -0.5), output: wire(2), sums: { a: sums(1, 2, 0, 0, -0.25, 3) } }) +
  event("forward", { t: 2, x: wire(0), gates: {}, c: null, h: wire(0.1, 0.2), output: wire(3), sums: { a: sums(0, 0, 4, 5, 6, 7) } }) +
  event("loss", { loss: 0.25, steps: wire(2), step_losses: wire(0.5) }) +
  event("backward", { k: 2, t: 2, d_hidden: wire(3, 4), log_norm: 0.15, factor_log_norm: null, diagonal: null, product: wire(1) }) +
  event("backward", { k: 1, t: 2, d_hidden: wire(0, 0), log_norm: null, factor_log_norm: -1, diagonal: { slope: wire(0.99, 0.96), weight: wire(2, -1), factor: wire(1.98, -0.96) } }) +
  event("backward", { k: 0, t: 2, d_hidden: wire(1e-200, 0), log_norm: -200, factor_log_norm: -1, diagonal: {} }) +
  "event: done\ndata: {}\n\n";
const pass = parsePass(TEXT);

test("the stream becomes places: forward, loss, backward to k = 0", () => {
  assert.equal(pass.T, 2);
  assert.deepEqual(pass.events.map(({ kind }) => kind), ["forward", "forward", "loss", "backward", "backward", "backward"]);
  assert.deepEqual(pass.events.map((_, at) => stepAt(pass, at)), [1, 2, 2, 2, 1, 0]);
});

test("a clicked step is looked up on the way one is on", () => {
  assert.equal(placeOf(pass, 2, 0), 1);
  assert.equal(placeOf(pass, 0, 1), 0); // there is no step 0 on the way forward
  assert.deepEqual([2, 1, 0].map((k) => placeOf(pass, k, 5)), [3, 4, 5]);
});

test("the window turns like a page and stays inside", () => {
  assert.equal(slide(0, 3, 40, 8), 0);
  assert.equal(slide(0, 7, 40, 8), 6);
  assert.equal(slide(0, 40, 40, 8), 33);
  assert.equal(slide(33, 30, 40, 8), 24);
  assert.equal(slide(9, 0, 40, 8), 0);
  assert.equal(slide(5, 2, 3, 8), 0);
});

test("the formulas get the numbers of one unit", () => {
  assert.deepEqual(slots(pass, 1, 1), { h: 0.2, hprev: -0.5, ain: 0, arec: 5, abias: 7 });
  assert.deepEqual(slots(pass, 0, 0), { h: 0.5, hprev: 0, ain: 1, arec: 0, abias: -0.25 });
  assert.deepEqual(slots(pass, 2, 0), { loss: 0.25, ell: "0.5 (t = 2)" });
  const back = slots(pass, 4, 1);
  assert.deepEqual([back.slope, back.weight, back.factor, back.hnext], [0.96, -1, -0.96, 0.2]);
  assert.deepEqual([back.norm, back.normbefore, back.normfactor], ["exactly 0", "1.413", "0.1"]);
});

test("norms neither underflow nor lose an exact zero", () => {
  assert.equal(norm(wire(3e-200, 4e-200)), 5e-200);
  assert.equal(norm(wire(0, 0)), 0);
  assert.deepEqual(growth(pass), [-200, -Infinity, 0.15]);
});

test("each cell and variant has formulas of its own", () => {
  assert.equal(formulasOf({ cell: "rnn", activation: "relu" }), "rnn-relu");
  assert.equal(formulasOf({ cell: "gru", reset_after: false }), "gru-before");
  assert.equal(formulasOf({ cell: "lstm" }), "lstm");
});
