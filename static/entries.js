// The only file that writes the address bar and the browser's history.

export const here = (hash) => location.href.split(/[?#]/)[0] + hash;

/** A new entry, so that "back" returns to the one before, or the present one renewed. */
export function write(hash, state, renew) {
  const address = hash || location.pathname + location.search;
  try {
    if (renew) history.replaceState(state, "", address);
    else history.pushState(state, "", address);
  } catch {
    // Browsers refuse addresses of megabytes, and too many in a row: this place then has no entry.
  }
}

/** What was kept with the present entry. */
export const kept = () => history.state;
