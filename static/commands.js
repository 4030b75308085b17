// The experiment as shell commands: whoever pastes them trains it over REST and takes its data.

/** Text as one word of a POSIX shell. @param {string} text */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const field = (name) => `sed -n 's/.*"${name}": *"\\([^"]*\\)".*/\\1/p'`;

/**
 * @param {string} base address of the server, without a slash at its end @param {number} step
 * @returns {string} lines for bash or any POSIX shell, with curl and sed
 */
export function commands(base, spec, step) {
  const reach = Math.max(1, step);
  return [
    "# Make the run of this experiment, train it, take its data; needs curl and sed.",
    `SERVER=${quoted(base)}`,
    `MADE=$(curl -fsS "$SERVER/api/runs" -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(spec))})`,
    `RUN=$(printf '%s' "$MADE" | sed -n 's/^{"id": *"\\([^"]*\\)".*/\\1/p')`,
    `TOKEN=$(printf '%s' "$MADE" | ${field("token")})  # empty where the server needs none`,
    `curl -fsS "$SERVER/api/runs/$RUN/advance" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"steps": ${reach}}' -o advance.json`,
    `curl -fsS "$SERVER/api/runs/$RUN/metrics?format=csv" -o metrics.csv`,
    `curl -fsS "$SERVER/api/runs/$RUN/frames/${reach}?format=npz" -o frame.npz`,
    `curl -fsS "$SERVER/api/runs/$RUN/report.html?step=${reach}" -o report.html`,
    `curl -fsS "$SERVER/api/runs/$RUN/notebook.ipynb" -o notebook.ipynb`,
    "",
  ].join("\n");
}
