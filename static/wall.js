// The wall: every student of a room, live.
import * as api from "./api.js";
import { $, h, say } from "./dom.js";
import { card } from "./room.js";
import * as url from "./room-url.js";
import { WORDS as ROOM } from "./room-words.js";
import { WORDS } from "./words.js";

const AGAIN = 3000; // ms
const MANY = 20; // cards from which on they are short, so that a whole class stands on one screen
/** @type {EventSource | null} */
let source = null;

async function start() {
  try {
    const room = await api.room(url.room().code);
    say($("#wall-title"), room.title);
    say($("#wall-code"), room.code);
    document.title = `${room.title}: ${room.code}`;
    listen(room.code);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}

function listen(code) {
  source?.close();
  if (document.hidden) return;
  source = new EventSource(api.roomStreamUrl(code, { wall: true }));
  source.addEventListener("wall", (event) => draw(JSON.parse(event.data).members));
  source.addEventListener("bye", (event) => {
    if (JSON.parse(event.data).why !== "closed") return;
    source?.close();
    source = null; // for good
    tell(ROOM.closed);
  });
  source.onopen = () => tell("");
  source.onerror = () => {
    tell(WORDS.lost);
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => listen(code), AGAIN);
  };
}

function draw(members) {
  $("#cards").replaceChildren(...members.map(card));
  document.body.toggleAttribute("data-many", members.length > MANY);
  say($("#wall-count"), members.length ? ROOM.students(members.length) : "");
  if (!members.length) $("#cards").replaceChildren(h("li.quiet", {}, ROOM.nobody));
}

function tell(text) {
  $("#notice").hidden = !text;
  say($("#notice"), text);
}

document.addEventListener("visibilitychange", () => source && listen(url.room().code));
start();
