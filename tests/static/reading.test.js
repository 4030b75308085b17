import assert from "node:assert/strict";
import { test } from "node:test";
import { isRight, kindOf, readInput, readOutput, readTarget } from "../../static/reading.js";

const words = { inputs: ["as", "soon"], outputs: null, loss: "binary_cross_entropy" };
const letters = { inputs: ["a", " "], outputs: ["a", " "], loss: "softmax_cross_entropy" };
const several = { inputs: null, outputs: ["B", "T", "P"], loss: "binary_cross_entropy" };
const values = { inputs: ["value", "marker"], outputs: ["sum"], loss: "mse" };

test("the data say how they want to be read", () => {
  assert.equal(kindOf([[1, 0], [0, 0]]), "tokens");
  assert.equal(kindOf([[1, 1], [0, 1]]), "bits");
  assert.equal(kindOf([[1], [0]]), "bits");
  assert.equal(kindOf([[0.3, 1]]), "numbers");
  assert.equal(kindOf(Array.from({ length: 40 }, (_, i) => [i / 7])), "curve");
});

test("inputs are words, bits or numbers; a blank is seen", () => {
  assert.equal(readInput(words, "tokens", [0, 1]), "soon");
  assert.equal(readInput(letters, "tokens", [0, 1]), "␣");
  assert.equal(readInput(null, "tokens", [0, 0]), "·");
  assert.equal(readInput(null, "bits", [1, 0]), "1 0");
  assert.equal(readInput(values, "numbers", [-0.12345, 1]), "−0.12 1");
});

test("outputs are the likeliest class, a chance, the set of likely symbols, or a number", () => {
  assert.equal(readOutput(letters, [0.1, 2]), "␣");
  assert.equal(readOutput(words, [0]), "0.50");
  assert.equal(readOutput(several, [1, -1, 2]), "BP");
  assert.equal(readOutput(several, [-1, -1, -2]), "∅");
  assert.equal(readOutput(values, [1.2345]), "1.23");
});

test("where no target stands nothing is wanted, and an answer is right or a matter of degree", () => {
  assert.equal(readTarget(values, [NaN]), "");
  assert.equal(readTarget(letters, [1, 0]), "a");
  assert.equal(readTarget(several, [1, 0, 1]), "BP");
  assert.equal(isRight(letters, [3, 1], [1, 0]), true);
  assert.equal(isRight(words, [-2], [1]), false);
  assert.equal(isRight(values, [1], [1]), null);
  assert.equal(isRight(letters, [3, 1], [NaN, NaN]), null);
});
