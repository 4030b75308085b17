import assert from "node:assert/strict";
import { test } from "node:test";
import { BrokenLink, decode, encode } from "../../static/link.js";

const spec = { task: { name: "as_soon_as", sentences: ["그가 오자마자"], labels: [1] }, networks: [{ cell: "rnn" }], seed: 3 };

test("a link gives back the experiment it was made of, in any script", () => {
  assert.deepEqual(decode(encode({ spec })).spec, spec);
});

test("what later pages add to a link travels along", () => {
  assert.equal(decode(encode({ spec, step: 137 })).step, 137);
});

test("nulls are left out: they are the defaults", () => {
  assert.deepEqual(decode(encode({ spec: { ...spec, clip_norm: null } })).spec, spec);
});

test("a hash may be written by hand as JSON", () => {
  assert.deepEqual(decode(`#${JSON.stringify(spec)}`).spec, spec);
  assert.deepEqual(decode(`#${encodeURIComponent(JSON.stringify(spec))}`).spec, spec);
});

test("no hash is no experiment", () => {
  assert.equal(decode(""), null);
  assert.equal(decode("#"), null);
});

test("a damaged link is called broken, whatever the damage", () => {
  const link = encode({ spec });
  for (const broken of [link.slice(0, 40), "#hello", "#e30", "#{}", "#{\"spec\": {\"task\": 3}}", "#%%%", "#bnVsbA", "#W10"]) {
    assert.throws(() => decode(broken), BrokenLink, broken);
  }
});
