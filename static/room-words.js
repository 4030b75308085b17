// Sentences of a class.
import { count, number } from "./format.js";
import { _ } from "./tongue.js";

/** On the wall a glance has to do. @param {number | null} x */
const few = (x) => number(x && Number(Number(x).toPrecision(3)));

export const WORDS = {
  join: _("Join a class"),
  teacher: _("you are the teacher"),
  showing: _("What is on this page is shown to all who follow."),
  nothing: _("The teacher shows nothing now."),
  closed: _("The room was closed. Your run stays."),
  nobody: _("Nobody has entered yet."),
  students: (n) => (n === 1 ? _("1 student") : _("{n} students", { n: count(n) })),
  loss: (x) => _("loss {x}", { x: few(x) }),
  halfLife: (x) => _("half-life {x}", { x: x === null ? "–" : few(x) }),
  ofCell: (x) => _("of c {x}", { x: few(x) }),
  brief: ({ loss, half_life: own, cell_half_life: cell }) => `${few(loss)} · ${few(cell ?? own)}`,
  show: _("Show my page"),
  wall: _("The wall"),
  entrance: _("Entrance for students"),
  close: _("Close the room"),
  remove: _("Delete"),
};
