// What does not change must not cost: each write or animation frame makes the browser draw the page anew.
import assert from "node:assert/strict";
import { test } from "node:test";
import { put } from "../../static/dom.js";

test("only what has changed is written", () => {
  const written = [];
  const held = { max: "3", disabled: true };
  const element = new Proxy(held, { set: (target, name, value) => (written.push(name), (target[name] = value), true) });
  put(element, { max: "3", disabled: false });
  put(element, { max: "4", disabled: false });
  assert.deepEqual(written, ["disabled", "max"]);
  assert.deepEqual(held, { max: "4", disabled: false });
});

test("however many pictures are painted, an animation frame is asked for once", async () => {
  let asked = 0;
  globalThis.document = { adoptedStyleSheets: [] };
  globalThis.CSSStyleSheet = class {
    replaceSync() {}
  };
  globalThis.requestAnimationFrame = () => (asked += 1);
  const { painted } = await import("../../static/figures/plotly.js");
  for (let i = 0; i < 5; i++) painted();
  assert.equal(asked, 1);
});
