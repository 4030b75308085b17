#!/usr/bin/env bash
# Prints the path of a Chromium that starts: the system's, else Debian's by apt when root, else the one playwright fetches.
set -euo pipefail
venv=$1

starts() { "$1" --version >/dev/null 2>&1; }  # Ubuntu's apt package is a stub that only points to snap

for name in "${UNROLLED_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
  path=$([ -n "$name" ] && command -v "$name" || true)
  if [ -n "$path" ] && starts "$path"; then echo "$path"; exit 0; fi
done

if bash tools/apt_install.sh chromium fonts-dejavu-core; then
  path=$(command -v chromium || true)
  if [ -n "$path" ] && starts "$path"; then echo "$path"; exit 0; fi
fi

echo "Installing playwright's own Chromium" >&2
with_deps=$([ "$(id -u)" = 0 ] && echo --with-deps || true)
"$venv/bin/python" -m playwright install $with_deps chromium >&2
path=$("$venv/bin/python" -c 'from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)')
if starts "$path"; then echo "$path"; exit 0; fi
echo "No Chromium could be started. Install one and run: make test UNROLLED_CHROMIUM=/path/to/chromium" >&2
exit 1
