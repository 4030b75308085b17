import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, resolve, toRows } from "../../static/arrays.js";

const wire = (array, dtype, shape) => ({ dtype, shape, bdata: Buffer.from(array.buffer).toString("base64") });

test("a wire array keeps NaN and the infinities, and is decoded once", () => {
  const sent = wire(Float32Array.of(1.5, NaN, -Infinity, Infinity, 0, -2), "f4", "2, 3");
  const values = decode(sent);
  assert.deepEqual(values.shape, [2, 3]);
  assert.deepEqual([...values.data], [1.5, NaN, -Infinity, Infinity, 0, -2]);
  assert.equal(decode(sent), values);
});

test("whole numbers and doubles are read as such; an unknown type is refused by name", () => {
  assert.deepEqual([...decode(wire(Int32Array.of(0, 10, 40), "i4", "3")).data], [0, 10, 40]);
  assert.equal(decode(wire(Float64Array.of(1e-300), "f8", "1")).data[0], 1e-300);
  assert.throws(() => decode({ dtype: "f2", shape: "1", bdata: "" }), /f2/);
});

test("lists, single numbers and nothing are values, too; null in a list is undefined data", () => {
  assert.deepEqual([...decode([1, null, 3]).data], [1, NaN, 3]);
  assert.deepEqual(decode([[1, 2], [3, 4]]).shape, [2, 2]); // prettier-ignore
  assert.deepEqual(decode(2.5), { data: [2.5], shape: [1] });
  assert.equal(decode(null), null);
  assert.equal(decode(undefined), null);
});

test("a path leads through objects and lists, and to undefined where a stream left something out", () => {
  const frame = { networks: [{ layers: [{ hidden: "h", cell_state: null }] }] };
  assert.equal(resolve(frame, "networks.0.layers.0.hidden"), "h");
  assert.equal(resolve(frame, "networks.0.layers.0.cell_state"), null);
  assert.equal(resolve(frame, "networks.1.layers.0.hidden"), undefined);
});

test("rows are those of the array or of its transpose", () => {
  const values = { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] };
  assert.deepEqual(toRows(values, false).map((row) => [...row]), [[1, 2, 3], [4, 5, 6]]); // prettier-ignore
  assert.deepEqual(toRows(values, true, (v) => 2 * v).map((row) => [...row]), [[2, 8], [4, 10], [6, 12]]); // prettier-ignore
});
