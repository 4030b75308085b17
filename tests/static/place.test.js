import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, readPlace } from "../../static/place.js";

const pick = { network: 1, layer: 0, t: 9, k: 2 };

test("a link says the step on screen, the view and the product, and nothing that is the default", () => {
  assert.deepEqual(placeOf({ shown: { step: 3 }, lookingBack: true, supposing: null, step: 8, drill: pick, view: "gates" }), { step: 3, view: "gates", pick });
  assert.deepEqual(placeOf({ shown: { step: 0 }, lookingBack: false, supposing: null, step: 0, drill: null, view: null, preset: null }), {});
});

test("a link says the pass that is walked through and the what-if on screen, with the step that it is about", () => {
  const [walk, whatif] = [{ network: 0, layer: 0, sample: null, at: 7 }, { "networks.0.drive": 2 }];
  const state = { shown: { step: 3 }, lookingBack: true, supposing: whatif, step: 8, drill: null, view: null, preset: null, walk, whatif: true };
  assert.deepEqual(placeOf(state), { step: 3, walk, whatif });
  assert.deepEqual(placeOf({ ...state, supposing: null, lookingBack: false, walk: null }), { step: 8, whatif: {} });
});

test("what makes no sense in a link is left out", () => {
  const nothing = { step: 0, view: null, preset: null, pick: null, walk: null, whatif: null };
  const sound = { step: 3, view: "gates", pick, walk: { network: 1, layer: 0, sample: null, at: 41 }, whatif: { "networks.0.drive": 2, clip_norm: null } };
  assert.deepEqual(readPlace(sound), { ...sound, preset: null });
  const mad = { step: "x", view: 4, pick: { ...pick, k: 12 }, walk: { network: 1, layer: 0, at: -1 }, whatif: { clip_norm: "<b>" } };
  assert.deepEqual(readPlace(mad), nothing);
  assert.deepEqual(readPlace({}), nothing);
});
