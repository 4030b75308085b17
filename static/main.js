// Table of contents: the store, what changes it, what shows it.
import * as api from "./api.js";
import { createActions } from "./actions.js";
import { $, AT } from "./dom.js";
import { hide, hides } from "./hide.js";
import { mountKeys } from "./keys.js";
import { mountRoom } from "./room.js";
import { createStore, initial, reduce } from "./store.js";
import { createStream } from "./stream.js";
import * as url from "./url.js";
import { createAnswers } from "./views/answers.js";
import { createSurface } from "./views/surface.js";
import { mountControls, mountSummary } from "./views/controls.js";
import { mountDrill } from "./views/drill.js";
import { mountExports } from "./views/exports.js";
import { mountPanels } from "./views/panels.js";
import { mountPresets } from "./views/presets.js";
import { mountSequence } from "./views/sequence.js";
import { mountShare } from "./views/share.js";
import { mountStatus } from "./views/status.js";
import { mountTimeline } from "./views/timeline.js";
import { mountTransport } from "./views/transport.js";
import { mountTrust } from "./views/trust.js";
import { mountWalk } from "./views/walk.js";
import { mountWhatIf } from "./views/whatif.js";
import { SAID } from "./lab-words.js";
import { readPlace } from "./place.js";
import { WORDS } from "./words.js";

const store = createStore(reduce, initial);
const stream = createStream(store);
let views = () => "";
const actions = createActions(store, stream, () => views());

const answers = [...createAnswers(store, actions), createSurface(store, actions)];
const panels = mountPanels(store, answers, () => actions.follow());
const READING = "inputs,targets,outputs,highway_share"; // for the words and the input row
views = () => [panels.views(), READING].join(",");
const transport = mountTransport(store, actions);
const drill = mountDrill(store, actions);
const walk = mountWalk(store, actions);
mountSequence(store);
mountStatus(store);
mountSummary(store);
const room = mountRoom(store, actions, { panels, drill });
mountControls(store, actions, (spec) => api.home() || url.write({ spec }));
mountPresets(store, actions, (spec) => api.home() || url.write({ spec }));
mountShare(store, panels.chosen);
mountExports(store, actions, panels.panelOf);
mountTimeline(store, actions);
mountWhatIf(store, actions);
mountTrust(store, actions);
/** A key of a hidden control does nothing, nor does one that would change another's run. */
const key = (id, act) => () => hides(id) || (store.get().run?.watching && id !== "drill") || act();
mountKeys({
  " ": key("play", transport.toggle),
  ArrowRight: key("step", () => (store.get().lookingBack ? transport.look(store.get().shown.step + 1) : transport.step())),
  ArrowLeft: key("scrubber", () => transport.look((store.get().shown?.step ?? 0) - 1)),
  End: key("now", transport.now),
  r: key("reset", actions.reset),
  e: key("show-controls", () => $("#show-controls").click()),
  j: key("drill", drill.toggle),
  w: walk.toggle,
  "?": () => $(AT.keys).showModal(),
});

/** Open what the link says; a link that does not open says why and leads on. */
async function start() {
  try {
    hide(url.hidden(null));
    if (await room.start()) return;
    const experiment = url.read();
    hide(url.hidden(experiment));
    if (!experiment) return await actions.begin();
    if (await actions.open(experiment.spec)) return await restore(readPlace(experiment));
    const why = store.get().trouble?.title ?? "";
    await actions.begin();
    store.send({ type: "word", word: WORDS.refusedLink(why) });
  } catch (error) {
    if (!(error instanceof url.BrokenLink)) throw error;
    await actions.begin();
    store.send({ type: "word", word: WORDS.brokenLink(error.message) });
  }
}

/** Go where a link was made: the same seed trains to the same step. */
async function restore({ step, view, pick }) {
  const { run, spec } = store.get();
  if (view && panels.panelOf(view)?.figure.default === false) panels.choose(view);
  if (step) {
    store.send({ type: "word", word: SAID.wentTo(step) });
    await actions.trainTo(Math.min(step, spec.steps));
    if (store.get().run?.id === run?.id) store.send({ type: "word", word: null });
  }
  if (pick && store.get().run?.id === run?.id) drill.open(pick);
}

url.onChange(start);
start();
