import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { commands, quoted } from "../../static/commands.js";

test("any text is one word of a shell, as it was", () => {
  for (const text of ["it's", "a b\n$HOME `id` \"x\" \\", "''", "그래디언트"]) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${quoted(text)}`], { encoding: "utf8" }), text);
  }
});

test("the spec goes whole into the commands, and the step on screen is trained to", () => {
  const lines = commands("http://127.0.0.1:8000", { task: { name: "it's" } }, 12);
  assert.ok(lines.includes(`'{"task":{"name":"it'\\''s"}}'`));
  assert.ok(lines.includes(`'{"steps": 12}'`));
  assert.ok(lines.includes("frames/12?format=npz"));
  execFileSync("sh", ["-n"], { input: lines });
});
