// What the user can wish for, before the code that does it is there: it comes with the first wish.
import { late } from "./late.js";
import { WORDS } from "./words.js";

/** The actions of actions.js by the same names. */
export function createWishes(store, views, load = () => import("./actions.js")) {
  const actions = late(async () => /** @type {any} */ ((await load()).createActions(store, views)));
  const wish = (name) => async (...given) => {
    const { [name]: act } = await loaded(store, actions);
    return act?.(...given) ?? null;
  };
  const known = /** @type {Record<string, (...given: any[]) => Promise<any>>} */ ({ prepare: () => loaded(store, actions) });
  return new Proxy(known, { get: (_, /** @type {string} */ name) => (known[name] ??= wish(name)) });
}

/** A part of the page; where the server does not give it, the user is told and nothing happens. */
export async function loaded(store, part) {
  try {
    return await part();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a module that does not arrive is a TypeError
    store.send({ type: "trouble", trouble: { title: WORDS.noAnswer, fields: {} } });
    return {};
  }
}
