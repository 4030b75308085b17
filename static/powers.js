// Powers of ten and lowered numbers, as they stand in text.
import { number, plain, raised } from "./format.js";
import { _ } from "./tongue.js";

const LOWERED = "₀₁₂₃₄₅₆₇₈₉";
export const lowered = (n) => [...String(n)].map((c) => LOWERED[c] ?? c).join("");

/** A number where there is little room: "1.2e−9" */
export const terse = (x) => plain(x).replaceAll("-", "−").replace("+", "");

/** A log10 as a power of ten: −12.34 -> "4.6 × 10⁻¹³"; within a few powers of one as a plain number. */
export function power(log10) {
  if (log10 === null || log10 === undefined || Number.isNaN(log10)) return "–";
  if (log10 === -Infinity) return _("exactly 0");
  if (log10 === Infinity) return "∞";
  if (log10 > -3 && log10 < 4) return number(10 ** log10);
  let exponent = Math.floor(log10);
  let mantissa = (10 ** (log10 - exponent)).toFixed(1);
  if (mantissa === "10.0") [mantissa, exponent] = ["1.0", exponent + 1];
  return `${mantissa} × 10${raised(String(exponent))}`;
}
