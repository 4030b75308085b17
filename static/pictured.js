// Which picture is on screen: what is asked about it is asked again when it is another one, and not when it is only sent again.
import { playing } from "./views/transport.js";

/** Null while it moves, and while it is a what-if. @param {State} state */
export const pictured = (state) =>
  playing(state) || state.supposing || !state.shown ? null : JSON.stringify([state.era, state.shown.step, state.spec]);
