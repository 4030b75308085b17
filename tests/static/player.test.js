import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlayer } from "../../static/player.js";

function screen() {
  const turns = [];
  const drawn = [];
  const player = createPlayer((frame) => drawn.push(frame), (turn) => turns.push(turn));
  return { player, drawn, refresh: () => turns.splice(0).forEach((turn) => turn()) };
}

test("of many frames between two refreshes the newest is drawn, once", () => {
  const { player, drawn, refresh } = screen();
  for (const frame of [1, 2, 3]) player.show(frame);
  refresh();
  refresh();
  assert.deepEqual(drawn, [3]);
});

test("the next refresh draws the next frame", () => {
  const { player, drawn, refresh } = screen();
  player.show(1);
  refresh();
  player.show(2);
  refresh();
  assert.deepEqual(drawn, [1, 2]);
});

test("a frame that arrives while one is drawn is not lost", () => {
  const turns = [];
  const drawn = [];
  const player = createPlayer((frame) => (drawn.push(frame), frame === 1 && player.show(2)), (turn) => turns.push(turn));
  player.show(1);
  turns.shift()();
  turns.shift()();
  assert.deepEqual(drawn, [1, 2]);
});
