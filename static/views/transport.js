// Play, pause, one step, reset, speed; where the training is; the slider that looks back.
import { $, put, say } from "../dom.js";
import { rate } from "../format.js";
import { WORDS } from "../words.js";

export const playing = (state) => state.status === "running" || state.driving;
const over = (state) => ["finished", "diverged", "failed", "cancelled"].includes(state.status);

export function mountTransport(store, actions) {
  const play = $("#play");
  const scrubber = $("#scrubber");
  const speed = $("#speed");

  const toggle = () => (playing(store.get()) ? actions.pause() : over(store.get()) || actions.play(Number(speed.value)));
  const step = () => playing(store.get()) || over(store.get()) || actions.step();
  const now = () => store.send({ type: "now" });

  /** Past the newest step means now. */
  function look(to) {
    const newest = store.get().step;
    if (playing(store.get()) || !newest) return;
    if (to >= newest) return now();
    actions.look(Math.max(0, to));
  }

  play.addEventListener("click", toggle);
  $("#step").addEventListener("click", step);
  $("#reset").addEventListener("click", () => actions.reset());
  $("#now").addEventListener("click", now);
  scrubber.addEventListener("input", () => look(Number(scrubber.value)));
  speed.addEventListener("change", () => playing(store.get()) && actions.pace(Number(speed.value)));

  store.watch((state) => state, show);

  function show(state) {
    const on = playing(state);
    say($(".sign", play), on ? "❚❚" : "▶");
    say($(".word", play), on ? WORDS.pause : WORDS.play);
    put(play, { disabled: over(state) });
    put($("#step"), { disabled: on || over(state) });
    say($("#step-count"), WORDS.step(state.lookingBack ? state.shown.step : state.step));
    say($("#step-total"), state.spec ? WORDS.ofSteps(state.spec.steps) : "");
    say($("#rate"), on && state.rate ? `· ${WORDS.rate(rate(state.rate))}` : "");
    say($("#state"), stateWord(state, on));
    put($("#state").dataset, { state: state.supposing ? "whatif" : on ? "running" : state.status });
    put($("#progress"), { max: Math.max(1, state.spec?.steps ?? 1), value: state.step });
    put(scrubber, { max: String(state.step), disabled: on || state.step === 0 });
    if (document.activeElement !== scrubber || !state.lookingBack) {
      put(scrubber, { value: String(state.lookingBack ? state.shown.step : state.step) });
    }
    put($("#now"), { hidden: !state.lookingBack });
  }

  return { toggle, step, look, now };
}

function stateWord(state, on) {
  if (state.supposing) return WORDS.whatIf;
  if (state.lookingBack) return WORDS.lookingBack;
  if (on) return WORDS.states.running;
  if (state.status === "paused" && state.step === 0) return WORDS.ready;
  return WORDS.states[state.status] ?? state.status;
}
