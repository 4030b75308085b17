#!/usr/bin/env bash
# Installs the locked requirements file $2 into the virtual environment $1: by uv, five times as fast as pip, else by pip.
set -euo pipefail
venv=$1 requirements=$2
pip=("$venv/bin/python" -m pip --disable-pip-version-check)

echo "Installing $requirements" >&2
if { [ -x "$venv/bin/uv" ] || "${pip[@]}" install --quiet uv==0.13.8 2>/dev/null; } \
    && "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --system-certs --compile-bytecode --require-hashes -r "$requirements" 2>/dev/null; then
  exit 0
fi
echo "uv cannot be used here: going on with pip" >&2
"${pip[@]}" install --quiet --require-hashes -r "$requirements"
