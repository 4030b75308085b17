// Where the user is in an experiment, as a link carries it: step, view, picked product, walk and what-if.

/** What a link says of the place; nothing that is the default. @param {any} state */
export function placeOf({ shown, lookingBack, supposing, step, drill, view, preset, walk, whatif }) {
  const place = /** @type {Record<string, any>} */ ({});
  const at = lookingBack ? shown.step : step;
  if (at) place.step = at;
  if (view) place.view = view;
  if (drill) place.pick = drill;
  if (preset) place.preset = preset;
  if (walk) place.walk = walk;
  if (whatif || supposing) place.whatif = supposing ?? {};
  return place;
}

const whole = (value) => Number.isSafeInteger(value) && value >= 0;
const all = (names, of) => Boolean(of) && names.every((name) => whole(of[name]));
const numbers = (given) => given && typeof given === "object" && Object.values(given).every((value) => value === null || Number.isFinite(value));

/** The place in a link, with whatever makes no sense left out: links may be old, cut or edited. */
export function readPlace({ step, view, pick, preset, walk, whatif }) {
  const text = (value) => (typeof value === "string" ? value : null);
  return {
    step: whole(step) ? step : 0,
    view: text(view),
    preset: text(preset),
    pick: all(["network", "layer", "t", "k"], pick) && pick.k <= pick.t ? pick : null,
    walk: all(["network", "layer", "at"], walk) ? { ...walk, sample: whole(walk.sample) ? walk.sample : null } : null,
    whatif: numbers(whatif) ? whatif : null,
  };
}

/**
 * Open and close what stands beside the maps, until it is as at the place, or another experiment comes.
 * @param {Store} store @param {(name: string, act: (part: any) => any) => Promise<any>} want a part of the page
 */
export async function stand(store, want, { pick = null, walk = null, whatif = null }) {
  const { era } = store.get();
  for (const [name, at] of Object.entries({ drill: pick, walk, whatif })) {
    if (era === store.get().era && (at || store.get()[name])) await want(name, (part) => part.stand(at));
  }
}
