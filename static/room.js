// A class: enter a room by its code, work on a run of one's own, follow what the teacher shows; or be the teacher.
import * as api from "./api.js";
import { $, AT, h, say } from "./dom.js";
import { hide } from "./hide.js";
import { latest } from "./latest.js";
import * as url from "./room-url.js";
import { WORDS as ROOM } from "./room-words.js";
import { WORDS } from "./words.js";

const BEAT = 500; // ms: what a teacher shows is sent at most so often
const AGAIN = 3000; // ms before a lost room is asked for again

/** @param {Store} store @param {any} actions @param {{panels: any, want: any}} page what follows the teacher, too */
export function mount(store, actions, { panels, want }) {
  const bar = $("#room");
  if (!bar) return { start: async () => false, ask() {} };
  const dialog = $("#join");
  /** @type {any} */
  let room = null; // as the server describes it
  /** @type {any} */
  let mine = null; // {member, nickname, token, run}
  /** @type {any} */
  let now = null; // what the teacher shows
  let following = false;
  /** @type {EventSource | null} */
  let source = null;

  /** Open what `?room=` says; false when the page has no room. */
  async function start() {
    const { code, teach } = url.room();
    if (!code) return false;
    try {
      room = await api.room(code);
    } catch (error) {
      ask(code, sentence(error));
      return false;
    }
    if (teach && api.teacherKey()) return lead();
    mine = recall(room);
    if (mine) return settle();
    ask(room.code);
    return false;
  }

  function ask(code = "", trouble = "") {
    $("#join-code").value = code;
    $("#join-code").defaultValue = code;
    say($("#join-title"), room?.title ?? ROOM.join);
    complain(trouble);
    if (!dialog.open) dialog.showModal();
    $(code && !trouble ? "#join-nickname" : "#join-code").focus();
  }

  async function join(event) {
    event.preventDefault();
    const button = $("button:not([type=button])", event.target);
    button.disabled = true; // who presses twice is not two students
    try {
      const found = await api.room($("#join-code").value);
      if (!dialog.open) return; // called off
      const made = await api.join(found.code, $("#join-nickname").value);
      const student = { member: made.member, nickname: made.nickname, token: made.token, run: made.id };
      remember(found.code, student);
      if (!dialog.open) return;
      [room, mine] = [found, student];
      url.enterRoom(room.code);
      dialog.close();
      await settle();
    } catch (error) {
      complain(sentence(error));
    } finally {
      button.disabled = false;
    }
  }

  /** Be at home in the room: own run, hidden controls, news. */
  async function settle() {
    api.enter(room.code, mine);
    hide(room.hide);
    show(room.title, mine.nickname);
    listen();
    await actions.attach(mine.run);
    return true;
  }

  function show(title, who) {
    bar.hidden = false;
    say($("#room-title"), title);
    say($("#room-who"), who);
    say($("#room-code"), room.code);
    $("#room-wall").href = url.wall(room.code);
    $("#show-join").hidden = true;
  }

  // --- following ---------------------------------------------------------------------------------------------

  async function toggle() {
    following = !following;
    $("#follow").setAttribute("aria-pressed", String(following));
    if (following) return follow();
    lock(false);
    await bring(own(), false);
  }

  /** Have a run on screen, and not another one that is on its way. */
  const bring = (id, watching) => (store.get().run?.id === id ? actions.stay() : actions.attach(id, watching));

  const own = () => api.home()?.run ?? mine.run;

  async function follow() {
    if (!following || !now) return;
    lock(true);
    const wanted = now;
    const still = () => wanted === now && following;
    await bring(wanted.run, true);
    if (!still()) return;
    panels.choose(wanted.view);
    if (wanted.step !== null) await actions.look(wanted.step);
    else store.send({ type: "now" });
    if (!still()) return;
    if (wanted.selection) want("drill", (drill) => drill.open(wanted.selection));
    else if (!$(AT.drill).hidden) want("drill", (drill) => drill.close());
  }

  function lock(on) {
    for (const part of [$(".transport .buttons"), $("#show-controls"), $(AT.drawer), $(".look")]) part.inert = on;
    document.body.toggleAttribute("data-watching", on);
  }

  function listen() {
    source?.close();
    if (document.hidden || !room) return;
    source = new EventSource(api.roomStreamUrl(room.code));
    source.addEventListener("now", (event) => {
      now = JSON.parse(event.data);
      $("#follow").disabled = !now;
      say($("#room-word"), now ? "" : ROOM.nothing);
      if (now) follow();
      else if (following) toggle();
    });
    source.addEventListener("bye", (event) => JSON.parse(event.data).why === "closed" && closed());
    source.onerror = () => source?.readyState === EventSource.CLOSED && setTimeout(listen, AGAIN);
  }

  function closed() {
    source?.close();
    forget(room.code);
    room = null;
    if (following) toggle();
    $("#follow").disabled = true;
    say($("#room-word"), ROOM.closed);
  }

  // --- leading -----------------------------------------------------------------------------------------------

  /** The teacher's page: what is on it is shown to the room. */
  async function lead() {
    show(room.title, ROOM.teacher);
    $("#follow").hidden = true;
    say($("#room-word"), ROOM.showing);
    await actions.open(room.spec);
    let sent = "";
    const showing = latest(
      (shown) => api.showRoom(room.code, JSON.parse(shown)),
      () => say($("#room-word"), ROOM.showing),
      (error) => {
        sent = ""; // it is sent again
        say($("#room-word"), sentence(error));
      },
    );
    setInterval(() => {
      const shown = JSON.stringify(onPage());
      if (shown === sent || !store.get().run) return;
      sent = shown;
      showing.wish(shown);
    }, BEAT);
    return true;
  }

  function onPage() {
    const { run, shown, lookingBack, drill: pick } = store.get();
    const tab = $('[role=tab][aria-selected="true"]', $(AT.tabs));
    const selection = pick && { network: pick.network, layer: pick.layer, t: pick.t, k: pick.k };
    return { run: run?.id ?? null, step: lookingBack ? shown.step : null, view: tab?.dataset.figure ?? null, selection };
  }

  const complain = (text) => {
    $("#join-error").hidden = !text;
    say($("#join-error"), text);
  };

  $("#join-form").addEventListener("submit", join);
  $("#join-cancel").addEventListener("click", () => dialog.close());
  $("#follow").addEventListener("click", toggle);
  document.addEventListener("visibilitychange", () => room && !$("#follow").hidden && listen());
  return { start, ask: () => ask() };
}

