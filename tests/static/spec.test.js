import assert from "node:assert/strict";
import { test } from "node:test";
import { at, isAutomatic, nest, readLabelled, readTable, shaped, writeLabelled } from "../../static/spec.js";

test("dotted names become a spec, networks a list without gaps", () => {
  const flat = { "task.name": "adding", "networks.0.cell": "rnn", "networks.2.cell": "gru", seed: 1, clip_norm: null };
  assert.deepEqual(nest(flat), { task: { name: "adding" }, networks: [{ cell: "rnn" }, { cell: "gru" }], seed: 1, clip_norm: null });
});

test("a dotted name finds its value, and nothing where there is none", () => {
  assert.equal(at({ networks: [{ cell: "rnn" }] }, "networks.0.cell"), "rnn");
  assert.equal(at({ networks: [] }, "networks.0.cell"), undefined);
});

test("sentences are typed with their labels after an arrow or a tab", () => {
  const typed = "as soon as → 1\n\nsoon as -> 0\nas => yes\nwhen\tno way \n";
  assert.deepEqual(readLabelled(typed), { sentences: ["as soon as", "soon as", "as", "when"], labels: [1, 0, "yes", "no way"] });
});

test("a sentence without a label has none, for the server to name the line", () => {
  assert.deepEqual(readLabelled("as soon as"), { sentences: ["as soon as"], labels: [null] });
});

test("what is written for the user reads back the same", () => {
  const [sentences, labels] = [["as soon as", "곧 다시"], [1, "아니오"]];
  assert.deepEqual(readLabelled(writeLabelled(sentences, labels)), { sentences, labels });
});

test("arrays come as JSON or as CSV: a line is a step, an empty line ends a sequence", () => {
  assert.deepEqual(readTable("[[1, 2]]"), [[1, 2]]);
  assert.deepEqual(readTable("1, 2\n3, 4"), [[1, 2], [3, 4]]);
  assert.deepEqual(readTable("1\n2\n\n3\n4"), [[[1], [2]], [[3], [4]]]);
  assert.deepEqual(readTable("1;\n2;5"), [[1, null], [2, 5]]);
  assert.equal(readTable(""), null);
});

test("one sequence of CSV is a batch of one; a column of class numbers is a list", () => {
  const task = { name: "inline", inputs: [[1], [2]], targets: [[0]], loss: "softmax_cross_entropy", target_steps: "last" };
  assert.deepEqual(shaped({ task }).task, { ...task, inputs: [[[1], [2]]], targets: [0] });
  assert.deepEqual(shaped({ task: { ...task, loss: "mse" } }).task.targets, [[0]]);
});

test("a label that the server gave follows the cell, one that the user gave stays", () => {
  for (const label of ["", null, "RNN", "GRU 2"]) assert.ok(isAutomatic(label), String(label));
  for (const label of ["mine", "RNN tanh", "LSTM b=5"]) assert.ok(!isAutomatic(label), label);
});
