// The opening experiment comes ready drawn; a run is made of it at the first touch.
import { WORDS } from "./words.js";

const ADDRESS = new URL("../../opening.json", import.meta.url).pathname; // of /static/<version>/opening.js

/** Show it, unless something else has been opened meanwhile. @param {Store} store */
export async function begin(store) {
  const { era } = store.get();
  const answer = await fetch(ADDRESS).catch(() => null);
  if (!answer?.ok) {
    const title = answer ? WORDS.refused(answer.status) : WORDS.noAnswer;
    return store.send({ type: "trouble", trouble: { title, fields: {} } });
  }
  const made = await answer.json();
  if (store.get().era === era) store.send({ type: "opened", ...made });
}
