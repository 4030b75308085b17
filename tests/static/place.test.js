import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, readPlace } from "../../static/place.js";

const pick = { network: 1, layer: 0, t: 9, k: 2 };

test("a link says the step on screen, the view and the product, and nothing that is the default", () => {
  assert.deepEqual(placeOf({ shown: { step: 3 }, lookingBack: true, supposing: null, step: 8, drill: pick, view: "gates" }), { step: 3, view: "gates", pick });
  assert.deepEqual(placeOf({ shown: { step: 0 }, lookingBack: false, supposing: null, step: 0, drill: null, view: null, preset: null }), {});
});

test("what makes no sense in a link is left out", () => {
  assert.deepEqual(readPlace({ step: 3, view: "gates", pick }), { step: 3, view: "gates", pick, preset: null });
  assert.deepEqual(readPlace({ step: "x", view: 4, pick: { ...pick, k: 12 } }), { step: 0, view: null, pick: null, preset: null });
  assert.deepEqual(readPlace({}), { step: 0, view: null, pick: null, preset: null });
});
