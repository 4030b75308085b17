// Which experiment, and which step of it, is on screen, whatever the server answers late.
import assert from "node:assert/strict";
import { test } from "node:test";

import { calm, comes, letGo, overtakenBy, page, served, to } from "./late-server.js";

test("of two experiments opened at once the newer one stays, whichever answers last", async () => {
  const asked = served();
  const { store, actions } = page();
  const first = actions.open({ name: "first" });
  await calm();
  const second = actions.open({ name: "second" });
  await calm();
  const [slow, quick] = asked.splice(0, 2);
  quick.answer({ id: "b", step: 0, status: "paused", spec: { name: "second", steps: 10 } });
  await letGo(asked, to("/b/figures"), { figures: [], names: null });
  await letGo(asked, to("/b/frames/0"), { step: 0 });
  assert.equal(await second, true);
  slow.answer({ id: "a", step: 0, status: "paused", spec: { name: "first", steps: 10 } });
  await letGo(asked, to("/a", "DELETE"), null); // nobody wants it
  assert.equal(await first, false);
  assert.deepEqual([store.get().run.id, store.get().spec.name, asked], ["b", "second", []]);
});

test("another's run is looked at, and nothing that would change it is asked for", async () => {
  const asked = served();
  const { actions } = page({ id: "theirs", status: "paused", watching: true });
  for (const name of ["play", "pause", "step", "reset", "patch", "fork", "goBack", "trainTo"]) assert.ok(!(await actions[name](1)), name);
  assert.deepEqual(asked, []);
  const looking = actions.look(3);
  await letGo(asked, ({ address }) => address.includes("/theirs/frames/3"), { step: 3 });
  await looking;
});

test("of looks that come quickly only the newest is shown", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "status", run: "mine", status: "paused", step: 9 });
  const looking = actions.look(1);
  actions.look(2);
  actions.look(3);
  await letGo(asked, ({ address }) => address.includes("/frames/1"), { step: 1 });
  await letGo(asked, ({ address }) => address.includes("/frames/3"), { step: 3 });
  await looking;
  assert.equal(store.get().shown.step, 3);
  assert.ok(!asked.some(({ address }) => address.includes("/frames/2")));
});

test("what is pressed while a run comes to the screen is meant for that run", async () => {
  const asked = served();
  const { store, actions } = page();
  const coming = actions.attach("mine");
  const stepping = actions.step();
  await letGo(asked, ({ address }) => address.endsWith("/runs/mine"), { id: "mine", step: 0, status: "paused", spec: { steps: 10 } });
  await letGo(asked, ({ address }) => address.endsWith("/mine/figures"), { figures: [], names: null });
  await letGo(asked, ({ address }) => address.includes("/mine/frames/0"), { step: 0 });
  await coming;
  await letGo(asked, ({ address }) => address.endsWith("/mine/advance"), { status: "paused", step: 1, metrics: [{ step: 1 }] });
  await letGo(asked, ({ address }) => address.includes("/mine/frames/1"), { step: 1 });
  await stepping;
  assert.deepEqual([store.get().run.id, store.get().step, asked], ["mine", 1, []]);
});

test("a refusal of what nobody waits for any more is not told", async () => {
  const asked = served();
  const { store, actions } = page();
  const first = actions.open({ name: "first" });
  await calm();
  const second = actions.open({ name: "second" });
  await calm();
  const [slow] = asked.splice(0, 1);
  await comes(asked, "b");
  await second;
  slow.answer({ detail: "no such cell", errors: [{ field: "networks.0.cell", message: "no such cell" }] }, 422);
  assert.equal(await first, false);
  assert.deepEqual([store.get().trouble, store.get().run.id], [null, "b"]);
});

test("what was pressed before a reset is not done to the fresh run", async () => {
  const asked = served();
  const { store, actions } = page({ id: "old", status: "paused" });
  const steps = [actions.step(), actions.step()];
  await letGo(asked, to("/old/advance"), { status: "paused", step: 1, metrics: [{ step: 1 }] });
  const resetting = actions.reset();
  await letGo(asked, to("/old/frames/1"), { step: 1 });
  await comes(asked, "new");
  await resetting;
  await letGo(asked, to("/old", "DELETE"), null);
  assert.deepEqual(await Promise.all(steps), [true, false]);
  await calm();
  assert.deepEqual([store.get().run.id, store.get().step, asked], ["new", 0, []]);
});

test("a fork that comes late does not take the screen from a newer experiment", async () => {
  const asked = served();
  const { store, actions } = page({ id: "old", status: "paused" });
  const forking = actions.fork(0, {});
  await overtakenBy("new", asked, actions);
  await letGo(asked, to("/old/fork"), { id: "forked", step: 0, status: "paused", spec: {} });
  assert.equal(await forking, false);
  await letGo(asked, to("/forked", "DELETE"), null);
  assert.equal(store.get().run.id, "new");
});

test("who stays where he is does not get what was on its way", async () => {
  const asked = served();
  const { store, actions } = page({ id: "here", status: "paused" });
  const opening = actions.open({});
  await calm();
  await actions.stay();
  await letGo(asked, to("/api/runs", "POST"), { id: "there", step: 0, status: "paused", spec: {} });
  await letGo(asked, to("/there", "DELETE"), null);
  assert.deepEqual([await opening, store.get().run.id], [false, "here"]);
});

test("a run is dropped when what was asked of it has been answered", async () => {
  const asked = served();
  const { actions } = page({ id: "left", status: "paused" });
  const looking = actions.look(3);
  await calm();
  const opening = actions.open({});
  await comes(asked, "new");
  await opening;
  await calm();
  assert.ok(!asked.some(to("/left", "DELETE")));
  await letGo(asked, to("/left/frames/3"), { step: 3 });
  await looking;
  await letGo(asked, to("/left", "DELETE"), null);
});

test("a look that was asked for before the user went back to now comes to nothing", async () => {
  const asked = served();
  const { store, actions } = page({ id: "mine", status: "paused" });
  store.send({ type: "frame", run: "mine", frame: { step: 9 } });
  const looking = actions.look(1);
  await calm();
  store.send({ type: "now" });
  await letGo(asked, to("/mine/frames/1"), { step: 1 });
  await looking;
  assert.deepEqual([store.get().shown.step, store.get().lookingBack], [9, false]);
});

test("a look on the new run is asked although one on the old run is still on its way", async () => {
  const asked = served();
  const { store, actions } = page({ id: "old", status: "paused" });
  const first = actions.look(1);
  await calm();
  store.send({ type: "opened", spec: {}, figures: [], frame: { step: 5 }, run: { id: "new", status: "paused" } });
  const second = actions.look(2);
  await letGo(asked, to("/old/frames/1"), { detail: "gone" }, 404);
  await letGo(asked, to("/new/frames/2"), { step: 2 });
  await Promise.all([first, second]);
  assert.deepEqual([store.get().shown.step, store.get().trouble], [2, null]);
});

test("what is pressed before the opening experiment is there waits for it", async () => {
  const asked = served();
  const { store, actions } = page("nothing");
  const stepping = actions.step();
  await calm();
  assert.deepEqual(asked, []);
  store.send({ type: "opened", spec: { name: "opening" }, figures: [], frame: { step: 0 } });
  await letGo(asked, to("/api/runs", "POST"), { id: "mine", step: 0, status: "paused", spec: { name: "opening" } });
  await letGo(asked, to("/mine/advance"), { status: "paused", step: 1, metrics: [] });
  await letGo(asked, to("/mine/frames/1"), { step: 1 });
  assert.equal(await stepping, true);
});
