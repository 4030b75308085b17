// Which frame is drawn, and when: at most one drawing per animation frame, the newest wins.

/** `soon` asks for the next animation frame. */
export function createPlayer(draw, soon = (tell) => requestAnimationFrame(tell)) {
  let waiting = null;
  let asked = false;

  function turn() {
    asked = false;
    const frame = waiting;
    waiting = null;
    if (frame) draw(frame);
  }

  return {
    show(frame) {
      waiting = frame;
      if (asked || !frame) return;
      asked = true;
      soon(turn);
    },
  };
}
