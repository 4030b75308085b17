// What the user does, against a server that answers late or not at all.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createActions } from "../../static/actions.js";
import { createStore, initial, reduce } from "../../static/store.js";

/** A server whose answers wait until they are let go. */
function served() {
  const asked = [];
  globalThis.fetch = (address, { method }) =>
    new Promise((resolve) => {
      const answer = (body) => resolve({ ok: true, status: 200, text: async () => JSON.stringify(body) });
      asked.push({ address, method, answer });
    });
  return asked;
}

function page(run = null) {
  const store = createStore(reduce, initial);
  store.send({ type: "opened", spec: { steps: 10 }, figures: [], frame: { step: 0 }, run });
  const stream = { follow: async () => {}, stop() {} };
  return { store, actions: createActions(store, () => "", stream) };
}

const tick = () => new Promise((resolve) => setTimeout(resolve));

async function letGo(asked, find, body) {
  for (let tries = 0; tries < 50 && !asked.some(find); tries++) await tick();
  asked.find(find).answer(body);
  asked.splice(asked.findIndex(find), 1);
}

test("of two experiments opened at once the newer one stays, whichever answers last", async () => {
  const asked = served();
  const { store, actions } = page();
  const first = actions.open({ name: "first" });
  const second = actions.open({ name: "second" });
  const [slow, quick] = [asked[0], asked[1]];
  quick.answer({ id: "b", step: 0, status: "paused", spec: { name: "second", steps: 10 } });
  await letGo(asked, ({ address }) => address.endsWith("/b/figures"), { figures: [], names: null });
  await letGo(asked, ({ address }) => address.includes("/b/frames"), { step: 0 });
  await second;
  slow.answer({ id: "a", step: 0, status: "paused", spec: { name: "first", steps: 10 } });
  await letGo(asked, ({ address }) => address.endsWith("/a/figures"), { figures: [], names: null });
  await letGo(asked, ({ address }) => address.includes("/a/frames"), { step: 0 });
  await letGo(asked, ({ address, method }) => address.endsWith("/a") && method === "DELETE", null); // nobody wants it
  await first;
  assert.deepEqual([store.get().run.id, store.get().spec.name], ["b", "second"]);
});

test("another's run is looked at, and nothing that would change it is asked for", async () => {
  const asked = served();
  const { actions } = page({ id: "theirs", status: "paused", watching: true });
  for (const name of ["play", "pause", "step", "reset", "patch", "fork", "goBack", "trainTo"]) assert.equal(await actions[name](1), null);
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
  await letGo(asked, ({ address }) => address.endsWith("/runs/mine"), { step: 0, status: "paused", spec: { steps: 10 } });
  await letGo(asked, ({ address }) => address.endsWith("/mine/figures"), { figures: [], names: null });
  await letGo(asked, ({ address }) => address.includes("/mine/frames/0"), { step: 0 });
  await coming;
  await letGo(asked, ({ address }) => address.endsWith("/mine/advance"), { status: "paused", step: 1, metrics: [{ step: 1 }] });
  await letGo(asked, ({ address }) => address.includes("/mine/frames/1"), { step: 1 });
  await stepping;
  assert.deepEqual([store.get().run.id, store.get().step, asked], ["mine", 1, []]);
});
