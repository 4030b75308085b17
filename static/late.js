// Parts of the page that are loaded when they are first wanted, and are then there for good.

/** The same part every time; after a failure it is asked for again. @template T @param {() => Promise<T>} load @returns {() => Promise<T>} */
export function late(load) {
  /** @type {Promise<T> | null} */
  let part = null;
  return () =>
    (part ??= load().catch((error) => {
      part = null;
      throw error;
    }));
}
