// Table of contents: the store, what changes it, what shows it. What the opening view does not need comes later (parts.js).
import { mountKeys } from "./keys.js";
import { begin } from "./opening.js";
import { mountParts } from "./parts.js";
import { createStore, initial, reduce } from "./store.js";
import * as url from "./url.js";
import { createAnswers } from "./views/answers.js";
import { mountPanels } from "./views/panels.js";
import { mountSequence } from "./views/sequence.js";
import { mountStatus } from "./views/status.js";
import { mountSummary } from "./views/summary.js";
import { mountTransport } from "./views/transport.js";
import { createWishes } from "./wishes.js";

const READING = "inputs,targets,outputs,highway_share"; // for the words and the input row

const hidden = url.hidden(null);
if (hidden.length) (await import("./hide.js")).hide(hidden);
const store = createStore(reduce, initial);
const actions = createWishes(store, () => [panels.views(), READING].join(","));
const panels = mountPanels(store, createAnswers(store, actions), () => store.get().run && actions.follow());
const transport = mountTransport(store, actions);
mountSequence(store);
mountStatus(store);
mountSummary(store);
const parts = mountParts(store, actions, panels);
mountKeys(store, { transport, actions, parts });

if (url.hash() || url.asked("room")) parts.arrive();
else begin(store);