const sentence = (error) => (error instanceof Error ? error.message : String(error));

// A student who comes back in the same browser is the same student.
const place = (code) => `room ${code}`;

function remember(code, mine) {
  try {
    localStorage.setItem(place(code), JSON.stringify(mine));
  } catch {
    // Storage may be forbidden; then a reload asks for the nickname again.
  }
}

function recall({ code, members }) {
  try {
    const mine = JSON.parse(localStorage.getItem(place(code)) ?? "null");
    const there = members.find((member) => member.member === mine?.member);
    return there ? { ...mine, run: there.run } : null;
  } catch {
    return null;
  }
}

function forget(code) {
  try {
    localStorage.removeItem(place(code));
  } catch {
    // As above.
  }
}

const numbers = ({ loss, half_life, cell_half_life }) =>
  [ROOM.loss(loss), ROOM.halfLife(half_life), ...(cell_half_life === null ? [] : [ROOM.ofCell(cell_half_life)])].join(" · ");

/** One student's card on the wall; also for tests. */
export function card(row) {
  const networks = row.networks.map((network, i) =>
    h("li", { style: `--network: var(--network-${(i % 4) + 1})` }, h("strong", {}, network.label), " ",
      h("span.whole", {}, numbers(network)), h("span.brief", {}, ROOM.brief(network))),
  );
  const progress = h("progress", { max: String(Math.max(1, row.steps)), value: String(row.step) });
  const state = WORDS.states[row.status] ?? row.status;
  const head = h("p.card-head", {}, h("strong.nickname", { title: row.nickname }, row.nickname), h("span.state", {}, state), h("span.step", {}, WORDS.step(row.step)));
  return h("li.card", { "data-member": String(row.member), "data-status": row.status }, head, progress, h("ul", {}, ...networks));
}
