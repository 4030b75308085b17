// A refusal of the server in words: loaded when there is one.
import { ApiError } from "./refused.js";
import { phrase } from "./tongue.js";
import { WORDS } from "./words.js";

/** Problem details (RFC 9457) or anything else -> ApiError. @param {number} status @param {string} text */
export function refusal(status, text) {
  /** @type {{detail?: string, title?: string, errors?: {field: string, message: string}[]}} */
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy in between may answer with a page; its status says enough.
  }
  /** @type {Record<string, string>} */
  const fields = {};
  for (const { field, message } of problem.errors ?? []) fields[field] ??= phrase(message);
  const sentence = phrase(problem.detail || problem.title || "") || WORDS.refused(status);
  return new ApiError(status, sentence, fields);
}
