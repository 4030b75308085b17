import assert from "node:assert/strict";
import { test } from "node:test";
import { formatNumber, told } from "../../static/hover.js";
import { fillTemplate, spoken } from "../../static/tips.js";

test("numbers take d3's formats, a real minus, and words of infinity", () => {
  assert.equal(formatNumber(-4.187, ".2f"), "−4.19");
  assert.equal(formatNumber(0.000123456, ".3e"), "1.235e−4");
  assert.equal(formatNumber(0.16666, ".3g"), "0.167");
  assert.equal(formatNumber(12, ""), "12");
  assert.deepEqual([-Infinity, Infinity, NaN].map((v) => formatNumber(v, ".2f")), ["−∞", "∞", "–"]);
});

test("a plotly hover template is filled in as plotly would", () => {
  const template = "log10 ‖∂h<sub>%{y}</sub>/∂h<sub>%{x}</sub>‖ = %{customdata:.2f}<extra>RNN</extra>";
  assert.equal(fillTemplate(template, { x: 3, y: 12, customdata: -4.2 }), "log10 ‖∂h<sub>12</sub>/∂h<sub>3</sub>‖ = −4.20");
});

test("a voice hears no markup", () => {
  assert.equal(spoken("RNN<br>∂h<sub>12</sub>"), "RNN, ∂h 12");
  assert.equal(told("{label}: {low} to {high}.", { label: "RNN", low: 1, high: 2 }), "RNN: 1 to 2.");
});
