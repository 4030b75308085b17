// The colours of a figure: those of its template for light or dark, unless the page's own style says otherwise.

/** The theme of the page around an element: dark where the text is light. @returns {"dark" | "light"} */
export function themeOf(element) {
  const [r, g, b] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? ["0", "0", "0"]).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 128 ? "dark" : "light";
}

/** A custom property around an element. */
export const property = (element, name) => getComputedStyle(element).getPropertyValue(name).trim();

/** Changes of a layout: the theme's, with the page's text and grid colours. */
export function coloursOf(layout, theme, element) {
  const changes = { ...layout.meta.themes[theme] };
  const text = property(element, "--figure-text");
  const grid = property(element, "--figure-grid");
  if (text) changes["font.color"] = text;
  if (grid) for (const name of Object.keys(changes)) if (name.endsWith("gridcolor")) changes[name] = grid;
  return changes;
}

/** A copy of a layout with changes such as {"shapes[0].line.color": …} put into it. */
export function dressed(layout, changes) {
  const copy = structuredClone(layout);
  for (const [name, value] of Object.entries(changes)) assign(copy, name, value);
  return copy;
}

/** Put a value at a path like "shapes[0].line.color". */
export function assign(target, name, value) {
  const path = name.replaceAll("]", "").split(/[.[]/);
  for (const part of path.slice(0, -1)) target = target[part] ??= {};
  target[path[path.length - 1]] = value;
}
