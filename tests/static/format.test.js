import assert from "node:assert/strict";
import { test } from "node:test";
import { count, number, powers, rate } from "../../static/format.js";
import { lowered, power, terse } from "../../static/powers.js";

test("numbers keep four digits and a true minus", () => {
  assert.equal(number(0.166666), "0.1667");
  assert.equal(number(-3.5), "−3.5");
  assert.equal(number(0), "0");
  assert.equal(number(1.23e-9), "1.23 × 10⁻⁹");
  assert.equal(number(-1e-9), "−10⁻⁹");
  assert.equal(number(4.5e12), "4.5 × 10¹²");
  assert.equal(terse(-1.23e-9), "−1.23e−9");
  assert.equal(terse(4.5e12), "4.5e12");
});

test("what is no number is shown as what it is", () => {
  assert.equal(number(null), "–");
  assert.equal(number(NaN), "–");
  assert.equal(number(Infinity), "∞");
  assert.equal(number(-Infinity), "−∞");
});

test("a log10 reads as a power of ten, near one as a plain number", () => {
  assert.equal(power(-12.34), "4.6 × 10⁻¹³");
  assert.equal(power(-528.05), "8.9 × 10⁻⁵²⁹");
  assert.equal(power(0), "1");
  assert.equal(power(-0.30103), "0.5");
  assert.equal(power(-Infinity), "exactly 0");
  assert.equal(power(-7.0001), "1.0 × 10⁻⁷");
});

test("counts, indices and rates are calm", () => {
  assert.equal(count(20000), "20,000");
  assert.equal(lowered(40), "₄₀");
  assert.equal(rate(431.7), "430");
  assert.equal(rate(8.31), "8.3");
  assert.equal(rate(0), "0");
});

test("what the engine writes with an e reads as a power of ten", () => {
  assert.equal(powers("halves every 1.1 steps, ×1e-10 over 40; 3.2e+05"), "halves every 1.1 steps, ×10⁻¹⁰ over 40; 3.2 × 10⁵");
  assert.equal(powers("×0.012 over 40, where e5 stays"), "×0.012 over 40, where e5 stays");
});
