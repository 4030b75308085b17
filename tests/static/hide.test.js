import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenNames, hides } from "../../static/hidden.js";
import { hide, selectors } from "../../static/hide.js";
import { specOf } from "../../static/link.js";
import { hidden } from "../../static/url.js";

class Sheet {
  replaceSync(text) {
    this.text = text;
  }
}
Object.assign(globalThis, { CSSStyleSheet: Sheet, document: { adoptedStyleSheets: [] } });

test("what is hidden is hidden by a sheet, and can be shown again", () => {
  hide(["reset", "forget_bias"]);
  assert.ok(hides("reset"));
  const [sheet] = globalThis.document.adoptedStyleSheets;
  assert.match(sheet.text, /\[id="reset"\]/);
  assert.match(sheet.text, /:is\(\.knob, \.whatif-knob\):has\(\[name\$="\.forget_bias"\]\)/);
  hide([]);
  assert.ok(!hides("reset"));
  assert.equal(sheet.text, "");
  assert.equal(globalThis.document.adoptedStyleSheets.length, 1);
});

test("nothing but names gets into the sheet", () => {
  hide(["a\"] , body { display: none } [x=\"", "<b>", "", 7, null, "x".repeat(65), "fine-1"]);
  assert.deepEqual(hiddenNames(), ["fine-1"]);
  hide("reset");
  assert.deepEqual(hiddenNames(), []);
});

test("a panel goes with what opens it", () => {
  hide(["show-keys"]);
  assert.ok(hides("keys"));
  hide(["whatif"]);
  assert.ok(hides("show-whatif") && !hides("keys"));
});

test("a knob, a panel and an element are found by one name", () => {
  assert.equal(selectors("jacobian").filter((s) => s.includes("panel-jacobian")).length, 1);
});

test("a link hides by its query and by its experiment", () => {
  assert.deepEqual(hidden({ hide: ["loss", "reset"] }, "?hide=reset,share"), ["reset", "share", "loss"]);
  assert.deepEqual(hidden(null, ""), []);
  assert.deepEqual(hidden({ hide: "reset" }, ""), []);
});

test("the spec of a whole link", () => {
  assert.equal(specOf('http://x/?hide=a#{"task":{"name":"adding"},"networks":[]}').task.name, "adding");
  assert.throws(() => specOf("http://x/"));
});
