// Names of what a teacher hides; hide.js does it, once there is something.

let hidden = new Set();

export const keep = (names) => (hidden = new Set(names));
export const hides = (name) => hidden.has(name);
export const hiddenNames = () => [...hidden];
