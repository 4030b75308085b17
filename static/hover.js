// Numbers in the formats of plotly's templates, and messages with names in them.

/** A number in a d3 format of the kinds ".2f", ".3e", ".4g", with a real minus. */
export function formatNumber(value, format) {
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  if (value !== value) return "–";
  const digits = Number(format.match(/\d+/)?.[0] ?? 3);
  const kind = format.slice(-1);
  let text = String(value);
  if (kind === "f") text = value.toFixed(digits);
  if (kind === "e") text = value.toExponential(digits);
  if (kind === "g") text = String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

/** A message with its {names} filled in. */
export const told = (message, values) => message.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
