#!/usr/bin/env bash
# Installs Debian or Ubuntu packages quietly; fails when not root, without apt, or with what apt said.
set -euo pipefail
{ [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } || exit 1
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing $* by apt" >&2
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1 || { tail -n 5 "$log" >&2; exit 1; }
