// The only file that reads `location`; entries.js writes it, and what a link says is read in link.js.

/** What stands after the `#`; empty for the opening experiment. */
export const hash = () => location.hash.slice(1);

/** Names of controls and panels that the link hides: `?hide=a,b`, and `hide` of its experiment. */
export function hidden(experiment, search = location.search) {
  const names = new URLSearchParams(search).get("hide")?.split(",") ?? [];
  const carried = Array.isArray(experiment?.hide) ? experiment.hide : [];
  return [...new Set([...names, ...carried])].filter(Boolean);
}

/** A word of the page's address: `?room=…`. */
export const asked = (name) => new URLSearchParams(location.search).get(name);

/** Call `tell()` when the user goes back, forward, or edits the link. @param {() => void} tell */
export const onChange = (tell) => addEventListener("popstate", tell);
