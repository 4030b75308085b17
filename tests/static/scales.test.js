import assert from "node:assert/strict";
import { test } from "node:test";
import { wordFor } from "../../static/map-ground.js";
import { colourAt, parseColour, Scale } from "../../static/scales.js";

const stops = [[0, "#600000"], [0.1, "#600000"], [0.1, "#000000"], [0.9, "#ffffff"], [0.9, "#0000ff"], [1, "#0000ff"]]; // prettier-ignore
const meta = { kind: "magnitude", limits: [-8, 0], specials: { zero: -8.75, below: -8.25, above: 0.25, infinite: 0.75 } };
const scale = new Scale(meta, { cmin: -9, cmax: 1, colorscale: stops });
const bytes = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255, pixel >>> 24];

test("colours are read in both notations", () => {
  assert.deepEqual(parseColour("#1b9e77"), [27, 158, 119]);
  assert.deepEqual(parseColour("rgb(1, 20, 255)"), [1, 20, 255]);
  assert.throws(() => parseColour("teal"), /teal/);
});

test("at a jump the upper colour holds, between stops they mix", () => {
  assert.deepEqual(colourAt(stops, 0.05), [96, 0, 0]);
  assert.deepEqual(colourAt(stops, 0.1), [0, 0, 0]);
  assert.deepEqual(colourAt(stops, 0.5), [128, 128, 128]);
  assert.deepEqual(colourAt(stops, 1), [0, 0, 255]);
});

test("special values have places of their own and NaN has none", () => {
  const shown = [-Infinity, -528, -8, -4, 0, 3, Infinity].map((v) => scale.display(v));
  assert.deepEqual(shown, [-8.75, -8.25, -8 + 8e-4, -4, -8e-4, 0.25, 0.75]);
  assert.ok(Number.isNaN(scale.display(NaN)));
});

test("pixels: transparent for NaN, a band's colour past the ends, a grey in between", () => {
  assert.equal(scale.pixel(NaN), 0);
  assert.deepEqual(bytes(scale.pixel(-Infinity)), [96, 0, 0, 255]);
  assert.deepEqual(bytes(scale.pixel(Infinity)), [0, 0, 255, 255]);
  for (const value of [-7.99, -6, -4, -1.5, -0.01]) {
    const exact = ((value + 8) / 8) * 255;
    for (const channel of bytes(scale.pixel(value)).slice(0, 3)) assert.ok(Math.abs(channel - exact) <= 1, `${value}`);
  }
});

test("words for values that have no place on the ramp", () => {
  const words = [NaN, -Infinity, Infinity, -9, 1, -3].map((v) => wordFor(scale, v));
  assert.deepEqual(words, ["undefined", "zero", "infinite", "below", "above", null]);
  const signed = new Scale({ kind: "signed", limits: [-1, 1], specials: {} }, { cmin: -1, cmax: 1, colorscale: stops });
  assert.equal(wordFor(signed, -Infinity), "minus_infinite");
  assert.equal(signed.display(5), 1);
});
