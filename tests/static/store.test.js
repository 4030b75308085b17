import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore, initial, reduce } from "../../static/store.js";

const opened = { type: "opened", spec: { steps: 10 }, figures: [], frame: { step: 0 }, run: { id: "a", status: "paused" } };
const row = (step) => ({ step, networks: [{ loss: 1 / step, accuracy: null, grad_norm: 1 }] });
const after = (...messages) => messages.reduce(reduce, initial);

test("news of another run than the one on screen changes nothing", () => {
  const state = after(opened);
  assert.equal(reduce(state, { type: "frame", run: "b", frame: { step: 9 } }), state);
  assert.equal(reduce(state, { type: "metrics", run: "b", rows: [row(1)] }), state);
  assert.equal(reduce(state, { type: "status", run: "b", status: "running" }), state);
});

test("a new frame is shown, except while looking back", () => {
  const live = after(opened, { type: "frame", run: "a", frame: { step: 4 } });
  assert.equal(live.shown.step, 4);
  const back = after(opened, { type: "frame", run: "a", frame: { step: 4 } }, { type: "look", run: "a", frame: { step: 2 } });
  const next = reduce(back, { type: "frame", run: "a", frame: { step: 6 } });
  assert.equal(next.shown.step, 2);
  assert.equal(reduce(next, { type: "now" }).shown.step, 6);
});

test("an older frame never sets the training back", () => {
  const state = after(opened, { type: "frame", run: "a", frame: { step: 8 } }, { type: "frame", run: "a", frame: { step: 4 } });
  assert.equal(state.frame.step, 8);
  assert.equal(state.step, 8);
});

test("opening another experiment forgets the one before", () => {
  const state = after(opened, { type: "metrics", run: "a", rows: [row(1), row(2)] }, { ...opened, run: { id: "b", status: "paused" } });
  assert.equal(state.step, 0);
  assert.equal(state.last, 0);
  assert.equal(state.run.id, "b");
});

test("metrics that a reconnected stream repeats are taken once", () => {
  const once = after(opened, { type: "metrics", run: "a", rows: [row(1), row(2), row(3)] });
  const again = reduce(once, { type: "metrics", run: "a", rows: [row(2), row(3), row(4)] });
  assert.deepEqual(again.rows.map(({ step }) => step), [4]);
  assert.equal(again.last, 4);
  assert.equal(reduce(again, { type: "metrics", run: "a", rows: [row(4)] }), again);
});

test("a what-if under which the training goes on is a look back to its own step", () => {
  const state = after(opened, { type: "suppose", run: "a", frame: { step: 0 }, changes: { clip_norm: 1 } }, { type: "status", run: "a", status: "paused", step: 1 });
  assert.deepEqual([state.lookingBack, state.shown.step, state.step], [true, 0, 1]);
  const next = reduce(state, { type: "now" });
  assert.deepEqual([next.lookingBack, next.supposing], [false, null]);
});

test("an unknown message is a mistake of ours and says so", () => {
  assert.throws(() => reduce(initial, { type: "nonsense" }), /nonsense/);
});

test("a watcher is told once now, then only of changes of what it selects", () => {
  const store = createStore(reduce, initial);
  const seen = [];
  const leave = store.watch((state) => state.busy, (busy) => seen.push(busy));
  store.send({ type: "busy", busy: true });
  store.send({ type: "word", word: "hello" });
  store.send({ type: "busy", busy: false });
  leave();
  store.send({ type: "busy", busy: true });
  assert.deepEqual(seen, [false, true, false]);
});
