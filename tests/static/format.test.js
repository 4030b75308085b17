import assert from "node:assert/strict";
import { test } from "node:test";
import { count, lowered, number, power, rate } from "../../static/format.js";

test("numbers keep four digits and a true minus", () => {
  assert.equal(number(0.166666), "0.1667");
  assert.equal(number(-3.5), "−3.5");
  assert.equal(number(0), "0");
  assert.equal(number(1.23e-9), "1.23e−9");
  assert.equal(number(4.5e12), "4.5e12");
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
