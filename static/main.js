// Table of contents: the store, what changes it, what shows it.
import { createActions } from "./actions.js";
import { $, AT } from "./dom.js";
import { mountKeys } from "./keys.js";
import { createStore, initial, reduce } from "./store.js";
import { createStream } from "./stream.js";
import * as url from "./url.js";
import { mountControls, mountSummary } from "./views/controls.js";
import { mountDrill } from "./views/drill.js";
import { mountExports } from "./views/exports.js";
import { mountPanels } from "./views/panels.js";
import { mountShare } from "./views/share.js";
import { mountStatus } from "./views/status.js";
import { mountTransport } from "./views/transport.js";
import { mountWalk } from "./views/walk.js";
import { WORDS } from "./words.js";

const store = createStore(reduce, initial);
const stream = createStream(store);
let views = () => "";
const actions = createActions(store, stream, () => views());

const panels = mountPanels(store, () => actions.follow());
const READING = "inputs,targets,outputs"; // for the input row and the walk
views = () => [panels.views(), READING].join(",");
const transport = mountTransport(store, actions);
const drill = mountDrill(store, actions);
const walk = mountWalk(store, actions);
mountStatus(store);
mountSummary(store);
mountControls(store, actions, (spec) => url.write({ spec }));
mountShare(store);
mountExports(store, actions, panels.panelOf);
mountKeys({
  " ": transport.toggle,
  ArrowRight: () => (store.get().lookingBack ? transport.look(store.get().shown.step + 1) : transport.step()),
  ArrowLeft: () => transport.look((store.get().shown?.step ?? 0) - 1),
  End: transport.now,
  r: actions.reset,
  e: () => $("#show-controls").click(),
  j: drill.toggle,
  w: walk.toggle,
  "?": () => $(AT.keys).showModal(),
});

/** Open what the link says; a link that does not open says why and leads on. */
async function start() {
  try {
    const experiment = url.read();
    if (!experiment) return await actions.begin();
    if (await actions.open(experiment.spec)) return;
    const why = store.get().trouble?.title ?? "";
    await actions.begin();
    store.send({ type: "word", word: WORDS.refusedLink(why) });
  } catch (error) {
    if (!(error instanceof url.BrokenLink)) throw error;
    await actions.begin();
    store.send({ type: "word", word: WORDS.brokenLink(error.message) });
  }
}

url.onChange(start);
start();
