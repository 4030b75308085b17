// The teacher's page: open rooms, hand out codes, look after all runs.
import * as api from "./api.js";
import { $, h, say } from "./dom.js";
import { specOf } from "./link.js";
import * as url from "./room-url.js";
import { WORDS as ROOM } from "./room-words.js";
import { WORDS } from "./words.js";

$("#key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  api.teacherKey($("#key").value);
  refresh();
});

$("#room-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [link, title, hide] = [$("#preset").value, $("#title").value, $("#hide").value.split(/[\s,]+/).filter(Boolean)];
  const button = $("button", event.target);
  button.disabled = true; // who presses twice wants one room
  await attempt(async () => {
    const spec = link.trim() ? specOf(link) : (await api.opening()).spec;
    await api.makeRoom({ title, spec, hide });
    await refresh();
  });
  button.disabled = false;
});

$("#refresh").addEventListener("click", refresh);

let asked = 0; // numbers the questions: a late answer is dropped

async function refresh() {
  const mine = ++asked;
  await attempt(async () => {
    const [{ rooms }, { runs }] = await Promise.all([api.rooms(), api.runs()]);
    if (mine !== asked) return;
    $("#desk").hidden = false;
    $("#key-form").hidden = true; // seated: the projector needs not see it
    $("#rooms").replaceChildren(...rooms.map(roomRow));
    $("#runs").replaceChildren(...runs.map(runRow));
    $("#no-rooms").hidden = rooms.length > 0;
  });
}

function roomRow(room) {
  return h("li.card", {},
    h("p.card-head", {}, h("strong", {}, room.title), h("code.code", {}, room.code)),
    h("p.quiet", {}, ROOM.students(room.members.length)),
    h("p.links", {},
      h("a", { href: url.lead(room.code) }, ROOM.show), " ",
      h("a", { href: url.wall(room.code) }, ROOM.wall), " ",
      h("a", { href: url.student(room.code) }, ROOM.entrance)),
    h("button", { type: "button", onclick: () => attempt(async () => { await api.closeRoom(room.code); await refresh(); }) }, ROOM.close));
}

function runRow(run) {
  const act = (work) => () => attempt(async () => { await work(run.id); await refresh(); });
  return h("tr", {},
    h("td", {}, run.nickname ?? run.client), h("td", {}, run.room ?? ""), h("td", {}, WORDS.states[run.status] ?? run.status),
    h("td", {}, WORDS.step(run.step)),
    h("td", {},
      h("button", { type: "button", onclick: act(api.pauseAny), disabled: run.status !== "running" }, WORDS.pause), " ",
      h("button", { type: "button", onclick: act(api.dropAny) }, ROOM.remove)));
}

async function attempt(work) {
  tell("");
  try {
    await work();
  } catch (error) {
    if (error instanceof api.ApiError && [401, 403].includes(error.status)) $("#key-form").hidden = false;
    tell(error instanceof Error ? error.message : String(error));
  }
}

function tell(text) {
  $("#notice").hidden = !text;
  say($("#notice"), text);
}

if (api.teacherKey()) refresh();
