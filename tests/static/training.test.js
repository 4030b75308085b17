// How the run on screen is trained, whatever the server answers late.
import assert from "node:assert/strict";
import { test } from "node:test";

import { calm, comes, letGo, overtakenBy, page, served, to } from "./late-server.js";

test("steps that are pressed quickly are asked one after the other, so that no row of theirs is lost", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  const rows = [];
  store.watch((state) => state.rows, (fresh) => rows.push(...fresh.map(({ step }) => step)));
  const steps = [actions.step(), actions.step()];
  await calm();
  assert.equal(asked.length, 1);
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 1, metrics: [{ step: 1 }] });
  await letGo(asked, to("/mine/frames/1"), { step: 1 });
  await letGo(asked, to("/mine/advance"), { status: "finished", step: 2, metrics: [{ step: 2 }] });
  await letGo(asked, to("/mine/frames/2"), { step: 2 });
  await Promise.all(steps);
  assert.equal(await actions.step(), false); // it has ended: the server would refuse
  assert.deepEqual([rows, asked], [[1, 2], []]);
});

test("a step that is pressed while play is on its way is not asked of a run that plays", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "connection", connection: "open" });
  const playing = actions.play(0);
  const stepping = actions.step();
  await letGo(asked, to("/mine/play"), { status: "running", step: 0 });
  assert.deepEqual([await playing, await stepping, store.get().status, asked], [true, false, "running", []]);
});

test("the answer to play does not overwrite the end that the stream has told", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "connection", connection: "open" });
  const playing = actions.play(0);
  await calm();
  store.send({ type: "status", run: "mine", status: "running", step: 1 });
  store.send({ type: "status", run: "mine", status: "finished", step: 10 });
  await letGo(asked, to("/mine/play"), { status: "running", step: 0 });
  await playing;
  assert.equal(store.get().status, "finished");
});

test("play that is pressed twice keeps one clock, and pause ends it", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "connection", connection: "open" });
  await Promise.all([actions.play(1000), actions.play(1000)]);
  await calm();
  assert.deepEqual([asked.length, store.get().driving], [1, true]);
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 1, metrics: [] });
  await calm();
  assert.equal(asked.length, 1);
  assert.equal(await actions.pause(), true);
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 2, metrics: [] });
  await calm();
  assert.deepEqual([asked, store.get().driving, store.get().step], [[], false, 2]);
});

test("another pace that comes after a reset does not make the fresh run play", async () => {
  const asked = served();
  const { store, actions } = page({ id: "old", status: "paused" });
  store.send({ type: "status", run: "old", status: "running", step: 3 });
  const pacing = actions.pace(0);
  await calm();
  const resetting = actions.reset();
  await comes(asked, "new");
  await resetting;
  await letGo(asked, to("/old/pause"), { status: "paused", step: 4 });
  await pacing;
  await letGo(asked, to("/old", "DELETE"), null);
  await calm();
  assert.deepEqual(asked, []);
});

test("a setting that was changed in the experiment before does not come into the one on screen", async () => {
  const asked = served();
  const { store, actions } = page({ id: "old", status: "paused" });
  const patching = actions.patch({ "optimizer.learning_rate": 1 });
  await overtakenBy("new", asked, actions);
  await letGo(asked, to("/old", "PATCH"), { spec: { name: "old" }, step: 0 });
  assert.equal(await patching, false);
  await letGo(asked, to("/old", "DELETE"), null);
  assert.equal(store.get().spec.name, "new");
});

test("training to a link's step ends where the user does something else", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "connection", connection: "open" });
  const training = actions.trainTo(300);
  await calm();
  const stepping = actions.step();
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 100, metrics: [] });
  await training;
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 101, metrics: [] });
  await stepping;
  await calm();
  assert.deepEqual([store.get().step, asked], [101, []]);
});

test("an answer that overtakes the stream does not tear a hole into the rows", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  const rows = [];
  store.watch((state) => state.rows, (fresh) => rows.push(...fresh.map(({ step }) => step)));
  store.send({ type: "connection", connection: "open" });
  const stepping = actions.step();
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 3, metrics: [{ step: 3 }] });
  await stepping;
  store.send({ type: "metrics", run: "mine", rows: [{ step: 1 }, { step: 2 }, { step: 3 }] });
  assert.deepEqual(rows, [1, 2, 3]);
});

test("another pace does not make a run go on that was paused meanwhile", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "connection", connection: "open" });
  store.send({ type: "status", run: "mine", status: "running", step: 3 });
  const pacing = actions.pace(8);
  const pausing = actions.pause();
  await letGo(asked, to("/mine/pause"), { status: "paused", step: 4 });
  await calm();
  assert.equal(asked.length, 0); // the stream has not told yet
  store.send({ type: "status", run: "mine", status: "paused", step: 4 });
  await letGo(asked, to("/mine/pause"), { status: "paused", step: 4 });
  await Promise.all([pacing, pausing]);
  await calm();
  assert.deepEqual([store.get().driving, asked], [false, []]);
});
