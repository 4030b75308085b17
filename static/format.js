// Numbers as people read them.
const grouped = new Intl.NumberFormat("en", { useGrouping: true });

/** 20000 -> "20,000" */
export const count = (n) => grouped.format(n);

/** Four significant digits at most: 0.16672 -> "0.1667", 1.2e-9 -> "1.2 × 10⁻⁹"; null -> "–" */
export const number = (x) => powers(plain(x)).replace("-", "−");

export function plain(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const size = Math.abs(x);
  return size >= 1e-3 && size < 1e5 ? String(Number(x.toPrecision(4))) : Number(x.toPrecision(3)).toExponential();
}

const RAISED = { "-": "⁻", "−": "⁻", ".": "·", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
export const raised = (text) => [...text].map((c) => RAISED[c] ?? c).join("");

/** What the engine writes as 1e-10 or 3.2e-05 in a sentence, as people do: 10⁻¹⁰, 3.2 × 10⁻⁵. */
export const powers = (text) =>
  text.replace(/(\d(?:\.\d+)?)e([+-]?\d+)/g, (_, size, exponent) => `${size === "1" ? "" : `${size} × `}10${raised(String(Number(exponent)))}`);

/** Steps per second, calm: 431.7 -> "430", 8.31 -> "8.3" */
export function rate(perSecond) {
  if (!perSecond) return "0";
  return perSecond < 20 ? perSecond.toFixed(1) : count(Number(perSecond.toPrecision(2)));
}
