// Asking the server. An answer that is not 2xx becomes one ApiError.
import { ApiError } from "./refused.js";
import { WORDS } from "./words.js";

export const ROOT = new URL("../..", import.meta.url).pathname; // of /static/<version>/api.js: where the server is mounted

/** Options: `body`, `keepalive`, a `bearer`'s token, how to `read` the answer. */
export async function call(method, address, options = {}) {
  const { body, keepalive = false, bearer = "", read = JSON.parse } = /** @type {any} */ (options);
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  let response;
  try {
    response = await fetch(address, { method, headers, keepalive, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0, WORDS.noAnswer);
  }
  const text = await response.text();
  if (!response.ok) throw (await import("./refusal.js")).refusal(response.status, text);
  return text ? read(text) : null;
}
