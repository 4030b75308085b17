// One number a step as a line over all the cells of the input row.

/** @param {number[]} values */
export function curve(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((v, i) => `${i + 0.5},${high > low ? 1 - (v - low) / (high - low) : 0.5}`).join(" ");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 -0.1 ${values.length} 1.2`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points);
  svg.append(line);
  svg.style.setProperty("--steps", String(values.length));
  return svg;
}
