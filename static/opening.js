// The opening experiment comes ready drawn; a run is made of it at the first touch.
import { WORDS } from "./words.js";

const ADDRESS = new URL("../../opening.json", import.meta.url).pathname; // of /static/<version>/opening.js

/** Show it, unless something else has been opened meanwhile. @param {Store} store */
export async function begin(store) {
  const { era } = store.get();
  const answer = await fetch(ADDRESS).catch(() => null);
  const made = answer?.ok && (await answer.json());
  if (store.get().era !== era) return;
  if (made) return store.send({ type: "opened", ...made });
  const title = answer ? WORDS.refused(answer.status) : WORDS.noAnswer;
  store.send({ type: "trouble", trouble: { title, fields: {} } });
}
