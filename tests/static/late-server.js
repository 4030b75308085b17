// A page against a server that answers late or not at all, for the tests of what the user does.
import assert from "node:assert/strict";

import { createActions } from "../../static/actions.js";
import { createStore, initial, reduce } from "../../static/store.js";

/** A server whose answers wait until they are let go. */
export function served() {
  const asked = [];
  globalThis.fetch = (address, { method }) =>
    new Promise((resolve) => {
      const answer = (body, status = 200) => resolve({ ok: status < 300, status, text: async () => JSON.stringify(body) });
      asked.push({ address, method, answer });
    });
  return asked;
}

export function page(run = null) {
  const store = createStore(reduce, initial);
  if (run !== "nothing") store.send({ type: "opened", spec: { steps: 10 }, figures: [], frame: { step: 0 }, run });
  const stream = { follow: async () => {}, stop() {} };
  return { store, actions: createActions(store, () => "", stream) };
}

const tick = () => new Promise((resolve) => setTimeout(resolve));

export async function letGo(asked, find, body, status = 200) {
  for (let tries = 0; tries < 50 && !asked.some(find); tries++) await tick();
  assert.ok(asked.some(find), `nobody asked ${find} but ${JSON.stringify(asked)}`);
  asked.find(find).answer(body, status);
  asked.splice(asked.findIndex(find), 1);
}

export const to = (end, method = null) => ({ address, method: by }) => address.endsWith(end) && (!method || by === method);

/** Everything that a run needs to come to the screen. */
export async function comes(asked, id, { how = to("/api/runs", "POST"), step = 0, more = {} } = {}) {
  await letGo(asked, how, { id, step, status: "paused", spec: { name: id, steps: 10 }, ...more });
  await letGo(asked, to(`/${id}/figures`), { figures: [], names: null });
  await letGo(asked, to(`/${id}/frames/${step}`), { step });
}

/** Let everything happen that does not wait for the server. */
export const calm = async () => {
  for (let i = 0; i < 10; i++) await tick();
};

/** Another experiment comes to the screen while something is on its way. */
export async function overtakenBy(id, asked, actions) {
  await calm();
  const opening = actions.open({});
  await comes(asked, id);
  await opening;
}
