// The page of sweeps: a form, and the sweep that the link names.
import { ApiError, createSweep, sweepState } from "../api.js";
import { $ } from "../dom.js";
import { mountBoard } from "./board.js";
import { mountForm } from "./form.js";
import { _ } from "../tongue.js";

const board = mountBoard();

mountForm($("#sweep-form"), (body) => board.find(() => createSweep(body)));

/** Show the sweep of the link; one that is gone says so. */
async function start() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id) return;
  try {
    await board.find(() => sweepState(id));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    board.say(error.status === 404 ? _("The sweep of this link is not there any more.") : error.message);
  }
}

addEventListener("hashchange", start);
start();
