// Every sentence of the scripts goes through the catalogue, and the engine's sentences are translated by pattern.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ids = [];
const catalogue = {
  texts: new Proxy({}, { get: (_, id) => (ids.push(id), `«${String(id)}»`) }),
  phrases: [["Gradient", "기울기"], ["{what} fades: ×{change}", "{what} 감쇠 ×{change}"], ["{share} of units saturated", "유닛의 {share} 포화"]],
};
const parse = JSON.parse;
JSON.parse = (text) => (text === "THE CATALOGUE" ? catalogue : parse(text));
globalThis.document = { getElementById: () => ({ textContent: "THE CATALOGUE" }) };
const { WORDS } = await import("../../static/words.js");
const { phrase } = await import("../../static/tongue.js");

const NO_LANGUAGE = new Set(["product", "found"]);
const DUMMY = { step: 1, network: "RNN", reason: "x" };

test("every word is looked up in the catalogue", () => {
  const check = (name, value) => {
    if (NO_LANGUAGE.has(name)) return;
    if (typeof value === "string") return assert.match(value, /«/, name);
    if (typeof value === "function") return assert.match(String(value(DUMMY, 2, 3, 4)), /«/, name);
    for (const [inner, more] of Object.entries(value)) check(inner, more);
  };
  for (const [name, value] of Object.entries(WORDS)) check(name, value);
});

test("a sentence of the engine is translated clause by clause", () => {
  assert.equal(phrase("Gradient fades: ×0.01; 3% of units saturated."), "기울기 감쇠 ×0.01; 유닛의 3% 포화.");
  assert.equal(phrase("something nobody knows."), "something nobody knows.");
  assert.equal(phrase(""), "");
});

test("no script says a sentence outside the catalogue", () => {
  const sentence = /(?<!_\()(?<!Error\()"[A-Z][a-z]+ [a-z]+ [^"]*"/;
  const all = readdirSync("static", { recursive: true }).map(String).filter((path) => path.endsWith(".js"));
  for (const path of all) {
    for (const line of readFileSync(`static/${path}`, "utf8").split("\n")) {
      const code = line.replace(/^\s*(\/\/|\*|\/\*).*/, "");
      if (!/import |_\(/.test(code)) assert.doesNotMatch(code, sentence, `${path}: ${line}`);
    }
  }
});
