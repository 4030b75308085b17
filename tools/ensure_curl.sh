#!/usr/bin/env bash
# README's commands are tested as printed, and they use curl: Debian's by apt when root.
set -euo pipefail
if command -v curl >/dev/null; then exit 0; fi
if bash tools/apt_install.sh curl; then exit 0; fi
echo "make test runs README's curl lines: install curl and run it again." >&2
exit 1
