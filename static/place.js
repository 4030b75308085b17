// Where the user is in an experiment, as a link carries it: the step on screen, the open view, the picked product.

/** What a link says of the place; nothing that is the default. @param {any} state */
export function placeOf({ shown, lookingBack, supposing, step, drill, view, preset }) {
  const place = /** @type {Record<string, any>} */ ({});
  const at = lookingBack && !supposing ? shown.step : step;
  if (at) place.step = at;
  if (view) place.view = view;
  if (drill) place.pick = drill;
  if (preset) place.preset = preset;
  return place;
}

const whole = (value) => Number.isSafeInteger(value) && value >= 0;

/** The place in a link, with whatever makes no sense left out: links may be old, cut or edited. */
export function readPlace({ step, view, pick, preset }) {
  const sound = pick && ["network", "layer", "t", "k"].every((name) => whole(pick[name])) && pick.k <= pick.t;
  const text = (value) => (typeof value === "string" ? value : null);
  return { step: whole(step) ? step : 0, view: text(view), pick: sound ? pick : null, preset: text(preset) };
}
