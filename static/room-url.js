// The addresses of a class: a room, its teacher's page, its wall.
import { asked } from "./url.js";

/** The room of the page's address, and whether its teacher is here. */
export const room = () => ({ code: asked("room") ?? "", teach: asked("teach") !== null });

export const enterRoom = (code) => history.replaceState(null, "", `?room=${encodeURIComponent(code)}`);
export const student = (code) => `.?room=${encodeURIComponent(code)}`;
export const lead = (code) => `.?room=${encodeURIComponent(code)}&teach`;
export const wall = (code) => `wall?room=${encodeURIComponent(code)}`;
